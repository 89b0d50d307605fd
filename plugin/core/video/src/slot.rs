//! One slot: what it shows, and the numbers it has used up.

use std::time::Duration;

use convene_rtp::{Packet, Rewritten, SlotRewriter};

use crate::{
    DropReason, Frame, Picture, PictureIds, Size, choice::Choice, layers::Rate, origin::Told,
};

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

/// What a slot shows. Showing one layer it may wait for the key frame of another.
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
    /// The layer that it shows, or showed last.
    layer: usize,
    pub(crate) choice: Choice,
    /// How large its subscriber shows it.
    pub(crate) wanted: Option<Size>,
    pub(crate) rate: Rate,
    /// Where its subscriber was told that it is in its source.
    pub(crate) told: Told,
}

/// A packet and what is known of its layer.
pub(crate) struct Arrived<'a> {
    pub(crate) packet: &'a Packet<'a>,
    pub(crate) bytes: usize,
    pub(crate) frame: Frame,
    pub(crate) layer: usize,
    /// The layers of the picture whose packets come, by bits.
    pub(crate) sent: u32,
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
    /// A slot whose stream runs on from these numbers.
    pub(crate) fn with(numbers: Numbers) -> Self {
        Self {
            numbers,
            ..Self::default()
        }
    }

    /// Shows another picture from its next key frame on.
    pub(crate) fn wait_for(&mut self, picture: Picture) {
        self.feed = Feed::Waiting(picture);
        self.choice.reset();
    }

    /// The layer that is shown.
    pub(crate) fn shown(&self) -> Option<usize> {
        matches!(self.feed, Feed::Showing(..)).then_some(self.layer)
    }

    /// Whether the slot cannot do without a key frame of this layer.
    pub(crate) fn awaits(&self, layer: usize) -> bool {
        layer == self.choice.target() && self.shown() != Some(layer)
    }

    /// The packet's numbers in this slot, or why it does not go there.
    pub(crate) fn place(
        &mut self,
        now: Duration,
        arrived: &Arrived<'_>,
    ) -> Result<(u16, u32, PictureIds), DropReason> {
        let packet = arrived.packet;
        let starts = self.start(arrived)?;
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
            } => {
                self.rate.count(now, arrived.bytes);
                let ids = self.numbers.place(arrived.frame.ids, starts);
                Ok((sequence, timestamp, ids))
            }
            Rewritten::Drop(reason) => Err(reason.into()),
        }
    }

    /// Whether the slot's picture starts with this packet, or goes on in another layer.
    fn start(&mut self, arrived: &Arrived<'_>) -> Result<bool, DropReason> {
        let (ssrc, layer) = (arrived.packet.ssrc(), arrived.layer);
        match self.feed {
            Feed::Showing(_, shown) if shown == ssrc => return Ok(false),
            Feed::Showing(picture, _) | Feed::Waiting(picture)
                if arrived.frame.key_start && self.takes(arrived) =>
            {
                self.feed = Feed::Showing(picture, ssrc);
                self.layer = layer;
            }
            Feed::Showing(..) if layer != self.layer => return Err(DropReason::OtherLayer),
            Feed::Showing(picture, _) | Feed::Waiting(picture) => {
                self.feed = Feed::Waiting(picture);
                return Err(DropReason::AwaitingKeyFrame);
            }
            Feed::Idle => return Err(DropReason::Unwanted),
        }
        self.numbers.rewriter.unmap();
        Ok(true)
    }

    /// Whether the slot may go on with the key frame that begins here. As long as it shows nothing, a smaller layer is
    /// better than none, and any while its own is not sent.
    fn takes(&self, arrived: &Arrived<'_>) -> bool {
        let target = self.choice.target();
        if arrived.layer == target {
            return true;
        }
        match self.shown() {
            Some(shown) => arrived.layer == shown,
            None => arrived.layer < target || arrived.sent & 1 << target == 0,
        }
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
