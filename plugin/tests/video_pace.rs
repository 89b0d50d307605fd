//! A burst of packets to somebody whose way is narrow.
#![allow(clippy::unwrap_used)]

#[path = "video/rig.rs"]
mod rig;

use std::time::{Duration, Instant};

use convene_rtp::{Header, Packet};
use gst::prelude::*;
use rig::{Person, conference, until};

/// Octets of each packet's payload, and how many are sent at once.
const OCTETS: usize = 1_000;
const BURST: u16 = 20;

/// One packet of a VP8 frame; the first begins the key frame, the last ends it.
fn part(sequence: u16) -> Vec<u8> {
    let place = sequence % BURST;
    let header = Header {
        marker: place + 1 == BURST,
        payload_type: 96,
        sequence,
        timestamp: u32::from(sequence / BURST) * 90_000,
        ssrc: 1,
        ..Header::default()
    };
    let mut payload = vec![0; OCTETS];
    payload[0] = if place == 0 { 0x10 } else { 0 };
    let mut bytes = Vec::new();
    header.write(&payload, &mut bytes);
    bytes
}

/// How long a burst takes, and the sequence numbers in it.
fn burst(ann: &Person, bob: &Person, first: u16) -> (Duration, Vec<u16>) {
    let began = Instant::now();
    for sequence in first..first + BURST {
        ann.send_bytes(part(sequence));
    }
    let mut sequences = Vec::new();
    for _ in 0..BURST {
        let patience = gst::ClockTime::from_seconds(10);
        let sample = bob.slot(0).try_pull_sample(patience).expect("all come");
        let bytes = sample.buffer().unwrap().map_readable().unwrap();
        sequences.push(Packet::parse(&bytes).unwrap().sequence());
    }
    (began.elapsed(), sequences)
}

/// Bob's session tells that packets came later and later, as over a line of 200 kbit/s that is sent more.
fn narrow(bob: &Person) {
    let now = gst::SystemClock::obtain().time();
    let began = now - gst::ClockTime::from_seconds(3);
    for feedback in 0..10_u32 {
        let packets: Vec<_> = (0..10)
            .map(|packet| {
                let number = feedback * 10 + packet;
                let at = |ms: u32| u64::from(number * ms) * 1_000_000;
                gst::Structure::builder("RTPTWCCPacket")
                    .field("seqnum", number)
                    .field("local-ts", began.nseconds() + at(20))
                    .field("remote-ts", at(40))
                    .field("size", 1_000_u32)
                    .field("lost", false)
                    .build()
                    .to_send_value()
            })
            .collect();
        let mut told = gst::Structure::new_empty("RTPTWCCPackets");
        told.set_value("packets", array(packets));
        let sink = bob.slot(0).static_pad("sink").unwrap();
        sink.push_event(gst::event::CustomUpstream::new(told));
    }
}

/// The old kind of array that GStreamer's RTP session fills, which the bindings keep on one thread.
fn array(packets: Vec<glib::SendValue>) -> glib::SendValue {
    let array = glib::ValueArray::new(packets.iter().map(|packet| &**packet));
    // SAFETY: nothing else refers to the array, and what is in it may go to other threads.
    unsafe { array.to_value().into_send_value() }
}

#[test]
fn what_a_way_does_not_carry_at_once_waits_in_its_order() {
    let conference = conference();
    let ann = Person::new(&conference, "ann", 0);
    let bob = Person::new(&conference, "bob", 1);
    assert!(bob.show(&ann, 0));
    burst(&ann, &bob, 0);
    narrow(&bob);
    let known = || {
        let stats = bob.element.property::<gst::Structure>("stats");
        stats.get::<u64>("estimated-bitrate").ok()
    };
    until("the way is known", || known().is_some());
    let bits = (BURST as usize - 1) * OCTETS * 8;
    let takes = Duration::from_secs_f64(bits as f64 / known().unwrap() as f64 / 1.25);
    let least = takes.min(Duration::from_millis(400)) - Duration::from_millis(20);
    let (taken, sequences) = burst(&ann, &bob, BURST);
    assert!(taken >= least, "{taken:?}, not {least:?}, at {:?}", known());
    let rising = sequences.windows(2).all(|two| two[1] == two[0] + 1);
    assert!(rising, "{sequences:?}");
}
