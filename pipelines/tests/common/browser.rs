//! A browser as far as a leg can tell: a webrtcbin that answers, sends a tone and a test picture, and receives.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use convene_rtp::Packet;
use gst::prelude::*;
use gst_webrtc::{WebRTCKind, WebRTCRTPTransceiver, WebRTCSDPType, WebRTCSessionDescription};
use tokio::sync::mpsc;

/// The id under which a leg offers the contributors' levels (RFC 6465).
const CSRC_LEVELS: u8 = 8;

/// What it says.
#[derive(Debug)]
pub enum Said {
    Answer(String),
    Offer(String),
    Candidate(String, u32),
}

/// What it received, by m-line.
#[derive(Default)]
pub struct Received {
    pub packets: Mutex<std::collections::BTreeMap<u32, u64>>,
    /// Packets that say how loud each of their contributors is.
    pub with_levels: AtomicU64,
    pub total: AtomicU64,
    /// Packets of the mix that are stereo, and that are not.
    pub stereo: AtomicU64,
    pub mono: AtomicU64,
}

pub struct Browser {
    pipeline: gst::Pipeline,
    webrtcbin: gst::Element,
    said: mpsc::UnboundedSender<Said>,
    takes_levels: bool,
    pub received: Arc<Received>,
}

const SOUND: &str = "audiotestsrc is-live=true wave=sine ! opusenc ! rtpopuspay pt=111 ! \
    application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! browser.sink_0";
/// webrtcbin takes the number of a requested pad for its m-line: 1 is the camera's.
const PICTURE: &str = "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=15/1 ! \
    vp8enc deadline=1 keyframe-max-dist=15 ! rtpvp8pay pt=96 picture-id-mode=15-bit ! \
    application/x-rtp,media=video,encoding-name=VP8,payload=96 ! browser.sink_1";

impl Browser {
    /// With `devices` it has a microphone and a camera. One without takes the contributors' levels in packets, which real
    /// browsers refuse.
    pub fn open(devices: bool, said: mpsc::UnboundedSender<Said>) -> Self {
        let media = if devices {
            [SOUND, PICTURE].join(" ")
        } else {
            String::new()
        };
        let text = format!("webrtcbin name=browser bundle-policy=max-bundle latency=20 {media}");
        let element = gst::parse::launch(&text).unwrap();
        let pipeline = element
            .downcast::<gst::Pipeline>()
            .unwrap_or_else(|element| {
                let pipeline = gst::Pipeline::new();
                pipeline.add(&element).unwrap();
                pipeline
            });
        let webrtcbin = pipeline.by_name("browser").unwrap();
        let ice = webrtcbin.property::<gst::Object>("ice-agent");
        let agent = ice.property::<glib::Object>("agent");
        agent.set_property("upnp", false);
        agent.set_property("ice-tcp", false);
        let browser = Self {
            pipeline,
            webrtcbin,
            said,
            takes_levels: !devices,
            received: Arc::default(),
        };
        browser.listen();
        browser.send_again();
        browser.ask_again();
        browser.pipeline.set_state(gst::State::Playing).unwrap();
        browser
    }

    /// What is asked for again is sent again.
    fn send_again(&self) {
        if let Some(camera) = self.webrtcbin.static_pad("sink_1") {
            let transceiver = camera.property::<WebRTCRTPTransceiver>("transceiver");
            transceiver.set_property("do-nack", true);
        }
    }

    /// What is missing of a picture is asked for again.
    fn ask_again(&self) {
        self.webrtcbin
            .connect("on-new-transceiver", false, |values| {
                let line = values[1].get::<WebRTCRTPTransceiver>().unwrap();
                if line.kind() == WebRTCKind::Video {
                    line.set_property("do-nack", true);
                }
                None
            });
    }

    fn listen(&self) {
        let said = self.said.clone();
        self.webrtcbin
            .connect("on-ice-candidate", false, move |values| {
                let (mline, candidate) = (values[1].get().unwrap(), values[2].get().unwrap());
                let _ = said.send(Said::Candidate(candidate, mline));
                None
            });
        let (received, pipeline) = (Arc::clone(&self.received), self.pipeline.downgrade());
        self.webrtcbin.connect_pad_added(move |_, pad| {
            if let Some(pipeline) = pipeline
                .upgrade()
                .filter(|_| pad.direction() == gst::PadDirection::Src)
            {
                receive(&pipeline, pad, &received);
            }
        });
    }

    /// Answers an offer.
    pub async fn take_offer(&self, sdp: &str) {
        self.set("set-remote-description", WebRTCSDPType::Offer, sdp)
            .await;
        self.until_named().await;
        let answer = self.make("create-answer", "answer").await;
        self.set("set-local-description", WebRTCSDPType::Answer, &answer)
            .await;
        let answer = if self.takes_levels {
            with_levels(&answer)
        } else {
            answer
        };
        let _ = self.said.send(Said::Answer(answer));
    }

    /// An answer names the SSRCs that are known by then, and no packet of this browser says what it belongs to.
    async fn until_named(&self) {
        let is_named = |pad: &gst::Pad| {
            let caps = pad.current_caps();
            caps.is_some_and(|caps| caps.structure(0).is_some_and(|s| s.has_field("ssrc")))
        };
        while !self.webrtcbin.sink_pads().iter().all(is_named) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    /// Offers again, as a page does to restart ICE.
    pub async fn offer_again(&self) {
        let offer = self.make("create-offer", "offer").await;
        self.set("set-local-description", WebRTCSDPType::Offer, &offer)
            .await;
        let _ = self.said.send(Said::Offer(offer));
    }

    pub async fn take_answer(&self, sdp: &str) {
        self.set("set-remote-description", WebRTCSDPType::Answer, sdp)
            .await;
    }

    pub fn take_candidate(&self, candidate: &str, mline: u32) {
        self.webrtcbin
            .emit_by_name::<()>("add-ice-candidate", &[&mline, &candidate]);
    }

    /// Packets received on an m-line.
    pub fn packets(&self, mline: u32) -> u64 {
        self.received
            .packets
            .lock()
            .unwrap()
            .get(&mline)
            .copied()
            .unwrap_or(0)
    }

    /// Its RTP session, once there is one: the element, and what is in it.
    pub fn session(&self) -> (gst::Element, glib::Object) {
        let bin = self.webrtcbin.downcast_ref::<gst::Bin>().unwrap();
        let rtpbin = bin.by_name("rtpbin").unwrap();
        (
            rtpbin.emit_by_name("get-session", &[&0_u32]),
            rtpbin.emit_by_name("get-internal-session", &[&0_u32]),
        )
    }

    async fn set(&self, signal: &str, kind: WebRTCSDPType, sdp: &str) {
        let message = gst_sdp::SDPMessage::parse_buffer(sdp.as_bytes()).unwrap();
        let description = WebRTCSessionDescription::new(kind, message);
        self.ask(signal, &description).await;
    }

    async fn make(&self, signal: &str, field: &str) -> String {
        let reply = self.ask(signal, &None::<gst::Structure>).await.unwrap();
        let description = reply.get::<WebRTCSessionDescription>(field).unwrap();
        description.sdp().as_text().unwrap()
    }

    async fn ask(&self, signal: &str, argument: &(dyn ToValue + Sync)) -> Option<gst::Structure> {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let promise = gst::Promise::with_change_func(move |reply| {
            let _ = sender.send(reply.unwrap().map(|s| s.to_owned()));
        });
        self.webrtcbin
            .emit_by_name::<()>(signal, &[argument, &promise]);
        let reply = receiver.await.unwrap();
        let error = reply
            .as_ref()
            .and_then(|s| s.get::<glib::Error>("error").ok());
        assert!(error.is_none(), "{signal}: {error:?}");
        reply
    }

    /// Goes without a word.
    pub async fn close(self) {
        let Self {
            pipeline,
            webrtcbin,
            ..
        } = self;
        let end = move || {
            pipeline.set_state(gst::State::Null).unwrap();
            drop((pipeline, webrtcbin));
        };
        tokio::task::spawn_blocking(end).await.unwrap();
    }
}

fn receive(pipeline: &gst::Pipeline, pad: &gst::Pad, received: &Arc<Received>) {
    let sink = gst::ElementFactory::make("fakesink")
        .property("async", false)
        .property("sync", false)
        .build()
        .unwrap();
    pipeline.add(&sink).unwrap();
    sink.sync_state_with_parent().unwrap();
    let transceiver = pad.property::<WebRTCRTPTransceiver>("transceiver");
    let mline = transceiver.property::<u32>("mlineindex");
    let received = Arc::clone(received);
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        if let Some(buffer) = info.buffer() {
            let packet = buffer.map_readable().unwrap();
            let has_levels = has_levels(&packet);
            let with_levels = &received.with_levels;
            with_levels.fetch_add(has_levels.into(), Relaxed);
            if mline == 0 {
                let counter = match is_stereo(&packet) {
                    true => &received.stereo,
                    false => &received.mono,
                };
                counter.fetch_add(1, Relaxed);
            }
        }
        received.total.fetch_add(1, Relaxed);
        *received.packets.lock().unwrap().entry(mline).or_default() += 1;
        gst::PadProbeReturn::Ok
    });
    pad.link(&sink.static_pad("sink").unwrap()).unwrap();
}

/// An answer that takes them; webrtcbin itself never answers with any extension.
fn with_levels(answer: &str) -> String {
    let line = format!("a=extmap:{CSRC_LEVELS} urn:ietf:params:rtp-hdrext:csrc-audio-level");
    let mid = "a=mid:audio0\r\n";
    assert!(answer.contains(mid), "{answer}");
    answer.replacen(mid, &format!("{mid}{line}\r\n"), 1)
}

fn has_levels(packet: &[u8]) -> bool {
    let packet = Packet::parse(packet).unwrap();
    let levels = packet.extension(CSRC_LEVELS);
    levels.is_some_and(|levels| !levels.is_empty() && levels.len() == packet.csrcs().count())
}

/// RFC 6716 section 3.1.
fn is_stereo(packet: &[u8]) -> bool {
    let packet = Packet::parse(packet).unwrap();
    packet.payload().first().is_some_and(|toc| toc & 4 != 0)
}
