//! What stands before a host, found out as RFC 5780 does: by sockets on two public addresses with two ports each.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use convene_lab::{Behaviour, Dependence, Laboratory};

use super::{PROBES, receive, socket};

const PATIENCE: Duration = Duration::from_millis(700);
/// What was sent before something that has arrived has arrived by then too.
const GRACE: Duration = Duration::from_millis(60);
/// Two flows may get the same random port by chance; three pairs of them do not.
const SOCKETS: usize = 3;

/// Two addresses, two ports.
pub struct Probe {
    first: [UdpSocket; 2],
    second: [UdpSocket; 2],
}

impl Probe {
    pub fn new(lab: &Laboratory) -> Self {
        let pair = |host| [socket(lab, host), socket(lab, host)];
        let [first, second] = PROBES.map(pair);
        Self { first, second }
    }

    /// What lies between the link and the public segment; nothing gets through if `None`.
    pub fn behaviour(&self, lab: &Laboratory, link: &str) -> Option<Behaviour> {
        let sockets: Vec<_> = (0..SOCKETS).map(|_| socket(lab, link)).collect();
        let seen: Option<Vec<_>> = sockets.iter().map(|socket| self.seen(socket)).collect();
        let seen = seen?;
        Some(Behaviour {
            translated: seen[0][0] != sockets[0].local_addr().unwrap(),
            mapping: mapping(&seen),
            filtering: self.filtering(&socket(lab, link))?,
        })
    }

    /// From where a socket's datagrams come: at both ports of the first address, at one of the second.
    fn seen(&self, socket: &UdpSocket) -> Option<[SocketAddr; 3]> {
        let [a, b] = &self.first;
        Some([
            seen_at(socket, a)?,
            seen_at(socket, b)?,
            seen_at(socket, &self.second[0])?,
        ])
    }

    /// The socket asks one; that one's other port and somebody else answer first.
    fn filtering(&self, socket: &UdpSocket) -> Option<Dependence> {
        let [asked, other_port] = &self.first;
        let mapped = seen_at(socket, asked)?;
        for (from, word) in [(&self.second[1], b"s"), (other_port, b"p"), (asked, b"a")] {
            from.send_to(word, mapped).unwrap();
        }
        let mut heard = Vec::new();
        receive(socket, Instant::now() + PATIENCE, |word, _| {
            heard.push(word[0]);
            (word == b"a").then_some(())
        })?;
        receive(socket, Instant::now() + GRACE, |word, _| {
            heard.push(word[0]);
            None::<()>
        });
        let [stranger, port] = [b's', b'p'].map(|word| heard.contains(&word));
        assert_eq!(stranger, port, "address-dependent filtering is in no scene");
        Some(if stranger {
            Dependence::EndpointIndependent
        } else {
            Dependence::AddressAndPortDependent
        })
    }
}

/// From where a datagram of the socket's comes at the other.
pub fn seen_at(socket: &UdpSocket, at: &UdpSocket) -> Option<SocketAddr> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    socket.send_to(&number, at.local_addr().unwrap()).unwrap();
    receive(at, Instant::now() + PATIENCE, |word, from| {
        (word == number).then_some(from)
    })
}

fn mapping(seen: &[[SocketAddr; 3]]) -> Dependence {
    if seen.iter().all(|[a, b, c]| a == b && b == c) {
        return Dependence::EndpointIndependent;
    }
    let on_ports = seen.iter().any(|[a, b, _]| a != b);
    assert!(on_ports, "address-dependent mapping is in no scene");
    Dependence::AddressAndPortDependent
}
