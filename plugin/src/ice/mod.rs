//! An ICE agent for webrtcbins: all of a process share one UDP port, and the same port over TCP.
//!
//! [`IceSocket`] is the port with its two threads; [`IceSocket::webrtcbin`] makes a webrtcbin whose packets go through
//! it. What arrives goes in four files from the socket to the pipeline: `udp` (or `tcp`) reads for `io`, `desk` asks the
//! endpoint of the crate `convene-ice` whose it is, `lane` hands it to the `elements` that webrtcbin has of it. `ffi` has
//! what is unsafe, `agent` what webrtcbin calls.
//!
//! The agent is a lite one (RFC 8445) and knows at once where it can be reached: descriptions that are told to a peer have
//! to say so, which [`IceSocket::describe`] does for those that webrtcbin writes. No candidate follows them.
//!
//! ```no_run
//! use gstconvene::ice::{IceSocket, IceSocketConfig};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let offer = String::new();
//! gst::init()?;
//! let socket = IceSocket::bind(&IceSocketConfig {
//!     port: 50_000,
//!     tcp_port: Some(0), // the same number
//!     ..IceSocketConfig::default()
//! })?;
//! let (webrtcbin, agent) = socket.webrtcbin(|event| println!("{:?}", event.kind))?;
//! // … negotiate as ever; what the peer gets of an offer or answer is
//! let for_the_peer = socket.describe(&offer);
//! # Ok(()) }
//! ```

mod agent;
mod counters;
mod description;
mod desk;
mod door;
mod elements;
mod ffi;
mod guard;
mod handshakes;
mod interfaces;
mod io;
mod lane;
mod pool;
mod reports;
mod sources;
mod tcp;
mod turns;
mod udp;

use std::{
    io::{ErrorKind, Result},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use convene_ice::{Candidate, Credentials, StreamId, candidates};
pub use convene_ice::{Event as IceEvent, EventKind as IceEventKind, Remote, Transport};
pub use convene_rtp::{RuleError, SilenceRule};
use gst::{prelude::*, subclass::prelude::*};
use gst_webrtc::{WebRTCICE, WebRTCICEStream, WebRTCICETransport};
use mio::{Poll, Waker, net::TcpListener};

use self::{
    counters::Counters,
    handshakes::Handshakes,
    interfaces::Interfaces,
    io::{Command, Io, WAKER},
    lane::{Lane, Observer},
    pool::Pool,
    udp::UdpSockets,
};
use crate::lock::lock;

glib::wrapper! {
    /// The agent of one webrtcbin.
    pub struct IceAgent(ObjectSubclass<agent::IceAgent>) @extends WebRTCICE, gst::Object;
}

glib::wrapper! {
    /// A session of an agent's webrtcbin.
    pub struct IceStream(ObjectSubclass<agent::IceStream>) @extends WebRTCICEStream, gst::Object;
}

glib::wrapper! {
    /// What a session's packets go through.
    pub struct IceTransport(ObjectSubclass<agent::IceTransport>) @extends WebRTCICETransport, gst::Object;
}

/// Ports that are tried when any will do, until one is free for datagrams and for connections.
const TRIALS: usize = 16;

/// How a socket is to be bound.
#[derive(Clone, Debug, Default)]
pub struct IceSocketConfig {
    /// The UDP port, on all addresses of this host; 0: one that is free.
    pub port: u16,
    /// The TCP port; `Some(0)`: the same number as `port`.
    pub tcp_port: Option<u16>,
    /// The address that stands before this host's own of its family, where a NAT maps it one to one.
    pub external_address: Option<IpAddr>,
}

/// What a socket has counted.
#[derive(Clone, Debug, Default)]
pub struct IceStats {
    /// How packets ended, by names of their own; also why some were dropped.
    pub packets: Vec<(&'static str, u64)>,
    /// Datagrams that the system threw away because we were too slow.
    pub overruns: u64,
    /// The longest time for which one packet occupied the I/O thread, since this was last asked.
    pub longest: Duration,
    /// Streams there are.
    pub streams: u64,
    /// Connections there are.
    pub connections: u64,
    /// Panics on the socket's threads, each of which cost a packet or an event; any is a bug.
    pub panics: u64,
}

/// One port for all webrtcbins of the process. Clones are the same socket; it is closed when all of them and all the
/// webrtcbins are gone.
#[derive(Clone)]
pub struct IceSocket(Arc<Shared>);

struct Shared {
    udp: Arc<UdpSockets>,
    tcp_port: Option<u16>,
    external_address: Option<IpAddr>,
    interfaces: Interfaces,
    counters: Arc<Counters>,
    commands: Mutex<Sender<Command>>,
    waker: Arc<Waker>,
    next: AtomicU64,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl IceSocket {
    /// Binds the port and starts the threads.
    ///
    /// # Errors
    /// Those of the system: the port is taken, no thread can be started.
    pub fn bind(config: &IceSocketConfig) -> Result<Self> {
        let counters = Arc::<Counters>::default();
        let (udp, listeners) = bind(config, &counters)?;
        let tcp_port = port_of(&listeners);
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (commands, orders) = mpsc::channel();
        let (jobs, work) = mpsc::channel();
        let system = (poll, Arc::clone(&waker));
        let io = Io::new(system, udp, listeners, orders, jobs, Arc::clone(&counters))?;
        let pool = Pool::new().map_err(std::io::Error::other)?;
        let handshakes = Handshakes::new(pool, Arc::clone(&counters));
        let udp = Arc::clone(io.udp());
        // In this order: where the second cannot be started, `io` goes, and with it the first.
        let threads = vec![
            start("convene-dtls", move || handshakes.run(&work))?,
            start("convene-ice", move || io.run())?,
        ];
        Ok(Self(Arc::new(Shared {
            udp,
            tcp_port,
            external_address: config.external_address,
            interfaces: Interfaces::default(),
            counters,
            commands: Mutex::new(commands),
            waker,
            next: AtomicU64::new(1),
            threads: Mutex::new(threads),
        })))
    }

    /// A webrtcbin that has this socket for its transport. `observer` is told what happens to its streams: whenever a
    /// check comes from an address for the first time, whenever another pair is used, when the peer is silent and when
    /// he is back. It is called on a thread that all streams share, so it must not block.
    ///
    /// # Errors
    /// webrtcbin is not installed.
    pub fn webrtcbin(
        &self,
        observer: impl Fn(IceEvent) + Send + Sync + 'static,
    ) -> std::result::Result<(gst::Element, IceAgent), glib::BoolError> {
        let agent = glib::Object::new::<IceAgent>();
        agent.imp().socket.get_or_init(|| self.clone());
        agent.imp().observer.get_or_init(|| Arc::new(observer));
        let before = agent.ref_count();
        let webrtcbin = gst::ElementFactory::make("webrtcbin")
            .property("ice-agent", &agent)
            .build()?;
        if agent.ref_count() == before {
            // webrtcbin takes no reference of its own, and gives one back in the end (1.22 to 1.28).
            std::mem::forget(agent.clone());
        }
        reports::attach(&webrtcbin, &agent);
        Ok((webrtcbin, agent))
    }

    /// A description of webrtcbin's as the peer has to see it, with all candidates in it: webrtcbin is told of none.
    #[must_use]
    pub fn describe(&self, description: &str) -> String {
        description::describe(description, &self.candidates())
    }

    /// The UDP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.udp.port()
    }

    /// The TCP port, if there is one.
    #[must_use]
    pub fn tcp_port(&self) -> Option<u16> {
        self.0.tcp_port
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> IceStats {
        let counters = &self.0.counters;
        IceStats {
            packets: counters.packets(),
            overruns: udp::overruns(self.port()),
            longest: counters.longest(),
            streams: counters.streams.load(Relaxed),
            connections: counters.connections.load(Relaxed),
            panics: counters.panics(),
        }
    }

    /// Of the addresses that this host has at the moment.
    fn candidates(&self) -> Vec<Candidate> {
        let (interfaces, external) = (self.0.interfaces.addresses(), self.0.external_address);
        candidates(&interfaces, external, self.port(), self.0.tcp_port)
    }

    fn lane(&self, observer: Observer) -> Lane {
        let id = StreamId(self.0.next.fetch_add(1, Relaxed));
        let (udp, counters) = (Arc::clone(&self.0.udp), Arc::clone(&self.0.counters));
        Lane::new(id, udp, counters, observer)
    }

    fn set_local(&self, lane: &Arc<Lane>, local: Credentials) {
        self.0.command(Command::Local(Arc::clone(lane), local));
    }

    fn set_remote(&self, id: StreamId, remote: Credentials) {
        self.0.command(Command::Remote(id, remote));
    }

    fn remove(&self, id: StreamId) {
        self.0.command(Command::Remove(id));
    }
}

impl Shared {
    fn command(&self, command: Command) {
        let sent = lock(&self.commands).send(command);
        if sent.is_err() || self.waker.wake().is_err() {
            gst::error!(lane::CAT, "the I/O thread has ended");
        }
    }
}

impl Drop for Shared {
    /// The threads are waited for, unless it is one of them that drops the last of the socket: it would wait for itself,
    /// or for the other, which waits for it.
    fn drop(&mut self) {
        self.command(Command::End);
        let threads = std::mem::take(&mut *lock(&self.threads));
        let own = thread::current().id();
        if threads.iter().any(|one| one.thread().id() == own) {
            return;
        }
        for thread in threads {
            if thread.join().is_err() {
                gst::error!(lane::CAT, "a thread of the ICE agent has panicked");
            }
        }
    }
}

impl IceAgent {
    /// Which packets of silence are dropped on arrival, before they are decrypted; `None`: none. Sources that say how
    /// loud they are (RFC 6464) are meant, by the id that this header extension was negotiated with.
    ///
    /// # Errors
    /// [`RuleError`] when the rule cannot be followed; the one before stands then.
    pub fn set_silence(&self, rule: Option<SilenceRule>) -> std::result::Result<(), RuleError> {
        let lanes = self.imp().lanes();
        lanes.iter().try_for_each(|lane| lane.set_silence(rule))
    }

    /// How many packets of a source were dropped as silence. Its receiver reports do not count them as lost.
    #[must_use]
    pub fn silenced(&self, ssrc: u32) -> u64 {
        let lanes = self.imp().lanes();
        lanes.iter().map(|lane| lane.silenced(ssrc)).sum()
    }

    fn lane(&self, session: u32) -> Option<Arc<Lane>> {
        self.imp().lane(session)
    }
}

fn bind(
    config: &IceSocketConfig,
    counters: &Arc<Counters>,
) -> Result<(UdpSockets, Vec<TcpListener>)> {
    let any = config.port == 0;
    for trial in 1.. {
        let bound = bind_once(config, counters);
        match bound {
            Err(error) if any && trial < TRIALS && error.kind() == ErrorKind::AddrInUse => {}
            bound => return bound,
        }
    }
    Err(ErrorKind::AddrInUse.into())
}

fn bind_once(
    config: &IceSocketConfig,
    counters: &Arc<Counters>,
) -> Result<(UdpSockets, Vec<TcpListener>)> {
    let udp = UdpSockets::bind(config.port, Arc::clone(counters))?;
    let Some(port) = config.tcp_port else {
        return Ok((udp, Vec::new()));
    };
    let port = if port == 0 { udp.port() } else { port };
    let mut listeners = Vec::new();
    let families = [
        (IpAddr::V4(Ipv4Addr::UNSPECIFIED), udp.v4.is_some()),
        (IpAddr::V6(Ipv6Addr::UNSPECIFIED), udp.v6.is_some()),
    ];
    for (ip, there) in families {
        if there {
            listeners.push(door::listen(SocketAddr::new(ip, port))?);
        }
    }
    Ok((udp, listeners))
}

fn port_of(listeners: &[TcpListener]) -> Option<u16> {
    let address = listeners.first()?.local_addr().ok()?;
    Some(address.port())
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    thread::Builder::new().name(name.into()).spawn(work)
}

#[cfg(test)]
mod tests;
