//! How loudly each listener hears the others.

use super::Conference;
use crate::{Effect, Gain, ParticipantId, member::Member};

impl<S> Conference<S> {
    /// Who has just left is no error; neither is oneself, whom nobody hears.
    pub(super) fn set_gains(&mut self, id: &ParticipantId, mut wished: Vec<(ParticipantId, Gain)>) {
        wished.retain(|(whom, _)| whom != id && self.members.contains_key(whom));
        let set = self.member(id).map(|member| member.set_gains(wished));
        let set = set.map(|changed| {
            if changed {
                self.wish_gains(id);
            }
        });
        self.refuse_if(id, set);
    }

    /// A new leg knows of no wishes.
    pub(super) fn wish_gains_again(&mut self, id: &ParticipantId) {
        let has_some = |member: &Member| !member.gains.is_empty();
        if self.members.get(id).is_some_and(has_some) {
            self.wish_gains(id);
        }
    }

    /// Somebody is gone, and nobody has wishes about him any more.
    pub(super) fn forget_gains_of(&mut self, gone: &ParticipantId) {
        let members = self.members.iter_mut();
        let wished = members.filter_map(|(id, m)| m.gains.remove(gone).map(|_| id.clone()));
        for id in wished.collect::<Vec<_>>() {
            self.wish_gains(&id);
        }
    }

    fn wish_gains(&mut self, id: &ParticipantId) {
        if let Some(member) = self.members.get(id) {
            let gains = member.gains.clone();
            self.effects.push_back(Effect::Gains(id.clone(), gains));
        }
    }
}

impl Member {
    /// Whether that changes anything.
    fn set_gains(&mut self, wished: Vec<(ParticipantId, Gain)>) -> bool {
        let before = self.gains.clone();
        self.gains.extend(wished);
        self.gains.retain(|_, gain| *gain != Gain::ONE);
        self.gains != before
    }
}
