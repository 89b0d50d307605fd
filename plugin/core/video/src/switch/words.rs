//! What is said to the switch and what it says.

use convene_rtp::Packet;

use crate::{Number, Picture, PictureIds, Rid, SlotId};

/// Who decides what a subscriber's slots show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Only [`Switch::show`] and [`Switch::hide`].
    #[default]
    External,
    /// The switch: everyone else's camera, in the order of coming, as far as there are slots.
    Server,
}

/// A packet goes into a slot, with these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Where it goes.
    pub slot: SlotId,
    /// The slot's sequence number.
    pub sequence: u16,
    /// The slot's timestamp.
    pub timestamp: u32,
    /// Octets of payload that [`write_head`](crate::write_head) writes anew.
    pub descriptor_len: usize,
    /// The picture numbers to write there.
    pub ids: PictureIds,
    /// The subscriber is to be told that what had the packet's timestamp has this one now: since it is so from this packet
    /// on, or to remind him.
    pub news: bool,
}

/// A packet of a publisher's.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'a> {
    /// Its header and payload.
    pub packet: &'a Packet<'a>,
    /// Its octets.
    pub bytes: usize,
    /// The layer that it names, if it names one.
    pub rid: Option<&'a [u8]>,
}

/// What the switch wants of a publisher.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A key frame of this picture, in the stream of this SSRC; `None`: none has come yet.
    KeyFrame(Picture, Option<u32>),
    /// At most so many bits per second of it, over all its layers; `None`: as many as he likes.
    Bitrate(Picture, Option<u64>),
    /// These of its layers are needed, and no others.
    Layers(Picture, Vec<Rid>),
}

/// Why a picture cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The publisher or the subscriber is not in the conference.
    #[error("participant {} is not in the conference", .0.0)]
    NoParticipant(Number),
    /// The subscriber has no such slot, or none that is free.
    #[error("participant {} has no such slot", .0.0)]
    NoSlot(Number),
    /// The subscriber's slots are filled by the switch itself.
    #[error("participant {}'s slots are filled by policy", .0.0)]
    FilledByPolicy(Number),
}
