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
fn with_too_few_slots_the_first_wishes_win() {
    let mut planner = planner(Policy::Adaptive, 1, &[A, B, C]);
    planner.want(A, vec![camera(C), camera(B)]);
    planner.report(at(0), A, B, PairReport::Failed);
    planner.report(at(0), A, C, PairReport::Failed);
    assert_eq!(
        planner.path(camera(B), A),
        Some(Path::Server { slot: 0 }),
        "it was there first"
    );
    planner.want(A, vec![camera(C)]);
    assert_eq!(planner.path(camera(B), A), None);
    assert_eq!(planner.path(camera(C), A), Some(Path::Server { slot: 0 }));
    planner.want(A, vec![camera(C), camera(B)]);
    assert_eq!(planner.path(camera(B), A), Some(Path::NoSlot));
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

proptest! {
    #[test]
    fn any_story_keeps_the_rules(acts in proptest::collection::vec(act(), 1..60), slots in 0_usize..4) {
        let mut planner = Planner::new(Settings { policy: Policy::Adaptive, slots });
        let mut told: BTreeMap<(Number, Picture), Path> = BTreeMap::new();
        let mut needed = BTreeSet::new();
        for (second, act) in acts.iter().enumerate() {
            let before = planner.paths.clone();
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
            prop_assert_eq!(&told, &planner.paths, "what was told is the plan");
            let wanted: BTreeSet<_> = planner.wanted().into_iter().collect();
            prop_assert_eq!(planner.paths.keys().copied().collect::<BTreeSet<_>>(), wanted, "one path for every wanted picture");
            for (subscriber, member) in &planner.members {
                let used: Vec<_> = planner.paths.iter().filter(|((s, _), _)| s == subscriber)
                    .filter_map(|(_, path)| match path { Path::Server { slot } => Some(*slot), _ => None }).collect();
                prop_assert!(used.iter().all(|slot| *slot < slots));
                prop_assert_eq!(used.len(), used.iter().collect::<BTreeSet<_>>().len(), "a slot twice: {:?}", member);
            }
            if let Act::Report(a, b, _) = act {
                let touched = |s: Number, p: Picture| [s.0, p.publisher.0].iter().all(|n| n == a || n == b);
                let slots_scarce = planner.paths.values().chain(before.values()).any(|path| *path == Path::NoSlot);
                for ((s, p), path) in &planner.paths {
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
