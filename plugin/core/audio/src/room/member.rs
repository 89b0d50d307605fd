//! One participant: what he sends, and how he is served.

use super::{Mode, Output, Settings, crossing::Heard as Hears, mapping::Told, packing::Gathering};
use crate::{Counters, Loudness, mix::MixKey, relay::Relay, source::Source};

pub(super) struct Member {
    pub(super) settings: Settings,
    pub(super) source: Source,
    /// How he has been served since the last frame began; the settings say how he wants to be.
    pub(super) mode: Mode,
    pub(super) relay: Relay,
    /// Frames of silence that end the mix of one who is served with packets now.
    pub(super) trail: u32,
    /// The gain his last frame ended with.
    pub(super) gain: f32,
    /// How loud his last frame was.
    pub(super) loudness: Loudness,
    /// The mix of those who want to hear what he wants to hear.
    pub(super) group: MixKey,
    /// The mix he got the last frame of, and in which form.
    pub(super) hears: Option<Hears>,
    /// Frames for which he has had a mix of his own without talking.
    pub(super) lingers: u32,
    /// What was counted of sound that came in another form than now.
    pub(super) past: Counters,
    /// The frame in which he was last heard, or came.
    pub(super) talked: u64,
    /// What he is about to get.
    pub(super) gathering: Gathering,
    /// Where he was told to be in the talkers' own streams.
    pub(super) told: Told,
}

impl Member {
    pub(super) fn new(settings: Settings, now: u64) -> Self {
        Self {
            mode: settings.mode,
            settings,
            source: Source::None,
            relay: Relay::default(),
            trail: 0,
            gain: 0.0,
            loudness: Loudness::SILENCE,
            group: MixKey::All,
            hears: None,
            lingers: 0,
            past: Counters::default(),
            talked: now,
            gathering: Gathering::default(),
            told: Told::default(),
        }
    }

    /// The form in which he takes a mix, if he takes one.
    pub(super) fn mix_output(&self) -> Option<Output> {
        self.settings
            .output
            .filter(|_| self.mode == Mode::Mix || self.trail > 0)
    }

    pub(super) fn hears_a_mix(&self) -> bool {
        self.mode == Mode::Mix && self.mix_output().is_some() && !self.settings.hearing.deaf
    }
}
