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
    /// Whether packets carry the one before (RFC 6716 section 2.1.7).
    pub fec: bool,
    /// Milliseconds in a packet.
    pub frame: u32,
}

impl Codec {
    /// What `conveneaudio` has when nobody sets anything, as a leg does not.
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
            frame: element.property("frame-duration"),
        })
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            bitrate,
            complexity,
            frame,
            ..
        } = self;
        let fec = if self.fec { "FEC" } else { "no FEC" };
        write!(
            f,
            "{bitrate} bit/s, complexity {complexity}, {fec}, {frame} ms"
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
            frame: 40,
        };
        assert_eq!(
            other.to_string(),
            "24000 bit/s, complexity 3, no FEC, 40 ms"
        );
    }
}
