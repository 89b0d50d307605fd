#![allow(clippy::unwrap_used)]

use convene_protocol::{Action, Class, Evidence, Realm};

use super::*;

const NOW: u64 = 1_000;

fn standup() -> ConferenceRecord {
    ConferenceRecord {
        id: "standup".into(),
        title: "Stand-up".into(),
        listed: true,
        max_participants: 5,
        created_at: NOW,
        topology: Topology::Claimed,
        sound: SoundMode::Relay,
        creator_address: "203.0.113.1".into(),
        starts_at: Some(NOW + 60),
        rules: Rules::default(),
        bans: Vec::new(),
        moderators: BTreeSet::new(),
        was_led: false,
    }
}

fn joined(participant: &str, at: u64) -> Note {
    Note::Joined {
        participant: participant.into(),
        name: participant.to_uppercase(),
        role: Role::Moderator,
        at,
    }
}

fn address(participant: &str, address: &str, port: u16) -> Note {
    learnt(participant, AddressOrigin::Host, address, port)
}

fn learnt(participant: &str, origin: AddressOrigin, address: &str, port: u16) -> Note {
    Note::Address {
        participant: participant.into(),
        origin,
        protocol: AddressProtocol::Udp,
        address: address.into(),
        port,
        at: NOW,
    }
}

#[tokio::test]
async fn conferences_survive_a_restart_and_people_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    store.note("standup", joined("ann", NOW));
    store.note("standup", Note::Sound(SoundMode::Mix));
    store.close().await;

    let store = Store::open(dir.path(), NOW + 9).unwrap();
    let was_led = true;
    let led = ConferenceRecord {
        was_led,
        sound: SoundMode::Mix,
        ..standup()
    };
    assert_eq!(store.open_conferences().await.unwrap(), [led]);
    let people = store
        .participants("standup".into(), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(people[0].left_at, Some(NOW + 9));
    assert_eq!(store.failures(), 0);
}

#[tokio::test]
async fn what_moderators_want_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    let mut expected = standup();
    expected.rules.locked = true;
    expected.rules.permissions.screen = false;
    store.note("standup", Note::Rules(expected.rules));
    let ban = |id, identity: Option<&str>| Ban {
        id,
        name: "Eve".into(),
        identity: identity.map(Into::into),
        by: "Ann".into(),
    };
    for ban in [ban(1, None), ban(2, Some("e's")), ban(3, None)] {
        store.note("standup", Note::Banned(ban));
    }
    store.note("standup", Note::Unbanned(1));
    let moderator = |identity: &str, is| Note::Moderator {
        identity: identity.into(),
        is,
    };
    for (identity, is) in [("a's", true), ("b's", true), ("a's", true), ("b's", false)] {
        store.note("standup", moderator(identity, is));
    }
    store.close().await;

    expected.bans = vec![ban(2, Some("e's")), ban(3, None)];
    expected.moderators = ["a's".to_owned()].into();
    let store = Store::open(dir.path(), NOW + 9).unwrap();
    assert_eq!(store.open_conferences().await.unwrap(), [expected.clone()]);
    assert_eq!(store.failures(), 0);
    assert_eq!(expected.saved().bans.len(), 2);
}

#[tokio::test]
async fn whoever_becomes_moderator_later_led_it_too() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    let mut note = joined("ann", NOW);
    if let Note::Joined { role, .. } = &mut note {
        *role = Role::Speaker;
    }
    store.note("standup", note);
    assert!(!store.open_conferences().await.unwrap()[0].was_led);
    let (participant, role) = ("ann".into(), Role::Moderator);
    store.note("standup", Note::Role { participant, role });
    assert!(store.open_conferences().await.unwrap()[0].was_led);
    let people = store.participants("standup".into(), None).await;
    assert_eq!(people.unwrap().unwrap()[0].role, Role::Moderator);
}

#[tokio::test]
async fn of_what_moderators_did_the_last_is_kept_and_forgotten_with_the_conference() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    let deed = |at| AuditEntry {
        at,
        by: None,
        action: Action::Lock { on: true },
        whom: None,
    };
    for at in 1..=1_100 {
        store.note("standup", Note::Acted(deed(at)));
    }
    let told = store.audit("standup".into()).await.unwrap();
    assert_eq!((told.len(), &told[0]), (200, &deed(1_100)));
    let count = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM deed", [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(store.ask(count).await.unwrap(), 1_000);
    store.note("standup", Note::Ended { at: NOW });
    store.forget(NOW + 1).await.unwrap();
    assert_eq!(store.ask(count).await.unwrap(), 0);
}

#[tokio::test]
async fn people_are_found_by_address() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    for (who, from) in [("ann", "10.0.0.1"), ("bob", "10.0.0.2")] {
        store.note("standup", joined(who, NOW));
        store.note("standup", address(who, from, 5));
        store.note("standup", address(who, from, 5));
    }
    let standing = StandingRecord {
        class: Class::Public,
        reachable: Some(false),
        realm: Realm::ServerLan,
        evidence: vec![Evidence::DeclaredMatches],
        ..StandingRecord::default()
    };
    store.note(
        "standup",
        Note::Classified {
            participant: "bob".into(),
            standing: standing.clone(),
        },
    );
    let (participant, hides) = ("bob".into(), true);
    store.note("standup", Note::Hides { participant, hides });
    let found = store
        .participants("standup".into(), Some("10.0.0.2".into()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].name.as_str(), &found[0].standing),
        ("BOB", &standing)
    );
    assert!(found[0].hides_address);
    assert_eq!(found[0].addresses.len(), 1);
    assert!(
        store
            .participants("other".into(), None)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_return_is_remembered_and_the_order_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    store.note("standup", joined("ann", NOW));
    let observed = AddressOrigin::Observed;
    for port in [9, 5, 5, 9, 9] {
        store.note("standup", address("ann", "10.0.0.1", port));
        store.note("standup", learnt("ann", observed, "203.0.113.1", port));
    }
    let mut by_tcp = learnt("ann", observed, "203.0.113.1", 9);
    if let Note::Address { protocol, .. } = &mut by_tcp {
        *protocol = AddressProtocol::Tcp;
    }
    store.note("standup", by_tcp);
    let people = store.participants("standup".into(), None).await;
    let people = people.unwrap().unwrap();
    let of = |origin: AddressOrigin| {
        let addresses = people[0].addresses.iter();
        let those = addresses.filter(move |address| address.origin == origin);
        those
            .map(|address| (address.port, address.protocol))
            .collect::<Vec<_>>()
    };
    let (udp, tcp) = (AddressProtocol::Udp, AddressProtocol::Tcp);
    assert_eq!(of(observed), [(9, udp), (5, udp), (9, udp), (9, tcp)]);
    assert_eq!(of(AddressOrigin::Host), [(9, udp), (5, udp)]);
    let order = people[0].addresses.windows(2);
    assert!(
        order
            .into_iter()
            .all(|two| two[0].sequence < two[1].sequence)
    );
}

#[tokio::test]
async fn a_flood_of_addresses_is_cut_off() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    store.note("standup", joined("ann", NOW));
    for port in 1..1_000 {
        store.note("standup", address("ann", "10.0.0.1", port));
    }
    let people = store
        .participants("standup".into(), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(people[0].addresses.len(), 128);
}

#[tokio::test]
async fn what_is_long_over_is_forgotten() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    store.note("standup", joined("ann", NOW));
    store.note("standup", address("ann", "10.0.0.1", 5));
    assert_eq!(store.forget(NOW * 9).await.unwrap(), 0);
    store.note("standup", Note::Ended { at: NOW });
    assert!(store.open_conferences().await.unwrap().is_empty());
    assert_eq!(store.forget(NOW).await.unwrap(), 0);
    assert_eq!(store.forget(NOW + 1).await.unwrap(), 1);
    let left = |connection: &Connection| {
        let sql = "SELECT (SELECT count(*) FROM participant) + (SELECT count(*) FROM address)";
        connection.query_row(sql, [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(store.ask(left).await.unwrap(), 0);
}

#[tokio::test]
async fn a_full_disk_is_named_and_running_conferences_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), NOW).unwrap();
    store.create(standup()).await.unwrap();
    store
        .ask(|connection| connection.pragma_update(None, "max_page_count", 1))
        .await
        .unwrap();
    let mut long = standup();
    (long.id, long.title) = ("other".into(), "x".repeat(20_000));
    let cause = store.create(long).await.unwrap_err().to_string();
    assert!(cause.contains("full"), "{cause}");
    store.note("standup", address("nobody", "10.0.0.1", 5));
    assert_eq!(store.open_conferences().await.unwrap().len(), 1);
    assert_eq!(store.failures(), 1);
}

#[tokio::test]
async fn another_version_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let connection = Connection::open(dir.path().join("convene.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    let cause = Store::open(dir.path(), NOW).err().unwrap().to_string();
    assert!(cause.contains("version 99"), "{cause}");
}
