//! A peer with all keys: he checks, shakes hands (DTLS), and has whatever he likes encrypted (SRTP).

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use gst::prelude::*;

use crate::{
    peer,
    side::{SOON, Side, until},
};

pub struct Caller {
    socket: UdpSocket,
    pipeline: gst::Pipeline,
    rtp: gst_app::AppSrc,
    rtcp: gst_app::AppSrc,
    encrypted: Receiver<Vec<u8>>,
    ends: Arc<AtomicBool>,
    ears: Option<JoinHandle<()>>,
}

impl Caller {
    /// Connected with `side`, keys and all.
    pub fn connect(side: &Side, port: u16) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket
            .connect(SocketAddr::from(([127, 0, 0, 1], port)))
            .unwrap();
        socket
            .set_read_timeout(Some(Duration::from_millis(100)))
            .unwrap();
        let (made, encrypted) = mpsc::channel();
        let (pipeline, has_key) = pipeline(&socket, made);
        let source = |name| pipeline.by_name(name).unwrap().downcast().unwrap();
        let heard = source("heard");
        socket.send(&peer::check(&side.credentials())).unwrap();
        let ends = Arc::<AtomicBool>::default();
        let ears = thread::spawn({
            let (socket, ends) = (socket.try_clone().unwrap(), Arc::clone(&ends));
            move || listen(&socket, &heard, &ends)
        });
        pipeline.set_state(gst::State::Playing).unwrap();
        until("a key", || has_key.load(Relaxed));
        Self {
            socket,
            rtp: source("rtp"),
            rtcp: source("rtcp"),
            pipeline,
            encrypted,
            ends,
            ears: Some(ears),
        }
    }

    /// What SRTP makes of an RTP packet.
    pub fn encrypt(&self, packet: &[u8]) -> Vec<u8> {
        self.encrypted_by(&self.rtp, packet)
    }

    /// What SRTP makes of an RTCP packet.
    pub fn encrypt_report(&self, packet: &[u8]) -> Vec<u8> {
        self.encrypted_by(&self.rtcp, packet)
    }

    pub fn send(&self, octets: &[u8]) {
        self.socket.send(octets).unwrap();
    }

    fn encrypted_by(&self, source: &gst_app::AppSrc, packet: &[u8]) -> Vec<u8> {
        source
            .push_buffer(gst::Buffer::from_slice(packet.to_vec()))
            .unwrap();
        self.encrypted.recv_timeout(SOON).unwrap()
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        self.ends.store(true, Relaxed);
        if let Some(ears) = self.ears.take() {
            ears.join().unwrap();
        }
        self.pipeline.set_state(gst::State::Null).unwrap();
    }
}

/// The elements that have the keys, and whether they have them.
fn pipeline(socket: &UdpSocket, made: Sender<Vec<u8>>) -> (gst::Pipeline, Arc<AtomicBool>) {
    let name = socket.local_addr().unwrap();
    let text = format!(
        "appsrc name=heard format=time is-live=true do-timestamp=true caps=application/x-rtp
           ! dtlssrtpdec name=decoder connection-id=\"{name}\"
         decoder.rtp_src ! fakesink async=false sync=false
         decoder.rtcp_src ! fakesink async=false sync=false
         dtlssrtpenc name=encoder connection-id=\"{name}\" is-client=true
           ! appsink name=out async=false sync=false
         appsrc name=rtp format=time is-live=true caps=application/x-rtp ! encoder.rtp_sink_0
         appsrc name=rtcp format=time is-live=true caps=application/x-rtcp ! encoder.rtcp_sink_0"
    );
    let pipeline = gst::parse::launch(&text)
        .unwrap()
        .downcast::<gst::Pipeline>()
        .unwrap();
    let has_key = Arc::<AtomicBool>::default();
    let encoder = pipeline.by_name("encoder").unwrap();
    encoder.connect("on-key-set", false, {
        let has_key = Arc::clone(&has_key);
        move |_| {
            has_key.store(true, Relaxed);
            None
        }
    });
    let out = pipeline
        .by_name("out")
        .unwrap()
        .downcast::<gst_app::AppSink>()
        .unwrap();
    let socket = socket.try_clone().unwrap();
    let sample = move |out: &gst_app::AppSink| {
        let sample = out.pull_sample().map_err(|_| gst::FlowError::Eos)?;
        let buffer = sample.buffer().ok_or(gst::FlowError::Error)?;
        let octets = buffer.map_readable().unwrap().to_vec();
        if is_dtls(&octets) {
            let _ = socket.send(&octets);
        } else {
            // For the test to do with as it likes.
            let _ = made.send(octets);
        }
        Ok(gst::FlowSuccess::Ok)
    };
    out.set_callbacks(
        gst_app::AppSinkCallbacks::builder()
            .new_sample(sample)
            .build(),
    );
    (pipeline, has_key)
}

/// Of what the other side says, only DTLS matters here.
fn listen(socket: &UdpSocket, heard: &gst_app::AppSrc, ends: &AtomicBool) {
    let mut octets = [0; 2_000];
    while !ends.load(Relaxed) {
        let Ok(length) = socket.recv(&mut octets) else {
            continue;
        };
        if is_dtls(&octets) {
            let record = gst::Buffer::from_slice(octets[..length].to_vec());
            let _ = heard.push_buffer(record);
        }
    }
}

fn is_dtls(octets: &[u8]) -> bool {
    (20..=63).contains(&octets[0])
}
