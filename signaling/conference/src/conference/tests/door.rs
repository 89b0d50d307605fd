//! The lobby, the lock, and the time before the beginning.

use super::*;

fn guarded(names: &[&str]) -> Conference<u8> {
    let mut conference = room(names);
    does(&mut conference, 0, asks("ann", Action::Lobby(true)));
    conference
}

fn waiting(effects: &[Effect<u8>], to: &str) -> Option<Vec<String>> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Send {
            to: one,
            notice: Notice::WaitingList(list),
        } if *one == id(to) => Some(list.iter().map(|guest| guest.id.0.clone()).collect()),
        _ => None,
    })
}

fn entered(effects: &[Effect<u8>], who: &str) -> bool {
    effects.iter().any(|effect| {
        matches!(effect, Effect::Send { to, notice: Notice::Welcome { .. } } if *to == id(who))
    })
}

#[test]
fn whoever_waits_has_nothing_and_only_moderators_know() {
    let mut conference = guarded(&["ann", "bob"]);
    let done = does(&mut conference, 1, join("cid", Role::Speaker));
    assert!(told(&done, "cid", &Notice::Waits(WaitsFor::Moderator)));
    assert_eq!(waiting(&done, "ann").unwrap(), ["cid"]);
    assert_eq!(done.len(), 2, "no leg, and nobody else is told: {done:?}");
    for event in [
        Event::Publish(id("cid"), Publishing::default()),
        Event::Answer(id("cid"), "sdp".into()),
    ] {
        let done = does(&mut conference, 1, event);
        let Some(Refusal::OutOfOrder { state, .. }) = refusal(&done) else {
            panic!("{done:?}")
        };
        assert_eq!(*state, "waiting to be let in");
    }
    assert!(matches!(
        refusal(&does(&mut conference, 1, join("cid", Role::Speaker))),
        Some(Refusal::OutOfOrder { what: "a join", .. })
    ));
}

#[test]
fn whoever_is_admitted_enters_as_if_he_had_just_come() {
    let mut conference = guarded(&["ann", "bob"]);
    does(&mut conference, 1, join("cid", Role::Speaker));
    let done = does(
        &mut conference,
        50,
        asks("ann", Action::Admit(Some(id("cid")))),
    );
    assert!(entered(&done, "cid") && is_done(&done, "ann"));
    assert!(
        done.iter()
            .any(|effect| matches!(effect, Effect::OpenLeg { id, .. } if id.0 == "cid"))
    );
    assert_eq!(waiting(&done, "ann").unwrap(), [""; 0]);
    assert_eq!(conference.deadline(), Some(at(80)), "time to connect");
}

#[test]
fn whoever_is_denied_is_told_and_let_go() {
    let mut conference = guarded(&["ann"]);
    does(&mut conference, 1, join("cid", Role::Speaker));
    let (whom, ban) = (id("cid"), true);
    let deny = Action::Deny { whom, ban };
    let done = does(&mut conference, 2, asks("ann", deny.clone()));
    assert!(told(&done, "cid", &Notice::Denied));
    assert!(done.contains(&Effect::Gone(id("cid"))) && is_done(&done, "ann"));
    let done = does(&mut conference, 3, asks("ann", deny));
    assert_eq!(*not_done(&done), Refusal::NoParticipant("cid".into()));
    let done = does(&mut conference, 4, join("cid", Role::Speaker));
    assert_eq!(refusal(&done), Some(&Refusal::Banned));
}

#[test]
fn all_who_wait_enter_if_there_is_room_for_all() {
    let mut conference = guarded(&["ann"]);
    for name in ["bob", "cid", "dan"] {
        does(&mut conference, 1, join(name, Role::Speaker));
    }
    let done = does(&mut conference, 2, asks("ann", Action::Admit(None)));
    assert_eq!(*not_done(&done), Refusal::Full { max: 3 });
    does(&mut conference, 3, cut("cid"));
    let done = does(&mut conference, 4, asks("ann", Action::Admit(None)));
    assert!(entered(&done, "bob") && entered(&done, "dan"));
    assert_eq!(conference.participants().len(), 3);
}

#[test]
fn an_open_door_lets_in_whoever_waits_as_far_as_there_is_room() {
    let mut conference = guarded(&["ann", "bob"]);
    for name in ["cid", "dan"] {
        does(&mut conference, 1, join(name, Role::Speaker));
    }
    let done = does(&mut conference, 2, asks("ann", Action::Lobby(false)));
    assert!(entered(&done, "cid") && !entered(&done, "dan"));
    assert_eq!(waiting(&done, "ann").unwrap(), ["dan"]);
}

#[test]
fn a_locked_conference_takes_moderators_and_those_who_come_back() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 1, asks("ann", Action::Lock(true)));
    let done = does(&mut conference, 2, join("cid", Role::Speaker));
    assert_eq!(refusal(&done), Some(&Refusal::Locked));
    does(&mut conference, 3, cut("bob"));
    let done = does(
        &mut conference,
        4,
        Event::Returned {
            id: id("bob"),
            has_leg: true,
        },
    );
    assert!(entered(&done, "bob"));
    let done = does(&mut conference, 5, join("mod", Role::Moderator));
    assert!(entered(&done, "mod"));
}

#[test]
fn only_so_many_wait() {
    let mut conference = guarded(&["ann"]);
    for guest in 0..100 {
        does(
            &mut conference,
            1,
            join(&format!("g{guest}"), Role::Speaker),
        );
    }
    let done = does(&mut conference, 1, join("late", Role::Speaker));
    assert_eq!(refusal(&done), Some(&Refusal::Crowded { max: 100 }));
    assert_eq!(done.len(), 1);
}

fn at_ten() -> Conference<u8> {
    let starts = at(10);
    let settings = Settings { starts, ..SETTINGS };
    Conference::new(at(0), settings, Saved::default())
}

#[test]
fn before_it_begins_only_moderators_enter() {
    let mut conference = at_ten();
    let done = does(&mut conference, 1, join("bob", Role::Speaker));
    assert!(told(&done, "bob", &Notice::Waits(WaitsFor::Start)));
    assert!(entered(
        &does(&mut conference, 2, join("ann", Role::Moderator)),
        "ann"
    ));
    assert_eq!(conference.deadline(), Some(at(10)));
    assert!(!entered(&does(&mut conference, 9, Event::Tick), "bob"));
    assert!(entered(&does(&mut conference, 10, Event::Tick), "bob"));
    assert!(entered(
        &does(&mut conference, 11, join("cid", Role::Speaker)),
        "cid"
    ));
}

#[test]
fn when_it_begins_with_a_lobby_they_wait_on() {
    let mut conference = at_ten();
    does(&mut conference, 1, join("bob", Role::Speaker));
    does(&mut conference, 2, join("ann", Role::Moderator));
    let done = does(&mut conference, 3, asks("ann", Action::Lobby(true)));
    assert!(is_done(&done, "ann"));
    let done = does(&mut conference, 3, asks("ann", Action::Lobby(false)));
    assert!(!entered(&done, "bob"), "it has not begun");
    does(&mut conference, 3, asks("ann", Action::Lobby(true)));
    let done = does(&mut conference, 10, Event::Tick);
    assert!(told(&done, "bob", &Notice::Waits(WaitsFor::Moderator)));
    assert!(is_done(
        &does(&mut conference, 11, asks("ann", Action::Admit(None))),
        "ann"
    ));
}

#[test]
fn it_stands_empty_from_its_beginning_on_and_not_while_somebody_waits() {
    assert_eq!(at_ten().deadline(), Some(at(70)));
    let mut conference = guarded(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Speaker));
    does(&mut conference, 2, Event::Leave(id("ann")));
    assert_eq!(conference.deadline(), None);
    does(&mut conference, 3, Event::Leave(id("bob")));
    assert_eq!(conference.deadline(), Some(at(63)));
}

#[test]
fn at_the_end_those_who_wait_are_told_too() {
    let mut conference = guarded(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Speaker));
    let done = does(&mut conference, 2, Event::End(id("ann")));
    assert!(told(&done, "bob", &Notice::Ended(EndReason::Moderator)));
    assert!(done.contains(&Effect::Gone(id("bob"))));
    assert_eq!(done.last(), Some(&Effect::Over(EndReason::Moderator)));
}

#[test]
fn rules_survive() {
    let mut conference = room(&["ann"]);
    let done = does(&mut conference, 1, asks("ann", Action::Lock(true)));
    let rules = done.iter().find_map(|effect| match effect {
        Effect::Keep(Kept::Rules(rules)) => Some(*rules),
        _ => None,
    });
    let saved = Saved {
        rules: rules.unwrap(),
        ..Saved::default()
    };
    let mut conference = Conference::new(at(0), SETTINGS, saved);
    let done = does(&mut conference, 1, join("bob", Role::Speaker));
    assert_eq!(refusal(&done), Some(&Refusal::Locked));
}
