//! Who is there, and by the rules of policy and privacy, who may connect to whom and who may relay for whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Class, Number, Picture, Policy, Source, Standing,
    links::{Leg, Links},
};

/// A participant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Member {
    pub(crate) standing: Standing,
    pub(crate) publishes: BTreeSet<Source>,
    /// The pictures he wants, each with its place in the order of his wish; `None`: everything that is published.
    pub(crate) wants: Option<BTreeMap<Picture, usize>>,
    /// Where the server can show him pictures; `None`: he has as many slots as the settings say.
    pub(crate) slots: Option<BTreeSet<usize>>,
}

impl Member {
    pub(crate) fn wants(&self, picture: &Picture) -> bool {
        self.wants
            .as_ref()
            .is_none_or(|wants| wants.contains_key(picture))
    }

    /// The place of a picture that he wants: first the most wanted.
    pub(crate) fn place(&self, picture: &Picture) -> usize {
        let place = self.wants.as_ref().and_then(|wants| wants.get(picture));
        place.copied().unwrap_or_default()
    }

    pub(crate) fn pictures(&self, of: Number) -> impl Iterator<Item = Picture> {
        self.publishes.iter().map(move |source| Picture {
            publisher: of,
            source: *source,
        })
    }

    /// How many pictures he can send to others.
    pub(crate) fn budget(&self) -> u32 {
        self.standing.uplink.unwrap_or(u32::MAX)
    }

    /// Whether others may be sent to him for pictures.
    pub(crate) fn may_relay(&self, policy: Policy) -> bool {
        let standing = &self.standing;
        let asked = standing.relays && !standing.hides_address;
        let class = policy == Policy::Adaptive || standing.class == Class::Public;
        asked && class && standing.reachable == Some(true)
    }
}

/// Somebody, by number.
pub(crate) type Who<'a> = (Number, &'a Member);

/// Who may connect to whom, and what has come of it.
#[derive(Clone, Copy)]
pub(crate) struct Rules<'a> {
    pub(crate) policy: Policy,
    pub(crate) links: &'a Links,
}

impl Rules<'_> {
    /// Whether the policy and the wishes of both let them connect directly.
    pub(crate) fn permits(self, a: &Member, b: &Member) -> bool {
        let public = [a.standing.class, b.standing.class].contains(&Class::Public);
        let claimed = public && same_realm(a, b);
        !hidden(a, b) && (self.policy == Policy::Adaptive || claimed)
    }

    /// Whether a relay may stand between the two: under the claims only where they may not connect themselves.
    pub(crate) fn relayed(self, publisher: &Member, subscriber: &Member) -> bool {
        let needed = self.policy == Policy::Adaptive || !self.permits(publisher, subscriber);
        !hidden(publisher, subscriber) && needed
    }

    /// How the direct connection stands; `Down` where it is not allowed.
    pub(crate) fn direct(self, a: Who, b: Who) -> Leg {
        match a.0 != b.0 && self.permits(a.1, b.1) {
            true => self.links.leg(a.0, b.0),
            false => Leg::Down,
        }
    }

    /// How well the leg between a relay and another can be used: a relay is in the realm of both whom he serves.
    pub(crate) fn leg(self, a: Who, b: Who) -> Leg {
        match same_realm(a.1, b.1) {
            true => self.direct(a, b),
            false => Leg::Down,
        }
    }

    /// The worse of a relay's two legs; `Down` where he may not or cannot relay between the two.
    pub(crate) fn way(self, publisher: Who, relay: Who, subscriber: Who) -> Leg {
        let able = relay.1.may_relay(self.policy) && !hidden(publisher.1, subscriber.1);
        if !able || self.links.stalled(relay.0, subscriber.0) {
            return Leg::Down;
        }
        self.leg(publisher, relay).min(self.leg(relay, subscriber))
    }
}

/// Whether one of the two hides from the other.
pub(crate) fn hidden(a: &Member, b: &Member) -> bool {
    a.standing.hides_address || b.standing.hides_address
}

fn same_realm(a: &Member, b: &Member) -> bool {
    a.standing.realm == b.standing.realm
}
