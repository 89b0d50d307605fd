//! The measuring program measures both transports: few legs, short windows.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// The scenes of the tables' rows and columns, in their order.
const SCENES: [&str; 4] = ["both ways", "the silent dropped", "send only", "idle"];

#[test]
fn few_legs_are_measured() {
    if !may_make_namespaces() {
        let skipped = "no network namespace can be made (unshare -n, unshare -rn)";
        assert!(std::env::var_os("CI").is_none(), "{skipped}");
        eprintln!("skipped: {skipped}");
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_convene-load"))
        .args(["transport", "--legs", "4", "--repeats", "1"])
        .args(["--seconds", "1", "--warm-up", "1"])
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    let tables = String::from_utf8(output.stdout).unwrap();
    check(&tables);
}

fn check(tables: &str) {
    let heard = tables.split("| the mix as heard").nth(1).unwrap();
    let shares = |scene| {
        cells(heard, scene)[..2]
            .iter()
            .map(share)
            .collect::<Vec<_>>()
    };
    for (scene, expected) in SCENES.into_iter().zip([2, 1, 2, 0]) {
        let shares: Vec<_> = shares(scene).into_iter().flatten().collect();
        let most = shares.iter().filter(|&&share| share > 50.0);
        assert_eq!(most.count(), expected, "{scene}: {shares:?} %\n{tables}");
    }
    let silence = cells(tables, "`silence`");
    let rates: Vec<f64> = silence.iter().map(|rate| rate.parse().unwrap()).collect();
    assert_eq!(rates[0], 0.0, "{tables}");
    assert!(rates[1] > 1.0, "one of four is silent\n{tables}");
}

/// The cells behind the one with this name.
fn cells<'a>(table: &'a str, name: &str) -> Vec<&'a str> {
    let mut rows = table.lines().map(|line| line.split('|').map(str::trim));
    let row = rows.find(|row| row.clone().nth(1).is_some_and(|cell| cell.ends_with(name)));
    let cells: Vec<_> = row.unwrap().skip(2).collect();
    cells[..cells.len() - 1].to_vec()
}

fn share(cell: &&str) -> Option<f64> {
    cell.split_once(" %")?.0.parse().ok()
}

fn may_make_namespaces() -> bool {
    let may = |flags| {
        let made = Command::new("unshare").args([flags, "ip", "link"]).output();
        made.is_ok_and(|made| made.status.success())
    };
    may("-n") || may("-rn")
}
