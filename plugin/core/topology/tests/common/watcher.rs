//! What can be seen of a plan from outside, and the rules it has to keep, step by step and whenever all steps are done.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use convene_topology::{Number, PairReport, Path, Picture, Planner, Step, Why};

use super::{Case, number, place};

pub type Paths = BTreeMap<(usize, Picture), Path>;

/// A rest of something that failed.
#[derive(Clone, Copy, Default)]
struct Rest {
    until: Duration,
    failures: u32,
}

impl Rest {
    fn fail(&mut self, now: Duration) {
        self.until = now + Duration::from_secs((10 << self.failures.min(5)).min(300));
        self.failures += 1;
    }
}

#[derive(Default)]
pub struct Watcher {
    pub told: Paths,
    pub sends: BTreeSet<(usize, Picture, usize)>,
    needed: BTreeSet<Picture>,
    /// Pairs that failed and have not been tried again.
    failed: BTreeMap<(usize, usize), Rest>,
    /// What is known of how often pairs failed.
    pairs: BTreeMap<(usize, usize), Rest>,
    /// By relay and subscriber.
    stalls: BTreeMap<(usize, usize), Rest>,
}

impl Watcher {
    /// A pair reports, in words that count.
    pub fn reported(&mut self, now: Duration, a: usize, b: usize, report: PairReport) {
        let key = (a.min(b), a.max(b));
        match report {
            PairReport::Connected => {
                self.failed.remove(&key);
                self.pairs.remove(&key);
            }
            PairReport::Failed if !self.failed.contains_key(&key) => {
                let rest = self.pairs.entry(key).or_default();
                rest.fail(now);
                self.failed.insert(key, *rest);
            }
            _ => {}
        }
    }

    /// A subscriber reports on a relay who sends him that picture.
    pub fn relay_reported(&mut self, now: Duration, to: usize, relay: usize, report: PairReport) {
        match report {
            PairReport::Connected => drop(self.stalls.remove(&(relay, to))),
            PairReport::Failed => {
                let rest = self.stalls.entry((relay, to)).or_default();
                if rest.until <= now {
                    rest.fail(now);
                }
            }
            PairReport::Slow => {}
        }
    }

    pub fn left(&mut self, who: usize) {
        self.told.retain(|(to, _), _| *to != who);
        self.sends
            .retain(|(from, _, to)| *from != who && *to != who);
        for rests in [&mut self.failed, &mut self.pairs, &mut self.stalls] {
            rests.retain(|(a, b), _| *a != who && *b != who);
        }
    }

    /// The pairs whose rest is over.
    pub fn rested(&self, now: Duration) -> Vec<(usize, usize)> {
        let rested = self.failed.iter().filter(|(_, rest)| rest.until <= now);
        rested.map(|(pair, _)| *pair).collect()
    }

    pub fn forget(&mut self, a: usize, b: usize) {
        self.failed.remove(&(a, b));
        self.pairs.remove(&(a, b));
    }

    pub fn watch(&mut self, now: Duration, step: Step) {
        match step {
            Step::Path {
                picture,
                subscriber,
                path: Some(path),
            } => {
                self.leads_somewhere(picture, place(subscriber), path);
                self.told.insert((place(subscriber), picture), path);
            }
            Step::Path {
                picture,
                subscriber,
                path: None,
            } => {
                let gone = self.told.remove(&(place(subscriber), picture));
                assert!(gone.is_some(), "{subscriber:?} never had {picture:?}");
            }
            Step::Send {
                picture,
                sender,
                to,
                on: true,
            } => {
                let fed = sender == picture.publisher
                    || self
                        .sends
                        .contains(&(place(picture.publisher), picture, place(sender)));
                assert!(
                    fed,
                    "{sender:?} is to send {picture:?} and does not have it"
                );
                assert!(self.sends.insert((place(sender), picture, place(to))));
            }
            Step::Send {
                picture,
                sender,
                to,
                on: false,
            } => self.stops(sender, picture, to),
            Step::ServerNeeds {
                picture,
                needed: true,
            } => assert!(self.needed.insert(picture)),
            Step::ServerNeeds {
                picture,
                needed: false,
            } => {
                assert!(self.needed.remove(&picture));
                let seen = self
                    .told
                    .iter()
                    .any(|((_, of), path)| *of == picture && is_server(*path));
                assert!(!seen, "{picture:?} is still seen by the server");
            }
            Step::Retry { a, b } => {
                let rest = self
                    .failed
                    .remove(&(place(a), place(b)))
                    .unwrap_or_default();
                assert!(
                    now >= rest.until,
                    "tried again at {now:?} instead of {:?}",
                    rest.until
                );
            }
        }
    }

    /// A path is told when all that it needs is there.
    fn leads_somewhere(&self, picture: Picture, to: usize, path: Path) {
        let publisher = place(picture.publisher);
        let sent = |from, to| self.sends.contains(&(from, picture, to));
        let there = match path {
            Path::Direct => sent(publisher, to),
            Path::Peer(relay) => sent(publisher, place(relay)) && sent(place(relay), to),
            Path::Server { .. } => self.needed.contains(&picture),
            Path::NoSlot => true,
        };
        assert!(there, "{path:?} of {picture:?} to {to} leads nowhere");
    }

    fn stops(&mut self, sender: Number, picture: Picture, to: Number) {
        let send = (place(sender), picture, place(to));
        assert!(self.sends.remove(&send), "{send:?} never began");
        let used = self.told.iter().any(|((viewer, of), path)| {
            let direct = *path == Path::Direct && place(picture.publisher) == send.0;
            let relayed = *path == Path::Peer(sender);
            *of == picture && *viewer == send.2 && (direct || relayed)
        });
        assert!(!used, "{send:?} stops and is still seen");
    }

    /// All steps are done.
    pub fn check(&self, now: Duration, case: &Case, planner: &Planner, slots: usize) {
        let wanted = case.wanted();
        assert_eq!(
            self.told.len(),
            wanted.len(),
            "a path for each wanted pair and no other"
        );
        for (picture, to) in wanted {
            let path = planner.path(picture, number(to));
            assert_eq!(
                self.told.get(&(to, picture)).copied(),
                path,
                "what was told is the plan"
            );
            self.keeps_the_rules(case, picture, to, path.expect("a path"));
            agrees(path, planner.why(picture, number(to)).expect("a reason"));
        }
        self.keeps_uplinks(now, case);
        self.keeps_slots(slots);
    }

    fn keeps_the_rules(&self, case: &Case, picture: Picture, to: usize, path: Path) {
        let publisher = place(picture.publisher);
        match path {
            Path::Direct => assert!(
                case.connects(publisher, to),
                "{publisher} and {to} do not connect"
            ),
            Path::Peer(relay) => {
                let relay = place(relay);
                assert!(
                    case.goes_through(publisher, relay, to),
                    "{publisher} {relay} {to}"
                );
                let own = self.told.get(&(relay, picture));
                assert!(
                    own.is_none_or(|own| *own == Path::Direct),
                    "a relay sees it by {own:?}"
                );
            }
            Path::Server { .. } | Path::NoSlot => {}
        }
    }

    fn keeps_uplinks(&self, now: Duration, case: &Case) {
        let mut loads: BTreeMap<usize, usize> = BTreeMap::new();
        for (from, picture, to) in &self.sends {
            *loads.entry(*from).or_default() += 1;
            let rest = self
                .stalls
                .get(&(*from, *to))
                .filter(|_| *from != place(picture.publisher));
            let rested = rest.is_none_or(|rest| rest.until <= now);
            assert!(rested, "{from} was to rest for {to}");
        }
        for (from, load) in loads {
            assert!(
                load <= case.budget(from),
                "{from} sends {load} of {}",
                case.budget(from)
            );
        }
    }

    fn keeps_slots(&self, slots: usize) {
        let mut used = BTreeSet::new();
        let mut seen = BTreeSet::new();
        for ((to, picture), path) in &self.told {
            if let Path::Server { slot } = path {
                assert!(
                    *slot < slots && used.insert((to, slot)),
                    "slot {slot} of {to}"
                );
                seen.insert(*picture);
            }
        }
        assert_eq!(
            self.needed, seen,
            "asked of the publishers is what somebody sees by the server"
        );
    }
}

fn is_server(path: Path) -> bool {
    matches!(path, Path::Server { .. })
}

/// The reason fits the path.
fn agrees(path: Option<Path>, why: Why) {
    let fits = match why {
        Why::Connected => path == Some(Path::Direct),
        Why::Trying => true,
        Why::BothPrivate | Why::NotConnected => matches!(path, Some(Path::Peer(_))),
        Why::UplinkSpent => path != Some(Path::Direct),
        Why::RelayLost | Why::NoCommonWay | Why::HidesAddress => {
            matches!(path, Some(Path::Server { .. } | Path::NoSlot))
        }
    };
    assert!(fits, "{path:?} because of {why:?}");
}
