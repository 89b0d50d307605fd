//! The jitter queue and decoder of one participant's Opus packets.
//!
//! Packets are kept by timestamp. `next` is the timestamp to be played; it advances one frame a tick, packets or not, so
//! a pause in the sender's timestamps stays as long as it was. Where the fastest packet would be played at once, the
//! *lag* is how much later packets are played than that; it follows the target that [`Delay`] derives from the jitter.

mod delay;

use std::{collections::BTreeMap, time::Duration};

use convene_rtp::Extender;
use opus::{Channels, Decoder};

use self::delay::Delay;
use crate::{Arrival, FRAME, FRAME_TIME, Frame, Loudness, RATE, room::Counters};

/// The longest that a packet may wait to be played.
pub(crate) const LONGEST_WAIT: Duration = delay::MOST;

/// Frames that are concealed before silence takes over.
const CONCEALED: u32 = 3;

/// Frames without any packet after which whoever is heard counts as not sending: 1 s.
const GONE: u32 = 50;

/// The longest packet: 120 ms (RFC 6716 section 2.1.4).
const LONGEST: usize = 6 * FRAME;

/// A timestamp this far from the expected one is a new stream: 10 s.
const JUMP: u64 = 10 * RATE as u64;

/// Frames of too much lag after which one is left out even if it is not quiet.
const PATIENCE: u32 = 25;

/// Below this, a frame can be left out without being missed.
const QUIET: u8 = 60;

struct Packet {
    sequence: u16,
    payload: Vec<u8>,
    samples: u64,
    loudness: Option<Loudness>,
}

enum State {
    /// Nothing is played; the first packet is held for the target delay.
    Waiting,
    Playing {
        next: u64,
        /// Frames in a row for which no packet was there.
        missing: u32,
        /// Frames in a row with more lag than wanted.
        lagging: u32,
    },
}

/// What is known of the frame that is due, before it is decoded.
pub(crate) enum Due {
    /// Nothing is being sent.
    Nothing,
    /// Its loudness stands in the header, or it is silence.
    Known(Loudness),
    /// One has to decode it to know.
    Unknown,
}

pub(crate) struct Playout {
    queue: BTreeMap<u64, Packet>,
    timestamps: Extender<u32>,
    ssrc: Option<u32>,
    state: State,
    delay: Delay,
    decoder: Decoder,
    /// The decoder has not heard the packet before the next one.
    stale: bool,
    decoded: Vec<f32>,
    /// The last packet said "nothing to send": what is missing now is silence, not loss.
    dtx: bool,
    pub(crate) counters: Counters,
}

impl Playout {
    /// # Errors
    /// libopus's, when it has no memory.
    pub(crate) fn new(floor: Duration) -> Result<Self, opus::Error> {
        Ok(Self {
            queue: BTreeMap::new(),
            timestamps: Extender::new(),
            ssrc: None,
            state: State::Waiting,
            delay: Delay::new(floor),
            decoder: Decoder::new(RATE, Channels::Mono)?,
            stale: false,
            decoded: Vec::new(),
            dtx: false,
            counters: Counters::default(),
        })
    }

    /// The least delay that packets are held.
    pub(crate) fn set_floor(&mut self, floor: Duration) {
        self.delay.set_floor(floor);
    }

    /// A packet arrived. What cannot be used is dropped and counted.
    pub(crate) fn arrive(&mut self, now: Duration, arrival: &Arrival) {
        self.counters.received += 1;
        let Ok(samples) = opus::packet::get_nb_samples(&arrival.payload, RATE) else {
            self.counters.malformed += 1;
            return;
        };
        let timestamp = self.place(arrival);
        self.delay
            .observe(now, samples_of(now) as i64 - timestamp as i64);
        if self.is_late(timestamp) {
            self.counters.late += 1;
            return;
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
    }

    /// What is due at `now`.
    pub(crate) fn due(&mut self, now: Duration) -> Due {
        self.start(now);
        let State::Playing { next, missing, .. } = self.state else {
            return Due::Nothing;
        };
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

    /// Decodes the frame that is due and goes on to the next.
    pub(crate) fn play(&mut self, now: Duration) -> Frame {
        self.adapt(now);
        while self.decoded.len() < FRAME {
            self.decode_more(now);
        }
        let mut frame = [0.0; FRAME];
        frame.copy_from_slice(&self.decoded[..FRAME]);
        self.decoded.drain(..FRAME);
        self.stop_if_gone(GONE);
        frame
    }

    /// Goes on to the next frame without decoding. Who is not heard and sends nothing for a few frames stops at once: where
    /// his silence is not sent, each of the packets between is held anew, so that two clocks cannot drift apart.
    pub(crate) fn skip(&mut self, now: Duration) {
        self.adapt(now);
        self.decoded.clear();
        self.stale = true;
        if let State::Playing { next, missing, .. } = &mut self.state {
            let behind = *next;
            *next += FRAME as u64;
            let here = self
                .queue
                .iter()
                .any(|(at, packet)| *at <= behind && at + packet.samples > behind);
            *missing = if here { 0 } else { *missing + 1 };
            self.forget_played();
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

    /// Milliseconds that packets are held now.
    pub(crate) fn lag(&self, now: Duration) -> Duration {
        match self.state {
            State::Playing { next, .. } => self.delay.lag(now, next),
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

    fn restart(&mut self) {
        self.queue.clear();
        self.decoded.clear();
        self.state = State::Waiting;
        self.delay.restart();
        self.stale = true;
        self.dtx = false;
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
                lagging: 0,
            };
        }
    }

    /// Leaves a frame out when packets are held longer than the jitter demands: a quiet one, or any after a while.
    fn adapt(&mut self, now: Duration) {
        let too_much = self.delay.target() + FRAME_TIME + FRAME_TIME / 2;
        let State::Playing { next, lagging, .. } = &mut self.state else {
            return;
        };
        if self.delay.lag(now, *next) <= too_much {
            *lagging = 0;
            return;
        }
        *lagging += 1;
        let quiet = self
            .queue
            .get(next)
            .and_then(|packet| packet.loudness)
            .is_some_and(|l| !l.reaches(QUIET));
        if quiet || *lagging > PATIENCE {
            *lagging = 0;
            *next += FRAME as u64;
            self.counters.left_out += 1;
            self.forget_played();
        }
    }

    fn decode_more(&mut self, now: Duration) {
        let State::Playing { next, .. } = self.state else {
            self.decoded.resize(FRAME, 0.0);
            return;
        };
        self.forget_played();
        match self.queue.first_key_value() {
            Some((&at, _)) if at <= next => self.decode_packet(at),
            Some((&at, packet)) if at - next == packet.samples => self.recover(at),
            Some((&at, _)) if at - next < FRAME as u64 => self.conceal((at - next) as usize),
            _ => self.conceal_frame(now),
        }
    }

    fn decode_packet(&mut self, at: u64) {
        let Some(packet) = self.queue.remove(&at) else {
            return;
        };
        if std::mem::take(&mut self.stale) && self.decoder.reset_state().is_err() {
            self.counters.malformed += 1;
        }
        self.dtx = packet.is_dtx();
        self.decode(&packet.payload, packet.samples as usize, false);
        self.advance(at + packet.samples);
    }

    /// The packet before `at` is lost; the one at `at` carries it at low quality.
    fn recover(&mut self, at: u64) {
        let Some(packet) = self.queue.get(&at) else {
            return;
        };
        let (payload, samples) = (packet.payload.clone(), packet.samples as usize);
        self.counters.lost += 1;
        self.decode(&payload, samples, true);
        self.advance(at);
    }

    /// Nothing is there for the frame that is due. While the lag is shorter than wanted, time is not let go by:
    /// the concealed frame is an additional one, and what comes late still finds its place.
    fn conceal_frame(&mut self, now: Duration) {
        let State::Playing { next, missing, .. } = &mut self.state else {
            return;
        };
        *missing += 1;
        let (next, missing) = (*next, *missing);
        if missing > CONCEALED || self.dtx || self.stale {
            self.decoded.resize(self.decoded.len() + FRAME, 0.0);
        } else {
            self.counters.concealed += 1;
            self.decode(&[], FRAME, false);
        }
        let grow =
            missing <= CONCEALED && !self.dtx && self.delay.lag(now, next) < self.delay.target();
        if let (false, State::Playing { next, .. }) = (grow, &mut self.state) {
            *next += FRAME as u64;
        }
    }

    fn conceal(&mut self, samples: usize) {
        self.decoded.resize(self.decoded.len() + samples, 0.0);
        if let State::Playing { next, .. } = &mut self.state {
            *next += samples as u64;
        }
    }

    /// Decodes onto the end of what is decoded; a packet libopus refuses becomes silence of its length.
    fn decode(&mut self, payload: &[u8], samples: usize, fec: bool) {
        let from = self.decoded.len();
        self.decoded.resize(from + samples.min(LONGEST), 0.0);
        match self
            .decoder
            .decode_float(payload, &mut self.decoded[from..], fec)
        {
            Ok(n) => self.decoded.truncate(from + n),
            Err(_) => self.counters.malformed += 1,
        }
    }

    fn advance(&mut self, to: u64) {
        if let State::Playing { next, missing, .. } = &mut self.state {
            *next = to;
            *missing = 0;
        }
    }

    /// Drops packets that lie wholly before what is due.
    fn forget_played(&mut self) {
        let State::Playing { next, .. } = self.state else {
            return;
        };
        while let Some(first) = self.queue.first_entry() {
            if first.key() + first.get().samples > next {
                return;
            }
            first.remove();
        }
    }

    fn stop_if_gone(&mut self, after: u32) {
        if let State::Playing { missing, .. } = self.state
            && missing > after
            && self.queue.is_empty()
        {
            self.state = State::Waiting;
            self.stale = true;
            self.decoded.clear();
        }
    }
}

impl Packet {
    /// RFC 6716: a frame of at most one byte of content was not sent.
    fn is_dtx(&self) -> bool {
        self.payload.len() <= 2
    }

    fn due(&self) -> Due {
        match self.loudness {
            _ if self.is_dtx() => Due::Known(Loudness::SILENCE),
            Some(loudness) => Due::Known(loudness),
            None => Due::Unknown,
        }
    }
}

/// A time in samples.
pub(crate) fn samples_of(time: Duration) -> u64 {
    (time.as_nanos() * u128::from(RATE) / 1_000_000_000) as u64
}

#[cfg(test)]
mod tests;
