//! The element `convenevideo`: one participant's pictures in a conference, as far as they go through the server.
//!
//! From the pad to the wire in four files: `inlet` takes a publisher's packets, `room` lets all instances of one
//! conference name meet, `outlet` writes a slot's packets onto its pad, `imp` declares it all. What is forwarded, from
//! which key frame on and with which numbers, is decided in the crate `convene-video`.
//!
//! # convenevideo
//!
//! Every instance is one participant; those with the same `conference` in one process meet, in whatever pipelines they
//! are. Pads are made on request:
//!
//! - `sink_0` takes the participant's camera, `sink_1` his screen, both as RTP of one encoding (`rtpvp8pay` or what a
//!   browser sends). VP8, VP9 and H.264 start on key frames; any other format starts anywhere.
//! - `src_%u` is a slot: a stream of one SSRC for life, whose sequence numbers only rise, whatever picture is mapped into
//!   it. SSRC, payload type and header extensions are the ones in the caps that the peer allows; what these leave open is
//!   chosen here.
//!
//! Which picture goes into which slot is told by the action signal `set-path`, on any element of the conference:
//!
//! ```text
//! gboolean set-path (publisher, source: "camera"|"screen", subscriber, path: "server"|"direct"|"peer"|"none", slot)
//! ```
//!
//! With `server` the picture is shown in the slot of that number (−1: the first free one) from its next key frame on;
//! with any other path it leaves the server. The answer is false when a name, a word or the slot is unknown. With
//! `policy=server` a participant's slots are instead filled with the cameras of all others, in the order of coming:
//!
//! ```shell
//! gst-launch-1.0 \
//!   videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit \
//!     ! convenevideo conference=demo participant=ann \
//!   convenevideo conference=demo participant=bob policy=server ! rtpvp8depay ! vp8dec ! autovideosink
//! ```
//!
//! A slot asks its publisher for key frames by the event `GstForceKeyUnit` out of the sink pad, and forwards those that
//! come from downstream; there is at most one per picture every 500 ms. Where the way to a subscriber reports transport-wide
//! feedback (the event `RTPTWCCPackets` of GStreamer's RTP session), what can be sent to him is estimated and shared out
//! over his slots; the least share of a picture goes to its publisher by the event `ConveneBitrate` out of the sink pad,
//! whose field `bitrate` (`guint64`, bit/s) is 0 when nobody looks, and absent when no limit is known. The element is a live source: it does not
//! preroll, adds no latency, and stamps what it sends with the time of capture in the receiving pipeline's own clock.
//! EOS on a sink pad ends that picture and nothing else.

mod imp;
mod inlet;
mod outlet;
mod room;
mod settings;
mod time;
mod wire;
mod wishes;

use gst::prelude::*;

pub use settings::VideoPolicy;

glib::wrapper! {
    /// One participant's pictures in a conference, as far as they go through the server.
    pub struct ConveneVideo(ObjectSubclass<imp::ConveneVideo>) @extends gst::Element, gst::Object;
}

/// Registers the element.
pub(crate) fn register(plugin: &gst::Plugin) -> Result<(), glib::BoolError> {
    VideoPolicy::static_type().mark_as_plugin_api(gst::PluginAPIFlags::empty());
    gst::Element::register(
        Some(plugin),
        "convenevideo",
        gst::Rank::NONE,
        ConveneVideo::static_type(),
    )
}
