//! What is refused, by which name.

use convene_conference::Refusal;
use convene_pipelines::Refused;
use convene_protocol::{ErrorCode, ServerMessage};

/// What a participant is told of something that was refused: with his number, if it was asked for with one. After a
/// `fatal` one the socket closes.
#[must_use]
pub(super) fn refusal(refusal: &Refusal, fatal: bool, request: Option<u32>) -> ServerMessage {
    ServerMessage::Error {
        code: code(refusal),
        message: refusal.to_string(),
        fatal,
        request,
    }
}

/// What somebody is told whom a moderator does not let in.
pub(super) fn denied() -> ServerMessage {
    ServerMessage::Error {
        code: ErrorCode::Denied,
        message: "a moderator does not let you in".into(),
        fatal: true,
        request: None,
    }
}

/// What a participant is told of something that his leg refused.
#[must_use]
pub fn leg_refusal(refused: &Refused) -> ServerMessage {
    let code = match refused {
        Refused::Answer(_) | Refused::Restart(_) => ErrorCode::BadSdp,
        Refused::Candidate(_) => ErrorCode::BadCandidate,
        Refused::TooManyCandidates(_) => ErrorCode::TooMany,
        Refused::OutOfOrder { .. } => ErrorCode::OutOfOrder,
    };
    ServerMessage::Error {
        code,
        message: refused.to_string(),
        fatal: false,
        request: None,
    }
}

pub(crate) fn code(refusal: &Refusal) -> ErrorCode {
    match refusal {
        Refusal::Full { .. }
        | Refusal::Crowded { .. }
        | Refusal::ManyFiles { .. }
        | Refusal::NoPlace => ErrorCode::Full,
        Refusal::Ended => ErrorCode::NoConference,
        Refusal::BadName { .. } => ErrorCode::BadName,
        Refusal::OutOfOrder { .. }
        | Refusal::NoRelay(_)
        | Refusal::NoBan(_)
        | Refusal::NoMessage(_)
        | Refusal::NoFile(_)
        | Refusal::Unwanted(_) => ErrorCode::OutOfOrder,
        Refusal::Forbidden(_)
        | Refusal::NotAllowed(_)
        | Refusal::IsModerator(_)
        | Refusal::LastModerator
        | Refusal::AskedInVain(..)
        | Refusal::Hidden(_) => ErrorCode::Forbidden,
        Refusal::Locked => ErrorCode::Locked,
        Refusal::Banned => ErrorCode::Banned,
        Refusal::BadText { .. } => ErrorCode::BadText,
        Refusal::BadFile(_) => ErrorCode::BadFile,
        Refusal::TooLarge { .. } => ErrorCode::TooLarge,
        Refusal::TooFast => ErrorCode::TooMany,
        Refusal::NoParticipant(_) | Refusal::NotHere(_) => ErrorCode::NoParticipant,
    }
}
