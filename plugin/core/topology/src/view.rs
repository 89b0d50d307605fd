//! One subscriber's view of one picture: what carries it now, and what is being made ready.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Number, Path, Picture, sends::Send};

/// What carries a picture now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Carrier {
    Direct,
    Peer {
        relay: Number,
        /// Whether the subscriber has said that it comes.
        confirmed: bool,
    },
    Server,
}

/// A relay that is making a connection to the subscriber while something else carries the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Opening {
    pub(crate) relay: Number,
    /// Whether the subscriber has said that it comes.
    pub(crate) ready: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct View {
    pub(crate) carrier: Carrier,
    pub(crate) opening: Option<Opening>,
    /// Where the server shows it.
    pub(crate) slot: Option<usize>,
}

impl View {
    pub(crate) const NEW: Self = Self {
        carrier: Carrier::Server,
        opening: None,
        slot: None,
    };

    pub(crate) fn path(&self) -> Path {
        match (self.carrier, self.slot) {
            (Carrier::Direct, _) => Path::Direct,
            (Carrier::Peer { relay, .. }, _) => Path::Peer(relay),
            (Carrier::Server, Some(slot)) => Path::Server { slot },
            (Carrier::Server, None) => Path::NoSlot,
        }
    }

    /// Whether the server carries it and nobody gets ready to.
    pub(crate) fn waits(&self) -> bool {
        self.carrier == Carrier::Server && self.opening.is_none()
    }

    pub(crate) fn by_server(&self) -> bool {
        self.carrier == Carrier::Server
    }

    /// The subscriber says that this relay's picture comes.
    pub(crate) fn confirm(&mut self, relay: Number) {
        match (&mut self.carrier, &mut self.opening) {
            (_, Some(opening)) if opening.relay == relay => opening.ready = true,
            (
                Carrier::Peer {
                    relay: of,
                    confirmed,
                },
                _,
            ) if *of == relay => *confirmed = true,
            _ => {}
        }
    }

    /// Whether the picture waits for this relay's connection.
    pub(crate) fn waits_for(&self, relay: Number) -> bool {
        let confirmed = false;
        self.carrier == Carrier::Peer { relay, confirmed }
    }

    /// A relay lets the server show the picture, and goes on trying.
    pub(crate) fn step_aside(&mut self, relay: Number) {
        if let Carrier::Peer {
            relay: of,
            confirmed,
        } = self.carrier
            && of == relay
        {
            self.carrier = Carrier::Server;
            let ready = confirmed;
            self.opening = Some(Opening { relay, ready });
        }
    }

    /// A relay that is ready carries the picture from now on.
    pub(crate) fn take_over(&mut self, relay: Number) {
        let ready = true;
        if self.opening == Some(Opening { relay, ready }) {
            let confirmed = true;
            self.carrier = Carrier::Peer { relay, confirmed };
            self.opening = None;
        }
    }

    /// Nothing comes from these any more.
    pub(crate) fn lose(&mut self, is_lost: impl Fn(Number) -> bool) {
        if matches!(self.carrier, Carrier::Peer { relay, .. } if is_lost(relay)) {
            self.carrier = Carrier::Server;
        }
        self.opening = self.opening.filter(|opening| !is_lost(opening.relay));
    }

    /// The relays that carry it or get ready to.
    pub(crate) fn relays(&self) -> impl Iterator<Item = Number> {
        let carrying = match self.carrier {
            Carrier::Peer { relay, .. } => Some(relay),
            Carrier::Direct | Carrier::Server => None,
        };
        let opening = self.opening.map(|opening| opening.relay);
        carrying.into_iter().chain(opening)
    }

    /// What has to be sent for it: by the publisher, and by relays who must have it from him.
    pub(crate) fn sends(&self, picture: Picture, subscriber: Number) -> impl Iterator<Item = Send> {
        let publisher = picture.publisher;
        let direct = (self.carrier == Carrier::Direct).then_some((publisher, picture, subscriber));
        let relayed = self
            .relays()
            .flat_map(move |relay| [(publisher, picture, relay), (relay, picture, subscriber)]);
        direct.into_iter().chain(relayed)
    }
}

/// Gives slots to the pictures that the server carries to one subscriber: the first of `wish` get them, and whichever
/// has one among those keeps it.
pub(crate) fn give_slots(
    views: &mut BTreeMap<Picture, View>,
    wish: &[Picture],
    slots: impl ExactSizeIterator<Item = usize> + Clone,
) {
    let shown: BTreeSet<_> = wish.iter().take(slots.len()).copied().collect();
    for (picture, view) in views.iter_mut() {
        let exists = |slot: &usize| slots.clone().any(|of| of == *slot);
        view.slot = view.slot.filter(exists).filter(|_| shown.contains(picture));
    }
    let taken: BTreeSet<_> = views.values().filter_map(|view| view.slot).collect();
    let mut free = slots.clone().filter(|slot| !taken.contains(slot));
    for picture in wish.iter().take(slots.len()) {
        if let Some(view) = views.get_mut(picture)
            && view.slot.is_none()
        {
            view.slot = free.next();
        }
    }
}
