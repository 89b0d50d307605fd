//! Which layers of a picture a leg says are needed.
#![allow(clippy::unwrap_used)]

mod common;

use common::{
    call::{AUDIO_SLOTS, Call, config},
    namespace::within,
};
use convene_pipelines::{CAMERA_MID, LegEvent};

/// An answer of a browser that sends its camera in layers.
fn in_layers(answer: String) -> String {
    let mid = format!("a=mid:{}\r\n", CAMERA_MID);
    assert!(answer.contains(&mid));
    answer.replace(
        &mid,
        &format!("{mid}a=rid:l send\r\na=rid:h send\r\na=simulcast:send l;h\r\n"),
    )
}

/// What a leg has said last.
fn needed(call: &Call) -> Option<Vec<String>> {
    let layers = |event: &LegEvent| match event {
        LegEvent::Layers { source, needed } if source == "camera" => Some(needed.clone()),
        _ => None,
    };
    call.told.iter().rev().find_map(layers)
}

async fn until_needed(call: &mut Call, names: &[&str]) {
    let what = format!("told to send {names:?}");
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    call.until(&what, |call| needed(call).as_ref() == Some(&names))
        .await;
}

#[test]
fn a_browser_is_told_which_layers_are_needed() {
    within("a_browser_is_told_which_layers_are_needed", || async {
        let mut ann = Call::connect_with(config("c", "ann", 1), false, in_layers).await;
        let bob = Call::connect(config("c", "bob", 2), false).await;
        let cid = Call::connect(config("c", "cid", 3), false).await;
        bob.leg.resize("ann", "camera", (320, 180));
        bob.leg.show(0, "ann", "camera");
        until_needed(&mut ann, &["l"]).await;
        cid.leg.show(0, "ann", "camera");
        until_needed(&mut ann, &["l", "h"]).await;
        bob.leg.resize("ann", "camera", (1_280, 720));
        until_needed(&mut ann, &["h"]).await;
        cid.leg.hide(0);
        bob.leg.hide(0);
        until_needed(&mut ann, &[]).await;
        for call in [ann, bob, cid] {
            call.close().await;
        }
    });
}

#[test]
fn of_one_that_answers_without_layers_none_are_needed() {
    within(
        "of_one_that_answers_without_layers_none_are_needed",
        || async {
            let mut ann = Call::connect(config("c", "ann", 1), true).await;
            let mut bob = Call::connect(config("c", "bob", 2), false).await;
            bob.leg.show(0, "ann", "camera");
            bob.until("seen", |bob| {
                bob.browser.packets(AUDIO_SLOTS as u32 + 3) > 5
            })
            .await;
            ann.until("heard", |_| true).await;
            assert_eq!(needed(&ann), None);
            for call in [ann, bob] {
                call.close().await;
            }
        },
    );
}
