//! `convenevideo`'s contract with GStreamer. What is right in numbers is tested in the crate `convene-video`.
#![allow(clippy::unwrap_used)]

#[path = "video/rig.rs"]
mod rig;

use std::{sync::atomic::Ordering, time::Instant};

use gst::prelude::*;

use rig::{PATIENCE, Person, conference, init, plays_to_its_end, until, vp8};

/// Two people in a conference, the second with two slots.
fn ann_and_bob() -> (Person, Person) {
    let conference = conference();
    (
        Person::new(&conference, "ann", 1),
        Person::new(&conference, "bob", 2),
    )
}

#[test]
fn a_slot_starts_on_a_key_frame() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, false);
    ann.send(2, true);
    ann.send(3, false);
    let first = bob.next(0);
    assert!(first.key);
    assert_eq!(
        (first.sequence, first.picture, first.payload_type),
        (2, 2, 96)
    );
    assert_eq!(bob.next(0).sequence, 3);
    assert_eq!(bob.stat("dropped-awaiting-key-frame"), 1);
    assert_eq!(
        (ann.stat("packets-received"), bob.stat("packets-sent")),
        (3, 2)
    );
    assert_eq!(ann.stat("bytes-received"), 3 * vp8(1, 1, true).len() as u64);
}

#[test]
fn requests_of_two_are_one_event_to_the_publisher() {
    let conference = conference();
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(|name| Person::new(&conference, name, 1));
    ann.send(1, true);
    ann.settle(1);
    let start = Instant::now();
    assert!(bob.show(&ann, 0) && cat.show(&ann, 0));
    until("a request", || ann.requests.load(Ordering::SeqCst) > 0);
    bob.want_key_frame(0);
    cat.want_key_frame(0);
    let count = ann.requests.load(Ordering::SeqCst);
    let allowed = 1 + (start.elapsed().as_millis() / 500) as u32;
    assert!(count <= allowed, "{count} requests, {allowed} allowed");
    until(
        "a slot that waits asks again, though no packet comes",
        || ann.requests.load(Ordering::SeqCst) > count,
    );
}

#[test]
fn a_slot_keeps_its_ssrc_and_its_numbers_only_rise() {
    let conference = conference();
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(|name| Person::new(&conference, name, 1));
    assert!(cat.show(&ann, 0));
    ann.send(10, true);
    let first = cat.next(0);
    assert!(cat.show(&bob, 0));
    bob.send(9_000, true);
    let second = cat.next(0);
    assert!(cat.show(&ann, 0));
    ann.send(11, true);
    let third = cat.next(0);
    assert_eq!([second.sequence, third.sequence], [11, 12]);
    assert_eq!([second.picture, third.picture], [11, 12]);
    assert_eq!([second.ssrc, third.ssrc], [first.ssrc; 2]);
    let caps = cat
        .slot(0)
        .static_pad("sink")
        .unwrap()
        .current_caps()
        .unwrap();
    assert_eq!(caps.structure(0).unwrap().get("ssrc"), Ok(first.ssrc));
}

#[test]
fn the_peer_may_name_ssrc_and_payload_type() {
    let (ann, bob) = ann_and_bob();
    let caps = "application/x-rtp,media=video,encoding-name=VP8,payload=111,ssrc=(uint)77";
    bob.slot(0).set_caps(Some(&caps.parse().unwrap()));
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    let received = bob.next(0);
    assert_eq!((received.ssrc, received.payload_type), (77, 111));
}

#[test]
fn another_encoding_than_the_peers_is_counted() {
    let (ann, bob) = ann_and_bob();
    bob.slot(0).set_caps(Some(
        &"application/x-rtp,encoding-name=H264".parse().unwrap(),
    ));
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    until("it is counted", || bob.stat("dropped-wrong-encoding") == 1);
}

#[test]
fn a_blocked_sink_hurts_nobody() {
    let conference = conference();
    let [ann, bob, cat] = ["ann", "bob", "cat"].map(|name| Person::new(&conference, name, 1));
    assert!(bob.show(&ann, 0) && cat.show(&ann, 0));
    let blocked = bob.element.static_pad("src_0").unwrap();
    blocked
        .add_probe(
            gst::PadProbeType::BLOCK | gst::PadProbeType::BUFFER,
            |_, _| gst::PadProbeReturn::Ok,
        )
        .unwrap();
    for sequence in 0..600 {
        ann.send(sequence, sequence == 0);
        assert_eq!(cat.next(0).sequence, sequence);
    }
    assert!(bob.stat("dropped-queue-full") > 0);
    assert_eq!(cat.stat("dropped-queue-full"), 0);
    bob.pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn direct_delivery_pushes_in_the_publishers_thread() {
    let conference = conference();
    let ann = Person::new(&conference, "ann", 0);
    let bob = Person::stopped(&conference, "bob", 1);
    bob.element.set_property_from_str("delivery", "direct");
    bob.play();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    assert_eq!(bob.next(0).sequence, 1);
    assert!(bob.element.static_pad("src_0").unwrap().task_state() != gst::TaskState::Started);
}

#[test]
fn times_are_the_receivers_and_never_in_the_future() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    let received = bob.next(0);
    let now = bob.element.current_running_time().unwrap();
    assert!(received.pts <= now, "{} is after {now}", received.pts);
}

#[test]
fn another_clock_is_converted() {
    init();
    let conference = conference();
    let ann = Person::new(&conference, "ann", 0);
    let bob = Person::stopped(&conference, "bob", 1);
    let clock = gst_check::TestClock::with_start_time(gst::ClockTime::from_seconds(5_000));
    bob.pipeline.use_clock(Some(&clock));
    bob.play();
    clock.set_time(gst::ClockTime::from_seconds(5_100));
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    let age = gst::ClockTime::from_seconds(100).saturating_sub(bob.next(0).pts);
    assert!(age < gst::ClockTime::from_seconds(5), "{age}");
}

#[test]
fn eos_ends_that_picture_and_nothing_else() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0) && bob.set_path(&ann, "screen", "server", 1));
    ann.send(1, true);
    ann.share(1, true);
    bob.next(0);
    bob.next(1);
    ann.camera().end_of_stream().unwrap();
    until("the camera is at its end", || {
        ann.element
            .static_pad("sink_0")
            .unwrap()
            .pad_flags()
            .contains(gst::PadFlags::EOS)
    });
    ann.share(2, false);
    assert_eq!(bob.next(1).sequence, 2);
    assert!(!bob.slot(0).is_eos());
}

#[test]
fn after_a_flush_the_picture_starts_on_a_key_frame() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    bob.next(0);
    let camera = ann.camera().static_pad("src").unwrap();
    assert!(camera.push_event(gst::event::FlushStart::new()));
    assert!(camera.push_event(gst::event::FlushStop::new(true)));
    let mut segment = gst::FormattedSegment::<gst::ClockTime>::new();
    segment.set_start(gst::ClockTime::ZERO);
    assert!(camera.push_event(gst::event::Segment::new(&segment)));
    for (sequence, key) in [(2, false), (3, true)] {
        camera
            .push(gst::Buffer::from_mut_slice(vp8(1, sequence, key)))
            .unwrap();
    }
    let next = bob.next(0);
    assert!(next.key);
    assert_eq!(
        (next.sequence, next.picture),
        (2, 2),
        "what was dropped leaves no gap"
    );
}

#[test]
fn it_works_again_after_null() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    let before = bob.next(0);
    for person in [&ann, &bob] {
        person.pipeline.set_state(gst::State::Null).unwrap();
        person.play();
    }
    assert!(bob.show(&ann, 0));
    ann.send(50, true);
    let after = bob.next(0);
    assert_eq!(
        (after.sequence, after.ssrc),
        (before.sequence + 1, before.ssrc),
        "one stream for life"
    );
}

#[test]
fn whoever_pauses_goes_on_with_a_key_frame() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    bob.next(0);
    assert_eq!(
        bob.pipeline.set_state(gst::State::Paused),
        Ok(gst::StateChangeSuccess::NoPreroll)
    );
    ann.send(2, false);
    until("it is dropped", || bob.stat("dropped-not-playing") == 1);
    bob.play();
    ann.send(3, false);
    ann.send(4, true);
    assert!(bob.next(0).key);
}

#[test]
fn pads_come_and_go_while_playing() {
    let (ann, bob) = ann_and_bob();
    for round in 0..20_u16 {
        let sink = rig::slot(&bob.pipeline, &bob.element, 2);
        sink.sync_state_with_parent().unwrap();
        assert!(bob.show(&ann, 2));
        ann.send(round, true);
        assert!(
            sink.try_pull_sample(gst::ClockTime::try_from(PATIENCE).unwrap())
                .is_some()
        );
        let source = bob.element.static_pad("src_2").unwrap();
        bob.element.release_request_pad(&source);
        assert!(bob.element.static_pad("src_2").is_none());
        assert!(!bob.show(&ann, 2), "no such slot");
        sink.set_state(gst::State::Null).unwrap();
        bob.pipeline.remove(&sink).unwrap();
    }
    for _ in 0..20 {
        let screen = ann.element.static_pad("sink_1").unwrap();
        ann.element.release_request_pad(&screen);
        assert!(ann.element.request_pad_simple("sink_1").is_some());
    }
    assert!(
        ann.element.request_pad_simple("sink_16").is_none(),
        "camera and screen have at most eight layers each"
    );
    assert_eq!(
        bob.element.request_pad_simple("src_%u").unwrap().name(),
        "src_2"
    );
}

#[test]
fn every_change_of_state_in_any_order() {
    init();
    let states = [
        gst::State::Null,
        gst::State::Ready,
        gst::State::Paused,
        gst::State::Playing,
    ];
    let person = Person::stopped(&conference(), "ann", 1);
    for from in states {
        for to in states {
            for state in [from, to, from] {
                let live = state >= gst::State::Paused;
                let done = person.pipeline.set_state(state).unwrap();
                assert!(
                    !live || done != gst::StateChangeSuccess::Async,
                    "{from:?} to {to:?}: {done:?}"
                );
                assert_eq!(
                    person.pipeline.state(gst::ClockTime::from_seconds(5)).1,
                    state
                );
            }
        }
    }
    assert_eq!(
        person.element.set_state(gst::State::Paused),
        Ok(gst::StateChangeSuccess::NoPreroll)
    );
}

#[test]
fn every_property_takes_every_value_in_every_state() {
    init();
    let person = Person::stopped(&conference(), "ann", 1);
    for state in [
        gst::State::Null,
        gst::State::Ready,
        gst::State::Paused,
        gst::State::Playing,
    ] {
        person.pipeline.set_state(state).unwrap();
        for (name, values) in [
            (
                "conference",
                ["", "other", "a name with spaces, and ünïcode"],
            ),
            ("participant", ["", "ann", "another"]),
            ("delivery", ["queue", "direct", "queue"]),
            ("policy", ["adaptive", "claimed", "server"]),
        ] {
            for value in values {
                person.element.set_property_from_str(name, value);
            }
        }
        assert_eq!(person.element.property::<String>("participant"), "another");
        assert_eq!(person.stat("packets-received"), 0);
    }
}

#[test]
fn nonsense_is_answered_with_false() {
    let (ann, bob) = ann_and_bob();
    let words = [
        ("ann", "camera", "bob", "server", 9),
        ("ann", "camera", "bob", "by post", 0),
        ("ann", "radio", "bob", "server", 0),
        ("nobody", "camera", "bob", "server", 0),
        ("ann", "camera", "nobody", "server", 0),
        ("", "", "", "", i32::MIN),
    ];
    for (publisher, source, subscriber, path, slot) in words {
        assert!(!bob.element.emit_by_name::<bool>(
            "set-path",
            &[&publisher, &source, &subscriber, &path, &slot]
        ));
    }
    assert!(bob.show(&ann, -1), "the first free slot");
    assert!(bob.set_path(&ann, "camera", "direct", 0));
    let stopped = Person::stopped(&conference(), "cat", 1);
    assert!(!stopped.show(&stopped, 0), "not in a conference");
}

#[test]
fn bytes_that_are_no_packet_are_counted() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    for bytes in [vec![1], vec![0; 40], vec![0xff; 20]] {
        ann.send_bytes(bytes);
    }
    ann.send(1, true);
    assert_eq!(bob.next(0).sequence, 1);
    assert_eq!(ann.stat("dropped-malformed"), 3);
}

#[test]
fn a_name_is_taken_once() {
    let conference = conference();
    let _ann = Person::new(&conference, "ann", 0);
    let other = Person::stopped(&conference, "ann", 0);
    assert!(other.pipeline.set_state(gst::State::Playing).is_err());
    let bus = other.pipeline.bus().unwrap();
    let error = bus
        .timed_pop_filtered(gst::ClockTime::from_seconds(5), &[gst::MessageType::Error])
        .unwrap();
    let gst::MessageView::Error(error) = error.view() else {
        panic!("not an error")
    };
    assert!(error.error().matches(gst::ResourceError::Busy), "{error:?}");
}

#[test]
fn it_is_live_and_adds_no_latency() {
    let (_ann, bob) = ann_and_bob();
    let mut query = gst::query::Latency::new();
    assert!(
        bob.slot(0)
            .static_pad("sink")
            .unwrap()
            .peer_query(query.query_mut())
    );
    assert_eq!(query.result(), (true, gst::ClockTime::ZERO, None));
}

#[test]
fn eos_to_the_element_ends_its_slots() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    bob.next(0);
    assert!(bob.element.send_event(gst::event::Eos::new()));
    until("the end has come out", || bob.slot(0).is_eos());
}

#[test]
fn nothing_is_left_of_a_participant() {
    let (ann, bob) = ann_and_bob();
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    bob.next(0);
    let weak = [ann.element.downgrade(), bob.element.downgrade()];
    drop((ann, bob));
    until("both elements are gone", || {
        weak.iter().all(|weak| weak.upgrade().is_none())
    });
}

#[test]
fn the_documented_line_shows_pictures() {
    plays_to_its_end(
        "videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit \
           ! convenevideo conference=line participant=ann \
         convenevideo conference=line participant=bob policy=server ! rtpvp8depay ! vp8dec ! fakesink num-buffers=20",
    );
}

/// The encoder makes a key frame at its start and then only when it is asked.
#[test]
fn whoever_comes_late_gets_a_key_frame_from_a_real_encoder() {
    init();
    let ann = gst::parse::launch(
        "videotestsrc is-live=true ! video/x-raw,width=160,height=120 ! vp8enc deadline=1 keyframe-max-dist=100000 \
           ! rtpvp8pay picture-id-mode=15-bit ! convenevideo name=ann conference=late",
    );
    let ann = ann.unwrap().downcast::<gst::Pipeline>().unwrap();
    ann.set_state(gst::State::Playing).unwrap();
    let element = ann.by_name("ann").unwrap();
    let received = || {
        element
            .property::<gst::Structure>("stats")
            .get::<u64>("packets-received")
            .unwrap()
    };
    until("the first key frame is over", || received() > 10);
    plays_to_its_end(
        "convenevideo name=bob conference=late policy=server ! rtpvp8depay ! vp8dec ! fakesink num-buffers=20",
    );
    ann.set_state(gst::State::Null).unwrap();
}
