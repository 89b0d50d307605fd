//! One slot: what it shows, and the numbers it has used up.

use std::time::Duration;

use convene_rtp::{Packet, Rewritten, SlotRewriter};

use crate::{DropReason, Frame, Picture, PictureIds};

/// A picture's RTP clock, in ticks per second.
const CLOCK_RATE: u128 = 90_000;

/// The numbers a slot has sent. They outlive its being closed: whoever opens it again gives them back, and its stream
/// runs on.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    rewriter: SlotRewriter,
    picture: Running,
    tl0: Running,
}

/// Picture numbers on their way out. PictureID and TL0PICIDX both run on by one at a change of source.
#[derive(Clone, Copy, Debug, Default)]
struct Running {
    last: Option<u16>,
    offset: u16,
}

/// What a slot shows.
///
/// ```text
///          show              key frame
///  Idle ─────────► Waiting ─────────────► Showing
///   ▲      hide      │  ▲     new SSRC,     │
///   └────────────────┴──┼──── end ──────────┘
///                       └───────────────────┘
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Feed {
    /// Nothing.
    #[default]
    Idle,
    /// This, once a key frame begins.
    Waiting(Picture),
    /// This, from its publisher's stream of that SSRC.
    Showing(Picture, u32),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) feed: Feed,
    pub(crate) numbers: Numbers,
}

impl Feed {
    pub(crate) fn picture(self) -> Option<Picture> {
        match self {
            Self::Idle => None,
            Self::Waiting(picture) | Self::Showing(picture, _) => Some(picture),
        }
    }
}

impl Slot {
    /// The packet's numbers in this slot, or why it does not go there.
    pub(crate) fn place(
        &mut self,
        now: Duration,
        packet: &Packet<'_>,
        frame: &Frame,
    ) -> Result<(u16, u32, PictureIds), DropReason> {
        let starts = self.start(packet.ssrc(), frame)?;
        self.numbers
            .rewriter
            .set_now((now.as_nanos() * CLOCK_RATE / 1_000_000_000) as u64);
        match self
            .numbers
            .rewriter
            .rewrite(packet.ssrc(), packet.sequence(), packet.timestamp())
        {
            Rewritten::Forward {
                sequence,
                timestamp,
            } => Ok((sequence, timestamp, self.numbers.place(frame.ids, starts))),
            Rewritten::Drop(reason) => Err(reason.into()),
        }
    }

    /// Whether the slot's picture starts with this packet.
    fn start(&mut self, ssrc: u32, frame: &Frame) -> Result<bool, DropReason> {
        match self.feed {
            Feed::Showing(_, shown) if shown == ssrc => return Ok(false),
            Feed::Showing(picture, _) | Feed::Waiting(picture) if frame.key_start => {
                self.feed = Feed::Showing(picture, ssrc);
            }
            Feed::Showing(picture, _) | Feed::Waiting(picture) => {
                self.feed = Feed::Waiting(picture);
                return Err(DropReason::AwaitingKeyFrame);
            }
            Feed::Idle => return Err(DropReason::Unwanted),
        }
        self.numbers.rewriter.unmap();
        Ok(true)
    }
}

impl Numbers {
    fn place(&mut self, ids: PictureIds, starts: bool) -> PictureIds {
        let picture = ids.picture.map(|(id, wide)| {
            let bits = if wide { 15 } else { 7 };
            (self.picture.place(id, bits, starts), wide)
        });
        let tl0 = ids
            .tl0
            .map(|tl0| self.tl0.place(u16::from(tl0), 8, starts) as u8);
        PictureIds {
            picture,
            tl0,
            ..ids
        }
    }
}

impl Running {
    fn place(&mut self, number: u16, bits: u32, starts: bool) -> u16 {
        if starts {
            self.offset = self
                .last
                .map_or(0, |last| last.wrapping_add(1).wrapping_sub(number));
        }
        let mask = (1_u16 << bits) - 1;
        let placed = number.wrapping_add(self.offset) & mask;
        let ahead = self
            .last
            .is_none_or(|last| placed.wrapping_sub(last) & mask <= mask / 2);
        if starts || ahead {
            self.last = Some(placed);
        }
        placed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_run_on_at_a_start_and_keep_their_gaps_after_it() {
        let mut running = Running::default();
        let steps = [
            (10, true, 10),
            (12, false, 12),
            (11, false, 11),
            (30_000, true, 13),
            (30_001, false, 14),
        ];
        for (number, starts, expected) in steps {
            assert_eq!(running.place(number, 15, starts), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn starts_in_a_row_count_up(numbers in prop::collection::vec(any::<u16>(), 1..300), bits in prop::sample::select(vec![7, 8, 15])) {
            let mask = (1_u16 << bits) - 1;
            let mut running = Running::default();
            let placed: Vec<u16> = numbers.iter().map(|number| running.place(number & mask, bits, true)).collect();
            for pair in placed.windows(2) {
                prop_assert_eq!(pair[1], (pair[0] + 1) & mask);
            }
        }
    }
}
