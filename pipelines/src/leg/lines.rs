//! Which m-line of a leg is for what. Pure.
//!
//! They stand in one order for the leg's whole life, and their mids tell kind and place (`audio0`, `video5`), as
//! webrtcbin names them. It has the first three; those of the slots stand in the text only (`sdp/slots.rs`).

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
    pub(crate) const CAMERA: usize = 1;
    pub(crate) const SCREEN: usize = 2;
    /// The first slot's; those before it are webrtcbin's.
    pub(crate) const SLOTS: usize = 3;

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

    /// The mids of the slots, those for relayed talkers first.
    pub(crate) fn slot_mids(self) -> impl Iterator<Item = String> {
        let audio = (0..self.audio_slots).map(|slot| format!("audio{}", Self::SLOTS + slot));
        audio.chain((0..self.video_slots).map(move |slot| slot_mid(self.audio_slots, slot)))
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
        let mids: Vec<_> = lines.slot_mids().collect();
        assert_eq!(mids, ["audio3", "audio4", "video5", "video6", "video7"]);
        assert_eq!(slot_mid(2, 2), "video7");
        assert_eq!(CAMERA_MID, format!("video{}", Lines::CAMERA));
        assert_eq!(SCREEN_MID, format!("video{}", Lines::SCREEN));
    }
}
