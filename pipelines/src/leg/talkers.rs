//! What `conveneaudio` says of those who talk.
//!
//! Browsers refuse the contributors' levels in the packets (RFC 6465), so a page has to be told by another way.

use super::{Talker, Talkers};

/// The talkers in the element's message `convene-talkers`. What is not a talker in it is left out.
pub(super) fn read(message: &gst::StructureRef) -> Talkers {
    let all = message.get::<gst::Array>("talkers").ok();
    let values = all.iter().flat_map(|all| all.iter());
    Talkers {
        rtp_time: message.get("rtp-time").unwrap_or_default(),
        talkers: values.filter_map(talker).collect(),
    }
}

fn talker(value: &glib::SendValue) -> Option<Talker> {
    let talker = value.get::<gst::Structure>().ok()?;
    Some(Talker {
        participant: talker.get("participant").ok()?,
        number: talker.get("number").ok()?,
        level: talker.get("level").ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use glib::prelude::*;

    fn message(talkers: gst::Array) -> gst::Structure {
        gst::Structure::builder("convene-talkers")
            .field("talkers", talkers)
            .field("rtp-time", 96_000_u32)
            .build()
    }

    #[test]
    fn talkers_are_read_and_nothing_else() {
        gst::init().unwrap();
        let ann = gst::Structure::builder("talker")
            .field("participant", "ann")
            .field("number", 7_u32)
            .field("level", -23)
            .build();
        let strange = gst::Structure::new_empty("talker");
        let talkers = gst::Array::new([ann.to_send_value(), strange.to_send_value()]);
        let expected = Talker {
            participant: "ann".into(),
            number: 7,
            level: -23,
        };
        let read_again = read(&message(talkers));
        assert_eq!(read_again.talkers, [expected]);
        assert_eq!(read_again.rtp_time, 96_000);
        let nobody = message(gst::Array::new(Vec::<glib::SendValue>::new()));
        assert_eq!(read(&nobody).talkers, []);
        assert_eq!(
            read(&gst::Structure::new_empty("other")),
            Talkers::default()
        );
    }
}
