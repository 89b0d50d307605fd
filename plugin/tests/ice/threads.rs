//! The socket's two threads: neither is lost, and the one that reads waits for nobody.

use std::{
    net::UdpSocket,
    sync::{Arc, Mutex, mpsc},
    thread,
};

use gst::prelude::*;
use gstconvene::ice::{IceAgent, IceEventKind, Transport};

use crate::{
    counted,
    peer::Peer,
    side::{SOON, Side, until},
    socket,
};

#[test]
fn an_observer_who_panics_harms_nobody_else() {
    let socket = socket();
    let (ann, mallory) = (Side::answered(&socket), Side::answered(&socket));
    let book = mallory.book();
    let poisoned = thread::spawn(move || {
        let _book = book.lock().unwrap();
        panic!("so that his observer panics, whatever he is told");
    });
    assert!(poisoned.join().is_err());
    let mut bad = Peer::connect(Transport::Udp, socket.port());
    bad.check(&mallory.credentials());
    until("counted", || socket.stats().panics > 0);
    let mut good = Peer::connect(Transport::Udp, socket.port());
    good.check(&ann.credentials());
    let is_selected = |kind: &IceEventKind| matches!(kind, IceEventKind::Selected { .. });
    until("told", || ann.told().iter().any(is_selected));
}

/// A step of DTLS takes milliseconds, and keeps the pad that media of the same stream goes through.
#[test]
fn a_handshake_that_takes_its_time_keeps_nobody_waiting() {
    let socket = socket();
    let (ann, mallory) = (Side::answered(&socket), Side::answered(&socket));
    let (mut good, mut bad) = (
        Peer::connect(Transport::Udp, socket.port()),
        Peer::connect(Transport::Udp, socket.port()),
    );
    for (peer, side) in [(&mut good, &ann), (&mut bad, &mallory)] {
        peer.check(&side.credentials());
        peer.mapped_address();
    }
    let ((reached, in_dtls), (go, told_to_go)) = (mpsc::channel(), mpsc::channel::<()>());
    let dtls = mallory.element("dtlsdec").static_pad("sink").unwrap();
    let told_to_go = Mutex::new(told_to_go);
    dtls.add_probe(gst::PadProbeType::BUFFER, move |_, _| {
        let _ = reached.send(());
        let _ = told_to_go.lock().unwrap().recv();
        gst::PadProbeReturn::Drop
    });
    bad.send(&[22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    in_dtls.recv_timeout(SOON).unwrap();
    for number in 0..40 {
        bad.send(&[0x80, 111, 0, number, 0, 0, 0, 0, 0, 0, 0, 7, 1, 2, 3]);
    }
    good.check(&ann.credentials());
    assert_eq!(good.mapped_address(), good.address());
    // His own waits, as far as there is room, and is taken when the step has ended.
    until("bounded", || counted(&socket, "handshake-queue") == 40 - 32);
    let before = counted(&socket, "delivered");
    drop(go);
    until("taken", || counted(&socket, "delivered") >= before + 33);
}

#[test]
fn an_event_may_outlive_its_socket() {
    let socket = socket();
    let port = socket.port();
    let ((reached, in_event), (go, told_to_go)) = (mpsc::channel(), mpsc::channel::<()>());
    let (kept, told_to_go) = (socket.clone(), Mutex::new(told_to_go));
    let made = socket.webrtcbin(move |_| {
        let _ = (&kept, reached.send(()));
        let _ = told_to_go.lock().unwrap().recv();
    });
    let mut side = Side::of(made.unwrap(), Arc::default());
    side.offer();
    let mut peer = Peer::connect(Transport::Udp, port);
    peer.check(&side.credentials());
    in_event.recv_timeout(SOON).unwrap();
    let agent = side.agent.downgrade();
    side.end();
    drop(side);
    until("disposed", || agent.upgrade().is_none());
    drop(socket);
    drop(go);
    until("closed", || UdpSocket::bind(("0.0.0.0", port)).is_ok());
}

/// webrtcbin takes whatever it gets for a stream.
#[test]
fn an_agent_that_no_socket_has_made_reaches_nobody() {
    gst::init().unwrap();
    let agent = glib::Object::new::<IceAgent>();
    let webrtcbin = gst::ElementFactory::make("webrtcbin")
        .property("ice-agent", &agent)
        .build()
        .unwrap();
    // It gives back one more reference than it takes (1.22 to 1.28).
    std::mem::forget(agent.clone());
    let mut side = Side::of((webrtcbin, agent), Arc::default());
    side.offer();
    assert_eq!(side.remote(), None);
}
