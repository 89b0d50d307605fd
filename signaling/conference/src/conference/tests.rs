use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const SETTINGS: Settings = Settings {
    max_participants: 3,
    slots: 12,
    policy: Policy::Adaptive,
    empty_grace: Duration::from_secs(60),
};

fn id(name: &str) -> ParticipantId {
    ParticipantId(name.into())
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn join(name: &str, role: Role) -> Event<u8> {
    let publishing = Publishing {
        microphone: true,
        camera: true,
        screen: false,
    };
    Event::Join {
        id: id(name),
        name: name.into(),
        role,
        publishing,
    }
}

fn effects(conference: &mut Conference<u8>) -> Vec<Effect<u8>> {
    std::iter::from_fn(|| conference.poll()).collect()
}

/// A conference in which everyone named is connected; the first is its moderator.
fn room(names: &[&str]) -> Conference<u8> {
    let mut conference = Conference::new(at(0), SETTINGS);
    for (i, name) in names.iter().enumerate() {
        conference.handle(
            at(0),
            join(
                name,
                if i == 0 {
                    Role::Moderator
                } else {
                    Role::Speaker
                },
            ),
        );
        conference.handle(at(0), Event::Offered(id(name)));
        conference.handle(at(0), Event::Answer(id(name), "sdp".into()));
        conference.handle(at(0), Event::LegConnected(id(name)));
    }
    effects(&mut conference);
    conference
}

fn does(conference: &mut Conference<u8>, now: u64, event: Event<u8>) -> Vec<Effect<u8>> {
    conference.handle(at(now), event);
    effects(conference)
}

fn refusal(effects: &[Effect<u8>]) -> Option<&Refusal> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send {
            notice: Notice::Refused(refusal),
            ..
        } => Some(refusal),
        _ => None,
    })
}

fn told(effects: &[Effect<u8>], who: &str, what: &Notice<u8>) -> bool {
    effects.contains(&Effect::Send {
        to: id(who),
        notice: what.clone(),
    })
}

#[test]
fn everyone_learns_of_everyone() {
    let mut conference = room(&["ann"]);
    let done = does(&mut conference, 1, join("bob", Role::Speaker));
    let welcomed = done.iter().any(|effect| {
        matches!(effect, Effect::Send { to, notice: Notice::Welcome { me, others } }
        if to.0 == "bob" && me.number == 2 && others.len() == 1 && others[0].id.0 == "ann")
    });
    let announced = done.iter().any(|effect| matches!(effect, Effect::Send { to, notice: Notice::Joined(p) } if to.0 == "ann" && p.id.0 == "bob"));
    assert!(welcomed && announced, "{done:?}");
    assert!(done.contains(&Effect::OpenLeg {
        id: id("bob"),
        number: 2,
        may_send: true
    }));
    let direct = Notice::Path {
        publisher: id("bob"),
        source: Source::Camera,
        path: Some(Path::Direct),
    };
    assert!(told(&done, "ann", &direct));
}

#[test]
fn a_full_conference_says_so_and_nothing_changes() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let done = does(&mut conference, 1, join("dan", Role::Speaker));
    assert_eq!(refusal(&done), Some(&Refusal::Full { max: 3 }));
    assert_eq!((done.len(), conference.participants().len()), (1, 3));
}

#[test]
fn names_are_checked() {
    let mut conference = room(&[]);
    for (name, length) in [("  ", 0), ("a\u{7}b", 3), (&*"x".repeat(65), 65)] {
        let done = does(&mut conference, 1, join(name, Role::Speaker));
        assert_eq!(refusal(&done), Some(&Refusal::BadName { length }));
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Speaker));
    let table = [
        (join("ann", Role::Speaker), "a join"),
        (Event::Answer(id("bob"), "early".into()), "an answer"),
        (Event::Candidate(id("bob"), "c".into(), 0), "a candidate"),
        (Event::Restart(id("bob"), "r".into()), "a restart"),
        (Event::Answer(id("ann"), "second".into()), "an answer"),
        (Event::Publish(id("eve"), Publishing::default()), "this"),
    ];
    for (event, expected) in table {
        let done = does(&mut conference, 1, event.clone());
        assert!(
            matches!(refusal(&done), Some(Refusal::OutOfOrder { what, .. }) if *what == expected),
            "{event:?}: {done:?}"
        );
        assert_eq!(done.len(), 1, "somebody else noticed: {done:?}");
    }
}

#[test]
fn only_a_moderator_ends_it() {
    let mut conference = room(&["ann", "bob"]);
    let done = does(&mut conference, 1, Event::End(id("bob")));
    assert_eq!(
        refusal(&done),
        Some(&Refusal::Forbidden("end the conference"))
    );
    let done = does(&mut conference, 2, Event::End(id("ann")));
    for who in ["ann", "bob"] {
        assert!(told(&done, who, &Notice::Ended(EndReason::Moderator)));
        assert!(done.contains(&Effect::CloseLeg(id(who))));
    }
    assert_eq!(done.last(), Some(&Effect::Over(EndReason::Moderator)));
    let done = does(&mut conference, 3, join("cid", Role::Speaker));
    assert_eq!(refusal(&done), Some(&Refusal::Ended));
}

#[test]
fn a_listener_sends_nothing() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Listener));
    does(
        &mut conference,
        1,
        Event::Publish(
            id("bob"),
            Publishing {
                camera: true,
                ..Publishing::default()
            },
        ),
    );
    assert_eq!(
        conference.participants()[1].publishing,
        Publishing::default()
    );
}

#[test]
fn a_listeners_leg_is_not_heard() {
    let mut conference = room(&["ann"]);
    let done = does(&mut conference, 1, join("bob", Role::Listener));
    let leg = Effect::OpenLeg {
        id: id("bob"),
        number: 2,
        may_send: false,
    };
    assert!(done.contains(&leg), "{done:?}");
}

#[test]
fn whose_answer_could_not_be_used_may_give_another() {
    let mut conference = room(&[]);
    does(&mut conference, 1, join("ann", Role::Speaker));
    does(&mut conference, 1, Event::Offered(id("ann")));
    does(&mut conference, 1, Event::Answer(id("ann"), "bad".into()));
    does(&mut conference, 1, Event::AnswerRefused(id("ann")));
    let done = does(&mut conference, 2, Event::Answer(id("ann"), "good".into()));
    assert_eq!(done, [Effect::LegAnswer(id("ann"), "good".into())]);
}

#[test]
fn a_vanished_browser_is_gone_after_six_seconds_of_silence() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 10, Event::LegHeard(id("bob")));
    does(
        &mut conference,
        14,
        Event::SocketClosed {
            id: id("bob"),
            clean: false,
        },
    );
    assert_eq!(
        conference.deadline(),
        Some(at(16)),
        "six seconds after his last packets"
    );
    does(&mut conference, 15, Event::LegHeard(id("bob")));
    assert!(
        does(&mut conference, 16, Event::Tick).is_empty(),
        "his packets come still"
    );
    let done = does(&mut conference, 21, Event::Tick);
    assert!(told(
        &done,
        "ann",
        &Notice::Left(id("bob"), LeaveReason::Vanished)
    ));
}

#[test]
fn whoever_never_connects_is_dropped() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Speaker));
    let done = does(&mut conference, 31, Event::Tick);
    assert!(told(
        &done,
        "bob",
        &Notice::Left(id("bob"), LeaveReason::LegFailed)
    ));
    assert!(done.contains(&Effect::CloseLeg(id("bob"))));
}

#[test]
fn an_empty_conference_ends_after_its_grace() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 5, Event::Leave(id("ann")));
    assert!(does(&mut conference, 64, Event::Tick).is_empty());
    assert_eq!(
        does(&mut conference, 65, Event::Tick),
        [Effect::Over(EndReason::Empty)]
    );
}

#[test]
fn a_failed_pair_is_shown_by_the_server() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let done = does(
        &mut conference,
        1,
        Event::PairState {
            from: id("ann"),
            peer: id("bob"),
            report: PairReport::Failed,
        },
    );
    let show = |subscriber: &str, publisher: &str| Effect::Show {
        subscriber: id(subscriber),
        slot: 0,
        publisher: id(publisher),
        source: Source::Camera,
    };
    assert!(done.contains(&show("ann", "bob")) && done.contains(&show("bob", "ann")));
    assert!(told(
        &done,
        "ann",
        &Notice::ServerNeeds {
            source: Source::Camera,
            needed: true
        }
    ));
    assert!(
        !done
            .iter()
            .any(|effect| matches!(effect, Effect::Send { to, .. } if to.0 == "cid")),
        "cid is not touched"
    );
    let done = does(
        &mut conference,
        2,
        Event::PairState {
            from: id("ann"),
            peer: id("bob"),
            report: PairReport::Connected,
        },
    );
    assert!(done.contains(&Effect::Hide {
        subscriber: id("ann"),
        slot: 0
    }));
    assert!(told(
        &done,
        "bob",
        &Notice::ServerNeeds {
            source: Source::Camera,
            needed: false
        }
    ));
}

#[test]
fn pair_signals_reach_whom_they_are_for_only() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let done = does(
        &mut conference,
        1,
        Event::Pair {
            from: id("ann"),
            to: id("bob"),
            signal: 7,
        },
    );
    assert_eq!(
        done,
        [Effect::Send {
            to: id("bob"),
            notice: Notice::Pair {
                from: id("ann"),
                signal: 7
            }
        }]
    );
    for to in ["ann", "eve"] {
        let done = does(
            &mut conference,
            1,
            Event::Pair {
                from: id("ann"),
                to: id(to),
                signal: 7,
            },
        );
        assert_eq!(refusal(&done), Some(&Refusal::NoParticipant(to.into())));
    }
}

fn event() -> impl Strategy<Value = Event<u8>> {
    let who = || prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e")].prop_map(id);
    let publishing = (any::<bool>(), any::<bool>()).prop_map(|(camera, screen)| Publishing {
        microphone: true,
        camera,
        screen,
    });
    let role = prop_oneof![
        Just(Role::Moderator),
        Just(Role::Speaker),
        Just(Role::Listener)
    ];
    let report = prop_oneof![
        Just(PairReport::Slow),
        Just(PairReport::Connected),
        Just(PairReport::Failed)
    ];
    prop_oneof![
        6 => (who(), role, publishing.clone()).prop_map(|(id, role, publishing)| Event::Join { name: id.0.clone(), id, role, publishing }),
        3 => who().prop_map(Event::Offered),
        3 => who().prop_map(|id| Event::Answer(id, String::new())),
        3 => who().prop_map(Event::LegConnected),
        1 => who().prop_map(Event::LegHeard),
        1 => who().prop_map(Event::LegFailed),
        2 => (who(), who()).prop_map(|(from, to)| Event::Pair { from, to, signal: 1 }),
        4 => (who(), who(), report).prop_map(|(from, peer, report)| Event::PairState { from, peer, report }),
        2 => (who(), publishing).prop_map(|(id, publishing)| Event::Publish(id, publishing)),
        2 => (who(), proptest::collection::vec(who(), 0..3)).prop_map(|(id, wants)| Event::Want(id, wants.into_iter().map(|w| (w, Source::Camera)).collect())),
        1 => (who(), any::<bool>()).prop_map(|(id, clean)| Event::SocketClosed { id, clean }),
        1 => who().prop_map(Event::Leave),
        1 => Just(Event::Tick),
        1 => proptest::option::weighted(0.05, who()).prop_map(|id| id.map_or(Event::Tick, Event::End)),
    ]
}

/// What the effects say, counted from outside.
#[derive(Default)]
struct Watcher {
    legs: BTreeSet<ParticipantId>,
    slots: BTreeSet<(ParticipantId, usize)>,
    over: bool,
}

impl Watcher {
    fn watch(&mut self, effect: &Effect<u8>) {
        assert!(
            !self.over
                || matches!(
                    effect,
                    Effect::Send {
                        notice: Notice::Refused(_),
                        ..
                    }
                ),
            "after the end: {effect:?}"
        );
        match effect {
            Effect::OpenLeg { id, .. } => {
                assert!(self.legs.insert(id.clone()), "two legs for {id:?}")
            }
            Effect::CloseLeg(id) => {
                assert!(self.legs.remove(id), "closed twice: {id:?}");
                self.slots.retain(|(subscriber, _)| subscriber != id);
            }
            Effect::Show {
                subscriber, slot, ..
            } => {
                assert!(self.legs.contains(subscriber));
                self.slots.insert((subscriber.clone(), *slot));
            }
            Effect::Hide { subscriber, slot } => {
                assert!(
                    self.slots.remove(&(subscriber.clone(), *slot)),
                    "an empty slot is hidden"
                );
            }
            Effect::LegAnswer(id, _) | Effect::LegCandidate(id, ..) | Effect::LegRestart(id, _) => {
                assert!(self.legs.contains(id))
            }
            Effect::Over(_) => self.over = true,
            Effect::Send { .. } | Effect::CloseSocket(_) => {}
        }
    }
}

proptest! {
    #[test]
    fn any_events_keep_the_rules(events in proptest::collection::vec(event(), 1..80)) {
        let mut conference = Conference::new(at(0), SETTINGS);
        let mut watcher = Watcher::default();
        for (second, event) in events.into_iter().enumerate() {
            for effect in does(&mut conference, second as u64, event) {
                watcher.watch(&effect);
            }
            let members: BTreeSet<_> = conference.participants().into_iter().map(|p| p.id).collect();
            prop_assert!(members.len() <= SETTINGS.max_participants);
            prop_assert_eq!(&members, &watcher.legs, "a leg for each member");
            prop_assert_eq!(watcher.over, conference.is_over());
        }
    }
}
