//! Janus with its AudioBridge, Debian's package, at its best: as many event loops as there are cores, nothing loaded
//! that is not used, Opus as this project's mixer has it.
//!
//! Here is its process and the way to it: a socket of whole packets, because datagrams for which there is no room at
//! once are lost there. `config` is what it reads, `bridge` what it says.

mod bridge;
mod config;

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use socket2::{Domain, SockAddr, Socket, Type};
use tempfile::TempDir;

use self::bridge::{Bridge, Step, Word};
use super::{Codec, FromServer, Notes, Server};
use crate::{error::LoadError, lines, scene::Scene};

const NAME: &str = "Janus";

/// More than it takes to start on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// On a loaded machine Janus 1.1.2 may end by itself: the thread of its socket gives up when it comes to run before the
/// one that starts it has gone on. So it is started anew, at most this often.
const STARTS: usize = 20;

/// How often it is looked whether it listens yet.
const LOOK: Duration = Duration::from_millis(50);

/// More than its longest word has: a description with one m-line, or the names of everybody in a room.
const LONGEST: usize = 128 * 1_024;

/// A room's number; they have to begin with 1.
fn room(conference: usize) -> usize {
    conference + 1
}

/// A Janus in a process of its own.
pub struct Janus {
    process: Process,
    line: Arc<Line>,
    /// What it has to read, and its socket; gone with it.
    _folder: TempDir,
}

/// Ends with its owner.
struct Process(Child);

/// The way to it and back.
struct Line {
    socket: Socket,
    bridge: Mutex<Bridge>,
    tell: Box<dyn Fn(Result<FromServer, LoadError>) + Send + Sync>,
}

/// How many event loops it gets.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

impl Janus {
    /// Starts one that has `rooms` with `people` in each, holds the first packets back until there are more than `held`
    /// (`None`: as it does by itself), and tells what happens through `events`.
    ///
    /// # Errors
    /// When it is not installed, or does not answer.
    pub fn start<E: Send + 'static>(
        codec: Codec,
        (rooms, people): (usize, usize),
        held: Option<u32>,
        events: mpsc::Sender<E>,
        hear: fn(Result<FromServer, LoadError>) -> E,
    ) -> Result<Self, LoadError> {
        let folder = tempfile::tempdir().map_err(LoadError::io("making a folder"))?;
        let address = folder.path().join("janus");
        for (name, text) in config::files(codec, (rooms, held), cores(), &address) {
            fs::write(folder.path().join(name), text).map_err(LoadError::io(name))?;
        }
        let (process, socket, session) = started(folder.path(), &address).inspect_err(|_| {
            eprint!(
                "{}",
                fs::read_to_string(log(folder.path())).unwrap_or_default()
            );
        })?;
        let line = Arc::new(Line {
            socket,
            bridge: Mutex::new(Bridge::new(codec, people, session)),
            tell: Box::new(move |said| {
                // Once the conductor is gone nobody wants to know.
                let _ = events.send(hear(said));
            }),
        });
        let listener = Arc::clone(&line);
        thread::spawn(move || listener.listen());
        Ok(Self {
            process,
            line,
            _folder: folder,
        })
    }
}

impl Process {
    fn launch(folder: &Path) -> Result<Self, LoadError> {
        let log = fs::File::create(log(folder)).map_err(LoadError::io("making a log"))?;
        let errors = log.try_clone().map_err(LoadError::io("making a log"))?;
        let process = Command::new("janus")
            .arg("--configs-folder")
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .spawn();
        let starting = LoadError::io("starting `janus`, Debian's package of that name");
        process.map(Self).map_err(starting)
    }

    fn lives(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; waiting for it is all that is left then.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What it says of itself.
fn log(folder: &Path) -> PathBuf {
    folder.join("log")
}

/// One that has stayed alive until it gave us a session.
fn started(folder: &Path, address: &Path) -> Result<(Process, Socket, u64), LoadError> {
    let mut starts = 1;
    loop {
        let mut process = Process::launch(folder)?;
        match connected(&mut process, address).and_then(session) {
            Err(LoadError::Ended(_)) if starts < STARTS => starts += 1,
            given => return given.map(|(socket, session)| (process, socket, session)),
        }
    }
}

/// As soon as it listens.
fn connected(process: &mut Process, address: &Path) -> Result<Socket, LoadError> {
    let connecting = || LoadError::io(format!("connecting to {NAME}"));
    let deadline = Instant::now() + PATIENCE;
    loop {
        let socket = Socket::new(Domain::UNIX, Type::SEQPACKET, None).map_err(connecting())?;
        match socket.connect(&SockAddr::unix(address).map_err(connecting())?) {
            Ok(()) => return Ok(socket),
            Err(_) if !process.lives() => return Err(LoadError::Ended(NAME)),
            Err(cause) if Instant::now() > deadline => return Err(connecting()(cause)),
            Err(_) => thread::sleep(LOOK),
        }
    }
}

/// Asks for a session.
fn session(socket: Socket) -> Result<(Socket, u64), LoadError> {
    say(&socket, &bridge::session())?;
    loop {
        if let Word::Success { data, .. } = heard(&socket)? {
            return Ok((socket, data.id));
        }
    }
}

fn heard(mut socket: &Socket) -> Result<Word, LoadError> {
    let mut packet = vec![0; LONGEST];
    let length = socket.read(&mut packet).map_err(gone("listening to"))?;
    match length {
        0 => Err(LoadError::Ended(NAME)),
        length => lines::word(String::from_utf8_lossy(&packet[..length]).into()),
    }
}

fn say(socket: &Socket, words: &Value) -> Result<(), LoadError> {
    let sent = socket.send(words.to_string().as_bytes());
    sent.map(|_| ()).map_err(gone("speaking to"))
}

/// A connection breaks when its other side ends.
fn gone(what: &str) -> impl FnOnce(io::Error) -> LoadError {
    move |cause| match cause.kind() {
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => LoadError::Ended(NAME),
        _ => LoadError::io(format!("{what} {NAME}"))(cause),
    }
}

impl Line {
    /// Until it ends, which is told too.
    fn listen(&self) {
        loop {
            if let Err(error) = heard(&self.socket).and_then(|word| self.hear(word)) {
                return (self.tell)(Err(error));
            }
        }
    }

    fn hear(&self, word: Word) -> Result<(), LoadError> {
        let step = self.bridge().hear(word);
        match step {
            None => {}
            Some(Step::Say(words)) => say(&self.socket, &words)?,
            Some(Step::Tell(said)) => (self.tell)(Ok(said)),
            Some(Step::Complain(cause)) => {
                return Err(LoadError::Server(format!("{NAME}: {cause}")));
            }
        }
        Ok(())
    }

    fn bridge(&self) -> MutexGuard<'_, Bridge> {
        self.bridge.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server for Janus {
    fn process(&self) -> u32 {
        self.process.0.id()
    }

    fn join(&mut self, leg: usize) -> Result<(), LoadError> {
        let words = self.line.bridge().join(leg);
        say(&self.line.socket, &words)
    }

    fn answer(&mut self, leg: usize, sdp: String) -> Result<(), LoadError> {
        let words = self.line.bridge().answer(leg, &sdp);
        words.map_or(Ok(()), |words| say(&self.line.socket, &words))
    }

    /// It does the same in each.
    fn set(&mut self, _: Scene) -> Result<(), LoadError> {
        Ok(())
    }

    /// It counts nothing that is wanted here.
    fn ask(&mut self) -> Result<(), LoadError> {
        (self.line.tell)(Ok(FromServer::Notes(Notes::default())));
        Ok(())
    }

    /// Nor does it tell when packets pass.
    fn watch(&mut self) -> Result<(), LoadError> {
        Ok(())
    }

    fn passed(&mut self) -> Result<(), LoadError> {
        (self.line.tell)(Ok(FromServer::Passed(BTreeMap::new())));
        Ok(())
    }
}
