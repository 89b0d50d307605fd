//! The GObject shell of `conveneaudio`: declare, translate in, translate out, push.

use std::sync::{Arc, Condvar, LazyLock, Mutex};

use convene_clock::Bridge;
use glib::{prelude::*, subclass::prelude::*};
use gst::{prelude::*, subclass::prelude::*};

use super::{
    conference::{Conference, Input, Seat},
    endings::{Outcome, Refusal, Tally},
    format,
    outlet::Outlet,
    settings::{AudioMode, Form, Properties},
};
use crate::{delivery::Delivery, lock::lock};

mod incoming;
mod outgoing;
mod stats;

use self::{incoming::Incoming, outgoing::ElementEar};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "conveneaudio",
        gst::DebugColorFlags::empty(),
        Some("Sound of a conference"),
    )
});

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
    #[property(name = "mode", get, set, type = AudioMode, member = mode, nick = "Mode", blurb = "Whether the participant gets one mix, or the talkers' own packets on the pads src_%u; changes with a frame", mutable_playing, builder(AudioMode::Mix))]
    #[property(name = "delivery", get, set, type = Delivery, member = delivery, nick = "Delivery", blurb = "Which thread pushes on the source pads", mutable_ready, builder(Delivery::Queue))]
    #[property(name = "mute", get, set, type = bool, member = mute, nick = "Mute", blurb = "Nobody hears the participant, whatever he sends", mutable_playing)]
    #[property(name = "volume", get, set, type = f64, member = volume, nick = "Volume", blurb = "Gain of the participant's sound", minimum = 0.0, maximum = 10.0, default = 1.0, mutable_playing)]
    #[property(name = "deaf", get, set, type = bool, member = deaf, nick = "Deaf", blurb = "The participant hears nobody", mutable_playing)]
    #[property(name = "max-talkers", get, set, type = u32, member = max_talkers, nick = "Most talkers", blurb = "How many are heard at once in the whole conference; the element that sets it last decides", minimum = 1, maximum = 100, default = 4, mutable_playing)]
    #[property(name = "bitrate", get, set, type = u32, member = bitrate, nick = "Bitrate", blurb = "Bits per second of each channel of the mix where it is Opus", minimum = 6_000, maximum = 510_000, default = 80_000, mutable_playing)]
    #[property(name = "complexity", get, set, type = u32, member = complexity, nick = "Complexity", blurb = "Effort of the Opus encoder", minimum = 0, maximum = 10, default = 5, mutable_playing)]
    #[property(name = "fec", get, set, type = bool, member = fec, nick = "FEC", blurb = "Opus packets may also carry the one before; they do where losses are expected", default = true, mutable_playing)]
    #[property(name = "expected-loss", get, set, type = u32, member = expected_loss, nick = "Expected loss", blurb = "Percent of the packets of the mix that the way to the participant loses, as his receiver reports say; 0: none, and no packet carries the one before, which sounds better and costs a quarter. The default is for applications that do not know", minimum = 0, maximum = 100, default = 10, mutable_playing)]
    #[property(name = "dtx", get, set, type = bool, member = dtx, nick = "DTX", blurb = "Silence is not sent where the mix is Opus", default = true, mutable_playing)]
    #[property(name = "frame-duration", get, set, type = u32, member = frame_duration, nick = "Frame duration", blurb = "Milliseconds in an Opus packet of the mix; rounded down to 20, 40 or 60", minimum = 20, maximum = 60, default = 20, mutable_playing)]
    #[property(name = "listener-packet", get, set, type = u32, member = listener_packet, nick = "Listener's packet", blurb = "The same, where it is more, while the participant only listens, for 5 s at least, to a conference of at least 30, and no losses are expected", minimum = 20, maximum = 60, default = 20, mutable_playing)]
    #[property(name = "latency", get, set, type = u32, member = latency, nick = "Latency", blurb = "Milliseconds that packets are held longer than their jitter demands, to be in order and in time", minimum = 0, maximum = 400, default = 5, mutable_playing)]
    #[property(name = "leave-when-alone", get, set, type = bool, member = leave_when_alone, nick = "Leave when alone", blurb = "The stream ends when the last participant without this property has left: so a recording is finished", mutable_playing)]
    settings: Mutex<Properties>,
    #[property(name = "level", get = Self::level, type = i32, nick = "Level", blurb = "Loudness of the participant's last frame in dBov", minimum = -127, maximum = 0, default = -127)]
    #[property(name = "talking", get = Self::talking, type = bool, nick = "Talking", blurb = "Whether the participant talks: from 80 ms of voice until 500 ms after it, while he is one of those who are heard. Notified, and told with all others and their levels in the element message convene-talkers")]
    incoming: Mutex<Incoming>,
    /// Goes with `incoming`: its `playing` or `flushing` changed.
    may_go: Condvar,
    place: Mutex<Place>,
    refusals: Tally<Refusal>,
    outcomes: Arc<Tally<Outcome>>,
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
        let outcomes = Arc::default();
        let main = Outlet::new(Self::source_pad(&template("src"), None), &outcomes);
        Self {
            settings: Mutex::default(),
            incoming: Mutex::default(),
            may_go: Condvar::new(),
            place: Mutex::default(),
            refusals: Tally::default(),
            outcomes,
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
                    .blurb("What became of packets and deliveries, each end in its own field; the jitter queue; the last seconds of the conference")
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
        // Whoever ends a pipeline from outside (`gst-launch-1.0 -e`) ends its sources; nobody else ends one who only listens.
        obj.set_element_flags(gst::ElementFlags::SOURCE);
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
                 One with nothing on its sink pad is a tape: it gets everyone, and nobody hears or is told of it. \
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

    fn send_event(&self, event: gst::Event) -> bool {
        if event.type_() != gst::EventType::Eos {
            return self.parent_send_event(event);
        }
        self.end_input();
        true
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
        let pad = Self::source_pad(template, Some(&format!("src_{slot}")));
        let outlet = Outlet::new(pad, &self.outcomes);
        relays.push((slot, Arc::clone(&outlet)));
        drop(relays);
        let obj = self.obj();
        let runs = obj.current_state() > gst::State::Ready;
        outlet.pad().set_active(runs).ok()?;
        obj.add_pad(outlet.pad()).ok()?;
        if runs {
            self.activate(outlet.pad(), true).ok()?;
        }
        self.tell_room();
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
        self.tell_room();
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
        seat.set_leaves_when_alone(settings.leave_when_alone);
        lock(&self.place).seat = Some(seat);
        self.negotiate();
        Ok(())
    }

    fn play(&self, playing: bool) {
        lock(&self.place).playing = playing;
        self.let_go(playing);
        self.negotiate();
    }

    fn leave(&self) {
        let place = std::mem::take(&mut *lock(&self.place));
        drop(place);
    }

    /// Finds out what downstream takes, and tells the room.
    fn negotiate(&self) {
        let form = self.main.negotiate().map(|format| format.form());
        for outlet in self.slots() {
            outlet.negotiate();
        }
        lock(&self.place).form = form;
        self.tell_room();
    }

    /// The relay pads.
    fn slots(&self) -> Vec<Arc<Outlet>> {
        let relays = lock(&self.relays);
        relays
            .iter()
            .map(|(_, outlet)| Arc::clone(outlet))
            .collect()
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
            "leave-when-alone" => {
                let leaves = lock(&self.settings).leave_when_alone;
                if let Some(seat) = &lock(&self.place).seat {
                    seat.set_leaves_when_alone(leaves);
                }
            }
            "latency" | "frame-duration" | "listener-packet" => {
                let obj = self.obj();
                let _ = obj.post_message(gst::message::Latency::builder().src(&*obj).build());
            }
            _ => {}
        }
    }

    fn tell_room(&self) {
        let settings = lock(&self.settings).clone();
        let slots = lock(&self.relays).len();
        let place = lock(&self.place);
        if let Some(seat) = &place.seat {
            let form = place.form.filter(|_| place.playing);
            let settings = settings.for_room(form, slots, |name| seat.number_of(name));
            seat.post(Input::Settings(Box::new(settings)));
        }
    }

    /// Gains may be of names that nobody had until now.
    fn name_gains(&self) {
        let has_gains = lock(&self.settings).gains.is_some();
        if has_gains {
            self.tell_room();
        }
    }

    fn level(&self) -> i32 {
        lock(&self.place)
            .seat
            .as_ref()
            .map_or(-127, |seat| seat.loudness().dbov())
    }

    fn talking(&self) -> bool {
        lock(&self.place).talking
    }
}
