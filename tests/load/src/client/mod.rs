//! The process that holds the clients, all on one thread: `peer` is one of them, `sound` and `chirp` what they say,
//! `grid` when, `tally` and `journal` what they make of what they hear.

mod chirp;
mod grid;
mod journal;
mod peer;
mod sound;
mod tally;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, watch},
    task::{LocalSet, spawn_blocking},
};

pub use self::{
    chirp::SPACING,
    journal::{Chirp, codecs},
    peer::stay_dark,
    sound::time_of,
    tally::Tally,
};
use self::{
    chirp::Turn,
    grid::Grid,
    journal::Journal,
    peer::{Part, Peer},
    sound::Sound,
    tally::Ear,
};
use crate::{
    clock::Clock,
    error::LoadError,
    lines,
    scene::{Scene, Silence},
};

/// What the conductor tells the clients.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToClients {
    /// A new client is to answer this offer, and send noise as soon as it can.
    Offer {
        /// Its leg.
        leg: usize,
        /// The session description.
        sdp: String,
    },
    /// A candidate of its leg.
    Candidate {
        /// Its leg.
        leg: usize,
        /// The attribute's value.
        candidate: String,
    },
    /// It has been heard and falls silent until the next scene.
    Hush {
        /// Its leg.
        leg: usize,
    },
    /// All play a scene.
    Set {
        /// Which.
        scene: Scene,
    },
    /// What is heard counts from now on.
    Count,
    /// What was heard is wanted.
    Report,
    /// All chirp in turn, and hold each packet back for up to so long.
    Chirp {
        /// The longest.
        jitter: Duration,
    },
    /// What comes and goes is written down from now on.
    Write,
    /// What was written down is wanted.
    Read,
}

/// What the clients say.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromClients {
    /// An answer.
    Answer {
        /// Of which client.
        leg: usize,
        /// The session description.
        sdp: String,
    },
    /// A client is of no use any more.
    Failed {
        /// Which.
        leg: usize,
        /// Why.
        cause: String,
    },
    /// What was heard.
    Heard {
        /// By all together.
        tally: Tally,
        /// Since they began to count, for so many seconds.
        seconds: f64,
    },
    /// What was written down.
    Chirps {
        /// Chirps that went out.
        spoken: Vec<Chirp>,
        /// Chirps that came in.
        heard: Vec<Chirp>,
    },
}

/// What a client sends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Voice {
    Talk,
    Noise,
    Dtx,
    Nothing,
    Chirp { turn: Turn, jitter: Duration },
}

/// What the process knows of one client.
struct Known {
    candidates: mpsc::UnboundedSender<String>,
    voice: watch::Sender<Voice>,
    ear: Rc<RefCell<Ear>>,
    journal: Rc<RefCell<Journal>>,
}

/// Holds clients until the conductor is gone. If some are to chirp, these send by one clock.
///
/// # Errors
/// When there is no sound to send, or the conductor is not understood.
pub fn run(chirpers: usize) -> Result<(), LoadError> {
    str0m::crypto::from_feature_flags().install_process_default();
    let clients = Clients {
        sound: Rc::new(Sound::new(chirpers)?),
        chirpers,
        clock: Clock::new()?,
        clients: BTreeMap::new(),
        counting: Instant::now(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(LoadError::io("starting tokio"))?;
    LocalSet::new().block_on(&runtime, clients.serve())
}

struct Clients {
    sound: Rc<Sound>,
    /// How many chirp.
    chirpers: usize,
    clock: Clock,
    clients: BTreeMap<usize, Known>,
    /// Since when it counts what is heard.
    counting: Instant,
}

impl Clients {
    async fn serve(mut self) -> Result<(), LoadError> {
        let mut words = lines::heard();
        while let Some(word) = words.recv().await {
            match word? {
                ToClients::Offer { leg, sdp } => self.open(leg, &sdp),
                ToClients::Candidate { leg, candidate } => self.candidate(leg, candidate),
                ToClients::Hush { leg } => self.say(leg, Voice::Nothing),
                ToClients::Set { scene } => self.set(scene),
                ToClients::Count => self.count(),
                ToClients::Report => lines::tell(&self.heard()),
                ToClients::Chirp { jitter } => self.chirp(jitter),
                ToClients::Write => self.write(),
                ToClients::Read => self.read(),
            }
        }
        Ok(())
    }

    fn open(&mut self, leg: usize, offer: &str) {
        let (candidates, inbox) = mpsc::unbounded_channel();
        let (voice, wanted) = watch::channel(Voice::Noise);
        let (ear, journal) = (Rc::default(), Rc::default());
        let part = Part {
            sound: Rc::clone(&self.sound),
            voice: wanted,
            grid: self.grid().map(|grid| (grid, leg)),
            ear: Rc::clone(&ear),
            journal: Rc::clone(&journal),
        };
        match Peer::answer(offer, part) {
            Ok((peer, sdp)) => {
                lines::tell(&FromClients::Answer { leg, sdp });
                tokio::task::spawn_local(run_peer(leg, peer, inbox));
                let known = Known {
                    candidates,
                    voice,
                    ear,
                    journal,
                };
                self.clients.insert(leg, known);
            }
            Err(cause) => failed(leg, &cause),
        }
    }

    fn candidate(&self, leg: usize, candidate: String) {
        if let Some(known) = self.clients.get(&leg) {
            // A client that has failed has said so.
            let _ = known.candidates.send(candidate);
        }
    }

    fn set(&self, scene: Scene) {
        for (place, &leg) in self.clients.keys().enumerate() {
            self.say(leg, Voice::of(place, scene));
        }
    }

    fn say(&self, leg: usize, voice: Voice) {
        if let Some(known) = self.clients.get(&leg) {
            known.voice.send_replace(voice);
        }
    }

    fn grid(&self) -> Option<Grid> {
        (self.chirpers > 0).then_some(Grid {
            origin: self.counting,
            clients: self.chirpers,
        })
    }

    fn turn(&self, place: usize) -> Turn {
        Turn {
            place,
            of: self.chirpers,
        }
    }

    fn chirp(&self, jitter: Duration) {
        for (place, &leg) in self.clients.keys().enumerate().take(self.chirpers) {
            let turn = self.turn(place);
            self.say(leg, Voice::Chirp { turn, jitter });
        }
    }

    fn write(&self) {
        for known in self.clients.values() {
            known.journal.borrow_mut().begin();
        }
    }

    /// Tells what was written, once it is understood: on another thread, for that takes longer than packets can wait.
    fn read(&self) {
        let journals = self.clients.iter().enumerate();
        let journals: Vec<_> = journals
            .map(|(place, (&leg, known))| {
                (leg, self.turn(place), known.journal.borrow_mut().take())
            })
            .collect();
        let clock = self.clock;
        spawn_blocking(move || match chirps(&journals, &clock) {
            Ok(chirps) => lines::tell(&chirps),
            Err(cause) => failed(0, &cause),
        });
    }

    fn count(&mut self) {
        self.counting = Instant::now();
        for known in self.clients.values() {
            known.ear.borrow_mut().count();
        }
    }

    fn heard(&self) -> FromClients {
        let clients = self.clients.values();
        FromClients::Heard {
            tally: clients.map(|known| known.ear.borrow().tally()).sum(),
            seconds: self.counting.elapsed().as_secs_f64(),
        }
    }
}

impl Voice {
    fn of(place: usize, scene: Scene) -> Self {
        match scene.silence {
            _ if place % scene.people < scene.talkers => Self::Talk,
            Silence::Noise => Self::Noise,
            Silence::Dtx => Self::Dtx,
            Silence::Nothing => Self::Nothing,
        }
    }
}

fn chirps(journals: &[(usize, Turn, Journal)], clock: &Clock) -> Result<FromClients, LoadError> {
    let (mut spoken, mut heard) = (Vec::new(), Vec::new());
    for (leg, turn, journal) in journals {
        spoken.extend(journal.spoken(*leg, *turn, clock));
        heard.extend(journal.heard(*leg, clock)?);
    }
    Ok(FromClients::Chirps { spoken, heard })
}

async fn run_peer(leg: usize, peer: Peer, candidates: mpsc::UnboundedReceiver<String>) {
    if let Err(cause) = peer.run(candidates).await {
        failed(leg, &cause);
    }
}

fn failed(leg: usize, cause: &LoadError) {
    let cause = cause.to_string();
    lines::tell(&FromClients::Failed { leg, cause });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_talk_in_each_conference() {
        let voices = |people, silence| {
            let scene = Scene::of_conferences(people, silence);
            (0..9)
                .map(|place| Voice::of(place, scene))
                .collect::<Vec<_>>()
        };
        let (talk, noise, dtx) = (Voice::Talk, Voice::Noise, Voice::Dtx);
        let twice = [talk, talk, talk, dtx, talk, talk, talk, dtx, talk];
        assert_eq!(voices(4, Silence::Dtx), twice);
        let once = voices(crate::scene::EVERYBODY, Silence::Noise);
        assert_eq!(
            once,
            [talk, talk, talk, noise, noise, noise, noise, noise, noise]
        );
    }
}
