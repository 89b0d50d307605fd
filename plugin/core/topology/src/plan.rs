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
    /// Through exactly one other participant, who has it directly.
    Peer(Number),
    /// Through the server, into a slot of the subscriber.
    Server {
        /// The slot, below [`crate::Settings::slots`].
        slot: usize,
    },
    /// Through the server, but all slots are taken by pictures that are wanted more.
    NoSlot,
}

/// Why a picture goes by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// The two are connected.
    Connected,
    /// A connection is being tried: the one that the picture waits for, or a better one than the path it has.
    Trying,
    /// The policy connects only pairs of which one is public, in one realm, and these two are not such a pair.
    BothPrivate,
    /// The two have tried and could not connect, or their connection broke.
    NotConnected,
    /// There is a way without the server, but whoever would send has no uplink left.
    UplinkSpent,
    /// The relay left or stalled, and there is no other yet.
    RelayLost,
    /// The two cannot connect, and there is nobody whom both can reach and who relays.
    NoCommonWay,
    /// One of the two hides his address: only the server may know it.
    HidesAddress,
}

/// Whether a participant's declared address is the one its traffic comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Class {
    /// It is.
    Public,
    /// There is a NAT between.
    Private,
    /// Not known.
    #[default]
    Unknown,
}

/// The network in which a class holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Realm {
    /// The wide network.
    #[default]
    Wide,
    /// The server's LAN.
    ServerLan,
}

/// Where a participant stands: all that the planner knows of his network and of his wishes for it.
///
/// To begin with nothing is known, the uplink has no limit, and he has not agreed to relay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Standing {
    /// Public or private.
    pub class: Class,
    /// Whether strangers' packets reach him; `None`: not known. Nobody relays who is not known to be reachable.
    pub reachable: Option<bool>,
    /// Where his class holds.
    pub realm: Realm,
    /// How many pictures he can send to other participants, own and relayed ones together; `None`: any number. The one
    /// copy of each of his pictures that the server may ask for at any moment is not in it: whoever measures an uplink
    /// leaves room for that.
    pub uplink: Option<u32>,
    /// Whether he agrees to relay for others: phones and metered connections do not.
    pub relays: bool,
    /// Whether nobody but the server may learn his address.
    pub hides_address: bool,
}

/// Who connects to whom.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Policy {
    /// All try to connect directly, for hole punching often works. Whoever is reachable relays, for those who cannot
    /// connect and for those whose publisher has no uplink left.
    #[default]
    Adaptive,
    /// As the published method claims: pairs of which at least one is public connect directly, two private ones see
    /// each other through one public client, and whoever cannot connect gets the picture through the server.
    Claimed,
}

/// How a connection fares, as one of its two ends sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PairReport {
    /// Still being tried, but slowly; or its picture stands still for now.
    Slow,
    /// It carries packets.
    Connected,
    /// It does not connect, or it broke, or its pictures stopped.
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
    /// Somebody sends a picture to another, or stops: the publisher on the connection of the two, a relay on a
    /// connection of the picture's own. A relay is sent pictures that he does not want to see, too.
    Send {
        /// What.
        picture: Picture,
        /// Who sends: the publisher or a relay.
        sender: Number,
        /// To whom.
        to: Number,
        /// Whether.
        on: bool,
    },
    /// Somebody needs the picture on the server, or nobody does any more.
    ServerNeeds {
        /// What.
        picture: Picture,
        /// Whether.
        needed: bool,
    },
    /// The two may try their direct connection again, or for the first time; pictures stay where they are meanwhile.
    Retry {
        /// One.
        a: Number,
        /// The other.
        b: Number,
    },
}
