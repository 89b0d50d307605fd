//! What is written.

use super::*;
use crate::{ChatMessage, MAX_TEXT};

fn says(text: &str, reply_to: Option<u32>) -> Action {
    let text = text.to_owned();
    Action::Say { text, reply_to }
}

fn heard(done: &[Effect<u8>], who: &str) -> Option<ChatMessage> {
    done.iter().find_map(|effect| match effect {
        Effect::Send {
            to,
            notice: Notice::Chat(message),
        } if *to == id(who) => Some(message.clone()),
        _ => None,
    })
}

fn history(conference: &mut Conference<u8>, name: &str) -> Vec<ChatMessage> {
    let done = does(conference, 99, join(name, Role::Speaker));
    let history = done.into_iter().find_map(|effect| match effect {
        Effect::Send {
            notice: Notice::Welcome { chat, .. },
            ..
        } => Some(chat),
        _ => None,
    });
    history.unwrap()
}

#[test]
fn all_read_it_and_so_does_who_comes_later() {
    let mut conference = room(&["ann", "bob"]);
    let done = does(
        &mut conference,
        3,
        asks("ann", says(" <b>Hello</b>\n", None)),
    );
    assert!(is_done(&done, "ann"));
    let first = heard(&done, "bob").unwrap();
    assert_eq!(
        (&*first.text, first.at, first.id),
        ("<b>Hello</b>", at(3), 1)
    );
    let done = does(&mut conference, 4, asks("bob", says("Hi", Some(1))));
    let second = heard(&done, "ann").unwrap();
    assert_eq!((&*second.name, second.reply_to), ("bob", Some(1)));
    assert_eq!(history(&mut conference, "cid"), [first, second]);
}

#[test]
fn what_is_no_message_is_refused() {
    let mut conference = room(&["ann"]);
    let max = MAX_TEXT;
    let table = [
        (says("  ", None), Refusal::BadText { length: 0, max }),
        (
            says(&"ä".repeat(max + 1), None),
            Refusal::BadText {
                length: max + 1,
                max,
            },
        ),
        (says("to what?", Some(1)), Refusal::NoMessage(1)),
        (says("to what?", Some(0)), Refusal::NoMessage(0)),
    ];
    for (action, expected) in table {
        assert_eq!(
            *not_done(&does(&mut conference, 1, asks("ann", action))),
            expected
        );
    }
    let longest = does(
        &mut conference,
        1,
        asks("ann", says(&"ä".repeat(max), None)),
    );
    assert!(is_done(&longest, "ann"));
}

#[test]
fn whoever_may_not_write_does_not() {
    let mut conference = room(&["ann", "bob"]);
    let forbid = Action::Permit {
        whom: None,
        permission: Permission::Chat,
        allowed: false,
    };
    does(&mut conference, 1, asks("ann", forbid));
    let done = does(&mut conference, 2, asks("bob", says("psst", None)));
    assert_eq!(*not_done(&done), Refusal::NotAllowed(Permission::Chat));
    assert!(is_done(
        &does(&mut conference, 2, asks("ann", says("quiet", None))),
        "ann"
    ));
}

#[test]
fn ten_at_once_and_then_one_a_second() {
    let mut conference = room(&["ann"]);
    let mut written = |now| {
        let says = |_: &i32| {
            is_done(
                &does(&mut conference, now, asks("ann", says("x", None))),
                "ann",
            )
        };
        (0..20).filter(says).count()
    };
    assert_eq!([written(5), written(6), written(9)], [10, 1, 3]);
}

#[test]
fn little_is_kept() {
    let mut conference = room(&["ann"]);
    for now in 1..=300 {
        does(&mut conference, now, asks("ann", says("x", None)));
    }
    let kept = history(&mut conference, "bob");
    assert_eq!((kept.len(), kept[0].id), (200, 101));
    for now in 301..=400 {
        let long = "ä".repeat(MAX_TEXT);
        does(&mut conference, now, asks("ann", says(&long, None)));
    }
    let bytes = |kept: &[ChatMessage]| kept.iter().map(|message| message.text.len()).sum::<usize>();
    let kept = history(&mut conference, "cid");
    assert!(
        (100_000..=131_072).contains(&bytes(&kept)),
        "{}",
        bytes(&kept)
    );
}
