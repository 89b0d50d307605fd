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
//! - `sink_0` takes the participant's camera, `sink_1` his screen, both as RTP (`rtpvp8pay` or what a browser sends).
//!   VP8, VP9 and H.264 start on key frames; any other format starts anywhere. Further layers of the camera come by pads
//!   of even numbers, of the screen by odd ones.
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
//! with any other path it leaves the server. The answer is false when a name, a word or the slot is unknown, or when the
//! conference plans by itself. With
//! `policy=server` a participant's slots are instead filled with the cameras of all others, in the order of coming:
//!
//! ```shell
//! gst-launch-1.0 \
//!   videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit \
//!     ! convenevideo conference=demo participant=ann \
//!   convenevideo conference=demo participant=bob policy=server ! rtpvp8depay ! vp8dec ! autovideosink
//! ```
//!
//! A picture may come in layers (simulcast, RFC 8853), each as a stream of its own. Which of them a packet belongs to is
//! told by its header extension `rtp-stream-id` (RFC 8852), by whichever pad it comes, and remembered for its SSRC. The
//! publisher's element is told their names, the smallest first; a slot is told how large it is shown, in pixels:
//!
//! ```text
//! gboolean set-layers (source: "camera"|"screen", names: "l,h")
//! gboolean set-size (guint slot, guint width, guint height)
//! ```
//!
//! A slot shows the smallest layer that suffices for its size, or a smaller one if the way to its subscriber does not
//! carry it or is much slower than the others'. It goes on in another layer at that one's key frame. Which layers somebody
//! needs is told by the message `convene-layers` of the publisher's element, with the fields `source` and `needed` (an
//! array of names, the smallest first): before any of them has come, too, and whenever that changes.
//!
//! Where in the publisher's stream a slot is is told by the message `convene-captures` of the subscriber's element: when
//! the slot shows something else, and every two seconds. Its field `captures` is an array of structures with `participant`
//! (the publisher), `source`, `slot` (`i32`), `rtp-time` (`u32`, the slot's timestamp), `source-ssrc` and `source-rtp-time`
//! (`u32`, what the publisher's packet had). With the publisher's sender reports (RFC 3550 section 6.4.1) that says when a
//! picture was captured. The header extension abs-capture-time, which says it too, goes into slots whose caps have it.
//!
//! A slot asks its publisher for key frames by the event `GstForceKeyUnit` out of the sink pad, and forwards those that
//! come from downstream; there is at most one per picture every 500 ms. Where the way to a subscriber reports transport-wide
//! feedback (the event `RTPTWCCPackets` of GStreamer's RTP session), what can be sent to him is estimated and shared out
//! over his slots; the least share of a picture (of several layers the sum of each one's) goes to its publisher by the event `ConveneBitrate` out of the sink pad,
//! whose field `bitrate` (`guint64`, bit/s) is 0 when nobody looks, and absent when no limit is known. The element is a live source: it does not
//! preroll, adds no latency, and stamps what it sends with the time of capture in the receiving pipeline's own clock.
//! EOS on a sink pad ends that picture and nothing else.
//!
//! # A conference that plans by itself
//!
//! With `policy=claimed` or `policy=adaptive` the elements of a conference share one planner ([`convene_topology`]). It
//! gives every wanted picture a path (direct, through one peer, or by the server); what goes by the server, the elements
//! carry themselves, and all else they ask of the application. The first participant's policy is the conference's until
//! it is empty: whoever comes with another keeps to it, and a warning on his bus says so. `external` and `server` do not
//! plan, and can be mixed.
//!
//! An application tells what it knows by action signals on the participant's element. Each answers whether it was taken:
//! false for an unknown name, word or field, or where nothing is planned. The first two are structures, so that fields
//! can be added and left out; they may be sent before the element is in the conference, and hold until told otherwise.
//!
//! ```text
//! gboolean set-class (structure: class="public"|"private"|"unknown", reachable=boolean, realm="wide"|"server-lan",
//!                     relays=boolean, uplink=int, hides-address=boolean)
//! gboolean want (structure: pictures=array of structures with publisher=string, source="camera"|"screen")
//! gboolean report-path (peer, publisher, source, state: "connected"|"slow"|"failed")
//! ```
//!
//! - `set-class`: where the participant stands. What is left out stays as it was; at first the class is unknown, he is
//!   not known to be reachable, he has not agreed to relay, and his uplink has no limit. `uplink` counts pictures that he
//!   can send to others at once; −1: any number.
//! - `want`: the pictures that he wants, the most wanted first. Until it is called, he wants all that others publish,
//!   which is what their sink pads take, from the request of a pad to its release or EOS. Who is named need not be there
//!   yet. If more go by the server than he has slots, the most wanted get them.
//! - `report-path`: how the connection with a peer fares; with `publisher` and `source` not empty, the one on which that
//!   peer passes this picture on to him. `slow`: still being tried, or the picture stands still.
//!
//! What the plan asks comes as element messages, each from the element of the participant concerned:
//!
//! | message | fields | on the bus of |
//! |---|---|---|
//! | `convene-path` | `publisher`, `source`, `subscriber`, `path` ("direct", "peer", "server", "none"), `relay` for a peer, `slot` (uint) for the server, `why` | the subscriber |
//! | `convene-send` | `publisher`, `source`, `sender`, `to`, `on` (boolean) | the sender: the publisher, or whoever passes it on |
//! | `convene-server-needs` | `publisher`, `source`, `needed` (boolean) | the publisher |
//! | `convene-retry` | `participant`, `peer` | both: they try their direct connection |
//!
//! Slots are called by the number of their pad. A pair with the path "none" has no way left: it is not wanted or published any
//! more, or all slots show what is wanted more. The property `plan` has the `policy` and all wanted `pairs`, each with the
//! fields of `convene-path`; its `why` is that of the moment, whereas messages come only when a path changes. A message may
//! be answered from within its handler.
//!
//! Without any application `claimed` shows everyone's pictures by the server, for nobody is known to be public:
//!
//! ```shell
//! gst-launch-1.0 -m \
//!   videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit \
//!     ! convenevideo conference=demo participant=ann policy=claimed \
//!   convenevideo conference=demo participant=bob policy=claimed ! rtpvp8depay ! vp8dec ! autovideosink
//! ```

mod captures;
mod imp;
mod inlet;
mod layers;
mod outlet;
mod pace;
mod pads;
mod planning;
mod room;
mod settings;
mod signals;
mod sinks;
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
