//! The measuring program measures how long sound is on its way through both mixing servers: few people, short windows.
#![allow(clippy::unwrap_used)]

mod common;

use std::process::Command;

use common::{cells, measured};

#[test]
fn few_chirps_are_measured() {
    if Command::new("janus").arg("--version").output().is_err() {
        // Only the measurement needs it, and installing it starts it as a service of the machine's.
        return eprintln!("skipped: there is no Janus (Debian's package `janus`)");
    }
    let [few, short] = [["--people", "3"], ["--seconds", "4"]];
    let rest = ["--warm-up", "2", "--repeats", "1", "--jitter", "20"];
    let arguments = [&["delay"][..], &few, &short, &rest].concat();
    if let Some(tables) = measured(&arguments) {
        check(&tables);
    }
}

/// Most chirps reach both listeners through each server, later than the codecs alone would make them, and the stages are
/// all of the delay.
fn check(tables: &str) {
    for server in ["Convene", "Janus"] {
        let cells = cells(tables, "| delay added", &format!(", {server}"));
        let median: f64 = cells[0].parse().unwrap();
        assert!((10.0..400.0).contains(&median), "{server}\n{tables}");
        let (heard, due) = cells[4].split_once(" of ").unwrap();
        let [heard, due] = [heard, due].map(|count| count.parse::<usize>().unwrap());
        assert!(due >= 10 && 2 * heard > due, "{server}\n{tables}");
    }
    let mean = |stage| {
        let cell = cells(tables, "| Convene's budget", stage)[0];
        cell.split_once(',').unwrap().0.parse::<f64>().unwrap()
    };
    let stages = [
        "jitter",
        "RTP",
        "is due",
        "limiter",
        "look-ahead",
        "encoded",
        "out: RTP, SRTP, system",
    ];
    let sum: f64 = stages.map(mean).iter().sum();
    assert!((sum - mean("all")).abs() < 0.2, "{sum}\n{tables}");
}
