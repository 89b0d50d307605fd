//! The way from a publisher to us, from the arrival of his packets.

use std::{collections::BTreeMap, time::Duration};

use convene_rtp::{Counter, Extender};

use crate::path::Path;

/// How long it takes until a publisher's obedience is seen: his round trip, his encoder, and the message's own delay.
const RESPONSE: Duration = Duration::from_millis(400);

/// Streams whose numbers are followed: a browser has two with their retransmissions; some more after restarts.
const MOST_STREAMS: usize = 16;

/// A gap of more packets is a restart and not a loss (MAX_DROPOUT in RFC 3550 A.1).
const LONGEST_GAP: u64 = 3_000;

/// The header extension `abs-send-time`: seconds as a fixed-point number of 6 and 18 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendTime(u32);

/// One packet of a publisher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its stream.
    pub ssrc: u32,
    /// Its number there.
    pub sequence: u16,
    /// When it was sent, if it says so; without it only losses are judged.
    pub sent: Option<SendTime>,
    /// Its octets.
    pub bytes: usize,
}

/// What one publisher can send.
#[derive(Clone, Debug, Default)]
pub struct Uplink {
    send_times: Extender<SendTime>,
    streams: BTreeMap<u32, Extender<u16>>,
    path: Path,
}

impl SendTime {
    /// The extension's body; `None` when it is not three octets long.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let [high, middle, low] = body.try_into().ok()?;
        Some(Self(u32::from_be_bytes([0, high, middle, low])))
    }
}

impl From<SendTime> for u64 {
    fn from(time: SendTime) -> Self {
        time.0.into()
    }
}

impl Counter for SendTime {
    const BITS: u32 = 24;
}

impl Uplink {
    /// Takes a packet that arrives now.
    pub fn handle(&mut self, now: Duration, packet: &Arrival) {
        self.count_losses(packet);
        let sent = packet.sent.map(|time| {
            let ticks = self.send_times.extend(time);
            Duration::from_secs_f64(ticks as f64 / f64::from(1 << 18))
        });
        self.path.packet(sent, now, packet.bytes);
        self.path.settle(now, RESPONSE);
    }

    /// Bits per second that he can send; `None` while nothing is known.
    #[must_use]
    pub fn estimate(&self) -> Option<u64> {
        self.path.estimate()
    }

    /// A packet that comes late was counted as lost; that is rare enough not to matter.
    fn count_losses(&mut self, packet: &Arrival) {
        if !self.streams.contains_key(&packet.ssrc) && self.streams.len() >= MOST_STREAMS {
            self.streams.pop_first();
        }
        let numbers = self.streams.entry(packet.ssrc).or_default();
        let last = numbers.last();
        let number = numbers.peek(packet.sequence);
        let ahead = last.map_or(1, |last| number.saturating_sub(last));
        if ahead > LONGEST_GAP {
            *numbers = Extender::new();
        }
        numbers.extend(packet.sequence);
        if (2..=LONGEST_GAP).contains(&ahead) {
            self.path.losses.lost(ahead as u32 - 1);
        }
    }
}
