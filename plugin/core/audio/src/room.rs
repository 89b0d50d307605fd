//! One conference's sound: who sends, who may be heard, what each listener gets.
//!
//! A tick is a recipe: hear everyone, seat the talkers, sum them, and serve each distinct mix once.

mod settings;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

pub use settings::{
    Arrival, Counters, Delivery, Hearing, Mode, Number, Output, Settings, Sound, TalkerLevel,
};

use crate::{
    FRAME, FRAME_TIME, Frame, Loudness,
    encode::Encoded,
    floor::Floor,
    mix::{self, Mix, MixKey, Part},
    playout::samples_of,
    relay::{Passing, Relay},
    source::{Heard, Source},
};

/// This late, frames are left out instead of being made up for: 100 ms.
const LATE: Duration = Duration::from_millis(100);

struct Member {
    settings: Settings,
    source: Source,
    relay: Relay,
    /// The gain his last frame ended with.
    gain: f32,
    /// How loud his last frame was.
    loudness: Loudness,
}

/// The sound of one conference.
pub struct Room {
    max_talkers: usize,
    members: BTreeMap<Number, Member>,
    floor: Floor,
    mixes: BTreeMap<MixKey, Mix>,
    relayed: Vec<Delivery>,
    /// Frames since the beginning.
    frames: u64,
    next_tick: Option<Duration>,
    /// When the first frame began.
    epoch: Option<Duration>,
    skipped: u64,
}

impl Room {
    /// An empty one that lets up to `max_talkers` be heard at once.
    #[must_use]
    pub fn new(max_talkers: usize) -> Self {
        Self {
            max_talkers,
            members: BTreeMap::new(),
            floor: Floor::default(),
            mixes: BTreeMap::new(),
            relayed: Vec::new(),
            frames: 0,
            next_tick: None,
            epoch: None,
            skipped: 0,
        }
    }

    /// How many may be heard at once.
    pub fn set_max_talkers(&mut self, max_talkers: usize) {
        self.max_talkers = max_talkers;
    }

    /// Adds a participant, or changes his settings.
    pub fn set(&mut self, number: Number, settings: Settings) {
        match self.members.get_mut(&number) {
            Some(member) => member.settings = settings,
            None => {
                self.members.insert(number, Member::new(settings));
            }
        }
    }

    /// Removes a participant.
    pub fn leave(&mut self, number: Number) {
        self.members.remove(&number);
        self.floor.leave(number);
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
    ) -> Result<(), opus::Error> {
        let Some(member) = self.members.get_mut(&number) else {
            return Ok(());
        };
        member
            .source
            .packet(now, member.settings.latency, arrival)?;
        if self.floor.holds(number) && !self.members[&number].settings.mute {
            self.pass_on(now, number, arrival);
        }
        Ok(())
    }

    /// Samples came from `number`, to follow those before.
    pub fn samples(&mut self, number: Number, samples: &[f32]) {
        if let Some(member) = self.members.get_mut(&number) {
            member.source.samples(samples);
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

    /// Who is heard, loudest first.
    #[must_use]
    pub fn talkers(&self) -> Vec<TalkerLevel> {
        let mut talkers: Vec<_> = self
            .members
            .iter()
            .filter(|(number, member)| self.floor.holds(**number) && !member.settings.mute)
            .map(|(number, member)| TalkerLevel {
                number: *number,
                loudness: member.loudness,
            })
            .collect();
        talkers.sort_by_key(|talker| (talker.loudness.below_overload(), talker.number));
        talkers
    }

    /// How loud `number` was in the last frame.
    #[must_use]
    pub fn loudness(&self, number: Number) -> Loudness {
        self.members
            .get(&number)
            .map_or(Loudness::SILENCE, |member| member.loudness)
    }

    /// What became of the packets of `number`.
    #[must_use]
    pub fn counters(&self, now: Duration, number: Number) -> Counters {
        self.members
            .get(&number)
            .map(|member| member.source.counters(now))
            .unwrap_or_default()
    }

    /// Frames that were left out because the worker came too late.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    /// One frame: what each listener gets.
    ///
    /// # Errors
    /// libopus's, when an encoder fails; the frame is then lost for all.
    pub fn tick(&mut self, now: Duration) -> Result<Vec<Delivery>, opus::Error> {
        self.advance(now);
        let mut heard = self.hear(now);
        self.seat(now, &heard);
        let parts = self.parts(now, &mut heard);
        let mut deliveries = std::mem::take(&mut self.relayed);
        self.serve(&parts, &mut deliveries)?;
        self.frames += 1;
        Ok(deliveries)
    }

    fn has_work(&self) -> bool {
        let needs_silence = |m: &Member| m.settings.output == Some(Output::Raw);
        let awake = || self.mixes.values().any(|mix| !mix.is_dormant());
        self.members
            .values()
            .any(|m| m.source.is_active() || needs_silence(m))
            || !self.floor.is_empty()
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
            self.skipped += frames as u64;
            self.frames += frames as u64;
            self.next_tick = Some(due + FRAME_TIME * (frames as u32 + 1));
        } else {
            self.next_tick = Some(due + FRAME_TIME);
        }
    }

    /// This frame of everyone who sends, decoded only where one has to decode to judge.
    fn hear(&mut self, now: Duration) -> BTreeMap<Number, (Loudness, Option<Box<Frame>>)> {
        let mut heard = BTreeMap::new();
        for (number, member) in &mut self.members {
            member.loudness = Loudness::SILENCE;
            if let Heard::Sound(loudness, frame) = member.source.hear(now) {
                member.loudness = loudness;
                heard.insert(*number, (loudness, frame));
            }
        }
        heard
    }

    fn seat(&mut self, now: Duration, heard: &BTreeMap<Number, (Loudness, Option<Box<Frame>>)>) {
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
                self.pass_on_waiting(now, *number);
            }
        }
    }

    /// The talkers' frames with their gains; who has just lost the floor fades out in one frame more.
    fn parts(
        &mut self,
        now: Duration,
        heard: &mut BTreeMap<Number, (Loudness, Option<Box<Frame>>)>,
    ) -> BTreeMap<Number, Box<Part>> {
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
            } else if let Some(frame) = frame.take().or_else(|| member.source.play(now)) {
                parts.insert(*number, mix::part(&frame, before, gain));
            }
        }
        parts
    }

    fn serve(
        &mut self,
        parts: &BTreeMap<Number, Box<Part>>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), opus::Error> {
        let total = mix::total(parts);
        let levels: Vec<_> = parts
            .keys()
            .map(|n| TalkerLevel {
                number: *n,
                loudness: self.members[n].loudness,
            })
            .collect();
        let mut frames: BTreeMap<MixKey, Arc<Frame>> = BTreeMap::new();
        for (key, listeners) in self.listeners(parts) {
            let gains = self.gains_of(key);
            let frame = mix::sum(key, &total, parts, gains);
            let contributors: Arc<[TalkerLevel]> = levels
                .iter()
                .filter(|level| key.contains(level.number))
                .copied()
                .collect();
            let mut mix = self.mixes.remove(&key).unwrap_or_default();
            let frame = Arc::new(mix.limit(&frame, contributors.is_empty()));
            frames.insert(key, Arc::clone(&frame));
            let served = self.serve_mix(&mut mix, &frame, &contributors, listeners, deliveries);
            self.mixes.insert(key, mix);
            served?;
        }
        self.mixes
            .retain(|key, mix| mix.end_tick(frames.get(key).map(AsRef::as_ref)));
        Ok(())
    }

    /// Encodes one mix once per codec, and delivers it to all who hear it.
    fn serve_mix(
        &self,
        mix: &mut Mix,
        frame: &Arc<Frame>,
        contributors: &Arc<[TalkerLevel]>,
        listeners: BTreeMap<Output, Vec<Number>>,
        deliveries: &mut Vec<Delivery>,
    ) -> Result<(), opus::Error> {
        let shared = self.mixes.get(&MixKey::All).and_then(Mix::last).copied();
        for (output, numbers) in listeners {
            let (sound, span) = match output {
                Output::Raw if mix.is_silent() => (Sound::Silence, 1),
                Output::Raw => (Sound::Raw(Arc::clone(frame)), 1),
                Output::Opus(codec) => match mix.encode(codec, frame, shared.as_ref())? {
                    Encoded::Packet(packet) => (Sound::Opus(packet), codec.frames),
                    Encoded::Gathering | Encoded::Nothing => continue,
                },
            };
            let media_time = (self.frames + 1).saturating_sub(u64::from(span)) * FRAME as u64;
            deliveries.extend(numbers.into_iter().map(|to| Delivery {
                to,
                media_time,
                contributors: Arc::clone(contributors),
                loudness: Loudness::of(&frame[..]),
                sound: sound.clone(),
            }));
        }
        Ok(())
    }

    /// Who hears which mix in which form.
    fn listeners(
        &self,
        parts: &BTreeMap<Number, Box<Part>>,
    ) -> BTreeMap<MixKey, BTreeMap<Output, Vec<Number>>> {
        let mut listeners: BTreeMap<MixKey, BTreeMap<Output, Vec<Number>>> = BTreeMap::new();
        for (number, member) in &self.members {
            if let Some(output) = member.settings.output
                && member.settings.mode == Mode::Mix
            {
                let key = member.mix_key(*number, parts.contains_key(number));
                listeners
                    .entry(key)
                    .or_default()
                    .entry(output)
                    .or_default()
                    .push(*number);
            }
        }
        listeners
    }

    fn gains_of(&self, key: MixKey) -> &BTreeMap<Number, f32> {
        static NONE: BTreeMap<Number, f32> = BTreeMap::new();
        match key {
            MixKey::Custom(own) => self
                .members
                .get(&own)
                .map_or(&NONE, |member| &member.settings.hearing.gains),
            _ => &NONE,
        }
    }

    fn pass_on_waiting(&mut self, now: Duration, talker: Number) {
        let waiting = self.members[&talker].source.waiting();
        for packet in waiting {
            self.pass_on(now, talker, &packet);
        }
    }

    /// Passes a talker's packet on to everyone in relay mode.
    fn pass_on(&mut self, now: Duration, talker: Number, arrival: &Arrival) {
        let passing = Passing {
            talker,
            sequence: arrival.sequence,
            timestamp: arrival.timestamp,
            now: samples_of(now),
        };
        let level = TalkerLevel {
            number: talker,
            loudness: self.loudness(talker),
        };
        for (to, member) in &mut self.members {
            if *to == talker || member.settings.mode != Mode::Relay || member.settings.hearing.deaf
            {
                continue;
            }
            let Some(placed) = member
                .relay
                .pass(&passing, self.max_talkers, |n| self.floor.holds(n))
            else {
                continue;
            };
            self.relayed.push(Delivery {
                to: *to,
                media_time: u64::from(placed.timestamp),
                contributors: Arc::new([level]),
                loudness: level.loudness,
                sound: Sound::Relayed {
                    slot: placed.slot,
                    sequence: placed.sequence,
                    payload: arrival.payload.as_slice().into(),
                },
            });
        }
    }
}

impl Member {
    fn new(settings: Settings) -> Self {
        Self {
            settings,
            source: Source::None,
            relay: Relay::default(),
            gain: 0.0,
            loudness: Loudness::SILENCE,
        }
    }

    fn hears_a_mix(&self) -> bool {
        self.settings.output.is_some()
            && self.settings.mode == Mode::Mix
            && !self.settings.hearing.deaf
    }

    fn mix_key(&self, own: Number, talks: bool) -> MixKey {
        match &self.settings.hearing {
            hearing if hearing.deaf => MixKey::Silence,
            hearing if !hearing.gains.is_empty() => MixKey::Custom(own),
            _ if talks => MixKey::Without(own),
            _ => MixKey::All,
        }
    }
}

#[cfg(test)]
mod tests;
