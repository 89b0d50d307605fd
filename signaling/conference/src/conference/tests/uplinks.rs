//! Uplinks that become narrower in mid-call, and wider.

use super::{relays::*, *};

/// Ann is seen by two public ones, who both pass pictures on; all are connected with each other.
fn all_in_public() -> Conference<u8> {
    let mut conference = Conference::new(at(0), SETTINGS, Saved::default());
    for name in ["ann", "bob", "cid"] {
        enter(&mut conference, name);
        does(&mut conference, 0, Event::Wish(id(name), can_send(8)));
        let network = Network {
            class: Class::Public,
            reachable: Some(true),
            realm: Realm::Wide,
        };
        does(&mut conference, 0, Event::Classified(id(name), network));
    }
    for (a, b) in [("ann", "bob"), ("ann", "cid"), ("bob", "cid")] {
        does(&mut conference, 1, fares(a, b, PairReport::Connected));
    }
    conference
}

fn can_send(pictures: u32) -> Wishes {
    Wishes {
        uplink: Some(pictures),
        ..PASSES_ON
    }
}

/// By which path Cid sees Ann, and through whom, as the moderator's query says it.
fn cid_sees_ann(conference: &Conference<u8>) -> Option<(Path, Option<ParticipantId>)> {
    let mut paths = conference.paths().into_iter();
    let path = paths.find(|path| path.picture == camera_of("ann") && path.subscriber.0 == "cid")?;
    Some((path.path, path.relay))
}

fn needs(needed: bool) -> Notice<u8> {
    Notice::ServerNeeds {
        source: Source::Camera,
        needed,
    }
}

/// Where among the effects somebody is told something.
fn when(done: &[Effect<u8>], who: &str, what: &Notice<u8>) -> usize {
    let effect = Effect::Send {
        to: id(who),
        notice: what.clone(),
    };
    let place = done.iter().position(|one| *one == effect);
    place.unwrap_or_else(|| panic!("{who} is not told {what:?} in {done:?}"))
}

#[test]
fn a_narrower_uplink_moves_a_picture_to_a_peer_and_leaves_no_gap() {
    let mut conference = all_in_public();
    assert_eq!(cid_sees_ann(&conference), Some((Path::Direct, None)));
    let done = does(&mut conference, 5, Event::Wish(id("ann"), can_send(1)));
    let by_server = Path::Server { slot: 0 };
    assert_eq!(cid_sees_ann(&conference), Some((by_server, None)));
    let stops = when(&done, "ann", &sends("ann", "cid", false));
    assert!(when(&done, "ann", &needs(true)) < stops);
    assert!(when(&done, "bob", &sends("ann", "cid", true)) < stops);
    let here = arrives("cid", "bob", "ann", PairReport::Connected);
    let done = does(&mut conference, 6, here);
    let through = conference.number(&id("bob")).map(Path::Peer).unwrap();
    assert_eq!(cid_sees_ann(&conference), Some((through, Some(id("bob")))));
    assert!(told(&done, "ann", &needs(false)));
}

#[test]
fn a_wider_uplink_brings_it_back() {
    let mut conference = all_in_public();
    does(&mut conference, 5, Event::Wish(id("ann"), can_send(1)));
    let here = arrives("cid", "bob", "ann", PairReport::Connected);
    does(&mut conference, 6, here);
    let done = does(&mut conference, 30, Event::Wish(id("ann"), can_send(2)));
    assert_eq!(cid_sees_ann(&conference), Some((Path::Direct, None)));
    let begins = when(&done, "ann", &sends("ann", "cid", true));
    assert!(begins < when(&done, "bob", &sends("ann", "cid", false)));
}

#[test]
fn whoever_has_too_much_to_do_is_let_off_without_a_gap() {
    let mut conference = all_in_public();
    does(&mut conference, 5, Event::Wish(id("ann"), can_send(1)));
    let here = arrives("cid", "bob", "ann", PairReport::Connected);
    does(&mut conference, 6, here);
    let rests = Wishes {
        relays: false,
        ..can_send(8)
    };
    let done = does(&mut conference, 20, Event::Wish(id("bob"), rests));
    let by_server = Path::Server { slot: 0 };
    assert_eq!(cid_sees_ann(&conference), Some((by_server, None)));
    let stops = when(&done, "bob", &sends("ann", "cid", false));
    assert!(when(&done, "ann", &needs(true)) < stops);
}
