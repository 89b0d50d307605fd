//! What a leg tells its browser about its pictures, and what the browser tells it of the sound.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

use common::{
    call::{AUDIO_SLOTS, Call, config},
    namespace::within,
};
use convene_rtp::Packet;
use gst::prelude::*;

const SLOT_0: u32 = AUDIO_SLOTS as u32 + 3;
const OPUS: u8 = 111;
const VP8: u8 = 96;
const RTX: u8 = 97;

/// The REMB messages that come to a browser, in bits per second.
fn limits(call: &Call) -> Arc<Mutex<Vec<u64>>> {
    let limits = Arc::<Mutex<Vec<u64>>>::default();
    let (_, session) = call.browser.session();
    let told = Arc::clone(&limits);
    session.connect("on-feedback-rtcp", false, move |values| {
        let buffer = values[5].get::<Option<gst::Buffer>>().unwrap();
        let fci = buffer
            .as_ref()
            .and_then(|buffer| buffer.map_readable().ok());
        if let Some([b'R', b'E', b'M', b'B', _, exponent, middle, low, ..]) = fci.as_deref() {
            let mantissa = u32::from_be_bytes([0, exponent & 3, *middle, *low]);
            told.lock()
                .unwrap()
                .push(u64::from(mantissa) << (exponent >> 2));
        }
        None
    });
    limits
}

/// Loses every tenth packet of the pictures that a browser sends; answers how many it sends again.
fn lose(call: &Call) -> Arc<AtomicU64> {
    let again = Arc::<AtomicU64>::default();
    let (session, _) = call.browser.session();
    let (counted, passed) = (Arc::clone(&again), AtomicU64::new(0));
    let pad = session.static_pad("send_rtp_src").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut head = [0; 2];
        info.buffer().unwrap().copy_to_slice(0, &mut head).unwrap();
        match head[1] & 0x7f {
            VP8 if passed.fetch_add(1, Relaxed) % 10 == 9 => return gst::PadProbeReturn::Drop,
            97..=110 => drop(counted.fetch_add(1, Relaxed)),
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
    again
}

/// Loses every tenth packet of the pictures that come to a browser; tells the SSRCs of those that come again.
fn miss(call: &Call) -> Arc<Mutex<Vec<u32>>> {
    let again = Arc::<Mutex<Vec<u32>>>::default();
    let (session, _) = call.browser.session();
    let (seen, passed) = (Arc::clone(&again), AtomicU64::new(0));
    let pad = session.static_pad("recv_rtp_sink").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let mut head = [0; 12];
        info.buffer().unwrap().copy_to_slice(0, &mut head).unwrap();
        match head[1] & 0x7f {
            VP8 if passed.fetch_add(1, Relaxed) % 10 == 9 => return gst::PadProbeReturn::Drop,
            RTX => {
                let ssrc = u32::from_be_bytes(head[8..].try_into().unwrap());
                seen.lock().unwrap().push(ssrc);
            }
            _ => {}
        }
        gst::PadProbeReturn::Ok
    });
    again
}

/// Packets of the mix that come to a browser.
#[derive(Default)]
struct Mix {
    /// Coded as voices, so that they can carry the one before (RFC 6716 section 3.1).
    protected: AtomicU64,
    /// Coded otherwise.
    plain: AtomicU64,
    /// Whether every fifth is lost on the way.
    loses: AtomicBool,
}

fn mix(call: &Call) -> Arc<Mix> {
    let mix = Arc::<Mix>::default();
    let (session, internal) = call.browser.session();
    internal.set_property("rtcp-min-interval", 500_000_000_u64);
    let seen = Arc::clone(&mix);
    let pad = session.static_pad("recv_rtp_sink").unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let bytes = info.buffer().unwrap().map_readable().unwrap();
        let packet = Packet::parse(&bytes).unwrap();
        if packet.payload_type() != OPUS {
            return gst::PadProbeReturn::Ok;
        }
        let kind = match packet.payload()[0] >> 3 {
            0..16 => &seen.protected,
            _ => &seen.plain,
        };
        let count = kind.fetch_add(1, Relaxed);
        if seen.loses.load(Relaxed) && count % 5 == 0 {
            return gst::PadProbeReturn::Drop;
        }
        gst::PadProbeReturn::Ok
    });
    mix
}

#[test]
fn who_loses_packets_of_the_mix_gets_protected_ones() {
    let name = "who_loses_packets_of_the_mix_gets_protected_ones";
    within(name, || async {
        let ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), false).await;
        let mix = mix(&bob);
        bob.until("heard", |_| mix.plain.load(Relaxed) > 100).await;
        assert_eq!(mix.protected.load(Relaxed), 0, "nothing was lost");
        mix.loses.store(true, Relaxed);
        bob.until("protected", |_| mix.protected.load(Relaxed) > 20)
            .await;
        for call in [ann, bob] {
            call.close().await;
        }
    });
}

#[test]
fn a_browser_is_told_how_much_it_may_send() {
    within("a_browser_is_told_how_much_it_may_send", || async {
        let mut ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), false).await;
        let limits = limits(&ann);
        bob.leg.show(0, "ann", "camera");
        bob.until("seen", |bob| bob.browser.packets(SLOT_0) > 20)
            .await;
        ann.until("told repeatedly", |_| limits.lock().unwrap().len() > 2)
            .await;
        // It sends less than browsers begin with, and nobody is known to be able to take less than that.
        assert!(limits.lock().unwrap().iter().all(|bits| *bits >= 290_000));
        for call in [ann, bob] {
            call.close().await;
        }
    });
}

#[test]
fn what_a_browser_s_line_loses_is_asked_for_again() {
    within("what_a_browser_s_line_loses_is_asked_for_again", || async {
        let mut ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), false).await;
        bob.leg.show(0, "ann", "camera");
        bob.until("seen", |bob| bob.browser.packets(SLOT_0) > 10)
            .await;
        let again = lose(&ann);
        let before = bob.browser.packets(SLOT_0);
        ann.until("sent again", |_| again.load(Relaxed) > 5).await;
        bob.until("seen further", |bob| {
            bob.browser.packets(SLOT_0) > before + 50
        })
        .await;
        for call in [ann, bob] {
            call.close().await;
        }
    });
}

#[test]
fn what_a_slot_loses_is_sent_again_as_the_offer_says() {
    let name = "what_a_slot_loses_is_sent_again_as_the_offer_says";
    within(name, || async {
        let ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), false).await;
        bob.leg.show(3, "ann", "camera");
        bob.until("seen", |bob| bob.browser.packets(SLOT_0 + 3) > 10)
            .await;
        let again = miss(&bob);
        bob.until("sent again", |_| again.lock().unwrap().len() > 5)
            .await;
        let section = bob.offer.split("\r\nm=").nth(SLOT_0 as usize + 4).unwrap();
        let group = section.split("a=ssrc-group:FID ").nth(1).unwrap();
        let named = group.split([' ', '\r']).nth(1).unwrap();
        let again = again.lock().unwrap().clone();
        assert!(
            again.iter().all(|ssrc| ssrc.to_string() == named),
            "{again:?}, not {named}"
        );
        for call in [ann, bob] {
            call.close().await;
        }
    });
}
