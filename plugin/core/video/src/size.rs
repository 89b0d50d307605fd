//! How large a picture is.

/// Pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    /// Across.
    pub width: u32,
    /// Down.
    pub height: u32,
}

impl Size {
    /// Whether a picture of this size may be shown so large: a pixel becomes at most one and a half across, which
    /// moving pictures stand.
    pub(crate) fn suffices(self, shown: Self) -> bool {
        let stands = |is: u32, wanted: u32| u64::from(wanted) * 2 <= u64::from(is) * 3;
        stands(self.width, shown.width) && stands(self.height, shown.height)
    }

    /// Doubled so many times, or halved.
    pub(crate) fn scaled(self, doublings: i32) -> Self {
        let scale = 2_f64.powi(doublings);
        let by = |pixels: u32| (f64::from(pixels) * scale).round() as u32;
        Self {
            width: by(self.width),
            height: by(self.height),
        }
    }

    pub(crate) fn pixels(self) -> f64 {
        f64::from(self.width) * f64::from(self.height)
    }
}
