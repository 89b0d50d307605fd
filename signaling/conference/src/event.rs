//! What can happen to a conference.

use convene_topology::{Class, PairReport, Source};

/// A participant's id within his conference; whoever makes it makes it unique.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantId(pub String);

/// What a participant may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// May end the conference.
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

impl Publishing {
    pub(crate) fn sources(self) -> impl Iterator<Item = Source> {
        let sources = [(self.camera, Source::Camera), (self.screen, Source::Screen)];
        sources
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, source)| source)
    }
}

/// Something that happened. `S` is what two browsers tell each other; it is passed on unread.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Event<S> {
    /// Somebody wants to enter.
    Join {
        /// His new id.
        id: ParticipantId,
        /// The name he chose.
        name: String,
        /// The role that his token gives him.
        role: Role,
        /// What he will send.
        publishing: Publishing,
    },
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
    /// He sends something else from now on.
    Publish(ParticipantId, Publishing),
    /// The pictures he wants, the most wanted first.
    Want(ParticipantId, Vec<(ParticipantId, Source)>),
    /// Where he stands became known.
    Classified(ParticipantId, Class),
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
