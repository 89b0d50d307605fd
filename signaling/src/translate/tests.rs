#![allow(clippy::unwrap_used)]
use super::*;
use crate::leg::audio_slots;
use convene_pipelines::slot_mid;
use convene_protocol::{Path, Rules};
use inner::{Permissions, Refusal};

fn reader(conference: &ConferenceInfo, fatal: bool) -> Reader<'_> {
    Reader {
        conference,
        stun_url: None,
        resume_key: "key",
        origin: Duration::ZERO,
        fatal,
    }
}

fn info() -> ConferenceInfo {
    ConferenceInfo {
        id: "standup".into(),
        title: String::new(),
        max_participants: 9,
        starts_at: None,
        rules: Rules::default(),
    }
}

#[test]
fn a_picture_through_the_server_names_its_m_line() {
    let notice = Notice::Path {
        publisher: inner::ParticipantId("ann".into()),
        source: topology::Source::Camera,
        path: Some(topology::Path::Server { slot: 2 }),
        relay: None,
        why: None,
    };
    let ServerMessage::Path { path, mid, .. } = message(notice, reader(&info(), false)) else {
        panic!("not a path")
    };
    assert_eq!(
        (path, mid),
        (Path::Server, Some(slot_mid(audio_slots(9), 2)))
    );
}

#[test]
fn gains_come_to_the_leg_as_they_were_wished() {
    let ann = inner::ParticipantId("ann".into());
    let text = r#"{"type":"gains","gains":[{"participant":"bob","gain":0},{"participant":"cid","gain":1.35}]}"#;
    let said = convene_protocol::parse_client(text).unwrap();
    let Some(Event::Gains(who, wished)) = event(&ann, said) else {
        panic!("not gains")
    };
    assert_eq!(who, ann);
    let told = gains_of_leg(wished.into_iter().collect());
    assert_eq!(told, [("bob".into(), 0.0), ("cid".into(), 1.35)]);
}

#[test]
fn refusals_keep_their_cause() {
    let notice = Notice::Refused(Refusal::Full { max: 9 });
    let text = serde_json::to_value(message(notice, reader(&info(), true))).unwrap();
    assert_eq!(text["code"], "full");
    assert_eq!(text["fatal"], true);
    assert!(text["message"].as_str().unwrap().contains("at most 9"));
}

#[test]
fn only_moderators_may_end() {
    for (role, expected) in [
        (Role::Moderator, true),
        (Role::Speaker, false),
        (Role::Listener, false),
    ] {
        let me = inner::Participant {
            id: inner::ParticipantId("ann".into()),
            number: 1,
            name: "Ann".into(),
            role: role_in(role),
            class: topology::Class::Unknown,
            publishing: inner::Publishing::default(),
            permissions: Permissions::default(),
            hand: None,
            away: false,
        };
        let notice = Notice::Welcome {
            me,
            others: vec![],
            sound: inner::SoundMode::Relay,
            files: Vec::new(),
            chat: vec![],
            returned: false,
        };
        let welcome = message(notice, reader(&info(), false));
        let ServerMessage::Welcome { may_end, .. } = welcome else {
            panic!("not a welcome")
        };
        assert_eq!(may_end, expected);
    }
}
