//! The I/O thread: reads what arrives, lets the endpoint say whose it is, and hands it on.
//!
//! Media is dealt with on this thread, down to the jitterbuffer. DTLS is not: a handshake takes milliseconds, in which
//! all others would wait.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::Ordering::Relaxed,
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};

use convene_ice::{Credentials, Endpoint, EventKind, Output, Remote, StreamId, Transport, Verdict};
use mio::{Events, Interest, Poll, Token, net::TcpListener};

use super::{
    counters::{Counters, Ending},
    handshakes::Job,
    lane::{CAT, Lane, Route},
    pool::Pool,
    tcp::Connections,
    udp::{Batch, LONGEST, UdpSockets},
};

pub(super) const WAKER: Token = Token(0);
const V4: Token = Token(1);
const V6: Token = Token(2);
const FIRST_CONNECTION: usize = 3;

/// Batches of datagrams before others have their turn.
const BATCHES: usize = 8;

/// With many packets, the thread lets them gather for so long: waking up costs more than most of them.
const TICK: Duration = Duration::from_millis(3);

/// Packets in a tick from which on it is worth while.
const BUSY: usize = 3;

/// What the thread is told.
pub(super) enum Command {
    /// Our credentials of a stream, new or known.
    Local(Arc<Lane>, Credentials),
    /// Its peer's.
    Remote(StreamId, Credentials),
    /// It has ended.
    Remove(StreamId),
    /// The socket has.
    End,
}

/// Everything that the I/O thread owns.
pub(super) struct Io {
    poll: Poll,
    udp: Arc<UdpSockets>,
    connections: Connections,
    desk: Desk,
    commands: Receiver<Command>,
    /// When strangers on connections are looked for next.
    inspection: Instant,
}

/// Where every packet that arrives is sorted.
struct Desk {
    /// Where time begins for those who take it as a duration.
    origin: Instant,
    endpoint: Endpoint,
    lanes: HashMap<StreamId, Arc<Lane>>,
    pool: Pool,
    jobs: Sender<Job>,
    counters: Arc<Counters>,
}

impl Io {
    pub(super) fn new(
        poll: Poll,
        mut udp: UdpSockets,
        listeners: Vec<TcpListener>,
        commands: Receiver<Command>,
        jobs: Sender<Job>,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let halves = [(&mut udp.v4, V4), (&mut udp.v6, V6)];
        for (half, token) in halves {
            if let Some(half) = half {
                let registry = poll.registry();
                registry.register(&mut half.socket, token, Interest::READABLE)?;
            }
        }
        let connections = Connections::new(
            poll.registry(),
            listeners,
            FIRST_CONNECTION,
            Arc::clone(&counters),
        )?;
        Ok(Self {
            poll,
            udp: Arc::new(udp),
            connections,
            desk: Desk {
                origin: Instant::now(),
                endpoint: Endpoint::new(),
                lanes: HashMap::new(),
                pool: Pool::new().map_err(io::Error::other)?,
                jobs,
                counters,
            },
            commands,
            inspection: Instant::now(),
        })
    }

    pub(super) fn udp(&self) -> &Arc<UdpSockets> {
        &self.udp
    }

    /// Lives until it is told to end.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(256);
        let mut batch = Batch::new(&self.udp);
        // A readiness is told once; what it stood for is read bit by bit.
        let mut ready = Vec::new();
        loop {
            let wait = self.wait(&ready);
            match self.poll.poll(&mut events, wait) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    gst::error!(CAT, "nothing can be received any more: {error}");
                    return;
                }
            }
            let began = Instant::now();
            if !self.obey(began) {
                return;
            }
            ready.extend(events.iter().map(|event| event.token()));
            ready.append(&mut self.connections.unfinished());
            let packets = self.read(began, &mut ready, &mut batch);
            self.keep_time(Instant::now());
            if packets >= BUSY {
                std::thread::sleep(TICK.saturating_sub(began.elapsed()));
            }
        }
    }

    fn wait(&self, ready: &[Token]) -> Option<Duration> {
        if !ready.is_empty() || self.connections.is_unfinished() {
            return Some(Duration::ZERO);
        }
        let strangers = (!self.connections.is_empty()).then_some(self.inspection);
        let next = self
            .desk
            .endpoint
            .deadline()
            .into_iter()
            .chain(strangers)
            .min();
        next.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Does what was commanded; `false` at the end.
    fn obey(&mut self, at: Instant) -> bool {
        while let Ok(command) = self.commands.try_recv() {
            match command {
                Command::Local(lane, local) => self.desk.admit(at, lane, local),
                Command::Remote(id, remote) => self.desk.endpoint.set_remote(at, id, remote),
                Command::Remove(id) => self.desk.dismiss(id),
                Command::End => return false,
            }
        }
        self.act();
        true
    }

    /// Reads from the sockets that are ready, and keeps of `ready` those that still are. The number of packets.
    fn read(&mut self, at: Instant, ready: &mut Vec<Token>, batch: &mut Batch) -> usize {
        ready.sort_unstable();
        ready.dedup();
        let mut packets = 0;
        ready.retain(|token| match *token {
            WAKER => false,
            V4 => self.read_datagrams(at, V4, batch, &mut packets),
            V6 => self.read_datagrams(at, V6, batch, &mut packets),
            token => {
                packets += self.read_connection(at, token);
                false
            }
        });
        packets
    }

    /// Whether there may be more.
    fn read_datagrams(
        &mut self,
        at: Instant,
        token: Token,
        batch: &mut Batch,
        packets: &mut usize,
    ) -> bool {
        let udp = Arc::clone(&self.udp);
        let half = if token == V4 { &udp.v4 } else { &udp.v6 };
        let Some(half) = half else { return false };
        let port = udp.port();
        for _ in 0..BATCHES {
            let more = batch.receive(half, |(from, to, octets)| {
                *packets += 1;
                let to = SocketAddr::new(to, port);
                self.desk.arrived(at, Remote::udp(from), to, octets);
            });
            self.act();
            if !more {
                return false;
            }
        }
        true
    }

    fn read_connection(&mut self, at: Instant, token: Token) -> usize {
        let mut packets = 0;
        let (registry, desk) = (self.poll.registry(), &mut self.desk);
        self.connections
            .handle(registry, at, token, |from, to, octets| {
                packets += 1;
                desk.arrived(at, from, to, octets);
            });
        self.act();
        packets
    }

    /// Does what the endpoint says.
    fn act(&mut self) {
        while let Some(output) = self.desk.endpoint.poll() {
            match output {
                Output::Send { from, to, octets } => self.send(from, to, &octets),
                Output::Event(id, event) => self.tell(id, event),
                Output::Forgotten(remote) if remote.transport == Transport::Tcp => {
                    self.connections.close_with(remote.address);
                }
                Output::Forgotten(_) => {}
            }
        }
    }

    fn send(&self, from: SocketAddr, to: Remote, octets: &[u8]) {
        match to.transport {
            Transport::Udp => self.udp.send(from, to.address, std::iter::once(octets)),
            Transport::Tcp => {
                if let Some(connection) = self.connections.with(to.address) {
                    connection.send(octets);
                }
            }
        }
    }

    fn tell(&mut self, id: StreamId, event: convene_ice::Event) {
        let Some(lane) = self.desk.lanes.get(&id) else {
            return;
        };
        match event.kind {
            EventKind::Checked { remote, .. } if remote.transport == Transport::Tcp => {
                self.connections.verified(remote.address);
            }
            EventKind::Selected { remote, local } => {
                let connection = self.connections.with(remote.address);
                lane.set_route(Route::to(local, remote, connection));
            }
            EventKind::Lost => lane.set_route(None),
            _ => {}
        }
        self.desk.give(Job::Tell(Arc::clone(lane), event));
    }

    fn keep_time(&mut self, at: Instant) {
        self.desk.endpoint.handle_timeout(at);
        self.act();
        self.desk.count();
        if at >= self.inspection {
            self.inspection = at + Duration::from_secs(1);
            self.connections.close_strangers(at);
        }
    }
}

impl Desk {
    fn admit(&mut self, at: Instant, lane: Arc<Lane>, local: Credentials) {
        match self.endpoint.set_local(at, lane.id, local) {
            Ok(()) => {
                self.lanes.insert(lane.id, lane);
            }
            Err(error) => gst::error!(CAT, "a stream cannot be reached: {error}"),
        }
    }

    fn dismiss(&mut self, id: StreamId) {
        self.lanes.remove(&id);
        self.endpoint.remove(id);
    }

    fn arrived(&mut self, at: Instant, from: Remote, to: SocketAddr, octets: &[u8]) {
        if octets.len() > LONGEST {
            self.counters.add(Ending::Oversized, 1);
            return;
        }
        let began = Instant::now();
        match self.endpoint.handle(at, from, to, octets) {
            Verdict::Media(id) => self.deliver(at, id, octets),
            Verdict::Dtls(id) => self.hand_over(id, octets),
            Verdict::Stun | Verdict::Dropped(_) => {}
        }
        self.counters.took(began.elapsed());
    }

    fn deliver(&self, at: Instant, id: StreamId, packet: &[u8]) {
        if let Some(lane) = self.lanes.get(&id)
            && lane.wants(at.saturating_duration_since(self.origin), packet)
        {
            lane.deliver(&self.pool, packet);
        }
    }

    fn hand_over(&self, id: StreamId, record: &[u8]) {
        if let Some(lane) = self.lanes.get(&id)
            && lane.line_up()
        {
            self.give(Job::Dtls(Arc::clone(lane), record.to_vec()));
        }
    }

    /// The thread for handshakes ends after this one.
    fn give(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            gst::error!(CAT, "the thread for handshakes has ended");
        }
    }

    fn count(&self) {
        let streams = self.lanes.len() as u64;
        self.counters.streams.store(streams, Relaxed);
        self.counters.take_over(self.endpoint.dropped());
    }
}
