//! What a draft stands on: the people in a row, what each can send, and which legs between them can be used.

use std::cell::Cell;

use crate::{
    Number,
    links::Leg,
    people::{Rules, Who},
};

/// People are called by their place in the row, which is in the order of their numbers.
pub(crate) struct Ground<'a> {
    rules: Rules<'a>,
    people: Vec<Who<'a>>,
    relays: Vec<usize>,
    may_relay: Vec<bool>,
    budgets: Vec<u32>,
    /// How well the legs between relays and others can be used, as far as that has been asked for.
    legs: Vec<Cell<Option<Leg>>>,
}

impl<'a> Ground<'a> {
    /// `people`: in the order of their numbers.
    pub(crate) fn new(rules: Rules<'a>, people: Vec<Who<'a>>) -> Self {
        let may_relay: Vec<_> = people
            .iter()
            .map(|(_, member)| member.may_relay(rules.policy))
            .collect();
        Self {
            rules,
            relays: (0..people.len())
                .filter(|place| may_relay[*place])
                .collect(),
            may_relay,
            budgets: people.iter().map(|(_, member)| member.budget()).collect(),
            legs: vec![Cell::new(None); people.len() * people.len()],
            people,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }

    /// All who may relay.
    pub(crate) fn relays(&self) -> &[usize] {
        &self.relays
    }

    pub(crate) fn may_relay(&self, place: usize) -> bool {
        self.may_relay[place]
    }

    pub(crate) fn budget(&self, place: usize) -> u32 {
        self.budgets[place]
    }

    pub(crate) fn number(&self, place: usize) -> Number {
        self.people[place].0
    }

    pub(crate) fn place(&self, number: Number) -> Option<usize> {
        self.people.binary_search_by_key(&number, |(n, _)| *n).ok()
    }

    /// How the direct connection stands; `Down` where it is not allowed.
    pub(crate) fn direct(&self, a: usize, b: usize) -> Leg {
        self.rules.direct(self.people[a], self.people[b])
    }

    /// How well the leg between a relay and another can be used.
    pub(crate) fn leg(&self, a: usize, b: usize) -> Leg {
        let cell = &self.legs[a * self.people.len() + b];
        let ask = || self.rules.leg(self.people[a], self.people[b]);
        let leg = cell.get().unwrap_or_else(ask);
        cell.set(Some(leg));
        leg
    }

    /// Whether a relay may stand between the two.
    pub(crate) fn relayed(&self, publisher: usize, subscriber: usize) -> bool {
        let (publisher, subscriber) = (self.people[publisher], self.people[subscriber]);
        self.rules.relayed(publisher.1, subscriber.1)
    }

    /// The worse of a relay's two legs, between two who may be relayed for.
    pub(crate) fn way(&self, publisher: usize, relay: usize, subscriber: usize) -> Leg {
        let stalled = |relay: usize| {
            let (relay, subscriber) = (self.number(relay), self.number(subscriber));
            self.rules.links.stalled(relay, subscriber)
        };
        match self.may_relay(relay) && !stalled(relay) {
            true => self.leg(relay, publisher).min(self.leg(relay, subscriber)),
            false => Leg::Down,
        }
    }
}
