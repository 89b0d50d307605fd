//! What a conference wants done.

use std::collections::BTreeMap;

use convene_topology::{Class, Path, Source, Why};
use thiserror::Error;

use crate::{
    Action, Ban, ChatMessage, Gain, OfferedFile, ParticipantId, Permission, Permissions, PictureOf,
    Publishing, Role, Rules, SoundMode,
};

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect<S> {
    /// Tell a participant.
    Send {
        /// Whom.
        to: ParticipantId,
        /// What.
        notice: Notice<S>,
    },
    /// Make a leg.
    OpenLeg {
        /// For whom.
        id: ParticipantId,
        /// His number in the mix.
        number: u32,
        /// Whether others hear what he sends.
        heard: bool,
        /// How he gets the others' sound to begin with.
        sound: SoundMode,
    },
    /// Whether others hear what his leg receives.
    Hear(ParticipantId, bool),
    /// Have his leg give him these others louder or softer, and all who are not named as they are.
    Gains(ParticipantId, BTreeMap<ParticipantId, Gain>),
    /// Give his leg the answer.
    LegAnswer(ParticipantId, String),
    /// Give his leg a candidate.
    LegCandidate(ParticipantId, String, u32),
    /// Restart his leg's ICE.
    LegRestart(ParticipantId, String),
    /// Show a picture in one of a subscriber's slots.
    Show {
        /// Who sees it.
        subscriber: ParticipantId,
        /// The slot.
        slot: usize,
        /// Whose picture.
        publisher: ParticipantId,
        /// Which.
        source: Source,
    },
    /// Empty a slot.
    Hide {
        /// Whose.
        subscriber: ParticipantId,
        /// Which.
        slot: usize,
    },
    /// Write down whether nobody but the service may learn his address.
    Hides(ParticipantId, bool),
    /// Write down that everyone gets the others' sound in this way, and have all legs do so.
    Sound(SoundMode),
    /// Write down what has to survive.
    Keep(Kept),
    /// Throw the server's copy of a file away.
    DropCopy(u32),
    /// Tell him what moderators did.
    TellAudit {
        /// Whom.
        to: ParticipantId,
        /// His number for the answer.
        request: u32,
    },
    /// End his leg. The last effect for it.
    CloseLeg(ParticipantId),
    /// Close his socket, after what was sent before.
    CloseSocket(ParticipantId),
    /// Forget him; nothing of his follows.
    Gone(ParticipantId),
    /// The conference is over; nothing follows.
    Over(EndReason),
}

/// What has to survive the conference's task.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kept {
    /// What holds for all.
    Rules(Rules),
    /// Somebody's role is another.
    Role(ParticipantId, Role),
    /// Whoever has this identity is moderator when he comes, or not any more.
    Moderator {
        /// Which.
        identity: String,
        /// Whether.
        is: bool,
    },
    /// Somebody is kept out.
    Banned(Ban),
    /// He is not any more.
    Unbanned(u32),
    /// A moderator did something.
    Acted(Deed),
}

/// Something that a moderator did.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Deed {
    /// Who; `None`: the role fell to somebody since nobody had it.
    pub by: Option<(ParticipantId, String)>,
    /// What.
    pub action: Action,
    /// The name of whom it is about.
    pub whom: Option<String>,
}

/// Somebody who waits to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Waiting {
    /// His id.
    pub id: ParticipantId,
    /// His name.
    pub name: String,
    /// For what.
    pub until: WaitsFor,
}

/// For what somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WaitsFor {
    /// A moderator has to let him in.
    Moderator,
    /// It has not begun.
    Start,
}

/// What a participant is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Notice<S> {
    /// He is in.
    Welcome {
        /// He.
        me: Participant,
        /// Those who were there, in the order of their coming.
        others: Vec<Participant>,
        /// How everyone gets the others' sound.
        sound: SoundMode,
        /// What was written, as far back as is kept.
        chat: Vec<ChatMessage>,
        /// The files that can be had.
        files: Vec<OfferedFile>,
        /// Whether he was in before, and is the same again.
        returned: bool,
    },
    /// He waits.
    Waits(WaitsFor),
    /// He waits no longer: a moderator does not want him.
    Denied,
    /// Who waits; for moderators.
    WaitingList(Vec<Waiting>),
    /// What holds for all has changed.
    Rules(Rules),
    /// Somebody wrote.
    Chat(ChatMessage),
    /// A file is offered, or the server's copy of it has changed.
    File(OfferedFile),
    /// A file cannot be had any more.
    FileGone(u32),
    /// The server wants a copy of his file.
    Upload(u32),
    /// A moderator asks him to switch something on.
    Asked {
        /// Who.
        by: ParticipantId,
        /// What.
        permission: Permission,
    },
    /// What he asked for is done.
    Done(u32),
    /// What he asked for is not.
    NotDone(u32, Refusal),
    /// Who is banned, as he asked.
    Bans(u32, Vec<Ban>),
    /// Somebody came.
    Joined(Participant),
    /// Somebody changed.
    Updated(Participant),
    /// Somebody is gone.
    Left(ParticipantId, LeaveReason),
    /// Something from another.
    Pair {
        /// From whom.
        from: ParticipantId,
        /// What.
        signal: S,
    },
    /// How a picture reaches him; `None`: not at all.
    Path {
        /// Whose picture.
        publisher: ParticipantId,
        /// Which.
        source: Source,
        /// By which path.
        path: Option<Path>,
        /// Who passes it on, when somebody does.
        relay: Option<ParticipantId>,
        /// Why by this path; `None`: it does not come.
        why: Option<Why>,
    },
    /// He sends a picture to another from now on, or not any more: his own, or one that he passes on.
    SendTo {
        /// Which.
        picture: PictureOf,
        /// To whom.
        to: ParticipantId,
        /// Whether.
        on: bool,
    },
    /// Something from the other end of a connection that carries one relayed picture.
    Relay {
        /// From whom.
        from: ParticipantId,
        /// The picture.
        picture: PictureOf,
        /// Which of their connections for it.
        attempt: u32,
        /// What.
        signal: S,
    },
    /// His picture is needed on the server, or not any more.
    ServerNeeds {
        /// Which.
        source: Source,
        /// Whether.
        needed: bool,
    },
    /// He may try the connection with somebody again.
    Retry(ParticipantId),
    /// How everyone gets the others' sound from now on.
    Sound(SoundMode),
    /// It is over.
    Ended(EndReason),
    /// What he said was refused.
    Refused(Refusal),
}

/// How somebody gets a picture.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathOf {
    /// Who sees it.
    pub subscriber: ParticipantId,
    /// The picture.
    pub picture: PictureOf,
    /// By which path.
    pub path: Path,
    /// Who passes it on, when somebody does.
    pub relay: Option<ParticipantId>,
    /// Why by this path.
    pub why: Option<Why>,
}

/// What is known of a participant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Participant {
    /// His id.
    pub id: ParticipantId,
    /// His number in the mix.
    pub number: u32,
    /// His name.
    pub name: String,
    /// His role.
    pub role: Role,
    /// Where he stands.
    pub class: Class,
    /// What he sends.
    pub publishing: Publishing,
    /// What he may do, in his role.
    pub permissions: Permissions,
    /// His hand is up: of two, the lower was first.
    pub hand: Option<u32>,
    /// His socket is gone; he may come back.
    pub away: bool,
}

/// Why somebody is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LeaveReason {
    /// He left.
    Left,
    /// Nothing is heard of him any more.
    Vanished,
    /// His leg failed or never connected.
    LegFailed,
    /// A moderator sent him away.
    Removed,
    /// A moderator sent him away for good.
    Banned,
}

/// Why a conference is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// A moderator ended it.
    Moderator,
    /// It stood empty.
    Empty,
    /// The service shuts down.
    Shutdown,
}

/// Why something was refused. All of these are by the rules or the client's fault; nothing else changes by it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
pub enum Refusal {
    /// As many are in as may be.
    #[error("the conference is full: at most {max} people may be in it")]
    Full {
        /// How many may be in.
        max: usize,
    },
    /// It has ended.
    #[error("the conference has ended")]
    Ended,
    /// Not a name.
    #[error("a name has 1 to 64 characters and no control characters; this one has {length}")]
    BadName {
        /// Its characters.
        length: usize,
    },
    /// Something that does not fit now.
    #[error("{what} does not fit now: you are {state}")]
    OutOfOrder {
        /// What came.
        what: &'static str,
        /// How the participant stands.
        state: &'static str,
    },
    /// The role does not allow it.
    #[error("only a moderator may {0}")]
    Forbidden(&'static str),
    /// A moderator does not allow it.
    #[error("a moderator does not allow you to {}", .0.deed())]
    NotAllowed(Permission),
    /// It is not done to moderators.
    #[error("`{0}` is a moderator: take the role away first")]
    IsModerator(String),
    /// It would leave nobody with the role.
    #[error("you are the only moderator: make somebody else one first")]
    LastModerator,
    /// He may not be asked for what he may not do.
    #[error("`{0}` may not {deed}: allow it first", deed = .1.deed())]
    AskedInVain(String, Permission),
    /// Nobody new.
    #[error("the conference is locked")]
    Locked,
    /// Not him.
    #[error("a moderator has banned you from this conference")]
    Banned,
    /// Nobody more may wait.
    #[error("{max} people wait to be let in already")]
    Crowded {
        /// How many may.
        max: usize,
    },
    /// There is no such ban.
    #[error("there is no ban {0}")]
    NoBan(u32),
    /// Not a text for the chat.
    #[error("a message has 1 to {max} characters; this one has {length}")]
    BadText {
        /// Its characters.
        length: usize,
        /// How many it may have.
        max: usize,
    },
    /// It replies to nothing.
    #[error("there was no message {0}")]
    NoMessage(u32),
    /// Too much is written.
    #[error("you write faster than anyone reads; wait a moment")]
    TooFast,
    /// Not a file that can be offered.
    #[error("{0}")]
    BadFile(&'static str),
    /// As many are offered as may be.
    #[error("{max} files are offered already; take one back")]
    ManyFiles {
        /// How many may be.
        max: usize,
    },
    /// There is no such file.
    #[error("there is no file {0}")]
    NoFile(u32),
    /// Whoever offers it cannot be asked for it.
    #[error("`{0}` is not there at the moment")]
    NotHere(String),
    /// The server takes no copy of it.
    #[error("the file has {size} octets; the server keeps copies of at most {max}")]
    TooLarge {
        /// Its octets.
        size: u64,
        /// How many it may have.
        max: u64,
    },
    /// The server takes no copy of it now.
    #[error("the server cannot keep more copies of files now")]
    NoPlace,
    /// The server did not ask for a copy, or has one.
    #[error("no copy of file {0} is wanted")]
    Unwanted(u32),
    /// Nobody has told these two to make such a connection.
    #[error("you and `{0}` have no such picture to pass on")]
    NoRelay(String),
    /// One of the two hides his address.
    #[error("`{0}` and you do not connect: one of you hides the address")]
    Hidden(String),
    /// Nobody of that id.
    #[error("there is no participant `{0}`")]
    NoParticipant(String),
}
