//! What was learnt of the connections: which pairs connect, which relays have stalled, and when to try again.

use std::{collections::BTreeMap, time::Duration};

use crate::{Number, PairReport, backoff::Backoff};

/// How the direct connection of a pair stands, the better the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Leg {
    /// It failed and rests, or it is not allowed.
    Down,
    /// Being tried, but it has failed or takes long, or its picture stands still: pictures go another way.
    Slow,
    /// Being tried for the first time, while pictures stay where they are.
    Offered,
    /// Nobody has tried.
    Untried,
    /// Being tried, and pictures wait for it.
    Trying,
    Works,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Slow,
    Offered,
    Trying,
    Works,
    /// Not tried before then.
    Failed {
        retry: Duration,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Link {
    state: State,
    backoff: Backoff,
}

/// A relay as one subscriber has come to know him.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Stall {
    /// Not asked before then.
    until: Option<Duration>,
    backoff: Backoff,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Links {
    pairs: BTreeMap<(Number, Number), Link>,
    /// By relay and subscriber.
    stalls: BTreeMap<(Number, Number), Stall>,
}

impl Links {
    pub(crate) fn leg(&self, a: Number, b: Number) -> Leg {
        match self.pairs.get(&key(a, b)).map(|link| link.state) {
            None => Leg::Untried,
            Some(State::Trying) => Leg::Trying,
            Some(State::Slow) => Leg::Slow,
            Some(State::Offered) => Leg::Offered,
            Some(State::Works) => Leg::Works,
            Some(State::Failed { .. }) => Leg::Down,
        }
    }

    /// The two are told to connect, and pictures wait for it.
    pub(crate) fn try_first(&mut self, a: Number, b: Number) {
        let link = self.pairs.entry(key(a, b)).or_insert(Link::NEW);
        if link.state == State::Offered {
            link.state = State::Trying;
        }
    }

    /// The two are told to connect for the first time, and pictures stay where they are.
    pub(crate) fn offer(&mut self, a: Number, b: Number) {
        let state = State::Offered;
        let new = Link { state, ..Link::NEW };
        self.pairs.entry(key(a, b)).or_insert(new);
    }

    /// The two are told to connect again after a failure.
    pub(crate) fn try_again(&mut self, a: Number, b: Number) {
        if let Some(link) = self.pairs.get_mut(&key(a, b)) {
            link.state = State::Slow;
        }
    }

    /// What one of the two says.
    pub(crate) fn report(&mut self, now: Duration, a: Number, b: Number, report: PairReport) {
        let link = self.pairs.entry(key(a, b)).or_insert(Link::NEW);
        link.report(now, report);
    }

    /// A relay does not deliver to this subscriber.
    pub(crate) fn stall(&mut self, now: Duration, relay: Number, subscriber: Number) {
        let new = Stall {
            until: None,
            backoff: Backoff::NEW,
        };
        let stall = self.stalls.entry((relay, subscriber)).or_insert(new);
        if stall.until.is_none() {
            stall.until = Some(stall.backoff.fail(now));
        }
    }

    /// A relay delivers to this subscriber.
    pub(crate) fn delivers(&mut self, relay: Number, subscriber: Number) {
        self.stalls.remove(&(relay, subscriber));
    }

    pub(crate) fn stalled(&self, relay: Number, subscriber: Number) -> bool {
        let stall = self.stalls.get(&(relay, subscriber));
        stall.is_some_and(|stall| stall.until.is_some())
    }

    /// Whether any relay has lately failed this subscriber.
    pub(crate) fn let_down(&self, subscriber: Number) -> bool {
        let stalls = self.stalls.iter();
        stalls
            .filter(|((_, of), _)| *of == subscriber)
            .any(|(_, stall)| stall.until.is_some())
    }

    /// The pairs whose rest is over.
    pub(crate) fn due(&self, now: Duration) -> Vec<(Number, Number)> {
        let rested = |link: &Link| link.retry().is_some_and(|at| at <= now);
        let pairs = self.pairs.iter().filter(|(_, link)| rested(link));
        pairs.map(|(key, _)| *key).collect()
    }

    /// Lets relays be asked again whose rest is over; whether there were any.
    pub(crate) fn forgive(&mut self, now: Duration) -> bool {
        let mut any = false;
        for stall in self.stalls.values_mut() {
            if stall.until.is_some_and(|at| at <= now) {
                stall.until = None;
                any = true;
            }
        }
        any
    }

    pub(crate) fn deadline(&self) -> Option<Duration> {
        let retries = self.pairs.values().filter_map(Link::retry);
        let stalls = self.stalls.values().filter_map(|stall| stall.until);
        retries.chain(stalls).min()
    }

    pub(crate) fn forget_pair(&mut self, a: Number, b: Number) {
        self.pairs.remove(&key(a, b));
    }

    pub(crate) fn forget(&mut self, number: Number) {
        let other = |(a, b): &(Number, Number)| *a != number && *b != number;
        self.pairs.retain(|pair, _| other(pair));
        self.stalls.retain(|pair, _| other(pair));
    }
}

impl Link {
    const NEW: Self = Self {
        state: State::Trying,
        backoff: Backoff::NEW,
    };

    fn report(&mut self, now: Duration, report: PairReport) {
        match (report, self.state) {
            (PairReport::Connected, _) => {
                self.state = State::Works;
                self.backoff.reset();
            }
            (PairReport::Slow, State::Failed { .. })
            | (PairReport::Failed, State::Failed { .. }) => {}
            (PairReport::Slow, _) => self.state = State::Slow,
            (PairReport::Failed, _) => {
                let retry = self.backoff.fail(now);
                self.state = State::Failed { retry };
            }
        }
    }

    fn retry(&self) -> Option<Duration> {
        match self.state {
            State::Failed { retry } => Some(retry),
            _ => None,
        }
    }
}

/// A pair is the same from both ends.
fn key(a: Number, b: Number) -> (Number, Number) {
    (a.min(b), a.max(b))
}
