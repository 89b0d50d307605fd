//! A conference that plans by itself: all its elements share one planner, which lives in their room.
//!
//! Whatever changes the plan leaves orders behind. One thread at a time takes them, one by one and in their order, and
//! carries them out: the element of the participant concerned posts them on its bus, and pictures go into slots or out
//! of them. The lock is not held meanwhile. So an application may answer a message from within its handler: what it
//! says is planned at once, and carried out when the orders before are.
//!
//! The planner's deadlines ring on the clock that rings for key frames; there is no thread, and nothing is set where
//! nothing is planned.

mod plan;
mod words;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use convene_topology::{Number, PairReport, Path, Source, Standing};
use gst::prelude::*;

use self::plan::{Order, Plan};
pub(super) use self::{
    plan::{NoName, PictureOf, Told},
    words::{report, source, standing, wishes},
};
use super::{
    imp::CAT,
    room::{Room, Seat},
    settings::VideoPolicy,
};
use crate::{
    alarm::{self, Alarm},
    lock::lock,
    now::now,
};

/// What a room's elements share of the planner.
#[derive(Default)]
pub(super) struct Planning {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The policy of whoever came first, which holds for all.
    rule: Option<VideoPolicy>,
    /// Where the rule is to plan.
    plan: Option<Plan>,
    elements: BTreeMap<Number, glib::WeakRef<gst::Element>>,
    /// Whether a thread is carrying out orders.
    busy: bool,
    alarm: Alarm,
}

/// The conference keeps to another policy, that of whoever came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Conflict {
    pub(super) rule: VideoPolicy,
}

/// What a participant brings into the plan.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) policy: VideoPolicy,
    pub(super) told: Told,
    pub(super) sources: BTreeSet<Source>,
    pub(super) slots: Vec<u32>,
}

/// What the planner is told. `None`: nothing is planned here.
impl Seat {
    /// Enters the plan, if the conference makes one.
    pub(super) fn enter_plan(&self, element: &gst::Element, entry: Entry) -> Result<(), Conflict> {
        let agreed = {
            let mut state = lock(&self.room().planning.state);
            state.found(entry.policy);
            state.elements.insert(self.planned(), element.downgrade());
            state.agree(entry.policy)
        };
        self.plan(|plan, number, _| {
            plan.join(number, &entry.name, entry.told);
            plan.slots(number, entry.slots);
            plan.publish(number, entry.sources);
        });
        agreed
    }

    pub(super) fn leave_plan(&self) {
        self.plan(|plan, number, _| plan.leave(number));
        lock(&self.room().planning.state)
            .elements
            .remove(&self.planned());
    }

    /// Whether a policy is the conference's.
    pub(super) fn agree(&self, policy: VideoPolicy) -> Result<(), Conflict> {
        lock(&self.room().planning.state).agree(policy)
    }

    /// The policy by which this conference plans.
    pub(super) fn plans(&self) -> Option<VideoPolicy> {
        let state = lock(&self.room().planning.state);
        state.rule.filter(|_| state.plan.is_some())
    }

    pub(super) fn set_sources(&self, sources: BTreeSet<Source>) {
        self.plan(|plan, number, _| plan.publish(number, sources));
    }

    pub(super) fn set_slots(&self, slots: Vec<u32>) {
        self.plan(|plan, number, _| plan.slots(number, slots));
    }

    pub(super) fn stand(&self, standing: Standing) {
        self.plan(|plan, number, _| plan.stand(number, standing));
    }

    pub(super) fn want(&self, wishes: Vec<PictureOf>) {
        self.plan(|plan, number, _| plan.want(number, wishes));
    }

    /// How the connection with a peer fares; with a picture, the one on which he passes it on.
    pub(super) fn report(
        &self,
        peer: &str,
        picture: Option<&PictureOf>,
        report: PairReport,
    ) -> Option<Result<(), NoName>> {
        self.plan(|plan, from, now| match picture {
            None => plan.report(now, from, peer, report),
            Some(picture) => plan.report_relay(now, from, peer, picture, report),
        })
    }

    /// The property `plan`.
    pub(super) fn describe_plan(&self) -> Option<gst::Structure> {
        let rule = self.plans()?;
        let pairs = lock(&self.room().planning.state).plan.as_ref()?.pairs();
        Some(words::plan(rule.nick(), &pairs))
    }

    /// Changes the plan, and has carried out what follows from it.
    fn plan<R>(&self, change: impl FnOnce(&mut Plan, Number, Duration) -> R) -> Option<R> {
        change_plan(self.room(), |plan, now| change(plan, self.planned(), now))
    }

    fn planned(&self) -> Number {
        Number(self.number().0)
    }
}

fn change_plan<R>(room: &Arc<Room>, change: impl FnOnce(&mut Plan, Duration) -> R) -> Option<R> {
    let now = now();
    let (result, alarm) = {
        let mut state = lock(&room.planning.state);
        let plan = state.plan.as_mut()?;
        let result = change(plan, now);
        plan.settle();
        let deadline = plan.deadline();
        (result, state.alarm.next(now, deadline))
    };
    if let Some(alarm) = alarm {
        ring_at(room, alarm, now);
    }
    carry_out(room);
    Some(result)
}

/// Carries out what there is, unless another thread does, which then does it all.
fn carry_out(room: &Arc<Room>) {
    if std::mem::replace(&mut lock(&room.planning.state).busy, true) {
        return;
    }
    while let Some((order, element)) = next_order(room) {
        match &order {
            Order::Path { pair, .. } if matches!(pair.path, Some(Path::Server { .. })) => {
                show(room, &order);
                post(element, &order);
            }
            _ => {
                post(element, &order);
                show(room, &order);
            }
        }
    }
}

/// The next order and who has to be told; when there is none, whoever comes next begins anew.
fn next_order(room: &Arc<Room>) -> Option<(Order, Option<gst::Element>)> {
    let mut state = lock(&room.planning.state);
    let order = state.plan.as_mut().and_then(Plan::poll);
    state.busy = order.is_some();
    let order = order?;
    let element = state.elements.get(&order.concerns());
    let element = element.and_then(glib::WeakRef::upgrade);
    Some((order, element))
}

fn post(element: Option<gst::Element>, order: &Order) {
    if let Some(element) = element {
        let message = gst::message::Element::builder(words::message(order)).src(&element);
        // A bus that takes nothing belongs to an application that is not listening.
        let _ = element.post_message(message.build());
    }
}

/// The server's part: into the slot, or out of all.
fn show(room: &Arc<Room>, order: &Order) {
    let Order::Path {
        picture,
        subscriber,
        pair,
    } = order
    else {
        return;
    };
    let subscriber = convene_video::Number(subscriber.0);
    let picture = convene_video::Picture {
        publisher: convene_video::Number(picture.publisher.0),
        source: switched(picture.source),
    };
    let done = room.act(|state| match pair.path {
        Some(Path::Server { slot }) => {
            let slot = u32::try_from(slot).ok();
            state.switch.show(picture, subscriber, slot).map(|_| ())
        }
        _ => state.switch.hide(picture, subscriber),
    });
    if let Err(refusal) = done {
        // Somebody or his slot has gone, and the planner was told or is being told.
        gst::debug!(CAT, "{pair:?}: {refusal}");
    }
}

/// The planner and the switch have the same numbers, and words of their own for the same sources.
pub(super) fn planned(source: convene_video::Source) -> Source {
    match source {
        convene_video::Source::Camera => Source::Camera,
        convene_video::Source::Screen => Source::Screen,
    }
}

fn switched(source: Source) -> convene_video::Source {
    match source {
        Source::Camera => convene_video::Source::Camera,
        Source::Screen => convene_video::Source::Screen,
    }
}

/// Planning and telling is left to GStreamer's thread pool: the clock's thread is everyone's.
fn ring_at(room: &Arc<Room>, at: Duration, now: Duration) {
    let room = Arc::downgrade(room);
    alarm::ring_at(at, now, move || {
        let Some(room) = room.upgrade() else { return };
        let element = lock(&room.planning.state).rung(at);
        if let Some(element) = element {
            element.call_async(move |_| {
                change_plan(&room, Plan::wake);
            });
        }
    });
}

impl State {
    /// The first to come decides whether the conference plans, and how.
    fn found(&mut self, policy: VideoPolicy) {
        if self.rule.is_none() {
            self.rule = Some(policy);
            self.plan = policy.plans().map(Plan::new);
        }
    }

    fn agree(&self, policy: VideoPolicy) -> Result<(), Conflict> {
        let other = self.rule.filter(|rule| rule.plans() != policy.plans());
        other.map_or(Ok(()), |rule| Err(Conflict { rule }))
    }

    /// The clock has rung; an element to plan on, if anyone is left.
    fn rung(&mut self, at: Duration) -> Option<gst::Element> {
        self.alarm.rung(at);
        self.elements.values().find_map(glib::WeakRef::upgrade)
    }
}
