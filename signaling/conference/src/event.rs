//! What can happen to a conference.

use convene_topology::{Class, PairReport, Realm, Source};

use crate::Action;

/// A participant's id within his conference; whoever makes it makes it unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(pub String);

/// A picture: whose, and which of his.
pub type PictureOf = (ParticipantId, Source);

/// What a participant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May do all, and decides what the others may.
    Moderator,
    /// May send sound and pictures.
    Speaker,
    /// Receives only.
    Listener,
}

/// What a participant sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Publishing {
    /// Sound.
    pub microphone: bool,
    /// A camera picture.
    pub camera: bool,
    /// A screen picture.
    pub screen: bool,
}

/// What a participant wishes of his network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Wishes {
    /// Whether he passes pictures on.
    pub relays: bool,
    /// Whether nobody but the server may learn his address.
    pub hides_address: bool,
    /// How many pictures he can send to others at once; `None`: any number.
    pub uplink: Option<u32>,
}

/// How everyone gets the others' sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SoundMode {
    /// As a mix of all but himself.
    #[default]
    Mix,
    /// As the talkers' own packets.
    Relay,
}

/// How loudly somebody is heard, in hundredths; 100 is as he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gain(pub u8);

impl Gain {
    /// As he is.
    pub const ONE: Self = Self(100);
}

impl Publishing {
    pub(crate) fn sources(self) -> impl Iterator<Item = Source> {
        let sources = [(self.camera, Source::Camera), (self.screen, Source::Screen)];
        sources
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, source)| source)
    }
}

/// Where a participant stands in the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Network {
    /// Public or private.
    pub class: Class,
    /// Whether strangers' packets reach him.
    pub reachable: Option<bool>,
    /// Where that holds.
    pub realm: Realm,
}

/// Somebody who wants to enter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Newcomer {
    /// His new id.
    pub id: ParticipantId,
    /// The name he chose.
    pub name: String,
    /// The role that his token gives him.
    pub role: Role,
    /// What he will send.
    pub publishing: Publishing,
    /// What he wishes of his network.
    pub wishes: Wishes,
    /// By what his browser is known again; `None`: by nothing.
    pub identity: Option<String>,
}

/// Something that happened. `S` is what two browsers tell each other; it is passed on unread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event<S> {
    /// Somebody wants to enter.
    Join(Newcomer),
    /// His leg has an offer for him.
    Offered(ParticipantId),
    /// He answers the offer.
    Answer(ParticipantId, String),
    /// His leg could not use the answer: he may give another.
    AnswerRefused(ParticipantId),
    /// A candidate of his leg.
    Candidate(ParticipantId, String, u32),
    /// He restarts his leg's ICE.
    Restart(ParticipantId, String),
    /// His leg is connected.
    LegConnected(ParticipantId),
    /// Authenticated packets of his came.
    LegHeard(ParticipantId),
    /// For 15 s his leg has had no sign that he wants to go on.
    LegSilent(ParticipantId),
    /// It has one again.
    LegBack(ParticipantId),
    /// His leg is of no use any more.
    LegFailed(ParticipantId),
    /// His leg has ended, as it was told to.
    LegClosed(ParticipantId),
    /// His page is back, on another socket.
    Returned {
        /// Whose.
        id: ParticipantId,
        /// Whether it has its side of the leg still.
        has_leg: bool,
    },
    /// He asks for something that has one answer.
    Act {
        /// Who.
        from: ParticipantId,
        /// His number for the answer.
        request: u32,
        /// What.
        action: Action,
    },
    /// He has something for another.
    Pair {
        /// Who says it.
        from: ParticipantId,
        /// To whom.
        to: ParticipantId,
        /// What.
        signal: S,
    },
    /// How his connection with another fares.
    PairState {
        /// Who says it.
        from: ParticipantId,
        /// With whom.
        peer: ParticipantId,
        /// How.
        report: PairReport,
    },
    /// He has something for the other end of a connection that carries one relayed picture.
    Relay {
        /// Who says it.
        from: ParticipantId,
        /// To whom.
        to: ParticipantId,
        /// The picture.
        picture: PictureOf,
        /// Which of their connections for it; passed on unread.
        attempt: u32,
        /// What.
        signal: S,
    },
    /// How a picture that is passed on to him arrives.
    RelayState {
        /// Who says it.
        from: ParticipantId,
        /// Who passes it on.
        relay: ParticipantId,
        /// The picture.
        picture: PictureOf,
        /// How.
        report: PairReport,
    },
    /// He wishes something else of his network from now on.
    Wish(ParticipantId, Wishes),
    /// A copy of this file begins to come to the server.
    CopyBegins(u32),
    /// It has come, or not.
    Copied {
        /// Which.
        file: u32,
        /// Whether all of it is there, and is what was offered.
        whole: bool,
    },
    /// He sends something else from now on.
    Publish(ParticipantId, Publishing),
    /// The pictures he wants, the most wanted first.
    Want(ParticipantId, Vec<PictureOf>),
    /// How loudly he wants to hear others; whom he does not name stays as he was.
    Gains(ParticipantId, Vec<(ParticipantId, Gain)>),
    /// He wants everyone to get the others' sound in this way.
    Sound(ParticipantId, SoundMode),
    /// Where he stands became known.
    Classified(ParticipantId, Network),
    /// His socket closed; `clean`: with a word of goodbye.
    SocketClosed {
        /// Whose.
        id: ParticipantId,
        /// Whether the page closed it.
        clean: bool,
    },
    /// He leaves.
    Leave(ParticipantId),
    /// He ends the conference.
    End(ParticipantId),
    /// A moderator ends it from outside.
    EndedByModerator,
    /// The service shuts down.
    Shutdown,
    /// Time has passed.
    Tick,
}
