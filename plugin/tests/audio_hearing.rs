//! Who hears whom, and what packets say of it, as applications see it on the pads of `conveneaudio`.

#![allow(clippy::unwrap_used)]

mod common;

use common::{conference, init, pipeline, sink, tones::power, until};
use convene_rtp::{CsrcLevels, Level, Packet};
use gst::prelude::*;
use gst_app::AppSink;

/// Raw mono sound for a test to look at.
const RAW: &str = "audio/x-raw,format=F32LE,channels=1 ! appsink sync=false";

/// In decibels against a full-scale sine: the tones below stand at −12.
const HEARD: f64 = -15.0;
const NOT_HEARD: f64 = -60.0;

fn tone(hertz: u32) -> String {
    format!(
        "audiotestsrc is-live=true freq={hertz} volume=0.25 ! audio/x-raw,channels=1,rate=48000"
    )
}

fn pull(sink: &AppSink) -> gst::Sample {
    sink.try_pull_sample(gst::ClockTime::from_seconds(5))
        .expect("sound goes on")
}

/// The next fifth of a second.
fn stretch(sink: &AppSink) -> Vec<f32> {
    let frame = |sample: gst::Sample| {
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let samples = map.chunks_exact(4);
        let samples = samples.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
        samples.collect::<Vec<_>>()
    };
    (0..10).flat_map(|_| frame(pull(sink))).collect()
}

/// Waits until of these tones those are heard that should be, and no others.
fn hears(sink: &AppSink, what: &str, tones: &[(f64, bool)]) {
    until(what, || {
        let heard = stretch(sink);
        tones.iter().all(|(hertz, wanted)| {
            let power = power(&heard, *hertz);
            if *wanted {
                power > HEARD
            } else {
                power < NOT_HEARD
            }
        })
    });
}

#[test]
fn gains_are_each_listeners_own() {
    init();
    let name = conference();
    let gains = |ann: f64| {
        let gains = gst::Structure::builder("gains").field("ann", ann);
        gains.field("bob", 0.1).build()
    };
    let listeners = pipeline(&format!(
        "conveneaudio name=e conference={name} participant=cid ! {RAW} name=cid \
         conveneaudio conference={name} participant=dan ! {RAW} name=dan"
    ));
    let element = listeners.by_name("e").unwrap();
    element.set_property("gains", gains(0.0));
    listeners.set_state(gst::State::Playing).unwrap();
    // They come after the gains were set.
    let talkers = pipeline(&format!(
        "{} ! conveneaudio conference={name} participant=ann ! fakesink \
         {} ! conveneaudio conference={name} participant=bob ! fakesink",
        tone(440),
        tone(660)
    ));
    talkers.set_state(gst::State::Playing).unwrap();
    let (cid, dan) = (sink(&listeners, "cid"), sink(&listeners, "dan"));
    hears(&dan, "dan hears both", &[(440.0, true), (660.0, true)]);
    until("cid hears bob at a tenth and not ann", || {
        let heard = stretch(&cid);
        (-33.0..-31.0).contains(&power(&heard, 660.0)) && power(&heard, 440.0) < NOT_HEARD
    });
    element.set_property("gains", gains(1.0));
    hears(&cid, "cid hears ann", &[(440.0, true)]);
    for pipeline in [talkers, listeners] {
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn whoever_is_muted_is_heard_by_nobody() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "{} ! conveneaudio name=ann conference={name} mute=true ! fakesink \
         {} ! conveneaudio conference={name} ! fakesink \
         conveneaudio conference={name} ! {RAW} name=out",
        tone(440),
        tone(660)
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    let (ann, out) = (pipeline.by_name("ann").unwrap(), sink(&pipeline, "out"));
    for muted in [true, false, true] {
        ann.set_property("mute", muted);
        let wanted = [(440.0, !muted), (660.0, true)];
        hears(&out, if muted { "muted" } else { "heard" }, &wanted);
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_tape_hears_all_and_nobody_hears_of_it() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "conveneaudio name=tape conference={name} participant=tape ! {RAW} name=all \
         {} ! conveneaudio conference={name} participant=ann ! {RAW} name=ann \
         {} ! conveneaudio conference={name} participant=bob ! fakesink",
        tone(440),
        tone(660)
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    hears(
        &sink(&pipeline, "all"),
        "the tape hears both",
        &[(440.0, true), (660.0, true)],
    );
    hears(
        &sink(&pipeline, "ann"),
        "ann hears bob",
        &[(440.0, false), (660.0, true)],
    );
    let (bus, mut both) = (pipeline.bus().unwrap(), false);
    while !both {
        let message = bus.timed_pop_filtered(
            gst::ClockTime::from_seconds(5),
            &[gst::MessageType::Element],
        );
        let mut talkers = talkers(message.expect("talkers are told").structure().unwrap());
        talkers.sort_unstable();
        assert!(!talkers.contains(&"tape".into()), "{talkers:?}");
        both = talkers == ["ann", "bob"];
    }
    let tape = pipeline.by_name("tape").unwrap();
    assert!(!tape.property::<bool>("talking"));
    assert_eq!(tape.property::<i32>("level"), -127);
    pipeline.set_state(gst::State::Null).unwrap();
}

fn talkers(message: &gst::StructureRef) -> Vec<String> {
    let talkers = message.get::<gst::Array>("talkers").unwrap();
    let name = |talker: &glib::SendValue| {
        let talker = talker.get::<gst::Structure>().unwrap();
        talker.get::<String>("participant").unwrap()
    };
    talkers.iter().map(name).collect()
}

#[test]
fn packets_say_who_is_in_them_and_how_loud() {
    const MIX: u8 = 1;
    const EACH: u8 = 5;
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "{} ! conveneaudio conference={name} number=7 ! fakesink \
         audiotestsrc is-live=true freq=660 volume=0.025 ! audio/x-raw,channels=1,rate=48000 \
         ! conveneaudio conference={name} number=9 ! fakesink \
         conveneaudio conference={name} ! capsfilter name=both ! appsink sync=false name=both_out \
         conveneaudio conference={name} ! capsfilter name=one ! appsink sync=false name=one_out",
        tone(440)
    ));
    let caps = |ids: &[(u8, &str)]| {
        let caps = gst::Caps::builder("application/x-rtp").field("ssrc", 77_u32);
        let uri = |what: &str| format!("urn:ietf:params:rtp-hdrext:{what}-audio-level");
        let extended = ids.iter().fold(caps, |caps, (id, what)| {
            caps.field(format!("extmap-{id}"), uri(what))
        });
        extended.build()
    };
    let filter = |name: &str, ids| {
        pipeline
            .by_name(name)
            .unwrap()
            .set_property("caps", caps(ids))
    };
    filter("both", &[(MIX, "ssrc"), (EACH, "csrc")]);
    filter("one", &[(MIX, "ssrc")]);
    pipeline.set_state(gst::State::Playing).unwrap();
    for (out, tells_each) in [("both_out", true), ("one_out", false)] {
        let out = sink(&pipeline, out);
        until("a packet has both talkers", || {
            let sample = pull(&out);
            let bytes = sample.buffer().unwrap().map_readable().unwrap();
            let packet = Packet::parse(&bytes).unwrap();
            let csrcs: Vec<_> = packet.csrcs().collect();
            let mix = Level::parse(packet.extension(MIX).unwrap()).unwrap();
            let each = packet.extension(EACH);
            assert_eq!(each.is_some(), tells_each && !csrcs.is_empty());
            // A sine's power is 3 dB less than its peak's.
            csrcs == [7, 9]
                && (14..=16).contains(&mix.dbov)
                && each.is_none_or(|body| {
                    let levels = CsrcLevels::parse(body, csrcs.len()).unwrap();
                    let [ann, bob] = levels.body() else {
                        return false;
                    };
                    body.len() == 2 && (14..=16).contains(ann) && (34..=36).contains(bob)
                })
        });
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn who_talks_is_told_with_the_time_of_the_mix() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "{} ! conveneaudio conference={name} participant=ann ! fakesink \
         conveneaudio conference={name} participant=bob ! application/x-rtp ! appsink sync=false name=out",
        tone(440)
    ));
    let (bus, out) = (pipeline.bus().unwrap(), sink(&pipeline, "out"));
    pipeline.set_state(gst::State::Playing).unwrap();
    let message = bus
        .timed_pop_filtered(
            gst::ClockTime::from_seconds(5),
            &[gst::MessageType::Element],
        )
        .expect("talkers are told");
    let told = message.structure().unwrap();
    assert_eq!(talkers(told), ["ann"]);
    let told = told.get::<u32>("rtp-time").unwrap();
    let mut before = 0;
    until("the packet of that time comes", || {
        let sample = pull(&out);
        let bytes = sample.buffer().unwrap().map_readable().unwrap();
        let timestamp = Packet::parse(&bytes).unwrap().timestamp();
        before += u32::from(timestamp < told);
        timestamp == told
    });
    assert!(
        before >= 3,
        "told {before} packets after she was first heard"
    );
    pipeline.set_state(gst::State::Null).unwrap();
}
