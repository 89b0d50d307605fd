//! From what was touched to a plan: what does not hold any more is given up, what is open is drafted, and the draft is
//! carried out.

use std::collections::BTreeMap;

use super::Planner;
use crate::{
    Number, Picture, Step,
    draft::By,
    links::Leg,
    sends::Send,
    view::{Carrier, Opening, View},
};

/// A pair to plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It has never had a path: it may wait for a connection to be made.
    Path,
    /// It has a path; a better one takes its place when it works.
    Better,
    /// It has a path, and only the direct one would be better.
    Direct,
    /// The server carries it, and nothing has happened to it but that somebody could relay it now.
    Relay,
    /// Nothing has happened to it.
    Improvement,
}

pub(super) type Needs = BTreeMap<(Number, Picture), Need>;

impl Planner {
    /// Plans what was touched.
    pub(super) fn settle(&mut self) {
        self.shed();
        let mut subscribers = std::mem::take(&mut self.reslotted);
        if self.touched.is_empty() && self.offered.is_empty() && subscribers.is_empty() {
            return;
        }
        let mut needs = Needs::new();
        while let Some((subscriber, picture)) = self.touched.pop_first() {
            subscribers.insert(subscriber);
            self.review(subscriber, picture, &mut needs);
        }
        for (subscriber, picture) in std::mem::take(&mut self.offered) {
            if self.view(subscriber, picture).is_some_and(View::waits) {
                needs.entry((subscriber, picture)).or_insert(Need::Relay);
            }
        }
        self.try_untried(&needs);
        self.draft(&needs);
        self.finish(subscribers);
        self.improvement.due |= self.indirect > 0;
    }

    /// Gives up what is not wanted or does not hold any more, and notes what has to be planned.
    fn review(&mut self, subscriber: Number, picture: Picture, needs: &mut Needs) {
        let key = (subscriber, picture);
        match (
            self.is_wanted(subscriber, picture),
            self.view(subscriber, picture),
        ) {
            (false, None) => {}
            (false, Some(_)) => {
                self.put_view(subscriber, picture, None);
                needs.remove(&key);
            }
            (true, None) => {
                self.put_view(subscriber, picture, Some(View::NEW));
                needs.insert(key, Need::Path);
            }
            (true, Some(_)) => {
                self.hold_or_lose(subscriber, picture);
                if let Some(need) = self.need(subscriber, picture) {
                    needs.entry(key).or_insert(need);
                }
            }
        }
    }

    pub(super) fn is_wanted(&self, subscriber: Number, picture: Picture) -> bool {
        let both = self
            .members
            .get(&subscriber)
            .zip(self.members.get(&picture.publisher));
        both.is_some_and(|(subscriber, publisher)| {
            subscriber.wants(&picture) && publisher.publishes.contains(&picture.source)
        })
    }

    /// A path that does not hold gives way to the server's, and one that is ready takes over.
    fn hold_or_lose(&mut self, subscriber: Number, picture: Picture) {
        let Some(view) = self.view(subscriber, picture).copied() else {
            return;
        };
        if view.carrier == Carrier::Direct
            && self.direct(picture.publisher, subscriber) < Leg::Trying
        {
            self.change(subscriber, picture, |view| view.carrier = Carrier::Server);
        }
        for relay in view.relays().collect::<Vec<_>>() {
            self.hold_or_lose_relay(subscriber, picture, relay);
        }
    }

    fn hold_or_lose_relay(&mut self, subscriber: Number, picture: Picture, relay: Number) {
        match self.way(picture, relay, subscriber) {
            Leg::Down => self.change(subscriber, picture, |view| view.lose(|of| of == relay)),
            Leg::Slow => self.change(subscriber, picture, |view| view.step_aside(relay)),
            _ => self.change(subscriber, picture, |view| view.take_over(relay)),
        }
    }

    /// The worse of a relay's legs. He who watches the picture himself has it directly whenever both can be used, for
    /// it is sent to him anyway.
    fn way(&self, picture: Picture, relay: Number, subscriber: Number) -> Leg {
        let ends = self.who(picture.publisher).zip(self.who(subscriber));
        let way = ends
            .zip(self.who(relay))
            .map(|((publisher, subscriber), relay)| self.rules().way(publisher, relay, subscriber));
        way.unwrap_or(Leg::Down)
    }

    fn need(&self, subscriber: Number, picture: Picture) -> Option<Need> {
        let view = self.view(subscriber, picture)?;
        let leg = self.direct(picture.publisher, subscriber);
        let ends = self
            .members
            .get(&picture.publisher)
            .zip(self.members.get(&subscriber));
        let untried = leg == Leg::Untried && ends.is_some_and(|(a, b)| !self.rules().relayed(a, b));
        match (view.carrier, view.opening) {
            (Carrier::Direct, _) => None,
            (Carrier::Server, None) => Some(Need::Better),
            _ => (leg == Leg::Works || untried).then_some(Need::Direct),
        }
    }

    /// Where nobody has tried the direct way yet, it is tried while pictures stay where they are.
    fn try_untried(&mut self, needs: &Needs) {
        for ((subscriber, picture), need) in needs {
            let publisher = picture.publisher;
            let untried = self.direct(publisher, *subscriber) == Leg::Untried;
            let better = matches!(need, Need::Better | Need::Direct);
            if better && untried && self.spare(publisher) > 0 {
                self.offer_direct(publisher, *subscriber);
            }
        }
    }

    fn spare(&self, sender: Number) -> u32 {
        let budget = self
            .members
            .get(&sender)
            .map_or(0, |member| member.budget());
        budget.saturating_sub(self.sends.load(sender))
    }

    /// Whoever can send less than he does gives up what he relays first, then his own pictures where nobody depends on
    /// them.
    fn shed(&mut self) {
        for sender in std::mem::take(&mut self.shrunk) {
            let budget = self
                .members
                .get(&sender)
                .map_or(0, |member| member.budget());
            while self.sends.load(sender) > budget
                && let Some(send) = self.least_needed(sender)
            {
                self.give_up(send);
            }
        }
    }

    fn least_needed(&self, sender: Number) -> Option<Send> {
        let rank = |(_, picture, to): &Send| {
            let own = picture.publisher == sender;
            (
                own,
                own && self.sends.of_picture(*to, *picture).next().is_some(),
            )
        };
        self.sends.of(sender).rev().min_by_key(rank)
    }

    fn give_up(&mut self, (sender, picture, to): Send) {
        if picture.publisher != sender {
            return self.demote(to, picture, |view| view.lose(|relay| relay == sender));
        }
        for through in self.sends.of_picture(to, picture).collect::<Vec<_>>() {
            self.demote(through, picture, |view| view.lose(|relay| relay == to));
        }
        self.demote(to, picture, |view| {
            if view.carrier == Carrier::Direct {
                view.carrier = Carrier::Server;
            }
        });
    }

    fn demote(&mut self, subscriber: Number, picture: Picture, change: impl FnOnce(&mut View)) {
        self.change(subscriber, picture, change);
        self.touched.insert((subscriber, picture));
    }
}

/// Carrying out what was drafted.
impl Planner {
    /// `by`: who sends, and if a relay, who.
    pub(super) fn carry_out(
        &mut self,
        subscriber: Number,
        picture: Picture,
        by: By<Number>,
        need: Need,
    ) {
        match by {
            By::Server => self.change(subscriber, picture, |view| {
                *view = View {
                    slot: view.slot,
                    ..View::NEW
                }
            }),
            By::Publisher => self.go_direct(subscriber, picture, need),
            By::Relay(relay) => self.go_through(subscriber, picture, relay, need),
        }
    }

    fn go_direct(&mut self, subscriber: Number, picture: Picture, need: Need) {
        let works = self.direct(picture.publisher, subscriber) == Leg::Works;
        if need != Need::Path && !works {
            return self.offer_direct(picture.publisher, subscriber);
        }
        self.links.try_first(picture.publisher, subscriber);
        self.change(subscriber, picture, |view| {
            view.carrier = Carrier::Direct;
            view.opening = None;
        });
    }

    /// Lets the two connect for the first time while pictures go another way.
    fn offer_direct(&mut self, a: Number, b: Number) {
        self.links.offer(a, b);
        let (a, b) = (a.min(b), a.max(b));
        self.steps.push_back(Step::Retry { a, b });
    }

    fn go_through(&mut self, subscriber: Number, picture: Picture, relay: Number, need: Need) {
        self.links.try_first(picture.publisher, relay);
        let at_once = need == Need::Path && self.way(picture, relay, subscriber) > Leg::Slow;
        self.change(subscriber, picture, |view| match at_once {
            true => {
                let confirmed = false;
                view.carrier = Carrier::Peer { relay, confirmed };
            }
            false => {
                let ready = false;
                view.opening = Some(Opening { relay, ready });
            }
        });
    }

    /// Changes a view, with all that is counted of it.
    pub(super) fn change(
        &mut self,
        subscriber: Number,
        picture: Picture,
        change: impl FnOnce(&mut View),
    ) {
        if let Some(mut view) = self.view(subscriber, picture).copied() {
            change(&mut view);
            self.put_view(subscriber, picture, Some(view));
        }
    }

    fn put_view(&mut self, subscriber: Number, picture: Picture, view: Option<View>) {
        let old = self.view(subscriber, picture).copied();
        if old == view {
            return;
        }
        self.remember(subscriber, picture, old);
        for send in view.iter().flat_map(|view| view.sends(picture, subscriber)) {
            self.sends.need(send);
        }
        for send in old.iter().flat_map(|view| view.sends(picture, subscriber)) {
            self.sends.let_go(send);
        }
        let indirect = |view: Option<View>| {
            usize::from(view.is_some_and(|view| view.carrier != Carrier::Direct))
        };
        self.indirect = self.indirect + indirect(view) - indirect(old);
        let views = self.views.entry(subscriber).or_default();
        match view {
            Some(view) => drop(views.insert(picture, view)),
            None => drop(views.remove(&picture)),
        }
        if views.is_empty() {
            self.views.remove(&subscriber);
        }
    }
}
