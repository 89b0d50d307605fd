//! What is cut does not get through, and nothing else is; the sender is told nothing.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use common::{
    probe::{Probe, seen_at},
    receive, scenario, socket, with_rights,
};
use convene_lab::{Behaviour, Cut, Laboratory, Protocol, SceneError};

fn cut(from: &str, to: &str, proto: Protocol, both: bool) -> Cut {
    let name = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    Cut {
        from: name(from),
        to: name(to),
        proto,
        both,
    }
}

/// Whether UDP gets from one host to another.
fn reaches(lab: &Laboratory, from: &str, to: &str) -> bool {
    seen_at(&socket(lab, from), &socket(lab, to)).is_some()
}

/// Whether an answer by UDP gets back.
fn is_answered(lab: &Laboratory, from: &str, by: &str) -> bool {
    let (asks, answers) = (socket(lab, from), socket(lab, by));
    let Some(seen) = seen_at(&asks, &answers) else {
        return false;
    };
    answers.send_to(b"answer", seen).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_millis(300);
    receive(&asks, deadline, |word, _| (word == b"answer").then_some(())).is_some()
}

/// Whether TCP gets there and back.
fn connects(lab: &Laboratory, from: &str, to: &str) -> bool {
    let address = lab.plan().link(to).unwrap().address;
    let listen = || -> io::Result<(TcpListener, SocketAddr)> {
        let listener = TcpListener::bind((address, 0))?;
        let at = listener.local_addr()?;
        Ok((listener, at))
    };
    let (_listener, at) = lab.host(to).unwrap().enter(listen).unwrap().unwrap();
    let connect = || TcpStream::connect_timeout(&at, Duration::from_millis(700)).is_ok();
    lab.host(from).unwrap().enter(connect).unwrap()
}

#[test]
fn udp_is_blocked_towards_some() {
    with_rights("udp_is_blocked_towards_some", || {
        let mut lab = Laboratory::build(&scenario("blocked-udp")).unwrap();
        assert!(!reaches(&lab, "ann", "bob") && !reaches(&lab, "bob", "ann"));
        assert!(connects(&lab, "ann", "bob"));
        let probe = Probe::new(&lab);
        assert_eq!(probe.behaviour(&lab, "ann"), Some(Behaviour::OPEN));
        assert_eq!(probe.behaviour(&lab, "cid"), None);
        assert!(connects(&lab, "cid", "server"));

        lab.mend(Some(&cut("ann", "bob", Protocol::Udp, true)))
            .unwrap();
        assert!(reaches(&lab, "ann", "bob") && reaches(&lab, "bob", "ann"));
        assert!(!reaches(&lab, "cid", "server"));
        lab.mend(None).unwrap();
        assert!(reaches(&lab, "cid", "server"));
    });
}

#[test]
fn one_of_two_behind_a_nat_is_cut_off() {
    with_rights("one_of_two_behind_a_nat_is_cut_off", || {
        let mut lab = Laboratory::build(&scenario("shared-lan")).unwrap();
        assert!(is_answered(&lab, "ann", "probe-a"));
        lab.cut(cut("probe-a", "ann", Protocol::Any, false))
            .unwrap();
        assert!(!is_answered(&lab, "ann", "probe-a"));
        assert!(reaches(&lab, "ann", "probe-a"), "only one way is cut");
        assert!(!connects(&lab, "ann", "probe-a"));
        assert!(is_answered(&lab, "bob", "probe-a"));
        assert!(is_answered(&lab, "ann", "probe-b"));
        lab.cut(cut("ann", "bob", Protocol::Tcp, false)).unwrap();
        assert!(reaches(&lab, "ann", "bob"));
        assert!(!connects(&lab, "ann", "bob"), "within the LAN, too");
    });
}

#[test]
fn a_cable_is_cut_in_silence() {
    with_rights("a_cable_is_cut_in_silence", || {
        let mut lab = Laboratory::build(&scenario("cone")).unwrap();
        let all = cut("", "ann-home", Protocol::Any, true);
        lab.cut(all.clone()).unwrap();
        assert!(!reaches(&lab, "ann", "probe-a") && !connects(&lab, "ann", "probe-a"));
        assert!(reaches(&lab, "bob", "probe-a"));
        lab.mend(Some(&all)).unwrap();
        assert!(is_answered(&lab, "ann", "probe-a"));
    });
}

#[test]
fn a_wrong_cut_changes_nothing() {
    with_rights("a_wrong_cut_changes_nothing", || {
        let mut lab = Laboratory::build(&scenario("cone")).unwrap();
        let wrong = lab
            .cut(cut("ann", "nobody", Protocol::Any, true))
            .unwrap_err();
        assert_eq!(wrong.to_string(), "there is no host `nobody`");
        let never = lab
            .mend(Some(&cut("ann", "bob", Protocol::Any, true)))
            .unwrap_err();
        assert!(never.to_string().starts_with("this is not cut"), "{never}");
        lab.cut(cut("ann", "server", Protocol::Udp, false)).unwrap();
        assert!(!reaches(&lab, "ann", "server"));
        assert_eq!(
            lab.host("nobody").unwrap_err(),
            SceneError::Unknown {
                what: "host, NAT or firewall",
                name: "nobody".to_owned(),
            }
        );
    });
}
