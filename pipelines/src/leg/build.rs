//! The pipeline of a leg, before anything is negotiated.

use std::sync::{Arc, atomic::Ordering};

use gst::prelude::*;
use gst_webrtc::{
    WebRTCICEGatheringState, WebRTCPeerConnectionState, WebRTCRTPTransceiver,
    WebRTCRTPTransceiverDirection,
};
use gstconvene::{ice::IceAgent, silence_rule};

use super::{
    Inner, LegConfig, LegError, LegStats,
    again::Again,
    captures::{Clocks, Takers},
    dtls,
    extensions::{CAPTURE_TIME, CSRC_LEVELS, Extension, LAYER, LEVEL, MID, SEND_TIME, TWCC},
    lines::Lines,
    pads::count,
    session::MixForm,
    streams::Streams,
};
use crate::{
    Carried,
    feedback::Feedback,
    sdp::{Flow, OPUS, Ours, PICTURE, PICTURE_AGAIN},
};

pub(super) type Mailbox = tokio::sync::mpsc::UnboundedSender<Inner>;

/// Milliseconds for which a jitterbuffer waits for missing sound. In-order packets pass at once, whatever it says.
const SOUND_WAIT: u32 = 40;

/// The same for pictures, which are asked for again: less than this, and a frame that the browser made late counts as
/// lost, is dropped when it comes, and the picture stands still until the next key frame.
const PICTURE_WAIT: u32 = 500;

/// The pipeline and what has to be reached in it.
#[derive(Clone)]
pub(super) struct Parts {
    pub(super) pipeline: gst::Pipeline,
    pub(super) webrtcbin: gst::Element,
    /// Its ICE agent, when that is the process's own.
    pub(super) agent: Option<IceAgent>,
    /// The one in webrtcbin.
    pub(super) rtpbin: gst::Element,
    pub(super) audio: gst::Element,
    pub(super) video: gst::Element,
    pub(super) lines: Lines,
    pub(super) ours: Arc<Ours>,
    pub(super) again: Again,
    pub(super) feedback: Arc<Feedback>,
    pub(super) streams: Arc<Streams>,
    pub(super) clocks: Arc<Clocks>,
    pub(super) takers: Arc<Takers>,
}

/// Builds and starts the pipeline; webrtcbin's callbacks post to `mailbox`.
pub(super) fn build(
    config: &LegConfig,
    mailbox: &Mailbox,
    stats: &Arc<LegStats>,
    clocks: &Arc<Clocks>,
) -> Result<Parts, LegError> {
    let post = mailbox.clone();
    let carried = config
        .ice
        .webrtcbin(Box::new(move |news| tell(&post, Inner::Ice(news))))?;
    dtls::equip(&carried.webrtcbin, mailbox)?;
    let parts = make(config, carried, clocks)?;
    listen(&parts, mailbox, stats);
    let started = start(&parts);
    if started.is_err() {
        end(&parts.pipeline);
    }
    started.map(|()| parts)
}

/// Ends a pipeline. Only off the streaming threads.
pub(super) fn end(pipeline: &gst::Pipeline) {
    if let Some(bus) = pipeline.bus() {
        bus.unset_sync_handler();
        bus.set_flushing(true);
    }
    if let Err(error) = pipeline.set_state(gst::State::Null) {
        tracing::error!("a leg's pipeline does not end: {error}");
    }
}

fn make(config: &LegConfig, carried: Carried, clocks: &Arc<Clocks>) -> Result<Parts, LegError> {
    let lines = Lines {
        audio_slots: config.audio_slots,
        video_slots: config.video_slots,
    };
    let element = |name: &str| {
        gst::ElementFactory::make(name)
            .build()
            .map_err(|error| LegError::Build(error.to_string()))
    };
    let Carried { webrtcbin, agent } = carried;
    webrtcbin.set_property_from_str("bundle-policy", "max-bundle");
    webrtcbin.set_property("latency", SOUND_WAIT);
    let bin = webrtcbin.downcast_ref::<gst::Bin>();
    let rtpbin = bin.and_then(|bin| bin.by_name("rtpbin"));
    let rtpbin = rtpbin.ok_or_else(|| LegError::Build("webrtcbin has no rtpbin".into()))?;
    // Sender reports say when a picture was taken, not when it was sent: so the browser's lip-sync survives.
    rtpbin.set_property("rtcp-sync-send-time", false);
    // Each source makes a jitterbuffer with two threads; a browser has two, and some more after restarts.
    rtpbin.set_property("max-streams", 16_u32);
    let audio = element("conveneaudio")?;
    audio.set_property("conference", &config.conference);
    audio.set_property("participant", &config.participant);
    audio.set_property("number", config.number);
    audio.set_property("mute", !config.may_send);
    audio.set_property_from_str("delivery", "direct");
    // Until the browser reports losses.
    audio.set_property("expected-loss", 0_u32);
    audio.set_property("listener-packet", config.listener_packet);
    let video = element("convenevideo")?;
    video.set_property("conference", &config.conference);
    video.set_property("participant", &config.participant);
    video.set_property_from_str("delivery", "direct");
    let pipeline = gst::Pipeline::new();
    pipeline
        .add_many([&webrtcbin, &audio, &video])
        .map_err(|error| LegError::Build(error.to_string()))?;
    let ours = Ours {
        lines: lines.all(any_ssrc),
        cname: cname(&rtpbin),
    };
    let feedback = Arc::new(Feedback::new(ours.mix(), SEND_TIME.0));
    Ok(Parts {
        pipeline,
        webrtcbin,
        agent,
        rtpbin,
        audio,
        video,
        lines,
        again: Again::of(&ours.lines),
        ours: Arc::new(ours),
        feedback,
        streams: Arc::default(),
        clocks: Arc::clone(clocks),
        takers: Arc::default(),
    })
}

/// As the RTP session's reports have it.
fn cname(rtpbin: &gst::Element) -> String {
    let described = rtpbin.property::<Option<gst::Structure>>("sdes");
    let name = described.and_then(|sdes| sdes.get("cname").ok());
    name.unwrap_or_else(|| "convene".into())
}

fn any_ssrc() -> u32 {
    glib::random_int().max(1)
}

fn start(parts: &Parts) -> Result<(), LegError> {
    parts.add_transceiver();
    let started = parts.pipeline.set_state(gst::State::Playing);
    started
        .map(|_| ())
        .map_err(|error| LegError::Build(error.to_string()))
}

/// A leg that has ended takes nothing any more.
fn tell(mailbox: &Mailbox, inner: Inner) {
    let _ = mailbox.send(inner);
}

fn listen(parts: &Parts, mailbox: &Mailbox, stats: &Arc<LegStats>) {
    listen_to_webrtcbin(&parts.webrtcbin, mailbox);
    if parts.agent.is_none() {
        listen_to_gathering(&parts.webrtcbin, mailbox);
    }
    listen_to_bus(&parts.pipeline, mailbox);
    listen_to_rtpbin(parts, stats);
    listen_to_reports(parts, mailbox);
}

fn listen_to_webrtcbin(webrtcbin: &gst::Element, mailbox: &Mailbox) {
    use WebRTCPeerConnectionState::{Connected, Failed};
    let post = mailbox.clone();
    webrtcbin.connect_notify(Some("connection-state"), move |webrtcbin, _| {
        let state = webrtcbin.property("connection-state");
        if matches!(state, Connected | Failed) {
            tell(&post, Inner::Connection(state));
        }
    });
    let post = mailbox.clone();
    webrtcbin.connect_pad_added(move |_, pad| {
        if pad.direction() == gst::PadDirection::Src {
            tell(&post, Inner::PadAdded(pad.clone(), hold(pad)));
        }
    });
}

/// The process's own agent has nothing to look for.
fn listen_to_gathering(webrtcbin: &gst::Element, mailbox: &Mailbox) {
    let post = mailbox.clone();
    webrtcbin.connect("on-ice-candidate", false, move |values| {
        if let [_, mline, candidate] = values
            && let (Ok(mline), Ok(candidate)) = (mline.get(), candidate.get())
        {
            tell(&post, Inner::LocalCandidate(candidate, mline));
        }
        None
    });
    let post = mailbox.clone();
    webrtcbin.connect_notify(Some("ice-gathering-state"), move |webrtcbin, _| {
        if webrtcbin.property::<WebRTCICEGatheringState>("ice-gathering-state")
            == WebRTCICEGatheringState::Complete
        {
            tell(&post, Inner::Gathered);
        }
    });
}

/// Until it is linked nothing may pass a source pad: one packet into nowhere would end its stream for good.
fn hold(pad: &gst::Pad) -> Option<gst::PadProbeId> {
    let block = gst::PadProbeType::BLOCK_DOWNSTREAM;
    pad.add_probe(block, |_, _| gst::PadProbeReturn::Ok)
}

fn listen_to_bus(pipeline: &gst::Pipeline, mailbox: &Mailbox) {
    let post = mailbox.clone();
    let Some(bus) = pipeline.bus() else { return };
    bus.set_sync_handler(move |_, message| {
        match message.view() {
            gst::MessageView::Element(element) => match element.structure() {
                Some(talkers) if talkers.name() == "convene-talkers" => {
                    tell(&post, Inner::Talkers(talkers.to_owned()));
                }
                Some(captures) if captures.name() == "convene-captures" => {
                    tell(&post, Inner::Captures(captures.to_owned()));
                }
                Some(layers) if layers.name() == "convene-layers" => {
                    tell(&post, Inner::Layers(message.seqnum(), layers.to_owned()));
                }
                _ => {}
            },
            gst::MessageView::Error(error) => {
                let cause = error.error().to_string();
                let element = factory_of(error.src());
                if is_ours(&element) {
                    tell(&post, Inner::ElementFailed { element, cause });
                } else {
                    tracing::debug!("{element}: {cause}");
                }
            }
            _ => {}
        }
        gst::BusSyncReply::Drop
    });
}

/// Only the conference's elements can end a leg. What DTLS and SRTP say is about one packet, which may be anybody's.
fn is_ours(element: &str) -> bool {
    element.starts_with("convene")
}

fn factory_of(source: Option<&gst::Object>) -> String {
    let element = source.and_then(|source| source.downcast_ref::<gst::Element>());
    let factory = element.and_then(|element| element.factory());
    factory
        .map(|factory| factory.name().into())
        .unwrap_or_default()
}

fn listen_to_rtpbin(parts: &Parts, stats: &Arc<LegStats>) {
    let rtpbin = &parts.rtpbin;
    // webrtcbin's own handler has run, and knows nothing of pictures.
    rtpbin.connect("request-pt-map", false, |values| {
        let payload_type = values[2].get::<u32>().unwrap_or_default();
        Some(caps_of(payload_type).to_value())
    });
    let (streams, again) = (Arc::clone(&parts.streams), parts.again.clone());
    rtpbin.connect("new-jitterbuffer", false, move |values| {
        if let Ok(rtpbin) = values[0].get::<gst::Element>()
            && let Ok(jitterbuffer) = values[1].get::<gst::Element>()
            && let Ok(ssrc) = values[3].get()
            && streams.line(ssrc).is_some()
        {
            again.tell(&rtpbin);
            jitterbuffer.set_property("do-retransmission", true);
            wait_for_pictures(&jitterbuffer);
        }
        None
    });
    let stats = Arc::clone(stats);
    rtpbin.connect_pad_added(move |_, pad| {
        if pad.name().starts_with("recv_rtcp_sink") {
            count(pad, &stats, |stats, _| {
                stats.rtcp_packets_received.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
}

/// What the browser's pictures come as.
fn caps_of(payload_type: u32) -> Option<gst::Caps> {
    match i32::try_from(payload_type) {
        Ok(PICTURE) => Some(picture_caps()),
        Ok(PICTURE_AGAIN) => Some(again_caps()),
        _ => None,
    }
}

/// What the browser loses of the mix, and when it captured what it sends.
fn listen_to_reports(parts: &Parts, mailbox: &Mailbox) {
    let (feedback, post) = (Arc::clone(&parts.feedback), mailbox.clone());
    let clocks = Arc::clone(&parts.clocks);
    parts.rtpbin.connect_pad_added(move |_, pad| {
        if !pad.name().starts_with("recv_rtcp_sink") {
            return;
        }
        let (feedback, post) = (Arc::clone(&feedback), post.clone());
        let clocks = Arc::clone(&clocks);
        pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
            let rtcp = info.buffer().and_then(|buffer| buffer.map_readable().ok());
            let Some(rtcp) = rtcp else {
                return gst::PadProbeReturn::Ok;
            };
            clocks.reports(&rtcp);
            if let Some(percent) = feedback.reports(&rtcp) {
                tell(&post, Inner::Loss(percent));
            }
            gst::PadProbeReturn::Ok
        });
    });
}

/// The first packet is held for as long as a jitterbuffer waits; so it waits longer from the second packet on.
fn wait_for_pictures(jitterbuffer: &gst::Element) {
    let Some(pad) = jitterbuffer.static_pad("src") else {
        return;
    };
    let kinds = gst::PadProbeType::BUFFER | gst::PadProbeType::BUFFER_LIST;
    let weak = jitterbuffer.downgrade();
    pad.add_probe(kinds, move |_, _| {
        if let Some(jitterbuffer) = weak.upgrade() {
            jitterbuffer.set_property("latency", PICTURE_WAIT);
        }
        gst::PadProbeReturn::Remove
    });
}

impl Parts {
    /// Does what may wait for a lock of GStreamer's on a thread that may wait.
    pub(super) async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, LegError> + Send + 'static,
    ) -> Result<T, LegError> {
        let parts = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&parts)).await;
        done.map_err(|error| LegError::Build(error.to_string()))?
    }

    /// The only m-line that webrtcbin will ever know. What we send on it is `session.rs`'s business.
    fn add_transceiver(&self) {
        let direction = WebRTCRTPTransceiverDirection::Recvonly;
        self.webrtcbin.emit_by_name::<WebRTCRTPTransceiver>(
            "add-transceiver",
            &[&direction, &self.sound_caps()],
        );
    }

    /// Lets packets of silence be dropped where they arrive: they would be decrypted for nobody.
    pub(super) fn drop_silence(&self) {
        if let Some(agent) = &self.agent
            && let Err(error) = agent.set_silence(Some(silence_rule(LEVEL.0)))
        {
            tracing::warn!("silence is decrypted: {error}");
        }
    }

    /// What the browser's sound comes as.
    pub(super) fn sound_caps(&self) -> gst::Caps {
        opus_caps().build()
    }

    /// What the mix is sent as.
    pub(super) fn mix_caps(&self, form: MixForm) -> gst::Caps {
        let (id, uri) = CSRC_LEVELS;
        opus_caps()
            .field("ssrc", self.ours.mix())
            .field_if_some("stereo", form.stereo.then_some("1"))
            .field_if_some(format!("extmap-{id}"), form.csrc_levels.then_some(uri))
            .build()
    }

    /// What a relayed talker is sent as. `None`: there is no such slot.
    pub(super) fn relayed_caps(&self, slot: usize) -> Option<gst::Caps> {
        match self.ours.lines.get(self.lines.audio_slot(slot))?.flow {
            Flow::Down(sources) => Some(opus_caps().field("ssrc", sources.ssrc).build()),
            _ => None,
        }
    }

    /// What a picture slot is sent as: without its SSRC here, a key-frame request would not find it. `None`: there is no
    /// such slot.
    pub(super) fn slot_caps(&self, slot: usize) -> Option<gst::Caps> {
        let line = self.lines.picture_slot(slot);
        let (id, uri) = CAPTURE_TIME;
        let takes = self.takers.has(line).then_some(uri);
        match self.ours.lines.get(line)?.flow {
            Flow::Down(sources) => Some(
                vp8_caps([TWCC])
                    .field("ssrc", sources.ssrc)
                    .field_if_some(format!("extmap-{id}"), takes)
                    .build(),
            ),
            _ => None,
        }
    }
}

fn opus_caps() -> gst::caps::Builder<gst::caps::NoFeature> {
    gst::Caps::builder("application/x-rtp")
        .field("media", "audio")
        .field("encoding-name", "OPUS")
        .field("encoding-params", "2")
        .field("clock-rate", 48_000)
        .field("payload", OPUS)
        .field("minptime", "10")
        .field("useinbandfec", "1")
        .field("usedtx", "1")
        .field(
            format!("extmap-{}", LEVEL.0),
            gst::Array::new(["", LEVEL.1, "vad=on"]),
        )
}

/// What the browser's camera and screen come as.
fn picture_caps() -> gst::Caps {
    let [layer, repaired] = LAYER;
    vp8_caps([SEND_TIME, MID, CAPTURE_TIME, layer, repaired]).build()
}

fn vp8_caps<const N: usize>(
    extensions: [Extension; N],
) -> gst::caps::Builder<gst::caps::NoFeature> {
    let caps = gst::Caps::builder("application/x-rtp")
        .field("media", "video")
        .field("encoding-name", "VP8")
        .field("clock-rate", 90_000)
        .field("payload", PICTURE)
        .field("rtcp-fb-nack-pli", true)
        .field("rtcp-fb-ccm-fir", true);
    extensions.iter().fold(caps, |caps, (id, uri)| {
        caps.field(format!("extmap-{id}"), *uri)
    })
}

/// What is sent again of them comes as.
fn again_caps() -> gst::Caps {
    gst::Caps::builder("application/x-rtp")
        .field("media", "video")
        .field("encoding-name", "RTX")
        .field("clock-rate", 90_000)
        .field("payload", PICTURE_AGAIN)
        .field("apt", PICTURE.to_string())
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_conference_can_break_a_leg() {
        assert!(is_ours("conveneaudio") && is_ours("convenevideo"));
        assert!(!is_ours("srtpenc") && !is_ours("dtlsdec") && !is_ours(""));
    }
}
