//! One participant's connection with the server.
//!
//! [`Leg`] is a mailbox; the leg's own task (`task`) reads it, and does everything that changes a state. GStreamer's
//! callbacks only post to the same mailbox: a state change inside one of them would wait for itself. `build` makes the
//! pipeline, `negotiate` talks it over with the browser, `pads` links what webrtcbin brings, `state` says what fits
//! when, `slots` what is to be seen, `funnel` leads it into the session, `again` sends it again, `streams` tells the
//! browser's pictures apart and `layers` which of a camera's are needed, `tap` takes sound out early, `lines` which m-line
//! is for what, `extensions` what their packets carry, `captures` when they were captured, `dtls` has the certificates and `talkers` reads who talks.

mod again;
mod bridge;
mod build;
mod captures;
mod dtls;
mod extensions;
mod funnel;
mod layers;
mod lines;
mod negotiate;
mod pads;
mod promise;
mod session;
mod slots;
mod state;
mod streams;
mod talkers;
mod tap;
mod task;

pub(crate) use dtls::make_certificates;
pub use lines::{CAMERA_MID, SCREEN_MID, slot_mid};

use std::{
    net::IpAddr,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use thiserror::Error;
use tokio::sync::mpsc;

use crate::{IceError, IceNews, IceTransport, SdpError, Transport};

/// What a leg is made with.
#[derive(Clone)]
pub struct LegConfig {
    /// The conference's name for the elements.
    pub conference: String,
    /// The participant's name for the elements.
    pub participant: String,
    /// His number in the mix.
    pub number: u32,
    /// Whether others hear what he sends, until [`Leg::hear`] says otherwise.
    pub may_send: bool,
    /// How many talkers can be relayed to him at once.
    pub audio_slots: usize,
    /// How he gets the others' sound to begin with.
    pub sound: SoundMode,
    /// How many pictures can be sent to him at once.
    pub video_slots: usize,
    /// Milliseconds in a packet of the mix while he only listens in a large conference: 20, 40 or 60.
    pub listener_packet: u32,
    /// What carries his packets.
    pub ice: Arc<dyn IceTransport>,
}

/// How a participant gets the others' sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoundMode {
    /// As one mix, on the first m-line.
    #[default]
    Mix,
    /// As the talkers' own packets, each talker's in an audio slot.
    Relay,
}

/// How an address of the browser became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressKind {
    /// The browser declared it in a candidate of this type.
    Declared(CandidateKind),
    /// A connectivity check with the right password came from there.
    Checked,
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
    /// More candidates than any browser has, before the answer that they belong to.
    #[error("more than {0} candidates before the answer")]
    TooManyCandidates(usize),
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
    /// The transport found nothing to send from.
    #[error("the transport has no address to offer: is there a network, and are UDP ports free?")]
    NoCandidate,
    /// No path to the browser, or it was lost.
    #[error("the connection with the browser failed")]
    Connection,
    /// It is not the browser that was talked with.
    #[error("the browser's certificate {0}")]
    Certificate(&'static str),
    /// One of our elements failed.
    #[error("{element} failed: {cause}")]
    Element {
        /// Which.
        element: String,
        /// Its words.
        cause: String,
    },
}

/// Who talks at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Talkers {
    /// The timestamp of the mix's packet with the frame of which this is told, or the one after it.
    pub rtp_time: u32,
    /// Those who are heard, loudest first.
    pub talkers: Vec<Talker>,
}

/// Somebody who is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Talker {
    /// The participant's name for the elements.
    pub participant: String,
    /// His number: the CSRC in the mix's packets.
    pub number: u32,
    /// In dBov, from -127 to 0.
    pub level: i32,
}

/// From where on in what comes on an m-line lies what of somebody's stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The participant's name for the elements.
    pub participant: String,
    /// The m-line on which it comes to the browser.
    pub mid: String,
    /// A timestamp there.
    pub rtp_time: u32,
    /// The participant's stream.
    pub source_ssrc: u32,
    /// The timestamp in that stream of what has `rtp_time`.
    pub source_rtp_time: u32,
}

/// What a leg tells.
#[derive(Debug)]
pub enum LegEvent {
    /// The offer for the browser, with those candidates of ours that are known ([`candidates`](crate::candidates)).
    Offer {
        /// The session description.
        sdp: String,
    },
    /// Another candidate of ours for the browser.
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
    /// The browser is connected: sound flows, and slots can be shown.
    Connected,
    /// Authenticated packets (SRTP, SRTCP) of the browser came within the last second.
    Heard,
    /// Who talks now: when that changes, and a few times a second for the levels.
    Talkers(Talkers),
    /// Where in others' streams is what the browser gets: when that changes, and every two seconds.
    /// [`Leg::captured_at`] of their legs says when it was captured.
    Captures(Vec<Capture>),
    /// These layers of the browser's picture are needed, and no others; none: nobody looks.
    Layers {
        /// `camera` or `screen`.
        source: String,
        /// Their names, the smallest first.
        needed: Vec<String>,
    },
    /// No connectivity check for 15 s: the browser or its network has gone.
    Silent,
    /// A check after [`Silent`](Self::Silent).
    Back,
    /// An address of the browser became known.
    Address {
        /// How.
        kind: AddressKind,
        /// Of what it is.
        transport: Transport,
        /// The address, or a `.local` name.
        address: String,
        /// The port.
        port: u16,
        /// To which address of ours a check or the traffic came, as far as that is known.
        ours: Option<IpAddr>,
    },
    /// Something was refused; the leg goes on.
    Refused(Refused),
    /// The leg is of no use any more and wants to be closed. Told once.
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
    /// Talkers' packets in the audio slots.
    pub audio_packets_relayed: AtomicU64,
    /// RTCP packets of the browser.
    pub rtcp_packets_received: AtomicU64,
}

/// What the leg's task is told, from without and from GStreamer's callbacks.
enum Inner {
    Answer(String),
    Candidate(String, u32),
    Restart(String),
    Hear(bool),
    Gains(Vec<(String, f64)>),
    Show {
        slot: usize,
        picture: slots::Picture,
    },
    Hide {
        slot: usize,
    },
    Sound(SoundMode),
    Size {
        picture: slots::Picture,
        size: (u32, u32),
    },
    Layers(gst::Seqnum, gst::Structure),
    Close,
    LocalCandidate(String, u32),
    Gathered,
    Ice(IceNews),
    PeerCertificate(String),
    Connection(gst_webrtc::WebRTCPeerConnectionState),
    /// A source pad of webrtcbin's, held by this probe until it is linked.
    PadAdded(gst::Pad, Option<gst::PadProbeId>),
    Talkers(gst::Structure),
    Captures(gst::Structure),
    /// So many percent of the mix's packets are expected to be lost on the way to the browser.
    Loss(u32),
    ElementFailed {
        element: String,
        cause: String,
    },
}

/// How long [`Leg::close`] waits at most: a step of the negotiation that hangs, and then the teardown.
const CLOSE: Duration = Duration::from_secs(30);

/// A participant's connection with the server. Dropping it closes it too, without waiting.
pub struct Leg {
    mailbox: mpsc::UnboundedSender<Inner>,
    stats: Arc<LegStats>,
    clocks: Arc<captures::Clocks>,
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
        let clocks = Arc::<captures::Clocks>::default();
        let counted = (Arc::clone(&stats), Arc::clone(&clocks));
        let task = task::Task::new(config, events, mailbox.clone(), counted);
        Self {
            mailbox,
            stats,
            clocks,
            task: tokio::spawn(task.run(inbox)),
        }
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

    /// Whether others hear what the browser sends from now on; whatever it does, they do not otherwise.
    pub fn hear(&self, heard: bool) {
        self.post(Inner::Hear(heard));
    }

    /// How loudly the browser is given these participants' sound, by their names for the elements, from now on; all others
    /// come as they are. While sound is relayed only 0 counts: whoever has it is not passed on.
    pub fn set_gains(&self, gains: Vec<(String, f64)>) {
        self.post(Inner::Gains(gains));
    }

    /// Shows a publisher's picture (`source`: `camera` or `screen`) in a slot, in place of what it showed. Also before
    /// the publisher's leg or this one is ready: it is shown as soon as it can be.
    pub fn show(&self, slot: usize, publisher: &str, source: &str) {
        self.post(Inner::Show {
            slot,
            picture: slots::Picture {
                publisher: publisher.into(),
                source: source.into(),
            },
        });
    }

    /// Empties a slot.
    pub fn hide(&self, slot: usize) {
        self.post(Inner::Hide { slot });
    }

    /// Sends the others' sound in this way from now on; what is heard goes on without a gap. Without audio slots there is
    /// the mix only.
    pub fn serve(&self, sound: SoundMode) {
        self.post(Inner::Sound(sound));
    }

    /// How large the browser shows a publisher's picture, in pixels; 0: as large as it comes.
    pub fn resize(&self, publisher: &str, source: &str, size: (u32, u32)) {
        self.post(Inner::Size {
            picture: slots::Picture {
                publisher: publisher.into(),
                source: source.into(),
            },
            size,
        });
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> &Arc<LegStats> {
        &self.stats
    }

    /// When the browser captured what has this timestamp in that stream of its, in milliseconds since 1970 by its own clock;
    /// `None` while it has not said so.
    #[must_use]
    pub fn captured_at(&self, ssrc: u32, rtp_time: u32) -> Option<f64> {
        self.clocks.captured_at(ssrc, rtp_time)
    }

    /// Ends the pipeline, and returns when it is gone. Takes milliseconds; a pipeline that hangs is logged and left.
    pub async fn close(mut self) {
        self.post(Inner::Close);
        match tokio::time::timeout(CLOSE, &mut self.task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!("a leg's task ended badly: {error}"),
            Err(_) => tracing::error!("a leg has not closed after {CLOSE:?}"),
        }
    }

    /// A leg that has ended takes nothing any more; that is no error of the caller's.
    fn post(&self, inner: Inner) {
        let _ = self.mailbox.send(inner);
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        self.post(Inner::Close);
    }
}
