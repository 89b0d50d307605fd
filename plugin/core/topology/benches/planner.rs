//! What the planner achieves and how long it takes: prints tables. `cargo bench -p convene-topology --bench planner`,
//! with fewer draws if a number follows after `--`.

#[path = "../tests/common/nat.rs"]
mod nat;

use std::time::{Duration, Instant};

use convene_topology::Path;
use nat::{Chance, Draw, Nat, camera, number};

const DRAWS: usize = 10_000;

fn main() {
    let draws = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(DRAWS);
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    println!(
        "| 200 people want 12 pictures each | time to plan, best of 21 | median | pairs by the server |"
    );
    println!("|---|---|---|---|");
    for uplink in [None, Some(16), Some(12), Some(6)] {
        large(&mut chance, uplink);
    }
    println!(
        "\n| 8 people, {draws} draws | by the server | no plan has less than | mean time to plan |"
    );
    println!("|---|---|---|---|");
    for uplink in [Some(4), Some(8), Some(16), None] {
        mix(&mut chance, uplink, draws);
    }
    println!("\n| 1 public speaker, 24 viewers, 6 streams each | direct | peer | server |");
    println!("|---|---|---|---|");
    speaker("all public", [Nat::Public; 4]);
    let mixed = [Nat::Public, Nat::Cone, Nat::Cone, Nat::Symmetric];
    speaker("25 % public, 50 % cone, 25 % symmetric", mixed);
}

fn large(chance: &mut Chance, uplink: Option<u32>) {
    let draw = Draw {
        nats: chance.nats(200),
        uplinks: vec![uplink; 200],
        watches: (0..200).map(|me| chance.others(200, me, 12)).collect(),
    };
    let mut times = Vec::new();
    let mut server = 0;
    for _ in 0..21 {
        let mut planner = draw.planner();
        let begin = Instant::now();
        while planner.poll().is_some() {}
        times.push(begin.elapsed());
        server = draw.by_server(&planner);
    }
    times.sort();
    let (best, median) = (times[0], times[10]);
    println!(
        "| uplink {} | {best:.2?} | {median:.2?} | {server} of 2400 |",
        shown(uplink)
    );
}

fn mix(chance: &mut Chance, uplink: Option<u32>, draws: usize) {
    let (mut server, mut least, mut spent) = (0, 0, Duration::ZERO);
    for _ in 0..draws {
        let draw = Draw::mesh(chance.nats(8), vec![uplink; 8]);
        let mut planner = draw.planner();
        let begin = Instant::now();
        while planner.poll().is_some() {}
        spent += begin.elapsed();
        server += draw.by_server(&planner);
        least += draw.least();
    }
    let share = |pairs: usize| 100.0 * pairs as f64 / (draws * 56) as f64;
    let (server, least, time) = (share(server), share(least), spent / draws as u32);
    println!(
        "| uplink {} | {server:.2} % | {least:.2} % | {time:.1?} |",
        shown(uplink)
    );
}

fn speaker(name: &str, viewers: [Nat; 4]) {
    let viewers = viewers.into_iter().cycle().take(24);
    let draw = Draw::audience([Nat::Public].into_iter().chain(viewers).collect(), Some(6));
    let mut planner = draw.planner();
    while planner.poll().is_some() {}
    let paths: Vec<_> = (1..25)
        .filter_map(|to| planner.path(camera(0), number(to)))
        .collect();
    let direct = paths.iter().filter(|path| **path == Path::Direct).count();
    let peer = paths
        .iter()
        .filter(|path| matches!(path, Path::Peer(_)))
        .count();
    println!(
        "| {name} | {direct} | {peer} | {} |",
        draw.by_server(&planner)
    );
}

fn shown(uplink: Option<u32>) -> String {
    uplink.map_or("unlimited".into(), |uplink| format!("{uplink} streams"))
}
