//! What is known of one participant's place, and his probe. Pure but for the channel to the probe.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use convene_ice::{Credentials, Findings};
use convene_pipelines::{Candidate, CandidateKind};
use tokio::sync::mpsc;

use crate::{
    ids,
    standing::{Facts, Standing},
};

/// One probe of a participant in this time: a page shall not make us send much, nor we it.
const EVERY: Duration = Duration::from_secs(20);

/// Candidates of a connection that are looked at.
const MAX_CANDIDATES: usize = 32;

/// Our own candidates that are remembered.
const MAX_OWN: usize = 8;

/// What is known of one participant's place, and his probe.
#[derive(Default)]
pub(super) struct Whereabouts {
    pub(super) facts: Facts,
    pub(super) standing: Standing,
    /// What his browser was told of ours, for UDP.
    pub(super) own: Vec<Candidate>,
    probed: Option<Probed>,
}

/// The last probe.
struct Probed {
    begun: Duration,
    source: SocketAddr,
    /// The service's credentials, until the page has answered.
    local: Option<Credentials>,
    /// What the page declares of the connection that is probed.
    candidates: Vec<Candidate>,
    aimed: Vec<SocketAddr>,
    aims: Option<mpsc::Sender<SocketAddr>>,
}

impl Whereabouts {
    /// A candidate of ours, as his browser is told.
    pub(super) fn told(&mut self, candidate: &str) {
        let own = Candidate::parse(candidate).ok().filter(|own| own.udp);
        if self.own.len() < MAX_OWN {
            self.own.extend(own);
        }
    }

    /// When to begin a probe: as soon as he is there, and again when his traffic comes from elsewhere.
    pub(super) fn due(&self) -> Option<Duration> {
        let source = self.facts.source()?;
        match &self.probed {
            None => Some(Duration::ZERO),
            Some(probed) if probed.source != source => Some(probed.begun + EVERY),
            Some(_) => None,
        }
    }

    /// Our credentials for a probe that is due.
    pub(super) fn begin(&mut self, now: Duration) -> Option<Credentials> {
        self.due().filter(|due| *due <= now)?;
        let (source, local) = (self.facts.source()?, credentials()?);
        self.probed = Some(Probed {
            begun: now,
            source,
            local: Some(local.clone()),
            candidates: Vec::new(),
            aimed: Vec::new(),
            aims: None,
        });
        Some(local)
    }

    /// Our credentials and the channel for his addresses, once for each probe.
    pub(super) fn offered(&mut self) -> Option<(Credentials, mpsc::Receiver<SocketAddr>)> {
        let probed = self.probed.as_mut()?;
        let local = probed.local.take()?;
        let (aims, inbox) = mpsc::channel(MAX_CANDIDATES);
        probed.aims = Some(aims);
        Some((local, inbox))
    }

    pub(super) fn candidate(&mut self, text: &str) {
        if let Ok(candidate) = Candidate::parse(text)
            && let Some(probed) = &mut self.probed
            && probed.candidates.len() < MAX_CANDIDATES
        {
            if candidate.udp && candidate.is_host() {
                let (address, port) = (&candidate.address, candidate.port);
                self.facts.declared(CandidateKind::Host, address, port);
            }
            probed.candidates.push(candidate);
        }
    }

    /// Lets the probe ask wherever it may by now. `socket`: where his socket comes from.
    pub(super) fn aim(&mut self, socket: IpAddr) {
        let Some(probed) = &mut self.probed else {
            return;
        };
        for candidate in &probed.candidates {
            for target in self.facts.targets(candidate, socket) {
                if let Some(aims) = &probed.aims
                    && !probed.aimed.contains(&target)
                {
                    probed.aimed.push(target);
                    // A probe that is over does not want to know.
                    let _ = aims.try_send(target);
                }
            }
        }
    }

    pub(super) fn done(&mut self, findings: Findings) {
        // One that is over was another.
        let Some(probed) = self.probed.as_mut().filter(|probed| probed.aims.is_some()) else {
            return;
        };
        probed.aims = None;
        let srflx = probed.candidates.iter().filter(|one| one.kind == "srflx");
        let srflx = srflx.filter_map(|one| {
            let ip = one.address.parse::<IpAddr>().ok()?;
            Some(SocketAddr::new(ip.to_canonical(), one.port))
        });
        self.facts.probed(findings, srflx.collect());
    }
}

/// Credentials that nobody guesses (RFC 8445 section 5.3); `None` when the system has no random numbers.
fn credentials() -> Option<Credentials> {
    let (ufrag, one, other) = (ids::fresh().ok()?, ids::fresh().ok()?, ids::fresh().ok()?);
    Some(Credentials {
        ufrag,
        password: one + &other,
    })
}

/// What a page says are credentials (RFC 8839 section 5.4).
pub(super) fn remote(ufrag: String, password: String) -> Option<Credentials> {
    let is = |text: &str, least: usize| {
        let ice_char = |c: u8| c.is_ascii_alphanumeric() || c == b'+' || c == b'/';
        (least..=256).contains(&text.len()) && text.bytes().all(ice_char)
    };
    (is(&ufrag, 4) && is(&password, 22)).then_some(Credentials { ufrag, password })
}

#[cfg(test)]
mod tests;
