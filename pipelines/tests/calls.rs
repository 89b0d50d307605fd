//! Legs with browsers at their other ends.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::atomic::Ordering::Relaxed;

use common::{
    call::{AUDIO_SLOTS, Call, VIDEO_SLOTS, config, nice_config},
    namespace::{ADDRESS, within},
};
use convene_pipelines::{AddressKind, CandidateKind, LegEvent, Talker};
use gst::prelude::*;

const MIX: u32 = 0;
const SLOT_2: u32 = AUDIO_SLOTS as u32 + 3 + 2;

#[test]
fn two_hear_each_other_and_see_by_the_server() {
    within("two_hear_each_other_and_see_by_the_server", || async {
        let mut ann = Call::connect(config("c", "ann", 1), true).await;
        // Ann is not to wait for Bob: a slot may be told to show what is not there yet.
        ann.leg.show(2, "bob", "camera");
        let mut bob = Call::connect(config("c", "bob", 2), true).await;
        ann.until("heard and seen", |ann| {
            ann.browser.packets(MIX) > 20 && ann.browser.packets(SLOT_2) > 20
        })
        .await;
        bob.until("heard", |bob| bob.browser.packets(MIX) > 20)
            .await;
        assert_eq!(bob.browser.packets(SLOT_2), 0, "Bob was shown nothing");
        let levels = &bob.browser.received.with_levels;
        assert_eq!(levels.load(Relaxed), 0, "he would not have them");
        let stats = ann.leg.stats();
        assert!(stats.audio_packets_received.load(Relaxed) > 20);
        assert!(stats.audio_packets_sent.load(Relaxed) > 20);
        assert!(stats.video_bytes_received.load(Relaxed) > 0);

        ann.leg.hide(2);
        bob.leg.show(2, "ann", "camera");
        bob.until("seen", |bob| bob.browser.packets(SLOT_2) > 20)
            .await;
        let before = ann.browser.packets(SLOT_2);
        bob.until("seen longer", |bob| bob.browser.packets(SLOT_2) > 60)
            .await;
        assert!(
            ann.browser.packets(SLOT_2) < before + 10,
            "what is hidden stays hidden"
        );

        for call in [ann, bob] {
            assert!(matches!(call.close().await.last(), Some(LegEvent::Closed)));
        }
    });
}

#[test]
fn webrtcbin_s_own_agent_carries_a_leg_too() {
    within("webrtcbin_s_own_agent_carries_a_leg_too", || async {
        let mut ann = Call::connect(nice_config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), true).await;
        ann.leg.show(2, "bob", "camera");
        ann.until("heard and seen", |ann| {
            ann.browser.packets(MIX) > 20 && ann.browser.packets(SLOT_2) > 20
        })
        .await;
        ann.until("observed", |ann| {
            let observed = |event: &LegEvent| matches!(event, LegEvent::Address { kind: AddressKind::Observed, address, .. } if address == ADDRESS);
            ann.told.iter().any(observed)
        })
        .await;
        bob.until("heard", |bob| bob.browser.packets(MIX) > 20)
            .await;
        for call in [ann, bob] {
            assert!(matches!(call.close().await.last(), Some(LegEvent::Closed)));
        }
    });
}

#[test]
fn a_leg_tells_of_addresses_packets_and_talkers() {
    within("a_leg_tells_of_addresses_packets_and_talkers", || async {
        let mut ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), false).await;
        bob.until("told who talks", |bob| {
            let ann = |talker: &Talker| {
                talker.participant == "ann" && talker.number == 1 && talker.level > -60
            };
            bob.told.iter().any(
                |event| matches!(event, LegEvent::Talkers(told) if told.talkers.iter().any(ann)),
            )
        })
        .await;
        bob.until("told in the packets, too", |bob| {
            bob.browser.received.with_levels.load(Relaxed) > 20
        })
        .await;
        let knows = |call: &Call, wanted: AddressKind| {
            call.told.iter().any(|event| {
                matches!(event, LegEvent::Address { kind, address, port, .. } if *kind == wanted && address == ADDRESS && *port > 0)
            })
        };
        for call in [&mut ann, &mut bob] {
            call.until("declared", |call| {
                knows(call, AddressKind::Declared(CandidateKind::Host))
            })
            .await;
            call.until("checked", |call| knows(call, AddressKind::Checked))
                .await;
            call.until("observed", |call| knows(call, AddressKind::Observed))
                .await;
            let heard = |call: &Call| {
                call.told
                    .iter()
                    .filter(|event| matches!(event, LegEvent::Heard))
                    .count()
            };
            call.until("heard of", |call| heard(call) >= 2).await;
        }
        ann.close().await;
        bob.close().await;
    });
}

/// Those who were heard when the leg last told of it.
fn heard_by(call: &Call) -> Option<Vec<&str>> {
    call.told.iter().rev().find_map(|event| match event {
        LegEvent::Talkers(told) => {
            let talkers = told.talkers.iter();
            Some(talkers.map(|talker| &*talker.participant).collect())
        }
        _ => None,
    })
}

#[test]
fn whoever_is_not_to_be_heard_is_not_whatever_he_sends() {
    within(
        "whoever_is_not_to_be_heard_is_not_whatever_he_sends",
        || async {
            let mut ann = Call::connect(config("c", "ann", 1), true).await;
            let mut bob = Call::connect(config("c", "bob", 2), false).await;
            let hears = |who: &'static [&str]| {
                move |bob: &Call| heard_by(bob).is_some_and(|heard| heard == who)
            };
            bob.until("hears Ann", hears(&["ann"])).await;
            ann.leg.hear(false);
            bob.until("hears nobody", hears(&[])).await;
            let received = |ann: &Call| ann.leg.stats().audio_packets_received.load(Relaxed);
            let before = received(&ann);
            ann.until("goes on sending", |ann| received(ann) > before + 50)
                .await;
            bob.until("hears nobody still", hears(&[])).await;
            ann.leg.hear(true);
            bob.until("hears Ann again", hears(&["ann"])).await;
            ann.close().await;
            bob.close().await;
        },
    );
}

/// Something on the left and nothing on the right, in conference `c`.
const TAPE: &str = "audiotestsrc is-live=true freq=330 volume=0.3 ! audiopanorama panorama=-1 ! audio/x-raw,channels=2 \
    ! conveneaudio conference=c participant=tape ! fakesink";

#[test]
fn a_browser_gets_stereo_if_its_answer_takes_it() {
    within("a_browser_gets_stereo_if_its_answer_takes_it", || async {
        let takes = |answer: String| {
            assert!(answer.contains("a=fmtp:111 "), "{answer}");
            answer.replace("a=fmtp:111 ", "a=fmtp:111 stereo=1;")
        };
        let mut ann = Call::connect_with(config("c", "ann", 1), false, takes).await;
        let mut bob = Call::connect(config("c", "bob", 2), false).await;
        let offered = ann.offer.lines().find(|l| l.starts_with("a=fmtp:111 "));
        let offered: Vec<_> = offered.unwrap()["a=fmtp:111 ".len()..].split(';').collect();
        assert!(offered.contains(&"maxaveragebitrate=32000"), "{offered:?}");
        assert!(!offered.contains(&"stereo=1"), "{offered:?}");
        let tape = gst::parse::launch(TAPE).unwrap();
        tape.set_state(gst::State::Playing).unwrap();
        ann.until("heard in stereo", |ann| {
            ann.browser.received.stereo.load(Relaxed) > 50
        })
        .await;
        bob.until("heard in mono", |bob| {
            bob.browser.received.mono.load(Relaxed) > 50
        })
        .await;
        assert_eq!(bob.browser.received.stereo.load(Relaxed), 0);
        tape.set_state(gst::State::Null).unwrap();
        ann.close().await;
        bob.close().await;
    });
}

#[test]
fn a_browser_restarts_ice() {
    within("a_browser_restarts_ice", || async {
        let mut ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), true).await;
        ann.until("seen by the server", |ann| {
            ann.leg.stats().video_bytes_received.load(Relaxed) > 0
        })
        .await;
        ann.browser.offer_again().await;
        let restarted = |ann: &Call| {
            ann.told.iter().find_map(|event| match event {
                LegEvent::Restarted { answer } => Some(answer.clone()),
                _ => None,
            })
        };
        ann.until("restarted", |ann| restarted(ann).is_some()).await;
        let answer = restarted(&ann).unwrap();
        assert!(answer.contains("a=setup:passive") && !answer.contains("a=setup:active"));
        assert!(
            answer.contains("\r\nm=audio 9 ") && !answer.contains("\r\nm=audio 0 "),
            "{answer}"
        );
        let before = bob.browser.packets(MIX);
        ann.until("heard again", |_| bob.browser.packets(MIX) > before + 50)
            .await;
        bob.until("no failure", |_| true).await;
        ann.close().await;
        bob.close().await;
    });
}

#[test]
fn every_m_line_is_where_the_page_looks_for_it() {
    within("every_m_line_is_where_the_page_looks_for_it", || async {
        let (leg, _events, offer) = common::call::offered(config("c", "ann", 1)).await;
        let sections: Vec<_> = offer.split("\r\nm=").skip(1).collect();
        let mid = |mid: String| {
            sections
                .iter()
                .position(|section| section.contains(&format!("a=mid:{mid}\r\n")))
        };
        assert_eq!(sections.len(), 1 + AUDIO_SLOTS + 2 + VIDEO_SLOTS);
        assert_eq!(mid(convene_pipelines::CAMERA_MID.into()), Some(1));
        assert_eq!(mid(convene_pipelines::SCREEN_MID.into()), Some(2));
        for slot in 0..VIDEO_SLOTS {
            let place = mid(convene_pipelines::slot_mid(AUDIO_SLOTS, slot)).unwrap();
            assert_eq!(place, AUDIO_SLOTS + 3 + slot);
            let section = sections[place];
            for line in [
                "a=sendonly",
                "a=rtpmap:96 VP8/90000",
                "a=rtpmap:97 rtx/90000",
                "a=ssrc-group:FID",
                "a=rtcp-fb:96 goog-remb",
                "a=rtcp-fb:96 nack pli",
            ] {
                assert!(section.contains(line), "no {line} in {section}");
            }
        }
        let mix = sections[0];
        for line in [
            "a=sendrecv",
            "a=rtpmap:111 OPUS/48000/2",
            "useinbandfec=1",
            "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on",
        ] {
            assert!(mix.contains(line), "no {line} in {mix}");
        }
        assert!(
            !mix.contains("rtx"),
            "browsers refuse sound with retransmission"
        );
        leg.close().await;
    });
}
