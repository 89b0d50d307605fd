//! Whatever happens in whatever order, what can be seen from outside keeps the rules.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

fn event() -> impl Strategy<Value = Event<u8>> {
    let who = || prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e")].prop_map(id);
    let publishing = (any::<bool>(), any::<bool>()).prop_map(|(camera, screen)| Publishing {
        microphone: true,
        camera,
        screen,
    });
    let role = prop_oneof![
        Just(Role::Moderator),
        Just(Role::Speaker),
        Just(Role::Listener)
    ];
    let report = prop_oneof![
        Just(PairReport::Slow),
        Just(PairReport::Connected),
        Just(PairReport::Failed)
    ];
    let class = prop_oneof![
        Just(Class::Public),
        Just(Class::Private),
        Just(Class::Unknown)
    ];
    let wishes = (any::<bool>(), any::<bool>(), proptest::option::of(0..3_u32)).prop_map(
        |(relays, hides_address, uplink)| Wishes {
            relays,
            hides_address,
            uplink,
        },
    );
    let reachable = prop_oneof![Just(None), Just(Some(false)), Just(Some(true))];
    let realm = prop_oneof![Just(Realm::Wide), Just(Realm::ServerLan)];
    let network = (class, reachable, realm);
    prop_oneof![
        6 => (who(), role, publishing.clone(), wishes.clone()).prop_map(|(id, role, publishing, wishes)| Event::Join { name: id.0.clone(), id, role, publishing, wishes }),
        2 => (who(), wishes).prop_map(|(id, wishes)| Event::Wish(id, wishes)),
        3 => (who(), who(), who(), 0..9_u8).prop_map(|(from, to, publisher, signal)| Event::Relay { from, to, picture: (publisher, Source::Camera), attempt: 1, signal }),
        3 => (who(), who(), who(), report.clone()).prop_map(|(from, relay, publisher, report)| Event::RelayState { from, relay, picture: (publisher, Source::Camera), report }),
        3 => who().prop_map(Event::Offered),
        3 => who().prop_map(|id| Event::Answer(id, String::new())),
        1 => who().prop_map(Event::AnswerRefused),
        3 => who().prop_map(Event::LegConnected),
        1 => who().prop_map(Event::LegHeard),
        1 => who().prop_map(Event::LegSilent),
        1 => who().prop_map(Event::LegBack),
        1 => who().prop_map(Event::LegFailed),
        2 => (who(), who()).prop_map(|(from, to)| Event::Pair { from, to, signal: 1 }),
        4 => (who(), who(), report).prop_map(|(from, peer, report)| Event::PairState { from, peer, report }),
        1 => (who(), any::<bool>()).prop_map(|(id, relay)| Event::Sound(id, if relay { SoundMode::Relay } else { SoundMode::Mix })),
        2 => (who(), publishing).prop_map(|(id, publishing)| Event::Publish(id, publishing)),
        2 => (who(), proptest::collection::vec(who(), 0..3)).prop_map(|(id, wants)| Event::Want(id, wants.into_iter().map(|w| (w, Source::Camera)).collect())),
        1 => (who(), any::<bool>()).prop_map(|(id, clean)| Event::SocketClosed { id, clean }),
        1 => (who(), network).prop_map(|(id, (class, reachable, realm))| Event::Classified(id, Network { class, reachable, realm })),
        1 => who().prop_map(Event::Leave),
        1 => Just(Event::Tick),
        1 => proptest::option::weighted(0.05, who()).prop_map(|id| id.map_or(Event::Tick, Event::End)),
    ]
}

/// What the effects say, counted from outside.
#[derive(Default)]
struct Watcher {
    legs: BTreeSet<ParticipantId>,
    /// Whom everyone who is in has heard of, and not heard to be gone.
    knows: BTreeMap<ParticipantId, BTreeSet<ParticipantId>>,
    numbers: BTreeSet<u32>,
    slots: BTreeMap<(ParticipantId, usize), (ParticipantId, Source)>,
    needed: BTreeSet<(ParticipantId, Source)>,
    /// How each leg sends sound, and what its participant was told of it.
    sound: BTreeMap<ParticipantId, (SoundMode, SoundMode)>,
    over: bool,
}

impl Watcher {
    fn watch(&mut self, effect: &Effect<u8>, settings: Settings) {
        let refused = matches!(
            effect,
            Effect::Send {
                notice: Notice::Refused(_),
                ..
            }
        );
        assert!(!self.over || refused, "after the end: {effect:?}");
        match effect {
            Effect::OpenLeg {
                id, number, sound, ..
            } => {
                self.sound.entry(id.clone()).or_default().0 = *sound;
                assert!(self.legs.insert(id.clone()), "two legs for {id:?}");
                assert!(self.numbers.insert(*number), "number {number} twice");
            }
            Effect::CloseLeg(id) => self.gone(id),
            Effect::Show {
                subscriber,
                slot,
                publisher,
                source,
            } => {
                assert!(self.legs.contains(subscriber) && self.legs.contains(publisher));
                assert!(*slot < settings.slots, "slot {slot}");
                let key = (subscriber.clone(), *slot);
                self.slots.insert(key, (publisher.clone(), *source));
            }
            Effect::Hide { subscriber, slot } => {
                let hidden = self.slots.remove(&(subscriber.clone(), *slot));
                assert!(hidden.is_some(), "an empty slot is hidden");
            }
            Effect::LegAnswer(id, _)
            | Effect::LegCandidate(id, ..)
            | Effect::LegRestart(id, _)
            | Effect::Hides(id, _) => {
                assert!(self.legs.contains(id));
            }
            Effect::Sound(mode) => self.sound.values_mut().for_each(|sound| sound.0 = *mode),
            Effect::Over(_) => self.over = true,
            Effect::Send { to, notice } => self.told(to, notice),
            Effect::CloseSocket(_) => {}
        }
    }

    fn gone(&mut self, id: &ParticipantId) {
        assert!(self.legs.remove(id), "closed twice: {id:?}");
        self.slots.retain(|(subscriber, _), _| subscriber != id);
        self.needed.retain(|(publisher, _)| publisher != id);
        self.knows.remove(id);
        self.sound.remove(id);
    }

    fn told(&mut self, to: &ParticipantId, notice: &Notice<u8>) {
        match notice {
            Notice::Welcome { others, sound, .. } => {
                self.sound.entry(to.clone()).or_default().1 = *sound;
                let others = others.iter().map(|other| other.id.clone()).collect();
                assert!(
                    self.knows.insert(to.clone(), others).is_none(),
                    "{to:?} is welcomed twice"
                );
                return;
            }
            Notice::Refused(_) => return,
            _ => {}
        }
        let knows = self
            .knows
            .get_mut(to)
            .unwrap_or_else(|| panic!("{to:?} is outside: {notice:?}"));
        match notice {
            Notice::Sound(mode) => self.sound.entry(to.clone()).or_default().1 = *mode,
            Notice::Joined(other) => assert!(knows.insert(other.id.clone()), "came twice"),
            Notice::Left(other, _) => assert!(other == to || knows.remove(other), "left twice"),
            Notice::ServerNeeds {
                source,
                needed: true,
            } => {
                assert!(self.needed.insert((to.clone(), *source)));
            }
            Notice::ServerNeeds {
                source,
                needed: false,
            } => {
                assert!(self.needed.remove(&(to.clone(), *source)));
            }
            _ => {}
        }
    }

    fn agrees(&self, conference: &Conference<u8>) {
        let members: BTreeSet<_> = conference
            .participants()
            .into_iter()
            .map(|p| p.id)
            .collect();
        assert!(members.len() <= conference.settings.max_participants);
        assert_eq!(members, self.legs, "a leg for each member");
        assert_eq!(self.over, conference.is_over());
        if self.over {
            return;
        }
        let now = conference.settings.sound;
        assert!(self.sound.values().all(|sound| *sound == (now, now)));
        for (id, knows) in &self.knows {
            let others: BTreeSet<_> = members
                .iter()
                .filter(|other| *other != id)
                .cloned()
                .collect();
            assert_eq!(knows, &others, "whom {id:?} knows");
        }
        let shown: BTreeSet<_> = self.slots.values().cloned().collect();
        assert_eq!(
            self.needed, shown,
            "asked of the publishers is what is shown"
        );
        let views: BTreeSet<_> = self
            .slots
            .iter()
            .map(|((s, _), picture)| (s, picture))
            .collect();
        assert_eq!(views.len(), self.slots.len(), "a picture in two slots");
    }
}

proptest! {
    #[test]
    fn any_events_keep_the_rules(
        events in proptest::collection::vec((event(), 0_u64..8), 1..80),
        slots in 0_usize..4,
        claimed in any::<bool>(),
    ) {
        let policy = if claimed { Policy::Claimed } else { Policy::Adaptive };
        let settings = Settings { slots, policy, max_participants: 4, ..SETTINGS };
        let mut conference = Conference::new(at(0), settings);
        let mut watcher = Watcher::default();
        let mut now = 0;
        for (event, pause) in events {
            now += pause;
            for effect in does(&mut conference, now, event) {
                watcher.watch(&effect, settings);
            }
            watcher.agrees(&conference);
        }
    }
}
