//! One ICE session of a stream: the credentials of both sides, and the messages that are made with them. Checks are
//! verified and answered by `is`; what follows from them is not decided here.

use std::{net::SocketAddr, time::Instant};

use is::{
    DefaultSha1HmacProvider, IceAgent, IceCreds, Protocol, Sha1HmacProvider,
    stun::{StunMessage, StunPacket, TransId},
};

use crate::{Credentials, Output, Remote, Transport, stun};

/// Sources after which the agent is made anew: it keeps each it has ever seen.
const SOURCES: usize = 128;

/// Ours in every conflict of roles: a peer who thinks that he is the controlled one is told otherwise (RFC 8445
/// section 7.3.1.1).
const TIE_BREAKER: u64 = u64::MAX;

/// Of the candidate that a check of ours would discover (RFC 8445 section 7.1.1): a peer-reflexive one.
const PRIORITY: u32 = (110 << 24) | (65_535 << 8) | 255;

/// Room for a check of ours: a user name has at most 513 octets (RFC 8489 section 14.3).
const LONGEST_CHECK: usize = 640;

/// Both sides' credentials.
#[derive(Debug)]
pub(crate) struct Session {
    agent: IceAgent,
    local: Credentials,
    remote: Option<Credentials>,
    /// Our addresses that the agent has been told.
    locals: Vec<(Transport, SocketAddr)>,
    sources: usize,
    /// Checks that came before the peer's credentials; the agent keeps the last hundred.
    waiting: u8,
}

impl Session {
    pub(crate) fn new(local: Credentials, remote: Option<Credentials>) -> Self {
        Self {
            agent: agent(&local, remote.as_ref()),
            local,
            remote,
            locals: Vec::new(),
            sources: 0,
            waiting: 0,
        }
    }

    pub(crate) fn local(&self) -> &Credentials {
        &self.local
    }

    pub(crate) fn remote(&self) -> Option<&Credentials> {
        self.remote.as_ref()
    }

    /// The peer's credentials, which were not known. Checks that came before them are answered now.
    pub(crate) fn meet(&mut self, now: Instant, remote: Credentials) -> Vec<Output> {
        self.agent.set_remote_credentials(creds(&remote));
        self.remote = Some(remote);
        let mut answers = Vec::new();
        for _ in 0..std::mem::take(&mut self.waiting) {
            // It deals with one each time.
            self.agent.handle_timeout(now);
            answers.extend(self.answers());
        }
        answers
    }

    /// Whether a check is of this session.
    pub(crate) fn accepts(&self, check: &StunMessage<'_>) -> bool {
        self.agent.accepts_message(check)
    }

    /// Whether an answer is the peer's.
    pub(crate) fn vouches(&self, answer: &StunMessage<'_>) -> bool {
        self.remote
            .as_ref()
            .is_some_and(|remote| answer.verify(remote.password.as_bytes(), hmac))
    }

    /// Answers a check, and tells whether with success. As long as the peer's credentials are not known, the answer
    /// waits for them, and this tells whether it will be one of success if the peer is whom he says.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        from: Remote,
        to: SocketAddr,
        message: StunMessage<'_>,
    ) -> (Vec<Output>, bool) {
        self.introduce(from.transport, to);
        let conflict = message.ice_controlled().is_some();
        let packet = StunPacket {
            proto: protocol(from.transport),
            source: from.address,
            destination: to,
            message,
        };
        self.agent.handle_packet(now, packet);
        let answers = self.answers();
        let good = match self.remote {
            Some(_) => answers.iter().any(|answer| welcomed(answer).is_some()),
            None => {
                self.waiting = self.waiting.saturating_add(1);
                !conflict
            }
        };
        (answers, good)
    }

    /// A check of our own. `None` without the peer's credentials.
    pub(crate) fn check(&self, id: TransId) -> Option<Vec<u8>> {
        binding_check(&self.local, self.remote.as_ref()?, id)
    }

    /// Time has passed.
    pub(crate) fn pass(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
    }

    /// The agent's own books grow with each new source; its verdicts need none of them. What waits for the peer's
    /// credentials is kept, and bounded by itself.
    pub(crate) fn count_source(&mut self) {
        self.sources += 1;
        if self.sources > SOURCES && self.remote.is_some() {
            self.agent = agent(&self.local, self.remote.as_ref());
            self.locals.clear();
            self.sources = 0;
        }
    }

    /// The agent answers only what came to an address it knows.
    fn introduce(&mut self, transport: Transport, to: SocketAddr) {
        if self.locals.contains(&(transport, to)) {
            return;
        }
        if let Ok(candidate) = is::Candidate::host(to, protocol(transport)) {
            self.agent.add_local_candidate(candidate);
            self.locals.push((transport, to));
        }
    }

    fn answers(&mut self) -> Vec<Output> {
        // Its own opinion of states and of the best pair is not asked.
        while self.agent.poll_event().is_some() {}
        std::iter::from_fn(|| self.agent.poll_transmit())
            .map(|transmit| Output::Send {
                from: transmit.source,
                to: Remote {
                    transport: transport(transmit.proto),
                    address: transmit.destination,
                },
                octets: transmit.contents.to_vec(),
            })
            .collect()
    }
}

/// To whom this is an answer of success.
pub(crate) fn welcomed(answer: &Output) -> Option<Remote> {
    match answer {
        Output::Send { to, octets, .. } if octets.starts_with(&stun::BINDING_SUCCESS) => Some(*to),
        _ => None,
    }
}

fn agent(local: &Credentials, remote: Option<&Credentials>) -> IceAgent {
    let mut agent = IceAgent::new(creds(local));
    agent.set_ice_lite(true);
    agent.set_control_tie_breaker(TIE_BREAKER);
    if let Some(remote) = remote {
        agent.set_remote_credentials(creds(remote));
    }
    agent
}

fn creds(credentials: &Credentials) -> IceCreds {
    IceCreds {
        ufrag: credentials.ufrag.clone(),
        pass: credentials.password.clone(),
    }
}

fn protocol(transport: Transport) -> Protocol {
    match transport {
        Transport::Udp => Protocol::Udp,
        Transport::Tcp => Protocol::Tcp,
    }
}

fn transport(protocol: Protocol) -> Transport {
    match protocol {
        Protocol::Udp => Transport::Udp,
        _ => Transport::Tcp,
    }
}

/// A check that does not nominate, of the controlled side.
pub(crate) fn binding_check(
    local: &Credentials,
    remote: &Credentials,
    id: TransId,
) -> Option<Vec<u8>> {
    let username = format!("{}:{}", remote.ufrag, local.ufrag);
    let message = StunMessage::binding_request(&username, id, false, TIE_BREAKER, PRIORITY, false);
    let mut octets = vec![0; LONGEST_CHECK];
    let password = Some(remote.password.as_bytes());
    let length = message.to_bytes(password, &mut octets, hmac).ok()?;
    octets.truncate(length);
    Some(octets)
}

pub(crate) fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    DefaultSha1HmacProvider.sha1_hmac(key, parts)
}
