//! The GObject shell of `convenevideo`: declare, translate in, translate out.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, LazyLock, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use convene_video::{DropReason, Policy};
use glib::subclass::{Signal, prelude::*};
use gst::{prelude::*, subclass::prelude::*};

use super::{
    inlet::Inlet,
    outlet::{Loss, Outlet},
    pace::Pace,
    planning::{Conflict, Entry, Told},
    room::Seat,
    settings::{Settings, VideoPolicy},
    signals,
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
    #[property(name = "policy", get, set = Self::set_policy, type = VideoPolicy, member = policy, nick = "Policy", blurb = "Who decides which way pictures go and what slots show; claimed and adaptive hold for the whole conference if the first to come has them", mutable_playing, builder(VideoPolicy::External))]
    pub(super) settings: Mutex<Settings>,
    /// What the planner has to know of the participant.
    pub(super) told: Mutex<Told>,
    seat: Mutex<Option<Seat>>,
    pub(super) playing: AtomicBool,
    /// The last event that told what became of packets.
    pub(super) feedback: Mutex<Option<gst::Seqnum>>,
    /// The way to the participant.
    pace: OnceLock<Arc<Pace>>,
    pub(super) inlets: Mutex<BTreeMap<u32, Arc<Inlet>>>,
    /// The sink pads that are at their end.
    pub(super) ended: Mutex<BTreeSet<u32>>,
    pub(super) outlets: Mutex<BTreeMap<u32, Arc<Outlet>>>,
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
            let plan = glib::ParamSpecBoxed::builder::<gst::Structure>("plan")
                .nick("Plan")
                .blurb("The path of every wanted picture to everyone who wants it, where the conference plans by itself")
                .read_only()
                .build();
            ConveneVideo::derived_properties()
                .iter()
                .cloned()
                .chain([stats, plan])
                .collect()
        });
        &PROPERTIES
    }

    fn property(&self, id: usize, pspec: &glib::ParamSpec) -> glib::Value {
        match pspec.name() {
            "stats" => self.stats().to_value(),
            "plan" => self.plan().to_value(),
            _ => self.derived_property(id, pspec),
        }
    }

    fn set_property(&self, id: usize, value: &glib::Value, pspec: &glib::ParamSpec) {
        self.derived_set_property(id, value, pspec);
    }

    fn signals() -> &'static [Signal] {
        static SIGNALS: LazyLock<Vec<Signal>> = LazyLock::new(signals::all);
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
        self.remove(pad);
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
    pub(super) fn seat(&self) -> Option<Seat> {
        lock(&self.seat).clone()
    }

    pub(super) fn pace(&self) -> &Arc<Pace> {
        self.pace.get_or_init(|| Pace::of(self.obj().upcast_ref()))
    }

    pub(super) fn outlets(&self) -> BTreeMap<u32, Arc<Outlet>> {
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
            Policy::External,
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
        *lock(&self.seat) = Some(seat.clone());
        let entry = Entry {
            name,
            policy: settings.policy,
            told: lock(&self.told).clone(),
            sources: self.sources(),
            slots: self.slots(),
        };
        let agreed = seat.enter_plan(element.upcast_ref(), entry);
        self.follow(&seat, settings.policy, agreed);
        Ok(())
    }

    fn leave(&self) {
        let seat = lock(&self.seat).take();
        if let Some(seat) = seat {
            seat.leave_plan();
            seat.leave();
        }
        lock(&self.ended).clear();
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
            self.follow(&seat, policy, seat.agree(policy));
        }
    }

    /// Keeps to a policy, or to the conference's, if that is another.
    fn follow(&self, seat: &Seat, policy: VideoPolicy, agreed: Result<(), Conflict>) {
        if let Err(Conflict { rule }) = agreed {
            let (asked, rule) = (policy.nick(), rule.nick());
            gst::element_imp_warning!(
                self,
                gst::LibraryError::Settings,
                ("policy={asked} is not kept: the conference began with policy={rule}")
            );
        }
        seat.set_policy(match seat.plans() {
            Some(_) => Policy::External,
            None => policy.into(),
        });
    }

    fn plan(&self) -> gst::Structure {
        let plan = self.seat().and_then(|seat| seat.describe_plan());
        plan.unwrap_or_else(|| gst::Structure::new_empty("convene-plan"))
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
