//! What participants may do, what moderators ask for, and what is written to all.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ParticipantId, Role};

/// Something that a moderator can allow or forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// To be heard.
    Microphone,
    /// To show a camera's picture.
    Camera,
    /// To show a screen.
    Screen,
    /// To write to all.
    Chat,
    /// To offer files.
    Files,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Permissions {
    /// To be heard.
    pub microphone: bool,
    /// To show a camera's picture.
    pub camera: bool,
    /// To show a screen.
    pub screen: bool,
    /// To write to all.
    pub chat: bool,
    /// To offer files.
    pub files: bool,
}

/// All is allowed until a moderator forbids it.
impl Default for Permissions {
    fn default() -> Self {
        Self {
            microphone: true,
            camera: true,
            screen: true,
            chat: true,
            files: true,
        }
    }
}

/// What holds for a whole conference, as its moderators want it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
pub struct Rules {
    /// Nobody new enters but moderators.
    pub locked: bool,
    /// Whoever is no moderator waits until one lets him in.
    pub lobby: bool,
    /// What newcomers may do.
    pub permissions: Permissions,
}

/// What somebody asks for. All from `mute` on is for moderators.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Your own hand goes up, or down.
    Hand {
        /// Whether up.
        up: bool,
    },
    /// Write to all.
    Say {
        /// 1 to 2000 characters of plain text.
        text: String,
        /// The message that it replies to.
        reply_to: Option<u32>,
    },
    /// Offer a file to all.
    Offer {
        /// Its name: 1 to 255 characters, no control characters and no slashes.
        name: String,
        /// In octets: 1 to 2^30.
        #[ts(type = "number")]
        size: u64,
        /// What it is (RFC 6838), at most 100 characters; may be empty.
        media_type: String,
        /// SHA-256 (FIPS 180-4) of all of it, as 64 hexadecimal digits in lower case.
        sha256: String,
    },
    /// Take a file back; a moderator may take back another's.
    Withdraw {
        /// Its number.
        file: u32,
    },
    /// Get ready to fetch a file. `direct`: from whoever offers it, to whom you connect when it is done; else from the
    /// server, which asks him for a copy: fetch it as soon as it is there.
    Fetch {
        /// Its number.
        file: u32,
        /// Whether from him.
        direct: bool,
    },
    /// Switch somebody's microphone off, or everyone's but the moderators'. Whoever may can switch it on again.
    Mute {
        /// Whose; `None`: everyone's.
        participant: Option<ParticipantId>,
    },
    /// Allow or forbid something: to somebody, or to everyone but moderators, those who come later too. What is
    /// forbidden stops at once; what is allowed does not begin by itself.
    Permit {
        /// To whom; `None`: to everyone.
        participant: Option<ParticipantId>,
        /// What.
        permission: Permission,
        /// Whether.
        allowed: bool,
    },
    /// Ask somebody to switch on what he may; nobody can do it for him.
    Ask {
        /// Whom.
        participant: ParticipantId,
        /// What.
        permission: Permission,
    },
    /// Take somebody's hand down, or everyone's.
    LowerHand {
        /// Whose; `None`: everyone's.
        participant: Option<ParticipantId>,
    },
    /// Let somebody in who waits, or all who wait.
    Admit {
        /// Whom; `None`: all.
        participant: Option<ParticipantId>,
    },
    /// Send somebody away who waits.
    Deny {
        /// Whom.
        participant: ParticipantId,
        /// Whether he is kept out from now on.
        ban: bool,
    },
    /// Whether whoever is no moderator waits to be let in. When it is switched off, those who wait enter.
    Lobby {
        /// Whether.
        on: bool,
    },
    /// Whether nobody new enters but moderators.
    Lock {
        /// Whether.
        on: bool,
    },
    /// Send somebody away.
    Remove {
        /// Whom.
        participant: ParticipantId,
        /// Whether he is kept out from now on.
        ban: bool,
    },
    /// Lift a ban.
    Unban {
        /// Its number.
        ban: u32,
    },
    /// Give somebody another role.
    Role {
        /// To whom.
        participant: ParticipantId,
        /// Which.
        role: Role,
    },
    /// Make somebody moderator in your place.
    HandOver {
        /// Whom.
        participant: ParticipantId,
    },
    /// Ask who is banned; answered by `bans`.
    Bans {},
    /// Ask what moderators did; answered by `audit`.
    Audit {},
}

/// Somebody who waits to be let in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Waiting {
    /// His id.
    pub id: ParticipantId,
    /// The name he chose.
    pub name: String,
    /// For what he waits.
    pub until: WaitsFor,
}

/// For what somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// For a moderator to let him in.
    Moderator,
    /// For the conference to begin.
    Start,
}

/// Somebody who is kept out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Ban {
    /// Its number.
    pub id: u32,
    /// His name when it was made.
    pub name: String,
    /// Whether his browser is kept out; else it gave no identity, and the name is.
    pub by_identity: bool,
    /// The name of who made it.
    pub by: String,
}

/// Somebody, as he was called then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Person {
    /// His id.
    pub id: ParticipantId,
    /// His name.
    pub name: String,
}

/// Something that a moderator did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AuditEntry {
    /// When, in seconds since 1970.
    #[ts(type = "number")]
    pub at: u64,
    /// Who; absent when the role fell to somebody since nobody had it.
    pub by: Option<Person>,
    /// What.
    pub action: Action,
    /// The name of whom it is about.
    pub whom: Option<String>,
}

/// Something that was written to all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatMessage {
    /// Its number; the next one's is higher.
    pub id: u32,
    /// Whose.
    pub from: ParticipantId,
    /// His name.
    pub name: String,
    /// Plain text; never to be taken for HTML.
    pub text: String,
    /// The message that it replies to.
    pub reply_to: Option<u32>,
    /// When, in milliseconds since 1970 by the service's clock.
    #[ts(type = "number")]
    pub at: u64,
}
