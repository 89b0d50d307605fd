//! One WebSocket per participant. The first message is `join` or `resume`; then messages go to the conference and its go
//! back.
//!
//! A socket is its own task, in which three things go on: listening, speaking, and being told that its page does not
//! keep up. Whatever ends one of them ends the socket, and the conference is told how.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use convene_conference::ParticipantId;
use convene_protocol::{
    ClientMessage, ErrorCode, MAX_MESSAGE_BYTES, MessageError, Publishing, Role, ServerMessage,
    Wishes, parse_client,
};
use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{self, Instant},
};
use tokio_tungstenite::tungstenite;
use warp::ws::{Message, WebSocket};

use crate::{
    House, ids,
    limits::{Bucket, Rate},
    outbox::{Out, Outbox, outbox},
    room::{Comeback, Input, Newcomer, Page, RoomHandle, Voice},
    time::unix_now,
};

/// The longest message the WebSocket takes in. Longer ones than [`MAX_MESSAGE_BYTES`] are refused by name; of one
/// that is longer than this nothing is read, and the socket closes.
pub const MAX_FRAME_BYTES: usize = 4 * MAX_MESSAGE_BYTES;

/// The close codes (RFC 6455 section 7.4.1).
const CLOSE_NORMAL: u16 = 1000;

const PING: Duration = Duration::from_secs(2);
const MISSED_PINGS: u32 = 2;
const WRITE: Duration = Duration::from_secs(10);
const JOIN: Duration = Duration::from_secs(10);
/// How long a page may take to close its side.
const FAREWELL: Duration = Duration::from_secs(1);

const NO_CONFERENCE: &str = "there is no such conference, or it has ended";

/// Whoever enters a conference of 100 sends an offer and ten candidates to each.
const MESSAGES: Rate = Rate {
    burst: 3_000.0,
    per_second: 200.0,
};

/// Where somebody knocks.
pub struct Door {
    /// The service.
    pub house: Arc<House>,
    /// The conference's id, as the URL has it.
    pub conference: String,
    /// Where the client is.
    pub address: SocketAddr,
    /// How his browser reaches the legs' ports, as far as that is known.
    pub host: Option<String>,
}

/// How a socket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// The page closed it, or we did.
    Closed,
    /// It broke, its page was silent, or went without a goodbye.
    Broken,
    /// Its page did not read.
    Stalled,
}

impl Door {
    /// Serves a socket until it is closed.
    pub async fn serve(self, socket: WebSocket) {
        let _open = self.house.socket_opened();
        let (sink, stream) = socket.split();
        let (outbox, outgoing) = outbox();
        let pulse = Pulse::default();
        let mut ear = Ear::new(&self, outbox);
        let ending = {
            let mut listening = Box::pin(ear.listen(stream, &pulse));
            let speaking = speak(sink, outgoing.queue, &pulse);
            tokio::select! {
                ending = &mut listening => ending,
                ending = speaking => {
                    // The page's own goodbye; what it says meanwhile goes unheard.
                    let _ = time::timeout(FAREWELL, listening).await;
                    ending
                }
                () = outgoing.overflow.notified() => Ending::Stalled,
            }
        };
        if ending == Ending::Stalled {
            self.house
                .meters
                .sockets_stalled
                .fetch_add(1, Ordering::Relaxed);
        }
        if let Stage::Inside { voice, room } = ear.stage {
            let clean = ending == Ending::Closed;
            room.tell(Input::SocketClosed { voice, clean }).await;
        }
    }
}

/// Whether the page still answers.
#[derive(Debug, Default)]
struct Pulse(AtomicU32);

impl Pulse {
    fn felt(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    /// Counts a ping as unanswered until something comes; `false` when that was one too many.
    fn ping(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) < MISSED_PINGS
    }
}

async fn speak(
    mut sink: SplitSink<WebSocket, Message>,
    mut queue: mpsc::Receiver<Out>,
    pulse: &Pulse,
) -> Ending {
    let mut pings = time::interval_at(Instant::now() + PING, PING);
    loop {
        let message = tokio::select! {
            out = queue.recv() => match out {
                Some(Out::Say(message)) => Message::text(
                    serde_json::to_string(&message).expect("a message has string keys and no map"),
                ),
                Some(Out::Close) | None => break,
            },
            _ = pings.tick() => {
                if !pulse.ping() {
                    return Ending::Broken;
                }
                Message::ping(Vec::new())
            }
        };
        match time::timeout(WRITE, sink.send(message)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return Ending::Broken,
            Err(_) => return Ending::Stalled,
        }
    }
    let farewell = sink.send(Message::close_with(CLOSE_NORMAL, ""));
    // A page that is gone needs none.
    let _ = time::timeout(FAREWELL, farewell).await;
    Ending::Closed
}

/// What hears a page.
struct Ear<'a> {
    door: &'a Door,
    /// The socket's number.
    socket: u64,
    outbox: Outbox,
    stage: Stage,
    /// Whether a fatal error was said: nothing more is heard.
    dismissed: bool,
    bucket: Bucket,
    opened: Instant,
}

/// How far a page is.
enum Stage {
    /// It has not joined.
    AtDoor,
    /// It has.
    Inside { voice: Voice, room: RoomHandle },
}

impl<'a> Ear<'a> {
    fn new(door: &'a Door, outbox: Outbox) -> Self {
        Self {
            door,
            socket: door.house.next_socket(),
            outbox,
            stage: Stage::AtDoor,
            dismissed: false,
            bucket: Bucket::full(MESSAGES, Duration::ZERO),
            opened: Instant::now(),
        }
    }

    async fn listen(&mut self, mut stream: SplitStream<WebSocket>, pulse: &Pulse) -> Ending {
        loop {
            match self.next(&mut stream).await {
                Some(Ok(message)) => {
                    pulse.felt();
                    self.hear(&message).await;
                    if message.is_close() && !self.dismissed {
                        return ending_of(&message);
                    }
                }
                Some(Err(error)) if is_too_long(&error) => {
                    let cause = format!("a message of more than {MAX_FRAME_BYTES} bytes");
                    self.dismiss(ErrorCode::TooLarge, cause);
                }
                Some(Err(_)) => return Ending::Broken,
                // What is left to say is still being said.
                None if self.dismissed => std::future::pending().await,
                None => return Ending::Broken,
            }
        }
    }

    /// The next message; whoever does not join in time is dismissed.
    async fn next(
        &mut self,
        stream: &mut SplitStream<WebSocket>,
    ) -> Option<Result<Message, warp::Error>> {
        if matches!(self.stage, Stage::AtDoor) && !self.dismissed {
            let mut stopping = self.door.house.stopping.clone();
            tokio::select! {
                next = stream.next() => return next,
                () = time::sleep_until(self.opened + JOIN) => {
                    self.dismiss(ErrorCode::OutOfOrder, format!("no `join` came within {JOIN:?}"));
                }
                _ = stopping.wait_for(|stop| *stop) => {
                    self.dismiss(ErrorCode::NoConference, "the service shuts down");
                }
            }
        }
        stream.next().await
    }

    async fn hear(&mut self, message: &Message) {
        if self.dismissed || message.is_close() {
            return;
        }
        if !self.bucket.take(MESSAGES, self.opened.elapsed()) {
            return self.dismiss(
                ErrorCode::TooMany,
                "more messages than anyone needs to send",
            );
        }
        if let Ok(text) = message.to_str() {
            match parse_client(text) {
                Ok(message) => self.understand(message).await,
                Err(error) => self.outbox.refuse(code_of(&error), error, false),
            }
        } else if message.is_binary() {
            self.outbox
                .refuse(ErrorCode::Malformed, "only text messages are read", false);
        }
    }

    async fn understand(&mut self, message: ClientMessage) {
        match (&self.stage, message) {
            (
                Stage::AtDoor,
                ClientMessage::Join {
                    name,
                    token,
                    publishing,
                    wishes,
                    identity,
                },
            ) => {
                let who = (token.as_deref(), identity.as_deref());
                self.enter(name, who, (publishing, wishes)).await;
            }
            (
                Stage::AtDoor,
                ClientMessage::Resume {
                    participant,
                    key,
                    has_leg,
                },
            ) => {
                let id = ParticipantId(participant);
                self.resume(id, key, has_leg).await;
            }
            (_, ClientMessage::Ping {}) => {
                self.outbox.say(ServerMessage::Pong {});
            }
            (Stage::AtDoor, _) => {
                self.outbox.refuse(
                    ErrorCode::OutOfOrder,
                    "the first message must be `join` or `resume`",
                    false,
                );
            }
            (Stage::Inside { .. }, ClientMessage::Join { .. } | ClientMessage::Resume { .. }) => {
                self.outbox
                    .refuse(ErrorCode::OutOfOrder, "you have joined already", false);
            }
            (Stage::Inside { voice, room }, message) => {
                room.tell(Input::Said(voice.clone(), message)).await;
            }
        }
    }

    async fn enter(
        &mut self,
        name: String,
        (token, identity): (Option<&str>, Option<&str>),
        (publishing, wishes): (Publishing, Wishes),
    ) {
        if identity.is_some_and(|identity| !is_identity(identity)) {
            let cause = "an identity has 22 to 128 letters, digits, `-` and `_`";
            return self.outbox.refuse(ErrorCode::Malformed, cause, false);
        }
        let role = match self.role(token) {
            Ok(role) => role,
            Err(cause) => return self.dismiss(ErrorCode::BadToken, cause),
        };
        let (id, key) = match ids::fresh().and_then(|id| Ok((ParticipantId(id), ids::secret()?))) {
            Ok(fresh) => fresh,
            Err(cause) => return self.dismiss(ErrorCode::Internal, cause),
        };
        let newcomer = Newcomer {
            id: id.clone(),
            key,
            name,
            role,
            publishing,
            wishes,
            identity: identity.map(|identity| self.fingerprint(identity)),
            page: self.page(),
        };
        let room = self.room();
        match room {
            Some(room) if room.tell(Input::Join(Box::new(newcomer))).await => {
                self.is_inside(id, room)
            }
            _ => self.dismiss(ErrorCode::NoConference, NO_CONFERENCE),
        }
    }

    /// Whoever cannot be the same again may still join.
    async fn resume(&mut self, id: ParticipantId, key: String, has_leg: bool) {
        let Some(room) = self.room() else {
            return self.dismiss(ErrorCode::NoConference, NO_CONFERENCE);
        };
        let (reply, resumed) = oneshot::channel();
        let comeback = Comeback {
            id: id.clone(),
            key,
            has_leg,
            page: self.page(),
            reply,
        };
        room.tell(Input::Resume(Box::new(comeback))).await;
        if resumed.await.unwrap_or(false) {
            self.is_inside(id, room);
        } else {
            let cause = "there is nobody to be again; join";
            self.outbox.refuse(ErrorCode::CannotResume, cause, false);
        }
    }

    fn is_inside(&mut self, id: ParticipantId, room: RoomHandle) {
        let socket = self.socket;
        let voice = Voice { id, socket };
        self.stage = Stage::Inside { voice, room };
    }

    fn room(&self) -> Option<RoomHandle> {
        self.door.house.directory.room(&self.door.conference)
    }

    fn page(&self) -> Page {
        Page {
            socket: self.socket,
            address: self.door.address,
            host: self.door.host.clone(),
            outbox: self.outbox.clone(),
        }
    }

    fn fingerprint(&self, identity: &str) -> String {
        let tokens = &self.door.house.tokens;
        tokens.fingerprint(&self.door.conference, identity)
    }

    fn role(&self, token: Option<&str>) -> Result<Role, crate::tokens::TokenError> {
        let tokens = &self.door.house.tokens;
        let role = |token| tokens.role(token, &self.door.conference, unix_now());
        token.map_or(Ok(Role::Speaker), role)
    }

    /// Hears nothing more from here, and closes after the error.
    fn dismiss(&mut self, code: ErrorCode, cause: impl ToString) {
        self.outbox.refuse(code, cause, true);
        self.dismissed = true;
    }
}

/// Who goes for good says so by a normal end. A page that is left or loaded anew does not close its socket, its browser
/// does (1001), and nobody knows before it comes back which of the two it was; a page that takes another socket closes the
/// old one by a code of its own.
fn ending_of(close: &Message) -> Ending {
    match close.close_frame() {
        Some((CLOSE_NORMAL, _)) | None => Ending::Closed,
        Some(_) => Ending::Broken,
    }
}

/// At least 128 bits of base 64 (RFC 4648 section 5).
fn is_identity(text: &str) -> bool {
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-' || letter == b'_';
    (22..=128).contains(&text.len()) && text.bytes().all(fits)
}

fn code_of(error: &MessageError) -> ErrorCode {
    match error {
        MessageError::TooLarge { .. } => ErrorCode::TooLarge,
        MessageError::Malformed(_) => ErrorCode::Malformed,
    }
}

fn is_too_long(error: &warp::Error) -> bool {
    let source = std::error::Error::source(error);
    let cause = source.and_then(|source| source.downcast_ref::<tungstenite::Error>());
    matches!(cause, Some(tungstenite::Error::Capacity(_)))
}
