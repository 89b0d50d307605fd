//! What the laboratory's own tests share: scenes of the scenarios, with two hosts for the probe.
#![allow(dead_code, clippy::unwrap_used)]

pub mod probe;

use std::{
    fs,
    net::{Ipv4Addr, UdpSocket},
    time::{Duration, Instant},
};

use convene_lab::{Laboratory, Rights, Scene, rights};

/// The probe's hosts, which every scene of these tests has.
pub const PROBES: [&str; 2] = ["probe-a", "probe-b"];

/// A test of the library: done here, or in a process that has the rights.
pub fn with_rights(test: &str, work: impl FnOnce()) {
    match if_possible() {
        Some(Rights::Enough) => work(),
        Some(Rights::After(mut again)) => {
            let status = again
                .args([test, "--exact", "--nocapture"])
                .status()
                .unwrap();
            assert!(status.success(), "{test}: {status}");
        }
        None => {}
    }
}

/// The same for tests with lines that are not perfect, which need TAP devices.
pub fn with_lines(test: &str, work: impl FnOnce()) {
    if may_make_lines() {
        with_rights(test, work);
    }
}

/// In some containers only root may, in others nobody.
pub fn may_make_lines() -> bool {
    let opened = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun");
    if let Err(error) = &opened {
        assert!(std::env::var_os("CI").is_none(), "/dev/net/tun: {error}");
        eprintln!("skipped: /dev/net/tun: {error}");
    }
    opened.is_ok()
}

/// Where nothing can be done tests are skipped; but not where all must be tested.
pub fn if_possible() -> Option<Rights> {
    let rights = rights();
    if let Err(error) = &rights {
        assert!(std::env::var_os("CI").is_none(), "{error}");
        eprintln!("skipped: {error}");
    }
    rights.ok()
}

/// One of tests/scenarios.
pub fn scenario(name: &str) -> Scene {
    let path = format!("{}/../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    parse(&fs::read_to_string(path).unwrap())
}

pub fn parse(text: &str) -> Scene {
    let mut scene = Scene::parse(text).unwrap();
    let probes = PROBES.map(|name| (name.to_owned(), "public".into()));
    scene.hosts.extend(probes);
    scene
}

/// A socket on a link of the laboratory (`host` or `host@segment`).
pub fn socket(lab: &Laboratory, link: &str) -> UdpSocket {
    let link = lab.plan().link(link).unwrap();
    bind(lab, &link.node, link.address)
}

pub fn bind(lab: &Laboratory, host: &str, address: Ipv4Addr) -> UdpSocket {
    let bound = lab
        .host(host)
        .unwrap()
        .enter(|| UdpSocket::bind((address, 0)));
    bound.unwrap().unwrap()
}

/// The first of what the socket gets until `deadline` that `wanted` takes.
pub fn receive<T>(
    socket: &UdpSocket,
    deadline: Instant,
    mut wanted: impl FnMut(&[u8], std::net::SocketAddr) -> Option<T>,
) -> Option<T> {
    let mut datagram = [0; 2048];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // No time at all would mean forever.
        socket
            .set_read_timeout(Some(left.max(Duration::from_millis(1))))
            .unwrap();
        match socket.recv_from(&mut datagram) {
            Ok((octets, from)) => {
                if let Some(found) = wanted(&datagram[..octets], from) {
                    return Some(found);
                }
            }
            Err(_) if left.is_zero() => return None,
            Err(_) => {}
        }
    }
}
