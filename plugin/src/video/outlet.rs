//! A slot's pad: packets wait here for their task, if they need one, get their head and time, and are pushed.
//!
//! The lock is never held while anything is pushed or asked.

use std::{
    collections::{BTreeMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError, Weak},
    time::Duration,
};

use convene_rtp::Packet;
use convene_video::{Forward, Numbers, Source, write_head};
use gst::{prelude::*, subclass::prelude::*};

use super::{
    captures,
    imp::{CAT, ConveneVideo},
    pace::Pace,
    time,
    wire::{Agreement, Origin},
};
use crate::{delivery::Delivery, lock::lock};

/// Packets that wait for a slow sink: a key frame of 300 kB.
const LONGEST_QUEUE: usize = 256;

/// Why a packet with a place in the slot does not leave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loss {
    /// The sink is too slow.
    QueueFull,
    /// The receiving element is not playing.
    NotPlaying,
    /// The peer takes another encoding than the publisher's.
    WrongEncoding,
    /// Downstream refused it: not linked, flushing, at its end, or failed.
    Refused,
}

impl Loss {
    pub(super) const ALL: [Self; 4] = [
        Self::QueueFull,
        Self::NotPlaying,
        Self::WrongEncoding,
        Self::Refused,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue-full",
            Self::NotPlaying => "not-playing",
            Self::WrongEncoding => "wrong-encoding",
            Self::Refused => "refused",
        }
    }
}

/// A packet and its place in a slot.
pub(super) struct Parcel {
    pub(super) forward: Forward,
    /// As the publisher sent it; shared with all slots.
    pub(super) buffer: gst::Buffer,
    pub(super) origin: Arc<Origin>,
    /// Whose picture it is of, by his participant's name, and which.
    pub(super) publisher: Arc<str>,
    pub(super) source: Source,
    pub(super) captured: Duration,
}

/// What leaves a slot.
pub(super) enum Item {
    Parcel(Parcel),
    /// The slot's stream is at its end.
    Eos,
}

impl Item {
    pub(super) fn octets(&self) -> usize {
        match self {
            Self::Parcel(parcel) => parcel.buffer.size(),
            Self::Eos => 0,
        }
    }
}

pub(super) struct Outlet {
    pub(super) pad: gst::Pad,
    /// The way that all slots of the subscriber share.
    pace: Arc<Pace>,
    state: Mutex<State>,
    wake: Condvar,
}

struct State {
    queue: VecDeque<Item>,
    delivery: Delivery,
    active: bool,
    playing: bool,
    ssrc: u32,
    agreement: Option<Arc<Agreement>>,
    /// What the slot's stream has used up, while the slot is not open in the room.
    numbers: Numbers,
    losses: BTreeMap<Loss, u64>,
}

impl Outlet {
    /// A slot with its pad, which is in no element yet.
    pub(super) fn new(
        template: &gst::PadTemplate,
        index: u32,
        delivery: Delivery,
        playing: bool,
        pace: &Arc<Pace>,
    ) -> Arc<Self> {
        let state = State {
            queue: VecDeque::new(),
            delivery,
            active: false,
            playing,
            ssrc: random(),
            agreement: None,
            numbers: Numbers::default(),
            losses: BTreeMap::new(),
        };
        Arc::new_cyclic(|outlet| Self {
            pad: pad(template, index, outlet),
            pace: pace.clone(),
            state: Mutex::new(state),
            wake: Condvar::new(),
        })
    }

    pub(super) fn set_delivery(&self, delivery: Delivery) {
        lock(&self.state).delivery = delivery;
    }

    pub(super) fn set_playing(&self, playing: bool) {
        lock(&self.state).playing = playing;
    }

    pub(super) fn numbers(&self) -> Numbers {
        lock(&self.state).numbers.clone()
    }

    pub(super) fn keep(&self, numbers: Numbers) {
        lock(&self.state).numbers = numbers;
    }

    pub(super) fn losses(&self) -> BTreeMap<Loss, u64> {
        lock(&self.state).losses.clone()
    }

    /// The peer is another, or wants something else.
    pub(super) fn reconfigure(&self) {
        lock(&self.state).agreement = None;
    }

    /// Sends a packet on its way.
    pub(super) fn deliver(self: &Arc<Self>, parcel: Parcel) {
        self.pace.send(self.clone(), Item::Parcel(parcel));
    }

    /// Ends the slot's stream, after what is on its way.
    pub(super) fn finish(self: &Arc<Self>) {
        self.pace.send(self.clone(), Item::Eos);
    }

    /// Takes what is to leave now.
    pub(super) fn take(&self, item: Item) {
        let mut state = lock(&self.state);
        let is_packet = matches!(item, Item::Parcel(_));
        let loss = match state.delivery {
            _ if is_packet && (!state.active || !state.playing) => Loss::NotPlaying,
            Delivery::Direct => {
                drop(state);
                return self.let_go(item);
            }
            Delivery::Queue if is_packet && state.queue.len() >= LONGEST_QUEUE => Loss::QueueFull,
            Delivery::Queue => {
                state.queue.push_back(item);
                return self.wake.notify_one();
            }
        };
        *state.losses.entry(loss).or_default() += 1;
    }

    /// Starts or ends the pad's task.
    fn activate(self: &Arc<Self>, active: bool) -> Result<(), gst::LoggableError> {
        let delivery = {
            let mut state = lock(&self.state);
            state.active = active;
            state.agreement = None;
            state.queue.clear();
            state.delivery
        };
        self.wake.notify_all();
        let done = match (active, delivery) {
            (true, Delivery::Queue) => {
                let outlet = self.clone();
                self.pad.start_task(move || outlet.turn())
            }
            (true, Delivery::Direct) => Ok(()),
            (false, _) => self.pad.stop_task(),
        };
        done.map_err(|_| gst::loggable_error!(CAT, "no task"))
    }

    /// A turn of the pad's task: waits for one item and pushes it.
    fn turn(&self) {
        if catch_unwind(AssertUnwindSafe(|| self.serve())).is_ok() {
            return;
        }
        let _ = self.pad.pause_task();
        if let Some(element) = self.pad.parent_element() {
            gst::element_error!(
                element,
                gst::LibraryError::Failed,
                ["{}: panicked", self.pad.name()]
            );
        }
    }

    fn serve(&self) {
        let idle = |state: &mut State| state.active && state.queue.is_empty();
        let waiting = self.wake.wait_while(lock(&self.state), idle);
        let item = waiting
            .unwrap_or_else(PoisonError::into_inner)
            .queue
            .pop_front();
        if let Some(item) = item {
            self.let_go(item);
        }
    }

    fn let_go(&self, item: Item) {
        match item {
            Item::Parcel(parcel) => self.push(&parcel),
            Item::Eos => drop(self.pad.push_event(gst::event::Eos::new())),
        }
    }

    fn push(&self, parcel: &Parcel) {
        if let Err(loss) = self.try_push(parcel) {
            gst::trace!(CAT, obj = self.pad, "lost a packet: {}", loss.name());
            *lock(&self.state).losses.entry(loss).or_default() += 1;
        }
    }

    fn try_push(&self, parcel: &Parcel) -> Result<(), Loss> {
        let map = parcel.buffer.map_readable().map_err(|_| Loss::Refused)?;
        let packet = Packet::parse(&map).map_err(|_| Loss::Refused)?;
        let agreement = self
            .agree(&parcel.origin, packet.payload_type())
            .ok_or(Loss::WrongEncoding)?;
        let mut head = Vec::with_capacity(64);
        let rest = write_head(
            &packet,
            &parcel.forward,
            &agreement.wire,
            &parcel.origin.extensions,
            &mut head,
        );
        let mut buffer = gst::Buffer::from_mut_slice(head);
        if !rest.is_empty() {
            let tail = parcel
                .buffer
                .copy_region(gst::BufferCopyFlags::MEMORY, rest)
                .map_err(|_| Loss::Refused)?;
            buffer.append(tail);
        }
        let written = buffer.make_mut();
        let element = self.pad.parent_element().ok_or(Loss::NotPlaying)?;
        written.set_pts(time::running_time(&element, parcel.captured).ok_or(Loss::NotPlaying)?);
        if packet.marker() {
            written.set_flags(gst::BufferFlags::MARKER);
        }
        match self.pad.push(buffer) {
            Ok(_) => {
                if parcel.forward.news {
                    let _ = element.post_message(captures::message(&element, parcel, &packet));
                }
                Ok(())
            }
            Err(gst::FlowError::Eos) => {
                // As any source does when downstream has had enough: then a sink says so on the bus.
                self.pad.push_event(gst::event::Eos::new());
                Err(Loss::Refused)
            }
            Err(_) => Err(Loss::Refused),
        }
    }

    /// What was agreed with the peer; asks it when nothing is, or when the publisher's encoding is another than before.
    fn agree(&self, origin: &Origin, payload_type: u8) -> Option<Arc<Agreement>> {
        let (known, ssrc) = {
            let state = lock(&self.state);
            (state.agreement.clone(), state.ssrc)
        };
        if let Some(known) = known.filter(|known| known.encoding == origin.encoding) {
            return Some(known);
        }
        let allowed = self
            .pad
            .peer_query_caps(Some(&self.pad.pad_template_caps()));
        let agreement = Arc::new(Agreement::new(&allowed, origin, ssrc, payload_type)?);
        gst::debug!(CAT, obj = self.pad, "agreed on {}", agreement.caps);
        self.announce(&agreement.caps);
        let mut state = lock(&self.state);
        state.ssrc = agreement.wire.ssrc;
        state.agreement = Some(agreement.clone());
        Some(agreement)
    }

    /// Makes the pad send these before its next buffer, in this order. Refusals come back with the buffer.
    fn announce(&self, caps: &gst::Caps) {
        if self
            .pad
            .sticky_event::<gst::event::StreamStart>(0)
            .is_none()
        {
            let start = gst::event::StreamStart::builder(&self.stream_id())
                .group_id(gst::GroupId::next())
                .build();
            let _ = self.pad.store_sticky_event(&start);
        }
        let _ = self.pad.store_sticky_event(&gst::event::Caps::new(caps));
        if self.pad.sticky_event::<gst::event::Segment>(0).is_none() {
            let segment = gst::FormattedSegment::<gst::ClockTime>::new();
            let _ = self
                .pad
                .store_sticky_event(&gst::event::Segment::new(&segment));
        }
    }

    fn stream_id(&self) -> String {
        format!("convenevideo/{:08x}/{}", random(), self.pad.name())
    }
}

/// The pad does without its element until it is added: it has to be active before.
fn pad(template: &gst::PadTemplate, index: u32, outlet: &Weak<Outlet>) -> gst::Pad {
    let outlet = outlet.clone();
    gst::Pad::builder_from_template(template)
        .name(format!("src_{index}"))
        .activatemode_function(move |pad, _, _, active| match outlet.upgrade() {
            Some(outlet) => outlet.activate(active),
            None => Err(gst::loggable_error!(
                CAT,
                "{} belongs to no slot",
                pad.name()
            )),
        })
        .event_function(move |_, parent, event| {
            parent.is_some()
                && ConveneVideo::catch_panic_pad_function(
                    parent,
                    || false,
                    |imp| imp.slot_event(index, &event),
                )
        })
        .query_function(|pad, parent, query| match query.view_mut() {
            gst::QueryViewMut::Latency(latency) => {
                latency.set(true, gst::ClockTime::ZERO, gst::ClockTime::NONE);
                true
            }
            _ => gst::Pad::query_default(pad, parent, query),
        })
        .iterate_internal_links_function(|_, _| gst::Iterator::from_vec(Vec::new()))
        .build()
}

/// The standard library seeds its hashers from the system's random numbers.
fn random() -> u32 {
    RandomState::new().hash_one(0) as u32
}
