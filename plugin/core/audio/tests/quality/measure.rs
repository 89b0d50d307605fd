//! How good a sound is.

use visqol_rs::{
    AudioSignal,
    constants::{DEFAULT_WINDOW_SIZE, NUM_BANDS_SPEECH},
    variant::Variant,
    visqol_manager::VisqolManager,
};

/// The mean opinion score, 1 to 5, that ViSQOL 3.1 predicts for `heard` when `said` was said, in speech mode. What comes
/// late is moved to its place before, to the sample: ViSQOL's own search for it costs some delays half a point.
pub fn mos(said: &[f32], heard: &[f32]) -> f64 {
    let heard = &heard[lateness(&said[48_000..72_000], &heard[48_000..], 4_800)..];
    let said = &said[..said.len().min(heard.len())];
    let heard = &heard[..said.len()];
    let variant = Variant::Wideband {
        use_unscaled_mos_mapping: false,
    };
    let mut visqol = VisqolManager::<NUM_BANDS_SPEECH>::new(variant, DEFAULT_WINDOW_SIZE);
    let [mut said, mut heard] =
        [said, heard].map(|sound| AudioSignal::new(&wideband(sound), 16_000));
    let result = visqol.compute_results(&mut said, &mut heard);
    result.expect("two sounds of equal rate").moslqo
}

/// At 16 kHz, as speech mode wants it.
fn wideband(sound: &[f32]) -> Vec<f64> {
    const HALF: i32 = 36;
    let tap = |k: i32| {
        let cutoff = 2.0 * 7_500.0 / 48_000.0;
        let angle = std::f64::consts::PI * cutoff * f64::from(k);
        let sinc = if k == 0 { 1.0 } else { angle.sin() / angle };
        let window = (std::f64::consts::PI * f64::from(k) / f64::from(2 * HALF))
            .cos()
            .powi(2);
        cutoff * sinc * window
    };
    let taps: Vec<f64> = (-HALF..=HALF).map(tap).collect();
    sound
        .windows(taps.len())
        .step_by(3)
        .map(|window| {
            window
                .iter()
                .zip(&taps)
                .map(|(s, tap)| f64::from(*s) * tap)
                .sum()
        })
        .collect()
}

/// All of a tone that is not the tone, against the tone.
pub fn distortion(sound: &[f32], hertz: f64) -> f64 {
    let (mut sine, mut cosine, mut power) = (0.0, 0.0, 0.0);
    for (i, s) in sound.iter().enumerate() {
        let angle = std::f64::consts::TAU * hertz * i as f64 / 48_000.0;
        sine += f64::from(*s) * angle.sin();
        cosine += f64::from(*s) * angle.cos();
        power += f64::from(*s) * f64::from(*s);
    }
    let n = sound.len() as f64;
    let tone = 2.0 * (sine * sine + cosine * cosine) / (n * n);
    ((power / n - tone).max(0.0) / tone).sqrt()
}

pub fn loudest(sound: &[f32]) -> f32 {
    sound.iter().fold(0.0, |peak, s| peak.max(s.abs()))
}

/// The power in decibels against full scale.
pub fn decibels(sound: &[f32]) -> f64 {
    let power: f64 = sound.iter().map(|s| f64::from(*s) * f64::from(*s)).sum();
    10.0 * (power / sound.len().max(1) as f64).max(1e-20).log10()
}

/// The power of the difference of two sounds, against the first's.
pub fn error(of: &[f32], against: &[f32]) -> f64 {
    let difference: Vec<f32> = of.iter().zip(against).map(|(a, b)| a - b).collect();
    decibels(&difference) - decibels(of)
}

/// The highest fourth difference: what is slow leaves little of it, and a sound that is cut off six times its height.
pub fn click(sound: &[f32]) -> f32 {
    let fourth = |w: &[f32]| (w[0] - 4.0 * w[1] + 6.0 * w[2] - 4.0 * w[3] + w[4]).abs();
    sound.windows(5).map(fourth).fold(0.0, f32::max)
}

/// By how many samples `late` comes after `sound`, up to `most`.
pub fn lateness(sound: &[f32], late: &[f32], most: usize) -> usize {
    let likeness = |by: usize| -> f64 {
        let pairs = sound.iter().zip(&late[by..]);
        pairs.map(|(a, b)| f64::from(a * b)).sum()
    };
    (0..most.min(late.len()))
        .max_by(|a, b| likeness(*a).total_cmp(&likeness(*b)))
        .unwrap_or(0)
}
