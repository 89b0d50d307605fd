//! Does a stranger's packet reach somebody, and how does what stands before him translate (RFC 4787)? One probe of one
//! peer, from a port of its own that he is told only at the end. There may be another port, the door, which he is told
//! at once at addresses of our LAN: whoever knocks there is on it. (A browser whose first way to the server is not by
//! the LAN may never try the other.)
//!
//! The peer is the throw-away connection of a page, never a leg. As a full agent does (RFC 8445 section 7), the prober
//! sends checks and answers those of the peer; unlike the agent of `is` it sends but a handful to each address, and to
//! none that it was not told, since what it is told comes from somebody who may lie. It opens no connection and knows no
//! socket and no clock.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    time::{Duration, Instant},
};

use is::stun::{StunMessage, TransId};

use crate::{
    Credentials,
    session::{binding_check, hmac},
};

/// How long the port stays unnamed when nobody answers.
const UNNAMED: Duration = Duration::from_secs(4);

/// How long the peer has to come once he knows the port: a browser asks at once, and repeats that within 50 ms.
const NAMED: Duration = Duration::from_millis(1_500);

/// What is waited for after the first sign, in case others follow.
const SETTLE: Duration = Duration::from_millis(300);

/// When an address is asked, after it became known. RFC 8489 repeats a request as often, more slowly.
const CHECKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_millis(1_500),
];

/// Addresses that are asked: a browser has one or two for each of its interfaces.
const TARGETS: usize = 8;

/// Checks of the peer that are answered.
const REPLIES: usize = 64;

/// Room for a message: a user name has at most 513 octets (RFC 8489 section 14.3).
const LONGEST: usize = 640;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeOutput {
    /// Octets to send.
    Send {
        /// To there.
        to: SocketAddr,
        /// A STUN message.
        octets: Vec<u8>,
    },
    /// The peer has knocked at the door from there.
    Knocked(SocketAddr),
    /// The peer may know the port now: tell him a candidate with it.
    Name,
    /// It is over.
    Done(Findings),
}

/// What a probe has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The addresses that were asked.
    pub asked: Vec<SocketAddr>,
    /// Those of them that answered while nobody knew our port: strangers' packets get in there.
    pub answered: Vec<SocketAddr>,
    /// Where checks of the peer came from, before or after he knew the port: what he is mapped to towards it.
    pub came_from: Vec<SocketAddr>,
}

/// One probe.
#[derive(Debug)]
pub struct Prober {
    local: Credentials,
    remote: Credentials,
    phase: Phase,
    targets: Vec<Target>,
    came_from: Vec<SocketAddr>,
    knocked: Vec<SocketAddr>,
    replies: usize,
    outputs: VecDeque<ProbeOutput>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Only our own checks tell of the port.
    Unnamed { until: Instant },
    /// The peer was told a candidate.
    Named { until: Instant },
    /// Nothing more.
    Over,
}

#[derive(Debug)]
struct Target {
    address: SocketAddr,
    known: Instant,
    asked: Vec<TransId>,
    answered: bool,
}

impl Prober {
    /// Begins a probe of the peer who has the credentials `remote`, with ours.
    #[must_use]
    pub fn new(now: Instant, local: Credentials, remote: Credentials) -> Self {
        Self {
            local,
            remote,
            phase: Phase::Unnamed {
                until: now + UNNAMED,
            },
            targets: Vec::new(),
            came_from: Vec::new(),
            knocked: Vec::new(),
            replies: 0,
            outputs: VecDeque::new(),
        }
    }

    /// One more address of his. Only the first eight are asked, and none after the port was named.
    pub fn aim(&mut self, now: Instant, address: SocketAddr) {
        let known = self.targets.iter().any(|target| target.address == address);
        if known || self.targets.len() >= TARGETS || !self.is_unnamed() {
            return;
        }
        self.targets.push(Target {
            address,
            known: now,
            asked: Vec::new(),
            answered: false,
        });
        self.ask(now);
    }

    /// What arrived at the probe's port.
    pub fn handle(&mut self, now: Instant, from: SocketAddr, octets: &[u8]) {
        let Ok(message) = StunMessage::parse(octets) else {
            return;
        };
        if message.is_binding_request() {
            self.asked(now, from, &message);
        } else if message.is_successful_binding_response() {
            self.answered(now, from, &message);
        }
    }

    /// What arrived at the door. It is not answered: nobody shall go that way.
    pub fn knock(&mut self, from: SocketAddr, octets: &[u8]) {
        let Ok(message) = StunMessage::parse(octets) else {
            return;
        };
        let new = self.knocked.len() < TARGETS && !self.knocked.contains(&from);
        if new && message.is_binding_request() && self.is_his(&message) {
            self.knocked.push(from);
            self.outputs.push_back(ProbeOutput::Knocked(from));
        }
    }

    /// To be called at [`deadline`](Self::deadline).
    pub fn handle_timeout(&mut self, now: Instant) {
        self.ask(now);
        match self.phase {
            Phase::Unnamed { until } if now >= until => self.end_unnamed(now),
            Phase::Named { until } if now >= until => self.end(),
            _ => {}
        }
    }

    /// The next thing to be done.
    pub fn poll(&mut self) -> Option<ProbeOutput> {
        self.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout); `None` when it is over.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Unnamed { until } => {
                let checks = self.targets.iter().filter_map(Target::due);
                checks.chain([until]).min()
            }
            Phase::Named { until } => Some(until),
            Phase::Over => None,
        }
    }

    fn is_unnamed(&self) -> bool {
        matches!(self.phase, Phase::Unnamed { .. })
    }

    fn ask(&mut self, now: Instant) {
        if !self.is_unnamed() {
            return;
        }
        for target in &mut self.targets {
            if target.due().is_some_and(|due| due <= now) {
                let id = TransId::new();
                target.asked.push(id);
                let octets = binding_check(&self.local, &self.remote, id);
                let to = target.address;
                let send = octets.map(|octets| ProbeOutput::Send { to, octets });
                self.outputs.extend(send);
            }
        }
    }

    /// An answer tells something only while nobody could ask us: later our own packets may come in behind his.
    fn answered(&mut self, now: Instant, from: SocketAddr, answer: &StunMessage<'_>) {
        let Phase::Unnamed { until } = self.phase else {
            return;
        };
        let id = answer.trans_id();
        let target = self.targets.iter_mut().find(|target| {
            target.address == from && target.asked.contains(&id) && !target.answered
        });
        if let Some(target) = target
            && answer.verify(self.remote.password.as_bytes(), hmac)
        {
            target.answered = true;
            let until = until.min(now + SETTLE);
            self.phase = Phase::Unnamed { until };
        }
    }

    /// A check of his.
    fn asked(&mut self, now: Instant, from: SocketAddr, check: &StunMessage<'_>) {
        let may = self.phase != Phase::Over && self.replies < REPLIES;
        if !may || !self.is_his(check) {
            return;
        }
        self.replies += 1;
        self.reply(from, check.trans_id());
        if !self.came_from.contains(&from) {
            self.came_from.push(from);
        }
        if let Phase::Named { until } = self.phase {
            let until = until.min(now + SETTLE);
            self.phase = Phase::Named { until };
        }
    }

    fn is_his(&self, check: &StunMessage<'_>) -> bool {
        let ours = check.split_username().map(|(ours, _)| ours) == Some(&self.local.ufrag);
        ours && check.verify(self.local.password.as_bytes(), hmac)
    }

    fn reply(&mut self, to: SocketAddr, id: TransId) {
        let reply = StunMessage::binding_reply(id, to);
        let mut octets = vec![0; LONGEST];
        let password = Some(self.local.password.as_bytes());
        if let Ok(length) = reply.to_bytes(password, &mut octets, hmac) {
            octets.truncate(length);
            self.outputs.push_back(ProbeOutput::Send { to, octets });
        }
    }

    fn end_unnamed(&mut self, now: Instant) {
        if self.targets.iter().any(|target| target.answered) {
            return self.end();
        }
        let until = now + NAMED;
        self.phase = Phase::Named { until };
        self.outputs.push_back(ProbeOutput::Name);
    }

    fn end(&mut self) {
        self.phase = Phase::Over;
        let of = |keep: fn(&Target) -> bool| {
            let targets = self.targets.iter().filter(|target| keep(target));
            targets.map(|target| target.address).collect()
        };
        let findings = Findings {
            asked: of(|_| true),
            answered: of(|target| target.answered),
            came_from: self.came_from.clone(),
        };
        self.outputs.push_back(ProbeOutput::Done(findings));
    }
}

impl Target {
    /// When it is asked again.
    fn due(&self) -> Option<Instant> {
        let after = CHECKS.get(self.asked.len()).filter(|_| !self.answered)?;
        Some(self.known + *after)
    }
}
