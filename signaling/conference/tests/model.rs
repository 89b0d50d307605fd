//! Every order in which three people can join, answer, answer too late, connect, vanish, return, close, leave and end,
//! with time passing in between.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use convene_conference::{
    Conference, Effect, Event, Newcomer, Notice, ParticipantId, Publishing, Role, Saved, Settings,
    SoundMode, Wishes,
};
use convene_topology::Policy;
use stateright::{Checker, Model, Property};

const PEOPLE: [&str; 3] = ["ann", "bob", "cid"];

struct Room {
    capacity: usize,
}

/// The conference and all that can be seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    conference: Conference<()>,
    came: BTreeSet<ParticipantId>,
    legs: BTreeSet<ParticipantId>,
    /// Whom each one knows of.
    knows: BTreeMap<ParticipantId, BTreeSet<ParticipantId>>,
    answered: BTreeSet<ParticipantId>,
    /// Those whose legs are to end, until they have.
    closing: BTreeSet<ParticipantId>,
    now: Duration,
    broken: Option<&'static str>,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Act {
    Join,
    Offered,
    Answer,
    Connected,
    /// The socket closes with a word of goodbye.
    Close,
    /// The socket closes without.
    Vanish,
    /// The page is back with its side of the leg; if the leg was never connected it ends.
    Return,
    Leave,
    End,
}

/// What somebody does, or that nobody does anything until the machine's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Move {
    Does(Act, usize),
    Wait,
}

const ACTS: [Act; 9] = [
    Act::Join,
    Act::Offered,
    Act::Answer,
    Act::Connected,
    Act::Close,
    Act::Vanish,
    Act::Return,
    Act::Leave,
    Act::End,
];

impl Seen {
    fn happens(&mut self, event: Event<()>) {
        self.conference.handle(self.now, event);
        while let Some(effect) = self.conference.poll() {
            self.watch(effect);
        }
    }

    fn watch(&mut self, effect: Effect<()>) {
        let refused = matches!(
            effect,
            Effect::Send {
                notice: Notice::Refused(_),
                ..
            }
        );
        if self.over && !refused {
            self.broken = Some("something was done after the end");
        }
        match effect {
            Effect::OpenLeg { id, .. } if !self.legs.insert(id.clone()) => {
                self.broken = Some("a second leg")
            }
            Effect::CloseLeg(id) => {
                if !self.legs.remove(&id) {
                    self.broken = Some("a leg closed twice");
                }
                self.answered.remove(&id);
                self.closing.insert(id);
            }
            Effect::LegAnswer(id, _) if !self.answered.insert(id.clone()) => {
                self.broken = Some("a leg was given two answers")
            }
            Effect::Send { to, notice } => self.told(to, notice),
            Effect::Over(_) => self.over = true,
            _ => {}
        }
    }

    fn told(&mut self, to: ParticipantId, notice: Notice<()>) {
        match notice {
            Notice::Welcome { others, .. } => {
                self.knows
                    .insert(to, others.into_iter().map(|other| other.id).collect());
            }
            Notice::Joined(other) => {
                self.knows.entry(to).or_default().insert(other.id);
            }
            Notice::Left(other, _) => {
                let known = self.knows.entry(to.clone()).or_default().remove(&other);
                if !known && to != other {
                    self.broken = Some("somebody left whom he did not know");
                }
            }
            _ => {}
        }
    }

    fn members(&self) -> BTreeSet<ParticipantId> {
        self.conference
            .participants()
            .into_iter()
            .map(|participant| participant.id)
            .collect()
    }

    fn everyone_knows_everyone(&self) -> bool {
        let members = self.members();
        members.iter().all(|id| {
            let others = members
                .iter()
                .filter(|other| *other != id)
                .cloned()
                .collect();
            self.knows.get(id) == Some(&others)
        })
    }
}

fn event(act: Act, id: ParticipantId) -> Event<()> {
    let role = if id.0 == PEOPLE[0] {
        Role::Moderator
    } else {
        Role::Speaker
    };
    let publishing = Publishing {
        microphone: true,
        camera: true,
        screen: false,
    };
    match act {
        Act::Join => Event::Join(Newcomer {
            name: id.0.clone(),
            id,
            role,
            publishing,
            wishes: Wishes::default(),
            identity: None,
        }),
        Act::Offered => Event::Offered(id),
        Act::Answer => Event::Answer(id, String::new()),
        Act::Connected => Event::LegConnected(id),
        Act::Close => Event::SocketClosed { id, clean: true },
        Act::Vanish => Event::SocketClosed { id, clean: false },
        Act::Return => Event::Returned { id, has_leg: true },
        Act::Leave => Event::Leave(id),
        Act::End => Event::End(id),
    }
}

impl Model for Room {
    type State = Seen;
    type Action = Move;

    fn init_states(&self) -> Vec<Seen> {
        let settings = Settings {
            max_participants: self.capacity,
            slots: 2,
            policy: Policy::Adaptive,
            sound: SoundMode::Mix,
            empty_grace: Duration::from_secs(60),
            starts: Duration::ZERO,
            file_limit: 0,
        };
        vec![Seen {
            conference: Conference::new(Duration::ZERO, settings, Saved::default()),
            came: BTreeSet::new(),
            legs: BTreeSet::new(),
            knows: BTreeMap::new(),
            answered: BTreeSet::new(),
            closing: BTreeSet::new(),
            now: Duration::ZERO,
            broken: None,
            over: false,
        }]
    }

    /// Everyone joins once; all else may come at any time, also from those who are not in, or not any more.
    fn actions(&self, state: &Seen, moves: &mut Vec<Move>) {
        for (who, name) in PEOPLE.iter().enumerate() {
            let came = state.came.contains(&ParticipantId((*name).into()));
            moves.extend(
                ACTS.into_iter()
                    .filter(|act| came != (*act == Act::Join))
                    .map(|act| Move::Does(act, who)),
            );
        }
        if state.conference.deadline().is_some() {
            moves.push(Move::Wait);
        }
    }

    fn next_state(&self, last: &Seen, action: Move) -> Option<Seen> {
        let mut next = last.clone();
        let event = match action {
            Move::Does(act, who) => {
                let id = ParticipantId(PEOPLE[who].into());
                next.came.insert(id.clone());
                event(act, id)
            }
            Move::Wait => {
                next.now = next.now.max(next.conference.deadline()?);
                Event::Tick
            }
        };
        next.happens(event);
        while let Some(id) = next.closing.pop_first() {
            next.happens(Event::LegClosed(id));
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing is done twice or too late", |_, seen: &Seen| {
                seen.broken.is_none()
            }),
            Property::always(
                "a leg for each who is in, and no other",
                |_, seen: &Seen| seen.legs == seen.members(),
            ),
            Property::always(
                "everyone who is in knows everyone who is in",
                |_, seen: &Seen| seen.everyone_knows_everyone(),
            ),
            Property::always("never more than may be in", |room: &Self, seen: &Seen| {
                seen.members().len() <= room.capacity
            }),
            Property::always("no alarm is left over", |_, seen: &Seen| {
                !seen.over || seen.conference.deadline().is_none()
            }),
            Property::always("nobody is in after the end", |_, seen: &Seen| {
                !seen.over || seen.members().is_empty()
            }),
            Property::sometimes(
                "all have come and it is full",
                |room: &Self, seen: &Seen| {
                    seen.came.len() == 3 && seen.members().len() == room.capacity
                },
            ),
            Property::sometimes("it ends", |_, seen: &Seen| seen.over),
        ]
    }
}

fn check(capacity: usize) {
    let checker = Room { capacity }.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    let states = checker.unique_state_count();
    println!("{states} states");
    assert!((1_000..100_000).contains(&states), "{states} states");
}

#[test]
fn three_people_in_every_order() {
    check(3);
}

#[test]
fn three_people_where_two_may_be_in() {
    check(2);
}
