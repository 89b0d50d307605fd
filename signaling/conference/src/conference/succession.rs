//! That there is a moderator: who is one, and to whom the role falls when nobody has it.

use std::{collections::BTreeSet, time::Duration};

use super::Conference;
use crate::{
    Action, Deed, Effect, Kept, ParticipantId, Refusal, Role,
    member::{Member, RETURN, SILENCE},
};

/// How long the last moderator may be away before the role falls to somebody else: long enough to load the page anew
/// and to choose devices, also for one who has been given up ([`SILENCE`], [`RETURN`]).
const GRACE: Duration = Duration::from_secs(30);
const _: () = assert!(GRACE.as_secs() > SILENCE.as_secs() + RETURN.as_secs());

/// What is known of the role.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lead {
    /// The identities of those who were made moderators.
    granted: BTreeSet<String>,
    grants: u32,
    /// Whether a moderator has ever been here. A conference whose moderator has yet to come waits for him.
    was_led: bool,
    /// Since when there has been none.
    missing_since: Option<Duration>,
}

impl Lead {
    pub(super) fn new(granted: BTreeSet<String>, was_led: bool) -> Self {
        Self {
            granted,
            grants: 0,
            was_led,
            missing_since: None,
        }
    }

    pub(super) fn was_granted(&self, identity: Option<&String>) -> bool {
        identity.is_some_and(|identity| self.granted.contains(identity))
    }

    pub(super) fn next_grant(&mut self) -> u32 {
        self.grants += 1;
        self.grants
    }
}

/// Falling to somebody.
impl<S> Conference<S> {
    /// Looks whether there is a moderator, and sees to it that there is one after the grace time.
    pub(super) fn see_to_lead(&mut self, now: Duration) {
        let is_led = self.members.values().any(Member::leads);
        self.lead.was_led |= is_led;
        if is_led || !self.lead.was_led || self.members.is_empty() {
            self.lead.missing_since = None;
            return;
        }
        self.lead.missing_since.get_or_insert(now);
        if self.succession_by().is_some_and(|by| by <= now)
            && let Some(next) = self.successor()
        {
            self.lead.missing_since = None;
            self.succeed(&next);
        }
    }

    pub(super) fn succession_by(&self) -> Option<Duration> {
        let since = self.lead.missing_since?;
        self.successor().map(|_| since + GRACE)
    }

    /// Whoever was moderator first and handed it over, else whoever has been in for longest. Listeners are here to
    /// listen, and who is away cannot act.
    fn successor(&self) -> Option<ParticipantId> {
        let members = self.members.iter();
        let able = members.filter(|(_, m)| m.role == Role::Speaker && m.cut.is_none());
        let next = able.min_by_key(|(_, m)| (m.granted.is_none(), m.granted, m.number));
        next.map(|(id, _)| id.clone())
    }

    /// The role passes from those who are away to one who is here: they do not have it when they come back, unless
    /// their token gives it to them.
    fn succeed(&mut self, next: &ParticipantId) {
        let members = self.members.iter();
        let away = members.filter(|(_, member)| member.is_moderator());
        let away: Vec<_> = away.map(|(id, _)| id.clone()).collect();
        for id in away {
            self.set_role(&id, Role::Speaker);
        }
        for identity in std::mem::take(&mut self.lead.granted) {
            self.keep_grant(identity, false);
        }
        let action = Action::Role(next.clone(), Role::Moderator);
        let whom = self.members.get(next).map(|member| member.name.clone());
        self.grant(next);
        self.effects.push_back(Effect::Keep(Kept::Acted(Deed {
            by: None,
            action,
            whom,
        })));
    }
}

/// Giving and taking.
impl<S> Conference<S> {
    pub(super) fn change_role(
        &mut self,
        from: &ParticipantId,
        whom: &ParticipantId,
        role: Role,
    ) -> Result<(), Refusal> {
        if from != whom {
            self.others(from, whom)?;
        }
        let mut others = self.members.iter().filter(|(id, _)| *id != whom);
        let is_led = others.any(|(_, member)| member.leads());
        let member = self.member(whom)?;
        match (member.role, role) {
            (before, after) if before == after => {}
            (_, Role::Moderator) => self.grant(whom),
            (Role::Moderator, _) if !is_led => return Err(Refusal::LastModerator),
            (Role::Moderator, _) => self.revoke(whom, role, from == whom),
            _ => self.set_role(whom, role),
        }
        Ok(())
    }

    pub(super) fn hand_over(
        &mut self,
        from: &ParticipantId,
        to: &ParticipantId,
    ) -> Result<(), Refusal> {
        self.others(from, to)?;
        if !self.member(to)?.is_moderator() {
            self.grant(to);
        }
        self.revoke(from, Role::Speaker, true);
        Ok(())
    }

    fn grant(&mut self, id: &ParticipantId) {
        let grant = self.lead.next_grant();
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        member.granted.get_or_insert(grant);
        if let Some(identity) = member.identity.clone() {
            self.lead.granted.insert(identity.clone());
            self.keep_grant(identity, true);
        }
        self.set_role(id, Role::Moderator);
        self.tell_list_to(id);
    }

    /// Whoever gives it away himself is the first to get it again.
    fn revoke(&mut self, id: &ParticipantId, role: Role, of_his_own: bool) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        if !of_his_own {
            member.granted = None;
        }
        let identity = member.identity.clone();
        if let Some(identity) = identity.filter(|identity| self.lead.granted.remove(identity)) {
            self.keep_grant(identity, false);
        }
        self.set_role(id, role);
    }

    fn set_role(&mut self, id: &ParticipantId, role: Role) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        member.role = role;
        let publishing = member.publishing;
        let kept = Kept::Role(id.clone(), role);
        self.effects.push_back(Effect::Keep(kept));
        self.set_publishing(id, publishing);
        self.tell_of(id);
    }

    fn keep_grant(&mut self, identity: String, is: bool) {
        let kept = Kept::Moderator { identity, is };
        self.effects.push_back(Effect::Keep(kept));
    }
}
