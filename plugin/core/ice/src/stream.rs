//! One data stream: its sessions, where its peer is, and whether he is there at all.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use is::stun::StunMessage;

use crate::{
    Credentials, DropReason, EventKind, Output, Remote,
    bucket::Bucket,
    changes::Changes,
    paths::{CONSENT, PATHS, Paths, Visit},
    replay::Replay,
    session::{Session, welcomed},
};

/// A peer who sends no check for so long has gone: Firefox asks every 5 s, so three were lost.
const SILENCE: Duration = Duration::from_secs(15);

/// Sessions that are good at once. A restart of one side's credentials and then the other's makes two new ones.
const SESSIONS: usize = 3;

/// Addresses that a peer comes from: as many at once as paths are kept, and then two a second. He has one for each of
/// his interfaces, more behind a NAT that gives him another for each of ours, and one for each connection.
type Newcomers = Bucket<2, { PATHS as u32 }>;

/// One data stream.
#[derive(Debug)]
pub(crate) struct Stream {
    session: Session,
    /// Those before it: the peer goes on with what he has until he nominates anew (RFC 8445 section 9).
    previous: Vec<Session>,
    restarted: Option<Instant>,
    paths: Paths,
    newcomers: Newcomers,
    replay: Replay,
    checked: Option<Instant>,
    silent: bool,
}

impl Stream {
    pub(crate) fn new(local: Credentials) -> Self {
        Self {
            session: Session::new(local, None),
            previous: Vec::new(),
            restarted: None,
            paths: Paths::default(),
            newcomers: Newcomers::default(),
            replay: Replay::default(),
            checked: None,
            silent: false,
        }
    }

    /// Those of ours that are good, and maybe one of them twice.
    pub(crate) fn ufrags(&self) -> impl Iterator<Item = &String> {
        self.sessions().map(|session| &session.local().ufrag)
    }

    /// Our credentials. Others than before: an ICE restart. What was verified stays so.
    pub(crate) fn set_local(&mut self, now: Instant, local: Credentials) -> Changes {
        let mut changes = Changes::default();
        if *self.session.local() != local {
            let remote = self.session.remote().cloned();
            self.restart(now, Session::new(local, remote), &mut changes);
        }
        changes
    }

    /// The peer's credentials. Checks that came before them are answered now.
    pub(crate) fn set_remote(&mut self, now: Instant, remote: Credentials) -> Changes {
        let mut changes = Changes::default();
        match self.session.remote() {
            Some(known) if *known == remote => {}
            Some(_) => {
                let local = self.session.local().clone();
                self.restart(now, Session::new(local, Some(remote)), &mut changes);
            }
            None => self.meet(now, remote, &mut changes),
        }
        changes
    }

    /// Whether this stream's peer was lately verified at `remote`.
    pub(crate) fn holds(&self, now: Instant, remote: Remote) -> bool {
        self.paths.holds(now, remote)
    }

    /// Whether he was verified there, and that is remembered.
    pub(crate) fn is_at(&self, remote: Remote) -> bool {
        self.paths.contains(remote)
    }

    /// Another stream's peer is there now.
    pub(crate) fn forget(&mut self, remote: Remote) -> Changes {
        let mut changes = Changes::default();
        self.paths.forget(remote, &mut changes);
        changes
    }

    pub(crate) fn remotes(&self) -> impl Iterator<Item = Remote> {
        self.paths.remotes()
    }

    /// A check for this stream, which came from `from` to our address `to`.
    pub(crate) fn check(
        &mut self,
        now: Instant,
        from: Remote,
        to: SocketAddr,
        message: StunMessage<'_>,
    ) -> Result<Changes, DropReason> {
        let age = self
            .sessions()
            .position(|session| session.accepts(&message));
        let age = age.ok_or(DropReason::Unauthenticated)?;
        if !self.replay.is_new(message.trans_id(), from) {
            return Err(DropReason::Replayed);
        }
        let known = self.paths.contains(from);
        if !known && !self.newcomers.take(now) {
            return Err(DropReason::TooManyPaths);
        }
        let visit = Visit {
            remote: from,
            local: to,
            priority: message.prio().unwrap_or(0),
            nominates: message.use_candidate(),
        };
        let session = self.aged(age);
        let (messages, good) = session.answer(now, from, to, message);
        let mut changes = Changes {
            messages,
            ..Changes::default()
        };
        if !known {
            session.count_source();
        }
        if good {
            self.visited(now, visit, age, &mut changes);
        }
        Ok(changes)
    }

    /// An answer to a check of ours.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        from: Remote,
        message: StunMessage<'_>,
    ) -> Result<Changes, DropReason> {
        if !self.sessions().any(|session| session.vouches(&message)) {
            return Err(DropReason::Unauthenticated);
        }
        let mut changes = Changes::default();
        let id = message.trans_id();
        let asked = self.paths.answered(now, from, id, &mut changes);
        asked.then_some(changes).ok_or(DropReason::NotAsked)
    }

    /// What time alone has changed. To be asked about once a second.
    pub(crate) fn pass(&mut self, now: Instant) -> Changes {
        let mut changes = Changes::default();
        self.session.pass(now);
        let due = |at| now.saturating_duration_since(at) >= CONSENT;
        if self.restarted.is_some_and(due) {
            self.end_previous(&mut changes);
        }
        let Some(checked) = self.checked else {
            return changes;
        };
        let quiet = now.saturating_duration_since(checked);
        if quiet >= SILENCE && !std::mem::replace(&mut self.silent, true) {
            changes.events.push(EventKind::Silent);
        }
        if quiet >= CONSENT && self.paths.deselect() {
            changes.events.push(EventKind::Lost);
        }
        self.paths.drop_old(now, &mut changes);
        let again = self.paths.repeat(now);
        let again = again.filter_map(|(id, from, to)| ask(&self.session, id, from, to));
        changes.messages.extend(again);
        changes
    }

    /// The newest first.
    fn sessions(&self) -> impl Iterator<Item = &Session> {
        std::iter::once(&self.session).chain(&self.previous)
    }

    fn aged(&mut self, age: usize) -> &mut Session {
        let previous = age.checked_sub(1);
        match previous.and_then(|index| self.previous.get_mut(index)) {
            Some(session) => session,
            None => &mut self.session,
        }
    }

    fn restart(&mut self, now: Instant, session: Session, changes: &mut Changes) {
        let before = std::mem::replace(&mut self.session, session);
        if before.remote().is_some() {
            self.previous.insert(0, before);
            self.restarted = Some(now);
        } else {
            self.end(before, changes);
        }
        if self.previous.len() >= SESSIONS
            && let Some(oldest) = self.previous.pop()
        {
            self.end(oldest, changes);
        }
    }

    fn end_previous(&mut self, changes: &mut Changes) {
        self.restarted = None;
        for session in std::mem::take(&mut self.previous) {
            self.end(session, changes);
        }
    }

    fn end(&self, session: Session, changes: &mut Changes) {
        let ufrag = &session.local().ufrag;
        if !self.ufrags().any(|good| good == ufrag) {
            changes.ended.push(ufrag.clone());
        }
    }

    fn meet(&mut self, now: Instant, remote: Credentials, changes: &mut Changes) {
        changes.messages = self.session.meet(now, remote);
        let verified: Vec<_> = changes.messages.iter().filter_map(welcomed).collect();
        self.paths
            .keep(|remote| verified.contains(&remote), changes);
        if let Some(best) = self.paths.nominated_lately() {
            self.paths.select(now, best, changes);
        }
    }

    /// A check of the session of this age was answered with success.
    fn visited(&mut self, now: Instant, visit: Visit, age: usize, changes: &mut Changes) {
        self.checked = Some(now);
        if std::mem::take(&mut self.silent) {
            changes.events.push(EventKind::Heard);
        }
        let deserted = self.paths.is_deserted(now);
        self.paths.visit(now, visit, changes);
        if self.aged(age).remote().is_none() {
            return;
        }
        if visit.nominates || deserted {
            let id = self.paths.select(now, visit.remote, changes);
            let session = self.aged(age);
            let question = id.and_then(|id| ask(session, id, visit.local, visit.remote));
            changes.messages.extend(question);
        }
        if visit.nominates && age == 0 {
            self.end_previous(changes);
        }
    }
}

fn ask(session: &Session, id: is::stun::TransId, from: SocketAddr, to: Remote) -> Option<Output> {
    let octets = session.check(id)?;
    Some(Output::Send { from, to, octets })
}
