//! The jitter queue and decoder of one participant's Opus packets.
//!
//! Packets are kept by timestamp. `next` is the timestamp to be played; it advances one frame a tick, packets or not, so
//! a pause in the sender's timestamps stays as long as it was. Where the fastest packet would be played at once, the
//! *lag* is how much later packets are played than that; it follows the target that [`Delay`] derives from the jitter:
//! [`Pace`] has the sound of who is heard shortened or lengthened by periods of his voice, and who is not heard jumps.

mod decoder;
mod decoding;
mod delay;
mod pace;
mod packet;
mod passed;
mod stretch;

use std::{collections::BTreeMap, time::Duration};

use convene_rtp::Extender;

pub(crate) use self::packet::Due;
use self::{
    decoder::Decoder,
    delay::Delay,
    pace::{Pace, Wish, frames_too_long},
    packet::Packet,
    passed::Passed,
};
use crate::{
    Arrival, Channels, CodecError, Counters, FRAME, Loudness, RATE, Wide, WideFrame, floor::ENTER,
};

/// The longest that a packet may wait to be played.
pub(crate) const LONGEST_WAIT: Duration = delay::MOST;

/// Frames that are concealed before silence takes over.
const CONCEALED: u32 = 3;

/// Frames without any packet after which whoever is heard counts as not sending: 1 s.
const GONE: u32 = 50;

/// A timestamp this far from the expected one is a new stream: 10 s.
const JUMP: u64 = 10 * RATE as u64;

enum State {
    /// Nothing is played; the first packet is held for the target delay.
    Waiting,
    Playing {
        next: u64,
        /// Frames in a row for which no packet was there.
        missing: u32,
    },
}

pub(crate) struct Playout {
    queue: BTreeMap<u64, Packet>,
    timestamps: Extender<u32>,
    ssrc: Option<u32>,
    state: State,
    delay: Delay,
    /// For how long the frame that is due has been.
    held: Duration,
    pace: Pace,
    /// `None` until he is loud enough to be heard, or does not say how loud he is: most people of a large conference never
    /// are, and a decoder is large.
    decoder: Option<Decoder>,
    /// The decoder has not heard the packet before the next one.
    stale: bool,
    passed: Passed,
    /// Nothing came for so long that he was faded out.
    faded: bool,
    decoded: Wide<Vec<f32>>,
    /// Whether he has sent stereo, and whether it is taken.
    stereo: bool,
    channels: Channels,
    /// The timestamp of the first sample of the frame that was played last.
    played: u64,
    /// The last packet said "nothing to send": what is missing now is silence, not loss.
    dtx: bool,
    pub(crate) counters: Counters,
}

impl Playout {
    pub(crate) fn new(floor: Duration) -> Self {
        Self {
            queue: BTreeMap::new(),
            timestamps: Extender::new(),
            ssrc: None,
            state: State::Waiting,
            delay: Delay::new(floor),
            held: Duration::ZERO,
            pace: Pace::default(),
            decoder: None,
            stale: false,
            passed: Passed::default(),
            faded: false,
            decoded: Wide::default(),
            stereo: false,
            channels: Channels::Mono,
            played: 0,
            dtx: false,
            counters: Counters::default(),
        }
    }

    /// The least delay that packets are held.
    pub(crate) fn set_floor(&mut self, floor: Duration) {
        self.delay.set_floor(floor);
    }

    /// A packet arrived. What cannot be used is dropped and counted.
    ///
    /// # Errors
    /// libopus's, when it has no memory for a decoder; the packet is dropped.
    pub(crate) fn arrive(&mut self, now: Duration, arrival: &Arrival) -> Result<(), CodecError> {
        self.counters.received += 1;
        let Ok(samples) = opus::packet::get_nb_samples(&arrival.payload, RATE) else {
            self.counters.malformed += 1;
            return Ok(());
        };
        if self.decoder.is_none() && arrival.loudness.is_none_or(|l| l.reaches(ENTER)) {
            let decoder = Decoder::new(Channels::Mono);
            self.decoder = Some(decoder.inspect_err(|_| self.counters.no_decoder += 1)?);
        }
        let timestamp = self.place(arrival);
        self.delay
            .observe(now, samples_of(now) as i64 - timestamp as i64);
        if self.is_late(timestamp) {
            self.counters.late += 1;
            return Ok(());
        }
        let packet = Packet {
            sequence: arrival.sequence,
            payload: arrival.payload.clone(),
            samples: samples as u64,
            loudness: arrival.loudness,
        };
        if self.queue.insert(timestamp, packet).is_some() {
            self.counters.duplicate += 1;
        }
        Ok(())
    }

    /// What is due at `now`.
    pub(crate) fn due(&mut self, now: Duration) -> Due {
        self.start(now);
        let State::Playing { next, missing, .. } = self.state else {
            return Due::Nothing;
        };
        let begins = next.saturating_sub(self.decoded.len() as u64);
        self.held = self.delay.lag(now, begins);
        match self.queue.range(..=next).next_back() {
            Some((at, packet)) if at + packet.samples > next => packet.due(),
            _ if missing < CONCEALED && !self.dtx && !self.stale => Due::Unknown,
            _ => Due::Known(Loudness::SILENCE),
        }
    }

    /// Whether packets wait or a frame is due.
    pub(crate) fn is_active(&self) -> bool {
        !self.queue.is_empty() || matches!(self.state, State::Playing { .. })
    }

    /// Whether a packet has not been played.
    pub(crate) fn has_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Decodes the frame that is due, in as many channels as he sends and somebody takes, and goes on to the next.
    pub(crate) fn play(&mut self, now: Duration, channels: Channels) -> WideFrame {
        self.channels = channels;
        let wish = self.wish(now);
        while self.decoded.len() < FRAME {
            self.decode_more(now);
        }
        self.change(now, wish);
        self.note_played();
        let frame = self.decoded.take_frame();
        self.stop_if_gone(GONE);
        frame
    }

    /// Goes on to the next frame without decoding. Who is not heard and sends nothing for a few frames stops at once: where
    /// his silence is not sent, each of the packets between is held anew, so that two clocks cannot drift apart.
    pub(crate) fn skip(&mut self, now: Duration) {
        self.jump(now);
        self.decoded = Wide::default();
        self.stale = true;
        if let State::Playing { next, missing } = &mut self.state {
            let behind = *next;
            *next += FRAME as u64;
            let here = self
                .queue
                .iter()
                .any(|(at, packet)| *at <= behind && at + packet.samples > behind);
            *missing = if here { 0 } else { *missing + 1 };
            for (at, packet) in self.take_played() {
                self.counters.unheard += 1;
                // Silence may have been dropped before it came here: with it or without it one sounds the same.
                if packet.loudness.is_none_or(|l| l.reaches(ENTER)) {
                    self.passed.push(at, at + packet.samples, packet.payload);
                }
            }
        }
        self.stop_if_gone(CONCEALED);
    }

    /// The packets that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<Arrival> {
        let ssrc = self.ssrc.unwrap_or_default();
        let arrival = |(at, packet): (&u64, &Packet)| Arrival {
            ssrc,
            sequence: packet.sequence,
            timestamp: *at as u32,
            loudness: packet.loudness,
            payload: packet.payload.clone(),
        };
        self.queue.iter().map(arrival).collect()
    }

    /// How much later than at once the last frame was played.
    pub(crate) fn lag(&self) -> Duration {
        match self.state {
            State::Playing { .. } => self.held,
            State::Waiting => Duration::ZERO,
        }
    }

    /// The extended timestamp; a new SSRC or a jump begins a new stream.
    fn place(&mut self, arrival: &Arrival) -> u64 {
        if self.ssrc.is_some_and(|ssrc| ssrc != arrival.ssrc) {
            self.restart();
        }
        self.ssrc = Some(arrival.ssrc);
        let last = self.timestamps.last();
        let timestamp = self.timestamps.extend(arrival.timestamp);
        if last.is_some_and(|last| last.abs_diff(timestamp) > JUMP) {
            self.restart();
        }
        timestamp
    }

    /// Forgets what waits; what comes begins a new stream.
    pub(crate) fn flush(&mut self) {
        self.counters.flushed += self.queue.len() as u64;
        self.forget();
        self.timestamps = Extender::new();
        self.ssrc = None;
    }

    /// What was counted, and what is of this moment.
    pub(crate) fn counters(&self) -> Counters {
        let target = self.is_playing().then(|| self.delay.target());
        Counters {
            waiting: self.queue.len() as u64,
            target: target.unwrap_or_default(),
            lag: self.lag(),
            ..self.counters
        }
    }

    /// Whether packets are being played.
    pub(crate) fn is_playing(&self) -> bool {
        matches!(self.state, State::Playing { .. })
    }

    fn restart(&mut self) {
        self.counters.replaced += self.queue.len() as u64;
        self.forget();
    }

    fn forget(&mut self) {
        self.queue.clear();
        self.passed.forget();
        self.decoded = Wide::default();
        self.state = State::Waiting;
        self.delay.restart();
        self.stale = true;
        self.dtx = false;
        self.stereo = false;
    }

    /// A packet whose time is over; one that comes when nothing else does starts again with more delay instead.
    fn is_late(&mut self, timestamp: u64) -> bool {
        let State::Playing { next, missing, .. } = self.state else {
            return false;
        };
        if timestamp >= next {
            return false;
        }
        if missing < CONCEALED || !self.queue.is_empty() {
            return true;
        }
        self.state = State::Waiting;
        false
    }

    fn start(&mut self, now: Duration) {
        let (State::Waiting, Some((&first, _))) = (&self.state, self.queue.first_key_value())
        else {
            return;
        };
        if self.delay.lag(now, first) >= self.delay.target() {
            self.state = State::Playing {
                next: first,
                missing: 0,
            };
        }
    }

    /// How the frame that is due is to be changed so that packets are held as long as they should.
    fn wish(&mut self, now: Duration) -> Wish {
        match self.state {
            State::Playing { next, .. } if self.decoded.len() < FRAME => {
                let held = self.delay.lag(now, next);
                let target = self.delay.target();
                self.pace.wish(held, target, self.decoded.len())
            }
            _ => Wish::Keep,
        }
    }

    fn change(&mut self, now: Duration, wish: Wish) {
        let alike = self.pace.alike();
        match wish {
            Wish::Keep => {}
            Wish::Shorten { most, early } => {
                if early && self.decoded.len() < FRAME + most && self.is_next_there() {
                    self.decode_more(now);
                }
                let most = most.min(self.decoded.len() - FRAME);
                let samples = stretch::shorten(&mut self.decoded, most, alike);
                self.counters.left_out += samples as u64;
                self.pace.changed(samples);
            }
            Wish::Lengthen => {
                let samples = stretch::lengthen(&mut self.decoded, alike);
                self.counters.drawn_out += samples as u64;
                self.pace.changed(samples);
            }
        }
    }

    fn is_next_there(&self) -> bool {
        let State::Playing { next, .. } = self.state else {
            return false;
        };
        self.queue
            .first_key_value()
            .is_some_and(|(at, _)| *at == next)
    }

    /// Nobody hears it: what is held too long is passed over, and what is held too short waits.
    fn jump(&mut self, now: Duration) {
        if let State::Playing { next, .. } = &mut self.state {
            let frames = frames_too_long(self.delay.lag(now, *next), self.delay.target());
            *next = next.saturating_add_signed(frames * FRAME as i64);
        }
    }

    /// Takes out the packets that lie wholly before what is due.
    fn take_played(&mut self) -> Vec<(u64, Packet)> {
        let mut played = Vec::new();
        let State::Playing { next, .. } = self.state else {
            return played;
        };
        while let Some(first) = self.queue.first_entry() {
            if first.key() + first.get().samples > next {
                break;
            }
            played.push(first.remove_entry());
        }
        played
    }

    fn stop_if_gone(&mut self, after: u32) {
        if let State::Playing { missing, .. } = self.state
            && missing > after
            && self.queue.is_empty()
        {
            self.state = State::Waiting;
            self.stale = true;
            self.decoded = Wide::default();
        }
    }
}

/// A time in samples.
pub(crate) fn samples_of(time: Duration) -> u64 {
    (time.as_nanos() * u128::from(RATE) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests;
