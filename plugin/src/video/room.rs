//! The process's conferences: where all `convenevideo` of one conference name meet.
//!
//! Lock order: the list of rooms, then one room, then an outlet's state. None is held while anything is pushed;
//! wishes go to the publishers from GStreamer's thread pool, so that no pipeline waits for another.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{Arc, LazyLock, Mutex, Weak},
    time::Duration,
};

use convene_bandwidth::{Report, Slots};
use convene_rtp::Packet;
use convene_video::{
    Arrival, Codec, Forward, Number, Numbers, Picture, Policy, Refusal, SlotId, Source, Stats,
    Switch, Wish,
};
use gst::prelude::*;

use super::{outlet::Outlet, planning::Planning, sinks::Sinks, wishes};
use crate::{
    alarm::{Alarm, ring_at},
    lock::lock,
    now::now,
};

static ROOMS: LazyLock<Mutex<HashMap<String, Weak<Room>>>> = LazyLock::new(Mutex::default);

#[derive(Default)]
pub(super) struct Room {
    state: Mutex<State>,
    pub(super) planning: Planning,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) switch: Switch,
    members: BTreeMap<Number, Member>,
    joined: u32,
    alarm: Alarm,
}

struct Member {
    name: String,
    element: glib::WeakRef<gst::Element>,
    sinks: Sinks,
    outlets: BTreeMap<u32, Arc<Outlet>>,
    /// The way to him.
    way: Slots,
}

/// Somebody of this name is in the conference already.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NameTaken;

/// Why `set-path` did nothing.
#[derive(Debug)]
pub(super) enum PathError {
    /// Nobody has this name.
    NoName(String),
    /// The switch refuses.
    Refused(Refusal),
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoName(name) => write!(f, "nobody here is called {name}"),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// A participant's place in a room.
#[derive(Clone)]
pub(super) struct Seat {
    room: Arc<Room>,
    number: Number,
    name: Arc<str>,
}

impl Seat {
    /// Enters a conference, which begins with its first participant.
    pub(super) fn take(
        conference: &str,
        name: &str,
        element: &gst::Element,
        policy: Policy,
    ) -> Result<Self, NameTaken> {
        let room = {
            let mut rooms = lock(&ROOMS);
            rooms.retain(|_, room| room.strong_count() > 0);
            let known = rooms.get(conference).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let room = Arc::new(Room::default());
                rooms.insert(conference.into(), Arc::downgrade(&room));
                room
            })
        };
        let number = lock(&room.state).join(name, element, policy)?;
        Ok(Self {
            room,
            number,
            name: name.into(),
        })
    }

    /// Leaves the conference; the slots' numbers go back to their outlets.
    pub(super) fn leave(&self) {
        self.room.act(|state| {
            let outlets = state
                .members
                .get(&self.number)
                .map(|member| member.outlets.clone())
                .unwrap_or_default();
            for (index, outlet) in outlets {
                state.close(self.slot(index), &outlet);
            }
            state.switch.leave(self.number);
            state.members.remove(&self.number)
        });
    }

    pub(super) fn set_policy(&self, policy: Policy) {
        self.room
            .act(|state| state.switch.set_policy(self.number, policy));
    }

    pub(super) fn publish(&self, source: Source, codec: Codec, sink: &gst::Pad) {
        self.room.act(|state| {
            if let Some(member) = state.members.get_mut(&self.number)
                && member.sinks.add(source, sink)
            {
                state.switch.publish(self.picture(source), codec);
            }
        });
    }

    pub(super) fn end(&self, source: Source, sink: &gst::Pad) {
        self.room.act(|state| {
            let member = state.members.get_mut(&self.number);
            if member.is_none_or(|member| member.sinks.remove(source, sink)) {
                state.switch.end(self.picture(source));
            }
        });
    }

    pub(super) fn open(&self, index: u32, outlet: &Arc<Outlet>) {
        self.room.act(|state| {
            if let Some(member) = state.members.get_mut(&self.number) {
                member.outlets.insert(index, outlet.clone());
                state.switch.open(self.slot(index), outlet.numbers());
            }
        });
    }

    pub(super) fn close(&self, index: u32) {
        self.room.act(|state| {
            let outlet = state
                .members
                .get_mut(&self.number)
                .and_then(|member| member.outlets.remove(&index));
            if let Some(outlet) = &outlet {
                state.close(self.slot(index), outlet);
            }
            outlet
        });
    }

    /// The participant could not show anything until now: what his slots showed starts anew.
    pub(super) fn restart(&self) {
        self.room.act(|state| state.switch.restart(self.number));
    }

    pub(super) fn want_key_frame(&self, index: u32) {
        self.room
            .act(|state| state.switch.want_key_frame(self.slot(index)));
    }

    /// What became of packets that were sent to him. Answers how many bits per second can be, as far as is known now.
    pub(super) fn feedback(&self, reports: &[Report]) -> Option<u64> {
        self.room.act(|state| {
            let member = state.members.get_mut(&self.number)?;
            member.way.handle(now(), reports);
            let estimate = member.way.estimate();
            state.switch.set_budget(now(), self.number, estimate);
            estimate
        })
    }

    /// Bits per second that can be sent to him, as far as is known.
    pub(super) fn estimate(&self) -> Option<u64> {
        let state = lock(&self.room.state);
        state.members.get(&self.number)?.way.estimate()
    }

    /// Where a packet of his goes: its numbers, and the slot's outlet. `rid`: the id of the header extension that names
    /// its layer.
    pub(super) fn packet(
        &self,
        source: Source,
        sink: &gst::Pad,
        rid: Option<u8>,
        bytes: &[u8],
    ) -> Vec<(Forward, Arc<Outlet>)> {
        let picture = self.picture(source);
        let Ok(packet) = Packet::parse(bytes) else {
            lock(&self.room.state).switch.malformed(picture);
            return Vec::new();
        };
        self.room.act(|state| {
            let mut forward = Vec::new();
            let arrival = Arrival {
                packet: &packet,
                bytes: bytes.len(),
                rid: rid.and_then(|id| packet.extension(id)),
            };
            if let Some(member) = state.members.get_mut(&self.number) {
                member.sinks.brings(sink, packet.ssrc());
            }
            state.switch.packet(now(), picture, &arrival, &mut forward);
            forward
                .into_iter()
                .filter_map(|forward| state.address(forward))
                .collect()
        })
    }

    /// Shows a picture in a slot (`None`: the first free one), or takes it off the server's path.
    pub(super) fn set_path(
        &self,
        publisher: &str,
        source: Source,
        subscriber: &str,
        path: ServerPath,
    ) -> Result<(), PathError> {
        self.room.act(|state| {
            let publisher = state.number(publisher)?;
            let subscriber = state.number(subscriber)?;
            let picture = Picture { publisher, source };
            let done = match path {
                ServerPath::Slot(index) => {
                    state.switch.show(picture, subscriber, index).map(|_| ())
                }
                ServerPath::Off => state.switch.hide(picture, subscriber),
            };
            done.map_err(PathError::Refused)
        })
    }

    pub(super) fn stats(&self) -> Stats {
        lock(&self.room.state)
            .switch
            .stats(self.number)
            .cloned()
            .unwrap_or_default()
    }

    pub(super) fn room(&self) -> &Arc<Room> {
        &self.room
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn number(&self) -> Number {
        self.number
    }

    pub(super) fn picture(&self, source: Source) -> Picture {
        Picture {
            publisher: self.number,
            source,
        }
    }

    pub(super) fn slot(&self, index: u32) -> SlotId {
        SlotId {
            subscriber: self.number,
            index,
        }
    }
}

/// What a path means to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerPath {
    /// Through the server, in this slot.
    Slot(Option<u32>),
    /// Not through the server.
    Off,
}

impl Room {
    /// Changes something, sends out the wishes that follow from it, and sets the clock for the next ones.
    pub(super) fn act<R>(self: &Arc<Self>, change: impl FnOnce(&mut State) -> R) -> R {
        let now = now();
        let mut state = lock(&self.state);
        let result = change(&mut state);
        let wishes = state.wishes(now);
        let deadline = state.switch.deadline();
        let alarm = state.alarm.next(now, deadline);
        drop(state);
        for (element, told) in wishes {
            element.call_async(move |element| told.tell(element));
        }
        if let Some(alarm) = alarm {
            self.ring_at(alarm, now);
        }
        result
    }

    fn ring_at(self: &Arc<Self>, alarm: Duration, now: Duration) {
        let room = Arc::downgrade(self);
        ring_at(alarm, now, move || {
            if let Some(room) = room.upgrade() {
                lock(&room.state).alarm.rung(alarm);
                room.act(|_| ());
            }
        });
    }
}

impl State {
    fn join(
        &mut self,
        name: &str,
        element: &gst::Element,
        policy: Policy,
    ) -> Result<Number, NameTaken> {
        if self.number(name).is_ok() {
            return Err(NameTaken);
        }
        self.joined += 1;
        let number = Number(self.joined);
        let member = Member {
            name: name.into(),
            element: element.downgrade(),
            sinks: Sinks::default(),
            outlets: BTreeMap::new(),
            way: Slots::default(),
        };
        self.members.insert(number, member);
        self.switch.join(number, policy);
        Ok(number)
    }

    fn number(&self, name: &str) -> Result<Number, PathError> {
        let known = self.members.iter().find(|(_, member)| member.name == name);
        known
            .map(|(number, _)| *number)
            .ok_or_else(|| PathError::NoName(name.into()))
    }

    fn close(&mut self, slot: SlotId, outlet: &Outlet) {
        let numbers: Option<Numbers> = self.switch.close(slot);
        if let Some(numbers) = numbers {
            outlet.keep(numbers);
        }
    }

    fn address(&self, forward: Forward) -> Option<(Forward, Arc<Outlet>)> {
        let member = self.members.get(&forward.slot.subscriber)?;
        Some((forward, member.outlets.get(&forward.slot.index)?.clone()))
    }

    /// The wishes that are due, and the elements that have to tell them.
    fn wishes(&mut self, now: Duration) -> Vec<(gst::Element, wishes::Told)> {
        let mut due = Vec::new();
        while let Some(wish) = self.switch.poll(now) {
            due.extend(self.told(&wish));
        }
        due
    }

    fn told(&self, wish: &Wish) -> Option<(gst::Element, wishes::Told)> {
        let picture = wishes::picture(wish);
        let member = self.members.get(&picture.publisher)?;
        let element = member.element.upgrade()?;
        let told = match wish {
            Wish::KeyFrame(_, ssrc) => member.sinks.find(picture.source, *ssrc)?.into(),
            Wish::Bitrate(..) => member.sinks.find(picture.source, None)?.into(),
            Wish::Layers(..) => None,
        };
        let told = wishes::told(&element, told, wish);
        Some((element, told))
    }
}
