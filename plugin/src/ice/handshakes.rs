//! The thread for what may take its time: state changes of webrtcbin, which start DTLS, and DTLS itself.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use super::{
    lane::{CAT, Lane},
    pool::Pool,
};

/// How long a record may wait for its pipeline. Peers repeat theirs after 50 ms at the earliest (RFC 9147 section 5.8.2),
/// then ever later.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often it is asked whether a pipeline takes what waits for it: there is nothing that says so.
const GLANCE: Duration = Duration::from_millis(2);

/// What the thread is told.
pub(super) enum Job {
    /// Something happened to a stream.
    Tell(Arc<Lane>, convene_ice::Event),
    /// A DTLS record of a stream's peer.
    Dtls(Arc<Lane>, Vec<u8>),
}

/// A peer is faster than the answer that goes to webrtcbin by another way: his first record waits for it.
struct Early {
    lane: Arc<Lane>,
    record: Vec<u8>,
    until: Instant,
}

/// Does the jobs until nobody has any more.
pub(super) fn run(jobs: &Receiver<Job>) {
    let pool = match Pool::new() {
        Ok(pool) => pool,
        Err(error) => {
            gst::error!(CAT, "no buffers for handshakes: {error}");
            return;
        }
    };
    let mut early = Vec::new();
    while let Ok(job) = next(jobs, &mut early, &pool) {
        match job {
            Job::Tell(lane, event) => lane.tell(event),
            Job::Dtls(lane, record) if lane.is_open() => deliver(&lane, &pool, &record),
            Job::Dtls(lane, record) => early.push(Early {
                lane,
                record,
                until: Instant::now() + PATIENCE,
            }),
        }
    }
}

/// The next job; meanwhile what came early is looked after.
fn next(
    jobs: &Receiver<Job>,
    early: &mut Vec<Early>,
    pool: &Pool,
) -> Result<Job, RecvTimeoutError> {
    while !early.is_empty() {
        let next = jobs.recv_timeout(GLANCE);
        let now = Instant::now();
        for due in early.extract_if(.., |early| early.lane.is_open() || now >= early.until) {
            deliver(&due.lane, pool, &due.record);
        }
        match next {
            Err(RecvTimeoutError::Timeout) => {}
            next => return next,
        }
    }
    jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)
}

fn deliver(lane: &Lane, pool: &Pool, record: &[u8]) {
    lane.step_aside();
    lane.deliver(pool, record);
}
