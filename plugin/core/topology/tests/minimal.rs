//! Planned from nothing, the server carries as few pairs as can be: for up to five people this is compared with all
//! plans that keep the rules.

mod common;

use std::collections::{BTreeMap, HashMap};

use common::{Case, camera, drain, number, place, policy, standing};
use convene_topology::{PairReport, Path, Picture, Source};
use proptest::{collection::vec, prelude::*};

/// How many streams each of up to five people sends.
type Streams = [u8; 5];

#[derive(Clone, Copy, PartialEq)]
enum Way {
    Direct,
    Through(usize),
    Server,
}

/// All ways of sending one picture that keep the rules, as what they cost and how many the server has to carry; of
/// those that cost the same, the best.
fn ways_of(case: &Case, picture: Picture, viewers: &[usize]) -> HashMap<Streams, usize> {
    let publisher = place(picture.publisher);
    let mut plans: Vec<Vec<Way>> = vec![vec![]];
    for viewer in viewers.iter().copied() {
        let direct = case.connects(publisher, viewer).then_some(Way::Direct);
        let through = (0..case.people.len())
            .filter(|relay| case.may_go_through(publisher, *relay, viewer))
            .map(Way::Through);
        let ways: Vec<_> = [Way::Server]
            .into_iter()
            .chain(direct)
            .chain(through)
            .collect();
        let longer = plans.iter().flat_map(|plan| {
            ways.iter()
                .map(|way| plan.iter().copied().chain([*way]).collect())
        });
        plans = longer.collect();
    }
    let mut best = HashMap::new();
    for plan in plans {
        if let Some(cost) = cost(case, publisher, viewers, &plan) {
            let server = plan.iter().filter(|way| **way == Way::Server).count();
            let known = best.entry(cost).or_insert(server);
            *known = server.min(*known);
        }
    }
    best
}

/// What the plan for one picture costs; `None`: a relay sees it himself, and not directly, or has it from nobody.
fn cost(case: &Case, publisher: usize, viewers: &[usize], plan: &[Way]) -> Option<Streams> {
    let mut streams = Streams::default();
    let mut fetches = [false; 5];
    for way in plan {
        match way {
            Way::Server => {}
            Way::Direct => streams[publisher] += 1,
            Way::Through(relay) => {
                streams[*relay] += 1;
                match viewers.iter().position(|viewer| viewer == relay) {
                    Some(own) if plan[own] != Way::Direct => return None,
                    Some(_) => {}
                    None => fetches[*relay] = true,
                }
            }
        }
    }
    streams[publisher] += fetches.iter().filter(|fetches| **fetches).count() as u8;
    for (sender, streams) in streams.iter_mut().enumerate().take(case.people.len()) {
        match case.people[sender].uplink {
            Some(budget) if u32::from(*streams) > budget => return None,
            Some(_) => {}
            None => *streams = 0,
        }
    }
    Some(streams)
}

/// The fewest pairs that the server has to carry.
fn fewest(case: &Case) -> usize {
    let mut pictures: BTreeMap<Picture, Vec<usize>> = BTreeMap::new();
    for (picture, viewer) in case.wanted() {
        pictures.entry(picture).or_default().push(viewer);
    }
    let mut sums = HashMap::from([(Streams::default(), 0)]);
    for (picture, viewers) in pictures {
        let ways = ways_of(case, picture, &viewers);
        let mut next = HashMap::new();
        for ((sum, server), (cost, more)) in sums
            .iter()
            .flat_map(|sum| ways.iter().map(move |way| (sum, way)))
        {
            let Some(sum) = sum_within(case, sum, cost) else {
                continue;
            };
            let known = next.entry(sum).or_insert(server + more);
            *known = (server + more).min(*known);
        }
        sums = next;
    }
    sums.into_values()
        .min()
        .expect("the server can always carry all")
}

fn sum_within(case: &Case, a: &Streams, b: &Streams) -> Option<Streams> {
    let sum: Streams = std::array::from_fn(|sender| a[sender] + b[sender]);
    let within = |(sender, standing): (usize, &convene_topology::Standing)| {
        standing
            .uplink
            .is_none_or(|budget| u32::from(sum[sender]) <= budget)
    };
    case.people.iter().enumerate().all(within).then_some(sum)
}

fn by_server(case: &Case) -> usize {
    let mut planner = case.planner(usize::MAX);
    drain(&mut planner);
    let wanted = case.wanted().into_iter();
    wanted
        .filter(|(picture, to)| {
            matches!(
                planner.path(*picture, number(*to)),
                Some(Path::Server { .. })
            )
        })
        .count()
}

prop_compose! {
    fn small()(people in 1_usize..=5)(
        policy in policy(),
        standings in vec(standing(6), people),
        screens in vec(proptest::bool::weighted(0.05), people),
        cameras in vec(proptest::bool::weighted(0.9), people),
        wants in vec(proptest::option::weighted(0.3, vec(0..people, 0..5)), people),
        reports in vec((0..people, 0..people, proptest::bool::weighted(0.3)), 0..12),
    ) -> Case {
        let publishes = cameras.into_iter().zip(screens).map(|(camera, screen)| {
            let sources = [(camera, Source::Camera), (screen, Source::Screen)];
            sources.into_iter().filter(|(on, _)| *on).map(|(_, source)| source).collect()
        });
        let wants = wants.into_iter().map(|wants| Some(wants?.into_iter().map(camera).collect()));
        let reports = reports.into_iter().map(|(a, b, works)| {
            (a, b, if works { PairReport::Connected } else { PairReport::Failed })
        });
        Case {
            policy,
            people: standings,
            publishes: publishes.collect(),
            wants: wants.collect(),
            reports: reports.collect(),
        }
    }
}

proptest! {
    #![proptest_config(common::cases(2_000))]

    #[test]
    fn the_server_carries_as_few_pairs_as_can_be(case in small()) {
        prop_assert_eq!(by_server(&case), fewest(&case));
    }
}
