//! Where every packet that arrives is sorted: the endpoint says whose it is, the stream's lane takes it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::Relaxed, mpsc::Sender},
    time::Instant,
};

use convene_ice::{Credentials, Endpoint, Remote, StreamId, Verdict};

use super::{
    counters::{Counters, Ending},
    guard::guarded,
    handshakes::Job,
    lane::{CAT, Lane},
    pool::Pool,
    udp::LONGEST,
};

/// All streams; the I/O thread's.
pub(super) struct Desk {
    /// Where time begins for those who take it as a duration.
    origin: Instant,
    pub(super) endpoint: Endpoint,
    lanes: HashMap<StreamId, Arc<Lane>>,
    pool: Pool,
    jobs: Sender<Job>,
    counters: Arc<Counters>,
}

impl Desk {
    pub(super) fn new(pool: Pool, jobs: Sender<Job>, counters: Arc<Counters>) -> Self {
        Self {
            origin: Instant::now(),
            endpoint: Endpoint::new(),
            lanes: HashMap::new(),
            pool,
            jobs,
            counters,
        }
    }

    pub(super) fn lane(&self, id: StreamId) -> Option<&Arc<Lane>> {
        self.lanes.get(&id)
    }

    pub(super) fn admit(&mut self, at: Instant, lane: Arc<Lane>, local: Credentials) {
        match self.endpoint.set_local(at, lane.id, local) {
            Ok(()) => {
                self.lanes.insert(lane.id, lane);
            }
            Err(error) => gst::error!(CAT, "a stream cannot be reached: {error}"),
        }
    }

    /// The lane goes last: with it may go what its observer kept, and that is not ours.
    pub(super) fn dismiss(&mut self, id: StreamId) {
        self.endpoint.remove(id);
        self.lanes.remove(&id);
    }

    /// Nothing will be sorted any more.
    pub(super) fn fail(&mut self) {
        for (_, lane) in std::mem::take(&mut self.lanes) {
            lane.set_route(None);
            self.give(Job::Fail(lane));
        }
    }

    pub(super) fn arrived(&mut self, at: Instant, from: Remote, to: SocketAddr, octets: &[u8]) {
        if octets.len() > LONGEST {
            self.counters.add(Ending::Oversized, 1);
            return;
        }
        let began = Instant::now();
        let counters = Arc::clone(&self.counters);
        guarded("a packet", &counters, || self.sort(at, from, to, octets));
        counters.took(began.elapsed());
    }

    fn sort(&mut self, at: Instant, from: Remote, to: SocketAddr, octets: &[u8]) {
        match self.endpoint.handle(at, from, to, octets) {
            Verdict::Media(id) => self.deliver(at, id, octets),
            Verdict::Dtls(id) => self.hand_over(id, octets),
            Verdict::Stun | Verdict::Dropped(_) => {}
        }
    }

    fn deliver(&self, at: Instant, id: StreamId, packet: &[u8]) {
        if let Some(lane) = self.lanes.get(&id)
            && lane.wants(at.saturating_duration_since(self.origin), packet)
        {
            lane.media(&self.pool, packet);
        }
    }

    fn hand_over(&self, id: StreamId, record: &[u8]) {
        if let Some(lane) = self.lanes.get(&id)
            && lane.line_up()
        {
            self.give(Job::Dtls(Arc::clone(lane), record.to_vec()));
        }
    }

    /// The thread for handshakes ends after this one.
    pub(super) fn give(&self, job: Job) {
        if self.jobs.send(job).is_err() {
            gst::error!(CAT, "the thread for handshakes has ended");
        }
    }

    pub(super) fn count(&self) {
        let streams = self.lanes.len() as u64;
        self.counters.streams.store(streams, Relaxed);
        self.counters.take_over(self.endpoint.dropped());
    }
}
