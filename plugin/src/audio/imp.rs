//! The GObject shell of `conveneaudio`: declare, translate in, translate out, push.

use std::{
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use convene_audio::{Number, Sound};
use convene_clock::Bridge;
use glib::{prelude::*, subclass::prelude::*};
use gst::{prelude::*, subclass::prelude::*};

use super::{
    conference::{Conference, Ear, Input, Seat, Talker, lock, now},
    format::{self, Format},
    outlet::{Outlet, begins},
    settings::{AudioMode, Delivery, Form, Properties},
};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "conveneaudio",
        gst::DebugColorFlags::empty(),
        Some("Sound of a conference"),
    )
});

/// Input that is this much ahead of the clock waits for it: so a file plays at its own speed.
const AHEAD: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// What came in so far.
#[derive(Default)]
struct Incoming {
    format: Option<Format>,
    segment: gst::FormattedSegment<gst::ClockTime>,
    /// Sequence number of the next packet of `audio/x-opus`, and its timestamp.
    sequence: u16,
    timestamp: u32,
    /// A wait for the clock, and whether waits end at once.
    wait: Option<gst::SingleShotClockId>,
    flushing: bool,
}

/// What the element knows of its place.
#[derive(Default)]
struct Place {
    seat: Option<Seat>,
    playing: bool,
    form: Option<Form>,
    bridge: Bridge,
    talking: bool,
}

#[derive(glib::Properties)]
#[properties(wrapper_type = super::ConveneAudio)]
pub struct ConveneAudio {
    #[property(name = "conference", get, set, type = String, member = conference, nick = "Conference", blurb = "Name of the conference: elements of one process with the same name hear each other", default = Some("default"), mutable_ready)]
    #[property(name = "participant", get, set, type = String, member = participant, nick = "Participant", blurb = "Name of the participant, unique in the conference; empty: made from the number", mutable_ready)]
    #[property(name = "number", get, set, type = u32, member = number, nick = "Number", blurb = "Number of the participant, the CSRC of his sound; 0: the first free one", mutable_ready)]
    #[property(name = "mode", get, set, type = AudioMode, member = mode, nick = "Mode", blurb = "Whether the participant gets one mix or the talkers' own packets", mutable_playing, builder(AudioMode::Mix))]
    #[property(name = "delivery", get, set, type = Delivery, member = delivery, nick = "Delivery", blurb = "Which thread pushes on the source pads", mutable_ready, builder(Delivery::Queue))]
    #[property(name = "mute", get, set, type = bool, member = mute, nick = "Mute", blurb = "Nobody hears the participant, whatever he sends", mutable_playing)]
    #[property(name = "volume", get, set, type = f64, member = volume, nick = "Volume", blurb = "Gain of the participant's sound", minimum = 0.0, maximum = 10.0, default = 1.0, mutable_playing)]
    #[property(name = "deaf", get, set, type = bool, member = deaf, nick = "Deaf", blurb = "The participant hears nobody", mutable_playing)]
    #[property(name = "max-talkers", get, set, type = u32, member = max_talkers, nick = "Most talkers", blurb = "How many are heard at once in the whole conference; the element that sets it last decides", minimum = 1, maximum = 100, default = 4, mutable_playing)]
    #[property(name = "bitrate", get, set, type = u32, member = bitrate, nick = "Bitrate", blurb = "Bits per second of the mix where it is Opus", minimum = 6_000, maximum = 510_000, default = 32_000, mutable_playing)]
    #[property(name = "complexity", get, set, type = u32, member = complexity, nick = "Complexity", blurb = "Effort of the Opus encoder", minimum = 0, maximum = 10, default = 5, mutable_playing)]
    #[property(name = "fec", get, set, type = bool, member = fec, nick = "FEC", blurb = "Opus packets also carry the one before", default = true, mutable_playing)]
    #[property(name = "dtx", get, set, type = bool, member = dtx, nick = "DTX", blurb = "Silence is not sent where the mix is Opus", default = true, mutable_playing)]
    #[property(name = "frame-duration", get, set, type = u32, member = frame_duration, nick = "Frame duration", blurb = "Milliseconds in an Opus packet of the mix; rounded down to 20, 40 or 60", minimum = 20, maximum = 60, default = 20, mutable_playing)]
    #[property(name = "latency", get, set, type = u32, member = latency, nick = "Latency", blurb = "Milliseconds that packets are held at least, to be in order and in time; jitter adds to it", minimum = 0, maximum = 400, default = 20, mutable_playing)]
    settings: Mutex<Properties>,
    #[property(name = "level", get = Self::level, type = i32, nick = "Level", blurb = "Loudness of the participant's last frame in dBov", minimum = -127, maximum = 0, default = -127)]
    #[property(name = "talking", get = Self::talking, type = bool, nick = "Talking", blurb = "Whether the participant is one of those who are heard")]
    incoming: Mutex<Incoming>,
    place: Mutex<Place>,
    sink: gst::Pad,
    main: Arc<Outlet>,
    /// Relay pads by slot.
    relays: Mutex<Vec<(u32, Arc<Outlet>)>>,
}

#[glib::object_subclass]
impl ObjectSubclass for ConveneAudio {
    const NAME: &'static str = "GstConveneAudio";
    type Type = super::ConveneAudio;
    type ParentType = gst::Element;

    fn with_class(class: &Self::Class) -> Self {
        let template = |name| {
            class
                .pad_template(name)
                .expect("declared in pad_templates below")
        };
        let sink = gst::Pad::builder_from_template(&template("sink"))
            .chain_function(|_, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |imp| imp.chain(&buffer),
                )
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.sink_event(pad, event))
            })
            .build();
        let main = Outlet::new(Self::source_pad(&template("src"), None));
        Self {
            settings: Mutex::default(),
            incoming: Mutex::default(),
            place: Mutex::default(),
            sink,
            main,
            relays: Mutex::default(),
        }
    }
}

impl ObjectImpl for ConveneAudio {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let structures = [
                glib::ParamSpecBoxed::builder::<gst::Structure>("gains")
                    .nick("Gains")
                    .blurb("Gain of each other participant for this one: a structure whose fields are their names and whose values are doubles")
                    .mutable_playing()
                    .build(),
                glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                    .nick("Statistics")
                    .blurb("What became of packets and deliveries, each end in its own field")
                    .read_only()
                    .build(),
            ];
            ConveneAudio::derived_properties()
                .iter()
                .cloned()
                .chain(structures)
                .collect()
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "gains" => lock(&self.settings).gains.to_value(),
            "stats" => self.stats().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        match pspec.name() {
            "gains" => lock(&self.settings).gains = value.get().ok().flatten(),
            _ => self.derived_set_property(id, value, pspec),
        }
        self.apply(pspec.name());
    }

    fn constructed(&self) {
        self.parent_constructed();
        let obj = self.obj();
        for pad in [&self.sink, self.main.pad()] {
            obj.add_pad(pad)
                .expect("a new element has no pad of that name");
        }
        let weak = obj.downgrade();
        self.main.pad().connect_linked(move |_, _| {
            if let Some(obj) = weak.upgrade() {
                obj.imp().negotiate();
            }
        });
    }
}

impl GstObjectImpl for ConveneAudio {}

impl ElementImpl for ConveneAudio {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Convene audio",
                "Mixer/Audio/Network",
                "One participant's sound in a conference: takes his, gives everyone else's, mixed or relayed. \
                 Try: gst-launch-1.0 audiotestsrc is-live=true freq=440 ! conveneaudio conference=demo participant=ann ! autoaudiosink \
                 audiotestsrc is-live=true freq=660 ! conveneaudio conference=demo participant=bob ! fakesink",
                "The Convene developers",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let template = |name, direction, presence, caps: &gst::Caps| {
                gst::PadTemplate::new(name, direction, presence, caps).expect("the caps are valid")
            };
            let (any, relayed) = (format::caps(), format::relay_caps());
            vec![
                template(
                    "sink",
                    gst::PadDirection::Sink,
                    gst::PadPresence::Always,
                    &any,
                ),
                template(
                    "src",
                    gst::PadDirection::Src,
                    gst::PadPresence::Always,
                    &any,
                ),
                template(
                    "src_%u",
                    gst::PadDirection::Src,
                    gst::PadPresence::Request,
                    &relayed,
                ),
            ]
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        change: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match change {
            gst::StateChange::ReadyToPaused => self.join()?,
            gst::StateChange::PausedToPlaying => self.play(true),
            gst::StateChange::PlayingToPaused => self.play(false),
            gst::StateChange::PausedToReady => self.interrupt_wait(true),
            _ => {}
        }
        let success = self.parent_change_state(change)?;
        match change {
            gst::StateChange::ReadyToPaused | gst::StateChange::PlayingToPaused => {
                Ok(gst::StateChangeSuccess::NoPreroll)
            }
            gst::StateChange::PausedToReady => {
                self.leave();
                Ok(success)
            }
            _ => Ok(success),
        }
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        _caps: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        let mut relays = lock(&self.relays);
        let wanted = name.and_then(|name| name.strip_prefix("src_")?.parse().ok());
        let slot = wanted.unwrap_or_else(|| {
            (0..)
                .find(|n| relays.iter().all(|(slot, _)| slot != n))
                .unwrap_or(0)
        });
        if relays.iter().any(|(taken, _)| *taken == slot) {
            gst::warning!(CAT, imp = self, "pad src_{slot} exists already");
            return None;
        }
        let outlet = Outlet::new(Self::source_pad(template, Some(&format!("src_{slot}"))));
        relays.push((slot, Arc::clone(&outlet)));
        drop(relays);
        self.obj().add_pad(outlet.pad()).ok()?;
        Some(outlet.pad().clone())
    }

    fn release_pad(&self, pad: &gst::Pad) {
        if let Err(error) = pad
            .set_active(false)
            .and_then(|()| self.obj().remove_pad(pad))
        {
            gst::warning!(CAT, imp = self, "pad {} does not go: {error}", pad.name());
        }
        lock(&self.relays).retain(|(_, outlet)| outlet.pad() != pad);
    }
}

/// Incoming.
impl ConveneAudio {
    fn chain(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        self.keep_time(buffer)?;
        let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
        let Some(input) = self.read(buffer, &map)? else {
            return Ok(gst::FlowSuccess::Ok);
        };
        match &lock(&self.place).seat {
            Some(seat) => seat.post(input),
            None => return Err(gst::FlowError::Flushing),
        }
        Ok(gst::FlowSuccess::Ok)
    }

    fn read(&self, buffer: &gst::Buffer, bytes: &[u8]) -> Result<Option<Input>, gst::FlowError> {
        let mut incoming = lock(&self.incoming);
        Ok(
            match incoming
                .format
                .clone()
                .ok_or(gst::FlowError::NotNegotiated)?
            {
                Format::Raw(layout) => Some(Input::Samples(format::samples(bytes, layout))),
                Format::Opus => Some(Input::Packet(incoming.opus(buffer, bytes))),
                Format::Rtp { level_id, .. } => match format::arrival(bytes, level_id) {
                    Ok(arrival) => Some(Input::Packet(arrival)),
                    Err(error) => {
                        gst::debug!(CAT, imp = self, "dropped: {error}");
                        None
                    }
                },
            },
        )
    }

    /// Holds input that comes faster than time passes.
    fn keep_time(&self, buffer: &gst::Buffer) -> Result<(), gst::FlowError> {
        let obj = self.obj();
        let (Some(clock), Some(base)) = (obj.clock(), obj.base_time()) else {
            return Ok(());
        };
        let wait = {
            let mut incoming = lock(&self.incoming);
            if incoming.flushing {
                return Err(gst::FlowError::Flushing);
            }
            let due = buffer
                .pts()
                .and_then(|pts| incoming.segment.to_running_time(pts))
                .map(|t| t + base);
            let Some(due) = due
                .and_then(|due| due.checked_sub(AHEAD))
                .filter(|due| Some(*due) > clock.time().into())
            else {
                return Ok(());
            };
            incoming.wait.insert(clock.new_single_shot_id(due)).clone()
        };
        let waited = wait.wait().0;
        let mut incoming = lock(&self.incoming);
        incoming.wait = None;
        if incoming.flushing || waited == Err(gst::ClockError::Unscheduled) {
            Err(gst::FlowError::Flushing)
        } else {
            Ok(())
        }
    }

    fn interrupt_wait(&self, flushing: bool) {
        let mut incoming = lock(&self.incoming);
        incoming.flushing = flushing;
        if let Some(wait) = incoming.wait.take() {
            wait.unschedule();
        }
    }

    fn sink_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) => return self.take_caps(caps.caps()),
            gst::EventView::Segment(segment) => {
                if let Ok(segment) = segment.segment().clone().downcast::<gst::ClockTime>() {
                    lock(&self.incoming).segment = segment;
                }
            }
            gst::EventView::FlushStart(_) => self.interrupt_wait(true),
            gst::EventView::FlushStop(_) => {
                self.interrupt_wait(false);
                lock(&self.incoming).segment = Default::default();
                self.post(Input::Flush);
            }
            gst::EventView::Eos(_) => self.post(Input::End),
            gst::EventView::StreamStart(_) | gst::EventView::Gap(_) | gst::EventView::Tag(_) => {}
            _ => return gst::Pad::event_default(pad, Some(&*self.obj()), event),
        }
        true
    }

    fn take_caps(&self, caps: &gst::CapsRef) -> bool {
        let format = Format::from_caps(caps);
        gst::debug!(CAT, imp = self, "input is {format:?}");
        let taken = format.is_some();
        lock(&self.incoming).format = format;
        taken
    }

    fn post(&self, input: Input) {
        if let Some(seat) = &lock(&self.place).seat {
            seat.post(input);
        }
    }
}

impl Incoming {
    /// A packet that came without RTP: its number is counted, its timestamp taken from its time where it has one.
    fn opus(&mut self, buffer: &gst::Buffer, bytes: &[u8]) -> convene_audio::Arrival {
        let running = buffer
            .pts()
            .and_then(|pts| self.segment.to_running_time(pts));
        let timestamp = running.map_or(self.timestamp, |t| {
            (t.nseconds() / 1_000 * 48 / 1_000) as u32
        });
        // Times of muxed files are rounded: what is nearly the expected timestamp is meant to be it.
        let timestamp = if timestamp.abs_diff(self.timestamp) < 240 {
            self.timestamp
        } else {
            timestamp
        };
        self.timestamp =
            timestamp.wrapping_add(convene_audio::samples_in(bytes).unwrap_or(0) as u32);
        self.sequence = self.sequence.wrapping_add(1);
        convene_audio::Arrival {
            ssrc: 0,
            sequence: self.sequence,
            timestamp,
            loudness: None,
            payload: bytes.to_vec(),
        }
    }
}

/// The place in the conference.
impl ConveneAudio {
    fn join(&self) -> Result<(), gst::StateChangeError> {
        *lock(&self.incoming) = Incoming::default();
        let settings = lock(&self.settings).clone();
        let ear = Arc::new(ElementEar(self.obj().downgrade()));
        let seat = Conference::named(&settings.conference)
            .join(&settings.participant, settings.number, ear)
            .map_err(|error| {
                gst::element_imp_error!(
                    self,
                    gst::ResourceError::Busy,
                    ("Cannot join conference `{}`: {error}", settings.conference)
                );
                gst::StateChangeError
            })?;
        seat.set_max_talkers(settings.max_talkers as usize);
        lock(&self.place).seat = Some(seat);
        self.negotiate();
        Ok(())
    }

    fn play(&self, playing: bool) {
        lock(&self.place).playing = playing;
        self.negotiate();
    }

    fn leave(&self) {
        let place = std::mem::take(&mut *lock(&self.place));
        drop(place);
    }

    /// Finds out what downstream takes, and tells the room.
    fn negotiate(&self) {
        let form = self.main.negotiate().map(|format| format.form());
        for (_, outlet) in lock(&self.relays).iter() {
            outlet.negotiate();
        }
        lock(&self.place).form = form;
        self.tell_room();
    }

    /// Has a changed property take effect.
    fn apply(&self, property: &str) {
        self.tell_room();
        match property {
            "max-talkers" => {
                let max = lock(&self.settings).max_talkers as usize;
                if let Some(seat) = &lock(&self.place).seat {
                    seat.set_max_talkers(max);
                }
            }
            "latency" | "frame-duration" => {
                let obj = self.obj();
                let _ = obj.post_message(gst::message::Latency::builder().src(&*obj).build());
            }
            _ => {}
        }
    }

    fn tell_room(&self) {
        let settings = lock(&self.settings).clone();
        let place = lock(&self.place);
        if let Some(seat) = &place.seat {
            let form = place.form.filter(|_| place.playing);
            let settings = settings.for_room(form, |name| seat.number_of(name));
            seat.post(Input::Settings(Box::new(settings)));
        }
    }

    fn level(&self) -> i32 {
        lock(&self.place)
            .seat
            .as_ref()
            .map_or(-127, |seat| seat.counters().0.dbov())
    }

    fn talking(&self) -> bool {
        lock(&self.place).talking
    }

    fn stats(&self) -> gst::Structure {
        let (_, counters, overflow) = lock(&self.place)
            .seat
            .as_ref()
            .map(Seat::counters)
            .unwrap_or((convene_audio::Loudness::SILENCE, Default::default(), 0));
        let (pushed, dropped) = self.main.counts();
        gst::Structure::builder("stats")
            .field("packets-received", counters.received)
            .field("packets-malformed", counters.malformed)
            .field("packets-late", counters.late)
            .field("packets-duplicate", counters.duplicate)
            .field("packets-lost", counters.lost)
            .field("frames-concealed", counters.concealed)
            .field("frames-left-out", counters.left_out)
            .field("samples-overrun", counters.overrun)
            .field("lag-ms", counters.lag.as_millis() as u64)
            .field("buffers-pushed", pushed)
            .field("deliveries-dropped", dropped)
            .field("inbox-overflow", overflow as u64)
            .build()
    }
}

/// Outgoing.
impl ConveneAudio {
    fn source_pad(template: &gst::PadTemplate, name: Option<&str>) -> gst::Pad {
        let builder = gst::Pad::builder_from_template(template)
            .activatemode_function(|pad, parent, _, active| {
                let panicked = || Err(gst::loggable_error!(CAT, "panicked on activation"));
                Self::catch_panic_pad_function(parent, panicked, |imp| imp.activate(pad, active))
            })
            .query_function(|pad, parent, query| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.src_query(pad, query))
            })
            .event_function(|pad, parent, event| {
                Self::catch_panic_pad_function(parent, || false, |imp| imp.src_event(pad, event))
            });
        match name {
            Some(name) => builder.name(name).build(),
            None => builder.build(),
        }
    }

    fn outlet(&self, pad: &gst::Pad) -> Option<Arc<Outlet>> {
        if self.main.pad() == pad {
            return Some(Arc::clone(&self.main));
        }
        lock(&self.relays)
            .iter()
            .find(|(_, outlet)| outlet.pad() == pad)
            .map(|(_, outlet)| Arc::clone(outlet))
    }

    fn activate(&self, pad: &gst::Pad, active: bool) -> Result<(), gst::LoggableError> {
        let Some(outlet) = self.outlet(pad) else {
            return Ok(());
        };
        if active {
            let queued = lock(&self.settings).delivery == Delivery::Queue;
            return outlet
                .open(queued)
                .map_err(|error| gst::loggable_error!(CAT, "no task for the pad: {error}"));
        }
        outlet.close();
        pad.stop_task()
            .map_err(|error| gst::loggable_error!(CAT, "the pad's task does not stop: {error}"))
    }

    fn src_query(&self, pad: &gst::Pad, query: &mut gst::QueryRef) -> bool {
        if let gst::QueryViewMut::Latency(latency) = query.view_mut() {
            let least = gst::ClockTime::from_mseconds(lock(&self.settings).least_delay());
            latency.set(true, least, None);
            return true;
        }
        gst::Pad::query_default(pad, Some(&*self.obj()), query)
    }

    fn src_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Reconfigure(_) => {
                self.negotiate();
                true
            }
            gst::EventView::Latency(_) | gst::EventView::Qos(_) => true,
            _ => gst::Pad::event_default(pad, Some(&*self.obj()), event),
        }
    }

    /// A monotonic time as this pipeline's running time; `None` before the pipeline began.
    fn running_time(&self, at: Duration) -> Option<gst::ClockTime> {
        let obj = self.obj();
        let (clock, base) = (obj.clock()?, obj.base_time()?);
        let mut place = lock(&self.place);
        place.bridge.observe(clock.time().into(), now());
        let foreign = place.bridge.to_foreign(at)?;
        gst::ClockTime::from_nseconds(foreign.as_nanos() as u64).checked_sub(base)
    }

    fn deliver(&self, due: Duration, delivery: convene_audio::Delivery) {
        let outlet = match &delivery.sound {
            Sound::Relayed { slot, .. } => {
                let relays = lock(&self.relays);
                relays
                    .iter()
                    .find(|(n, _)| *n as usize == *slot)
                    .map(|(_, outlet)| Arc::clone(outlet))
            }
            _ => Some(Arc::clone(&self.main)),
        };
        let at = begins(due, format::span_of(&delivery.sound));
        let (Some(outlet), Some(pts)) = (outlet, self.running_time(at)) else {
            return;
        };
        if lock(&self.settings).delivery == Delivery::Queue {
            outlet.enqueue(delivery, pts);
        } else if let Err(error) = outlet.push(&delivery, pts) {
            gst::warning!(CAT, imp = self, "downstream failed: {error}");
        }
    }

    fn tell_talkers(&self, talkers: &[Talker]) {
        let own = lock(&self.place).seat.as_ref().map(|seat| seat.number);
        let talking = talkers.iter().any(|talker| Some(talker.number) == own);
        let changed = std::mem::replace(&mut lock(&self.place).talking, talking) != talking;
        let message = gst::Structure::builder("convene-talkers")
            .field("talkers", gst::Array::new(talkers.iter().map(structure)))
            .build();
        let obj = self.obj();
        let _ = obj.post_message(gst::message::Element::builder(message).src(&*obj).build());
        if changed {
            obj.notify("talking");
        }
    }

    /// All was played: EOS on every pad, and the participant is gone.
    fn end(&self) {
        let queued = lock(&self.settings).delivery == Delivery::Queue;
        let mut outlets = vec![Arc::clone(&self.main)];
        outlets.extend(
            lock(&self.relays)
                .iter()
                .map(|(_, outlet)| Arc::clone(outlet)),
        );
        let seat = lock(&self.place).seat.take();
        drop(seat);
        for outlet in outlets {
            if queued {
                outlet.enqueue_eos()
            } else {
                outlet.push_eos()
            }
        }
    }
}

fn structure(talker: &Talker) -> glib::SendValue {
    let Talker {
        participant,
        number: Number(number),
        loudness,
    } = talker;
    gst::Structure::builder("talker")
        .field("participant", participant)
        .field("number", *number)
        .field("level", loudness.dbov())
        .build()
        .to_send_value()
}

/// How the conference reaches an element that may be gone.
struct ElementEar(glib::WeakRef<super::ConveneAudio>);

impl Ear for ElementEar {
    fn deliver(&self, due: Duration, delivery: convene_audio::Delivery) {
        if let Some(element) = self.0.upgrade() {
            element.imp().deliver(due, delivery);
        }
    }

    fn talkers(&self, talkers: &[Talker]) {
        if let Some(element) = self.0.upgrade() {
            element.imp().tell_talkers(talkers);
        }
    }

    fn drained(&self) {
        if let Some(element) = self.0.upgrade() {
            element.imp().end();
        }
    }

    fn broken(&self, cause: &str) {
        if let Some(element) = self.0.upgrade() {
            gst::element_error!(
                element,
                gst::CoreError::Failed,
                ("The conference's sound has stopped"),
                ["{cause}"]
            );
        }
    }
}
