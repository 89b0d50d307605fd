//! What an application tells of layers: in which a participant sends a picture, and how large he shows what is in a slot.

use convene_video::{Rid, Size, Source};

use super::{imp::ConveneVideo, room::Seat};

impl ConveneVideo {
    /// `set-layers (source, names)`: the names with commas between them, the smallest layer's first.
    pub(super) fn on_set_layers(&self, arguments: &[glib::Value]) -> Option<bool> {
        let [source, names] = arguments else {
            return None;
        };
        let source = source_named(source.get().ok()?)?;
        let names = names.get::<Option<&str>>().ok()?.unwrap_or_default();
        let names = names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let names: Vec<Rid> = names.map(Rid::from).collect();
        self.seat()?.set_layers(source, &names);
        Some(true)
    }

    /// `set-size (slot, width, height)`: in pixels; 0: whatever there is.
    pub(super) fn on_set_size(&self, arguments: &[glib::Value]) -> Option<bool> {
        let [slot, width, height] = arguments else {
            return None;
        };
        let (slot, width, height) = (slot.get().ok()?, width.get().ok()?, height.get().ok()?);
        let wanted = (width > 0 && height > 0).then_some(Size { width, height });
        Some(self.seat()?.set_size(slot, wanted))
    }
}

impl Seat {
    fn set_layers(&self, source: Source, names: &[Rid]) {
        self.room()
            .act(|state| state.switch.set_layers(self.picture(source), names));
    }

    fn set_size(&self, index: u32, wanted: Option<Size>) -> bool {
        self.room()
            .act(|state| state.switch.set_size(self.slot(index), wanted))
    }
}

/// A source, as it is called in signals and messages.
pub(super) fn source_name(source: Source) -> &'static str {
    match source {
        Source::Camera => "camera",
        Source::Screen => "screen",
    }
}

/// The source that is called so.
pub(super) fn source_named(name: &str) -> Option<Source> {
    [Source::Camera, Source::Screen]
        .into_iter()
        .find(|source| source_name(*source) == name)
}
