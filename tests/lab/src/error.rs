//! What can go wrong: in the scene, which its author mends, or with the machine.

use std::io;

use thiserror::Error;

/// What is wrong with a scene or with a wish about it.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SceneError {
    /// The file cannot be understood.
    #[error("{0}")]
    Syntax(String),
    /// A name becomes a part of device names, which have 15 octets.
    #[error("`{0}` is no name: 1 to 10 of a–z, 0–9 and `-`, a letter first")]
    Name(String),
    /// Two things have one name.
    #[error("`{0}` is named twice")]
    Twice(String),
    /// Nothing has this name.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// A host, a NAT, a segment, a link.
        what: &'static str,
        /// As given.
        name: String,
    },
    /// A host with several links has to say which.
    #[error("`{0}` has several links: say `{0}@SEGMENT`")]
    WhichLink(String),
    /// Routers stand behind each other in a circle.
    #[error("`{0}` is behind itself")]
    Circle(String),
    /// Not an IPv4 network of 254 hosts.
    #[error("`{0}` is no subnet of the form 192.168.1.0/24")]
    Subnet(String),
    /// More than there are addresses or ports for.
    #[error("there is no room for `{0}`: 250 in a segment, 64 hosts behind NATs")]
    Full(String),
    /// A host is on no segment.
    #[error("host `{0}` is nowhere")]
    Nowhere(String),
    /// A pattern of losses has to say something about at least one packet, with nothing but `.` and `x`.
    #[error("`{0}` is no pattern of losses: `.` passes, `x` is lost")]
    Pattern(String),
    /// Not a probability.
    #[error("{0} is no probability")]
    Probability(String),
    /// A rate of nothing would keep everything forever; a cut says that better.
    #[error("a rate of 0 kbit/s is a cut")]
    NoRate,
    /// Neither from whom nor to whom.
    #[error("a cut needs `from`, `to` or both")]
    CutOfNothing,
    /// What is not cut cannot be mended.
    #[error("this is not cut: {0}")]
    NotCut(String),
    /// The line is as it was built: without a forwarder nothing is counted.
    #[error("`{0}` was never impaired, so nothing is counted there")]
    NotImpaired(String),
}

impl SceneError {
    /// Nothing of this kind has this name.
    pub(crate) fn unknown(what: &'static str, name: &str) -> Self {
        Self::Unknown {
            what,
            name: name.to_owned(),
        }
    }
}

/// Why there is no laboratory, or no such change to it.
#[derive(Debug, Error)]
pub enum LabError {
    /// Its author's fault.
    #[error("{0}")]
    Scene(#[from] SceneError),
    /// A program of iproute2, nftables or util-linux did not do what it was told.
    #[error("`{program}` failed: {words}")]
    Program {
        /// Which.
        program: String,
        /// The beginning of what it said.
        words: String,
    },
    /// The system refused.
    #[error("{what}: {cause}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's words.
        cause: io::Error,
    },
}

impl LabError {
    /// An error of the system's while doing `what`.
    pub fn io<E: Into<io::Error>>(what: impl Into<String>) -> impl FnOnce(E) -> Self {
        let what = what.into();
        move |cause| Self::Io {
            what,
            cause: cause.into(),
        }
    }
}
