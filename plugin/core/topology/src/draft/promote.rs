//! One more relay: somebody is sent a picture directly so that he can hand it on, even if another has to give up the
//! direct way for it and comes to depend on him.

use super::{By, Choice, Draft, Open, Own};

/// How many promotions are tried at most, times the square of the people: the more there are, the longer each takes.
const TRIES: usize = 1_000_000;

impl Draft<'_> {
    pub(super) fn promote_all(&mut self) {
        let mut tries = self.tries();
        loop {
            let before = self.by_server;
            for pair in self.waiting() {
                if self.pairs[pair].by == By::Server {
                    self.promote_for(pair, &mut tries);
                }
            }
            if self.by_server == before {
                return;
            }
        }
    }

    /// The first move towards fewer pairs of the server's, where there is one. Each is good for itself, but for those
    /// that make room for somebody who can relay: then the server carries the picture meanwhile.
    pub(crate) fn improve(&mut self) -> Option<Choice> {
        let mut dead = self.nobody();
        let mut tries = self.tries();
        let found = self
            .waiting()
            .into_iter()
            .any(|pair| self.augment(pair, &mut dead) || self.swap(pair, &mut tries));
        found.then(|| self.journal[0]).or_else(|| self.shorten())
    }

    fn tries(&self) -> usize {
        TRIES / self.ground.len().pow(2).max(1)
    }

    /// A pair that goes through a relay and could go directly by now.
    fn shorten(&self) -> Option<Choice> {
        let relayed = |pair: &usize| matches!(self.pairs[*pair].by, By::Relay(_));
        let mut pairs = (0..self.pairs.len()).filter(relayed);
        let pair = pairs.find(|pair| self.fits(*pair, By::Publisher))?;
        Some(Choice {
            pair,
            old: self.pairs[pair].by,
            new: By::Publisher,
        })
    }

    /// Whether the pair's subscriber can take the direct way of another of this picture, who then sees it through him.
    fn swap(&mut self, pair: usize, tries: &mut usize) -> bool {
        let open = &self.pairs[pair];
        let strong = open.direct && self.ground.may_relay(open.subscriber);
        strong && self.promote(pair, By::Publisher, tries)
    }

    fn promote_for(&mut self, pair: usize, tries: &mut usize) -> bool {
        let ground = self.ground;
        let relays = ground.relays().iter().map(|relay| By::Relay(*relay));
        let mut ways = [By::Publisher].into_iter().chain(relays);
        ways.any(|by| self.allowed(pair, by) && self.promote(pair, by, tries))
    }

    /// Tries to carry the pair by a new relay, or as one: with what is spare, with what others can spare, and at the
    /// cost of any other pair that its publisher sends.
    fn promote(&mut self, pair: usize, by: By, tries: &mut usize) -> bool {
        let publisher = self.rows[self.pairs[pair].row].publisher;
        let costs = self.carries[publisher].iter().copied().map(Some);
        let costs: Vec<_> = [None].into_iter().chain(costs).collect();
        for cost in costs {
            if *tries == 0 {
                return false;
            }
            *tries -= 1;
            if self.promote_at(pair, by, cost) {
                return true;
            }
        }
        false
    }

    fn promote_at(&mut self, pair: usize, by: By, cost: Option<usize>) -> bool {
        let (mark, before) = (self.journal.len(), self.by_server);
        if self.make_room(pair, by, cost) && self.fits(pair, by) {
            self.set(pair, by);
            self.serve_more(mark, self.pairs[pair].row);
        }
        if self.by_server >= before {
            self.roll_back(mark);
        }
        self.by_server < before
    }

    fn make_room(&mut self, pair: usize, by: By, cost: Option<usize>) -> bool {
        let publisher = self.rows[self.pairs[pair].row].publisher;
        let room = match cost {
            Some(cost) => !self.is_own(pair, by, cost) && self.evict(cost),
            None => self.relieve(publisher),
        };
        match by {
            By::Relay(relay) => room && self.relieve(relay),
            By::Publisher | By::Server => room,
        }
    }

    /// Whether the pair `cost` is the new relay's own view.
    fn is_own(&self, pair: usize, by: By, cost: usize) -> bool {
        let row = &self.rows[self.pairs[pair].row];
        matches!(by, By::Relay(relay) if row.cells[relay].own == Own::Open(cost))
    }

    /// Leaves a pair to the server, and with it those who see the picture through it.
    fn evict(&mut self, pair: usize) -> bool {
        let Open {
            row,
            subscriber,
            by,
            ..
        } = self.pairs[pair];
        let onward = self.carries[subscriber].iter().copied();
        let onward = onward.filter(|other| by == By::Publisher && self.pairs[*other].row == row);
        for other in onward.collect::<Vec<_>>() {
            self.set(other, By::Server);
        }
        let movable = self.movable(pair);
        if movable {
            self.set(pair, By::Server);
        }
        movable
    }

    /// Whoever waits for this picture may find it at the new relay; whoever was evicted since `mark` may find any other
    /// sender.
    fn serve_more(&mut self, mark: usize, row: usize) {
        let evicted: Vec<_> = self.journal[mark..]
            .iter()
            .map(|choice| choice.pair)
            .collect();
        let concerned = |pair: usize| self.pairs[pair].row == row || evicted.contains(&pair);
        for pair in self.waiting_where(concerned) {
            if self.pairs[pair].by == By::Server {
                self.augment(pair, &mut self.nobody());
            }
        }
    }
}
