//! About one worker thread per core serves all conferences of the process.
//!
//! A conference is in the pool's queue at most once and so is served by one worker at a time; when it has no work it is
//! not in the queue, and costs nothing until somebody wakes it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Condvar, LazyLock, Mutex},
    thread,
    time::Duration,
};

use super::conference::Conference;
use crate::{lock::lock, now::now};

static POOL: LazyLock<Pool> = LazyLock::new(Pool::start);

/// Who is due when. The second key keeps those apart who are due at the same time.
type Agenda = BTreeMap<(Duration, u64), Arc<Conference>>;

struct Pool {
    agenda: Arc<(Mutex<(Agenda, u64)>, Condvar)>,
}

/// Has `conference` served at `due`.
pub(super) fn schedule(conference: Arc<Conference>, due: Duration) {
    let (agenda, due_changed) = &*POOL.agenda;
    let mut agenda = lock(agenda);
    agenda.1 += 1;
    let key = (due, agenda.1);
    agenda.0.insert(key, conference);
    due_changed.notify_one();
}

impl Pool {
    fn start() -> Self {
        let agenda = Arc::default();
        let cores = thread::available_parallelism().map_or(1, |n| n.get());
        for core in 0..cores {
            let agenda = Arc::clone(&agenda);
            let worker = thread::Builder::new().name(format!("convene-mix-{core}"));
            if let Err(error) = worker.spawn(move || work(&agenda)) {
                gst::error!(super::imp::CAT, "no worker thread to be had: {error}");
            }
        }
        Self { agenda }
    }
}

fn work(agenda: &(Mutex<(Agenda, u64)>, Condvar)) {
    loop {
        let conference = next_due(agenda);
        if let Some(due) = Arc::clone(&conference).serve(now()) {
            schedule(conference, due);
        }
    }
}

fn next_due((agenda, due_changed): &(Mutex<(Agenda, u64)>, Condvar)) -> Arc<Conference> {
    let mut agenda = lock(agenda);
    loop {
        let now = now();
        agenda = match agenda.0.first_entry() {
            Some(first) if first.key().0 <= now => {
                let conference = first.remove();
                if !agenda.0.is_empty() {
                    due_changed.notify_one();
                }
                return conference;
            }
            Some(first) => {
                let wait = first.key().0 - now;
                due_changed
                    .wait_timeout(agenda, wait)
                    .map_or_else(|e| e.into_inner().0, |(agenda, _)| agenda)
            }
            None => due_changed.wait(agenda).unwrap_or_else(|e| e.into_inner()),
        };
    }
}
