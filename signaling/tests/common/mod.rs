//! A service of a test's own, and clients that speak to it.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

pub mod agent;

use std::{net::SocketAddr, time::Duration};

use convene::{
    Service,
    config::{Config, Settings},
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

pub const PATIENCE: Duration = Duration::from_secs(40);

/// A running service.
#[derive(Clone)]
pub struct House {
    pub address: SocketAddr,
    pub metrics_address: Option<SocketAddr>,
}

pub fn config(data: &TempDir) -> Config {
    let settings = Settings {
        listen: Some("127.0.0.1:0".parse().unwrap()),
        data_dir: Some(data.path().to_owned()),
        creations_per_minute: Some(1000),
        udp_port: Some(0),
        ..Settings::default()
    };
    settings.resolve().unwrap()
}

/// Tells a story in a service of its own, which ends in order however the story ends.
pub async fn story<F: Future<Output = ()> + Send + 'static>(told: impl FnOnce(House) -> F) {
    story_with(|_| {}, told).await;
}

pub async fn story_with<F: Future<Output = ()> + Send + 'static>(
    change: impl FnOnce(&mut Config),
    told: impl FnOnce(House) -> F,
) {
    let data = tempfile::tempdir().unwrap();
    let mut config = config(&data);
    change(&mut config);
    let running = Service::start(config).await.unwrap();
    let house = House {
        address: running.address,
        metrics_address: running.metrics_address,
    };
    let ended = tokio::spawn(told(house)).await;
    running.shut_down().await;
    if let Err(error) = ended {
        std::panic::resume_unwind(error.into_panic());
    }
}

impl House {
    pub async fn create(&self, body: Value) -> Value {
        let answer = post(self.address, "/api/v1/conferences", &[], &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
    /// The body as it came.
    pub octets: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The `code` of an `ApiError`.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

/// Sends a request as it stands.
pub async fn raw(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let begin = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let octets = begin.map_or(&[][..], |at| &bytes[at + 4..]);
    let status = head.split(' ').nth(1).unwrap_or("0").parse().unwrap();
    Answer {
        status,
        head: head.into(),
        body: body.into(),
        octets: octets.to_vec(),
    }
}

pub async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let length = body.len();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    );
    raw(address, &request).await
}

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    ask(address, "GET", path, &[], "").await
}

pub async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &Value,
) -> Answer {
    let mut all = vec![("content-type", "application/json")];
    all.extend_from_slice(headers);
    ask(address, "POST", path, &all, &body.to_string()).await
}

/// A participant's socket.
pub struct Person {
    pub socket: WebSocketStream<TcpStream>,
    pub id: String,
}

impl Person {
    /// Opens a socket and says nothing.
    pub async fn knock(address: SocketAddr, conference: &str) -> Self {
        Self::knock_from(address, conference, None).await.unwrap()
    }

    pub async fn knock_from(
        address: SocketAddr,
        conference: &str,
        origin: Option<&str>,
    ) -> Result<Self, String> {
        let url = format!("ws://{address}/api/v1/conferences/{conference}/socket");
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request
                .headers_mut()
                .insert("origin", HeaderValue::from_str(origin).unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let (socket, _) = client_async(request, stream)
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            socket,
            id: String::new(),
        })
    }

    /// Enters, and hears `welcome`.
    pub async fn join(address: SocketAddr, conference: &str, name: &str) -> Self {
        Self::join_with(address, conference, name, None).await
    }

    pub async fn join_with(
        address: SocketAddr,
        conference: &str,
        name: &str,
        token: Option<&str>,
    ) -> Self {
        let mut person = Self::knock(address, conference).await;
        person.say(join(name, token)).await;
        let welcome = person.hear("welcome").await;
        person.id = welcome["me"]["id"].as_str().unwrap().to_owned();
        person
    }

    /// The same participant on a new socket: what he is welcomed with.
    pub async fn resume(
        address: SocketAddr,
        conference: &str,
        welcome: &Value,
        has_leg: bool,
    ) -> (Self, Value) {
        let mut person = Self::knock(address, conference).await;
        let resume = json!({"type": "resume", "participant": welcome["me"]["id"],
            "key": welcome["resume_key"], "has_leg": has_leg});
        person.say(resume).await;
        let again = person.hear("welcome").await;
        person.id = again["me"]["id"].as_str().unwrap().to_owned();
        (person, again)
    }

    /// Asks for something; hears that it is done, or why not.
    pub async fn act(&mut self, action: Value) -> Result<(), String> {
        self.say(json!({"type": "act", "request": 9, "action": action}))
            .await;
        let answer = async {
            loop {
                let message = self.next().await.expect("an answer");
                if message["request"] == 9 {
                    return message;
                }
            }
        };
        let answer = timeout(PATIENCE, answer).await.expect("an answer in time");
        match answer["type"].as_str() {
            Some("done") => Ok(()),
            _ => Err(answer["code"].as_str().unwrap().to_owned()),
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next message of this type; others before it are skipped.
    pub async fn hear(&mut self, kind: &str) -> Value {
        self.hear_where(kind, |_| true).await
    }

    pub async fn hear_where(&mut self, kind: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let hearing = async {
            loop {
                let message = self
                    .next()
                    .await
                    .unwrap_or_else(|| panic!("closed before {kind}"));
                if message["type"] == kind && fits(&message) {
                    return message;
                }
            }
        };
        timeout(PATIENCE, hearing)
            .await
            .unwrap_or_else(|_| panic!("no {kind} came"))
    }

    /// The next refusal's code.
    pub async fn refusal(&mut self) -> String {
        self.hear("error").await["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Waits for the end of the socket.
    pub async fn hear_the_end(&mut self) {
        let hearing = async { while self.next().await.is_some() {} };
        timeout(PATIENCE, hearing)
            .await
            .expect("the socket is closed");
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }
}

pub fn join(name: &str, token: Option<&str>) -> Value {
    let publishing = json!({"microphone": true, "camera": true, "screen": false});
    json!({"type": "join", "name": name, "token": token, "publishing": publishing})
}
