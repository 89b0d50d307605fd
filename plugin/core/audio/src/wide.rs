//! Sound in one channel or two: its middle and, where left and right differ, its side.
//!
//! Left is the middle plus the side, right the middle less the side. So mono sound stands in the middle, has no side and
//! costs nothing for it; and who takes mono leaves the side away and hears half of left and right.

use std::{
    borrow::Cow,
    ops::{Deref, Range},
};

use crate::{FRAME, Frame};

/// How many channels somebody takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channels {
    /// One.
    #[default]
    Mono,
    /// Left and right.
    Stereo,
}

impl Channels {
    /// Their number.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }
}

/// Something of the middle, and the same of the side, which mono sound has not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wide<T> {
    /// Half the sum of left and right.
    pub mid: T,
    /// Half their difference.
    pub side: Option<T>,
}

/// A frame in one channel or two.
pub type WideFrame = Wide<Box<Frame>>;

impl<T> Wide<T> {
    /// What has a middle only.
    pub fn mono(mid: T) -> Self {
        Self { mid, side: None }
    }

    /// The same done to the middle and the side.
    pub fn map<U>(&self, each: impl Fn(&T) -> U) -> Wide<U> {
        Wide {
            mid: each(&self.mid),
            side: self.side.as_ref().map(each),
        }
    }

    /// As much of it as `channels` can hold.
    #[must_use]
    pub fn within(self, channels: Channels) -> Self {
        match channels {
            Channels::Mono => Self::mono(self.mid),
            Channels::Stereo => self,
        }
    }

    /// The middle, and the side where there is one.
    pub(crate) fn both(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.mid).chain(&self.side)
    }

    pub(crate) fn both_mut(&mut self) -> impl Iterator<Item = &mut T> {
        std::iter::once(&mut self.mid).chain(&mut self.side)
    }
}

impl<T: Deref<Target: AsRef<[f32]>>> Wide<T> {
    /// Samples in time.
    #[must_use]
    pub fn len(&self) -> usize {
        (*self.mid).as_ref().len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples as pads and codecs take them: left and right in turn, or the middle.
    #[must_use]
    pub fn interleaved(&self, channels: Channels) -> Cow<'_, [f32]> {
        let mid: &[f32] = (*self.mid).as_ref();
        match (channels, &self.side) {
            (Channels::Mono, _) => mid.into(),
            (Channels::Stereo, None) => mid.iter().flat_map(|m| [*m, *m]).collect(),
            (Channels::Stereo, Some(side)) => {
                let pairs = mid.iter().zip((**side).as_ref());
                pairs.flat_map(|(m, s)| [m + s, m - s]).collect()
            }
        }
    }
}

impl WideFrame {
    pub(crate) fn silence() -> Self {
        Self::mono(Box::new([0.0; FRAME]))
    }
}

impl Wide<Vec<f32>> {
    /// What an interleaved sound of so many channels is.
    #[must_use]
    pub fn of(samples: Vec<f32>, channels: Channels) -> Self {
        match channels {
            Channels::Mono => Self::mono(samples),
            Channels::Stereo => {
                let pairs = samples.chunks_exact(2);
                let mid = pairs.clone().map(|p| (p[0] + p[1]) / 2.0).collect();
                let side = pairs.map(|p| (p[0] - p[1]) / 2.0).collect();
                Self {
                    mid,
                    side: Some(side),
                }
                .without_empty_side()
            }
        }
    }

    /// Puts `more` at the end.
    pub(crate) fn append(&mut self, more: &Self) {
        let before = self.len();
        self.mid.extend_from_slice(&more.mid);
        if self.side.is_some() || more.side.is_some() {
            let side = self.side.get_or_insert_with(|| vec![0.0; before]);
            side.extend_from_slice(more.side.as_deref().unwrap_or_default());
            side.resize(self.mid.len(), 0.0);
        }
    }

    /// Puts silence at the end.
    pub(crate) fn append_silence(&mut self, samples: usize) {
        let length = self.len() + samples;
        self.both_mut()
            .for_each(|channel| channel.resize(length, 0.0));
    }

    /// Lets it rise from nothing within these samples.
    pub(crate) fn fade_in(&mut self, within: Range<usize>) {
        self.fade(within, |part| part);
    }

    /// Lets it fall to nothing within these samples.
    pub(crate) fn fade_out(&mut self, within: Range<usize>) {
        self.fade(within, |part| 1.0 - part);
    }

    fn fade(&mut self, within: Range<usize>, gain: impl Fn(f32) -> f32) {
        let step = 1.0 / within.len().max(1) as f32;
        for channel in self.both_mut() {
            let samples = channel.iter_mut().take(within.end).skip(within.start);
            for (i, sample) in samples.enumerate() {
                *sample *= gain(step * i as f32);
            }
        }
    }

    /// Takes the first samples away.
    pub(crate) fn forget(&mut self, samples: usize) {
        self.both_mut()
            .for_each(|channel| drop(channel.drain(..samples)));
        self.side.take_if(|side| side.is_empty());
    }

    /// The first frame; what is short of one is filled with silence.
    pub(crate) fn take_frame(&mut self) -> WideFrame {
        let samples = self.len().min(FRAME);
        let frame = self.map(|channel| {
            let mut frame = Box::new([0.0; FRAME]);
            frame[..samples].copy_from_slice(&channel[..samples]);
            frame
        });
        self.forget(samples);
        frame.without_empty_side()
    }
}

impl<T: Deref<Target: AsRef<[f32]>>> Wide<T> {
    /// Left and right that are alike are mono, however they came.
    fn without_empty_side(mut self) -> Self {
        let is_empty = |side: &mut T| (**side).as_ref().iter().all(|sample| *sample == 0.0);
        self.side.take_if(is_empty);
        self
    }
}

impl<S: AsRef<[f32]> + ?Sized> From<&S> for Wide<Vec<f32>> {
    fn from(mono: &S) -> Self {
        Self::mono(mono.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn left_and_right_come_back_as_they_were() {
        let sound = [0.5, 0.25, -1.0, 1.0, 0.125, 0.0];
        let wide = Wide::of(sound.to_vec(), Channels::Stereo);
        assert_eq!(wide.mid, [0.375, 0.0, 0.0625]);
        assert_eq!(*wide.interleaved(Channels::Stereo), sound);
        assert_eq!(*wide.interleaved(Channels::Mono), wide.mid);
    }

    #[test]
    fn what_is_alike_on_both_sides_is_mono() {
        let wide = Wide::of(vec![0.5, 0.5, -0.1, -0.1], Channels::Stereo);
        assert_eq!(wide, Wide::mono(vec![0.5, -0.1]));
        assert_eq!(*wide.interleaved(Channels::Stereo), [0.5, 0.5, -0.1, -0.1]);
    }

    #[test]
    fn a_side_that_begins_or_ends_stays_in_step_with_its_middle() {
        let mut sound = Wide::from(&[1.0; 3]);
        sound.append(&Wide::of(vec![1.0, 0.0], Channels::Stereo));
        sound.append(&Wide::from(&[1.0]));
        sound.append_silence(1);
        assert_eq!(sound.side, Some(vec![0.0, 0.0, 0.0, 0.5, 0.0, 0.0]));
        sound.forget(3);
        assert_eq!(sound.mid, [0.5, 1.0, 0.0]);
        assert_eq!(sound.side, Some(vec![0.5, 0.0, 0.0]));
        let frame = sound.take_frame();
        assert_eq!(frame.side.map(|side| (side[0], side[1])), Some((0.5, 0.0)));
        assert_eq!(sound, Wide::default());
    }

    #[test]
    fn a_frame_without_a_side_of_its_own_is_mono() {
        let mut sound = Wide::from(&[0.5; FRAME]);
        sound.append(&Wide::of(vec![1.0, 0.0], Channels::Stereo));
        assert_eq!(sound.take_frame().side, None);
        assert!(sound.take_frame().side.is_some());
    }
}
