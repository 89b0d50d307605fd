//! Augmenting paths: a pair finds a sender who has nothing to spare, who hands another pair on to somebody else, and so
//! on, until somebody has something to spare.

use std::cmp::Reverse;

use super::{By, Draft};

/// Somebody who would have to send one stream more.
struct Reached {
    sender: usize,
    /// The pair that he would take over, in which capacity, and from which of those reached before.
    takes: Option<(usize, By, Option<usize>)>,
}

impl Draft<'_> {
    pub(super) fn augment_all(&mut self) {
        loop {
            let before = self.by_server;
            let mut dead = self.nobody();
            for pair in self.waiting() {
                self.augment(pair, &mut dead);
            }
            if self.by_server == before {
                return;
            }
        }
    }

    pub(super) fn nobody(&self) -> Vec<bool> {
        vec![false; self.ground.len()]
    }

    /// The pairs that the server carries; those first that could relay for others.
    pub(super) fn waiting(&self) -> Vec<usize> {
        self.waiting_where(|_| true)
    }

    pub(super) fn waiting_where(&self, concerned: impl Fn(usize) -> bool) -> Vec<usize> {
        let by_server = |pair: &usize| self.pairs[*pair].by == By::Server && concerned(*pair);
        let mut waiting: Vec<_> = (0..self.pairs.len()).filter(by_server).collect();
        waiting.sort_by_key(|pair| Reverse(self.strength(self.pairs[*pair].subscriber)));
        waiting
    }

    /// Finds a sender for a pair of the server's. `dead`: those through whom no path is to be found; more are added
    /// when there is none.
    pub(super) fn augment(&mut self, pair: usize, dead: &mut [bool]) -> bool {
        if let Some(by) = self.at_once(pair) {
            self.set(pair, by);
            return true;
        }
        let starts = self.ways(pair).map(|(by, sender)| Reached {
            sender,
            takes: Some((pair, by, None)),
        });
        let starts = starts.collect();
        self.follow(starts, dead)
    }

    /// Makes somebody have a stream to spare.
    pub(super) fn relieve(&mut self, sender: usize) -> bool {
        let start = Reached {
            sender,
            takes: None,
        };
        self.spare(sender) > 0 || self.follow(vec![start], &mut self.nobody())
    }

    /// A sender who can take the pair as things are.
    fn at_once(&self, pair: usize) -> Option<By> {
        let direct = self.fits(pair, By::Publisher).then_some(By::Publisher);
        direct.or_else(|| self.best_relay(pair).map(By::Relay))
    }

    /// Everyone who could send the pair if he had a stream to spare, and nobody else had to send one more.
    fn ways(&self, pair: usize) -> impl Iterator<Item = (By, usize)> {
        let open = &self.pairs[pair];
        let row = &self.rows[open.row];
        let direct = open.direct.then_some((By::Publisher, row.publisher));
        let relays = row.holders.iter().map(|relay| (By::Relay(*relay), *relay));
        let allowed = relays.filter(move |(by, _)| self.allowed(pair, *by));
        direct.into_iter().chain(allowed)
    }

    fn follow(&mut self, starts: Vec<Reached>, dead: &mut [bool]) -> bool {
        let mark = self.journal.len();
        let Some(moves) = self.path(starts, dead) else {
            return false;
        };
        for (pair, by) in moves {
            if !(self.movable(pair) && self.fits(pair, by)) {
                self.roll_back(mark);
                return false;
            }
            self.set(pair, by);
        }
        true
    }

    /// The shortest path to somebody who has a stream to spare, as moves in the order in which each of them fits.
    fn path(&self, starts: Vec<Reached>, dead: &mut [bool]) -> Option<Vec<(usize, By)>> {
        let mut seen = dead.to_vec();
        let mut reached: Vec<Reached> = Vec::new();
        let arrive = |reached: &mut Vec<Reached>, seen: &mut [bool], next: Reached| {
            if !std::mem::replace(&mut seen[next.sender], true) {
                reached.push(next);
            }
        };
        for start in starts {
            arrive(&mut reached, &mut seen, start);
        }
        let mut at = 0;
        while at < reached.len() {
            let sender = reached[at].sender;
            if self.spare(sender) > 0 {
                return Some(moves_to(&reached, at));
            }
            for pair in self.carries[sender].iter().copied() {
                let ways = self.ways(pair).filter(|_| self.movable(pair));
                for (by, sender) in ways {
                    let takes = Some((pair, by, Some(at)));
                    arrive(&mut reached, &mut seen, Reached { sender, takes });
                }
            }
            at += 1;
        }
        dead.copy_from_slice(&seen);
        None
    }
}

fn moves_to(reached: &[Reached], end: usize) -> Vec<(usize, By)> {
    let mut moves = Vec::new();
    let mut at = Some(end);
    while let Some((pair, by, from)) = at.and_then(|at| reached[at].takes) {
        moves.push((pair, by));
        at = from;
    }
    moves
}
