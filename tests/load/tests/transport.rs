//! The measuring program measures both transports: few legs, short windows.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/share.rs"]
mod share;

use common::{cells, measured};
use share::share;

/// The scenes of the tables' rows and columns, in their order.
const SCENES: [&str; 4] = ["both ways", "the silent dropped", "send only", "idle"];

#[test]
fn few_legs_are_measured() {
    let [few, short] = [["--legs", "4"], ["--seconds", "1"]];
    let rest = ["--warm-up", "1", "--repeats", "1"];
    let arguments = [&["transport"][..], &few, &short, &rest].concat();
    if let Some(tables) = measured(&arguments) {
        check(&tables);
    }
}

fn check(tables: &str) {
    for (scene, expected) in SCENES.into_iter().zip([2, 1, 2, 0]) {
        let cells = cells(tables, "| the mix as heard", scene);
        let shares: Vec<_> = cells[..2].iter().filter_map(|cell| share(cell)).collect();
        let most = shares.iter().filter(|&&share| share > 50.0);
        assert_eq!(most.count(), expected, "{scene}: {shares:?} %\n{tables}");
    }
    let silence = cells(tables, "| own agent", "`silence`");
    let rates: Vec<f64> = silence.iter().map(|rate| rate.parse().unwrap()).collect();
    assert_eq!(rates[0], 0.0, "{tables}");
    assert!(rates[1] > 1.0, "one of four is silent\n{tables}");
}
