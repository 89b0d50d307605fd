//! Connections that peers open where datagrams do not pass (RFC 6544), with packets framed as in RFC 4571.

use std::{
    collections::HashMap,
    io::{self, ErrorKind, IoSlice, Read, Write},
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use convene_ice::{Deframer, Remote, frame_header, network};
use mio::{
    Interest, Registry, Token,
    net::{TcpListener, TcpStream},
};

use super::{
    counters::{Counters, Ending},
    door::Door,
    lane::CAT,
    udp::LONGEST,
};
use crate::lock::lock;

/// Octets that may wait for a peer who takes too little: half a second of a picture.
const WAITING: usize = 128 << 10;

/// Connections at once.
const MOST: usize = 1_024;

/// Of these, from one network (/24 of IPv4, /56 of IPv6), those on which nobody was verified yet: an office joins at once.
const STRANGERS: usize = 32;

/// Reads of one connection before others have their turn.
const READS: usize = 16;

/// How long a stranger may stay.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often strangers are looked for.
const ROUND: Duration = Duration::from_secs(1);

/// A connection, as far as packets are sent on it.
pub(super) struct Connection {
    stream: TcpStream,
    waiting: Mutex<Vec<u8>>,
    counters: Arc<Counters>,
}

impl Connection {
    /// Sends a packet, or keeps it until the peer takes more, or drops it.
    pub(super) fn send(&self, packet: &[u8]) {
        let mut waiting = lock(&self.waiting);
        let ending = match frame_header(packet.len()) {
            Some(header) if waiting.is_empty() => self.write(&mut waiting, header, packet),
            Some(header) if waiting.len() + packet.len() < WAITING => {
                waiting.extend_from_slice(&header);
                waiting.extend_from_slice(packet);
                Ending::Sent
            }
            Some(_) => Ending::SlowConnection,
            None => Ending::SendRefused,
        };
        drop(waiting);
        self.counters.add(ending, 1);
    }

    fn write(&self, waiting: &mut Vec<u8>, header: [u8; 2], packet: &[u8]) -> Ending {
        let parts = [IoSlice::new(&header), IoSlice::new(packet)];
        let written = match (&self.stream).write_vectored(&parts) {
            Ok(written) => written,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return Ending::SendRefused,
        };
        let octets = header.iter().chain(packet);
        waiting.extend(octets.skip(written));
        Ending::Sent
    }

    /// Sends what waits, now that the peer takes more.
    fn flush(&self) -> io::Result<()> {
        let mut waiting = lock(&self.waiting);
        while !waiting.is_empty() {
            match (&self.stream).write(&waiting) {
                Ok(written) => drop(waiting.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// A connection, as far as it is listened to.
struct Incoming {
    connection: Arc<Connection>,
    remote: SocketAddr,
    local: SocketAddr,
    deframer: Deframer,
    since: Instant,
    verified: bool,
}

/// All connections; the I/O thread's.
pub(super) struct Connections {
    doors: Vec<Door>,
    open: HashMap<Token, Incoming>,
    by_remote: HashMap<SocketAddr, Token>,
    next: usize,
    round: Option<Instant>,
    /// Those that had more to read than their turn allowed.
    unfinished: Vec<Token>,
    counters: Arc<Counters>,
}

impl Connections {
    /// Tokens from `first` on are for these.
    pub(super) fn new(
        registry: &Registry,
        listeners: Vec<TcpListener>,
        first: usize,
        counters: Arc<Counters>,
    ) -> io::Result<Self> {
        let tokens = (first..).map(Token);
        let doors = listeners
            .into_iter()
            .zip(tokens)
            .map(|(listener, token)| Door::new(registry, token, listener))
            .collect::<io::Result<Vec<_>>>()?;
        Ok(Self {
            next: first + doors.len(),
            doors,
            open: HashMap::new(),
            by_remote: HashMap::new(),
            round: None,
            unfinished: Vec::new(),
            counters,
        })
    }

    /// Something happened to a socket: new connections are taken, packets handed over with where they are from and to.
    pub(super) fn handle(
        &mut self,
        registry: &Registry,
        now: Instant,
        token: Token,
        packet: impl FnMut(Remote, SocketAddr, &[u8]),
    ) {
        if let Some(door) = self.doors.iter_mut().find(|door| door.token == token) {
            let mut taken = Vec::new();
            if door.open(now, &mut taken) {
                self.unfinished.push(token);
            }
            self.admit(registry, now, taken);
        } else if let Some(incoming) = self.open.get_mut(&token) {
            let flushed = incoming.connection.flush().is_ok();
            match incoming.read(packet) {
                Progress::Dry if flushed => {}
                Progress::More if flushed => self.unfinished.push(token),
                _ => self.close(token),
            }
        }
    }

    /// Connections that have to be handled again without being waited for.
    pub(super) fn unfinished(&mut self) -> Vec<Token> {
        std::mem::take(&mut self.unfinished)
    }

    pub(super) fn is_unfinished(&self) -> bool {
        !self.unfinished.is_empty()
    }

    /// The connection with a peer.
    pub(super) fn with(&self, remote: SocketAddr) -> Option<Arc<Connection>> {
        let token = self.by_remote.get(&remote)?;
        Some(Arc::clone(&self.open.get(token)?.connection))
    }

    /// Somebody was verified on it.
    pub(super) fn verified(&mut self, remote: SocketAddr) {
        if let Some(incoming) = self
            .by_remote
            .get(&remote)
            .and_then(|token| self.open.get_mut(token))
        {
            incoming.verified = true;
        }
    }

    pub(super) fn close_with(&mut self, remote: SocketAddr) {
        if let Some(token) = self.by_remote.get(&remote).copied() {
            self.close(token);
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    pub(super) fn deadline(&self) -> Option<Instant> {
        let doors = self.doors.iter().filter_map(Door::deadline);
        doors.chain(self.round).min()
    }

    /// Ends those on which nobody was verified in time, and has doors tried again.
    pub(super) fn handle_timeout(&mut self, now: Instant) {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|at| now >= at);
        let doors = self.doors.iter().filter(|door| is_due(door.deadline()));
        self.unfinished.extend(doors.map(|door| door.token));
        if is_due(self.round) {
            self.close_strangers(now);
            self.round = (!self.open.is_empty()).then_some(now + ROUND);
        }
    }

    fn close_strangers(&mut self, now: Instant) {
        let strangers = self.open.iter().filter(|(_, incoming)| {
            !incoming.verified && now.saturating_duration_since(incoming.since) >= PATIENCE
        });
        for token in strangers.map(|(token, _)| *token).collect::<Vec<_>>() {
            self.close(token);
        }
    }

    fn admit(&mut self, registry: &Registry, now: Instant, taken: Vec<(TcpStream, SocketAddr)>) {
        for (stream, remote) in taken {
            if !self.has_room(remote.ip()) {
                gst::info!(CAT, "{remote} has too many connections");
            } else if let Err(error) = self.keep(registry, now, stream, remote) {
                gst::info!(CAT, "a connection of {remote} is not kept: {error}");
            }
        }
    }

    fn has_room(&self, ip: IpAddr) -> bool {
        let own = network(ip);
        let strangers = self
            .open
            .values()
            .filter(|open| !open.verified && network(open.remote.ip()) == own);
        self.open.len() < MOST && strangers.count() < STRANGERS
    }

    fn keep(
        &mut self,
        registry: &Registry,
        now: Instant,
        mut stream: TcpStream,
        remote: SocketAddr,
    ) -> io::Result<()> {
        let local = stream.local_addr()?;
        stream.set_nodelay(true)?;
        let token = Token(self.next);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        self.next += 1;
        let connection = Arc::new(Connection {
            stream,
            waiting: Mutex::default(),
            counters: Arc::clone(&self.counters),
        });
        let incoming = Incoming {
            connection,
            remote,
            local,
            deframer: Deframer::new(LONGEST),
            since: now,
            verified: false,
        };
        self.open.insert(token, incoming);
        self.by_remote.insert(remote, token);
        self.round.get_or_insert(now + ROUND);
        self.count();
        Ok(())
    }

    fn close(&mut self, token: Token) {
        if let Some(incoming) = self.open.remove(&token) {
            self.by_remote.remove(&incoming.remote);
            // The lane may still hold it; its peer learns now.
            let _ = incoming
                .connection
                .stream
                .shutdown(std::net::Shutdown::Both);
            self.count();
        }
    }

    fn count(&self) {
        let open = self.open.len() as u64;
        self.counters
            .connections
            .store(open, std::sync::atomic::Ordering::Relaxed);
    }
}

/// How far a connection was read.
enum Progress {
    Dry,
    More,
    Ended,
}

impl Incoming {
    fn read(&mut self, mut packet: impl FnMut(Remote, SocketAddr, &[u8])) -> Progress {
        let mut octets = [0; 16 << 10];
        for _ in 0..READS {
            let read = match (&self.connection.stream).read(&mut octets) {
                Ok(0) => return Progress::Ended,
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Progress::Dry,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(_) => return Progress::Ended,
            };
            let (remote, local) = (Remote::tcp(self.remote), self.local);
            let cut = self
                .deframer
                .push(&octets[..read], |octets| packet(remote, local, octets));
            if let Err(error) = cut {
                gst::info!(CAT, "the connection of {} ends: {error}", self.remote);
                return Progress::Ended;
            }
        }
        Progress::More
    }
}
