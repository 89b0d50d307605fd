//! Which tones a piece of sound has.

/// Samples per second of all sound in these tests.
pub const RATE: f64 = 48_000.0;

/// A fifth of a second. What plays live has gaps where the machine had no time for it; some stretch has none.
pub const STRETCH: usize = 9_600;

/// The power of one frequency in dB against a full-scale sine, through a Hann window.
pub fn power(samples: &[f32], hertz: f64) -> f64 {
    let n = samples.len() as f64;
    let (mut re, mut im) = (0.0, 0.0);
    for (i, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (std::f64::consts::TAU * i as f64 / n).cos();
        let angle = std::f64::consts::TAU * hertz * i as f64 / RATE;
        re += f64::from(*sample) * window * angle.cos();
        im += f64::from(*sample) * window * angle.sin();
    }
    20.0 * (4.0 * re.hypot(im) / n).max(1e-9).log10()
}
