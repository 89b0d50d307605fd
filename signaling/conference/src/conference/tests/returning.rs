//! Coming back as the same.

use super::*;

fn returns(name: &str, has_leg: bool) -> Event<u8> {
    Event::Returned {
        id: id(name),
        has_leg,
    }
}

fn welcome(done: &[Effect<u8>], who: &str) -> Option<(Participant, Vec<ParticipantId>, bool)> {
    done.iter().find_map(|effect| match effect {
        Effect::Send {
            to,
            notice:
                Notice::Welcome {
                    me,
                    others,
                    returned,
                    ..
                },
        } if *to == id(who) => {
            let others = others.iter().map(|other| other.id.clone()).collect();
            Some((me.clone(), others, *returned))
        }
        _ => None,
    })
}

fn to<'a>(done: &'a [Effect<u8>], who: &str) -> Vec<&'a Notice<u8>> {
    let told = done.iter().filter_map(|effect| match effect {
        Effect::Send { to, notice } if *to == id(who) => Some(notice),
        _ => None,
    });
    told.collect()
}

#[test]
fn the_same_participant_returns_and_others_see_but_that_he_was_away() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let failed = Event::PairState {
        from: id("ann"),
        peer: id("bob"),
        report: PairReport::Failed,
    };
    does(&mut conference, 1, failed);
    let before = conference.participants();
    let plan = conference.paths();
    let done = does(&mut conference, 2, cut("bob"));
    assert!(updated(&done, "ann", "bob").unwrap().away);
    assert_eq!(to(&done, "ann").len(), 1);
    let done = does(&mut conference, 6, returns("bob", true));
    let (me, others, returned) = welcome(&done, "bob").unwrap();
    assert_eq!((me, others.len(), returned), (before[1].clone(), 2, true));
    assert!(!updated(&done, "ann", "bob").unwrap().away);
    assert_eq!(to(&done, "ann").len(), 1);
    assert_eq!(conference.participants(), before);
    assert_eq!(conference.paths(), plan);
    let ends =
        |effect: &&Effect<u8>| matches!(effect, Effect::OpenLeg { .. } | Effect::CloseLeg(_));
    assert_eq!(done.iter().find(ends), None, "the leg stays");
}

#[test]
fn he_is_told_how_all_stands() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let failed = Event::PairState {
        from: id("ann"),
        peer: id("bob"),
        report: PairReport::Failed,
    };
    does(&mut conference, 1, failed);
    does(&mut conference, 2, cut("bob"));
    let done = does(&mut conference, 3, returns("bob", true));
    let source = Source::Camera;
    let path = |publisher: &str, path, why| Notice::Path {
        publisher: id(publisher),
        source,
        path: Some(path),
        relay: None,
        why: Some(why),
    };
    let by_server = path("ann", Path::Server { slot: 0 }, Why::NoCommonWay);
    let send = Notice::SendTo {
        picture: (id("bob"), source),
        to: id("cid"),
        on: true,
    };
    let needed = true;
    for notice in [
        by_server,
        path("cid", Path::Direct, Why::Trying),
        send,
        Notice::ServerNeeds { source, needed },
    ] {
        assert!(told(&done, "bob", &notice), "{notice:?} in {done:?}");
    }
}

#[test]
fn whose_page_has_lost_its_leg_gets_another_when_the_old_one_has_ended() {
    let mut conference = room(&["ann", "bob"]);
    does(
        &mut conference,
        1,
        asks("ann", Action::Mute(Some(id("bob")))),
    );
    does(&mut conference, 2, cut("bob"));
    let done = does(&mut conference, 3, returns("bob", false));
    assert!(done.contains(&Effect::CloseLeg(id("bob"))));
    assert!(told(&done, "ann", &Notice::Retry(id("bob"))));
    let leg = Effect::OpenLeg {
        id: id("bob"),
        number: 2,
        heard: false,
        sound: SoundMode::Mix,
    };
    assert!(!done.contains(&leg), "not while the old one is there");
    let done = does(&mut conference, 4, Event::LegClosed(id("bob")));
    assert!(done.contains(&leg), "{done:?}");
    assert!(does(&mut conference, 5, Event::LegClosed(id("bob"))).is_empty());
    does(&mut conference, 5, Event::Offered(id("bob")));
    let done = does(&mut conference, 6, Event::Answer(id("bob"), "sdp".into()));
    assert_eq!(done, [Effect::LegAnswer(id("bob"), "sdp".into())]);
}

#[test]
fn a_new_leg_shows_what_the_plan_says_by_then() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 3, returns("bob", false));
    let failed = Event::PairState {
        from: id("bob"),
        peer: id("ann"),
        report: PairReport::Failed,
    };
    let shown = Effect::Show {
        subscriber: id("bob"),
        slot: 0,
        publisher: id("ann"),
        source: Source::Camera,
    };
    assert!(does(&mut conference, 4, failed).contains(&shown));
    let done = does(&mut conference, 5, Event::LegClosed(id("bob")));
    assert_eq!(done.last(), Some(&shown), "the old leg was told in vain");
}

#[test]
fn a_leg_that_was_not_connected_is_made_anew() {
    let mut conference = room(&["ann"]);
    does(&mut conference, 1, join("bob", Role::Speaker));
    does(&mut conference, 2, cut("bob"));
    let done = does(&mut conference, 3, returns("bob", true));
    assert!(done.contains(&Effect::CloseLeg(id("bob"))));
    let again = does(&mut conference, 4, returns("bob", true));
    assert!(
        !again.contains(&Effect::CloseLeg(id("bob"))),
        "it ends already"
    );
    let done = does(&mut conference, 34, Event::Tick);
    assert!(told(
        &done,
        "bob",
        &Notice::Left(id("bob"), LeaveReason::LegFailed)
    ));
    assert!(!done.contains(&Effect::CloseLeg(id("bob"))));
}

#[test]
fn whoever_was_silent_has_six_seconds_after_his_return() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 1, Event::LegSilent(id("bob")));
    does(&mut conference, 1, Event::LegHeard(id("bob")));
    does(&mut conference, 2, cut("bob"));
    does(&mut conference, 6, returns("bob", true));
    assert_eq!(conference.deadline(), Some(at(12)));
}

#[test]
fn whoever_takes_over_from_an_open_socket_was_never_away() {
    let mut conference = room(&["ann", "bob"]);
    let done = does(&mut conference, 1, returns("bob", true));
    assert!(welcome(&done, "bob").is_some());
    assert_eq!(to(&done, "ann"), [] as [&Notice<u8>; 0]);
}

#[test]
fn nobody_returns_who_is_not_in() {
    let mut conference = room(&["ann"]);
    assert_eq!(does(&mut conference, 1, returns("bob", true)), []);
}

#[test]
fn who_comes_back_twice_before_he_has_a_leg_is_shown_nothing_twice() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 2, cut("bob"));
    does(&mut conference, 3, returns("bob", false));
    let failed = Event::PairState {
        from: id("ann"),
        peer: id("bob"),
        report: PairReport::Failed,
    };
    let bobs_slots = |done: &[Effect<u8>], show: bool| {
        let is_meant = |effect: &&Effect<u8>| match effect {
            Effect::Show { subscriber, .. } => show && *subscriber == id("bob"),
            Effect::Hide { subscriber, .. } => !show && *subscriber == id("bob"),
            _ => false,
        };
        done.iter().filter(is_meant).count()
    };
    let done = does(&mut conference, 4, failed);
    assert_eq!(bobs_slots(&done, true), 1);
    let done = does(&mut conference, 5, returns("bob", false));
    assert_eq!(bobs_slots(&done, false), 1);
}
