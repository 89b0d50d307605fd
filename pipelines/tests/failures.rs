//! What a leg does with nonsense, and with ends that come at any time.
#![allow(clippy::unwrap_used)]

mod common;

use std::sync::Arc;

use common::{
    browser::{Browser, Said},
    call::{Call, SOON, config, next, offered},
    namespace::within,
};
use convene_pipelines::{Leg, LegConfig, LegError, LegEvent, Refused, SdpError, StockIce};
use tokio::{sync::mpsc, time};

const CANDIDATE: &str = "candidate:1 1 UDP 2015363327 10.77.0.9 4000 typ host";

async fn refusal(events: &mut mpsc::UnboundedReceiver<LegEvent>) -> Refused {
    loop {
        match next(events).await {
            LegEvent::Refused(refused) => return refused,
            LegEvent::Failed { cause } => panic!("{cause}"),
            _ => {}
        }
    }
}

async fn failure(events: &mut mpsc::UnboundedReceiver<LegEvent>) -> LegError {
    loop {
        if let LegEvent::Failed { cause } = next(events).await {
            return cause;
        }
    }
}

/// Closes, and waits for the last word.
async fn close(leg: Leg, events: &mut mpsc::UnboundedReceiver<LegEvent>) {
    time::timeout(SOON, leg.close()).await.expect("it closes");
    while !matches!(next(events).await, LegEvent::Closed) {}
}

#[test]
fn nonsense_is_refused_by_name() {
    within("nonsense_is_refused_by_name", || async {
        let (leg, mut events, offer) = offered(config("c", "ann", 1)).await;
        leg.answer("hello".into());
        let refused = refusal(&mut events).await;
        assert_eq!(refused, Refused::Answer(SdpError::NotSdp("hello".into())));
        leg.answer(offer.replacen("m=audio", "m=video", 1));
        assert!(matches!(
            refusal(&mut events).await,
            Refused::Answer(SdpError::Order { index: 0, .. })
        ));
        leg.answer(offer);
        let refused = refusal(&mut events).await;
        assert_eq!(refused, Refused::Answer(SdpError::Setup("actpass".into())));
        leg.candidate("typ host".into(), 0);
        let refused = refusal(&mut events).await;
        assert_eq!(
            refused,
            Refused::Candidate(SdpError::Candidate("typ host".into()))
        );
        leg.candidate(CANDIDATE.into(), 999);
        let refused = refusal(&mut events).await;
        assert_eq!(refused, Refused::Candidate(SdpError::NoSuchLine(999)));
        leg.restart("v=0".into());
        assert!(matches!(
            refusal(&mut events).await,
            Refused::OutOfOrder {
                what: "a restart",
                ..
            }
        ));
        for _ in 0..1_000 {
            leg.candidate(CANDIDATE.into(), 0);
        }
        let refused = refusal(&mut events).await;
        assert!(
            matches!(refused, Refused::TooManyCandidates(_)),
            "{refused}"
        );
        close(leg, &mut events).await;
    });
}

#[test]
fn a_browser_with_another_certificate_than_announced_is_none() {
    within(
        "a_browser_with_another_certificate_than_announced_is_none",
        || async {
            let (leg, mut events, offer) = offered(config("c", "ann", 1)).await;
            let (say, mut said) = mpsc::unbounded_channel();
            let browser = Browser::open(true, say);
            browser.take_offer(&offer).await;
            let answer = loop {
                if let Said::Answer(answer) = said.recv().await.unwrap() {
                    break answer;
                }
            };
            leg.answer(with_another_fingerprint(&answer));
            loop {
                match next(&mut events).await {
                    LegEvent::Candidate {
                        candidate,
                        mline_index,
                    } => browser.take_candidate(&candidate, mline_index),
                    LegEvent::Failed { cause } => {
                        let expected = "the browser's certificate is not the one that it announced";
                        assert_eq!(cause.to_string(), expected);
                        break;
                    }
                    _ => {}
                }
            }
            browser.close().await;
            close(leg, &mut events).await;
        },
    );
}

/// As if somebody sat between the two.
fn with_another_fingerprint(answer: &str) -> String {
    let other = ["AB"; 32].join(":");
    let lines = answer.lines().map(|line| {
        if line.starts_with("a=fingerprint:") {
            format!("a=fingerprint:sha-256 {other}\r\n")
        } else {
            format!("{line}\r\n")
        }
    });
    lines.collect()
}

#[test]
fn a_connected_leg_outlives_nonsense() {
    within("a_connected_leg_outlives_nonsense", || async {
        let mut ann = Call::connect(config("c", "ann", 1), true).await;
        let mut bob = Call::connect(config("c", "bob", 2), true).await;
        bob.leg.answer("v=0\r\n".into());
        bob.leg.restart("v=0\r\nm=audio 9 X 0\r\n".into());
        bob.leg.candidate("candidate:\u{0}".into(), 0);
        bob.leg.show(999, "nobody", "smell");
        bob.leg.hide(usize::MAX);
        let refusals = |call: &Call| {
            call.told
                .iter()
                .filter(|event| matches!(event, LegEvent::Refused(_)))
                .count()
        };
        bob.until("refused", |bob| refusals(bob) == 3).await;
        for call in [&mut ann, &mut bob] {
            let before = call.browser.packets(0);
            call.until("still heard", |call| call.browser.packets(0) > before + 20)
                .await;
        }
        ann.close().await;
        bob.close().await;
    });
}

#[test]
fn a_leg_closes_in_every_state() {
    within("a_leg_closes_in_every_state", || async {
        let (sender, mut events) = mpsc::unbounded_channel();
        close(Leg::open(config("c", "ann", 1), sender), &mut events).await;

        let (leg, mut events, _) = offered(config("c", "ann", 1)).await;
        close(leg, &mut events).await;

        let (leg, mut events, offer) = offered(config("c", "ann", 1)).await;
        leg.answer(vanished(&offer).await);
        leg.candidate(CANDIDATE.into(), 0);
        while !matches!(next(&mut events).await, LegEvent::Address { .. }) {}
        close(leg, &mut events).await;

        let call = Call::connect(config("c", "ann", 1), true).await;
        assert!(matches!(call.close().await.last(), Some(LegEvent::Closed)));
    });
}

/// The answer of a browser that is gone when it arrives.
async fn vanished(offer: &str) -> String {
    let (say, mut said) = mpsc::unbounded_channel();
    let browser = Browser::open(true, say);
    browser.take_offer(offer).await;
    browser.close().await;
    loop {
        if let Said::Answer(sdp) = said.recv().await.unwrap() {
            return sdp;
        }
    }
}

#[test]
fn a_dropped_leg_closes_by_itself() {
    within("a_dropped_leg_closes_by_itself", || async {
        let (leg, mut events, _) = offered(config("c", "ann", 1)).await;
        drop(leg);
        while !matches!(next(&mut events).await, LegEvent::Closed) {}
        let (leg, mut events, _) = offered(config("c", "ann", 1)).await;
        close(leg, &mut events).await;
    });
}

#[test]
fn a_name_that_is_taken_fails_the_second_leg_only() {
    within("a_name_that_is_taken_fails_the_second_leg_only", || async {
        let (first, mut events, _) = offered(config("c", "ann", 1)).await;
        let (sender, mut second_events) = mpsc::unbounded_channel();
        let second = Leg::open(config("c", "ann", 2), sender);
        assert!(matches!(
            failure(&mut second_events).await,
            LegError::Build(_)
        ));
        close(second, &mut second_events).await;
        first.answer("hello".into());
        assert!(matches!(refusal(&mut events).await, Refused::Answer(_)));
        close(first, &mut events).await;
    });
}

#[test]
fn a_leg_without_a_port_says_so() {
    within("a_leg_without_a_port_says_so", || async {
        let port = |participant: &str, number| LegConfig {
            ice: Arc::new(StockIce {
                ports: 31_000..=31_000,
                external_address: None,
            }),
            ..config("c", participant, number)
        };
        let (first, mut events, _) = offered(port("ann", 1)).await;
        while !matches!(next(&mut events).await, LegEvent::Candidate { .. }) {}
        let (sender, mut second_events) = mpsc::unbounded_channel();
        let second = Leg::open(port("bob", 2), sender);
        let cause = failure(&mut second_events).await;
        assert!(matches!(cause, LegError::NoCandidate), "{cause}");
        close(second, &mut second_events).await;
        close(first, &mut events).await;
    });
}
