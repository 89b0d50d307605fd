//! What the harness tests of all elements share: pipelines, waiting with a deadline, and the checks that any GStreamer
//! element has to survive.
#![allow(dead_code, clippy::unwrap_used)] // Each test binary uses its part.

pub mod tones;

use std::{
    sync::{
        Once,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use gst::prelude::*;

/// Longer than anything here takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(20);

/// Starts GStreamer with the plugin.
pub fn init() {
    static INIT: Once = Once::new();
    INIT.call_once(|| {
        gst::init().unwrap();
        gstconvene::plugin_register_static().unwrap();
    });
}

/// A conference name that no other test has.
pub fn conference() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A pipeline from a launch line.
pub fn pipeline(line: &str) -> gst::Pipeline {
    gst::parse::launch(line).unwrap().downcast().unwrap()
}

/// A pipeline's appsink of that name.
pub fn sink(pipeline: &gst::Pipeline, name: &str) -> gst_app::AppSink {
    pipeline.by_name(name).unwrap().downcast().unwrap()
}

/// What the next message of that name on a pipeline's bus lists under `field`.
pub fn told(pipeline: &gst::Pipeline, name: &str, field: &str) -> Vec<gst::Structure> {
    let bus = pipeline.bus().unwrap();
    let patience = gst::ClockTime::from_seconds(DEADLINE.as_secs());
    loop {
        let message = bus.timed_pop_filtered(patience, &[gst::MessageType::Element]);
        let message = message.unwrap_or_else(|| panic!("{name} is told"));
        let structure = message.structure().unwrap();
        if structure.name() == name {
            let all = structure.get::<gst::Array>(field).unwrap();
            return all.iter().map(|one| one.get().unwrap()).collect();
        }
    }
}

/// Plays until EOS; any error fails.
pub fn run_to_eos(pipeline: &gst::Pipeline) {
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus
        .timed_pop_filtered(gst::ClockTime::from_seconds(DEADLINE.as_secs()), &wanted)
        .expect("EOS in time");
    if let gst::MessageView::Error(error) = message.view() {
        panic!("{error:?}");
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Waits for a condition.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < DEADLINE, "not in time: {what}");
        std::thread::yield_now();
    }
}

/// Every state after every other, on an element without links.
pub fn all_state_changes(factory: &str) {
    let element = gst::ElementFactory::make(factory).build().unwrap();
    let states = [
        gst::State::Null,
        gst::State::Ready,
        gst::State::Paused,
        gst::State::Playing,
    ];
    for from in states {
        for to in states {
            for state in [from, to, from] {
                element
                    .set_state(state)
                    .unwrap_or_else(|_| panic!("{from:?} to {to:?}"));
            }
        }
    }
    element.set_state(gst::State::Null).unwrap();
}

/// Every writable property with the ends and the middle of its range, before and while playing.
pub fn all_property_values(factory: &str) {
    let element = gst::ElementFactory::make(factory).build().unwrap();
    for state in [gst::State::Null, gst::State::Playing] {
        element.set_state(state).unwrap();
        for pspec in element
            .list_properties()
            .iter()
            .filter(|pspec| pspec.owner_type() == element.type_())
        {
            for value in values(pspec) {
                if pspec.flags().contains(glib::ParamFlags::WRITABLE) {
                    element.set_property_from_value(pspec.name(), &value);
                    assert_eq!(
                        element.property_value(pspec.name()).type_(),
                        pspec.value_type()
                    );
                }
            }
            let _ = element.property_value(pspec.name());
        }
    }
    element.set_state(gst::State::Null).unwrap();
}

fn values(pspec: &glib::ParamSpec) -> Vec<glib::Value> {
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecUInt>() {
        return [p.minimum(), p.maximum(), p.default_value()]
            .map(|v| v.to_value())
            .into();
    }
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecInt>() {
        return [p.minimum(), p.maximum(), p.default_value()]
            .map(|v| v.to_value())
            .into();
    }
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecDouble>() {
        return [p.minimum(), p.maximum(), p.default_value()]
            .map(|v| v.to_value())
            .into();
    }
    if let Some(p) = pspec.downcast_ref::<glib::ParamSpecEnum>() {
        let class = p.enum_class();
        return class
            .values()
            .iter()
            .filter_map(|v| class.to_value(v.value()))
            .collect();
    }
    match pspec.value_type() {
        glib::Type::BOOL => [true, false].map(|v| v.to_value()).into(),
        glib::Type::STRING => ["", "ä name", "default"].map(|v| v.to_value()).into(),
        _ => vec![pspec.default_value().clone()],
    }
}

/// Request pads of one template, many times, while the element plays.
pub fn pads_while_playing(factory: &str, template: &str) {
    let pipeline = gst::Pipeline::new();
    let element = gst::ElementFactory::make(factory).build().unwrap();
    pipeline.add(&element).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    for _ in 0..20 {
        let pads: Vec<_> = (0..4)
            .map(|_| element.request_pad_simple(template).expect("a pad"))
            .collect();
        let names: std::collections::BTreeSet<_> = pads.iter().map(|pad| pad.name()).collect();
        assert_eq!(names.len(), 4);
        for pad in pads {
            element.release_request_pad(&pad);
        }
    }
    pipeline.set_state(gst::State::Null).unwrap();
}
