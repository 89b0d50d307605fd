//! Every way in which a request over HTTP can fail, by whose fault, and what is answered.

use convene_conference::Refusal;
use convene_protocol::{ApiError, ErrorCode};
use warp::http::StatusCode;

use crate::{
    files::OtherFile, ids::NoRandomness, room::NoCopy, store::StoreError, tokens::TokenError,
    translate,
};

/// Why a request is not granted.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nothing has this path.
    #[error("there is nothing at {0}")]
    NoSuchPath(String),
    /// It has another method.
    #[error("this path takes {0}")]
    Method(&'static str),
    /// A body of another type.
    #[error("the body must be application/json")]
    NotJson,
    /// A body too long.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// A body that did not come in time, or not whole.
    #[error("the body did not come")]
    NoBody,
    /// JSON, but not what is expected.
    #[error("the body is not understood: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// A value that does not fit.
    #[error("`{field}` must be {allowed}")]
    Field {
        /// Which.
        field: &'static str,
        /// What it may be.
        allowed: &'static str,
    },
    /// A script of another site sent it.
    #[error("scripts of other sites may not do this")]
    Origin,
    /// Not a WebSocket's opening.
    #[error("this path is for WebSockets (RFC 6455)")]
    NotASocket,
    /// A token that gives nothing.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// No token where one is needed.
    #[error("a token is needed: send the header `Authorization: Bearer …`")]
    NoToken,
    /// Not the token that the operator asks for.
    #[error("this service asks for a token of its operator's to create a conference")]
    CreateToken,
    /// A token for another role.
    #[error("only a moderator may do this")]
    NotModerator,
    /// Not from here.
    #[error("the metrics are shown to this host only")]
    NotLocal,
    /// No such conference, or it has ended.
    #[error("there is no such conference, or it has ended")]
    NoConference,
    /// Too often.
    #[error("too many conferences were created from your address; try again in a minute")]
    TooMany,
    /// No copy of a file for him, or from him.
    #[error(transparent)]
    NoCopy(#[from] NoCopy),
    /// A copy of something else.
    #[error(transparent)]
    OtherFile(#[from] OtherFile),
    /// No memory for a copy.
    #[error("the server cannot keep more copies of files now")]
    NoPlace,
    /// Our disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Our system.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Failure {
    /// The status and the body of the answer.
    #[must_use]
    pub fn answer(&self) -> (StatusCode, ApiError) {
        let (status, code) = self.kind();
        let message = self.to_string();
        (status, ApiError { code, message })
    }

    fn kind(&self) -> (StatusCode, ErrorCode) {
        match self {
            Self::NoSuchPath(_) => (StatusCode::NOT_FOUND, ErrorCode::Malformed),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, ErrorCode::Malformed),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, ErrorCode::Malformed),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::TooLarge),
            Self::NoBody => (StatusCode::REQUEST_TIMEOUT, ErrorCode::Malformed),
            Self::Unreadable(_) | Self::Field { .. } => {
                (StatusCode::BAD_REQUEST, ErrorCode::Malformed)
            }
            Self::NotASocket => (StatusCode::UPGRADE_REQUIRED, ErrorCode::Malformed),
            Self::Token(_) | Self::NoToken | Self::CreateToken => {
                (StatusCode::UNAUTHORIZED, ErrorCode::BadToken)
            }
            Self::Origin | Self::NotModerator | Self::NotLocal => {
                (StatusCode::FORBIDDEN, ErrorCode::Forbidden)
            }
            Self::NoConference => (StatusCode::NOT_FOUND, ErrorCode::NoConference),
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooMany),
            Self::NoCopy(why) => no_copy(why),
            Self::OtherFile(_) => (StatusCode::UNPROCESSABLE_ENTITY, ErrorCode::BadFile),
            Self::NoPlace => (StatusCode::INSUFFICIENT_STORAGE, ErrorCode::Full),
            Self::Store(_) | Self::NoRandomness(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Internal)
            }
        }
    }
}

fn no_copy(why: &NoCopy) -> (StatusCode, ErrorCode) {
    match why {
        NoCopy::NotYou => (StatusCode::UNAUTHORIZED, ErrorCode::BadToken),
        NoCopy::TooOften => (StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooMany),
        NoCopy::Refused(why @ Refusal::NoFile(_)) => (StatusCode::NOT_FOUND, translate::code(why)),
        NoCopy::Refused(why) => (StatusCode::CONFLICT, translate::code(why)),
    }
}
