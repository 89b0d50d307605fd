//! A thousand joins and leaves in one process leave nothing behind.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, time::Duration};

use common::{
    call::{Call, SOON, config, offered},
    namespace::within_traced,
};
use gst::prelude::*;
use tokio::time::{self, Instant};

const LEGS: u32 = 1_000;

/// Every tenth leg gets a browser and is connected; a full negotiation takes longer than all the rest.
const CONNECTED: u32 = 10;

/// Legs until threads that are kept (tokio's, GStreamer's pools) are there.
const WARM_UP: u32 = 60;

#[test]
fn a_thousand_joins_and_leaves_leave_nothing_behind() {
    within_traced(
        "a_thousand_joins_and_leaves_leave_nothing_behind",
        "leaks",
        || async {
            join_and_leave(0..WARM_UP).await;
            let before = settled(None).await;
            leaks_tracer().emit_by_name::<()>("activity-start-tracking", &[]);
            join_and_leave(WARM_UP..WARM_UP + LEGS).await;
            let after = settled(Some(before)).await;
            let objects = more_objects();
            eprintln!("before {before:?}, after {after:?}, objects {objects:+}");
            assert!(after.fits(before), "before {before:?}, after {after:?}");
            // Of a hundred that were connected, one that leaks leaks a hundred; a pool of buffers may grow by some.
            assert!(objects.abs() < 60, "{objects:+} objects");
        },
    );
}

async fn join_and_leave(numbers: std::ops::Range<u32>) {
    for number in numbers {
        let config = config("c", &format!("p{number}"), number + 1);
        if number.is_multiple_of(CONNECTED) {
            Call::connect(config, true).await.close().await;
        } else {
            let (leg, _events, _) = offered(config).await;
            time::timeout(SOON, leg.close()).await.expect("it closes");
        }
    }
}

/// What a process can leak.
#[derive(Clone, Copy, Debug)]
struct Holdings {
    threads: usize,
    descriptors: usize,
}

impl Holdings {
    fn now() -> Self {
        let entries = |path| fs::read_dir(path).unwrap().count();
        Self {
            threads: entries("/proc/self/task"),
            descriptors: entries("/proc/self/fd"),
        }
    }

    /// A thousand legs that leak anything leak a thousand of it; pools of threads may breathe by a few.
    fn fits(self, before: Self) -> bool {
        self.threads <= before.threads + 5 && self.descriptors <= before.descriptors + 5
    }
}

/// Threads that end, and what they hold, take a moment.
async fn settled(before: Option<Holdings>) -> Holdings {
    let deadline = Instant::now() + SOON;
    loop {
        let first = Holdings::now();
        time::sleep(Duration::from_millis(500)).await;
        let second = Holdings::now();
        let calm = second.fits(first) && first.fits(second);
        if Instant::now() > deadline || (calm && before.is_none_or(|before| second.fits(before))) {
            return second;
        }
    }
}

/// By how much GStreamer's objects have become more since tracking began, as its leaks tracer logs them. Its list of live objects would be
/// shorter to ask for, but in 1.22 it gives references away that it does not have.
fn more_objects() -> isize {
    let log = leaks_tracer().emit_by_name::<gst::Structure>("activity-get-checkpoint", &[]);
    let length = |field| log.get::<gst::List>(field).unwrap().len() as isize;
    length("objects-created-list") - length("objects-removed-list")
}

fn leaks_tracer() -> gst::Tracer {
    let tracers = gst::active_tracers();
    let leaks = tracers
        .into_iter()
        .find(|tracer| tracer.type_().name() == "GstLeaksTracer");
    leaks.expect("GST_TRACERS=leaks")
}
