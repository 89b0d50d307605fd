//! How many frames go into one packet of a listener's, and the joining of those that do.
//!
//! Everybody's sound is encoded in frames of 20 ms, so that whoever needs them sooner gets the same encoding; a packet of
//! more is put together from several (RFC 6716 section 3.2). What waits is sent early when nothing follows it at once, or
//! something that does not fit into its packet.

use std::sync::Arc;

use opus::Repacketizer;

use super::{Delivery, Member, Number, Packing, Room, Sound, TalkerLevel};
use crate::{Codec, CodecError, FRAME, Loudness};

/// From so many people on a conference is large: most of them listen, and what each of their packets costs is most of what
/// the conference costs.
pub(crate) const LARGE: usize = 30;

/// Frames for which one has not been heard when he is taken to only listen: 5 s.
pub(super) const LISTENS: u64 = 250;

/// As many as a packet may have here.
const MOST: usize = 3;

/// Its octets: frames of 1 275 and their lengths.
const LONGEST: usize = MOST * 1_275 + 8;

/// A frame of a listener's, in a packet of its own.
#[derive(Clone)]
pub(super) struct Piece {
    /// Where it begins.
    pub(super) media_time: u64,
    pub(super) contributors: Arc<[TalkerLevel]>,
    pub(super) loudness: Loudness,
    pub(super) packet: Arc<[u8]>,
}

/// What waits for the rest of its packet.
#[derive(Default)]
pub(super) struct Gathering {
    pieces: Vec<Piece>,
    /// Where the frame after the last one begins.
    next: u64,
    /// After so many frames the first packet after a pause goes out.
    first: usize,
}

impl Gathering {
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether this may be in one packet with what waits: it follows at once, and is coded alike (RFC 6716 section 3.1).
    fn fits(&self, piece: &Piece) -> bool {
        let head = |packet: &[u8]| packet.first().map(|first| first & !3);
        self.pieces.last().is_none_or(|last| {
            self.next == piece.media_time && head(&last.packet) == head(&piece.packet)
        })
    }

    /// Adds a frame; says whether that is a packet. After a pause first packets are of different lengths, so that not
    /// everyone's are due in the same tick from then on.
    fn add(&mut self, to: Number, piece: Piece, frames: usize) -> bool {
        if self.next != piece.media_time {
            self.first = 1 + to.0 as usize % frames;
        }
        self.next = piece.media_time + FRAME as u64;
        self.pieces.push(piece);
        let full = self.pieces.len() >= frames.min(self.first);
        if full {
            self.first = MOST;
        }
        full
    }
}

/// Puts packets together.
#[derive(Default)]
pub(super) struct Joiner(Option<Repacketizer>);

impl Joiner {
    /// Sends what waits for this listener; `now` is the frame of this tick.
    fn send(
        &mut self,
        to: Number,
        gathering: &mut Gathering,
        now: u64,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), CodecError> {
        let packet = match &gathering.pieces[..] {
            [] => return Ok(()),
            [one] => Arc::clone(&one.packet),
            several => self.join(several)?,
        };
        let pieces = &gathering.pieces;
        let media_time = pieces.first().map_or(0, |first| first.media_time);
        let loudest = |a: Loudness, b: &Piece| {
            if a.reaches(b.loudness.below_overload()) {
                a
            } else {
                b.loudness
            }
        };
        deliveries.push(Delivery {
            to,
            media_time,
            age: age(media_time, now),
            contributors: contributors(pieces),
            loudness: pieces.iter().fold(Loudness::SILENCE, loudest),
            sound: Sound::Opus(packet),
        });
        gathering.pieces.clear();
        Ok(())
    }

    fn join(&mut self, pieces: &[Piece]) -> Result<Arc<[u8]>, CodecError> {
        let repacketizer = match &mut self.0 {
            Some(repacketizer) => repacketizer,
            none => none.insert(Repacketizer::new()?),
        };
        let mut state = repacketizer.begin();
        for piece in pieces {
            state.cat(&piece.packet)?;
        }
        let mut packet = [0; LONGEST];
        let length = state.out(&mut packet)?;
        Ok(packet[..length].into())
    }
}

impl Piece {
    fn alone(self, to: Number, now: u64) -> Delivery {
        Delivery {
            to,
            media_time: self.media_time,
            age: age(self.media_time, now),
            contributors: self.contributors,
            loudness: self.loudness,
            sound: Sound::Opus(self.packet),
        }
    }
}

/// By how many samples it begins before the frame of this tick.
fn age(media_time: u64, now: u64) -> usize {
    (now * FRAME as u64).saturating_sub(media_time) as usize
}

/// Whoever is in one of the frames is in the packet. Mostly that is who is in the last.
fn contributors(pieces: &[Piece]) -> Arc<[TalkerLevel]> {
    let Some((last, before)) = pieces.split_last() else {
        return Arc::new([]);
    };
    let mut all = last.contributors.to_vec();
    for talker in before
        .iter()
        .rev()
        .flat_map(|piece| piece.contributors.iter())
    {
        if all.iter().all(|known| known.number != talker.number) {
            all.push(*talker);
        }
    }
    match all.len() == last.contributors.len() {
        true => Arc::clone(&last.contributors),
        false => all.into(),
    }
}

impl Member {
    /// Of a conference of so many `people`, in its frame `now`.
    fn frames_in_a_packet(&self, codec: Codec, people: usize, now: u64) -> usize {
        let Packing { frames, listening } = self.settings.packing;
        let only_listens = people >= LARGE && now >= self.talked + LISTENS && !codec.fec;
        let frames = if only_listens {
            frames.max(listening)
        } else {
            frames
        };
        usize::from(frames).clamp(1, MOST)
    }
}

impl Room {
    /// Gives a listener a frame, at once or with those that follow.
    ///
    /// # Errors
    /// libopus's.
    pub(super) fn give(
        &mut self,
        to: Number,
        codec: Codec,
        piece: Piece,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), CodecError> {
        let (people, now) = (self.members.len(), self.frames);
        let Some(member) = self.members.get_mut(&to) else {
            return Ok(());
        };
        let frames = member.frames_in_a_packet(codec, people, now);
        if frames == 1 && member.gathering.is_empty() {
            deliveries.push(piece.alone(to, now));
            return Ok(());
        }
        let gathering = &mut member.gathering;
        if !gathering.fits(&piece) {
            self.joiner.send(to, gathering, now, deliveries)?;
        }
        if gathering.add(to, piece, frames) {
            self.joiner.send(to, gathering, now, deliveries)?;
        }
        Ok(())
    }

    /// Sends what waits where nothing came to follow it in this tick.
    ///
    /// # Errors
    /// libopus's.
    pub(super) fn send_interrupted(
        &mut self,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), CodecError> {
        let end = (self.frames + 1) * FRAME as u64;
        for (number, member) in &mut self.members {
            let gathering = &mut member.gathering;
            if !gathering.is_empty() && gathering.next != end {
                self.joiner
                    .send(*number, gathering, self.frames, deliveries)?;
            }
        }
        Ok(())
    }
}
