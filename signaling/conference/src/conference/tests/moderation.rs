//! What moderators can do to whom, what others cannot, and that it holds.

use super::*;

const HEARD_AND_SEEN: Publishing = Publishing {
    microphone: true,
    camera: true,
    screen: false,
};

fn publishing(conference: &Conference<u8>, name: &str) -> Publishing {
    conference.members[&id(name)].publishing
}

fn forbid(whom: Option<&str>, permission: Permission) -> Action {
    Action::Permit {
        whom: whom.map(id),
        permission,
        allowed: false,
    }
}

fn allow(whom: Option<&str>, permission: Permission) -> Action {
    Action::Permit {
        whom: whom.map(id),
        permission,
        allowed: true,
    }
}

/// Each thing that only moderators may ask for.
fn all_for_moderators(whom: &str) -> Vec<Action> {
    let (one, ban) = (id(whom), false);
    vec![
        Action::Mute(None),
        Action::Mute(Some(one.clone())),
        forbid(None, Permission::Chat),
        forbid(Some(whom), Permission::Camera),
        Action::Ask(one.clone(), Permission::Microphone),
        Action::LowerHand(None),
        Action::Admit(None),
        Action::Deny {
            whom: one.clone(),
            ban,
        },
        Action::Lobby(true),
        Action::Lock(true),
        Action::Remove {
            whom: one.clone(),
            ban,
        },
        Action::Unban(1),
        Action::Role(one.clone(), Role::Moderator),
        Action::HandOver(one),
        Action::Bans,
        Action::Audit,
    ]
}

#[test]
fn nobody_without_the_role_changes_anything() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let before = conference.clone();
    for action in all_for_moderators("cid") {
        let done = does(&mut conference, 1, asks("bob", action.clone()));
        assert_eq!(
            *not_done(&done),
            Refusal::Forbidden("do this"),
            "{action:?}"
        );
        assert_eq!(conference, before, "{action:?}");
    }
    for action in all_for_moderators("cid") {
        let done = does(&mut conference, 1, asks("eve", action));
        assert!(matches!(not_done(&done), Refusal::OutOfOrder { .. }));
    }
}

#[test]
fn whoever_is_muted_is_not_heard_and_may_speak_again() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let done = does(
        &mut conference,
        1,
        asks("ann", Action::Mute(Some(id("bob")))),
    );
    assert!(done.contains(&Effect::Hear(id("bob"), false)));
    assert!(is_done(&done, "ann"));
    for to in ["ann", "bob", "cid"] {
        let bob = updated(&done, to, "bob").unwrap();
        assert!(!bob.publishing.microphone && bob.publishing.camera);
    }
    let done = does(
        &mut conference,
        2,
        Event::Publish(id("bob"), HEARD_AND_SEEN),
    );
    assert!(done.contains(&Effect::Hear(id("bob"), true)));
}

#[test]
fn whoever_may_not_speak_cannot_unmute_himself_and_is_not_unmuted_by_others() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let done = does(
        &mut conference,
        1,
        asks("ann", forbid(Some("bob"), Permission::Microphone)),
    );
    assert!(done.contains(&Effect::Hear(id("bob"), false)));
    let done = does(
        &mut conference,
        2,
        Event::Publish(id("bob"), HEARD_AND_SEEN),
    );
    assert!(!done.contains(&Effect::Hear(id("bob"), true)));
    assert!(!publishing(&conference, "bob").microphone);
    let done = does(
        &mut conference,
        3,
        asks("ann", allow(Some("bob"), Permission::Microphone)),
    );
    assert!(updated(&done, "bob", "bob").unwrap().permissions.microphone);
    assert!(
        !publishing(&conference, "bob").microphone,
        "nobody unmutes him"
    );
    let done = does(
        &mut conference,
        4,
        Event::Publish(id("bob"), HEARD_AND_SEEN),
    );
    assert!(done.contains(&Effect::Hear(id("bob"), true)));
}

#[test]
fn all_are_muted_but_moderators_and_so_are_those_who_come_later_if_it_is_forbidden() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 1, asks("ann", Action::Mute(None)));
    assert!(publishing(&conference, "ann").microphone);
    assert!(!publishing(&conference, "bob").microphone);
    does(
        &mut conference,
        2,
        asks("ann", forbid(None, Permission::Microphone)),
    );
    let done = does(&mut conference, 3, join("cid", Role::Speaker));
    let leg = Effect::OpenLeg {
        id: id("cid"),
        number: 3,
        heard: false,
        sound: SoundMode::Mix,
    };
    assert!(done.contains(&leg), "{done:?}");
    assert!(publishing(&conference, "ann").microphone);
}

#[test]
fn a_forbidden_camera_is_planned_for_nobody_by_any_path() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let failed = Event::PairState {
        from: id("bob"),
        peer: id("cid"),
        report: PairReport::Failed,
    };
    does(&mut conference, 1, failed);
    let seen = |conference: &Conference<u8>| {
        let paths = conference.paths().into_iter();
        paths.filter(|path| path.picture.0 == id("bob")).count()
    };
    assert_eq!(seen(&conference), 2);
    let done = does(
        &mut conference,
        2,
        asks("ann", forbid(Some("bob"), Permission::Camera)),
    );
    assert_eq!(seen(&conference), 0);
    let (subscriber, slot) = (id("cid"), 0);
    assert!(done.contains(&Effect::Hide { subscriber, slot }));
    let (source, needed) = (Source::Camera, false);
    assert!(told(&done, "bob", &Notice::ServerNeeds { source, needed }));
    let (picture, to, on) = ((id("bob"), source), id("ann"), false);
    assert!(told(&done, "bob", &Notice::SendTo { picture, to, on }));
    assert!(!updated(&done, "cid", "bob").unwrap().publishing.camera);
    does(
        &mut conference,
        3,
        Event::Publish(id("bob"), HEARD_AND_SEEN),
    );
    assert_eq!(seen(&conference), 0, "he cannot switch it on");
}

#[test]
fn a_screen_is_another_permission_than_a_camera() {
    let mut conference = room(&["ann", "bob"]);
    does(
        &mut conference,
        1,
        asks("ann", forbid(None, Permission::Screen)),
    );
    let all = Publishing {
        screen: true,
        ..HEARD_AND_SEEN
    };
    does(&mut conference, 2, Event::Publish(id("bob"), all));
    assert_eq!(publishing(&conference, "bob"), HEARD_AND_SEEN);
    does(&mut conference, 2, Event::Publish(id("ann"), all));
    assert_eq!(publishing(&conference, "ann"), all, "moderators may");
}

#[test]
fn to_moderators_less_can_be_done() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let raise = Action::Role(id("bob"), Role::Moderator);
    assert!(is_done(
        &does(&mut conference, 1, asks("ann", raise)),
        "ann"
    ));
    let (whom, ban) = (id("bob"), true);
    for action in [
        Action::Remove { whom, ban },
        forbid(Some("bob"), Permission::Microphone),
    ] {
        let done = does(&mut conference, 2, asks("ann", action));
        assert_eq!(*not_done(&done), Refusal::IsModerator("bob".into()));
    }
    let mute = Action::Mute(Some(id("bob")));
    assert!(is_done(&does(&mut conference, 3, asks("ann", mute)), "ann"));
}

#[test]
fn whoever_is_asked_hears_who_asks_if_he_may() {
    let mut conference = room(&["ann", "bob"]);
    let ask = Action::Ask(id("bob"), Permission::Microphone);
    let done = does(&mut conference, 1, asks("ann", ask.clone()));
    let (by, permission) = (id("ann"), Permission::Microphone);
    assert!(told(&done, "bob", &Notice::Asked { by, permission }));
    assert!(is_done(&done, "ann"));
    does(&mut conference, 2, asks("ann", forbid(None, permission)));
    let done = does(&mut conference, 3, asks("ann", ask));
    let vain = Refusal::AskedInVain("bob".into(), permission);
    assert_eq!(*not_done(&done), vain);
}

#[test]
fn hands_go_up_in_their_order_and_down() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let hand = |conference: &Conference<u8>, who: &str| conference.members[&id(who)].hand;
    for who in ["cid", "bob", "cid"] {
        let done = does(&mut conference, 1, asks(who, Action::Hand(true)));
        assert!(is_done(&done, who));
    }
    assert!(hand(&conference, "cid") < hand(&conference, "bob"));
    does(&mut conference, 2, asks("cid", Action::Hand(false)));
    does(
        &mut conference,
        2,
        asks("ann", Action::LowerHand(Some(id("bob")))),
    );
    assert_eq!(
        (hand(&conference, "bob"), hand(&conference, "cid")),
        (None, None)
    );
    does(&mut conference, 3, asks("cid", Action::Hand(true)));
    let done = does(&mut conference, 4, asks("ann", Action::LowerHand(None)));
    assert_eq!(updated(&done, "bob", "cid").unwrap().hand, None);
}

#[test]
fn whoever_is_removed_is_told_and_may_come_again_unless_he_is_banned() {
    for (ban, reason, again) in [
        (false, LeaveReason::Removed, None),
        (true, LeaveReason::Banned, Some(Refusal::Banned)),
    ] {
        let mut conference = room(&["ann", "bob"]);
        let whom = id("bob");
        let done = does(
            &mut conference,
            1,
            asks("ann", Action::Remove { whom, ban }),
        );
        for to in ["ann", "bob"] {
            assert!(told(&done, to, &Notice::Left(id("bob"), reason)));
        }
        for effect in [Effect::CloseSocket, Effect::CloseLeg, Effect::Gone] {
            assert!(done.contains(&effect(id("bob"))));
        }
        let done = does(&mut conference, 2, join("bob", Role::Speaker));
        assert_eq!(refusal(&done), again.as_ref());
    }
}

fn with_identity(name: &str, called: &str, identity: Option<&str>) -> Event<u8> {
    let Event::Join(newcomer) = join(name, Role::Speaker) else {
        unreachable!()
    };
    Event::Join(Newcomer {
        name: called.into(),
        identity: identity.map(Into::into),
        ..newcomer
    })
}

#[test]
fn a_ban_is_on_the_identity_or_else_on_the_name_until_it_is_lifted() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 1, with_identity("bob", "Bob", Some("b's")));
    let (whom, ban) = (id("bob"), true);
    does(
        &mut conference,
        2,
        asks("ann", Action::Remove { whom, ban }),
    );
    let table = [
        ("b2", "Robert", Some("b's"), true),
        ("b3", "Bob", Some("another's"), false),
        ("b4", "bob", None, false),
    ];
    for (who, called, identity, kept_out) in table {
        let mut conference = conference.clone();
        let done = does(&mut conference, 3, with_identity(who, called, identity));
        assert_eq!(refusal(&done).is_some(), kept_out, "{called} {identity:?}");
    }
    does(&mut conference, 4, with_identity("cid", "Cid", None));
    let (whom, ban) = (id("cid"), true);
    does(
        &mut conference,
        5,
        asks("ann", Action::Remove { whom, ban }),
    );
    let done = does(&mut conference, 6, with_identity("c2", "CID", Some("c's")));
    assert_eq!(refusal(&done), Some(&Refusal::Banned));
    let done = does(&mut conference, 7, asks("ann", Action::Bans));
    let [
        ..,
        Effect::Send {
            notice: Notice::Bans(7, bans),
            ..
        },
    ] = done.as_slice()
    else {
        panic!("{done:?}")
    };
    let names: Vec<_> = bans
        .iter()
        .map(|ban| (ban.id, &*ban.name, &*ban.by))
        .collect();
    assert_eq!(names, [(1, "Bob", "ann"), (2, "Cid", "ann")]);
    let done = does(&mut conference, 8, asks("ann", Action::Unban(2)));
    assert!(is_done(&done, "ann") && done.contains(&Effect::Keep(Kept::Unbanned(2))));
    let done = does(&mut conference, 9, asks("ann", Action::Unban(2)));
    assert_eq!(*not_done(&done), Refusal::NoBan(2));
    let done = does(&mut conference, 9, with_identity("c3", "Cid", None));
    assert_eq!(refusal(&done), None);
}

#[test]
fn what_moderators_did_is_written_down_once_and_nothing_else_is() {
    let mut conference = room(&["ann", "bob"]);
    let deeds = |done: &[Effect<u8>]| {
        let deeds = done.iter().filter_map(|effect| match effect {
            Effect::Keep(Kept::Acted(deed)) => Some(deed.clone()),
            _ => None,
        });
        deeds.collect::<Vec<_>>()
    };
    let (whom, ban) = (id("bob"), false);
    let remove = Action::Remove { whom, ban };
    let mut done = does(&mut conference, 1, asks("bob", remove.clone()));
    done.extend(does(&mut conference, 1, asks("bob", Action::Hand(true))));
    done.extend(does(&mut conference, 1, asks("ann", Action::Audit)));
    let (to, request) = (id("ann"), 7);
    assert!(done.contains(&Effect::TellAudit { to, request }));
    assert_eq!(deeds(&done), []);
    let done = does(&mut conference, 2, asks("ann", remove.clone()));
    let [deed] = &deeds(&done)[..] else {
        panic!("{done:?}")
    };
    assert_eq!(deed.by, Some((id("ann"), "ann".into())));
    assert_eq!((&deed.action, deed.whom.as_deref()), (&remove, Some("bob")));
}
