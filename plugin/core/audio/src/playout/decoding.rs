//! From packets to samples: the packet that is due, else what the next one carries of it (RFC 6716 section 2.1.7), else
//! what libopus makes up, else silence.

use std::time::Duration;

use super::{CONCEALED, Playout, State};
use crate::{Channels, CodecError, FRAME, mix::RISE};

/// The longest packet: 120 ms (RFC 6716 section 2.1.4).
pub(super) const LONGEST: usize = 6 * FRAME;

impl Playout {
    /// The stream that is played, and the timestamp of the first sample of the last frame. Where the frame was shortened or
    /// lengthened that is so from behind the seam on; its first 5 to 25 ms were sent a period before or after.
    pub(crate) fn played(&self) -> Option<(u32, u32)> {
        Some((self.ssrc?, self.played as u32))
    }

    pub(super) fn note_played(&mut self) {
        if let State::Playing { next, .. } = self.state {
            self.played = next.saturating_sub(self.decoded.len() as u64);
        }
    }

    pub(super) fn decode_more(&mut self, now: Duration) {
        let State::Playing { next, .. } = self.state else {
            self.decoded.append_silence(FRAME - self.decoded.len());
            return;
        };
        self.counters.late += self.take_played().len() as u64;
        match self.queue.first_key_value() {
            Some((&at, _)) if at <= next => self.decode_packet(at),
            Some((&at, packet)) if at - next == packet.samples => self.recover(at),
            Some((&at, _)) if at - next < FRAME as u64 => self.fill((at - next) as usize),
            _ => self.conceal_frame(now),
        }
    }

    fn decode_packet(&mut self, at: u64) {
        let Some(packet) = self.queue.remove(&at) else {
            return;
        };
        self.dtx = packet.is_dtx();
        self.stereo |= packet.is_stereo() && !self.dtx;
        let prepared = self.prepare_decoder(at);
        match prepared.is_ok() & self.decode(&packet.payload, packet.samples as usize, false) {
            true => self.counters.decoded += 1,
            false => self.counters.malformed += 1,
        }
        self.advance(at + packet.samples);
    }

    /// # Errors
    /// libopus's.
    fn prepare_decoder(&mut self, at: u64) -> Result<(), CodecError> {
        let Some(decoder) = &mut self.decoder else {
            return Ok(());
        };
        let stale = std::mem::take(&mut self.stale);
        if stale {
            decoder.reset()?;
        }
        let stereo = self.stereo && self.channels == Channels::Stereo;
        decoder.turn_to(if stereo {
            Channels::Stereo
        } else {
            Channels::Mono
        })?;
        if stale {
            self.passed
                .take_before(at)
                .iter()
                .for_each(|packet| decoder.hear(packet));
        }
        Ok(())
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
            self.decoded.append_silence(FRAME);
        } else {
            self.counters.concealed += 1;
            let begin = self.decoded.len();
            self.decode(&[], FRAME, false);
            if missing == CONCEALED {
                self.decoded.fade_out(begin..begin + FRAME);
                self.faded = true;
            }
        }
        let grow =
            missing <= CONCEALED && !self.dtx && self.delay.lag(now, next) < self.delay.target();
        if let (false, State::Playing { next, .. }) = (grow, &mut self.state) {
            *next += FRAME as u64;
        }
    }

    fn fill(&mut self, samples: usize) {
        self.decoded.append_silence(samples);
        if let State::Playing { next, .. } = &mut self.state {
            *next += samples as u64;
        }
    }

    /// Decodes onto the end of what is decoded; a packet libopus refuses becomes silence of its length. Says whether it
    /// was decoded.
    fn decode(&mut self, payload: &[u8], samples: usize, fec: bool) -> bool {
        let (begin, samples) = (self.decoded.len(), samples.min(LONGEST));
        let decoder = self.decoder.as_mut();
        let decoded = decoder.and_then(|decoder| decoder.decode(payload, samples, fec).ok());
        match &decoded {
            Some(sound) => self.decoded.append(sound),
            None => self.decoded.append_silence(samples),
        }
        if !payload.is_empty() && std::mem::take(&mut self.faded) {
            self.decoded
                .fade_in(begin..self.decoded.len().min(begin + RISE));
        }
        decoded.is_some()
    }

    fn advance(&mut self, to: u64) {
        if let State::Playing { next, missing, .. } = &mut self.state {
            *next = to;
            *missing = 0;
        }
    }
}
