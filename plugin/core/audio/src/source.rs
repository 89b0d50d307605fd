//! What one participant sends, whichever way he sends it.

use std::time::Duration;

use crate::{
    Arrival, Channels, CodecError, Counters, Loudness, Wide, WideFrame,
    playout::{Due, Playout},
    ring::Ring,
};

/// What a participant's sound of this frame is known to be.
pub(crate) enum Heard {
    /// Nothing was sent.
    Nothing,
    /// How loud it is; the frame itself where it had to be taken to know.
    Sound(Loudness, Option<WideFrame>),
}

/// Where a participant's sound comes from.
pub(crate) enum Source {
    /// Nothing has come yet.
    None,
    /// Opus packets.
    Packets(Box<Playout>),
    /// Samples, and whether they have ended.
    Samples(Ring, bool),
}

impl Source {
    /// `past` keeps what was counted of sound that came in another form.
    ///
    /// # Errors
    /// libopus's, when there is no decoder to be had.
    pub(crate) fn packet(
        &mut self,
        now: Duration,
        latency: Duration,
        arrival: &Arrival,
        past: &mut Counters,
    ) -> Result<(), CodecError> {
        if !matches!(self, Self::Packets(_)) {
            self.become_another(Self::Packets(Box::new(Playout::new(latency))), past);
        }
        if let Self::Packets(playout) = self {
            playout.set_floor(latency);
            playout.arrive(now, arrival)?;
        }
        Ok(())
    }

    /// Samples to follow those before; `past` as above.
    pub(crate) fn samples(&mut self, samples: &Wide<Vec<f32>>, past: &mut Counters) {
        if !matches!(self, Self::Samples(..)) {
            self.become_another(Self::Samples(Ring::default(), false), past);
        }
        if let Self::Samples(ring, _) = self {
            ring.push(samples);
        }
    }

    /// Nothing more will come; what waits is still played.
    pub(crate) fn end(&mut self) {
        if let Self::Samples(_, ended) = self {
            *ended = true;
        }
    }

    /// Forgets what waits.
    pub(crate) fn flush(&mut self) {
        match self {
            Self::Samples(ring, ended) => {
                ring.clear();
                *ended = false;
            }
            Self::Packets(playout) => playout.flush(),
            Self::None => {}
        }
    }

    fn become_another(&mut self, other: Self, past: &mut Counters) {
        self.flush();
        *past = *past + self.counters().past();
        *self = other;
    }

    /// Whether anything waits to be played.
    pub(crate) fn is_active(&self) -> bool {
        match self {
            Self::None => false,
            Self::Packets(playout) => playout.is_active(),
            Self::Samples(ring, ended) => ring.has_frame(*ended),
        }
    }

    /// Whether anything that came has not been played.
    pub(crate) fn has_waiting(&self) -> bool {
        match self {
            Self::None => false,
            Self::Packets(playout) => playout.has_waiting(),
            Self::Samples(ring, _) => ring.len() > 0,
        }
    }

    /// What is due at `now`, for whom takes so many channels. Samples, and packets without a level, have to be taken to be judged.
    pub(crate) fn hear(&mut self, now: Duration, channels: Channels) -> Heard {
        match self {
            Self::None => Heard::Nothing,
            Self::Packets(playout) => match playout.due(now) {
                Due::Nothing => Heard::Nothing,
                Due::Known(loudness) => Heard::Sound(loudness, None),
                Due::Unknown => Heard::judged(playout.play(now, channels)),
            },
            Self::Samples(ring, ended) => ring.take(*ended).map_or(Heard::Nothing, Heard::judged),
        }
    }

    /// Takes the frame that [`Source::hear`] left.
    pub(crate) fn play(&mut self, now: Duration, channels: Channels) -> Option<WideFrame> {
        match self {
            Self::Packets(playout) => Some(playout.play(now, channels)),
            _ => None,
        }
    }

    /// Passes over the frame that [`Source::hear`] left.
    pub(crate) fn skip(&mut self, now: Duration) {
        if let Self::Packets(playout) = self {
            playout.skip(now);
        }
    }

    /// The packets that wait, oldest first.
    pub(crate) fn waiting(&self) -> Vec<Arrival> {
        match self {
            Self::Packets(playout) => playout.waiting(),
            _ => Vec::new(),
        }
    }

    /// The stream of the frame that was played last, and the timestamp of its first sample; samples have none.
    pub(crate) fn played(&self) -> Option<(u32, u32)> {
        match self {
            Self::Packets(playout) => playout.played(),
            _ => None,
        }
    }

    /// Whether packets are being played.
    pub(crate) fn is_playing(&self) -> bool {
        matches!(self, Self::Packets(playout) if playout.is_playing())
    }

    pub(crate) fn counters(&self) -> Counters {
        match self {
            Self::None => Counters::default(),
            Self::Packets(playout) => playout.counters(),
            Self::Samples(ring, _) => Counters {
                overrun: ring.overrun,
                ..Counters::default()
            },
        }
    }
}

impl Heard {
    fn judged(frame: WideFrame) -> Self {
        Self::Sound(Loudness::of_wide(&frame), Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_that_come_after_the_end_are_played_too_and_a_flush_begins_anew() {
        let (mut source, mut past) = (Source::None, Counters::default());
        let some = Wide::mono(vec![0.5; 100]);
        source.samples(&some, &mut past);
        source.end();
        source.samples(&some, &mut past);
        assert!(matches!(
            source.hear(Duration::ZERO, Channels::Mono),
            Heard::Sound(..)
        ));
        assert!(!source.has_waiting());
        source.flush();
        source.samples(&some, &mut past);
        assert!(matches!(
            source.hear(Duration::ZERO, Channels::Mono),
            Heard::Nothing
        ));
    }

    #[test]
    fn too_little_to_begin_with_keeps_nobody_awake() {
        let (mut source, mut past) = (Source::None, Counters::default());
        let frame = Wide::mono(vec![0.5; crate::FRAME]);
        source.samples(&frame, &mut past);
        assert!(!source.is_active() && source.has_waiting());
        assert!(matches!(
            source.hear(Duration::ZERO, Channels::Mono),
            Heard::Nothing
        ));
        source.samples(&frame, &mut past);
        assert!(source.is_active());
        while source.is_active() {
            assert!(matches!(
                source.hear(Duration::ZERO, Channels::Mono),
                Heard::Sound(..)
            ));
        }
        assert!(!source.has_waiting());
    }
}
