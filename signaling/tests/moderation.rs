//! What a moderator decides, and that it holds for everyone over real sockets.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::{SystemTime, UNIX_EPOCH};

use common::{House, Person, config, get, join, post, story};
use convene::Service;
use serde_json::{Value, json};

const CONFERENCES: &str = "/api/v1/conferences";

const FORBIDDEN: &str = "forbidden";

struct Meeting {
    id: String,
    ann: Person,
    bob: Person,
}

fn token(created: &Value) -> Option<&str> {
    created["moderator_token"].as_str()
}

/// Ann is its moderator, and Bob is in it.
async fn meeting(house: &House) -> Meeting {
    let created = house.create(json!({})).await;
    let id = created["id"].as_str().unwrap().to_owned();
    let ann = Person::join_with(house.address, &id, "Ann", token(&created)).await;
    let bob = Person::join(house.address, &id, "Bob").await;
    Meeting { id, ann, bob }
}

fn as_known(name: &str, identity: &str) -> Value {
    let mut join = join(name, None);
    join["identity"] = json!(identity);
    join
}

fn both_on() -> Value {
    json!({"type": "publish", "publishing": {"microphone": true, "camera": true, "screen": false}})
}

#[tokio::test]
async fn what_is_forbidden_stays_off() {
    story(|house| async move {
        let Meeting {
            mut ann, mut bob, ..
        } = meeting(&house).await;
        let of_bob = |id: &str| {
            let id = id.to_owned();
            move |message: &Value| message["participant"]["id"] == id.as_str()
        };
        let forbid = |permission| {
            json!({"kind": "permit", "participant": bob.id, "permission": permission, "allowed": false})
        };
        let (microphone, camera) = (forbid("microphone"), forbid("camera"));
        assert_eq!(bob.act(microphone.clone()).await, Err(FORBIDDEN.into()));
        ann.act(microphone).await.unwrap();
        ann.act(camera).await.unwrap();
        let off = json!({"microphone": false, "camera": false, "screen": false});
        bob.hear_where("updated", |m| m["participant"]["publishing"] == off)
            .await;
        bob.say(both_on()).await;
        let updated = bob.hear_where("updated", of_bob(&bob.id.clone())).await;
        assert_eq!(updated["participant"]["publishing"], off);
        assert_eq!(updated["participant"]["permissions"]["microphone"], false);
        ann.act(json!({"kind": "ask", "participant": bob.id, "permission": "screen"}))
            .await
            .unwrap();
        assert_eq!(bob.hear("asked").await["by"], ann.id.as_str());
    })
    .await;
}

#[tokio::test]
async fn whoever_waits_is_let_in_or_not() {
    story(|house| async move {
        let Meeting { id, mut ann, bob } = meeting(&house).await;
        ann.act(json!({"kind": "lobby", "on": true})).await.unwrap();
        let mut cid = Person::knock(house.address, &id).await;
        cid.say(join("Cid", None)).await;
        let waiting = cid.hear("waiting").await;
        assert_eq!(waiting["conference"]["rules"]["lobby"], true);
        cid.say(both_on()).await;
        let error = cid.hear("error").await;
        assert_eq!(
            (&error["code"], &error["fatal"]),
            (&json!("out_of_order"), &json!(false))
        );
        let list = ann.hear("waiting_list").await;
        let whom = list["waiting"][0]["id"].clone();
        assert_eq!(list["waiting"][0]["name"], "Cid");
        ann.act(json!({"kind": "admit", "participant": whom}))
            .await
            .unwrap();
        assert_eq!(cid.hear("welcome").await["me"]["id"], whom);
        cid.hear("offer").await;

        let mut dan = Person::knock(house.address, &id).await;
        dan.say(join("Dan", None)).await;
        dan.hear("waiting").await;
        let list = ann
            .hear_where("waiting_list", |m| m["waiting"] != json!([]))
            .await;
        let whom = list["waiting"][0]["id"].clone();
        ann.act(json!({"kind": "deny", "participant": whom, "ban": false}))
            .await
            .unwrap();
        assert_eq!(dan.refusal().await, "denied");
        dan.hear_the_end().await;
        drop(bob);
    })
    .await;
}

/// Seconds since 1970, so many from now.
fn ahead(seconds: u64) -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() + seconds
}

#[tokio::test]
async fn before_its_time_one_waits_for_it() {
    story(|house| async move {
        let starts_at = ahead(100_000);
        let created = house
            .create(json!({"starts_at": starts_at, "listed": true}))
            .await;
        let id = created["id"].as_str().unwrap();
        let list = get(house.address, CONFERENCES).await.json();
        assert_eq!(list[0]["starts_at"], starts_at);
        let mut ann = Person::join_with(house.address, id, "Ann", token(&created)).await;
        let mut bob = Person::knock(house.address, id).await;
        bob.say(join("Bob", None)).await;
        let waiting = bob.hear("waiting").await;
        assert_eq!(waiting["until"], "start");
        assert_eq!(waiting["conference"]["starts_at"], starts_at);
        ann.act(json!({"kind": "admit", "participant": null}))
            .await
            .unwrap();
        bob.hear("welcome").await;
    })
    .await;
}

#[tokio::test]
async fn when_it_begins_they_enter() {
    story(|house| async move {
        let created = house.create(json!({"starts_at": ahead(2)})).await;
        let mut bob = Person::knock(house.address, created["id"].as_str().unwrap()).await;
        bob.say(join("Bob", None)).await;
        bob.hear("welcome").await;
        let never = json!({"starts_at": ahead(1_000_000_000)});
        let refused = post(house.address, CONFERENCES, &[], &never).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "malformed")
        );
    })
    .await;
}

#[tokio::test]
async fn whoever_is_banned_stays_out_and_a_lock_holds_for_all() {
    story(|house| async move {
        let Meeting {
            id, mut ann, bob, ..
        } = meeting(&house).await;
        let mut eve = Person::knock(house.address, &id).await;
        eve.say(as_known("Eve", "short")).await;
        assert_eq!(eve.refusal().await, "malformed");
        let identity = "eve-eve-eve-eve-eve-eve-eve";
        eve.say(as_known("Eve", identity)).await;
        let whom = eve.hear("welcome").await["me"]["id"].clone();
        ann.act(json!({"kind": "remove", "participant": whom, "ban": true}))
            .await
            .unwrap();
        let left = eve.hear_where("left", |m| m["participant"] == whom).await;
        assert_eq!(left["reason"], "banned");
        eve.hear_the_end().await;
        let mut eve = Person::knock(house.address, &id).await;
        eve.say(as_known("Somebody else", identity)).await;
        assert_eq!(eve.refusal().await, "banned");
        eve.hear_the_end().await;
        ann.say(json!({"type": "act", "request": 3, "action": {"kind": "bans"}}))
            .await;
        let bans = ann.hear("bans").await;
        assert_eq!(
            bans["bans"],
            json!([{"id": 1, "name": "Eve", "by_identity": true, "by": "Ann"}])
        );
        ann.act(json!({"kind": "lock", "on": true})).await.unwrap();
        let mut cid = Person::knock(house.address, &id).await;
        cid.say(join("Cid", None)).await;
        assert_eq!(cid.refusal().await, "locked");
        drop(bob);
    })
    .await;
}

#[tokio::test]
async fn moderators_read_what_was_done_and_others_do_not() {
    story(|house| async move {
        let Meeting {
            mut ann, mut bob, ..
        } = meeting(&house).await;
        ann.act(json!({"kind": "lock", "on": true})).await.unwrap();
        assert_eq!(
            bob.act(json!({"kind": "audit"})).await,
            Err(FORBIDDEN.into())
        );
        ann.act(json!({"kind": "hand_over", "participant": bob.id}))
            .await
            .unwrap();
        assert_eq!(
            ann.act(json!({"kind": "audit"})).await,
            Err(FORBIDDEN.into())
        );
        bob.say(json!({"type": "act", "request": 4, "action": {"kind": "audit"}}))
            .await;
        let audit = bob.hear("audit").await;
        let entries = audit["entries"].as_array().unwrap();
        let deeds: Vec<_> = entries
            .iter()
            .map(|entry| (&entry["action"]["kind"], &entry["whom"]))
            .collect();
        assert_eq!(
            deeds,
            [
                (&json!("hand_over"), &json!("Bob")),
                (&json!("lock"), &json!(null))
            ]
        );
        assert_eq!(entries[0]["by"]["name"], "Ann");
    })
    .await;
}

#[tokio::test]
async fn what_is_written_is_read_by_those_who_come_later() {
    story(|house| async move {
        let Meeting {
            id,
            mut ann,
            mut bob,
        } = meeting(&house).await;
        let text = "<script>alert(1)</script>";
        ann.act(json!({"kind": "say", "text": text, "reply_to": null}))
            .await
            .unwrap();
        let message = bob.hear("chat").await["message"].clone();
        assert_eq!(
            (&message["text"], &message["name"]),
            (&json!(text), &json!("Ann"))
        );
        bob.act(json!({"kind": "say", "text": "Yes", "reply_to": message["id"]}))
            .await
            .unwrap();
        let mut cid = Person::knock(house.address, &id).await;
        cid.say(join("Cid", None)).await;
        let chat = cid.hear("welcome").await["chat"].clone();
        assert_eq!((&chat[0], &chat[1]["reply_to"]), (&message, &message["id"]));
        let long = "x".repeat(2_001);
        let said = bob.act(json!({"kind": "say", "text": long, "reply_to": null}));
        assert_eq!(said.await, Err("bad_text".into()));
    })
    .await;
}

#[tokio::test]
async fn what_moderators_decided_outlives_the_service() {
    let data = tempfile::tempdir().unwrap();
    let (running, house) = start(&data).await;
    let Meeting {
        id,
        mut ann,
        mut bob,
    } = meeting(&house).await;
    let mut mod_ = Person::knock(house.address, &id).await;
    let identity = "mod-mod-mod-mod-mod-mod-mod";
    mod_.say(as_known("Mod", identity)).await;
    let mod_id = mod_.hear("welcome").await["me"]["id"].clone();
    for action in [
        json!({"kind": "role", "participant": mod_id, "role": "moderator"}),
        json!({"kind": "remove", "participant": bob.id, "ban": true}),
        json!({"kind": "permit", "participant": null, "permission": "screen", "allowed": false}),
        json!({"kind": "lobby", "on": true}),
    ] {
        ann.act(action).await.unwrap();
    }
    bob.hear_the_end().await;
    running.shut_down().await;

    let (running, house) = start(&data).await;
    let mut mod_ = Person::knock(house.address, &id).await;
    mod_.say(as_known("Mod again", identity)).await;
    let welcome = mod_.hear("welcome").await;
    let rules = &welcome["conference"]["rules"];
    assert_eq!(
        (
            &welcome["me"]["role"],
            &rules["lobby"],
            &rules["permissions"]["screen"]
        ),
        (&json!("moderator"), &json!(true), &json!(false))
    );
    let mut bob = Person::knock(house.address, &id).await;
    bob.say(join("bob", None)).await;
    assert_eq!(bob.refusal().await, "banned");
    mod_.say(json!({"type": "act", "request": 1, "action": {"kind": "audit"}}))
        .await;
    assert_eq!(
        mod_.hear("audit").await["entries"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    running.shut_down().await;
}

async fn start(data: &tempfile::TempDir) -> (convene::Running, House) {
    let running = Service::start(config(data)).await.unwrap();
    let house = House {
        address: running.address,
        metrics_address: None,
    };
    (running, house)
}
