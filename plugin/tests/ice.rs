//! The ICE agent under a real webrtcbin, with a peer who speaks STUN only.

#![allow(clippy::unwrap_used)]

#[path = "ice/behind_srtp.rs"]
mod behind_srtp;
#[path = "ice/caller.rs"]
mod caller;
#[path = "ice/peer.rs"]
mod peer;
#[path = "ice/side.rs"]
mod side;
#[path = "ice/threads.rs"]
mod threads;

use std::{
    io::{ErrorKind, Read},
    net::{SocketAddr, TcpListener, TcpStream, UdpSocket},
};

use gst::prelude::*;
use gst_webrtc::WebRTCICEConnectionState;
use gstconvene::ice::{IceEventKind, IceSocket, IceSocketConfig, Remote, Transport};
use peer::Peer;
use side::{Side, until};

fn socket() -> IceSocket {
    gst::init().unwrap();
    let config = IceSocketConfig {
        tcp_port: Some(0),
        ..IceSocketConfig::default()
    };
    IceSocket::bind(&config).unwrap()
}

#[test]
fn all_webrtcbins_offer_the_one_port() {
    let socket = socket();
    let sides = [Side::offering(&socket), Side::offering(&socket)];
    let port = socket.port().to_string();
    assert_eq!(socket.tcp_port(), Some(socket.port()));
    for side in &sides {
        let candidates = side.candidates(&socket);
        for candidate in &candidates {
            assert_eq!(candidate.split(' ').nth(5), Some(&*port), "{candidate}");
        }
        let tcp = |text: &String| text.contains(" TCP ") && text.ends_with("tcptype passive");
        assert!(candidates.iter().any(tcp));
    }
    assert_ne!(sides[0].ufrag(), sides[1].ufrag());
}

#[test]
fn a_check_connects_and_everything_is_told() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let socket = socket();
        let side = Side::answered(&socket);
        let mut peer = Peer::connect(transport, socket.port());
        let remote = Remote {
            transport,
            address: peer.address(),
        };
        peer.check(&side.credentials());
        assert_eq!(peer.mapped_address(), peer.address());
        let is_selected = |kind: &IceEventKind| matches!(kind, IceEventKind::Selected { remote: r, .. } if *r == remote);
        until("selected", || side.told().iter().any(is_selected));
        let first = side.told()[0];
        assert!(matches!(first, IceEventKind::Checked { remote: r, .. } if r == remote));
        until("connected", || {
            side.webrtcbin
                .property::<WebRTCICEConnectionState>("ice-connection-state")
                == WebRTCICEConnectionState::Connected
        });
        assert_eq!(side.remote(), Some(peer.address()));
    }
}

#[test]
fn a_peer_who_moves_keeps_his_stream() {
    let socket = socket();
    let side = Side::answered(&socket);
    let mut home = Peer::connect(Transport::Udp, socket.port());
    home.check(&side.credentials());
    home.mapped_address();
    let mut roaming = Peer::connect(Transport::Udp, socket.port());
    roaming.check(&side.credentials());
    roaming.mapped_address();
    until("the pair moved", || {
        side.remote() == Some(roaming.address())
    });
}

#[test]
fn whoever_has_not_the_password_gets_no_answer_and_moves_nothing() {
    let socket = socket();
    let (ann, bob) = (Side::answered(&socket), Side::answered(&socket));
    let mut peer = Peer::connect(Transport::Udp, socket.port());
    peer.check(&ann.credentials());
    peer.mapped_address();
    until("selected", || ann.remote() == Some(peer.address()));
    let mut mallory = Peer::connect(Transport::Udp, socket.port());
    let mut stolen = ann.credentials();
    stolen.password = bob.credentials().password;
    mallory.check(&stolen);
    until("counted", || counted(&socket, "unauthenticated") == 1);
    assert!(mallory.hears_nothing());
    assert_eq!(ann.remote(), Some(peer.address()));
}

#[test]
fn strangers_learn_their_address() {
    let socket = socket();
    for (local, length) in [("127.0.0.1:0", 32), ("[::1]:0", 44)] {
        let stranger = UdpSocket::bind(local).unwrap();
        let mut server = stranger.local_addr().unwrap();
        server.set_port(socket.port());
        stranger.set_read_timeout(Some(side::SOON)).unwrap();
        stranger.send_to(&peer::plain_request(), server).unwrap();
        let mut answer = [0; 100];
        let (received, from) = stranger.recv_from(&mut answer).unwrap();
        assert_eq!((received, from), (length, server));
    }
}

#[test]
fn a_connection_without_a_check_is_closed() {
    let socket = socket();
    let mut silent = TcpStream::connect(("127.0.0.1", socket.port())).unwrap();
    let mut rude = TcpStream::connect(("127.0.0.1", socket.port())).unwrap();
    std::io::Write::write_all(&mut rude, &[0xff; 40]).unwrap();
    for stream in [&mut rude, &mut silent] {
        stream.set_read_timeout(Some(side::SOON)).unwrap();
        assert_eq!(stream.read(&mut [0; 10]).unwrap_or(0), 0);
    }
    until("none left", || socket.stats().connections == 0);
}

/// They come from as many addresses as they like.
#[test]
fn strangers_of_one_network_get_so_many_connections() {
    let socket = socket();
    let server = SocketAddr::from(([127, 0, 0, 1], socket.port()));
    let mut strangers: Vec<_> = (0..40)
        .map(|n| connection([127, 0, 0, n + 2], server))
        .collect();
    let mut other = connection([127, 0, 1, 1], server);
    let mut most = 0;
    until("refused, and the other taken", || {
        let open = socket.stats().connections;
        most = most.max(open);
        strangers.retain_mut(is_open);
        strangers.len() <= 32 && open == 33
    });
    assert_eq!(most, 33);
    assert!(is_open(&mut other));
}

fn connection(from: [u8; 4], to: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket.into()
}

fn is_open(connection: &mut TcpStream) -> bool {
    let read = connection.read(&mut [0]);
    read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn no_flood_disturbs_a_stream() {
    let socket = socket();
    let side = Side::answered(&socket);
    let mut peer = Peer::connect(Transport::Udp, socket.port());
    peer.check(&side.credentials());
    peer.mapped_address();
    let flood = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = SocketAddr::from(([127, 0, 0, 1], socket.port()));
    for (number, octets) in peer::hostile(30_000, &side.credentials()).enumerate() {
        // What the system has no room for is lost, as on any network.
        let _ = flood.send_to(&octets, server);
        if number % 1_000 == 0 {
            peer.check(&side.credentials());
            assert_eq!(peer.mapped_address(), peer.address());
        }
    }
    assert_eq!(side.remote(), Some(peer.address()));
    let stats = socket.stats();
    let by_name = |name| counted(&socket, name);
    assert!(
        by_name("unknown-sender") > 0 && by_name("malformed-stun") > 0,
        "{stats:?}"
    );
    assert!(
        by_name("unauthenticated") > 0 && by_name("unknown-kind") > 0,
        "{stats:?}"
    );
}

#[test]
fn a_hostile_peer_harms_nobody_but_himself() {
    let socket = socket();
    let (ann, mallory) = (Side::answered(&socket), Side::answered(&socket));
    let mut good = Peer::connect(Transport::Udp, socket.port());
    let mut bad = Peer::connect(Transport::Udp, socket.port());
    for (peer, side) in [(&mut good, &ann), (&mut bad, &mallory)] {
        peer.check(&side.credentials());
        peer.mapped_address();
    }
    for (number, octets) in peer::hostile(10_000, &mallory.credentials()).enumerate() {
        bad.send(&octets);
        if number % 500 == 0 {
            good.check(&ann.credentials());
            assert_eq!(good.mapped_address(), good.address());
        }
    }
    assert_eq!(ann.remote(), Some(good.address()));
    // Whatever his own pipeline made of them, they were sorted and went nowhere else.
    let his = ["delivered", "not-taken", "handshake-queue"];
    let sorted = || {
        his.iter()
            .map(|ending| counted(&socket, ending))
            .sum::<u64>()
    };
    until("sorted", || sorted() > 0);
}

#[test]
fn from_every_state_an_end_leaves_nothing() {
    let socket = socket();
    for state in 0..4 {
        let mut side = match state {
            0 => Side::new(&socket),
            1 => Side::offering(&socket),
            _ => Side::answered(&socket),
        };
        if state == 3 {
            let mut peer = Peer::connect(Transport::Tcp, socket.port());
            peer.check(&side.credentials());
            peer.mapped_address();
        }
        let agent = side.agent.downgrade();
        let webrtcbin = side.webrtcbin.downgrade();
        side.end();
        drop(side);
        until("disposed", || {
            agent.upgrade().is_none() && webrtcbin.upgrade().is_none()
        });
        until("forgotten", || {
            let stats = socket.stats();
            (stats.streams, stats.connections) == (0, 0)
        });
    }
    let port = socket.port();
    drop(socket);
    UdpSocket::bind(("0.0.0.0", port)).unwrap();
    TcpListener::bind(("0.0.0.0", port)).unwrap();
}

#[test]
fn a_check_after_webrtcbin_has_gone_harms_nobody() {
    let socket = socket();
    let mut side = Side::answered(&socket);
    let (agent, known) = (side.agent.clone(), side.credentials());
    let book = side.book();
    side.end();
    drop(side);
    let mut peer = Peer::connect(Transport::Udp, socket.port());
    peer.check(&known);
    peer.mapped_address();
    // By then webrtcbin's part of it would have been told.
    until("told", || book.lock().unwrap().len() == 2);
    drop(agent);
    until("forgotten", || socket.stats().streams == 0);
}

#[test]
fn a_port_that_is_taken_is_an_error() {
    let socket = socket();
    let again = IceSocketConfig {
        port: socket.port(),
        ..IceSocketConfig::default()
    };
    let error = IceSocket::bind(&again).err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

fn counted(socket: &IceSocket, name: &str) -> u64 {
    let packets = socket.stats().packets;
    let found = packets.iter().find(|(ending, _)| *ending == name);
    found.map_or(0, |(_, count)| *count)
}
