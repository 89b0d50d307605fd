use convene_topology::Class;

use super::*;

const ANN: Number = Number(1);
const BEN: Number = Number(2);

fn camera(of: &str) -> PictureOf {
    let source = Source::Camera;
    PictureOf {
        publisher: of.into(),
        source,
    }
}

fn wanting(wishes: &[&str]) -> Told {
    Told {
        standing: Standing {
            class: Class::Private,
            ..Standing::default()
        },
        wishes: Some(wishes.iter().map(|of| camera(of)).collect()),
    }
}

fn enter(plan: &mut Plan, number: Number, name: &str, told: Told) {
    plan.join(number, name, told);
    plan.slots(number, [4]);
    plan.publish(number, BTreeSet::from([Source::Camera]));
    plan.settle();
}

fn ways(plan: &Plan) -> Vec<(String, String, Option<Path>)> {
    let pairs = plan.pairs().into_iter();
    pairs
        .map(|pair| (pair.picture.publisher, pair.subscriber, pair.path))
        .collect()
}

#[test]
fn who_is_wanted_before_he_comes_is_seen_when_he_does() {
    let mut plan = Plan::new(Policy::Claimed);
    enter(&mut plan, ANN, "ann", wanting(&["ben"]));
    assert_eq!(ways(&plan), []);
    enter(&mut plan, BEN, "ben", wanting(&[]));
    let slot = Some(Path::Server { slot: 4 });
    assert_eq!(ways(&plan), [("ben".into(), "ann".into(), slot)]);
    plan.leave(BEN);
    assert_eq!(ways(&plan), []);
    enter(&mut plan, Number(3), "ben", wanting(&[]));
    assert_eq!(ways(&plan), [("ben".into(), "ann".into(), slot)]);
}

#[test]
fn who_has_left_is_still_called_by_his_name() {
    let mut plan = Plan::new(Policy::Claimed);
    enter(&mut plan, ANN, "ann", wanting(&["ben"]));
    enter(&mut plan, BEN, "ben", wanting(&[]));
    while plan.poll().is_some() {}
    plan.leave(BEN);
    let Some(Order::Path { pair, .. }) = plan.poll() else {
        panic!("no path")
    };
    let gone = (camera("ben"), "ann".into(), None);
    assert_eq!((pair.picture, pair.subscriber, pair.path), gone);
}

#[test]
fn reports_need_somebody_else() {
    let mut plan = Plan::new(Policy::Adaptive);
    enter(&mut plan, ANN, "ann", wanting(&[]));
    enter(&mut plan, BEN, "ben", wanting(&[]));
    let mut report = |peer: &str| plan.report(Duration::ZERO, ANN, peer, PairReport::Failed);
    assert_eq!(report("ben"), Ok(()));
    for nobody in ["ann", "", "cid"] {
        assert_eq!(report(nobody), Err(NoName(nobody.into())));
    }
}

#[test]
fn both_of_a_pair_are_told_to_try_again() {
    let mut plan = Plan::new(Policy::Adaptive);
    enter(&mut plan, ANN, "ann", wanting(&["ben"]));
    enter(&mut plan, BEN, "ben", wanting(&["ann"]));
    plan.report(Duration::ZERO, ANN, "ben", PairReport::Failed)
        .unwrap();
    plan.settle();
    while plan.poll().is_some() {}
    plan.wake(Duration::from_secs(10));
    plan.settle();
    let told: Vec<_> = std::iter::from_fn(|| plan.poll()).collect();
    let retry = |by, participant: &str, peer: &str| Order::Retry {
        by,
        participant: participant.into(),
        peer: peer.into(),
    };
    assert_eq!(told, [retry(ANN, "ann", "ben"), retry(BEN, "ben", "ann")]);
}
