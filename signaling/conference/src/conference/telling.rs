//! Finding members, and talking to them.

use convene_topology::{Number, Picture};

use super::Conference;
use crate::{Effect, Notice, ParticipantId, PictureOf, Refusal, member::Member};

impl<S> Conference<S> {
    pub(super) fn member(&mut self, id: &ParticipantId) -> Result<&mut Member, Refusal> {
        let state = if self.over {
            Err(Refusal::Ended)
        } else {
            Err(Refusal::OutOfOrder {
                what: "this",
                state: self.why_not_in(id),
            })
        };
        self.members.get_mut(id).map_or(state, Ok)
    }

    fn why_not_in(&self, id: &ParticipantId) -> &'static str {
        if self.is_waiting(id) {
            "waiting to be let in"
        } else {
            "not in the conference"
        }
    }

    pub(super) fn with_member(&mut self, id: &ParticipantId, change: impl FnOnce(&mut Member)) {
        if let Some(member) = self.members.get_mut(id) {
            change(member);
        }
    }

    pub(super) fn number(&self, id: &ParticipantId) -> Option<Number> {
        self.members.get(id).map(|member| member.number)
    }

    pub(super) fn picture(&self, (publisher, source): &PictureOf) -> Option<Picture> {
        Some(Picture {
            publisher: self.number(publisher)?,
            source: *source,
        })
    }

    /// Whether both are in, and are two.
    pub(super) fn others(
        &mut self,
        from: &ParticipantId,
        to: &ParticipantId,
    ) -> Result<(), Refusal> {
        self.member(from)?;
        if from == to || !self.members.contains_key(to) {
            return Err(nobody(to));
        }
        Ok(())
    }

    pub(super) fn do_or_refuse(
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

    pub(super) fn refuse_if(&mut self, id: &ParticipantId, result: Result<(), Refusal>) {
        if let Err(refusal) = result {
            self.send(id, Notice::Refused(refusal));
        }
    }

    pub(super) fn send(&mut self, to: &ParticipantId, notice: Notice<S>) {
        self.effects.push_back(Effect::Send {
            to: to.clone(),
            notice,
        });
    }

    pub(super) fn send_number(&mut self, to: Number, notice: Notice<S>) {
        let to = self
            .ids
            .get(&to)
            .filter(|id| self.members.contains_key(*id));
        if let Some(to) = to.cloned() {
            self.send(&to, notice);
        }
    }

    pub(super) fn tell_all(&mut self, notice: impl Fn() -> Notice<S>) {
        self.tell_those(|_| true, notice);
    }

    pub(super) fn tell_moderators(&mut self, notice: impl Fn() -> Notice<S>) {
        self.tell_those(Member::is_moderator, notice);
    }

    /// Tells all, himself too, how somebody is now.
    pub(super) fn tell_of(&mut self, id: &ParticipantId) {
        if let Some(member) = self.members.get(id) {
            let participant = member.participant(id);
            self.tell_all(|| Notice::Updated(participant.clone()));
        }
    }

    fn tell_those(&mut self, who: impl Fn(&Member) -> bool, notice: impl Fn() -> Notice<S>) {
        let those = self.members.iter().filter(|(_, member)| who(member));
        let sends = those.map(|(to, _)| Effect::Send {
            to: to.clone(),
            notice: notice(),
        });
        self.effects.extend(sends);
    }
}

/// There is none of that id; what is no id is not repeated at length.
pub(super) fn nobody(id: &ParticipantId) -> Refusal {
    Refusal::NoParticipant(id.0.chars().take(40).collect())
}
