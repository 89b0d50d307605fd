//! One data stream: its credentials, the paths its peer was heard on, and which of them is used.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use is::{IceAgent, IceCreds, Protocol, stun};

use crate::{Credentials, DropReason, EventKind, Output, Remote, Transport, replay::Replay};

/// A peer who sends no check for so long has gone: Firefox asks every 5 s, so three were lost.
const SILENCE: Duration = Duration::from_secs(15);

/// After this, nothing is sent to him any more (RFC 7675 section 5.1).
const CONSENT: Duration = Duration::from_secs(30);

/// Between two paths that are both nominated, the one of the higher priority wins, unless it has not been nominated
/// for this long: then the peer has left it.
const LEFT: Duration = Duration::from_secs(1);

/// A path without a check for so long is given up for one that is checked, nominated or not: Firefox nominates once, and
/// then only checks, every 4 to 6 s, also when his NAT has given him another port. Chromium checks every 2.5 s.
const DESERTED: Duration = Duration::from_secs(4);

/// While an address is checked by one stream's peer, another's cannot take it.
const HELD: Duration = Duration::from_secs(6);

/// Paths that are kept for a stream; the one that was not checked for longest makes room.
const PATHS: usize = 32;

/// Sources after which the agent is made anew: it keeps each it has ever seen.
const SOURCES: usize = 128;

/// A verified way to the peer.
#[derive(Clone, Copy, Debug)]
struct Path {
    remote: Remote,
    /// Our own address on it.
    local: SocketAddr,
    /// The peer's priority for it.
    priority: u32,
    checked: Instant,
    nominated: Option<Instant>,
}

/// What a check changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) events: Vec<EventKind>,
    /// Answers to checks.
    pub(crate) answers: Vec<Output>,
    /// Addresses that are no longer this stream's.
    pub(crate) forgotten: Vec<Remote>,
}

/// One data stream.
#[derive(Debug)]
pub(crate) struct Stream {
    agent: IceAgent,
    local: Credentials,
    remote: Option<Credentials>,
    /// Our addresses that the agent has been told.
    locals: Vec<(Transport, SocketAddr)>,
    sources: usize,
    paths: Vec<Path>,
    selected: Option<Remote>,
    replay: Replay,
    checked: Option<Instant>,
    silent: bool,
}

impl Stream {
    pub(crate) fn new(local: Credentials) -> Self {
        Self {
            agent: agent(&local, None),
            local,
            remote: None,
            locals: Vec::new(),
            sources: 0,
            paths: Vec::new(),
            selected: None,
            replay: Replay::default(),
            checked: None,
            silent: false,
        }
    }

    pub(crate) fn local(&self) -> &Credentials {
        &self.local
    }

    /// Other credentials of ours: an ICE restart. What was verified stays so.
    pub(crate) fn set_local(&mut self, local: Credentials) {
        self.local = local;
        self.renew_agent();
    }

    /// The peer's credentials. Checks that came before them are answered now.
    pub(crate) fn set_remote(&mut self, now: Instant, remote: Credentials) -> Changes {
        let mut changes = Changes::default();
        self.agent.set_remote_credentials(creds(&remote));
        self.remote = Some(remote);
        loop {
            self.agent.handle_timeout(now);
            let before = changes.answers.len();
            self.drain_answers(&mut changes);
            if changes.answers.len() == before {
                break;
            }
        }
        if let Some(best) = self.nominated_lately() {
            self.select(now, best, &mut changes);
        }
        changes
    }

    /// The best of the paths that were nominated last: Firefox nominates with every first check, also of TCP.
    fn nominated_lately(&self) -> Option<Remote> {
        let newest = self.paths.iter().filter_map(|path| path.nominated).max()?;
        let lately = |at| newest.saturating_duration_since(at) < LEFT;
        let paths = self.paths.iter();
        let nominated = paths.filter(|path| path.nominated.is_some_and(lately));
        nominated
            .max_by_key(|path| path.priority)
            .map(|path| path.remote)
    }

    /// Whether this stream's peer was lately verified at `remote`.
    pub(crate) fn holds(&self, now: Instant, remote: Remote) -> bool {
        // Firefox checks the path it uses every 4 to 6 s only, and may lose a check.
        let held = if self.selected == Some(remote) {
            SILENCE
        } else {
            HELD
        };
        self.path(remote)
            .is_some_and(|path| now.saturating_duration_since(path.checked) < held)
    }

    /// Another stream's peer is there now; if this one's was, nothing may be sent there any more.
    pub(crate) fn forget(&mut self, remote: Remote) -> Changes {
        let mut changes = Changes::default();
        self.paths.retain(|path| path.remote != remote);
        if self
            .selected
            .take_if(|selected| *selected == remote)
            .is_some()
        {
            changes.events.push(EventKind::Lost);
        }
        changes
    }

    pub(crate) fn remotes(&self) -> impl Iterator<Item = Remote> {
        self.paths.iter().map(|path| path.remote)
    }

    /// A check for this stream, which came from `from` to our address `to`.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        from: Remote,
        to: SocketAddr,
        message: stun::StunMessage<'_>,
    ) -> Result<Changes, DropReason> {
        if !self.agent.accepts_message(&message) {
            return Err(DropReason::Unauthenticated);
        }
        if !self.replay.is_new(message.trans_id(), from) {
            return Err(DropReason::Replayed);
        }
        self.introduce(from.transport, to);
        let nominates = message.use_candidate();
        let priority = message.prio().unwrap_or(0);
        let packet = stun::StunPacket {
            proto: protocol(from.transport),
            source: from.address,
            destination: to,
            message,
        };
        self.agent.handle_packet(now, packet);
        let mut changes = Changes::default();
        self.drain_answers(&mut changes);
        self.take_note(now, from, &mut changes);
        self.visit(now, from, to, priority, nominates, &mut changes);
        if (nominates || self.is_deserted(now)) && self.remote.is_some() {
            self.select(now, from, &mut changes);
        }
        Ok(changes)
    }

    /// Whether the path in use is not checked any more.
    fn is_deserted(&self, now: Instant) -> bool {
        let current = self.selected.and_then(|remote| self.path(remote));
        current.is_some_and(|path| now.saturating_duration_since(path.checked) >= DESERTED)
    }

    /// What time alone has changed. To be asked about once a second.
    pub(crate) fn pass(&mut self, now: Instant) -> Changes {
        let mut changes = Changes::default();
        self.agent.handle_timeout(now);
        self.drain_answers(&mut changes);
        let Some(checked) = self.checked else {
            return changes;
        };
        let quiet = now.saturating_duration_since(checked);
        if quiet >= SILENCE && !std::mem::replace(&mut self.silent, true) {
            changes.events.push(EventKind::Silent);
        }
        if quiet >= CONSENT && self.selected.take().is_some() {
            changes.events.push(EventKind::Lost);
        }
        self.drop_old_paths(now, &mut changes);
        changes
    }

    /// The agent answers only what came to an address it knows.
    fn introduce(&mut self, transport: Transport, to: SocketAddr) {
        if self.locals.contains(&(transport, to)) {
            return;
        }
        if let Ok(candidate) = is::Candidate::host(to, protocol(transport)) {
            self.agent.add_local_candidate(candidate);
            self.locals.push((transport, to));
        }
    }

    fn take_note(&mut self, now: Instant, from: Remote, changes: &mut Changes) {
        self.checked = Some(now);
        if std::mem::take(&mut self.silent) {
            changes.events.push(EventKind::Heard);
        }
        if self.path(from).is_none() {
            self.sources += 1;
            if self.sources > SOURCES {
                self.renew_agent();
            }
        }
    }

    fn visit(
        &mut self,
        now: Instant,
        remote: Remote,
        local: SocketAddr,
        priority: u32,
        nominates: bool,
        changes: &mut Changes,
    ) {
        let nominated = nominates.then_some(now);
        if let Some(path) = self.paths.iter_mut().find(|path| path.remote == remote) {
            path.checked = now;
            if nominates {
                if path.local != local && self.selected == Some(remote) {
                    changes.events.push(EventKind::Selected { remote, local });
                }
                (path.local, path.priority, path.nominated) = (local, priority, nominated);
            }
            return;
        }
        self.make_room(changes);
        self.paths.push(Path {
            remote,
            local,
            priority,
            checked: now,
            nominated,
        });
        changes.events.push(EventKind::Checked { remote, local });
    }

    fn make_room(&mut self, changes: &mut Changes) {
        if self.paths.len() < PATHS {
            return;
        }
        let unused = self.paths.iter().enumerate();
        let unused = unused.filter(|(_, path)| Some(path.remote) != self.selected);
        if let Some((oldest, _)) = unused.min_by_key(|(_, path)| path.checked) {
            changes
                .forgotten
                .push(self.paths.swap_remove(oldest).remote);
        }
    }

    fn drop_old_paths(&mut self, now: Instant, changes: &mut Changes) {
        let selected = self.selected;
        self.paths.retain(|path| {
            let fresh = now.saturating_duration_since(path.checked) < CONSENT;
            let keep = fresh || Some(path.remote) == selected;
            if !keep {
                changes.forgotten.push(path.remote);
            }
            keep
        });
    }

    /// Moves to a path that the peer has just nominated, or checks alone, unless he still has a better one.
    fn select(&mut self, now: Instant, nominated: Remote, changes: &mut Changes) {
        let Some(new) = self.path(nominated) else {
            return;
        };
        let current = self.selected.and_then(|remote| self.path(remote));
        let moves = current.is_none_or(|current| {
            current.remote != nominated
                && (new.priority >= current.priority || is_left(current, now))
        });
        if moves {
            let (remote, local) = (nominated, new.local);
            self.selected = Some(remote);
            changes.events.push(EventKind::Selected { remote, local });
        }
    }

    fn path(&self, remote: Remote) -> Option<&Path> {
        self.paths.iter().find(|path| path.remote == remote)
    }

    fn drain_answers(&mut self, changes: &mut Changes) {
        while let Some(transmit) = self.agent.poll_transmit() {
            let to = Remote {
                transport: match transmit.proto {
                    Protocol::Udp => Transport::Udp,
                    _ => Transport::Tcp,
                },
                address: transmit.destination,
            };
            changes.answers.push(Output::Send {
                from: transmit.source,
                to,
                octets: transmit.contents.to_vec(),
            });
        }
        // Its own opinion of states and of the best pair is not asked.
        while self.agent.poll_event().is_some() {}
    }

    /// The agent's own books grow with each new source; its verdicts need none of them.
    fn renew_agent(&mut self) {
        self.agent = agent(&self.local, self.remote.as_ref());
        self.locals.clear();
        self.sources = 0;
    }
}

fn is_left(path: &Path, now: Instant) -> bool {
    path.nominated
        .is_none_or(|at| now.saturating_duration_since(at) >= LEFT)
}

fn agent(local: &Credentials, remote: Option<&Credentials>) -> IceAgent {
    let mut agent = IceAgent::new(creds(local));
    agent.set_ice_lite(true);
    // A peer who thinks that he is the controlled one is told otherwise (RFC 8445 section 7.3.1.1).
    agent.set_control_tie_breaker(u64::MAX);
    if let Some(remote) = remote {
        agent.set_remote_credentials(creds(remote));
    }
    agent
}

fn creds(credentials: &Credentials) -> IceCreds {
    IceCreds {
        ufrag: credentials.ufrag.clone(),
        pass: credentials.password.clone(),
    }
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}
