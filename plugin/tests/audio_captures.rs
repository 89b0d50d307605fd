//! What `conveneaudio` tells of where in the talkers' streams is what one gets.

#![allow(clippy::unwrap_used)]

mod common;

use common::{conference, init, pipeline, told};
use gst::prelude::*;

/// Who it is about, in which slot, and the three numbers: time here, SSRC and time there.
type Capture = (String, i32, u32, u32, u32);

/// The next message of the listener's.
fn captures(listener: &gst::Pipeline) -> Vec<Capture> {
    let all = told(listener, "convene-captures", "captures");
    all.iter().map(capture).collect()
}

fn capture(capture: &gst::Structure) -> Capture {
    let number = |name| capture.get::<u32>(name).unwrap();
    (
        capture.get("participant").unwrap(),
        capture.get("slot").unwrap(),
        number("rtp-time"),
        number("source-ssrc"),
        number("source-rtp-time"),
    )
}

/// Two messages in a row of one who hears Ann in this way.
fn two(listener: &str) -> [Capture; 2] {
    init();
    let name = conference();
    let listener = pipeline(&format!(
        "conveneaudio conference={name} participant=bob {listener}"
    ));
    let ann = pipeline(&format!(
        "audiotestsrc is-live=true ! audio/x-raw,channels=1,rate=48000 ! opusenc ! rtpopuspay ssrc=7 timestamp-offset=4294960000 \
         ! conveneaudio conference={name} participant=ann"
    ));
    for pipeline in [&listener, &ann] {
        pipeline.set_state(gst::State::Playing).unwrap();
    }
    let told = [captures(&listener), captures(&listener)];
    for pipeline in [&ann, &listener] {
        pipeline.set_state(gst::State::Null).unwrap();
    }
    told.map(|captures| captures[0].clone())
}

fn offset(capture: &Capture) -> u32 {
    capture.4.wrapping_sub(capture.2)
}

#[test]
fn a_mix_is_told_of_by_talker() {
    let [first, second] =
        two("! audio/x-raw,format=F32LE,channels=1 ! fakesink sync=false async=false");
    for told in [&first, &second] {
        assert_eq!((told.0.as_str(), told.1, told.3), ("ann", -1, 7));
    }
    let passed = second.2.wrapping_sub(first.2);
    let moved = offset(&second).wrapping_sub(offset(&first)) as i32;
    assert!(
        passed >= 96_000 || moved.abs() >= 96,
        "{first:?} {second:?}"
    );
}

#[test]
fn a_slot_is_told_of_by_its_number() {
    let [first, second] = two(
        "mode=relay name=e e.src_3 ! fakesink sync=false async=false \
         e.src_0 ! fakesink sync=false async=false",
    );
    for told in [&first, &second] {
        assert_eq!((told.0.as_str(), told.1, told.3), ("ann", 0, 7));
        // The first source of a slot keeps its numbers, but for the encoder's delay.
        assert_eq!(offset(told), 312_u32.wrapping_neg());
    }
    // Told every two seconds of the mixer's clock, and not with each packet; the packets may come late and close together.
    assert!(second.2.wrapping_sub(first.2) >= 48_000);
}
