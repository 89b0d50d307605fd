//! A peer who speaks to an endpoint, in simulated time.

#![allow(dead_code)]

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use convene_ice::{
    Credentials, DropReason, Endpoint, EventKind, Output, Remote, StreamId, Verdict,
};
use is::{
    DefaultSha1HmacProvider, Sha1HmacProvider,
    stun::{StunMessage, TransId},
};

pub const PRIORITY: u32 = 1_853_824_767;

pub fn ours() -> SocketAddr {
    "198.51.100.1:50000".parse().unwrap()
}

/// Another address of ours.
pub fn ours_too() -> SocketAddr {
    "[2001:db8::1]:50000".parse().unwrap()
}

pub fn at(text: &str) -> Remote {
    Remote::udp(text.parse().unwrap())
}

pub fn credentials(name: &str) -> Credentials {
    Credentials {
        ufrag: format!("{name}-ufrag"),
        password: format!("{name}-password-long-enough"),
    }
}

/// A check of the peer `peer` for the stream that has our credentials `local`.
#[derive(Clone)]
pub struct Check {
    pub local: Credentials,
    pub peer: Credentials,
    pub id: TransId,
    pub priority: u32,
    pub nominates: bool,
    pub controlling: bool,
}

impl Check {
    pub fn of(name: &str) -> Self {
        Self {
            local: credentials(name),
            peer: credentials(&format!("{name}-peer")),
            id: TransId::new(),
            priority: PRIORITY,
            nominates: true,
            controlling: true,
        }
    }

    pub fn octets(&self) -> Vec<u8> {
        let username = format!("{}:{}", self.local.ufrag, self.peer.ufrag);
        let message = StunMessage::binding_request(
            &username,
            self.id,
            self.controlling,
            7,
            self.priority,
            self.nominates,
        );
        written(message, &self.local.password)
    }
}

/// A message with its integrity.
pub fn written(message: StunMessage<'_>, password: &str) -> Vec<u8> {
    let mut octets = vec![0; 500];
    let length = message
        .to_bytes(Some(password.as_bytes()), &mut octets, hmac)
        .unwrap();
    octets.truncate(length);
    octets
}

pub fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}

/// What an endpoint has sent.
pub struct Sent {
    pub from: SocketAddr,
    pub to: Remote,
    pub octets: Vec<u8>,
}

impl Sent {
    pub fn message(&self) -> StunMessage<'_> {
        StunMessage::parse(&self.octets).unwrap()
    }
}

/// An endpoint and what it said.
pub struct World {
    pub endpoint: Endpoint,
    pub now: Instant,
    pub events: Vec<(StreamId, EventKind)>,
    pub sent: Vec<Sent>,
}

impl World {
    pub fn new() -> Self {
        Self {
            endpoint: Endpoint::new(),
            now: Instant::now(),
            events: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// With a stream of this name, whose peer's credentials are known.
    pub fn with(mut self, id: u64, name: &str) -> Self {
        self.open(id, name);
        self.meet(id, name);
        self
    }

    pub fn open(&mut self, id: u64, name: &str) {
        let local = credentials(name);
        self.endpoint
            .set_local(self.now, StreamId(id), local)
            .unwrap();
        self.drain();
    }

    pub fn meet(&mut self, id: u64, name: &str) {
        let peer = credentials(&format!("{name}-peer"));
        self.endpoint.set_remote(self.now, StreamId(id), peer);
        self.drain();
    }

    pub fn hear(&mut self, from: Remote, octets: &[u8]) -> Verdict {
        self.hear_at(ours(), from, octets)
    }

    pub fn hear_at(&mut self, to: SocketAddr, from: Remote, octets: &[u8]) -> Verdict {
        let verdict = self.endpoint.handle(self.now, from, to, octets);
        self.drain();
        verdict
    }

    /// A fresh check that nominates.
    pub fn check(&mut self, name: &str, from: Remote) -> Verdict {
        self.hear(from, &Check::of(name).octets())
    }

    /// A fresh check that does not nominate.
    pub fn glance(&mut self, name: &str, from: Remote) -> Verdict {
        let check = Check {
            nominates: false,
            ..Check::of(name)
        };
        self.hear(from, &check.octets())
    }

    /// The checks that the endpoint itself has sent there.
    pub fn questions(&self, to: Remote) -> Vec<&Sent> {
        let sent = self.sent.iter().filter(|sent| sent.to == to);
        sent.filter(|sent| sent.message().is_binding_request())
            .collect()
    }

    /// The peer answers the last of these, from there.
    pub fn reply(&mut self, name: &str, from: Remote) -> Verdict {
        let question = self.questions(from).pop().unwrap();
        let answer = StunMessage::binding_reply(question.message().trans_id(), question.from);
        let octets = written(answer, &credentials(&format!("{name}-peer")).password);
        self.hear(from, &octets)
    }

    pub fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(deadline) = self.endpoint.deadline().filter(|at| *at <= end) {
            self.now = deadline;
            self.endpoint.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub fn drain(&mut self) {
        while let Some(output) = self.endpoint.poll() {
            match output {
                Output::Send { from, to, octets } => self.sent.push(Sent { from, to, octets }),
                Output::Event(id, event) => self.events.push((id, event.kind)),
                Output::Forgotten(remote) => assert!(!self.endpoint.knows(remote)),
            }
        }
    }

    /// Where the stream's pair points to, after all that was told.
    pub fn selected(&self, id: u64) -> Option<Remote> {
        let mine = self.events.iter().filter(|(stream, _)| stream.0 == id);
        mine.fold(None, |selected, (_, kind)| match kind {
            EventKind::Selected { remote, .. } => Some(*remote),
            EventKind::Lost => None,
            _ => selected,
        })
    }

    pub fn counted(&self, reason: DropReason) -> u64 {
        self.endpoint.dropped()[reason as usize]
    }
}

pub fn rtp() -> Vec<u8> {
    [&[0x80, 111][..], &[0; 40]].concat()
}

pub fn dtls() -> Vec<u8> {
    [&[22, 254, 253][..], &[0; 40]].concat()
}
