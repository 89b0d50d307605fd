//! The sources (SSRCs) whose packets a stream's pipeline gets to see.
//!
//! `srtpdec` makes room for each source of which a packet comes, some 30 kB that are looked through for every packet,
//! before it knows whether the packet is true. Whoever sends from the peer's address could so fill the memory, and with
//! it the time of the thread that all streams share.

use std::{collections::HashSet, time::Duration};

use convene_rtp::Packet;

/// Sources that a stream may have: a browser has a dozen, with repairs and layers.
const MOST: usize = 64;

/// How often there may be one more, so that a flood of them bars nobody's own for ever.
const EVERY: Duration = Duration::from_secs(10);

/// What is to be done with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It may go on.
    Known,
    /// It is of nobody who could be told, and SRTP would make nothing of it.
    Nobodys,
    /// It is of one source too many.
    TooMany,
}

/// Those that there were.
#[derive(Default)]
pub(super) struct Sources {
    known: HashSet<u32>,
    /// From when on there may be one more.
    next: Duration,
}

impl Sources {
    /// Judges a packet as it came from the network at `now`, a monotonic time of any origin.
    pub(super) fn judge(&mut self, now: Duration, packet: &[u8]) -> Judgement {
        match source(packet) {
            Some(ssrc) if self.known.contains(&ssrc) || self.admit(now, ssrc) => Judgement::Known,
            Some(_) => Judgement::TooMany,
            None => Judgement::Nobodys,
        }
    }

    fn admit(&mut self, now: Duration, ssrc: u32) -> bool {
        let room = self.known.len() < MOST || now >= self.next;
        if room {
            self.known.insert(ssrc);
            self.next = now + EVERY;
        }
        room
    }
}

/// Whose a packet is, as `srtpdec` sees it, but only where that stands in clear: it would go on to look for it in what is
/// encrypted, where anybody can write anything.
fn source(packet: &[u8]) -> Option<u32> {
    match packet.get(1)? {
        // SR, RR, BYE, APP, RTPFB, PSFB: what begins a packet of RTCP (RFC 3550 section 6.1, RFC 5506).
        200 | 201 | 203..=206 => Some(u32::from_be_bytes(*packet.get(4..8)?.first_chunk()?)),
        kind if (64..=80).contains(&(kind & 0x7f)) => None,
        _ => Some(Packet::parse_protected(packet).ok()?.ssrc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtp(ssrc: u32) -> Vec<u8> {
        [&[0x80, 111, 0, 1, 0, 0, 0, 0][..], &ssrc.to_be_bytes()].concat()
    }

    #[test]
    fn sources_have_an_end_but_not_for_ever() {
        let (mut sources, start) = (Sources::default(), Duration::from_secs(7));
        let most = MOST as u32;
        let judged = |sources: &mut Sources, now, ssrc| sources.judge(now, &rtp(ssrc));
        for ssrc in 0..most {
            assert_eq!(judged(&mut sources, start, ssrc), Judgement::Known);
        }
        assert_eq!(judged(&mut sources, start, most), Judgement::TooMany);
        assert_eq!(judged(&mut sources, start, 0), Judgement::Known);
        assert_eq!(judged(&mut sources, start + EVERY, most), Judgement::Known);
        assert_eq!(
            judged(&mut sources, start + EVERY, most + 1),
            Judgement::TooMany
        );
    }

    #[test]
    fn a_source_is_told_by_what_stands_in_clear() {
        let rtcp = |kind, rest: &[u8]| [&[0x80, kind, 0, 1], rest].concat();
        let overlong = [&[0x90][..], &rtp(7)[1..], &[0xbe, 0xde, 0, 9]].concat();
        let table: [(&str, Vec<u8>, Option<u32>); 10] = [
            ("RTP", rtp(7), Some(7)),
            ("a sender report", rtcp(200, &[0, 0, 0, 7]), Some(7)),
            ("feedback", rtcp(206, &[0, 0, 0, 7, 0, 0, 0, 9]), Some(7)),
            ("names before all else", rtcp(202, &[0, 0, 0, 7]), None),
            ("a type that RTCP has not", rtcp(195, &[0, 0, 0, 7]), None),
            ("the payload type of one", rtcp(72, &[0; 12]), None),
            ("a cut report", rtcp(200, &[0, 0, 0]), None),
            ("a cut packet", rtp(7)[..11].to_vec(), None),
            ("an extension that ends nowhere", overlong, None),
            ("nothing", Vec::new(), None),
        ];
        for (story, packet, expected) in table {
            assert_eq!(source(&packet), expected, "{story}");
        }
    }
}
