//! What the data channel tells the page of those who talk: `{"talkers":[{"id":"ann","number":1,"level":-23}]}`.
//!
//! Browsers refuse the contributors' levels in the packets (RFC 6465), so they go this way. `number` is the CSRC in
//! the mix's packets, `level` is in dBov, from -127 to 0.

/// The text for `conveneaudio`'s message `convene-talkers`. What is not a talker in it is left out.
pub(super) fn text(message: &gst::StructureRef) -> String {
    let all = message.get::<gst::Array>("talkers").ok();
    let talkers: Vec<_> = all
        .iter()
        .flat_map(|all| all.iter())
        .filter_map(talker)
        .collect();
    serde_json::json!({ "talkers": talkers }).to_string()
}

fn talker(value: &glib::SendValue) -> Option<serde_json::Value> {
    let talker = value.get::<gst::Structure>().ok()?;
    let id = talker.get::<String>("participant").ok()?;
    let number = talker.get::<u32>("number").ok()?;
    let level = talker.get::<i32>("level").ok()?;
    Some(serde_json::json!({ "id": id, "number": number, "level": level }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use glib::prelude::*;

    fn message(talkers: gst::Array) -> gst::Structure {
        gst::Structure::builder("convene-talkers")
            .field("talkers", talkers)
            .build()
    }

    #[test]
    fn talkers_become_json() {
        gst::init().unwrap();
        let ann = gst::Structure::builder("talker")
            .field("participant", "ann \"A\"")
            .field("number", 7_u32)
            .field("level", -23)
            .build();
        let strange = gst::Structure::new_empty("talker");
        let talkers = gst::Array::new([ann.to_send_value(), strange.to_send_value()]);
        assert_eq!(
            text(&message(talkers)),
            r#"{"talkers":[{"id":"ann \"A\"","level":-23,"number":7}]}"#
        );
        let nobody = message(gst::Array::new(Vec::<glib::SendValue>::new()));
        assert_eq!(text(&nobody), r#"{"talkers":[]}"#);
        assert_eq!(
            text(&gst::Structure::new_empty("other")),
            r#"{"talkers":[]}"#
        );
    }
}
