#![allow(clippy::unwrap_used)]
use super::*;
use crate::standing::Seen;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn comes_from(place: &mut Whereabouts, now: u64, address: &str) {
    let seen = Seen::udp(address.parse().unwrap());
    place.facts.observed(seconds(now), seen);
}

#[test]
fn one_probe_for_each_place_and_not_too_often() {
    let mut place = Whereabouts::default();
    assert!(place.begin(seconds(1)).is_none(), "he is not there yet");
    comes_from(&mut place, 1, "203.0.113.9:4000");
    assert!(place.begin(seconds(1)).is_some());
    assert!(place.begin(seconds(999)).is_none(), "nothing has changed");
    comes_from(&mut place, 1_000, "203.0.113.9:4001");
    assert!(place.begin(seconds(1_000)).is_some());
    comes_from(&mut place, 1_001, "203.0.113.9:4002");
    assert_eq!(place.due(), Some(seconds(1_020)));
    assert!(place.begin(seconds(1_019)).is_none(), "he moves too often");
    assert!(place.begin(seconds(1_020)).is_some());
}

#[test]
fn an_offer_is_good_for_one_probe() {
    let mut place = Whereabouts::default();
    assert!(place.offered().is_none());
    comes_from(&mut place, 1, "203.0.113.9:4000");
    let local = place.begin(seconds(1)).unwrap();
    assert!(local.ufrag.len() >= 4 && local.password.len() >= 22);
    assert!(place.offered().is_some_and(|(ours, _)| ours == local));
    assert!(place.offered().is_none());
}

#[test]
fn each_address_is_handed_on_once_and_also_when_it_is_verified_later() {
    let mut place = Whereabouts::default();
    comes_from(&mut place, 1, "203.0.113.9:4000");
    place.begin(seconds(1)).unwrap();
    let (_, mut inbox) = place.offered().unwrap();
    let socket = "203.0.113.20".parse().unwrap();
    for _ in 0..3 {
        place.candidate("candidate:1 1 UDP 1 203.0.113.9 4100 typ srflx");
        place.candidate("candidate:1 1 UDP 1 192.168.3.2 4100 typ host");
        place.aim(socket);
    }
    let lan = "192.168.3.2:4100".parse().unwrap();
    place.facts.checked(seconds(1), Seen::udp(lan));
    place.aim(socket);
    let aims: Vec<_> = std::iter::from_fn(|| inbox.try_recv().ok()).collect();
    assert_eq!(aims, ["203.0.113.9:4100".parse().unwrap(), lan]);
}

#[test]
fn credentials_are_read_as_they_must_be_written() {
    let long = "a".repeat(22);
    for (ufrag, password, good) in [
        ("abcd", long.as_str(), true),
        ("ab+/", long.as_str(), true),
        ("abc", long.as_str(), false),
        ("abcd", "short", false),
        ("ab cd", long.as_str(), false),
        ("abcd:", long.as_str(), false),
    ] {
        let read = remote(ufrag.to_owned(), password.to_owned());
        assert_eq!(read.is_some(), good, "{ufrag} {password}");
    }
}

#[test]
fn what_an_earlier_probe_found_does_not_end_the_next() {
    let mut place = Whereabouts::default();
    comes_from(&mut place, 1, "203.0.113.9:4000");
    place.begin(seconds(1)).unwrap();
    let (_, mut inbox) = place.offered().unwrap();
    comes_from(&mut place, 2, "203.0.113.9:4001");
    place.begin(seconds(30)).unwrap();
    let closed = tokio::sync::mpsc::error::TryRecvError::Disconnected;
    assert_eq!(inbox.try_recv(), Err(closed), "the first has ended");
    place.done(Findings::default());
    assert_eq!(place.facts.standing().reachable, None);
    let (_, mut inbox) = place.offered().unwrap();
    place.candidate("candidate:1 1 UDP 1 203.0.113.9 4100 typ srflx");
    place.aim("203.0.113.20".parse().unwrap());
    assert!(inbox.try_recv().is_ok());
    place.done(Findings::default());
    assert_eq!(place.facts.standing().reachable, Some(false));
}
