//! The program itself: how it is configured, that it keeps what it should, and how it ends.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{Answer, PATIENCE, Person, get, post};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        self,
        pki_types::{CertificateDer, pem::PemObject},
    },
};

const BINARY: &str = env!("CARGO_BIN_EXE_convene");

fn convene(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).env_remove("RUST_LOG");
    command
}

fn run(command: &mut Command) -> (Output, String) {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output, text)
}

/// A running program; killed if a test forgets it.
struct Program {
    child: Child,
    address: SocketAddr,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Program {
    fn start(data: &Path, more: &[&str]) -> Self {
        let mut command = convene(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--udp-port",
            "0",
            "--creations-per-minute",
            "1000",
        ]);
        command.arg("--data-dir").arg(data).args(more);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line
            .trim()
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap_or_else(|_| panic!("no URL: {line:?}"));
        assert!(line.starts_with("Convene serves on http"), "{line}");
        Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], port)),
        }
    }

    fn terminate(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// The exit code, waited for without blocking the test's other tasks.
    async fn end(&mut self) -> Option<i32> {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the program does not end")
    }

    async fn create(&self, title: &str) -> Answer {
        post(
            self.address,
            "/api/v1/conferences",
            &[],
            &json!({"title": title, "listed": true}),
        )
        .await
    }
}

#[tokio::test]
async fn sigterm_ends_in_order_and_conferences_survive() {
    let data = tempfile::tempdir().unwrap();
    let mut program = Program::start(data.path(), &[]);
    let created = program.create("Stand-up").await.json();
    let id = created["id"].as_str().unwrap();
    let mut ann = Person::join(program.address, id, "Ann").await;
    ann.hear("offer").await;
    let mut undecided = Person::knock(program.address, id).await;
    let begun = Instant::now();
    program.terminate();
    assert_eq!(ann.hear("ended").await["reason"], "shutdown");
    ann.hear_the_end().await;
    assert_eq!(undecided.refusal().await, "no_conference");
    assert_eq!(program.end().await, Some(0));
    assert!(begun.elapsed() < Duration::from_secs(8));

    let again = Program::start(data.path(), &[]);
    let summary = get(again.address, &format!("/api/v1/conferences/{id}"))
        .await
        .json();
    assert_eq!(
        (&summary["title"], &summary["participants"]),
        (&json!("Stand-up"), &json!(0))
    );
    let token = created["moderator_token"].as_str();
    let mut ann = Person::join_with(again.address, id, "Ann", token).await;
    ann.say(json!({"type": "end"})).await;
    assert_eq!(ann.hear("ended").await["reason"], "moderator");
    drop(again);
}

#[tokio::test]
async fn a_full_disk_is_named_and_running_conferences_go_on() {
    let data = tempfile::tempdir().unwrap();
    // No file may grow beyond this many blocks of 512 bytes; with the signal ignored, writing fails as on a full disk.
    let script = format!(
        "trap '' XFSZ; ulimit -f 200; exec {BINARY} serve --listen 127.0.0.1:0 --udp-port 0 --creations-per-minute 10000"
    );
    let mut command = Command::new("sh");
    command
        .args(["-c", &script])
        .env("CONVENE_DATA_DIR", data.path());
    let program = Program::spawn(command);
    let first = program.create("first").await.json();
    let id = first["id"].as_str().unwrap();
    let mut ann = Person::join(program.address, id, "Ann").await;
    let title = "x".repeat(120);
    let mut refused = None;
    for _ in 0..2_000 {
        let answer = program.create(&title).await;
        if answer.status != 201 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a file limit of 100 kB stops the database");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (503, "internal"),
        "{refused:?}"
    );
    assert!(
        refused.json()["message"]
            .as_str()
            .unwrap()
            .contains("database"),
        "{refused:?}"
    );

    let mut bob = Person::join(program.address, id, "Bob").await;
    let signal = json!({"kind": "call"});
    ann.hear("joined").await;
    bob.say(json!({"type": "pair", "to": ann.id, "signal": signal}))
        .await;
    assert_eq!(
        ann.hear_where("pair", |m| m["signal"] == signal).await["from"],
        bob.id.as_str()
    );
}

#[tokio::test]
async fn https_is_served_with_a_certificate_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let program = Program::start(data.path(), &["--tls-self-signed"]);
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(data.path().join("self-signed.pem")).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = tokio::net::TcpStream::connect(program.address)
        .await
        .unwrap();
    let name = "localhost".try_into().unwrap();
    let mut stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Plain http, or nothing at all, on the same port ends that connection only.
    let mut plain = tokio::net::TcpStream::connect(program.address)
        .await
        .unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    let _ = plain.read_to_end(&mut Vec::new()).await;
    assert!(
        tokio::net::TcpStream::connect(program.address)
            .await
            .is_ok()
    );
}

#[test]
fn a_flag_is_stronger_than_the_environment_and_that_than_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("convene.toml");
    std::fs::write(
        &file,
        "udp-port = 11000\nlisten = \"127.0.0.1:1\"\nmetrics-listen = \"127.0.0.1:9\"",
    )
    .unwrap();
    let file = file.to_str().unwrap();
    let ports = |flags: &[&str], variable: Option<&str>| {
        let mut command = convene(&["ports", "--config", file]);
        command
            .args(flags)
            .envs(variable.map(|port| ("CONVENE_UDP_PORT", port)));
        run(&mut command).1
    };
    let from_file = ports(&[], None);
    for line in ["UDP 11000 ", "TCP 1 ", "TCP 9 "] {
        assert!(from_file.contains(line), "{from_file}");
    }
    assert!(ports(&[], Some("12000")).contains("UDP 12000 "));
    assert!(ports(&["--udp-port", "13000"], Some("12000")).contains("UDP 13000 "));
}

#[test]
fn what_is_not_understood_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("convene.toml");
    std::fs::write(&file, "udp-prot = 1").unwrap();
    let file = file.to_str().unwrap();
    let table: [(&[&str], &str); 5] = [
        (&["ports", "--config", file], "unknown field `udp-prot`"),
        (
            &["ports", "--config", "/no/such/file"],
            "/no/such/file cannot be read",
        ),
        (
            &["serve", "--ice", "nice", "--tcp-port", "443"],
            "`tcp-port`",
        ),
        (&["serve", "--trusted-proxy", "ten"], "`ten` is neither"),
        (&["serve", "--colour"], "unexpected argument"),
    ];
    for (arguments, expected) in table {
        let (output, text) = run(&mut convene(arguments));
        assert!(!output.status.success());
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}

#[test]
fn the_doctor_names_what_is_missing() {
    let data = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let doctor = |listen: &str, data: &str| {
        run(&mut convene(&[
            "doctor",
            "--listen",
            listen,
            "--udp-port",
            "0",
            "--data-dir",
            data,
        ]))
    };
    let (_, text) = doctor("127.0.0.1:0", data.path().to_str().unwrap());
    assert!(
        text.contains("ok       GStreamer has every element"),
        "{text}"
    );
    assert!(text.contains("ok       Data can be kept"), "{text}");
    let (output, text) = doctor(&address, data.path().to_str().unwrap());
    assert!(
        !output.status.success() && text.contains("MISSING  One cannot listen on"),
        "{text}"
    );
    let (output, text) = doctor("127.0.0.1:0", "/proc/nothing");
    assert!(
        !output.status.success() && text.contains("MISSING  Data cannot be kept"),
        "{text}"
    );
}

#[test]
fn it_knows_its_version() {
    let (output, text) = run(&mut convene(&["--version"]));
    assert!(output.status.success());
    assert_eq!(text.trim(), concat!("convene ", env!("CARGO_PKG_VERSION")));
}
