//! `conveneaudio` keeps its contract with GStreamer. What must be right in the sound itself is tested in `convene-audio`.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use common::{
    conference, init, pipeline, run_to_eos, sink,
    tones::{STRETCH, power},
    until,
};
use gst::prelude::*;
use gst_app::AppSink;

/// The samples of a 16-bit WAV file with one channel.
fn wav(path: &std::path::Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes[44..]
        .chunks_exact(2)
        .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
        .collect()
}

/// Whether there is a stretch in which the others are heard, each within `loud` dB, and oneself at least `apart` dB below.
fn hears(
    samples: &[f32],
    own: f64,
    others: &[f64],
    loud: std::ops::Range<f64>,
    apart: f64,
) -> bool {
    samples
        .windows(STRETCH)
        .step_by(STRETCH / 4)
        .any(|stretch| {
            let own = power(stretch, own);
            let theirs = others.iter().map(|other| power(stretch, *other));
            theirs
                .into_iter()
                .all(|power| loud.contains(&power) && power - own >= apart)
        })
}

#[test]
fn three_tones_three_files() {
    init();
    let (name, folder) = (conference(), tempfile::tempdir().unwrap());
    let tones = [440.0, 660.0, 880.0];
    let line: Vec<_> = tones
        .iter()
        .map(|hertz| {
            let file = folder.path().join(format!("{hertz}.wav"));
            format!(
                "audiotestsrc is-live=true freq={hertz} volume=0.25 num-buffers=100 ! conveneaudio conference={name} participant=p{hertz} \
                 ! audio/x-raw,format=S16LE,channels=1 ! wavenc ! filesink location={}",
                file.display()
            )
        })
        .collect();
    run_to_eos(&pipeline(&line.join(" ")));
    for own in tones {
        let heard = wav(&folder.path().join(format!("{own}.wav")));
        let others = tones.into_iter().filter(|other| *other != own);
        let others: Vec<_> = others.collect();
        assert!(hears(&heard, own, &others, -12.5..-11.5, 60.0), "{own} Hz");
    }
}

#[test]
fn all_kinds_of_caps_mix() {
    init();
    let (name, folder) = (conference(), tempfile::tempdir().unwrap());
    let file = |who: &str| folder.path().join(who).display().to_string();
    let source = "volume=0.25 num-buffers=150 ! audio/x-raw,rate=48000";
    let end = "opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1 ! wavenc ! filesink location=";
    run_to_eos(&pipeline(&format!(
        "audiotestsrc is-live=true freq=440 {source} ! opusenc ! conveneaudio conference={name} participant=a ! audio/x-opus ! {end}{} \
         audiotestsrc is-live=true freq=660 {source} ! opusenc ! rtpopuspay ! conveneaudio conference={name} participant=b ! application/x-rtp ! rtpopusdepay ! {end}{} \
         audiotestsrc is-live=true freq=880 {source},channels=2 ! conveneaudio conference={name} participant=c \
         ! audio/x-raw,format=F32LE,channels=2 ! audioconvert ! audio/x-raw,format=S16LE,channels=1 ! wavenc ! filesink location={}",
        file("a"),
        file("b"),
        file("c"),
    )));
    let tones = [("a", 440.0), ("b", 660.0), ("c", 880.0)];
    for (who, own) in tones {
        let heard = wav(&folder.path().join(who));
        let others: Vec<_> = tones
            .iter()
            .map(|(_, hertz)| *hertz)
            .filter(|hertz| *hertz != own)
            .collect();
        assert!(hears(&heard, own, &others, -14.0..-11.0, 50.0), "{who}");
    }
}

/// Two listeners of a sound that is on the left only.
#[test]
fn left_and_right_go_through_apart_where_both_are_taken() {
    init();
    let name = conference();
    let left = "audiotestsrc is-live=true freq=440 volume=0.5 ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! \
         audioconvert mix-matrix=\"<<(float)1.0>,<(float)0.0>>\" ! audio/x-raw,format=F32LE,channels=2";
    let pipeline = pipeline(&format!(
        "{left} ! conveneaudio conference={name} participant=ann ! fakesink async=false \
         conveneaudio conference={name} participant=bob ! audio/x-raw,format=F32LE,channels=2 ! appsink name=raw sync=false \
         conveneaudio conference={name} participant=cid ! application/x-rtp,stereo=(string)1 ! rtpopusdepay ! opusdec ! \
         audio/x-raw,rate=48000,channels=2 ! audioconvert ! audio/x-raw,format=F32LE ! appsink name=opus sync=false \
         conveneaudio conference={name} participant=dan ! application/x-rtp ! appsink name=mono sync=false",
    ));
    let sink = |name: &str| sink(&pipeline, name);
    let pull = |name: &str| {
        sink(name)
            .try_pull_sample(gst::ClockTime::from_seconds(5))
            .expect("sound goes on")
    };
    pipeline.set_state(gst::State::Playing).unwrap();
    for (name, apart) in [("raw", 60.0), ("opus", 20.0)] {
        let mut heard = Vec::new();
        until("the tone is heard on the left only", || {
            let sample = pull(name);
            let map = sample.buffer().unwrap().map_readable().unwrap();
            heard.extend(
                map.chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            );
            let last = &heard[heard.len().saturating_sub(2 * STRETCH)..];
            let [left, right] = [0, 1].map(|channel| {
                let samples: Vec<f32> = last.iter().skip(channel).step_by(2).copied().collect();
                power(&samples, 440.0)
            });
            (-8.0..-5.0).contains(&left) && right < left - apart
        });
    }
    let stereo = |name: &str| {
        let sample = pull(name);
        let map = sample.buffer().unwrap().map_readable().unwrap();
        convene_rtp::Packet::parse(&map).unwrap().payload()[0] & 4 != 0
    };
    assert!(!stereo("mono"), "who did not ask gets stereo");
    let caps = sink("mono")
        .static_pad("sink")
        .unwrap()
        .current_caps()
        .unwrap();
    assert!(!caps.structure(0).unwrap().has_field("sprop-stereo"));
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn opus_without_rtp_is_stereo_where_its_caps_say_so() {
    init();
    for (caps, stereo) in [
        ("audio/x-opus,channels=2", true),
        ("audio/x-opus,channels=1", false),
        ("audio/x-opus", false),
    ] {
        let name = conference();
        let pipeline = pipeline(&format!(
            "audiotestsrc is-live=true wave=white-noise ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! conveneaudio conference={name} ! fakesink async=false \
             audiotestsrc is-live=true freq=300 ! audioconvert mix-matrix=\"<<(float)1.0>,<(float)0.0>>\" ! audio/x-raw,format=F32LE,channels=2,rate=48000 ! conveneaudio conference={name} ! fakesink async=false \
             conveneaudio conference={name} ! {caps} ! appsink name=out sync=false"
        ));
        let out = sink(&pipeline, "out");
        pipeline.set_state(gst::State::Playing).unwrap();
        let mut packets = 0;
        until("a packet is as the caps say", || {
            let sample = out
                .try_pull_sample(gst::ClockTime::from_seconds(5))
                .expect("sound goes on");
            packets += 1;
            let map = sample.buffer().unwrap().map_readable().unwrap();
            (packets > 20) && (map[0] & 4 != 0) == stereo
        });
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn it_is_a_live_source_with_a_latency_of_its_own() {
    init();
    for (properties, milliseconds) in [("frame-duration=40", 70), ("listener-packet=60", 90)] {
        let pipeline = pipeline(&format!(
            "conveneaudio name=e conference={} latency=30 {properties} ! audio/x-opus ! fakesink",
            conference()
        ));
        assert_eq!(
            pipeline.set_state(gst::State::Paused),
            Ok(gst::StateChangeSuccess::NoPreroll)
        );
        let mut query = gst::query::Latency::new();
        let element = pipeline.by_name("e").unwrap();
        assert!(element.static_pad("src").unwrap().query(&mut query));
        assert_eq!(
            query.result(),
            (true, gst::ClockTime::from_mseconds(milliseconds), None)
        );
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

/// A tone's packets for a listener `ear` of this conference; and the pipeline.
fn opus_ear(conference: &str, properties: &str) -> (gst::Pipeline, AppSink) {
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=1 ! conveneaudio conference={conference} participant=ann \
         conveneaudio name=ear conference={conference} participant=bob {properties} ! audio/x-opus ! appsink name=out sync=false"
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    let sink = pipeline.by_name("out").unwrap().downcast().unwrap();
    (pipeline, sink)
}

/// The first octet of the next packet (RFC 6716 section 3.1).
fn next_head(sink: &AppSink) -> u8 {
    let sample = sink.try_pull_sample(gst::ClockTime::from_seconds(20));
    let buffer = sample.unwrap().buffer_owned().unwrap();
    buffer.map_readable().unwrap()[0]
}

/// Only what is coded as a voice can carry the packet before.
fn is_a_voice(head: u8) -> bool {
    head >> 3 < 16
}

#[test]
fn only_for_those_with_losses_packets_carry_the_one_before() {
    init();
    let (pipeline, sink) = opus_ear(&conference(), "");
    let ear = pipeline.by_name("ear").unwrap();
    until("protected from the beginning", || {
        is_a_voice(next_head(&sink))
    });
    ear.set_property("expected-loss", 0_u32);
    until("plain", || !is_a_voice(next_head(&sink)));
    ear.set_property("expected-loss", 1_u32);
    until("protected", || is_a_voice(next_head(&sink)));
    ear.set_property("fec", false);
    until("not allowed", || !is_a_voice(next_head(&sink)));
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn packets_are_as_long_as_they_are_to_be() {
    init();
    let (pipeline, sink) = opus_ear(&conference(), "");
    let ear = pipeline.by_name("ear").unwrap();
    for milliseconds in [20, 40, 60, 20] {
        ear.set_property("frame-duration", milliseconds as u32);
        let duration = Some(gst::ClockTime::from_mseconds(milliseconds));
        let next = || sink.try_pull_sample(gst::ClockTime::from_seconds(20));
        let mut ends = None;
        until("of this length", || {
            let buffer = next().unwrap().buffer_owned().unwrap();
            let pts = buffer.pts().unwrap();
            // Times of two clocks differ by less than this.
            let exact = gst::ClockTime::from_mseconds(1);
            let follows = ends.is_none_or(|ends| pts + exact >= ends);
            assert!(follows, "{pts:?} follows {ends:?}");
            ends = Some(pts + buffer.duration().unwrap());
            buffer.duration() == duration
        });
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn the_documentation_says_what_a_large_conference_is() {
    init();
    let element = gst::ElementFactory::make("conveneaudio").build().unwrap();
    let property = element.find_property("listener-packet").unwrap();
    let large = format!("at least {},", convene_audio::LARGE);
    assert!(property.blurb().unwrap().contains(&large));
}

#[test]
fn a_file_plays_at_its_own_speed() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "audiotestsrc num-buffers=100 samplesperbuffer=480 ! conveneaudio conference={name} ! fakesink"
    ));
    let begin = std::time::Instant::now();
    run_to_eos(&pipeline);
    assert!(
        begin.elapsed() > Duration::from_millis(800),
        "a second of sound took {:?}",
        begin.elapsed()
    );
}

#[test]
fn before_playing_nothing_is_taken() {
    init();
    let pipeline = pipeline(&format!(
        "audiotestsrc num-buffers=1000 samplesperbuffer=480 ! identity name=in ! conveneaudio conference={} ! fakesink",
        conference()
    ));
    let pushed = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&pushed);
    let pad = pipeline.by_name("in").unwrap().static_pad("src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        gst::PadProbeReturn::Ok
    });
    pipeline.set_state(gst::State::Paused).unwrap();
    until("the first buffer comes", || {
        pushed.load(Ordering::SeqCst) > 0
    });
    let begin = std::time::Instant::now();
    until("a while passes", || {
        begin.elapsed() > Duration::from_millis(200)
    });
    assert_eq!(
        pushed.load(Ordering::SeqCst),
        1,
        "more than the one that waits"
    );
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn eos_ends_every_source_pad_and_the_participant_is_gone() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true num-buffers=20 ! conveneaudio name=e conference={name} participant=ann ! fakesink \
         e.src_0 ! fakesink async=false"
    ));
    run_to_eos(&pipeline);
    let again = gst::ElementFactory::make("conveneaudio")
        .property("conference", &name)
        .property("participant", "ann")
        .build()
        .unwrap();
    assert!(
        again.set_state(gst::State::Playing).is_ok(),
        "the name is free again"
    );
    again.set_state(gst::State::Null).unwrap();
}

#[test]
fn who_leaves_when_alone_goes_with_the_last_other() {
    init();
    let name = conference();
    // One only listens, the other's own source never ends.
    run_to_eos(&pipeline(&format!(
        "audiotestsrc is-live=true num-buffers=20 ! conveneaudio conference={name} participant=ann ! fakesink \
         conveneaudio conference={name} participant=bob leave-when-alone=true ! fakesink \
         audiotestsrc is-live=true ! conveneaudio conference={name} participant=cid leave-when-alone=true ! fakesink",
    )));
}

#[test]
fn a_pipeline_that_is_told_to_end_ends_who_only_listens() {
    init();
    let pipeline = pipeline(&format!(
        "conveneaudio name=e conference={} ! audio/x-opus ! fakesink",
        conference()
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    assert!(pipeline.send_event(gst::event::Eos::new()));
    run_to_eos(&pipeline);
}

#[test]
fn who_was_ended_from_outside_takes_nothing_more() {
    init();
    let pipeline = pipeline(&format!(
        "conveneaudio name=e conference={} ! fakesink",
        conference()
    ));
    pipeline.set_state(gst::State::Playing).unwrap();
    let element = pipeline.by_name("e").unwrap();
    let sink = element.static_pad("sink").unwrap();
    let caps = gst::Caps::builder("audio/x-opus").field("channel-mapping-family", 0);
    sink.send_event(gst::event::StreamStart::new("one"));
    sink.send_event(gst::event::Caps::new(&caps.build()));
    sink.send_event(gst::event::Segment::new(&gst::FormattedSegment::<
        gst::ClockTime,
    >::new()));
    assert!(sink.chain(gst::Buffer::new()).is_ok());
    assert!(element.send_event(gst::event::Eos::new()));
    assert_eq!(sink.chain(gst::Buffer::new()), Err(gst::FlowError::Eos));
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn one_name_is_one_participant() {
    init();
    let name = conference();
    let make = || {
        let element = gst::ElementFactory::make("conveneaudio")
            .property("conference", &name)
            .property("participant", "ann");
        element.build().unwrap()
    };
    let (first, second) = (make(), make());
    let bus = gst::Bus::new();
    second.set_bus(Some(&bus));
    assert!(first.set_state(gst::State::Paused).is_ok());
    assert!(second.set_state(gst::State::Paused).is_err());
    let message = bus.pop_filtered(&[gst::MessageType::Error]).unwrap();
    let gst::MessageView::Error(error) = message.view() else {
        panic!()
    };
    assert!(
        error
            .error()
            .to_string()
            .contains("participant `ann` is in the conference already"),
        "{}",
        error.error()
    );
    first.set_state(gst::State::Null).unwrap();
    assert!(
        second.set_state(gst::State::Paused).is_ok(),
        "free after NULL"
    );
    second.set_state(gst::State::Null).unwrap();
}

#[test]
fn it_can_be_used_again_after_null() {
    init();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! conveneaudio conference={} ! audio/x-raw ! appsink name=out",
        conference()
    ));
    let out = sink(&pipeline, "out");
    for _ in 0..3 {
        pipeline.set_state(gst::State::Playing).unwrap();
        for _ in 0..5 {
            assert!(
                out.try_pull_sample(gst::ClockTime::from_seconds(5))
                    .is_some()
            );
        }
        pipeline.set_state(gst::State::Null).unwrap();
    }
}

#[test]
fn a_flush_forgets_the_input_and_the_mix_goes_on() {
    init();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! identity name=in ! conveneaudio conference={} ! audio/x-raw ! appsink name=out",
        conference()
    ));
    let out = sink(&pipeline, "out");
    pipeline.set_state(gst::State::Playing).unwrap();
    assert!(
        out.try_pull_sample(gst::ClockTime::from_seconds(5))
            .is_some()
    );
    let input = pipeline.by_name("in").unwrap().static_pad("src").unwrap();
    assert!(input.push_event(gst::event::FlushStart::new()));
    let segment = input.sticky_event::<gst::event::Segment>(0).unwrap();
    assert!(input.push_event(gst::event::FlushStop::new(true)));
    assert!(input.push_event(segment));
    for _ in 0..20 {
        assert!(
            out.try_pull_sample(gst::ClockTime::from_seconds(5))
                .is_some()
        );
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_blocked_sink_hurts_nobody_and_is_counted() {
    init();
    let name = conference();
    let blocked = pipeline(&format!(
        "conveneaudio name=e conference={name} ! audio/x-raw ! identity name=stuck ! fakesink async=false sync=false"
    ));
    let free = pipeline(&format!(
        "audiotestsrc is-live=true ! conveneaudio conference={name} ! audio/x-raw ! appsink name=out"
    ));
    let stuck = blocked
        .by_name("stuck")
        .unwrap()
        .static_pad("sink")
        .unwrap();
    let probe = stuck
        .add_probe(
            gst::PadProbeType::BLOCK | gst::PadProbeType::BUFFER,
            |_, _| gst::PadProbeReturn::Ok,
        )
        .unwrap();
    blocked.set_state(gst::State::Playing).unwrap();
    free.set_state(gst::State::Playing).unwrap();
    let out = sink(&free, "out");
    let element = blocked.by_name("e").unwrap();
    let dropped = || {
        element
            .property::<gst::Structure>("stats")
            .get::<u64>("deliveries-blocked")
            .unwrap()
    };
    until("the blocked pad drops", || {
        out.try_pull_sample(gst::ClockTime::from_seconds(5))
            .is_some()
            && dropped() > 5
    });
    stuck.remove_probe(probe);
    blocked.set_state(gst::State::Null).unwrap();
    free.set_state(gst::State::Null).unwrap();
}

#[test]
fn pipelines_with_different_clocks_hear_each_other() {
    init();
    let name = conference();
    let talker = pipeline(&format!(
        "audiotestsrc is-live=true freq=440 ! conveneaudio conference={name} ! fakesink"
    ));
    let listener = pipeline(&format!(
        "conveneaudio conference={name} ! audio/x-raw,format=F32LE,channels=1 ! appsink name=out"
    ));
    let clock = glib::Object::builder::<gst::SystemClock>()
        .property("clock-type", gst::ClockType::Realtime)
        .build();
    talker.use_clock(Some(&clock));
    talker.set_state(gst::State::Playing).unwrap();
    listener.set_state(gst::State::Playing).unwrap();
    let out = sink(&listener, "out");
    until("the tone is heard", || {
        let sample = out
            .try_pull_sample(gst::ClockTime::from_seconds(5))
            .expect("sound goes on");
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let samples: Vec<f32> = map
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        power(&samples, 440.0) > -10.0
    });
    let times: Vec<_> = (0..20)
        .filter_map(|_| {
            out.try_pull_sample(gst::ClockTime::from_seconds(5))?
                .buffer()?
                .pts()
        })
        .collect();
    assert!(times.windows(2).all(|pair| pair[1] > pair[0]), "{times:?}");
    talker.set_state(gst::State::Null).unwrap();
    listener.set_state(gst::State::Null).unwrap();
}

#[test]
fn what_is_pushed_directly_is_never_of_the_future() {
    init();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! conveneaudio conference={} delivery=direct ! audio/x-raw ! appsink sync=false name=out",
        conference()
    ));
    let out = sink(&pipeline, "out");
    pipeline.set_state(gst::State::Playing).unwrap();
    for _ in 0..50 {
        let sample = out
            .try_pull_sample(gst::ClockTime::from_seconds(5))
            .unwrap();
        let now = pipeline.current_running_time().unwrap();
        assert!(sample.buffer().unwrap().pts().unwrap() <= now);
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn caps_may_change_in_mid_stream() {
    init();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! capsfilter name=caps caps=audio/x-raw,format=S16LE,channels=1,rate=48000 ! conveneaudio name=e conference={} ! fakesink",
        conference()
    ));
    let bus = pipeline.bus().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let filter = pipeline.by_name("caps").unwrap();
    let element = pipeline.by_name("e").unwrap();
    for (format, channels) in [("F32LE", 2), ("S16LE", 2), ("F32LE", 1)] {
        filter.set_property(
            "caps",
            gst::Caps::builder("audio/x-raw")
                .field("format", format)
                .field("channels", channels)
                .field("rate", 48_000)
                .build(),
        );
        let sink = element.static_pad("sink").unwrap();
        until("the new caps arrive", || {
            sink.current_caps()
                .is_some_and(|caps| caps.structure(0).unwrap().get::<&str>("format") == Ok(format))
        });
    }
    until("it is heard", || element.property::<bool>("talking"));
    assert!(bus.pop_filtered(&[gst::MessageType::Error]).is_none());
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn a_mute_is_hard_and_talkers_are_told() {
    init();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! conveneaudio name=e conference={} participant=ann ! fakesink",
        conference()
    ));
    let (bus, element) = (pipeline.bus().unwrap(), pipeline.by_name("e").unwrap());
    let talkers = || {
        let message = bus
            .timed_pop_filtered(
                gst::ClockTime::from_seconds(5),
                &[gst::MessageType::Element],
            )
            .expect("talkers are told");
        let talkers = message
            .structure()
            .unwrap()
            .get::<gst::Array>("talkers")
            .unwrap();
        talkers
            .iter()
            .map(|t| {
                t.get::<gst::Structure>()
                    .unwrap()
                    .get::<String>("participant")
                    .unwrap()
            })
            .collect::<Vec<_>>()
    };
    pipeline.set_state(gst::State::Playing).unwrap();
    until("ann talks", || talkers() == ["ann"]);
    element.set_property("mute", true);
    until("ann is muted", || talkers().is_empty());
    assert!(!element.property::<bool>("talking"));
    pipeline.set_state(gst::State::Null).unwrap();
}

#[test]
fn any_states_in_any_order() {
    init();
    common::all_state_changes("conveneaudio");
}

#[test]
fn any_property_with_any_value() {
    init();
    common::all_property_values("conveneaudio");
}

#[test]
fn pads_come_and_go_while_playing() {
    init();
    common::pads_while_playing("conveneaudio", "src_%u");
}
