//! Sound made a little shorter or longer without a break: one period of the voice is left out or said twice, as WSOLA
//! (Verhelst and Roelands, 1993) does it. Both channels lose or gain the same samples, so that they stay together.

use crate::Wide;

/// The shortest and the longest period that is looked for, in samples: 2.5 to 12.5 ms, a voice of 400 to 80 Hz.
pub(super) const SHORTEST: usize = 120;
pub(super) const LONGEST: usize = 600;

/// Over so many samples two places are compared: 5 ms.
const COMPARED: usize = 240;

/// The search goes in steps of so many samples before it looks closer.
const COARSE: usize = 6;

/// Places less alike than this are no period but a change of sound, which one would hear doubled.
pub(super) const ALIKE: f32 = 0.6;

/// Sound below this power is not heard whatever is done to it: −50 dBov.
const QUIET: f32 = 1e-5;

/// Leaves one period, `most` samples at most, at the beginning out; how many samples that is. 0 when there is none, where
/// places `alike` to that degree count as one.
pub(super) fn shorten(sound: &mut Wide<Vec<f32>>, most: usize, alike: f32) -> usize {
    let Some(period) = period(sound, most, alike) else {
        return 0;
    };
    for channel in sound.both_mut() {
        for i in 0..period {
            let part = i as f32 / period as f32;
            channel[period + i] = channel[i] * (1.0 - part) + channel[period + i] * part;
        }
    }
    sound.forget(period);
    period
}

/// Says a period at the beginning twice; how many samples that is. 0 as above.
pub(super) fn lengthen(sound: &mut Wide<Vec<f32>>, alike: f32) -> usize {
    let Some(period) = period(sound, LONGEST, alike) else {
        return 0;
    };
    for channel in sound.both_mut() {
        let bridge: Vec<f32> = (0..period)
            .map(|i| {
                let part = i as f32 / period as f32;
                channel[period + i] * (1.0 - part) + channel[i] * part
            })
            .collect();
        channel.splice(period..period, bridge);
    }
    period
}

/// After how many samples the sound is most like itself.
fn period(sound: &Wide<Vec<f32>>, most: usize, alike: f32) -> Option<usize> {
    let most = most.min(LONGEST).min(sound.len() / 2);
    if most < SHORTEST || sound.len() < most + COMPARED {
        return None;
    }
    let energy = |channel: &Vec<f32>| channel[..2 * most].iter().map(|s| s * s).sum::<f32>();
    let power = sound.both().map(energy).sum::<f32>() / (2 * most) as f32;
    if power < QUIET {
        return Some(most);
    }
    let coarse = best(sound, (SHORTEST..=most).step_by(COARSE), COARSE)?;
    let near = coarse.saturating_sub(COARSE).max(SHORTEST)..=(coarse + COARSE).min(most);
    let period = best(sound, near, 1)?;
    (likeness(sound, period, 1) >= alike).then_some(period)
}

fn best(
    sound: &Wide<Vec<f32>>,
    periods: impl Iterator<Item = usize>,
    step: usize,
) -> Option<usize> {
    periods
        .map(|period| (period, likeness(sound, period, step)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(period, _)| period)
}

/// The normalized cross-correlation of the beginning with what comes a period later, 1 when they are alike.
fn likeness(sound: &Wide<Vec<f32>>, period: usize, step: usize) -> f32 {
    let (mut cross, mut here, mut later) = (0.0_f32, 0.0_f32, 0.0_f32);
    for channel in sound.both() {
        for i in (0..COMPARED).step_by(step) {
            let (a, b) = (channel[i], channel[period + i]);
            cross += a * b;
            here += a * a;
            later += b * b;
        }
    }
    cross / (here * later).sqrt().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(from: usize, length: usize) -> Vec<f32> {
        let harmonic = |n: usize, k: f32| (n as f32 * k * std::f32::consts::TAU / 400.0).sin() / k;
        (from..from + length)
            .map(|n| 0.2 * (1..12).map(|k| harmonic(n, k as f32)).sum::<f32>())
            .collect()
    }

    fn even(sample: f32, length: usize) -> Wide<Vec<f32>> {
        Wide::mono(vec![sample; length])
    }

    /// The middle is silent, so only the side tells the period.
    #[test]
    fn the_side_is_changed_with_the_middle_and_has_a_say() {
        let apart = Wide {
            mid: vec![0.0; 2_400],
            side: Some(voice(0, 2_400)),
        };
        let (mut shorter, mut longer) = (apart.clone(), apart);
        assert_eq!(shorten(&mut shorter, LONGEST, ALIKE), 400);
        assert_eq!(lengthen(&mut longer, ALIKE), 400);
        for (changed, length) in [(shorter, 2_000), (longer, 2_800)] {
            let side = changed.side.unwrap();
            assert_eq!((changed.mid.len(), side.len()), (length, length));
            let apart = side.iter().zip(voice(0, length));
            assert!(apart.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) < 1e-3);
        }
    }

    #[test]
    fn a_period_more_or_less_is_not_seen() {
        let steady = Wide::mono(voice(0, 2_400));
        let (mut shorter, mut longer) = (steady.clone(), steady.clone());
        assert_eq!(
            (
                shorten(&mut shorter, LONGEST, ALIKE),
                lengthen(&mut longer, ALIKE)
            ),
            (400, 400)
        );
        assert_eq!((shorter.len(), longer.len()), (2_000, 2_800));
        for changed in [shorter, longer] {
            let apart = changed
                .mid
                .iter()
                .zip(&steady.mid)
                .map(|(a, b)| (a - b).abs());
            assert!(apart.fold(0.0, f32::max) < 1e-3);
        }
    }

    #[test]
    fn what_has_no_period_is_left_alone() {
        let mut state = 1_u32;
        let noise: Vec<f32> = (0..2_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect();
        let mut noise = Wide::mono(noise);
        let before = noise.clone();
        assert_eq!(
            (
                shorten(&mut noise, LONGEST, ALIKE),
                lengthen(&mut noise, ALIKE)
            ),
            (0, 0)
        );
        assert_eq!(noise, before);
        assert_eq!(shorten(&mut even(0.5, 2_000), SHORTEST - 1, ALIKE), 0);
        assert_eq!(lengthen(&mut even(0.5, 2 * SHORTEST - 1), ALIKE), 0);
    }

    #[test]
    fn silence_gives_what_it_can() {
        assert_eq!(shorten(&mut even(0.0, 2_000), 333, ALIKE), 333);
        assert_eq!(lengthen(&mut even(1e-4, 2_000), ALIKE), LONGEST);
    }
}
