//! A conference as data, and the rules of who may send what to whom, said again.
#![allow(dead_code)]

pub mod watcher;

use std::{collections::BTreeSet, time::Duration};

use convene_topology::{
    Class, Number, PairReport, Picture, Planner, Policy, Realm, Settings, Source, Standing, Step,
};
use proptest::prelude::*;

/// A conference of which everything is known.
#[derive(Clone, Debug)]
pub struct Case {
    pub policy: Policy,
    pub people: Vec<Standing>,
    /// What each one publishes.
    pub publishes: Vec<Vec<Source>>,
    /// The pictures that each one wants; `None`: all.
    pub wants: Vec<Option<Vec<Picture>>>,
    /// What was said of pairs, by places.
    pub reports: Vec<(usize, usize, PairReport)>,
}

pub fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub fn number(place: usize) -> Number {
    Number(place as u32)
}

pub fn place(number: Number) -> usize {
    number.0 as usize
}

pub fn camera(publisher: usize) -> Picture {
    Picture {
        publisher: number(publisher),
        source: Source::Camera,
    }
}

pub fn drain(planner: &mut Planner) -> Vec<Step> {
    std::iter::from_fn(|| planner.poll()).collect()
}

impl Case {
    /// A planner that knows all of it and has planned nothing yet.
    pub fn planner(&self, slots: usize) -> Planner {
        let policy = self.policy;
        let mut planner = Planner::new(Settings { policy, slots });
        for (place, standing) in self.people.iter().enumerate() {
            planner.join(number(place), *standing);
            planner.publish(number(place), self.publishes[place].iter().copied());
            if let Some(wants) = &self.wants[place] {
                planner.want(number(place), wants.clone());
            }
        }
        for (a, b, report) in &self.reports {
            planner.report(at(0), number(*a), number(*b), *report);
        }
        planner
    }

    /// Every picture with everyone who is to have it.
    pub fn wanted(&self) -> Vec<(Picture, usize)> {
        let published = self
            .publishes
            .iter()
            .enumerate()
            .flat_map(|(place, sources)| {
                let sources: BTreeSet<_> = sources.iter().copied().collect();
                let publisher = number(place);
                sources
                    .into_iter()
                    .map(move |source| Picture { publisher, source })
            });
        let to_all =
            published.flat_map(|picture| (0..self.people.len()).map(move |to| (picture, to)));
        let wants = |(picture, to): &(Picture, usize)| {
            let wants = self.wants[*to].as_ref();
            number(*to) != picture.publisher && wants.is_none_or(|wants| wants.contains(picture))
        };
        to_all.filter(wants).collect()
    }

    pub fn permitted(&self, a: usize, b: usize) -> bool {
        let (one, other) = (&self.people[a], &self.people[b]);
        let hidden = one.hides_address || other.hides_address;
        let public = one.class == Class::Public || other.class == Class::Public;
        let claimed = public && one.realm == other.realm;
        a != b && !hidden && (self.policy == Policy::Adaptive || claimed)
    }

    /// Whether the two could connect, by all that was said.
    pub fn connects(&self, a: usize, b: usize) -> bool {
        let of = |(x, y, _): &&(usize, usize, PairReport)| (*x, *y) == (a, b) || (*x, *y) == (b, a);
        let last = self.reports.iter().rfind(of);
        let failed = last.is_some_and(|(.., report)| *report != PairReport::Connected);
        self.permitted(a, b) && !failed
    }

    pub fn may_relay(&self, relay: usize) -> bool {
        let Standing {
            class,
            reachable,
            relays,
            hides_address,
            ..
        } = self.people[relay];
        let claimed = self.policy == Policy::Adaptive || class == Class::Public;
        relays && !hides_address && reachable == Some(true) && claimed
    }

    /// Whether a new path may go through that relay: under the claims only if there may be no direct one.
    pub fn may_go_through(&self, publisher: usize, relay: usize, subscriber: usize) -> bool {
        let claimed = self.policy == Policy::Adaptive || !self.permitted(publisher, subscriber);
        claimed && self.goes_through(publisher, relay, subscriber)
    }

    pub fn goes_through(&self, publisher: usize, relay: usize, subscriber: usize) -> bool {
        let realm = |place: usize| self.people[place].realm;
        let hides = |place: usize| self.people[place].hides_address;
        let between = relay != publisher && relay != subscriber && self.may_relay(relay);
        let legs = [publisher, subscriber]
            .into_iter()
            .all(|end| self.connects(relay, end) && realm(relay) == realm(end));
        between && legs && !hides(publisher) && !hides(subscriber)
    }

    pub fn budget(&self, sender: usize) -> usize {
        self.people[sender]
            .uplink
            .map_or(usize::MAX, |budget| budget as usize)
    }
}

pub fn policy() -> impl Strategy<Value = Policy> {
    prop_oneof![Just(Policy::Adaptive), Just(Policy::Claimed)]
}

pub fn standing(most: u32) -> impl Strategy<Value = Standing> {
    let class = prop_oneof![
        4 => Just(Class::Public),
        4 => Just(Class::Private),
        1 => Just(Class::Unknown)
    ];
    let reachable = prop_oneof![4 => Just(Some(true)), 2 => Just(Some(false)), 1 => Just(None)];
    let uplink = prop_oneof![2 => Just(None), 5 => (0..=most).prop_map(Some)];
    let rare = proptest::bool::weighted;
    (class, reachable, uplink, rare(0.8), rare(0.05), rare(0.05)).prop_map(
        |(class, reachable, uplink, relays, hides_address, lan)| Standing {
            class,
            reachable,
            uplink,
            relays,
            hides_address,
            realm: if lan { Realm::ServerLan } else { Realm::Wide },
        },
    )
}

pub fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}
