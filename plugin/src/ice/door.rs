//! A listener, and what becomes of what it says.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    time::{Duration, Instant},
};

use mio::{
    Interest, Registry, Token,
    net::{TcpListener, TcpStream},
};
use socket2::{Domain, Socket, Type};

use super::lane::CAT;

/// Connections that are taken before others have their turn.
const AT_ONCE: usize = 64;

/// How long a system that has no room for another connection is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// A listener, as far as it is listened to.
pub(super) struct Door {
    pub(super) token: Token,
    listener: TcpListener,
    /// When it is tried again, after the system had no room.
    again: Option<Instant>,
}

impl Door {
    pub(super) fn new(
        registry: &Registry,
        token: Token,
        mut listener: TcpListener,
    ) -> io::Result<Self> {
        registry.register(&mut listener, token, Interest::READABLE)?;
        Ok(Self {
            token,
            listener,
            again: None,
        })
    }

    /// When it has to be opened again though nobody says so.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.again
    }

    /// Takes who stands there, as far as there is room; `true` when there may be more of them.
    pub(super) fn open(&mut self, now: Instant, taken: &mut Vec<(TcpStream, SocketAddr)>) -> bool {
        if self.again.is_some_and(|again| now < again) {
            return false;
        }
        let listener = &self.listener;
        self.note(now, accept(|| listener.accept(), taken))
    }

    /// The system is said to have no room once, until it has some.
    fn note(&mut self, now: Instant, accepted: io::Result<bool>) -> bool {
        match accepted {
            Ok(more) => {
                self.again = None;
                more
            }
            Err(error) => {
                if self.again.replace(now + PAUSE).is_none() {
                    gst::warning!(CAT, "no connection can be taken for now: {error}");
                }
                false
            }
        }
    }
}

/// Takes connections; `true` when there may be more.
fn accept<S>(
    mut next: impl FnMut() -> io::Result<(S, SocketAddr)>,
    taken: &mut Vec<(S, SocketAddr)>,
) -> io::Result<bool> {
    for _ in 0..AT_ONCE {
        match next() {
            Ok(connection) => taken.push(connection),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            Err(error) if is_of_one(error.kind()) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// Whether an error is of the connection that was to be taken: Linux tells here what happened to it meanwhile (accept(2)).
fn is_of_one(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted
            | ErrorKind::Interrupted
            | ErrorKind::PermissionDenied
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
    )
}

/// A listener of its own for each family of addresses.
pub(super) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(128)?;
    socket.set_nonblocking(true)?;
    Ok(TcpListener::from_std(socket.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::Poll;

    const ECONNABORTED: i32 = 103;
    const EMFILE: i32 = 24;

    /// What `accept` makes of connections (0) and errors: how many it took, and the rest of it.
    fn accepted(script: &[i32]) -> (usize, io::Result<bool>) {
        let (mut script, mut taken) = (script.iter(), Vec::new());
        let next = || match script.next() {
            Some(0) => Ok(((), SocketAddr::from(([127, 0, 0, 1], 9)))),
            Some(error) => Err(io::Error::from_raw_os_error(*error)),
            None => Err(ErrorKind::WouldBlock.into()),
        };
        let more = accept(next, &mut taken);
        (taken.len(), more)
    }

    #[test]
    fn a_connection_that_has_gone_does_not_keep_others_waiting() {
        let (taken, more) = accepted(&[0, ECONNABORTED, 0]);
        assert_eq!((taken, more.unwrap()), (2, false));
    }

    #[test]
    fn others_have_their_turn_after_some() {
        for error in [0, ECONNABORTED] {
            let (taken, more) = accepted(&[error; AT_ONCE + 1]);
            assert!(taken <= AT_ONCE && more.unwrap(), "{error}");
        }
    }

    #[test]
    fn what_was_taken_before_the_system_had_no_room_is_kept() {
        let (taken, more) = accepted(&[0, EMFILE, 0]);
        assert_eq!((taken, more.unwrap_err().raw_os_error()), (1, Some(EMFILE)));
    }

    #[test]
    fn a_system_without_room_is_left_alone_for_a_while() {
        let (poll, start) = (Poll::new().unwrap(), Instant::now());
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut door = Door::new(poll.registry(), Token(3), listener).unwrap();
        let full = || Err(io::Error::from_raw_os_error(EMFILE));
        assert!(!door.note(start, full()));
        assert_eq!(door.deadline(), Some(start + PAUSE));
        let _peer = std::net::TcpStream::connect(address).unwrap();
        let mut taken = Vec::new();
        assert!(!door.open(start + PAUSE / 2, &mut taken) && taken.is_empty());
        door.open(start + PAUSE, &mut taken);
        assert_eq!((taken.len(), door.deadline()), (1, None));
    }
}
