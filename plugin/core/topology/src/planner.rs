//! The planner's state, and what it is told.

mod load;
mod settle;
mod steps;
mod why;

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use crate::{
    Number, PairReport, Path, Picture, Policy, Source, Standing, Step,
    links::{Leg, Links},
    people::{Member, Rules, Who},
    sends::Sends,
    view::View,
};

/// The pace at which a plan that is kept is made better: one pair in this time.
const IMPROVE: Duration = Duration::from_secs(10);

/// What a planner is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Who connects to whom.
    pub policy: Policy,
    /// How many pictures the server can send to one participant, unless [`Planner::slots`] says it for him.
    pub slots: usize,
}

/// When the plan is looked at for something better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Improvement {
    /// Something has changed since, so there may be.
    due: bool,
    last: Option<Duration>,
}

/// The plan of one conference.
///
/// `handle` its inputs by name, then `poll` until there is no step left; call [`Planner::wake`] at
/// [`Planner::deadline`]. What was told since the last `poll` is planned together, so a conference that is described
/// before the first of them is planned from nothing, with as few pairs for the server as can be. Later only those
/// pairs are planned anew that have to do with what changed; all others keep their paths, until the plan is made
/// better, one pair at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Planner {
    settings: Settings,
    members: BTreeMap<Number, Member>,
    links: Links,
    /// Each subscriber's pictures.
    views: BTreeMap<Number, BTreeMap<Picture, View>>,
    sends: Sends,
    /// How many views do not go directly.
    indirect: usize,
    /// How many subscribers see each picture by the server; nobody: no entry.
    on_server: BTreeMap<Picture, usize>,
    /// The pairs that something has happened to since the plan was made.
    touched: BTreeSet<(Number, Picture)>,
    /// The pairs of the server's that somebody could relay who could not before.
    offered: BTreeSet<(Number, Picture)>,
    /// Those who send more than they can by now.
    shrunk: BTreeSet<Number>,
    /// Those whose slots have changed.
    reslotted: BTreeSet<Number>,
    /// The paths that have changed since they were last told, as they were.
    before: BTreeMap<(Number, Picture), Option<Path>>,
    improvement: Improvement,
    steps: VecDeque<Step>,
}

impl Planner {
    /// An empty plan.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            members: BTreeMap::new(),
            links: Links::default(),
            views: BTreeMap::new(),
            sends: Sends::default(),
            indirect: 0,
            on_server: BTreeMap::new(),
            touched: BTreeSet::new(),
            offered: BTreeSet::new(),
            shrunk: BTreeSet::new(),
            reslotted: BTreeSet::new(),
            before: BTreeMap::new(),
            improvement: Improvement::default(),
            steps: VecDeque::new(),
        }
    }

    /// Somebody came. Whoever is in already stays as he is.
    pub fn join(&mut self, number: Number, standing: Standing) {
        if self.members.contains_key(&number) {
            return;
        }
        let member = Member {
            standing,
            ..Member::default()
        };
        self.members.insert(number, member);
        self.touch_wishes(number);
    }

    /// Somebody left; what was learnt of him is forgotten.
    pub fn leave(&mut self, number: Number) {
        self.touch_all_of(number);
        self.members.remove(&number);
        self.links.forget(number);
    }

    /// What somebody publishes now.
    pub fn publish(&mut self, number: Number, sources: impl IntoIterator<Item = Source>) {
        if let Some(member) = self.members.get_mut(&number) {
            member.publishes = sources.into_iter().collect();
            self.touch_pictures_of(number);
        }
    }

    /// Which pictures somebody wants, the most wanted first; naming one twice changes nothing.
    pub fn want(&mut self, number: Number, pictures: Vec<Picture>) {
        if let Some(member) = self.members.get_mut(&number) {
            let mut wants = BTreeMap::new();
            for (place, picture) in pictures.into_iter().enumerate() {
                wants.entry(picture).or_insert(place);
            }
            member.wants = Some(wants);
            self.touch_wishes(number);
        }
    }

    /// The slots that somebody has from now on, by their numbers.
    pub fn slots(&mut self, number: Number, slots: impl IntoIterator<Item = usize>) {
        if let Some(member) = self.members.get_mut(&number) {
            member.slots = Some(slots.into_iter().collect());
            self.reslotted.insert(number);
        }
    }

    /// Where somebody stands became known, or he changed his mind.
    pub fn stand(&mut self, number: Number, standing: Standing) {
        let policy = self.settings.policy;
        let Some(member) = self.members.get_mut(&number) else {
            return;
        };
        let could = relay_budget(member, policy);
        if std::mem::replace(&mut member.standing, standing) == standing {
            return;
        }
        if member.budget() < self.sends.load(number) {
            self.shrunk.insert(number);
        }
        if relay_budget(member, policy) > could {
            self.offer(|_, _| true);
        }
        self.touch_all_of(number);
    }

    /// One of a pair reports how their connection fares.
    pub fn report(&mut self, now: Duration, from: Number, peer: Number, report: PairReport) {
        if from == peer || !self.members.contains_key(&from) || !self.members.contains_key(&peer) {
            return;
        }
        let before = self.links.leg(from, peer);
        self.links.report(now, from, peer, report);
        if self.links.leg(from, peer) != before {
            self.touch_link(from, peer);
            self.touch_link(peer, from);
        }
    }

    /// A subscriber reports how a relay's connection for one picture fares. A relay who fails somebody is not asked
    /// again for him before his back-off ends.
    pub fn report_relay(
        &mut self,
        now: Duration,
        subscriber: Number,
        relay: Number,
        picture: Picture,
        report: PairReport,
    ) {
        let Some(view) = self.view(subscriber, picture) else {
            return;
        };
        if !view.relays().any(|of| of == relay) {
            return;
        }
        match report {
            PairReport::Connected => {
                self.links.delivers(relay, subscriber);
                self.change(subscriber, picture, |view| view.confirm(relay));
            }
            PairReport::Slow if !view.waits_for(relay) => return,
            PairReport::Slow => {
                self.change(subscriber, picture, |view| view.step_aside(relay));
            }
            PairReport::Failed => {
                self.links.stall(now, relay, subscriber);
                let through: Vec<_> = self.sends.of(relay).collect();
                let his = through.into_iter().filter(|(.., to)| *to == subscriber);
                self.touched
                    .extend(his.map(|(_, picture, to)| (to, picture)));
            }
        }
        self.touched.insert((subscriber, picture));
    }

    /// When [`Planner::wake`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let Improvement { due, last } = self.improvement;
        let improve = due.then(|| last.map_or(Duration::ZERO, |last| last + IMPROVE));
        self.links.deadline().into_iter().chain(improve).min()
    }

    /// Lets pairs whose time has come try again, while their pictures stay where they are, and makes the plan better
    /// by at most one pair. A pair that may not connect by then is forgotten instead: it begins anew if it ever may.
    pub fn wake(&mut self, now: Duration) {
        self.settle();
        for (a, b) in self.links.due(now) {
            self.retry(a, b);
        }
        self.improvement.due |= self.links.forgive(now);
        self.settle();
        let Improvement { due, last } = self.improvement;
        if due && last.is_none_or(|last| last + IMPROVE <= now) {
            self.improvement.last = Some(now);
            self.improvement.due = self.improve();
        }
    }

    /// The next step.
    pub fn poll(&mut self) -> Option<Step> {
        self.settle();
        self.steps.pop_front()
    }

    /// The path of a picture to a subscriber, as of the last `poll`; `None`: he does not get it.
    #[must_use]
    pub fn path(&self, picture: Picture, subscriber: Number) -> Option<Path> {
        self.view(subscriber, picture).map(View::path)
    }

    /// Whether a pair may try to connect directly now.
    #[must_use]
    pub fn may_connect(&self, a: Number, b: Number) -> bool {
        self.direct(a, b) > Leg::Down
    }

    fn retry(&mut self, a: Number, b: Number) {
        if !self.may_ever_connect(a, b) {
            self.links.forget_pair(a, b);
            return;
        }
        self.links.try_again(a, b);
        self.steps.push_back(Step::Retry { a, b });
    }

    fn may_ever_connect(&self, a: Number, b: Number) -> bool {
        let both = self.members.get(&a).zip(self.members.get(&b));
        both.is_some_and(|(a, b)| self.rules().permits(a, b))
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            policy: self.settings.policy,
            links: &self.links,
        }
    }

    fn who(&self, number: Number) -> Option<Who<'_>> {
        Some((number, self.members.get(&number)?))
    }

    fn direct(&self, a: Number, b: Number) -> Leg {
        let both = self.who(a).zip(self.who(b));
        both.map_or(Leg::Down, |(a, b)| self.rules().direct(a, b))
    }

    fn view(&self, subscriber: Number, picture: Picture) -> Option<&View> {
        self.views.get(&subscriber)?.get(&picture)
    }
}

/// What has to be planned anew.
impl Planner {
    fn touch(&mut self, subscriber: Number, picture: Picture) {
        if self.view(subscriber, picture).is_some() || self.is_wanted(subscriber, picture) {
            self.touched.insert((subscriber, picture));
        }
    }

    /// All that somebody sees or wants to see.
    fn touch_wishes(&mut self, number: Number) {
        let views = self.views.get(&number).into_iter().flatten();
        let published = self
            .members
            .iter()
            .flat_map(|(of, member)| member.pictures(*of));
        let pictures = views.map(|(picture, _)| *picture).chain(published);
        let pictures = pictures.filter(|picture| picture.publisher != number);
        let touched: Vec<_> = pictures.map(|picture| (number, picture)).collect();
        self.touched.extend(touched);
    }

    /// All that somebody publishes, to whomever.
    fn touch_pictures_of(&mut self, publisher: Number) {
        for source in [Source::Camera, Source::Screen] {
            let others = self
                .members
                .keys()
                .copied()
                .filter(|other| *other != publisher);
            for other in others.collect::<Vec<_>>() {
                self.touch(other, Picture { publisher, source });
            }
        }
    }

    /// All that somebody sees, publishes or relays.
    fn touch_all_of(&mut self, number: Number) {
        self.touch_wishes(number);
        self.touch_pictures_of(number);
        let sends = self.sends.of(number);
        self.touched
            .extend(sends.map(|(_, picture, to)| (to, picture)));
    }

    /// What goes between the two or could, as far as `a` sends it; and what others see of either through the other.
    fn touch_link(&mut self, a: Number, b: Number) {
        for source in [Source::Camera, Source::Screen] {
            self.touch(
                b,
                Picture {
                    publisher: a,
                    source,
                },
            );
        }
        let concerns = |(_, picture, to): &(Number, Picture, Number)| {
            picture.publisher == b || (*to == b && picture.publisher != a)
        };
        let relayed = self.sends.of(a).filter(concerns);
        self.touched
            .extend(relayed.map(|(_, picture, to)| (to, picture)));
        let relays = self
            .members
            .get(&a)
            .is_some_and(|a| a.may_relay(self.settings.policy));
        if relays && self.links.leg(a, b) == Leg::Works {
            self.offer_of(b);
        }
    }

    /// What the server carries from somebody and to him.
    fn offer_of(&mut self, number: Number) {
        if self.indirect > 0 {
            self.offer(|subscriber, picture| [subscriber, picture.publisher].contains(&number));
        }
    }

    /// Of what the server carries, what a relay may do now.
    fn offer(&mut self, concerns: impl Fn(Number, Picture) -> bool) {
        let waiting = self
            .waiting()
            .filter(|(subscriber, picture)| concerns(*subscriber, *picture));
        let offered: Vec<_> = waiting.collect();
        self.offered.extend(offered);
    }

    fn waiting(&self) -> impl Iterator<Item = (Number, Picture)> {
        let views = self.views.iter();
        let views = views.flat_map(|(subscriber, views)| {
            views
                .iter()
                .map(|(picture, view)| (*subscriber, *picture, view))
        });
        let waiting = views.filter(|(_, _, view)| view.waits());
        waiting.map(|(subscriber, picture, _)| (subscriber, picture))
    }
}

/// How many pictures somebody can send for others; none if he may not relay.
fn relay_budget(member: &Member, policy: Policy) -> u32 {
    match member.may_relay(policy) {
        true => member.budget(),
        false => 0,
    }
}

#[cfg(test)]
mod tests;
