//! The datagram sockets: one port, and a socket for each family of addresses.

use std::{
    io::{self, ErrorKind, IoSliceMut},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};

use super::counters::{Counters, Ending};

/// Octets that the system may keep for us, as far as it allows: 40 ms of what 500 people send.
const BUFFER: usize = 4 << 20;

/// The longest packet that is taken; WebRTC's stay under 1500.
pub(super) const LONGEST: usize = 2_048;

/// A socket with what is needed to send and receive in batches.
pub(super) struct Half {
    pub(super) socket: UdpSocket,
    state: UdpSocketState,
}

/// Both families.
pub(super) struct UdpSockets {
    pub(super) v4: Option<Half>,
    pub(super) v6: Option<Half>,
    port: u16,
    counters: Arc<Counters>,
}

impl UdpSockets {
    /// Both on `port`, or on one that is free when it is 0. A host without one of the families has the other.
    pub(super) fn bind(port: u16, counters: Arc<Counters>) -> io::Result<Self> {
        let v4 = half(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)?;
        let port = match &v4 {
            Some(half) => half.socket.local_addr()?.port(),
            None => port,
        };
        let v6 = half(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)?;
        let port = match (&v4, &v6) {
            (None, Some(half)) => half.socket.local_addr()?.port(),
            (None, None) => return Err(ErrorKind::AddrNotAvailable.into()),
            _ => port,
        };
        Ok(Self {
            v4,
            v6,
            port,
            counters,
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Sends datagrams from `local` to `remote`.
    pub(super) fn send<'a>(
        &self,
        local: SocketAddr,
        remote: SocketAddr,
        packets: impl Iterator<Item = &'a [u8]>,
    ) {
        let half = if remote.is_ipv4() { &self.v4 } else { &self.v6 };
        for packet in packets {
            let ending = match half {
                Some(half) => half.send(local, remote, packet),
                None => Ending::SendRefused,
            };
            self.counters.add(ending, 1);
        }
    }
}

impl Half {
    fn send(&self, local: SocketAddr, remote: SocketAddr, packet: &[u8]) -> Ending {
        let transmit = Transmit {
            destination: remote,
            ecn: None,
            contents: packet,
            segment_size: None,
            src_ip: Some(local.ip()),
        };
        match self.state.try_send((&self.socket).into(), &transmit) {
            Ok(()) => Ending::Sent,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ending::SendBuffer,
            Err(_) => Ending::SendRefused,
        }
    }
}

/// Room for a batch of datagrams.
pub(super) struct Batch {
    storage: Vec<u8>,
    each: usize,
    metas: Vec<RecvMeta>,
}

/// A datagram in a batch: from where, to which address of ours, and its octets.
pub(super) type Datagram<'a> = (SocketAddr, IpAddr, &'a [u8]);

impl Batch {
    pub(super) fn new(sockets: &UdpSockets) -> Self {
        let halves = [&sockets.v4, &sockets.v6].into_iter().flatten();
        // The kernel may hand over many datagrams of one sender as one.
        let segments = halves.map(|half| half.state.gro_segments()).max();
        let each = LONGEST * segments.unwrap_or(1).clamp(1, 32);
        Self {
            storage: vec![0; each * BATCH_SIZE],
            each,
            metas: vec![RecvMeta::default(); BATCH_SIZE],
        }
    }

    /// Takes what has arrived, as far as there is room; `false` when nothing has.
    pub(super) fn receive(&mut self, half: &Half, mut take: impl FnMut(Datagram<'_>)) -> bool {
        let mut slices: Vec<_> = self
            .storage
            .chunks_mut(self.each)
            .map(IoSliceMut::new)
            .collect();
        let received = half
            .state
            .recv((&half.socket).into(), &mut slices, &mut self.metas);
        let Ok(received) = received else {
            return false;
        };
        for (meta, room) in self.metas[..received]
            .iter()
            .zip(self.storage.chunks(self.each))
        {
            let Some(to) = meta.dst_ip else { continue };
            let octets = &room[..meta.len.min(room.len())];
            for datagram in octets.chunks(meta.stride.max(1)) {
                take((meta.addr, to, datagram));
            }
        }
        received > 0
    }
}

/// `None` where the host has no such addresses.
fn half(ip: IpAddr, port: u16) -> io::Result<Option<Half>> {
    let address = SocketAddr::new(ip, port);
    let socket = match Socket::new(
        Domain::for_address(address),
        Type::DGRAM,
        Some(Protocol::UDP),
    ) {
        Ok(socket) => socket,
        Err(_) if ip.is_ipv6() => return Ok(None),
        Err(error) => return Err(error),
    };
    if ip.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // What the system does not allow is not granted; it says nothing, and overruns are counted.
    socket.set_recv_buffer_size(BUFFER)?;
    socket.set_send_buffer_size(BUFFER)?;
    match socket.bind(&address.into()) {
        Ok(()) => {}
        Err(error) if ip.is_ipv6() && error.kind() == ErrorKind::AddrNotAvailable => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    }
    let socket: std::net::UdpSocket = socket.into();
    let state = UdpSocketState::new((&socket).into())?;
    socket.set_nonblocking(true)?;
    Ok(Some(Half {
        socket: UdpSocket::from_std(socket),
        state,
    }))
}

/// Datagrams to a port that the system has thrown away (`/proc/net/udp`, last column).
pub(super) fn overruns(port: u16) -> u64 {
    ["/proc/self/net/udp", "/proc/self/net/udp6"]
        .into_iter()
        .filter_map(|table| std::fs::read_to_string(table).ok())
        .map(|table| drops(&table, port))
        .sum()
}

fn drops(table: &str, port: u16) -> u64 {
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            words.nth(1).filter(|local| local.ends_with(&suffix))?;
            words.next_back()?.parse::<u64>().ok()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overruns_are_read_of_our_port_only() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            312: 00000000:C350 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 ffff 17\n\
            313: 00000000:C351 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 1 2 ffff 4\n";
        assert_eq!(drops(table, 0xc350), 17);
        assert_eq!(drops(table, 1), 0);
    }
}
