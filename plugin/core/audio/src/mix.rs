//! The sum of the talkers less oneself, exactly, and what one distinct mix keeps from frame to frame.

use std::collections::{BTreeMap, btree_map::Entry};

use crate::{
    Codec, CodecError, FRAME, Frame, Number,
    encode::{Encoded, Stream},
    limiter::Limiter,
};

/// Talkers are summed as integers of 20 fractional bits: the sum less one's own part is then exactly the sum of the
/// others. A hundred talkers at eight times full scale still fit.
const ONE: f32 = (1 << 20) as f32;
const LOUDEST: f32 = 8.0;

/// Samples over which a talker's gain rises: 5 ms; it falls over the whole frame.
const RISE: usize = FRAME / 4;

/// A talker's frame in integers.
pub(crate) type Part = [i32; FRAME];

/// What somebody hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MixKey {
    /// All talkers as they are; shared.
    All,
    /// All talkers, with the gains of the wish of that number; shared by those who have it.
    Wish(u32),
    /// A talker's own: all but himself, with his gains.
    Apart(Number),
    /// Nothing.
    Silence,
}

/// Gains of others; 1 where absent.
pub(crate) type Gains = BTreeMap<Number, f32>;

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

/// What is heard with these `gains`, without `own` part, before the limiter.
pub(crate) fn sum(
    own: Option<Number>,
    total: &Part,
    parts: &BTreeMap<Number, Box<Part>>,
    gains: &Gains,
) -> Frame {
    if gains.is_empty() {
        return match own.and_then(|own| parts.get(&own)) {
            Some(part) => std::array::from_fn(|i| real(total[i] - part[i])),
            None => total.map(real),
        };
    }
    let mut frame = [0.0; FRAME];
    for (number, part) in parts.iter().filter(|(number, _)| Some(**number) != own) {
        let gain = gains.get(number).copied().unwrap_or(1.0);
        frame
            .iter_mut()
            .zip(part.iter())
            .for_each(|(sum, sample)| *sum += real(*sample) * gain);
    }
    frame
}

fn real(sample: i32) -> f32 {
    sample as f32 / ONE
}

/// What one distinct mix keeps: its limiter, its encoders, its last frame. A copy goes on exactly as the original does.
#[derive(Clone, Default)]
pub(crate) struct Mix {
    limiter: Limiter,
    streams: BTreeMap<Codec, Used>,
    last: Option<Box<Frame>>,
    /// Frames in a row with nothing in them.
    silent: u32,
    used: bool,
}

#[derive(Clone)]
struct Used {
    stream: Stream,
    used: bool,
}

impl Mix {
    /// The next frame through the limiter.
    pub(crate) fn limit(&mut self, frame: &Frame, nobody: bool) -> Frame {
        self.silent = if nobody { self.silent + 1 } else { 0 };
        self.used = true;
        if self.is_silent() {
            self.limiter = Limiter::default();
            [0.0; FRAME]
        } else {
            self.limiter.process(frame)
        }
    }

    /// Whether nothing is left to hear: the limiter's tail takes one frame more.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent > 1
    }

    /// Encodes a frame for `codec`; a new encoder has heard the frame before.
    ///
    /// # Errors
    /// libopus's.
    pub(crate) fn encode(&mut self, codec: Codec, frame: &Frame) -> Result<Encoded, CodecError> {
        let silent = self.is_silent();
        let used = match self.streams.entry(codec) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Used {
                stream: Stream::new(codec, self.last.as_deref())?,
                used: true,
            }),
        };
        used.used = true;
        used.stream.push(frame, silent)
    }

    /// Somebody begins to hear this, in this form, who has not heard what was before.
    ///
    /// # Errors
    /// libopus's.
    pub(crate) fn refresh(&mut self, codec: Codec) -> Result<(), CodecError> {
        match self.streams.get_mut(&codec) {
            Some(used) => used.stream.refresh(),
            None => Ok(()),
        }
    }

    /// Whether somebody hears this in this form.
    pub(crate) fn has(&self, codec: Codec) -> bool {
        self.streams.contains_key(&codec)
    }

    /// The same, and silence would cost something.
    pub(crate) fn has_awake(&self, codec: Codec) -> bool {
        let used = self.streams.get(&codec);
        used.is_some_and(|used| !(self.is_silent() && used.stream.is_dormant()))
    }

    /// A copy for one who hears this in this form.
    pub(crate) fn copy_in(&self, codec: Option<Codec>) -> Self {
        let stream = codec.and_then(|codec| Some((codec, self.streams.get(&codec)?.clone())));
        Self {
            limiter: self.limiter.clone(),
            streams: stream.into_iter().collect(),
            last: self.last.clone(),
            ..*self
        }
    }

    /// Whoever heard this in one form hears it in another from now on; his decoder cannot tell. The other form, if there is
    /// one already, stays as it is.
    ///
    /// # Errors
    /// libopus's.
    pub(crate) fn turn(&mut self, from: Codec, to: Codec) -> Result<(), CodecError> {
        if !self.has(to)
            && let Some(used) = self.streams.get(&from)
        {
            let stream = used.stream.turned(to)?;
            self.streams.insert(to, Used { stream, used: true });
        }
        Ok(())
    }

    /// Takes an encoding over from a mix that sounded the same in the last frame. `false`: it did not, or the encoding is
    /// here already.
    pub(crate) fn take_over(&mut self, codec: Codec, from: &Self) -> bool {
        let Some(used) = from.streams.get(&codec) else {
            return false;
        };
        let same = self.last.is_some() && self.last == from.last && !self.has(codec);
        if same {
            self.streams.insert(codec, used.clone());
        }
        same
    }

    /// The frame before.
    pub(crate) fn last(&self) -> Option<&Frame> {
        self.last.as_deref()
    }

    /// Ends the tick with the frame that was heard in it; forgets encoders that nobody used, since what they would go on
    /// with is no longer what was before. Says whether anybody heard this mix.
    pub(crate) fn end_tick(&mut self, heard: Option<&Frame>) -> bool {
        self.last = heard.map(|frame| Box::new(*frame));
        self.streams
            .retain(|_, used| std::mem::take(&mut used.used));
        std::mem::take(&mut self.used)
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
        let heard = sum(Some(Number(0)), &total(&parts), &parts, &gains);
        assert_eq!(heard[3], real(parts[&Number(1)][3]) * 0.5);
    }

    proptest! {
        #[test]
        fn without_oneself_is_exactly_the_others(seeds in proptest::collection::vec(any::<i32>(), 1..20), own in 0_usize..20) {
            let all = parts(&seeds);
            let own = Number((own % seeds.len()) as u32);
            let mut others = all.clone();
            others.remove(&own);
            let heard = sum(Some(own), &total(&all), &all, &Gains::new());
            let expected = sum(None, &total(&others), &others, &Gains::new());
            prop_assert_eq!(heard, expected);
        }
    }
}
