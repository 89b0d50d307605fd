//! Which thread pushes what an element gives: a property of both elements.

/// Which thread pushes on a source pad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstConveneDelivery")]
pub enum Delivery {
    /// A task of each pad, from a bounded queue: what is downstream may block.
    #[default]
    #[enum_value(name = "A task of each pad, from a bounded queue", nick = "queue")]
    Queue,
    /// The thread that has it, the mixer's or the publisher's: what is downstream must never block.
    #[enum_value(
        name = "The mixer's or the publisher's thread; nothing downstream may block",
        nick = "direct"
    )]
    Direct,
}
