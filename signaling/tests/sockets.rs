//! Participants' sockets: who gets in, what is refused and by what name, and that nobody else is harmed by it.

#![allow(clippy::unwrap_used)]

mod common;

use common::{House, PATIENCE, Person, ask, get, join, post, story};
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

async fn conference(house: &House) -> String {
    house.create(json!({})).await["id"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// That two others hear of each other.
async fn goes_on(ann: &mut Person, bob: &mut Person) {
    let signal = json!({"kind": "candidate", "candidate": "", "mid": null, "mline_index": null});
    ann.say(json!({"type": "pair", "to": bob.id, "signal": signal}))
        .await;
    let heard = bob.hear("pair").await;
    assert_eq!(
        (&heard["from"], &heard["signal"]),
        (&json!(ann.id), &signal)
    );
}

#[tokio::test]
async fn people_come_meet_and_go() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        assert_eq!(ann.hear("joined").await["participant"]["name"], "Bob");
        goes_on(&mut ann, &mut bob).await;
        bob.say(json!({"type": "publish", "publishing": {"microphone": false, "camera": true, "screen": true}})).await;
        let updated = ann.hear_where("updated", |m| m["participant"]["id"] == bob.id.as_str()).await;
        assert_eq!(updated["participant"]["publishing"]["screen"], true);
        bob.say(json!({"type": "leave"})).await;
        bob.hear_the_end().await;
        assert_eq!(ann.hear("left").await["reason"], "left");
    })
    .await;
}

#[tokio::test]
async fn loudness_is_between_nothing_and_double() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        let gains = |whom: &str, gain: f64| {
            json!({"type": "gains", "gains": [{"participant": whom, "gain": gain}]})
        };
        for wrong in [gains(&ann.id, 2.5), gains(&ann.id, -1.0)] {
            bob.say(wrong).await;
            assert_eq!(bob.refusal().await, "malformed");
        }
        for right in [gains(&ann.id, 0.0), gains(&ann.id, 2.0), gains("nobody", 0.5)] {
            bob.say(right).await;
        }
        bob.say(json!({"type": "dance"})).await;
        let refused = bob.hear("error").await["message"].to_string();
        assert!(refused.contains("dance"), "nothing before it: {refused}");
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn when_a_picture_was_captured_goes_to_the_other_end() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        let signal = json!({"kind": "captures", "source": "camera", "rtp_time": u32::MAX, "captured_ms": 1_764_536_400_123.25});
        ann.say(json!({"type": "pair", "to": bob.id, "signal": signal}))
            .await;
        assert_eq!(bob.hear("pair").await["signal"], signal);
        goes_on(&mut bob, &mut ann).await;
    })
    .await;
}

#[tokio::test]
async fn how_far_voice_and_picture_are_apart_is_counted() {
    story(|house| async move {
        let id = conference(&house).await;
        let ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        let skew = |whom: &str, path: &str, ms: i32| json!({"participant": whom, "path": path, "skew_ms": ms});
        let skews = [
            skew(&ann.id, "peer", -50),
            skew(&ann.id, "peer", 30),
            skew(&bob.id, "peer", 30),
            skew("nobody", "peer", 30),
        ];
        bob.say(json!({"type": "skews", "skews": skews})).await;
        bob.say(json!({"type": "skews", "skews": [skew(&ann.id, "server", 10_001)]})).await;
        assert_eq!(bob.refusal().await, "malformed");
        let text = get(house.address, "/metrics").await.body;
        for line in [
            "convene_skew_seconds_bucket{path=\"peer\",le=\"-0.06\"} 0",
            "convene_skew_seconds_bucket{path=\"peer\",le=\"-0.045\"} 1",
            "convene_skew_seconds_count{path=\"peer\"} 1",
            "convene_skew_seconds_count{path=\"server\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_moderator_learns_how_pictures_go_and_why() {
    story(|house| async move {
        let created = house.create(json!({})).await;
        let id = created["id"].as_str().unwrap();
        let mut ann = Person::join(house.address, id, "Ann").await;
        let bob = Person::join(house.address, id, "Bob").await;
        let path = format!("/api/v1/conferences/{id}/paths");
        let bearer = format!("Bearer {}", created["moderator_token"].as_str().unwrap());
        let people = format!("/api/v1/conferences/{id}/participants");
        let asks_for = async |path: &str, headers: &[(&str, &str)]| {
            ask(house.address, "GET", path, headers, "").await
        };
        let asks = async |headers: &[(&str, &str)]| asks_for(&path, headers).await;
        let row = |publisher: &str, subscriber: &str, path, why| {
            json!({"publisher": publisher, "subscriber": subscriber, "source": "camera",
                "path": path, "relay": null, "why": why})
        };
        assert_eq!(asks(&[]).await.status, 401);
        let moderator = [("authorization", bearer.as_str())];
        let answer = asks(&moderator).await;
        let direct = [
            row(&ann.id, &bob.id, "direct", "trying"),
            row(&bob.id, &ann.id, "direct", "trying"),
        ];
        assert_eq!((answer.status, answer.json()), (200, json!(direct)));
        ann.say(json!({"type": "wish", "wishes": {"relays": false, "hides_address": true, "uplink": null}}))
            .await;
        ann.hear_where("path", |m| m["path"] == "server").await;
        let answer = asks(&moderator).await;
        let hidden = [
            row(&ann.id, &bob.id, "server", "hides_address"),
            row(&bob.id, &ann.id, "server", "hides_address"),
        ];
        assert_eq!(answer.json(), json!(hidden));
        let people = asks_for(&people, &moderator).await.json();
        let hides: Vec<_> = people.as_array().unwrap().iter().map(|p| &p["hides_address"]).collect();
        assert_eq!(hides, [true, false]);
    })
    .await;
}

/// M-lines of sound in an offer.
fn sounds(offer: &Value) -> usize {
    offer["sdp"].as_str().unwrap().matches("m=audio").count()
}

#[tokio::test]
async fn the_moderator_changes_how_sound_is_sent() {
    story(|house| async move {
        let created = house
            .create(json!({"sound": "relay", "max_participants": 3}))
            .await;
        let (id, token) = (
            created["id"].as_str().unwrap(),
            created["moderator_token"].as_str().unwrap(),
        );
        let mut ann = Person::join_with(house.address, id, "Ann", Some(token)).await;
        assert_eq!(
            sounds(&ann.hear("offer").await),
            1 + 2,
            "the mix, and two others"
        );
        let mut bob = Person::join(house.address, id, "Bob").await;
        bob.say(json!({"type": "sound", "mode": "mix"})).await;
        assert_eq!(bob.refusal().await, "forbidden");
        ann.say(json!({"type": "sound", "mode": "stereo"})).await;
        assert_eq!(ann.refusal().await, "malformed");
        ann.say(json!({"type": "sound", "mode": "mix"})).await;
        for person in [&mut ann, &mut bob] {
            assert_eq!(person.hear("sound").await["mode"], "mix");
        }
        let mut cid = Person::knock(house.address, id).await;
        cid.say(join("Cid", None)).await;
        assert_eq!(cid.hear("welcome").await["sound"], "mix");
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn the_leg_makes_its_offer() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let offer = ann.hear("offer").await;
        assert!(offer["sdp"].as_str().unwrap().contains("m=audio"));
        assert!(offer["camera_mid"].as_str().unwrap().starts_with("video"));
    })
    .await;
}

#[tokio::test]
async fn no_more_come_in_than_may() {
    story(|house| async move {
        let created = house.create(json!({"max_participants": 2})).await;
        let id = created["id"].as_str().unwrap();
        let mut ann = Person::join(house.address, id, "Ann").await;
        let mut bob = Person::join(house.address, id, "Bob").await;
        let mut cid = Person::knock(house.address, id).await;
        cid.say(join("Cid", None)).await;
        let error = cid.hear("error").await;
        assert_eq!(
            (&error["code"], &error["fatal"]),
            (&json!("full"), &json!(true))
        );
        cid.hear_the_end().await;
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn tokens_give_roles_and_only_here() {
    story(|house| async move {
        let created = house.create(json!({})).await;
        let (id, token) = (
            created["id"].as_str().unwrap(),
            created["moderator_token"].as_str().unwrap(),
        );
        let other = conference(&house).await;

        for (conference, token) in [(other.as_str(), token), (id, "nonsense")] {
            let mut eve = Person::knock(house.address, conference).await;
            eve.say(join("Eve", Some(token))).await;
            assert_eq!(eve.refusal().await, "bad_token");
            eve.hear_the_end().await;
        }
        let mut bob = Person::join(house.address, id, "Bob").await;
        bob.say(json!({"type": "end"})).await;
        assert_eq!(bob.refusal().await, "forbidden");
        let path = format!("/api/v1/conferences/{id}/tokens");
        let wish = json!({"role": "listener", "valid_seconds": 60});
        let issued = post(
            house.address,
            &path,
            &[("authorization", &format!("Bearer {token}"))],
            &wish,
        )
        .await
        .json();
        let mut lis = Person::knock(house.address, id).await;
        lis.say(join("Lis", issued["token"].as_str())).await;
        let me = lis.hear("welcome").await["me"].clone();
        assert_eq!(
            (&me["role"], &me["publishing"]["camera"]),
            (&json!("listener"), &json!(false))
        );

        let mut ann = Person::join_with(house.address, id, "Ann", Some(token)).await;
        ann.say(json!({"type": "end"})).await;
        for person in [&mut ann, &mut bob, &mut lis] {
            assert_eq!(person.hear("ended").await["reason"], "moderator");
            person.hear_the_end().await;
        }
    })
    .await;
}

#[tokio::test]
async fn whoever_enters_is_told_where_to_ask_for_his_address() {
    story(|house| async move {
        let created = house.create(json!({})).await;
        let id = created["id"].as_str().unwrap();
        let mut ann = Person::knock(house.address, id).await;
        ann.say(join("Ann", None)).await;
        let welcome = ann.hear("welcome").await;
        let url = welcome["stun_urls"][0].as_str().unwrap().to_owned();
        let server = url.strip_prefix("stun:").unwrap();
        let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
        stranger.send_to(&request, server).await.unwrap();
        let mut answer = [0; 100];
        let received = stranger.recv_from(&mut answer);
        let (length, _) = tokio::time::timeout(PATIENCE, received)
            .await
            .unwrap()
            .unwrap();
        assert_eq!((length, &answer[..2]), (32, &[1, 1][..]));
    })
    .await;
}

#[tokio::test]
async fn an_expired_token_gives_nothing() {
    story(|house| async move {
        let created = house.create(json!({})).await;
        let (id, token) = (
            created["id"].as_str().unwrap(),
            created["moderator_token"].as_str().unwrap(),
        );
        let path = format!("/api/v1/conferences/{id}/tokens");
        let wish = json!({"role": "speaker", "valid_seconds": 1});
        let issued = post(
            house.address,
            &path,
            &[("authorization", &format!("Bearer {token}"))],
            &wish,
        )
        .await
        .json();
        let refused = async {
            loop {
                let mut late = Person::knock(house.address, id).await;
                late.say(join("Late", issued["token"].as_str())).await;
                let first = late.hear_anything().await;
                if first["type"] == "error" {
                    return first;
                }
                late.say(json!({"type": "leave"})).await;
                late.hear_the_end().await;
            }
        };
        let error = tokio::time::timeout(PATIENCE, refused).await.unwrap();
        assert_eq!(error["code"], "bad_token");
        assert!(error["message"].as_str().unwrap().contains("expired"));
    })
    .await;
}

#[tokio::test]
async fn scripts_of_other_sites_get_no_socket() {
    story(|house| async move {
        let id = conference(&house).await;
        let own = format!("http://{}", house.address);
        for (origin, allowed) in [
            (own.as_str(), true),
            ("https://evil.example", false),
            ("null", false),
        ] {
            let knocked = Person::knock_from(house.address, &id, Some(origin)).await;
            assert_eq!(knocked.is_ok(), allowed, "{origin}");
        }
    })
    .await;
}

#[tokio::test]
async fn bad_messages_are_named_and_harm_nobody() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        let mut eve = Person::knock(house.address, &id).await;
        eve.say(json!({"type": "end"})).await;
        assert_eq!(eve.refusal().await, "out_of_order");
        eve.say(join("Eve", None)).await;
        eve.hear("offer").await;
        let long = format!(
            "{{\"type\":\"answer\",\"sdp\":\"{}\"}}",
            "x".repeat(300_000)
        );
        let again = join("Eve", None).to_string();
        let nobody = json!({"type": "pair_state", "peer": "nobody", "state": "failed"}).to_string();
        let candidate =
            json!({"type": "candidate", "candidate": "over there", "mline_index": 0}).to_string();
        let table = [
            ("{", "malformed"),
            (r#"{"type":"dance"}"#, "malformed"),
            (r#"{"type":"leave","now":true}"#, "malformed"),
            (long.as_str(), "too_large"),
            (again.as_str(), "out_of_order"),
            (r#"{"type":"restart","offer":"v=0"}"#, "out_of_order"),
            (nobody.as_str(), "no_participant"),
            (candidate.as_str(), "bad_candidate"),
            (r#"{"type":"answer","sdp":"no sdp"}"#, "bad_sdp"),
            (r#"{"type":"answer","sdp":"again no sdp"}"#, "bad_sdp"),
        ];
        for (text, code) in table {
            eve.say_text(text).await;
            assert_eq!(eve.refusal().await, code, "{text:.80}");
        }
        eve.socket
            .send(Message::binary(vec![1, 2, 3]))
            .await
            .unwrap();
        assert_eq!(eve.refusal().await, "malformed");
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn names_are_checked() {
    story(|house| async move {
        let id = conference(&house).await;
        for name in ["", "   ", &"x".repeat(65), "a\u{7}b"] {
            let mut person = Person::knock(house.address, &id).await;
            person.say(join(name, None)).await;
            assert_eq!(person.refusal().await, "bad_name", "{name:?}");
            person.hear_the_end().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_beyond_all_measure_closes_its_socket_only() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        let mut eve = Person::join(house.address, &id, "Eve").await;
        // Its head alone says how long it is; the rest need not come for it to be refused.
        let head = [0x81, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0];
        tokio::io::AsyncWriteExt::write_all(eve.socket.get_mut(), &head)
            .await
            .unwrap();
        assert_eq!(eve.refusal().await, "too_large");
        eve.hear_the_end().await;
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_messages_is_ended() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let mut bob = Person::join(house.address, &id, "Bob").await;
        let mut eve = Person::join(house.address, &id, "Eve").await;
        let want = json!({"type": "want", "pictures": []}).to_string();
        for _ in 0..4_000 {
            if eve.socket.send(Message::text(want.clone())).await.is_err() {
                break;
            }
        }
        assert_eq!(eve.refusal().await, "too_many");
        eve.hear_the_end().await;
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn a_page_that_stops_reading_is_let_go() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let deaf = Person::join(house.address, &id, "Deaf").await;
        // More than the kernel's buffers between the two can hold.
        let sdp = "x".repeat(100_000);
        let signal = json!({"kind": "description", "description_type": "offer", "sdp": sdp});
        for _ in 0..200 {
            ann.say(json!({"type": "pair", "to": deaf.id, "signal": signal}))
                .await;
        }
        let left = ann
            .hear_where("left", |m| m["participant"] == deaf.id.as_str())
            .await;
        assert_eq!(left["reason"], "vanished");
        let mut bob = Person::join(house.address, &id, "Bob").await;
        goes_on(&mut ann, &mut bob).await;
    })
    .await;
}

#[tokio::test]
async fn who_vanishes_without_a_word_is_missed() {
    story(|house| async move {
        let id = conference(&house).await;
        let mut ann = Person::join(house.address, &id, "Ann").await;
        let gone = Person::join(house.address, &id, "Gone").await;
        let gone_id = gone.id.clone();
        drop(gone);
        let left = ann
            .hear_where("left", |m| m["participant"] == gone_id.as_str())
            .await;
        assert_eq!(left["reason"], "vanished");
        assert_eq!(
            get(house.address, &format!("/api/v1/conferences/{id}"))
                .await
                .json()["participants"],
            1
        );
    })
    .await;
}

impl Person {
    async fn hear_anything(&mut self) -> Value {
        use futures_util::StreamExt;
        loop {
            if let Message::Text(text) = self.socket.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }
}
