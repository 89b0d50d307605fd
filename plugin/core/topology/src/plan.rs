//! The words of a plan.

/// A participant's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(pub u32);

/// Which of a publisher's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The camera.
    Camera,
    /// A shared screen.
    Screen,
}

/// A picture, whoever sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picture {
    /// Whose.
    pub publisher: Number,
    /// Which of his.
    pub source: Source,
}

/// How a picture reaches one subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// From browser to browser.
    Direct,
    /// Through exactly one other participant.
    Peer(Number),
    /// Through the server, into a slot of the subscriber.
    Server {
        /// The slot, below [`crate::Settings::slots`].
        slot: usize,
    },
    /// Through the server, but all slots are taken by pictures that are wanted more.
    NoSlot,
}

/// Where a participant stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Class {
    /// Its declared address is the one its traffic comes from.
    Public,
    /// There is a NAT between.
    Private,
    /// Not known.
    #[default]
    Unknown,
}

/// Which pairs try to connect directly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// All: hole punching often works.
    #[default]
    Adaptive,
    /// Those of which at least one is public, as the published method claims.
    Claimed,
}

/// How the connection of a pair fares, as one of the two sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PairReport {
    /// Still being tried, but slowly.
    Slow,
    /// It carries packets.
    Connected,
    /// It does not connect, or it broke.
    Failed,
}

/// What changes, in the order in which to do it: a new way is made before an old one is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The subscriber gets this picture by this path from now on; `None`: not at all.
    Path {
        /// What.
        picture: Picture,
        /// Who sees it.
        subscriber: Number,
        /// By which path.
        path: Option<Path>,
    },
    /// Somebody needs the picture on the server, or nobody does any more.
    ServerNeeds {
        /// What.
        picture: Picture,
        /// Whether.
        needed: bool,
    },
    /// The two may try their direct connection again.
    Retry {
        /// One.
        a: Number,
        /// The other.
        b: Number,
    },
}
