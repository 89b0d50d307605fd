//! A probe's sockets: an ephemeral port of its own, which nobody is told before the probe says so, and another one, the
//! door, for those on the server's LAN. What is sent and what follows from what comes is decided in
//! `convene_ice::Prober`.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Instant,
};

use convene_ice::{Findings, ProbeOutput, Prober};
use socket2::{Domain, Socket, Type};
use tokio::{net::UdpSocket, sync::mpsc};

/// A check of a browser has some 100 octets.
const LONGEST: usize = 1_280;

/// What a probe tells.
#[derive(Debug)]
pub enum News {
    /// He may be told this port.
    Name {
        /// Which.
        port: u16,
    },
    /// He may be told this port at our LAN's addresses.
    Door {
        /// Which.
        port: u16,
    },
    /// There he is on our LAN.
    Knocked(SocketAddr),
    /// It is over.
    Done(Findings),
}

/// Carries out a probe, until it is over or nobody can say any more where to ask (`aims` is closed).
///
/// # Errors
/// The system's, when there is no port.
pub async fn run(
    mut prober: Prober,
    mut aims: mpsc::Receiver<SocketAddr>,
    tell: mpsc::Sender<News>,
) -> io::Result<()> {
    let (socket, door) = (bind()?, bind()?);
    let port = socket.local_addr()?.port();
    let is_v6 = socket.local_addr()?.is_ipv6();
    let (mut octets, mut knocking) = ([0; LONGEST], [0; LONGEST]);
    let opened = News::Door {
        port: door.local_addr()?.port(),
    };
    // Whoever is told may be gone, as below.
    let _ = tell.send(opened).await;
    loop {
        while let Some(output) = prober.poll() {
            let news = match output {
                ProbeOutput::Send { to, octets } => {
                    // Where there is no way there is no answer either.
                    let _ = socket.send_to(&octets, suited(to, is_v6)).await;
                    continue;
                }
                ProbeOutput::Name => News::Name { port },
                ProbeOutput::Knocked(from) => News::Knocked(from),
                ProbeOutput::Done(findings) => News::Done(findings),
            };
            if tell.send(news).await.is_err() {
                return Ok(());
            }
        }
        let Some(deadline) = prober.deadline() else {
            return Ok(());
        };
        tokio::select! {
            aim = aims.recv() => match aim {
                Some(address) => prober.aim(Instant::now(), address),
                None => return Ok(()),
            },
            // A port that is closed over there is an error here; it says no more than silence.
            received = socket.recv_from(&mut octets) => if let Ok((length, from)) = received {
                prober.handle(Instant::now(), canonical(from), &octets[..length]);
            },
            received = door.recv_from(&mut knocking) => if let Ok((length, from)) = received {
                prober.knock(canonical(from), &knocking[..length]);
            },
            () = tokio::time::sleep_until(deadline.into()) => prober.handle_timeout(Instant::now()),
        }
    }
}

/// Of both families where there are both.
fn bind() -> io::Result<UdpSocket> {
    let v6 = || {
        let socket = Socket::new(Domain::IPV6, Type::DGRAM, None)?;
        socket.set_only_v6(false)?;
        socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)).into())?;
        Ok::<_, io::Error>(std::net::UdpSocket::from(socket))
    };
    let socket = v6().or_else(|_| std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)))?;
    socket.set_nonblocking(true)?;
    UdpSocket::from_std(socket)
}

fn canonical(from: SocketAddr) -> SocketAddr {
    SocketAddr::new(from.ip().to_canonical(), from.port())
}

fn suited(to: SocketAddr, is_v6: bool) -> SocketAddr {
    match to.ip() {
        IpAddr::V4(v4) if is_v6 => SocketAddr::new(v4.to_ipv6_mapped().into(), to.port()),
        _ => to,
    }
}
