//! This host's own addresses. The system is asked once a second at most: it takes as long as a hundredth of a join.

use std::{
    net::IpAddr,
    sync::Mutex,
    time::{Duration, Instant},
};

use super::lane::CAT;
use crate::lock::lock;

const FRESH: Duration = Duration::from_secs(1);

/// What was read last, and when.
#[derive(Default)]
pub(super) struct Interfaces(Mutex<Option<(Instant, Vec<IpAddr>)>>);

impl Interfaces {
    pub(super) fn addresses(&self) -> Vec<IpAddr> {
        let now = Instant::now();
        let mut known = lock(&self.0);
        match &*known {
            Some((at, addresses)) if now - *at < FRESH => addresses.clone(),
            _ => known.insert((now, read())).1.clone(),
        }
    }
}

fn read() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        gst::error!(CAT, "this host's addresses cannot be read: {error}");
        Vec::new()
    });
    interfaces.iter().map(|interface| interface.ip()).collect()
}
