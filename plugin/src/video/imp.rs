//! The GObject shell of `convenevideo`: declare, translate in, translate out.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use convene_video::{DropReason, Source};
use glib::subclass::{Signal, prelude::*};
use gst::{prelude::*, subclass::prelude::*};

use super::{
    inlet::Inlet,
    outlet::{Loss, Outlet},
    room::{Seat, ServerPath},
    settings::{Settings, VideoPolicy},
    wishes,
};
use crate::{delivery::Delivery, lock::lock};

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "convenevideo",
        gst::DebugColorFlags::empty(),
        Some("Pictures of a conference"),
    )
});

#[derive(Default, glib::Properties)]
#[properties(wrapper_type = super::ConveneVideo)]
pub struct ConveneVideo {
    #[property(name = "conference", get, set, type = String, member = conference, nick = "Conference", blurb = "Name of the conference: elements of one process with the same name see each other", default = Some("default"), mutable_ready)]
    #[property(name = "participant", get, set, type = String, member = participant, nick = "Participant", blurb = "Name of the participant, unique in the conference; empty: the element's name", mutable_ready)]
    #[property(name = "delivery", get, set, type = Delivery, member = delivery, nick = "Delivery", blurb = "Which thread pushes on the source pads", mutable_ready, builder(Delivery::Queue))]
    #[property(name = "policy", get, set = Self::set_policy, type = VideoPolicy, member = policy, nick = "Policy", blurb = "Who decides what the participant's slots show", mutable_playing, builder(VideoPolicy::External))]
    settings: Mutex<Settings>,
    seat: Mutex<Option<Seat>>,
    playing: AtomicBool,
    /// The last event that told what became of packets.
    feedback: Mutex<Option<gst::Seqnum>>,
    inlets: Mutex<BTreeMap<u32, Arc<Inlet>>>,
    outlets: Mutex<BTreeMap<u32, Arc<Outlet>>>,
}

#[glib::object_subclass]
impl ObjectSubclass for ConveneVideo {
    const NAME: &'static str = "GstConveneVideo";
    type Type = super::ConveneVideo;
    type ParentType = gst::Element;
}

impl ObjectImpl for ConveneVideo {
    fn properties() -> &'static [glib::ParamSpec] {
        static PROPERTIES: LazyLock<Vec<glib::ParamSpec>> = LazyLock::new(|| {
            let stats = glib::ParamSpecBoxed::builder::<gst::Structure>("stats")
                .nick("Statistics")
                .blurb("Packets and bytes received from the participant and sent to him, and why the others were dropped")
                .read_only()
                .build();
            ConveneVideo::derived_properties()
                .iter()
                .cloned()
                .chain([stats])
                .collect()
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self.stats().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.derived_set_property(id, value, pspec);
    }

    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(|| {
            let text = String::static_type();
            let set_path = Signal::builder("set-path")
                .param_types([text, text, text, text, i32::static_type()])
                .return_type::<bool>()
                .action()
                .class_handler(|values| {
                    Some(
                        ConveneVideo::on_set_path(values)
                            .unwrap_or(false)
                            .to_value(),
                    )
                })
                .build();
            vec![set_path]
        });
        &SIGNALS
    }

    fn constructed(&self) {
        self.parent_constructed();
        self.obj().set_element_flags(gst::ElementFlags::SOURCE);
    }
}

impl GstObjectImpl for ConveneVideo {}

impl ElementImpl for ConveneVideo {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "Convene video",
                "Generic/Network/RTP",
                "One participant's pictures in a conference, as far as they go through the server. \
                 Try: gst-launch-1.0 videotestsrc is-live=true ! vp8enc deadline=1 ! rtpvp8pay picture-id-mode=15-bit \
                 ! convenevideo conference=demo participant=ann \
                 convenevideo conference=demo participant=bob policy=server ! rtpvp8depay ! vp8dec ! autovideosink",
                "The Convene developers",
            )
        });
        Some(&*METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            let caps = gst::Caps::builder("application/x-rtp")
                .field("media", "video")
                .field("clock-rate", 90_000)
                .build();
            let template = |name, direction| {
                gst::PadTemplate::new(name, direction, gst::PadPresence::Request, &caps)
                    .expect("the caps are valid")
            };
            vec![
                template("sink_%u", gst::PadDirection::Sink),
                template("src_%u", gst::PadDirection::Src),
            ]
        });
        &TEMPLATES
    }

    fn request_new_pad(
        &self,
        template: &gst::PadTemplate,
        name: Option<&str>,
        _: Option<&gst::Caps>,
    ) -> Option<gst::Pad> {
        match template.direction() {
            gst::PadDirection::Sink => self.add_inlet(template, name),
            _ => self.add_outlet(template, name),
        }
    }

    fn release_pad(&self, pad: &gst::Pad) {
        let _ = pad.set_active(false);
        if let Some((_, inlet)) = lock(&self.inlets)
            .extract_if(.., |_, inlet| inlet.pad == *pad)
            .next()
        {
            inlet.end(self.seat().as_ref());
        }
        let outlet = lock(&self.outlets)
            .extract_if(.., |_, outlet| outlet.pad == *pad)
            .next();
        if let (Some((index, _)), Some(seat)) = (outlet, self.seat()) {
            seat.close(index);
        }
        let _ = self.obj().remove_pad(pad);
    }

    fn send_event(&self, event: gst::Event) -> bool {
        if event.type_() != gst::EventType::Eos {
            return self.parent_send_event(event);
        }
        for outlet in self.outlets().into_values() {
            outlet.finish();
        }
        true
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        match transition {
            gst::StateChange::ReadyToPaused => self.enter()?,
            gst::StateChange::PlayingToPaused => self.set_playing(false),
            _ => {}
        }
        let done = self.parent_change_state(transition);
        match transition {
            gst::StateChange::ReadyToPaused if done.is_err() => self.leave(),
            gst::StateChange::ReadyToPaused | gst::StateChange::PlayingToPaused => {
                return done.map(|_| gst::StateChangeSuccess::NoPreroll);
            }
            gst::StateChange::PausedToPlaying => self.set_playing(true),
            gst::StateChange::PausedToReady => self.leave(),
            _ => {}
        }
        done
    }
}

impl ConveneVideo {
    fn seat(&self) -> Option<Seat> {
        lock(&self.seat).clone()
    }

    fn outlets(&self) -> BTreeMap<u32, Arc<Outlet>> {
        lock(&self.outlets).clone()
    }

    /// The participant enters the conference, with the slots that are there.
    fn enter(&self) -> Result<(), gst::StateChangeError> {
        let settings = lock(&self.settings).clone();
        let element = self.obj();
        let name = if settings.participant.is_empty() {
            element.name().into()
        } else {
            settings.participant
        };
        let seat = Seat::take(
            &settings.conference,
            &name,
            element.upcast_ref(),
            settings.policy.into(),
        )
        .map_err(|_| {
            gst::element_imp_error!(
                self,
                gst::ResourceError::Busy,
                [
                    "{name} is in the conference {} already",
                    settings.conference
                ]
            );
            gst::StateChangeError
        })?;
        for (index, outlet) in self.outlets() {
            outlet.set_delivery(settings.delivery);
            seat.open(index, &outlet);
        }
        gst::debug!(CAT, imp = self, "{name} enters {}", settings.conference);
        *lock(&self.seat) = Some(seat);
        Ok(())
    }

    fn leave(&self) {
        let seat = lock(&self.seat).take();
        if let Some(seat) = seat {
            seat.leave();
        }
        for inlet in lock(&self.inlets).values() {
            inlet.reset();
        }
    }

    fn set_playing(&self, playing: bool) {
        self.playing.store(playing, Ordering::SeqCst);
        for outlet in self.outlets().into_values() {
            outlet.set_playing(playing);
        }
        if let Some(seat) = self.seat().filter(|_| playing) {
            seat.restart();
        }
    }

    fn set_policy(&self, policy: VideoPolicy) {
        lock(&self.settings).policy = policy;
        if let Some(seat) = self.seat() {
            seat.set_policy(policy.into());
        }
    }

    fn add_inlet(&self, template: &gst::PadTemplate, name: Option<&str>) -> Option<gst::Pad> {
        let index = index_of(name, "sink_", &lock(&self.inlets))?;
        let source = match index {
            0 => Source::Camera,
            1 => Source::Screen,
            _ => return None,
        };
        let pad = gst::Pad::builder_from_template(template)
            .name(format!("sink_{index}"))
            .chain_function(move |_, parent, buffer| {
                let fail = || Err(gst::FlowError::Error);
                Self::catch_panic_pad_function(parent, fail, |imp| imp.chain(index, buffer))
            })
            .event_function(move |_, parent, event| {
                Self::catch_panic_pad_function(
                    parent,
                    || false,
                    |imp| imp.sink_event(index, &event),
                )
            })
            .iterate_internal_links_function(|_, _| gst::Iterator::from_vec(Vec::new()))
            .build();
        lock(&self.inlets).insert(index, Arc::new(Inlet::new(pad.clone(), source)));
        self.add(&pad)
    }

    fn add_outlet(&self, template: &gst::PadTemplate, name: Option<&str>) -> Option<gst::Pad> {
        let index = index_of(name, "src_", &lock(&self.outlets))?;
        let delivery = lock(&self.settings).delivery;
        let outlet = Outlet::new(
            template,
            index,
            delivery,
            self.playing.load(Ordering::SeqCst),
        );
        lock(&self.outlets).insert(index, outlet.clone());
        let pad = self.add(&outlet.pad)?;
        if let Some(seat) = self.seat() {
            seat.open(index, &outlet);
        }
        Some(pad)
    }

    fn add(&self, pad: &gst::Pad) -> Option<gst::Pad> {
        let element = self.obj();
        if element.current_state() > gst::State::Ready {
            pad.set_active(true).ok()?;
        }
        element.add_pad(pad).ok()?;
        Some(pad.clone())
    }

    fn chain(&self, index: u32, buffer: gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        let inlet = lock(&self.inlets)
            .get(&index)
            .cloned()
            .ok_or(gst::FlowError::Flushing)?;
        let seat = self.seat().ok_or(gst::FlowError::Flushing)?;
        inlet.chain(self.obj().upcast_ref(), &seat, buffer)
    }

    fn sink_event(&self, index: u32, event: &gst::Event) -> bool {
        let inlet = lock(&self.inlets).get(&index).cloned();
        inlet.is_some_and(|inlet| inlet.event(self.seat().as_ref(), event))
    }

    /// An event that came up into a slot.
    pub(super) fn slot_event(&self, index: u32, event: &gst::Event) -> bool {
        match event.view() {
            gst::EventView::CustomUpstream(_) if event.has_name("GstForceKeyUnit") => {
                if let Some(seat) = self.seat() {
                    seat.want_key_frame(index);
                }
                true
            }
            gst::EventView::CustomUpstream(_) if event.has_name("RTPTWCCPackets") => {
                self.feedback(event);
                true
            }
            gst::EventView::Reconfigure(_) => {
                if let Some(outlet) = self.outlets().get(&index) {
                    outlet.reconfigure();
                }
                true
            }
            gst::EventView::Latency(_) | gst::EventView::Qos(_) => true,
            _ => false,
        }
    }

    /// The session tells every slot the same.
    fn feedback(&self, event: &gst::Event) {
        let known = lock(&self.feedback).replace(event.seqnum()) == Some(event.seqnum());
        if let Some(seat) = self.seat().filter(|_| !known) {
            seat.feedback(&wishes::reports(event));
        }
    }

    /// `None`: the arguments are not of the signal's types, or are none of its words.
    fn on_set_path(values: &[glib::Value]) -> Option<bool> {
        let [element, publisher, source, subscriber, path, slot] = values else {
            return None;
        };
        let element = element.get::<super::ConveneVideo>().ok()?;
        let source = match source.get().ok()? {
            "camera" => Source::Camera,
            "screen" => Source::Screen,
            _ => return None,
        };
        let path = match path.get().ok()? {
            "server" => ServerPath::Slot(u32::try_from(slot.get::<i32>().ok()?).ok()),
            "direct" | "peer" | "none" => ServerPath::Off,
            _ => return None,
        };
        Some(
            element
                .imp()
                .set_path(publisher.get().ok()?, source, subscriber.get().ok()?, path),
        )
    }

    fn set_path(
        &self,
        publisher: &str,
        source: Source,
        subscriber: &str,
        path: ServerPath,
    ) -> bool {
        let Some(seat) = self.seat() else {
            return false;
        };
        match seat.set_path(publisher, source, subscriber, path) {
            Ok(()) => true,
            Err(error) => {
                gst::warning!(
                    CAT,
                    imp = self,
                    "{publisher} to {subscriber} by {path:?}: {error}"
                );
                false
            }
        }
    }

    fn stats(&self) -> gst::Structure {
        let stats = self.seat().map(|seat| seat.stats()).unwrap_or_default();
        let mut structure = gst::Structure::builder("convenevideo-stats")
            .field("packets-received", stats.received.packets)
            .field("bytes-received", stats.received.bytes)
            .field("packets-sent", stats.sent.packets)
            .field("bytes-sent", stats.sent.bytes)
            .field_if_some(
                "estimated-bitrate",
                self.seat().and_then(|seat| seat.estimate()),
            )
            .build();
        for reason in DropReason::ALL {
            let drops =
                |tally: &convene_video::Tally| tally.drops.get(&reason).copied().unwrap_or(0);
            structure.set(
                format!("dropped-{}", reason.name()),
                drops(&stats.received) + drops(&stats.sent),
            );
        }
        let outlets = self.outlets();
        for loss in Loss::ALL {
            let losses = outlets
                .values()
                .map(|outlet| outlet.losses().get(&loss).copied().unwrap_or(0));
            structure.set(format!("dropped-{}", loss.name()), losses.sum::<u64>());
        }
        structure
    }
}

/// The number that a pad of this name will have, or the lowest free one; `None` when it is taken or no number.
fn index_of<T>(name: Option<&str>, prefix: &str, taken: &BTreeMap<u32, T>) -> Option<u32> {
    let asked = name
        .and_then(|name| name.strip_prefix(prefix))
        .filter(|number| *number != "%u");
    match asked {
        Some(number) => number
            .parse()
            .ok()
            .filter(|index| !taken.contains_key(index)),
        None => (0..).find(|index| !taken.contains_key(index)),
    }
}
