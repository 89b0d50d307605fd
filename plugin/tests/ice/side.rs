//! A webrtcbin with the agent, as far as it is negotiated.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use glib::translate::from_glib_none;
use gst::prelude::*;
use gst_webrtc::{
    WebRTCICE, WebRTCICEStream, WebRTCRTPTransceiver, WebRTCRTPTransceiverDirection, WebRTCSDPType,
    WebRTCSessionDescription, ffi, prelude::*,
};
use gstconvene::ice::{IceAgent, IceEventKind, IceSocket};

use crate::peer::{Known, PEER_UFRAG};

/// The source that the peer's answer tells of.
pub const PEER_SSRC: u32 = 0x5eed_0001;

/// Longer than anything takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(20);

pub struct Side {
    pub webrtcbin: gst::Element,
    pub agent: IceAgent,
    pipeline: gst::Pipeline,
    told: Arc<Mutex<Vec<IceEventKind>>>,
    offer: String,
}

impl Side {
    /// Not yet started.
    pub fn new(socket: &IceSocket) -> Self {
        let told = Arc::<Mutex<Vec<IceEventKind>>>::default();
        let observer = Arc::clone(&told);
        let made = socket.webrtcbin(move |event| observer.lock().unwrap().push(event.kind));
        Self::of(made.unwrap(), told)
    }

    /// Of a webrtcbin with its agent, and where it is written what that is told.
    pub fn of(
        (webrtcbin, agent): (gst::Element, IceAgent),
        told: Arc<Mutex<Vec<IceEventKind>>>,
    ) -> Self {
        webrtcbin.set_property_from_str("bundle-policy", "max-bundle");
        let pipeline = gst::Pipeline::new();
        pipeline.add(&webrtcbin).unwrap();
        Self {
            webrtcbin,
            agent,
            pipeline,
            told,
            offer: String::new(),
        }
    }

    /// Started, and its offer made.
    pub fn offering(socket: &IceSocket) -> Self {
        let mut side = Self::new(socket);
        side.offer();
        side
    }

    pub fn offer(&mut self) {
        let opus = "application/x-rtp,media=audio,encoding-name=OPUS,clock-rate=48000,payload=111";
        let opus = opus.parse::<gst::Caps>().unwrap();
        let direction = WebRTCRTPTransceiverDirection::Recvonly;
        self.webrtcbin
            .emit_by_name::<WebRTCRTPTransceiver>("add-transceiver", &[&direction, &opus]);
        self.pipeline.set_state(gst::State::Playing).unwrap();
        let promise = gst::Promise::new();
        let none = None::<gst::Structure>;
        self.webrtcbin
            .emit_by_name::<()>("create-offer", &[&none, &promise]);
        promise.wait();
        let reply = promise.get_reply().unwrap();
        let offer = reply.get::<WebRTCSessionDescription>("offer").unwrap();
        self.offer = offer.sdp().as_text().unwrap();
        self.set("set-local-description", &offer);
    }

    /// With an answer of a peer who is not there yet.
    pub fn answered(socket: &IceSocket) -> Self {
        let side = Self::offering(socket);
        let mid = attribute(&side.offer, "mid");
        let answer = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mid}\r\n\
             m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na=sendonly\r\n\
             a=rtpmap:111 OPUS/48000/2\r\na=rtcp-mux\r\na=setup:active\r\n\
             a=ice-ufrag:{PEER_UFRAG}\r\na=ice-pwd:a-password-of-some-length\r\n\
             a=fingerprint:sha-256 {}\r\na=ssrc:{PEER_SSRC} cname:peer\r\n",
            ["00"; 32].join(":")
        );
        let sdp = gst_sdp::SDPMessage::parse_buffer(answer.as_bytes()).unwrap();
        let answer = WebRTCSessionDescription::new(WebRTCSDPType::Answer, sdp);
        side.set("set-remote-description", &answer);
        side
    }

    pub fn ufrag(&self) -> &str {
        attribute(&self.offer, "ice-ufrag")
    }

    pub fn credentials(&self) -> Known {
        Known {
            ufrag: self.ufrag().into(),
            password: attribute(&self.offer, "ice-pwd").into(),
        }
    }

    /// What is told also after this side is gone.
    pub fn book(&self) -> Arc<Mutex<Vec<IceEventKind>>> {
        Arc::clone(&self.told)
    }

    pub fn told(&self) -> Vec<IceEventKind> {
        self.told.lock().unwrap().clone()
    }

    /// What the peer is told.
    pub fn candidates(&self, socket: &IceSocket) -> Vec<String> {
        let told = socket.describe(&self.offer);
        let candidates = told.lines().filter(|line| line.starts_with("a=candidate:"));
        candidates.map(str::to_owned).collect()
    }

    /// The sequence numbers of what comes out of webrtcbin, as it comes.
    pub fn sound(&self) -> Arc<Mutex<Vec<u16>>> {
        let heard = Arc::<Mutex<Vec<u16>>>::default();
        let (kept, pipeline) = (Arc::clone(&heard), self.pipeline.downgrade());
        self.webrtcbin.connect_pad_added(move |_, pad| {
            let (Some(pipeline), true) = (
                pipeline.upgrade(),
                pad.direction() == gst::PadDirection::Src,
            ) else {
                return;
            };
            let sink = gst::ElementFactory::make("fakesink")
                .property("async", false)
                .build()
                .unwrap();
            pipeline.add(&sink).unwrap();
            sink.sync_state_with_parent().unwrap();
            pad.link(&sink.static_pad("sink").unwrap()).unwrap();
            let kept = Arc::clone(&kept);
            pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
                let buffer = info.buffer().unwrap();
                let mut sequence = [0; 2];
                buffer.copy_to_slice(2, &mut sequence).unwrap();
                kept.lock().unwrap().push(u16::from_be_bytes(sequence));
                gst::PadProbeReturn::Ok
            });
        });
        heard
    }

    /// An element somewhere in webrtcbin.
    pub fn element(&self, factory: &str) -> gst::Element {
        let bin = self.webrtcbin.downcast_ref::<gst::Bin>().unwrap();
        let is_meant =
            |element: &gst::Element| element.factory().is_some_and(|own| own.name() == factory);
        bin.iterate_recurse()
            .into_iter()
            .flatten()
            .find(is_meant)
            .unwrap()
    }

    /// The peer's address in the pair that is used, as webrtcbin asks for it.
    pub fn remote(&self) -> Option<SocketAddr> {
        let agent = self.agent.upcast_ref::<WebRTCICE>();
        // SAFETY: the agent is alive, and lends its stream (which the binding would take for a gift).
        let stream: WebRTCICEStream =
            unsafe { from_glib_none(ffi::gst_webrtc_ice_add_stream(agent.as_ptr(), 0)) };
        let (_, remote) = self.agent.selected_pair(&stream)?;
        // SAFETY: a live structure of the agent's, whose address is a string.
        let (ip, port) = unsafe {
            let stats = &*remote.as_ptr();
            (std::ffi::CStr::from_ptr(stats.ipaddr), stats.port)
        };
        let ip = ip.to_str().ok()?.parse().ok()?;
        Some(SocketAddr::new(ip, u16::try_from(port).ok()?))
    }

    pub fn end(&mut self) {
        self.pipeline.set_state(gst::State::Null).unwrap();
    }

    fn set(&self, signal: &str, description: &WebRTCSessionDescription) {
        let promise = gst::Promise::new();
        self.webrtcbin
            .emit_by_name::<()>(signal, &[description, &promise]);
        promise.wait();
        let error = promise
            .get_reply()
            .and_then(|reply| reply.get::<glib::Error>("error").ok());
        assert!(error.is_none(), "{signal}: {error:?}");
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.end();
    }
}

/// Asks again and again until it is true.
pub fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_true() {
        assert!(Instant::now() < deadline, "not {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn attribute<'a>(sdp: &'a str, name: &str) -> &'a str {
    let prefix = format!("a={name}:");
    sdp.lines()
        .find_map(|line| line.strip_prefix(&*prefix))
        .unwrap()
}
