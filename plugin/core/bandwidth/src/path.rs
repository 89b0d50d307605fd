//! What both estimators share: delays and losses of one path become one rate.

use std::time::Duration;

use crate::{
    groups::{Groups, Step},
    loss::Losses,
    rate::{LEAST, Queue, Rate},
    standing::Standing,
    throughput::Throughput,
    trend::{Trend, Usage},
};

/// Milliseconds that packets may wait in a queue that stands: one packet of sound.
const WAIT: f64 = 20.0;

/// Milliseconds that the last packets have waited when a queue fills up: of few packets a trend may be by chance.
const BEGINS: f64 = 10.0;

/// After so many response times a queue is shorter than this share of what it was, if it is ours.
const HELPS: u32 = 2;
const STAYS: f64 = 0.9;

#[derive(Clone, Debug, Default)]
pub(crate) struct Path {
    groups: Groups,
    trend: Trend,
    standing: Standing,
    /// The wait for which less was sent, and when that must have helped.
    lowered: Option<(f64, Duration)>,
    arrived: Throughput,
    /// The same packets, by the times at which they were sent.
    sent: Throughput,
    rate: Rate,
    pub(crate) losses: Losses,
}

impl Path {
    /// A packet has taken the path. `sent` and `arrived` are of different clocks; without `sent` it tells no delay.
    pub(crate) fn packet(&mut self, sent: Option<Duration>, arrived: Duration, bytes: usize) {
        self.losses.received();
        self.arrived.add(arrived, bytes);
        let Some(sent) = sent else { return };
        self.sent.add(sent, bytes);
        match self.groups.add(sent, arrived) {
            Some(Step::Later { by, arrived }) => self.trend.add(by, arrived),
            Some(Step::Anew) => {
                self.trend = Trend::default();
                self.standing = Standing::default();
            }
            None => {}
        }
        self.standing.add(sent, arrived);
    }

    /// After one packet or some: what follows for the rate.
    pub(crate) fn settle(&mut self, now: Duration, response: Duration) {
        let queue = self.queue(now);
        let lowered = self
            .rate
            .step(now, queue, &self.sent, &self.arrived, response);
        if lowered {
            self.lowered = Some((self.standing.wait(), now + response * HELPS));
            self.losses.begin(now);
        }
        if let Some(bits) = self.rate.bits() {
            self.losses.judge(now, bits);
        }
    }

    /// A wait that stays although less is sent is not for our packets: the path is another, or others fill it.
    fn queue(&mut self, now: Duration) -> Queue {
        match self.trend.usage() {
            Usage::Over if self.standing.begins() > BEGINS => return Queue::Filling,
            Usage::Under => return Queue::Emptying,
            Usage::Over | Usage::Normal => {}
        }
        let wait = self.standing.wait();
        if wait <= WAIT {
            self.lowered = None;
            return Queue::Empty;
        }
        match self.lowered {
            Some((_, helped)) if now < helped => Queue::Emptying,
            Some((before, _)) if wait > before * STAYS => {
                self.standing.forget();
                self.lowered = None;
                Queue::Empty
            }
            _ => Queue::Standing,
        }
    }

    /// Bits per second; `None` while nothing is known.
    pub(crate) fn estimate(&self) -> Option<u64> {
        let bits = self.rate.bits()?;
        let limited = self.losses.limit().map_or(bits, |limit| limit.min(bits));
        Some(limited.max(LEAST) as u64)
    }
}
