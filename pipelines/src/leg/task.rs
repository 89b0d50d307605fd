//! The leg's own task: reads the mailbox, and does one thing after the other.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use gst::prelude::*;
use gst_webrtc::WebRTCPeerConnectionState;
use tokio::{sync::mpsc, time};

use super::{
    AddressKind, Inner, LegConfig, LegError, LegEvent, LegStats, SoundMode,
    bridge::Bridge,
    build::{self, Parts},
    captures::{self, Clocks},
    dtls,
    layers::Needed,
    promise,
    session::SoundWay,
    slots::{Picture, Slots},
    state::State,
    talkers,
    tap::Tap,
};
use crate::{IceNews, Remote, sdp::Fingerprint};

/// How often it is asked whether packets came.
const HEARD: Duration = Duration::from_secs(1);

/// Seconds after which an agent that offers no address is taken to have none; its own are there at once. webrtcbin
/// does not say so: its gathering then never ends.
const GATHERING: u32 = 3;

/// A pipeline that takes longer to end is left to its thread.
const TEARDOWN: Duration = Duration::from_secs(10);

pub(super) struct Task {
    pub(super) config: LegConfig,
    pub(super) state: State,
    /// How many candidates of ours the browser was told.
    pub(super) announced: usize,
    events: mpsc::UnboundedSender<LegEvent>,
    mailbox: mpsc::UnboundedSender<Inner>,
    stats: Arc<LegStats>,
    clocks: Arc<Clocks>,
    pub(super) slots: Slots,
    pub(super) needed: Needed,
    pub(super) mix: Option<SoundWay>,
    pub(super) bridges: Vec<Bridge>,
    /// Those of the slots that have shown something.
    open: BTreeMap<usize, Bridge>,
    /// Those of the audio slots, once sound has been relayed.
    relays: Option<Vec<SoundWay>>,
    pub(super) tap: Option<Tap>,
    /// What the browser has announced of its certificates.
    pub(super) fingerprints: Vec<Fingerprint>,
    heard: u64,
    observed: Option<Remote>,
    /// Whether webrtcbin uses a pair that its statistics do not know yet: they begin with the first packet.
    pair_unknown: bool,
    failed: bool,
    /// How long it has lived.
    seconds: u32,
}

impl Task {
    pub(super) fn new(
        config: LegConfig,
        events: mpsc::UnboundedSender<LegEvent>,
        mailbox: mpsc::UnboundedSender<Inner>,
        (stats, clocks): (Arc<LegStats>, Arc<Clocks>),
    ) -> Self {
        Self {
            config,
            state: State::Offering,
            announced: 0,
            events,
            mailbox,
            stats,
            clocks,
            slots: Slots::default(),
            needed: Needed::default(),
            mix: None,
            bridges: Vec::new(),
            open: BTreeMap::new(),
            relays: None,
            tap: None,
            fingerprints: Vec::new(),
            heard: 0,
            observed: None,
            pair_unknown: false,
            failed: false,
            seconds: 0,
        }
    }

    pub(super) async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Inner>) {
        match self.build().await {
            Ok(parts) => {
                self.live(&parts, &mut inbox).await;
                let mut bridges = std::mem::take(&mut self.bridges);
                bridges.extend(std::mem::take(&mut self.open).into_values());
                let sound = self
                    .mix
                    .take()
                    .into_iter()
                    .chain(self.relays.take().into_iter().flatten());
                let ways = (self.tap.take(), sound.collect(), bridges);
                teardown(parts, ways).await;
            }
            Err(cause) => {
                self.fail(cause);
                while !matches!(inbox.recv().await, Some(Inner::Close) | None) {}
            }
        }
        self.tell(LegEvent::Closed);
    }

    async fn build(&self) -> Result<Parts, LegError> {
        let (config, mailbox) = (self.config.clone(), self.mailbox.clone());
        let (stats, clocks) = (self.stats(), Arc::clone(&self.clocks));
        let build = move || build::build(&config, &mailbox, &stats, &clocks);
        let built = tokio::task::spawn_blocking(build).await;
        built.map_err(|error| LegError::Build(error.to_string()))?
    }

    async fn live(&mut self, parts: &Parts, inbox: &mut mpsc::UnboundedReceiver<Inner>) {
        if let Err(cause) = self.offer(parts).await {
            self.fail(cause);
        }
        let mut second = time::interval(HEARD);
        loop {
            let next = tokio::select! {
                next = inbox.recv() => next,
                _ = second.tick() => {
                    self.look(parts).await;
                    continue;
                }
            };
            match next {
                Some(Inner::Close) | None => return,
                Some(inner) => self.handle(parts, inner).await,
            }
        }
    }

    async fn handle(&mut self, parts: &Parts, inner: Inner) {
        let result = match inner {
            Inner::Answer(sdp) => self.answer(parts, &sdp).await,
            Inner::Candidate(candidate, mline) => self.candidate(parts, candidate, mline),
            Inner::Restart(offer) => self.restart(parts, &offer).await,
            Inner::Hear(heard) => {
                parts.audio.set_property("mute", !heard);
                Ok(())
            }
            Inner::Gains(gains) => {
                let mut structure = gst::Structure::new_empty("gains");
                for (participant, gain) in gains {
                    structure.set(participant, gain);
                }
                parts.audio.set_property("gains", structure);
                Ok(())
            }
            Inner::Show { slot, picture } => self.show(parts, slot, picture).await,
            Inner::Hide { slot } => self.hide(parts, slot).await,
            Inner::Sound(sound) => {
                self.config.sound = sound;
                self.serve_sound(parts).await
            }
            Inner::Size { picture, size } => self.resize(parts, picture, size).await,
            Inner::Layers(number, message) => {
                self.need(number, &message);
                Ok(())
            }
            Inner::LocalCandidate(candidate, mline) => self.announce(&candidate, mline),
            Inner::Gathered => self.gathered(),
            Inner::Ice(news) => self.ice(parts, news).await,
            Inner::PeerCertificate(pem) => dtls::verify(&pem, &self.fingerprints),
            Inner::Connection(state) => self.connection(state),
            Inner::PadAdded(pad, hold) => self.link(parts, pad, hold).await,
            Inner::Talkers(message) => {
                self.tell(LegEvent::Talkers(talkers::read(&message)));
                Ok(())
            }
            Inner::Captures(message) => {
                let captures = captures::read(parts.lines, &message);
                self.tell(LegEvent::Captures(captures));
                Ok(())
            }
            Inner::Loss(percent) => {
                parts.audio.set_property("expected-loss", percent);
                Ok(())
            }
            Inner::ElementFailed { element, cause } => Err(LegError::Element { element, cause }),
            Inner::Close => Ok(()),
        };
        if let Err(cause) = result {
            self.fail(cause);
        }
    }

    async fn show(&mut self, parts: &Parts, slot: usize, picture: Picture) -> Result<(), LegError> {
        if slot >= parts.lines.video_slots {
            tracing::warn!("there is no slot {slot}");
            return Ok(());
        }
        if let Some(before) = self.slots.show(slot, picture) {
            self.set_path(parts, before, "none", slot).await;
        }
        self.show_untaken(parts).await
    }

    async fn hide(&mut self, parts: &Parts, slot: usize) -> Result<(), LegError> {
        if let Some(before) = self.slots.hide(slot) {
            self.set_path(parts, before, "none", slot).await;
        }
        Ok(())
    }

    pub(super) async fn show_untaken(&mut self, parts: &Parts) -> Result<(), LegError> {
        for (slot, picture) in self.slots.untaken() {
            if !self.open(parts, slot).await? {
                continue;
            }
            self.set_size(parts, slot, self.slots.size(&picture)).await;
            if self.set_path(parts, picture, "server", slot).await {
                self.slots.taken(slot);
            }
        }
        Ok(())
    }

    /// Has the others' sound sent as it is wished, as soon as something can be sent. It begins as a mix.
    pub(super) async fn serve_sound(&mut self, parts: &Parts) -> Result<(), LegError> {
        let relay = self.config.sound == SoundMode::Relay && parts.lines.audio_slots > 0;
        if relay && self.relays.is_none() {
            let stats = self.stats();
            let open = move |parts: &Parts| parts.open_audio_slots(&stats);
            self.relays = parts.off_thread(open).await?;
        }
        if self.relays.is_none() {
            return Ok(());
        }
        let mode = if relay { "relay" } else { "mix" };
        let set = move |parts: &Parts| {
            parts.audio.set_property_from_str("mode", mode);
            Ok(())
        };
        parts.off_thread(set).await
    }

    /// Whether the slot leads to the browser.
    async fn open(&mut self, parts: &Parts, slot: usize) -> Result<bool, LegError> {
        if !self.open.contains_key(&slot) {
            let stats = self.stats();
            let open = move |parts: &Parts| parts.open_slot(slot, &stats);
            if let Some(bridge) = parts.off_thread(open).await? {
                self.open.insert(slot, bridge);
            }
        }
        Ok(self.open.contains_key(&slot))
    }

    async fn set_path(
        &self,
        parts: &Parts,
        picture: Picture,
        path: &'static str,
        slot: usize,
    ) -> bool {
        let subscriber = self.config.participant.clone();
        let slot = i32::try_from(slot).unwrap_or(i32::MAX);
        let Picture { publisher, source } = picture;
        let taken = parts.off_thread(move |parts| {
            let arguments: [&dyn ToValue; 5] = [&publisher, &source, &subscriber, &path, &slot];
            Ok(parts.video.emit_by_name::<bool>("set-path", &arguments))
        });
        taken.await.unwrap_or(false)
    }

    async fn link(
        &mut self,
        parts: &Parts,
        pad: gst::Pad,
        hold: Option<gst::PadProbeId>,
    ) -> Result<(), LegError> {
        let stats = self.stats();
        let link = move |parts: &Parts| {
            let bridge = parts.link_incoming(&pad, &stats);
            if let Some(hold) = hold {
                pad.remove_probe(hold);
            }
            bridge
        };
        self.bridges.extend(parts.off_thread(link).await?);
        Ok(())
    }

    fn gathered(&self) -> Result<(), LegError> {
        match self.announced {
            0 => Err(LegError::NoCandidate),
            _ => Ok(()),
        }
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

    async fn ice(&mut self, parts: &Parts, news: IceNews) -> Result<(), LegError> {
        match news {
            IceNews::Checked(remote, ours) => {
                self.tell_address(AddressKind::Checked, remote, Some(ours));
            }
            IceNews::Selected(remote, ours) => self.observed(remote, Some(ours)),
            IceNews::PairChanged => self.pair_changed(parts).await?,
            IceNews::Silent => self.tell(LegEvent::Silent),
            IceNews::Heard => self.tell(LegEvent::Back),
        }
        Ok(())
    }

    async fn pair_changed(&mut self, parts: &Parts) -> Result<(), LegError> {
        let reply = promise::stats(&parts.webrtcbin).await?;
        let remote = reply.as_deref().and_then(remote_address);
        self.pair_unknown = remote.is_none();
        if let Some((address, port)) = remote {
            self.observed(Remote::udp((address, port).into()), None);
        }
        Ok(())
    }

    fn observed(&mut self, remote: Remote, ours: Option<IpAddr>) {
        if self.observed.replace(remote) != Some(remote) {
            self.tell_address(AddressKind::Observed, remote, ours);
        }
    }

    fn tell_address(&self, kind: AddressKind, remote: Remote, ours: Option<IpAddr>) {
        self.tell(LegEvent::Address {
            kind,
            transport: remote.transport,
            address: remote.address.ip().to_string(),
            port: remote.address.port(),
            ours: ours.map(|ours| ours.to_canonical()),
        });
    }

    /// Every second: whether packets came, and what the element would not take before.
    async fn look(&mut self, parts: &Parts) {
        self.seconds += 1;
        if self.announced == 0 && self.seconds > GATHERING {
            self.fail(LegError::NoCandidate);
        }
        let count = self.stats.received();
        if std::mem::replace(&mut self.heard, count) != count {
            self.tell(LegEvent::Heard);
        }
        let mut done = self.show_untaken(parts).await;
        if done.is_ok() && self.pair_unknown {
            done = self.pair_changed(parts).await;
        }
        if let Err(cause) = done {
            self.fail(cause);
        }
    }

    pub(super) fn stats(&self) -> Arc<LegStats> {
        Arc::clone(&self.stats)
    }

    /// Whoever listened may be gone; then nobody wants to know.
    pub(super) fn tell(&self, event: LegEvent) {
        let _ = self.events.send(event);
    }

    fn fail(&mut self, cause: LegError) {
        if std::mem::replace(&mut self.failed, true) {
            tracing::debug!("a failed leg fails again: {cause}");
        } else {
            self.tell(LegEvent::Failed { cause });
        }
    }
}

impl LegStats {
    /// All authenticated packets, and bytes of pictures: it grows when something comes.
    fn received(&self) -> u64 {
        self.audio_packets_received.load(Ordering::Relaxed)
            + self.rtcp_packets_received.load(Ordering::Relaxed)
            + self.video_bytes_received.load(Ordering::Relaxed)
    }
}

/// The browser's address in the pair that is used. webrtcbin swaps the two sides' types, so it is found by its pair.
fn remote_address(reply: &gst::StructureRef) -> Option<(IpAddr, u16)> {
    let entries = || {
        reply
            .iter()
            .filter_map(|(_, value)| value.get::<gst::Structure>().ok())
    };
    let pair = entries().find_map(|s| s.get::<String>("remote-candidate-id").ok())?;
    let remote = entries().find(|s| s.get::<String>("id").is_ok_and(|id| id == pair))?;
    let port = remote.get::<u32>("port").ok()?;
    Some((
        remote.get::<String>("address").ok()?.parse().ok()?,
        u16::try_from(port).ok()?,
    ))
}

async fn teardown(parts: Parts, ways: (Option<Tap>, Vec<SoundWay>, Vec<Bridge>)) {
    let ended = tokio::task::spawn_blocking(move || {
        if let Some(tap) = &ways.0 {
            tap.close();
        }
        build::end(&parts.pipeline);
        drop((ways, parts));
    });
    if time::timeout(TEARDOWN, ended).await.is_err() {
        tracing::error!("a leg's pipeline has not ended after {TEARDOWN:?}");
    }
}
