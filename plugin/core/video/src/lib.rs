//! The picture switch of one conference: which publisher's packets go into which subscriber's slot, from which key
//! frame on, and with which numbers.
//!
//! Nothing here knows GStreamer, a thread or a clock, and no picture is decoded. Packets are judged by their headers;
//! the caller keeps their bytes. Which pairs need the server path is decided elsewhere and told by
//! [`Switch::show`] and [`Switch::hide`]. A picture may come in several layers (simulcast, RFC 8853), of which every slot
//! shows the one that fits what its subscriber wants and can take.

mod choice;
mod codec;
mod head;
mod layers;
mod origin;
mod publication;
mod size;
mod slot;
mod stats;
mod switch;

pub use codec::{Codec, Frame, PictureIds, Places};
pub use head::{Extension, Wire, write_head};
pub use layers::Rid;
pub use size::Size;
pub use slot::Numbers;
pub use stats::{DropReason, Stats, Tally};
pub use switch::{Arrival, Forward, Policy, Refusal, Switch, Wish};

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
