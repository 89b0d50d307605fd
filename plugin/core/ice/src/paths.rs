//! The paths on which a stream's peer was heard, and which of them is used. Pure data: whose a check is, and what is
//! said, is decided elsewhere.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use is::stun::TransId;

use crate::{
    EventKind, Remote, Transport,
    bucket::Bucket,
    changes::Changes,
    presence::{Ids, Presence},
};

/// A path that was not checked for so long is given up, and nothing is sent to a peer who checks none (RFC 7675
/// section 5.1).
pub(crate) const CONSENT: Duration = Duration::from_secs(30);

/// Between two paths that are both nominated, the one of the higher priority wins, unless it has not been nominated
/// for this long: then the peer has left it.
const LEFT: Duration = Duration::from_secs(1);

/// A path without a check for so long is given up for one that is checked, nominated or not: Firefox nominates once, and
/// then only checks, every 4 to 6 s, also when his NAT has given him another port. Chromium checks every 2.5 s.
const DESERTED: Duration = Duration::from_secs(4);

/// While an address is checked by one stream's peer, another's cannot take it.
const HELD: Duration = Duration::from_secs(6);

/// The same of the path in use: Firefox checks that every 4 to 6 s only, and may lose a check.
const HELD_IN_USE: Duration = Duration::from_secs(15);

/// Paths that are kept; the one that was not checked for longest makes room.
pub(crate) const PATHS: usize = 32;

/// Changes of the pair: so many at once, and then two a second. Who changes back and forth does not keep others busy.
type Moves = Bucket<2, 16>;

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
    presence: Presence,
}

/// A check that was answered with success.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) remote: Remote,
    pub(crate) local: SocketAddr,
    pub(crate) priority: u32,
    pub(crate) nominates: bool,
}

/// A stream's paths.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    all: Vec<Path>,
    selected: Option<Remote>,
    /// Where the path was that was selected last.
    home: Option<IpAddr>,
    moves: Moves,
    ids: Ids,
}

impl Paths {
    pub(crate) fn remotes(&self) -> impl Iterator<Item = Remote> {
        self.all.iter().map(|path| path.remote)
    }

    pub(crate) fn contains(&self, remote: Remote) -> bool {
        self.path(remote).is_some()
    }

    /// Whether the peer was lately verified at `remote`.
    pub(crate) fn holds(&self, now: Instant, remote: Remote) -> bool {
        let held = if self.selected == Some(remote) {
            HELD_IN_USE
        } else {
            HELD
        };
        self.path(remote)
            .is_some_and(|path| now.saturating_duration_since(path.checked) < held)
    }

    /// Takes note of a check.
    pub(crate) fn visit(&mut self, now: Instant, visit: Visit, changes: &mut Changes) {
        let (remote, local) = (visit.remote, visit.local);
        let nominated = visit.nominates.then_some(now);
        let Some(path) = self.all.iter_mut().find(|path| path.remote == remote) else {
            self.make_room(changes);
            self.all.push(Path {
                remote,
                local,
                priority: visit.priority,
                checked: now,
                nominated,
                presence: Presence::default(),
            });
            changes.events.push(EventKind::Checked { remote, local });
            return;
        };
        path.checked = now;
        if !visit.nominates {
            return;
        }
        (path.priority, path.nominated) = (visit.priority, nominated);
        let in_use = self.selected == Some(remote);
        if path.local != local && (!in_use || self.moves.take(now)) {
            path.local = local;
            if in_use {
                changes.events.push(EventKind::Selected { remote, local });
            }
        }
    }

    /// Moves to a path that the peer has nominated, or checks alone, unless he still has a better one. Where he is not
    /// known to be, he has to be asked first: with this transaction id, if it is time to.
    pub(crate) fn select(
        &mut self,
        now: Instant,
        wanted: Remote,
        changes: &mut Changes,
    ) -> Option<TransId> {
        let index = self.all.iter().position(|path| path.remote == wanted)?;
        let path = self.all[index];
        if !self.is_better(now, &path) {
            return None;
        }
        if !self.is_safe(wanted) {
            return self.all[index].presence.ask(now, &mut self.ids);
        }
        if self.moves.take(now) {
            self.selected = Some(wanted);
            self.home = Some(wanted.address.ip());
            let (remote, local) = (wanted, path.local);
            changes.events.push(EventKind::Selected { remote, local });
        }
        None
    }

    /// The peer answers from there: the path is used if he still wants it. `false` if he was not asked this.
    pub(crate) fn answered(
        &mut self,
        now: Instant,
        from: Remote,
        id: TransId,
        changes: &mut Changes,
    ) -> bool {
        let Some(path) = self.all.iter_mut().find(|path| path.remote == from) else {
            return false;
        };
        if !path.presence.answered(id) {
            return false;
        }
        if path.nominated.is_some() || self.is_deserted(now) {
            self.select(now, from, changes);
        }
        true
    }

    /// Who is to be asked once more: with what, from which address of ours, and where.
    pub(crate) fn repeat(
        &mut self,
        now: Instant,
    ) -> impl Iterator<Item = (TransId, SocketAddr, Remote)> {
        let paths = self.all.iter_mut();
        paths.filter_map(move |path| {
            let id = path.presence.repeat(now)?;
            Some((id, path.local, path.remote))
        })
    }

    /// The best of the paths that were nominated last: Firefox nominates with every first check, also of TCP.
    pub(crate) fn nominated_lately(&self) -> Option<Remote> {
        let newest = self.all.iter().filter_map(|path| path.nominated).max()?;
        let lately = |at| newest.saturating_duration_since(at) < LEFT;
        let paths = self.all.iter();
        let nominated = paths.filter(|path| path.nominated.is_some_and(lately));
        nominated
            .max_by_key(|path| path.priority)
            .map(|path| path.remote)
    }

    /// Whether the path in use is not checked any more.
    pub(crate) fn is_deserted(&self, now: Instant) -> bool {
        let current = self.selected.and_then(|remote| self.path(remote));
        current.is_some_and(|path| now.saturating_duration_since(path.checked) >= DESERTED)
    }

    /// Nothing may be sent any more. Whether something was.
    pub(crate) fn deselect(&mut self) -> bool {
        self.selected.take().is_some()
    }

    /// Another stream's peer is there now; if this one's was, nothing may be sent there any more.
    pub(crate) fn forget(&mut self, remote: Remote, changes: &mut Changes) {
        self.all.retain(|path| path.remote != remote);
        if self.selected == Some(remote) && self.deselect() {
            changes.events.push(EventKind::Lost);
        }
    }

    /// Gives up all that `keep` does not want.
    pub(crate) fn keep(&mut self, keep: impl Fn(Remote) -> bool, changes: &mut Changes) {
        self.all.retain(|path| {
            let keep = keep(path.remote);
            if !keep {
                changes.forgotten.push(path.remote);
            }
            keep
        });
    }

    /// Gives up what has not been checked for long.
    pub(crate) fn drop_old(&mut self, now: Instant, changes: &mut Changes) {
        let selected = self.selected;
        self.all.retain(|path| {
            let fresh = now.saturating_duration_since(path.checked) < CONSENT;
            let keep = fresh || Some(path.remote) == selected;
            if !keep {
                changes.forgotten.push(path.remote);
            }
            keep
        });
    }

    fn make_room(&mut self, changes: &mut Changes) {
        if self.all.len() < PATHS {
            return;
        }
        let unused = self.all.iter().enumerate();
        let unused = unused.filter(|(_, path)| Some(path.remote) != self.selected);
        if let Some((oldest, _)) = unused.min_by_key(|(_, path)| path.checked) {
            changes.forgotten.push(self.all.swap_remove(oldest).remote);
        }
    }

    fn is_better(&self, now: Instant, new: &Path) -> bool {
        let Some(current) = self.selected.and_then(|remote| self.path(remote)) else {
            return true;
        };
        current.remote != new.remote
            && ((new.priority, new.nominated) >= (current.priority, current.nominated)
                || is_left(current, now))
    }

    /// Whether media may go there: a stream's first path is taken at once, as nothing goes there but the beginning of a
    /// DTLS handshake, which nobody can end who is not there. A connection cannot be opened from a forged address.
    fn is_safe(&self, remote: Remote) -> bool {
        let ip = remote.address.ip();
        let here = |path: &&Path| path.remote.address.ip() == ip;
        remote.transport == Transport::Tcp
            || self.home.is_none_or(|home| home == ip)
            || self
                .all
                .iter()
                .filter(here)
                .any(|path| path.presence.is_proven())
    }

    fn path(&self, remote: Remote) -> Option<&Path> {
        self.all.iter().find(|path| path.remote == remote)
    }
}

fn is_left(path: &Path, now: Instant) -> bool {
    path.nominated
        .is_none_or(|at| now.saturating_duration_since(at) >= LEFT)
}
