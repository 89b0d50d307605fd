//! Every order in which three people can come, vanish, return, leave and pass the moderator's role on, with time passing
//! in between: there is one who has the role, never two by accident, and never none for long.

use std::{collections::BTreeSet, time::Duration};

use convene_conference::{
    Action, Conference, Effect, Event, Kept, Newcomer, Notice, ParticipantId, Publishing, Role,
    Saved, Settings, SoundMode, Wishes,
};
use convene_topology::Policy;
use stateright::{Checker, Model, Property};

const PEOPLE: [&str; 3] = ["ann", "bob", "cid"];
const GRACE: Duration = Duration::from_secs(30);

struct Room;

/// The conference, and what is counted beside it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    conference: Conference<()>,
    came: BTreeSet<usize>,
    now: Duration,
    /// Since when nobody has led, if somebody ever did.
    missing_since: Option<Duration>,
    was_led: bool,
    /// How many had the role when it last fell to somebody.
    after_succession: Option<usize>,
    presumed: bool,
}

/// What somebody does, or that nobody does anything until the machine's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Move {
    Come(usize),
    Vanish(usize),
    Return(usize),
    Leave(usize),
    HandOver(usize, usize),
    StepDown(usize),
    Wait,
}

fn id(who: usize) -> ParticipantId {
    ParticipantId(PEOPLE[who].into())
}

impl Seen {
    fn happens(&mut self, event: Event<()>) {
        let asked = match &event {
            Event::Act { from, .. } => Some(self.is_moderator(from)),
            _ => None,
        };
        self.conference.handle(self.now, event);
        let mut succeeded = false;
        while let Some(effect) = self.conference.poll() {
            succeeded |= matches!(&effect, Effect::Keep(Kept::Acted(deed)) if deed.by.is_none());
            let done = matches!(
                &effect,
                Effect::Send {
                    notice: Notice::Done(_),
                    ..
                }
            );
            self.presumed |= done && asked == Some(false);
        }
        if succeeded {
            self.after_succession = Some(self.moderators());
        }
        self.count();
    }

    fn count(&mut self) {
        let people = self.conference.participants();
        let led = people
            .iter()
            .any(|one| one.role == Role::Moderator && !one.away);
        self.was_led |= led;
        if led || !self.was_led || people.is_empty() {
            self.missing_since = None;
        } else {
            self.missing_since.get_or_insert(self.now);
        }
    }

    fn is_moderator(&self, id: &ParticipantId) -> bool {
        let people = self.conference.participants();
        people
            .iter()
            .any(|one| one.id == *id && one.role == Role::Moderator)
    }

    fn moderators(&self) -> usize {
        let people = self.conference.participants();
        people
            .iter()
            .filter(|one| one.role == Role::Moderator)
            .count()
    }

    /// Whether there is one, or it is not long that there is none, or there is nobody who could be one.
    fn is_led_in_time(&self) -> bool {
        let people = self.conference.participants();
        let able = people
            .iter()
            .any(|one| one.role == Role::Speaker && !one.away);
        self.missing_since
            .is_none_or(|since| !able || self.now < since + GRACE)
    }
}

impl Model for Room {
    type State = Seen;
    type Action = Move;

    fn init_states(&self) -> Vec<Seen> {
        let settings = Settings {
            max_participants: 3,
            slots: 0,
            policy: Policy::Adaptive,
            sound: SoundMode::Mix,
            empty_grace: Duration::from_secs(60),
            starts: Duration::ZERO,
            file_limit: 0,
        };
        vec![Seen {
            conference: Conference::new(Duration::ZERO, settings, Saved::default()),
            came: BTreeSet::new(),
            now: Duration::ZERO,
            missing_since: None,
            was_led: false,
            after_succession: None,
            presumed: false,
        }]
    }

    fn actions(&self, state: &Seen, moves: &mut Vec<Move>) {
        for who in 0..PEOPLE.len() {
            if !state.came.contains(&who) {
                moves.push(Move::Come(who));
                continue;
            }
            moves.extend([Move::Vanish(who), Move::Return(who), Move::Leave(who)]);
            moves.push(Move::StepDown(who));
            moves.push(Move::HandOver(who, (who + 1) % PEOPLE.len()));
        }
        if state.conference.deadline().is_some() {
            moves.push(Move::Wait);
        }
    }

    fn next_state(&self, last: &Seen, action: Move) -> Option<Seen> {
        let mut next = last.clone();
        let act = |who: usize, action| Event::Act {
            from: id(who),
            request: 1,
            action,
        };
        match action {
            Move::Come(who) => next.comes(who),
            Move::Vanish(who) => {
                let (id, clean) = (id(who), false);
                next.happens(Event::SocketClosed { id, clean });
            }
            Move::Return(who) => {
                let (id, has_leg) = (id(who), true);
                next.happens(Event::Returned { id, has_leg });
            }
            Move::Leave(who) => next.happens(Event::Leave(id(who))),
            Move::HandOver(who, to) => next.happens(act(who, Action::HandOver(id(to)))),
            Move::StepDown(who) => {
                next.happens(act(who, Action::Role(id(who), Role::Speaker)));
            }
            Move::Wait => {
                next.now = next.now.max(next.conference.deadline()?);
                next.happens(Event::Tick);
            }
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("there is a moderator in time", |_, seen: &Seen| {
                seen.is_led_in_time()
            }),
            Property::always("exactly one succeeds", |_, seen: &Seen| {
                seen.after_succession
                    .is_none_or(|moderators| moderators == 1)
            }),
            Property::always("one person's role is one person's", |_, seen: &Seen| {
                seen.moderators() <= 1
            }),
            Property::always("nobody without the role has his will", |_, seen: &Seen| {
                !seen.presumed
            }),
            Property::sometimes("the role falls to somebody", |_, seen: &Seen| {
                seen.after_succession.is_some()
            }),
            Property::sometimes("and to the next", |_, seen: &Seen| {
                seen.is_moderator(&id(2)) && seen.conference.participants().len() == 1
            }),
        ]
    }
}

impl Seen {
    fn comes(&mut self, who: usize) {
        self.came.insert(who);
        let role = match who {
            0 => Role::Moderator,
            _ => Role::Speaker,
        };
        self.happens(Event::Join(Newcomer {
            id: id(who),
            name: PEOPLE[who].into(),
            role,
            publishing: Publishing::default(),
            wishes: Wishes::default(),
            identity: None,
        }));
        self.happens(Event::Offered(id(who)));
        self.happens(Event::Answer(id(who), String::new()));
        self.happens(Event::LegConnected(id(who)));
    }
}

#[test]
fn three_people_and_one_role_in_every_order() {
    let checker = Room
        .checker()
        .threads(2)
        .target_max_depth(14)
        .spawn_bfs()
        .join();
    checker.assert_properties();
    let states = checker.unique_state_count();
    println!("{states} states");
    assert!(states > 1_000, "{states} states");
}
