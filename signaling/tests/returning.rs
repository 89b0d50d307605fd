//! Coming back on another socket as the same participant.

#![allow(clippy::unwrap_used)]

mod common;

use common::{House, Person, join, story};
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, frame::coding::CloseCode};

/// Ann, who stays; and how Bob was welcomed on a socket of his.
async fn two(house: &House) -> (String, Person, Person, Value) {
    let created = house.create(json!({})).await;
    let id = created["id"].as_str().unwrap().to_owned();
    let ann = Person::join(house.address, &id, "Ann").await;
    let mut bob = Person::knock(house.address, &id).await;
    bob.say(join("Bob", None)).await;
    let welcome = bob.hear("welcome").await;
    bob.id = welcome["me"]["id"].as_str().unwrap().to_owned();
    (id, ann, bob, welcome)
}

#[tokio::test]
async fn whoever_returns_is_the_same_and_nobody_has_lost_him() {
    story(|house| async move {
        let (id, mut ann, bob, welcome) = two(&house).await;
        drop(bob);
        let about_bob = |away: bool| {
            let me = welcome["me"]["id"].clone();
            move |m: &Value| m["participant"]["id"] == me && m["participant"]["away"] == away
        };
        ann.hear_where("updated", about_bob(true)).await;
        let (mut bob, again) = Person::resume(house.address, &id, &welcome, false).await;
        for field in ["id", "number", "name", "role", "publishing"] {
            assert_eq!(again["me"][field], welcome["me"][field], "{field}");
        }
        assert_eq!(
            (&again["resumed"], &again["participants"][0]["name"]),
            (&json!(true), &json!("Ann"))
        );
        ann.hear_where("updated", about_bob(false)).await;
        bob.hear("offer").await;
        bob.say(json!({"type": "act", "request": 1, "action": {"kind": "hand", "up": true}}))
            .await;
        let hand = |m: &Value| m["participant"]["hand"] == json!(1);
        let seen = ann.hear_where("updated", hand).await;
        assert_eq!(seen["participant"]["id"], welcome["me"]["id"]);
    })
    .await;
}

#[tokio::test]
async fn a_socket_that_is_open_still_is_taken_over_and_heard_no_more() {
    story(|house| async move {
        let (id, mut ann, mut old, welcome) = two(&house).await;
        let (mut bob, _) = Person::resume(house.address, &id, &welcome, false).await;
        let _ = old
            .socket
            .send(json!({"type": "leave"}).to_string().into())
            .await;
        assert_eq!(old.refusal().await, "taken_over");
        old.hear_the_end().await;
        let signal = json!({"kind": "call"});
        bob.say(json!({"type": "pair", "to": ann.id, "signal": signal}))
            .await;
        let heard = ann.hear("pair").await;
        assert_eq!(heard["from"], welcome["me"]["id"]);
        let (mut third, _) = Person::resume(house.address, &id, &welcome, false).await;
        assert_eq!(bob.refusal().await, "taken_over");
        third.hear("offer").await;
    })
    .await;
}

#[tokio::test]
async fn whoever_cannot_be_the_same_may_join() {
    story(|house| async move {
        let (id, ann, mut bob, welcome) = two(&house).await;
        let mut eve = Person::knock(house.address, &id).await;
        let me = &welcome["me"]["id"];
        for (participant, key) in [
            (me.clone(), json!("gaytemzugu3doobzgaytemzugu3doobz")),
            (json!(ann.id), welcome["resume_key"].clone()),
            (json!("nobody"), welcome["resume_key"].clone()),
        ] {
            eve.say(
                json!({"type": "resume", "participant": participant, "key": key, "has_leg": true}),
            )
            .await;
            assert_eq!(eve.refusal().await, "cannot_resume");
        }
        bob.say(json!({"type": "leave"})).await;
        bob.hear_the_end().await;
        let key = &welcome["resume_key"];
        eve.say(json!({"type": "resume", "participant": me, "key": key, "has_leg": true}))
            .await;
        assert_eq!(eve.refusal().await, "cannot_resume", "he has left");
        eve.say(join("Eve", None)).await;
        assert_eq!(eve.hear("welcome").await["resumed"], false);
    })
    .await;
}

/// A browser closes the sockets of a page that is loaded anew with 1001 (RFC 6455 section 7.4.1), as it does when the page
/// is left.
#[tokio::test]
async fn whose_page_is_loaded_anew_may_return() {
    story(|house| async move {
        let (id, mut ann, mut bob, welcome) = two(&house).await;
        let away = CloseFrame {
            code: CloseCode::Away,
            reason: "".into(),
        };
        bob.socket.close(Some(away)).await.unwrap();
        let is_away = |m: &Value| m["participant"]["away"] == true;
        let seen = ann.hear_where("updated", is_away).await;
        assert_eq!(seen["participant"]["id"], welcome["me"]["id"]);
        let (_bob, again) = Person::resume(house.address, &id, &welcome, false).await;
        assert_eq!(again["me"]["id"], welcome["me"]["id"]);
    })
    .await;
}

#[tokio::test]
async fn a_page_may_ask_whether_it_is_heard() {
    story(|house| async move {
        let created = house.create(json!({})).await;
        let id = created["id"].as_str().unwrap().to_owned();
        let mut ann = Person::knock(house.address, &id).await;
        ann.say(json!({"type": "ping"})).await;
        ann.hear("pong").await;
        ann.say(join("Ann", None)).await;
        ann.hear("welcome").await;
        ann.say(json!({"type": "ping"})).await;
        ann.hear("pong").await;
    })
    .await;
}
