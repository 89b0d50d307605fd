//! The object in which all `conveneaudio` elements of one conference meet.
//!
//! Pads leave what came in the inbox and go on; a worker takes it, asks the room for a frame, and hands it to the ears.
//! Locks, in this order and never while pushing: `room`, `members`, `ears`, `inbox`; `books` stands alone.

mod telling;

use std::{
    collections::{BTreeMap, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock, Mutex, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use convene_audio::{
    Arrival, Counters, Delivery, Loudness, Mapping, Number, Pace, Recent, Room, Settings, Spent,
    Totals, Wide,
};

pub(super) use self::telling::{Mapped, Talker};
use super::{
    endings::{Ending, Outcome},
    imp::CAT,
    meters::{self, Stopwatch},
    pool,
};
use crate::lock::lock;
use crate::now::now;

/// Inputs that wait for a worker beyond this are dropped: a second of a hundred people's packets.
const INBOX: usize = 5_000;

static CONFERENCES: LazyLock<Mutex<HashMap<String, Weak<Conference>>>> =
    LazyLock::new(Mutex::default);

/// What comes from a participant.
pub(super) enum Input {
    Packet(Arrival),
    Samples(Wide<Vec<f32>>),
    Settings(Box<Settings>),
    End,
    Flush,
    Leave,
}

/// Where a participant's part of the conference goes. Called with no lock held.
pub(super) trait Ear: Send + Sync {
    /// What he gets of the frame that was due at `due`.
    fn deliver(&self, due: Duration, delivery: Delivery);
    /// Who talks now, when that or their loudness changed: in the frame that began at this media time.
    fn talkers(&self, talkers: &[Talker], media_time: u64);
    /// Where in the talkers' streams is what he hears, when that changed.
    fn mapped(&self, mapped: &[Mapped]);
    /// All that he sent has been played.
    fn drained(&self);
    /// He leaves when he is alone, and is.
    fn alone(&self);
    /// Somebody has joined: his name means him now.
    fn joined(&self);
    /// Something of ours broke; nothing more will come.
    fn broken(&self, cause: &str);
}

struct Member {
    participant: String,
    ending: bool,
    /// He is here for the others' sake only.
    leaves_when_alone: bool,
}

/// Everybody's ear.
type Ears = BTreeMap<Number, Arc<dyn Ear>>;

/// Why one cannot join.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum JoinError {
    NameTaken(String),
    NumberTaken(u32),
}

impl std::fmt::Display for JoinError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NameTaken(name) => write!(f, "participant `{name}` is in the conference already"),
            Self::NumberTaken(number) => {
                write!(f, "number {number} is taken in the conference already")
            }
        }
    }
}

/// One conference's sound.
pub(super) struct Conference {
    room: Mutex<Room>,
    members: Mutex<BTreeMap<Number, Member>>,
    /// Whose list a worker hands out by, without a lock; made anew when somebody joins or leaves meanwhile.
    ears: Mutex<Arc<Ears>>,
    inbox: Mutex<Vec<(Duration, Number, Input)>>,
    /// Whether it is in the pool's queue or being served.
    scheduled: AtomicBool,
    /// When it was last told who talks, and who that was.
    last_talkers: Mutex<(Duration, Vec<Number>)>,
    books: Mutex<Books>,
}

/// What was counted until the last frame.
#[derive(Default)]
struct Books {
    totals: Totals,
    recent: Recent,
}

/// A frame on its way out.
struct Mixed {
    /// When it was due; `None`: none was.
    due: Option<Duration>,
    deliveries: Vec<Delivery>,
    mappings: Vec<Mapping>,
    drained: Vec<Number>,
    totals: Totals,
}

/// What there is to know of a participant and of his conference.
pub(super) struct Account {
    pub(super) counters: Counters,
    pub(super) totals: Totals,
    pub(super) pace: Pace,
}

/// A participant's place in a conference; dropping it leaves.
pub(super) struct Seat {
    conference: Arc<Conference>,
    pub(super) number: Number,
}

impl Conference {
    /// The conference of this name, made if there is none.
    pub(super) fn named(name: &str) -> Arc<Self> {
        let mut conferences = lock(&CONFERENCES);
        conferences.retain(|_, conference| conference.strong_count() > 0);
        if let Some(conference) = conferences.get(name).and_then(Weak::upgrade) {
            return conference;
        }
        let conference = Arc::new(Self::new());
        conferences.insert(name.into(), Arc::downgrade(&conference));
        conference
    }

    fn new() -> Self {
        Self {
            room: Mutex::new(Room::new(4)),
            members: Mutex::default(),
            ears: Mutex::default(),
            inbox: Mutex::default(),
            scheduled: AtomicBool::new(false),
            last_talkers: Mutex::default(),
            books: Mutex::default(),
        }
    }

    /// Takes a place. An empty `participant` gets a name by his number, a `number` of 0 the first free one.
    ///
    /// # Errors
    /// [`JoinError`] when the name or number is taken.
    pub(super) fn join(
        self: &Arc<Self>,
        participant: &str,
        number: u32,
        ear: Arc<dyn Ear>,
    ) -> Result<Seat, JoinError> {
        let seat = self.take_place(participant, number, ear)?;
        let ears = self.ears();
        let others = ears.iter().filter(|(number, _)| **number != seat.number);
        others.for_each(|(_, ear)| ear.joined());
        Ok(seat)
    }

    fn take_place(
        self: &Arc<Self>,
        participant: &str,
        number: u32,
        ear: Arc<dyn Ear>,
    ) -> Result<Seat, JoinError> {
        let mut members = lock(&self.members);
        let number = match number {
            0 => members.keys().next_back().map_or(1, |last| last.0 + 1),
            taken if members.contains_key(&Number(taken)) => {
                return Err(JoinError::NumberTaken(taken));
            }
            free => free,
        };
        let participant = if participant.is_empty() {
            format!("participant-{number}")
        } else {
            participant.into()
        };
        if members
            .values()
            .any(|member| member.participant == participant)
        {
            return Err(JoinError::NameTaken(participant));
        }
        members.insert(
            Number(number),
            Member {
                participant,
                ending: false,
                leaves_when_alone: false,
            },
        );
        Arc::make_mut(&mut *lock(&self.ears)).insert(Number(number), ear);
        Ok(Seat {
            conference: Arc::clone(self),
            number: Number(number),
        })
    }

    /// Serves what is due; says when it is due again.
    pub(super) fn serve(self: Arc<Self>, now: Duration) -> Option<Duration> {
        match catch_unwind(AssertUnwindSafe(|| self.serve_frame(now))) {
            Ok(due) => due,
            Err(_) => {
                for ear in self.ears().values() {
                    ear.broken("the mixer panicked; this is a bug of conveneaudio");
                }
                None
            }
        }
    }

    fn serve_frame(self: &Arc<Self>, now: Duration) -> Option<Duration> {
        let mut watch = Stopwatch::start();
        let Mixed {
            due,
            deliveries,
            mappings,
            drained,
            totals,
        } = self.mix(now);
        let mixing = watch.lap();
        self.hand_out(due.unwrap_or(now), deliveries, &drained);
        let handing_out = watch.lap();
        self.keep_books(now, totals, due.map(|_| (mixing, handing_out)));
        self.tell_talkers(now);
        self.tell_mappings(&mappings);
        self.next(now)
    }

    /// Takes the inbox and has the room make a frame, if one is due.
    fn mix(&self, now: Duration) -> Mixed {
        let mut room = lock(&self.room);
        self.take_inbox(&mut room);
        let due = room.deadline(now).filter(|due| *due <= now);
        let deliveries = due.map_or_else(Vec::new, |_| {
            room.tick(now).unwrap_or_else(|error| {
                gst::error!(CAT, "a frame is lost: {error}");
                meters::frame_failed();
                Vec::new()
            })
        });
        Mixed {
            due,
            deliveries,
            mappings: room.take_mappings(),
            drained: self.take_drained(&room),
            totals: room.totals(),
        }
    }

    fn keep_books(&self, now: Duration, totals: Totals, frame: Option<(Spent, Spent)>) {
        let mut books = lock(&self.books);
        meters::follow(std::mem::replace(&mut books.totals, totals), totals);
        if let Some((mixing, handing_out)) = frame {
            meters::frame(mixing, handing_out);
            let spent = Spent {
                time: mixing.time + handing_out.time,
                cpu: mixing.cpu + handing_out.cpu,
            };
            books.recent.record(now, &totals, spent);
        }
    }

    fn take_inbox(&self, room: &mut Room) {
        let inputs = std::mem::take(&mut *lock(&self.inbox));
        for (at, number, input) in inputs {
            match input {
                Input::Packet(arrival) => {
                    if let Err(error) = room.packet(at, number, &arrival) {
                        gst::error!(CAT, "a packet is lost: {error}");
                    }
                }
                Input::Samples(samples) => room.samples(number, samples),
                Input::Settings(settings) => room.set(number, *settings),
                Input::End => {
                    room.end(number);
                    self.set_ending(number, true);
                }
                Input::Flush => {
                    room.flush(number);
                    self.set_ending(number, false);
                }
                Input::Leave => room.leave(number),
            }
        }
    }

    /// Only what came before the end may keep him here, so this is known when the room knows of the end.
    fn set_ending(&self, number: Number, ending: bool) {
        if let Some(member) = lock(&self.members).get_mut(&number) {
            member.ending = ending;
        }
    }

    fn take_drained(&self, room: &Room) -> Vec<Number> {
        let mut members = lock(&self.members);
        let drained = members
            .iter_mut()
            .filter(|(number, member)| member.ending && room.is_drained(**number));
        drained
            .map(|(number, member)| {
                member.ending = false;
                *number
            })
            .collect()
    }

    fn hand_out(&self, due: Duration, deliveries: Vec<Delivery>, drained: &[Number]) {
        let ears = self.ears();
        for delivery in deliveries {
            match ears.get(&delivery.to) {
                Some(ear) => ear.deliver(due, delivery),
                None => Outcome::everywhere().count(Outcome::Left),
            }
        }
        drained
            .iter()
            .filter_map(|number| ears.get(number))
            .for_each(|ear| ear.drained());
    }

    fn ears(&self) -> Arc<Ears> {
        Arc::clone(&lock(&self.ears))
    }

    /// When to be served next. An input that came while this was decided wakes it again.
    fn next(self: &Arc<Self>, now: Duration) -> Option<Duration> {
        if let Some(due) = lock(&self.room).deadline(now) {
            return Some(due);
        }
        self.scheduled.store(false, Ordering::SeqCst);
        let waiting = !lock(&self.inbox).is_empty();
        (waiting && !self.scheduled.swap(true, Ordering::SeqCst)).then_some(now)
    }

    /// When only those are left who are here for the others' sake, they go, too.
    fn end_if_alone(&self) {
        let members = lock(&self.members);
        let alone = members.values().all(|member| member.leaves_when_alone);
        drop(members);
        if alone {
            self.ears().values().for_each(|ear| ear.alone());
        }
    }

    /// Whether there was room for it.
    fn post(self: &Arc<Self>, number: Number, input: Input) -> bool {
        let now = now();
        let mut inbox = lock(&self.inbox);
        if inbox.len() >= INBOX && matches!(input, Input::Packet(_) | Input::Samples(_)) {
            return false;
        }
        inbox.push((now, number, input));
        drop(inbox);
        if !self.scheduled.swap(true, Ordering::SeqCst) {
            pool::schedule(Arc::clone(self), now);
        }
        true
    }
}

impl Seat {
    /// Leaves something for the worker; `false` when too much of what came waits for him.
    pub(super) fn post(&self, input: Input) -> bool {
        self.conference.post(self.number, input)
    }

    /// Sets how many may be heard at once in the whole conference.
    pub(super) fn set_max_talkers(&self, max: usize) {
        lock(&self.conference.room).set_max_talkers(max);
    }

    /// Has him leave, or not, when only such participants are left.
    pub(super) fn set_leaves_when_alone(&self, leaves: bool) {
        if let Some(member) = lock(&self.conference.members).get_mut(&self.number) {
            member.leaves_when_alone = leaves;
        }
    }

    /// The number of the participant of this name.
    pub(super) fn number_of(&self, participant: &str) -> Option<Number> {
        let members = lock(&self.conference.members);
        members
            .iter()
            .find(|(_, member)| member.participant == participant)
            .map(|(number, _)| *number)
    }

    /// How loud he is.
    pub(super) fn loudness(&self) -> Loudness {
        lock(&self.conference.room).loudness(self.number)
    }

    /// What was counted of him and of his conference.
    pub(super) fn account(&self) -> Account {
        let now = now();
        let counters = lock(&self.conference.room).counters(self.number);
        let books = lock(&self.conference.books);
        Account {
            counters,
            totals: books.totals,
            pace: books.recent.pace(now),
        }
    }
}

impl Drop for Conference {
    fn drop(&mut self) {
        let totals = lock(&self.books).totals;
        meters::follow(totals, totals.past());
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut members = lock(&self.conference.members);
        members.remove(&self.number);
        let ear = Arc::make_mut(&mut *lock(&self.conference.ears)).remove(&self.number);
        drop(members);
        drop(ear);
        self.conference.post(self.number, Input::Leave);
        self.conference.end_if_alone();
    }
}
