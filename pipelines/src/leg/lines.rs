//! Which m-line of a leg is for what. Pure.
//!
//! They stand in one order for the leg's whole life, and their mids tell kind and place (`audio0`, `video5`), as
//! webrtcbin names them. It has the first; the others stand in the text only (`sdp/lines.rs`).

use super::{extensions, layers::LAYERS};
use crate::sdp::{Flow, Line, Sources};

/// The m-lines of a leg in their order: mix, camera, screen, relayed talkers, pictures.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    pub(crate) audio_slots: usize,
    pub(crate) video_slots: usize,
}

/// The mid of the m-line on which the browser sends its camera.
pub const CAMERA_MID: &str = "video1";

/// The mid of the m-line on which the browser sends its screen.
pub const SCREEN_MID: &str = "video2";

/// The mid of a picture slot's m-line.
#[must_use]
pub fn slot_mid(audio_slots: usize, slot: usize) -> String {
    format!("video{}", Lines::SLOTS + audio_slots + slot)
}

impl Lines {
    pub(crate) const MIX: usize = 0;
    pub(crate) const MIX_MID: &str = "audio0";
    pub(crate) const CAMERA: usize = 1;
    pub(crate) const SCREEN: usize = 2;
    /// The first slot's.
    const SLOTS: usize = 3;

    /// The camera's or the screen's m-line of this mid.
    pub(crate) fn named(mid: &str) -> Option<usize> {
        match mid {
            CAMERA_MID => Some(Self::CAMERA),
            SCREEN_MID => Some(Self::SCREEN),
            _ => None,
        }
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        Self::SLOTS + self.audio_slots + self.video_slots
    }

    /// All in their order. `ssrc` makes SSRCs.
    pub(crate) fn all(self, ssrc: impl Fn() -> u32) -> Vec<Line> {
        let mix = Line {
            mid: Self::MIX_MID.into(),
            flow: Flow::Both(Sources {
                ssrc: ssrc(),
                again: None,
            }),
            // Beside what webrtcbin's caps say.
            extensions: vec![extensions::CSRC_LEVELS, extensions::CAPTURE_TIME],
        };
        let sound = (0..self.audio_slots).map(|slot| Line {
            mid: audio_mid(slot),
            flow: Flow::Down(Sources {
                ssrc: ssrc(),
                again: None,
            }),
            extensions: vec![extensions::LEVEL],
        });
        let pictures = (0..self.video_slots).map(|slot| Line {
            mid: slot_mid(self.audio_slots, slot),
            flow: Flow::Down(Sources {
                ssrc: ssrc(),
                again: Some(ssrc()),
            }),
            extensions: vec![extensions::TWCC, extensions::CAPTURE_TIME],
        });
        let first = [mix, camera(), screen()];
        first.into_iter().chain(sound).chain(pictures).collect()
    }

    /// The mid of an audio slot. `None`: there is no such slot.
    pub(crate) fn audio_mid(self, slot: usize) -> Option<String> {
        (slot < self.audio_slots).then(|| audio_mid(slot))
    }

    /// The place of an audio slot.
    pub(crate) fn audio_slot(self, slot: usize) -> usize {
        Self::SLOTS + slot
    }

    /// The place of a picture slot.
    pub(crate) fn picture_slot(self, slot: usize) -> usize {
        Self::SLOTS + self.audio_slots + slot
    }
}

fn audio_mid(slot: usize) -> String {
    format!("audio{}", Lines::SLOTS + slot)
}

fn camera() -> Line {
    Line {
        mid: CAMERA_MID.into(),
        flow: Flow::Up(&LAYERS),
        extensions: [
            extensions::SEND_TIME,
            extensions::MID,
            extensions::CAPTURE_TIME,
        ]
        .into_iter()
        .chain(extensions::LAYER)
        .collect(),
    }
}

fn screen() -> Line {
    Line {
        mid: SCREEN_MID.into(),
        flow: Flow::Up(&[]),
        extensions: vec![
            extensions::SEND_TIME,
            extensions::MID,
            extensions::CAPTURE_TIME,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_place() {
        let lines = Lines {
            audio_slots: 2,
            video_slots: 3,
        };
        assert_eq!(lines.count(), 8);
        let all = lines.all(|| 7);
        let mids: Vec<_> = all.iter().map(|line| line.mid.as_str()).collect();
        let slots = ["audio3", "audio4", "video5", "video6", "video7"];
        assert_eq!(
            mids,
            [&["audio0", CAMERA_MID, SCREEN_MID][..], &slots].concat()
        );
        assert_eq!(all[lines.picture_slot(1)].mid, slot_mid(2, 1));
        assert_eq!(slot_mid(2, 2), "video7");
        assert_eq!(CAMERA_MID, format!("video{}", Lines::CAMERA));
        assert_eq!(SCREEN_MID, format!("video{}", Lines::SCREEN));
    }
}
