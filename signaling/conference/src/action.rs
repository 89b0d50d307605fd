//! What somebody may ask for that has one answer: done, or refused with a reason.

use crate::{FileOffer, ParticipantId, Permission, Role};

/// What is asked for. All from [`Mute`](Self::Mute) on is for moderators.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// His own hand goes up or down.
    Hand(bool),
    /// He writes to all.
    Say {
        /// What.
        text: String,
        /// The message that it replies to.
        reply_to: Option<u32>,
    },
    /// He offers a file to all.
    Offer(FileOffer),
    /// A file is taken back: his own, or a moderator takes another's.
    Withdraw(u32),
    /// He wants a file.
    Fetch {
        /// Which.
        file: u32,
        /// Whether from whoever offers it; else from the server.
        direct: bool,
    },
    /// Somebody's microphone is off, or everyone's but the moderators'; whoever may can switch it on again.
    Mute(Option<ParticipantId>),
    /// Somebody may do something or not, or everyone but the moderators, those who come later too.
    Permit {
        /// Who.
        whom: Option<ParticipantId>,
        /// What.
        permission: Permission,
        /// Whether.
        allowed: bool,
    },
    /// Somebody is asked to switch on what he may; nobody can do it for him.
    Ask(ParticipantId, Permission),
    /// Somebody's hand goes down, or everyone's.
    LowerHand(Option<ParticipantId>),
    /// Somebody who waits may enter, or all who wait.
    Admit(Option<ParticipantId>),
    /// Somebody who waits may not.
    Deny {
        /// Who.
        whom: ParticipantId,
        /// Whether he is kept out from now on.
        ban: bool,
    },
    /// Whether newcomers wait.
    Lobby(bool),
    /// Whether nobody new enters but moderators.
    Lock(bool),
    /// Somebody has to go.
    Remove {
        /// Who.
        whom: ParticipantId,
        /// Whether he is kept out from now on.
        ban: bool,
    },
    /// A ban is over.
    Unban(u32),
    /// Somebody's role is another.
    Role(ParticipantId, Role),
    /// Somebody else is moderator in his place.
    HandOver(ParticipantId),
    /// Who is banned.
    Bans,
    /// What moderators did.
    Audit,
}

impl Action {
    /// Whether everyone may ask for it, for himself.
    pub(crate) fn is_own(&self) -> bool {
        matches!(
            self,
            Self::Hand(_)
                | Self::Say { .. }
                | Self::Offer(_)
                | Self::Withdraw(_)
                | Self::Fetch { .. }
        )
    }

    /// Whether moderators shall find it in the list of what was done, whomever it is about.
    pub(crate) fn is_audited(&self) -> bool {
        !self.is_own() && !matches!(self, Self::Bans | Self::Audit)
    }

    /// Whom it is about.
    pub(crate) fn whom(&self) -> Option<&ParticipantId> {
        match self {
            Self::Mute(whom) | Self::LowerHand(whom) | Self::Admit(whom) => whom.as_ref(),
            Self::Permit { whom, .. } => whom.as_ref(),
            Self::Ask(whom, _) | Self::Role(whom, _) | Self::HandOver(whom) => Some(whom),
            Self::Deny { whom, .. } | Self::Remove { whom, .. } => Some(whom),
            _ => None,
        }
    }
}
