//! The server under load, as the conductor sees it.
//!
//! [`Server`] is what a measurement needs of any server that offers; [`Convene`] is this project's, in a process of
//! its own that holds [`legs`], and [`Janus`] the other one.

mod codec;
mod janus;
pub mod legs;
mod transport;
mod watch;

use std::{collections::BTreeMap, sync::mpsc, time::Duration};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

#[cfg(test)]
pub use self::watch::Left;
pub use self::{
    codec::Codec,
    janus::{Janus, cores},
    watch::Passed,
};
use crate::{error::LoadError, role::Role, scene::Scene};

/// What a server says of one participant.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// Its offer.
    Offer {
        /// The session description.
        sdp: String,
    },
    /// One of its candidates.
    Candidate {
        /// The attribute's value.
        candidate: String,
    },
    /// He is connected.
    Connected,
    /// His sound has arrived.
    Flows,
    /// He is of no use any more.
    Failed {
        /// Why.
        cause: String,
    },
}

/// What a server counts by itself; one that counts nothing has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The longest time for which one packet kept all others waiting, since this was last asked for.
    pub longest: Duration,
    /// How packets ended since the beginning, by name.
    pub packets: BTreeMap<String, u64>,
}

impl Notes {
    /// What was counted since `before`.
    pub fn since(mut self, before: &Self) -> Self {
        for (name, count) in &mut self.packets {
            *count = count.saturating_sub(*before.packets.get(name).unwrap_or(&0));
        }
        self
    }
}

/// A word of a server's.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum FromServer {
    /// About one participant.
    Leg {
        /// Which.
        leg: usize,
        /// What.
        said: Said,
    },
    /// What it has counted; it was asked.
    Notes(Notes),
    /// When packets of each participant passed its mixer; it was asked.
    Passed(BTreeMap<usize, Passed>),
}

/// A server that offers to everybody who joins.
pub trait Server {
    /// Its process.
    fn process(&self) -> u32;

    /// Somebody joins; what becomes of him is told as [`FromServer`].
    ///
    /// # Errors
    /// When the server does not listen.
    fn join(&mut self, leg: usize) -> Result<(), LoadError>;

    /// His answer to the offer.
    ///
    /// # Errors
    /// When the server does not listen.
    fn answer(&mut self, leg: usize, sdp: String) -> Result<(), LoadError>;

    /// Makes the server's part of a scene.
    ///
    /// # Errors
    /// When the server does not listen.
    fn set(&mut self, scene: Scene) -> Result<(), LoadError>;

    /// Asks for its notes, which come as [`FromServer::Notes`].
    ///
    /// # Errors
    /// When the server does not listen.
    fn ask(&mut self) -> Result<(), LoadError>;

    /// Has it note when packets pass its mixer, if it can, from now on.
    ///
    /// # Errors
    /// When the server does not listen.
    fn watch(&mut self) -> Result<(), LoadError>;

    /// Asks when they did, which comes as [`FromServer::Passed`].
    ///
    /// # Errors
    /// When the server does not listen.
    fn passed(&mut self) -> Result<(), LoadError>;
}

/// The ICE transports of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Ice {
    /// Convene's agent: one socket for all.
    Own,
    /// libnice.
    Nice,
}

impl Ice {
    /// As the command line calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Nice => "nice",
        }
    }

    /// libnice drops nothing.
    pub fn can_play(self, scene: Scene) -> bool {
        self == Self::Own || !scene.drop_silence
    }
}

/// What the conductor tells the process with the legs.
#[derive(Debug, Serialize, Deserialize)]
enum ToLegs {
    Join { leg: usize },
    Answer { leg: usize, sdp: String },
    Set { scene: Scene },
    Note,
    Watch,
    Pass,
}

/// This project's legs in a process of their own.
pub struct Convene(Role);

impl Convene {
    /// Starts it; it has `people` in each conference, gives who only listens packets of so many milliseconds, and tells what
    /// happens through `events`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start<E: Send + 'static>(
        ice: Ice,
        people: usize,
        listener_packet: u32,
        events: mpsc::Sender<E>,
        hear: fn(Result<FromServer, LoadError>) -> E,
    ) -> Result<Self, LoadError> {
        let [people, packet] = [people.to_string(), listener_packet.to_string()];
        let kind = ["server", "--ice", ice.name()];
        let figures = ["--people", &people, "--listener-packet", &packet];
        Role::start("server", &[&kind[..], &figures].concat(), events, hear).map(Self)
    }
}

impl Server for Convene {
    fn process(&self) -> u32 {
        self.0.id()
    }

    fn join(&mut self, leg: usize) -> Result<(), LoadError> {
        self.0.tell(&ToLegs::Join { leg })
    }

    fn answer(&mut self, leg: usize, sdp: String) -> Result<(), LoadError> {
        self.0.tell(&ToLegs::Answer { leg, sdp })
    }

    fn set(&mut self, scene: Scene) -> Result<(), LoadError> {
        self.0.tell(&ToLegs::Set { scene })
    }

    fn ask(&mut self) -> Result<(), LoadError> {
        self.0.tell(&ToLegs::Note)
    }

    fn watch(&mut self) -> Result<(), LoadError> {
        self.0.tell(&ToLegs::Watch)
    }

    fn passed(&mut self) -> Result<(), LoadError> {
        self.0.tell(&ToLegs::Pass)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_counted_from_before() {
        let notes = |longest, counts: &[(&str, u64)]| Notes {
            longest: Duration::from_micros(longest),
            packets: counts
                .iter()
                .map(|&(name, count)| (name.to_owned(), count))
                .collect(),
        };
        let before = notes(900, &[("sent", 10)]);
        let after = notes(50, &[("sent", 15), ("silence", 3)]);
        let expected = notes(50, &[("sent", 5), ("silence", 3)]);
        assert_eq!(after.since(&before), expected);
    }
}
