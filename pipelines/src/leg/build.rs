//! The pipeline of a leg, before anything is negotiated.

use std::sync::{Arc, atomic::Ordering};

use gst::prelude::*;
use gst_webrtc::{WebRTCICEGatheringState, WebRTCRTPTransceiver, WebRTCRTPTransceiverDirection};
use gstconvene::{ice::IceAgent, silence_rule};

use super::{
    Inner, LegConfig, LegError, LegStats, dtls, layers, layers::Streams, lines::Lines, pads::count,
};
use crate::{
    Carried,
    feedback::{Feedback, SEND_TIME_URI},
    sdp::Slot,
};

pub(super) type Mailbox = tokio::sync::mpsc::UnboundedSender<Inner>;

pub(super) const OPUS: i32 = 111;
const VP8: i32 = 96;
/// The id of the header extension that says how loud a packet is.
const LEVEL: u8 = 1;
const LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// The id of the header extension that says when a picture's packet was sent.
const SEND_TIME: u8 = 4;
/// The id of the header extension that numbers all packets of pictures to the browser.
const TWCC: u8 = 3;
const TWCC_URI: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

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
    /// The SSRC of the mix.
    ssrc: u32,
    pub(super) lines: Lines,
    /// What webrtcbin does not know: in the order of their m-lines.
    pub(super) slots: Vec<Slot>,
    pub(super) feedback: Arc<Feedback>,
    pub(super) streams: Arc<Streams>,
}

/// Builds and starts the pipeline; webrtcbin's callbacks post to `mailbox`.
pub(super) fn build(
    config: &LegConfig,
    mailbox: &Mailbox,
    stats: &Arc<LegStats>,
) -> Result<Parts, LegError> {
    let post = mailbox.clone();
    let carried = config
        .ice
        .webrtcbin(Box::new(move |news| tell(&post, Inner::Ice(news))))?;
    dtls::equip(&carried.webrtcbin, mailbox)?;
    let parts = make(config, carried)?;
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

fn make(config: &LegConfig, carried: Carried) -> Result<Parts, LegError> {
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
    let video = element("convenevideo")?;
    video.set_property("conference", &config.conference);
    video.set_property("participant", &config.participant);
    video.set_property_from_str("delivery", "direct");
    let pipeline = gst::Pipeline::new();
    pipeline
        .add_many([&webrtcbin, &audio, &video])
        .map_err(|error| LegError::Build(error.to_string()))?;
    let ssrc = any_ssrc();
    let feedback = Arc::new(Feedback::new(ssrc, SEND_TIME));
    Ok(Parts {
        pipeline,
        webrtcbin,
        agent,
        rtpbin,
        audio,
        video,
        ssrc,
        lines,
        slots: lines.slot_mids().map(slot).collect(),
        feedback,
        streams: Arc::default(),
    })
}

/// One for life, since a browser knows a slot's packets by it.
fn slot(mid: String) -> Slot {
    let is_picture = mid.starts_with("video");
    Slot {
        mid,
        ssrc: any_ssrc(),
        rtx: is_picture.then(any_ssrc),
        extension: if is_picture {
            (TWCC, TWCC_URI)
        } else {
            (LEVEL, LEVEL_URI)
        },
    }
}

fn any_ssrc() -> u32 {
    glib::random_int().max(1)
}

fn start(parts: &Parts) -> Result<(), LegError> {
    parts.add_transceivers();
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
    listen_to_bus(&parts.pipeline, mailbox);
    listen_to_rtpbin(&parts.rtpbin, stats);
}

fn listen_to_webrtcbin(webrtcbin: &gst::Element, mailbox: &Mailbox) {
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
    let post = mailbox.clone();
    webrtcbin.connect_notify(Some("connection-state"), move |webrtcbin, _| {
        let state = webrtcbin.property("connection-state");
        tell(&post, Inner::Connection(state));
    });
    let post = mailbox.clone();
    webrtcbin.connect_pad_added(move |_, pad| {
        if pad.direction() == gst::PadDirection::Src {
            tell(&post, Inner::PadAdded(pad.clone(), hold(pad)));
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

fn listen_to_rtpbin(rtpbin: &gst::Element, stats: &Arc<LegStats>) {
    rtpbin.connect("new-jitterbuffer", false, |values| {
        // webrtcbin's own handler has run: it lets the jitterbuffers of pictures ask for what is missing.
        if let Ok(jitterbuffer) = values[1].get::<gst::Element>()
            && jitterbuffer.property("do-retransmission")
        {
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

    /// All m-lines that webrtcbin will ever know, in their order.
    fn add_transceivers(&self) {
        use WebRTCRTPTransceiverDirection::{Recvonly, Sendrecv};
        self.add_transceiver(Sendrecv, &self.mix_caps());
        for caps in [layers::offered(picture_caps()), picture_caps()] {
            self.add_transceiver(Recvonly, &caps)
                .set_property("do-nack", true);
        }
    }

    fn add_transceiver(
        &self,
        direction: WebRTCRTPTransceiverDirection,
        caps: &gst::Caps,
    ) -> WebRTCRTPTransceiver {
        self.webrtcbin
            .emit_by_name("add-transceiver", &[&direction, caps])
    }

    /// Lets packets of silence be dropped where they arrive: they would be decrypted for nobody.
    pub(super) fn drop_silence(&self) {
        if let Some(agent) = &self.agent
            && let Err(error) = agent.set_silence(Some(silence_rule(LEVEL)))
        {
            tracing::warn!("silence is decrypted: {error}");
        }
    }

    /// What the browser's sound comes as.
    pub(super) fn sound_caps(&self) -> gst::Caps {
        opus_caps().build()
    }

    /// What the mix is sent as.
    pub(super) fn mix_caps(&self) -> gst::Caps {
        opus_caps().field("ssrc", self.ssrc).build()
    }

    /// What a picture slot is sent as: without its SSRC here, a key-frame request would not find it.
    pub(super) fn slot_caps(&self, slot: &Slot) -> gst::Caps {
        let (id, uri) = slot.extension;
        vp8_caps()
            .field("ssrc", slot.ssrc)
            .field(format!("extmap-{id}"), uri)
            .build()
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
            format!("extmap-{LEVEL}"),
            gst::Array::new(["", LEVEL_URI, "vad=on"]),
        )
}

/// What the browser's camera and screen come as.
fn picture_caps() -> gst::Caps {
    vp8_caps()
        .field(format!("extmap-{SEND_TIME}"), SEND_TIME_URI)
        .build()
}

fn vp8_caps() -> gst::caps::Builder<gst::caps::NoFeature> {
    gst::Caps::builder("application/x-rtp")
        .field("media", "video")
        .field("encoding-name", "VP8")
        .field("clock-rate", 90_000)
        .field("payload", VP8)
        .field("rtcp-fb-nack-pli", true)
        .field("rtcp-fb-ccm-fir", true)
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
