//! Who gets in: at once, after a moderator's word, when it begins, or not.

use std::time::Duration;

use super::{Conference, telling::nobody};
use crate::{
    Effect, Kept, Newcomer, Notice, ParticipantId, Refusal, Role, Waiting, WaitsFor,
    member::shown_name,
};

/// More do not wait: a moderator could not read their names.
const MOST_WAITING: usize = 100;

/// Somebody who waits. He has no number, no leg and no pictures, and nobody but moderators knows of him.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Guest {
    newcomer: Newcomer,
    until: WaitsFor,
}

/// Knocking.
impl<S> Conference<S> {
    pub(super) fn knock(&mut self, now: Duration, newcomer: Newcomer) {
        let id = newcomer.id.clone();
        let knocked = self
            .identify(newcomer)
            .and_then(|known| self.let_in(now, known));
        self.refuse_if(&id, knocked);
    }

    /// Who it is, as far as that is known.
    fn identify(&self, mut newcomer: Newcomer) -> Result<Newcomer, Refusal> {
        if self.over {
            return Err(Refusal::Ended);
        }
        if self.members.contains_key(&newcomer.id) || self.is_waiting(&newcomer.id) {
            return Err(Refusal::OutOfOrder {
                what: "a join",
                state: "in the conference",
            });
        }
        newcomer.name = shown_name(&newcomer.name)?;
        if self.bans.keep_out(&newcomer) {
            return Err(Refusal::Banned);
        }
        if self.lead.was_granted(newcomer.identity.as_ref()) {
            newcomer.role = Role::Moderator;
        }
        Ok(newcomer)
    }

    fn let_in(&mut self, now: Duration, newcomer: Newcomer) -> Result<(), Refusal> {
        if newcomer.role == Role::Moderator {
            return self.enter(now, newcomer);
        }
        if self.rules.locked {
            return Err(Refusal::Locked);
        }
        match self.waits_for(now) {
            Some(until) => self.wait(newcomer, until),
            None => self.enter(now, newcomer),
        }
    }

    fn waits_for(&self, now: Duration) -> Option<WaitsFor> {
        if now < self.settings.starts {
            Some(WaitsFor::Start)
        } else {
            self.rules.lobby.then_some(WaitsFor::Moderator)
        }
    }

    fn wait(&mut self, newcomer: Newcomer, until: WaitsFor) -> Result<(), Refusal> {
        if self.guests.len() >= MOST_WAITING {
            return Err(Refusal::Crowded { max: MOST_WAITING });
        }
        self.send(&newcomer.id, Notice::Waits(until));
        self.guests.push(Guest { newcomer, until });
        self.empty_since = None;
        self.tell_waiting();
        Ok(())
    }
}

/// Waiting.
impl<S> Conference<S> {
    pub(super) fn is_waiting(&self, id: &ParticipantId) -> bool {
        self.guests.iter().any(|guest| guest.newcomer.id == *id)
    }

    pub(super) fn waiting(&self) -> Vec<Waiting> {
        let waiting = self.guests.iter().map(|guest| Waiting {
            id: guest.newcomer.id.clone(),
            name: guest.newcomer.name.clone(),
            until: guest.until,
        });
        waiting.collect()
    }

    pub(super) fn tell_waiting(&mut self) {
        let waiting = self.waiting();
        self.tell_moderators(|| Notice::WaitingList(waiting.clone()));
    }

    /// Whom a moderator lets in; all who wait, if he names nobody.
    pub(super) fn admit(
        &mut self,
        now: Duration,
        whom: Option<&ParticipantId>,
    ) -> Result<(), Refusal> {
        let named = |guest: &Guest| whom.is_none_or(|whom| guest.newcomer.id == *whom);
        let many = self.guests.iter().filter(|guest| named(guest)).count();
        if let Some(whom) = whom
            && many == 0
        {
            return Err(nobody(whom));
        }
        self.has_room(many)?;
        let guests = std::mem::take(&mut self.guests).into_iter();
        let (admitted, rest): (Vec<_>, Vec<_>) = guests.partition(named);
        self.guests = rest;
        for guest in admitted {
            self.enter(now, guest.newcomer)?;
        }
        self.tell_waiting();
        Ok(())
    }

    pub(super) fn deny(
        &mut self,
        whom: &ParticipantId,
        ban: bool,
        by: &str,
    ) -> Result<(), Refusal> {
        let guest = self.take_guest(whom).ok_or_else(|| nobody(whom))?;
        if ban {
            let Newcomer { identity, name, .. } = guest.newcomer;
            self.ban(identity, name, by);
        }
        self.send(whom, Notice::Denied);
        self.effects.push_back(Effect::CloseSocket(whom.clone()));
        self.effects.push_back(Effect::Gone(whom.clone()));
        self.tell_waiting();
        Ok(())
    }

    /// Somebody who waits has gone; whether he did wait.
    pub(super) fn stop_waiting(&mut self, now: Duration, id: &ParticipantId) -> bool {
        if self.take_guest(id).is_none() {
            return false;
        }
        self.effects.push_back(Effect::CloseSocket(id.clone()));
        self.effects.push_back(Effect::Gone(id.clone()));
        self.tell_waiting();
        self.note_emptiness(now);
        true
    }

    pub(super) fn guest_name(&self, id: &ParticipantId) -> Option<String> {
        let mut guests = self.guests.iter();
        let guest = guests.find(|guest| guest.newcomer.id == *id)?;
        Some(guest.newcomer.name.clone())
    }

    fn take_guest(&mut self, id: &ParticipantId) -> Option<Guest> {
        let mut guests = self.guests.iter();
        let place = guests.position(|guest| guest.newcomer.id == *id)?;
        Some(self.guests.remove(place))
    }
}

/// Opening and shutting.
impl<S> Conference<S> {
    pub(super) fn set_lobby(&mut self, now: Duration, on: bool) {
        self.rules.lobby = on;
        self.rules_changed();
        if !on && now >= self.settings.starts {
            self.let_guests_in(now);
        }
    }

    pub(super) fn set_locked(&mut self, on: bool) {
        self.rules.locked = on;
        self.rules_changed();
    }

    pub(super) fn rules_changed(&mut self) {
        let rules = self.rules;
        self.effects.push_back(Effect::Keep(Kept::Rules(rules)));
        self.tell_all(|| Notice::Rules(rules));
    }

    /// When those have to be seen to who wait for the beginning.
    pub(super) fn start_by(&self) -> Option<Duration> {
        let mut guests = self.guests.iter();
        let waited_for = guests.any(|guest| guest.until == WaitsFor::Start);
        waited_for.then_some(self.settings.starts)
    }

    /// It has begun: whoever waited for that enters, if nothing else is in his way.
    pub(super) fn begin(&mut self, now: Duration) {
        if self.start_by().is_none_or(|start| now < start) {
            return;
        }
        if !self.rules.lobby {
            self.let_guests_in(now);
        }
        let mut told = Vec::new();
        for guest in &mut self.guests {
            if std::mem::replace(&mut guest.until, WaitsFor::Moderator) == WaitsFor::Start {
                told.push(guest.newcomer.id.clone());
            }
        }
        for id in told {
            self.send(&id, Notice::Waits(WaitsFor::Moderator));
        }
        self.tell_waiting();
    }

    /// As many as there is room for; the others wait for a moderator.
    fn let_guests_in(&mut self, now: Duration) {
        while !self.guests.is_empty() && self.has_room(1).is_ok() {
            let guest = self.guests.remove(0);
            let id = guest.newcomer.id.clone();
            let entered = self.enter(now, guest.newcomer);
            self.refuse_if(&id, entered);
        }
        self.tell_waiting();
    }

    pub(super) fn has_room(&self, many: usize) -> Result<(), Refusal> {
        let max = self.settings.max_participants;
        if self.members.len() + many > max {
            return Err(Refusal::Full { max });
        }
        Ok(())
    }
}
