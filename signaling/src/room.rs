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
    Conference, Effect, EndReason, Event, FileOffer, ParticipantId, Settings,
};
use convene_pipelines::{Leg, LegEvent};
use convene_protocol::{
    AuditEntry, ClientMessage, ConferenceInfo, PairSignal, PathRecord, Publishing, Role, Wishes,
};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::Instant,
};

use crate::{
    files::Copy,
    leg::{LegKind, video_slots},
    limits::Bucket,
    metrics::Meters,
    outbox::{Line, Outbox},
    probe,
    store::{ConferenceRecord, Note, Store, StoreError},
    time::{since_1970, unix_now},
    tokens::Secret,
    translate,
};

mod captures;
mod files;
mod legs;
mod people;
mod probing;
mod whereabouts;

pub use files::{Bearer, NoCopy, Wanted};
use whereabouts::Whereabouts;

/// Messages that may wait in a conference's mailbox; then sockets wait, and so the pages behind them.
const MAILBOX: usize = 1_024;

/// What a conference is told.
#[derive(Debug)]
pub enum Input {
    /// Somebody wants to enter.
    Join(Box<Newcomer>),
    /// Somebody wants to be the same again.
    Resume(Box<Comeback>),
    /// Somebody says something.
    Said(Voice, ClientMessage),
    /// Somebody's socket closed; `clean`: the page closed it.
    SocketClosed {
        /// Whose.
        voice: Voice,
        /// How.
        clean: bool,
    },
    /// Somebody's leg has something to tell.
    Leg(ParticipantId, LegEvent),
    /// Somebody's probe has something to tell.
    Probe(ParticipantId, probe::News),
    /// What moderators did, as a moderator asked.
    Audit {
        /// Who asked.
        to: ParticipantId,
        /// His number for the answer.
        request: u32,
        /// What the database has.
        found: Result<Vec<AuditEntry>, StoreError>,
    },
    /// Somebody brings the server a copy of a file.
    Upload {
        /// Who.
        bearer: Bearer,
        /// Which.
        file: u32,
        /// Whether he may.
        reply: oneshot::Sender<Result<Wanted, NoCopy>>,
    },
    /// It is there, or will not be.
    Uploaded {
        /// Of which.
        file: u32,
        /// The copy.
        copy: Option<Copy>,
    },
    /// Somebody takes the server's copy of a file.
    Download {
        /// Who.
        bearer: Bearer,
        /// Which.
        file: u32,
        /// The copy.
        reply: oneshot::Sender<Result<(FileOffer, Copy), NoCopy>>,
    },
    /// A moderator asks how everyone gets everyone else's pictures.
    Paths(oneshot::Sender<Vec<PathRecord>>),
    /// A moderator ends it over the API.
    End,
    /// The service shuts down.
    Shutdown,
}

/// Who speaks, and on which of the service's sockets: a participant can have another one by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Who.
    pub id: ParticipantId,
    /// The socket's number.
    pub socket: u64,
}

/// A page's side: where it is, and where to speak to it.
#[derive(Debug)]
pub struct Page {
    /// The socket's number.
    pub socket: u64,
    /// Where it comes from.
    pub address: SocketAddr,
    /// How its browser reaches the legs' ports, as far as that is known.
    pub host: Option<String>,
    /// Where to speak to it.
    pub outbox: Outbox,
}

/// Somebody who wants to enter.
#[derive(Debug)]
pub struct Newcomer {
    /// His new id.
    pub id: ParticipantId,
    /// With what he can come back.
    pub key: Secret,
    /// The name he chose.
    pub name: String,
    /// The role his token gives him.
    pub role: Role,
    /// What he will send.
    pub publishing: Publishing,
    /// What he wishes of his network.
    pub wishes: Wishes,
    /// By what his browser is known again: a fingerprint.
    pub identity: Option<String>,
    /// His page.
    pub page: Page,
}

/// Somebody who wants to be the same again.
#[derive(Debug)]
pub struct Comeback {
    /// Who he says he is.
    pub id: ParticipantId,
    /// What shall prove it.
    pub key: String,
    /// Whether his page has its side of the leg still.
    pub has_leg: bool,
    /// His page.
    pub page: Page,
    /// Whether he is.
    pub reply: oneshot::Sender<bool>,
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
    /// The largest file of which there is a copy, in octets.
    pub file_limit: u64,
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
    /// Of files, by their numbers.
    copies: HashMap<u32, Copy>,
    mailbox: mpsc::Sender<Input>,
    people: Arc<AtomicUsize>,
    started: Instant,
    /// When that was, since 1970.
    origin: Duration,
    /// Those whose sockets did not keep up, as the machine has yet to be told.
    stalled: Vec<ParticipantId>,
    closing: JoinSet<()>,
    over: Option<EndReason>,
}

/// What belongs to one participant, or to one who waits to be one.
struct Seat {
    /// The number of his socket: what comes on another one is not his.
    socket: u64,
    key: Secret,
    address: SocketAddr,
    stun_url: Option<String>,
    line: Option<Line>,
    leg: Option<Leg>,
    place: Whereabouts,
    /// Whether he was let in.
    welcomed: bool,
    /// Whether he waits for that.
    waits: bool,
    /// How many copies of files he may ask for.
    copies: Bucket,
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
        let origin = since_1970();
        let settings = Settings {
            max_participants: record.max_participants as usize,
            slots: video_slots(record.max_participants),
            policy: translate::policy_in(record.topology),
            sound: translate::sound_in(record.sound),
            empty_grace: shared.empty_grace,
            starts: record.starts_at.map_or(Duration::ZERO, |at| {
                Duration::from_secs(at).saturating_sub(origin)
            }),
            file_limit: shared.file_limit,
        };
        let info = ConferenceInfo {
            id: record.id.clone(),
            title: record.title.clone(),
            max_participants: record.max_participants,
            starts_at: record.starts_at,
            rules: record.rules,
        };
        let room = Self {
            info,
            shared,
            conference: Conference::new(Duration::ZERO, settings, record.saved()),
            seats: HashMap::new(),
            copies: HashMap::new(),
            mailbox,
            people,
            started: Instant::now(),
            origin,
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
            self.people
                .store(self.conference.people(), Ordering::Relaxed);
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
            Input::Resume(comeback) => self.resume(*comeback),
            Input::Said(voice, message) => {
                if self.is_his(&voice) {
                    self.said(voice.id, message);
                }
            }
            Input::SocketClosed { voice, clean } => {
                if self.is_his(&voice) {
                    let id = voice.id;
                    self.handle(Event::SocketClosed { id, clean });
                }
            }
            Input::Leg(id, event) => self.leg_event(id, event),
            Input::Probe(id, news) => self.probe_news(id, news),
            Input::Audit { to, request, found } => self.tell_audit(&to, request, found),
            // Whoever asked may have gone.
            Input::Upload {
                bearer,
                file,
                reply,
            } => drop(reply.send(self.upload(&bearer, file))),
            Input::Uploaded { file, copy } => self.uploaded(file, copy),
            Input::Download {
                bearer,
                file,
                reply,
            } => drop(reply.send(self.download(&bearer, file))),
            Input::Paths(reply) => {
                let paths = self.conference.paths();
                // Whoever asked may have gone.
                let _ = reply.send(paths.into_iter().map(translate::path_record).collect());
            }
            Input::End => self.handle(Event::EndedByModerator),
            Input::Shutdown => self.handle(Event::Shutdown),
        }
    }

    fn said(&mut self, id: ParticipantId, message: ClientMessage) {
        match message {
            ClientMessage::Probe { signal } => self.probe_said(id, signal),
            ClientMessage::Sizes { pictures } => self.resize(&id, &pictures),
            ClientMessage::Skews { skews } => self.count_skews(&id, skews),
            message => {
                if let Some(event) = translate::event(&id, message) {
                    self.handle(event);
                }
            }
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
                heard,
                sound,
            } => self.open_leg(&id, number, heard, sound),
            Effect::Hear(id, heard) => self.with_leg(&id, |leg| leg.hear(heard)),
            Effect::Gains(id, gains) => {
                self.with_leg(&id, |leg| leg.set_gains(translate::gains_of_leg(gains)));
            }
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
            Effect::CloseLeg(id) => self.close_leg(&id),
            Effect::Gone(id) => self.vacate(&id),
            Effect::Keep(kept) => self.keep(kept),
            Effect::DropCopy(file) => drop(self.copies.remove(&file)),
            Effect::TellAudit { to, request } => self.look_up_audit(to, request),
            Effect::Over(reason) => self.end(reason),
        }
    }

    fn end(&mut self, reason: EndReason) {
        self.over = Some(reason);
        self.copies.clear();
        if reason != EndReason::Shutdown {
            self.note(Note::Ended { at: unix_now() });
        }
    }
}

async fn until(alarm: Option<Instant>) {
    match alarm {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
