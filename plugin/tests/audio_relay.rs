//! Relay mode of `conveneaudio`: talkers' packets on request pads, and changes of mode in mid-stream.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::{
    conference, init, pipeline, sink,
    tones::{STRETCH, power},
    until,
};
use gst::prelude::*;

#[test]
fn relayed_talkers_come_on_request_pads() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true ! audio/x-raw,rate=48000 ! opusenc ! rtpopuspay ! conveneaudio conference={name} participant=ann ! fakesink async=false \
         conveneaudio name=e conference={name} participant=bob mode=relay e.src_0 ! application/x-rtp,ssrc=(uint)77 ! appsink name=out e.src ! fakesink async=false"
    ));
    let out = sink(&pipeline, "out");
    pipeline.set_state(gst::State::Playing).unwrap();
    let mut last = None;
    for _ in 0..20 {
        let sample = out
            .try_pull_sample(gst::ClockTime::from_seconds(5))
            .expect("relayed packets");
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let packet = convene_rtp::Packet::parse(&map).unwrap();
        assert_eq!(packet.ssrc(), 77);
        assert!(last.is_none_or(|last: u16| packet.sequence() == last.wrapping_add(1)));
        last = Some(packet.sequence());
    }
    pipeline.set_state(gst::State::Null).unwrap();
}

/// Payloads that have passed a pad.
type Payloads = Arc<Mutex<HashSet<Vec<u8>>>>;

fn payloads(pad: &gst::Pad) -> Payloads {
    let seen = Payloads::default();
    let kept = Arc::clone(&seen);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let map = info.buffer().unwrap().map_readable().unwrap();
        let packet = convene_rtp::Packet::parse(&map).unwrap();
        kept.lock().unwrap().insert(packet.payload().to_vec());
        gst::PadProbeReturn::Ok
    });
    seen
}

fn counted(pad: &gst::Pad) -> Arc<AtomicUsize> {
    let seen = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&seen);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        count.fetch_add(1, Ordering::Relaxed);
        gst::PadProbeReturn::Ok
    });
    seen
}

/// Waits until there are so many more.
fn more(what: &str, seen: &AtomicUsize, many: usize) {
    let before = seen.load(Ordering::Relaxed);
    until(what, || seen.load(Ordering::Relaxed) >= before + many);
}

/// Bob hears Ann's mix, then her own packets on a pad that is asked for while he plays, then the mix again.
#[test]
fn the_mode_changes_in_mid_stream() {
    init();
    let name = conference();
    let pipeline = pipeline(&format!(
        "audiotestsrc is-live=true wave=pink-noise ! audio/x-raw,rate=48000 ! opusenc ! rtpopuspay ! conveneaudio name=ann conference={name} participant=ann ! fakesink async=false \
         conveneaudio name=bob conference={name} participant=bob ! application/x-rtp ! fakesink async=false"
    ));
    let (ann, bob) = (
        pipeline.by_name("ann").unwrap(),
        pipeline.by_name("bob").unwrap(),
    );
    let said = payloads(&ann.static_pad("sink").unwrap());
    let mixed = counted(&bob.static_pad("src").unwrap());
    pipeline.set_state(gst::State::Playing).unwrap();
    more("the mix", &mixed, 10);

    let slot = bob.request_pad_simple("src_0").unwrap();
    let (relayed, passed) = (counted(&slot), payloads(&slot));
    let sink = gst::ElementFactory::make("fakesink")
        .property("async", false)
        .build()
        .unwrap();
    pipeline.add(&sink).unwrap();
    sink.sync_state_with_parent().unwrap();
    slot.link(&sink.static_pad("sink").unwrap()).unwrap();
    bob.set_property_from_str("mode", "relay");
    // The mix ends with some frames of silence.
    let counted = || {
        (
            mixed.load(Ordering::Relaxed),
            relayed.load(Ordering::Relaxed),
        )
    };
    let mut since = counted();
    until("fifty of Ann's packets without one of the mix", || {
        let now = counted();
        if now.0 != since.0 {
            since = now;
        }
        now.1 > since.1 + 50
    });
    assert!(
        passed.lock().unwrap().is_subset(&said.lock().unwrap()),
        "untouched"
    );
    assert!(passed.lock().unwrap().len() > 40);
    assert!(ann.property::<bool>("talking"));

    bob.set_property_from_str("mode", "mix");
    more("the mix again", &mixed, 2);
    let over = relayed.load(Ordering::Relaxed);
    more("more of the mix", &mixed, 20);
    assert_eq!(relayed.load(Ordering::Relaxed), over, "the slot is quiet");
    pipeline.set_state(gst::State::Null).unwrap();
}

/// A recorder is one more participant, whom nobody hears; what the others take is nothing to him.
#[test]
fn a_recorder_takes_the_full_mix_beside_relay() {
    init();
    let name = conference();
    let talker = |who: &str, hertz: u32| {
        format!(
            "audiotestsrc is-live=true freq={hertz} volume=0.25 ! audio/x-raw,rate=48000 ! opusenc ! rtpopuspay ! conveneaudio name={who} conference={name} participant={who} mode=relay \
             {who}.src ! fakesink async=false {who}.src_0 ! fakesink async=false {who}.src_1 ! fakesink async=false "
        )
    };
    let pipeline = pipeline(&format!(
        "{}{} conveneaudio name=tape conference={name} participant=tape mute=true ! audio/x-raw,format=S16LE,channels=1 ! appsink name=out sync=false",
        talker("ann", 440),
        talker("bob", 660),
    ));
    let out = sink(&pipeline, "out");
    let relayed: Vec<_> = ["ann", "bob"]
        .map(|who| counted(&pipeline.by_name(who).unwrap().static_pad("src_0").unwrap()))
        .into();
    pipeline.set_state(gst::State::Playing).unwrap();
    relayed.iter().for_each(|one| more("packets", one, 5));
    let mut heard = Vec::new();
    until("both on the tape", || {
        let sample = out.pull_sample().unwrap();
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let samples = map
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
        heard.extend(samples);
        let last = heard.len().checked_sub(STRETCH).map(|from| &heard[from..]);
        last.is_some_and(|last| {
            [440.0, 660.0]
                .iter()
                .all(|hertz| power(last, *hertz) > -16.0)
        })
    });
    pipeline.set_state(gst::State::Null).unwrap();
}
