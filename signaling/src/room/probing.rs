//! Finding out where participants stand: what comes in about it, and what is done with it.

use std::net::{IpAddr, SocketAddr};

use convene_conference::{Event, ParticipantId};
use convene_ice::{Credentials, Prober};
use convene_pipelines::{AddressKind, Candidate, LegEvent};
use convene_protocol::{AddressOrigin, AddressProtocol, ProbeSignal, ProbeWish, ServerMessage};
use tokio::sync::mpsc;

use super::{Duration, Input, Instant, Note, Room, Seat, translate, unix_now, whereabouts::remote};
use crate::{
    probe,
    standing::{self, Seen},
};

impl Room {
    /// When the next probe is due.
    pub(super) fn probe_due(&self) -> Option<Duration> {
        let due = self.seats.values().filter_map(|seat| seat.place.due());
        due.min()
    }

    /// Begins what is due.
    pub(super) fn probe(&mut self) {
        let now = self.started.elapsed();
        let due: Vec<_> = self
            .seats
            .iter_mut()
            .filter_map(|(id, seat)| Some((id.clone(), seat.place.begin(now)?)))
            .collect();
        for (id, Credentials { ufrag, password }) in due {
            self.wish(&id, ProbeWish::Begin { ufrag, password });
        }
    }

    /// What his page says of the connection that is probed.
    pub(super) fn probe_said(&mut self, id: ParticipantId, signal: ProbeSignal) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        match signal {
            ProbeSignal::Offer { ufrag, password } => {
                if let Some(remote) = remote(ufrag, password)
                    && let Some((local, inbox)) = seat.place.offered()
                {
                    let prober = Prober::new(Instant::now().into_std(), local, remote);
                    tokio::spawn(carry_out(prober, inbox, id, self.mailbox.clone()));
                }
            }
            ProbeSignal::Candidate { candidate } => {
                seat.place.candidate(&candidate);
                self.look_again(id);
            }
            ProbeSignal::Mirror { address, own } => {
                if let Ok(address) = address.parse() {
                    seat.place.facts.mirrored(address, own);
                }
                self.classify(id);
            }
        }
    }

    /// What the probe tells.
    pub(super) fn probe_news(&mut self, id: ParticipantId, news: probe::News) {
        match news {
            probe::News::Name { port } => self.name(&id, port, |_| true),
            probe::News::Door { port } => self.name(&id, port, is_of_lan),
            probe::News::Knocked(from) => self.knocked(id, from),
            probe::News::Done(findings) => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.place.done(findings);
                }
                self.wish(&id, ProbeWish::End {});
                self.classify(id);
            }
        }
    }

    /// Tells him a port of ours.
    fn name(&mut self, id: &ParticipantId, port: u16, at: fn(&Candidate) -> bool) {
        let own = self.seats.get(id).map(|seat| seat.place.own.clone());
        for candidate in own.into_iter().flatten().filter(at) {
            let candidate = candidate.with_port(port);
            self.wish(id, ProbeWish::Candidate { candidate });
        }
    }

    /// He can reach us on our LAN, whichever way his leg goes.
    fn knocked(&mut self, id: ParticipantId, from: SocketAddr) {
        let now = self.started.elapsed();
        if let Some(seat) = self.seats.get_mut(&id) {
            seat.place.facts.checked(now, Seen::udp(from));
        }
        self.look_again(id);
    }

    /// What is known has become more.
    fn look_again(&mut self, id: ParticipantId) {
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.place.aim(seat.address.ip());
        if let Some(address) = seat.place.facts.wants_mirror() {
            let address = address.to_string();
            self.wish(&id, ProbeWish::Mirror { address });
        }
        self.classify(id);
    }

    /// His leg has learnt an address of his.
    pub(super) fn learn(&mut self, id: ParticipantId, event: &LegEvent) {
        let now = self.started.elapsed();
        let LegEvent::Address {
            kind,
            transport,
            address,
            port,
            ours,
        } = event
        else {
            return;
        };
        let Some(Seat { place, .. }) = self.seats.get_mut(&id) else {
            return;
        };
        let seen = address.parse::<IpAddr>().map(|ip| Seen {
            transport: *transport,
            address: SocketAddr::new(ip.to_canonical(), *port),
            ours: *ours,
        });
        match (kind, seen) {
            (AddressKind::Declared(kind), _) => place.facts.declared(*kind, address, *port),
            (AddressKind::Checked, Ok(seen)) => place.facts.checked(now, seen),
            (AddressKind::Observed, Ok(seen)) => place.facts.observed(now, seen),
            (_, Err(_)) => {}
        }
        if place.facts.may_note() {
            let (origin, protocol) = (standing::origin(*kind), standing::protocol(*transport));
            self.note_address(&id, origin, protocol, address, *port);
        }
        self.look_again(id);
    }

    /// Tells all who have to know where he stands, if that has changed.
    fn classify(&mut self, id: ParticipantId) {
        let Some(Seat { place, .. }) = self.seats.get_mut(&id) else {
            return;
        };
        let standing = place.facts.standing();
        if place.standing == standing {
            return;
        }
        place.standing = standing.clone();
        let network = translate::network(&standing);
        self.note(Note::Classified {
            participant: id.0.clone(),
            standing: translate::standing(standing, unix_now()),
        });
        self.handle(Event::Classified(id, network));
    }

    pub(super) fn note_address(
        &self,
        id: &ParticipantId,
        origin: AddressOrigin,
        protocol: AddressProtocol,
        address: &str,
        port: u16,
    ) {
        self.note(Note::Address {
            participant: id.0.clone(),
            origin,
            protocol,
            address: address.to_owned(),
            port,
            at: unix_now(),
        });
    }

    fn wish(&mut self, id: &ParticipantId, wish: ProbeWish) {
        self.say(id, ServerMessage::Probe { wish });
    }
}

/// A probe in a task of its own; it ends with whom it is about.
async fn carry_out(
    prober: Prober,
    aims: mpsc::Receiver<SocketAddr>,
    id: ParticipantId,
    mailbox: mpsc::Sender<Input>,
) {
    let (tell, mut told) = mpsc::channel(1);
    let run = async {
        if let Err(error) = probe::run(prober, aims, tell).await {
            tracing::warn!("a probe has no port: {error}");
        }
    };
    let forward = async {
        while let Some(news) = told.recv().await {
            let input = Input::Probe(id.clone(), news);
            if mailbox.send(input).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(run, forward);
}

fn is_of_lan(own: &Candidate) -> bool {
    own.address.parse().is_ok_and(standing::is_private)
}
