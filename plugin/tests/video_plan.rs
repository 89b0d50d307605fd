//! Conferences that plan by themselves: what an application is told and what the server carries. Which plan is the
//! right one is tested in the crate `convene-topology`.
#![allow(clippy::unwrap_used)]

#[path = "video/rig.rs"]
mod rig;

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use gst::prelude::*;

use rig::{Person, conference, until};

impl Person {
    /// Plays in a conference of this policy, after what is told of him.
    fn planned(conference: &str, policy: &str, name: &str, slots: u32, standing: &str) -> Self {
        let person = Self::stopped(conference, name, slots);
        person.element.set_property_from_str("policy", policy);
        assert!(person.stand(standing));
        person.play();
        person
    }

    fn stand(&self, standing: &str) -> bool {
        let standing = structure(&format!("standing, {standing}"));
        self.element.emit_by_name("set-class", &[&standing])
    }

    fn want(&self, pictures: &str) -> bool {
        let wishes = structure(&format!("wishes, pictures=<{pictures}>"));
        self.element.emit_by_name("want", &[&wishes])
    }

    fn report(&self, peer: &str, state: &str) -> bool {
        let picture: Option<&str> = None;
        self.element
            .emit_by_name("report-path", &[&peer, &picture, &picture, &state])
    }

    fn report_relay(&self, relay: &str, publisher: &Person, state: &str) -> bool {
        self.element
            .emit_by_name("report-path", &[&relay, &publisher.name, &"camera", &state])
    }

    /// The next message on his bus with these fields; others before it are passed over.
    fn told(&self, message: &str) -> gst::Structure {
        let wanted = structure(message);
        let bus = self.pipeline.bus().unwrap();
        let patience = gst::ClockTime::try_from(rig::PATIENCE).unwrap();
        while let Some(message) = bus.timed_pop_filtered(patience, &[gst::MessageType::Element]) {
            let told = message.structure().unwrap();
            if is(told, &wanted) {
                assert_eq!(message.src(), Some(self.element.upcast_ref()));
                return told.to_owned();
            }
        }
        panic!("{} was never told {wanted}", self.name)
    }

    fn plan(&self) -> Vec<gst::Structure> {
        let plan = self.element.property::<gst::Structure>("plan");
        let pairs = plan.get::<gst::Array>("pairs");
        let pairs = pairs.unwrap_or_else(|_| gst::Array::from_values([]));
        pairs.iter().map(|pair| pair.get().unwrap()).collect()
    }

    /// Whether the plan has a pair with these fields.
    fn plans(&self, pair: &str) -> bool {
        let wanted = structure(&format!("pair, {pair}"));
        self.plan().iter().any(|pair| is(pair, &wanted))
    }
}

fn structure(text: &str) -> gst::Structure {
    text.parse().unwrap()
}

fn is(told: &gst::StructureRef, wanted: &gst::StructureRef) -> bool {
    let same = |(field, value): (&glib::GStr, &glib::SendValue)| {
        told.value(field)
            .is_ok_and(|told| told.compare(value) == Some(std::cmp::Ordering::Equal))
    };
    told.name() == wanted.name() && wanted.iter().all(same)
}

#[test]
fn two_private_ones_see_each_other_by_the_server() {
    let conference = conference();
    let ann = Person::planned(&conference, "claimed", "ann", 0, "class=private");
    let bob = Person::planned(&conference, "claimed", "bob", 2, "class=private");
    ann.told("convene-server-needs, publisher=ann, source=camera, needed=true");
    let path = bob.told("convene-path, publisher=ann, source=camera, subscriber=bob, path=server");
    assert_eq!(path.get("slot"), Ok(0_u32));
    assert_eq!(path.get("why"), Ok("no-common-way"));
    assert!(!path.has_field("relay"));
    ann.send(1, true);
    assert!(bob.next(0).key);
    ann.share(1, true);
    assert!(bob.next(1).key);
    assert!(
        ann.plans("publisher=bob, subscriber=ann, path=none"),
        "no slots"
    );
}

#[test]
fn somebody_public_passes_pictures_on() {
    let conference = conference();
    let public = "class=public, reachable=true, relays=true";
    let cid = Person::planned(&conference, "claimed", "cid", 2, public);
    let ann = Person::planned(&conference, "claimed", "ann", 2, "class=private");
    let bob = Person::planned(&conference, "claimed", "bob", 2, "class=private");
    cid.told("convene-send, publisher=ann, source=camera, sender=cid, to=bob, on=true");
    bob.told("convene-path, publisher=ann, source=camera, path=peer, relay=cid, why=both-private");
    assert!(bob.plans("publisher=cid, subscriber=bob, path=direct, why=trying"));
    ann.send(1, true);
    ann.settle(1);
    assert_eq!(bob.stat("packets-sent"), 0);

    assert!(bob.report_relay("cid", &ann, "connected"));
    assert!(bob.report_relay("cid", &ann, "failed"));
    bob.told("convene-path, publisher=ann, source=camera, path=server, slot=(uint)0");
    cid.told("convene-send, publisher=ann, source=camera, sender=cid, to=bob, on=false");
    ann.send(2, true);
    assert!(bob.next(0).key);
}

#[test]
fn the_server_stops_when_the_two_connect() {
    let conference = conference();
    let [ann, bob] = ["ann", "bob"]
        .map(|name| Person::planned(&conference, "adaptive", name, 2, "class=unknown"));
    ann.told("convene-send, publisher=ann, source=camera, sender=ann, to=bob, on=true");
    bob.told("convene-path, publisher=ann, source=camera, path=direct, why=trying");
    assert!(bob.report("ann", "slow"));
    ann.told("convene-server-needs, publisher=ann, source=camera, needed=true");
    bob.told("convene-path, publisher=ann, source=camera, path=server");
    ann.send(1, true);
    assert!(bob.next(0).key);
    assert!(ann.report("bob", "connected"));
    bob.told("convene-path, publisher=ann, source=camera, path=direct, why=connected");
    ann.told("convene-server-needs, publisher=ann, source=camera, needed=false");
    ann.send(2, true);
    ann.settle(2);
    assert_eq!(ann.stat("dropped-unwanted"), 1);
    assert_eq!(bob.stat("packets-sent"), 1);
}

#[test]
fn the_plan_lists_every_wanted_pair() {
    let conference = conference();
    let people = ["ann", "bob", "cid"]
        .map(|name| Person::planned(&conference, "adaptive", name, 3, "class=unknown"));
    assert!(people[0].report("bob", "failed"));
    for person in &people {
        assert_eq!(person.plan().len(), 12, "six pairs of people, two pictures");
        assert!(person.plans("publisher=bob, source=screen, subscriber=cid, path=direct"));
        assert!(
            person.plans("publisher=bob, source=camera, subscriber=ann, path=server, slot=(uint)0")
        );
    }
    assert!(people[2].want("[picture, publisher=bob, source=screen]"));
    assert_eq!(people[0].plan().len(), 9);
    assert!(people[2].want(""), "nothing");
    assert_eq!(people[0].plan().len(), 8);
    let plan = people[0].element.property::<gst::Structure>("plan");
    assert_eq!(plan.get("policy"), Ok("adaptive"));
}

#[test]
fn the_most_wanted_get_the_slots() {
    let conference = conference();
    let [ann, _bob, cid] = ["ann", "bob", "cid"]
        .map(|name| Person::planned(&conference, "claimed", name, 1, "class=private"));
    assert!(cid.plans("publisher=ann, source=camera, subscriber=cid, path=server"));
    assert!(
        cid.want(
            "[picture, publisher=bob, source=camera], [picture, publisher=ann, source=camera]"
        )
    );
    assert!(cid.plans("publisher=ann, subscriber=cid, path=none"));
    assert!(cid.plans("publisher=bob, subscriber=cid, path=server, slot=(uint)0"));

    let sink = rig::slot(&cid.pipeline, &cid.element, 5);
    sink.sync_state_with_parent().unwrap();
    cid.told("convene-path, publisher=ann, source=camera, path=server, slot=(uint)5");
    ann.send(1, true);
    let patience = gst::ClockTime::try_from(rig::PATIENCE).unwrap();
    assert!(sink.try_pull_sample(patience).is_some());
    let pad = cid.element.static_pad("src_5").unwrap();
    cid.element.release_request_pad(&pad);
    cid.told("convene-path, publisher=ann, source=camera, path=none");
}

#[test]
fn what_ends_is_published_no_longer() {
    let conference = conference();
    let [ann, bob] = ["ann", "bob"]
        .map(|name| Person::planned(&conference, "claimed", name, 2, "class=private"));
    ann.camera().end_of_stream().unwrap();
    bob.told("convene-path, publisher=ann, source=camera, path=none");
    assert!(!bob.plans("publisher=ann, source=camera"));
    let screen = ann.element.static_pad("sink_1").unwrap();
    ann.element.release_request_pad(&screen);
    assert!(!bob.plans("publisher=ann"));
    ann.element.request_pad_simple("sink_1").unwrap();
    assert!(bob.plans("publisher=ann, source=screen, path=server"));
}

#[test]
fn who_plans_takes_no_paths() {
    let conference = conference();
    let [ann, bob] = ["ann", "bob"]
        .map(|name| Person::planned(&conference, "adaptive", name, 2, "class=unknown"));
    assert!(!bob.show(&ann, 0));
    assert!(!bob.set_path(&ann, "camera", "none", 0));
    ann.send(1, true);
    ann.settle(1);
    assert_eq!(bob.stat("packets-sent"), 0);
}

#[test]
fn the_first_policy_holds() {
    let conference = conference();
    let ann = Person::planned(&conference, "claimed", "ann", 2, "class=private");
    let bob = Person::planned(&conference, "adaptive", "bob", 2, "class=private");
    let warned = |person: &Person| {
        let patience = gst::ClockTime::try_from(rig::PATIENCE).unwrap();
        let bus = person.pipeline.bus().unwrap();
        let message = bus.timed_pop_filtered(patience, &[gst::MessageType::Warning]);
        let message = message.expect("a warning");
        let gst::MessageView::Warning(warning) = message.view() else {
            panic!("no warning")
        };
        assert!(warning.error().matches(gst::LibraryError::Settings));
        warning.error().to_string()
    };
    let text = warned(&bob);
    assert!(
        text.contains("adaptive") && text.contains("claimed"),
        "{text}"
    );
    assert!(bob.plans("publisher=ann, subscriber=bob, path=server"));
    ann.element.set_property_from_str("policy", "server");
    warned(&ann);
    assert!(!bob.show(&ann, 0), "it goes on planning");
}

#[test]
fn where_an_application_plans_nothing_is_told() {
    let conference = conference();
    let ann = Person::new(&conference, "ann", 2);
    let bob = Person::planned(&conference, "claimed", "bob", 2, "class=private");
    assert!(!ann.stand("class=public") && !bob.want("") && !bob.report("ann", "failed"));
    assert!(bob.plan().is_empty());
    assert!(bob.show(&ann, 0));
    ann.send(1, true);
    assert!(bob.next(0).key);
}

#[test]
fn nonsense_is_answered_with_false() {
    let conference = conference();
    let [ann, bob] = ["ann", "bob"]
        .map(|name| Person::planned(&conference, "adaptive", name, 2, "class=unknown"));
    for standing in [
        "class=secret",
        "class=1",
        "realm=moon",
        "reachable=maybe",
        "uplink=many",
        "shoe-size=43",
    ] {
        assert!(!ann.stand(standing), "{standing}");
    }
    for wishes in [
        "1",
        "[picture, publisher=bob]",
        "[picture, publisher=bob, source=radio]",
        "[picture, source=camera]",
    ] {
        assert!(!ann.want(wishes), "{wishes}");
    }
    let empty = structure("wishes");
    assert!(!ann.element.emit_by_name::<bool>("want", &[&empty]));
    for (peer, state) in [("ann", "failed"), ("cid", "failed"), ("bob", "tired")] {
        assert!(!ann.report(peer, state), "{peer} {state}");
    }
    assert!(!bob.report_relay("cid", &ann, "failed"));
    let unborn = Person::stopped(&conference, "eve", 1);
    assert!(!unborn.report("ann", "failed"), "not in a conference");
}

#[test]
fn who_leaves_is_in_no_plan_and_may_come_again() {
    let conference = conference();
    let [ann, bob] = ["ann", "bob"]
        .map(|name| Person::planned(&conference, "claimed", name, 2, "class=private"));
    assert_eq!(ann.plan().len(), 4);
    bob.pipeline.set_state(gst::State::Null).unwrap();
    ann.told("convene-path, publisher=bob, source=camera, path=none");
    ann.told("convene-server-needs, publisher=ann, source=screen, needed=false");
    assert_eq!((ann.plan(), bob.plan()), (vec![], vec![]));
    bob.play();
    assert_eq!(ann.plan().len(), 4);
    ann.send(1, true);
    assert!(bob.next(0).key);
}

/// A conference that was forgotten has no rule; one that is kept alive by an alarm or an order would have its old one.
#[test]
fn an_empty_conference_is_forgotten() {
    let conference = conference();
    let [ann, bob] = ["ann", "bob"]
        .map(|name| Person::planned(&conference, "adaptive", name, 2, "class=unknown"));
    assert!(ann.report("bob", "failed"), "it has a deadline");
    let weak = [ann.element.downgrade(), bob.element.downgrade()];
    drop((ann, bob));
    until("both elements are gone", || {
        weak.iter().all(|weak| weak.upgrade().is_none())
    });
    let cid = Person::new(&conference, "cid", 1);
    assert!(!cid.stand("class=public"));
}

#[test]
fn an_application_may_answer_from_within_a_message() {
    let conference = conference();
    let ann = Person::planned(&conference, "adaptive", "ann", 2, "class=unknown");
    let bob = Person::stopped(&conference, "bob", 2);
    bob.element.set_property_from_str("policy", "adaptive");
    let direct = structure("convene-path, publisher=ann, source=camera, path=direct");
    bob.pipeline
        .bus()
        .unwrap()
        .set_sync_handler(move |_, message| {
            if message.structure().is_some_and(|told| is(told, &direct)) {
                let element = message.src().unwrap();
                let none: Option<&str> = None;
                assert!(
                    element.emit_by_name::<bool>("report-path", &[&"ann", &none, &none, &"failed"])
                );
            }
            gst::BusSyncReply::Pass
        });
    bob.play();
    bob.told("convene-path, publisher=ann, source=camera, path=direct");
    bob.told("convene-path, publisher=ann, source=camera, path=server");
    ann.send(1, true);
    assert!(bob.next(0).key);
}

/// Two threads change their minds for one who has one slot, and whose application is slow now and then: in the end the slot shows
/// what the plan says.
#[test]
fn orders_are_carried_out_in_their_order() {
    let conference = conference();
    let [ann, bob, cid] = [("ann", 0), ("bob", 0), ("cid", 1)]
        .map(|(name, slots)| Person::planned(&conference, "claimed", name, slots, "class=private"));
    let messages = AtomicU32::new(0);
    let bus = cid.pipeline.bus().unwrap();
    bus.set_sync_handler(move |_, _| {
        if messages.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
            std::thread::sleep(Duration::from_millis(1));
        }
        gst::BusSyncReply::Drop
    });
    let camera = |of: &str| format!("[picture, publisher={of}, source=camera]");
    for round in 1..=100 {
        std::thread::scope(|threads| {
            for of in ["ann", "bob"] {
                let (cid, wish) = (&cid, camera(of));
                threads.spawn(move || (0..3).for_each(|_| assert!(cid.want(&wish))));
            }
        });
        let shown = match cid.plans("publisher=ann, subscriber=cid, path=server") {
            true => &ann,
            false => &bob,
        };
        let unseen = shown.stat("dropped-unwanted");
        let received = shown.stat("packets-received");
        shown.send(round, true);
        shown.settle(received + 1);
        assert_eq!(shown.stat("dropped-unwanted"), unseen, "round {round}");
    }
}

#[test]
fn a_launch_line_that_plans_shows_pictures() {
    rig::plays_to_its_end(
        "videotestsrc is-live=true ! vp8enc deadline=1 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=15-bit \
           ! convenevideo conference=plan participant=ann policy=claimed \
         convenevideo conference=plan participant=bob policy=claimed ! rtpvp8depay ! vp8dec ! fakesink num-buffers=20",
    );
}
