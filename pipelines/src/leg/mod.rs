//! One participant's connection with the server.
//!
//! [`Leg`] is a mailbox; the leg's own task (`task`) reads it, and does everything that changes a state. GStreamer's
//! callbacks only post to the same mailbox: a state change inside one of them would wait for itself. `build` makes the
//! pipeline, `pads` links what webrtcbin brings, `state` says what fits when.

mod build;
mod pads;
mod promise;
mod state;
mod task;

use std::sync::{Arc, atomic::AtomicU64};

use thiserror::Error;
use tokio::sync::mpsc;

use crate::{IceError, IceTransport, SdpError};

/// What a leg is made with.
#[derive(Clone)]
pub struct LegConfig {
    /// The conference's name for the elements.
    pub conference: String,
    /// The participant's name for the elements.
    pub participant: String,
    /// His number in the mix.
    pub number: u32,
    /// How many talkers can be relayed to him at once.
    pub audio_slots: usize,
    /// How many pictures can be sent to him at once.
    pub video_slots: usize,
    /// What carries his packets.
    pub ice: Arc<dyn IceTransport>,
}

/// How an address of the browser became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// The browser declared it in a candidate of this type.
    Declared(CandidateKind),
    /// Its traffic comes from there.
    Observed,
}

/// A declared candidate's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CandidateKind {
    /// One of its own addresses.
    Host,
    /// What a STUN server saw.
    Srflx,
    /// Another.
    Other,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The answer cannot be one to our offer.
    #[error("the answer is refused: {0}")]
    Answer(SdpError),
    /// The candidate is none.
    #[error("the candidate is refused: {0}")]
    Candidate(SdpError),
    /// The restart does not fit what was negotiated.
    #[error("the restart is refused: {0}")]
    Restart(SdpError),
    /// It does not fit now.
    #[error("{what} does not fit while the leg is {state}")]
    OutOfOrder {
        /// What came.
        what: &'static str,
        /// What the leg is.
        state: &'static str,
    },
}

/// Why a leg failed.
#[derive(Debug, Error)]
pub enum LegError {
    /// An element is missing or refuses to start.
    #[error("the pipeline cannot be built: {0}")]
    Build(String),
    /// The transport cannot be set up.
    #[error(transparent)]
    Ice(#[from] IceError),
    /// webrtcbin refused something.
    #[error("negotiation failed at {step}: {cause}")]
    Negotiation {
        /// What was being done.
        step: &'static str,
        /// webrtcbin's words.
        cause: String,
    },
    /// No path to the browser, or it was lost.
    #[error("the connection with the browser failed")]
    Connection,
    /// One of our elements failed.
    #[error("{element} failed: {cause}")]
    Element {
        /// Which.
        element: String,
        /// Its words.
        cause: String,
    },
}

/// What a leg tells.
#[derive(Debug)]
pub enum LegEvent {
    /// The offer for the browser.
    Offer {
        /// The session description.
        sdp: String,
    },
    /// A candidate of ours for the browser.
    Candidate {
        /// The attribute's value.
        candidate: String,
        /// The m-line.
        mline_index: u32,
    },
    /// The answer to a restart.
    Restarted {
        /// The session description.
        answer: String,
    },
    /// The browser is connected.
    Connected,
    /// Authenticated packets of the browser came within the last second.
    Heard,
    /// An address of the browser became known.
    Address {
        /// How.
        kind: AddressKind,
        /// The address, or a `.local` name.
        address: String,
        /// The port.
        port: u16,
    },
    /// Something was refused; the leg goes on.
    Refused(Refused),
    /// The leg is of no use any more and wants to be closed.
    Failed {
        /// Why.
        cause: LegError,
    },
    /// The pipeline is gone. Nothing follows.
    Closed,
}

/// What a leg has counted.
#[derive(Debug, Default)]
pub struct LegStats {
    /// Bytes of RTP of the browser's pictures.
    pub video_bytes_received: AtomicU64,
    /// Packets of its sound.
    pub audio_packets_received: AtomicU64,
    /// Packets of the mix.
    pub audio_packets_sent: AtomicU64,
    /// RTCP packets of the browser.
    pub rtcp_packets_received: AtomicU64,
}

/// What the leg's task is told, from without and from GStreamer's callbacks.
enum Inner {
    Answer(String),
    Candidate(String, u32),
    Restart(String),
    Show { slot: usize, publisher: String, source: String },
    Hide { slot: usize },
    Close,
    LocalCandidate(String, u32),
    Connection(gst_webrtc::WebRTCPeerConnectionState),
    PadAdded(gst::Pad),
    Talkers(gst::Structure),
    ElementFailed { element: String, cause: String },
}

/// A participant's connection with the server. Dropping it closes it too.
pub struct Leg {
    mailbox: mpsc::UnboundedSender<Inner>,
    stats: Arc<LegStats>,
    task: tokio::task::JoinHandle<()>,
}

impl Leg {
    /// Starts a leg on a task of its own; what becomes of it is told through `events`.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn open(config: LegConfig, events: mpsc::UnboundedSender<LegEvent>) -> Self {
        let (mailbox, inbox) = mpsc::unbounded_channel();
        let stats = Arc::<LegStats>::default();
        let task = task::Task::new(config, events, mailbox.clone(), Arc::clone(&stats));
        Self { mailbox, stats, task: tokio::spawn(task.run(inbox)) }
    }

    /// The browser's answer to the offer.
    pub fn answer(&self, sdp: String) {
        self.post(Inner::Answer(sdp));
    }

    /// A candidate of the browser; an empty one says that no more will come.
    pub fn candidate(&self, candidate: String, mline_index: u32) {
        self.post(Inner::Candidate(candidate, mline_index));
    }

    /// The browser's offer that restarts ICE.
    pub fn restart(&self, offer: String) {
        self.post(Inner::Restart(offer));
    }

    /// Shows a publisher's picture in a slot.
    pub fn show(&self, slot: usize, publisher: &str, source: &str) {
        self.post(Inner::Show { slot, publisher: publisher.into(), source: source.into() });
    }

    /// Empties a slot.
    pub fn hide(&self, slot: usize) {
        self.post(Inner::Hide { slot });
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> &Arc<LegStats> {
        &self.stats
    }

    /// Ends the pipeline, and returns when it is gone.
    pub async fn close(self) {
        self.post(Inner::Close);
        if let Err(error) = self.task.await {
            tracing::error!("a leg's task ended badly: {error}");
        }
    }

    /// A leg that has ended takes nothing any more; that is no error of the caller's.
    fn post(&self, inner: Inner) {
        let _ = self.mailbox.send(inner);
    }
}

/// The m-lines of a leg in their order: mix, relayed talkers, camera, screen, pictures, data.
#[derive(Clone, Copy)]
pub(crate) struct Lines {
    pub(crate) audio_slots: usize,
    pub(crate) video_slots: usize,
}

impl Lines {
    pub(crate) const MIX: usize = 0;

    pub(crate) fn camera(self) -> usize {
        1 + self.audio_slots
    }

    pub(crate) fn screen(self) -> usize {
        self.camera() + 1
    }

    pub(crate) fn slot(self, slot: usize) -> usize {
        self.screen() + 1 + slot
    }

    /// The slot whose m-line this is.
    pub(crate) fn slot_of(self, mline: usize) -> Option<usize> {
        mline.checked_sub(self.slot(0)).filter(|slot| *slot < self.video_slots)
    }
}

/// The mid of the m-line on which the browser sends its camera.
#[must_use]
pub fn camera_mid(audio_slots: usize) -> String {
    format!("video{}", Lines { audio_slots, video_slots: 0 }.camera())
}

/// The mid of the m-line on which the browser sends its screen.
#[must_use]
pub fn screen_mid(audio_slots: usize) -> String {
    format!("video{}", Lines { audio_slots, video_slots: 0 }.screen())
}

/// The mid of a slot's m-line.
#[must_use]
pub fn slot_mid(audio_slots: usize, slot: usize) -> String {
    format!("video{}", Lines { audio_slots, video_slots: slot + 1 }.slot(slot))
}
