//! Connections with each other, over loopback.

use std::{net::Ipv4Addr, time::Duration};

use tokio::task::LocalSet;

use super::*;

const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(5);

fn on_loopback(story: impl Future<Output = ()>) {
    str0m::crypto::from_feature_flags().install_process_default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let told = async { time::timeout(2 * PATIENCE, story).await };
    let told = LocalSet::new().block_on(&runtime, told);
    told.expect("the story comes to its end");
}

fn ground(stun: Option<SocketAddr>) -> Ground {
    Ground {
        home: Ipv4Addr::LOCALHOST.into(),
        stun,
    }
}

/// A connection, and what it has told.
fn open(part: Part, stun: Option<SocketAddr>) -> (Connection, mpsc::UnboundedReceiver<Told>) {
    let (told, all) = mpsc::unbounded_channel();
    let tell = move |what| {
        let _ = told.send(what);
    };
    (Connection::open(ground(stun), part, tell), all)
}

async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let wait = async {
        while !so() {
            time::sleep(LOOK).await;
        }
    };
    let waited = time::timeout(PATIENCE, wait).await;
    waited.unwrap_or_else(|_| panic!("not in time: {what}"));
}

fn carry(told: &mut mpsc::UnboundedReceiver<Told>, to: &Connection) {
    while let Ok(what) = told.try_recv() {
        match what {
            Told::Offer(sdp) => to.receive(Word::Offer(sdp)),
            Told::Answer(sdp) => to.receive(Word::Answer(sdp)),
            Told::Candidate(_) | Told::Credentials(_) => {}
        }
    }
}

#[test]
fn one_that_offers_and_one_that_answers_connect_and_name_their_candidates() {
    on_loopback(async {
        let (one, mut of_one) = open(Part::Offer, None);
        let (other, mut of_other) = open(Part::Answer, None);
        until("both are up", || {
            carry(&mut of_one, &other);
            carry(&mut of_other, &one);
            one.seen().up && other.seen().up
        })
        .await;
        until("both know their ways", || {
            one.seen().selected.is_some() && other.seen().selected.is_some()
        })
        .await;
        let (of_one, of_other) = (one.seen().selected, other.seen().selected);
        assert_eq!(of_one, of_other.map(|(local, remote)| (remote, local)));
    });
}

#[test]
fn what_is_no_description_ends_it_and_a_strange_candidate_does_not() {
    on_loopback(async {
        let (one, _told) = open(Part::Answer, None);
        for strange in ["", "candidate:1 1 udp 1 name.local 9 typ host", "no"] {
            one.receive(Word::Candidate(strange.into()));
        }
        one.receive(Word::Answer("v=0".into()));
        until("it has ended", || one.seen().ended.is_some()).await;
        let ended = one.seen().ended.clone();
        assert!(ended.is_some_and(|cause| cause.contains("an answer to nothing")));
    });
}

/// Where a STUN server of ours sees everybody.
const SEEN: [u8; 12] = [
    0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
];

#[test]
fn one_that_is_probed_answers_checks_and_tells_where_it_is_seen() {
    on_loopback(async {
        let server = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let server = server.expect("a socket");
        let stun = server.local_addr().expect("an address");
        spawn_local(async move {
            let mut octets = [0; 100];
            while let Ok((length, from)) = server.recv_from(&mut octets).await {
                let answer = [&[1, 1, 0, 12], &octets[4..length], &SEEN].concat();
                let _ = server.send_to(&answer, from).await;
            }
        });
        let prober = IceCreds::new();
        let (_probed, mut told) = open(Part::Probed(prober.clone()), Some(stun));
        let Some(Told::Credentials(own)) = told.recv().await else {
            panic!("credentials come first");
        };
        let mut candidates = Vec::new();
        while candidates.len() < 2 {
            if let Some(Told::Candidate(candidate)) = told.recv().await {
                candidates.push(candidate);
            }
        }
        assert!(
            candidates[1].contains("192.0.2.1 32853 typ srflx"),
            "{candidates:?}"
        );
        answers(&candidates[0], own, prober).await;
    });
}

/// An ICE agent of another's gets an answer there.
async fn answers(candidate: &str, probed: IceCreds, prober: IceCreds) {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await;
    let socket = socket.expect("a socket");
    let address = socket.local_addr().expect("an address");
    let mut rtc = Rtc::new(Instant::now());
    let mut direct = rtc.direct_api();
    direct.set_local_ice_credentials(prober);
    direct.set_remote_ice_credentials(probed);
    rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
    rtc.add_remote_candidate(Candidate::from_sdp_string(candidate).expect("a candidate"));
    let begun = Instant::now();
    let mut octets = [0; 500];
    while begun.elapsed() < PATIENCE {
        rtc.handle_input(Input::Timeout(Instant::now()))
            .expect("input");
        loop {
            match rtc.poll_output().expect("output") {
                Output::Timeout(_) => break,
                Output::Event(_) => {}
                Output::Transmit(packet) => {
                    let sent = socket.send_to(&packet.contents, packet.destination);
                    sent.await.expect("sent");
                }
            }
        }
        let answer = time::timeout(LOOK, socket.recv_from(&mut octets)).await;
        // A success response to a check (RFC 8489 section 5).
        if answer.is_ok_and(|answer| answer.is_ok()) && octets[..2] == [1, 1] {
            return;
        }
    }
    panic!("no answer to a check");
}
