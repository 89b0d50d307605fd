//! One scene over one transport, from all its takes.

use crate::{
    conductor::{MIX, Window},
    statistics::median,
    table::figure,
};

/// A window in which both sides together kept more cores busy than this, of two, says nothing: each waits for the
/// other.
const MOST_CORES: f64 = 1.9;

/// A window in which less of the mix was heard than this share, or more than the rest where there should be none, was
/// another load than it should have been.
const LEAST_HEARD: f64 = 0.95;

/// What is played by one transport, as the median of its windows.
pub(super) struct Played {
    /// Of the server, in ms per second and leg.
    pub(super) cpu: f64,
    /// Of the clients, likewise.
    pub(super) clients: f64,
    /// Of the server, per second and leg.
    pub(super) switches: f64,
    /// Both sides together, in the worst window.
    pub(super) cores: f64,
    /// Whether the load was what it should be, in each window.
    heard: bool,
}

impl Window {
    fn is_as_due(&self, legs: f64) -> bool {
        let most = MIX * self.length.as_secs_f64() * legs;
        match self.expected {
            0 => self.heard.frames as f64 <= most * (1.0 - LEAST_HEARD),
            due => self.heard.frames as f64 >= due as f64 * LEAST_HEARD,
        }
    }
}

impl Played {
    /// Of these windows, with so many legs.
    pub(super) fn of<'a>(windows: impl Iterator<Item = &'a Window> + Clone, legs: f64) -> Self {
        let each = |value: fn(&Window) -> f64| median(windows.clone().map(value)) / legs;
        let cores = windows.clone();
        let cores = cores.map(|window| window.server.cores + window.clients.cores);
        Self {
            cpu: each(|window| window.server.cores) * 1_000.0,
            clients: each(|window| window.clients.cores) * 1_000.0,
            switches: each(|window| window.server.switches),
            cores: cores.reduce(f64::max).unwrap_or(f64::NAN),
            heard: windows.clone().all(|window| window.is_as_due(legs)),
        }
    }

    fn is_invalid(&self) -> bool {
        self.cores > MOST_CORES || !self.heard
    }

    /// A figure, if it says something.
    pub(super) fn shown(&self, value: f64) -> String {
        if self.is_invalid() {
            "invalid".into()
        } else {
            figure(value)
        }
    }

    /// A ratio, if both say something.
    pub(super) fn against(&self, other: &Self, value: fn(&Self) -> f64) -> String {
        if self.is_invalid() || other.is_invalid() {
            "invalid".into()
        } else {
            figure(value(self) / value(other))
        }
    }
}
