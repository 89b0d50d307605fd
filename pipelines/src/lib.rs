//! Builds and owns each participant's pipeline: one `webrtcbin` with its `conveneaudio` and `convenevideo`.
//!
//! A [`Leg`] is told what the browser says and tells what the browser must hear. It decides nothing about the
//! conference, and knows neither sockets nor the words on the wire.

mod feedback;
mod ice;
mod leg;
mod sdp;

pub use gstconvene::{
    AudioStats, audio_stats,
    ice::{IceSocketConfig, IceStats, Remote, Transport},
};
pub use ice::{Carried, IceError, IceNews, IceTransport, OwnIce, StockIce, Tell};
pub use leg::{
    AddressKind, CAMERA_MID, CandidateKind, Capture, Leg, LegConfig, LegError, LegEvent, LegStats,
    Refused, SCREEN_MID, SoundMode, Talker, Talkers, slot_mid,
};
pub use sdp::{Candidate, SdpError, candidates};

/// Starts GStreamer with Convene's elements in it. May be called again.
///
/// # Errors
/// A sentence when GStreamer or the plugin does not start.
pub fn init() -> Result<(), glib::Error> {
    gst::init()?;
    gstconvene::plugin_register_static()
        .map_err(|error| glib::Error::new(gst::CoreError::MissingPlugin, &error.to_string()))?;
    leg::make_certificates();
    Ok(())
}

/// The elements that legs are made of and who has them: a plugin of each package that must be there.
pub const ELEMENTS: [(&str, &str); 6] = [
    ("webrtcbin", "gstreamer1.0-plugins-bad"),
    ("dtlssrtpdec", "gstreamer1.0-plugins-bad"),
    ("srtpdec", "gstreamer1.0-plugins-bad"),
    ("nicesrc", "gstreamer1.0-nice"),
    ("rtpbin", "gstreamer1.0-plugins-good"),
    ("capsfilter", "gstreamer1.0-plugins-base"),
];

/// Those of [`ELEMENTS`] that are not installed.
#[must_use]
pub fn missing_elements() -> Vec<(&'static str, &'static str)> {
    ELEMENTS
        .into_iter()
        .filter(|(name, _)| gst::ElementFactory::find(name).is_none())
        .collect()
}
