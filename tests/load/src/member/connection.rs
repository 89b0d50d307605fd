//! One connection of a member, with a full ICE agent on a socket of its own: it makes or answers an offer, or is only
//! there to be asked from outside. Pictures are accepted and counted; nothing is ever sent but what keeps it alive.

use std::{
    cell::{RefCell, RefMut},
    io,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use str0m::{
    Candidate, Event, IceCreds, Input, Output, Rtc,
    change::{SdpAnswer, SdpOffer, SdpPendingOffer},
    media::{Direction, MediaKind},
    net::{Protocol, Receive},
    rtp::RtpPacket,
};
use tokio::{
    net::UdpSocket,
    sync::mpsc,
    task::{JoinHandle, spawn_local},
    time,
};

use super::{
    cannot,
    gather::{Ground, address_of, gather},
    seen::Seen,
};
use crate::{client::stay_dark, error::LoadError};

const STATISTICS: Duration = Duration::from_secs(1);

/// What is done first.
#[derive(Debug)]
pub enum Part {
    /// To offer to receive one picture.
    Offer,
    /// To wait for an offer.
    Answer,
    /// To wait for checks of who has these credentials, in vain for what comes after ICE.
    Probed(IceCreds),
}

/// What the other end is to be told.
#[derive(Debug)]
pub enum Told {
    /// An offer, with all candidates in it.
    Offer(String),
    /// An answer, with all candidates in it.
    Answer(String),
    /// The ICE credentials.
    Credentials(IceCreds),
    /// A candidate's attribute: each follows what it belongs to.
    Candidate(String),
}

/// What the other end says.
#[derive(Debug)]
pub enum Word {
    /// An offer.
    Offer(String),
    /// An answer.
    Answer(String),
    /// A candidate's attribute.
    Candidate(String),
}

/// A connection; it lives until it is dropped.
pub struct Connection {
    words: mpsc::UnboundedSender<Word>,
    seen: Rc<RefCell<Seen>>,
    running: JoinHandle<()>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Connection {
    /// Begins one.
    pub fn open(ground: Ground, part: Part, tell: impl Fn(Told) + 'static) -> Self {
        let (words, inbox) = mpsc::unbounded_channel();
        let seen = Rc::<RefCell<Seen>>::default();
        let watched = Rc::clone(&seen);
        let running = spawn_local(async move {
            if let Err(cause) = live(ground, part, tell, inbox, Rc::clone(&watched)).await {
                let mut seen = watched.borrow_mut();
                seen.up = false;
                seen.ended = Some(cause.to_string());
            }
        });
        Self {
            words,
            seen,
            running,
        }
    }

    /// The other end says something.
    pub fn receive(&self, word: Word) {
        // One that has ended says so itself.
        let _ = self.words.send(word);
    }

    /// What has come by it.
    pub fn seen(&self) -> RefMut<'_, Seen> {
        self.seen.borrow_mut()
    }
}

async fn live(
    ground: Ground,
    part: Part,
    tell: impl Fn(Told),
    words: mpsc::UnboundedReceiver<Word>,
    seen: Rc<RefCell<Seen>>,
) -> Result<(), LoadError> {
    let mut line = Line::open(ground, tell, seen).await?;
    match part {
        Part::Offer => line.offer(),
        Part::Answer => {}
        Part::Probed(other) => line.be_probed(other),
    }
    line.serve(words).await
}

/// A connection's socket and what is behind it.
struct Line<T> {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    candidates: Vec<Candidate>,
    pending: Option<SdpPendingOffer>,
    tell: T,
    seen: Rc<RefCell<Seen>>,
    /// When str0m wants to be woken.
    deadline: Instant,
}

impl<T: Fn(Told)> Line<T> {
    async fn open(ground: Ground, tell: T, seen: Rc<RefCell<Seen>>) -> Result<Self, LoadError> {
        let (socket, candidates) = gather(ground).await?;
        let now = Instant::now();
        let mut rtc = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .enable_vp8(true)
            .set_rtp_mode(true)
            .set_stats_interval(Some(STATISTICS))
            .build(now);
        for candidate in &candidates {
            rtc.add_local_candidate(candidate.clone());
        }
        Ok(Self {
            rtc,
            address: address_of(&socket)?,
            socket,
            candidates,
            pending: None,
            tell,
            seen,
            deadline: now,
        })
    }

    fn offer(&mut self) {
        let mut changes = self.rtc.sdp_api();
        changes.add_media(MediaKind::Video, Direction::RecvOnly, None, None, None);
        if let Some((offer, pending)) = changes.apply() {
            self.pending = Some(pending);
            (self.tell)(Told::Offer(offer.to_sdp_string()));
            self.tell_candidates();
        }
    }

    fn be_probed(&mut self, other: IceCreds) {
        let mut direct = self.rtc.direct_api();
        direct.set_ice_controlling(true);
        direct.set_remote_ice_credentials(other);
        let own = direct.local_ice_credentials();
        (self.tell)(Told::Credentials(own));
        self.tell_candidates();
    }

    fn tell_candidates(&self) {
        for candidate in &self.candidates {
            (self.tell)(Told::Candidate(candidate.to_sdp_string()));
        }
    }

    async fn serve(mut self, mut words: mpsc::UnboundedReceiver<Word>) -> Result<(), LoadError> {
        self.drain()?;
        loop {
            tokio::select! {
                word = words.recv() => match word {
                    Some(word) => self.take(word)?,
                    None => return Ok(()),
                },
                ready = self.socket.readable() => {
                    ready.map_err(LoadError::io("waiting for packets"))?;
                    self.receive()?;
                }
                () = time::sleep_until(self.deadline.into()) => {
                    self.input(Input::Timeout(Instant::now()))?;
                }
            }
        }
    }

    fn take(&mut self, word: Word) -> Result<(), LoadError> {
        match word {
            Word::Offer(sdp) => self.answer(&sdp)?,
            Word::Answer(sdp) => self.answered(&sdp)?,
            Word::Candidate(candidate) => self.candidate(&candidate),
        }
        self.input(Input::Timeout(Instant::now()))
    }

    fn answer(&mut self, offer: &str) -> Result<(), LoadError> {
        let offer = SdpOffer::from_sdp_string(offer).map_err(cannot)?;
        let answer = self.rtc.sdp_api().accept_offer(offer).map_err(cannot)?;
        (self.tell)(Told::Answer(answer.to_sdp_string()));
        self.tell_candidates();
        Ok(())
    }

    fn answered(&mut self, answer: &str) -> Result<(), LoadError> {
        let Some(pending) = self.pending.take() else {
            return Err(cannot("an answer to nothing"));
        };
        let answer = SdpAnswer::from_sdp_string(answer).map_err(cannot)?;
        let accepted = self.rtc.sdp_api().accept_answer(pending, answer);
        accepted.map_err(cannot)
    }

    /// One with a name for an address, or for TCP, is no use here; an empty one says that no more will come.
    fn candidate(&mut self, candidate: &str) {
        if let Ok(candidate) = Candidate::from_sdp_string(candidate)
            && candidate.proto() == Protocol::Udp
        {
            self.rtc.add_remote_candidate(candidate);
        }
    }

    fn receive(&mut self) -> Result<(), LoadError> {
        let mut datagram = [0; 2_000];
        loop {
            let (length, source) = match self.socket.try_recv_from(&mut datagram) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                // An ICMP message about a packet of ours: nobody is there, yet or any more.
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

    fn input(&mut self, input: Input<'_>) -> Result<(), LoadError> {
        self.rtc.handle_input(input).map_err(cannot)?;
        self.drain()
    }

    fn drain(&mut self) -> Result<(), LoadError> {
        loop {
            match self.rtc.poll_output().map_err(cannot)? {
                Output::Transmit(packet) => {
                    // What finds no room, or no way, is lost, as in any network.
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
            Event::Connected | Event::IceConnectionStateChange(_) => {
                self.seen.borrow_mut().up = self.rtc.is_connected();
            }
            Event::MediaAdded(media) => stay_dark(&mut self.rtc, media.mid),
            Event::PeerStats(stats) => {
                let pair = stats.selected_candidate_pair;
                self.seen.borrow_mut().selected =
                    pair.map(|pair| (pair.local.addr, pair.remote.addr));
            }
            Event::RtpPacket(packet) => self.packet(&packet),
            _ => {}
        }
    }

    /// Padding, which browsers send to find out what a way can carry, is no picture.
    fn packet(&mut self, packet: &RtpPacket) {
        let mut direct = self.rtc.direct_api();
        let stream = direct.stream_rx(&packet.header.ssrc);
        let Some(mid) = stream.map(|stream| stream.mid()) else {
            return;
        };
        let is_video = |mid| {
            let media = self.rtc.media(mid);
            media.is_some_and(|media| media.kind() == MediaKind::Video)
        };
        if is_video(mid) && !packet.payload.is_empty() {
            let octets = packet.header.header_len + packet.payload.len();
            let (at, time) = (packet.timestamp, packet.time.numer());
            let mut seen = self.seen.borrow_mut();
            seen.packet(&mid, at, time, octets as u64);
        }
    }
}

#[cfg(test)]
mod tests;
