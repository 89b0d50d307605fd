//! Being in: entering, being lost for a moment, coming back, leaving, and the end of it all.

use std::{collections::BTreeMap, time::Duration};

use convene_topology::Number;

use super::{Conference, files::Files};
use crate::{
    Effect, EndReason, LeaveReason, Network, Newcomer, Notice, ParticipantId, Publishing, Refusal,
    Wishes,
    member::{CONNECT, Member, Stage},
};

/// Entering.
impl<S> Conference<S> {
    pub(super) fn enter(&mut self, now: Duration, newcomer: Newcomer) -> Result<(), Refusal> {
        self.has_room(1)?;
        let Newcomer { id, publishing, .. } = newcomer.clone();
        self.last_number += 1;
        let number = Number(self.last_number);
        let mut member = self.newcomer(now, number, newcomer);
        member.publish(publishing);
        let (me, wishes) = (member.participant(&id), member.wishes);
        self.tell_all(|| Notice::Joined(me.clone()));
        let welcome = self.welcome(&member, &id, false);
        self.members.insert(id.clone(), member);
        self.ids.insert(number, id.clone());
        self.empty_since = None;
        self.send(&id, welcome);
        self.open_leg(&id);
        self.note_hiding(&id, Wishes::default(), wishes);
        self.take_place(&id);
        self.tell_list_to(&id);
        Ok(())
    }

    fn newcomer(&mut self, now: Duration, number: Number, newcomer: Newcomer) -> Member {
        let until = now + CONNECT;
        let mut member = Member {
            number,
            name: newcomer.name,
            role: newcomer.role,
            network: Network::default(),
            publishing: Publishing::default(),
            wishes: newcomer.wishes,
            stage: Stage::Joining { until },
            permissions: self.rules.permissions,
            identity: newcomer.identity,
            granted: None,
            hand: None,
            gains: BTreeMap::new(),
            wrote: now,
            cut: None,
            silent: false,
            heard: now,
        };
        if member.is_moderator() {
            member.granted = Some(self.lead.next_grant());
        }
        member
    }

    fn welcome(&self, member: &Member, id: &ParticipantId, returned: bool) -> Notice<S> {
        let mut others = self.participants();
        others.retain(|other| other.id != *id);
        Notice::Welcome {
            me: member.participant(id),
            others,
            sound: self.settings.sound,
            chat: self.chat.history(),
            files: self.files.all(),
            returned,
        }
    }

    fn open_leg(&mut self, id: &ParticipantId) {
        if let Some(member) = self.members.get(id) {
            self.effects.push_back(Effect::OpenLeg {
                id: id.clone(),
                number: member.number.0,
                heard: member.publishing.microphone,
                sound: self.settings.sound,
            });
            self.wish_gains_again(id);
        }
    }

    /// His place in the plan.
    fn take_place(&mut self, id: &ParticipantId) {
        if let Some(member) = self.members.get(id) {
            self.planner.join(member.number, member.standing());
            let sources = member.publishing.sources();
            self.planner.publish(member.number, sources);
        }
    }

    fn leave_place(&mut self, number: Number) {
        self.planner.leave(number);
        self.perform_plan();
        self.shown
            .retain(|(subscriber, _), _| *subscriber != number);
        for ways in [&mut self.relayed, &mut self.sending] {
            ways.retain(|(sender, _, to)| *sender != number && *to != number);
        }
    }

    pub(super) fn tell_list_to(&mut self, id: &ParticipantId) {
        if self.members.get(id).is_some_and(Member::is_moderator) && !self.guests.is_empty() {
            let waiting = self.waiting();
            self.send(id, Notice::WaitingList(waiting));
        }
    }
}

/// Coming back.
impl<S> Conference<S> {
    /// His socket is gone without a word. He keeps all he has for a while; but nobody is to depend on him.
    pub(super) fn cut(&mut self, now: Duration, id: &ParticipantId) {
        if self.stop_waiting(now, id) {
            return;
        }
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        if member.cut.replace(member.cut.unwrap_or(now)).is_none() {
            self.stand(id);
            self.tell_of(id);
        }
    }

    /// He is the same as before. What he was told meanwhile he did not hear: so he is told how all stands now. A leg
    /// that carries packets stays, if his page has its other end still.
    pub(super) fn returned(&mut self, now: Duration, id: &ParticipantId, has_leg: bool) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        let was_cut = member.cut.take().is_some();
        member.heard(now);
        let (number, keeps) = (
            member.number,
            has_leg && matches!(member.stage, Stage::Connected),
        );
        if !keeps {
            self.give_up_leg(now, id, number);
        }
        if let Some(member) = self.members.get(id) {
            let welcome = self.welcome(member, id, true);
            self.send(id, welcome);
        }
        if keeps {
            self.stand(id);
            self.tell_plan_to(id, number);
        } else {
            self.take_place(id);
            self.perform_plan();
            self.ask_to_reconnect(id, number);
        }
        self.tell_list_to(id);
        if was_cut {
            self.tell_of(id);
        }
    }

    fn give_up_leg(&mut self, now: Duration, id: &ParticipantId, number: Number) {
        let had_leg = self.members.get(id).is_some_and(Member::has_leg);
        if !had_leg {
            // Back for the second time before there is a new leg: no end of one empties its slots.
            self.hide_all(id, number);
        }
        self.leave_place(number);
        let until = now + CONNECT;
        self.with_member(id, |member| member.silent = false);
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        member.stage = Stage::Renewing { until };
        if had_leg {
            self.effects.push_back(Effect::CloseLeg(id.clone()));
        }
    }

    /// The elements know participants by name: another leg is made when the old one has gone.
    pub(super) fn leg_closed(&mut self, now: Duration, id: &ParticipantId) {
        let Some(member) = self.members.get_mut(id).filter(|m| !m.has_leg()) else {
            return;
        };
        let (number, until) = (member.number, now + CONNECT);
        member.stage = Stage::Joining { until };
        self.open_leg(id);
        self.show_again(id, number);
    }
}

/// Leaving.
impl<S> Conference<S> {
    pub(super) fn leave(&mut self, now: Duration, id: &ParticipantId, reason: LeaveReason) {
        if self.stop_waiting(now, id) {
            return;
        }
        let Some(member) = self.members.remove(id) else {
            return;
        };
        self.leave_place(member.number);
        self.ids.remove(&member.number);
        self.forget_gains_of(id);
        if reason != LeaveReason::Left {
            self.send(id, Notice::Left(id.clone(), reason));
        }
        self.dismiss(id, &member);
        self.tell_all(|| Notice::Left(id.clone(), reason));
        self.files_of_gone(id, reason);
        self.note_emptiness(now);
    }

    fn dismiss(&mut self, id: &ParticipantId, member: &Member) {
        self.effects.push_back(Effect::CloseSocket(id.clone()));
        if member.has_leg() {
            self.effects.push_back(Effect::CloseLeg(id.clone()));
        }
        self.effects.push_back(Effect::Gone(id.clone()));
    }

    /// As long as somebody waits it is not empty.
    pub(super) fn note_emptiness(&mut self, now: Duration) {
        if self.members.is_empty() && self.guests.is_empty() {
            self.empty_since = Some(now);
        }
    }

    /// Before it begins it may stand empty.
    pub(super) fn empty_by(&self) -> Option<Duration> {
        let since = self.empty_since?.max(self.settings.starts);
        Some(since + self.settings.empty_grace)
    }

    pub(super) fn tick(&mut self, now: Duration) {
        let members = self.members.iter();
        let due = members.filter(|(_, m)| m.deadline().is_some_and(|at| at <= now));
        let due: Vec<_> = due.map(|(id, m)| (id.clone(), m.gone_by())).collect();
        for (id, gone) in due {
            let reason = match gone {
                Some(_) => LeaveReason::Vanished,
                None => LeaveReason::LegFailed,
            };
            self.leave(now, &id, reason);
        }
        self.give_up_copies(now);
        self.begin(now);
        self.planner.wake(now);
        if self.empty_by().is_some_and(|by| by <= now) {
            self.end(EndReason::Empty);
        }
    }
}

/// The end.
impl<S> Conference<S> {
    pub(super) fn end_by(&mut self, id: &ParticipantId) {
        match self.moderator(id, "end the conference") {
            Ok(()) => self.end(EndReason::Moderator),
            Err(refusal) => self.send(id, Notice::Refused(refusal)),
        }
    }

    pub(super) fn end(&mut self, reason: EndReason) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.tell_all(|| Notice::Ended(reason));
        for waiting in self.waiting() {
            self.send(&waiting.id, Notice::Ended(reason));
            self.effects
                .push_back(Effect::CloseSocket(waiting.id.clone()));
            self.effects.push_back(Effect::Gone(waiting.id));
        }
        self.guests.clear();
        for (id, member) in std::mem::take(&mut self.members) {
            self.planner.leave(member.number);
            self.dismiss(&id, &member);
        }
        while self.planner.poll().is_some() {}
        self.ids.clear();
        self.shown.clear();
        self.relayed.clear();
        self.sending.clear();
        self.files = Files::default();
        self.empty_since = None;
        self.effects.push_back(Effect::Over(reason));
    }
}
