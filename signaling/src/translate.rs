//! Between the words on the wire and the events and notices of the conference. Pure: neither side knows the other.

use convene_conference as inner;
use convene_pipelines::{Refused, slot_mid};
use convene_protocol::{
    ClientMessage, ConferenceInfo, EndReason, ErrorCode, LeaveReason, PairSignal, PairState,
    ParticipantInfo, Path, PathRecord, Picture, Publishing, Realm, Role, ServerMessage, SoundMode,
    Source, StandingRecord, Talker, Topology, Why, Wishes,
};
use convene_topology as topology;
use inner::{Event, Notice, Refusal};

use crate::{leg::audio_slots, standing::Standing};

/// What a participant's message tells the conference; `None` for a `join`, which only the socket
/// understands, and for what is said of a probe or of sizes, which is the room's business.
#[must_use]
pub fn event(id: &inner::ParticipantId, message: ClientMessage) -> Option<Event<PairSignal>> {
    let id = id.clone();
    Some(match message {
        ClientMessage::Join { .. } | ClientMessage::Probe { .. } | ClientMessage::Sizes { .. } => {
            return None;
        }
        ClientMessage::Answer { sdp } => Event::Answer(id, sdp),
        ClientMessage::Candidate {
            candidate,
            mline_index,
        } => Event::Candidate(id, candidate, mline_index),
        ClientMessage::Restart { offer } => Event::Restart(id, offer),
        ClientMessage::Pair { to, signal } => Event::Pair {
            from: id,
            to: inner::ParticipantId(to),
            signal,
        },
        ClientMessage::PairState { peer, state } => Event::PairState {
            from: id,
            peer: inner::ParticipantId(peer),
            report: report(state),
        },
        ClientMessage::Publish { publishing } => Event::Publish(id, publishing_in(publishing)),
        ClientMessage::Want { pictures } => {
            let wanted = pictures.into_iter();
            Event::Want(id, wanted.map(picture_in).collect())
        }
        ClientMessage::Relay {
            to,
            picture,
            attempt,
            signal,
        } => Event::Relay {
            from: id,
            to: inner::ParticipantId(to),
            picture: picture_in(picture),
            attempt,
            signal,
        },
        ClientMessage::RelayState {
            relay,
            picture,
            state,
        } => Event::RelayState {
            from: id,
            relay: inner::ParticipantId(relay),
            picture: picture_in(picture),
            report: report(state),
        },
        ClientMessage::Wish { wishes } => Event::Wish(id, wishes_in(wishes)),
        ClientMessage::Sound { mode } => Event::Sound(id, sound_in(mode)),
        ClientMessage::Leave {} => Event::Leave(id),
        ClientMessage::End {} => Event::End(id),
    })
}

/// Who talks.
#[must_use]
pub fn talkers(told: convene_pipelines::Talkers) -> ServerMessage {
    let talkers = told.talkers.into_iter().map(|talker| Talker {
        id: talker.participant,
        number: talker.number,
        level: talker.level,
    });
    ServerMessage::Talkers {
        rtp_time: told.rtp_time,
        talkers: talkers.collect(),
    }
}

/// What a participant is told; `stun_url`: where he can ask for his address; `fatal`: whether a refusal is the last that he hears.
#[must_use]
pub fn message(
    notice: Notice<PairSignal>,
    conference: &ConferenceInfo,
    stun_url: Option<String>,
    fatal: bool,
) -> ServerMessage {
    match notice {
        Notice::Welcome { me, others, sound } => ServerMessage::Welcome {
            may_end: me.role == inner::Role::Moderator,
            me: participant(me),
            conference: conference.clone(),
            participants: others.into_iter().map(participant).collect(),
            stun_urls: stun_url.into_iter().collect(),
            sound: sound_out(sound),
        },
        Notice::Joined(who) => ServerMessage::Joined {
            participant: participant(who),
        },
        Notice::Updated(who) => ServerMessage::Updated {
            participant: participant(who),
        },
        Notice::Left(who, reason) => ServerMessage::Left {
            participant: who.0,
            reason: leave_reason(reason),
        },
        Notice::Pair { from, signal } => ServerMessage::Pair {
            from: from.0,
            signal,
        },
        Notice::Retry(peer) => ServerMessage::Retry { peer: peer.0 },
        Notice::Path {
            publisher,
            source,
            path,
            relay,
            why,
        } => {
            let audio_slots = audio_slots(conference.max_participants);
            path_message((publisher, source), path, relay, why, audio_slots)
        }
        Notice::SendTo { picture, to, on } => ServerMessage::Send {
            picture: picture_out(picture),
            to: to.0,
            on,
        },
        Notice::Relay {
            from,
            picture,
            attempt,
            signal,
        } => ServerMessage::Relay {
            from: from.0,
            picture: picture_out(picture),
            attempt,
            signal,
        },
        Notice::ServerNeeds { source, needed } => ServerMessage::ServerNeeds {
            source: source_out(source),
            needed,
        },
        Notice::Sound(mode) => ServerMessage::Sound {
            mode: sound_out(mode),
        },
        Notice::Ended(reason) => ServerMessage::Ended {
            reason: end_reason(reason),
        },
        Notice::Refused(refusal) => ServerMessage::Error {
            code: refusal_code(&refusal),
            message: refusal.to_string(),
            fatal,
        },
    }
}

/// What a participant is told of something that his leg refused.
#[must_use]
pub fn leg_refusal(refused: &Refused) -> ServerMessage {
    let code = match refused {
        Refused::Answer(_) | Refused::Restart(_) => ErrorCode::BadSdp,
        Refused::Candidate(_) => ErrorCode::BadCandidate,
        Refused::TooManyCandidates(_) => ErrorCode::TooMany,
        Refused::OutOfOrder { .. } => ErrorCode::OutOfOrder,
    };
    ServerMessage::Error {
        code,
        message: refused.to_string(),
        fatal: false,
    }
}

/// A role, for the conference.
#[must_use]
pub fn role_in(role: Role) -> inner::Role {
    match role {
        Role::Moderator => inner::Role::Moderator,
        Role::Speaker => inner::Role::Speaker,
        Role::Listener => inner::Role::Listener,
    }
}

/// What is published, for the conference.
#[must_use]
pub fn publishing_in(publishing: Publishing) -> inner::Publishing {
    inner::Publishing {
        microphone: publishing.microphone,
        camera: publishing.camera,
        screen: publishing.screen,
    }
}

/// A class, on the wire.
#[must_use]
pub fn class_out(class: topology::Class) -> convene_protocol::Class {
    match class {
        topology::Class::Public => convene_protocol::Class::Public,
        topology::Class::Private => convene_protocol::Class::Private,
        topology::Class::Unknown => convene_protocol::Class::Unknown,
    }
}

/// Where somebody stands, for the conference.
#[must_use]
pub fn network(standing: &Standing) -> inner::Network {
    inner::Network {
        class: standing.class,
        reachable: standing.reachable,
        realm: standing.realm,
    }
}

/// Where somebody stands since then, on the wire.
#[must_use]
pub fn standing(standing: Standing, at: u64) -> StandingRecord {
    StandingRecord {
        class: class_out(standing.class),
        reachable: standing.reachable,
        realm: match standing.realm {
            topology::Realm::Wide => Realm::Wide,
            topology::Realm::ServerLan => Realm::ServerLan,
        },
        nat: standing.nat,
        evidence: standing.evidence,
        classified_at: at,
    }
}

/// A source, as the elements call it.
#[must_use]
pub fn source_name(source: topology::Source) -> &'static str {
    match source {
        topology::Source::Camera => "camera",
        topology::Source::Screen => "screen",
    }
}

/// Which layers of a picture of his a participant is to send; `None`: the elements name no such source.
#[must_use]
pub fn layers(source: &str, needed: Vec<String>) -> Option<ServerMessage> {
    let sources = [Source::Camera, Source::Screen];
    let source = sources
        .into_iter()
        .find(|known| source_name(source_in(*known)) == source)?;
    Some(ServerMessage::Layers { source, needed })
}

fn path_message(
    (publisher, source): inner::PictureOf,
    path: Option<topology::Path>,
    relay: Option<inner::ParticipantId>,
    why: Option<topology::Why>,
    audio_slots: usize,
) -> ServerMessage {
    let mid = match path {
        Some(topology::Path::Server { slot }) => Some(slot_mid(audio_slots, slot)),
        _ => None,
    };
    ServerMessage::Path {
        publisher: publisher.0,
        source: source_out(source),
        path: path.map_or(Path::None, path_out),
        mid,
        relay: relay.map(|relay| relay.0),
        why: why.map(why_out),
    }
}

/// How somebody gets a picture, for moderators.
#[must_use]
pub fn path_record(of: inner::PathOf) -> PathRecord {
    PathRecord {
        subscriber: of.subscriber.0,
        publisher: of.picture.0.0,
        source: source_out(of.picture.1),
        path: path_out(of.path),
        relay: of.relay.map(|relay| relay.0),
        why: of.why.map(why_out),
    }
}

fn path_out(path: topology::Path) -> Path {
    match path {
        topology::Path::Direct => Path::Direct,
        topology::Path::Peer(_) => Path::Peer,
        topology::Path::Server { .. } => Path::Server,
        topology::Path::NoSlot => Path::None,
    }
}

fn why_out(why: topology::Why) -> Why {
    match why {
        topology::Why::Connected => Why::Connected,
        topology::Why::Trying => Why::Trying,
        topology::Why::BothPrivate => Why::BothPrivate,
        topology::Why::NotConnected => Why::NotConnected,
        topology::Why::UplinkSpent => Why::UplinkSpent,
        topology::Why::RelayLost => Why::RelayLost,
        topology::Why::NoCommonWay => Why::NoCommonWay,
        topology::Why::HidesAddress => Why::HidesAddress,
    }
}

/// Who connects to whom, for the planner.
#[must_use]
pub fn policy_in(topology: Topology) -> topology::Policy {
    match topology {
        Topology::Adaptive => topology::Policy::Adaptive,
        Topology::Claimed => topology::Policy::Claimed,
    }
}

/// How sound is sent, for the conference.
#[must_use]
pub fn sound_in(mode: SoundMode) -> inner::SoundMode {
    match mode {
        SoundMode::Mix => inner::SoundMode::Mix,
        SoundMode::Relay => inner::SoundMode::Relay,
    }
}

/// How sound is sent, on the wire.
#[must_use]
pub fn sound_out(mode: inner::SoundMode) -> SoundMode {
    match mode {
        inner::SoundMode::Mix => SoundMode::Mix,
        inner::SoundMode::Relay => SoundMode::Relay,
    }
}

/// How sound is sent, for a leg.
#[must_use]
pub fn sound_of_leg(mode: inner::SoundMode) -> convene_pipelines::SoundMode {
    match mode {
        inner::SoundMode::Mix => convene_pipelines::SoundMode::Mix,
        inner::SoundMode::Relay => convene_pipelines::SoundMode::Relay,
    }
}

/// The wishes, for the conference.
#[must_use]
pub fn wishes_in(wishes: Wishes) -> inner::Wishes {
    inner::Wishes {
        relays: wishes.relays,
        hides_address: wishes.hides_address,
        uplink: wishes.uplink,
    }
}

fn picture_in(picture: Picture) -> inner::PictureOf {
    (
        inner::ParticipantId(picture.publisher),
        source_in(picture.source),
    )
}

fn picture_out((publisher, source): inner::PictureOf) -> Picture {
    Picture {
        publisher: publisher.0,
        source: source_out(source),
    }
}

fn participant(of: inner::Participant) -> ParticipantInfo {
    ParticipantInfo {
        id: of.id.0,
        number: of.number,
        name: of.name,
        role: role_out(of.role),
        class: class_out(of.class),
        publishing: Publishing {
            microphone: of.publishing.microphone,
            camera: of.publishing.camera,
            screen: of.publishing.screen,
        },
    }
}

/// A role, on the wire.
#[must_use]
pub fn role_out(role: inner::Role) -> Role {
    match role {
        inner::Role::Moderator => Role::Moderator,
        inner::Role::Speaker => Role::Speaker,
        inner::Role::Listener => Role::Listener,
    }
}

/// A source of the protocol's, in the rules' words.
#[must_use]
pub fn source_in(source: Source) -> topology::Source {
    match source {
        Source::Camera => topology::Source::Camera,
        Source::Screen => topology::Source::Screen,
    }
}

fn source_out(source: topology::Source) -> Source {
    match source {
        topology::Source::Camera => Source::Camera,
        topology::Source::Screen => Source::Screen,
    }
}

fn report(state: PairState) -> topology::PairReport {
    match state {
        PairState::Slow => topology::PairReport::Slow,
        PairState::Connected => topology::PairReport::Connected,
        PairState::Failed => topology::PairReport::Failed,
    }
}

fn leave_reason(reason: inner::LeaveReason) -> LeaveReason {
    match reason {
        inner::LeaveReason::Left => LeaveReason::Left,
        inner::LeaveReason::Vanished => LeaveReason::Vanished,
        inner::LeaveReason::LegFailed => LeaveReason::LegFailed,
    }
}

fn end_reason(reason: inner::EndReason) -> EndReason {
    match reason {
        inner::EndReason::Moderator => EndReason::Moderator,
        inner::EndReason::Empty => EndReason::Empty,
        inner::EndReason::Shutdown => EndReason::Shutdown,
    }
}

fn refusal_code(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::Full { .. } => ErrorCode::Full,
        Refusal::Ended => ErrorCode::NoConference,
        Refusal::BadName { .. } => ErrorCode::BadName,
        Refusal::OutOfOrder { .. } => ErrorCode::OutOfOrder,
        Refusal::Forbidden(_) => ErrorCode::Forbidden,
        Refusal::NoParticipant(_) => ErrorCode::NoParticipant,
        Refusal::NoRelay(_) => ErrorCode::OutOfOrder,
        Refusal::Hidden(_) => ErrorCode::Forbidden,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn info() -> ConferenceInfo {
        ConferenceInfo {
            id: "standup".into(),
            title: String::new(),
            max_participants: 9,
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
        let ServerMessage::Path { path, mid, .. } = message(notice, &info(), None, false) else {
            panic!("not a path")
        };
        assert_eq!(
            (path, mid),
            (
                Path::Server,
                Some(slot_mid(audio_slots(info().max_participants), 2))
            )
        );
    }

    #[test]
    fn refusals_keep_their_cause() {
        let notice = Notice::Refused(Refusal::Full { max: 9 });
        let text = serde_json::to_value(message(notice, &info(), None, true)).unwrap();
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
            };
            let (others, sound) = (vec![], inner::SoundMode::Relay);
            let notice = Notice::Welcome { me, others, sound };
            let welcome = message(notice, &info(), None, false);
            let ServerMessage::Welcome { may_end, .. } = welcome else {
                panic!("not a welcome")
            };
            assert_eq!(may_end, expected);
        }
    }
}
