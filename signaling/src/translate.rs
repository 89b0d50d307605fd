//! Between the words on the wire and the events and notices of the conference. Pure: neither side knows the other.

use std::{collections::BTreeMap, time::Duration};

use convene_conference as inner;
use convene_protocol::{
    ClientMessage, ConferenceInfo, EndReason, LeaveReason, Loudness, PairSignal, PairState,
    ParticipantInfo, Publishing, Realm, Role, ServerMessage, SoundMode, StandingRecord, Talker,
    Topology, Wishes,
};
use convene_topology as topology;
use inner::{Event, Notice};

mod files;
mod moderation;
mod pictures;
mod refusals;

use files::file_out;
pub use moderation::{action_in, audit_entry, rules_in, rules_out};
use moderation::{ban, chat_message, permission_out, permissions_out, waiting, waits_for};
pub use pictures::{layers, path_record, source_in, source_name};
use pictures::{path_message, picture_in, picture_out, source_out};
pub(crate) use refusals::code;
pub use refusals::leg_refusal;
use refusals::{denied, refusal};

use crate::{leg::audio_slots, standing::Standing};

/// What a participant's message tells the conference; `None` for a `join` or `resume`, which only the socket
/// understands, and for what is said of a probe, of sizes or of skews, which is the room's business.
#[must_use]
pub fn event(id: &inner::ParticipantId, message: ClientMessage) -> Option<Event<PairSignal>> {
    let id = id.clone();
    Some(match message {
        ClientMessage::Join { .. }
        | ClientMessage::Resume { .. }
        | ClientMessage::Ping {}
        | ClientMessage::Probe { .. }
        | ClientMessage::Sizes { .. }
        | ClientMessage::Skews { .. } => return None,
        ClientMessage::Act { request, action } => Event::Act {
            from: id,
            request,
            action: action_in(action),
        },
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
        ClientMessage::Gains { gains } => {
            Event::Gains(id, gains.into_iter().map(loudness_in).collect())
        }
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

/// To whom something is said, as far as the words depend on it.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    /// What everyone may know of the conference.
    pub conference: &'a ConferenceInfo,
    /// Where he can ask for his address.
    pub stun_url: Option<String>,
    /// With what he can be the same again.
    pub resume_key: &'a str,
    /// When the conference's clock was at zero, since 1970.
    pub origin: Duration,
    /// Whether a refusal is the last that he hears.
    pub fatal: bool,
}

/// What a participant is told.
#[must_use]
pub fn message(notice: Notice<PairSignal>, to: Reader<'_>) -> ServerMessage {
    match notice {
        Notice::Welcome {
            me,
            others,
            sound,
            chat,
            files,
            returned,
        } => {
            let origin = to.origin;
            let (chat, files) = (chat.into_iter(), files.into_iter());
            ServerMessage::Welcome {
                may_end: me.role == inner::Role::Moderator,
                me: participant(me),
                conference: to.conference.clone(),
                participants: others.into_iter().map(participant).collect(),
                stun_urls: to.stun_url.into_iter().collect(),
                sound: sound_out(sound),
                chat: chat.map(|message| chat_message(message, origin)).collect(),
                files: files.map(|file| file_out(file, origin)).collect(),
                resume_key: to.resume_key.to_owned(),
                resumed: returned,
            }
        }
        Notice::Waits(until) => ServerMessage::Waiting {
            until: waits_for(until),
            conference: to.conference.clone(),
        },
        Notice::Denied => denied(),
        Notice::WaitingList(guests) => ServerMessage::WaitingList {
            waiting: guests.into_iter().map(waiting).collect(),
        },
        Notice::Rules(rules) => ServerMessage::Rules {
            rules: rules_out(rules),
        },
        Notice::Chat(message) => ServerMessage::Chat {
            message: chat_message(message, to.origin),
        },
        Notice::File(file) => ServerMessage::File {
            file: file_out(file, to.origin),
        },
        Notice::FileGone(file) => ServerMessage::FileGone { file },
        Notice::Upload(file) => ServerMessage::Upload { file },
        Notice::Asked { by, permission } => ServerMessage::Asked {
            by: by.0,
            permission: permission_out(permission),
        },
        Notice::Done(request) => ServerMessage::Done { request },
        Notice::NotDone(request, why) => refusal(&why, to.fatal, Some(request)),
        Notice::Bans(request, bans) => ServerMessage::Bans {
            request,
            bans: bans.into_iter().map(ban).collect(),
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
            let audio_slots = audio_slots(to.conference.max_participants);
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
        Notice::Refused(why) => refusal(&why, to.fatal, None),
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

fn loudness_in(wish: Loudness) -> (inner::ParticipantId, inner::Gain) {
    let gain = inner::Gain(wish.gain.hundredths());
    (inner::ParticipantId(wish.participant), gain)
}

/// How loudly whom, for a leg.
#[must_use]
pub fn gains_of_leg(gains: BTreeMap<inner::ParticipantId, inner::Gain>) -> Vec<(String, f64)> {
    let gains = gains.into_iter();
    let gains = gains.map(|(whom, gain)| (whom.0, f64::from(gain.0) / 100.0));
    gains.collect()
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
        permissions: permissions_out(of.permissions),
        hand: of.hand,
        away: of.away,
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
        inner::LeaveReason::Removed => LeaveReason::Removed,
        inner::LeaveReason::Banned => LeaveReason::Banned,
    }
}

fn end_reason(reason: inner::EndReason) -> EndReason {
    match reason {
        inner::EndReason::Moderator => EndReason::Moderator,
        inner::EndReason::Empty => EndReason::Empty,
        inner::EndReason::Shutdown => EndReason::Shutdown,
    }
}

#[cfg(test)]
mod tests;
