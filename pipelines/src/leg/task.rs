//! The leg's own task: reads the mailbox, and does one thing after the other.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use gst::prelude::*;
use gst_webrtc::{WebRTCDataChannel, WebRTCPeerConnectionState, WebRTCSDPType};
use tokio::{sync::mpsc, time};

use super::{
    AddressKind, CandidateKind, Inner, LegConfig, LegError, LegEvent, LegStats, Refused,
    build::{self, Parts},
    promise,
    state::State,
};
use crate::sdp::{self, Candidate};

/// How often it is asked whether packets came.
const HEARD: Duration = Duration::from_secs(1);

/// A pipeline that takes longer to end is left to its thread.
const TEARDOWN: Duration = Duration::from_secs(10);

pub(super) struct Task {
    config: LegConfig,
    events: mpsc::UnboundedSender<LegEvent>,
    mailbox: mpsc::UnboundedSender<Inner>,
    stats: Arc<LegStats>,
    state: State,
    heard: u64,
    observed: Option<(String, u16)>,
}

/// The built pipeline with its data channel.
struct Built {
    parts: Parts,
    channel: WebRTCDataChannel,
}

impl Task {
    pub(super) fn new(
        config: LegConfig,
        events: mpsc::UnboundedSender<LegEvent>,
        mailbox: mpsc::UnboundedSender<Inner>,
        stats: Arc<LegStats>,
    ) -> Self {
        Self { config, events, mailbox, stats, state: State::Offering, heard: 0, observed: None }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Inner>) {
        match self.build().await {
            Ok(built) => {
                self.live(&built, &mut inbox).await;
                teardown(built).await;
            }
            Err(cause) => {
                self.tell(LegEvent::Failed { cause });
                while !matches!(inbox.recv().await, Some(Inner::Close) | None) {}
            }
        }
        self.tell(LegEvent::Closed);
    }

    async fn build(&self) -> Result<Built, LegError> {
        let (config, mailbox, stats) = (self.config.clone(), self.mailbox.clone(), Arc::clone(&self.stats));
        let built = tokio::task::spawn_blocking(move || build::build(&config, &mailbox, &stats)).await;
        let (parts, channel) = built.map_err(|error| LegError::Build(error.to_string()))??;
        Ok(Built { parts, channel })
    }

    async fn live(&mut self, built: &Built, inbox: &mut mpsc::UnboundedReceiver<Inner>) {
        if let Err(cause) = self.offer(&built.parts).await {
            self.tell(LegEvent::Failed { cause });
        }
        let mut second = time::interval(HEARD);
        loop {
            let next = tokio::select! {
                next = inbox.recv() => next,
                _ = second.tick() => {
                    self.look(&built.parts).await;
                    continue;
                }
            };
            match next {
                Some(Inner::Close) | None => return,
                Some(inner) => self.handle(built, inner).await,
            }
        }
    }

    async fn handle(&mut self, built: &Built, inner: Inner) {
        let parts = &built.parts;
        let result = match inner {
            Inner::Answer(sdp) => self.answer(parts, &sdp).await,
            Inner::Candidate(candidate, mline) => self.candidate(parts, candidate, mline),
            Inner::Restart(offer) => self.restart(parts, &offer).await,
            Inner::Show { slot, publisher, source } => self.set_path(parts, &publisher, &source, "server", slot),
            Inner::Hide { slot } => self.set_path(parts, "", "camera", "none", slot),
            Inner::LocalCandidate(candidate, mline) => self.announce(&candidate, mline),
            Inner::Connection(state) => self.connection(state),
            Inner::PadAdded(pad) => parts.link_incoming(&pad, &self.stats),
            Inner::Talkers(talkers) => tell_talkers(&built.channel, &talkers),
            Inner::ElementFailed { element, cause } => element_failed(element, cause),
            Inner::Close => Ok(()),
        };
        if let Err(cause) = result {
            self.tell(LegEvent::Failed { cause });
        }
    }

    async fn offer(&mut self, parts: &Parts) -> Result<(), LegError> {
        let offer = promise::create(&parts.webrtcbin, WebRTCSDPType::Offer).await?;
        promise::set_local(&parts.webrtcbin, &offer).await?;
        let text = text_of(&offer)?;
        let sdp = sdp::offer_for_browser(&text);
        self.state = State::Offered { offer: sdp.clone(), early: Vec::new() };
        self.tell(LegEvent::Offer { sdp });
        Ok(())
    }

    async fn answer(&mut self, parts: &Parts, answer: &str) -> Result<(), LegError> {
        let checked = self.state.awaiting_answer().and_then(|offer| sdp::check_answer(offer, answer).map_err(Refused::Answer));
        if let Err(refused) = checked {
            self.tell(LegEvent::Refused(refused));
            return Ok(());
        }
        promise::set_remote(&parts.webrtcbin, WebRTCSDPType::Answer, answer).await?;
        parts.link_outgoing(&self.stats)?;
        for (candidate, mline) in self.state.answered() {
            add_candidate(parts, &candidate, mline);
        }
        Ok(())
    }

    /// An empty candidate says that no more will come; libnice needs no such word.
    fn candidate(&mut self, parts: &Parts, text: String, mline: u32) -> Result<(), LegError> {
        if text.is_empty() {
            return Ok(());
        }
        let usable = Candidate::parse(&text).map_err(Refused::Candidate).and_then(|candidate| {
            let usable = self.state.keep_early(text, mline)?;
            Ok((candidate, usable))
        });
        match usable {
            Ok((candidate, usable)) => {
                self.tell_declared(&candidate);
                if let Some((text, mline)) = usable {
                    add_candidate(parts, &text, mline);
                }
            }
            Err(refused) => self.tell(LegEvent::Refused(refused)),
        }
        Ok(())
    }

    async fn restart(&mut self, parts: &Parts, offer: &str) -> Result<(), LegError> {
        let checked = self.state.negotiated().and_then(|ours| sdp::check_restart(ours, offer).map_err(Refused::Restart));
        if let Err(refused) = checked {
            self.tell(LegEvent::Refused(refused));
            return Ok(());
        }
        promise::set_remote(&parts.webrtcbin, WebRTCSDPType::Offer, offer).await?;
        let answer = promise::create(&parts.webrtcbin, WebRTCSDPType::Answer).await?;
        let text = sdp::passive(&text_of(&answer)?);
        promise::set_local(&parts.webrtcbin, &promise::parse(WebRTCSDPType::Answer, &text)?).await?;
        self.tell(LegEvent::Restarted { answer: text });
        Ok(())
    }

    fn set_path(&self, parts: &Parts, publisher: &str, source: &str, path: &str, slot: usize) -> Result<(), LegError> {
        let slot = i32::try_from(slot).unwrap_or(i32::MAX);
        let arguments: [&dyn ToValue; 5] = [&publisher, &source, &self.config.participant, &path, &slot];
        if !parts.video.emit_by_name::<bool>("set-path", &arguments) {
            tracing::warn!("slot {slot} does not take {path} from {publisher}");
        }
        Ok(())
    }

    fn announce(&self, candidate: &str, mline_index: u32) -> Result<(), LegError> {
        if let Some(candidate) = self.config.ice.announce(candidate) {
            self.tell(LegEvent::Candidate { candidate, mline_index });
        }
        Ok(())
    }

    fn connection(&mut self, state: WebRTCPeerConnectionState) -> Result<(), LegError> {
        match state {
            WebRTCPeerConnectionState::Connected => {
                if self.state.connected() {
                    self.tell(LegEvent::Connected);
                }
                Ok(())
            }
            WebRTCPeerConnectionState::Failed => Err(LegError::Connection),
            _ => Ok(()),
        }
    }

    /// Every second: whether packets came, and from where.
    async fn look(&mut self, parts: &Parts) {
        let stats = &self.stats;
        let count = stats.audio_packets_received.load(Ordering::Relaxed)
            + stats.rtcp_packets_received.load(Ordering::Relaxed)
            + stats.video_bytes_received.load(Ordering::Relaxed);
        if std::mem::replace(&mut self.heard, count) == count {
            return;
        }
        self.tell(LegEvent::Heard);
        if let Ok(Some(reply)) = promise::stats(&parts.webrtcbin).await
            && let Some(observed) = remote_address(&reply)
            && self.observed.as_ref() != Some(&observed)
        {
            let (address, port) = observed.clone();
            self.observed = Some(observed);
            self.tell(LegEvent::Address { kind: AddressKind::Observed, address, port });
        }
    }

    fn tell_declared(&self, candidate: &Candidate) {
        let kind = match candidate.kind.as_str() {
            "host" => CandidateKind::Host,
            "srflx" => CandidateKind::Srflx,
            _ => CandidateKind::Other,
        };
        let kind = AddressKind::Declared(kind);
        self.tell(LegEvent::Address { kind, address: candidate.address.clone(), port: candidate.port });
    }

    /// Whoever listened may be gone; then nobody wants to know.
    fn tell(&self, event: LegEvent) {
        let _ = self.events.send(event);
    }
}

fn text_of(description: &gst_webrtc::WebRTCSessionDescription) -> Result<String, LegError> {
    description.sdp().as_text().map_err(|error| LegError::Negotiation { step: "writing a description", cause: error.to_string() })
}

fn add_candidate(parts: &Parts, candidate: &str, mline: u32) {
    parts.webrtcbin.emit_by_name::<()>("add-ice-candidate", &[&mline, &candidate]);
}

/// SRTP's own errors are about one packet; only the conference's elements can end a leg.
fn element_failed(element: String, cause: String) -> Result<(), LegError> {
    if element.starts_with("convene") {
        return Err(LegError::Element { element, cause });
    }
    tracing::warn!("{element}: {cause}");
    Ok(())
}

/// Tells the page who talks.
fn tell_talkers(channel: &WebRTCDataChannel, talkers: &gst::Structure) -> Result<(), LegError> {
    if channel.ready_state() != gst_webrtc::WebRTCDataChannelState::Open {
        return Ok(());
    }
    let all = talkers.get::<gst::Array>("talkers").ok();
    let talker = |value: &glib::SendValue| {
        let s = value.get::<gst::Structure>().ok()?;
        let (id, number, level) = (s.get::<String>("participant").ok()?, s.get::<u32>("number").ok()?, s.get::<i32>("level").ok()?);
        Some(serde_json::json!({ "id": id, "number": number, "level": level }))
    };
    let talkers: Vec<_> = all.iter().flat_map(|all| all.iter()).filter_map(talker).collect();
    if let Err(error) = channel.send_string_full(Some(&serde_json::json!({ "talkers": talkers }).to_string())) {
        tracing::debug!("the page is not told who talks: {error}");
    }
    Ok(())
}

/// The browser's address in the pair that is used. webrtcbin swaps the two sides' types, so it is found by its pair.
fn remote_address(reply: &gst::Structure) -> Option<(String, u16)> {
    let entries = || reply.iter().filter_map(|(_, value)| value.get::<gst::Structure>().ok());
    let pair = entries().find_map(|s| s.get::<String>("remote-candidate-id").ok())?;
    let remote = entries().find(|s| s.get::<String>("id").is_ok_and(|id| id == pair))?;
    let port = remote.get::<u32>("port").ok()?;
    Some((remote.get::<String>("address").ok()?, u16::try_from(port).ok()?))
}

async fn teardown(built: Built) {
    let pipeline = built.parts.pipeline.clone();
    let ended = tokio::task::spawn_blocking(move || {
        build::end(&pipeline);
        drop(built);
    });
    if time::timeout(TEARDOWN, ended).await.is_err() {
        tracing::error!("a leg's pipeline has not ended after {TEARDOWN:?}");
    }
}
