//! GStreamer elements for browser conferences: `conveneaudio` mixes or relays everyone's sound on the server,
//! `convenevideo` forwards the pictures that cannot go from browser to browser.
//!
//! Each participant has an instance of each in a pipeline of his own; instances with the same `conference` name meet
//! in one object of the process. The GObject shells are here; what is right and wrong is decided in the pure crates
//! under `core/`.

// `plugin_define!` makes items without docs.
#![allow(missing_docs)]

mod alarm;
mod audio;
mod delivery;
pub mod ice;
mod lock;
mod now;
mod video;

pub use audio::{AudioStats, FrameTimes, TALKER_BITRATE, audio_stats, silence_rule};
pub use convene_audio::Totals as AudioTotals;

fn plugin_init(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    audio::register(plugin)?;
    video::register(plugin)
}

gst::plugin_define!(
    convene,
    env!("CARGO_PKG_DESCRIPTION"),
    plugin_init,
    env!("CARGO_PKG_VERSION"),
    "MPL",
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_NAME"),
    "https://convene.invalid/",
    env!("BUILD_REL_DATE")
);
