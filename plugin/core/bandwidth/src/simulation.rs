//! A sender, a narrow path and an estimator, in simulated time.

use std::{collections::VecDeque, time::Duration};

use crate::{Arrival, Report, SendTime, Slots, Uplink};

const TICK: Duration = Duration::from_millis(1);
const FRAME: Duration = Duration::from_millis(40);
const FEEDBACK: Duration = Duration::from_millis(100);
const PACKET: usize = 1_200;

/// How long a sender takes to do as he is told: the message's way, its rate limit, the encoder.
const OBEDIENCE: Duration = Duration::from_millis(250);

/// How much faster than its rate a browser sends a frame's packets.
const PACING: f64 = 2.5;

/// A path with one bottleneck.
pub(crate) struct Line {
    /// Bits per second, by the time.
    pub(crate) rate: fn(Duration) -> f64,
    /// Packets that would wait for longer are lost.
    pub(crate) queue: Duration,
    /// What else it takes, by the time.
    pub(crate) delay: fn(Duration) -> Duration,
    /// Each packet is late by up to this much more; none overtakes.
    pub(crate) jitter: Duration,
    pub(crate) loss: f64,
    /// Every 400 ms whoever takes the packets does nothing for up to this time.
    pub(crate) stalls: Duration,
}

impl Line {
    pub(crate) fn of(rate: fn(Duration) -> f64) -> Self {
        Self {
            rate,
            queue: Duration::from_millis(200),
            delay: |_| Duration::from_millis(20),
            jitter: Duration::ZERO,
            loss: 0.0,
            stalls: Duration::ZERO,
        }
    }
}

/// Whose estimate is followed.
pub(crate) enum Estimator {
    Slots(Slots),
    Uplink(Uplink),
}

/// What was seen in a tenth of a second.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) estimate: f64,
    /// Bits per second that arrived.
    pub(crate) arrived: f64,
    /// The longest wait at the bottleneck.
    pub(crate) wait: Duration,
    pub(crate) dropped: u32,
}

struct Packet {
    sequence: u16,
    sent: Duration,
    arrival: Option<Duration>,
    bytes: usize,
}

pub(crate) struct Simulation {
    line: Line,
    estimator: Estimator,
    /// The most that the sender has to send, in bits per second.
    pub(crate) wants: f64,
    now: Duration,
    rate: f64,
    told: VecDeque<(Duration, f64)>,
    backlog: f64,
    credit: f64,
    sequence: u16,
    free: Duration,
    latest: Duration,
    way: VecDeque<Packet>,
    feedback: Vec<Report>,
    random: u64,
    sample: Sample,
    pub(crate) samples: Vec<Sample>,
}

impl Simulation {
    pub(crate) fn new(line: Line, estimator: Estimator) -> Self {
        Self {
            line,
            estimator,
            wants: 3e6,
            now: Duration::from_secs(100),
            rate: 300e3,
            told: VecDeque::new(),
            backlog: 0.0,
            credit: 0.0,
            sequence: 65_000,
            free: Duration::ZERO,
            latest: Duration::ZERO,
            way: VecDeque::new(),
            feedback: Vec::new(),
            random: 1,
            sample: Sample::default(),
            samples: Vec::new(),
        }
    }

    /// Goes on for so many seconds, and answers what was seen in them.
    pub(crate) fn run(&mut self, seconds: u32) -> &[Sample] {
        let from = self.samples.len();
        for _ in 0..seconds * 1_000 {
            self.tick();
        }
        &self.samples[from..]
    }

    /// Since the beginning.
    fn time(&self) -> Duration {
        self.now - Duration::from_secs(100)
    }

    fn every(&self, interval: Duration) -> bool {
        self.now.as_millis().is_multiple_of(interval.as_millis())
    }

    fn tick(&mut self) {
        self.now += TICK;
        while self.told.front().is_some_and(|(at, _)| *at <= self.now) {
            self.rate = self.told.pop_front().unwrap_or_default().1;
        }
        let rate = self.rate.min(self.wants);
        if self.every(FRAME) {
            self.backlog += rate * FRAME.as_secs_f64();
        }
        self.credit = (self.credit + rate * PACING * TICK.as_secs_f64()).min(PACKET as f64 * 8.0);
        while self.backlog > 0.0 && self.credit >= 0.0 {
            let bits = self.backlog.min(PACKET as f64 * 8.0);
            self.backlog -= bits;
            self.credit -= bits;
            self.send((bits / 8.0).ceil() as usize);
        }
        self.arrive();
        if self.every(FEEDBACK) {
            self.report();
        }
    }

    fn send(&mut self, bytes: usize) {
        self.sequence = self.sequence.wrapping_add(1);
        let start = self.free.max(self.now);
        let lost = self.random() < self.line.loss;
        let full = start - self.now > self.line.queue;
        self.sample.dropped += u32::from(full);
        let mut arrival = None;
        if !lost && !full {
            let rate = (self.line.rate)(self.time());
            self.free = start + Duration::from_secs_f64(bytes as f64 * 8.0 / rate);
            self.sample.wait = self.sample.wait.max(self.free - self.now);
            let late = self.line.jitter.mul_f64(self.random());
            self.latest = self
                .latest
                .max(self.free + (self.line.delay)(self.time()) + late);
            arrival = Some(self.taken(self.latest));
        }
        self.way.push_back(Packet {
            sequence: self.sequence,
            sent: self.now,
            arrival,
            bytes,
        });
    }

    /// When a packet is taken that has arrived then.
    fn taken(&self, arrived: Duration) -> Duration {
        const PERIOD: u64 = 400;
        let period = arrived.as_millis() as u64 / PERIOD;
        // A hash (Knuth's multiplicative one) of the period: between 0 and 1.
        let share = (period.wrapping_mul(2_654_435_761) & 0xffff_ffff) as f64 / 4_294_967_296.0;
        let stall = Duration::from_millis(period * PERIOD) + self.line.stalls.mul_f64(share);
        arrived.max(stall)
    }

    fn arrive(&mut self) {
        while let Some(packet) = self.way.front() {
            let arrived = packet.arrival.is_some_and(|at| at <= self.now);
            let known_lost = packet.arrival.is_none()
                && self
                    .way
                    .iter()
                    .find_map(|packet| packet.arrival)
                    .is_some_and(|at| at <= self.now);
            if !arrived && !known_lost {
                return;
            }
            let Some(packet) = self.way.pop_front() else {
                return;
            };
            self.take(&packet);
        }
    }

    fn take(&mut self, packet: &Packet) {
        if packet.arrival.is_some() {
            self.sample.arrived += packet.bytes as f64 * 8.0 / FEEDBACK.as_secs_f64();
        }
        match &mut self.estimator {
            Estimator::Slots(_) => self.feedback.push(Report {
                sequence: packet.sequence,
                sent: packet.sent,
                arrived: packet.arrival,
                bytes: packet.bytes,
            }),
            Estimator::Uplink(uplink) => {
                if packet.arrival.is_some() {
                    let ticks = (packet.sent.as_secs_f64() * f64::from(1 << 18)) as u64 as u32;
                    let [_, body @ ..] = ticks.to_be_bytes();
                    let arrival = Arrival {
                        ssrc: 1,
                        sequence: packet.sequence,
                        sent: SendTime::read(&body),
                        bytes: packet.bytes,
                    };
                    uplink.handle(self.now, &arrival);
                }
            }
        }
    }

    fn report(&mut self) {
        let now = self.now + (self.line.delay)(self.time());
        let estimate = match &mut self.estimator {
            Estimator::Slots(slots) => {
                slots.handle(now, &self.feedback);
                self.feedback.clear();
                slots.estimate()
            }
            Estimator::Uplink(uplink) => uplink.estimate(),
        };
        if let Some(estimate) = estimate {
            self.told.push_back((self.now + OBEDIENCE, estimate as f64));
        }
        self.sample.estimate = estimate.map_or(0.0, |bits| bits as f64);
        self.samples.push(std::mem::take(&mut self.sample));
    }

    /// A linear congruential generator (Knuth): between 0 and 1.
    fn random(&mut self) -> f64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 11) as f64 / (1_u64 << 53) as f64
    }
}
