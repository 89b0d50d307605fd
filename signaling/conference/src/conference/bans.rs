//! Who is kept out.
//!
//! There are no accounts, so nobody can be known for certain. A ban is on the identity that a browser has given; of one
//! that gave none, on the name. It is never on an address: that would hit everyone behind the same NAT.

use super::Conference;
use crate::{Effect, Kept, Newcomer, Refusal};

/// Somebody who is kept out.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Ban {
    /// Its number within the conference.
    pub id: u32,
    /// His name when it was made.
    pub name: String,
    /// His browser's identity; `None`: it gave none, and the name is kept out.
    pub identity: Option<String>,
    /// The name of who made it.
    pub by: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Bans {
    all: Vec<Ban>,
    last: u32,
}

impl Bans {
    pub(super) fn new(all: Vec<Ban>) -> Self {
        let last = all.iter().map(|ban| ban.id).max().unwrap_or(0);
        Self { all, last }
    }

    pub(super) fn keep_out(&self, newcomer: &Newcomer) -> bool {
        self.all.iter().any(|ban| match &ban.identity {
            Some(_) => ban.identity == newcomer.identity,
            None => ban.name.to_lowercase() == newcomer.name.to_lowercase(),
        })
    }
}

impl<S> Conference<S> {
    pub(super) fn ban(&mut self, identity: Option<String>, name: String, by: &str) {
        self.bans.last += 1;
        let ban = Ban {
            id: self.bans.last,
            name,
            identity,
            by: by.to_owned(),
        };
        self.bans.all.push(ban.clone());
        self.effects.push_back(Effect::Keep(Kept::Banned(ban)));
    }

    pub(super) fn unban(&mut self, id: u32) -> Result<(), Refusal> {
        let place = self.bans.all.iter().position(|ban| ban.id == id);
        self.bans.all.remove(place.ok_or(Refusal::NoBan(id))?);
        self.effects.push_back(Effect::Keep(Kept::Unbanned(id)));
        Ok(())
    }

    pub(super) fn banned(&self) -> Vec<Ban> {
        self.bans.all.clone()
    }
}
