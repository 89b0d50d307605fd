//! A sound whose place in a stream can be told to a fraction of a millisecond: short chirps in the hum of a room. Pure.
//!
//! A chirp rises through three thousand hertz in 30 ms, so it looks like itself at one place only, also after two passes
//! through Opus, which smears the edge of a plain tone over milliseconds.

use std::f32::consts::TAU;

use serde::{Deserialize, Serialize};

use super::sound::{FRAME, RATE, noise};

/// Samples from one chirp to the next, whoever's: 513 ms. No multiple of a frame, so that they begin everywhere in one.
pub const SPACING: u64 = 513 * RATE as u64 / 1_000;

/// Samples of a chirp: 30 ms.
const LENGTH: usize = 30 * RATE as usize / 1_000;

/// Where it begins and ends, in Hz: within what all of Opus's modes carry.
const PITCHES: [f32; 2] = [500.0, 3_500.0];

/// How far it swings, of full scale.
const AMPLITUDE: f32 = 0.5;

/// How loud the room is between chirps, in −dBov: our floor does not take it for silence, and no encoder leaves it out.
pub const ROOM_LEVEL: u8 = 51;

/// A millisecond whose mean square exceeds this is no room any more; a chirp has six times as much.
const LOUD: f32 = 0.02;

/// Samples of a millisecond.
const STEP: usize = RATE as usize / 1_000;

/// A chirp begins at most so many samples before or after the first loud millisecond.
const AROUND: usize = 8 * STEP;

/// The search goes in steps of so many samples before it looks closer.
const COARSE: usize = 4;

/// What is less like a chirp than this, of 1, is none that a measurement should build on.
const ALIKE: f32 = 0.5;

/// Whose turn it is: `of` clients chirp one after the other, without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Which of them.
    pub place: usize,
    /// How many there are.
    pub of: usize,
}

impl Turn {
    /// Frames after which everything begins anew.
    pub fn frames(self) -> u64 {
        let (mut divisor, mut rest) = (self.period(), u64::from(FRAME));
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        self.period() / divisor
    }

    /// Where in this frame a chirp begins, in samples, if one does.
    pub fn onset_in(self, frame: u32) -> Option<u32> {
        let begins = u64::from(frame) * u64::from(FRAME);
        let offset = (self.period() - self.since_onset(begins)) % self.period();
        u32::try_from(offset).ok().filter(|&offset| offset < FRAME)
    }

    /// The sound at a sample.
    pub fn sample(self, at: u64) -> f32 {
        let since = self.since_onset(at) as usize;
        let chirp = if since < LENGTH {
            AMPLITUDE * phase(since).sin()
        } else {
            0.0
        };
        // Each has a room of his own.
        chirp
            + noise(
                at.wrapping_add((self.place as u64) << 32),
                ROOM_LEVEL.into(),
            )
    }

    fn period(self) -> u64 {
        SPACING * self.of as u64
    }

    fn since_onset(self, at: u64) -> u64 {
        let first = SPACING * self.place as u64;
        (at + self.period() - first) % self.period()
    }
}

fn phase(sample: usize) -> f32 {
    let [low, high] = PITCHES;
    let (time, length) = (sample as f32 / RATE as f32, LENGTH as f32 / RATE as f32);
    TAU * (low * time + (high - low) * time * time / (2.0 * length))
}

/// Where chirps begin in `sound`.
pub fn onsets(sound: &[f32]) -> Vec<usize> {
    let template = Template::new();
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(loud) = first_loud(sound, from) {
        let best = template.best(sound, loud.saturating_sub(AROUND), loud + AROUND);
        found.extend(best.filter(|&(_, alike)| alike >= ALIKE).map(|(at, _)| at));
        from = loud + 2 * LENGTH;
    }
    found
}

fn first_loud(sound: &[f32], from: usize) -> Option<usize> {
    let steps = sound.get(from..)?.chunks_exact(STEP);
    let power = |step: &[f32]| energy(step) / STEP as f32;
    let mut powers = steps.map(power);
    powers
        .position(|power| power > LOUD)
        .map(|step| from + step * STEP)
}

fn energy(sound: &[f32]) -> f32 {
    sound.iter().map(|sample| sample * sample).sum()
}

/// A chirp and the same a quarter of a turn later: together they find it whatever a codec does to its phase.
struct Template([Vec<f32>; 2]);

impl Template {
    fn new() -> Self {
        let part = |wave: fn(f32) -> f32| (0..LENGTH).map(|n| wave(phase(n))).collect();
        Self([part(f32::sin), part(f32::cos)])
    }

    /// The place in this range that is most like a chirp, and how much it is. Near its beginning all is like it a little,
    /// so that the search may go in steps first.
    fn best(&self, sound: &[f32], from: usize, to: usize) -> Option<(usize, f32)> {
        let (near, _) = self.most_alike(sound, (from..to).step_by(COARSE))?;
        self.most_alike(sound, near.saturating_sub(COARSE)..=near + COARSE)
    }

    fn most_alike(
        &self,
        sound: &[f32],
        places: impl Iterator<Item = usize>,
    ) -> Option<(usize, f32)> {
        let rated = places.filter_map(|at| Some((at, self.alike(sound.get(at..at + LENGTH)?))));
        rated.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    /// 1 for a chirp, however loud.
    fn alike(&self, sound: &[f32]) -> f32 {
        let [sine, cosine] = self.0.each_ref().map(|part| {
            let products = part.iter().zip(sound).map(|(part, sample)| part * sample);
            products.sum::<f32>()
        });
        // Each part has half of a chirp's square in it.
        sine.hypot(cosine)
            / (energy(sound) * LENGTH as f32 / 2.0)
                .sqrt()
                .max(f32::EPSILON)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Turn = Turn { place: 1, of: 3 };

    fn sound(turn: Turn, samples: u64) -> Vec<f32> {
        (0..samples).map(|at| turn.sample(at)).collect()
    }

    #[test]
    fn chirps_are_found_where_they_begin() {
        let found = onsets(&sound(SECOND, 5 * SPACING));
        let due = [SPACING, 4 * SPACING].map(|at| at as usize);
        assert_eq!(found, due);
    }

    #[test]
    fn chirps_are_found_in_a_room_much_louder() {
        let mut sound = sound(SECOND, 2 * SPACING);
        for (at, sample) in sound.iter_mut().enumerate() {
            *sample += noise(at as u64, f32::from(ROOM_LEVEL) - 25.0);
        }
        let found = onsets(&sound);
        assert_eq!(found.len(), 1);
        assert!(found[0].abs_diff(SPACING as usize) <= 2, "{found:?}");
    }

    #[test]
    fn what_is_loud_is_not_yet_a_chirp() {
        let tone: Vec<_> = (0..48_000).map(|n| (n as f32 * 0.1).sin()).collect();
        assert!(onsets(&tone).is_empty());
        assert!(onsets(&sound(SECOND, SPACING)).is_empty());
        assert!(onsets(&[]).is_empty());
    }

    #[test]
    fn a_frame_knows_the_chirp_that_begins_in_it() {
        let frames = 0..SECOND.frames() as u32;
        let told: Vec<_> = frames
            .filter_map(|frame| Some(u64::from(frame * FRAME + SECOND.onset_in(frame)?)))
            .collect();
        let due: Vec<_> = (0..5).map(|round| SPACING * (1 + 3 * round)).collect();
        assert_eq!(told[..5], due);
    }

    #[test]
    fn all_begins_anew_after_whole_frames() {
        let again = SECOND.frames() * u64::from(FRAME);
        assert_eq!(again % (3 * SPACING), 0);
        assert_eq!(
            SECOND.onset_in(7),
            SECOND.onset_in(7 + SECOND.frames() as u32)
        );
    }

    #[test]
    fn turns_do_not_meet() {
        let all: Vec<_> = (0..4).map(|place| Turn { place, of: 4 }).collect();
        for frame in 0..all[0].frames() as u32 {
            let begun = all.iter().filter(|turn| turn.onset_in(frame).is_some());
            assert!(begun.count() <= 1, "frame {frame}");
        }
    }
}
