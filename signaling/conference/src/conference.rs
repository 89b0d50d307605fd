//! The machine.

mod plan;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use convene_topology::{Number, Picture, Planner, Policy};

use crate::{
    Effect, EndReason, Event, LeaveReason, Network, Notice, Participant, ParticipantId, PictureOf,
    Publishing, Refusal, Role, SoundMode, Wishes,
    member::{CONNECT, Member, Stage, allowed, may_send, shown_name},
};

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
}

/// A conference.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Conference<S> {
    settings: Settings,
    members: BTreeMap<ParticipantId, Member>,
    ids: BTreeMap<Number, ParticipantId>,
    last_number: u32,
    planner: Planner,
    /// What is shown in each subscriber's slots.
    shown: BTreeMap<(Number, usize), Picture>,
    /// Who passes which picture on to whom.
    relayed: BTreeSet<(Number, Picture, Number)>,
    empty_since: Option<Duration>,
    over: bool,
    effects: VecDeque<Effect<S>>,
}

impl<S> Conference<S> {
    /// An empty one.
    #[must_use]
    pub fn new(now: Duration, settings: Settings) -> Self {
        let planner = Planner::new(convene_topology::Settings {
            policy: settings.policy,
            slots: settings.slots,
        });
        Self {
            settings,
            members: BTreeMap::new(),
            ids: BTreeMap::new(),
            last_number: 0,
            planner,
            shown: BTreeMap::new(),
            relayed: BTreeSet::new(),
            empty_since: Some(now),
            over: false,
            effects: VecDeque::new(),
        }
    }

    /// Something happened.
    pub fn handle(&mut self, now: Duration, event: Event<S>) {
        match event {
            Event::Join {
                id,
                name,
                role,
                publishing,
                wishes,
            } => {
                let joined = self.join(now, &id, &name, role, (publishing, wishes));
                self.refuse_if(&id, joined);
            }
            Event::Answer(id, sdp) => {
                let answered = self.member(&id).and_then(Member::answer);
                self.do_or_refuse(&id, answered, |id| Effect::LegAnswer(id, sdp));
            }
            Event::AnswerRefused(id) => self.with_member(&id, Member::answer_refused),
            Event::Candidate(id, candidate, mline) => {
                let added = self.member(&id).and_then(|m| m.may_add_candidate());
                self.do_or_refuse(&id, added, |id| Effect::LegCandidate(id, candidate, mline));
            }
            Event::Restart(id, offer) => {
                let restarted = self.member(&id).and_then(|m| m.may_restart());
                self.do_or_refuse(&id, restarted, |id| Effect::LegRestart(id, offer));
            }
            Event::Pair { from, to, signal } => {
                let known = self.may_pair(&from, &to);
                let notice = |id| Effect::Send {
                    to: to.clone(),
                    notice: Notice::Pair { from: id, signal },
                };
                self.do_or_refuse(&from, known, notice);
            }
            Event::PairState { from, peer, report } => {
                let reported = self
                    .others(&from, &peer)
                    .map(|()| self.report(now, &from, &peer, report));
                self.refuse_if(&from, reported);
            }
            Event::Relay {
                from,
                to,
                picture,
                attempt,
                signal,
            } => {
                let told = self.relay_between(&from, &to, &picture);
                let notice = |from| Effect::Send {
                    to: to.clone(),
                    notice: Notice::Relay {
                        from,
                        picture,
                        attempt,
                        signal,
                    },
                };
                self.do_or_refuse(&from, told, notice);
            }
            Event::RelayState {
                from,
                relay,
                picture,
                report,
            } => {
                let reported = self
                    .others(&from, &relay)
                    .map(|()| self.report_relay(now, &from, &relay, &picture, report));
                self.refuse_if(&from, reported);
            }
            Event::Wish(id, wishes) => {
                let wished = self.wish(&id, wishes);
                self.refuse_if(&id, wished);
            }
            Event::Publish(id, publishing) => {
                let published = self.publish(&id, publishing);
                self.refuse_if(&id, published);
            }
            Event::Want(id, pictures) => {
                let wanted = self.want(&id, &pictures);
                self.refuse_if(&id, wanted);
            }
            Event::Sound(id, mode) => {
                let changed = self.serve_sound(&id, mode);
                self.refuse_if(&id, changed);
            }
            Event::End(id) => {
                let ended = self.end_by(&id);
                self.refuse_if(&id, ended);
            }
            Event::Leave(id) | Event::SocketClosed { id, clean: true } => {
                self.leave(now, &id, LeaveReason::Left)
            }
            Event::SocketClosed { id, clean: false } => {
                self.with_member(&id, |member| member.cut = true);
                self.stand(&id);
            }
            Event::LegSilent(id) => self.with_member(&id, |member| member.silent = true),
            Event::LegBack(id) => self.with_member(&id, |member| member.silent = false),
            Event::LegFailed(id) => self.leave(now, &id, LeaveReason::LegFailed),
            Event::Offered(id) => self.with_member(&id, Member::offered),
            Event::LegConnected(id) => self.with_member(&id, |member| member.connected(now)),
            Event::LegHeard(id) => {
                self.with_member(&id, |member| member.heard = member.heard.max(now))
            }
            Event::Classified(id, network) => self.classify(&id, network),
            Event::EndedByModerator => self.end(EndReason::Moderator),
            Event::Shutdown => self.end(EndReason::Shutdown),
            Event::Tick => self.tick(now),
        }
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
        let empty = self
            .empty_since
            .map(|since| since + self.settings.empty_grace);
        members.chain(empty).chain(self.planner.deadline()).min()
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

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over
    }
}

/// Coming and going.
impl<S> Conference<S> {
    fn join(
        &mut self,
        now: Duration,
        id: &ParticipantId,
        name: &str,
        role: Role,
        (publishing, wishes): (Publishing, Wishes),
    ) -> Result<(), Refusal> {
        if self.over {
            return Err(Refusal::Ended);
        }
        if self.members.contains_key(id) {
            return Err(Refusal::OutOfOrder {
                what: "a join",
                state: "in the conference",
            });
        }
        let name = shown_name(name)?;
        if self.members.len() >= self.settings.max_participants {
            return Err(Refusal::Full {
                max: self.settings.max_participants,
            });
        }
        self.last_number += 1;
        let number = Number(self.last_number);
        let (stage, publishing) = (
            Stage::Joining {
                until: now + CONNECT,
            },
            allowed(role, publishing),
        );
        let member = Member {
            number,
            name,
            role,
            network: Network::default(),
            publishing,
            wishes,
            stage,
            cut: false,
            silent: false,
            heard: now,
        };
        let standing = member.standing();
        let (me, others) = (member.participant(id), self.participants());
        self.tell_all(|| Notice::Joined(me.clone()));
        let sound = self.settings.sound;
        self.send(id, Notice::Welcome { me, others, sound });
        self.members.insert(id.clone(), member);
        self.ids.insert(number, id.clone());
        self.empty_since = None;
        self.effects.push_back(Effect::OpenLeg {
            id: id.clone(),
            number: number.0,
            may_send: may_send(role),
            sound,
        });
        self.note_hiding(id, Wishes::default(), wishes);
        self.planner.join(number, standing);
        self.planner.publish(number, publishing.sources());
        Ok(())
    }

    fn leave(&mut self, now: Duration, id: &ParticipantId, reason: LeaveReason) {
        let Some(member) = self.members.remove(id) else {
            return;
        };
        self.planner.leave(member.number);
        self.perform_plan();
        self.ids.remove(&member.number);
        self.shown
            .retain(|(subscriber, _), _| *subscriber != member.number);
        self.relayed
            .retain(|(relay, _, to)| *relay != member.number && *to != member.number);
        if reason != LeaveReason::Left {
            self.send(id, Notice::Left(id.clone(), reason));
        }
        self.effects.push_back(Effect::CloseSocket(id.clone()));
        self.effects.push_back(Effect::CloseLeg(id.clone()));
        self.tell_all(|| Notice::Left(id.clone(), reason));
        if self.members.is_empty() {
            self.empty_since = Some(now);
        }
    }

    fn tick(&mut self, now: Duration) {
        let due: Vec<_> = self
            .members
            .iter()
            .filter(|(_, m)| m.deadline().is_some_and(|at| at <= now))
            .map(|(id, m)| (id.clone(), m.is_missed()))
            .collect();
        for (id, missed) in due {
            self.leave(
                now,
                &id,
                if missed {
                    LeaveReason::Vanished
                } else {
                    LeaveReason::LegFailed
                },
            );
        }
        self.planner.wake(now);
        if self
            .empty_since
            .is_some_and(|since| now >= since + self.settings.empty_grace)
        {
            self.end(EndReason::Empty);
        }
    }

    fn end_by(&mut self, id: &ParticipantId) -> Result<(), Refusal> {
        if self.member(id)?.role != Role::Moderator {
            return Err(Refusal::Forbidden("end the conference"));
        }
        self.end(EndReason::Moderator);
        Ok(())
    }

    fn end(&mut self, reason: EndReason) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.tell_all(|| Notice::Ended(reason));
        for (id, member) in std::mem::take(&mut self.members) {
            self.planner.leave(member.number);
            self.effects.push_back(Effect::CloseSocket(id.clone()));
            self.effects.push_back(Effect::CloseLeg(id));
        }
        while self.planner.poll().is_some() {}
        self.ids.clear();
        self.shown.clear();
        self.relayed.clear();
        self.empty_since = None;
        self.effects.push_back(Effect::Over(reason));
    }
}

/// What the members say.
impl<S> Conference<S> {
    fn publish(&mut self, id: &ParticipantId, publishing: Publishing) -> Result<(), Refusal> {
        let member = self.member(id)?;
        member.publishing = allowed(member.role, publishing);
        let (number, publishing, participant) =
            (member.number, member.publishing, member.participant(id));
        self.planner.publish(number, publishing.sources());
        self.tell_all(|| Notice::Updated(participant.clone()));
        Ok(())
    }

    fn wish(&mut self, id: &ParticipantId, wishes: Wishes) -> Result<(), Refusal> {
        let before = std::mem::replace(&mut self.member(id)?.wishes, wishes);
        self.note_hiding(id, before, wishes);
        self.stand(id);
        Ok(())
    }

    /// Of wishes only this is written down, when it changes: the others change every few seconds.
    fn note_hiding(&mut self, id: &ParticipantId, before: Wishes, now: Wishes) {
        if before.hides_address != now.hides_address {
            let hides = now.hides_address;
            self.effects.push_back(Effect::Hides(id.clone(), hides));
        }
    }

    /// All are told, and whoever asked for what is so already is told that it is so.
    fn serve_sound(&mut self, id: &ParticipantId, mode: SoundMode) -> Result<(), Refusal> {
        if self.member(id)?.role != Role::Moderator {
            return Err(Refusal::Forbidden("change how sound is sent"));
        }
        if std::mem::replace(&mut self.settings.sound, mode) == mode {
            self.send(id, Notice::Sound(mode));
            return Ok(());
        }
        self.effects.push_back(Effect::Sound(mode));
        self.tell_all(|| Notice::Sound(mode));
        Ok(())
    }

    /// Pictures of those who have just left are no error; they are not there to be wanted.
    fn want(&mut self, id: &ParticipantId, pictures: &[PictureOf]) -> Result<(), Refusal> {
        let number = self.member(id)?.number;
        let pictures = pictures.iter();
        let pictures = pictures.filter_map(|picture| self.picture(picture));
        let pictures = pictures.collect();
        self.planner.want(number, pictures);
        Ok(())
    }

    /// All are told of another class; the rest is the planner's.
    fn classify(&mut self, id: &ParticipantId, network: Network) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        let before = std::mem::replace(&mut member.network, network);
        if before == network {
            return;
        }
        let participant = member.participant(id);
        self.stand(id);
        if before.class != network.class {
            self.tell_all(|| Notice::Updated(participant.clone()));
        }
    }
}

/// Talking to members.
impl<S> Conference<S> {
    fn member(&mut self, id: &ParticipantId) -> Result<&mut Member, Refusal> {
        let over = self.over;
        self.members.get_mut(id).ok_or(if over {
            Refusal::Ended
        } else {
            Refusal::OutOfOrder {
                what: "this",
                state: "not in the conference",
            }
        })
    }

    fn with_member(&mut self, id: &ParticipantId, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.members.get_mut(id) {
            change(member);
        }
    }

    fn number(&self, id: &ParticipantId) -> Option<Number> {
        self.members.get(id).map(|member| member.number)
    }

    fn picture(&self, (publisher, source): &PictureOf) -> Option<Picture> {
        Some(Picture {
            publisher: self.number(publisher)?,
            source: *source,
        })
    }

    /// Whether both are in, and are two.
    fn others(&mut self, from: &ParticipantId, to: &ParticipantId) -> Result<(), Refusal> {
        self.member(from)?;
        if from == to || !self.members.contains_key(to) {
            return Err(Refusal::NoParticipant(to.0.chars().take(40).collect()));
        }
        Ok(())
    }

    fn do_or_refuse(
        &mut self,
        id: &ParticipantId,
        result: Result<(), Refusal>,
        effect: impl FnOnce(ParticipantId) -> Effect<S>,
    ) {
        match result {
            Ok(()) => self.effects.push_back(effect(id.clone())),
            Err(refusal) => self.send(id, Notice::Refused(refusal)),
        }
    }

    fn refuse_if(&mut self, id: &ParticipantId, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.send(id, Notice::Refused(refusal));
        }
    }

    fn send(&mut self, to: &ParticipantId, notice: Notice<S>) {
        self.effects.push_back(Effect::Send {
            to: to.clone(),
            notice,
        });
    }

    fn send_number(&mut self, to: Number, notice: Notice<S>) {
        let to = self
            .ids
            .get(&to)
            .filter(|id| self.members.contains_key(*id));
        if let Some(to) = to.cloned() {
            self.send(&to, notice);
        }
    }

    fn tell_all(&mut self, notice: impl Fn() -> Notice<S>) {
        let sends = self.members.keys().map(|to| Effect::Send {
            to: to.clone(),
            notice: notice(),
        });
        self.effects.extend(sends);
    }
}

#[cfg(test)]
mod tests;
