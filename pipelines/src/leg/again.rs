//! What of pictures is sent again (RFC 4588): by which SSRC and payload type. webrtcbin knows only of its own m-lines, so
//! the elements for it have to be told; it untells them whenever a description is set.

use gst::prelude::*;

use crate::sdp::{Flow, Line, PICTURE, PICTURE_AGAIN};

/// What the elements have to know.
#[derive(Clone)]
pub(super) struct Again {
    sources: gst::Structure,
    payload_types: gst::Structure,
}

impl Again {
    /// Of these lines.
    pub(super) fn of(lines: &[Line]) -> Self {
        let sources = lines.iter().filter_map(|line| match line.flow {
            Flow::Down(sources) => Some((sources.ssrc, sources.again?)),
            _ => None,
        });
        let mut map = gst::Structure::builder("application/x-rtp-ssrc-map");
        for (ssrc, again) in sources {
            map = map.field(ssrc.to_string(), again);
        }
        Self {
            sources: map.build(),
            payload_types: gst::Structure::builder("application/x-rtp-pt-map")
                .field(PICTURE.to_string(), PICTURE_AGAIN as u32)
                .build(),
        }
    }

    /// Tells the store of what is sent, and what restores what comes.
    pub(super) fn tell(&self, rtpbin: &gst::Element) {
        let Some(bin) = rtpbin.downcast_ref::<gst::Bin>() else {
            return;
        };
        for name in ["rtprtxsend", "rtprtxreceive"] {
            let elements = bin.iterate_all_by_element_factory_name(name);
            for element in elements.into_iter().flatten() {
                element.set_property("payload-type-map", &self.payload_types);
                if name == "rtprtxsend" {
                    element.set_property("ssrc-map", &self.sources);
                }
            }
        }
    }
}
