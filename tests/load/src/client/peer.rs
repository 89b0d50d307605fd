//! One client: answers a server's offer from a socket of its own, sends its voice in the first m-line, hears what
//! comes.

use std::{
    cell::RefCell,
    io,
    net::{Ipv4Addr, SocketAddr},
    rc::Rc,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, Event, Input, Output, Rtc,
    change::SdpOffer,
    media::{MediaKind, Mid, Rid},
    net::{Protocol, Receive},
    rtp::{ExtensionValues, RtpWrite},
};
use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
    time,
};

use super::{
    Voice,
    grid::{Grid, held_back},
    journal::{Came, Gone, Journal},
    sound::{FRAME, FRAME_TIME, Frame, RATE, Sound},
    tally::{Ear, Packet},
};
use crate::{error::LoadError, namespace::ADDRESS};

/// What a client has to do with the others.
pub struct Part {
    /// What there is to say.
    pub sound: Rc<Sound>,
    /// What he says now.
    pub voice: watch::Receiver<Voice>,
    /// When, if all send by one clock; and which of them he is.
    pub grid: Option<(Grid, usize)>,
    /// What he hears is counted here.
    pub ear: Rc<RefCell<Ear>>,
    /// And written down here.
    pub journal: Rc<RefCell<Journal>>,
}

/// One client.
pub struct Peer {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    /// The m-line of its voice and of the mix.
    mid: Option<Mid>,
    connected: bool,
    part: Part,
    /// When the next frame is due, and which it is: it begins when its connection is there.
    frame: (Instant, u32),
    sequence: u64,
    /// When str0m wants to be woken.
    deadline: Instant,
}

impl Peer {
    /// Answers; gives back the answer too.
    ///
    /// # Errors
    /// When there is no socket, or the offer is not understood.
    pub fn answer(offer: &str, part: Part) -> Result<(Self, String), LoadError> {
        let (socket, address) = bound().map_err(LoadError::io("binding a client's socket"))?;
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .build(now);
        rtc.add_local_candidate(Candidate::host(address, "udp").map_err(cannot)?);
        let offer = SdpOffer::from_sdp_string(offer).map_err(cannot)?;
        let answer = rtc.sdp_api().accept_offer(offer).map_err(cannot)?;
        let peer = Self {
            rtc,
            socket,
            address,
            mid: None,
            connected: false,
            part,
            frame: (now, 0),
            sequence: 1,
            deadline: now,
        };
        Ok((peer, answer.to_sdp_string()))
    }

    /// Lives until nobody can tell it anything any more.
    ///
    /// # Errors
    /// When its connection ends.
    pub async fn run(
        mut self,
        mut candidates: mpsc::UnboundedReceiver<String>,
    ) -> Result<(), LoadError> {
        self.drain()?;
        loop {
            let wake = self.deadline.min(self.due());
            tokio::select! {
                candidate = candidates.recv() => match candidate {
                    Some(candidate) => self.candidate(&candidate)?,
                    None => return Ok(()),
                },
                ready = self.socket.readable() => {
                    ready.map_err(LoadError::io("waiting for packets"))?;
                    self.receive()?;
                }
                () = time::sleep_until(wake.into()) => self.wake()?,
            }
        }
    }

    fn candidate(&mut self, candidate: &str) -> Result<(), LoadError> {
        let candidate = Candidate::from_sdp_string(candidate).map_err(cannot)?;
        self.rtc.add_remote_candidate(candidate);
        self.drain()
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let mut datagram = [0; 2_000];
        loop {
            let (length, source) = match self.socket.try_recv_from(&mut datagram) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // An ICMP message about a packet of ours: the other side has gone or not yet come.
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => continue,
                Err(error) => return Err(LoadError::io("receiving")(error)),
            };
            let Ok(contents) = datagram[..length].try_into() else {
                continue;
            };
            let receive = Receive {
                proto: Protocol::Udp,
                source,
                destination: self.address,
                contents,
            };
            self.input(Input::Receive(Instant::now(), receive))?;
        }
    }

    fn wake(&mut self) -> Result<(), LoadError> {
        let now = Instant::now();
        if now >= self.due() {
            self.speak(now)?;
        }
        self.input(Input::Timeout(now))
    }

    /// When the next frame is to be sent.
    fn due(&self) -> Instant {
        self.frame.0 + self.held_back()
    }

    /// How much later than by its clock.
    fn held_back(&self) -> Duration {
        match *self.part.voice.borrow() {
            Voice::Chirp { jitter, .. } => held_back(self.frame.1, jitter),
            _ => Duration::ZERO,
        }
    }

    /// Sends what its voice says, if it says something.
    fn speak(&mut self, now: Instant) -> Result<(), LoadError> {
        let (held_back, (due, number)) = (self.held_back(), self.frame);
        self.frame = (due + FRAME_TIME, number.wrapping_add(1));
        let voice = *self.part.voice.borrow();
        let frame = self.part.sound.frame(voice, number as usize);
        let Some(frame) = frame.filter(|_| self.connected) else {
            return Ok(());
        };
        self.write(now, number, frame)?;
        self.part.journal.borrow_mut().gone(Gone {
            at: now,
            number,
            held_back,
        });
        self.drain()
    }

    fn write(&mut self, now: Instant, number: u32, frame: Frame) -> Result<(), LoadError> {
        let silent = || LoadError::Clients("the offer has no m-line for a voice".into());
        let mid = self.mid.ok_or_else(silent)?;
        let media = self.rtc.media(mid).ok_or_else(silent)?;
        let payload_type = *media.remote_pts().first().ok_or_else(silent)?;
        let extensions = ExtensionValues {
            audio_level: Some(-(frame.level as i8)),
            voice_activity: Some(frame.speech),
            ..ExtensionValues::default()
        };
        let time = number.wrapping_mul(FRAME);
        let packet = RtpWrite::new(payload_type, self.sequence.into(), time, now, frame.payload);
        self.sequence += 1;
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_tx_by_mid(mid, None).ok_or_else(silent)?;
        stream.write_rtp(packet.ext_vals(extensions));
        Ok(())
    }

    fn input(&mut self, input: Input<'_>) -> Result<(), LoadError> {
        self.rtc.handle_input(input).map_err(cannot)?;
        self.drain()
    }

    fn drain(&mut self) -> Result<(), LoadError> {
        loop {
            match self.rtc.poll_output().map_err(cannot)? {
                Output::Transmit(packet) => {
                    // What finds no room is lost, as in any network; the server's counters show it.
                    let _ = self
                        .socket
                        .try_send_to(&packet.contents, packet.destination);
                }
                Output::Event(event) => self.event(event),
                Output::Timeout(deadline) if self.rtc.is_alive() => {
                    self.deadline = deadline;
                    return Ok(());
                }
                Output::Timeout(_) => return Err(cannot("the connection has ended")),
            }
        }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Connected => {
                self.connected = true;
                let now = Instant::now();
                self.frame = match self.part.grid {
                    Some((grid, client)) => grid.next(client, now),
                    None => (now, self.frame.1),
                };
            }
            Event::MediaAdded(media) if media.kind == MediaKind::Audio && self.mid.is_none() => {
                self.mid = Some(media.mid);
            }
            Event::MediaAdded(media) => stay_dark(&mut self.rtc, media.mid),
            Event::RtpPacket(packet) => {
                let (at, time) = (packet.timestamp, packet.header.timestamp);
                self.part.ear.borrow_mut().hear(Packet {
                    at,
                    sequence: *packet.seq_no,
                    time,
                    frames: frames_in(&packet.payload),
                    octets: packet.payload.len(),
                });
                self.part.journal.borrow_mut().came(|| Came {
                    at,
                    time,
                    payload: packet.payload.to_vec(),
                });
            }
            _ => {}
        }
    }
}

/// str0m reports on streams that it never sends, and webrtcbin makes a jitterbuffer for each report. Browsers are
/// silent about a camera that is off, in whichever layers.
pub fn stay_dark(rtc: &mut Rtc, mid: Mid) {
    let mut direct = rtc.direct_api();
    for layer in [None, Some("l"), Some("h")] {
        let stream = direct.stream_tx_by_mid(mid, layer.map(Rid::from));
        if let Some(ssrc) = stream.map(|stream| stream.ssrc()) {
            direct.remove_stream_tx(ssrc);
        }
    }
}

/// Frames of 20 ms in an Opus packet.
fn frames_in(packet: &[u8]) -> u32 {
    let samples = opus::packet::get_nb_samples(packet, RATE).unwrap_or(0);
    samples as u32 / FRAME
}

fn bound() -> io::Result<(UdpSocket, SocketAddr)> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::from(ADDRESS), 0))?;
    socket.set_nonblocking(true)?;
    let address = socket.local_addr()?;
    Ok((UdpSocket::from_std(socket)?, address))
}

fn cannot(error: impl std::fmt::Display) -> LoadError {
    LoadError::Clients(error.to_string())
}
