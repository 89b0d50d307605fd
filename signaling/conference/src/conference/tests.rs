use super::*;
use crate::{
    Action, Gain, Kept, Network, Newcomer, Notice, Permission, PictureOf, Publishing, Refusal,
    Role, WaitsFor, Wishes,
};
use convene_topology::{Class, PairReport, Path, Realm, Source, Why};

mod any_events;
mod chat;
mod door;
mod files;
mod listening;
mod moderation;
mod relays;
mod returning;
mod succession;
mod uplinks;

const SETTINGS: Settings = Settings {
    max_participants: 3,
    slots: 12,
    policy: Policy::Adaptive,
    sound: SoundMode::Mix,
    empty_grace: Duration::from_secs(60),
    starts: Duration::ZERO,
    file_limit: 1_000,
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
    Event::Join(Newcomer {
        id: id(name),
        name: name.into(),
        role,
        publishing,
        wishes: Wishes::default(),
        identity: None,
    })
}

fn effects(conference: &mut Conference<u8>) -> Vec<Effect<u8>> {
    std::iter::from_fn(|| conference.poll()).collect()
}

/// A conference in which everyone named is connected; the first is its moderator.
fn room(names: &[&str]) -> Conference<u8> {
    let mut conference = Conference::new(at(0), SETTINGS, Saved::default());
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

fn cut(name: &str) -> Event<u8> {
    let clean = false;
    Event::SocketClosed {
        id: id(name),
        clean,
    }
}

/// Somebody asks for something; his number for the answer is 7.
fn asks(name: &str, action: Action) -> Event<u8> {
    Event::Act {
        from: id(name),
        request: 7,
        action,
    }
}

/// That it is done: one answer, and no refusal.
fn is_done(effects: &[Effect<u8>], who: &str) -> bool {
    let answers = effects.iter().filter(|effect| is_answer(effect));
    answers.count() == 1 && told(effects, who, &Notice::Done(7))
}

fn is_answer(effect: &Effect<u8>) -> bool {
    let Effect::Send { notice, .. } = effect else {
        return matches!(effect, Effect::TellAudit { .. });
    };
    matches!(
        notice,
        Notice::Done(_) | Notice::NotDone(..) | Notice::Bans(..)
    )
}

/// Why it is not done; then nothing else is, either.
fn not_done(effects: &[Effect<u8>]) -> &Refusal {
    match effects {
        [
            Effect::Send {
                notice: Notice::NotDone(7, refusal),
                ..
            },
        ] => refusal,
        other => panic!("{other:?}"),
    }
}

/// How all are told somebody is now, if they are.
fn updated(effects: &[Effect<u8>], to: &str, who: &str) -> Option<Participant> {
    let mut updates = effects.iter().rev().filter_map(|effect| match effect {
        Effect::Send {
            to: one,
            notice: Notice::Updated(participant),
        } if *one == id(to) => Some(participant.clone()),
        _ => None,
    });
    updates.find(|participant| participant.id == id(who))
}

fn role_of(conference: &Conference<u8>, name: &str) -> Option<Role> {
    let people = conference.participants();
    let of = people
        .iter()
        .find(|participant| participant.id == id(name))?;
    Some(of.role)
}

fn moderators(conference: &Conference<u8>) -> Vec<String> {
    let people = conference.participants().into_iter();
    let those = people.filter(|participant| participant.role == Role::Moderator);
    those.map(|participant| participant.id.0).collect()
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
        matches!(effect, Effect::Send { to, notice: Notice::Welcome { me, others, .. } }
        if to.0 == "bob" && me.number == 2 && others.len() == 1 && others[0].id.0 == "ann")
    });
    let announced = done.iter().any(|effect| matches!(effect, Effect::Send { to, notice: Notice::Joined(p) } if to.0 == "ann" && p.id.0 == "bob"));
    assert!(welcomed && announced, "{done:?}");
    assert!(done.contains(&Effect::OpenLeg {
        id: id("bob"),
        number: 2,
        heard: true,
        sound: SoundMode::Mix,
    }));
    let direct = Notice::Path {
        publisher: id("bob"),
        source: Source::Camera,
        path: Some(Path::Direct),
        relay: None,
        why: Some(Why::Trying),
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
fn only_a_moderator_changes_how_sound_is_sent_and_all_are_told() {
    let mut conference = room(&["ann", "bob"]);
    let relay = |who: &str| Event::Sound(id(who), SoundMode::Relay);
    let refused = does(&mut conference, 1, relay("bob"));
    let why = Refusal::Forbidden("change how sound is sent");
    assert_eq!((refusal(&refused), refused.len()), (Some(&why), 1));

    let done = does(&mut conference, 2, relay("ann"));
    assert_eq!(done[0], Effect::Sound(SoundMode::Relay));
    for who in ["ann", "bob"] {
        assert!(told(&done, who, &Notice::Sound(SoundMode::Relay)));
    }
    let again = does(&mut conference, 3, relay("ann"));
    assert!(told(&again, "ann", &Notice::Sound(SoundMode::Relay)) && again.len() == 1);

    let done = does(&mut conference, 4, join("cid", Role::Speaker));
    let tells = |effect: &Effect<u8>| match effect {
        Effect::OpenLeg { sound, .. } => *sound == SoundMode::Relay,
        Effect::Send {
            notice: Notice::Welcome { sound, .. },
            ..
        } => *sound == SoundMode::Relay,
        _ => false,
    };
    assert_eq!(done.iter().filter(|effect| tells(effect)).count(), 2);
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
        heard: false,
        sound: SoundMode::Mix,
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
fn whose_leg_is_silent_is_gone_unless_packets_come() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 10, Event::LegHeard(id("bob")));
    does(&mut conference, 12, Event::LegSilent(id("bob")));
    assert_eq!(conference.deadline(), Some(at(16)));
    does(&mut conference, 15, Event::LegHeard(id("bob")));
    assert!(does(&mut conference, 16, Event::Tick).is_empty());
    does(&mut conference, 17, Event::LegBack(id("bob")));
    assert!(
        does(&mut conference, 60, Event::Tick).is_empty(),
        "he is back"
    );
    does(&mut conference, 61, Event::LegSilent(id("bob")));
    let done = does(&mut conference, 61, Event::Tick);
    let gone = Notice::Left(id("bob"), LeaveReason::Vanished);
    assert!(told(&done, "ann", &gone));
}

#[test]
fn a_vanished_browser_is_gone_when_it_had_time_to_come_back_and_six_seconds_are_silent() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 10, Event::LegHeard(id("bob")));
    does(&mut conference, 10, cut("bob"));
    assert_eq!(
        conference.deadline(),
        Some(at(16)),
        "six seconds of silence"
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
fn whose_socket_is_found_dead_late_has_time_to_come_back_from_then_on() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 6, cut("bob"));
    does(&mut conference, 8, cut("bob"));
    assert_eq!(conference.deadline(), Some(at(11)));
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

#[test]
fn a_slot_is_emptied_after_the_better_path_is_told() {
    let mut conference = room(&["ann", "bob"]);
    let report = |report| Event::PairState {
        from: id("ann"),
        peer: id("bob"),
        report,
    };
    does(&mut conference, 1, report(PairReport::Slow));
    let done = does(&mut conference, 2, report(PairReport::Connected));
    let direct = Effect::Send {
        to: id("ann"),
        notice: Notice::Path {
            publisher: id("bob"),
            source: Source::Camera,
            path: Some(Path::Direct),
            relay: None,
            why: Some(Why::Connected),
        },
    };
    let hide = Effect::Hide {
        subscriber: id("ann"),
        slot: 0,
    };
    let order: Vec<_> = done
        .iter()
        .filter(|effect| [&direct, &hide].contains(effect))
        .collect();
    assert_eq!(order, [&direct, &hide]);
}

#[test]
fn who_has_left_hears_nothing_more() {
    let mut conference = room(&["ann", "bob"]);
    let failed = Event::PairState {
        from: id("ann"),
        peer: id("bob"),
        report: PairReport::Failed,
    };
    does(&mut conference, 1, failed);
    let done = does(&mut conference, 2, Event::Leave(id("bob")));
    let to_bob = |effect: &&Effect<u8>| matches!(effect, Effect::Send { to, .. } if to.0 == "bob");
    assert_eq!(done.iter().find(to_bob), None);
}

#[test]
fn nothing_is_connected_without_an_answer() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Speaker));
    does(&mut conference, 1, Event::LegConnected(id("bob")));
    does(&mut conference, 1, Event::Offered(id("bob")));
    does(&mut conference, 1, Event::LegConnected(id("bob")));
    let done = does(&mut conference, 2, Event::Answer(id("bob"), "sdp".into()));
    assert_eq!(done, [Effect::LegAnswer(id("bob"), "sdp".into())]);
    assert_eq!(conference.deadline(), Some(at(31)), "still to connect");
}

#[test]
fn where_somebody_stands_is_told_when_his_class_changes() {
    let mut conference = room(&["ann", "bob"]);
    let network = Network {
        class: Class::Public,
        reachable: None,
        realm: Realm::ServerLan,
    };
    conference.handle(at(1), Event::Classified(id("ann"), network));
    let told = effects(&mut conference);
    for to in ["ann", "bob"] {
        let is_told = told.iter().any(|effect| {
            matches!(effect, Effect::Send { to: one, notice: Notice::Updated(ann) }
                if *one == id(to) && ann.class == Class::Public)
        });
        assert!(is_told, "{to}: {told:?}");
    }
    let reachable = Network {
        reachable: Some(true),
        ..network
    };
    conference.handle(at(2), Event::Classified(id("ann"), reachable));
    assert_eq!(effects(&mut conference), []);
    let after = conference.clone();
    conference.handle(at(2), Event::Classified(id("ann"), reachable));
    assert_eq!(conference, after);
    conference.handle(at(2), Event::Classified(id("ann"), network));
    assert_ne!(
        conference, after,
        "the planner knows whether she is reachable"
    );
}
