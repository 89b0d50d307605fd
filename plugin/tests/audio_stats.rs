//! What `conveneaudio` counts: in the element, in its conference, in the process.

#![allow(clippy::unwrap_used)]

mod common;

use common::{conference, init, pipeline, until};
use gst::prelude::*;
use gst_app::AppSrc;

fn stats(element: &gst::Element) -> gst::Structure {
    element.property("stats")
}

fn count(stats: &gst::StructureRef, name: &str) -> u64 {
    stats.get(name).unwrap()
}

#[test]
fn what_is_no_packet_is_counted() {
    init();
    let pipeline = pipeline(&format!(
        "appsrc name=in format=time caps=application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000 \
         ! conveneaudio name=e conference={} ! fakesink",
        conference()
    ));
    let input: AppSrc = pipeline.by_name("in").unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let empty = [0x80, 111, 0, 1, 0, 0, 0, 0, 0, 0, 0, 7];
    input
        .push_buffer(gst::Buffer::from_slice([0x80, 111]))
        .unwrap();
    input.push_buffer(gst::Buffer::from_slice(empty)).unwrap();
    let element = pipeline.by_name("e").unwrap();
    until("both are counted", || {
        let stats = stats(&element);
        count(&stats, "packets-unreadable") == 1 && count(&stats, "packets-malformed") == 1
    });
    assert_eq!(count(&stats(&element), "packets-received"), 1);
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_conference_tells_its_pace_and_the_process_its_sums() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! audio/x-raw,rate=48000 ! opusenc ! conveneaudio name=ann conference={name} ! fakesink \
         conveneaudio conference={name} ! audio/x-opus ! fakesink \
         conveneaudio name=bob conference={name} ! audio/x-opus ! fakesink"
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    let (ann, bob) = (
        pipeline.by_name("ann").unwrap(),
        pipeline.by_name("bob").unwrap(),
    );
    until("both listeners have had some", || {
        count(&stats(&bob), "deliveries-pushed") > 100
    });
    let ann = stats(&ann);
    assert!(count(&ann, "packets-decoded") > 90, "{ann:?}");
    assert_eq!(
        count(&ann, "decodes-packet"),
        count(&ann, "packets-decoded")
    );
    assert!(count(&ann, "target-ms") >= 20, "{ann:?}");
    let pace = ann.get::<gst::Structure>("conference").unwrap();
    let share = |name: &str| pace.get::<f64>(name).unwrap();
    assert_eq!(share("packets-per-encode"), 2.0, "{pace:?}");
    for rate in ["encodes-per-second", "decodes-per-second"] {
        assert!((10.0..60.0).contains(&share(rate)), "{rate}: {pace:?}");
    }
    assert!(share("frame-share") > 0.0 && share("frame-share") <= share("frame-share-max"));
    assert!(share("cpu-share") > 0.0, "{pace:?}");
    let all = gstconvene::audio_stats();
    assert!(all.totals.encodes > 90 && all.totals.sent == 2 * all.totals.encodes);
    assert_eq!(all.totals.playing, 1);
    assert!(all.frames.count() > 90 && all.mixing > std::time::Duration::ZERO);
    let of = |name| {
        all.packets
            .iter()
            .find(|(found, _)| *found == name)
            .unwrap()
            .1
    };
    assert!(of("decoded") > 90);
    pipeline.set_state(gst::State::Null).unwrap();
    until("nothing of the moment is left", || {
        let totals = gstconvene::audio_stats().totals;
        (
            totals.playing,
            totals.packets.waiting,
            totals.packets.lag.as_nanos(),
        ) == (0, 0, 0)
    });
    assert!(gstconvene::audio_stats().totals.encodes >= all.totals.encodes);
}
