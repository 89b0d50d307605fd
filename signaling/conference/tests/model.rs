//! Every order in which three people can join, answer, answer too late, connect, vanish, leave and end.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use convene_conference::{
    Conference, Effect, Event, Notice, ParticipantId, Publishing, Role, Settings,
};
use convene_topology::Policy;
use stateright::{Checker, Model, Property};

/// More than may be in at once, so that somebody is refused.
const PEOPLE: [&str; 3] = ["ann", "bob", "cid"];
const CAPACITY: usize = 2;

struct Room;

/// The conference and all that can be seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    conference: Conference<()>,
    came: BTreeSet<ParticipantId>,
    legs: BTreeSet<ParticipantId>,
    /// Whom each one knows of.
    knows: BTreeMap<ParticipantId, BTreeSet<ParticipantId>>,
    answers: BTreeMap<ParticipantId, u8>,
    broken: Option<&'static str>,
    over: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Act {
    Join,
    Offered,
    Answer,
    Connected,
    Vanish,
    Leave,
    End,
}

const ACTS: [Act; 7] = [
    Act::Join,
    Act::Offered,
    Act::Answer,
    Act::Connected,
    Act::Vanish,
    Act::Leave,
    Act::End,
];

impl Seen {
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
            Effect::CloseLeg(id) if !self.legs.remove(&id) => {
                self.broken = Some("a leg closed twice")
            }
            Effect::LegAnswer(id, _) => self.answered(id),
            Effect::Send { to, notice } => self.told(to, notice),
            Effect::Over(_) => self.over = true,
            _ => {}
        }
    }

    fn answered(&mut self, id: ParticipantId) {
        let count = self.answers.entry(id).or_default();
        *count += 1;
        if *count > 1 {
            self.broken = Some("a leg was given two answers");
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
                self.knows.entry(to).or_default().remove(&other);
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

fn event(act: Act, id: ParticipantId) -> (Duration, Event<()>) {
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
    let now = Duration::ZERO;
    match act {
        Act::Join => (
            now,
            Event::Join {
                name: id.0.clone(),
                id,
                role,
                publishing,
            },
        ),
        Act::Offered => (now, Event::Offered(id)),
        Act::Answer => (now, Event::Answer(id, String::new())),
        Act::Connected => (now, Event::LegConnected(id)),
        Act::Vanish => (now, Event::SocketClosed { id, clean: false }),
        Act::Leave => (now, Event::Leave(id)),
        Act::End => (now, Event::End(id)),
    }
}

impl Model for Room {
    type State = Seen;
    type Action = (Act, usize);

    fn init_states(&self) -> Vec<Seen> {
        let settings = Settings {
            max_participants: CAPACITY,
            slots: 2,
            policy: Policy::Adaptive,
            empty_grace: Duration::from_secs(60),
        };
        vec![Seen {
            conference: Conference::new(Duration::ZERO, settings),
            came: BTreeSet::new(),
            legs: BTreeSet::new(),
            knows: BTreeMap::new(),
            answers: BTreeMap::new(),
            broken: None,
            over: false,
        }]
    }

    /// Everyone joins once; all else may come at any time, also from those who are not in, or not any more.
    fn actions(&self, state: &Seen, actions: &mut Vec<(Act, usize)>) {
        for (who, name) in PEOPLE.iter().enumerate() {
            let came = state.came.contains(&ParticipantId((*name).into()));
            actions.extend(
                ACTS.into_iter()
                    .filter(|act| came != (*act == Act::Join))
                    .map(|act| (act, who)),
            );
        }
    }

    fn next_state(&self, last: &Seen, (act, who): (Act, usize)) -> Option<Seen> {
        let mut next = last.clone();
        let id = ParticipantId(PEOPLE[who].into());
        next.came.insert(id.clone());
        let (now, event) = event(act, id);
        next.conference.handle(now, event);
        while let Some(effect) = next.conference.poll() {
            next.watch(effect);
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
            Property::always("never more than may be in", |_, seen: &Seen| {
                seen.members().len() <= CAPACITY
            }),
            Property::always("nobody is in after the end", |_, seen: &Seen| {
                !seen.over || seen.members().is_empty()
            }),
            Property::sometimes("it is full and somebody is refused", |_, seen: &Seen| {
                seen.came.len() == 3 && seen.members().len() == CAPACITY
            }),
            Property::sometimes("it ends", |_, seen: &Seen| seen.over),
        ]
    }
}

#[test]
fn three_people_in_every_order() {
    let checker = Room.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    assert!(
        checker.unique_state_count() > 1_000,
        "only {} states",
        checker.unique_state_count()
    );
    println!("{} states", checker.unique_state_count());
}
