//! What is asked for with a number, and answered with the same: done, or refused. Who may ask is decided here, once.

use std::time::Duration;

use super::{Conference, telling::nobody};
use crate::{
    Action, Deed, Effect, Kept, LeaveReason, Notice, ParticipantId, Permission, Publishing,
    Refusal, member::Member,
};

impl<S> Conference<S> {
    pub(super) fn act(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        request: u32,
        action: Action,
    ) {
        let deed = self.deed(from, &action);
        let done = self.may_act(from, &action);
        let done = done.and_then(|()| self.carry_out(now, from, &action));
        if done.is_ok() && (action.is_audited() || deed.whom.is_some()) {
            self.effects.push_back(Effect::Keep(Kept::Acted(deed)));
        }
        match done {
            Ok(()) => self.confirm(from, request, &action),
            Err(refusal) => self.send(from, Notice::NotDone(request, refusal)),
        }
    }

    fn may_act(&mut self, from: &ParticipantId, action: &Action) -> Result<(), Refusal> {
        if action.is_own() {
            return self.member(from).map(|_| ());
        }
        self.moderator(from, "do this")
    }

    pub(super) fn moderator(
        &mut self,
        id: &ParticipantId,
        deed: &'static str,
    ) -> Result<(), Refusal> {
        match self.member(id)?.is_moderator() {
            true => Ok(()),
            false => Err(Refusal::Forbidden(deed)),
        }
    }

    fn carry_out(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        action: &Action,
    ) -> Result<(), Refusal> {
        match action {
            Action::Hand(up) => self.raise_hand(from, *up),
            Action::Say { text, reply_to } => self.write(now, from, text, *reply_to),
            Action::Offer(offer) => self.offer(now, from, offer),
            Action::Withdraw(file) => self.withdraw(from, *file),
            Action::Fetch { file, direct } => self.fetch(now, from, *file, *direct),
            Action::Mute(whom) => self.mute(whom.as_ref()),
            Action::Permit {
                whom,
                permission,
                allowed,
            } => self.permit(whom.as_ref(), *permission, *allowed),
            Action::Ask(whom, permission) => self.ask(from, whom, *permission),
            Action::LowerHand(whom) => self.lower_hands(whom.as_ref()),
            Action::Admit(whom) => self.admit(now, whom.as_ref()),
            Action::Deny { whom, ban } => {
                let by = self.name_of(from);
                self.deny(whom, *ban, &by)
            }
            Action::Remove { whom, ban } => self.remove(now, from, whom, *ban),
            Action::Unban(id) => self.unban(*id),
            Action::Role(whom, role) => self.change_role(from, whom, *role),
            Action::HandOver(whom) => self.hand_over(from, whom),
            Action::Lobby(on) => {
                self.set_lobby(now, *on);
                Ok(())
            }
            Action::Lock(on) => {
                self.set_locked(*on);
                Ok(())
            }
            Action::Bans | Action::Audit => Ok(()),
        }
    }

    /// The one answer; after all that was done for it.
    fn confirm(&mut self, from: &ParticipantId, request: u32, action: &Action) {
        let notice = match action {
            Action::Audit => {
                let to = from.clone();
                return self.effects.push_back(Effect::TellAudit { to, request });
            }
            Action::Bans => Notice::Bans(request, self.banned()),
            _ => Notice::Done(request),
        };
        self.send(from, notice);
    }

    /// As it will be read afterwards, when he whom it is about may have gone.
    fn deed(&self, from: &ParticipantId, action: &Action) -> Deed {
        Deed {
            by: Some((from.clone(), self.name_of(from))),
            action: action.clone(),
            whom: match action {
                Action::Withdraw(file) => self.taken_from(from, *file),
                _ => action.whom().map(|whom| self.name_of(whom)),
            },
        }
    }

    fn name_of(&self, id: &ParticipantId) -> String {
        let name = self.members.get(id).map(|member| member.name.clone());
        name.or_else(|| self.guest_name(id)).unwrap_or_default()
    }
}

/// Sound, pictures, hands.
impl<S> Conference<S> {
    fn raise_hand(&mut self, id: &ParticipantId, up: bool) -> Result<(), Refusal> {
        let next = self.last_hand + 1;
        let member = self.member(id)?;
        if member.hand.is_some() == up {
            return Ok(());
        }
        member.hand = up.then_some(next);
        self.last_hand = next;
        self.tell_of(id);
        Ok(())
    }

    fn lower_hands(&mut self, whom: Option<&ParticipantId>) -> Result<(), Refusal> {
        for id in self.those(whom, |_| true)? {
            self.raise_hand(&id, false)?;
        }
        Ok(())
    }

    fn mute(&mut self, whom: Option<&ParticipantId>) -> Result<(), Refusal> {
        for id in self.those(whom, |member| !member.is_moderator())? {
            let publishing = self.member(&id)?.publishing;
            if publishing.microphone {
                let microphone = false;
                self.set_publishing(
                    &id,
                    Publishing {
                        microphone,
                        ..publishing
                    },
                );
                self.tell_of(&id);
            }
        }
        Ok(())
    }

    /// What is forbidden stops at once; what is allowed does not begin by itself.
    fn permit(
        &mut self,
        whom: Option<&ParticipantId>,
        permission: Permission,
        allowed: bool,
    ) -> Result<(), Refusal> {
        if let Some(whom) = whom {
            self.no_moderator(whom)?;
        }
        for id in self.those(whom, |_| true)? {
            let member = self.member(&id)?;
            let before = (member.participant(&id), member.publishing);
            member.permissions.set(permission, allowed);
            self.set_publishing(&id, before.1);
            if self.member(&id)?.participant(&id) != before.0 {
                self.tell_of(&id);
            }
        }
        if whom.is_none() {
            self.rules.permissions.set(permission, allowed);
            self.rules_changed();
        }
        Ok(())
    }

    fn ask(
        &mut self,
        by: &ParticipantId,
        whom: &ParticipantId,
        permission: Permission,
    ) -> Result<(), Refusal> {
        self.others(by, whom)?;
        let member = self.member(whom)?;
        if !member.may(permission) {
            return Err(Refusal::AskedInVain(member.name.clone(), permission));
        }
        let by = by.clone();
        self.send(whom, Notice::Asked { by, permission });
        Ok(())
    }

    fn remove(
        &mut self,
        now: Duration,
        by: &ParticipantId,
        whom: &ParticipantId,
        ban: bool,
    ) -> Result<(), Refusal> {
        self.others(by, whom)?;
        self.no_moderator(whom)?;
        let mut reason = LeaveReason::Removed;
        if ban {
            let by = self.name_of(by);
            let member = self.member(whom)?;
            let (identity, name) = (member.identity.clone(), member.name.clone());
            self.ban(identity, name, &by);
            reason = LeaveReason::Banned;
        }
        self.leave(now, whom, reason);
        Ok(())
    }

    fn no_moderator(&self, id: &ParticipantId) -> Result<(), Refusal> {
        match self.members.get(id) {
            Some(member) if member.is_moderator() => Err(Refusal::IsModerator(member.name.clone())),
            Some(_) => Ok(()),
            None => Err(nobody(id)),
        }
    }

    /// The one who is named; or all who are `meant`.
    fn those(
        &self,
        whom: Option<&ParticipantId>,
        meant: impl Fn(&Member) -> bool,
    ) -> Result<Vec<ParticipantId>, Refusal> {
        match whom {
            Some(whom) if self.members.contains_key(whom) => Ok(vec![whom.clone()]),
            Some(whom) => Err(nobody(whom)),
            None => {
                let meant = self.members.iter().filter(|(_, member)| meant(member));
                Ok(meant.map(|(id, _)| id.clone()).collect())
            }
        }
    }
}
