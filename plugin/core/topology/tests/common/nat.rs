//! Conferences behind NATs, drawn at random: who connects, what is planned, and what no plan can do without.
#![allow(dead_code)]

use std::time::Duration;

use convene_topology::{
    Class, Number, PairReport, Path, Picture, Planner, Policy, Settings, Source, Standing,
};

/// How a NAT maps and filters (RFC 4787): `Cone` maps independently of the endpoint and filters by address and port,
/// `Symmetric` maps by address and port.
#[derive(Clone, Copy, PartialEq)]
pub enum Nat {
    Public,
    Cone,
    Symmetric,
}

/// As measured with Chromium and STUN only.
pub fn connects(a: Nat, b: Nat) -> bool {
    a == Nat::Public || b == Nat::Public || (a == Nat::Cone && b == Nat::Cone)
}

/// A conference in which everyone agrees to relay.
pub struct Draw {
    pub nats: Vec<Nat>,
    /// How many streams each one can send.
    pub uplinks: Vec<Option<u32>>,
    /// Whom each one watches.
    pub watches: Vec<Vec<usize>>,
}

impl Draw {
    /// Everyone watches everyone.
    pub fn mesh(nats: Vec<Nat>, uplinks: Vec<Option<u32>>) -> Self {
        let people = nats.len();
        let others = |me: usize| (0..people).filter(move |other| *other != me).collect();
        Self {
            nats,
            uplinks,
            watches: (0..people).map(others).collect(),
        }
    }

    /// Everyone watches the first one.
    pub fn audience(nats: Vec<Nat>, uplink: Option<u32>) -> Self {
        Self {
            uplinks: vec![uplink; nats.len()],
            watches: (0..nats.len()).map(|me| vec![0; me.min(1)]).collect(),
            nats,
        }
    }

    /// Everyone who is to see a picture, after whose it is.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let watches = self.watches.iter().enumerate();
        watches.flat_map(|(to, all)| all.iter().map(move |of| (*of, to)))
    }

    /// A planner that knows all of it, and who connects, and has planned nothing yet.
    pub fn planner(&self) -> Planner {
        let (policy, slots) = (Policy::Adaptive, usize::MAX);
        let mut planner = Planner::new(Settings { policy, slots });
        for place in 0..self.nats.len() {
            planner.join(number(place), self.standing(place));
            planner.publish(number(place), [Source::Camera]);
            let wants = self.watches[place].iter().copied().map(camera);
            planner.want(number(place), wants.collect());
            for other in 0..place {
                let report = match connects(self.nats[place], self.nats[other]) {
                    true => PairReport::Connected,
                    false => PairReport::Failed,
                };
                planner.report(Duration::ZERO, number(place), number(other), report);
            }
        }
        planner
    }

    fn standing(&self, place: usize) -> Standing {
        let public = self.nats[place] == Nat::Public;
        Standing {
            class: if public {
                Class::Public
            } else {
                Class::Private
            },
            reachable: Some(public),
            uplink: self.uplinks[place],
            relays: true,
            ..Standing::default()
        }
    }

    /// How many pairs the server carries.
    pub fn by_server(&self, planner: &Planner) -> usize {
        let path = |(of, to)| planner.path(camera(of), number(to)).expect("a path");
        let by_server = |path: &Path| matches!(path, Path::Server { .. } | Path::NoSlot);
        self.pairs().map(path).filter(by_server).count()
    }

    /// At least so many pairs are the server's: what a greatest matching of pairs with streams leaves over, if every
    /// relay had every picture for nothing. No plan has fewer.
    pub fn least(&self) -> usize {
        let mut takes = vec![Vec::new(); self.nats.len()];
        let placed = |pair: &(usize, usize)| {
            self.place(*pair, &mut takes, &mut vec![false; self.nats.len()])
        };
        self.pairs().count() - self.pairs().filter(placed).count()
    }

    fn place(
        &self,
        pair: (usize, usize),
        takes: &mut [Vec<(usize, usize)>],
        seen: &mut [bool],
    ) -> bool {
        for sender in 0..self.nats.len() {
            if self.could_send(sender, pair) && !std::mem::replace(&mut seen[sender], true) {
                let room =
                    self.uplinks[sender].is_none_or(|room| takes[sender].len() < room as usize);
                if room || self.moves_one(sender, takes, seen) {
                    takes[sender].push(pair);
                    return true;
                }
            }
        }
        false
    }

    fn moves_one(
        &self,
        sender: usize,
        takes: &mut [Vec<(usize, usize)>],
        seen: &mut [bool],
    ) -> bool {
        let others = takes[sender].clone();
        let moved = others
            .into_iter()
            .find(|other| self.place(*other, takes, seen));
        takes[sender].retain(|other| Some(*other) != moved);
        moved.is_some()
    }

    fn could_send(&self, sender: usize, (of, to): (usize, usize)) -> bool {
        let direct = sender == of && connects(self.nats[of], self.nats[to]);
        direct || (sender != of && sender != to && self.nats[sender] == Nat::Public)
    }
}

pub fn number(place: usize) -> Number {
    Number(place as u32)
}

pub fn camera(place: usize) -> Picture {
    Picture {
        publisher: number(place),
        source: Source::Camera,
    }
}

/// xorshift64*: the same draws each time.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end as u64) as usize
    }

    /// 25 % public, 50 % cone, 25 % symmetric.
    pub fn nats(&mut self, people: usize) -> Vec<Nat> {
        let mix = [Nat::Public, Nat::Cone, Nat::Cone, Nat::Symmetric];
        (0..people).map(|_| mix[self.below(4)]).collect()
    }

    pub fn others(&mut self, people: usize, me: usize, count: usize) -> Vec<usize> {
        let mut all: Vec<_> = (0..people).filter(|other| *other != me).collect();
        (0..count)
            .map(|_| all.swap_remove(self.below(all.len())))
            .collect()
    }
}
