//! How the mix is encoded: as `conveneaudio` does by itself, and Janus because it is told to.

use std::fmt;

use gst::prelude::*;

use crate::error::LoadError;

/// What the other server is to be set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Codec {
    /// Bits per second.
    pub bitrate: u32,
    /// Effort, 0 to 10.
    pub complexity: u32,
    /// Whether packets may carry the one before (RFC 6716 section 2.1.7).
    pub fec: bool,
    /// Percent of packets that are expected to be lost, without which none do.
    pub loss: u32,
    /// Milliseconds in a packet.
    pub frame: u32,
}

impl Codec {
    /// What `conveneaudio` has when nobody sets anything; but a leg expects no losses until its client reports some, and
    /// here none are.
    ///
    /// # Errors
    /// When the element cannot be made.
    pub fn of_convene() -> Result<Self, LoadError> {
        let cannot = |error: &dyn fmt::Display| LoadError::Server(error.to_string());
        gst::init().map_err(|error| cannot(&error))?;
        gstconvene::plugin_register_static().map_err(|error| cannot(&error))?;
        let element = gst::ElementFactory::make("conveneaudio").build();
        let element = element.map_err(|error| cannot(&error))?;
        Ok(Self {
            bitrate: element.property("bitrate"),
            complexity: element.property("complexity"),
            fec: element.property("fec"),
            loss: 0,
            frame: element.property("frame-duration"),
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bitrate,
            complexity,
            loss,
            frame,
            ..
        } = self;
        let fec = if self.fec { "FEC allowed" } else { "no FEC" };
        write!(
            f,
            "{bitrate} bit/s, complexity {complexity}, {fec}, {loss} % of packets expected to be lost, {frame} ms"
        )
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_element_says_how_it_encodes() {
        let codec = Codec::of_convene().unwrap();
        assert!((6_000..=510_000).contains(&codec.bitrate), "{codec}");
        assert_eq!(codec.frame, 20);
        let other = Codec {
            bitrate: 24_000,
            complexity: 3,
            fec: false,
            loss: 3,
            frame: 40,
        };
        assert_eq!(
            other.to_string(),
            "24000 bit/s, complexity 3, no FEC, 3 % of packets expected to be lost, 40 ms"
        );
    }
}
