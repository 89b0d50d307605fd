//! The REST API and the page's files, over plain TCP.

#![allow(clippy::unwrap_used)]

mod common;

use std::{io::Read, net::SocketAddr};

use common::{Answer, Person, ask, get, join, post, raw, story, story_with};
use convene::{Secret, config::Config};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

const CONFERENCES: &str = "/api/v1/conferences";

fn id(created: &Value) -> &str {
    created["id"].as_str().unwrap()
}

fn bearer(created: &Value) -> String {
    format!("Bearer {}", created["moderator_token"].as_str().unwrap())
}

async fn with_token(address: SocketAddr, method: &str, path: &str, bearer: &str) -> Answer {
    ask(address, method, path, &[("authorization", bearer)], "").await
}

#[tokio::test]
async fn conferences_are_created_listed_looked_at_and_ended() {
    story(|house| async move {
        let address = house.address;
        let open = house
            .create(json!({"title": "Stand-up", "max_participants": 5, "listed": true}))
            .await;
        let secret = house.create(json!({})).await;
        assert!(
            open["url"]
                .as_str()
                .unwrap()
                .ends_with(&format!("/c/{}", id(&open)))
        );
        let list = get(address, CONFERENCES).await.json();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!(
            (&list[0]["title"], &list[0]["max_participants"]),
            (&json!("Stand-up"), &json!(5))
        );
        let path = format!("{CONFERENCES}/{}", id(&secret));
        assert_eq!(get(address, &path).await.json()["max_participants"], 50);

        let mut ann = Person::join(address, id(&secret), "Ann").await;
        assert_eq!(get(address, &path).await.json()["participants"], 1);
        assert_eq!(
            with_token(address, "DELETE", &path, &bearer(&secret))
                .await
                .status,
            204
        );
        assert_eq!(ann.hear("ended").await["reason"], "moderator");
        ann.hear_the_end().await;
        let mut late = Person::knock(address, id(&secret)).await;
        late.say(join("Late", None)).await;
        assert_eq!(late.refusal().await, "no_conference");
    })
    .await;
}

#[tokio::test]
async fn every_refusal_has_its_status_and_its_name() {
    story(|house| async move {
        let address = house.address;
        let json_type = ("content-type", "application/json");
        let long = format!("{{\"title\":\"{}\"}}", "x".repeat(20_000));
        let title = format!("{{\"title\":\"{}\"}}", "x".repeat(121));
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let table: [(&str, &str, Headers<'_>, &str, u16, &str); 13] = [
            ("GET", "/api/v1/nothing", &[], "", 404, "malformed"),
            ("PUT", CONFERENCES, &[], "", 405, "malformed"),
            ("POST", CONFERENCES, &[], "{}", 415, "malformed"),
            ("POST", CONFERENCES, &[json_type], &long, 413, "too_large"),
            ("POST", CONFERENCES, &[json_type], "{", 400, "malformed"),
            (
                "POST",
                CONFERENCES,
                &[json_type],
                r#"{"colour":1}"#,
                400,
                "malformed",
            ),
            (
                "POST",
                CONFERENCES,
                &[json_type],
                r#"{"max_participants":1}"#,
                400,
                "malformed",
            ),
            ("POST", CONFERENCES, &[json_type], &title, 400, "malformed"),
            (
                "POST",
                CONFERENCES,
                &[json_type, ("origin", "https://evil.example")],
                "{}",
                403,
                "forbidden",
            ),
            (
                "GET",
                "/api/v1/conferences/aaaaaaaaaaaaaaaa",
                &[],
                "",
                404,
                "no_conference",
            ),
            (
                "DELETE",
                "/api/v1/conferences/aaaaaaaaaaaaaaaa",
                &[],
                "",
                401,
                "bad_token",
            ),
            (
                "GET",
                "/api/v1/conferences/aaaaaaaaaaaaaaaa/socket",
                &[],
                "",
                426,
                "malformed",
            ),
            ("GET", "/no-such-file.js", &[], "", 404, "malformed"),
        ];
        for (method, path, headers, body, status, code) in table {
            let answer = ask(address, method, path, headers, body).await;
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (status, code),
                "{method} {path} {answer:?}"
            );
            assert!(!answer.json()["message"].as_str().unwrap().is_empty());
        }
        let answer = ask(address, "PUT", CONFERENCES, &[], "").await;
        assert_eq!(answer.header("allow"), Some("GET, POST"));
    })
    .await;
}

#[tokio::test]
async fn what_is_not_http_harms_nobody() {
    story(|house| async move {
        for junk in [
            "\0\x01\x02\r\n\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
        ] {
            raw(house.address, junk).await;
        }
        assert_eq!(get(house.address, "/healthz").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn only_a_moderator_of_this_conference_asks_who_is_where() {
    story(|house| async move {
        let address = house.address;
        let (ours, theirs) = (house.create(json!({})).await, house.create(json!({})).await);
        let path = format!("{CONFERENCES}/{}/participants", id(&ours));
        let ann = Person::join(address, id(&ours), "Ann").await;

        assert_eq!(get(address, &path).await.status, 401);
        assert_eq!(
            with_token(address, "GET", &path, &bearer(&theirs))
                .await
                .status,
            401
        );
        let tokens = format!("{CONFERENCES}/{}/tokens", id(&ours));
        let wish = json!({"role": "listener", "valid_seconds": 60});
        let auth = bearer(&ours);
        let issued = post(address, &tokens, &[("authorization", &auth)], &wish).await;
        assert_eq!(issued.status, 201, "{issued:?}");
        let listener = format!("Bearer {}", issued.json()["token"].as_str().unwrap());
        assert_eq!(
            with_token(address, "GET", &path, &listener).await.status,
            403
        );

        let people = with_token(address, "GET", &path, &auth).await.json();
        assert_eq!(
            (&people[0]["id"], &people[0]["name"]),
            (&json!(ann.id), &json!("Ann"))
        );
        assert_eq!(people[0]["addresses"][0]["origin"], "socket");
        assert_eq!(people[0]["addresses"][0]["address"], "127.0.0.1");
        let found = with_token(address, "GET", &format!("{path}?address=127.0.0.1"), &auth)
            .await
            .json();
        assert_eq!(found.as_array().unwrap().len(), 1);
        let found = with_token(address, "GET", &format!("{path}?address=10.9.9.9"), &auth)
            .await
            .json();
        assert_eq!(found, json!([]));
    })
    .await;
}

#[tokio::test]
async fn tokens_have_a_longest_life() {
    story(|house| async move {
        let ours = house.create(json!({})).await;
        let tokens = format!("{CONFERENCES}/{}/tokens", id(&ours));
        for valid in [0, 30 * 24 * 3600 + 1] {
            let wish = json!({"role": "speaker", "valid_seconds": valid});
            let answer = post(
                house.address,
                &tokens,
                &[("authorization", &bearer(&ours))],
                &wish,
            )
            .await;
            assert_eq!(answer.status, 400, "{valid}");
        }
    })
    .await;
}

#[tokio::test]
async fn creating_too_often_is_refused_and_asks_for_a_token_where_the_operator_does() {
    let strict = |config: &mut Config| {
        config.creations_per_minute = 2;
        config.create_token = Some(Secret::new("sesame"));
        config.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    };
    story_with(strict, |house| async move {
        let create = async |token: &str, from: &str| {
            let headers = [("authorization", token), ("x-forwarded-for", from)];
            post(house.address, CONFERENCES, &headers, &json!({}))
                .await
                .status
        };
        assert_eq!(create("Bearer guess", "203.0.113.1").await, 401);
        assert_eq!(create("Bearer sesame", "203.0.113.1").await, 201);
        assert_eq!(create("Bearer sesame", "203.0.113.1").await, 201);
        assert_eq!(create("Bearer sesame", "203.0.113.1").await, 429);
        assert_eq!(create("Bearer sesame", "203.0.113.2").await, 201);
    })
    .await;
}

#[tokio::test]
async fn the_page_is_kept_to_itself() {
    story(|house| async move {
        let page = get(house.address, "/i18n.js").await;
        assert_eq!(page.status, 200);
        assert_eq!(
            page.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        let policy = page.header("content-security-policy").unwrap();
        let socket = format!("ws://{}", house.address);
        for part in [
            "default-src 'self'",
            "frame-ancestors 'self'",
            socket.as_str(),
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe"));
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
        ] {
            assert_eq!(page.header(name), Some(value));
        }
        let tag = page.header("etag").unwrap();
        let again = ask(
            house.address,
            "GET",
            "/i18n.js",
            &[("if-none-match", tag)],
            "",
        )
        .await;
        assert_eq!((again.status, again.body.as_str()), (304, ""));
        for hidden in [
            "/package.json",
            "/node_modules/typescript/package.json",
            "/../Cargo.toml",
            "/%2e%2e/Cargo.toml",
        ] {
            assert_eq!(get(house.address, hidden).await.status, 404, "{hidden}");
        }
    })
    .await;
}

#[tokio::test]
async fn only_sites_that_the_operator_lists_show_the_page_in_a_frame() {
    let site = "https://intranet.example.org:8443";
    let listed = move |config: &mut Config| config.embed_origins = vec![site.parse().unwrap()];
    story_with(listed, move |house| async move {
        let page = get(house.address, "/c/aaaaaaaaaaaaaaaa").await;
        let policy = page.header("content-security-policy").unwrap();
        let frames = policy.split("frame-ancestors ").nth(1).unwrap();
        assert_eq!(frames, format!("'self' {site}"));
        // The site delegates both with `allow`; the page passes them on to nobody.
        let permissions = page.header("permissions-policy").unwrap();
        assert!(permissions.contains("camera=(self), microphone=(self)"));
        assert_eq!(page.header("x-frame-options"), None);
        let told = get(house.address, "/api/v1/embedding").await.json();
        assert_eq!(told, json!({"origins": [site]}));
    })
    .await;
}

#[tokio::test]
async fn the_page_comes_in_gzip_to_whoever_takes_it() {
    story(|house| async move {
        let plain = get(house.address, "/i18n.js").await;
        assert_eq!(plain.header("content-encoding"), None);
        let takes = ("accept-encoding", "br, gzip");
        let small = ask(house.address, "GET", "/i18n.js", &[takes], "").await;
        assert_eq!(small.header("content-encoding"), Some("gzip"));
        assert_eq!(small.header("vary"), Some("accept-encoding"));
        let mut text = String::new();
        GzDecoder::new(&*small.octets)
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, plain.body);
        assert!(small.octets.len() < plain.octets.len());
        let tag = small.header("etag").unwrap();
        assert_ne!(Some(tag), plain.header("etag"));
        let known = ("if-none-match", tag);
        let again = ask(house.address, "GET", "/i18n.js", &[takes, known], "").await;
        assert_eq!((again.status, again.octets.len()), (304, 0));
    })
    .await;
}

#[tokio::test]
async fn both_pages_are_there() {
    story(|house| async move {
        for path in ["/", "/c/aaaaaaaaaaaaaaaa"] {
            let page = get(house.address, path).await;
            assert_eq!(page.status, 200, "{path}");
            assert_eq!(
                page.header("content-type"),
                Some("text/html; charset=utf-8")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn the_description_and_the_counters_are_served() {
    story(|house| async move {
        let address = house.address;
        assert_eq!(
            get(address, "/api/v1/openapi.json").await.json()["openapi"],
            "3.1.0"
        );
        let conference = house.create(json!({})).await;
        let _ann = Person::join(address, id(&conference), "Ann").await;
        let text = get(address, "/metrics").await.body;
        for line in [
            "convene_conferences 1\n",
            "convene_participants 1\n",
            "convene_video_bytes_received_total 0\n",
            "convene_ice_connections 0\n",
            "convene_ice_packets_total{ending=\"silence\"} 0\n",
            "convene_audio_packets_total{ending=\"inbox-full\"} ",
            "convene_audio_packets_total{ending=\"unheard\"} ",
            "convene_audio_frame_seconds_bucket{le=\"+Inf\"} ",
        ] {
            assert!(text.contains(line), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_counters_can_have_a_listener_of_their_own() {
    let apart = |config: &mut Config| config.metrics_listen = Some("127.0.0.1:0".parse().unwrap());
    story_with(apart, |house| async move {
        assert_eq!(get(house.address, "/metrics").await.status, 403);
        let metrics = house.metrics_address.unwrap();
        assert!(
            get(metrics, "/metrics")
                .await
                .body
                .contains("convene_conferences 0")
        );
        assert_eq!(get(metrics, CONFERENCES).await.status, 404);
    })
    .await;
}
