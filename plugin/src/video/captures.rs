//! What a subscriber is told of where in a publisher's stream a slot is.

use convene_rtp::Packet;

use super::{layers::source_name, outlet::Parcel};

/// The message `convene-captures` about this packet, which has left its slot.
pub(super) fn message(
    element: &gst::Element,
    parcel: &Parcel,
    packet: &Packet<'_>,
) -> gst::Message {
    let slot = i32::try_from(parcel.forward.slot.index).unwrap_or(i32::MAX);
    let capture = gst::Structure::builder("capture")
        .field("participant", &*parcel.publisher)
        .field("source", source_name(parcel.source))
        .field("slot", slot)
        .field("rtp-time", parcel.forward.timestamp)
        .field("source-ssrc", packet.ssrc())
        .field("source-rtp-time", packet.timestamp())
        .build();
    let captures = gst::Structure::builder("convene-captures")
        .field("captures", gst::Array::new([capture]))
        .build();
    gst::message::Element::builder(captures)
        .src(element)
        .build()
}
