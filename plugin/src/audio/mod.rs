//! The element `conveneaudio`: one participant's sound in a conference.
//!
//! From the pad to the wire in three files: `imp` translates, `conference` lets all instances of one name meet and has
//! them served by a few worker threads, `outlet` writes what a listener gets onto his pad. What he gets is decided in
//! the crate `convene-audio`.

mod conference;
mod format;
mod imp;
mod outlet;
mod pool;
mod settings;

use gst::prelude::*;

pub use settings::AudioMode;

glib::wrapper! {
    /// One participant's sound in a conference.
    pub struct ConveneAudio(ObjectSubclass<imp::ConveneAudio>) @extends gst::Element, gst::Object;
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
