//! The sum of the talkers less oneself, exactly, and what one distinct mix keeps from frame to frame.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::Arc,
};

use crate::{
    Channels, Codec, CodecError, FRAME, Frame, Number, Wide, WideFrame,
    encode::{Encoded, Stream},
    limiter::Limiter,
};

/// Talkers are summed as integers of 20 fractional bits: the sum less one's own part is then exactly the sum of the
/// others. A hundred talkers at eight times full scale still fit.
const ONE: f32 = (1 << 20) as f32;
const LOUDEST: f32 = 8.0;

/// Samples over which a talker's gain rises: 5 ms; it falls over the whole frame.
pub(crate) const RISE: usize = FRAME / 4;

/// One channel of a talker's frame in integers.
type Whole = [i32; FRAME];

/// A talker's frame in integers.
pub(crate) type Part = Wide<Box<Whole>>;

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
pub(crate) fn part(frame: &WideFrame, from: f32, to: f32) -> Part {
    frame.map(|channel| Box::new(whole(channel, from, to)))
}

fn whole(channel: &Frame, from: f32, to: f32) -> Whole {
    let length = if to > from { RISE } else { FRAME };
    let step = (to - from) / length as f32;
    std::array::from_fn(|i| {
        let gain = if i < length {
            from + step * i as f32
        } else {
            to
        };
        ((channel[i] * gain).clamp(-LOUDEST, LOUDEST) * ONE) as i32
    })
}

/// The sum of all parts.
pub(crate) fn total(parts: &BTreeMap<Number, Part>) -> Part {
    let sides: Vec<_> = parts
        .values()
        .filter_map(|part| part.side.as_ref())
        .collect();
    Wide {
        mid: sum_of(parts.values().map(|part| &part.mid)),
        side: (!sides.is_empty()).then(|| sum_of(sides.into_iter())),
    }
}

fn sum_of<'a>(channels: impl Iterator<Item = &'a Box<Whole>>) -> Box<Whole> {
    let mut total = Box::new([0; FRAME]);
    for channel in channels {
        total
            .iter_mut()
            .zip(channel.iter())
            .for_each(|(sum, sample)| *sum += sample);
    }
    total
}

/// What is heard with these `gains`, without `own` part, before the limiter; it has a side if somebody else has one.
pub(crate) fn sum(
    own: Option<Number>,
    total: &Part,
    parts: &BTreeMap<Number, Part>,
    gains: &Gains,
    channels: Channels,
) -> WideFrame {
    let others = || parts.iter().filter(|(number, _)| Some(**number) != own);
    let is_wide = channels == Channels::Stereo && others().any(|(_, part)| part.side.is_some());
    let own = own.and_then(|own| parts.get(&own));
    let less = |total: &Whole, own: Option<&Box<Whole>>| match own {
        Some(own) => std::array::from_fn(|i| real(total[i] - own[i])),
        None => total.map(real),
    };
    if gains.is_empty() {
        let side = total.side.as_ref().filter(|_| is_wide);
        let own_side = own.and_then(|own| own.side.as_ref());
        return Wide {
            mid: Box::new(less(&total.mid, own.map(|own| &own.mid))),
            side: side.map(|side| Box::new(less(side, own_side))),
        };
    }
    let scaled =
        || others().map(|(number, part)| (part, gains.get(number).copied().unwrap_or(1.0)));
    Wide {
        mid: Box::new(scaled_sum(scaled().map(|(part, gain)| (&part.mid, gain)))),
        side: is_wide.then(|| {
            let sides = scaled().filter_map(|(part, gain)| Some((part.side.as_ref()?, gain)));
            Box::new(scaled_sum(sides))
        }),
    }
}

fn scaled_sum<'a>(channels: impl Iterator<Item = (&'a Box<Whole>, f32)>) -> Frame {
    let mut frame = [0.0; FRAME];
    for (channel, gain) in channels {
        frame
            .iter_mut()
            .zip(channel.iter())
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
    last: Option<Arc<WideFrame>>,
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
    pub(crate) fn limit(&mut self, frame: &WideFrame, nobody: bool) -> WideFrame {
        self.silent = if nobody { self.silent + 1 } else { 0 };
        self.used = true;
        if self.is_silent() {
            self.limiter = Limiter::default();
            WideFrame::silence()
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
    pub(crate) fn encode(
        &mut self,
        codec: Codec,
        frame: &WideFrame,
    ) -> Result<Encoded, CodecError> {
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
        // An encoder has its channels for life.
        if from.channels != to.channels {
            return self.refresh(to);
        }
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
    pub(crate) fn last(&self) -> Option<&WideFrame> {
        self.last.as_deref()
    }

    /// Ends the tick with the frame that was heard in it; forgets encoders that nobody used, since what they would go on
    /// with is no longer what was before. Says whether anybody heard this mix.
    pub(crate) fn end_tick(&mut self, heard: Option<&Arc<WideFrame>>) -> bool {
        self.last = heard.cloned();
        self.streams
            .retain(|_, used| std::mem::take(&mut used.used));
        std::mem::take(&mut self.used)
    }

    /// How many encodings of it there are.
    #[cfg(test)]
    pub(crate) fn encoders(&self) -> usize {
        self.streams.len()
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

    /// Every other one is stereo.
    fn parts(seeds: &[i32]) -> BTreeMap<Number, Part> {
        let channel = |seed: i32| {
            Box::new(std::array::from_fn(|i| {
                seed.wrapping_mul(i as i32 + 1) % 1_000_000
            }))
        };
        let make = |seed: i32| Wide {
            mid: channel(seed),
            side: (seed % 2 != 0).then(|| channel(!seed)),
        };
        seeds
            .iter()
            .enumerate()
            .map(|(i, seed)| (Number(i as u32), make(*seed)))
            .collect()
    }

    #[test]
    fn a_gain_rises_in_5_ms_and_falls_in_20() {
        let steady = Wide::mono(Box::new([1.0; FRAME]));
        let up = part(&steady, 0.0, 1.0).mid;
        assert_eq!((up[0], up[RISE], up[FRAME - 1]), (0, 1 << 20, 1 << 20));
        let down = part(&steady, 1.0, 0.0).mid;
        assert!(down[FRAME / 2] > 500_000 && down[FRAME - 1] < 2_000);
    }

    #[test]
    fn own_gains_are_heard_by_their_owner() {
        let parts = parts(&[5, 7]);
        let gains = BTreeMap::from([(Number(1), 0.5)]);
        let heard = sum(
            Some(Number(0)),
            &total(&parts),
            &parts,
            &gains,
            Channels::Stereo,
        );
        let bobs = &parts[&Number(1)];
        assert_eq!(heard.mid[3], real(bobs.mid[3]) * 0.5);
        assert_eq!(
            heard.side.unwrap()[3],
            real(bobs.side.as_ref().unwrap()[3]) * 0.5
        );
    }

    proptest! {
        #[test]
        fn without_oneself_is_exactly_the_others(seeds in proptest::collection::vec(any::<i32>(), 1..20), own in 0_usize..20) {
            let all = parts(&seeds);
            let own = Number((own % seeds.len()) as u32);
            let mut others = all.clone();
            others.remove(&own);
            for channels in [Channels::Mono, Channels::Stereo] {
                let heard = sum(Some(own), &total(&all), &all, &Gains::new(), channels);
                let expected = sum(None, &total(&others), &others, &Gains::new(), channels);
                prop_assert_eq!(heard, expected);
            }
        }
    }
}
