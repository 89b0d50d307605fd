//! Sound like speech, the same in every run: syllables of a hiss and a vowel with moving formants and pitch, and pauses.
//! No person's voice, but it has what codecs and concealment work on.

use convene_audio::RATE;

/// The first three formants of five vowels, in Hz (Peterson and Barney, 1952).
const VOWELS: [[f32; 3]; 5] = [
    [730.0, 1090.0, 2440.0],
    [270.0, 2290.0, 3010.0],
    [300.0, 870.0, 2240.0],
    [530.0, 1840.0, 2480.0],
    [570.0, 840.0, 2410.0],
];

/// Numbers that look random and are not.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// From 0 to 1.
    pub fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 24) as f32
    }
}

/// A resonance of a vocal tract: two poles.
#[derive(Default)]
struct Formant {
    before: [f32; 2],
}

impl Formant {
    fn filter(&mut self, sample: f32, hertz: f32, width: f32) -> f32 {
        let radius = (-std::f32::consts::PI * width / RATE as f32).exp();
        let angle = std::f32::consts::TAU * hertz / RATE as f32;
        let [one, two] = self.before;
        let out =
            (1.0 - radius) * sample + 2.0 * radius * angle.cos() * one - radius * radius * two;
        self.before = [out, one];
        out
    }
}

/// `seconds` of speech whose loudest sample is 0.5.
pub fn speech(seed: u64, seconds: f32) -> Vec<f32> {
    let mut chance = Chance::new(seed);
    let length = (seconds * RATE as f32) as usize;
    let mut sound = Vec::with_capacity(length);
    let mut formants: [Formant; 3] = Default::default();
    let (mut phase, mut glottis) = (0.0, 0.0);
    while sound.len() < length {
        hiss(&mut sound, &mut chance);
        let from = VOWELS[(chance.next() * 5.0) as usize % 5];
        let to = VOWELS[(chance.next() * 5.0) as usize % 5];
        let pitch = 100.0 + 60.0 * chance.next();
        let samples = samples(0.12 + 0.12 * chance.next());
        for i in 0..samples {
            let part = i as f32 / samples as f32;
            phase += pitch * (1.1 - 0.2 * part) / RATE as f32;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase -= pulse;
            glottis = 0.96 * glottis + pulse + 0.004 * (chance.next() - 0.5);
            let voice = formants
                .iter_mut()
                .enumerate()
                .fold(0.0, |sum, (k, formant)| {
                    let hertz = from[k] + (to[k] - from[k]) * part;
                    sum + formant.filter(glottis, hertz, 60.0 + 40.0 * k as f32) * (3 - k) as f32
                });
            sound.push(voice * (part * std::f32::consts::PI).sin().sqrt());
        }
        let pause = if chance.next() < 0.25 { 0.2 } else { 0.02 };
        sound.extend(std::iter::repeat_n(
            0.0,
            self::samples(pause * chance.next()),
        ));
    }
    sound.truncate(length);
    radiate(&mut sound, &mut chance);
    let peak = sound.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    sound.iter_mut().for_each(|s| *s *= 0.5 / peak);
    sound
}

/// Out of the mouth into a quiet room: lips let nothing low pass, and no room is silent.
fn radiate(sound: &mut [f32], chance: &mut Chance) {
    for _ in 0..2 {
        let (mut before, mut out) = (0.0, 0.0);
        for sample in &mut *sound {
            out = *sample - before + 0.985 * out;
            before = std::mem::replace(sample, out);
        }
    }
    let peak = sound.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
    for sample in sound {
        *sample += 1e-3 * peak * (chance.next() - 0.5);
    }
}

fn hiss(sound: &mut Vec<f32>, chance: &mut Chance) {
    let samples = samples(0.03 + 0.05 * chance.next());
    let mut before = 0.0;
    for i in 0..samples {
        let swell = (i as f32 / samples as f32 * std::f32::consts::PI).sin();
        let noise = chance.next() - 0.5;
        sound.push(0.02 * swell * (noise - before));
        before = noise;
    }
}

fn samples(seconds: f32) -> usize {
    (seconds * RATE as f32) as usize
}

/// `seconds` of a tone.
pub fn tone(hertz: f64, amplitude: f64, seconds: f64) -> Vec<f32> {
    let sample = |n: usize| {
        let angle = std::f64::consts::TAU * hertz * n as f64 / f64::from(RATE);
        (amplitude * angle.sin()) as f32
    };
    (0..(seconds * f64::from(RATE)) as usize)
        .map(sample)
        .collect()
}
