//! The element `conveneaudio`: one participant's sound in a conference.
//!
//! From the pad to the wire in three files: `imp` translates, `conference` lets all instances of one name meet and has
//! them served by a few worker threads, `outlet` writes what a listener gets onto his pad. What he gets is decided in
//! the crate `convene-audio`.

mod conference;
mod endings;
mod format;
mod imp;
mod meters;
mod outlet;
mod pool;
mod settings;

use std::time::Duration;

use convene_audio::UNHEARD;
use convene_rtp::SilenceRule;
use gst::prelude::*;

pub use convene_audio::TALKER_BITRATE;
pub use meters::{AudioStats, FrameTimes, audio_stats};
pub use settings::AudioMode;

glib::wrapper! {
    /// One participant's sound in a conference.
    pub struct ConveneAudio(ObjectSubclass<imp::ConveneAudio>) @extends gst::Element, gst::Object;
}

/// Which packets no floor of `conveneaudio` hears, by the level in the header extension with this id: a first loud one
/// passes before the floor asks for it, and the last after the floor was given up.
#[must_use]
pub fn silence_rule(extension: u8) -> SilenceRule {
    SilenceRule {
        extension,
        open: UNHEARD.enter + 3,
        close: UNHEARD.stay,
        hold: UNHEARD.after + Duration::from_millis(200),
        ..SilenceRule::default()
    }
}

/// Registers the element.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    AudioMode::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    crate::delivery::Delivery::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(
        Some(plugin),
        "conveneaudio",
        gst::Rank::NONE,
        ConveneAudio::static_type(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_can_be_followed() {
        assert_eq!(silence_rule(3).check(), Ok(()));
        assert_eq!(silence_rule(1), SilenceRule::default());
    }
}
