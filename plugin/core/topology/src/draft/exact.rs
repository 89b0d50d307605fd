//! Of few pairs, all plans that could be better than the one found: picture by picture, first who has it directly, then
//! who sends the rest of it. Branches are cut where even the best end would not be better.

use super::{By, Draft, Open, Own, Row};
use crate::links::Leg;

/// Up to five people with a camera and a screen each.
const MOST_PAIRS: usize = 40;
/// A bound on the time.
const MOST_BRANCHES: usize = 50_000;

#[derive(Clone, Copy)]
enum Decision {
    /// Whether a relay has the picture directly.
    Holds { row: usize, relay: usize },
    /// Who sends a pair.
    Pair(usize),
}

impl Decision {
    fn pair(&self) -> Option<usize> {
        match self {
            Self::Pair(pair) => Some(*pair),
            Self::Holds { .. } => None,
        }
    }
}

struct Search {
    decisions: Vec<Decision>,
    best: usize,
    found: Option<Vec<By>>,
    branches: usize,
}

impl Draft<'_> {
    pub(super) fn search(&mut self) {
        if self.by_server == 0 || self.pairs.len() > MOST_PAIRS {
            return;
        }
        let chosen: Vec<_> = self.pairs.iter().map(|pair| pair.by).collect();
        let mut search = Search {
            best: self.by_server,
            decisions: self.decisions(),
            found: None,
            branches: 0,
        };
        self.put_all(&vec![By::Server; chosen.len()]);
        self.branch(&mut search, 0);
        self.put_all(&search.found.unwrap_or(chosen));
    }

    /// Direct ways first, so that every relay has what he is to hand on.
    fn put_all(&mut self, by: &[By]) {
        for direct in [true, false] {
            for (pair, by) in by.iter().enumerate() {
                if (*by == By::Publisher) == direct {
                    self.put(pair, *by);
                }
            }
        }
    }

    /// Those first whose publisher has the least to send with: there is the least to choose, and the most to lose.
    fn decisions(&self) -> Vec<Decision> {
        let mut rows: Vec<_> = (0..self.rows.len()).collect();
        rows.sort_by_key(|row| {
            let publisher = self.rows[*row].publisher;
            (self.ground.budget(publisher), publisher)
        });
        let mut decisions = Vec::new();
        for row in rows {
            let relays = self.ground.relays().iter().copied();
            let relays = relays.filter(|relay| self.could_hold(row, *relay));
            decisions.extend(relays.map(|relay| Decision::Holds { row, relay }));
            let pairs = (0..self.pairs.len()).filter(|pair| self.pairs[*pair].row == row);
            decisions.extend(pairs.map(Decision::Pair));
        }
        decisions
    }

    fn could_hold(&self, row: usize, relay: usize) -> bool {
        let row = &self.rows[row];
        match row.cells[relay].own {
            Own::Open(own) => self.pairs[own].direct,
            Own::None => self.ground.leg(row.publisher, relay) > Leg::Slow,
            Own::Stands => false,
        }
    }

    fn branch(&mut self, search: &mut Search, at: usize) {
        search.branches += 1;
        if search.branches > MOST_BRANCHES || self.least(&search.decisions[at..]) >= search.best {
            return;
        }
        match search.decisions.get(at).copied() {
            Some(Decision::Holds { row, relay }) => self.branch_holder(search, at, row, relay),
            Some(Decision::Pair(pair)) => self.branch_pair(search, at, pair),
            None => {
                search.best = self.by_server;
                search.found = Some(self.pairs.iter().map(|pair| pair.by).collect());
            }
        }
    }

    fn branch_holder(&mut self, search: &mut Search, at: usize, row: usize, relay: usize) {
        if self.spare(self.rows[row].publisher) > 0 {
            match self.rows[row].cells[relay].own {
                Own::Open(own) => {
                    self.put(own, By::Publisher);
                    self.branch(search, at + 1);
                    self.put(own, By::Server);
                }
                _ => {
                    self.hold(row, relay, |cell| cell.onward += 1);
                    self.branch(search, at + 1);
                    self.hold(row, relay, |cell| cell.onward -= 1);
                }
            }
        }
        self.branch(search, at + 1);
    }

    fn branch_pair(&mut self, search: &mut Search, at: usize, pair: usize) {
        if self.pairs[pair].by == By::Server {
            for by in self.ways_of_rest(pair) {
                if self.fits(pair, by) {
                    self.put(pair, by);
                    self.branch(search, at + 1);
                    self.put(pair, By::Server);
                }
            }
        }
        self.branch(search, at + 1);
    }

    /// How a pair may be sent once it is decided who has its picture directly: whoever could have been among them and
    /// is not has no direct way any more.
    fn ways_of_rest(&self, pair: usize) -> Vec<By> {
        let (row, subscriber) = (self.pairs[pair].row, self.pairs[pair].subscriber);
        let relays = self.rows[row].holders.iter().map(|relay| By::Relay(*relay));
        let direct = (!self.ground.may_relay(subscriber)).then_some(By::Publisher);
        let ways = direct.into_iter().chain(relays);
        ways.filter(|by| self.allowed(pair, *by)).collect()
    }

    /// How a pair may be sent while that is open: any relay may come to have the picture for nothing, as long as its
    /// publisher can send anything.
    fn ways_before(&self, pair: usize) -> Vec<By> {
        let Row {
            publisher, cells, ..
        } = &self.rows[self.pairs[pair].row];
        let relays = self.ground.relays().iter().copied();
        let fed = |relay: &usize| cells[*relay].holds() || self.spare(*publisher) > 0;
        let relays = relays.filter(fed).map(By::Relay);
        let ways = [By::Publisher].into_iter().chain(relays);
        ways.filter(|by| self.allowed(pair, *by)).collect()
    }

    /// At least so many are left to the server, whatever is decided: those for whom it is decided, and what is left
    /// over of a greatest matching of the open pairs with spare streams.
    fn least(&self, open: &[Decision]) -> usize {
        // Of the row that is being decided, only pairs are left if it is decided who has the picture.
        let begun = open.first().and_then(Decision::pair);
        let begun = begun.map(|pair| self.pairs[pair].row);
        let mut senders: Vec<Vec<_>> = Vec::new();
        for pair in open.iter().filter_map(Decision::pair) {
            let Open { row, by, .. } = self.pairs[pair];
            if by == By::Server {
                let ways = match begun == Some(row) {
                    true => self.ways_of_rest(pair),
                    false => self.ways_before(pair),
                };
                senders.push(
                    ways.into_iter()
                        .filter_map(|by| self.sender(row, by))
                        .collect(),
                );
            }
        }
        let spare = (0..self.ground.len())
            .map(|place| self.spare(place))
            .collect();
        self.by_server - Matching::new(&senders, spare).size()
    }
}

/// Pairs with the streams that people can send.
struct Matching<'a> {
    senders: &'a [Vec<usize>],
    room: Vec<u32>,
    takes: Vec<Vec<usize>>,
}

impl<'a> Matching<'a> {
    fn new(senders: &'a [Vec<usize>], room: Vec<u32>) -> Self {
        let takes = vec![Vec::new(); room.len()];
        Self {
            senders,
            room,
            takes,
        }
    }

    /// How many pairs can be sent at once.
    fn size(mut self) -> usize {
        let pairs = 0..self.senders.len();
        pairs
            .filter(|pair| self.place(*pair, &mut vec![false; self.room.len()]))
            .count()
    }

    fn place(&mut self, pair: usize, seen: &mut [bool]) -> bool {
        for sender in self.senders[pair].iter().copied() {
            if !std::mem::replace(&mut seen[sender], true) && self.has_room(sender, seen) {
                self.room[sender] -= 1;
                self.takes[sender].push(pair);
                return true;
            }
        }
        false
    }

    fn has_room(&mut self, sender: usize, seen: &mut [bool]) -> bool {
        let others = self.takes[sender].clone();
        let moved = self.room[sender] == 0
            && others.into_iter().any(|other| {
                let moved = self.place(other, seen);
                if moved {
                    self.takes[sender].retain(|of| *of != other);
                    self.room[sender] += 1;
                }
                moved
            });
        moved || self.room[sender] > 0
    }
}
