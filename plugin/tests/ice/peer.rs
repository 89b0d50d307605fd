//! The other end: it sends connectivity checks and reads the answers.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream, UdpSocket},
};

use gstconvene::ice::Transport;
use is::{
    DefaultSha1HmacProvider, Sha1HmacProvider,
    stun::{StunMessage, TransId},
};

use crate::side::SOON;

pub const PEER_UFRAG: &str = "peer-ufrag";

/// What a check for a side has to know.
#[derive(Clone)]
pub struct Known {
    pub ufrag: String,
    pub password: String,
}

enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream),
}

pub struct Peer(Wire);

impl Peer {
    pub fn connect(transport: Transport, port: u16) -> Self {
        let server = SocketAddr::from(([127, 0, 0, 1], port));
        Self(match transport {
            Transport::Udp => {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                socket.connect(server).unwrap();
                socket.set_read_timeout(Some(SOON)).unwrap();
                Wire::Udp(socket)
            }
            Transport::Tcp => {
                let stream = TcpStream::connect(server).unwrap();
                stream.set_read_timeout(Some(SOON)).unwrap();
                Wire::Tcp(stream)
            }
        })
    }

    pub fn address(&self) -> SocketAddr {
        match &self.0 {
            Wire::Udp(socket) => socket.local_addr(),
            Wire::Tcp(stream) => stream.local_addr(),
        }
        .unwrap()
    }

    pub fn check(&mut self, known: &Known) {
        self.send(&check(known));
    }

    /// What the next answer says.
    pub fn mapped_address(&mut self) -> SocketAddr {
        loop {
            let octets = self.receive();
            // The other side may have begun with DTLS.
            if octets[0] < 4 {
                let answer = StunMessage::parse(&octets).unwrap();
                assert!(answer.is_successful_binding_response());
                return answer.mapped_address().unwrap();
            }
        }
    }

    pub fn hears_nothing(&mut self) -> bool {
        match &self.0 {
            Wire::Udp(socket) => {
                socket.set_nonblocking(true).unwrap();
                socket.recv(&mut [0; 10]).is_err()
            }
            Wire::Tcp(_) => unreachable!("only datagrams are listened to so"),
        }
    }

    pub fn send(&mut self, octets: &[u8]) {
        match &mut self.0 {
            Wire::Udp(socket) => {
                socket.send(octets).unwrap();
            }
            Wire::Tcp(stream) => {
                let length = u16::try_from(octets.len()).unwrap();
                stream.write_all(&length.to_be_bytes()).unwrap();
                stream.write_all(octets).unwrap();
            }
        }
    }

    fn receive(&mut self) -> Vec<u8> {
        match &mut self.0 {
            Wire::Udp(socket) => {
                let mut octets = vec![0; 2_000];
                let length = socket.recv(&mut octets).unwrap();
                octets.truncate(length);
                octets
            }
            Wire::Tcp(stream) => {
                let mut length = [0; 2];
                stream.read_exact(&mut length).unwrap();
                let mut octets = vec![0; u16::from_be_bytes(length).into()];
                stream.read_exact(&mut octets).unwrap();
                octets
            }
        }
    }
}

pub fn check(known: &Known) -> Vec<u8> {
    let username = format!("{}:{PEER_UFRAG}", known.ufrag);
    let message =
        StunMessage::binding_request(&username, TransId::new(), true, 7, 1_853_824_767, true);
    let mut octets = vec![0; 500];
    let hmac = |key: &[u8], parts: &[&[u8]]| DefaultSha1HmacProvider.sha1_hmac(key, parts);
    let length = message
        .to_bytes(Some(known.password.as_bytes()), &mut octets, hmac)
        .unwrap();
    octets.truncate(length);
    octets
}

/// A Binding request without anything (RFC 8489).
pub fn plain_request() -> Vec<u8> {
    [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[9; 12]].concat()
}

/// Datagrams of all the kinds that share the port, none of them right.
pub fn hostile(count: usize, known: &Known) -> impl Iterator<Item = Vec<u8>> {
    let wrong = Known {
        password: "a guess".into(),
        ..known.clone()
    };
    (0..count).map(move |number| {
        let mut octets = match number % 5 {
            0 => check(&wrong),
            1 => [&[0x80, 111][..], &[number as u8; 60]].concat(),
            2 => [&[22, 254, 253][..], &[number as u8; 200]].concat(),
            3 => vec![number as u8; number % 3_000],
            _ => plain_request(),
        };
        if number % 7 == 0 && octets.len() > 20 {
            let place = number % octets.len();
            octets[place] ^= 0x55;
        }
        octets
    })
}
