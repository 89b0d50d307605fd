//! Participants to test with: each in a pipeline of his own, fed with packets made by hand.
#![allow(dead_code)] // Each test binary uses its part.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use convene_rtp::{Header, Packet};
use gst::prelude::*;

/// Longer than anything takes that works.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub fn init() {
    gst::init().unwrap();
    gstconvene::plugin_register_static().unwrap();
}

/// A conference name that no other test has.
pub fn conference() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("test-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Asks again and again until the answer is yes.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A VP8 frame of one packet, with its sequence number as picture number.
pub fn vp8(ssrc: u32, sequence: u16, key: bool) -> Vec<u8> {
    let [high, low] = (sequence | 0x8000).to_be_bytes();
    let timestamp = u32::from(sequence) * 3000;
    let header = Header {
        marker: true,
        payload_type: 96,
        sequence,
        timestamp,
        ssrc,
        ..Header::default()
    };
    let mut bytes = Vec::new();
    header.write(
        &[0x90, 0x80, high, low, u8::from(!key), 0xaa, 0xbb],
        &mut bytes,
    );
    bytes
}

/// What came out of a slot.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    pub ssrc: u32,
    pub sequence: u16,
    pub payload_type: u8,
    pub picture: u16,
    pub key: bool,
    pub pts: gst::ClockTime,
}

impl Received {
    fn new(buffer: &gst::BufferRef) -> Self {
        let map = buffer.map_readable().unwrap();
        let packet = Packet::parse(&map).unwrap();
        let payload = packet.payload();
        assert_eq!(
            payload[5..],
            [0xaa, 0xbb],
            "the picture itself is untouched"
        );
        Self {
            ssrc: packet.ssrc(),
            sequence: packet.sequence(),
            payload_type: packet.payload_type(),
            picture: u16::from_be_bytes([payload[2] & 0x7f, payload[3]]),
            key: payload[4] & 1 == 0,
            pts: buffer.pts().expect("always set"),
        }
    }
}

/// One participant with camera, screen and slots.
pub struct Person {
    pub pipeline: gst::Pipeline,
    pub element: gst::Element,
    pub name: String,
    camera: gst_app::AppSrc,
    screen: gst_app::AppSrc,
    slots: Vec<gst_app::AppSink>,
    /// Key frames asked of the camera.
    pub requests: Arc<AtomicU32>,
}

impl Person {
    pub fn new(conference: &str, name: &str, slots: u32) -> Self {
        let person = Self::stopped(conference, name, slots);
        person.play();
        person
    }

    pub fn stopped(conference: &str, name: &str, slots: u32) -> Self {
        init();
        let element = gst::ElementFactory::make("convenevideo")
            .property("conference", conference)
            .property("participant", name)
            .build()
            .unwrap();
        let pipeline = gst::Pipeline::new();
        pipeline.add(&element).unwrap();
        let [camera, screen] = [0, 1].map(|index| publication(&pipeline, &element, index));
        let slots = (0..slots)
            .map(|index| slot(&pipeline, &element, index))
            .collect();
        let requests = count_requests(&camera);
        Self {
            pipeline,
            element,
            name: name.into(),
            camera,
            screen,
            slots,
            requests,
        }
    }

    pub fn play(&self) {
        self.pipeline.set_state(gst::State::Playing).unwrap();
    }

    pub fn send(&self, sequence: u16, key: bool) {
        self.send_bytes(vp8(1, sequence, key));
    }

    pub fn send_bytes(&self, bytes: Vec<u8>) {
        self.camera
            .push_buffer(gst::Buffer::from_mut_slice(bytes))
            .unwrap();
    }

    pub fn share(&self, sequence: u16, key: bool) {
        self.screen
            .push_buffer(gst::Buffer::from_mut_slice(vp8(2, sequence, key)))
            .unwrap();
    }

    pub fn camera(&self) -> &gst_app::AppSrc {
        &self.camera
    }

    pub fn slot(&self, index: usize) -> &gst_app::AppSink {
        &self.slots[index]
    }

    /// The next packet of a slot.
    pub fn next(&self, slot: usize) -> Received {
        let patience = gst::ClockTime::try_from(PATIENCE).unwrap();
        let sample = self.slots[slot]
            .try_pull_sample(patience)
            .expect("a packet comes");
        Received::new(sample.buffer().unwrap())
    }

    pub fn show(&self, publisher: &Person, slot: i32) -> bool {
        self.set_path(publisher, "camera", "server", slot)
    }

    pub fn set_path(&self, publisher: &Person, source: &str, path: &str, slot: i32) -> bool {
        self.element.emit_by_name(
            "set-path",
            &[&publisher.name, &source, &self.name, &path, &slot],
        )
    }

    /// Asks for a key frame as a decoder behind the slot would.
    pub fn want_key_frame(&self, slot: usize) {
        let event = gst::event::CustomUpstream::new(gst::Structure::new_empty("GstForceKeyUnit"));
        assert!(
            self.slots[slot]
                .static_pad("sink")
                .unwrap()
                .push_event(event)
        );
    }

    pub fn stat(&self, field: &str) -> u64 {
        self.element
            .property::<gst::Structure>("stats")
            .get(field)
            .unwrap()
    }

    /// Waits until what was sent so far has reached the room.
    pub fn settle(&self, packets: u64) {
        until("all packets have come in", || {
            self.stat("packets-received") >= packets
        });
    }
}

impl Drop for Person {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

fn publication(pipeline: &gst::Pipeline, element: &gst::Element, index: u32) -> gst_app::AppSrc {
    let source = gst_app::AppSrc::builder()
        .caps(
            &"application/x-rtp,media=video,clock-rate=90000,encoding-name=VP8,payload=96"
                .parse()
                .unwrap(),
        )
        .format(gst::Format::Time)
        .is_live(true)
        .do_timestamp(true)
        .build();
    pipeline.add(&source).unwrap();
    source
        .link_pads(Some("src"), element, Some(&format!("sink_{index}")))
        .unwrap();
    source
}

pub fn slot(pipeline: &gst::Pipeline, element: &gst::Element, index: u32) -> gst_app::AppSink {
    let sink = gst_app::AppSink::builder()
        .sync(false)
        .async_(false)
        .build();
    pipeline.add(&sink).unwrap();
    element
        .link_pads(Some(&format!("src_{index}")), &sink, Some("sink"))
        .unwrap();
    sink
}

fn count_requests(camera: &gst_app::AppSrc) -> Arc<AtomicU32> {
    let requests = Arc::new(AtomicU32::new(0));
    let counted = requests.clone();
    let source = camera.static_pad("src").unwrap();
    source.add_probe(gst::PadProbeType::EVENT_UPSTREAM, move |_, info| {
        if let Some(event) = info
            .event()
            .filter(|event| event.has_name("GstForceKeyUnit"))
        {
            assert!(
                event
                    .structure()
                    .unwrap()
                    .get::<bool>("all-headers")
                    .unwrap()
            );
            counted.fetch_add(1, Ordering::SeqCst);
        }
        gst::PadProbeReturn::Ok
    });
    requests
}

/// Plays a line until its sink has had enough.
pub fn plays_to_its_end(line: &str) {
    init();
    let pipeline = gst::parse::launch(line)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = pipeline
        .bus()
        .unwrap()
        .timed_pop_filtered(gst::ClockTime::from_seconds(30), &kinds);
    pipeline.set_state(gst::State::Null).unwrap();
    assert_eq!(
        message.map(|message| message.type_()),
        Some(gst::MessageType::Eos),
        "{line}"
    );
}
