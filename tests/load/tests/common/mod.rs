//! Runs the measuring program and reads its tables.
#![allow(clippy::unwrap_used)]

use std::process::Command;

/// What it prints; nothing where no namespace can be made, which is no excuse on a build server.
pub fn measured(arguments: &[&str]) -> Option<String> {
    if !may_make_namespaces() {
        let skipped = "no network namespace can be made (unshare -n, unshare -rn)";
        assert!(std::env::var_os("CI").is_none(), "{skipped}");
        eprintln!("skipped: {skipped}");
        return None;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_convene-load"))
        .args(arguments)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{words}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// The cells behind the one that ends so, in the table with this head.
pub fn cells<'a>(text: &'a str, head: &str, name: &str) -> Vec<&'a str> {
    let table = text.split(head).nth(1).unwrap();
    let mut rows = table.lines().map(|line| line.split('|').map(str::trim));
    let row = rows.find(|row| row.clone().nth(1).is_some_and(|cell| cell.ends_with(name)));
    let cells: Vec<_> = row.unwrap().skip(2).collect();
    cells[..cells.len() - 1].to_vec()
}

fn may_make_namespaces() -> bool {
    let may = |flags| {
        let made = Command::new("unshare").args([flags, "ip", "link"]).output();
        made.is_ok_and(|made| made.status.success())
    };
    may("-n") || may("-rn")
}
