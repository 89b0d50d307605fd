//! Why a path is what it is, for those who ask.

use super::Planner;
use crate::{
    Number, Picture, Why,
    links::Leg,
    people::{Who, hidden},
    view::{Carrier, View},
};

impl Planner {
    /// Why a picture goes to a subscriber by the path it has; `None`: he does not get it.
    #[must_use]
    pub fn why(&self, picture: Picture, subscriber: Number) -> Option<Why> {
        let view = self.view(subscriber, picture)?;
        let (publisher, subscriber) = (self.who(picture.publisher)?, self.who(subscriber)?);
        if hidden(publisher.1, subscriber.1) {
            return Some(Why::HidesAddress);
        }
        let leg = self.rules().direct(publisher, subscriber);
        Some(match view.carrier {
            Carrier::Direct if leg == Leg::Works => Why::Connected,
            Carrier::Direct => Why::Trying,
            Carrier::Peer { .. } => self.why_not_direct(publisher, subscriber),
            Carrier::Server => self.why_server(view, publisher, subscriber),
        })
    }

    fn why_not_direct(&self, publisher: Who, subscriber: Who) -> Why {
        match self.rules().direct(publisher, subscriber) {
            _ if !self.rules().permits(publisher.1, subscriber.1) => Why::BothPrivate,
            Leg::Down => Why::NotConnected,
            Leg::Slow | Leg::Offered => Why::Trying,
            _ => Why::UplinkSpent,
        }
    }

    fn why_server(&self, view: &View, publisher: Who, subscriber: Who) -> Why {
        let leg = self.rules().direct(publisher, subscriber);
        let relayed = self.rules().relayed(publisher.1, subscriber.1);
        let mut relays = self.members.iter().filter(|_| relayed);
        let way = |(relay, member): (&Number, _)| {
            self.rules().way(publisher, (*relay, member), subscriber) > Leg::Slow
        };
        match leg {
            _ if view.opening.is_some() => Why::Trying,
            Leg::Slow | Leg::Offered => Why::Trying,
            Leg::Untried | Leg::Trying | Leg::Works => Why::UplinkSpent,
            Leg::Down if relays.any(way) => Why::UplinkSpent,
            Leg::Down if relayed && self.links.let_down(subscriber.0) => Why::RelayLost,
            Leg::Down => Why::NoCommonWay,
        }
    }
}
