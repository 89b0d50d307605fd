//! The thread for what may take its time: state changes of webrtcbin, which start DTLS, and DTLS itself.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use super::{counters::Counters, guard::guarded, lane::Lane, pool::Pool};

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
    /// A stream has lost its socket.
    Fail(Arc<Lane>),
}

/// What the thread has.
pub(super) struct Handshakes {
    pool: Pool,
    counters: Arc<Counters>,
    early: Vec<Early>,
}

/// A peer is faster than the answer that goes to webrtcbin by another way: his first record waits for it.
struct Early {
    lane: Arc<Lane>,
    record: Vec<u8>,
    until: Instant,
}

impl Handshakes {
    pub(super) fn new(pool: Pool, counters: Arc<Counters>) -> Self {
        Self {
            pool,
            counters,
            early: Vec::new(),
        }
    }

    /// Does the jobs until nobody has any more.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let counters = Arc::clone(&self.counters);
        loop {
            let job = match self.next(jobs) {
                Ok(job) => Some(job),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            guarded("a record", &counters, || self.let_in());
            if let Some(job) = job {
                guarded("a job", &counters, || self.handle(job));
            }
        }
    }

    /// The next job, if there is one before what came early has to be looked after again.
    fn next(&self, jobs: &Receiver<Job>) -> Result<Job, RecvTimeoutError> {
        if self.early.is_empty() {
            return jobs.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        jobs.recv_timeout(GLANCE)
    }

    /// Hands on what came early and can be taken now, or never.
    fn let_in(&mut self) {
        let (pool, now) = (&self.pool, Instant::now());
        let due = |early: &mut Early| early.lane.is_open() || now >= early.until;
        for Early { lane, record, .. } in self.early.extract_if(.., due) {
            deliver(&lane, pool, &record);
        }
    }

    fn handle(&mut self, job: Job) {
        match job {
            Job::Tell(lane, event) => lane.tell(event),
            Job::Dtls(lane, record) if lane.is_open() => deliver(&lane, &self.pool, &record),
            Job::Dtls(lane, record) => self.early.push(Early {
                lane,
                record,
                until: Instant::now() + PATIENCE,
            }),
            Job::Fail(lane) => lane.fail(),
        }
    }
}

fn deliver(lane: &Lane, pool: &Pool, record: &[u8]) {
    lane.step_aside();
    lane.dtls(pool, record);
}
