//! The measuring program measures both mixing servers: few people, short windows.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/share.rs"]
mod share;

use std::process::Command;

use common::{cells, measured};
use share::share;

#[test]
fn few_people_are_measured() {
    if Command::new("janus").arg("--version").output().is_err() {
        // Only the measurement needs it, and installing it starts it as a service of the machine's.
        return eprintln!("skipped: there is no Janus (Debian's package `janus`)");
    }
    let [few, short] = [["--crowds", "2x4"], ["--seconds", "1"]];
    let rest = ["--warm-up", "2", "--repeats", "1"];
    let arguments = [&["sound"][..], &few, &short, &rest].concat();
    if let Some(tables) = measured(&arguments) {
        check(&tables);
    }
}

/// Both mixes reach everybody, in both conferences, with about the bit rate that was asked for.
fn check(tables: &str) {
    for silence in ["DTX", "noise"] {
        let heard = cells(tables, "| the mix as heard", silence);
        for (server, cell) in ["Convene", "Janus"].into_iter().zip(&heard) {
            assert!(share(cell).unwrap() > 80.0, "{server}, {silence}\n{tables}");
        }
        let rates = heard[3]
            .split(" / ")
            .map(|rate| rate.parse::<f64>().unwrap());
        let all_speak = rates.clone().all(|rate| (40.0..120.0).contains(&rate));
        assert!(
            all_speak,
            "{silence}: {:?}\n{tables}",
            rates.collect::<Vec<_>>()
        );
    }
    let threads = cells(tables, "| per participant", "people")[0];
    let janus: f64 = threads.split(" / ").nth(1).unwrap().parse().unwrap();
    assert!(
        (0.9..1.1).contains(&janus),
        "at its best one thread for each: {janus}"
    );
}
