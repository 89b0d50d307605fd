//! The documents say all there is.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use convene_protocol::{ClientMessage, declarations};

const PROTOCOL: &str = include_str!("../PROTOCOL.md");

/// The words that `"type"` or `"kind"` may be, and those of plain enums, out of the page's declarations.
fn words(field: &str) -> BTreeSet<String> {
    let key = format!("\"{field}\": \"");
    let text = declarations();
    let parts = text.split(&key).skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_message_is_described_as_a_literal_object() {
    let types = words("type");
    assert!(types.len() > 15, "{types:?}");
    for name in types {
        assert!(
            PROTOCOL.contains(&format!("{{\"type\":\"{name}\"")),
            "`{name}` is not in PROTOCOL.md"
        );
    }
    for kind in words("kind") {
        assert!(
            PROTOCOL.contains(&format!("\"kind\":\"{kind}\"")),
            "`{kind}` is not in PROTOCOL.md"
        );
    }
}

#[test]
fn every_error_is_described() {
    let text = declarations();
    let codes = text
        .split("type ErrorCode =")
        .nth(1)
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    for code in codes.split('"').skip(1).step_by(2) {
        assert!(
            PROTOCOL.contains(&format!("`{code}`")),
            "`{code}` is not in PROTOCOL.md"
        );
    }
}

#[test]
fn every_message_of_the_page_in_it_is_one() {
    let section = PROTOCOL.split("## What the page says").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let messages: Vec<_> = section
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    assert!(messages.len() >= 10);
    for message in messages {
        serde_json::from_str::<ClientMessage>(message)
            .unwrap_or_else(|error| panic!("{message}: {error}"));
    }
}
