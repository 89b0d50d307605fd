//! The picture switch of one conference: which publisher's packets go into which subscriber's slot, from which key
//! frame on, and with which numbers.
//!
//! Nothing here knows GStreamer, a thread or a clock, and no picture is decoded. Packets are judged by their headers;
//! the caller keeps their bytes. Which pairs need the server path is decided elsewhere and told by
//! [`Switch::show`] and [`Switch::hide`]. There is one encoding per picture; simulcast layers are not told apart.

mod codec;
mod head;
mod publication;
mod slot;
mod stats;
mod switch;

pub use codec::{Codec, Frame, PictureIds, Places};
pub use head::{Extension, Wire, write_head};
pub use slot::Numbers;
pub use stats::{DropReason, Stats, Tally};
pub use switch::{Forward, Policy, Refusal, Switch, Wish};

/// A participant, by his number in the conference.
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

/// One picture of the conference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Picture {
    /// Whose.
    pub publisher: Number,
    /// Which of his.
    pub source: Source,
}

/// One outgoing stream to a subscriber.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SlotId {
    /// Who receives it.
    pub subscriber: Number,
    /// Its number among his slots.
    pub index: u32,
}
