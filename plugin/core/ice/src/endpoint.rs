//! The port that all streams share.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    time::{Duration, Instant},
};

use is::stun::StunMessage;
use thiserror::Error;

use crate::{
    DropReason, Remote, Verdict, changes::Changes, limiter::Limiter, stream::Stream, stun,
};

/// How often streams are asked what time has changed.
const ROUND: Duration = Duration::from_secs(1);

/// Checks are far shorter; a longer one is not looked at.
const LONGEST_STUN: usize = 1_280;

/// A data stream, as its owner calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StreamId(pub u64);

/// The short-term credentials of one side (RFC 8445 section 5.3).
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `a=ice-ufrag`.
    pub ufrag: String,
    /// `a=ice-pwd`.
    pub password: String,
}

/// The password is nobody's business.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.ufrag)
    }
}

/// Another stream has these credentials.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("another stream has the ufrag `{0}`")]
pub struct UfragTaken(pub String);

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Octets to send.
    Send {
        /// From this address of ours.
        from: SocketAddr,
        /// To there.
        to: Remote,
        /// A STUN message.
        octets: Vec<u8>,
    },
    /// Something to tell the stream's owner.
    Event(StreamId, Event),
    /// No stream's peer is there any more: a connection from there is of no use.
    Forgotten(Remote),
}

/// Something that happened to a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Instant,
    /// What.
    pub kind: EventKind,
}

/// What happened: an entry of the address book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// The peer's first valid check from this address.
    Checked {
        /// Where from.
        remote: Remote,
        /// To which of ours.
        local: SocketAddr,
    },
    /// From now on this pair is used.
    Selected {
        /// The peer's address.
        remote: Remote,
        /// Ours.
        local: SocketAddr,
    },
    /// No valid check for 15 s.
    Silent,
    /// A valid check after [`Silent`](Self::Silent).
    Heard,
    /// No valid check for 30 s: nothing may be sent to him until he nominates a pair again (RFC 7675).
    Lost,
}

/// ICE-lite for many streams on one port.
#[derive(Debug)]
pub struct Endpoint {
    streams: HashMap<StreamId, Stream>,
    by_ufrag: HashMap<String, StreamId>,
    by_remote: HashMap<Remote, StreamId>,
    limiter: Limiter,
    outputs: VecDeque<Output>,
    round: Option<Instant>,
    dropped: [u64; DropReason::ALL.len()],
}

impl Default for Endpoint {
    fn default() -> Self {
        Self::new()
    }
}

impl Endpoint {
    /// Without any stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            streams: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_remote: HashMap::new(),
            limiter: Limiter::new(),
            outputs: VecDeque::new(),
            round: None,
            dropped: [0; DropReason::ALL.len()],
        }
    }

    /// A stream with our credentials for it; one that is there gets others (an ICE restart). Those before them are
    /// good until the peer nominates with the new ones, for 30 s at most.
    ///
    /// # Errors
    /// [`UfragTaken`]; nothing has changed then.
    pub fn set_local(
        &mut self,
        now: Instant,
        id: StreamId,
        local: Credentials,
    ) -> Result<(), UfragTaken> {
        match self.by_ufrag.get(&local.ufrag) {
            Some(owner) if *owner != id => return Err(UfragTaken(local.ufrag)),
            _ => {}
        }
        self.round.get_or_insert(now + ROUND);
        let ufrag = local.ufrag.clone();
        if let Some(stream) = self.streams.get_mut(&id) {
            let changes = stream.set_local(now, local);
            self.apply(now, id, changes);
        } else {
            self.streams.insert(id, Stream::new(local));
        }
        self.by_ufrag.insert(ufrag, id);
        Ok(())
    }

    /// The credentials of a stream's peer. Others than before are an ICE restart too: as in
    /// [`set_local`](Self::set_local), what was before is good for a while.
    pub fn set_remote(&mut self, now: Instant, id: StreamId, remote: Credentials) {
        if let Some(stream) = self.streams.get_mut(&id) {
            let changes = stream.set_remote(now, remote);
            self.apply(now, id, changes);
        }
    }

    /// Ends a stream.
    pub fn remove(&mut self, id: StreamId) {
        let Some(stream) = self.streams.remove(&id) else {
            return;
        };
        for ufrag in stream.ufrags() {
            self.by_ufrag.remove(ufrag);
        }
        for remote in stream.remotes() {
            self.by_remote.remove(&remote);
            self.outputs.push_back(Output::Forgotten(remote));
        }
        if self.streams.is_empty() {
            self.round = None;
        }
    }

    /// What arrived from `from` at our address `to`, whole.
    pub fn handle(&mut self, now: Instant, from: Remote, to: SocketAddr, octets: &[u8]) -> Verdict {
        let verdict = match octets.first() {
            Some(0..=3) => self.stun(now, from, to, octets),
            Some(20..=63) => self.of_known(from).map(Verdict::Dtls),
            Some(128..=191) => self.of_known(from).map(Verdict::Media),
            _ => Err(DropReason::UnknownKind),
        };
        verdict.unwrap_or_else(|reason| {
            self.dropped[reason as usize] += 1;
            Verdict::Dropped(reason)
        })
    }

    /// To be called at [`deadline`](Self::deadline).
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.round.is_none_or(|round| now < round) {
            return;
        }
        self.round = Some(now + ROUND);
        let ids: Vec<_> = self.streams.keys().copied().collect();
        for id in ids {
            if let Some(stream) = self.streams.get_mut(&id) {
                let changes = stream.pass(now);
                self.apply(now, id, changes);
            }
        }
    }

    /// The next thing to be done.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.round
    }

    /// Whether a stream's peer was verified there.
    #[must_use]
    pub fn knows(&self, remote: Remote) -> bool {
        self.by_remote.contains_key(&remote)
    }

    /// How many datagrams were dropped, by the order of [`DropReason::ALL`].
    #[must_use]
    pub fn dropped(&self) -> &[u64] {
        &self.dropped
    }

    fn of_known(&self, from: Remote) -> Result<StreamId, DropReason> {
        let known = self.by_remote.get(&from).copied();
        known.ok_or(DropReason::UnknownSender)
    }

    fn stun(
        &mut self,
        now: Instant,
        from: Remote,
        to: SocketAddr,
        octets: &[u8],
    ) -> Result<Verdict, DropReason> {
        if octets.len() > LONGEST_STUN {
            return Err(DropReason::MalformedStun);
        }
        match StunMessage::parse(octets) {
            Ok(message) if message.is_binding_request() => self.check(now, from, to, message),
            Ok(message) if message.is_successful_binding_response() => {
                self.answered(now, from, message)
            }
            Ok(_) => Err(DropReason::NotAsked),
            Err(_) => self.answer(now, from, to, octets),
        }
    }

    fn check(
        &mut self,
        now: Instant,
        from: Remote,
        to: SocketAddr,
        message: StunMessage<'_>,
    ) -> Result<Verdict, DropReason> {
        let (ufrag, _) = message.split_username().ok_or(DropReason::MalformedStun)?;
        let id = *self.by_ufrag.get(ufrag).ok_or(DropReason::UnknownUfrag)?;
        if self.is_held_by_another(now, from, id) {
            return Err(DropReason::AddressTaken);
        }
        let stream = self.streams.get_mut(&id).ok_or(DropReason::UnknownUfrag)?;
        let changes = stream.check(now, from, to, message)?;
        if stream.is_at(from)
            && let Some(before) = self.by_remote.insert(from, id)
            && before != id
            && let Some(other) = self.streams.get_mut(&before)
        {
            let lost = other.forget(from);
            self.apply(now, before, lost);
        }
        self.apply(now, id, changes);
        Ok(Verdict::Stun)
    }

    fn is_held_by_another(&self, now: Instant, from: Remote, id: StreamId) -> bool {
        let owner = self.by_remote.get(&from).filter(|owner| **owner != id);
        owner
            .and_then(|owner| self.streams.get(owner))
            .is_some_and(|other| other.holds(now, from))
    }

    /// An answer to a check of ours.
    fn answered(
        &mut self,
        now: Instant,
        from: Remote,
        message: StunMessage<'_>,
    ) -> Result<Verdict, DropReason> {
        let id = self.of_known(from).map_err(|_| DropReason::NotAsked)?;
        let stream = self.streams.get_mut(&id).ok_or(DropReason::NotAsked)?;
        let changes = stream.answered(now, from, message)?;
        self.apply(now, id, changes);
        Ok(Verdict::Stun)
    }

    /// Tells a stranger his address.
    fn answer(
        &mut self,
        now: Instant,
        from: Remote,
        to: SocketAddr,
        octets: &[u8],
    ) -> Result<Verdict, DropReason> {
        let octets = stun::answer(octets, from.address).ok_or(DropReason::MalformedStun)?;
        if !self.limiter.allow(now, from.address.ip()) {
            return Err(DropReason::RateLimited);
        }
        self.outputs.push_back(Output::Send {
            from: to,
            to: from,
            octets,
        });
        Ok(Verdict::Stun)
    }

    fn apply(&mut self, at: Instant, id: StreamId, changes: Changes) {
        for ufrag in changes.ended {
            self.by_ufrag.remove(&ufrag);
        }
        for remote in changes.forgotten {
            self.by_remote.remove(&remote);
            self.outputs.push_back(Output::Forgotten(remote));
        }
        self.outputs.extend(changes.messages);
        let events = changes.events.into_iter();
        self.outputs
            .extend(events.map(|kind| Output::Event(id, Event { at, kind })));
    }
}
