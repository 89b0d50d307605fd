use proptest::prelude::*;

use super::*;

const A: Number = Number(1);
const B: Number = Number(2);
const C: Number = Number(3);

fn camera(publisher: Number) -> Picture {
    Picture {
        publisher,
        source: Source::Camera,
    }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn planner(policy: Policy, slots: usize, people: &[Number]) -> Planner {
    let mut planner = Planner::new(Settings { policy, slots });
    for number in people {
        planner.join(*number, false);
        planner.publish(*number, [Source::Camera]);
    }
    drain(&mut planner);
    planner
}

fn drain(planner: &mut Planner) -> Vec<Step> {
    std::iter::from_fn(|| planner.poll()).collect()
}

#[test]
fn everyone_begins_directly() {
    let planner = planner(Policy::Adaptive, 12, &[A, B, C]);
    for (subscriber, publisher) in [(A, B), (B, A), (A, C), (C, A), (B, C), (C, B)] {
        assert_eq!(
            planner.path(camera(publisher), subscriber),
            Some(Path::Direct)
        );
    }
    assert_eq!(planner.path(camera(A), A), None);
}

#[test]
fn a_slow_pair_sees_by_the_server_until_it_connects() {
    let mut planner = planner(Policy::Adaptive, 12, &[A, B, C]);
    planner.report(at(1), B, A, PairReport::Slow);
    let server = |subscriber, publisher| Step::Path {
        picture: camera(publisher),
        subscriber,
        path: Some(Path::Server { slot: 0 }),
    };
    let needs = |publisher, needed| Step::ServerNeeds {
        picture: camera(publisher),
        needed,
    };
    assert_eq!(
        drain(&mut planner),
        [needs(A, true), needs(B, true), server(A, B), server(B, A)]
    );
    planner.report(at(1), A, B, PairReport::Slow);
    assert_eq!(drain(&mut planner), [], "the other end says the same");
    planner.report(at(2), A, B, PairReport::Connected);
    let direct = |subscriber, publisher| Step::Path {
        picture: camera(publisher),
        subscriber,
        path: Some(Path::Direct),
    };
    assert_eq!(
        drain(&mut planner),
        [direct(A, B), direct(B, A), needs(A, false), needs(B, false)]
    );
}

#[test]
fn a_failed_pair_is_tried_again_after_its_back_off_and_no_sooner() {
    let mut planner = planner(Policy::Adaptive, 12, &[A, B]);
    planner.report(at(0), A, B, PairReport::Failed);
    drain(&mut planner);
    assert!(!planner.may_connect(A, B));
    assert_eq!(planner.deadline(), Some(at(10)));
    planner.wake(at(9));
    assert_eq!(drain(&mut planner), []);
    planner.wake(at(10));
    assert_eq!(drain(&mut planner), [Step::Retry { a: A, b: B }]);
    assert_eq!(
        planner.path(camera(A), B),
        Some(Path::Server { slot: 0 }),
        "shown meanwhile"
    );
    planner.report(at(11), A, B, PairReport::Failed);
    assert_eq!(planner.deadline(), Some(at(31)));
}

#[test]
fn claimed_pairs_need_somebody_public() {
    let mut planner = planner(Policy::Claimed, 12, &[A, B, C]);
    for (number, class) in [(A, Class::Public), (B, Class::Private), (C, Class::Private)] {
        planner.classify(number, class);
    }
    assert_eq!(planner.path(camera(A), B), Some(Path::Direct));
    assert_eq!(planner.path(camera(C), A), Some(Path::Direct));
    assert!(matches!(
        planner.path(camera(C), B),
        Some(Path::Server { .. })
    ));
}

#[test]
fn who_hides_his_address_is_reached_by_the_server_only() {
    let mut planner = planner(Policy::Adaptive, 12, &[A, B]);
    planner.join(C, true);
    planner.publish(C, [Source::Camera]);
    assert!(!planner.may_connect(A, C));
    assert_eq!(planner.path(camera(C), A), Some(Path::Server { slot: 0 }));
    assert_eq!(planner.path(camera(A), B), Some(Path::Direct));
}

#[test]
fn the_most_wanted_pictures_get_the_slots() {
    let mut planner = planner(Policy::Adaptive, 1, &[A, B, C]);
    planner.report(at(0), A, B, PairReport::Failed);
    planner.report(at(0), A, C, PairReport::Failed);
    drain(&mut planner);
    assert_eq!(planner.path(camera(C), A), Some(Path::NoSlot));
    planner.want(A, vec![camera(C), camera(B), camera(C)]);
    let step = |publisher, path| Step::Path {
        picture: camera(publisher),
        subscriber: A,
        path,
    };
    let needs = |publisher, needed| Step::ServerNeeds {
        picture: camera(publisher),
        needed,
    };
    assert_eq!(
        drain(&mut planner),
        [
            needs(C, true),
            step(B, Some(Path::NoSlot)),
            step(C, Some(Path::Server { slot: 0 })),
            needs(B, false),
        ]
    );
    planner.want(A, vec![camera(B)]);
    assert_eq!(planner.path(camera(C), A), None);
    assert_eq!(planner.path(camera(B), A), Some(Path::Server { slot: 0 }));
}

#[test]
fn a_picture_keeps_its_slot_whatever_comes_and_goes() {
    let mut planner = planner(Policy::Adaptive, 2, &[A, B, C]);
    planner.report(at(0), A, B, PairReport::Failed);
    planner.report(at(0), A, C, PairReport::Failed);
    let slot_of_c = Some(Path::Server { slot: 1 });
    assert_eq!(planner.path(camera(C), A), slot_of_c);
    planner.want(A, vec![camera(C), camera(B)]);
    assert_eq!(planner.path(camera(C), A), slot_of_c, "the order changed");
    planner.report(at(1), A, B, PairReport::Connected);
    assert_eq!(planner.path(camera(C), A), slot_of_c, "slot 0 is free");
}

#[test]
fn who_may_not_connect_is_never_told_to_try_again() {
    let mut hidden = planner(Policy::Adaptive, 12, &[A]);
    hidden.join(B, true);
    let mut claimed = planner(Policy::Claimed, 12, &[A, B]);
    for planner in [&mut hidden, &mut claimed] {
        planner.report(at(0), A, B, PairReport::Failed);
        drain(planner);
        planner.wake(at(10));
        assert_eq!(drain(planner), []);
    }
}

#[derive(Clone, Debug)]
enum Act {
    Join(u32, bool),
    Leave(u32),
    Publish(u32, bool, bool),
    Want(u32, Vec<(u32, bool)>),
    Report(u32, u32, u8),
    Wake,
}

fn act() -> impl Strategy<Value = Act> {
    let n = 1_u32..6;
    prop_oneof![
        3 => (n.clone(), proptest::bool::weighted(0.1)).prop_map(|(n, hides)| Act::Join(n, hides)),
        1 => n.clone().prop_map(Act::Leave),
        3 => (n.clone(), any::<bool>(), any::<bool>()).prop_map(|(n, c, s)| Act::Publish(n, c, s)),
        2 => (n.clone(), proptest::collection::vec((1_u32..6, any::<bool>()), 0..6)).prop_map(|(n, w)| Act::Want(n, w)),
        4 => (n.clone(), n, 0_u8..3).prop_map(|(a, b, r)| Act::Report(a, b, r)),
        1 => Just(Act::Wake),
    ]
}

fn source(screen: bool) -> Source {
    if screen {
        Source::Screen
    } else {
        Source::Camera
    }
}

fn perform(planner: &mut Planner, now: Duration, act: &Act) {
    match act {
        Act::Join(n, hides) => planner.join(Number(*n), *hides),
        Act::Leave(n) => planner.leave(Number(*n)),
        Act::Publish(n, camera, screen) => {
            let sources = [(*camera, Source::Camera), (*screen, Source::Screen)];
            planner.publish(
                Number(*n),
                sources.into_iter().filter(|(on, _)| *on).map(|(_, s)| s),
            );
        }
        Act::Want(n, wants) => {
            let pictures = wants.iter().map(|(n, s)| Picture {
                publisher: Number(*n),
                source: source(*s),
            });
            planner.want(Number(*n), pictures.collect());
        }
        Act::Report(a, b, report) => {
            let report =
                [PairReport::Slow, PairReport::Connected, PairReport::Failed][usize::from(*report)];
            planner.report(now, Number(*a), Number(*b), report);
        }
        Act::Wake => planner.wake(now),
    }
}

fn paths(planner: &Planner) -> BTreeMap<(Number, Picture), Path> {
    let plans = planner.paths.iter();
    plans
        .flat_map(|(s, plan)| plan.iter().map(|(picture, path)| ((*s, *picture), *path)))
        .collect()
}

/// The rules again, as sets: who is there, who publishes and wants what, which pairs the server stands in for.
#[derive(Default)]
struct Reference {
    members: BTreeSet<Number>,
    hidden: BTreeSet<Number>,
    published: BTreeSet<Picture>,
    wants: BTreeMap<Number, Vec<Picture>>,
    works: BTreeSet<(Number, Number)>,
    off: BTreeSet<(Number, Number)>,
    /// When the pairs that rest failed, and for how long they must rest.
    failed: BTreeMap<(Number, Number), (Duration, Duration)>,
    failures: BTreeMap<(Number, Number), u32>,
}

impl Reference {
    fn perform(&mut self, now: Duration, act: &Act) {
        match act {
            Act::Join(n, hides) if self.members.insert(Number(*n)) && *hides => {
                self.hidden.insert(Number(*n));
            }
            Act::Leave(n) => self.leave(Number(*n)),
            Act::Publish(n, camera, screen) if self.members.contains(&Number(*n)) => {
                for (on, screen) in [(camera, false), (screen, true)] {
                    let picture = picture(*n, screen);
                    self.published.remove(&picture);
                    self.published.extend(on.then_some(picture));
                }
            }
            Act::Want(n, wants) if self.members.contains(&Number(*n)) => {
                let wants = wants.iter().map(|(n, screen)| picture(*n, *screen));
                self.wants.insert(Number(*n), wants.collect());
            }
            Act::Report(a, b, report)
                if a != b && [a, b].iter().all(|n| self.members.contains(&Number(**n))) =>
            {
                self.report(now, key(Number(*a), Number(*b)), *report);
            }
            _ => {}
        }
    }

    fn leave(&mut self, number: Number) {
        let stays = |pair: &(Number, Number)| pair.0 != number && pair.1 != number;
        self.members.remove(&number);
        self.hidden.remove(&number);
        self.published.retain(|picture| picture.publisher != number);
        self.wants.remove(&number);
        self.works.retain(stays);
        self.off.retain(stays);
        self.failed.retain(|pair, _| stays(pair));
        self.failures.retain(|pair, _| stays(pair));
    }

    fn report(&mut self, now: Duration, pair: (Number, Number), report: u8) {
        match report {
            0 if !self.works.contains(&pair) => drop(self.off.insert(pair)),
            1 => {
                self.works.insert(pair);
                self.off.remove(&pair);
                self.failed.remove(&pair);
                self.failures.remove(&pair);
            }
            2 if !self.failed.contains_key(&pair) => {
                let failures = self.failures.entry(pair).or_default();
                let rest = at((10 << *failures).min(300));
                *failures += 1;
                self.failed.insert(pair, (now, rest));
                self.works.remove(&pair);
                self.off.insert(pair);
            }
            _ => {}
        }
    }

    /// Which of his pictures go directly, which by the server and which nowhere, without the slots' numbers.
    fn plan(&self, subscriber: Number, slots: usize) -> BTreeMap<Picture, &'static str> {
        let mut plan = BTreeMap::new();
        let mut free = slots;
        let everything = || self.published.iter().copied().collect();
        let wants = self.wants.get(&subscriber).cloned();
        for picture in wants.unwrap_or_else(everything) {
            let publisher = picture.publisher;
            let counts = publisher != subscriber && self.published.contains(&picture);
            if !counts || plan.contains_key(&picture) {
                continue;
            }
            let hidden = [publisher, subscriber]
                .iter()
                .any(|n| self.hidden.contains(n));
            let by_server = hidden || self.off.contains(&key(publisher, subscriber));
            let path = match (by_server, free) {
                (false, _) => "direct",
                (true, 0) => "no slot",
                (true, _) => "server",
            };
            free -= usize::from(path == "server");
            plan.insert(picture, path);
        }
        plan
    }
}

fn picture(publisher: u32, screen: bool) -> Picture {
    Picture {
        publisher: Number(publisher),
        source: source(screen),
    }
}

fn kind(path: Path) -> &'static str {
    match path {
        Path::Direct => "direct",
        Path::Peer(_) => "peer",
        Path::Server { .. } => "server",
        Path::NoSlot => "no slot",
    }
}

proptest! {
    #[test]
    fn any_story_ends_as_the_sets_say(acts in proptest::collection::vec(act(), 1..60), slots in 0_usize..4) {
        let mut planner = Planner::new(Settings { policy: Policy::Adaptive, slots });
        let mut reference = Reference::default();
        for (step, act) in acts.iter().enumerate() {
            let now = at(7 * step as u64);
            perform(&mut planner, now, act);
            reference.perform(now, act);
            for step in drain(&mut planner) {
                if let Step::Retry { a, b } = step {
                    prop_assert!(!reference.hidden.contains(&a) && !reference.hidden.contains(&b));
                    let (failed, rest) = reference.failed.remove(&(a, b)).expect("only what failed is tried again");
                    prop_assert!(now >= failed + rest, "tried again after {:?} instead of {rest:?}", now - failed);
                }
            }
            for subscriber in &reference.members {
                let plan = planner.paths.get(subscriber).cloned().unwrap_or_default();
                let plan: BTreeMap<_, _> = plan.into_iter().map(|(picture, path)| (picture, kind(path))).collect();
                prop_assert_eq!(plan, reference.plan(*subscriber, slots));
            }
        }
    }

    #[test]
    fn any_story_keeps_the_rules(acts in proptest::collection::vec(act(), 1..60), slots in 0_usize..4) {
        let mut planner = Planner::new(Settings { policy: Policy::Adaptive, slots });
        let mut told: BTreeMap<(Number, Picture), Path> = BTreeMap::new();
        let mut needed = BTreeSet::new();
        for (second, act) in acts.iter().enumerate() {
            let before = paths(&planner);
            perform(&mut planner, at(second as u64), act);
            for step in drain(&mut planner) {
                match step {
                    Step::Path { picture, subscriber, path: Some(path) } => { told.insert((subscriber, picture), path); }
                    Step::Path { picture, subscriber, path: None } => { told.remove(&(subscriber, picture)); }
                    Step::ServerNeeds { picture, needed: true } => prop_assert!(needed.insert(picture)),
                    Step::ServerNeeds { picture, needed: false } => prop_assert!(needed.remove(&picture)),
                    Step::Retry { .. } => prop_assert!(matches!(act, Act::Wake)),
                }
            }
            told.retain(|(subscriber, _), _| planner.members.contains_key(subscriber));
            let now = paths(&planner);
            prop_assert_eq!(&told, &now, "what was told is the plan");
            let mut again = planner.clone();
            again.replan_all();
            prop_assert_eq!(drain(&mut again), vec![], "planned anew for all, it is the same");
            for subscriber in planner.members.keys() {
                let used: Vec<_> = now.iter().filter(|((s, _), _)| s == subscriber)
                    .filter_map(|(_, path)| match path { Path::Server { slot } => Some(*slot), _ => None }).collect();
                prop_assert!(used.iter().all(|slot| *slot < slots));
                prop_assert_eq!(used.len(), used.iter().collect::<BTreeSet<_>>().len(), "a slot twice");
            }
            let seen: BTreeSet<_> = now.iter().filter(|(_, path)| matches!(path, Path::Server { .. })).map(|((_, p), _)| *p).collect();
            prop_assert_eq!(&needed, &seen, "asked of the publisher is what somebody sees by the server");
            if let Act::Report(a, b, _) = act {
                let touched = |s: Number, p: Picture| [s.0, p.publisher.0].iter().all(|n| n == a || n == b);
                let slots_scarce = now.values().chain(before.values()).any(|path| *path == Path::NoSlot);
                for ((s, p), path) in &now {
                    if !touched(*s, *p) && !slots_scarce {
                        prop_assert_eq!(before.get(&(*s, *p)), Some(path), "a pair was re-routed by another's report");
                    }
                }
            }
        }
    }

    #[test]
    fn the_same_story_makes_the_same_plan(acts in proptest::collection::vec(act(), 1..40)) {
        let run = || {
            let mut planner = Planner::new(Settings { policy: Policy::Adaptive, slots: 3 });
            let mut steps = Vec::new();
            for (second, act) in acts.iter().enumerate() {
                perform(&mut planner, at(second as u64), act);
                steps.extend(drain(&mut planner));
            }
            steps
        };
        prop_assert_eq!(run(), run());
    }
}
