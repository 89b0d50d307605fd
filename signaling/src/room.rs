//! One task per conference. It owns the machine, the sockets' queues and the legs, reads its mailbox, and does what
//! the machine says. Nobody else touches any of these; it waits for nothing but its mailbox and the machine's deadline.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use convene_conference::{
    Conference, Effect, EndReason, Event, Notice, Participant, ParticipantId, Settings, SoundMode,
};
use convene_pipelines::{CAMERA_MID, Leg, LegEvent, Refused, SCREEN_MID, Talkers, candidates};
use convene_protocol::{
    AddressOrigin, AddressProtocol, ClientMessage, ConferenceInfo, PairSignal, PathRecord,
    Publishing, Role, ServerMessage, Wishes,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

use crate::{
    leg::{LegKind, video_slots},
    metrics::Meters,
    outbox::{Line, Outbox},
    probe,
    store::{ConferenceRecord, Note, Store},
    time::unix_now,
    translate,
};

mod probing;
mod whereabouts;

use whereabouts::Whereabouts;

/// Messages that may wait in a conference's mailbox; then sockets wait, and so the pages behind them.
const MAILBOX: usize = 1_024;

/// What a conference is told.
#[derive(Debug)]
pub enum Input {
    /// Somebody wants to enter.
    Join(Box<Newcomer>),
    /// Somebody says something.
    Said(ParticipantId, ClientMessage),
    /// Somebody's socket closed; `clean`: the page closed it.
    SocketClosed {
        /// Whose.
        id: ParticipantId,
        /// How.
        clean: bool,
    },
    /// Somebody's leg has something to tell.
    Leg(ParticipantId, LegEvent),
    /// Somebody's probe has something to tell.
    Probe(ParticipantId, probe::News),
    /// A moderator asks how everyone gets everyone else's pictures.
    Paths(oneshot::Sender<Vec<PathRecord>>),
    /// A moderator ends it over the API.
    End,
    /// The service shuts down.
    Shutdown,
}

/// Somebody who wants to enter.
#[derive(Debug)]
pub struct Newcomer {
    /// His new id.
    pub id: ParticipantId,
    /// The name he chose.
    pub name: String,
    /// The role his token gives him.
    pub role: Role,
    /// What he will send.
    pub publishing: Publishing,
    /// What he wishes of his network.
    pub wishes: Wishes,
    /// Where his socket comes from.
    pub address: SocketAddr,
    /// How his browser reaches the legs' ports, as far as that is known.
    pub host: Option<String>,
    /// Where to speak to him.
    pub outbox: Outbox,
}

/// What all conferences of the service share.
#[derive(Clone)]
pub struct Shared {
    /// The database.
    pub store: Store,
    /// How legs are made.
    pub legs: LegKind,
    /// The counters.
    pub meters: Arc<Meters>,
    /// How long a conference may stand empty.
    pub empty_grace: Duration,
}

/// A conference's address.
#[derive(Clone, Debug)]
pub struct RoomHandle {
    mailbox: mpsc::Sender<Input>,
    people: Arc<AtomicUsize>,
}

impl RoomHandle {
    /// Tells it something; `false` when it is over.
    pub async fn tell(&self, input: Input) -> bool {
        self.mailbox.send(input).await.is_ok()
    }

    /// How many are in it.
    #[must_use]
    pub fn people(&self) -> usize {
        self.people.load(Ordering::Relaxed)
    }
}

/// A conference.
pub struct Room {
    info: ConferenceInfo,
    shared: Shared,
    conference: Conference<PairSignal>,
    seats: HashMap<ParticipantId, Seat>,
    mailbox: mpsc::Sender<Input>,
    people: Arc<AtomicUsize>,
    started: Instant,
    /// Those whose sockets did not keep up, as the machine has yet to be told.
    stalled: Vec<ParticipantId>,
    closing: JoinSet<()>,
    over: Option<EndReason>,
}

/// What belongs to one participant.
struct Seat {
    address: SocketAddr,
    stun_url: Option<String>,
    line: Option<Line>,
    leg: Option<Leg>,
    place: Whereabouts,
    welcomed: bool,
}

impl Room {
    /// An empty conference and where to reach it once it [runs](Self::run).
    #[must_use]
    pub fn new(
        record: &ConferenceRecord,
        shared: Shared,
    ) -> (Self, RoomHandle, mpsc::Receiver<Input>) {
        let (mailbox, inbox) = mpsc::channel(MAILBOX);
        let people = Arc::<AtomicUsize>::default();
        let handle = RoomHandle {
            mailbox: mailbox.clone(),
            people: Arc::clone(&people),
        };
        let settings = Settings {
            max_participants: record.max_participants as usize,
            slots: video_slots(record.max_participants),
            policy: translate::policy_in(record.topology),
            sound: translate::sound_in(record.sound),
            empty_grace: shared.empty_grace,
        };
        let info = ConferenceInfo {
            id: record.id.clone(),
            title: record.title.clone(),
            max_participants: record.max_participants,
        };
        let room = Self {
            info,
            shared,
            conference: Conference::new(Duration::ZERO, settings),
            seats: HashMap::new(),
            mailbox,
            people,
            started: Instant::now(),
            stalled: Vec::new(),
            closing: JoinSet::new(),
            over: None,
        };
        (room, handle, inbox)
    }

    /// Lives until the conference is over and its legs are closed; says why. Whoever comes meanwhile is told.
    pub async fn run(mut self, mut inbox: mpsc::Receiver<Input>) -> EndReason {
        let reason = loop {
            self.probe();
            let alarm = self.conference.deadline().into_iter();
            let alarm = alarm.chain(self.probe_due()).min();
            let alarm = alarm.map(|at| self.started + at);
            let input = tokio::select! {
                input = inbox.recv() => input,
                () = until(alarm) => None,
                Some(_) = self.closing.join_next() => None,
            };
            match input {
                Some(input) => self.take(input),
                None => self.handle(Event::Tick),
            }
            self.people.store(self.seats.len(), Ordering::Relaxed);
            if let Some(reason) = self.over.filter(|_| self.closing.is_empty()) {
                break reason;
            }
        };
        inbox.close();
        while let Some(input) = inbox.recv().await {
            self.take(input);
        }
        reason
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Join(newcomer) => self.join(*newcomer),
            Input::Said(id, ClientMessage::Probe { signal }) => self.probe_said(id, signal),
            Input::Said(id, ClientMessage::Sizes { pictures }) => {
                self.with_leg(&id, |leg| {
                    for shown in &pictures {
                        let source = translate::source_name(translate::source_in(shown.source));
                        leg.resize(&shown.publisher, source, (shown.width, shown.height));
                    }
                });
            }
            Input::Said(id, message) => {
                if let Some(event) = translate::event(&id, message) {
                    self.handle(event);
                }
            }
            Input::SocketClosed { id, clean } => self.handle(Event::SocketClosed { id, clean }),
            Input::Leg(id, event) => self.leg_event(id, event),
            Input::Probe(id, news) => self.probe_news(id, news),
            Input::Paths(reply) => {
                let paths = self.conference.paths();
                // Whoever asked may have gone.
                let _ = reply.send(paths.into_iter().map(translate::path_record).collect());
            }
            Input::End => self.handle(Event::EndedByModerator),
            Input::Shutdown => self.handle(Event::Shutdown),
        }
    }

    fn join(&mut self, newcomer: Newcomer) {
        let Newcomer {
            id,
            name,
            role,
            publishing,
            wishes,
            address,
            host,
            outbox,
        } = newcomer;
        let host = host.as_deref();
        let seat = Seat {
            address,
            stun_url: host.and_then(|host| self.shared.legs.stun_url(host)),
            line: Some(Line(outbox)),
            leg: None,
            place: Whereabouts::default(),
            welcomed: false,
        };
        self.seats.insert(id.clone(), seat);
        self.handle(Event::Join {
            id: id.clone(),
            name,
            role: translate::role_in(role),
            publishing: translate::publishing_in(publishing),
            wishes: translate::wishes_in(wishes),
        });
        if self.seats.get(&id).is_some_and(|seat| !seat.welcomed) {
            self.seats.remove(&id);
        }
    }

    /// Tells the machine, and does what it says.
    fn handle(&mut self, event: Event<PairSignal>) {
        self.conference.handle(self.started.elapsed(), event);
        loop {
            while let Some(effect) = self.conference.poll() {
                self.perform(effect);
            }
            let Some(id) = self.stalled.pop() else { break };
            let event = Event::SocketClosed { id, clean: false };
            self.conference.handle(self.started.elapsed(), event);
        }
    }

    fn perform(&mut self, effect: Effect<PairSignal>) {
        match effect {
            Effect::Send { to, notice } => self.tell(&to, notice),
            Effect::OpenLeg {
                id,
                number,
                may_send,
                sound,
            } => self.open_leg(&id, number, may_send, sound),
            Effect::LegAnswer(id, sdp) => self.with_leg(&id, |leg| leg.answer(sdp)),
            Effect::LegCandidate(id, candidate, mline) => {
                self.with_leg(&id, |leg| leg.candidate(candidate, mline))
            }
            Effect::LegRestart(id, offer) => self.with_leg(&id, |leg| leg.restart(offer)),
            Effect::Show {
                subscriber,
                slot,
                publisher,
                source,
            } => {
                self.with_leg(&subscriber, |leg| {
                    leg.show(slot, &publisher.0, translate::source_name(source))
                });
            }
            Effect::Hide { subscriber, slot } => self.with_leg(&subscriber, |leg| leg.hide(slot)),
            Effect::Hides(id, hides) => self.note(Note::Hides {
                participant: id.0,
                hides,
            }),
            Effect::Sound(mode) => self.serve_sound(mode),
            Effect::CloseSocket(id) => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.line = None;
                }
            }
            Effect::CloseLeg(id) => self.vacate(&id),
            Effect::Over(reason) => self.end(reason),
        }
    }

    fn end(&mut self, reason: EndReason) {
        self.over = Some(reason);
        if reason != EndReason::Shutdown {
            self.note(Note::Ended { at: unix_now() });
        }
    }
}

/// Participants.
impl Room {
    fn tell(&mut self, to: &ParticipantId, notice: Notice<PairSignal>) {
        let Some(seat) = self.seats.get_mut(to) else {
            return;
        };
        seat.welcomed |= matches!(notice, Notice::Welcome { .. });
        let (address, fatal) = (seat.address, !seat.welcomed);
        let stun_url = seat.stun_url.clone();
        if let Notice::Welcome { me, .. } = &notice {
            self.note_arrival(me, address);
        }
        let message = translate::message(notice, &self.info, stun_url, fatal);
        self.say(to, message);
    }

    fn say(&mut self, to: &ParticipantId, message: ServerMessage) {
        let Some(seat) = self.seats.get_mut(to) else {
            return;
        };
        let kept_up = seat.line.as_ref().is_none_or(|line| line.0.say(message));
        if !kept_up {
            seat.line = None;
            self.stalled.push(to.clone());
        }
    }

    fn vacate(&mut self, id: &ParticipantId) {
        let Some(seat) = self.seats.remove(id) else {
            return;
        };
        if let Some(leg) = seat.leg {
            self.closing.spawn(leg.close());
        }
        let participant = id.0.clone();
        self.note(Note::Left {
            participant,
            at: unix_now(),
        });
    }

    fn note_arrival(&self, me: &Participant, address: SocketAddr) {
        let at = unix_now();
        self.note(Note::Joined {
            participant: me.id.0.clone(),
            name: me.name.clone(),
            role: translate::role_out(me.role),
            at,
        });
        self.note_address(
            &me.id,
            AddressOrigin::Socket,
            AddressProtocol::Tcp,
            &address.ip().to_string(),
            address.port(),
        );
    }

    fn note(&self, note: Note) {
        self.shared.store.note(&self.info.id, note);
    }
}

/// Legs.
impl Room {
    fn open_leg(&mut self, id: &ParticipantId, number: u32, may_send: bool, sound: SoundMode) {
        let Some(seat) = self.seats.get_mut(id) else {
            return;
        };
        let (events, told) = mpsc::unbounded_channel();
        let sound = translate::sound_of_leg(sound);
        let legs = &self.shared.legs;
        let config = legs.config(&self.info, id, number, may_send, sound);
        let leg = Leg::open(config, events);
        self.shared.meters.leg_opened(leg.stats());
        seat.leg = Some(leg);
        tokio::spawn(forward(id.clone(), told, self.mailbox.clone()));
    }

    fn serve_sound(&self, mode: SoundMode) {
        let legs = self.seats.values().filter_map(|seat| seat.leg.as_ref());
        legs.for_each(|leg| leg.serve(translate::sound_of_leg(mode)));
        self.note(Note::Sound(translate::sound_out(mode)));
    }

    fn with_leg(&self, id: &ParticipantId, tell: impl FnOnce(&Leg)) {
        if let Some(leg) = self.seats.get(id).and_then(|seat| seat.leg.as_ref()) {
            tell(leg);
        }
    }

    fn leg_event(&mut self, id: ParticipantId, event: LegEvent) {
        match event {
            LegEvent::Offer { sdp } => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    candidates(&sdp).for_each(|candidate| seat.place.told(candidate));
                }
                self.handle(Event::Offered(id.clone()));
                self.say(
                    &id,
                    ServerMessage::Offer {
                        sdp,
                        camera_mid: CAMERA_MID.into(),
                        screen_mid: SCREEN_MID.into(),
                    },
                );
            }
            LegEvent::Candidate {
                candidate,
                mline_index,
            } => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.place.told(&candidate);
                }
                self.say(
                    &id,
                    ServerMessage::Candidate {
                        candidate,
                        mline_index,
                    },
                );
            }
            LegEvent::Restarted { answer } => self.say(&id, ServerMessage::Restarted { answer }),
            LegEvent::Connected => self.handle(Event::LegConnected(id)),
            LegEvent::Heard => self.handle(Event::LegHeard(id)),
            LegEvent::Talkers(talkers) => self.mention_talkers(&id, talkers),
            LegEvent::Layers { source, needed } => {
                if let Some(message) = translate::layers(&source, needed) {
                    self.say(&id, message);
                }
            }
            LegEvent::Silent => self.handle(Event::LegSilent(id)),
            LegEvent::Back => self.handle(Event::LegBack(id)),
            LegEvent::Address { .. } => self.learn(id, &event),
            LegEvent::Refused(refused) => {
                self.say(&id, translate::leg_refusal(&refused));
                if let Refused::Answer(_) = refused {
                    self.handle(Event::AnswerRefused(id));
                }
            }
            LegEvent::Failed { cause } => {
                tracing::warn!("the leg of participant {} failed: {cause}", id.0);
                self.handle(Event::LegFailed(id));
            }
            LegEvent::Closed => {}
        }
    }

    fn mention_talkers(&self, id: &ParticipantId, talkers: Talkers) {
        let seat = self.seats.get(id).filter(|seat| seat.welcomed);
        if let Some(line) = seat.and_then(|seat| seat.line.as_ref()) {
            line.0.mention(translate::talkers(talkers));
        }
    }
}

async fn forward(
    id: ParticipantId,
    mut told: mpsc::UnboundedReceiver<LegEvent>,
    mailbox: mpsc::Sender<Input>,
) {
    while let Some(event) = told.recv().await {
        if mailbox.send(Input::Leg(id.clone(), event)).await.is_err() {
            return;
        }
    }
}

async fn until(alarm: Option<Instant>) {
    match alarm {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
