//! Legs whose listeners want to hear others softer, louder or not at all.
#![allow(clippy::unwrap_used)]

mod common;

use std::cell::Cell;

use common::{
    call::{Call, config},
    namespace::within,
};
use convene_pipelines::SoundMode;

const MIX: u32 = 0;
const FIRST: u32 = 3;
const SECOND: u32 = 4;

/// Until the other has got eighty packets of sound while this one has got none on these m-lines.
async fn is_silent_while(silent: &mut Call, other: &Call, mlines: [u32; 2]) {
    let counted = |call: &Call| call.browser.packets(mlines[0]) + call.browser.packets(mlines[1]);
    let since = Cell::new((counted(silent), counted(other)));
    silent
        .until("silent while another hears", |silent| {
            let now = (counted(silent), counted(other));
            if now.0 != since.get().0 {
                since.set(now);
            }
            now.1 > since.get().1 + 80
        })
        .await;
}

async fn hears(call: &mut Call, mlines: [u32; 2]) {
    let counted =
        move |call: &Call| call.browser.packets(mlines[0]) + call.browser.packets(mlines[1]);
    let before = counted(call);
    call.until("heard", |call| counted(call) > before + 20)
        .await;
}

#[test]
fn a_gain_of_nothing_silences_for_one_listener_mixed_and_relayed() {
    within(
        "a_gain_of_nothing_silences_for_one_listener_mixed_and_relayed",
        || async {
            let ann = Call::connect(config("c", "ann", 1), true).await;
            let mut cid = Call::connect(config("c", "cid", 3), false).await;
            let mut dan = Call::connect(config("c", "dan", 4), false).await;
            for (mode, mlines) in [
                (SoundMode::Mix, [MIX, MIX]),
                (SoundMode::Relay, [FIRST, SECOND]),
            ] {
                for call in [&ann, &cid, &dan] {
                    call.leg.serve(mode);
                }
                hears(&mut cid, mlines).await;
                hears(&mut dan, mlines).await;
                cid.leg.set_gains(vec![("ann".into(), 0.0)]);
                is_silent_while(&mut cid, &dan, mlines).await;
                cid.leg.set_gains(vec![("bob".into(), 0.0)]);
                hears(&mut cid, mlines).await;
            }
            for call in [ann, cid, dan] {
                call.close().await;
            }
        },
    );
}
