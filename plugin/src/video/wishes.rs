//! The events that a picture's sink pad sends to its publisher, and the one that a slot gets from its subscriber.

use std::time::Duration;

use convene_bandwidth::Report;
use convene_video::{Picture, Wish};

/// Octets of an RTP header with a transport-wide number; feedback counts without it.
const HEADER: usize = 20;

pub(super) fn picture(wish: Wish) -> Picture {
    match wish {
        Wish::KeyFrame(picture) | Wish::Bitrate(picture, _) => picture,
    }
}

pub(super) fn event(wish: Wish) -> gst::Event {
    let structure = match wish {
        Wish::KeyFrame(_) => force_key_unit(),
        Wish::Bitrate(_, bits) => bitrate(bits),
    };
    gst::event::CustomUpstream::new(structure)
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
