//! A plan in the making.
//!
//! Some pairs are open: the draft chooses who sends them. All others stand as they are and only count, by what they
//! cost and by who has which picture. With the people who have a picture directly given, choosing is a matching of
//! pairs with the streams that people can send, and augmenting paths find the greatest one (`augment`). Who is to have
//! it directly so that he can relay is chosen greedily, those who can relay first, and then by a search that makes one
//! more a relay at a time (`promote`). Of few pairs all plans are tried that could be better (`exact`), so there the
//! number of pairs that the server carries is the smallest that there is.

mod augment;
mod exact;
mod promote;

use std::cmp::Reverse;

use crate::{ground::Ground, links::Leg};

/// Who sends a pair its picture. People are places of the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By<P = usize> {
    Server,
    Publisher,
    Relay(P),
}

/// A pair of which the draft chooses the sender.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    /// The row of its picture.
    pub(crate) row: usize,
    pub(crate) subscriber: usize,
    pub(crate) by: By,
    /// Whether the publisher may be chosen.
    pub(crate) direct: bool,
    /// Whether a relay may.
    pub(crate) relayed: bool,
}

/// How somebody stands to a picture.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cell {
    /// His own view is a direct one.
    pub(crate) direct: bool,
    /// To how many he relays it.
    pub(crate) onward: u32,
    pub(crate) own: Own,
}

/// Somebody's own view of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Own {
    /// He does not watch it.
    #[default]
    None,
    /// The draft chooses.
    Open(usize),
    /// It stays as it is.
    Stands,
}

impl Cell {
    /// Whether the publisher sends to him.
    fn holds(&self) -> bool {
        self.direct || self.onward > 0
    }
}

/// One picture, and how everyone stands to it.
pub(crate) struct Row {
    pub(crate) publisher: usize,
    pub(crate) cells: Vec<Cell>,
    /// Those relays who have it directly.
    holders: Vec<usize>,
}

/// What was chosen for a pair, and what it had before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    pub(crate) pair: usize,
    old: By,
    pub(crate) new: By,
}

pub(crate) struct Draft<'a> {
    pub(crate) ground: &'a Ground<'a>,
    /// How many streams each one sends.
    sent: Vec<u32>,
    rows: Vec<Row>,
    pairs: Vec<Open>,
    /// The pairs that each one sends.
    carries: Vec<Vec<usize>>,
    journal: Vec<Choice>,
    by_server: usize,
}

impl<'a> Draft<'a> {
    /// `sent`: what each one sends by now, with all that the rows and the pairs say.
    pub(crate) fn new(ground: &'a Ground<'a>, sent: Vec<u32>) -> Self {
        Self {
            carries: vec![Vec::new(); ground.len()],
            ground,
            sent,
            rows: Vec::new(),
            pairs: Vec::new(),
            journal: Vec::new(),
            by_server: 0,
        }
    }

    /// A picture, and how everyone stands to it before anything is chosen; its row.
    pub(crate) fn add_row(&mut self, publisher: usize, cells: Vec<Cell>) -> usize {
        let relays = self.ground.relays().iter().copied();
        let holders = relays.filter(|relay| cells[*relay].holds()).collect();
        self.rows.push(Row {
            publisher,
            cells,
            holders,
        });
        self.rows.len() - 1
    }

    /// A pair to choose for. What sends it now is in the rows already.
    pub(crate) fn add_pair(&mut self, open: Open) {
        let pair = self.pairs.len();
        self.rows[open.row].cells[open.subscriber].own = Own::Open(pair);
        match self.sender(open.row, open.by) {
            Some(sender) => self.carries[sender].push(pair),
            None => self.by_server += 1,
        }
        self.pairs.push(open);
    }

    pub(crate) fn pairs(&self) -> &[Open] {
        &self.pairs
    }

    /// Chooses for all open pairs, with as few as can be for the server.
    pub(crate) fn settle(&mut self) {
        let new = self.by_server == self.pairs.len();
        self.place_directly();
        self.place_at_relays();
        self.augment_all();
        self.promote_all();
        if new {
            self.search();
        }
    }

    /// Those who can relay come first, for each of them can serve others in turn.
    fn place_directly(&mut self) {
        let mut order: Vec<_> = (0..self.pairs.len())
            .filter(|pair| self.pairs[*pair].direct)
            .collect();
        order.sort_by_key(|pair| Reverse(self.strength(self.pairs[*pair].subscriber)));
        for pair in order {
            if self.pairs[pair].by != By::Publisher && self.fits(pair, By::Publisher) {
                self.set(pair, By::Publisher);
            }
        }
    }

    /// How much somebody could relay.
    fn strength(&self, place: usize) -> u32 {
        match self.ground.may_relay(place) {
            true => self.spare(place).max(1),
            false => 0,
        }
    }

    fn place_at_relays(&mut self) {
        for pair in 0..self.pairs.len() {
            if self.pairs[pair].by == By::Server
                && let Some(relay) = self.best_relay(pair)
            {
                self.set(pair, By::Relay(relay));
            }
        }
    }

    /// The best relay that can take one more: of those who have the picture if there are any, over legs that work, and
    /// the least laden.
    fn best_relay(&self, pair: usize) -> Option<usize> {
        let Open { row, relayed, .. } = self.pairs[pair];
        if !relayed {
            return None;
        }
        let has = self.best_of(pair, &self.rows[row].holders);
        if has.is_some() || self.spare(self.rows[row].publisher) == 0 {
            return has;
        }
        self.best_of(pair, self.ground.relays())
    }

    fn best_of(&self, pair: usize, relays: &[usize]) -> Option<usize> {
        let Open {
            row, subscriber, ..
        } = self.pairs[pair];
        let publisher = self.rows[row].publisher;
        let rank = |relay: usize| {
            let way = self.ground.way(publisher, relay, subscriber);
            (Reverse(way), self.laden(relay), relay)
        };
        let fit = relays
            .iter()
            .copied()
            .filter(|relay| self.fits(pair, By::Relay(*relay)));
        fit.min_by_key(|relay| rank(*relay))
    }

    /// How much of his uplink is spent, in parts of 2³².
    fn laden(&self, place: usize) -> u64 {
        (u64::from(self.sent[place]) << 32) / u64::from(self.ground.budget(place).max(1))
    }

    fn spare(&self, place: usize) -> u32 {
        self.ground.budget(place).saturating_sub(self.sent[place])
    }

    /// Whether the sender can be chosen for the pair with what is spare now.
    fn fits(&self, pair: usize, by: By) -> bool {
        self.allowed(pair, by) && self.affordable(pair, by)
    }

    /// Whether the sender could be chosen, were there uplink enough.
    fn allowed(&self, pair: usize, by: By) -> bool {
        let open = &self.pairs[pair];
        let row = &self.rows[open.row];
        match by {
            By::Server => true,
            By::Publisher => open.direct,
            By::Relay(relay) => {
                open.relayed
                    && self.ground.may_relay(relay)
                    && self.ground.way(row.publisher, relay, open.subscriber) > Leg::Slow
                    && self.may_hold(row, relay)
            }
        }
    }

    /// Whether a relay has the picture directly, or may be made to: his own view has to be a direct one then.
    fn may_hold(&self, row: &Row, relay: usize) -> bool {
        let cell = &row.cells[relay];
        match cell.own {
            Own::None => true,
            Own::Open(own) => cell.direct || self.pairs[own].direct,
            Own::Stands => cell.holds(),
        }
    }

    fn affordable(&self, pair: usize, by: By) -> bool {
        let open = &self.pairs[pair];
        let row = &self.rows[open.row];
        let to_holder = |place: usize| row.cells[place].holds() || self.spare(row.publisher) > 0;
        match by {
            By::Server => true,
            By::Publisher => to_holder(open.subscriber),
            By::Relay(relay) => self.spare(relay) > 0 && to_holder(relay),
        }
    }

    /// Whoever sends a pair; `None`: the server.
    fn sender(&self, row: usize, by: By) -> Option<usize> {
        match by {
            By::Server => None,
            By::Publisher => Some(self.rows[row].publisher),
            By::Relay(relay) => Some(relay),
        }
    }

    /// Whether nobody depends on the pair's going directly.
    fn movable(&self, pair: usize) -> bool {
        let open = &self.pairs[pair];
        let onward = self.rows[open.row].cells[open.subscriber].onward;
        open.by != By::Publisher || onward == 0
    }

    /// Chooses, and notes it in the journal. A relay who watches the picture himself is made to have it directly.
    fn set(&mut self, pair: usize, by: By) {
        if let By::Relay(relay) = by
            && let Own::Open(own) = self.rows[self.pairs[pair].row].cells[relay].own
            && self.pairs[own].by != By::Publisher
        {
            self.set(own, By::Publisher);
        }
        self.journal.push(Choice {
            pair,
            old: self.pairs[pair].by,
            new: by,
        });
        self.put(pair, by);
    }

    fn put(&mut self, pair: usize, by: By) {
        let Open {
            row,
            subscriber,
            by: old,
            ..
        } = self.pairs[pair];
        self.count(row, subscriber, old, false);
        self.count(row, subscriber, by, true);
        match self.sender(row, old) {
            Some(sender) => self.carries[sender].retain(|other| *other != pair),
            None => self.by_server -= 1,
        }
        match self.sender(row, by) {
            Some(sender) => self.carries[sender].push(pair),
            None => self.by_server += 1,
        }
        self.pairs[pair].by = by;
    }

    fn count(&mut self, row: usize, subscriber: usize, by: By, on: bool) {
        match by {
            By::Server => {}
            By::Publisher => self.hold(row, subscriber, |cell| cell.direct = on),
            By::Relay(relay) => {
                let more = if on { 1 } else { u32::MAX };
                self.sent[relay] = self.sent[relay].wrapping_add(more);
                self.hold(row, relay, |cell| {
                    cell.onward = cell.onward.wrapping_add(more)
                });
            }
        }
    }

    /// Changes how somebody stands to a picture, and what its publisher sends accordingly.
    fn hold(&mut self, row: usize, place: usize, change: impl FnOnce(&mut Cell)) {
        let may_relay = self.ground.may_relay(place);
        let Row {
            publisher,
            cells,
            holders,
        } = &mut self.rows[row];
        let held = cells[place].holds();
        change(&mut cells[place]);
        match (held, cells[place].holds()) {
            (false, true) => {
                self.sent[*publisher] += 1;
                holders.extend(may_relay.then_some(place));
            }
            (true, false) => {
                self.sent[*publisher] -= 1;
                holders.retain(|holder| *holder != place);
            }
            _ => {}
        }
    }

    /// Takes back what was chosen since the journal was this long.
    fn roll_back(&mut self, to: usize) {
        while self.journal.len() > to
            && let Some(Choice { pair, old, .. }) = self.journal.pop()
        {
            self.put(pair, old);
        }
    }
}
