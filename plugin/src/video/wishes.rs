//! The events that a picture's sink pad sends to its publisher, and the one that a slot gets from its subscriber.

use std::time::Duration;

use convene_bandwidth::Report;
use convene_video::{Picture, Rid, Source, Wish};
use gst::prelude::*;

use super::layers::source_name;

/// Octets of an RTP header with a transport-wide number; feedback counts without it.
const HEADER: usize = 20;

/// How a wish is told to a publisher.
pub(super) enum Told {
    /// By an event, out of this sink pad.
    Event(gst::Pad, gst::Event),
    /// By a message, to the application that has his element.
    Message(gst::Message),
}

impl Told {
    /// Tells it. Nobody may listen.
    pub(super) fn tell(self, element: &gst::Element) {
        match self {
            Self::Event(pad, event) => drop(pad.push_event(event)),
            Self::Message(message) => drop(element.post_message(message)),
        }
    }
}

pub(super) fn picture(wish: &Wish) -> Picture {
    match wish {
        Wish::KeyFrame(picture, _) | Wish::Bitrate(picture, _) | Wish::Layers(picture, _) => {
            *picture
        }
    }
}

/// The way of a wish: out of a sink pad, or for layers, of which none may come yet, by the element.
pub(super) fn told(element: &gst::Element, pad: Option<gst::Pad>, wish: &Wish) -> Told {
    let structure = match wish {
        Wish::KeyFrame(..) => force_key_unit(),
        Wish::Bitrate(_, bits) => bitrate(*bits),
        Wish::Layers(picture, needed) => layers(picture.source, needed),
    };
    match pad {
        Some(pad) => Told::Event(pad, gst::event::CustomUpstream::new(structure)),
        None => Told::Message(
            gst::message::Element::builder(structure)
                .src(element)
                .build(),
        ),
    }
}

fn layers(source: Source, needed: &[Rid]) -> gst::Structure {
    let names = needed.iter().map(|name| name.to_send_value());
    gst::Structure::builder("convene-layers")
        .field("source", source_name(source))
        .field("needed", gst::Array::from_values(names))
        .build()
}

/// As `gst_video_event_new_upstream_force_key_unit` makes it.
fn force_key_unit() -> gst::Structure {
    gst::Structure::builder("GstForceKeyUnit")
        .field("running-time", gst::ffi::GST_CLOCK_TIME_NONE)
        .field("all-headers", true)
        .field("count", 0_u32)
        .build()
}

fn bitrate(bits: Option<u64>) -> gst::Structure {
    gst::Structure::builder("ConveneBitrate")
        .field_if_some("bitrate", bits)
        .build()
}

/// The event `RTPTWCCPackets`, in which GStreamer's RTP session tells what became of packets. Those of which the session
/// has forgotten when they were sent are left out.
pub(super) fn reports(event: &gst::EventRef) -> Vec<Report> {
    let packets = event
        .structure()
        .and_then(|structure| structure.get::<glib::ValueArray>("packets").ok());
    let packets = packets.as_deref().unwrap_or_default();
    packets.iter().filter_map(report).collect()
}

fn report(packet: &glib::Value) -> Option<Report> {
    let packet = packet.get::<&gst::StructureRef>().ok()?;
    let time = |name: &str| {
        let time = packet.get::<u64>(name).ok()?;
        (time != gst::ffi::GST_CLOCK_TIME_NONE).then(|| Duration::from_nanos(time))
    };
    let lost = packet.get::<bool>("lost").ok()?;
    Some(Report {
        sequence: packet.get::<u32>("seqnum").ok()? as u16,
        sent: time("local-ts")?,
        arrived: time("remote-ts").filter(|_| !lost),
        bytes: packet.get::<u32>("size").ok()? as usize + HEADER,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use glib::prelude::ToValue;

    use super::*;

    fn read(text: &str) -> Option<Report> {
        gst::init().unwrap();
        report(&text.parse::<gst::Structure>().unwrap().to_value())
    }

    #[test]
    fn feedback_is_read() {
        let report = |sequence, sent, arrived: Option<u64>| Report {
            sequence,
            sent: Duration::from_nanos(sent),
            arrived: arrived.map(Duration::from_nanos),
            bytes: 1_020,
        };
        let never = u64::MAX;
        let cases = [
            (
                65_535,
                5_000,
                9_000,
                false,
                Some(report(65_535, 5_000, Some(9_000))),
            ),
            (1, 7_000, never, true, Some(report(1, 7_000, None))),
            (2, never, 9_000, false, None),
        ];
        for (sequence, sent, arrived, lost, expected) in cases {
            let text = format!(
                "RTPTWCCPacket, seqnum=(uint){sequence}, local-ts=(guint64){sent}, remote-ts=(guint64){arrived}, \
                 size=(uint)1000, lost={lost}"
            );
            assert_eq!(read(&text), expected);
        }
    }

    #[test]
    fn something_else_reports_nothing() {
        assert_eq!(read("RTPTWCCPacket, seqnum=(string)a"), None);
        assert_eq!(report(&1.to_value()), None);
        let structure = gst::Structure::builder("RTPTWCCPackets").field("packets", 1);
        assert_eq!(
            reports(&gst::event::CustomUpstream::new(structure.build())),
            []
        );
    }
}
