//! The I/O thread: reads what arrives, has it sorted, and sends what the endpoint answers.
//!
//! Media is dealt with on this thread, down to the jitterbuffer. DTLS is not: a handshake takes milliseconds, in which
//! all others would wait.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::{Duration, Instant},
};

use convene_ice::{Credentials, EventKind, Output, Remote, StreamId, Transport};
use mio::{Events, Interest, Poll, Token, Waker, net::TcpListener};

use super::{
    counters::Counters,
    desk::Desk,
    guard::guarded,
    handshakes::Job,
    lane::{CAT, Lane, Route},
    pool::Pool,
    tcp::Connections,
    udp::{Batch, UdpSockets},
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

/// Rounds in succession that end in a panic, after which there is no hope.
const PANICS: usize = 16;

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
    /// Wakes for as long as there is something to wake: whoever else has it may be gone by then.
    _waker: Arc<Waker>,
    udp: Arc<UdpSockets>,
    connections: Connections,
    desk: Desk,
    commands: Receiver<Command>,
    counters: Arc<Counters>,
}

/// What the thread's rounds use again.
struct Scratch {
    events: Events,
    batch: Batch,
    /// A readiness is told once; what it stood for is read bit by bit.
    ready: Vec<Token>,
}

/// How a round ended.
enum Round {
    Over,
    /// It was told to end.
    End,
    /// The system tells of nothing any more.
    Broken,
}

impl Io {
    pub(super) fn new(
        (poll, waker): (Poll, Arc<Waker>),
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
        let registry = poll.registry();
        let own = Arc::clone(&counters);
        let connections = Connections::new(registry, listeners, FIRST_CONNECTION, own)?;
        let pool = Pool::new().map_err(io::Error::other)?;
        Ok(Self {
            poll,
            _waker: waker,
            udp: Arc::new(udp),
            connections,
            desk: Desk::new(pool, jobs, Arc::clone(&counters)),
            commands,
            counters,
        })
    }

    pub(super) fn udp(&self) -> &Arc<UdpSockets> {
        &self.udp
    }

    /// Lives until it is told to end. If it cannot, all streams are told.
    pub(super) fn run(mut self) {
        let counters = Arc::clone(&self.counters);
        let mut scratch = Scratch {
            events: Events::with_capacity(256),
            batch: Batch::new(&self.udp),
            ready: Vec::new(),
        };
        let mut panics = 0;
        while panics < PANICS {
            match guarded("a round", &counters, || self.round(&mut scratch)) {
                Some(Round::Over) => panics = 0,
                Some(Round::End) => return,
                Some(Round::Broken) => break,
                None => panics += 1,
            }
        }
        gst::error!(CAT, "nothing can be received any more");
        self.desk.fail();
    }

    fn round(&mut self, scratch: &mut Scratch) -> Round {
        let Scratch {
            events,
            batch,
            ready,
        } = scratch;
        let wait = self.wait(ready);
        match self.poll.poll(events, wait) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Round::Over,
            Err(error) => {
                gst::error!(CAT, "no events of sockets: {error}");
                return Round::Broken;
            }
        }
        let began = Instant::now();
        ready.extend(events.iter().map(|event| event.token()));
        ready.append(&mut self.connections.unfinished());
        if !self.obey(began) {
            return Round::End;
        }
        let packets = self.read(began, ready, batch);
        self.keep_time(Instant::now());
        std::thread::sleep(pause(packets, self.has_more(ready), began.elapsed()));
        Round::Over
    }

    fn has_more(&self, ready: &[Token]) -> bool {
        !ready.is_empty() || self.connections.is_unfinished()
    }

    fn wait(&self, ready: &[Token]) -> Option<Duration> {
        if self.has_more(ready) {
            return Some(Duration::ZERO);
        }
        let deadlines = [self.desk.endpoint.deadline(), self.connections.deadline()];
        let next = deadlines.into_iter().flatten().min();
        next.map(|at| at.saturating_duration_since(Instant::now()))
    }

    /// Does what was commanded; `false` at the end.
    fn obey(&mut self, at: Instant) -> bool {
        let counters = Arc::clone(&self.counters);
        while let Ok(command) = self.commands.try_recv() {
            if matches!(command, Command::End) {
                return false;
            }
            guarded("a command", &counters, || self.follow(at, command));
        }
        self.act();
        true
    }

    fn follow(&mut self, at: Instant, command: Command) {
        match command {
            Command::Local(lane, local) => self.desk.admit(at, lane, local),
            Command::Remote(id, remote) => self.desk.endpoint.set_remote(at, id, remote),
            Command::Remove(id) => self.desk.dismiss(id),
            Command::End => {}
        }
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
        let Some(lane) = self.desk.lane(id).map(Arc::clone) else {
            return;
        };
        match event.kind {
            EventKind::Checked { remote, .. } if remote.transport == Transport::Tcp => {
                self.connections.verified(remote.address);
            }
            EventKind::Selected { remote, local } => {
                lane.set_route(Route::to(local, remote, self.connection(remote)));
            }
            EventKind::Lost => lane.set_route(None),
            _ => {}
        }
        self.desk.give(Job::Tell(lane, event));
    }

    fn connection(&self, remote: Remote) -> Option<Arc<super::tcp::Connection>> {
        let is_tcp = remote.transport == Transport::Tcp;
        is_tcp.then(|| self.connections.with(remote.address))?
    }

    fn keep_time(&mut self, at: Instant) {
        self.desk.endpoint.handle_timeout(at);
        self.act();
        self.desk.count();
        self.connections.handle_timeout(at);
    }
}

/// How long packets are let gather after a round that took as long as `worked`: not while any wait to be read.
fn pause(packets: usize, more: bool, worked: Duration) -> Duration {
    if packets < BUSY || more {
        return Duration::ZERO;
    }
    TICK.saturating_sub(worked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ice::{IceSocketConfig, bind};
    use std::sync::mpsc;

    #[test]
    fn packets_gather_only_when_none_wait() {
        let ms = Duration::from_millis;
        let table = [
            (BUSY, false, ms(1), ms(2)),
            (BUSY - 1, false, ms(1), ms(0)),
            (BUSY, true, ms(1), ms(0)),
            (BUSY, false, ms(4), ms(0)),
        ];
        for (packets, more, worked, expected) in table {
            assert_eq!(pause(packets, more, worked), expected, "{packets} {more}");
        }
    }

    #[test]
    fn when_the_thread_cannot_go_on_all_streams_are_told() {
        gst::init().unwrap();
        let counters = Arc::<Counters>::default();
        let (udp, listeners) = bind(&IceSocketConfig::default(), &counters).unwrap();
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), WAKER).unwrap());
        let ((_, commands), (jobs, told)) = (mpsc::channel(), mpsc::channel());
        let own = Arc::clone(&counters);
        let mut io = Io::new((poll, waker), udp, listeners, commands, jobs, own).unwrap();
        for id in [1, 2] {
            let udp = Arc::clone(io.udp());
            let lane = Lane::new(StreamId(id), udp, Arc::clone(&counters), Box::new(|_| ()));
            let route = Route::to(
                ([127, 0, 0, 1], 1).into(),
                Remote::udp(([127, 0, 0, 1], 9).into()),
                None,
            );
            lane.set_route(route);
            let local = Credentials {
                ufrag: id.to_string(),
                password: String::new(),
            };
            io.desk.admit(Instant::now(), Arc::new(lane), local);
        }
        io.desk.fail();
        drop(io);
        let mut failed: Vec<_> = told
            .iter()
            .map(|job| match job {
                Job::Fail(lane) => (lane.id, lane.route().is_none()),
                Job::Tell(..) | Job::Dtls(..) => panic!("nothing else happened"),
            })
            .collect();
        failed.sort_unstable();
        assert_eq!(failed, [(StreamId(1), true), (StreamId(2), true)]);
    }
}
