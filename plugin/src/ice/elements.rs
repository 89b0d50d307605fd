//! The two elements that webrtcbin has of a transport: what arrives seems to come out of one, what is sent goes into
//! the other.

use std::sync::{Arc, LazyLock, OnceLock};

use glib::subclass::prelude::*;
use gst::{prelude::*, subclass::prelude::*};

use super::lane::{CAT, Entry, Lane};

/// `ConveneIceSrc`; nothing arrives without a lane.
#[derive(Default)]
pub struct IceSrc {
    lane: OnceLock<Arc<Lane>>,
}

/// `ConveneIceSink`; nothing is sent without a lane.
#[derive(Default)]
pub struct IceSink {
    lane: OnceLock<Arc<Lane>>,
}

glib::wrapper! {
    pub struct Src(ObjectSubclass<IceSrc>) @extends gst::Element, gst::Object;
}

glib::wrapper! {
    pub struct Sink(ObjectSubclass<IceSink>) @extends gst::Element, gst::Object;
}

impl Src {
    pub(super) fn of(lane: Option<&Arc<Lane>>) -> gst::Element {
        let src = glib::Object::new::<Self>();
        if let Some(lane) = lane {
            src.imp().lane.get_or_init(|| Arc::clone(lane));
        }
        src.upcast()
    }
}

impl Sink {
    pub(super) fn of(lane: Option<&Arc<Lane>>) -> gst::Element {
        let sink = glib::Object::new::<Self>();
        if let Some(lane) = lane {
            sink.imp().lane.get_or_init(|| Arc::clone(lane));
        }
        sink.upcast()
    }
}

#[glib::object_subclass]
impl ObjectSubclass for IceSrc {
    const NAME: &'static str = "ConveneIceSrc";
    type Type = Src;
    type ParentType = gst::Element;
}

impl ObjectImpl for IceSrc {
    fn constructed(&self) {
        self.parent_constructed();
        let template = &Self::pad_templates()[0];
        let pad = gst::Pad::builder_from_template(template)
            .query_function(answer)
            .build();
        if let Err(error) = self.obj().add_pad(&pad) {
            gst::error!(CAT, imp = self, "no pad: {error}");
        }
    }
}

impl GstObjectImpl for IceSrc {}

impl ElementImpl for IceSrc {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "ICE source",
                "Source/Network/WebRTC",
                "What arrives for a stream of Convene's ICE agent",
                "Convene",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            template("src", gst::PadDirection::Src)
                .into_iter()
                .collect()
        });
        &TEMPLATES
    }

    fn change_state(
        &self,
        transition: gst::StateChange,
    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
        if transition == gst::StateChange::NullToReady {
            self.enter();
        }
        let success = self.parent_change_state(transition)?;
        match transition {
            gst::StateChange::ReadyToPaused | gst::StateChange::PlayingToPaused => {
                return Ok(gst::StateChangeSuccess::NoPreroll);
            }
            gst::StateChange::ReadyToNull => {
                if let Some(lane) = self.lane.get() {
                    lane.enter(None);
                }
            }
            _ => {}
        }
        Ok(success)
    }
}

impl IceSrc {
    /// webrtcbin puts a capsfilter and a queue behind this element. The queue would hand every packet to a thread of its
    /// own, and nothing else that they do is needed here; so packets enter behind them, and the queue is not started.
    fn enter(&self) {
        let Some(mut pad) = self.obj().static_pad("src").and_then(|pad| pad.peer()) else {
            return;
        };
        while let Some(element) = pad.parent_element()
            && matches!(factory(&element).as_deref(), Some("capsfilter" | "queue"))
            && let Some(next) = element.static_pad("src").and_then(|src| src.peer())
        {
            if factory(&element).as_deref() == Some("queue") {
                element.set_locked_state(true);
            }
            pad = next;
        }
        if let Some(lane) = self.lane.get() {
            let source = self.obj().clone().upcast();
            lane.enter(Some(Entry { source, pad }));
        }
    }
}

#[glib::object_subclass]
impl ObjectSubclass for IceSink {
    const NAME: &'static str = "ConveneIceSink";
    type Type = Sink;
    type ParentType = gst::Element;
}

impl ObjectImpl for IceSink {
    fn constructed(&self) {
        self.parent_constructed();
        let template = &Self::pad_templates()[0];
        let pad = gst::Pad::builder_from_template(template)
            .chain_function(|_, parent, buffer| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |sink| Ok(sink.send(std::iter::once(&*buffer))),
                )
            })
            .chain_list_function(|_, parent, list| {
                Self::catch_panic_pad_function(
                    parent,
                    || Err(gst::FlowError::Error),
                    |sink| Ok(sink.send(list.iter())),
                )
            })
            .build();
        if let Err(error) = self.obj().add_pad(&pad) {
            gst::error!(CAT, imp = self, "no pad: {error}");
        }
    }
}

impl GstObjectImpl for IceSink {}

impl ElementImpl for IceSink {
    fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
        static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
            gst::subclass::ElementMetadata::new(
                "ICE sink",
                "Sink/Network/WebRTC",
                "Sends what goes into a stream of Convene's ICE agent",
                "Convene",
            )
        });
        Some(&METADATA)
    }

    fn pad_templates() -> &'static [gst::PadTemplate] {
        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
            template("sink", gst::PadDirection::Sink)
                .into_iter()
                .collect()
        });
        &TEMPLATES
    }
}

impl IceSink {
    /// What cannot be sent is lost, as on any network: that is no error of whoever pushed it.
    fn send<'a>(&self, buffers: impl Iterator<Item = &'a gst::BufferRef>) -> gst::FlowSuccess {
        let Some(lane) = self.lane.get() else {
            return gst::FlowSuccess::Ok;
        };
        for buffer in buffers {
            if let Ok(map) = buffer.map_readable() {
                lane.send(std::iter::once(map.as_slice()));
            }
        }
        gst::FlowSuccess::Ok
    }
}

fn template(name: &str, direction: gst::PadDirection) -> Option<gst::PadTemplate> {
    let caps = gst::Caps::new_any();
    gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).ok()
}

fn factory(element: &gst::Element) -> Option<String> {
    Some(element.factory()?.name().into())
}

/// A live source that adds no latency.
fn answer(pad: &gst::Pad, parent: Option<&gst::Object>, query: &mut gst::QueryRef) -> bool {
    match query.view_mut() {
        gst::QueryViewMut::Latency(latency) => {
            latency.set(true, gst::ClockTime::ZERO, gst::ClockTime::NONE);
            true
        }
        _ => gst::Pad::query_default(pad, parent, query),
    }
}
