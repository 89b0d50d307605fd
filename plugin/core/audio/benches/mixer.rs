//! What a tick of the mixer costs, and beside it, from the same run, what it cannot do without: the decodings of its
//! talkers, one encoding for each mix, and the sum. `cargo bench -p convene-audio --bench mixer`.

#![allow(clippy::unwrap_used)]

#[path = "../tests/quality/speech.rs"]
#[allow(dead_code, reason = "its other half is for the tests")]
mod speech;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use convene_audio::{
    Arrival, Codec, FRAME, FRAME_TIME, Loudness, Number, Output, RATE, Room, Settings,
};
use criterion::{BenchmarkId, Criterion};
use opus::{Application, Bitrate, Channels, Decoder, Encoder, Signal};

const PEOPLE: [usize; 3] = [10, 100, 1_000];
const TALKERS: [usize; 2] = [3, 10];

/// Frames of speech before it begins again, and ticks that a figure of the table is the median of.
const LOOP: usize = 250;
const TICKS: usize = 501;

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .configure_from_args();
    floors(&mut criterion);
    ticks(&mut criterion);
    criterion.final_summary();
    if !std::env::args().any(|arg| arg == "--test") {
        table();
    }
}

fn floors(criterion: &mut Criterion) {
    let mut floor = Floor::new(conferences_encoder());
    let mut group = criterion.benchmark_group("floor");
    group.bench_function("encode", |b| b.iter(|| floor.encode()));
    group.bench_function("decode", |b| b.iter(|| floor.decode()));
    group.bench_function("sum of 100", |b| b.iter(|| floor.sum()));
    group.finish();
}

fn ticks(criterion: &mut Criterion) {
    for noise in [false, true] {
        let mut group = criterion.benchmark_group(if noise { "noise" } else { "silent" });
        for (people, talkers) in cases() {
            let mut conference = Conference::new(people, talkers, noise);
            let id = BenchmarkId::new(format!("{talkers} talk"), people);
            group.bench_function(id, |b| {
                b.iter_custom(|times| (0..times).map(|_| conference.tick()).sum());
            });
        }
        group.finish();
    }
}

fn cases() -> impl Iterator<Item = (usize, usize)> {
    TALKERS
        .into_iter()
        .flat_map(|talkers| PEOPLE.map(|people| (people, talkers)))
}

/// Ticks against floors, and what each person more costs.
fn table() {
    let mut floor = Floor::new(conferences_encoder());
    let encode = median(|| timed(|| floor.encode()));
    let decode = median(|| timed(|| floor.decode()));
    let sum = median(|| timed(|| floor.sum()));
    let mut cheap = Floor::new(encoder(Application::Audio, false));
    let plain = median(|| timed(|| cheap.encode()));
    println!(
        "floors: encode {encode:.1?} (without FEC {plain:.1?}), decode {decode:.1?}, sum of 100 {sum:.1?}\n"
    );
    println!(
        "| the others | talkers | people | a tick | decodings and encodings | the rest, a person |"
    );
    println!("|---|---|---|---|---|---|");
    for noise in [false, true] {
        for (people, talkers) in cases() {
            let mut conference = Conference::new(people, talkers, noise);
            let tick = median(|| conference.tick());
            let mixes = talkers + usize::from(people > talkers);
            let codecs = decode * talkers as u32 + encode * mixes as u32;
            let rest = tick.saturating_sub(codecs) / people as u32;
            let others = if noise { "noise" } else { "nothing" };
            println!(
                "| {others} | {talkers} | {people} | {tick:.1?} | {codecs:.1?} | {rest:.1?} |"
            );
        }
    }
}

fn median(mut one: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..TICKS).map(|_| one()).collect();
    times.sort();
    times[TICKS / 2]
}

fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let begin = Instant::now();
    black_box(work());
    begin.elapsed()
}

/// What no mixer can do without.
struct Floor {
    speech: Vec<f32>,
    packets: Vec<Arrival>,
    encoder: Encoder,
    decoder: Decoder,
    frame: usize,
    parts: Vec<[i32; FRAME]>,
}

impl Floor {
    fn new(encoder: Encoder) -> Self {
        Self {
            speech: speech::speech(1, 5.0),
            packets: packets(1),
            encoder,
            decoder: Decoder::new(RATE, Channels::Mono).unwrap(),
            frame: 0,
            parts: vec![[3; FRAME]; 100],
        }
    }

    fn encode(&mut self) -> usize {
        self.frame = (self.frame + 1) % LOOP;
        let samples = &self.speech[self.frame * FRAME..][..FRAME];
        self.encoder.encode_float(samples, &mut [0; 1_500]).unwrap()
    }

    fn decode(&mut self) -> usize {
        self.frame = (self.frame + 1) % LOOP;
        let packet = &self.packets[self.frame].payload;
        self.decoder
            .decode_float(packet, &mut [0.0; FRAME], false)
            .unwrap()
    }

    fn sum(&self) -> [i32; FRAME] {
        let mut sum = [0; FRAME];
        for part in black_box(&self.parts) {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, sample)| *sum += sample);
        }
        sum
    }
}

/// A conference in which some talk all the time, and the others send nothing, or their rooms' noise.
struct Conference {
    room: Room,
    speech: Vec<Vec<Arrival>>,
    noise: Option<Vec<Arrival>>,
    people: usize,
    frame: usize,
}

impl Conference {
    fn new(people: usize, talkers: usize, noise: bool) -> Self {
        let mut room = Room::new(talkers);
        for number in 0..people {
            let output = Some(Output::Opus(Codec::default()));
            room.set(
                Number(number as u32),
                Settings {
                    output,
                    ..Settings::default()
                },
            );
        }
        let mut conference = Self {
            room,
            speech: (0..talkers).map(|seed| packets(seed as u64)).collect(),
            noise: noise.then(|| packets(99)),
            people,
            frame: 0,
        };
        (0..50).for_each(|_| {
            conference.tick();
        });
        conference
    }

    /// The packets of 20 ms and the tick that plays them.
    fn tick(&mut self) -> Duration {
        let now = Duration::from_secs(5) + FRAME_TIME * self.frame as u32;
        let arrivals: Vec<_> = (0..self.people)
            .filter_map(|number| self.arrival(number))
            .collect();
        self.frame += 1;
        let begin = Instant::now();
        for (number, arrival) in &arrivals {
            self.room.packet(now, *number, arrival).unwrap();
        }
        let deliveries = self.room.tick(now + FRAME_TIME / 2).unwrap();
        let passed = begin.elapsed();
        assert!(
            self.frame < 50 || deliveries.len() == self.people,
            "somebody hears nothing"
        );
        passed
    }

    fn arrival(&self, number: usize) -> Option<(Number, Arrival)> {
        let (packets, loudness) = match self.speech.get(number) {
            Some(packets) => (packets, 20),
            None => (self.noise.as_ref()?, 65),
        };
        let arrival = Arrival {
            ssrc: number as u32,
            sequence: self.frame as u16,
            timestamp: (self.frame * FRAME) as u32,
            loudness: Some(Loudness::from_header(loudness)),
            ..packets[self.frame % LOOP].clone()
        };
        Some((Number(number as u32), arrival))
    }
}

/// [`LOOP`] packets of one voice.
fn packets(seed: u64) -> Vec<Arrival> {
    let mut encoder = encoder(Application::Voip, true);
    let speech = speech::speech(seed, 5.0);
    let frames = speech.chunks_exact(FRAME);
    frames
        .map(|samples| Arrival {
            ssrc: 0,
            sequence: 0,
            timestamp: 0,
            loudness: None,
            payload: encoder.encode_vec_float(samples, 1_500).unwrap(),
        })
        .collect()
}

/// An encoder as the conference has it.
fn conferences_encoder() -> Encoder {
    let mut encoder = encoder(Application::Audio, true);
    encoder.set_signal(Signal::Voice).unwrap();
    encoder
}

fn encoder(application: Application, fec: bool) -> Encoder {
    let codec = Codec::default();
    let mut encoder = Encoder::new(RATE, Channels::Mono, application).unwrap();
    let bitrate = Bitrate::Bits(codec.bitrate as i32);
    encoder.set_bitrate(bitrate).unwrap();
    encoder.set_complexity(i32::from(codec.complexity)).unwrap();
    encoder.set_inband_fec(fec).unwrap();
    encoder
        .set_packet_loss_perc(if fec { 10 } else { 0 })
        .unwrap();
    encoder
}
