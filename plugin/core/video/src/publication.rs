//! One published picture: its codec, and what its publisher was told. Its streams are in `layers`.

use crate::Codec;

#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) codec: Codec,
    /// Its place in the order of coming.
    pub(crate) order: u64,
    /// What its publisher was told to keep to: at first that nobody looks.
    pub(crate) told: Option<u64>,
}

impl Publication {
    pub(crate) fn new(codec: Codec, order: u64) -> Self {
        Self {
            codec,
            order,
            told: Some(0),
        }
    }
}
