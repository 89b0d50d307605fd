//! That there is a moderator: never two by accident, and never none.

use super::*;

/// Who is told that somebody has the role now.
fn risen(done: &[Effect<u8>]) -> Vec<String> {
    let risen = done.iter().filter_map(|effect| match effect {
        Effect::Keep(Kept::Role(id, Role::Moderator)) => Some(id.0.clone()),
        _ => None,
    });
    risen.collect()
}

#[test]
fn the_role_falls_to_whoever_has_been_in_for_longest_after_the_grace_time() {
    let mut conference = room(&["ann", "bob", "cid"]);
    does(&mut conference, 10, Event::Leave(id("ann")));
    assert_eq!(conference.deadline(), Some(at(40)));
    assert_eq!(risen(&does(&mut conference, 39, Event::Tick)), [""; 0]);
    let done = does(&mut conference, 40, Event::Tick);
    assert_eq!(risen(&done), ["bob"]);
    assert_eq!(updated(&done, "cid", "bob").unwrap().role, Role::Moderator);
    assert_eq!(moderators(&conference), ["bob"]);
    assert_eq!(conference.deadline(), None);
}

#[test]
fn whoever_comes_back_in_time_keeps_it() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 10, cut("ann"));
    for second in 11..35 {
        does(&mut conference, second, Event::LegHeard(id("ann")));
    }
    does(
        &mut conference,
        35,
        Event::Returned {
            id: id("ann"),
            has_leg: true,
        },
    );
    assert_eq!(risen(&does(&mut conference, 60, Event::Tick)), [""; 0]);
    assert_eq!(moderators(&conference), ["ann"]);
}

#[test]
fn whoever_comes_back_too_late_has_it_no_more() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 10, cut("ann"));
    for second in 11..40 {
        does(&mut conference, second, Event::LegHeard(id("ann")));
    }
    assert_eq!(risen(&does(&mut conference, 40, Event::Tick)), ["bob"]);
    does(
        &mut conference,
        41,
        Event::Returned {
            id: id("ann"),
            has_leg: true,
        },
    );
    assert_eq!(moderators(&conference), ["bob"]);
}

#[test]
fn whoever_handed_it_over_is_first_and_whoever_lost_it_is_not() {
    for (how, next) in [
        (Action::HandOver(id("dan")), "ann"),
        (Action::Role(id("dan"), Role::Moderator), "bob"),
    ] {
        let mut conference = Conference::new(
            at(0),
            Settings {
                max_participants: 9,
                ..SETTINGS
            },
            Saved::default(),
        );
        does(&mut conference, 0, join("bob", Role::Speaker));
        does(&mut conference, 0, join("ann", Role::Moderator));
        does(&mut conference, 0, join("dan", Role::Speaker));
        assert!(is_done(&does(&mut conference, 1, asks("ann", how)), "ann"));
        does(
            &mut conference,
            2,
            asks("dan", Action::Role(id("ann"), Role::Speaker)),
        );
        assert_eq!(moderators(&conference), ["dan"]);
        does(&mut conference, 3, Event::LegFailed(id("dan")));
        let mut later = conference.clone();
        for name in ["ann", "bob"] {
            does(&mut later, 4, Event::Offered(id(name)));
            does(&mut later, 4, Event::Answer(id(name), String::new()));
            does(&mut later, 4, Event::LegConnected(id(name)));
        }
        assert_eq!(risen(&does(&mut later, 33, Event::Tick)), [next]);
    }
}

#[test]
fn listeners_and_those_who_are_away_do_not_get_it() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 0, join("lis", Role::Listener));
    for event in [
        Event::Offered(id("lis")),
        Event::Answer(id("lis"), String::new()),
        Event::LegConnected(id("lis")),
    ] {
        does(&mut conference, 0, event);
    }
    does(&mut conference, 1, cut("bob"));
    does(&mut conference, 1, Event::LegHeard(id("bob")));
    does(&mut conference, 1, Event::Leave(id("ann")));
    for second in 2..50 {
        does(&mut conference, second, Event::LegHeard(id("bob")));
        assert_eq!(moderators(&conference), [""; 0]);
    }
    let done = does(
        &mut conference,
        50,
        Event::Returned {
            id: id("bob"),
            has_leg: true,
        },
    );
    assert_eq!(risen(&done), ["bob"], "as soon as there is somebody");
}

#[test]
fn a_conference_whose_moderator_has_yet_to_come_waits_for_him() {
    let mut conference = Conference::new(at(0), SETTINGS, Saved::default());
    relays::enter(&mut conference, "bob");
    assert_eq!(conference.deadline(), None);
    let led = true;
    let mut conference = Conference::new(
        at(0),
        SETTINGS,
        Saved {
            led,
            ..Saved::default()
        },
    );
    relays::enter(&mut conference, "bob");
    assert_eq!(
        conference.deadline(),
        Some(at(30)),
        "it had one before it was restarted"
    );
}

#[test]
fn the_last_one_cannot_give_it_to_nobody() {
    let mut conference = room(&["ann", "bob"]);
    let step_down = |who: &str| asks(who, Action::Role(id(who), Role::Speaker));
    let done = does(&mut conference, 1, step_down("ann"));
    assert_eq!(*not_done(&done), Refusal::LastModerator);
    does(
        &mut conference,
        2,
        asks("ann", Action::Role(id("bob"), Role::Moderator)),
    );
    does(&mut conference, 3, cut("bob"));
    let done = does(&mut conference, 3, step_down("ann"));
    assert_eq!(*not_done(&done), Refusal::LastModerator, "Bob is away");
    does(
        &mut conference,
        4,
        Event::Returned {
            id: id("bob"),
            has_leg: true,
        },
    );
    assert!(is_done(&does(&mut conference, 5, step_down("ann")), "ann"));
    assert_eq!(moderators(&conference), ["bob"]);
}

#[test]
fn a_role_decides_at_once_what_is_heard_and_seen() {
    let mut conference = room(&["ann", "bob"]);
    let done = does(
        &mut conference,
        1,
        asks("ann", Action::Role(id("bob"), Role::Listener)),
    );
    assert!(done.contains(&Effect::Hear(id("bob"), false)));
    let bob = updated(&done, "ann", "bob").unwrap();
    assert_eq!(bob.publishing, Publishing::default());
    assert!(!bob.permissions.camera && bob.permissions.chat);
    does(&mut conference, 2, asks("ann", Action::HandOver(id("bob"))));
    assert_eq!(role_of(&conference, "ann"), Some(Role::Speaker));
    assert_eq!(moderators(&conference), ["bob"]);
}

#[test]
fn whoever_was_made_moderator_is_one_when_his_browser_is_known_again() {
    let known = |name: &str| {
        let Event::Join(newcomer) = join(name, Role::Speaker) else {
            unreachable!()
        };
        let identity = Some("b's".into());
        Event::Join(Newcomer {
            identity,
            ..newcomer
        })
    };
    let mut conference = room(&["ann"]);
    does(&mut conference, 0, known("bob"));
    let grant = |role| asks("ann", Action::Role(id("bob"), role));
    let done = does(&mut conference, 1, grant(Role::Moderator));
    let kept = |is| {
        let identity = "b's".into();
        Effect::Keep(Kept::Moderator { identity, is })
    };
    assert!(done.contains(&kept(true)));
    let moderators = ["b's".to_owned()].into();
    let saved = Saved {
        moderators,
        ..Saved::default()
    };
    let mut again = Conference::new(at(0), SETTINGS, saved);
    does(&mut again, 0, known("b2"));
    assert_eq!(role_of(&again, "b2"), Some(Role::Moderator));
    let done = does(&mut conference, 2, grant(Role::Speaker));
    assert!(done.contains(&kept(false)));
    does(&mut conference, 3, Event::Leave(id("bob")));
    does(&mut conference, 4, known("b3"));
    assert_eq!(role_of(&conference, "b3"), Some(Role::Speaker));
}
