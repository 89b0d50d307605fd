//! What a client makes of the mix it hears. Pure.

use std::{
    iter::Sum,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// Samples in a second of Opus's RTP clock.
const RATE: u32 = 48_000;

/// What comes so long after the sound before it has ended can be heard as a gap: it is a frame late, or one is missing.
const LATE: Duration = Duration::from_millis(20);

/// What was heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Packets that came.
    pub packets: u64,
    /// Frames of 20 ms in them.
    pub frames: u64,
    /// Packets whose numbers are missing.
    pub lost: u64,
    /// Times a packet came over 20 ms after the sound of the one before it had ended.
    pub gaps: u64,
    /// Octets of their payload.
    pub octets: u64,
    /// Squares, in µs², of how much later or earlier than its predecessor each came than it was made later: the `D` of
    /// RFC 3550 section 6.4.1.
    pub squares: u64,
}

impl Tally {
    /// How far apart from their due distance two packets are, in ms: the root of the mean square.
    pub fn deviation(&self) -> f64 {
        (self.squares as f64 / self.packets as f64).sqrt() / 1_000.0
    }
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            packets: sum.packets + one.packets,
            frames: sum.frames + one.frames,
            lost: sum.lost + one.lost,
            gaps: sum.gaps + one.gaps,
            octets: sum.octets + one.octets,
            squares: sum.squares.saturating_add(one.squares),
        })
    }
}

/// What there is to know of a packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet {
    /// When it came.
    pub at: Instant,
    /// Its extended sequence number.
    pub sequence: u64,
    /// Its time, in samples.
    pub time: u32,
    /// How many frames of 20 ms it has.
    pub frames: u32,
    /// How many octets its payload has.
    pub octets: usize,
}

/// Listens to one stream.
#[derive(Debug, Default)]
pub struct Ear {
    tally: Tally,
    last: Option<Packet>,
}

impl Ear {
    /// A packet came. One that comes late is not lost after all.
    pub fn hear(&mut self, packet: Packet) {
        self.tally.packets += 1;
        self.tally.frames += u64::from(packet.frames);
        self.tally.octets += packet.octets as u64;
        let Some(last) = self.last.replace(packet) else {
            return;
        };
        if packet.at - last.at > last.length() + LATE {
            self.tally.gaps += 1;
        }
        let deviation = packet.deviation(&last);
        self.tally.squares = self.tally.squares.saturating_add(deviation.pow(2));
        match packet.sequence.checked_sub(last.sequence) {
            Some(0) => {}
            Some(ahead) => self.tally.lost += ahead - 1,
            None => self.late(packet.at, last),
        }
    }

    fn late(&mut self, at: Instant, last: Packet) {
        self.tally.lost = self.tally.lost.saturating_sub(1);
        self.last = Some(Packet { at, ..last });
    }

    /// Begins to count; what the first packet is compared with stays.
    pub fn count(&mut self) {
        self.tally = Tally::default();
    }

    /// What was counted.
    pub fn tally(&self) -> Tally {
        self.tally
    }
}

impl Packet {
    fn length(&self) -> Duration {
        Duration::from_millis(20) * self.frames
    }

    /// In µs. What is over an hour is a stream that began anew; its square must not grow beyond all others.
    fn deviation(&self, last: &Self) -> u64 {
        let came = i64::try_from((self.at - last.at).as_micros()).unwrap_or(i64::MAX);
        let samples = self.time.wrapping_sub(last.time).cast_signed();
        let made = i64::from(samples) * 1_000_000 / i64::from(RATE);
        came.abs_diff(made).min(3_600_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds and sequence numbers.
    type Packets = [(u64, u64)];

    fn hear(packets: &Packets) -> Tally {
        let (mut ear, start) = (Ear::default(), Instant::now());
        for &(at, sequence) in packets {
            ear.hear(packet(start, at, sequence));
        }
        ear.tally()
    }

    fn packet(start: Instant, milliseconds: u64, sequence: u64) -> Packet {
        Packet {
            at: start + Duration::from_millis(milliseconds),
            sequence,
            time: (sequence as u32).wrapping_mul(960),
            frames: 1,
            octets: 80,
        }
    }

    #[test]
    fn long_packets_may_be_far_apart() {
        let (mut ear, start) = (Ear::default(), Instant::now());
        for (number, at) in [0, 60, 120, 201].into_iter().enumerate() {
            let sequence = 7 + number as u64;
            ear.hear(Packet {
                frames: 3,
                time: sequence as u32 * 2_880,
                ..packet(start, at, sequence)
            });
        }
        let tally = ear.tally();
        assert_eq!((tally.packets, tally.frames, tally.gaps), (4, 12, 1));
    }

    #[test]
    fn how_regularly_packets_come_is_measured_by_their_own_times() {
        let table: [(&Packets, f64); 4] = [
            (&[(0, 7), (20, 8), (40, 9)], 0.0),
            (&[(0, 7), (40, 9), (80, 11)], 0.0),
            (&[(0, 7), (26, 8), (40, 9), (60, 10)], 18_f64.sqrt()),
            // The time in samples begins again at 0.
            (
                &[(0, 4_473_923), (30, 4_473_924), (40, 4_473_925)],
                (200.0_f64 / 3.0).sqrt(),
            ),
        ];
        for (packets, deviation) in table {
            assert!(
                (hear(packets).deviation() - deviation).abs() < 1e-9,
                "{packets:?}"
            );
        }
    }

    #[test]
    fn what_is_missing_and_what_is_late_is_counted() {
        let table: [(&Packets, (u64, u64, u64)); 5] = [
            (&[(0, 7), (20, 8), (40, 9)], (3, 0, 0)),
            (&[(0, 7), (40, 9), (80, 11)], (3, 2, 0)),
            (&[(0, 7), (61, 8), (101, 9)], (3, 0, 1)),
            (&[(0, 7), (20, 9), (21, 8), (40, 10)], (4, 0, 0)),
            (&[(0, 65_535), (20, 65_536)], (2, 0, 0)),
        ];
        for (packets, (count, lost, gaps)) in table {
            let heard = hear(packets);
            let counts = (heard.packets, heard.lost, heard.gaps);
            assert_eq!(counts, (count, lost, gaps), "{packets:?}");
            assert_eq!(heard.octets, 80 * count);
        }
    }

    #[test]
    fn a_loss_at_the_beginning_of_a_window_counts() {
        let (mut ear, start) = (Ear::default(), Instant::now());
        ear.hear(packet(start, 0, 1));
        ear.count();
        ear.hear(packet(start, 61, 4));
        let expected = Tally {
            packets: 1,
            frames: 1,
            lost: 2,
            gaps: 1,
            octets: 80,
            squares: 1_000_000,
        };
        assert_eq!(ear.tally(), expected);
        assert_eq!([expected, expected].into_iter().sum::<Tally>().lost, 4);
    }
}
