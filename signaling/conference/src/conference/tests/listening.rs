//! How loudly each listener hears the others.

use super::*;

fn wants(who: &str, whom: &[(&str, u8)]) -> Event<u8> {
    let gains = whom.iter().map(|(whom, gain)| (id(whom), Gain(*gain)));
    Event::Gains(id(who), gains.collect())
}

/// What the legs are told of it: the listeners, and whom they hear how loudly.
fn gains(done: &[Effect<u8>]) -> Vec<(String, Vec<(String, u8)>)> {
    let told = done.iter().filter_map(|effect| match effect {
        Effect::Gains(id, gains) => {
            let gains = gains.iter().map(|(whom, gain)| (whom.0.clone(), gain.0));
            Some((id.0.clone(), gains.collect()))
        }
        _ => None,
    });
    told.collect()
}

fn hears(who: &str, whom: &[(&str, u8)]) -> (String, Vec<(String, u8)>) {
    let gains = whom.iter().map(|(whom, gain)| ((*whom).to_owned(), *gain));
    (who.to_owned(), gains.collect())
}

#[test]
fn wishes_add_up_and_only_changes_are_told() {
    let mut conference = room(&["ann", "bob", "cid"]);
    let done = does(&mut conference, 1, wants("ann", &[("bob", 0)]));
    assert_eq!(
        done,
        [Effect::Gains(id("ann"), [(id("bob"), Gain(0))].into())]
    );
    let done = does(&mut conference, 1, wants("ann", &[("cid", 150)]));
    assert_eq!(gains(&done), [hears("ann", &[("bob", 0), ("cid", 150)])]);
    let done = does(
        &mut conference,
        1,
        wants("ann", &[("cid", 150), ("bob", 0)]),
    );
    assert_eq!(done, []);
    let done = does(&mut conference, 1, wants("ann", &[("bob", 100)]));
    assert_eq!(gains(&done), [hears("ann", &[("cid", 150)])]);
}

#[test]
fn nobody_has_wishes_about_himself_or_about_those_who_are_not_there() {
    let mut conference = room(&["ann", "bob"]);
    let done = does(&mut conference, 1, wants("ann", &[("ann", 0), ("eve", 0)]));
    assert_eq!(done, []);
    let done = does(&mut conference, 1, wants("eve", &[("bob", 0)]));
    assert!(matches!(refusal(&done), Some(Refusal::OutOfOrder { .. })));
}

#[test]
fn who_has_left_is_in_nobodys_wishes() {
    let mut conference = room(&["ann", "bob", "cid"]);
    does(&mut conference, 1, wants("ann", &[("bob", 0), ("cid", 50)]));
    let done = does(&mut conference, 2, Event::Leave(id("bob")));
    assert_eq!(gains(&done), [hears("ann", &[("cid", 50)])]);
}

#[test]
fn a_new_leg_is_told_what_the_old_one_was() {
    let mut conference = room(&["ann", "bob"]);
    does(&mut conference, 1, wants("ann", &[("bob", 30)]));
    does(&mut conference, 2, cut("ann"));
    let back = |has_leg| Event::Returned {
        id: id("ann"),
        has_leg,
    };
    let done = does(&mut conference, 3, back(true));
    assert_eq!(gains(&done), [], "the leg stays, and knows");
    does(&mut conference, 4, back(false));
    let done = does(&mut conference, 5, Event::LegClosed(id("ann")));
    assert_eq!(gains(&done), [hears("ann", &[("bob", 30)])]);
    let opened = done
        .iter()
        .position(|e| matches!(e, Effect::OpenLeg { .. }));
    let wished = done.iter().position(|e| matches!(e, Effect::Gains(..)));
    assert!(opened.is_some() && opened < wished, "{done:?}");
}
