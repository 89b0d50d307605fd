//! The sum of the talkers less oneself, exactly, and what one distinct mix keeps from frame to frame.

use std::collections::BTreeMap;

use crate::{
    Codec, FRAME, Frame, Number,
    encode::{Encoded, Stream},
    limiter::Limiter,
};

/// Talkers are summed as integers of 20 fractional bits: the sum less one's own part is then exactly the sum of the
/// others. A hundred talkers at eight times full scale still fit.
const ONE: f32 = (1 << 20) as f32;
const LOUDEST: f32 = 8.0;

/// Samples over which a talker's gain rises: 5 ms; it falls over the whole frame.
const RISE: usize = FRAME / 4;

/// Frames for which an unused mix keeps its state: 1 s.
const KEPT: u32 = 50;

/// A talker's frame in integers.
pub(crate) type Part = [i32; FRAME];

/// Which talkers a listener hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MixKey {
    /// All of them.
    All,
    /// All but himself.
    Without(Number),
    /// All but himself, each with a gain of this listener's own.
    Custom(Number),
    /// None.
    Silence,
}

impl MixKey {
    /// Whether this mix has `talker` in it.
    pub(crate) fn contains(self, talker: Number) -> bool {
        match self {
            Self::All => true,
            Self::Without(own) | Self::Custom(own) => own != talker,
            Self::Silence => false,
        }
    }
}

/// A talker's frame with his gain going from `from` to `to`.
pub(crate) fn part(frame: &Frame, from: f32, to: f32) -> Box<Part> {
    let length = if to > from { RISE } else { FRAME };
    let step = (to - from) / length as f32;
    let mut part = Box::new([0; FRAME]);
    for (i, (out, sample)) in part.iter_mut().zip(frame).enumerate() {
        let gain = if i < length {
            from + step * i as f32
        } else {
            to
        };
        *out = ((sample * gain).clamp(-LOUDEST, LOUDEST) * ONE) as i32;
    }
    part
}

/// The sum of all parts.
pub(crate) fn total(parts: &BTreeMap<Number, Box<Part>>) -> Part {
    let mut total = [0; FRAME];
    for part in parts.values() {
        total
            .iter_mut()
            .zip(part.iter())
            .for_each(|(sum, sample)| *sum += sample);
    }
    total
}

/// What `key` hears, before its limiter.
pub(crate) fn sum(
    key: MixKey,
    total: &Part,
    parts: &BTreeMap<Number, Box<Part>>,
    gains: &BTreeMap<Number, f32>,
) -> Frame {
    match key {
        MixKey::All => total.map(real),
        MixKey::Silence => [0.0; FRAME],
        MixKey::Without(own) => match parts.get(&own) {
            Some(part) => std::array::from_fn(|i| real(total[i] - part[i])),
            None => total.map(real),
        },
        MixKey::Custom(own) => {
            let mut frame = [0.0; FRAME];
            for (number, part) in parts.iter().filter(|(number, _)| **number != own) {
                let gain = gains.get(number).copied().unwrap_or(1.0);
                frame
                    .iter_mut()
                    .zip(part.iter())
                    .for_each(|(sum, sample)| *sum += real(*sample) * gain);
            }
            frame
        }
    }
}

fn real(sample: i32) -> f32 {
    sample as f32 / ONE
}

/// What one distinct mix keeps: its limiter, its encoders, its last frame.
#[derive(Default)]
pub(crate) struct Mix {
    limiter: Limiter,
    streams: BTreeMap<Codec, Used>,
    last: Option<Box<Frame>>,
    /// Frames in a row with nothing in them.
    silent: u32,
    unused: u32,
}

struct Used {
    stream: Stream,
    unused: u32,
}

impl Mix {
    /// The next frame through the limiter.
    pub(crate) fn limit(&mut self, frame: &Frame, nobody: bool) -> Frame {
        self.silent = if nobody { self.silent + 1 } else { 0 };
        self.unused = 0;
        if self.is_silent() {
            [0.0; FRAME]
        } else {
            self.limiter.process(frame)
        }
    }

    /// Whether nothing is left to hear: the limiter's tail takes one frame more.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent > 1
    }

    /// Encodes a frame for `codec`; a new encoder has heard the frame before, which may be another mix's (`other`).
    ///
    /// # Errors
    /// libopus's.
    pub(crate) fn encode(
        &mut self,
        codec: Codec,
        frame: &Frame,
        other: Option<&Frame>,
    ) -> Result<Encoded, opus::Error> {
        let silent = self.is_silent();
        let used = match self.streams.entry(codec) {
            std::collections::btree_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let before = self.last.as_deref().or(other);
                entry.insert(Used {
                    stream: Stream::new(codec, before)?,
                    unused: 0,
                })
            }
        };
        used.unused = 0;
        used.stream.push(frame, silent)
    }

    /// The frame before this one.
    pub(crate) fn last(&self) -> Option<&Frame> {
        self.last.as_deref()
    }

    /// Ends the tick with the frame that was heard in it; forgets encoders that nobody uses. Says whether to keep this mix.
    pub(crate) fn end_tick(&mut self, heard: Option<&Frame>) -> bool {
        self.last = heard.map(|frame| Box::new(*frame));
        self.unused += u32::from(heard.is_none());
        self.streams.retain(|_, used| {
            used.unused += 1;
            used.unused <= KEPT
        });
        self.unused <= KEPT
    }

    /// Whether silence would cost this mix nothing.
    pub(crate) fn is_dormant(&self) -> bool {
        self.is_silent() && self.streams.values().all(|used| used.stream.is_dormant())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parts(seeds: &[i32]) -> BTreeMap<Number, Box<Part>> {
        let make = |seed: i32| {
            Box::new(std::array::from_fn(|i| {
                seed.wrapping_mul(i as i32 + 1) % 1_000_000
            }))
        };
        seeds
            .iter()
            .enumerate()
            .map(|(i, seed)| (Number(i as u32), make(*seed)))
            .collect()
    }

    #[test]
    fn a_gain_rises_in_5_ms_and_falls_in_20() {
        let up = part(&[1.0; FRAME], 0.0, 1.0);
        assert_eq!((up[0], up[RISE], up[FRAME - 1]), (0, 1 << 20, 1 << 20));
        let down = part(&[1.0; FRAME], 1.0, 0.0);
        assert!(down[FRAME / 2] > 500_000 && down[FRAME - 1] < 2_000);
    }

    #[test]
    fn own_gains_are_heard_by_their_owner() {
        let parts = parts(&[5, 7]);
        let gains = BTreeMap::from([(Number(1), 0.5)]);
        let heard = sum(MixKey::Custom(Number(0)), &total(&parts), &parts, &gains);
        assert_eq!(heard[3], real(parts[&Number(1)][3]) * 0.5);
    }

    proptest! {
        #[test]
        fn without_oneself_is_exactly_the_others(seeds in proptest::collection::vec(any::<i32>(), 1..20), own in 0_usize..20) {
            let all = parts(&seeds);
            let own = Number((own % seeds.len()) as u32);
            let mut others = all.clone();
            others.remove(&own);
            let heard = sum(MixKey::Without(own), &total(&all), &all, &BTreeMap::new());
            let expected = sum(MixKey::All, &total(&others), &others, &BTreeMap::new());
            prop_assert_eq!(heard, expected);
        }
    }
}
