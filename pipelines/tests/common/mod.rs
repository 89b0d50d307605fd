//! What the tests of legs share: a network of their own, a browser without a screen, and a leg with its events.
#![allow(dead_code, clippy::unwrap_used)]

pub mod browser;
pub mod call;
pub mod namespace;
