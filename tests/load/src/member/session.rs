//! A member in its conference: what the service says, and what follows. The crossroads of the member.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use convene_protocol::{
    ClientMessage, ParticipantId, ParticipantInfo, ProbeSignal, ProbeWish, ServerMessage, Source,
};
use str0m::IceCreds;

use super::{
    connection::{Connection, Part, Told, Word},
    gather,
    other::Other,
    words::{Moment, Out},
};
use crate::error::LoadError;

/// A member that has been let in.
pub struct Session {
    me: ParticipantInfo,
    out: Out,
    others: BTreeMap<ParticipantId, Other>,
    leg: Option<Connection>,
    /// The throw-away connection that the service asks about.
    probe: Option<Connection>,
    /// What was told last of each one's picture.
    told: BTreeMap<ParticipantId, Moment>,
}

impl Session {
    /// The service has let it in.
    pub fn new(me: ParticipantInfo, participants: Vec<ParticipantInfo>, out: Out) -> Self {
        out.entered(&me.id);
        let mut session = Self {
            me,
            out,
            others: BTreeMap::new(),
            leg: None,
            probe: None,
            told: BTreeMap::new(),
        };
        for participant in participants {
            session.came(participant);
        }
        session
    }

    /// Does what the service says; whether the conference goes on.
    ///
    /// # Errors
    /// When the service lets it go.
    pub fn handle(&mut self, message: ServerMessage) -> Result<bool, LoadError> {
        match message {
            ServerMessage::Offer { sdp, .. } => self.open_leg(sdp),
            ServerMessage::Candidate { candidate, .. } => {
                if let Some(leg) = &self.leg {
                    leg.receive(Word::Candidate(candidate));
                }
            }
            ServerMessage::Joined { participant } => self.came(participant),
            ServerMessage::Updated { participant } => {
                if let Some(other) = self.others.get_mut(&participant.id) {
                    other.info = participant;
                }
            }
            ServerMessage::Left {
                participant,
                reason,
            } => {
                if participant == self.me.id {
                    return Err(LoadError::Member(format!("it was let go: {reason:?}")));
                }
                self.left(&participant);
            }
            ServerMessage::Pair { from, signal } => {
                if let Some(other) = self.others.get_mut(&from) {
                    other.signalled(&self.out, signal);
                }
            }
            ServerMessage::Retry { peer } => {
                if let Some(other) = self.others.get_mut(&peer) {
                    other.retry(&self.out);
                }
            }
            ServerMessage::Path {
                publisher,
                source: Source::Camera,
                path,
                mid,
                relay,
                ..
            } => {
                self.skip(mid.as_deref());
                if let Some(other) = self.others.get_mut(&publisher) {
                    other.plan(&self.out, path, mid, relay);
                }
            }
            ServerMessage::Relay {
                from,
                picture,
                attempt,
                signal,
            } => {
                if let Some(other) = self.others.get_mut(&picture.publisher) {
                    other.relayed(&self.out, from, attempt, signal);
                }
            }
            ServerMessage::Probe { wish } => self.probed(wish),
            ServerMessage::Ended { .. } => return Ok(false),
            ServerMessage::Error {
                code,
                message,
                fatal,
                ..
            } => refused(code, &message, fatal)?,
            // The rest is for who publishes, passes on, hears or restarts something.
            _ => {}
        }
        Ok(true)
    }

    /// Looks at what has come, and says what has changed.
    ///
    /// # Errors
    /// When its leg has ended.
    pub fn look(&mut self) -> Result<(), LoadError> {
        for other in self.others.values_mut() {
            other.look(&self.out, self.leg.as_ref());
        }
        self.tell_moments();
        let ended = self.leg.as_ref().and_then(|leg| leg.seen().ended.clone());
        match ended {
            Some(cause) => Err(LoadError::Member(format!("its leg has ended: {cause}"))),
            None => Ok(()),
        }
    }

    fn came(&mut self, participant: ParticipantInfo) {
        let other = Other::new(&self.me, participant);
        self.others.insert(other.info.id.clone(), other);
    }

    fn left(&mut self, participant: &ParticipantId) {
        self.others.remove(participant);
        self.told.remove(participant);
        for other in self.others.values_mut() {
            other.left(participant);
        }
    }

    /// What came on an m-line of the leg so far was another's picture.
    fn skip(&self, mid: Option<&str>) {
        if let (Some(leg), Some(mid)) = (&self.leg, mid) {
            leg.seen().fresh(mid);
        }
    }

    fn open_leg(&mut self, sdp: String) {
        let out = self.out.clone();
        let tell = move |told| match told {
            Told::Answer(sdp) => out.say(ClientMessage::Answer { sdp }),
            Told::Candidate(candidate) => out.say(ClientMessage::Candidate {
                candidate,
                mline_index: 0,
            }),
            Told::Offer(_) | Told::Credentials(_) => {}
        };
        let leg = Connection::open(self.out.ground, Part::Answer, tell);
        leg.receive(Word::Offer(sdp));
        self.leg = Some(leg);
    }

    fn probed(&mut self, wish: ProbeWish) {
        match wish {
            ProbeWish::Begin { ufrag, password } => {
                let service = IceCreds {
                    ufrag,
                    pass: password,
                };
                let out = self.out.clone();
                let tell = move |told| {
                    if let Some(signal) = of_probe(told) {
                        out.say(ClientMessage::Probe { signal });
                    }
                };
                let part = Part::Probed(service);
                self.probe = Some(Connection::open(self.out.ground, part, tell));
            }
            ProbeWish::Mirror { address } => {
                let own = address.parse().is_ok_and(gather::is_own);
                let signal = ProbeSignal::Mirror { address, own };
                self.out.say(ClientMessage::Probe { signal });
            }
            ProbeWish::Candidate { candidate } => {
                if let Some(probe) = &self.probe {
                    probe.receive(Word::Candidate(candidate));
                }
            }
            ProbeWish::End {} => self.probe = None,
        }
    }

    fn tell_moments(&mut self) {
        let at = SystemTime::now().duration_since(UNIX_EPOCH);
        let at = at.map_or(0.0, |since| since.as_secs_f64() * 1_000.0);
        for (id, other) in &self.others {
            let (path, relay) = other.picture.seen();
            let relay = relay.and_then(|id| self.others.get(id));
            let moment = Moment {
                at,
                publisher: other.info.name.clone(),
                path,
                relay: relay.map(|relay| relay.info.name.clone()),
                frames: other.picture.frames,
                octets: other.picture.octets,
            };
            let told = self.told.get(id);
            if told.is_none_or(|told| moment.differs(told)) {
                self.out.moment(&moment);
                self.told.insert(id.clone(), moment);
            }
        }
    }
}

fn of_probe(told: Told) -> Option<ProbeSignal> {
    match told {
        Told::Credentials(IceCreds { ufrag, pass }) => Some(ProbeSignal::Offer {
            ufrag,
            password: pass,
        }),
        Told::Candidate(candidate) => Some(ProbeSignal::Candidate { candidate }),
        Told::Offer(_) | Told::Answer(_) => None,
    }
}

/// What is refused to somebody who has just left is no matter.
fn refused(code: convene_protocol::ErrorCode, message: &str, fatal: bool) -> Result<(), LoadError> {
    let said = format!("{code:?}: {message}");
    eprintln!("refused: {said}");
    match fatal {
        true => Err(LoadError::Member(said)),
        false => Ok(()),
    }
}
