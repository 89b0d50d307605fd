//! The planner's deadlines, on a clock that the test sets. It is GStreamer's default clock of the whole process: this
//! test shares its process with no other.
#![allow(clippy::unwrap_used)]

mod common;

use gst::prelude::*;

struct Pair {
    pipeline: gst::Pipeline,
    people: [gst::Element; 2],
}

impl Pair {
    /// Two who each publish a camera and have a slot.
    fn new() -> Self {
        let pipeline = gst::Pipeline::new();
        let people = ["ann", "bob"].map(|name| {
            let element = gst::ElementFactory::make("convenevideo")
                .property("conference", "clock")
                .property("participant", name)
                .property_from_str("policy", "adaptive")
                .build()
                .unwrap();
            pipeline.add(&element).unwrap();
            element.request_pad_simple("sink_0").unwrap();
            element.request_pad_simple("src_0").unwrap();
            element
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        Self { pipeline, people }
    }

    fn fails(&self) {
        let none: Option<&str> = None;
        let arguments: [&dyn ToValue; 4] = [&"bob", &none, &none, &"failed"];
        let taken = self.people[0].emit_by_name_with_values(
            "report-path",
            &arguments.map(|argument| argument.to_value()),
        );
        assert!(taken.unwrap().get::<bool>().unwrap());
    }

    /// Who is told to try again, and with whom, by now.
    fn retries(&self) -> Vec<(String, String)> {
        let bus = self.pipeline.bus().unwrap();
        let messages = std::iter::from_fn(|| bus.pop_filtered(&[gst::MessageType::Element]));
        messages
            .filter_map(|message| {
                let told = message.structure()?;
                let names = (told.get("participant").ok()?, told.get("peer").ok()?);
                (told.name() == "convene-retry").then_some(names)
            })
            .collect()
    }
}

#[test]
fn a_failed_pair_is_tried_again_after_its_back_off() {
    common::init();
    let clock = gst_check::TestClock::new();
    gst::SystemClock::set_default(Some(&clock));
    let pair = Pair::new();
    pair.fails();
    let ring = || {
        while clock.process_next_clock_id().is_some() {}
    };
    clock.set_time(gst::ClockTime::from_mseconds(9_999));
    ring();
    assert_eq!(pair.retries(), []);
    let plan = pair.people[1].property::<gst::Structure>("plan");
    assert!(plan.to_string().contains("server"), "{plan}");

    clock.set_time(gst::ClockTime::from_seconds(10));
    let both = [("ann", "bob"), ("bob", "ann")].map(|(a, b)| (a.into(), b.into()));
    let mut told = Vec::new();
    common::until("both are told", || {
        ring();
        told.extend(pair.retries());
        told.len() >= 2
    });
    told.sort();
    assert_eq!(told, both);
    pair.pipeline.set_state(gst::State::Null).unwrap();
    gst::SystemClock::set_default(gst::Clock::NONE);
}
