//! Where a member's sockets are: on the host's own address, and where a STUN server sees them.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use str0m::Candidate;
use tokio::{
    net::{UdpSocket, lookup_host},
    time::timeout,
};

use super::{cannot, stun};
use crate::error::LoadError;

const PATIENCE: Duration = Duration::from_millis(250);
const REQUESTS: usize = 4;

/// Where connections begin.
#[derive(Clone, Copy, Debug)]
pub struct Ground {
    /// The address that the service is spoken to from.
    pub home: IpAddr,
    /// Whom connections ask for their own address.
    pub stun: Option<SocketAddr>,
}

/// The address by which this host speaks to `other`: nothing is sent to find out.
///
/// # Errors
/// The system's, where there is no way.
pub fn home(other: SocketAddr) -> Result<IpAddr, LoadError> {
    let ask = || {
        let socket = std::net::UdpSocket::bind(match other {
            SocketAddr::V4(_) => "0.0.0.0:0",
            SocketAddr::V6(_) => "[::]:0",
        })?;
        socket.connect(other)?;
        Ok(socket.local_addr()?.ip())
    };
    ask().map_err(LoadError::io(format!("looking for a way to {other}")))
}

/// Whether an address is this host's own: then one can listen there.
pub fn is_own(address: IpAddr) -> bool {
    std::net::UdpSocket::bind((address, 0)).is_ok()
}

/// The first of these servers that has an address.
pub async fn stun_server(urls: &[String]) -> Option<SocketAddr> {
    for place in urls.iter().filter_map(|url| url.strip_prefix("stun:")) {
        if let Ok(mut found) = lookup_host(place).await
            && let Some(address) = found.next()
        {
            return Some(address);
        }
    }
    None
}

/// A socket with its candidates: of type host, and srflx where a STUN server answers.
///
/// # Errors
/// The system's, when there is no socket.
pub async fn gather(ground: Ground) -> Result<(UdpSocket, Vec<Candidate>), LoadError> {
    let bound = UdpSocket::bind((ground.home, 0)).await;
    let socket = bound.map_err(LoadError::io("binding a member's socket"))?;
    let base = address_of(&socket)?;
    let mut candidates = vec![Candidate::host(base, "udp").map_err(cannot)?];
    if let Some(server) = ground.stun
        && let Some(seen) = seen_by(&socket, server).await
    {
        let reflexive = Candidate::server_reflexive(seen, base, "udp");
        candidates.push(reflexive.map_err(cannot)?);
    }
    Ok((socket, candidates))
}

/// Where a socket is.
///
/// # Errors
/// The system's.
pub fn address_of(socket: &UdpSocket) -> Result<SocketAddr, LoadError> {
    socket
        .local_addr()
        .map_err(LoadError::io("asking where a socket is"))
}

/// Nothing else comes to a socket that nobody has been told of yet.
async fn seen_by(socket: &UdpSocket, server: SocketAddr) -> Option<SocketAddr> {
    for _ in 0..REQUESTS {
        let mut id = stun::Id::default();
        getrandom::fill(&mut id).ok()?;
        if socket.send_to(&stun::request(id), server).await.is_err() {
            continue;
        }
        if let Ok(Ok(seen)) = timeout(PATIENCE, answer(socket, id)).await {
            return Some(seen);
        }
    }
    None
}

async fn answer(socket: &UdpSocket, id: stun::Id) -> io::Result<SocketAddr> {
    let mut octets = [0; 512];
    loop {
        let (length, _) = socket.recv_from(&mut octets).await?;
        if let Some(seen) = stun::mapped(&octets[..length], id) {
            return Ok(seen);
        }
    }
}
