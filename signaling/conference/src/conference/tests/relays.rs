//! Pictures that one passes on to another, and addresses that nobody may learn.

use super::*;

pub(super) const PASSES_ON: Wishes = Wishes {
    relays: true,
    hides_address: false,
    uplink: None,
};

/// Two private people under `claimed`, and a public one who passes pictures on.
fn two_homes_and_a_relay() -> (Conference<u8>, Vec<Effect<u8>>) {
    let mut conference = Conference::new(
        at(0),
        Settings {
            policy: Policy::Claimed,
            ..SETTINGS
        },
        Saved::default(),
    );
    let classes = [
        ("ann", Class::Private),
        ("bob", Class::Private),
        ("pat", Class::Public),
    ];
    let mut done = Vec::new();
    for (name, class) in classes {
        done.extend(enter(&mut conference, name));
        done.extend(does(&mut conference, 0, Event::Wish(id(name), PASSES_ON)));
        let network = Network {
            class,
            reachable: Some(class == Class::Public),
            realm: Realm::Wide,
        };
        let classified = Event::Classified(id(name), network);
        done.extend(does(&mut conference, 0, classified));
    }
    for (a, b) in [("ann", "pat"), ("bob", "pat")] {
        done.extend(does(&mut conference, 1, fares(a, b, PairReport::Connected)));
    }
    (conference, done)
}

pub(super) fn enter(conference: &mut Conference<u8>, name: &str) -> Vec<Effect<u8>> {
    let mut done = does(conference, 0, join(name, Role::Speaker));
    done.extend(does(conference, 0, Event::Offered(id(name))));
    done.extend(does(conference, 0, Event::Answer(id(name), String::new())));
    done.extend(does(conference, 0, Event::LegConnected(id(name))));
    done
}

pub(super) fn fares(from: &str, peer: &str, report: PairReport) -> Event<u8> {
    Event::PairState {
        from: id(from),
        peer: id(peer),
        report,
    }
}

pub(super) fn camera_of(name: &str) -> PictureOf {
    (id(name), Source::Camera)
}

pub(super) fn arrives(from: &str, relay: &str, publisher: &str, report: PairReport) -> Event<u8> {
    Event::RelayState {
        from: id(from),
        relay: id(relay),
        picture: camera_of(publisher),
        report,
    }
}

fn says(from: &str, to: &str, publisher: &str) -> Event<u8> {
    Event::Relay {
        from: id(from),
        to: id(to),
        picture: camera_of(publisher),
        attempt: 2,
        signal: 7,
    }
}

pub(super) fn sends(picture: &str, to: &str, on: bool) -> Notice<u8> {
    Notice::SendTo {
        picture: camera_of(picture),
        to: id(to),
        on,
    }
}

fn refused(done: &[Effect<u8>], who: &str) -> Option<Refusal> {
    done.iter().find_map(|effect| match effect {
        Effect::Send {
            to,
            notice: Notice::Refused(refusal),
        } if to.0 == who => Some(refusal.clone()),
        _ => None,
    })
}

#[test]
fn a_public_one_passes_on_what_two_private_ones_show() {
    let (mut conference, done) = two_homes_and_a_relay();
    assert!(told(&done, "ann", &sends("ann", "pat", true)));
    assert!(told(&done, "pat", &sends("ann", "bob", true)));
    assert!(told(&done, "pat", &sends("bob", "ann", true)));
    let signal = does(&mut conference, 2, says("pat", "bob", "ann"));
    let notice = Notice::Relay {
        from: id("pat"),
        picture: camera_of("ann"),
        attempt: 2,
        signal: 7,
    };
    assert!(told(&signal, "bob", &notice));
    let mut done = done;
    done.extend(does(
        &mut conference,
        2,
        arrives("bob", "pat", "ann", PairReport::Connected),
    ));
    assert!(told(
        &done,
        "bob",
        &Notice::Path {
            publisher: id("ann"),
            source: Source::Camera,
            path: Some(Path::Peer(conference.number(&id("pat")).unwrap())),
            relay: Some(id("pat")),
            why: Some(Why::BothPrivate),
        }
    ));
}

#[test]
fn only_those_whom_the_plan_joins_talk_about_a_relayed_picture() {
    let (mut conference, _) = two_homes_and_a_relay();
    for (from, to, publisher) in [
        ("ann", "bob", "pat"),
        ("pat", "ann", "ann"),
        ("ann", "bob", "ann"),
    ] {
        let done = does(&mut conference, 2, says(from, to, publisher));
        assert_eq!(refused(&done, from), Some(Refusal::NoRelay(to.into())));
        assert_eq!(done.len(), 1, "nobody else is told");
    }
}

#[test]
fn a_relay_whose_socket_is_cut_is_left_at_once() {
    let (mut conference, _) = two_homes_and_a_relay();
    does(
        &mut conference,
        2,
        arrives("bob", "pat", "ann", PairReport::Connected),
    );
    let cut = Event::SocketClosed {
        id: id("pat"),
        clean: false,
    };
    let done = does(&mut conference, 3, cut);
    assert!(done.iter().any(|effect| matches!(
        effect,
        Effect::Show { subscriber, publisher, .. } if subscriber.0 == "bob" && publisher.0 == "ann"
    )));
    assert!(
        conference.members.contains_key(&id("pat")),
        "he is in still"
    );
}

#[test]
fn nobody_connects_to_one_who_hides_his_address() {
    let mut conference = room(&["ann", "bob"]);
    let hides = Wishes {
        hides_address: true,
        ..Wishes::default()
    };
    let done = does(&mut conference, 1, Event::Wish(id("ann"), hides));
    for (subscriber, publisher) in [("ann", "bob"), ("bob", "ann")] {
        let path = |notice: &Notice<u8>| matches!(notice, Notice::Path { publisher: whose, path: Some(Path::Server { .. }), why: Some(Why::HidesAddress), .. } if whose.0 == publisher);
        assert!(done.iter().any(|effect| matches!(
            effect,
            Effect::Send { to, notice } if to.0 == subscriber && path(notice)
        )));
    }
    for (from, to) in [("ann", "bob"), ("bob", "ann")] {
        let signal = Event::Pair {
            from: id(from),
            to: id(to),
            signal: 1,
        };
        let done = does(&mut conference, 2, signal);
        assert_eq!(refused(&done, from), Some(Refusal::Hidden(to.into())));
        assert_eq!(done.len(), 1, "no word gets to the other");
    }
}
