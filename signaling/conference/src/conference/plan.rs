//! Between the rules and the planner: what the planner has to know of people, and carrying out its plan.

use std::{collections::BTreeSet, time::Duration};

use convene_topology::{Number, PairReport, Path, Picture, Step};

use super::Conference;
use crate::{Effect, Notice, ParticipantId, PathOf, PictureOf, Refusal};

/// What the planner has to know.
impl<S> Conference<S> {
    pub(super) fn report(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        peer: &ParticipantId,
        report: PairReport,
    ) {
        if let (Some(from), Some(peer)) = (self.number(from), self.number(peer)) {
            self.planner.report(now, from, peer, report);
        }
    }

    /// What the planner has to know of a participant has changed.
    pub(super) fn stand(&mut self, id: &ParticipantId) {
        if let Some(member) = self.members.get(id) {
            self.planner.stand(member.number, member.standing());
        }
    }

    pub(super) fn report_relay(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        relay: &ParticipantId,
        picture: &PictureOf,
        report: PairReport,
    ) {
        let numbers = (self.number(from), self.number(relay), self.picture(picture));
        if let (Some(from), Some(relay), Some(picture)) = numbers {
            self.planner.report_relay(now, from, relay, picture, report);
        }
    }

    /// Whether two may talk about a connection of theirs.
    pub(super) fn may_pair(
        &mut self,
        from: &ParticipantId,
        to: &ParticipantId,
    ) -> Result<(), Refusal> {
        self.others(from, to)?;
        let hides = |id| self.members.get(id).is_some_and(|m| m.wishes.hides_address);
        if hides(from) || hides(to) {
            return Err(Refusal::Hidden(to.0.clone()));
        }
        Ok(())
    }

    /// Whether one of the two passes this picture on to the other, or did a moment ago.
    pub(super) fn relay_between(
        &mut self,
        from: &ParticipantId,
        to: &ParticipantId,
        picture: &PictureOf,
    ) -> Result<(), Refusal> {
        self.may_pair(from, to)?;
        let numbers = (self.number(from), self.number(to), self.picture(picture));
        if let (Some(from), Some(other), Some(picture)) = numbers
            && [(from, picture, other), (other, picture, from)]
                .iter()
                .any(|way| self.relayed.contains(way))
        {
            return Ok(());
        }
        Err(Refusal::NoRelay(to.0.clone()))
    }
}

/// Telling of the plan.
impl<S> Conference<S> {
    /// How everyone gets everyone else's pictures now; what nobody wants is left out.
    #[must_use]
    pub fn paths(&self) -> Vec<PathOf> {
        let pictures = self.published().into_iter();
        let views = pictures.flat_map(|picture| self.ids.keys().map(move |who| (picture, *who)));
        views
            .filter_map(|(picture, subscriber)| self.path_of(picture, subscriber))
            .collect()
    }

    fn path_of(&self, picture: Picture, subscriber: Number) -> Option<PathOf> {
        let path = self.planner.path(picture, subscriber)?;
        Some(PathOf {
            subscriber: self.ids.get(&subscriber)?.clone(),
            picture: (self.ids.get(&picture.publisher)?.clone(), picture.source),
            relay: self.relay_of(Some(path)),
            path,
            why: self.planner.why(picture, subscriber),
        })
    }

    fn relay_of(&self, path: Option<Path>) -> Option<ParticipantId> {
        match path {
            Some(Path::Peer(relay)) => self.ids.get(&relay).cloned(),
            _ => None,
        }
    }
}

/// Telling it again, to one who did not hear all of it.
impl<S> Conference<S> {
    /// What he gets by which path, what he sends to whom, and which of his pictures the server needs.
    pub(super) fn tell_plan_to(&mut self, id: &ParticipantId, number: Number) {
        self.perform_plan();
        for picture in self.published() {
            let path = self.planner.path(picture, number);
            if let (Some(path), Some(publisher)) = (path, self.ids.get(&picture.publisher)) {
                let notice = self.path_notice(publisher.clone(), picture, number, Some(path));
                self.send(id, notice);
            }
        }
        let ways = self.sending.iter();
        let his: Vec<_> = ways
            .filter(|(sender, ..)| *sender == number)
            .copied()
            .collect();
        for way in his {
            self.tell_send(way, true);
        }
        let shown = self.shown.values();
        let needed = shown.filter(|picture| picture.publisher == number);
        let needed: BTreeSet<_> = needed.map(|picture| picture.source).collect();
        for source in needed {
            let needed = true;
            self.send(id, Notice::ServerNeeds { source, needed });
        }
    }

    /// His new leg shows what the old one did.
    pub(super) fn show_again(&mut self, id: &ParticipantId, number: Number) {
        let shown = self.shown.range((number, 0)..=(number, usize::MAX));
        let again = shown.filter_map(|((_, slot), picture)| {
            Some(Effect::Show {
                subscriber: id.clone(),
                slot: *slot,
                publisher: self.ids.get(&picture.publisher)?.clone(),
                source: picture.source,
            })
        });
        let again: Vec<_> = again.collect();
        self.effects.extend(again);
    }

    /// What was to be shown in his slots is not any more.
    pub(super) fn hide_all(&mut self, id: &ParticipantId, number: Number) {
        let slots = self.shown.range((number, 0)..=(number, usize::MAX));
        for slot in slots.map(|((_, slot), _)| *slot).collect::<Vec<_>>() {
            self.shown.remove(&(number, slot));
            let subscriber = id.clone();
            self.effects.push_back(Effect::Hide { subscriber, slot });
        }
    }

    /// His page has lost its connections with the others: theirs with him are of no use either.
    pub(super) fn ask_to_reconnect(&mut self, id: &ParticipantId, number: Number) {
        let others = self.ids.keys().copied();
        let able =
            others.filter(|other| *other != number && self.planner.may_connect(*other, number));
        for other in able.collect::<Vec<_>>() {
            self.send_number(other, Notice::Retry(id.clone()));
        }
    }

    fn published(&self) -> Vec<Picture> {
        let publishers = self.ids.iter().filter_map(|(number, id)| {
            let member = self.members.get(id)?;
            Some((*number, member.publishing))
        });
        let pictures = publishers.flat_map(|(publisher, publishing)| {
            let sources = publishing.sources();
            sources.map(move |source| Picture { publisher, source })
        });
        pictures.collect()
    }
}

/// Carrying out the plan.
impl<S> Conference<S> {
    pub(super) fn perform_plan(&mut self) {
        while let Some(step) = self.planner.poll() {
            match step {
                Step::Path {
                    picture,
                    subscriber,
                    path,
                } => self.perform_path(picture, subscriber, path),
                Step::Send {
                    picture,
                    sender,
                    to,
                    on,
                } => self.perform_send(picture, sender, to, on),
                Step::ServerNeeds { picture, needed } => {
                    self.send_number(
                        picture.publisher,
                        Notice::ServerNeeds {
                            source: picture.source,
                            needed,
                        },
                    );
                }
                Step::Retry { a, b } => {
                    for (one, other) in [(a, b), (b, a)] {
                        if let Some(other) = self.ids.get(&other).cloned() {
                            self.send_number(one, Notice::Retry(other));
                        }
                    }
                }
            }
        }
    }

    /// Whoever is to stop a connection that carries one picture may still say goodbye on it: the way stays known until
    /// one of the two leaves.
    fn perform_send(&mut self, picture: Picture, sender: Number, to: Number, on: bool) {
        let way = (sender, picture, to);
        if sender != picture.publisher {
            self.relayed.insert(way);
        }
        if on {
            self.sending.insert(way);
        } else {
            self.sending.remove(&way);
        }
        self.tell_send(way, on);
    }

    fn tell_send(&mut self, (sender, picture, to): (Number, Picture, Number), on: bool) {
        let ids = (self.ids.get(&picture.publisher), self.ids.get(&to));
        if let (Some(publisher), Some(to)) = ids {
            let notice = Notice::SendTo {
                picture: (publisher.clone(), picture.source),
                to: to.clone(),
                on,
            };
            self.send_number(sender, notice);
        }
    }

    /// The subscriber learns of the new path before the slot that had the picture is emptied, and it is emptied only
    /// if nothing else is in it by now.
    fn perform_path(&mut self, picture: Picture, subscriber: Number, path: Option<Path>) {
        let (Some(to), Some(publisher)) = (
            self.ids.get(&subscriber).cloned(),
            self.ids.get(&picture.publisher).cloned(),
        ) else {
            return;
        };
        let slot = match path {
            Some(Path::Server { slot }) => Some(slot),
            _ => None,
        };
        let had = self.slot_of(picture, subscriber);
        if let Some(slot) = slot {
            self.shown.insert((subscriber, slot), picture);
            self.effects.push_back(Effect::Show {
                subscriber: to.clone(),
                slot,
                publisher: publisher.clone(),
                source: picture.source,
            });
        }
        let notice = self.path_notice(publisher, picture, subscriber, path);
        self.send(&to, notice);
        if let Some(had) = had.filter(|had| Some(*had) != slot) {
            self.shown.remove(&(subscriber, had));
            self.effects.push_back(Effect::Hide {
                subscriber: to,
                slot: had,
            });
        }
    }

    fn path_notice(
        &self,
        publisher: ParticipantId,
        picture: Picture,
        subscriber: Number,
        path: Option<Path>,
    ) -> Notice<S> {
        Notice::Path {
            publisher,
            source: picture.source,
            path,
            relay: self.relay_of(path),
            why: self.planner.why(picture, subscriber),
        }
    }

    fn slot_of(&self, picture: Picture, subscriber: Number) -> Option<usize> {
        let slots = self.shown.range((subscriber, 0)..=(subscriber, usize::MAX));
        slots
            .filter(|(_, shown)| **shown == picture)
            .map(|((_, slot), _)| *slot)
            .next()
    }
}
