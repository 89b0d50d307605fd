//! One conference's sound: who sends, who may be heard, what each listener gets.
//!
//! A tick is a recipe: hear everyone, seat the talkers, sum them, and serve each distinct mix once.

mod counting;
mod crossing;
mod mapping;
mod member;
mod packing;
mod passing;
mod serving;
mod settings;
mod wishes;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

pub use mapping::Mapping;
pub use settings::{
    Arrival, Delivery, Hearing, LATENCY, Mode, Number, Output, Packing, Settings, Sound,
    TalkerLevel,
};

pub(crate) use self::packing::LARGE;
use self::{member::Member, packing::Joiner, passing::To, wishes::Wishes};
use crate::{
    Channels, CodecError, FRAME, FRAME_TIME, Loudness, Totals, Wide, WideFrame,
    floor::Floor,
    mix::{self, Mix, MixKey, Part},
    source::Heard,
    talking::Talking,
};

/// This late, frames are left out instead of being made up for: 100 ms.
const LATE: Duration = Duration::from_millis(100);

/// The sound of one conference.
pub struct Room {
    max_talkers: usize,
    members: BTreeMap<Number, Member>,
    floor: Floor,
    talking: Talking,
    mixes: BTreeMap<MixKey, Mix>,
    wishes: Wishes,
    /// The most channels in which anybody has been heard. Many browsers take stereo always: while there is none to be heard,
    /// they share what is coded for those who take mono.
    widest: Channels,
    relayed: Vec<Delivery>,
    mappings: Vec<Mapping>,
    joiner: Joiner,
    /// Frames since the beginning.
    frames: u64,
    next_tick: Option<Duration>,
    /// When the first frame began.
    epoch: Option<Duration>,
    /// What is counted for the whole room, and of those who have left.
    totals: Totals,
}

impl Room {
    /// An empty one that lets up to `max_talkers` be heard at once.
    #[must_use]
    pub fn new(max_talkers: usize) -> Self {
        Self {
            max_talkers,
            members: BTreeMap::new(),
            floor: Floor::default(),
            talking: Talking::default(),
            mixes: BTreeMap::new(),
            wishes: Wishes::default(),
            widest: Channels::Mono,
            relayed: Vec::new(),
            mappings: Vec::new(),
            joiner: Joiner::default(),
            frames: 0,
            next_tick: None,
            epoch: None,
            totals: Totals::default(),
        }
    }

    /// How many may be heard at once.
    pub fn set_max_talkers(&mut self, max_talkers: usize) {
        self.max_talkers = max_talkers;
    }

    /// Adds a participant, or changes his settings.
    pub fn set(&mut self, number: Number, settings: Settings) {
        let group = self.wishes.group(number, &settings.hearing);
        let member = self
            .members
            .entry(number)
            .or_insert_with(|| Member::new(settings.clone(), self.frames));
        if settings.mute {
            self.talking.stop(number);
        }
        member.settings = settings;
        member.group = group;
        self.forget_wishes();
    }

    /// Removes a participant.
    pub fn leave(&mut self, number: Number) {
        if let Some(member) = self.members.remove(&number) {
            self.totals.packets = self.totals.packets + member.farewell();
        }
        let told = self.members.values_mut().map(|member| &mut member.told);
        told.for_each(|told| told.forget(number));
        self.floor.leave(number);
        self.talking.stop(number);
        self.forget_wishes();
    }

    /// A packet of Opus arrived from `number`.
    ///
    /// # Errors
    /// A sentence when libopus gives no decoder; the packet is dropped.
    pub fn packet(
        &mut self,
        now: Duration,
        number: Number,
        arrival: &Arrival,
    ) -> Result<(), CodecError> {
        let Some(member) = self.members.get_mut(&number) else {
            self.totals.packets.received += 1;
            self.totals.packets.absent += 1;
            return Ok(());
        };
        member
            .source
            .packet(now, member.settings.latency, arrival, &mut member.past)?;
        if self.floor.holds(number) && !self.members[&number].settings.mute {
            self.pass_on(now, number, arrival, To::Everyone);
        }
        Ok(())
    }

    /// Samples came from `number`, to follow those before.
    pub fn samples(&mut self, number: Number, samples: impl Into<Wide<Vec<f32>>>) {
        if let Some(member) = self.members.get_mut(&number) {
            member.source.samples(&samples.into(), &mut member.past);
        }
    }

    /// No more will come from `number`; what waits is still played. [`Room::is_drained`] says when.
    pub fn end(&mut self, number: Number) {
        if let Some(member) = self.members.get_mut(&number) {
            member.source.end();
        }
    }

    /// Forgets what waits of `number`.
    pub fn flush(&mut self, number: Number) {
        if let Some(member) = self.members.get_mut(&number) {
            member.source.flush();
        }
    }

    /// Whether nothing of `number` waits any more.
    #[must_use]
    pub fn is_drained(&self, number: Number) -> bool {
        self.members
            .get(&number)
            .is_none_or(|member| !member.source.has_waiting())
    }

    /// When [`Room::tick`] is due; `None` while nobody is heard and nobody needs silence.
    pub fn deadline(&mut self, now: Duration) -> Option<Duration> {
        if !self.has_work() {
            self.next_tick = None;
            return None;
        }
        Some(self.due(now))
    }

    /// Who talks, loudest first: of those who are heard, without coughs, and through pauses between words.
    #[must_use]
    pub fn talkers(&self) -> Vec<TalkerLevel> {
        let mut talkers: Vec<_> = self
            .members
            .iter()
            .filter(|(number, _)| self.talking.talks(**number))
            .map(|(number, member)| TalkerLevel {
                number: *number,
                loudness: member.loudness,
            })
            .collect();
        talkers.sort_by_key(|talker| (talker.loudness.below_overload(), talker.number));
        talkers
    }

    /// Where the last frame began, as [`Delivery::media_time`] counts.
    #[must_use]
    pub fn media_time(&self) -> u64 {
        self.frames.saturating_sub(1) * FRAME as u64
    }

    /// How loud `number` was in the last frame.
    #[must_use]
    pub fn loudness(&self, number: Number) -> Loudness {
        self.members
            .get(&number)
            .map_or(Loudness::SILENCE, |member| member.loudness)
    }

    /// One frame: what each listener gets.
    ///
    /// # Errors
    /// libopus's, when an encoder fails; the frame is then lost for all.
    pub fn tick(&mut self, now: Duration) -> Result<Vec<Delivery>, CodecError> {
        self.advance(now);
        self.change_modes(now);
        let channels = self.channels();
        let mut heard = self.hear(now, channels);
        self.seat(now, &heard);
        self.listen(now, &heard);
        let parts = self.parts(now, channels, &mut heard);
        if parts.values().any(|part| part.side.is_some()) {
            self.widest = Channels::Stereo;
        }
        self.map_mixes(&parts);
        let mut deliveries = std::mem::take(&mut self.relayed);
        self.serve(&parts, &mut deliveries)?;
        self.send_interrupted(&mut deliveries)?;
        self.frames += 1;
        Ok(deliveries)
    }

    fn has_work(&self) -> bool {
        let needs_tick = |m: &Member| {
            matches!(m.settings.output, Some(Output::Raw(_))) || !m.gathering.is_empty()
        };
        let awake = || self.mixes.values().any(|mix| !mix.is_dormant());
        self.members
            .values()
            .any(|m| m.source.is_active() || needs_tick(m))
            || !self.floor.is_empty()
            || !self.talking.is_empty()
            || awake()
    }

    /// When the next frame is due. After a time without work that is at once, and the time has passed in the sound, too (RFC
    /// 7587 section 4.1).
    fn due(&mut self, now: Duration) -> Duration {
        let epoch = *self.epoch.get_or_insert(now);
        *self.next_tick.get_or_insert_with(|| {
            let passed = now.saturating_sub(epoch) + FRAME_TIME / 2;
            let frames = (passed.as_nanos() / FRAME_TIME.as_nanos()) as u64;
            self.frames = self.frames.max(frames);
            now.max(epoch + Duration::from_nanos(FRAME_TIME.as_nanos() as u64 * self.frames))
        })
    }

    fn advance(&mut self, now: Duration) {
        let due = self.due(now);
        if now > due + LATE {
            let frames = (now - due).as_nanos() / FRAME_TIME.as_nanos();
            self.totals.skipped += frames as u64;
            self.frames += frames as u64;
            self.next_tick = Some(due + FRAME_TIME * (frames as u32 + 1));
        } else {
            self.next_tick = Some(due + FRAME_TIME);
        }
    }

    /// The most channels in which anybody takes a mix.
    fn channels(&self) -> Channels {
        let outputs = self.members.values().filter_map(Member::mix_output);
        outputs.map(Output::channels).max().unwrap_or_default()
    }

    /// This frame of everyone who sends, decoded only where one has to decode to judge.
    fn hear(
        &mut self,
        now: Duration,
        channels: Channels,
    ) -> BTreeMap<Number, (Loudness, Option<WideFrame>)> {
        let mut heard = BTreeMap::new();
        for (number, member) in &mut self.members {
            member.loudness = Loudness::SILENCE;
            if let Heard::Sound(loudness, frame) = member.source.hear(now, channels) {
                member.loudness = loudness;
                heard.insert(*number, (loudness, frame));
            }
        }
        heard
    }

    fn seat(&mut self, now: Duration, heard: &BTreeMap<Number, (Loudness, Option<WideFrame>)>) {
        let levels: Vec<_> = heard
            .iter()
            .filter(|(number, _)| !self.members[number].settings.mute)
            .map(|(number, (loudness, _))| (*number, *loudness))
            .collect();
        let before: BTreeSet<_> = heard
            .keys()
            .filter(|n| self.floor.holds(**n))
            .copied()
            .collect();
        self.floor.update(now, self.max_talkers, &levels);
        for (number, member) in &mut self.members {
            if !heard.contains_key(number) && !self.floor.holds(*number) {
                member.gain = 0.0;
            }
        }
        for number in heard.keys() {
            if self.floor.holds(*number) && !before.contains(number) {
                self.pass_on_waiting(now, *number, To::Everyone);
            }
        }
    }

    /// Finds out who is to be told of as talking.
    fn listen(&mut self, now: Duration, heard: &BTreeMap<Number, (Loudness, Option<WideFrame>)>) {
        let is_audible = |number| self.floor.holds(number) && !self.members[&number].settings.mute;
        let audible: Vec<_> = heard
            .iter()
            .filter(|(number, _)| is_audible(**number))
            .map(|(number, (loudness, _))| (*number, *loudness))
            .collect();
        self.talking.update(now, &audible);
    }

    /// The talkers' frames with their gains; who has just lost the floor fades out in one frame more.
    fn parts(
        &mut self,
        now: Duration,
        channels: Channels,
        heard: &mut BTreeMap<Number, (Loudness, Option<WideFrame>)>,
    ) -> BTreeMap<Number, Part> {
        let anyone_listens = self.members.values().any(Member::hears_a_mix);
        let mut parts = BTreeMap::new();
        for (number, (_, frame)) in heard {
            let Some(member) = self.members.get_mut(number) else {
                continue;
            };
            let audible = self.floor.holds(*number) && !member.settings.mute;
            let gain = if audible { member.settings.volume } else { 0.0 };
            let before = std::mem::replace(&mut member.gain, gain);
            if !anyone_listens || (gain <= 0.0 && before <= 0.0) {
                if frame.is_none() {
                    member.source.skip(now);
                }
            } else if let Some(frame) = frame.take().or_else(|| member.source.play(now, channels)) {
                parts.insert(*number, mix::part(&frame.within(channels), before, gain));
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests;
