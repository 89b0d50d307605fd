//! Whatever happens in a conference of whatever size, in whatever order, the plan keeps its rules.

mod common;

use std::{collections::BTreeSet, time::Duration};

use common::{Case, at, camera, number, place, policy, standing, watcher::Paths, watcher::Watcher};
use convene_topology::{PairReport, Path, Picture, Planner, Settings, Source, Standing, Step};
use proptest::{prelude::*, sample::Index};

/// What happens; people by an index into all of them.
#[derive(Clone, Debug)]
enum Act {
    Join(Index, Standing),
    Leave(Index),
    Publish(Index, bool, bool),
    Want(Index, Option<Vec<(Index, bool)>>),
    Stand(Index, Standing),
    Report(Index, Index, PairReport),
    /// Somebody who gets a picture from a relay reports on it.
    Relayed(Index, PairReport),
    Wake,
    /// Waits until there is something to do.
    Sleep,
}

fn act() -> impl Strategy<Value = Act> {
    let who = any::<Index>;
    let wants = proptest::collection::vec((who(), proptest::bool::weighted(0.1)), 0..8);
    let report = || {
        let (slow, connected) = (PairReport::Slow, PairReport::Connected);
        prop_oneof![Just(slow), Just(connected), Just(PairReport::Failed)]
    };
    let screen = proptest::bool::weighted(0.1);
    prop_oneof![
        2 => (who(), standing(5)).prop_map(|(n, standing)| Act::Join(n, standing)),
        1 => who().prop_map(Act::Leave),
        2 => (who(), any::<bool>(), screen).prop_map(|(n, c, s)| Act::Publish(n, c, s)),
        2 => (who(), proptest::option::weighted(0.8, wants)).prop_map(|(n, w)| Act::Want(n, w)),
        2 => (who(), standing(5)).prop_map(|(n, standing)| Act::Stand(n, standing)),
        4 => (who(), who(), report()).prop_map(|(a, b, r)| Act::Report(a, b, r)),
        4 => (who(), report()).prop_map(|(n, r)| Act::Relayed(n, r)),
        1 => Just(Act::Wake),
        2 => Just(Act::Sleep),
    ]
}

/// A conference as it should be, as it is planned, and as it is seen.
struct Story {
    case: Case,
    present: BTreeSet<usize>,
    planner: Planner,
    watcher: Watcher,
    now: Duration,
    slots: usize,
    improved: Option<Duration>,
}

impl Story {
    fn new(case: Case, slots: usize) -> Self {
        let mut story = Self {
            planner: case.planner(slots),
            present: (0..case.people.len()).collect(),
            case,
            watcher: Watcher::default(),
            now: at(0),
            slots,
            improved: None,
        };
        for (a, b, report) in story.case.reports.clone() {
            story.watcher.reported(at(0), a, b, report);
        }
        story.look();
        story
    }

    fn look(&mut self) -> Vec<Step> {
        let steps = common::drain(&mut self.planner);
        for step in &steps {
            self.watcher.watch(self.now, *step);
        }
        self.watcher
            .check(self.now, &self.case, &self.planner, self.slots);
        steps
    }

    fn perform(&mut self, act: &Act) {
        let (before, sends) = (self.watcher.told.clone(), self.watcher.sends.clone());
        let touched = self.tell(act);
        let steps = self.look();
        let sends: Vec<_> = sends.union(&self.watcher.sends).copied().collect();
        let changed = changed(&before, &self.watcher.told, &sends);
        match touched {
            Some(touched) => untouched_stay(&touched, &changed),
            None => self.improves_slowly(&steps, &changed),
        }
    }

    /// Tells the planner; whose pairs may change by it, or `None` if time passes.
    fn tell(&mut self, act: &Act) -> Option<Vec<usize>> {
        let people = self.case.people.len();
        let who = |index: &Index| index.index(people);
        match act {
            Act::Join(n, standing) => self.join(who(n), *standing),
            Act::Leave(n) => self.leave(who(n)),
            Act::Publish(n, camera, screen) => self.publish(who(n), *camera, *screen),
            Act::Want(n, wants) => self.want(who(n), wants.as_deref().unwrap_or_default()),
            Act::Stand(n, standing) if self.present.contains(&who(n)) => {
                self.case.people[who(n)] = *standing;
                self.planner.stand(number(who(n)), *standing);
            }
            Act::Report(a, b, report) => {
                self.report(who(a), who(b), *report);
                return Some(vec![who(a), who(b)]);
            }
            Act::Relayed(n, report) => return Some(self.relayed(*n, *report)),
            Act::Wake => {
                self.wake(self.now);
                return None;
            }
            Act::Sleep => {
                self.wake(self.planner.deadline().unwrap_or(self.now));
                return None;
            }
            Act::Stand(..) => {}
        }
        let (Act::Join(n, _)
        | Act::Leave(n)
        | Act::Publish(n, ..)
        | Act::Want(n, _)
        | Act::Stand(n, _)) = act
        else {
            return Some(vec![]);
        };
        Some(vec![who(n)])
    }

    /// Pairs that failed and may not connect by the time their rest is over are forgotten.
    fn wake(&mut self, at: Duration) {
        self.now = self.now.max(at);
        self.planner.wake(self.now);
        for (a, b) in self.watcher.rested(self.now) {
            if !self.case.permitted(a, b) {
                self.watcher.forget(a, b);
                self.case
                    .reports
                    .retain(|(x, y, _)| (*x, *y) != (a, b) && (*y, *x) != (a, b));
            }
        }
    }

    fn join(&mut self, who: usize, standing: Standing) {
        if self.present.insert(who) {
            self.case.people[who] = standing;
            self.case.publishes[who] = vec![Source::Camera];
            self.case.wants[who] = Some(vec![]);
            self.planner.join(number(who), standing);
            self.planner.publish(number(who), [Source::Camera]);
            self.planner.want(number(who), vec![]);
        }
    }

    fn leave(&mut self, who: usize) {
        self.present.remove(&who);
        self.case.people[who] = Standing::default();
        self.case.publishes[who] = vec![];
        self.case.wants[who] = Some(vec![]);
        self.case.reports.retain(|(a, b, _)| *a != who && *b != who);
        self.watcher.left(who);
        self.planner.leave(number(who));
    }

    fn publish(&mut self, who: usize, camera: bool, screen: bool) {
        if self.present.contains(&who) {
            let sources = [(camera, Source::Camera), (screen, Source::Screen)];
            let sources = sources
                .into_iter()
                .filter(|(on, _)| *on)
                .map(|(_, source)| source);
            self.case.publishes[who] = sources.clone().collect();
            self.planner.publish(number(who), sources);
        }
    }

    fn want(&mut self, who: usize, wants: &[(Index, bool)]) {
        let people = self.case.people.len();
        let wants: Vec<_> = wants
            .iter()
            .map(|(n, screen)| Picture {
                source: if *screen {
                    Source::Screen
                } else {
                    Source::Camera
                },
                ..camera(n.index(people))
            })
            .collect();
        if self.present.contains(&who) {
            self.case.wants[who] = Some(wants.clone());
            self.planner.want(number(who), wants);
        }
    }

    fn report(&mut self, a: usize, b: usize, report: PairReport) {
        if a == b || !self.present.contains(&a) || !self.present.contains(&b) {
            return;
        }
        let of = |(x, y, _): &&(usize, usize, PairReport)| (*x, *y) == (a, b) || (*x, *y) == (b, a);
        let counts = report != PairReport::Slow || !self.case.reports.iter().any(|r| of(&r));
        if counts {
            self.case.reports.push((a, b, report));
        }
        self.watcher.reported(self.now, a, b, report);
        self.planner.report(self.now, number(a), number(b), report);
    }

    fn relayed(&mut self, which: Index, report: PairReport) -> Vec<usize> {
        let sends = self.watcher.sends.iter();
        let relayed: Vec<_> = sends
            .filter(|(from, p, _)| *from != place(p.publisher))
            .copied()
            .collect();
        if relayed.is_empty() {
            return vec![];
        }
        let (relay, picture, to) = *which.get(&relayed);
        self.watcher.relay_reported(self.now, to, relay, report);
        self.planner
            .report_relay(self.now, number(to), number(relay), picture, report);
        vec![relay, to]
    }

    /// Of itself the plan moves one pair in ten seconds.
    fn improves_slowly(&mut self, steps: &[Step], changed: &[Changed]) {
        let only = changed
            .iter()
            .filter(|changed| !changed.for_want_of_slots)
            .count();
        assert!(only <= 1, "{changed:?}");
        if steps.iter().any(|step| !matches!(step, Step::Retry { .. })) {
            let since = self.improved.map(|last| self.now - last);
            assert!(since.is_none_or(|since| since >= at(10)), "after {since:?}");
            self.improved = Some(self.now);
        }
    }
}

#[derive(Debug)]
struct Changed {
    ends: [usize; 2],
    /// Who sent it, sends it or gets ready to.
    senders: Vec<usize>,
    for_want_of_slots: bool,
}

/// `sends`: before or after.
fn changed(before: &Paths, after: &Paths, sends: &[(usize, Picture, usize)]) -> Vec<Changed> {
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = keys.into_iter().filter_map(|key| {
        let paths = [before.get(key), after.get(key)];
        let his = sends
            .iter()
            .filter(|(_, picture, to)| (to, picture) == (&key.0, &key.1));
        let senders = his.map(|(from, ..)| *from);
        let by_slot =
            |path: &Option<&Path>| matches!(path, Some(Path::NoSlot | Path::Server { .. }));
        (paths[0] != paths[1]).then(|| Changed {
            ends: [key.0, place(key.1.publisher)],
            senders: senders.collect(),
            for_want_of_slots: paths.contains(&Some(&Path::NoSlot)) && paths.iter().all(by_slot),
        })
    });
    changed.collect()
}

/// Whatever changed has to do with one of these.
fn untouched_stay(touched: &[usize], changed: &[Changed]) {
    for change in changed.iter().filter(|changed| !changed.for_want_of_slots) {
        let mut concerns = change.ends.iter().chain(&change.senders);
        assert!(
            concerns.any(|who| touched.contains(who)),
            "{change:?} by {touched:?}"
        );
    }
}

fn case(people: impl Strategy<Value = usize>) -> impl Strategy<Value = Case> {
    let uplink = prop_oneof![Just(3), Just(12)];
    let case = |(people, uplink): (usize, u32)| {
        let wants = proptest::collection::vec(0..people, 0..=12);
        let report = prop_oneof![
            2 => Just(PairReport::Connected),
            3 => Just(PairReport::Failed),
            1 => Just(PairReport::Slow),
        ];
        let reports = proptest::collection::vec((0..people, 0..people, report), 0..people * 3);
        (
            policy(),
            proptest::collection::vec(standing(uplink), people),
            proptest::collection::vec(wants, people),
            reports,
        )
    };
    (people, uplink)
        .prop_flat_map(case)
        .prop_map(|(policy, people, wants, mut reports)| {
            let mut known = BTreeSet::new();
            reports.retain(|(a, b, _)| a != b && known.insert((*a.min(b), *a.max(b))));
            Case {
                policy,
                publishes: vec![vec![Source::Camera]; people.len()],
                wants: wants
                    .into_iter()
                    .map(|wants| Some(wants.into_iter().map(camera).collect()))
                    .collect(),
                people,
                reports,
            }
        })
}

fn any_story(case: Case, slots: usize, acts: &[(Act, u64)]) {
    let mut story = Story::new(case, slots);
    for (act, pause) in acts {
        story.now += at(*pause);
        story.perform(act);
    }
}

fn acts(most: usize) -> impl Strategy<Value = Vec<(Act, u64)>> {
    proptest::collection::vec((act(), 0_u64..8), 1..most)
}

proptest! {
    #![proptest_config(common::cases(5_000))]

    #[test]
    fn a_small_conference_keeps_the_rules(
        case in case(1_usize..10),
        slots in prop_oneof![0_usize..4, Just(usize::MAX)],
        acts in acts(60),
    ) {
        any_story(case, slots, &acts);
    }
}

proptest! {
    #![proptest_config(common::cases(200))]

    #[test]
    fn a_conference_of_any_size_keeps_the_rules(
        case in case(10_usize..=200),
        slots in prop_oneof![0_usize..12, Just(usize::MAX)],
        acts in acts(30),
    ) {
        any_story(case, slots, &acts);
    }

    #[test]
    fn the_same_story_makes_the_same_plan(case in case(1_usize..40), acts in acts(40)) {
        let run = || {
            let mut story = Story::new(case.clone(), 3);
            for (act, pause) in &acts {
                story.now += at(*pause);
                story.perform(act);
            }
            (story.planner, story.watcher.told)
        };
        prop_assert!(run() == run());
    }
}

#[test]
fn who_is_not_in_is_not_planned_for() {
    let mut planner = Planner::new(Settings {
        policy: Default::default(),
        slots: 3,
    });
    planner.publish(number(1), [Source::Camera]);
    planner.stand(number(1), Standing::default());
    planner.want(number(1), vec![camera(0)]);
    planner.report(at(0), number(0), number(1), PairReport::Failed);
    planner.report_relay(at(0), number(0), number(1), camera(2), PairReport::Failed);
    planner.leave(number(1));
    assert_eq!((planner.poll(), planner.deadline()), (None, None));
}
