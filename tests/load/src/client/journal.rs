//! What a client writes down while delay is measured, and what can be read from it afterwards. Pure.

use std::time::{Duration, Instant};

use opus::{Channels, Decoder};
use serde::{Deserialize, Serialize};

use super::{
    chirp::{Turn, onsets},
    sound::{FRAME, RATE, encoded, time_of},
};
use crate::{clock::Clock, error::LoadError};

/// A packet that went out.
#[derive(Clone, Copy, Debug)]
pub struct Gone {
    /// When.
    pub at: Instant,
    /// Which frame it carried.
    pub number: u32,
    /// For how long it had been held back on purpose.
    pub held_back: Duration,
}

/// A packet that came in.
#[derive(Clone, Debug)]
pub struct Came {
    /// When.
    pub at: Instant,
    /// Its RTP timestamp.
    pub time: u32,
    /// Opus.
    pub payload: Vec<u8>,
}

/// What one client wrote down.
#[derive(Default)]
pub struct Journal {
    open: bool,
    gone: Vec<Gone>,
    came: Vec<Came>,
}

/// A chirp in a packet, as its speaker or one of its listeners saw it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Chirp {
    /// Who.
    pub leg: usize,
    /// The packet's RTP timestamp.
    pub time: u32,
    /// When it went, or came, by the machine's monotonic clock.
    pub at: Duration,
    /// For how long it had been held back on purpose.
    pub held_back: Duration,
    /// Where in the packet's sound the chirp begins.
    pub offset: Duration,
}

impl Journal {
    /// A new, open one.
    pub fn begin(&mut self) {
        *self = Self {
            open: true,
            ..Self::default()
        };
    }

    /// The closed one; nothing is written any more.
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// A packet went out.
    pub fn gone(&mut self, gone: Gone) {
        if self.open {
            self.gone.push(gone);
        }
    }

    /// A packet came in.
    pub fn came(&mut self, came: impl FnOnce() -> Came) {
        if self.open {
            self.came.push(came());
        }
    }

    /// The chirps that went out.
    pub fn spoken(&self, leg: usize, turn: Turn, clock: &Clock) -> Vec<Chirp> {
        let chirp = |gone: &Gone| {
            turn.onset_in(gone.number).map(|offset| Chirp {
                leg,
                time: gone.number.wrapping_mul(FRAME),
                at: clock.time_of(gone.at),
                held_back: gone.held_back,
                offset: time_of(offset as usize),
            })
        };
        self.gone.iter().filter_map(chirp).collect()
    }

    /// The chirps that came in.
    ///
    /// # Errors
    /// libopus's, when a packet is none of its.
    pub fn heard(&self, leg: usize, clock: &Clock) -> Result<Vec<Chirp>, LoadError> {
        let sound = decoded(self.came.iter().map(|came| &came.payload[..]))?;
        let chirp = |onset: usize| {
            let came = &self.came[onset / FRAME as usize];
            Chirp {
                leg,
                time: came.time,
                at: clock.time_of(came.at),
                held_back: Duration::ZERO,
                offset: time_of(onset % FRAME as usize),
            }
        };
        Ok(onsets(&sound).into_iter().map(chirp).collect())
    }
}

/// How much later than it began a chirp comes out of Opus: once through it, as between two clients, and twice, as by a
/// server that mixes. Nothing but the codecs, whose encoders look ahead.
///
/// # Errors
/// libopus's.
pub fn codecs() -> Result<[Duration; 2], LoadError> {
    let turn = Turn { place: 1, of: 2 };
    let frames = 2 * turn.frames();
    let once = through(frames, |sample| turn.sample(sample))?;
    let twice = through(frames, |sample| once[sample as usize])?;
    let due = |frame| Some((frame * FRAME + turn.onset_in(frame)?) as usize);
    let due: Vec<_> = (0..frames as u32).filter_map(due).collect();
    Ok([once, twice].map(|sound| lateness(&onsets(&sound), &due)))
}

/// By how much what was found is later than what was due, on the average.
fn lateness(found: &[usize], due: &[usize]) -> Duration {
    let late = |found: &usize| Some(found - due.iter().rfind(|due| *due <= found)?);
    let late: Vec<_> = found.iter().filter_map(late).collect();
    time_of(late.iter().sum()) / (late.len() as u32).max(1)
}

fn through(frames: u64, sample: impl Fn(u64) -> f32) -> Result<Vec<f32>, LoadError> {
    let packets = encoded(frames, sample)?;
    decoded(packets.iter().map(|packet| &packet[..]))
}

/// The sound of packets of one frame each.
fn decoded<'a>(packets: impl Iterator<Item = &'a [u8]>) -> Result<Vec<f32>, LoadError> {
    let cannot = |error: opus::Error| LoadError::Clients(error.to_string());
    let mut decoder = Decoder::new(RATE, Channels::Mono).map_err(cannot)?;
    let mut sound = Vec::new();
    for packet in packets {
        let from = sound.len();
        sound.resize(from + FRAME as usize, 0.0);
        let samples = decoder.decode_float(packet, &mut sound[from..], false);
        match samples.map_err(cannot)? as u32 {
            FRAME => {}
            samples => {
                let cause = format!("a packet has {samples} samples instead of {FRAME}");
                return Err(LoadError::Clients(cause));
            }
        }
    }
    Ok(sound)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::client::{Voice, sound::Sound};

    const TURN: Turn = Turn { place: 0, of: 1 };

    /// What is spoken, heard `delay` later.
    fn overheard(delay: Duration) -> (Vec<Chirp>, Vec<Chirp>) {
        let sound = Sound::new(1).unwrap();
        let (start, mut journal) = (Instant::now(), Journal::default());
        journal.begin();
        for number in 0..100 {
            let voice = Voice::Chirp {
                turn: TURN,
                jitter: Duration::ZERO,
            };
            let at = start + Duration::from_millis(20) * number;
            journal.gone(Gone {
                at,
                number,
                held_back: Duration::ZERO,
            });
            journal.came(|| Came {
                at: at + delay,
                time: number.wrapping_mul(FRAME),
                payload: sound
                    .frame(voice, number as usize)
                    .unwrap()
                    .payload
                    .to_vec(),
            });
        }
        let clock = Clock::new().unwrap();
        let heard = journal.heard(3, &clock).unwrap();
        (journal.spoken(2, TURN, &clock), heard)
    }

    #[test]
    fn a_delay_is_read_to_a_millisecond() {
        let delay = Duration::from_millis(37);
        let (spoken, heard) = overheard(delay);
        assert_eq!((spoken.len(), heard.len()), (4, 4));
        for (spoken, heard) in spoken.iter().zip(&heard) {
            let passed = heard.at + heard.offset - spoken.at - spoken.offset;
            // libopus says of itself that it looks 6.5 ms ahead.
            let codec = passed.as_secs_f64() * 1e3 - 37.0;
            assert!((codec - 6.5).abs() < 1.0, "{codec} ms");
        }
    }

    #[test]
    fn each_pass_through_a_codec_takes_its_look_ahead() {
        let [once, twice] = codecs().unwrap().map(|late| late.as_secs_f64() * 1e3);
        assert!((once - 6.5).abs() < 0.5, "{once} ms");
        assert!((twice - 13.0).abs() < 0.5, "{twice} ms");
    }

    #[test]
    fn a_closed_journal_stays_empty() {
        let mut journal = Journal::default();
        journal.came(|| panic!("nobody wants to know"));
        assert!(journal.heard(0, &Clock::new().unwrap()).unwrap().is_empty());
    }
}
