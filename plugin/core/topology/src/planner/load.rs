//! Between views and drafts: numbers and pictures here, places and rows there.

use std::collections::BTreeMap;

use super::{
    Planner,
    settle::{Need, Needs},
};
use crate::{
    Number, Picture,
    draft::{By, Cell, Draft, Open, Own},
    ground::Ground,
    links::Leg,
    view::{Carrier, View},
};

/// What was chosen for a pair.
type Chosen = (Number, Picture, By<Number>);

impl Planner {
    /// Chooses for all that are in need, and carries it out: first what goes directly, for relays need that.
    pub(super) fn draft(&mut self, needs: &Needs) {
        if needs.is_empty() {
            return;
        }
        let ground = self.ground();
        let mut draft = self.load(&ground, needs);
        let before: Vec<_> = draft.pairs().iter().map(|pair| pair.by).collect();
        draft.settle();
        let pairs = draft.pairs().iter().zip(before).zip(needs.keys());
        let changed = pairs.filter(|((open, before), _)| open.by != *before);
        let mut chosen: Vec<Chosen> = changed
            .map(|((open, _), (subscriber, picture))| {
                (*subscriber, *picture, named(open.by, &ground))
            })
            .collect();
        chosen.sort_by_key(|(.., by)| *by != By::Publisher);
        for (subscriber, picture, by) in chosen {
            let need = needs.get(&(subscriber, picture)).copied();
            self.carry_out(subscriber, picture, by, need.unwrap_or(Need::Better));
        }
    }

    /// Moves the one pair that makes the whole plan better, or begins to; whether there was one.
    pub(super) fn improve(&mut self) -> bool {
        let settled = |view: &View| view.opening.is_none();
        let views = self.views.iter().flat_map(|(subscriber, views)| {
            views
                .iter()
                .map(|(picture, view)| ((*subscriber, *picture), view))
        });
        let settled = views.filter(|(_, view)| settled(view));
        let needs: Needs = settled.map(|(key, _)| (key, Need::Improvement)).collect();
        let ground = self.ground();
        let mut draft = self.load(&ground, &needs);
        let found = draft.improve();
        let chosen = found.and_then(|choice| {
            let ((subscriber, picture), _) = needs.iter().nth(choice.pair)?;
            Some((*subscriber, *picture, named(choice.new, &ground)))
        });
        let Some((subscriber, picture, by)) = chosen else {
            return false;
        };
        self.carry_out(subscriber, picture, by, Need::Improvement);
        self.finish([subscriber].into());
        true
    }

    fn ground(&self) -> Ground<'_> {
        let people = self
            .members
            .iter()
            .map(|(number, member)| (*number, member));
        Ground::new(self.rules(), people.collect())
    }

    /// The pairs in need, in their order, with all that stands already.
    fn load<'a>(&self, ground: &'a Ground<'a>, needs: &Needs) -> Draft<'a> {
        let places = 0..ground.len();
        let sent = places
            .map(|place| self.sends.load(ground.number(place)))
            .collect();
        let mut draft = Draft::new(ground, sent);
        let mut rows = BTreeMap::new();
        for ((subscriber, picture), need) in needs {
            let ends = ground
                .place(picture.publisher)
                .zip(ground.place(*subscriber));
            let Some((publisher, place)) = ends else {
                continue;
            };
            let row = *rows
                .entry(*picture)
                .or_insert_with(|| draft.add_row(publisher, self.cells(ground, *picture)));
            draft.add_pair(self.open(ground, row, (publisher, place), *picture, *need));
        }
        draft
    }

    /// How everyone stands to a picture. Only of relays does it matter whether they watch it themselves.
    fn cells(&self, ground: &Ground, picture: Picture) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); ground.len()];
        for relay in ground.relays() {
            if self.view(ground.number(*relay), picture).is_some() {
                cells[*relay].own = Own::Stands;
            }
        }
        for holder in self.sends.of_picture(picture.publisher, picture) {
            let Some(place) = ground.place(holder) else {
                continue;
            };
            let own = self.view(holder, picture);
            cells[place].direct = own.is_some_and(|own| own.carrier == Carrier::Direct);
            cells[place].onward = self.sends.of_picture(holder, picture).count() as u32;
        }
        cells
    }

    fn open(
        &self,
        ground: &Ground,
        row: usize,
        (publisher, subscriber): (usize, usize),
        picture: Picture,
        need: Need,
    ) -> Open {
        let by = self
            .view(ground.number(subscriber), picture)
            .map_or(By::Server, |view| sender(view, ground));
        let direct = match (need, ground.direct(publisher, subscriber)) {
            (Need::Relay, _) => false,
            (_, Leg::Works) => true,
            (Need::Path, leg) => leg > Leg::Slow,
            (Need::Improvement, Leg::Untried) => true,
            _ => by == By::Publisher,
        };
        let relayed = need != Need::Direct && ground.relayed(publisher, subscriber);
        Open {
            row,
            subscriber,
            by,
            direct,
            relayed,
        }
    }
}

/// Who sends a view's picture, or gets ready to.
fn sender(view: &View, ground: &Ground) -> By {
    let relay = view.relays().next();
    match (view.carrier, relay.and_then(|relay| ground.place(relay))) {
        (Carrier::Direct, _) => By::Publisher,
        (_, Some(relay)) => By::Relay(relay),
        (_, None) => By::Server,
    }
}

fn named(by: By, ground: &Ground) -> By<Number> {
    match by {
        By::Server => By::Server,
        By::Publisher => By::Publisher,
        By::Relay(relay) => By::Relay(ground.number(relay)),
    }
}
