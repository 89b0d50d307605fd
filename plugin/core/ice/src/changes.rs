//! What something has changed in a stream.

use crate::{EventKind, Output, Remote};

/// For the endpoint to carry out.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) events: Vec<EventKind>,
    /// Answers to checks, and checks of our own.
    pub(crate) messages: Vec<Output>,
    /// Addresses that are no longer this stream's.
    pub(crate) forgotten: Vec<Remote>,
    /// Ufrags of ours that are no longer good.
    pub(crate) ended: Vec<String>,
}
