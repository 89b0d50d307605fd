//! A full ICE agent on a socket of its own, as a browser's connection has one; nothing of DTLS and of what follows it.

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use is::{
    Candidate, IceAgent, IceCreds, Protocol,
    stun::{StunMessage, StunPacket},
};
use tokio::{net::UdpSocket, sync::mpsc, task::JoinHandle};

const TICK: Duration = Duration::from_millis(20);

/// It runs until it is dropped.
pub struct Agent {
    pub address: SocketAddr,
    pub ufrag: String,
    pub password: String,
    candidates: mpsc::UnboundedSender<String>,
    running: JoinHandle<()>,
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Agent {
    /// On a port of `ip`, with the other side's credentials. If it is not `open`, it hears nobody to whom it has not
    /// sent something, as if behind a firewall.
    pub async fn start(ip: IpAddr, ufrag: &str, password: &str, open: bool) -> Self {
        let socket = UdpSocket::bind((ip, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let own = IceCreds::new();
        let mut agent = IceAgent::new(own.clone());
        agent.set_controlling(true);
        agent.set_remote_credentials(IceCreds {
            ufrag: ufrag.to_owned(),
            pass: password.to_owned(),
        });
        agent.add_local_candidate(Candidate::host(address, Protocol::Udp).unwrap());
        let (candidates, told) = mpsc::unbounded_channel();
        Self {
            address,
            ufrag: own.ufrag,
            password: own.pass,
            candidates,
            running: tokio::spawn(run(agent, socket, told, open)),
        }
    }

    /// The other side's candidate; others than for UDP are left out.
    pub fn candidate(&self, text: &str) {
        self.candidates.send(text.to_owned()).unwrap();
    }

    /// Its own, as an attribute; `shown`: the address that is declared.
    pub fn own(&self, shown: &str) -> String {
        let port = self.address.port();
        format!("candidate:1 1 udp 2113937151 {shown} {port} typ host")
    }
}

async fn run(
    mut agent: IceAgent,
    socket: UdpSocket,
    mut told: mpsc::UnboundedReceiver<String>,
    open: bool,
) {
    let address = socket.local_addr().unwrap();
    let (mut asked, mut octets) = (Vec::new(), [0; 2_000]);
    loop {
        agent.handle_timeout(Instant::now());
        while let Some(sent) = agent.poll_transmit() {
            asked.push(sent.destination);
            let _ = socket.send_to(&sent.contents, sent.destination).await;
        }
        while agent.poll_event().is_some() {}
        tokio::select! {
            text = told.recv() => if let Some(text) = text {
                let candidate = Candidate::from_sdp_string(&text).unwrap();
                if candidate.proto() == Protocol::Udp {
                    agent.add_remote_candidate(candidate);
                }
            },
            received = socket.recv_from(&mut octets) => if let Ok((length, source)) = received
                && (open || asked.contains(&source))
                && let Ok(message) = StunMessage::parse(&octets[..length])
            {
                let packet = StunPacket { proto: Protocol::Udp, source, destination: address, message };
                agent.handle_packet(Instant::now(), packet);
            },
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

/// An answer to a leg's offer.
pub fn answer(offer: &str, agent: &Agent) -> String {
    let lines = offer.lines().filter_map(|line| {
        let (name, _) = line.split_once(':').unwrap_or((line, ""));
        Some(match name {
            "a=ice-ufrag" => format!("a=ice-ufrag:{}", agent.ufrag),
            "a=ice-pwd" => format!("a=ice-pwd:{}", agent.password),
            "a=setup" => "a=setup:active".to_owned(),
            "a=sendonly" => "a=recvonly".to_owned(),
            "a=recvonly" => "a=sendonly".to_owned(),
            "a=candidate" | "a=ice-lite" | "a=ssrc" | "a=ssrc-group" | "a=msid" => return None,
            _ => line.to_owned(),
        })
    });
    lines.map(|line| line + "\r\n").collect()
}

/// The value of an attribute.
pub fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    let prefix = format!("a={name}:");
    sdp.lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .unwrap_or_else(|| panic!("no {name} in {sdp}"))
}
