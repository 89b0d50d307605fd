//! Receiver reports behind a gate: packets that a [`SilenceGate`](crate::SilenceGate) dropped were not lost, but the
//! session behind it cannot know.
//!
//! Only the two figures of loss in report blocks (RFC 3550 section 6.4.1) are touched:
//! - *Highest sequence number*: stays as the session knows it. After it the gate may have dropped some more, at most a
//!   second's; a sender sees the same while a report is under way. It is the one number that says which packets a report
//!   is about, so the dropped ones are counted up to it and not up to now: a report that was made while packets waited
//!   between gate and session is corrected exactly, too.
//! - *Interarrival jitter* (appendix A.8): compares the spacing of two received packets with that of their timestamps,
//!   which run on over dropped packets. Fewer packets move it more slowly, and two clocks 100 ppm apart add 0.1 ms to it
//!   where a second lies between packets.
//! - *LSR and DLSR*: the sender's reports pass the gate, so the round trip is right.

use crate::silence::MOST_STREAMS;

/// Packet types of RFC 3550 section 12.1.
const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;

/// Octets of a report block.
const BLOCK: usize = 24;

/// The ends of the cumulative loss, 24 bits with a sign. A session stays at the end that it has reached.
const LEAST: i64 = -0x80_0000;
const MOST: i64 = 0x7f_ffff;

/// Takes packets that were dropped on purpose out of the losses in receiver reports, on their way from the session to
/// SRTP. One corrector serves one session, and has to see all reports of it in their order.
#[derive(Debug, Default)]
pub struct ReportCorrector {
    /// What was told of each SSRC, the longest unmentioned first.
    told: Vec<Told>,
}

/// What a receiver says of one of the streams that it gets (RFC 3550 section 6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported {
    /// Which.
    pub ssrc: u32,
    /// The share that was lost since the report before, in 256ths.
    pub fraction: u8,
    /// All that was lost.
    pub lost: i64,
    /// The highest sequence number that came, extended.
    pub highest: u32,
}

/// All that is reported in a compound or reduced-size (RFC 5506) packet that is not encrypted; nothing of a malformed one.
pub fn reported(rtcp: &[u8]) -> impl Iterator<Item = Reported> {
    packets(rtcp).flat_map(|packet| {
        let first = first_block(packet).unwrap_or(packet.len());
        let blocks = packet[first..].chunks_exact(BLOCK);
        blocks.take(block_count(packet)).map(|bytes| {
            let block = Block::read(bytes);
            Reported {
                ssrc: block.ssrc,
                fraction: block.fraction,
                lost: block.lost,
                highest: block.highest,
            }
        })
    })
}

/// What a sender says of one of his streams (RFC 3550 section 6.4.1): these two times are the same moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport {
    /// Which.
    pub ssrc: u32,
    /// By his own clock: seconds since 1900, with 32 bits of fractions. 0: he has none.
    pub ntp: u64,
    /// By the stream's timestamps.
    pub rtp_time: u32,
}

/// The sender reports in a compound or reduced-size (RFC 5506) packet that is not encrypted; none of a malformed one.
pub fn sender_reports(rtcp: &[u8]) -> impl Iterator<Item = SenderReport> {
    let reports = packets(rtcp).filter(|packet| packet[1] == SENDER_REPORT);
    reports.map(|packet| SenderReport {
        ssrc: word(packet, 4),
        ntp: u64::from(word(packet, 8)) << 32 | u64::from(word(packet, 12)),
        rtp_time: word(packet, 16),
    })
}

fn packets(rtcp: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = if is_well_formed(rtcp) { rtcp } else { &[] };
    std::iter::from_fn(move || {
        let (packet, after) = rest.split_at(packet_len(rest)?);
        rest = after;
        Some(packet)
    })
}

/// The last report of one SSRC.
#[derive(Clone, Copy, Debug)]
struct Told {
    ssrc: u32,
    highest: u32,
    /// The corrected cumulative loss.
    lost: i64,
    /// What was dropped before the session began to count.
    base: i64,
}

/// What a session says of one SSRC.
#[derive(Clone, Copy, Debug)]
struct Block {
    ssrc: u32,
    fraction: u8,
    lost: i64,
    highest: u32,
}

impl ReportCorrector {
    /// One that has seen no report.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Corrects every report block in a compound or reduced-size (RFC 5506) packet that is not yet encrypted, and answers
    /// how many it changed. `dropped_before(ssrc, highest)` is
    /// [`SilenceGate::dropped_before`](crate::SilenceGate::dropped_before); a block of which it knows nothing stays.
    ///
    /// The corrected loss is never negative where the session's was not: SRTP lets no packet through twice, so a session
    /// that lost fewer packets than were dropped has begun to count anew (RFC 3550 A.1), and what was dropped before that
    /// is forgotten. Once the session's own figure has reached the end of its 24 bits, no more losses are told. A
    /// malformed packet stays as it is.
    pub fn correct(
        &mut self,
        rtcp: &mut [u8],
        dropped_before: impl Fn(u32, u32) -> Option<u64>,
    ) -> usize {
        if !is_well_formed(rtcp) {
            return 0;
        }
        let mut changed = 0;
        let mut rest = rtcp;
        while let Some(len) = packet_len(rest) {
            let (packet, after) = rest.split_at_mut(len);
            for block in blocks(packet) {
                changed += usize::from(self.correct_block(block, &dropped_before));
            }
            rest = after;
        }
        changed
    }

    fn correct_block(
        &mut self,
        bytes: &mut [u8],
        dropped_before: impl Fn(u32, u32) -> Option<u64>,
    ) -> bool {
        let block = Block::read(bytes);
        let Some(dropped) = dropped_before(block.ssrc, block.highest) else {
            return false;
        };
        let before = self.take(block.ssrc);
        // Far more than can ever be dropped, and far from where sums overflow.
        let now = block.told(dropped.min(1 << 60) as i64, before);
        self.told.push(now);
        if now.lost == block.lost {
            return false;
        }
        block.corrected(now.lost, before).write(bytes);
        true
    }

    /// Takes out what was told of `ssrc`, and leaves room for what is told now.
    fn take(&mut self, ssrc: u32) -> Option<Told> {
        let at = self.told.iter().position(|told| told.ssrc == ssrc);
        let told = at.map(|at| self.told.remove(at));
        if self.told.len() >= MOST_STREAMS {
            self.told.remove(0);
        }
        told
    }
}

impl Block {
    fn read(bytes: &[u8]) -> Self {
        Self {
            ssrc: word(bytes, 0),
            fraction: bytes[4],
            // The shift to the right brings the sign of the 24 bits down.
            lost: i64::from((word(bytes, 4) << 8) as i32 >> 8),
            highest: word(bytes, 8),
        }
    }

    fn write(self, bytes: &mut [u8]) {
        bytes[4] = self.fraction;
        bytes[5..8].copy_from_slice(&(self.lost as i32).to_be_bytes()[1..]);
    }

    /// What is to be told, `dropped` being all that was dropped before the highest.
    fn told(&self, dropped: i64, before: Option<Told>) -> Told {
        let base = before.map_or(0, |before| before.base.min(dropped));
        let lost = match before {
            Some(before) if self.lost == MOST => before.lost,
            _ => self.lost - (dropped - base),
        };
        let least = self.lost.clamp(LEAST, 0);
        Told {
            ssrc: self.ssrc,
            highest: self.highest,
            lost: lost.clamp(least, MOST),
            base: base + (least - lost).max(0),
        }
    }

    fn corrected(self, lost: i64, before: Option<Told>) -> Self {
        Self {
            fraction: self.corrected_fraction(lost, before),
            lost,
            ..self
        }
    }

    /// The share of the interval since the last report, in 256ths (RFC 3550 A.3). In the first report the interval is all
    /// there was, and how much that is says only the share that the session has computed.
    fn corrected_fraction(&self, lost: i64, before: Option<Told>) -> u8 {
        let interval = before.map(|before| {
            let expected = self.highest.wrapping_sub(before.highest) as i32;
            (lost - before.lost, i64::from(expected))
        });
        match interval {
            Some((lost, expected)) if expected >= 0 => share(lost * 256, expected),
            _ => share(lost * i64::from(self.fraction), self.lost),
        }
    }
}

fn share(part: i64, of: i64) -> u8 {
    if part <= 0 || of <= 0 {
        return 0;
    }
    u8::try_from(part / of).unwrap_or(u8::MAX)
}

fn is_well_formed(mut rtcp: &[u8]) -> bool {
    while let Some(len) = packet_len(rtcp) {
        rtcp = &rtcp[len..];
    }
    rtcp.is_empty()
}

/// The length of the first packet, if it is all there and its report blocks fit into it.
fn packet_len(rtcp: &[u8]) -> Option<usize> {
    let header = rtcp.first_chunk::<4>()?;
    let len = 4 * (1 + usize::from(u16::from_be_bytes([header[2], header[3]])));
    let packet = rtcp.get(..len)?;
    let fits = first_block(packet)
        .is_none_or(|first| first + BLOCK * block_count(packet) + padding(packet) <= len);
    (header[0] >> 6 == 2 && fits).then_some(len)
}

fn blocks(packet: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    let (first, count) = match first_block(packet) {
        Some(first) => (first, block_count(packet)),
        None => (packet.len(), 0),
    };
    packet[first..].chunks_exact_mut(BLOCK).take(count)
}

/// Where report blocks begin in packets that have some: after the sender's SSRC, in an SR after his own figures too.
fn first_block(packet: &[u8]) -> Option<usize> {
    match packet[1] {
        SENDER_REPORT => Some(28),
        RECEIVER_REPORT => Some(8),
        _ => None,
    }
}

fn block_count(packet: &[u8]) -> usize {
    usize::from(packet[0] & 0x1f)
}

fn padding(packet: &[u8]) -> usize {
    match packet.last() {
        Some(octets) if packet[0] & 0x20 != 0 => usize::from(*octets),
        _ => 0,
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests;
