//! Which packets of silent people need not be decrypted: told by their level (RFC 6464), which SRTP leaves in clear (RFC
//! 3711 section 3.1).
//!
//! This judges packets before anybody has authenticated them, so every doubt passes: what is no RTP, has no level, comes
//! late or jumps is SRTP's to judge. A forged level can at most have a quiet packet dropped or a packet counted too
//! often, never hide a loud one. Levels that are encrypted themselves (RFC 6904) are noise; such a stream must have no
//! rule. Nor may one whose losses the sender learns otherwise than from receiver reports (transport-wide feedback).

mod stream;

use std::time::Duration;

use self::stream::Stream;
use crate::{Level, Packet};

/// SSRCs whose packets are judged. A browser's leg has one of sound; the rest is for restarts and strays.
pub(crate) const MOST_STREAMS: usize = 8;

/// At least a packet in this time has to reach SRTP.
const LONGEST_KEEPALIVE: Duration = Duration::from_secs(1);

/// A new stream passes for at least this long: a session believes an SSRC after two packets in sequence (MIN_SEQUENTIAL
/// in RFC 3550 A.1), and an Opus packet spans up to 120 ms.
const SHORTEST_HOLD: Duration = Duration::from_millis(250);

/// Which packets are silent. Levels are dB below overload, 0 to 127: smaller is louder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilenceRule {
    /// The negotiated id of the level's header extension, 1 to 255.
    pub extension: u8,
    /// A packet as loud as this opens the gate and passes.
    pub open: u8,
    /// The gate closes when no packet was as loud as this for [`hold`](Self::hold). At least `open`.
    pub close: u8,
    /// How long the gate stays open after the last packet as loud as [`close`](Self::close); at least 250 ms. Whoever
    /// decides by the sound who is heard has to have decided before.
    pub hold: Duration,
    /// When the last packet passed this long ago, the next one passes; at most 1 s. Intervals get longer than this by
    /// the time between two packets and their jitter.
    pub keepalive: Duration,
}

impl Default for SilenceRule {
    /// Room noise arrives at 60 to 70, speech at 20 to 50. The conference's floor seats at 52 and gives up a seat 600 ms
    /// after the last 58, of packets that waited up to 400 ms: this rule opens before and closes after it.
    fn default() -> Self {
        Self {
            extension: 1,
            open: 55,
            close: 58,
            hold: Duration::from_millis(1_200),
            keepalive: Duration::from_millis(900),
        }
    }
}

impl SilenceRule {
    /// Whether it can be followed; [`SilenceGate::set_rule`] asks.
    ///
    /// # Errors
    /// [`RuleError`] with the value that is out of its range.
    pub fn check(&self) -> Result<(), RuleError> {
        if self.extension == 0 {
            return Err(RuleError::Extension);
        }
        if self.open > self.close || self.close > 127 {
            return Err(RuleError::Levels {
                open: self.open,
                close: self.close,
            });
        }
        if self.hold < SHORTEST_HOLD {
            return Err(RuleError::Hold(self.hold));
        }
        if self.keepalive > LONGEST_KEEPALIVE {
            return Err(RuleError::Keepalive(self.keepalive));
        }
        Ok(())
    }

    /// The level in a packet. Its voice bit says nothing: browsers set it in every packet that Opus did not leave out. A
    /// body of another length than one octet is another extension under that id.
    fn level(&self, packet: &Packet) -> Option<u8> {
        match packet.extension(self.extension)? {
            body @ [_] => Level::parse(body).map(|level| level.dbov),
            _ => None,
        }
    }
}

/// Why a rule cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// Id 0 is padding (RFC 8285 section 4.2).
    #[error("a header extension has no id 0")]
    Extension,
    /// `open` is quieter than `close`, or one is no level.
    #[error("levels to open at {open} and to close at {close} are not 0 <= open <= close <= 127")]
    Levels {
        /// The level to open at.
        open: u8,
        /// The level to close at.
        close: u8,
    },
    /// Too short for a session to believe in a new stream.
    #[error("a hold of {0:?} is shorter than {SHORTEST_HOLD:?}")]
    Hold(Duration),
    /// Too long for SRTP and the session behind it.
    #[error("a packet every {0:?} is less than one every {LONGEST_KEEPALIVE:?}")]
    Keepalive(Duration),
}

/// What to do with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Hand it to SRTP.
    Pass,
    /// Forget it; it is counted.
    Drop,
}

/// Drops the packets of silent people before SRTP decrypts them. One gate serves one bundle, whose SSRCs it tells apart.
///
/// # The rollover counter
/// SRTP guesses the upper 32 bits of a packet's index from the highest sequence number that it has seen (RFC 3711 section
/// 3.3.1), and guesses right within 2¹⁵ of it. So the distance from the last packet that passed to the next one matters:
/// - While the gate is closed a packet passes every [`keepalive`](SilenceRule::keepalive), and after 4 096 dropped ones
///   whatever the time: several may then fail to authenticate before a wrap could be missed.
/// - A sequence number more than 3 000 ahead of the highest, or at least 128 behind it, is a sender or a network that
///   began anew: that packet passes and the gate is open for `hold`, so that SRTP and the session behind it (which wants
///   two packets in sequence, RFC 3550 A.1) see what happened. Where the sender merely paused, the numbers go on.
/// - What is less far behind came late or twice. Its passing or not moves no counter; it passes, except for a copy of what
///   was dropped: that one would be received after it was counted as dropped.
#[derive(Debug, Default)]
pub struct SilenceGate {
    rule: Option<SilenceRule>,
    streams: Vec<Stream>,
}

impl SilenceGate {
    /// One without a rule: everything passes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Changes or removes the rule. Counts stay; a gate that is closed is judged by the new rule from the next packet on.
    ///
    /// # Errors
    /// [`RuleError`]; the old rule then stays.
    pub fn set_rule(&mut self, rule: Option<SilenceRule>) -> Result<(), RuleError> {
        if let Some(rule) = &rule {
            rule.check()?;
        }
        self.rule = rule;
        Ok(())
    }

    /// The rule of the moment.
    #[must_use]
    pub fn rule(&self) -> Option<SilenceRule> {
        self.rule
    }

    /// Judges a packet as it came from the network at `now`, a monotonic time of any origin.
    pub fn handle(&mut self, now: Duration, packet: &[u8]) -> Verdict {
        if (self.rule.is_none() && self.streams.is_empty()) || is_rtcp(packet) {
            return Verdict::Pass;
        }
        let Ok(packet) = Packet::parse_protected(packet) else {
            return Verdict::Pass;
        };
        let measured = self
            .rule
            .and_then(|rule| rule.level(&packet).map(|level| (rule, level)));
        match self.stream(now, packet.ssrc(), packet.sequence(), measured.is_some()) {
            Some(stream) => stream.judge(now, packet.sequence(), measured),
            None => Verdict::Pass,
        }
    }

    /// Packets of that SSRC that were dropped in all.
    #[must_use]
    pub fn dropped(&self, ssrc: u32) -> u64 {
        self.known(ssrc).map_or(0, Stream::dropped)
    }

    /// Packets of that SSRC that were dropped and precede the one with sequence number `highest` (its lower 16 bits): those
    /// that a session behind the gate takes for lost when `highest` is the highest that it has received. `None` for an
    /// SSRC that had no levels.
    #[must_use]
    pub fn dropped_before(&self, ssrc: u32, highest: u32) -> Option<u64> {
        self.known(ssrc)
            .map(|stream| stream.dropped_before(highest as u16))
    }

    /// The SSRCs that had levels, and how many packets of each were dropped.
    pub fn counts(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        self.streams
            .iter()
            .map(|stream| (stream.ssrc, stream.dropped()))
    }

    fn known(&self, ssrc: u32) -> Option<&Stream> {
        self.streams.iter().find(|stream| stream.ssrc == ssrc)
    }

    /// The stream of that SSRC: a known one, or a new one where the packet has a level and there is room.
    fn stream(
        &mut self,
        now: Duration,
        ssrc: u32,
        sequence: u16,
        has_level: bool,
    ) -> Option<&mut Stream> {
        let known = self.streams.iter().position(|stream| stream.ssrc == ssrc);
        let at = match known {
            Some(at) => at,
            None if has_level => self.place(Stream::new(ssrc, now, sequence))?,
            None => return None,
        };
        Some(&mut self.streams[at])
    }

    /// Where there is no room, the longest silent of those who have nothing counted makes it.
    fn place(&mut self, stream: Stream) -> Option<usize> {
        if self.streams.len() < MOST_STREAMS {
            self.streams.push(stream);
            return Some(self.streams.len() - 1);
        }
        let uncounted = self.streams.iter().enumerate();
        let (at, _) = uncounted
            .filter(|(_, stream)| stream.dropped() == 0)
            .min_by_key(|(_, stream)| stream.heard())?;
        self.streams[at] = stream;
        Some(at)
    }
}

/// RFC 5761 section 4: RTCP's packet types, as the second octet of any packet on a shared port.
fn is_rtcp(packet: &[u8]) -> bool {
    packet.get(1).is_some_and(|kind| (192..=223).contains(kind))
}

#[cfg(test)]
pub(crate) mod tests;
