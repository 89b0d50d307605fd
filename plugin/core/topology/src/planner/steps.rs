//! From the old plan to the new one, in an order in which nothing is given up before what takes its place is there.

use std::collections::{BTreeMap, BTreeSet};

use super::Planner;
use crate::{
    Number, Path, Picture, Step,
    sends::Send,
    view::{View, give_slots},
};

impl Planner {
    /// Keeps what a path was before it first changed.
    pub(super) fn remember(&mut self, subscriber: Number, picture: Picture, old: Option<View>) {
        let old = old.map(|view| view.path());
        self.before.entry((subscriber, picture)).or_insert(old);
    }

    /// Gives these subscribers their slots, and tells all that has changed. A picture is asked of its publisher before
    /// anyone is sent to the server for it, and let go after all have left it; senders begin before anyone is sent to
    /// them and stop after.
    pub(super) fn finish(&mut self, subscribers: BTreeSet<Number>) {
        for subscriber in subscribers {
            self.give_slots(subscriber);
        }
        let paths = self.changed_paths();
        let mut was_needed = BTreeMap::new();
        for ((_, picture), old, new) in &paths {
            self.count(*picture, *old, *new, &mut was_needed);
        }
        let sends = self.changed_sends();
        self.steps
            .extend(needed(&self.on_server, &was_needed, true));
        self.steps.extend(sends.iter().copied().filter(is_on));
        let members = &self.members;
        let told = paths
            .iter()
            .filter(|((subscriber, _), ..)| members.contains_key(subscriber));
        self.steps.extend(told.map(path_step));
        self.steps
            .extend(sends.iter().copied().filter(|step| !is_on(step)));
        self.steps
            .extend(needed(&self.on_server, &was_needed, false));
    }
}

impl Planner {
    fn give_slots(&mut self, subscriber: Number) {
        let both = self
            .members
            .get(&subscriber)
            .zip(self.views.get_mut(&subscriber));
        let Some((member, views)) = both else {
            return;
        };
        let old: Vec<_> = views
            .iter()
            .map(|(picture, view)| (*picture, *view))
            .collect();
        let by_server = old.iter().filter(|(_, view)| view.by_server());
        let mut wish: Vec<_> = by_server.map(|(picture, _)| *picture).collect();
        wish.sort_by_key(|picture| member.place(picture));
        match &member.slots {
            Some(slots) => give_slots(views, &wish, slots.iter().copied()),
            None => give_slots(views, &wish, 0..self.settings.slots),
        }
        for (picture, view) in old {
            if self.path(picture, subscriber) != Some(view.path()) {
                self.remember(subscriber, picture, Some(view));
            }
        }
    }

    /// By subscriber, and of each what is no more comes first, and whatever leaves a slot before whatever takes one.
    fn changed_paths(&mut self) -> Vec<Change> {
        let before = std::mem::take(&mut self.before).into_iter();
        let changes = before.map(|((subscriber, picture), old)| {
            ((subscriber, picture), old, self.path(picture, subscriber))
        });
        let mut changes: Vec<_> = changes.filter(|(_, old, new)| old != new).collect();
        changes.sort_by_key(|((subscriber, _), _, new)| (*subscriber, order(*new)));
        changes
    }

    /// Nobody who has left is told anything. Relays are sent a picture before they are asked for it.
    fn changed_sends(&mut self) -> Vec<Step> {
        let changes = self.sends.take_changes().into_iter();
        let members = &self.members;
        let here =
            |(sender, _, to): &Send| members.contains_key(sender) && members.contains_key(to);
        let mut changes: Vec<_> = changes.filter(|(send, _)| here(send)).collect();
        changes.sort_by_key(|((sender, picture, _), _)| *sender != picture.publisher);
        changes.into_iter().map(send_step).collect()
    }

    /// Counts who sees what by the server, and notes of each picture that is concerned whether anyone did before.
    fn count(
        &mut self,
        picture: Picture,
        old: Option<Path>,
        new: Option<Path>,
        was: &mut BTreeMap<Picture, bool>,
    ) {
        let by_server = |path| matches!(path, Some(Path::Server { .. }));
        let (old, new) = (by_server(old), by_server(new));
        if old == new {
            return;
        }
        let watched = self.on_server.entry(picture).or_default();
        was.entry(picture).or_insert(*watched > 0);
        match new {
            true => *watched += 1,
            false => *watched -= 1,
        }
        if *watched == 0 {
            self.on_server.remove(&picture);
        }
    }
}

type Change = ((Number, Picture), Option<Path>, Option<Path>);

fn order(path: Option<Path>) -> u8 {
    match path {
        None => 0,
        Some(Path::Direct | Path::Peer(_) | Path::NoSlot) => 1,
        Some(Path::Server { .. }) => 2,
    }
}

fn path_step(((subscriber, picture), _, path): &Change) -> Step {
    Step::Path {
        picture: *picture,
        subscriber: *subscriber,
        path: *path,
    }
}

fn send_step(((sender, picture, to), on): (Send, bool)) -> Step {
    Step::Send {
        picture,
        sender,
        to,
        on,
    }
}

fn is_on(step: &Step) -> bool {
    matches!(step, Step::Send { on: true, .. })
}

/// The pictures that have come to be needed on the server, or have ceased to be.
fn needed(
    on_server: &BTreeMap<Picture, usize>,
    was: &BTreeMap<Picture, bool>,
    needed: bool,
) -> Vec<Step> {
    let turned = was
        .iter()
        .filter(|(picture, was)| **was != needed && on_server.contains_key(picture) == needed);
    let step = |(picture, _): (&Picture, &bool)| Step::ServerNeeds {
        picture: *picture,
        needed,
    };
    turned.map(step).collect()
}
