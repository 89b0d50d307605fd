//! What is counted, in Prometheus's text format.

use std::{
    fmt::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use convene_pipelines::LegStats;

/// Counts over all legs that ever were.
#[derive(Debug, Default)]
pub struct Meters {
    ledger: Mutex<Ledger>,
    /// WebSockets that were closed because their page did not read.
    pub sockets_stalled: AtomicU64,
    /// Conferences whose task panicked.
    pub rooms_crashed: AtomicU64,
}

#[derive(Debug, Default)]
struct Ledger {
    open: Vec<Arc<LegStats>>,
    closed: Totals,
}

#[derive(Clone, Copy, Debug, Default)]
struct Totals {
    legs: u64,
    video_bytes_received: u64,
    audio_packets_received: u64,
    audio_packets_sent: u64,
    rtcp_packets_received: u64,
}

/// What only the service knows.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Conferences that have not ended.
    pub conferences: usize,
    /// People in them.
    pub participants: usize,
    /// Notes that the database did not take.
    pub store_failures: u64,
}

impl Meters {
    /// Counts a new leg in.
    pub fn leg_opened(&self, stats: &Arc<LegStats>) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.open.push(Arc::clone(stats));
        ledger.settle();
    }

    /// All metrics.
    #[must_use]
    pub fn text(&self, standing: Standing) -> String {
        let totals = self.totals();
        let mut text = String::new();
        let mut metric = |name: &str, kind: &str, help: &str, value: u64| {
            let line = format!(
                "# HELP convene_{name} {help}\n# TYPE convene_{name} {kind}\nconvene_{name} {value}"
            );
            writeln!(text, "{line}").expect("a String takes all");
        };
        let Standing {
            conferences,
            participants,
            store_failures,
        } = standing;
        let (conferences, participants) = (conferences as u64, participants as u64);
        metric(
            "conferences",
            "gauge",
            "Conferences that have not ended.",
            conferences,
        );
        metric(
            "participants",
            "gauge",
            "People in conferences.",
            participants,
        );
        metric("legs_total", "counter", "Legs opened.", totals.legs);
        metric(
            "video_bytes_received_total",
            "counter",
            "RTP bytes of pictures that came to the server.",
            totals.video_bytes_received,
        );
        metric(
            "audio_packets_received_total",
            "counter",
            "RTP packets of sound that came.",
            totals.audio_packets_received,
        );
        metric(
            "audio_packets_sent_total",
            "counter",
            "RTP packets of sound that went.",
            totals.audio_packets_sent,
        );
        metric(
            "rtcp_packets_received_total",
            "counter",
            "RTCP packets that came.",
            totals.rtcp_packets_received,
        );
        metric(
            "sockets_stalled_total",
            "counter",
            "WebSockets closed because their page did not read.",
            self.sockets_stalled.load(Relaxed),
        );
        metric(
            "rooms_crashed_total",
            "counter",
            "Conferences whose task failed by our fault.",
            self.rooms_crashed.load(Relaxed),
        );
        metric(
            "store_failures_total",
            "counter",
            "Notes that the database did not take.",
            store_failures,
        );
        text
    }

    fn totals(&self) -> Totals {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.settle();
        let closed = ledger.closed;
        ledger
            .open
            .iter()
            .fold(closed, |totals, leg| totals.plus(leg))
    }
}

impl Ledger {
    /// Adds up legs that are gone: nobody else knows their counters any more.
    fn settle(&mut self) {
        let closed = &mut self.closed;
        self.open.retain(|leg| {
            let open = Arc::strong_count(leg) > 1;
            if !open {
                *closed = closed.plus(leg);
            }
            open
        });
    }
}

impl Totals {
    fn plus(self, leg: &LegStats) -> Self {
        Self {
            legs: self.legs + 1,
            video_bytes_received: self.video_bytes_received
                + leg.video_bytes_received.load(Relaxed),
            audio_packets_received: self.audio_packets_received
                + leg.audio_packets_received.load(Relaxed),
            audio_packets_sent: self.audio_packets_sent + leg.audio_packets_sent.load(Relaxed),
            rtcp_packets_received: self.rtcp_packets_received
                + leg.rtcp_packets_received.load(Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_closed_leg_counted_stays() {
        let meters = Meters::default();
        let standing = Standing {
            conferences: 2,
            participants: 3,
            store_failures: 0,
        };
        for bytes in [100, 20] {
            let leg = Arc::<LegStats>::default();
            meters.leg_opened(&leg);
            leg.video_bytes_received.store(bytes, Relaxed);
        }
        for _ in 0..2 {
            let text = meters.text(standing);
            assert!(
                text.contains("\nconvene_video_bytes_received_total 120\n"),
                "{text}"
            );
            assert!(text.contains("\nconvene_legs_total 2\n"), "{text}");
            assert!(text.contains("\nconvene_participants 3\n"), "{text}");
        }
    }
}
