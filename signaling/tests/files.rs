//! The server's copies of files: who may bring one, who may take it, and what it is served as.

#![allow(clippy::unwrap_used)]

mod common;

use std::net::SocketAddr;

use common::{Answer, Person, ask, join, raw, story, story_with};
use convene::config::Config;
use serde_json::{Value, json};

// Of "abc" (FIPS 180-4, the first example).
const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Somebody who is in, with what he is known by.
struct Member {
    person: Person,
    bearer: String,
}

impl Member {
    async fn join(address: SocketAddr, conference: &str, name: &str) -> (Self, Value) {
        let mut person = Person::knock(address, conference).await;
        person.say(join(name, None)).await;
        let welcome = person.hear("welcome").await;
        person.id = welcome["me"]["id"].as_str().unwrap().to_owned();
        let key = welcome["resume_key"].as_str().unwrap();
        let bearer = format!("Bearer {}.{key}", person.id);
        (Self { person, bearer }, welcome)
    }

    async fn offer(&mut self, name: &str, size: u64) -> Result<(), String> {
        let action = json!({"kind": "offer", "name": name, "size": size, "media_type": "text/html", "sha256": SHA256});
        self.person.act(action).await
    }

    async fn fetch(&mut self, direct: bool) -> Result<(), String> {
        let action = json!({"kind": "fetch", "file": 1, "direct": direct});
        self.person.act(action).await
    }

    async fn put(&self, address: SocketAddr, conference: &str, body: &str) -> Answer {
        request(address, "PUT", conference, &self.bearer, body).await
    }

    async fn get(&self, address: SocketAddr, conference: &str) -> Answer {
        request(address, "GET", conference, &self.bearer, "").await
    }

    /// The next word of whether the server has a copy.
    async fn copy(&mut self) -> String {
        let file = self.person.hear("file").await;
        file["file"]["copy"].as_str().unwrap().to_owned()
    }
}

async fn request(
    address: SocketAddr,
    method: &str,
    conference: &str,
    bearer: &str,
    body: &str,
) -> Answer {
    let path = format!("/api/v1/conferences/{conference}/files/1");
    ask(address, method, &path, &[("authorization", bearer)], body).await
}

/// Ann offers a file, and Bob cannot get it from her.
async fn wanted(address: SocketAddr, conference: &str) -> (Member, Member) {
    let (mut ann, _) = Member::join(address, conference, "Ann").await;
    let (mut bob, _) = Member::join(address, conference, "Bob").await;
    ann.offer("a b\u{56fe}.html", 3).await.unwrap();
    assert_eq!(bob.copy().await, "none");
    bob.fetch(false).await.unwrap();
    assert_eq!(ann.person.hear("upload").await["file"], 1);
    (ann, bob)
}

async fn conference(house: &common::House) -> String {
    let created = house.create(json!({})).await;
    created["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_copy_is_brought_taken_and_nothing_but_a_download() {
    story(|house| async move {
        let (address, id) = (house.address, conference(&house).await);
        let (mut ann, mut bob) = wanted(address, &id).await;
        assert_eq!(ann.put(address, &id, "abc").await.status, 204);
        bob.person
            .hear_where("file", |file| file["file"]["copy"] == "there")
            .await;
        let copy = bob.get(address, &id).await;
        assert_eq!((copy.status, copy.body.as_str()), (200, "abc"));
        for (name, value) in [
            ("content-type", "application/octet-stream"),
            (
                "content-disposition",
                "attachment; filename*=UTF-8''a%20b%E5%9B%BE.html",
            ),
            ("x-content-type-options", "nosniff"),
            (
                "content-security-policy",
                "sandbox; default-src 'none'; frame-ancestors 'none'",
            ),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(copy.header(name), Some(value), "{name}");
        }

        ann.person.say(json!({"type": "leave"})).await;
        bob.person.hear("left").await;
        let (late, welcome) = Member::join(address, &id, "Late").await;
        assert_eq!(welcome["files"][0]["copy"], "there");
        assert_eq!(welcome["files"][0]["by"], "Ann");
        assert_eq!(late.get(address, &id).await.body, "abc");
    })
    .await;
}

#[tokio::test]
async fn only_those_who_are_in_take_it_and_only_whose_it_is_brings_it() {
    story(|house| async move {
        let (address, id) = (house.address, conference(&house).await);
        let (ann, bob) = wanted(address, &id).await;
        for bearer in [
            "",
            "Bearer x",
            "Bearer x.y",
            &format!("Bearer {}.y", ann.person.id),
        ] {
            for method in ["PUT", "GET"] {
                let answer = request(address, method, &id, bearer, "abc").await;
                assert_eq!(
                    (answer.status, &*answer.code()),
                    (401, "bad_token"),
                    "{bearer}"
                );
            }
        }
        let answer = bob.put(address, &id, "abc").await;
        assert_eq!((answer.status, &*answer.code()), (409, "out_of_order"));
        let answer = bob.get(address, &id).await;
        assert_eq!((answer.status, &*answer.code()), (404, "out_of_order"));
        let path = format!("/api/v1/conferences/{id}/files/1");
        for method in ["PUT", "GET"] {
            let headers = [
                ("authorization", &*ann.bearer),
                ("origin", "https://evil.example"),
            ];
            assert_eq!(
                ask(address, method, &path, &headers, "abc").await.status,
                403
            );
        }
        assert_eq!(ask(address, "POST", &path, &[], "").await.status, 405);
        let nothing = format!("/api/v1/conferences/{id}/files/x");
        let headers = [("authorization", &*ann.bearer)];
        assert_eq!(
            ask(address, "GET", &nothing, &headers, "").await.status,
            404
        );
        assert_eq!(ann.put(address, &id, "abc").await.status, 204);
        assert_eq!(
            ann.put(address, &id, "abc").await.status,
            409,
            "once is enough"
        );
    })
    .await;
}

#[tokio::test]
async fn another_file_is_not_kept() {
    story(|house| async move {
        let (address, id) = (house.address, conference(&house).await);
        let (ann, mut bob) = wanted(address, &id).await;
        for body in ["abd", "ab", "abcd"] {
            let answer = ann.put(address, &id, body).await;
            assert_eq!((answer.status, &*answer.code()), (422, "bad_file"), "{body}");
            bob.person
                .hear_where("file", |file| file["file"]["copy"] == "none")
                .await;
            bob.fetch(false).await.unwrap();
        }
        // One that breaks off: the service hears of no end.
        let head = format!(
            "PUT /api/v1/conferences/{id}/files/1 HTTP/1.1\r\nhost: {address}\r\nauthorization: {}\r\ncontent-length: 3\r\n\r\na",
            ann.bearer
        );
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes()).await.unwrap();
        drop(stream);
        bob.person
            .hear_where("file", |file| file["file"]["copy"] == "none")
            .await;
        assert_eq!(raw(address, "GET /healthz HTTP/1.0\r\n\r\n").await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn the_server_takes_no_more_than_its_operator_says() {
    story_with(
        |config: &mut Config| config.file_limit = 2,
        |house| async move {
            let (address, id) = (house.address, conference(&house).await);
            let (mut ann, _) = Member::join(address, &id, "Ann").await;
            let (mut bob, _) = Member::join(address, &id, "Bob").await;
            ann.offer("abc", 3).await.unwrap();
            bob.fetch(true).await.unwrap();
            assert_eq!(bob.fetch(false).await.unwrap_err(), "too_large");
            assert_eq!(ann.offer("", 3).await.unwrap_err(), "bad_file");
            assert_eq!(ann.put(address, &id, "abc").await.status, 409);
        },
    )
    .await;
}

#[tokio::test]
async fn whoever_asks_too_often_waits() {
    story(|house| async move {
        let (address, id) = (house.address, conference(&house).await);
        let (ann, bob) = wanted(address, &id).await;
        let mut statuses = Vec::new();
        for _ in 0..70 {
            statuses.push(bob.get(address, &id).await.status);
        }
        assert!(
            statuses.starts_with(&[404; 60]) && statuses.contains(&429),
            "{statuses:?}"
        );
        assert_eq!(
            ann.put(address, &id, "abc").await.status,
            204,
            "others do not"
        );
    })
    .await;
}
