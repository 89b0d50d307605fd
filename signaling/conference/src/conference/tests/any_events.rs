//! Whatever happens in whatever order, what can be seen from outside keeps the rules.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::{FileCopy, FileOffer};

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
    let identity = proptest::option::of(prop_oneof![Just("x".to_owned()), Just("y".to_owned())]);
    let newcomer = (
        who(),
        role.clone(),
        publishing.clone(),
        wishes.clone(),
        identity,
    );
    let newcomer = newcomer.prop_map(|(id, role, publishing, wishes, identity)| Newcomer {
        name: id.0.clone(),
        id,
        role,
        publishing,
        wishes,
        identity,
    });
    prop_oneof![
        7 => newcomer.prop_map(Event::Join),
        4 => (who(), any::<bool>()).prop_map(|(id, has_leg)| Event::Returned { id, has_leg }),
        4 => who().prop_map(Event::LegClosed),
        12 => (who(), action(role)).prop_map(|(from, action)| Event::Act { from, request: 7, action }),
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
        2 => (who(), who(), prop_oneof![Just(0), Just(50), Just(100)]).prop_map(|(id, whom, gain)| Event::Gains(id, vec![(whom, Gain(gain))])),
        3 => (1..9_u32).prop_map(Event::CopyBegins),
        3 => (1..9_u32, any::<bool>()).prop_map(|(file, whole)| Event::Copied { file, whole }),
        2 => (who(), publishing).prop_map(|(id, publishing)| Event::Publish(id, publishing)),
        2 => (who(), proptest::collection::vec(who(), 0..3)).prop_map(|(id, wants)| Event::Want(id, wants.into_iter().map(|w| (w, Source::Camera)).collect())),
        1 => (who(), any::<bool>()).prop_map(|(id, clean)| Event::SocketClosed { id, clean }),
        1 => (who(), network).prop_map(|(id, (class, reachable, realm))| Event::Classified(id, Network { class, reachable, realm })),
        1 => who().prop_map(Event::Leave),
        1 => Just(Event::Tick),
        1 => proptest::option::weighted(0.05, who()).prop_map(|id| id.map_or(Event::Tick, Event::End)),
    ]
}

fn action(role: impl Strategy<Value = Role> + 'static) -> impl Strategy<Value = Action> {
    let who = || prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e")].prop_map(id);
    let whom = || proptest::option::of(who());
    let permission = || {
        prop_oneof![
            Just(Permission::Microphone),
            Just(Permission::Camera),
            Just(Permission::Screen),
            Just(Permission::Chat),
            Just(Permission::Files)
        ]
    };
    prop_oneof![
        1 => any::<bool>().prop_map(Action::Hand),
        1 => proptest::option::of(0..4_u32).prop_map(|reply_to| Action::Say { text: "x".into(), reply_to }),
        3 => (1..300_u64).prop_map(|size| Action::Offer(FileOffer { name: "x".into(), size, media_type: String::new(), sha256: "0".repeat(64) })),
        1 => (1..9_u32).prop_map(Action::Withdraw),
        4 => (1..9_u32, any::<bool>()).prop_map(|(file, direct)| Action::Fetch { file, direct }),
        1 => whom().prop_map(Action::Mute),
        4 => (whom(), permission(), any::<bool>()).prop_map(|(whom, permission, allowed)| Action::Permit { whom, permission, allowed }),
        1 => (who(), permission()).prop_map(|(whom, permission)| Action::Ask(whom, permission)),
        1 => whom().prop_map(Action::LowerHand),
        3 => whom().prop_map(Action::Admit),
        1 => (who(), any::<bool>()).prop_map(|(whom, ban)| Action::Deny { whom, ban }),
        2 => any::<bool>().prop_map(Action::Lobby),
        1 => any::<bool>().prop_map(Action::Lock),
        1 => (who(), any::<bool>()).prop_map(|(whom, ban)| Action::Remove { whom, ban }),
        1 => (0..4_u32).prop_map(Action::Unban),
        4 => (who(), role).prop_map(|(whom, role)| Action::Role(whom, role)),
        2 => who().prop_map(Action::HandOver),
        1 => Just(Action::Bans),
        1 => Just(Action::Audit),
    ]
}

/// What the effects say, counted from outside.
#[derive(Default)]
struct Watcher {
    legs: BTreeSet<ParticipantId>,
    /// Those whom the mixer hears.
    heard: BTreeSet<ParticipantId>,
    waiting: BTreeSet<ParticipantId>,
    /// Whom everyone who is in has heard of, and not heard to be gone.
    knows: BTreeMap<ParticipantId, BTreeSet<ParticipantId>>,
    numbers: BTreeMap<u32, ParticipantId>,
    slots: BTreeMap<(ParticipantId, usize), (ParticipantId, Source)>,
    needed: BTreeSet<(ParticipantId, Source)>,
    /// How each one's leg sends sound, and what he was told of it.
    sound: BTreeMap<ParticipantId, (SoundMode, SoundMode)>,
    /// Whom each one's leg gives him otherwise than they are.
    gains: BTreeMap<ParticipantId, BTreeMap<ParticipantId, Gain>>,
    /// Which files each one believes can be had, and whether the server has copies.
    files: BTreeMap<ParticipantId, BTreeMap<u32, FileCopy>>,
    /// How often the role has fallen to somebody.
    successions: usize,
    over: bool,
}

impl Watcher {
    fn watch(&mut self, effect: &Effect<u8>, settings: Settings) {
        let refused = matches!(
            effect,
            Effect::Send {
                notice: Notice::Refused(_) | Notice::NotDone(..),
                ..
            }
        );
        assert!(!self.over || refused, "after the end: {effect:?}");
        match effect {
            Effect::OpenLeg {
                id,
                number,
                heard,
                sound,
            } => {
                self.sound.entry(id.clone()).or_default().0 = *sound;
                assert!(self.is_in(id), "a leg for nobody");
                assert!(self.legs.insert(id.clone()), "two legs for {id:?}");
                let whose = self.numbers.insert(*number, id.clone());
                assert!(
                    whose.is_none_or(|whose| whose == *id),
                    "number {number} twice"
                );
                self.hear(id, *heard);
                self.gains.remove(id);
            }
            Effect::Gains(id, gains) => {
                assert!(self.is_in(id) && gains.keys().all(|whom| whom != id));
                self.gains.insert(id.clone(), gains.clone());
            }
            Effect::Sound(mode) => self.sound.values_mut().for_each(|sound| sound.0 = *mode),
            Effect::Hear(id, heard) => self.hear(id, *heard),
            Effect::CloseLeg(id) => {
                assert!(self.legs.remove(id), "closed twice: {id:?}");
                self.forget_pictures(id);
            }
            Effect::Show {
                subscriber,
                slot,
                publisher,
                source,
            } => {
                assert!(self.is_in(subscriber) && self.is_in(publisher));
                assert!(*slot < settings.slots, "slot {slot}");
                let key = (subscriber.clone(), *slot);
                self.slots.insert(key, (publisher.clone(), *source));
            }
            Effect::Hide { subscriber, slot } => {
                let hidden = self.slots.remove(&(subscriber.clone(), *slot));
                assert!(hidden.is_some(), "an empty slot is hidden");
            }
            Effect::LegAnswer(id, _) | Effect::LegCandidate(id, ..) | Effect::LegRestart(id, _) => {
                assert!(self.legs.contains(id));
            }
            Effect::Hides(id, _) | Effect::TellAudit { to: id, .. } => assert!(self.is_in(id)),
            Effect::Keep(Kept::Acted(deed)) => self.successions += usize::from(deed.by.is_none()),
            Effect::Over(_) => self.over = true,
            Effect::Send { to, notice } => self.told(to, notice),
            Effect::Gone(id) => {
                let (came, waited) = (self.knows.remove(id), self.waiting.remove(id));
                assert!(came.is_some() != waited, "gone twice: {id:?}");
                self.forget_pictures(id);
                self.heard.remove(id);
                self.sound.remove(id);
                self.gains.remove(id);
                self.files.remove(id);
            }
            Effect::Keep(_) | Effect::DropCopy(_) | Effect::CloseSocket(_) => {}
        }
    }

    fn is_in(&self, id: &ParticipantId) -> bool {
        self.knows.contains_key(id)
    }

    fn hear(&mut self, id: &ParticipantId, heard: bool) {
        if heard {
            self.heard.insert(id.clone());
        } else {
            self.heard.remove(id);
        }
    }

    fn forget_pictures(&mut self, id: &ParticipantId) {
        self.slots.retain(|(subscriber, _), _| subscriber != id);
        self.needed.retain(|(publisher, _)| publisher != id);
    }

    fn told(&mut self, to: &ParticipantId, notice: &Notice<u8>) {
        match notice {
            Notice::Welcome {
                others,
                returned,
                sound,
                files,
                ..
            } => {
                let files = files.iter().map(|file| (file.id, file.copy));
                self.files.insert(to.clone(), files.collect());
                self.sound.entry(to.clone()).or_default().1 = *sound;
                self.waiting.remove(to);
                let others = others.iter().map(|other| other.id.clone()).collect();
                let before = self.knows.insert(to.clone(), others);
                assert_eq!(before.is_some(), *returned, "{to:?} is welcomed twice");
                return;
            }
            Notice::Waits(_) => {
                self.waiting.insert(to.clone());
                return;
            }
            Notice::Refused(_) | Notice::NotDone(..) => return,
            Notice::Denied | Notice::Ended(_) if self.waiting.contains(to) => return,
            _ => {}
        }
        let knows = self
            .knows
            .get_mut(to)
            .unwrap_or_else(|| panic!("{to:?} is outside: {notice:?}"));
        match notice {
            Notice::Sound(mode) => self.sound.entry(to.clone()).or_default().1 = *mode,
            Notice::File(file) => {
                let known = self.files.entry(to.clone()).or_default();
                known.insert(file.id, file.copy);
            }
            Notice::FileGone(id) => {
                let known = self.files.get_mut(to).and_then(|files| files.remove(id));
                assert!(known.is_some(), "file {id} is gone twice");
            }
            Notice::Joined(other) => assert!(knows.insert(other.id.clone()), "came twice"),
            Notice::Left(other, _) => assert!(other == to || knows.remove(other), "left twice"),
            Notice::ServerNeeds {
                source,
                needed: true,
            } => {
                self.needed.insert((to.clone(), *source));
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
        let people = conference.participants();
        let members: BTreeSet<_> = people.iter().map(|person| person.id.clone()).collect();
        assert!(members.len() <= conference.settings.max_participants);
        assert_eq!(members, self.knows.keys().cloned().collect());
        let legs = conference.members.iter().filter(|(_, m)| m.has_leg());
        let legs: BTreeSet<_> = legs.map(|(id, _)| id.clone()).collect();
        assert_eq!(legs, self.legs, "a leg for each member");
        assert!(self.waiting.is_disjoint(&members));
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
        self.hears(&people);
        self.hears_as_wished(conference);
        self.knows_the_files(conference);
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

    /// Everyone knows what can be had; copies take no more room than there is.
    fn knows_the_files(&self, conference: &Conference<u8>) {
        let files = conference.files.all();
        let now: BTreeMap<_, _> = files.iter().map(|file| (file.id, file.copy)).collect();
        for (id, known) in &self.files {
            assert_eq!(known, &now, "what {id:?} believes");
        }
        for file in &files {
            let there = file.copy == FileCopy::There;
            assert!(there || self.is_in(&file.from), "nobody has {file:?}");
        }
        let copies = files.iter().filter(|file| file.copy != FileCopy::None);
        let size: u64 = copies.map(|file| file.offer.size).sum();
        assert!(size <= 4 * conference.settings.file_limit);
    }

    /// Each leg does what its participant wished, and nothing is wished about those who are gone.
    fn hears_as_wished(&self, conference: &Conference<u8>) {
        for (id, member) in conference.members.iter().filter(|(_, m)| m.has_leg()) {
            let told = self.gains.get(id).cloned().unwrap_or_default();
            assert_eq!(told, member.gains, "how {id:?} hears");
            assert!(told.keys().all(|whom| self.is_in(whom)));
        }
    }

    /// Only those are heard and seen who want to be and may.
    fn hears(&self, people: &[Participant]) {
        for person in people {
            let Participant {
                id,
                publishing,
                permissions,
                ..
            } = person;
            assert!(
                permissions.microphone || !self.heard.contains(id),
                "{id:?} is heard"
            );
            if self.legs.contains(id) {
                assert_eq!(self.heard.contains(id), publishing.microphone);
            }
        }
        for (publisher, source) in self.slots.values() {
            let person = people.iter().find(|person| person.id == *publisher);
            let Publishing { camera, screen, .. } = person.unwrap().publishing;
            let shows = match source {
                Source::Camera => camera,
                Source::Screen => screen,
            };
            assert!(shows, "{publisher:?} shows no {source:?}");
        }
    }
}

/// Whether there is a moderator when there has to be one, by a simple count.
#[derive(Default)]
struct Led {
    ever: bool,
    missing_since: Option<u64>,
}

impl Led {
    fn agrees(&mut self, now: u64, conference: &Conference<u8>) {
        let people = conference.participants();
        let here = || people.iter().filter(|person| !person.away);
        let led = here().any(|person| person.role == Role::Moderator);
        self.ever |= led;
        if led || !self.ever || people.is_empty() {
            self.missing_since = None;
            return;
        }
        let since = *self.missing_since.get_or_insert(now);
        let able = here().any(|person| person.role == Role::Speaker);
        assert!(!able || now < since + 30, "nobody leads since {since}");
    }
}

/// Whether somebody asks for what is the moderators'.
fn is_presumption(conference: &Conference<u8>, event: &Event<u8>) -> bool {
    let Event::Act { from, action, .. } = event else {
        return false;
    };
    !action.is_own() && role_of(conference, &from.0) != Some(Role::Moderator)
}

proptest! {
    #[test]
    fn any_events_keep_the_rules(
        events in proptest::collection::vec((event(), 0_u64..8), 1..120),
        slots in 0_usize..4,
        claimed in any::<bool>(),
        starts in prop_oneof![Just(0), 0_u64..60],
    ) {
        let policy = if claimed { Policy::Claimed } else { Policy::Adaptive };
        let settings = Settings { slots, policy, max_participants: 4, starts: at(starts), file_limit: 200, ..SETTINGS };
        let mut conference = Conference::new(at(0), settings, Saved::default());
        let (mut watcher, mut led) = (Watcher::default(), Led::default());
        let mut now = 0;
        for (event, pause) in events {
            for second in now..=now + pause {
                if conference.deadline().is_some_and(|due| due <= at(second)) {
                    watcher.step(&mut conference, second, Event::Tick);
                }
                led.agrees(second, &conference);
            }
            now += pause;
            let before = is_presumption(&conference, &event).then(|| conference.clone());
            watcher.step(&mut conference, now, event);
            led.agrees(now, &conference);
            if let Some(before) = before {
                prop_assert_eq!(&conference, &before, "nobody without the role changes anything");
            }
        }
    }
}

impl Watcher {
    fn step(&mut self, conference: &mut Conference<u8>, now: u64, event: Event<u8>) {
        let successions = self.successions;
        for effect in does(conference, now, event) {
            self.watch(&effect, conference.settings);
        }
        self.agrees(conference);
        if self.successions > successions {
            assert_eq!(moderators(conference).len(), 1, "exactly one succeeds");
        }
    }
}
