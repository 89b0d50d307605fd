//! Pictures in layers, as GStreamer applications meet them. Which layer is shown when is tested in the crate
//! `convene-video`.
#![allow(clippy::unwrap_used)]

#[path = "video/rig.rs"]
mod rig;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use convene_rtp::Header;
use gst::prelude::*;

use rig::{PATIENCE, Person, conference, until};

const RID: u8 = 6;
const CAPS: &str = "application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8,payload=96,\
    extmap-6=(string)\"urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\"";

/// A layer's pad, and how many key frames were asked of it.
struct Layer {
    name: &'static str,
    ssrc: u32,
    source: gst_app::AppSrc,
    requests: Arc<AtomicU32>,
}

impl Layer {
    fn new(person: &Person, name: &'static str, ssrc: u32, pad: &str) -> Self {
        let source = gst_app::AppSrc::builder()
            .caps(&CAPS.parse().unwrap())
            .format(gst::Format::Time)
            .is_live(true)
            .do_timestamp(true)
            .build();
        person.pipeline.add(&source).unwrap();
        source
            .link_pads(Some("src"), &person.element, Some(pad))
            .unwrap();
        source.sync_state_with_parent().unwrap();
        let requests = Arc::<AtomicU32>::default();
        let counted = Arc::clone(&requests);
        let out = source.static_pad("src").unwrap();
        out.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
            let event = info.event();
            if event.is_some_and(|event| event.has_name("GstForceKeyUnit")) {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            gst::PadProbeReturn::Ok
        });
        Self {
            name,
            ssrc,
            source,
            requests,
        }
    }

    /// Sends a frame of one packet; `named`: with its layer's name, as browsers do only until the first reports.
    fn send(&self, sequence: u16, key: bool, named: bool) {
        let [high, low] = (sequence | 0x8000).to_be_bytes();
        let extensions = [(RID, self.name.as_bytes())];
        let header = Header {
            marker: true,
            payload_type: 96,
            sequence,
            timestamp: u32::from(sequence) * 3000,
            ssrc: self.ssrc,
            extensions: if named { &extensions } else { &[] },
            ..Header::default()
        };
        let mut bytes = Vec::new();
        let payload = [0x90, 0x80, high, low, u8::from(!key), 0xaa, 0xbb];
        header.write(&payload, &mut bytes);
        self.source
            .push_buffer(gst::Buffer::from_mut_slice(bytes))
            .unwrap();
    }
}

/// Waits for the message that says which layers are needed.
fn needed(person: &Person) -> Vec<String> {
    let bus = person.pipeline.bus().unwrap();
    let patience = gst::ClockTime::try_from(PATIENCE).unwrap();
    loop {
        let message = bus.timed_pop_filtered(patience, &[gst::MessageType::Element]);
        let message = message.expect("a message");
        let structure = message.structure().unwrap();
        if structure.name() == "convene-layers" {
            assert_eq!(structure.get("source"), Ok("camera"));
            let names = structure.get::<gst::Array>("needed").unwrap();
            return names.iter().map(|name| name.get().unwrap()).collect();
        }
    }
}

fn set_size(person: &Person, width: u32, height: u32) -> bool {
    person
        .element
        .emit_by_name("set-size", &[&0_u32, &width, &height])
}

#[test]
fn a_slot_shows_the_layer_of_its_size() {
    let conference = conference();
    let ann = Person::new(&conference, "ann", 0);
    let bob = Person::new(&conference, "bob", 1);
    let told: bool = ann.element.emit_by_name("set-layers", &[&"camera", &"l,h"]);
    assert!(told && set_size(&bob, 320, 180));
    assert!(bob.show(&ann, 0));
    assert_eq!(needed(&ann), ["l"], "before any of them has come");
    // By which pad a layer comes says nothing.
    let large = Layer::new(&ann, "h", 20, "sink_4");
    let small = Layer::new(&ann, "l", 10, "sink_2");
    small.send(1, true, true);
    small.send(2, false, false);
    assert_eq!((bob.next(0).sequence, bob.next(0).sequence), (1, 2));

    assert!(set_size(&bob, 640, 360));
    assert_eq!(needed(&ann), ["l", "h"]);
    large.send(500, false, true);
    until("a key frame of the large layer is asked for", || {
        large.requests.load(Ordering::SeqCst) > 0
    });
    let asked = small.requests.load(Ordering::SeqCst);
    small.send(3, false, false);
    assert_eq!(bob.next(0).sequence, 3, "until it comes");
    large.send(501, true, false);
    let first = bob.next(0);
    small.send(4, false, false);
    large.send(502, false, false);
    let second = bob.next(0);
    assert!(first.key && !second.key);
    assert_eq!((first.sequence, first.picture), (4, 4));
    assert_eq!((second.sequence, second.picture), (5, 5));
    assert_eq!(first.ssrc, second.ssrc);
    assert_eq!(needed(&ann), ["h"]);
    assert_eq!(small.requests.load(Ordering::SeqCst), asked);

    assert!(bob.set_path(&ann, "camera", "none", 0));
    assert_eq!(needed(&ann), [""; 0], "nobody looks");
}

#[test]
fn a_picture_ends_with_its_last_layer() {
    let conference = conference();
    let ann = Person::new(&conference, "ann", 0);
    let bob = Person::new(&conference, "bob", 1);
    let _: bool = ann.element.emit_by_name("set-layers", &[&"camera", &"l,h"]);
    assert!(bob.show(&ann, 0));
    let small = Layer::new(&ann, "l", 10, "sink_2");
    let large = Layer::new(&ann, "h", 20, "sink_4");
    large.send(1, true, true);
    assert_eq!(bob.next(0).sequence, 1);
    small.source.end_of_stream().unwrap();
    large.send(2, false, false);
    assert_eq!(bob.next(0).sequence, 2, "the other goes on as it was");
}

#[test]
fn what_is_no_slot_or_source_is_refused() {
    let ann = Person::new(&conference(), "ann", 1);
    let told: bool = ann.element.emit_by_name("set-layers", &[&"window", &"l,h"]);
    assert!(!told && set_size(&ann, 1, 1));
    let size: bool = ann
        .element
        .emit_by_name("set-size", &[&7_u32, &320_u32, &180_u32]);
    assert!(!size);
}
