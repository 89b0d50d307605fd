//! What is told to the browser about its pictures, beside what webrtcbin tells it: how many bits per second it may send;
//! and what it tells of the mix: how much of it is lost.
//!
//! [`Feedback`] watches the browser's packets come in, hears the wishes that `convenevideo` sends out of its sink pads, and
//! writes REMB messages into the leg's RTP session. How much the way carries is estimated in `convene-bandwidth`, what is
//! told and when is decided in `limit`, `remb` knows the bytes; `loss` judges what the browser loses. Nothing here has a clock of its own: where no packet
//! comes, nobody has to be held back.

mod limit;
mod loss;
mod remb;

use std::{
    collections::VecDeque,
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use convene_bandwidth::{Arrival, SendTime, Uplink};
use convene_rtp::{Packet, reported};
use gst::prelude::*;

use limit::Limit;
pub(crate) use limit::Source;
use loss::Loss;

/// The header extension that says when a packet was sent.
pub(crate) const SEND_TIME_URI: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// Streams that a message names: a browser that starts again names its streams anew.
const MOST_NAMED: usize = 4;

/// One leg's.
pub(crate) struct Feedback {
    began: Instant,
    /// The SSRC of the mix, which its messages are from.
    sender: u32,
    /// The id of the header extension [`SEND_TIME_URI`].
    send_time: u8,
    /// Where RTCP leaves the session.
    out: OnceLock<glib::WeakRef<gst::Pad>>,
    /// Whether sound has come.
    sound: AtomicBool,
    state: Mutex<State>,
    /// What the browser loses of the mix.
    loss: Mutex<Loss>,
}

#[derive(Default)]
struct State {
    uplink: Uplink,
    limit: Limit,
    /// The browser's streams of pictures, the latest last.
    streams: VecDeque<u32>,
}

impl Feedback {
    pub(crate) fn new(sender: u32, send_time: u8) -> Self {
        Self {
            began: Instant::now(),
            sender,
            send_time,
            out: OnceLock::new(),
            sound: AtomicBool::new(false),
            state: Mutex::default(),
            loss: Mutex::default(),
        }
    }

    /// From now on messages go out of this pad of the session's.
    pub(crate) fn speak(&self, out: &gst::Pad) {
        self.out.get_or_init(|| out.downgrade());
    }

    /// A packet of the browser's sound comes in.
    pub(crate) fn sound(&self) {
        self.sound.store(true, Relaxed);
    }

    /// A packet of the browser's pictures comes in.
    pub(crate) fn packet(&self, packet: &Packet<'_>, octets: usize) {
        let arrival = Arrival {
            ssrc: packet.ssrc(),
            sequence: packet.sequence(),
            sent: packet.extension(self.send_time).and_then(SendTime::read),
            bytes: octets,
        };
        self.change(|state, now| {
            state.name(packet.ssrc());
            state.uplink.handle(now, &arrival);
            state.limit.set_uplink(state.uplink.estimate());
        });
    }

    /// Takes the event if it is one of `convenevideo`'s about bits per second.
    pub(crate) fn takes(&self, source: Source, event: &gst::EventRef) -> bool {
        let Some(structure) = event.structure().filter(|s| s.name() == "ConveneBitrate") else {
            return false;
        };
        let bits = structure.get::<u64>("bitrate").ok();
        self.change(|state, _| state.limit.wish(source, event.seqnum(), bits));
        true
    }

    /// RTCP of the browser's comes in. Answers what percentage of the mix it is expected to lose from now on, if that is
    /// news.
    pub(crate) fn reports(&self, rtcp: &[u8]) -> Option<u32> {
        let now = self.began.elapsed();
        let mut loss = self.loss.lock().unwrap_or_else(PoisonError::into_inner);
        let of_the_mix = reported(rtcp).filter(|report| report.ssrc == self.sender);
        of_the_mix
            .filter_map(|report| loss.report(now, report))
            .last()
    }

    /// Changes something, and tells the browser what follows from it.
    fn change(&self, change: impl FnOnce(&mut State, Duration)) {
        let now = self.began.elapsed();
        let message = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            change(&mut state, now);
            state.limit.set_sound(self.sound.load(Relaxed));
            state.message(now, self.sender)
        };
        let out = || self.out.get()?.upgrade();
        if let (Some(message), Some(out)) = (message, out()) {
            // A session that ends has nobody to tell.
            let _ = out.push(gst::Buffer::from_slice(message));
        }
    }
}

impl State {
    fn message(&mut self, now: Duration, sender: u32) -> Option<Vec<u8>> {
        if self.streams.is_empty() {
            return None;
        }
        let bits = self.limit.due(now)?;
        tracing::trace!("the browser may send {bits} bit/s: {:?}", self.limit);
        Some(remb::write(sender, bits, self.streams.make_contiguous()))
    }

    fn name(&mut self, ssrc: u32) {
        if self.streams.contains(&ssrc) {
            return;
        }
        if self.streams.len() == MOST_NAMED {
            self.streams.pop_front();
        }
        self.streams.push_back(ssrc);
    }
}
