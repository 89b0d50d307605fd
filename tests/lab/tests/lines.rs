//! Lines are as slow, lossy and narrow as the scene says, measured from end to end.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    net::UdpSocket,
    thread,
    time::{Duration, Instant},
};

use common::{parse, receive, scenario, socket, with_lines};
use convene_lab::{Directions, Impairment, Laboratory, Loss};

/// Ethernet, IPv4 and UDP headers.
const HEADERS: usize = 42;
const SILENCE: Duration = Duration::from_millis(400);

/// A datagram that arrived: which, and when after the first was sent.
#[derive(Debug)]
struct Arrival {
    number: usize,
    delay: Duration,
    at: Instant,
}

/// Sends so many datagrams of a frame's size from one host to another; what arrives before a silence.
fn send(
    lab: &Laboratory,
    from: &str,
    to: &str,
    (count, octets): (usize, usize),
    pause: Duration,
) -> Vec<Arrival> {
    let (sender, receiver) = (socket(lab, from), socket(lab, to));
    thread::scope(|scope| {
        let sent = scope.spawn(|| transmit(&sender, &receiver, count, octets, pause));
        let arrived = arrivals(&receiver);
        let sent = sent.join().unwrap();
        arrived
            .into_iter()
            .map(|(number, at)| Arrival {
                number,
                delay: at - sent[number],
                at,
            })
            .collect()
    })
}

fn transmit(
    from: &UdpSocket,
    to: &UdpSocket,
    count: usize,
    octets: usize,
    pause: Duration,
) -> Vec<Instant> {
    let address = to.local_addr().unwrap();
    let mut times = Vec::new();
    for number in 0..count {
        let mut datagram = vec![0; octets - HEADERS];
        datagram[..8].copy_from_slice(&number.to_be_bytes());
        times.push(Instant::now());
        from.send_to(&datagram, address).unwrap();
        thread::sleep(pause);
    }
    times
}

fn arrivals(socket: &UdpSocket) -> Vec<(usize, Instant)> {
    let mut arrivals = Vec::new();
    let number = |word: &[u8]| usize::from_be_bytes(word[..8].try_into().unwrap());
    while let Some(arrival) = receive(socket, Instant::now() + SILENCE, |word, _| {
        Some((number(word), Instant::now()))
    }) {
        arrivals.push(arrival);
    }
    arrivals
}

fn median(mut delays: Vec<Duration>) -> f64 {
    delays.sort();
    delays[delays.len() / 2].as_secs_f64() * 1e3
}

fn delays(arrivals: &[Arrival]) -> Vec<Duration> {
    arrivals.iter().map(|arrival| arrival.delay).collect()
}

const fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn delay() {
    with_lines("delay", || {
        let lab = Laboratory::build(&scenario("bad-lines")).unwrap();
        let up = median(delays(&send(&lab, "slow", "server", (30, 200), ms(5))));
        let down = median(delays(&send(&lab, "server", "slow", (30, 200), ms(5))));
        eprintln!("40 ms: {up:.2}, 60 ms: {down:.2}");
        assert!(
            (up - 40.0).abs() < 5.0 && (down - 60.0).abs() < 5.0,
            "{up} {down}"
        );
    });
}

#[test]
fn jitter() {
    with_lines("jitter", || {
        let lab = Laboratory::build(&scenario("bad-lines")).unwrap();
        let up = send(&lab, "unsteady", "server", (100, 200), ms(5));
        let down = send(&lab, "server", "unsteady", (100, 200), ms(5));
        assert_eq!((up.len(), down.len()), (100, 100));
        assert!(up.is_sorted_by_key(|arrival| arrival.number), "in order");
        assert!(
            !down.is_sorted_by_key(|arrival| arrival.number),
            "overtaken"
        );
        let mut down = delays(&down);
        down.sort();
        let (least, early, late) = (down[0], down[10], down[89]);
        eprintln!("30 ± 20 ms: at least {least:?}, a tenth by {early:?}, a tenth after {late:?}");
        assert!(least >= ms(10), "{least:?}");
        assert!(
            early < ms(20) && (ms(40)..ms(55)).contains(&late),
            "{early:?} {late:?}"
        );
    });
}

#[test]
fn loss() {
    with_lines("loss", || {
        let lab = Laboratory::build(&scenario("bad-lines")).unwrap();
        let up = send(&lab, "lossy", "server", (100, 200), ms(1));
        let numbers: Vec<_> = up.iter().map(|arrival| arrival.number).collect();
        let expected: Vec<_> = (0..100).filter(|number| number % 4 != 3).collect();
        assert_eq!(numbers, expected);
        let down = send(&lab, "server", "lossy", (200, 200), ms(0)).len();
        let traffic = lab.traffic("lossy").unwrap();
        assert_eq!((traffic.up.passed, traffic.up.lost), (75, 25));
        assert_eq!(
            (traffic.down.passed, traffic.down.lost),
            (down as u64, 200 - down as u64)
        );
        assert!((160..200).contains(&down), "{down}");
    });
}

#[test]
fn rate() {
    with_lines("rate", || {
        let lab = Laboratory::build(&scenario("bad-lines")).unwrap();
        let up = send(&lab, "narrow", "server", (60, 1000), ms(0));
        assert_eq!(up.len(), 60);
        let kbps = 59.0 * 8.0 / (up[59].at - up[0].at).as_secs_f64();
        eprintln!("1000 kbit/s: {kbps:.1}");
        assert!((kbps - 1000.0).abs() < 100.0, "{kbps}");
        // 1000 octets take 20 ms, and 200 ms of them may wait.
        let down = send(&lab, "server", "narrow", (60, 1000), ms(0)).len();
        let traffic = lab.traffic("narrow").unwrap().down;
        assert_eq!(
            (traffic.passed, traffic.queue_full),
            (down as u64, 60 - down as u64)
        );
        assert!((11..=13).contains(&down), "{down}");
    });
}

#[test]
fn a_line_changes_in_mid_run() {
    with_lines("a_line_changes_in_mid_run", || {
        let home = "[nats.home]\nmapping = \"endpoint-independent\"\nfiltering = \"endpoint-independent\"\n";
        let scene = parse(&format!("{home}[hosts]\nann = \"home\""));
        let mut lab = Laboratory::build(&scene).unwrap();
        let mut impair = |up| {
            lab.impair(
                "home",
                Directions {
                    up,
                    ..Default::default()
                },
            )
            .map(|()| delay_of(&lab))
        };
        let perfect = impair(Impairment::default()).unwrap();
        let slow = impair(Impairment {
            delay_ms: 50,
            ..Default::default()
        })
        .unwrap();
        let again = impair(Impairment::default()).unwrap();
        eprintln!("0 ms: {perfect:.2}, 50 ms: {slow:.2}, 0 ms: {again:.2}");
        assert!(
            perfect < 5.0 && (slow - 50.0).abs() < 5.0 && again < 5.0,
            "{perfect} {slow} {again}"
        );
        assert_eq!(lab.traffic("home").unwrap().up.lost, 0);
        let lost = Impairment {
            loss: Loss::Pattern("x".to_owned()),
            ..Default::default()
        };
        lab.impair(
            "home",
            Directions {
                up: lost,
                ..Default::default()
            },
        )
        .unwrap();
        assert_eq!(send(&lab, "ann", "probe-a", (10, 200), ms(0)).len(), 0);
        assert_eq!(lab.traffic("home").unwrap().up.lost, 10);
        assert!(
            lab.traffic("ann").is_err(),
            "its own line was never touched"
        );
    });
}

fn delay_of(lab: &Laboratory) -> f64 {
    median(delays(&send(lab, "ann", "probe-a", (20, 200), ms(2))))
}

#[test]
fn what_leads_to_nobody_burdens_nobody() {
    with_lines("what_leads_to_nobody_burdens_nobody", || {
        let lab = Laboratory::build(&scenario("bad-lines")).unwrap();
        let from = socket(&lab, "server");
        for _ in 0..10 {
            from.send_to(b"hello", "192.168.77.7:7777").unwrap();
        }
        let slow = send(&lab, "server", "slow", (1, 200), ms(0));
        assert_eq!(
            (slow.len(), lab.traffic("slow").unwrap().down.passed),
            (1, 1)
        );
    });
}
