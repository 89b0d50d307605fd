//! A participant's sink pads: which of them carry a picture, and by which of them a stream comes.

use convene_video::Source;
use gst::prelude::*;

/// Streams that are told apart: a browser that starts again names its streams anew.
const MOST_STREAMS: usize = 16;

#[derive(Default)]
pub(super) struct Sinks {
    pads: Vec<(Source, glib::WeakRef<gst::Pad>)>,
    streams: Vec<(u32, glib::WeakRef<gst::Pad>)>,
}

impl Sinks {
    /// A pad carries a picture, or one of its layers, from now on. Answers whether the picture begins with that: it does
    /// not when another pad has it already.
    pub(super) fn add(&mut self, source: Source, pad: &gst::Pad) -> bool {
        let known = self.pads.iter().any(|(_, known)| known == pad);
        let begins = known || !self.carry(source);
        if !known {
            self.pads.push((source, pad.downgrade()));
        }
        begins
    }

    /// It carries it no longer. Answers whether no pad does.
    pub(super) fn remove(&mut self, source: Source, pad: &gst::Pad) -> bool {
        self.pads.retain(|(_, known)| known != pad);
        self.streams.retain(|(_, known)| known != pad);
        !self.carry(source)
    }

    /// A packet of this stream came by the pad.
    pub(super) fn brings(&mut self, pad: &gst::Pad, ssrc: u32) {
        match self.streams.iter_mut().find(|(known, _)| *known == ssrc) {
            Some((_, known)) if known == pad => {}
            Some((_, known)) => *known = pad.downgrade(),
            None => {
                if self.streams.len() == MOST_STREAMS {
                    self.streams.remove(0);
                }
                self.streams.push((ssrc, pad.downgrade()));
            }
        }
    }

    /// The pad by which this stream comes, else any that carries the picture.
    pub(super) fn find(&self, source: Source, ssrc: Option<u32>) -> Option<gst::Pad> {
        let stream = self.streams.iter().find(|(known, _)| Some(*known) == ssrc);
        let any = || self.pads.iter().find(|(known, _)| *known == source);
        let pad = stream
            .map(|(_, pad)| pad)
            .or_else(|| any().map(|(_, pad)| pad))?;
        pad.upgrade()
    }

    fn carry(&self, source: Source) -> bool {
        self.pads
            .iter()
            .any(|(known, pad)| *known == source && pad.upgrade().is_some())
    }
}
