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
    ///
    /// Beside its pads' sound it posts element messages:
    /// - `convene-talkers`: who talks, when that changes and five times a second. `rtp-time` (`u32`): the mix's timestamp from
    ///   which on it is heard; `talkers`: an array of structures with `participant` (string), `number` (`u32`) and `level` (`i32`,
    ///   dBov), loudest first.
    /// - `convene-captures`: where in the talkers' own streams is what the participant gets, when somebody is heard anew,
    ///   when it has moved by 2 ms (in the long run four times a second at most), and every two seconds. `captures`: an array
    ///   of structures with `participant` (string, the
    ///   talker), `slot` (`i32`, that of the pad `src_%u`; -1: the mix), `rtp-time` (`u32`, a timestamp there), and of the
    ///   talker's stream `source-ssrc` (`u32`) and `source-rtp-time` (`u32`): what is heard at the one was sent to the
    ///   talker's encoder at the other, all delays counted. With his sender reports (RFC 3550 section 6.4.1) that says when
    ///   he said it. Who sends raw sound has no such stream.
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
