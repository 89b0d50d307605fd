//! One published picture: its codec and the key frames asked of it.

use std::time::Duration;

use crate::Codec;

/// The least time between two requests to one source. An encoder's key frame is on its way for 50 to 200 ms, and each
/// costs about as much as a second of the stream.
pub(crate) const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(500);

#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) codec: Codec,
    /// Its place in the order of coming.
    pub(crate) order: u64,
    /// What its publisher was told to keep to: at first that nobody looks.
    pub(crate) told: Option<u64>,
    asked: Option<Duration>,
    /// A subscriber asked since the last request or key frame.
    wanted: bool,
}

impl Publication {
    pub(crate) fn new(codec: Codec, order: u64) -> Self {
        Self {
            codec,
            order,
            told: Some(0),
            asked: None,
            wanted: false,
        }
    }

    pub(crate) fn want_key_frame(&mut self) {
        self.wanted = true;
    }

    /// A key frame is here. Answers whether somebody had asked for one.
    pub(crate) fn has_key_frame(&mut self) -> bool {
        std::mem::take(&mut self.wanted)
    }

    /// When the next request is due, if one is wanted by anybody. `waiting`: a slot cannot show the picture yet.
    pub(crate) fn due(&self, waiting: bool) -> Option<Duration> {
        (self.wanted || waiting).then(|| {
            self.asked
                .map_or(Duration::ZERO, |asked| asked + KEY_FRAME_INTERVAL)
        })
    }

    pub(crate) fn ask(&mut self, now: Duration) {
        self.asked = Some(now);
        self.wanted = false;
    }
}
