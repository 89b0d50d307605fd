//! Who sees whom through the server, packet by packet.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Codec, DropReason, Number, Numbers, Picture, SlotId, Stats,
    layers::{Layer, Layers},
    publication::Publication,
    slot::{Arrived, Feed, Slot},
};

/// A budget that falls by more than this share says that more was sent than the way carries.
const FALLS: f64 = 0.03;

/// The switch of one conference.
#[derive(Clone, Debug, Default)]
pub struct Switch {
    members: BTreeMap<Number, Member>,
    publications: BTreeMap<Picture, Publication>,
    /// What is not here has one layer without a name.
    layers: BTreeMap<Picture, Layers>,
    slots: BTreeMap<SlotId, Slot>,
    /// Which slots a packet of a picture concerns.
    viewers: BTreeMap<Picture, Vec<SlotId>>,
    published: u64,
    /// When the next key-frame request is due.
    alarm: Option<Duration>,
    /// Whether pictures may take more or less than their publishers were told.
    shares_changed: bool,
    /// Whether other layers may be needed than their publishers were told.
    layers_changed: bool,
    /// Whether slots show other pictures than before.
    rearranged: bool,
    /// When it was last looked whether other layers should be shown.
    chosen: Duration,
}

#[derive(Clone, Debug, Default)]
struct Member {
    policy: Policy,
    stats: Stats,
    /// What he can take over all his slots, in bits per second.
    budget: Option<u64>,
    /// When that fell last.
    fell: Option<Duration>,
}

impl Switch {
    /// Somebody comes.
    pub fn join(&mut self, number: Number, policy: Policy) {
        self.members.insert(
            number,
            Member {
                policy,
                ..Member::default()
            },
        );
    }

    /// Somebody goes, with his pictures and his slots.
    pub fn leave(&mut self, number: Number) {
        self.members.remove(&number);
        self.publications
            .retain(|picture, _| picture.publisher != number);
        self.layers.retain(|picture, _| picture.publisher != number);
        self.slots.retain(|id, _| id.subscriber != number);
        for slot in self.slots.values_mut() {
            if slot
                .feed
                .picture()
                .is_some_and(|picture| picture.publisher == number)
            {
                slot.feed = Feed::Idle;
            }
        }
        self.rearrange();
    }

    /// Changes who decides about a subscriber's slots.
    pub fn set_policy(&mut self, number: Number, policy: Policy) {
        if let Some(member) = self.members.get_mut(&number) {
            member.policy = policy;
        }
        self.rearrange();
    }

    /// A picture begins, or goes on in another codec: whoever looks at it waits for a key frame.
    pub fn publish(&mut self, picture: Picture, codec: Codec) {
        let order = self
            .publications
            .get(&picture)
            .map_or(self.published, |known| known.order);
        self.published = self.published.max(order + 1);
        self.publications
            .insert(picture, Publication::new(codec, order));
        self.layers
            .entry(picture)
            .or_default()
            .iter_mut()
            .for_each(Layer::reset);
        self.wait(picture);
        self.rearrange();
    }

    /// A picture is over. Slots that an application mapped stay mapped, and show it when it comes again.
    pub fn end(&mut self, picture: Picture) {
        self.publications.remove(&picture);
        self.wait(picture);
        self.rearrange();
    }

    /// A slot exists from now on, with the numbers it had when it was closed.
    pub fn open(&mut self, id: SlotId, numbers: Numbers) {
        self.slots.insert(id, Slot::with(numbers));
        self.rearrange();
    }

    /// A slot is gone; its numbers are wanted when it is opened again.
    pub fn close(&mut self, id: SlotId) -> Option<Numbers> {
        let slot = self.slots.remove(&id)?;
        self.rearrange();
        Some(slot.numbers)
    }

    /// What a subscriber's slots show starts anew with a key frame: until now he could not show it.
    pub fn restart(&mut self, subscriber: Number) {
        let his = |id: &SlotId| id.subscriber == subscriber;
        for (_, slot) in self.slots.iter_mut().filter(|(id, _)| his(id)) {
            if let Feed::Showing(picture, _) = slot.feed {
                slot.feed = Feed::Waiting(picture);
            }
        }
        self.settle();
    }

    /// Shows a picture in a slot, in place of what it showed; `None`: in the subscriber's first free slot. In another
    /// slot of the same subscriber it is shown no longer. Answers the slot. The picture need not be published yet.
    ///
    /// # Errors
    /// [`Refusal`] when somebody is not there, there is no such slot, or the slots are filled by policy.
    pub fn show(
        &mut self,
        picture: Picture,
        subscriber: Number,
        index: Option<u32>,
    ) -> Result<u32, Refusal> {
        self.admit(picture, subscriber)?;
        let shown = self.slot_showing(picture, subscriber);
        let index = match index {
            Some(index) => index,
            None => shown
                .or_else(|| self.free_slot(subscriber))
                .ok_or(Refusal::NoSlot(subscriber))?,
        };
        if shown == Some(index) {
            return Ok(index);
        }
        let slot = self
            .slots
            .get_mut(&SlotId { subscriber, index })
            .ok_or(Refusal::NoSlot(subscriber))?;
        slot.wait_for(picture);
        if let Some(other) =
            shown.and_then(|index| self.slots.get_mut(&SlotId { subscriber, index }))
        {
            other.feed = Feed::Idle;
        }
        self.rearrange();
        Ok(index)
    }

    /// Shows a picture to a subscriber no longer. It need not be shown.
    ///
    /// # Errors
    /// [`Refusal`] when somebody is not there, or the slots are filled by policy.
    pub fn hide(&mut self, picture: Picture, subscriber: Number) -> Result<(), Refusal> {
        self.admit(picture, subscriber)?;
        let index = self.slot_showing(picture, subscriber);
        if let Some(slot) =
            index.and_then(|index| self.slots.get_mut(&SlotId { subscriber, index }))
        {
            slot.feed = Feed::Idle;
        }
        self.rearrange();
        Ok(())
    }

    /// How many bits per second a subscriber can take over all his slots; `None`: that is not known, and nobody is held
    /// back for his sake.
    pub fn set_budget(&mut self, now: Duration, subscriber: Number, budget: Option<u64>) {
        if let Some(member) = self.members.get_mut(&subscriber) {
            self.shares_changed |= member.budget != budget;
            if let (Some(before), Some(budget)) = (member.budget, budget)
                && (budget as f64) < before as f64 * (1.0 - FALLS)
            {
                member.fell = Some(now);
                self.chosen = Duration::ZERO;
            }
            member.budget = budget;
        }
        self.choose(now);
    }

    /// A packet came from a publisher: `forward` gets where it goes. `now` is monotonic time from any origin.
    pub fn packet(
        &mut self,
        now: Duration,
        picture: Picture,
        arrival: &Arrival<'_>,
        forward: &mut Vec<Forward>,
    ) {
        let Arrival { packet, bytes, rid } = *arrival;
        let (Some(publication), Some(layers)) = (
            self.publications.get(&picture),
            self.layers.get_mut(&picture),
        ) else {
            return;
        };
        let viewers = self.viewers.get(&picture).map_or(&[][..], Vec::as_slice);
        let layer = layers.of(packet.ssrc(), rid);
        if let Some(member) = self.members.get_mut(&picture.publisher) {
            member.stats.received.count(bytes);
            if viewers.is_empty() {
                member.stats.received.drop(DropReason::Unwanted);
            } else if layer.is_none() {
                member.stats.received.drop(DropReason::UnknownLayer);
            }
        }
        let Some(layer) = layer else { return };
        let frame = publication.codec.read(packet.payload());
        let mut changed = layers.received(now, layer, bytes, &frame);
        let arrived = Arrived {
            packet,
            bytes,
            frame,
            layer,
            sent: layers.sent(now),
        };
        for id in viewers {
            let (Some(slot), Some(member)) =
                (self.slots.get_mut(id), self.members.get_mut(&id.subscriber))
            else {
                continue;
            };
            let before = slot.feed;
            let placed = slot.place(now, &arrived);
            changed |= slot.feed != before;
            match placed {
                Ok((sequence, timestamp, ids)) => {
                    member.stats.sent.count(bytes);
                    let offset = timestamp.wrapping_sub(packet.timestamp());
                    let news = slot.told.is_news(now, packet.ssrc(), offset);
                    forward.push(Forward {
                        slot: *id,
                        sequence,
                        timestamp,
                        descriptor_len: frame.descriptor_len,
                        ids,
                        news,
                    });
                }
                Err(reason) => member.stats.sent.drop(reason),
            }
        }
        self.layers_changed |= changed;
        if changed {
            self.settle();
        }
        self.choose(now);
    }

    /// Bytes came from a publisher that are no RTP packet.
    pub fn malformed(&mut self, picture: Picture) {
        if let Some(member) = self.members.get_mut(&picture.publisher) {
            member.stats.received.drop(DropReason::Malformed);
        }
    }

    /// The next wish that is due; ask until there is none.
    pub fn poll(&mut self, now: Duration) -> Option<Wish> {
        let awaited = self.awaited().is_some_and(|due| due <= now);
        if std::mem::take(&mut self.rearranged) || awaited {
            self.chosen = Duration::ZERO;
            self.choose(now);
        }
        self.poll_layers(now)
            .or_else(|| self.poll_key_frames(now))
            .or_else(|| self.poll_bitrates(now))
    }

    /// When [`poll`](Self::poll) will have something, if nothing else happens and there is nothing now.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.alarm.into_iter().chain(self.awaited()).min()
    }

    /// What a subscriber's slot shows or waits for.
    #[must_use]
    pub fn shown(&self, id: SlotId) -> Option<Picture> {
        self.slots.get(&id)?.feed.picture()
    }

    /// A participant's counters.
    #[must_use]
    pub fn stats(&self, number: Number) -> Option<&Stats> {
        self.members.get(&number).map(|member| &member.stats)
    }

    fn admit(&self, picture: Picture, subscriber: Number) -> Result<(), Refusal> {
        if !self.members.contains_key(&picture.publisher) {
            return Err(Refusal::NoParticipant(picture.publisher));
        }
        match self.members.get(&subscriber) {
            None => Err(Refusal::NoParticipant(subscriber)),
            Some(Member {
                policy: Policy::Server,
                ..
            }) => Err(Refusal::FilledByPolicy(subscriber)),
            Some(_) => Ok(()),
        }
    }

    fn slots_of(&self, subscriber: Number) -> impl Iterator<Item = (u32, Feed)> + '_ {
        let all = SlotId {
            subscriber,
            index: 0,
        }..=SlotId {
            subscriber,
            index: u32::MAX,
        };
        self.slots
            .range(all)
            .map(|(id, slot)| (id.index, slot.feed))
    }

    fn slot_showing(&self, picture: Picture, subscriber: Number) -> Option<u32> {
        self.slots_of(subscriber)
            .find(|(_, feed)| feed.picture() == Some(picture))
            .map(|(index, _)| index)
    }

    fn free_slot(&self, subscriber: Number) -> Option<u32> {
        self.slots_of(subscriber)
            .find(|(_, feed)| *feed == Feed::Idle)
            .map(|(index, _)| index)
    }

    /// Whoever looks at the picture waits for its next key frame.
    fn wait(&mut self, picture: Picture) {
        for slot in self.slots.values_mut() {
            if slot.feed.picture() == Some(picture) {
                slot.feed = Feed::Waiting(picture);
            }
        }
    }

    /// After any change of slots or pictures: fills the slots that are filled by policy, and makes the index anew.
    fn rearrange(&mut self) {
        let by_policy = self
            .members
            .iter()
            .filter(|(_, member)| member.policy == Policy::Server);
        for subscriber in by_policy.map(|(number, _)| *number).collect::<Vec<_>>() {
            self.fill(subscriber);
        }
        self.viewers.clear();
        for (id, slot) in &self.slots {
            if let Some(picture) = slot.feed.picture() {
                self.viewers.entry(picture).or_default().push(*id);
            }
        }
        (self.shares_changed, self.layers_changed, self.rearranged) = (true, true, true);
        self.settle();
    }

    fn settle(&mut self) {
        self.alarm = self.dues().map(|(due, ..)| due).min();
    }
}

mod filling;
mod key_frames;
#[cfg(test)]
mod layered;
mod layering;
mod shares;
#[cfg(test)]
mod tests;
mod words;

pub use words::{Arrival, Forward, Policy, Refusal, Wish};
