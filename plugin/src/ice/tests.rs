use super::*;
use gst_webrtc::WebRTCICEConnectionState;
use std::{net::UdpSocket, sync::mpsc::Receiver, time::Instant};

/// Does something when it is dropped.
struct Will<F: FnMut()>(F);

impl<F: FnMut()> Drop for Will<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn socket() -> IceSocket {
    gst::init().unwrap();
    IceSocket::bind(&IceSocketConfig::default()).unwrap()
}

/// A stream that keeps something until it goes, which happens on the I/O thread.
fn keep<T: Send + Sync + 'static>(socket: &IceSocket, kept: T) -> StreamId {
    let observer = move |_| {
        let _ = &kept;
    };
    let lane = Arc::new(socket.lane(Box::new(observer)));
    let local = Credentials {
        ufrag: lane.id.0.to_string(),
        password: "a password".into(),
    };
    let streams = socket.stats().streams;
    socket.set_local(&lane, local);
    let id = lane.id;
    until("taken over", || socket.stats().streams > streams);
    id
}

fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !is_true() {
        assert!(Instant::now() < deadline, "not {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn wait(told: &Receiver<()>) {
    told.recv_timeout(Duration::from_secs(20)).unwrap();
}

/// It would wait for the other thread, which ends after it.
#[test]
fn the_last_of_a_socket_may_go_on_its_own_thread() {
    let socket = socket();
    let port = socket.port();
    let ((reached, at_first), (go, told_to_go)) = (mpsc::channel(), mpsc::channel());
    let told_to_go = Mutex::new(told_to_go);
    let first = keep(
        &socket,
        Will(move || {
            reached.send(()).unwrap();
            wait(&lock(&told_to_go));
        }),
    );
    let second = keep(&socket, socket.clone());
    socket.remove(first);
    socket.remove(second);
    wait(&at_first);
    drop(socket);
    go.send(()).unwrap();
    until("closed", || UdpSocket::bind(("0.0.0.0", port)).is_ok());
}

#[test]
fn a_panic_on_the_io_thread_ends_nobody_elses_stream() {
    let socket = socket();
    let other = keep(&socket, ());
    let bad = keep(&socket, Will(|| panic!("on purpose")));
    socket.remove(bad);
    until("counted", || socket.stats().panics == 1);
    assert_eq!(socket.stats().streams, 1);
    socket.remove(other);
    until("served", || socket.stats().streams == 0);
}

#[test]
fn a_broken_socket_fails_its_streams() {
    let socket = socket();
    let (tell, told) = mpsc::channel();
    let made = socket.webrtcbin(move |event| tell.send(event.kind).unwrap());
    let (_webrtcbin, agent) = made.unwrap();
    agent.imp().add_stream(0);
    let (lane, transport) = (agent.lane(0).unwrap(), agent.imp().transport(0).unwrap());
    // webrtcbin's own elements would have entered.
    lane.enter(Some(lane::Entry {
        source: gst::Bin::new().upcast(),
        pad: gst::Pad::new(gst::PadDirection::Sink),
    }));
    lane.fail();
    assert_eq!(told.try_recv(), Ok(IceEventKind::Lost));
    let transport = transport.upcast_ref::<WebRTCICETransport>();
    assert_eq!(transport.state(), WebRTCICEConnectionState::Failed);
}
