//! What `convenevideo` tells of where in a publisher's stream a slot is.
#![allow(clippy::unwrap_used)]

mod common;
#[path = "video/rig.rs"]
mod rig;

use convene_rtp::Packet;

use common::told;
use rig::{Person, conference};

/// The next that a subscriber is told.
fn capture(person: &Person) -> gst::Structure {
    let all = told(&person.pipeline, "convene-captures", "captures");
    all[0].clone()
}

#[test]
fn a_subscriber_is_told_which_of_a_publisher_s_timestamps_became_which() {
    let name = conference();
    let ann = Person::new(&name, "ann", 0);
    let bob = Person::new(&name, "bob", 2);
    bob.show(&ann, 1);
    for (sequence, ssrc) in [(2, 0x0a0b_0c0d_u32), (70, 9)] {
        let bytes = rig::vp8(ssrc, sequence, true);
        let sent = Packet::parse(&bytes).unwrap();
        let (ssrc, timestamp) = (sent.ssrc(), sent.timestamp());
        ann.send_bytes(bytes);
        let sample = bob
            .slot(1)
            .try_pull_sample(gst::ClockTime::from_seconds(10));
        let sample = sample.expect("the packet comes");
        let bytes = sample.buffer().unwrap().map_readable().unwrap();
        let received = Packet::parse(&bytes).unwrap().timestamp();
        let told = capture(&bob);
        let word = |field| told.get::<String>(field).unwrap();
        let number = |field| told.get::<u32>(field).unwrap();
        assert_eq!(
            (word("participant"), word("source")),
            ("ann".into(), "camera".into())
        );
        assert_eq!(told.get::<i32>("slot"), Ok(1));
        assert_eq!(
            (number("source-ssrc"), number("source-rtp-time")),
            (ssrc, timestamp)
        );
        assert_eq!(number("rtp-time"), received);
    }
}
