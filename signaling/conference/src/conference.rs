//! The machine: what it knows, and the crossroads of all that can happen.

mod bans;
mod chat;
mod doing;
mod door;
mod files;
mod listening;
mod moderation;
mod plan;
mod presence;
mod succession;
mod telling;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use convene_topology::{Number, Picture, Planner, Policy};

pub use bans::Ban;
pub use chat::{ChatMessage, MAX_TEXT};
pub use files::{FileCopy, FileOffer, OfferedFile};

use crate::{
    Effect, EndReason, Event, LeaveReason, Participant, ParticipantId, Rules, SoundMode,
    member::Member,
};
use bans::Bans;
use chat::Chat;
use door::Guest;
use files::Files;
use succession::Lead;

/// What a conference is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// How many may be in it at once.
    pub max_participants: usize,
    /// How many pictures the server can send to one participant.
    pub slots: usize,
    /// Which pairs try to connect directly.
    pub policy: Policy,
    /// How everyone gets the others' sound to begin with.
    pub sound: SoundMode,
    /// How long it may stand empty.
    pub empty_grace: Duration,
    /// When it begins; until then only moderators enter.
    pub starts: Duration,
    /// The largest file of which the server keeps a copy, in octets.
    pub file_limit: u64,
}

/// What survived of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Saved {
    /// What holds for all.
    pub rules: Rules,
    /// Who is kept out.
    pub bans: Vec<Ban>,
    /// The identities of those who were made moderators.
    pub moderators: BTreeSet<String>,
    /// Whether there ever was a moderator in it.
    pub led: bool,
}

/// A conference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conference<S> {
    settings: Settings,
    rules: Rules,
    members: BTreeMap<ParticipantId, Member>,
    ids: BTreeMap<Number, ParticipantId>,
    last_number: u32,
    last_hand: u32,
    /// Those who wait to be let in, in the order of their coming.
    guests: Vec<Guest>,
    bans: Bans,
    lead: Lead,
    chat: Chat,
    files: Files,
    planner: Planner,
    /// What is shown in each subscriber's slots.
    shown: BTreeMap<(Number, usize), Picture>,
    /// Who passes which picture on to whom, or did a moment ago.
    relayed: BTreeSet<(Number, Picture, Number)>,
    /// Who is to send which picture to whom now.
    sending: BTreeSet<(Number, Picture, Number)>,
    empty_since: Option<Duration>,
    over: bool,
    effects: VecDeque<Effect<S>>,
}

impl<S> Conference<S> {
    /// An empty one; with what has survived of it, if it was there before.
    #[must_use]
    pub fn new(now: Duration, settings: Settings, saved: Saved) -> Self {
        let planner = Planner::new(convene_topology::Settings {
            policy: settings.policy,
            slots: settings.slots,
        });
        Self {
            settings,
            rules: saved.rules,
            members: BTreeMap::new(),
            ids: BTreeMap::new(),
            last_number: 0,
            last_hand: 0,
            guests: Vec::new(),
            bans: Bans::new(saved.bans),
            lead: Lead::new(saved.moderators, saved.led),
            chat: Chat::default(),
            files: Files::default(),
            planner,
            shown: BTreeMap::new(),
            relayed: BTreeSet::new(),
            sending: BTreeSet::new(),
            empty_since: Some(now),
            over: false,
            effects: VecDeque::new(),
        }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Duration, event: Event<S>) {
        match event {
            Event::Join(newcomer) => self.knock(now, newcomer),
            Event::Returned { id, has_leg } => self.returned(now, &id, has_leg),
            Event::Answer(id, sdp) => self.answer(&id, sdp),
            Event::AnswerRefused(id) => self.with_member(&id, Member::answer_refused),
            Event::Candidate(id, candidate, mline) => self.candidate(&id, candidate, mline),
            Event::Restart(id, offer) => self.restart(&id, offer),
            Event::Pair { from, to, signal } => self.pair(&from, &to, signal),
            Event::PairState { from, peer, report } => self.pair_state(now, &from, &peer, report),
            Event::Relay {
                from,
                to,
                picture,
                attempt,
                signal,
            } => self.relay(&from, &to, picture, (attempt, signal)),
            Event::RelayState {
                from,
                relay,
                picture,
                report,
            } => self.relay_state(now, (&from, &relay), &picture, report),
            Event::Wish(id, wishes) => self.wish(&id, wishes),
            Event::CopyBegins(file) => self.copy_begins(now, file),
            Event::Copied { file, whole } => self.copied(file, whole),
            Event::Publish(id, publishing) => self.publish(&id, publishing),
            Event::Want(id, pictures) => self.want(&id, &pictures),
            Event::Gains(id, gains) => self.set_gains(&id, gains),
            Event::Sound(id, mode) => self.serve_sound(&id, mode),
            Event::Act {
                from,
                request,
                action,
            } => self.act(now, &from, request, action),
            Event::End(id) => self.end_by(&id),
            Event::Leave(id) | Event::SocketClosed { id, clean: true } => {
                self.leave(now, &id, LeaveReason::Left)
            }
            Event::SocketClosed { id, clean: false } => self.cut(now, &id),
            Event::LegSilent(id) => self.with_member(&id, |member| member.silent = true),
            Event::LegBack(id) => self.with_member(&id, |member| member.silent = false),
            Event::LegFailed(id) => self.leave(now, &id, LeaveReason::LegFailed),
            Event::LegClosed(id) => self.leg_closed(now, &id),
            Event::Offered(id) => self.with_member(&id, Member::offered),
            Event::LegConnected(id) => self.with_member(&id, |member| member.connected(now)),
            Event::LegHeard(id) => self.with_member(&id, |member| member.heard(now)),
            Event::Classified(id, network) => self.classify(&id, network),
            Event::EndedByModerator => self.end(EndReason::Moderator),
            Event::Shutdown => self.end(EndReason::Shutdown),
            Event::Tick => self.tick(now),
        }
        self.see_to_lead(now);
        self.perform_plan();
    }

    /// The next thing to do.
    pub fn poll(&mut self) -> Option<Effect<S>> {
        self.effects.pop_front()
    }

    /// When [`Event::Tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        if self.over {
            return None;
        }
        let members = self.members.values().filter_map(Member::deadline);
        let others = [
            self.empty_by(),
            self.start_by(),
            self.succession_by(),
            self.planner.deadline(),
            self.files.deadline(),
        ];
        members.chain(others.into_iter().flatten()).min()
    }

    /// Who is in, in the order of their coming.
    #[must_use]
    pub fn participants(&self) -> Vec<Participant> {
        let members = self
            .ids
            .values()
            .filter_map(|id| Some((id, self.members.get(id)?)));
        members.map(|(id, member)| member.participant(id)).collect()
    }

    /// How many are in.
    #[must_use]
    pub fn people(&self) -> usize {
        self.members.len()
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests;
