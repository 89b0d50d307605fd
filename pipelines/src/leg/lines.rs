//! Which m-line of a leg is for what. Pure.
//!
//! They stand in one order for the leg's whole life; webrtcbin names them by kind and place (`audio0`, `video5`).

/// The m-lines of a leg in their order: mix, relayed talkers, camera, screen, pictures.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    pub(crate) audio_slots: usize,
    pub(crate) video_slots: usize,
}

impl Lines {
    pub(crate) const MIX: usize = 0;

    pub(crate) fn camera(self) -> usize {
        1 + self.audio_slots
    }

    pub(crate) fn screen(self) -> usize {
        self.camera() + 1
    }

    pub(crate) fn slot(self, slot: usize) -> usize {
        self.screen() + 1 + slot
    }

    /// How many there are.
    pub(crate) fn count(self) -> usize {
        self.slot(self.video_slots)
    }

    /// The slot whose m-line this is.
    pub(crate) fn slot_of(self, mline: usize) -> Option<usize> {
        mline
            .checked_sub(self.slot(0))
            .filter(|slot| *slot < self.video_slots)
    }
}

/// The mid of the m-line on which the browser sends its camera.
#[must_use]
pub fn camera_mid(audio_slots: usize) -> String {
    format!(
        "video{}",
        Lines {
            audio_slots,
            video_slots: 0
        }
        .camera()
    )
}

/// The mid of the m-line on which the browser sends its screen.
#[must_use]
pub fn screen_mid(audio_slots: usize) -> String {
    format!(
        "video{}",
        Lines {
            audio_slots,
            video_slots: 0
        }
        .screen()
    )
}

/// The mid of a slot's m-line.
#[must_use]
pub fn slot_mid(audio_slots: usize, slot: usize) -> String {
    format!(
        "video{}",
        Lines {
            audio_slots,
            video_slots: slot + 1
        }
        .slot(slot)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_place() {
        let lines = Lines {
            audio_slots: 4,
            video_slots: 12,
        };
        assert_eq!((lines.camera(), lines.screen(), lines.slot(0)), (5, 6, 7));
        assert_eq!(lines.count(), 19);
        let slots: Vec<_> = (0..=lines.count())
            .map(|mline| lines.slot_of(mline))
            .collect();
        assert_eq!(
            (slots[6], slots[7], slots[18], slots[19]),
            (None, Some(0), Some(11), None)
        );
        assert_eq!(
            (camera_mid(4), screen_mid(4), slot_mid(4, 11)),
            ("video5".into(), "video6".into(), "video18".into())
        );
    }
}
