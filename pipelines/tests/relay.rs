//! Legs whose sound is relayed: talkers' own packets in audio slots, and changes of mode in mid-call.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    cell::Cell,
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
};

use common::{
    call::{Call, config},
    namespace::within,
};
use convene_pipelines::{LegConfig, SoundMode};
use convene_rtp::Packet;
use gst::prelude::*;

const OPUS: u8 = 111;
const MIX: u32 = 0;
const FIRST: u32 = 3;
const SECOND: u32 = 4;

/// Packets of sound that passed a browser's session: sequence numbers by SSRC, and all payloads.
#[derive(Default)]
struct Sound {
    sequences: BTreeMap<u32, Vec<u16>>,
    payloads: HashSet<Vec<u8>>,
}

fn sound_at(call: &Call, pad: &str) -> Arc<Mutex<Sound>> {
    let sound = Arc::<Mutex<Sound>>::default();
    let seen = Arc::clone(&sound);
    let (session, _) = call.browser.session();
    let pad = session.static_pad(pad).unwrap();
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        let map = info.buffer().unwrap().map_readable().unwrap();
        let packet = Packet::parse(&map).unwrap();
        if packet.payload_type() == OPUS {
            let mut seen = seen.lock().unwrap();
            let sequences = seen.sequences.entry(packet.ssrc()).or_default();
            sequences.push(packet.sequence());
            seen.payloads.insert(packet.payload().to_vec());
        }
        gst::PadProbeReturn::Ok
    });
    sound
}

/// The SSRCs that the offer names for the m-line.
fn offered_ssrc(call: &Call, mline: u32) -> u32 {
    let section = call.offer.split("\r\nm=").nth(mline as usize + 1).unwrap();
    let (_, rest) = section.split_once("a=ssrc:").unwrap();
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn talkers_come_as_they_are_and_the_mode_changes_in_mid_call() {
    within(
        "talkers_come_as_they_are_and_the_mode_changes_in_mid_call",
        || async {
            let mut ann = Call::connect(config("c", "ann", 1), true).await;
            let bob = Call::connect(config("c", "bob", 2), true).await;
            let mut cid = Call::connect(config("c", "cid", 3), false).await;
            cid.until("a mix", |cid| cid.browser.packets(MIX) > 20)
                .await;
            assert_eq!(cid.browser.packets(FIRST), 0);
            let said = [&ann, &bob].map(|call| sound_at(call, "send_rtp_sink"));

            for call in [&ann, &bob, &cid] {
                call.leg.serve(SoundMode::Relay);
            }
            cid.until("two talkers", |cid| {
                cid.browser.packets(FIRST) > 30 && cid.browser.packets(SECOND) > 30
            })
            .await;
            ann.until("Bob", |ann| ann.browser.packets(FIRST) > 30)
                .await;
            mixes_no_more(&mut cid).await;
            let heard = sound_at(&cid, "recv_rtp_sink");
            let before = cid.browser.packets(FIRST);
            cid.until("more", |cid| cid.browser.packets(FIRST) > before + 40)
                .await;
            assert_eq!(ann.browser.packets(SECOND), 0, "Ann hears herself");
            are_untouched(&cid, &heard.lock().unwrap(), &said);

            for call in [&ann, &bob, &cid] {
                call.leg.serve(SoundMode::Mix);
            }
            let before = cid.browser.packets(MIX);
            cid.until("the mix again", |cid| {
                cid.browser.packets(MIX) > before + 20
            })
            .await;
            let relayed = cid.leg.stats().audio_packets_relayed.load(Relaxed);
            cid.until("more of it", |cid| cid.browser.packets(MIX) > before + 40)
                .await;
            let stats = cid.leg.stats();
            assert_eq!(stats.audio_packets_relayed.load(Relaxed), relayed);
            for call in [ann, bob, cid] {
                call.close().await;
            }
        },
    );
}

/// The mix ends with some frames of silence; then eighty packets of talkers come without one of it.
async fn mixes_no_more(call: &mut Call) {
    let stats = Arc::clone(call.leg.stats());
    let counted = || {
        let mixed = stats.audio_packets_sent.load(Relaxed);
        (mixed, stats.audio_packets_relayed.load(Relaxed))
    };
    let since = Cell::new(counted());
    call.until("relayed only", |_| {
        let now = counted();
        if now.0 != since.get().0 {
            since.set(now);
        }
        now.1 > since.get().1 + 80
    })
    .await;
}

/// Each talker's packets have one announced SSRC, no gap, and the payloads that were sent.
fn are_untouched(listener: &Call, heard: &Sound, said: &[Arc<Mutex<Sound>>; 2]) {
    let ssrcs: Vec<_> = heard.sequences.keys().copied().collect();
    let mut offered = [FIRST, SECOND].map(|mline| offered_ssrc(listener, mline));
    offered.sort_unstable();
    assert_eq!(ssrcs, offered);
    for sequences in heard.sequences.values() {
        let in_order = sequences.windows(2);
        let in_order = in_order
            .into_iter()
            .all(|two| two[1] == two[0].wrapping_add(1));
        assert!(in_order, "{sequences:?}");
    }
    let said = said.each_ref().map(|one| one.lock().unwrap());
    for payload in &heard.payloads {
        assert!(said.iter().any(|one| one.payloads.contains(payload)));
    }
}

#[test]
fn who_joins_a_relayed_conference_hears_at_once() {
    within("who_joins_a_relayed_conference_hears_at_once", || async {
        let relayed = |who, number| LegConfig {
            sound: SoundMode::Relay,
            ..config("c", who, number)
        };
        let ann = Call::connect(relayed("ann", 1), true).await;
        let mut cid = Call::connect(relayed("cid", 3), false).await;
        cid.until("Ann", |cid| cid.browser.packets(FIRST) > 20)
            .await;
        // Without audio slots there is only the mix.
        let without = LegConfig {
            audio_slots: 0,
            ..relayed("dan", 4)
        };
        let mut dan = Call::connect(without, false).await;
        dan.until("a mix", |dan| dan.browser.packets(MIX) > 20)
            .await;
        for call in [ann, cid, dan] {
            call.close().await;
        }
    });
}
