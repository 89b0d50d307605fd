//! The planner of one conference, spoken to by name: its numbers stay inside. No GStreamer, no clock.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fmt,
    time::Duration,
};

use convene_topology::{
    Number, PairReport, Path, Picture, Planner, Policy, Settings, Source, Standing, Step, Why,
};

/// A picture, by its publisher's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PictureOf {
    pub(crate) publisher: String,
    pub(crate) source: Source,
}

/// What an application has told of a participant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) standing: Standing,
    /// The pictures he wants, the most wanted first; `None`: all that there are. Who is named need not be here yet.
    pub(crate) wishes: Option<Vec<PictureOf>>,
}

/// A picture that somebody gets, or has ceased to get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) picture: PictureOf,
    pub(crate) subscriber: String,
    pub(crate) path: Option<Path>,
    pub(crate) relay: Option<String>,
    pub(crate) why: Option<Why>,
}

/// A step of the plan, with names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// The subscriber gets the picture by this path from now on.
    Path {
        picture: Picture,
        subscriber: Number,
        pair: Pair,
    },
    /// The sender begins to send a picture to another, or stops.
    Send {
        by: Number,
        picture: PictureOf,
        sender: String,
        to: String,
        on: bool,
    },
    /// The publisher's picture is needed on the server, or no longer.
    ServerNeeds {
        by: Number,
        picture: PictureOf,
        needed: bool,
    },
    /// The two try their direct connection (again).
    Retry {
        by: Number,
        participant: String,
        peer: String,
    },
}

/// Nobody in the conference has this name, or it is one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoName(pub(crate) String);

impl fmt::Display for NoName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nobody else here is called {}", self.0)
    }
}

#[derive(Debug)]
struct Person {
    name: String,
    sources: BTreeSet<Source>,
    wishes: Option<Vec<PictureOf>>,
}

/// The plan, and what is still to be told of it.
#[derive(Debug)]
pub(crate) struct Plan {
    planner: Planner,
    people: BTreeMap<Number, Person>,
    orders: VecDeque<Order>,
}

/// What it is told. [`Plan::settle`] plans all that was told since the last time together.
impl Plan {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            planner: Planner::new(Settings { policy, slots: 0 }),
            people: BTreeMap::new(),
            orders: VecDeque::new(),
        }
    }

    pub(crate) fn join(&mut self, number: Number, name: &str, told: Told) {
        self.planner.join(number, told.standing);
        let person = Person {
            name: name.into(),
            sources: BTreeSet::new(),
            wishes: told.wishes,
        };
        self.people.insert(number, person);
        let waiting = self.people.iter().filter(|(of, person)| {
            let wishes = person.wishes.iter().flatten();
            **of == number || wishes.into_iter().any(|wish| wish.publisher == name)
        });
        for of in waiting.map(|(of, _)| *of).collect::<Vec<_>>() {
            self.tell_wishes(of);
        }
    }

    /// The others are told by his name, which is forgotten after that.
    pub(crate) fn leave(&mut self, number: Number) {
        self.planner.leave(number);
        self.settle();
        self.people.remove(&number);
    }

    pub(crate) fn publish(&mut self, number: Number, sources: BTreeSet<Source>) {
        if let Some(person) = self.people.get_mut(&number)
            && person.sources != sources
        {
            person.sources.clone_from(&sources);
            self.planner.publish(number, sources);
        }
    }

    pub(crate) fn slots(&mut self, number: Number, slots: impl IntoIterator<Item = u32>) {
        let slots = slots.into_iter().filter_map(|slot| slot.try_into().ok());
        self.planner.slots(number, slots);
    }

    pub(crate) fn stand(&mut self, number: Number, standing: Standing) {
        self.planner.stand(number, standing);
    }

    pub(crate) fn want(&mut self, number: Number, wishes: Vec<PictureOf>) {
        if let Some(person) = self.people.get_mut(&number) {
            person.wishes = Some(wishes);
            self.tell_wishes(number);
        }
    }

    /// How the direct connection with `peer` fares.
    pub(crate) fn report(
        &mut self,
        now: Duration,
        from: Number,
        peer: &str,
        report: PairReport,
    ) -> Result<(), NoName> {
        let peer = self.other(from, peer)?;
        self.planner.report(now, from, peer, report);
        Ok(())
    }

    /// How the connection fares on which `relay` passes a picture on.
    pub(crate) fn report_relay(
        &mut self,
        now: Duration,
        subscriber: Number,
        relay: &str,
        picture: &PictureOf,
        report: PairReport,
    ) -> Result<(), NoName> {
        let relay = self.other(subscriber, relay)?;
        let picture = self.picture(picture)?;
        self.planner
            .report_relay(now, subscriber, relay, picture, report);
        Ok(())
    }

    /// See [`Planner::wake`].
    pub(crate) fn wake(&mut self, now: Duration) {
        self.planner.wake(now);
    }

    fn tell_wishes(&mut self, number: Number) {
        let person = self.people.get(&number);
        let Some(wishes) = person.and_then(|person| person.wishes.as_ref()) else {
            return;
        };
        let known = wishes.iter().filter_map(|wish| self.picture(wish).ok());
        let pictures = known.collect();
        self.planner.want(number, pictures);
    }

    fn number(&self, name: &str) -> Result<Number, NoName> {
        let known = self.people.iter().find(|(_, person)| person.name == name);
        known
            .map(|(number, _)| *number)
            .ok_or_else(|| NoName(name.into()))
    }

    fn other(&self, than: Number, name: &str) -> Result<Number, NoName> {
        match self.number(name)? {
            own if own == than => Err(NoName(name.into())),
            other => Ok(other),
        }
    }

    fn picture(&self, of: &PictureOf) -> Result<Picture, NoName> {
        let publisher = self.number(&of.publisher)?;
        let source = of.source;
        Ok(Picture { publisher, source })
    }
}

impl Order {
    /// On whose element it is told.
    pub(crate) fn concerns(&self) -> Number {
        match self {
            Self::Path { subscriber, .. } => *subscriber,
            Self::Send { by, .. } | Self::ServerNeeds { by, .. } | Self::Retry { by, .. } => *by,
        }
    }
}

/// What it says.
impl Plan {
    /// Plans, while all names are known.
    pub(crate) fn settle(&mut self) {
        while let Some(step) = self.planner.poll() {
            let orders = self.orders_of(step);
            self.orders.extend(orders.into_iter().flatten());
        }
    }

    /// The next thing to do.
    pub(crate) fn poll(&mut self) -> Option<Order> {
        self.orders.pop_front()
    }

    /// When [`Plan::wake`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.planner.deadline()
    }

    /// Every wanted pair, in the order of coming: of the publishers, then of the subscribers.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let pictures = self.people.iter().flat_map(|(publisher, person)| {
            let picture = |source: &Source| Picture {
                publisher: *publisher,
                source: *source,
            };
            person.sources.iter().map(picture)
        });
        let views = pictures.flat_map(|picture| self.people.keys().map(move |of| (picture, *of)));
        views
            .filter_map(|(picture, of)| {
                self.pair(picture, of, Some(self.planner.path(picture, of)?))
            })
            .collect()
    }

    fn pair(&self, picture: Picture, subscriber: Number, path: Option<Path>) -> Option<Pair> {
        Some(Pair {
            picture: self.picture_of(picture)?,
            subscriber: self.name(subscriber)?,
            path,
            relay: match path {
                Some(Path::Peer(relay)) => self.name(relay),
                _ => None,
            },
            why: self.planner.why(picture, subscriber),
        })
    }

    fn name(&self, number: Number) -> Option<String> {
        Some(self.people.get(&number)?.name.clone())
    }

    fn picture_of(&self, picture: Picture) -> Option<PictureOf> {
        let source = picture.source;
        let publisher = self.name(picture.publisher)?;
        Some(PictureOf { publisher, source })
    }

    /// Two for a pair, of which each has to know.
    fn orders_of(&self, step: Step) -> [Option<Order>; 2] {
        let order = match step {
            Step::Retry { a, b } => return [self.retry(a, b), self.retry(b, a)],
            Step::Path {
                picture,
                subscriber,
                path,
            } => self.path(picture, subscriber, path),
            Step::Send {
                picture,
                sender,
                to,
                on,
            } => self.send(picture, sender, to, on),
            Step::ServerNeeds { picture, needed } => self.server_needs(picture, needed),
        };
        [order, None]
    }

    fn path(&self, picture: Picture, subscriber: Number, path: Option<Path>) -> Option<Order> {
        Some(Order::Path {
            picture,
            subscriber,
            pair: self.pair(picture, subscriber, path)?,
        })
    }

    fn send(&self, picture: Picture, by: Number, to: Number, on: bool) -> Option<Order> {
        Some(Order::Send {
            by,
            picture: self.picture_of(picture)?,
            sender: self.name(by)?,
            to: self.name(to)?,
            on,
        })
    }

    fn server_needs(&self, picture: Picture, needed: bool) -> Option<Order> {
        Some(Order::ServerNeeds {
            by: picture.publisher,
            picture: self.picture_of(picture)?,
            needed,
        })
    }

    fn retry(&self, by: Number, peer: Number) -> Option<Order> {
        Some(Order::Retry {
            by,
            participant: self.name(by)?,
            peer: self.name(peer)?,
        })
    }
}

#[cfg(test)]
mod tests;
