//! One server with its clients: joins, windows, and the words that go between the two.

use std::{
    collections::BTreeMap,
    sync::mpsc,
    time::{Duration, Instant},
};

use crate::{
    client::{Chirp, FromClients, Tally, ToClients},
    error::LoadError,
    observe::{self, Holdings, Spent, Usage},
    role::Role,
    scene::Scene,
    server::{FromServer, Notes, Passed, Said, Server},
};

/// Longer than anything takes on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one side says.
pub enum Heard {
    /// The server.
    Server(Result<FromServer, LoadError>),
    /// The clients.
    Clients(Result<FromClients, LoadError>),
}

/// What of it is not for the other side.
#[derive(PartialEq)]
enum News {
    Connected(usize),
    Flows(usize),
    Heard(Tally, f64),
    Notes(Notes),
    Chirps(Vec<Chirp>, Vec<Chirp>),
    Passed(BTreeMap<usize, Passed>),
}

impl News {
    fn is(&self, other: &Self) -> Option<()> {
        (self == other).then_some(())
    }
}

/// How long a join took.
#[derive(Clone, Copy, Debug)]
pub struct Join {
    /// Until the server said that the connection is there.
    pub connected: Duration,
    /// Until the first sound came out at the server.
    pub flows: Duration,
}

/// What was seen while a scene was played.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// How long it was.
    pub length: Duration,
    /// What the server used.
    pub server: Spent,
    /// What the clients used.
    pub clients: Spent,
    /// How many cores the rest of the machine kept busy.
    pub others: f64,
    /// What all clients heard.
    pub heard: Tally,
    /// Frames of 20 ms that they should have heard.
    pub expected: u64,
    /// What the server counted by itself.
    pub notes: Notes,
}

impl Window {
    /// So many, per second.
    pub fn per_second(&self, count: u64) -> f64 {
        count as f64 / self.length.as_secs_f64()
    }
}

/// What was seen while clients chirped.
#[derive(Clone, Debug, Default)]
pub struct Overheard {
    /// What it cost, and how busy the machine was.
    pub window: Window,
    /// Chirps that went out.
    pub spoken: Vec<Chirp>,
    /// Chirps that came in.
    pub heard: Vec<Chirp>,
    /// When packets passed the mixer, if it told.
    pub passed: BTreeMap<usize, Passed>,
}

/// Both sides and the words between them.
pub struct Conductor<S> {
    server: S,
    clients: Role,
    words: mpsc::Receiver<Heard>,
    legs: usize,
}

impl<S: Server> Conductor<S> {
    /// Starts both sides.
    ///
    /// # Errors
    /// When one does not start.
    pub fn start(
        server: impl FnOnce(mpsc::Sender<Heard>) -> Result<S, LoadError>,
    ) -> Result<Self, LoadError> {
        Self::with_chirpers(0, server)
    }

    /// The same; so many clients may chirp.
    ///
    /// # Errors
    /// When one side does not start.
    pub fn with_chirpers(
        chirpers: usize,
        server: impl FnOnce(mpsc::Sender<Heard>) -> Result<S, LoadError>,
    ) -> Result<Self, LoadError> {
        let (sender, words) = mpsc::channel();
        let arguments = ["clients", "--chirpers", &chirpers.to_string()];
        let clients = Role::start("clients", &arguments, sender.clone(), Heard::Clients)?;
        Ok(Self {
            server: server(sender)?,
            clients,
            words,
            legs: 0,
        })
    }

    /// One more joins. He sends until he is heard, and nobody else sends meanwhile.
    ///
    /// # Errors
    /// When he fails, or takes too long.
    pub fn join(&mut self) -> Result<Join, LoadError> {
        let leg = self.legs;
        let join = self.enter()?;
        self.clients.tell(&ToClients::Hush { leg })?;
        Ok(join)
    }

    /// One more joins, and goes on sending.
    ///
    /// # Errors
    /// When he fails, or takes too long.
    pub fn enter(&mut self) -> Result<Join, LoadError> {
        let (leg, start) = (self.legs, Instant::now());
        self.server.join(leg)?;
        self.until("connection", |news| news.is(&News::Connected(leg)))?;
        let connected = start.elapsed();
        self.until("sound", |news| news.is(&News::Flows(leg)))?;
        let flows = start.elapsed();
        self.legs += 1;
        Ok(Join { connected, flows })
    }

    /// Plays a scene; what is seen while it begins does not count.
    ///
    /// # Errors
    /// When something fails.
    pub fn play(
        &mut self,
        scene: Scene,
        warm_up: Duration,
        length: Duration,
    ) -> Result<Window, LoadError> {
        self.server.set(scene)?;
        self.clients.tell(&ToClients::Set { scene })?;
        self.pass(warm_up)?;
        let noted = self.notes()?;
        self.clients.tell(&ToClients::Count)?;
        let before = self.look()?;
        self.pass(length)?;
        let after = self.look()?;
        let (heard, seconds) = self.report()?;
        let notes = self.notes()?.since(&noted);
        let mix = if scene.is_heard() { MIX } else { 0.0 };
        let expected = (mix * seconds * self.legs as f64) as u64;
        Ok(Window {
            heard,
            expected,
            notes,
            ..before.window(&after)
        })
    }

    /// Has all chirp in turn while the server does its part of `scene`, with a jitter of at most so much; what is heard while that begins does not count.
    ///
    /// # Errors
    /// When something fails.
    pub fn overhear(
        &mut self,
        scene: Scene,
        jitter: Duration,
        warm_up: Duration,
        length: Duration,
    ) -> Result<Overheard, LoadError> {
        self.server.set(scene)?;
        self.clients.tell(&ToClients::Chirp { jitter })?;
        self.pass(warm_up)?;
        self.server.watch()?;
        self.clients.tell(&ToClients::Write)?;
        let before = self.look()?;
        self.pass(length)?;
        let after = self.look()?;
        self.clients.tell(&ToClients::Read)?;
        let (spoken, heard) = self.until("chirps", |news| match news {
            News::Chirps(spoken, heard) => Some((spoken, heard)),
            _ => None,
        })?;
        self.server.passed()?;
        let passed = self.until("passages", |news| match news {
            News::Passed(passed) => Some(passed),
            _ => None,
        })?;
        Ok(Overheard {
            window: before.window(&after),
            spoken,
            heard,
            passed,
        })
    }

    /// What the server has used.
    ///
    /// # Errors
    /// When it is gone.
    pub fn server_usage(&self) -> Result<Usage, LoadError> {
        Usage::of(self.server.process())
    }

    /// What the server holds.
    ///
    /// # Errors
    /// When it is gone.
    pub fn server_holdings(&self) -> Result<Holdings, LoadError> {
        Holdings::of(self.server.process())
    }

    /// Lets time pass. Sleeping would leave failures unheard.
    ///
    /// # Errors
    /// When something fails meanwhile.
    pub fn pass(&mut self, time: Duration) -> Result<(), LoadError> {
        let end = Instant::now() + time;
        while let Some(word) = self.next(end)? {
            self.carry(word)?;
        }
        Ok(())
    }

    fn look(&self) -> Result<Look, LoadError> {
        Ok(Look {
            at: Instant::now(),
            machine: observe::machine()?,
            server: self.server_usage()?,
            clients: Usage::of(self.clients.id())?,
        })
    }

    /// What the clients heard, and in how many seconds.
    fn report(&mut self) -> Result<(Tally, f64), LoadError> {
        self.clients.tell(&ToClients::Report)?;
        self.until("report", |news| match news {
            News::Heard(tally, seconds) => Some((tally, seconds)),
            _ => None,
        })
    }

    fn notes(&mut self) -> Result<Notes, LoadError> {
        self.server.ask()?;
        self.until("notes", |news| match news {
            News::Notes(notes) => Some(notes),
            _ => None,
        })
    }

    fn until<T>(&mut self, what: &str, wanted: impl Fn(News) -> Option<T>) -> Result<T, LoadError> {
        let deadline = Instant::now() + PATIENCE;
        while let Some(word) = self.next(deadline)? {
            if let Some(found) = self.carry(word)?.and_then(&wanted) {
                return Ok(found);
            }
        }
        Err(LoadError::Late {
            what: what.into(),
            patience: PATIENCE,
        })
    }

    fn next(&mut self, deadline: Instant) -> Result<Option<Heard>, LoadError> {
        let patience = deadline.saturating_duration_since(Instant::now());
        match self.words.recv_timeout(patience) {
            Ok(word) => Ok(Some(word)),
            Err(mpsc::RecvTimeoutError::Timeout) => Ok(None),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(LoadError::Ended("whole")),
        }
    }

    fn carry(&mut self, word: Heard) -> Result<Option<News>, LoadError> {
        match word {
            Heard::Server(word) => self.carry_down(word?),
            Heard::Clients(word) => self.carry_up(word?),
        }
    }

    fn carry_down(&mut self, word: FromServer) -> Result<Option<News>, LoadError> {
        match word {
            FromServer::Leg { leg, said } => self.carry_to(leg, said),
            FromServer::Notes(notes) => Ok(Some(News::Notes(notes))),
            FromServer::Passed(passed) => Ok(Some(News::Passed(passed))),
        }
    }

    fn carry_to(&mut self, leg: usize, said: Said) -> Result<Option<News>, LoadError> {
        match said {
            Said::Offer { sdp } => self.clients.tell(&ToClients::Offer { leg, sdp })?,
            Said::Candidate { candidate } => {
                self.clients
                    .tell(&ToClients::Candidate { leg, candidate })?;
            }
            Said::Connected => return Ok(Some(News::Connected(leg))),
            Said::Flows => return Ok(Some(News::Flows(leg))),
            Said::Failed { cause } => return Err(failed(leg, "server", cause)),
        }
        Ok(None)
    }

    fn carry_up(&mut self, word: FromClients) -> Result<Option<News>, LoadError> {
        match word {
            FromClients::Answer { leg, sdp } => self.server.answer(leg, sdp)?,
            FromClients::Failed { leg, cause } => return Err(failed(leg, "client", cause)),
            FromClients::Heard { tally, seconds } => return Ok(Some(News::Heard(tally, seconds))),
            FromClients::Chirps { spoken, heard } => return Ok(Some(News::Chirps(spoken, heard))),
        }
        Ok(None)
    }
}

/// All that is read at one end of a window.
struct Look {
    at: Instant,
    machine: Duration,
    server: Usage,
    clients: Usage,
}

/// Frames of the mix per second and listener.
pub const MIX: f64 = 50.0;

impl Look {
    fn window(&self, after: &Self) -> Window {
        let seconds = (after.at - self.at).as_secs_f64();
        let server = after.server.since(&self.server);
        let clients = after.clients.since(&self.clients);
        let machine = after.machine.saturating_sub(self.machine).as_secs_f64() / seconds;
        Window {
            length: after.at - self.at,
            others: (machine - server.cores - clients.cores).max(0.0),
            server,
            clients,
            ..Window::default()
        }
    }
}

fn failed(leg: usize, side: &'static str, cause: String) -> LoadError {
    LoadError::Leg { leg, side, cause }
}
