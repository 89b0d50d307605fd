//! What can go wrong in a measurement. Nothing is measured further after any of it.

use std::{io, time::Duration};

use thiserror::Error;

/// Why there are no figures.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The network of its own could not be made.
    #[error("no network namespace can be made (unshare -n, unshare -rn): {0}")]
    Namespace(String),
    /// Another process, or a file in `/proc`, cannot be read or spoken to.
    #[error("{what}: {cause}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's words.
        cause: io::Error,
    },
    /// A file in `/proc` does not look as `proc(5)` says.
    #[error("{file} is not understood: `{text}`")]
    Unreadable {
        /// Which.
        file: String,
        /// What stands in it.
        text: String,
    },
    /// A word between the processes is not understood.
    #[error("`{line}` is not understood: {cause}")]
    Word {
        /// What came.
        line: String,
        /// Why not.
        cause: serde_json::Error,
    },
    /// A process ended in the middle.
    #[error("the {0} ended too soon")]
    Ended(&'static str),
    /// A leg or client failed.
    #[error("leg {leg} failed at the {side}: {cause}")]
    Leg {
        /// Which.
        leg: usize,
        /// On which side.
        side: &'static str,
        /// Why.
        cause: String,
    },
    /// Something did not happen in time.
    #[error("no {what} within {patience:?}")]
    Late {
        /// What was waited for.
        what: String,
        /// For how long.
        patience: Duration,
    },
    /// The server's side cannot be built.
    #[error("the server cannot be set up: {0}")]
    Server(String),
    /// A member of a conference cannot be one, or not any more.
    #[error("the member cannot go on: {0}")]
    Member(String),
    /// The clients' side cannot be built.
    #[error("the clients cannot be set up: {0}")]
    Clients(String),
}

impl LoadError {
    /// An error of the system's while doing `what`.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |cause| Self::Io { what, cause }
    }
}
