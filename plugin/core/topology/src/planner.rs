//! The planner's state and rules.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use crate::{Class, Number, PairReport, Path, Picture, Policy, Source, Step, backoff::Backoff};

/// What a planner is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Which pairs try to connect directly.
    pub policy: Policy,
    /// How many pictures the server can send to one participant.
    pub slots: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Member {
    class: Class,
    hides_address: bool,
    publishes: BTreeSet<Source>,
    /// Pictures in the order of their wish; `None`: everything that is published.
    wants: Option<Vec<Picture>>,
    slots: BTreeMap<usize, Picture>,
}

/// How the direct connection of a pair stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Direct {
    /// Being tried, and the picture waits for it.
    Trying,
    /// Being tried while the server shows the picture.
    Slow,
    Works,
    /// Not tried before then.
    Failed {
        retry: Duration,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    direct: Direct,
    backoff: Backoff,
}

/// The plan of one conference.
///
/// `handle` its inputs by name, then `poll` until there is no step left; call [`Planner::wake`] at [`Planner::deadline`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Planner {
    settings: Settings,
    members: BTreeMap<Number, Member>,
    pairs: BTreeMap<(Number, Number), Pair>,
    paths: BTreeMap<(Number, Picture), Path>,
    on_server: BTreeSet<Picture>,
    steps: VecDeque<Step>,
}

impl Planner {
    /// An empty plan.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            members: BTreeMap::new(),
            pairs: BTreeMap::new(),
            paths: BTreeMap::new(),
            on_server: BTreeSet::new(),
            steps: VecDeque::new(),
        }
    }

    /// Somebody came. `hides_address`: nobody may connect to him directly.
    pub fn join(&mut self, number: Number, hides_address: bool) {
        let member = Member {
            hides_address,
            ..Member::default()
        };
        self.members.entry(number).or_insert(member);
        self.replan();
    }

    /// Somebody left; his pairs are forgotten.
    pub fn leave(&mut self, number: Number) {
        self.members.remove(&number);
        self.pairs.retain(|(a, b), _| *a != number && *b != number);
        self.replan();
    }

    /// What somebody publishes now.
    pub fn publish(&mut self, number: Number, sources: impl IntoIterator<Item = Source>) {
        if let Some(member) = self.members.get_mut(&number) {
            member.publishes = sources.into_iter().collect();
            self.replan();
        }
    }

    /// Which pictures somebody wants, the most wanted first.
    pub fn want(&mut self, number: Number, pictures: Vec<Picture>) {
        if let Some(member) = self.members.get_mut(&number) {
            member.wants = Some(pictures);
            self.replan();
        }
    }

    /// Where somebody stands became known.
    pub fn classify(&mut self, number: Number, class: Class) {
        if let Some(member) = self.members.get_mut(&number) {
            member.class = class;
            self.replan();
        }
    }

    /// One of a pair reports how their connection fares.
    pub fn report(&mut self, now: Duration, from: Number, peer: Number, report: PairReport) {
        if from == peer || !self.members.contains_key(&from) || !self.members.contains_key(&peer) {
            return;
        }
        let pair = self.pairs.entry(key(from, peer)).or_insert(Pair::NEW);
        pair.report(now, report);
        self.replan();
    }

    /// When [`Planner::wake`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.pairs.values().filter_map(|pair| pair.retry()).min()
    }

    /// Lets pairs whose time has come try again, while the server goes on showing their pictures.
    pub fn wake(&mut self, now: Duration) {
        for ((a, b), pair) in &mut self.pairs {
            if pair.retry().is_some_and(|at| at <= now) {
                pair.direct = Direct::Slow;
                self.steps.push_back(Step::Retry { a: *a, b: *b });
            }
        }
        self.replan();
    }

    /// The next step.
    pub fn poll(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// The path of a picture to a subscriber; `None`: he does not get it.
    #[must_use]
    pub fn path(&self, picture: Picture, subscriber: Number) -> Option<Path> {
        self.paths.get(&(subscriber, picture)).copied()
    }

    /// Whether a pair may try to connect directly now.
    #[must_use]
    pub fn may_connect(&self, a: Number, b: Number) -> bool {
        let (Some(one), Some(other)) = (self.members.get(&a), self.members.get(&b)) else {
            return false;
        };
        let hidden = one.hides_address || other.hides_address;
        let claimed = self.settings.policy == Policy::Adaptive
            || [one.class, other.class].contains(&Class::Public);
        let failed = self
            .pairs
            .get(&key(a, b))
            .is_some_and(|pair| matches!(pair.direct, Direct::Failed { .. }));
        a != b && !hidden && claimed && !failed
    }

    /// Plans every wanted picture; only what differs becomes a step. New ways come before old ones are given up.
    fn replan(&mut self) {
        let wanted = self.wanted();
        self.free_slots(&wanted);
        let paths: BTreeMap<_, _> = wanted
            .into_iter()
            .map(|(subscriber, picture)| ((subscriber, picture), self.choose(subscriber, picture)))
            .collect();
        let on_server: BTreeSet<_> = paths
            .iter()
            .filter(|(_, path)| matches!(path, Path::Server { .. }))
            .map(|((_, picture), _)| *picture)
            .collect();
        let begun: Vec<_> = on_server.difference(&self.on_server).copied().collect();
        let ended: Vec<_> = self.on_server.difference(&on_server).copied().collect();
        self.steps
            .extend(begun.into_iter().map(|picture| Step::ServerNeeds {
                picture,
                needed: true,
            }));
        self.push_paths(&paths);
        self.steps
            .extend(ended.into_iter().map(|picture| Step::ServerNeeds {
                picture,
                needed: false,
            }));
        (self.paths, self.on_server) = (paths, on_server);
    }

    fn push_paths(&mut self, paths: &BTreeMap<(Number, Picture), Path>) {
        let step = |(subscriber, picture): (Number, Picture), path| Step::Path {
            picture,
            subscriber,
            path,
        };
        let gone = self
            .paths
            .keys()
            .filter(|key| !paths.contains_key(*key) && self.members.contains_key(&key.0));
        self.steps.extend(gone.map(|key| step(*key, None)));
        let changed = paths
            .iter()
            .filter(|(key, path)| self.paths.get(*key) != Some(*path));
        self.steps
            .extend(changed.map(|(key, path)| step(*key, Some(*path))));
    }

    /// Every picture that is published and wanted, each subscriber's in the order of his wish.
    fn wanted(&self) -> Vec<(Number, Picture)> {
        let published = |picture: &Picture| {
            self.members
                .get(&picture.publisher)
                .is_some_and(|m| m.publishes.contains(&picture.source))
        };
        let everything = |subscriber: Number| {
            self.members
                .iter()
                .filter(move |(number, _)| **number != subscriber)
                .flat_map(|(number, member)| {
                    member.publishes.iter().map(|source| Picture {
                        publisher: *number,
                        source: *source,
                    })
                })
        };
        let mut wanted = Vec::new();
        for (subscriber, member) in &self.members {
            let mut seen = BTreeSet::new();
            let pictures: Vec<_> = match &member.wants {
                Some(pictures) => pictures.clone(),
                None => everything(*subscriber).collect(),
            };
            let pictures = pictures
                .into_iter()
                .filter(|p| p.publisher != *subscriber && published(p));
            wanted.extend(
                pictures
                    .filter(|p| seen.insert(*p))
                    .map(|p| (*subscriber, p)),
            );
        }
        wanted
    }

    fn free_slots(&mut self, wanted: &[(Number, Picture)]) {
        let wanted: BTreeSet<_> = wanted.iter().copied().collect();
        let direct: BTreeSet<_> = wanted
            .iter()
            .copied()
            .filter(|(subscriber, picture)| self.goes_direct(*subscriber, picture.publisher))
            .collect();
        for (subscriber, member) in &mut self.members {
            member.slots.retain(|_, picture| {
                let key = (*subscriber, *picture);
                wanted.contains(&key) && !direct.contains(&key)
            });
        }
    }

    fn choose(&mut self, subscriber: Number, picture: Picture) -> Path {
        if self.goes_direct(subscriber, picture.publisher) {
            return Path::Direct;
        }
        let slots = self.settings.slots;
        let Some(member) = self.members.get_mut(&subscriber) else {
            return Path::NoSlot;
        };
        let kept = member
            .slots
            .iter()
            .find(|(_, taken)| **taken == picture)
            .map(|(slot, _)| *slot);
        let free = || (0..slots).find(|slot| !member.slots.contains_key(slot));
        match kept.or_else(free) {
            Some(slot) => {
                member.slots.insert(slot, picture);
                Path::Server { slot }
            }
            None => Path::NoSlot,
        }
    }

    /// Whether the picture is left to the direct connection: it works, or it has just begun to be tried.
    fn goes_direct(&self, a: Number, b: Number) -> bool {
        let direct = self
            .pairs
            .get(&key(a, b))
            .map_or(Direct::Trying, |pair| pair.direct);
        self.may_connect(a, b) && matches!(direct, Direct::Trying | Direct::Works)
    }
}

impl Pair {
    const NEW: Self = Self {
        direct: Direct::Trying,
        backoff: Backoff::NEW,
    };

    fn report(&mut self, now: Duration, report: PairReport) {
        match (report, self.direct) {
            (PairReport::Connected, _) => {
                self.direct = Direct::Works;
                self.backoff.reset();
            }
            (PairReport::Slow, Direct::Trying) => self.direct = Direct::Slow,
            (PairReport::Failed, Direct::Trying | Direct::Slow | Direct::Works) => {
                self.direct = Direct::Failed {
                    retry: self.backoff.fail(now),
                };
            }
            _ => {}
        }
    }

    fn retry(&self) -> Option<Duration> {
        match self.direct {
            Direct::Failed { retry } => Some(retry),
            _ => None,
        }
    }
}

/// A pair is the same from both ends.
fn key(a: Number, b: Number) -> (Number, Number) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests;
