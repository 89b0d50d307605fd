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

/// The paths of one subscriber's pictures.
type Plan = BTreeMap<Picture, Path>;

/// The plan of one conference.
///
/// A change plans anew only for those subscribers whom it can concern: when everyone reports on everyone, the work
/// grows with the number of pairs and not with its square.
///
/// `handle` its inputs by name, then `poll` until there is no step left; call [`Planner::wake`] at [`Planner::deadline`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Planner {
    settings: Settings,
    members: BTreeMap<Number, Member>,
    pairs: BTreeMap<(Number, Number), Pair>,
    /// Each subscriber's pictures.
    paths: BTreeMap<Number, Plan>,
    /// How many subscribers see each picture by the server; nobody: no entry.
    on_server: BTreeMap<Picture, usize>,
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
            on_server: BTreeMap::new(),
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
        self.replan([number]);
    }

    /// Somebody left; his pairs are forgotten.
    pub fn leave(&mut self, number: Number) {
        self.members.remove(&number);
        self.pairs.retain(|(a, b), _| *a != number && *b != number);
        self.replan_all();
        self.replan([number]);
    }

    /// What somebody publishes now.
    pub fn publish(&mut self, number: Number, sources: impl IntoIterator<Item = Source>) {
        if let Some(member) = self.members.get_mut(&number) {
            member.publishes = sources.into_iter().collect();
            self.replan_all();
        }
    }

    /// Which pictures somebody wants, the most wanted first; naming one twice changes nothing.
    pub fn want(&mut self, number: Number, pictures: Vec<Picture>) {
        if let Some(member) = self.members.get_mut(&number) {
            let mut seen = BTreeSet::new();
            let pictures = pictures.into_iter().filter(|picture| seen.insert(*picture));
            member.wants = Some(pictures.collect());
            self.replan([number]);
        }
    }

    /// Where somebody stands became known.
    pub fn classify(&mut self, number: Number, class: Class) {
        if let Some(member) = self.members.get_mut(&number) {
            member.class = class;
            self.replan_all();
        }
    }

    /// One of a pair reports how their connection fares.
    pub fn report(&mut self, now: Duration, from: Number, peer: Number, report: PairReport) {
        if from == peer || !self.members.contains_key(&from) || !self.members.contains_key(&peer) {
            return;
        }
        let pair = self.pairs.entry(key(from, peer)).or_insert(Pair::NEW);
        pair.report(now, report);
        self.replan([from, peer]);
    }

    /// When [`Planner::wake`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.pairs.values().filter_map(|pair| pair.retry()).min()
    }

    /// Lets pairs whose time has come try again, while the server goes on showing their pictures. A pair that may not
    /// connect by then is forgotten instead: it begins anew if it ever may.
    pub fn wake(&mut self, now: Duration) {
        let due = |pair: &Pair| pair.retry().is_some_and(|at| at <= now);
        let due: Vec<_> = self
            .pairs
            .iter()
            .filter(|(_, pair)| due(pair))
            .map(|(key, _)| *key)
            .collect();
        for (a, b) in &due {
            self.retry(*a, *b);
        }
        self.replan(due.into_iter().flat_map(|(a, b)| [a, b]));
    }

    /// The next step.
    pub fn poll(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// The path of a picture to a subscriber; `None`: he does not get it.
    #[must_use]
    pub fn path(&self, picture: Picture, subscriber: Number) -> Option<Path> {
        self.paths.get(&subscriber)?.get(&picture).copied()
    }

    /// Whether a pair may try to connect directly now.
    #[must_use]
    pub fn may_connect(&self, a: Number, b: Number) -> bool {
        let failed = self
            .pairs
            .get(&key(a, b))
            .is_some_and(|pair| matches!(pair.direct, Direct::Failed { .. }));
        self.permitted(a, b) && !failed
    }

    /// Whether the policy and the wishes of both let them connect at all.
    fn permitted(&self, a: Number, b: Number) -> bool {
        let (Some(one), Some(other)) = (self.members.get(&a), self.members.get(&b)) else {
            return false;
        };
        let hidden = one.hides_address || other.hides_address;
        let claimed = self.settings.policy == Policy::Adaptive
            || [one.class, other.class].contains(&Class::Public);
        a != b && !hidden && claimed
    }

    fn retry(&mut self, a: Number, b: Number) {
        if !self.permitted(a, b) {
            self.pairs.remove(&(a, b));
        } else if let Some(pair) = self.pairs.get_mut(&(a, b)) {
            pair.direct = Direct::Slow;
            self.steps.push_back(Step::Retry { a, b });
        }
    }

    fn replan_all(&mut self) {
        self.replan(self.members.keys().copied().collect::<Vec<_>>());
    }

    /// Plans what these subscribers want; only what differs becomes a step. A picture is asked of its publisher before
    /// anyone is sent to the server for it, and let go after all have left it.
    fn replan(&mut self, subscribers: impl IntoIterator<Item = Number>) {
        let mut was_needed = BTreeMap::new();
        let mut paths = Vec::new();
        for subscriber in subscribers.into_iter().collect::<BTreeSet<_>>() {
            let plan = self.plan(subscriber);
            let old = self.paths.remove(&subscriber).unwrap_or_default();
            self.count(&old, &plan, &mut was_needed);
            if self.members.contains_key(&subscriber) {
                paths.extend(changes(subscriber, &old, &plan));
                self.paths.insert(subscriber, plan);
            }
        }
        let needed = |picture| self.on_server.contains_key(picture);
        let turned = |to: bool| {
            was_needed
                .iter()
                .filter(move |(picture, was)| **was != to && needed(picture) == to)
                .map(move |(picture, _)| Step::ServerNeeds {
                    picture: *picture,
                    needed: to,
                })
        };
        self.steps
            .extend(turned(true).chain(paths).chain(turned(false)));
    }

    /// Counts who sees what by the server, and notes of each picture that is concerned whether anyone did before.
    fn count(&mut self, old: &Plan, new: &Plan, was_needed: &mut BTreeMap<Picture, bool>) {
        for picture in by_server(old).chain(by_server(new)) {
            let needed = self.on_server.contains_key(picture);
            was_needed.entry(*picture).or_insert(needed);
        }
        for picture in by_server(new) {
            *self.on_server.entry(*picture).or_default() += 1;
        }
        for picture in by_server(old) {
            if let Some(subscribers) = self.on_server.get_mut(picture) {
                *subscribers -= 1;
            }
        }
        self.on_server.retain(|_, subscribers| *subscribers > 0);
    }

    /// One path for every picture that is published and wanted. Those that need the server get slots in the order of
    /// the subscriber's wish; whichever keeps a slot keeps the same one.
    fn plan(&self, subscriber: Number) -> Plan {
        let (direct, rest): (Vec<_>, Vec<_>) = self
            .wanted(subscriber)
            .into_iter()
            .partition(|picture| self.goes_direct(subscriber, picture.publisher));
        let (shown, left_out) = rest.split_at(rest.len().min(self.settings.slots));
        let kept: BTreeMap<_, _> = shown
            .iter()
            .filter_map(|picture| Some((*picture, self.slot(*picture, subscriber)?)))
            .collect();
        let taken: BTreeSet<_> = kept.values().copied().collect();
        let mut free = (0..self.settings.slots).filter(|slot| !taken.contains(slot));
        let mut in_slot = |picture: &Picture| {
            let slot = kept.get(picture).copied().or_else(|| free.next());
            slot.map_or(Path::NoSlot, |slot| Path::Server { slot })
        };
        let direct = direct.into_iter().map(|picture| (picture, Path::Direct));
        let left_out = left_out.iter().map(|picture| (*picture, Path::NoSlot));
        let shown = shown.iter().map(|picture| (*picture, in_slot(picture)));
        direct.chain(shown).chain(left_out).collect()
    }

    /// The slot a picture has by now.
    fn slot(&self, picture: Picture, subscriber: Number) -> Option<usize> {
        match self.path(picture, subscriber)? {
            Path::Server { slot } => Some(slot),
            Path::Direct | Path::Peer(_) | Path::NoSlot => None,
        }
    }

    /// Every picture that is published and wanted, in the order of the subscriber's wish.
    fn wanted(&self, subscriber: Number) -> Vec<Picture> {
        let Some(member) = self.members.get(&subscriber) else {
            return Vec::new();
        };
        let published = |picture: &Picture| {
            self.members
                .get(&picture.publisher)
                .is_some_and(|m| m.publishes.contains(&picture.source))
        };
        let others = |picture: &Picture| picture.publisher != subscriber;
        match &member.wants {
            Some(wants) => wants
                .iter()
                .copied()
                .filter(|picture| others(picture) && published(picture))
                .collect(),
            None => self.published().filter(others).collect(),
        }
    }

    fn published(&self) -> impl Iterator<Item = Picture> {
        self.members.iter().flat_map(|(number, member)| {
            member.publishes.iter().map(|source| Picture {
                publisher: *number,
                source: *source,
            })
        })
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

fn by_server(plan: &Plan) -> impl Iterator<Item = &Picture> {
    plan.iter()
        .filter(|(_, path)| matches!(path, Path::Server { .. }))
        .map(|(picture, _)| picture)
}

/// What a subscriber has to be told: whatever leaves a slot comes before whatever takes one.
fn changes(subscriber: Number, old: &Plan, new: &Plan) -> Vec<Step> {
    let step = |picture: &Picture, path| Step::Path {
        picture: *picture,
        subscriber,
        path,
    };
    let gone = old.keys().filter(|picture| !new.contains_key(picture));
    let gone = gone.map(|picture| step(picture, None));
    let changed = new
        .iter()
        .filter(|(picture, path)| old.get(picture) != Some(path));
    let (taking, leaving): (Vec<_>, Vec<_>) =
        changed.partition(|(_, path)| matches!(path, Path::Server { .. }));
    let changed = leaving.into_iter().chain(taking);
    let changed = changed.map(|(picture, path)| step(picture, Some(*path)));
    gone.chain(changed).collect()
}

/// A pair is the same from both ends.
fn key(a: Number, b: Number) -> (Number, Number) {
    (a.min(b), a.max(b))
}

#[cfg(test)]
mod tests;
