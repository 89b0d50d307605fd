//! The program as somebody in another language uses it: lines of JSON, and nothing left at the end.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{if_possible, may_make_lines};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(5);

struct Session {
    program: Child,
    says: BufReader<ChildStdout>,
    hears: Option<ChildStdin>,
    ready: Value,
}

impl Session {
    fn start(scenario: &str) -> Self {
        Self::of(&format!(
            "{}/../scenarios/{scenario}.toml",
            env!("CARGO_MANIFEST_DIR")
        ))
    }

    fn of(scene: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_convene-lab"));
        command
            .args(["run", scene])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut program = command.spawn().unwrap();
        let mut says = BufReader::new(program.stdout.take().unwrap());
        let ready = line(&mut says)["ready"].take();
        Self {
            hears: program.stdin.take(),
            program,
            says,
            ready,
        }
    }

    fn ask(&mut self, wish: &str) -> Value {
        writeln!(self.hears.as_mut().unwrap(), "{wish}").unwrap();
        line(&mut self.says)
    }

    /// A command on a host.
    fn on(&self, host: &str, command: &[&str]) -> Command {
        let words = self.ready["hosts"][host]["enter"].as_array().unwrap();
        let mut words = words.iter().map(|word| word.as_str().unwrap());
        let mut enter = Command::new(words.next().unwrap());
        enter.args(words).args(command);
        enter
    }

    /// Somebody who is still at work on a host when all ends, and that host's network.
    fn busy(&self) -> (Child, PathBuf) {
        let mut busy = self
            .on("ann", &["sh", "-c", "echo here; exec sleep 600"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut here = String::new();
        BufReader::new(busy.stdout.take().unwrap())
            .read_line(&mut here)
            .unwrap();
        assert_eq!(here, "here\n");
        let network = network(busy.id().to_string().as_str()).unwrap();
        (busy, network)
    }
}

fn line(from: &mut impl BufRead) -> Value {
    let mut line = String::new();
    from.read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

fn network(pid: &str) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net")).ok()
}

/// Whether any process is in that network or holds it.
fn is_left(wanted: &PathBuf) -> bool {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut names = processes.filter_map(|entry| entry.file_name().into_string().ok());
    names.any(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten()
            .flatten();
        let held = files
            .filter_map(|file| fs::read_link(file.path()).ok())
            .any(|file| file == *wanted);
        held || network(&pid).as_ref() == Some(wanted)
    })
}

fn ends(child: &mut Child) -> bool {
    within(PATIENCE, || child.try_wait().unwrap().is_some())
}

fn within(patience: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !condition() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Starts a session with somebody in it, ends it like this, and sees that nothing is left.
fn leaves_nothing(end: impl FnOnce(&mut Session)) {
    let mut session = Session::start("double-nat");
    let (mut busy, network) = session.busy();
    assert!(is_left(&network));
    end(&mut session);
    assert!(ends(&mut session.program), "the program");
    assert!(ends(&mut busy), "who was at work there");
    assert!(
        within(PATIENCE, || !is_left(&network)),
        "{}",
        network.display()
    );
}

#[test]
fn nothing_is_left_when_the_input_ends() {
    if if_possible().is_some() {
        leaves_nothing(|session| drop(session.hears.take()));
    }
}

#[test]
fn nothing_is_left_after_a_signal() {
    if if_possible().is_some() {
        for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
            leaves_nothing(|session| {
                kill_process(Pid::from_child(&session.program), signal).unwrap()
            });
        }
    }
}

#[test]
fn wishes_are_answered() {
    if if_possible().is_some() && may_make_lines() {
        let mut session = Session::start("cone");
        let ann = &session.ready["hosts"]["ann"]["links"][0];
        assert_eq!(ann["behaviour"]["filtering"], "address-and-port-dependent");
        assert_eq!(
            ann["public"]["address"],
            session.ready["routers"]["ann-home"]["links"][0]["address"]
        );
        let addresses = session
            .on("ann", &["ip", "-j", "address", "show", "dev", "eth0"])
            .output()
            .unwrap();
        let addresses: Value = serde_json::from_slice(&addresses.stdout).unwrap();
        assert_eq!(addresses[0]["addr_info"][0]["local"], ann["address"]);

        let done = json!({"done": {}});
        for wish in [
            r#"{"cut":{"from":"ann","to":"bob","proto":"udp"}}"#,
            r#"{"mend":{"from":"ann","to":"bob","proto":"udp"}}"#,
            r#"{"mend":{}}"#,
            r#"{"impair":{"link":"ann","up":{"delay_ms":20,"loss":"..x"},"down":{"loss":0.5}}}"#,
            r#"{"nat":{"name":"ann-home","mapping":"address-and-port-dependent"}}"#,
        ] {
            assert_eq!(session.ask(wish), done, "{wish}");
        }
        assert_eq!(
            session.ask(r#"{"traffic":{"link":"ann"}}"#)["traffic"]["up"]["passed"],
            0
        );
        for (wish, why) in [
            ("what?", "not understood"),
            (r#"{"cut":{"form":"ann"}}"#, "unknown field `form`"),
            (r#"{"nat":{"name":"ann"}}"#, "there is no NAT `ann`"),
            (r#"{"traffic":{"link":"bob"}}"#, "never impaired"),
            (
                r#"{"impair":{"link":"ann","up":{"loss":2.0}}}"#,
                "no probability",
            ),
        ] {
            let answer = session.ask(wish);
            assert!(
                answer["error"]
                    .as_str()
                    .is_some_and(|words| words.contains(why)),
                "{wish}: {answer}"
            );
        }
        drop(session.hears.take());
        assert!(ends(&mut session.program));
    }
}

#[test]
fn a_scene_that_cannot_be_is_refused() {
    if if_possible().is_some() {
        let output = Command::new(env!("CARGO_BIN_EXE_convene-lab"))
            .args(["run", "/dev/null"])
            .output()
            .unwrap();
        assert!(!output.status.success() && output.stdout.is_empty());
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("missing field `hosts`"), "{words}");
    }
}

#[test]
fn a_story_is_handed_on() {
    if if_possible().is_some() {
        let scene = format!("{}/story.toml", env!("CARGO_TARGET_TMPDIR"));
        fs::write(
            &scene,
            "hosts.ann = 'public'\nstory.steps = [{ at = 1.5, cut = 'ann' }, { see = [1] }]",
        )
        .unwrap();
        let session = Session::of(&scene);
        assert_eq!(
            session.ready["story"],
            json!({"steps": [{"at": 1.5, "cut": "ann"}, {"see": [1]}]})
        );
    }
}
