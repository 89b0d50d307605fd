//! Where a participant stands in the network, and how that is known.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Class;

/// The network in which a class holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Realm {
    /// The wide network.
    #[default]
    Wide,
    /// The server's LAN: his traffic comes from a private address, to a private address of the server.
    ServerLan,
}

/// To what a NAT maps one address and port of a participant (RFC 4787 section 4.1), as far as one address of the server
/// shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Mapping {
    /// There is no NAT.
    None,
    /// The same towards two ports of the server.
    EndpointIndependent,
    /// Another towards each.
    AddressAndPortDependent,
}

/// Who gets in (RFC 4787 section 5), as far as one address of the server shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Filtering {
    /// Also what comes from a port that was not asked. (Whether another address gets in as well, was not tried.)
    EndpointIndependent,
    /// Only what comes from where something was sent to.
    AddressAndPortDependent,
}

/// How what stands before a participant behaves; `null` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Nat {
    /// How it translates.
    pub mapping: Option<Mapping>,
    /// Whom it lets in.
    pub filtering: Option<Filtering>,
}

/// A fact that a standing rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// His traffic comes from an address that he declared as his own.
    DeclaredMatches,
    /// His traffic comes from none of the addresses that he declared as his own.
    DeclaredDiffers,
    /// His browser hides its own addresses.
    HostsHidden,
    /// His browser reaches itself by the address that his traffic comes from.
    MirrorMatches,
    /// It does not.
    MirrorDiffers,
    /// His traffic comes from a private address, to a private address of the server.
    ServerLan,
    /// His traffic comes by TCP only.
    TcpOnly,
    /// Checks from a port that nobody knew were answered.
    ProbeAnswered,
    /// None was.
    ProbeUnanswered,
    /// He has no address that could be asked.
    NothingToProbe,
    /// Towards the port of the probe he is mapped as towards the STUN server.
    MappedAlike,
    /// He is mapped to something else.
    MappedOtherwise,
    /// He did not come to the port of the probe either when he knew it.
    ProbeNotReached,
}

/// Where a participant stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StandingRecord {
    /// Public or private, in his realm.
    pub class: Class,
    /// Whether strangers' packets reach him there; `null` while that is not known.
    pub reachable: Option<bool>,
    /// Where his class holds.
    pub realm: Realm,
    /// What stands before him.
    pub nat: Nat,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// Since when it is so, in seconds since 1970; 0 while nothing is known.
    #[ts(type = "number")]
    pub classified_at: u64,
}

/// Before anything is known.
impl Default for StandingRecord {
    fn default() -> Self {
        Self {
            class: Class::Unknown,
            reachable: None,
            realm: Realm::Wide,
            nat: Nat::default(),
            evidence: Vec::new(),
            classified_at: 0,
        }
    }
}
