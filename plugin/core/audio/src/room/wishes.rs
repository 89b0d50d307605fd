//! Who wants to hear the same: listeners with equal gains share a mix and its encodings.

use std::collections::BTreeMap;

use super::{Hearing, Number, Room};
use crate::mix::{Gains, MixKey};

/// The distinct wishes of a room's listeners, by a number of their own.
#[derive(Default)]
pub(super) struct Wishes {
    wishes: BTreeMap<u32, Gains>,
    next: u32,
}

impl Wishes {
    /// The mix for whoever wants to hear this.
    pub(super) fn group(&mut self, own: Number, hearing: &Hearing) -> MixKey {
        let gains = distinct(own, &hearing.gains);
        if hearing.deaf {
            return MixKey::Silence;
        }
        if gains.is_empty() {
            return MixKey::All;
        }
        if let Some((id, _)) = self.wishes.iter().find(|(_, wish)| **wish == gains) {
            return MixKey::Wish(*id);
        }
        self.next += 1;
        self.wishes.insert(self.next, gains);
        MixKey::Wish(self.next)
    }

    /// The gains with which `group` is heard.
    pub(super) fn gains(&self, group: MixKey) -> &Gains {
        static NONE: Gains = BTreeMap::new();
        match group {
            MixKey::Wish(id) => self.wishes.get(&id).unwrap_or(&NONE),
            _ => &NONE,
        }
    }
}

impl Room {
    /// Forgets what nobody wants any more.
    pub(super) fn forget_wishes(&mut self) {
        let members = &self.members;
        self.wishes.wishes.retain(|id, _| {
            let wish = MixKey::Wish(*id);
            members.values().any(|member| member.group == wish)
        });
    }
}

/// The gains that change anything: a gain of 1 is no wish, one that is no number neither.
fn distinct(own: Number, gains: &Gains) -> Gains {
    gains
        .iter()
        .filter(|(number, gain)| **number != own && gain.is_finite() && **gain != 1.0)
        .map(|(number, gain)| (*number, *gain))
        .collect()
}
