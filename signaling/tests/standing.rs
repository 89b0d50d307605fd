//! Where participants stand: a scripted browser with real ICE agents, the service, and the moderator's query.

#![allow(clippy::unwrap_used)]

mod common;

use std::{net::IpAddr, time::Duration};

use common::{
    PATIENCE, Person,
    agent::{Agent, answer, attribute},
    ask, story,
};
use serde_json::{Value, json};
use tokio::time::timeout;

/// What a browser is like.
#[derive(Clone, Copy)]
struct Browser {
    /// Whether it shows its own addresses.
    shows: bool,
    /// Whether it says that the address it is seen at is its own.
    own: bool,
    /// Whether it hears strangers.
    open: bool,
}

/// Joins, connects, and takes part in the probe. Gives what the moderator is told once all is known.
async fn classified(browser: Browser) -> Value {
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    story(move |house| async move {
        let created = house.create(json!({})).await;
        let (id, token) = (
            created["id"].as_str().unwrap(),
            created["moderator_token"].as_str().unwrap(),
        );
        let mut ann = Person::join(house.address, id, "Ann").await;
        let leg = connect(&mut ann, browser).await;
        let probed = be_probed(&mut ann, browser, &leg).await;
        let path = format!("/api/v1/conferences/{id}/participants");
        let bearer = format!("Bearer {token}");
        let record = timeout(PATIENCE, async {
            loop {
                let list = ask(
                    house.address,
                    "GET",
                    &path,
                    &[("authorization", &bearer)],
                    "",
                )
                .await;
                let record = list.json()[0].clone();
                if !record["reachable"].is_null() && record["class"] != "unknown" {
                    return record;
                }
            }
        });
        tell.send(record.await.unwrap()).await.unwrap();
        drop((leg, probed));
    })
    .await;
    told.recv().await.unwrap()
}

fn shown(browser: Browser, agent: &Agent) -> String {
    let hidden = "1c8f5f63-57e3-4f8c-9f0c-2f6f4a4a7a11.local".to_owned();
    agent.own(&if browser.shows {
        agent.address.ip().to_string()
    } else {
        hidden
    })
}

async fn connect(ann: &mut Person, browser: Browser) -> Agent {
    let offer = ann.hear("offer").await["sdp"].as_str().unwrap().to_owned();
    let candidates = offer.lines().filter_map(|line| line.strip_prefix("a="));
    let mut of_udp =
        candidates.filter(|line| line.starts_with("candidate:") && line.contains(" UDP "));
    let candidate = of_udp.next().unwrap();
    let ip: IpAddr = candidate.split(' ').nth(4).unwrap().parse().unwrap();
    let (ufrag, password) = (attribute(&offer, "ice-ufrag"), attribute(&offer, "ice-pwd"));
    let leg = Agent::start(ip, ufrag, password, true).await;
    ann.say(json!({"type": "answer", "sdp": answer(&offer, &leg)}))
        .await;
    ann.say(json!({"type": "candidate", "candidate": shown(browser, &leg), "mline_index": 0}))
        .await;
    leg.candidate(candidate);
    leg
}

/// Does what the service wishes until the end of the probe.
async fn be_probed(ann: &mut Person, browser: Browser, leg: &Agent) -> Agent {
    let mut probed = None;
    loop {
        let wish = ann.hear("probe").await["wish"].clone();
        let text = |name: &str| wish[name].as_str().unwrap().to_owned();
        match wish["kind"].as_str().unwrap() {
            "begin" => {
                let agent = Agent::start(
                    leg.address.ip(),
                    &text("ufrag"),
                    &text("password"),
                    browser.open,
                )
                .await;
                let signal =
                    json!({"kind": "offer", "ufrag": agent.ufrag, "password": agent.password});
                ann.say(json!({"type": "probe", "signal": signal})).await;
                let signal = json!({"kind": "candidate", "candidate": shown(browser, &agent)});
                ann.say(json!({"type": "probe", "signal": signal})).await;
                probed = Some(agent);
            }
            "mirror" => {
                assert_eq!(text("address"), leg.address.ip().to_string());
                let signal =
                    json!({"kind": "mirror", "address": text("address"), "own": browser.own});
                ann.say(json!({"type": "probe", "signal": signal})).await;
            }
            "candidate" => probed.as_ref().unwrap().candidate(&text("candidate")),
            "end" => return probed.unwrap(),
            other => panic!("{other}"),
        }
    }
}

fn holds(record: &Value, evidence: &str) -> bool {
    record["evidence"]
        .as_array()
        .unwrap()
        .contains(&json!(evidence))
}

#[tokio::test]
async fn a_browser_that_shows_its_address_and_hears_strangers() {
    let record = classified(Browser {
        shows: true,
        own: true,
        open: true,
    })
    .await;
    assert_eq!(record["class"], "public", "{record}");
    assert_eq!(record["reachable"], true, "{record}");
    assert_eq!(
        record["nat"],
        json!({"mapping": "none", "filtering": "endpoint_independent"})
    );
    assert!(
        holds(&record, "declared_matches") && holds(&record, "probe_answered"),
        "{record}"
    );
    assert!(record["classified_at"].as_u64().unwrap() >= record["joined_at"].as_u64().unwrap());
}

#[tokio::test]
async fn one_that_hides_it_stands_at_the_same_place() {
    let record = classified(Browser {
        shows: false,
        own: true,
        open: true,
    })
    .await;
    assert_eq!(record["class"], "public", "{record}");
    assert_eq!(record["reachable"], true, "{record}");
    assert!(holds(&record, "mirror_matches"), "{record}");
}

#[tokio::test]
async fn one_behind_something_that_translates_and_lets_nobody_in() {
    let record = classified(Browser {
        shows: false,
        own: false,
        open: false,
    })
    .await;
    assert_eq!(record["class"], "private", "{record}");
    assert_eq!(record["reachable"], false, "{record}");
    assert_eq!(
        record["nat"]["filtering"], "address_and_port_dependent",
        "{record}"
    );
    assert!(
        holds(&record, "mirror_differs") && holds(&record, "probe_unanswered"),
        "{record}"
    );
}

/// Nothing of a probe is to be heard for longer than it takes to begin one.
async fn nothing_follows(ann: &mut Person) {
    let wish = timeout(Duration::from_millis(1_500), ann.hear("probe")).await;
    assert!(wish.is_err(), "{wish:?}");
}

#[tokio::test]
async fn what_nobody_wished_has_no_effect() {
    story(|house| async move {
        let created = house.create(json!({})).await;
        let mut ann = Person::join(house.address, created["id"].as_str().unwrap(), "Ann").await;
        let signals = [
            json!({"kind": "offer", "ufrag": "abcd", "password": "a".repeat(24)}),
            json!({"kind": "candidate", "candidate": "candidate:1 1 udp 1 127.0.0.1 5000 typ host"}),
            json!({"kind": "candidate", "candidate": "nonsense"}),
            json!({"kind": "mirror", "address": "127.0.0.1", "own": true}),
            json!({"kind": "mirror", "address": "nonsense", "own": true}),
        ];
        for signal in signals {
            ann.say(json!({"type": "probe", "signal": signal})).await;
        }
        let shown = Browser { shows: true, own: true, open: true };
        let _leg = connect(&mut ann, shown).await;
        let begin = ann.hear("probe").await;
        assert_eq!(begin["wish"]["kind"], "begin");
        let signal = json!({"kind": "offer", "ufrag": "ab cd", "password": "short"});
        ann.say(json!({"type": "probe", "signal": signal})).await;
        nothing_follows(&mut ann).await;
    })
    .await;
}
