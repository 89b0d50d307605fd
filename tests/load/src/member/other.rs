//! Another participant, as a member sees him: the connection with him, those on which others pass his camera on, and
//! which of them counts.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use convene_protocol::{
    ClientMessage, PairSignal, PairState, ParticipantId, ParticipantInfo, Path, Source,
};

use super::{
    connection::{Connection, Part, Told, Word},
    fare::{Fare, Measure, PAIR, RELAY, Sight},
    gather::Ground,
    picture::{Picture, Way},
    words::{ConnectionSeen, Out},
};

/// For which a picture may come directly though the plan does not say so yet (`web/p2p/mesh.js`).
const LINGER: Duration = Duration::from_secs(3);

/// Until when a picture is expected that the plan does not want directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Linger {
    /// Not at all.
    No,
    /// Until the connection that is tried again is up.
    Retry,
    Until(Instant),
}

struct End {
    connection: Connection,
    fare: Fare,
    /// The selected pair of candidates that was told last.
    selected: Option<(SocketAddr, SocketAddr)>,
}

/// Another participant.
pub struct Other {
    /// What everyone knows of him.
    pub info: ParticipantInfo,
    /// His camera.
    pub picture: Picture,
    /// The m-line of the leg on which the server sends it.
    pub mid: Option<String>,
    /// Ours is the lower number.
    offers: bool,
    pair: Option<End>,
    /// The last connection of each relay, with its number.
    relays: BTreeMap<ParticipantId, (u32, End)>,
    linger: Linger,
}

impl Other {
    /// He is there.
    pub fn new(me: &ParticipantInfo, info: ParticipantInfo) -> Self {
        Self {
            offers: me.number < info.number,
            info,
            picture: Picture::default(),
            mid: None,
            pair: None,
            relays: BTreeMap::new(),
            linger: Linger::No,
        }
    }

    /// How his camera comes from now on.
    pub fn plan(
        &mut self,
        out: &Out,
        path: Path,
        mid: Option<String>,
        relay: Option<ParticipantId>,
    ) {
        if self.picture.is_direct() && path != Path::Direct {
            self.linger = Linger::Until(Instant::now() + LINGER);
        }
        self.mid = mid;
        self.picture.plan(path, relay);
        if path == Path::Direct {
            self.connect(out);
        }
    }

    /// The connection that failed is tried again. His picture is to come before the plan moves to it.
    pub fn retry(&mut self, out: &Out) {
        self.linger = Linger::Retry;
        self.pair = None;
        self.connect(out);
    }

    /// The other end of our connection says something.
    pub fn signalled(&mut self, out: &Out, signal: PairSignal) {
        if matches!(&signal, PairSignal::Call {}) || is_offer(&signal) {
            self.connect(out);
        }
        if let (Some(End { connection, .. }), Some(word)) = (&self.pair, word(signal)) {
            connection.receive(word);
        }
    }

    /// Who passes his camera on says something. Each offer is a connection of its own, with a number of its own.
    pub fn relayed(&mut self, out: &Out, relay: ParticipantId, attempt: u32, signal: PairSignal) {
        if is_offer(&signal) {
            self.picture.forget(&Way::Peer(relay.clone()));
            let (picture, to, told) = (self.camera(), relay.clone(), out.clone());
            let tell = move |what| {
                if let Some(signal) = signal_of(what) {
                    let (to, picture) = (to.clone(), picture.clone());
                    told.say(ClientMessage::Relay {
                        to,
                        picture,
                        attempt,
                        signal,
                    });
                }
            };
            let end = End::open(out.ground, Part::Answer, RELAY, tell);
            out.relay(end.seen(&self.info.name, &relay));
            self.relays.insert(relay.clone(), (attempt, end));
        }
        if let (Some((last, end)), Some(word)) = (self.relays.get(&relay), word(signal))
            && *last == attempt
        {
            end.connection.receive(word);
        }
    }

    /// Whoever is gone passes nothing on any more.
    pub fn left(&mut self, relay: &ParticipantId) {
        self.relays.remove(relay);
        self.picture.forget(&Way::Peer(relay.clone()));
    }

    /// Looks at what has come, and says what has changed.
    pub fn look(&mut self, out: &Out, leg: Option<&Connection>) {
        let now = Instant::now();
        self.look_at_pair(out, now);
        self.look_at_relays(out, now);
        if let (Some(leg), Some(mid)) = (leg, &self.mid) {
            let (frames, octets) = leg.seen().fresh(mid);
            self.picture.came(&Way::Server, frames, octets);
        }
    }

    fn camera(&self) -> convene_protocol::Picture {
        convene_protocol::Picture {
            publisher: self.info.id.clone(),
            source: Source::Camera,
        }
    }

    fn connect(&mut self, out: &Out) {
        if self.pair.is_some() {
            return;
        }
        self.picture.forget(&Way::Direct);
        let (to, told) = (self.info.id.clone(), out.clone());
        let tell = move |what| {
            if let Some(signal) = signal_of(what) {
                told.say(ClientMessage::Pair {
                    to: to.clone(),
                    signal,
                });
            }
        };
        let part = match self.offers {
            true => Part::Offer,
            false => Part::Answer,
        };
        self.pair = Some(End::open(out.ground, part, PAIR, tell));
        if !self.offers {
            let (to, signal) = (self.info.id.clone(), PairSignal::Call {});
            out.say(ClientMessage::Pair { to, signal });
        }
    }

    fn look_at_pair(&mut self, out: &Out, now: Instant) {
        let expects = self.expects(now);
        let Some(end) = &mut self.pair else {
            return;
        };
        let (frames, octets) = end.fresh();
        if self.linger == Linger::Retry && end.connection.seen().up {
            self.linger = Linger::Until(now + LINGER);
        }
        let said = end.look(now, expects);
        if said.is_some() || end.has_moved() {
            out.pair(end.seen(&self.info.name, &self.info.name));
        }
        if let Some(state) = said {
            let peer = self.info.id.clone();
            out.say(ClientMessage::PairState { peer, state });
        }
        self.picture.came(&Way::Direct, frames, octets);
        if said == Some(PairState::Failed) {
            self.pair = None;
        }
    }

    /// Whether his picture should come on our connection.
    fn expects(&self, now: Instant) -> bool {
        let lingers = match self.linger {
            Linger::No => false,
            Linger::Retry => true,
            Linger::Until(end) => now < end,
        };
        self.info.publishing.camera && (self.picture.is_direct() || lingers)
    }

    fn look_at_relays(&mut self, out: &Out, now: Instant) {
        let camera = self.camera();
        let mut failed = Vec::new();
        for (relay, (_, end)) in &mut self.relays {
            let (frames, octets) = end.fresh();
            self.picture.came(&Way::Peer(relay.clone()), frames, octets);
            if let Some(state) = end.look(now, true) {
                out.relay(end.seen(&self.info.name, relay));
                let (relay, picture) = (relay.clone(), camera.clone());
                out.say(ClientMessage::RelayState {
                    relay,
                    picture,
                    state,
                });
            }
            if end.fare.state() == Some(PairState::Failed) {
                failed.push(relay.clone());
            }
        }
        for relay in &failed {
            self.left(relay);
        }
    }
}

impl End {
    fn open(ground: Ground, part: Part, measure: Measure, tell: impl Fn(Told) + 'static) -> Self {
        Self {
            connection: Connection::open(ground, part, tell),
            fare: Fare::new(measure, Instant::now()),
            selected: None,
        }
    }

    /// Such a connection carries one picture, or several if a page should ever send them.
    fn fresh(&self) -> (u64, u64) {
        let mut seen = self.connection.seen();
        let fresh = seen.mids().into_iter().map(|mid| seen.fresh(&mid));
        fresh.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }

    fn look(&mut self, now: Instant, expects: bool) -> Option<PairState> {
        let seen = self.connection.seen();
        let sight = Sight {
            up: seen.up,
            ended: seen.ended.is_some(),
            expects,
            frame: seen.frame(),
        };
        drop(seen);
        self.fare.look(now, sight)
    }

    /// It goes by other candidates than before.
    fn has_moved(&mut self) -> bool {
        let selected = self.connection.seen().selected;
        std::mem::replace(&mut self.selected, selected) != selected
    }

    fn seen(&self, publisher: &str, peer: &str) -> ConnectionSeen {
        let seen = self.connection.seen();
        ConnectionSeen {
            publisher: publisher.to_owned(),
            peer: peer.to_owned(),
            state: self.fare.state(),
            local: seen.selected.map(|(local, _)| local),
            remote: seen.selected.map(|(_, remote)| remote),
            octets: seen.octets(),
            cause: seen.ended.clone(),
        }
    }
}

fn is_offer(signal: &PairSignal) -> bool {
    matches!(signal, PairSignal::Description { description_type, .. } if description_type == "offer")
}

/// `call` says nothing to a connection, a limit is for who sends, and when it was captured for who has a clock to show it by.
fn word(signal: PairSignal) -> Option<Word> {
    match signal {
        PairSignal::Description {
            description_type,
            sdp,
        } => match description_type.as_str() {
            "offer" => Some(Word::Offer(sdp)),
            "answer" => Some(Word::Answer(sdp)),
            _ => None,
        },
        PairSignal::Candidate { candidate, .. } => Some(Word::Candidate(candidate)),
        PairSignal::Call {}
        | PairSignal::Limit { .. }
        | PairSignal::Captures { .. }
        | PairSignal::File { .. } => None,
    }
}

/// All candidates stand in the description.
fn signal_of(told: Told) -> Option<PairSignal> {
    let (kind, sdp) = match told {
        Told::Offer(sdp) => ("offer", sdp),
        Told::Answer(sdp) => ("answer", sdp),
        Told::Credentials(_) | Told::Candidate(_) => return None,
    };
    Some(PairSignal::Description {
        description_type: kind.to_owned(),
        sdp,
    })
}
