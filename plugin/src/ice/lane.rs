//! What a stream's elements and the threads of the socket share: where to send, and whom to hand what arrives.

use std::{
    net::SocketAddr,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use convene_ice::{Event, EventKind, Remote, StreamId, Transport};
use convene_rtp::{RuleError, SilenceGate, SilenceRule, Verdict};
use gst::prelude::*;
use gst_webrtc::{WebRTCICEConnectionState, WebRTCICETransport};

use super::{
    counters::{Counters, Ending},
    pool::Pool,
    sources::{Judgement, Sources},
    tcp::Connection,
    turns::Turns,
    udp::UdpSockets,
};
use crate::lock::lock;

pub(super) static CAT: LazyLock<gst::DebugCategory> = LazyLock::new(|| {
    gst::DebugCategory::new(
        "convene-ice",
        gst::DebugColorFlags::empty(),
        Some("ICE agent"),
    )
});

/// DTLS records of one stream that may wait to be looked at; a handshake has about six.
const WAITING: usize = 32;

/// Whoever wants to know what happens to a stream.
pub(super) type Observer = Box<dyn Fn(Event) + Send + Sync>;

/// The pair in use, and how packets get to the peer.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) local: SocketAddr,
    pub(super) remote: Remote,
    /// Where they do not go as datagrams.
    connection: Option<Arc<Connection>>,
}

/// Where what arrives enters the pipeline.
#[derive(Clone)]
pub(super) struct Entry {
    /// The element that stands for the source of it.
    pub(super) source: gst::Element,
    /// The sink pad that takes it.
    pub(super) pad: gst::Pad,
}

impl Entry {
    /// webrtcbin blocks the pad before ours until it knows its DTLS role; what came earlier would end DTLS for good.
    fn is_open(&self) -> bool {
        self.pad.peer().is_some_and(|before| !before.is_blocked())
    }
}

/// One stream.
pub(super) struct Lane {
    pub(super) id: StreamId,
    udp: Arc<UdpSockets>,
    counters: Arc<Counters>,
    observer: Observer,
    route: Mutex<Option<Route>>,
    entry: Mutex<Option<Entry>>,
    /// Whether the events that go before all packets have gone.
    begun: AtomicBool,
    sources: Mutex<Sources>,
    gate: Mutex<SilenceGate>,
    waiting: AtomicUsize,
    turns: Turns,
    /// Whether webrtcbin's bins are there to hear of the transport's states: they never say that they stop listening.
    listened_to: Mutex<bool>,
    transport: glib::WeakRef<WebRTCICETransport>,
}

impl Lane {
    pub(super) fn new(
        id: StreamId,
        udp: Arc<UdpSockets>,
        counters: Arc<Counters>,
        observer: Observer,
    ) -> Self {
        Self {
            id,
            udp,
            counters,
            observer,
            route: Mutex::default(),
            entry: Mutex::default(),
            begun: AtomicBool::new(false),
            sources: Mutex::default(),
            gate: Mutex::default(),
            waiting: AtomicUsize::new(0),
            turns: Turns::default(),
            listened_to: Mutex::new(false),
            transport: glib::WeakRef::new(),
        }
    }

    /// Whose states this lane's events change.
    pub(super) fn belongs_to(&self, transport: &WebRTCICETransport) {
        self.transport.set(Some(transport));
    }

    /// The pair in use.
    pub(super) fn route(&self) -> Option<Route> {
        lock(&self.route).clone()
    }

    pub(super) fn set_route(&self, route: Option<Route>) {
        *lock(&self.route) = route;
    }

    /// Sends packets to the peer, from any thread. What cannot be sent is counted and gone.
    pub(super) fn send<'a>(&self, packets: impl Iterator<Item = &'a [u8]>) {
        let Some(route) = self.route() else {
            self.counters.add(Ending::NoPair, packets.count());
            return;
        };
        match route.connection {
            Some(connection) => packets.for_each(|packet| connection.send(packet)),
            None => self.udp.send(route.local, route.remote.address, packets),
        }
    }

    pub(super) fn enter(&self, entry: Option<Entry>) {
        *lock(&self.listened_to) = entry.is_some();
        self.begun.store(false, Relaxed);
        *lock(&self.entry) = entry;
    }

    /// Which packets of silence are dropped before they cost anything; `None`: none.
    pub(super) fn set_silence(&self, rule: Option<SilenceRule>) -> Result<(), RuleError> {
        lock(&self.gate).set_rule(rule)
    }

    /// How many packets of a source were dropped as silence.
    pub(super) fn silenced(&self, ssrc: u32) -> u64 {
        lock(&self.gate).dropped(ssrc)
    }

    /// How many of them came before the packet with this extended sequence number; `None` for a source of which nothing
    /// is known.
    pub(super) fn silenced_before(&self, ssrc: u32, highest: u32) -> Option<u64> {
        lock(&self.gate).dropped_before(ssrc, highest)
    }

    /// Whether a packet that arrived is worth being decrypted; `now` is a time of any origin.
    pub(super) fn wants(&self, now: Duration, packet: &[u8]) -> bool {
        let judgement = lock(&self.sources).judge(now, packet);
        let refusal = match judgement {
            Judgement::Known => self.silence(now, packet),
            Judgement::Nobodys => Some(Ending::Malformed),
            Judgement::TooMany => Some(Ending::Sources),
        };
        if let Some(ending) = refusal {
            self.counters.add(ending, 1);
        }
        refusal.is_none()
    }

    fn silence(&self, now: Duration, packet: &[u8]) -> Option<Ending> {
        let verdict = lock(&self.gate).handle(now, packet);
        (verdict != Verdict::Pass).then_some(Ending::Silence)
    }

    /// Takes a place among the records that wait; `false` when there is none.
    pub(super) fn line_up(&self) -> bool {
        let free = self.waiting.fetch_add(1, Relaxed) < WAITING;
        if !free {
            self.step_aside();
            self.counters.add(Ending::HandshakeQueue, 1);
        }
        free
    }

    pub(super) fn step_aside(&self) {
        self.waiting.fetch_sub(1, Relaxed);
    }

    /// Whether the pipeline takes what arrives.
    pub(super) fn is_open(&self) -> bool {
        let entry = lock(&self.entry).clone();
        entry.is_some_and(|entry| entry.is_open())
    }

    /// Hands a packet of media to the pipeline, and lets it be dealt with on this thread, the I/O thread: it does not
    /// wait when DTLS has the pipeline, but leaves the packet there.
    pub(super) fn media(&self, pool: &Pool, packet: &[u8]) {
        if !self.turns.pass(packet, |packet| self.chain(pool, packet)) {
            self.counters.add(Ending::HandshakeQueue, 1);
        }
    }

    /// Hands a DTLS record to the pipeline, and then what media came meanwhile. Never on the I/O thread.
    pub(super) fn dtls(&self, pool: &Pool, record: &[u8]) {
        let record = || self.chain(pool, record);
        let late = self.turns.take(record, |packet| self.chain(pool, packet));
        self.counters.add(Ending::HandshakeQueue, late);
    }

    fn chain(&self, pool: &Pool, octets: &[u8]) {
        let entry = lock(&self.entry).clone();
        let delivered = entry.filter(Entry::is_open).is_some_and(|entry| {
            self.begin(&entry);
            let buffer = pool.filled(octets, entry.source.current_running_time());
            // Its result is about this packet only: the next may come when something more is linked.
            buffer.is_some_and(|buffer| entry.pad.chain(buffer).is_ok())
        });
        let ending = if delivered {
            Ending::Delivered
        } else {
            Ending::NotTaken
        };
        self.counters.add(ending, 1);
    }

    fn begin(&self, entry: &Entry) {
        if self.begun.load(Relaxed) {
            return;
        }
        let id = format!("convene-ice-{}", self.id.0);
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let begun = entry.pad.send_event(gst::event::StreamStart::new(&id))
            && entry.pad.send_event(gst::event::Caps::new(&caps()))
            && entry.pad.send_event(gst::event::Segment::new(&segment));
        self.begun.store(begun, Relaxed);
    }

    /// Tells webrtcbin and the owner what has happened. webrtcbin starts DTLS in this, so never on the I/O thread.
    ///
    /// It is told of the first connection only. What it would do on a disconnection is to block all that arrives for
    /// good; whether a silent peer has gone is the owner's to judge.
    pub(super) fn tell(&self, event: Event) {
        if matches!(event.kind, EventKind::Selected { .. }) {
            self.tell_webrtcbin(connect);
        }
        (self.observer)(event);
    }

    /// Tells that nothing will arrive any more, nor be sent: the socket is broken.
    pub(super) fn fail(&self) {
        self.tell_webrtcbin(|transport| {
            transport.connection_state_change(WebRTCICEConnectionState::Failed);
        });
        let (at, kind) = (Instant::now(), EventKind::Lost);
        (self.observer)(Event { at, kind });
    }

    fn tell_webrtcbin(&self, what: impl FnOnce(&WebRTCICETransport)) {
        // Held while its bins are told: the source's end waits for it, and they end after the source.
        let listened_to = lock(&self.listened_to);
        if *listened_to && let Some(transport) = self.transport.upgrade() {
            what(&transport);
        }
    }
}

fn connect(transport: &WebRTCICETransport) {
    if transport.state() == WebRTCICEConnectionState::New {
        transport.connection_state_change(WebRTCICEConnectionState::Connected);
    }
    transport.selected_pair_change();
}

/// What `transportreceivebin` says of all that comes in, DTLS too.
fn caps() -> gst::Caps {
    gst::Caps::new_empty_simple("application/x-rtp")
}

impl Route {
    /// `None` to the other end of a connection that is not there any more.
    pub(super) fn to(
        local: SocketAddr,
        remote: Remote,
        connection: Option<Arc<Connection>>,
    ) -> Option<Self> {
        let there = connection.is_some() == (remote.transport == Transport::Tcp);
        there.then_some(Self {
            local,
            remote,
            connection,
        })
    }
}
