//! What is offered, and who can fetch it.

use super::*;
use crate::{FileCopy, FileOffer, OfferedFile};

fn file(size: u64) -> FileOffer {
    FileOffer {
        name: "plan.pdf".into(),
        size,
        media_type: "application/pdf".into(),
        sha256: "0a".repeat(32),
    }
}

fn fetch(file: u32, direct: bool) -> Action {
    Action::Fetch { file, direct }
}

/// What he was told last of each file.
fn offered(done: &[Effect<u8>], who: &str) -> Vec<OfferedFile> {
    let told = done.iter().filter_map(|effect| match effect {
        Effect::Send {
            to,
            notice: Notice::File(file),
        } if *to == id(who) => Some(file.clone()),
        _ => None,
    });
    told.collect()
}

/// A room in which Ann, who moderates, and Bob are, and Bob offers a file of that size.
fn with_file(size: u64) -> Conference<u8> {
    let mut conference = room(&["ann", "bob"]);
    let done = does(&mut conference, 1, asks("bob", Action::Offer(file(size))));
    assert!(is_done(&done, "bob"));
    conference
}

/// The server gets its copy of file 1.
fn copied(conference: &mut Conference<u8>, whole: bool) -> Vec<Effect<u8>> {
    let done = does(conference, 2, asks("ann", fetch(1, false)));
    assert!(is_done(&done, "ann") && told(&done, "bob", &Notice::Upload(1)));
    assert_eq!(conference.upload(&id("bob"), 1), Ok(file(1_000)));
    does(conference, 2, Event::CopyBegins(1));
    does(conference, 3, Event::Copied { file: 1, whole })
}

#[test]
fn all_are_told_and_so_is_who_comes_later() {
    let mut conference = room(&["ann", "bob"]);
    let done = does(&mut conference, 1, asks("bob", Action::Offer(file(9))));
    let [told] = &offered(&done, "ann")[..] else {
        panic!("{done:?}")
    };
    assert_eq!((told.id, &*told.by, told.at), (1, "bob", at(1)));
    assert_eq!((&told.offer, told.copy), (&file(9), FileCopy::None));
    let done = does(&mut conference, 2, join("cid", Role::Speaker));
    let welcomed = |effect: &Effect<u8>| matches!(effect, Effect::Send { notice: Notice::Welcome { files, .. }, .. } if files[..] == [told.clone()]);
    assert!(done.iter().any(welcomed), "{done:?}");
}

#[test]
fn what_is_no_file_is_refused() {
    let mut conference = room(&["ann"]);
    let name = |name: &str| FileOffer {
        name: name.into(),
        ..file(1)
    };
    let bad = [
        name(""),
        name("../x"),
        name("a\\b"),
        name("a\nb"),
        name(&"ä".repeat(256)),
        file(0),
        file((1 << 30) + 1),
        FileOffer {
            media_type: "text/html\n".into(),
            ..file(1)
        },
        FileOffer {
            sha256: "0A".repeat(32),
            ..file(1)
        },
    ];
    for offer in bad {
        let done = does(
            &mut conference,
            1,
            asks("ann", Action::Offer(offer.clone())),
        );
        assert!(matches!(not_done(&done), Refusal::BadFile(_)), "{offer:?}");
    }
    let good = [name(&"ä".repeat(255)), file(1 << 30), name("图片 1.png")];
    for offer in good {
        assert!(is_done(
            &does(&mut conference, 1, asks("ann", Action::Offer(offer))),
            "ann"
        ));
    }
}

#[test]
fn whom_a_moderator_forbids_it_offers_nothing_and_what_he_offered_stays() {
    let mut conference = with_file(9);
    let permit = Action::Permit {
        whom: Some(id("bob")),
        permission: Permission::Files,
        allowed: false,
    };
    does(&mut conference, 2, asks("ann", permit));
    let done = does(&mut conference, 3, asks("bob", Action::Offer(file(9))));
    assert_eq!(not_done(&done), &Refusal::NotAllowed(Permission::Files));
    assert!(is_done(
        &does(&mut conference, 3, asks("ann", fetch(1, true))),
        "ann"
    ));
}

#[test]
fn only_so_many_are_offered_and_not_all_at_once() {
    let mut conference = room(&["ann"]);
    let mut offer = |now| does(&mut conference, now, asks("ann", Action::Offer(file(9))));
    for _ in 0..10 {
        assert!(is_done(&offer(1), "ann"));
    }
    assert_eq!(not_done(&offer(1)), &Refusal::TooFast);
    for now in 2..92 {
        assert!(is_done(&offer(now), "ann"), "{now}");
    }
    assert_eq!(not_done(&offer(99)), &Refusal::ManyFiles { max: 100 });
}

#[test]
fn it_is_taken_back_by_whose_it_is_and_by_moderators() {
    let mut conference = room(&["ann", "bob", "cid"]);
    for who in ["bob", "bob", "ann"] {
        does(&mut conference, 1, asks(who, Action::Offer(file(9))));
    }
    let done = does(&mut conference, 2, asks("cid", Action::Withdraw(1)));
    assert!(matches!(not_done(&done), Refusal::Forbidden(_)));
    for (who, file, whom) in [("bob", 1, None), ("ann", 2, Some("bob"))] {
        let done = does(&mut conference, 2, asks(who, Action::Withdraw(file)));
        let deeds = done.iter().filter_map(|effect| match effect {
            Effect::Keep(Kept::Acted(deed)) => deed.whom.as_deref(),
            _ => None,
        });
        assert!(
            deeds.eq(whom),
            "what a moderator does to others is written down"
        );
        assert!(told(&done, "cid", &Notice::FileGone(file)));
        let done = does(&mut conference, 2, asks("cid", fetch(file, true)));
        assert_eq!(not_done(&done), &Refusal::NoFile(file));
    }
}

#[test]
fn nobody_connects_to_one_who_hides_or_is_away() {
    let mut conference = with_file(9);
    let hides_address = true;
    let wishes = Wishes {
        hides_address,
        ..Wishes::default()
    };
    does(&mut conference, 2, Event::Wish(id("bob"), wishes));
    let done = does(&mut conference, 2, asks("ann", fetch(1, true)));
    assert_eq!(not_done(&done), &Refusal::Hidden("bob".into()));
    does(
        &mut conference,
        2,
        Event::Wish(id("bob"), Wishes::default()),
    );
    does(&mut conference, 2, cut("bob"));
    for direct in [true, false] {
        let done = does(&mut conference, 2, asks("ann", fetch(1, direct)));
        assert_eq!(not_done(&done), &Refusal::NotHere("bob".into()));
    }
}

#[test]
fn the_server_asks_once_and_keeps_what_is_whole() {
    let mut conference = with_file(1_000);
    assert_eq!(conference.upload(&id("bob"), 1), Err(Refusal::Unwanted(1)));
    let done = copied(&mut conference, true);
    assert_eq!(offered(&done, "ann")[0].copy, FileCopy::There);
    let done = does(&mut conference, 4, asks("ann", fetch(1, false)));
    assert!(is_done(&done, "ann") && !told(&done, "bob", &Notice::Upload(1)));
    assert_eq!(conference.download(&id("ann"), 1), Ok(file(1_000)));
    let nobody = conference.download(&id("eve"), 1);
    assert!(matches!(nobody, Err(Refusal::OutOfOrder { .. })));
    assert_eq!(conference.upload(&id("bob"), 1), Err(Refusal::Unwanted(1)));
}

#[test]
fn a_copy_that_is_another_file_or_late_is_none() {
    let mut conference = with_file(1_000);
    let done = copied(&mut conference, false);
    assert_eq!(offered(&done, "ann")[0].copy, FileCopy::None);
    does(&mut conference, 10, asks("ann", fetch(1, false)));
    assert_eq!(conference.upload(&id("ann"), 1), Err(Refusal::Unwanted(1)));
    let due = conference.deadline().unwrap();
    assert_eq!(due, at(30));
    let done = does(&mut conference, 30, Event::Tick);
    assert_eq!(offered(&done, "ann")[0].copy, FileCopy::None);
    let whole = true;
    let done = does(&mut conference, 31, Event::Copied { file: 1, whole });
    assert_eq!(done, [Effect::DropCopy(1)], "nobody waits for it any more");
}

#[test]
fn nobody_has_others_send_copies_all_the_time() {
    let mut conference = with_file(9);
    for now in 2..=11 {
        does(&mut conference, 2, asks("bob", Action::Offer(file(now))));
    }
    for id in 1..=10 {
        let done = does(&mut conference, 9, asks("ann", fetch(id, false)));
        assert!(is_done(&done, "ann"), "{id}");
    }
    let done = does(&mut conference, 9, asks("ann", fetch(11, false)));
    assert_eq!(not_done(&done), &Refusal::TooFast);
}

#[test]
fn what_is_too_large_for_the_server_goes_directly_only() {
    let mut conference = with_file(1_001);
    let done = does(&mut conference, 2, asks("ann", fetch(1, false)));
    let (size, max) = (1_001, 1_000);
    assert_eq!(not_done(&done), &Refusal::TooLarge { size, max });
}

#[test]
fn the_oldest_copy_makes_place_for_a_new_one() {
    let mut conference = with_file(1_000);
    copied(&mut conference, true);
    for file_id in 2..=4 {
        does(&mut conference, 20, asks("bob", Action::Offer(file(1_000))));
        does(&mut conference, 20, asks("ann", fetch(file_id, false)));
    }
    does(&mut conference, 21, asks("bob", Action::Offer(file(1))));
    let done = does(&mut conference, 21, asks("ann", fetch(5, false)));
    assert!(done.contains(&Effect::DropCopy(1)));
    assert_eq!(offered(&done, "ann")[0].copy, FileCopy::None);
    does(&mut conference, 21, asks("bob", Action::Offer(file(1_000))));
    let done = does(&mut conference, 21, asks("ann", fetch(6, false)));
    assert_eq!(not_done(&done), &Refusal::NoPlace, "all of them are coming");
}

#[test]
fn a_copy_outlasts_who_left_and_not_who_was_sent_away() {
    let mut conference = with_file(1_000);
    copied(&mut conference, true);
    does(&mut conference, 4, asks("bob", Action::Offer(file(9))));
    let done = does(&mut conference, 5, Event::Leave(id("bob")));
    assert!(told(&done, "ann", &Notice::FileGone(2)));
    assert!(!told(&done, "ann", &Notice::FileGone(1)));
    assert!(conference.download(&id("ann"), 1).is_ok());

    let mut conference = with_file(1_000);
    copied(&mut conference, true);
    let (whom, ban) = (id("bob"), false);
    let done = does(
        &mut conference,
        5,
        asks("ann", Action::Remove { whom, ban }),
    );
    assert!(told(&done, "ann", &Notice::FileGone(1)));
    assert!(done.contains(&Effect::DropCopy(1)));
}
