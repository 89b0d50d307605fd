//! The layers of the browser's camera (simulcast, RFC 8853): how they are called, and which of them are needed. By which
//! of them a packet comes `convenevideo` reads in it (RID, RFC 8852).

use gst::prelude::*;

use super::{LegError, LegEvent, build::Parts, lines::Lines, slots::Picture, task::Task};
use crate::sdp::{Sections, sends_layers};

/// The layers' names, the smallest first.
pub(super) const LAYERS: [&str; 2] = ["l", "h"];

/// Sink pads of `convenevideo` for one source.
const MOST_SINKS: usize = 8;

impl Parts {
    /// A sink pad for a stream of the picture that has this place among the sources: with layers there are several.
    pub(super) fn picture_sink(&self, place: usize) -> Option<gst::Pad> {
        let names = (0..MOST_SINKS).map(|layer| format!("sink_{}", place + 2 * layer));
        let free = |name: String| match self.video.static_pad(&name) {
            Some(pad) => Some(pad).filter(|pad| !pad.is_linked()),
            None => self.video.request_pad_simple(&name),
        };
        names.into_iter().find_map(free)
    }

    /// Tells `convenevideo` whether the camera comes in layers.
    pub(super) fn tell_layers(&self, answer: &Sections<'_>) {
        let names = match sends_layers(answer, Lines::CAMERA) {
            true => LAYERS.join(","),
            false => String::new(),
        };
        self.video
            .emit_by_name::<bool>("set-layers", &[&"camera", &names]);
    }
}

/// Which layers somebody needs, as `convenevideo` says.
#[derive(Default)]
pub(super) struct Needed {
    /// Messages may overtake each other; the latest has the highest number.
    number: Option<gst::Seqnum>,
}

impl Needed {
    fn read(&mut self, number: gst::Seqnum, message: &gst::StructureRef) -> Option<LegEvent> {
        if self.number.is_some_and(|known| number < known) {
            return None;
        }
        self.number = Some(number);
        let needed = message.get::<gst::Array>("needed").ok()?;
        Some(LegEvent::Layers {
            source: message.get("source").ok()?,
            needed: needed.iter().filter_map(|name| name.get().ok()).collect(),
        })
    }
}

impl Task {
    /// Which layers of a picture of the browser's are needed.
    pub(super) fn need(&mut self, number: gst::Seqnum, message: &gst::StructureRef) {
        if let Some(event) = self.needed.read(number, message) {
            self.tell(event);
        }
    }

    /// The browser shows a picture so large now.
    pub(super) async fn resize(
        &mut self,
        parts: &Parts,
        picture: Picture,
        size: (u32, u32),
    ) -> Result<(), LegError> {
        if let Some(slot) = self.slots.resize(picture, size) {
            self.set_size(parts, slot, size).await;
        }
        Ok(())
    }

    /// Tells how large what is in a slot is shown. Of a slot that is not there yet it is told again when it is filled.
    pub(super) async fn set_size(&self, parts: &Parts, slot: usize, (width, height): (u32, u32)) {
        let slot = u32::try_from(slot).unwrap_or(u32::MAX);
        let told = parts.off_thread(move |parts| {
            let arguments: [&dyn ToValue; 3] = [&slot, &width, &height];
            Ok(parts.video.emit_by_name::<bool>("set-size", &arguments))
        });
        let _ = told.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_overtaken_is_old() {
        gst::init().unwrap();
        let message = |name: &str| {
            gst::Structure::builder("convene-layers")
                .field("source", "camera")
                .field("needed", gst::Array::new([name]))
                .build()
        };
        let [first, second] = [gst::Seqnum::next(), gst::Seqnum::next()];
        let mut needed = Needed::default();
        let told = needed.read(second, &message("h"));
        let Some(LegEvent::Layers {
            source,
            needed: names,
        }) = told
        else {
            panic!("nothing is told")
        };
        assert_eq!((source.as_str(), names), ("camera", vec!["h".to_owned()]));
        assert!(needed.read(first, &message("l")).is_none());
    }
}
