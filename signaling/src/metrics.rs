//! What is counted, in Prometheus's text format.

mod skew;
mod sound;

use std::{
    fmt::Display,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use convene_pipelines::{AudioStats, IceStats, LegStats};

/// Counts over all legs that ever were.
#[derive(Debug, Default)]
pub struct Meters {
    ledger: Mutex<Ledger>,
    /// WebSockets that were closed because their page did not read.
    pub sockets_stalled: AtomicU64,
    /// Conferences whose task panicked.
    pub rooms_crashed: AtomicU64,
    /// How far apart pages show voices and pictures.
    pub skews: skew::Skews,
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
    audio_packets_relayed: u64,
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

    /// All metrics; `ice`: what the one port of all legs has counted, if there is one.
    #[must_use]
    pub fn text(&self, standing: Standing, sound: &AudioStats, ice: Option<&IceStats>) -> String {
        let mut sheet = Sheet::default();
        self.of_conferences(&mut sheet, standing);
        self.of_legs(&mut sheet);
        sound::write(&mut sheet, sound);
        self.skews.write(&mut sheet);
        if let Some(ice) = ice {
            of_ice(&mut sheet, ice);
        }
        sheet.text
    }

    fn of_conferences(&self, sheet: &mut Sheet, standing: Standing) {
        let conferences = standing.conferences as u64;
        sheet.gauge(
            "conferences",
            "Conferences that have not ended.",
            conferences,
        );
        let participants = standing.participants as u64;
        sheet.gauge("participants", "People in conferences.", participants);
        sheet.counter(
            "sockets_stalled_total",
            "WebSockets closed because their page did not read.",
            self.sockets_stalled.load(Relaxed),
        );
        sheet.counter(
            "rooms_crashed_total",
            "Conferences whose task failed by our fault.",
            self.rooms_crashed.load(Relaxed),
        );
        sheet.counter(
            "store_failures_total",
            "Notes that the database did not take.",
            standing.store_failures,
        );
    }

    fn of_legs(&self, sheet: &mut Sheet) {
        let totals = self.totals();
        sheet.counter("legs_total", "Legs opened.", totals.legs);
        sheet.counter(
            "video_bytes_received_total",
            "RTP bytes of pictures that came to the server.",
            totals.video_bytes_received,
        );
        sheet.counter(
            "audio_packets_received_total",
            "RTP packets of sound that came.",
            totals.audio_packets_received,
        );
        sheet.counter(
            "audio_packets_sent_total",
            "RTP packets of mixed sound that went.",
            totals.audio_packets_sent,
        );
        sheet.counter(
            "audio_packets_relayed_total",
            "RTP packets of talkers that went as they were.",
            totals.audio_packets_relayed,
        );
        sheet.counter(
            "rtcp_packets_received_total",
            "RTCP packets that came.",
            totals.rtcp_packets_received,
        );
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

fn of_ice(sheet: &mut Sheet, ice: &IceStats) {
    sheet.gauge("ice_streams", "Legs on the one port.", ice.streams);
    let connections = ice.connections;
    sheet.gauge("ice_connections", "TCP connections of legs.", connections);
    sheet.counter(
        "ice_overruns_total",
        "Datagrams that the system threw away because we were too slow.",
        ice.overruns,
    );
    sheet.counter(
        "ice_panics_total",
        "Panics on the port's threads, each of which cost a packet or a job; any is a bug.",
        ice.panics,
    );
    sheet.counters(
        "ice_packets_total",
        "Packets by how they ended.",
        "ending",
        &ice.packets,
    );
}

/// Metrics as text.
#[derive(Default)]
struct Sheet {
    text: String,
}

impl Sheet {
    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "gauge", help);
        self.value(name, value);
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.head(name, "counter", help);
        self.value(name, value);
    }

    /// One counter with a series for each value of a label.
    fn counters(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: &[(&'static str, impl Display)],
    ) {
        self.head(name, "counter", help);
        for (word, value) in values {
            self.value(&format!("{name}{{{label}=\"{word}\"}}"), value);
        }
    }

    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let head = format!("# HELP convene_{name} {help}\n# TYPE convene_{name} {kind}\n");
        self.text.push_str(&head);
    }

    fn value(&mut self, series: &str, value: impl Display) {
        self.text.push_str(&format!("convene_{series} {value}\n"));
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
            audio_packets_relayed: self.audio_packets_relayed
                + leg.audio_packets_relayed.load(Relaxed),
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
            let text = meters.text(standing, &AudioStats::default(), None);
            assert!(
                text.contains("\nconvene_video_bytes_received_total 120\n"),
                "{text}"
            );
            assert!(text.contains("\nconvene_legs_total 2\n"), "{text}");
            assert!(text.contains("\nconvene_participants 3\n"), "{text}");
        }
    }

    #[test]
    fn the_port_of_all_legs_is_told_by_ending() {
        let ice = IceStats {
            packets: vec![("sent", 7), ("silence", 9)],
            overruns: 2,
            panics: 3,
            ..IceStats::default()
        };
        let standing = Standing {
            conferences: 0,
            participants: 0,
            store_failures: 0,
        };
        let text = Meters::default().text(standing, &AudioStats::default(), Some(&ice));
        for line in [
            "convene_ice_packets_total{ending=\"sent\"} 7",
            "convene_ice_packets_total{ending=\"silence\"} 9",
            "convene_ice_overruns_total 2",
            "convene_ice_panics_total 3",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
