//! What survives a restart: conferences, and for a while who was in them from which addresses. SQLite, on a thread of
//! its own, since it blocks.
//!
//! Creating a conference waits for the disk and fails with it. What a running conference writes is posted: a full disk
//! is logged and counted, and the conference goes on.

use std::{
    collections::BTreeSet,
    ops::ControlFlow,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use convene_conference::{Ban, Saved};
use convene_protocol::{
    AddressOrigin, AddressProtocol, AuditEntry, ParticipantRecord, Role, Rules, SoundMode,
    StandingRecord, Topology,
};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::translate;

mod moderation;
mod rows;

/// A conference that was created and has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConferenceRecord {
    /// The id in its URL.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether the public list shows it.
    pub listed: bool,
    /// How many may be in it at once.
    pub max_participants: u32,
    /// Who connects to whom.
    pub topology: Topology,
    /// How everyone gets the others' sound.
    pub sound: SoundMode,
    /// When it was created, in seconds since 1970.
    pub created_at: u64,
    /// When it begins, in seconds since 1970; `None`: at its creation.
    pub starts_at: Option<u64>,
    /// What holds for all in it.
    pub rules: Rules,
    /// Who is kept out.
    pub bans: Vec<Ban>,
    /// The fingerprints of those who were made moderators.
    pub moderators: BTreeSet<String>,
    /// Whether there ever was a moderator in it.
    pub was_led: bool,
    /// The address its creator's request came from.
    pub creator_address: String,
}

impl ConferenceRecord {
    /// What the conference has to know again.
    #[must_use]
    pub fn saved(&self) -> Saved {
        Saved {
            rules: translate::rules_in(self.rules),
            bans: self.bans.clone(),
            moderators: self.moderators.clone(),
            led: self.was_led,
        }
    }
}

/// Why something is not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite's words.
    #[error("the database does not take it: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database is another version's.
    #[error("the database has version {0}, which this program does not know")]
    Version(i64),
    /// Its thread has ended.
    #[error("the database is closed")]
    Closed,
}

/// Something that a running conference wants kept.
#[derive(Clone, Debug)]
pub enum Note {
    /// Somebody came.
    Joined {
        /// His id.
        participant: String,
        /// His name.
        name: String,
        /// What he may do.
        role: Role,
        /// When.
        at: u64,
    },
    /// Somebody left.
    Left {
        /// His id.
        participant: String,
        /// When.
        at: u64,
    },
    /// It became known where somebody stands.
    Classified {
        /// His id.
        participant: String,
        /// Where.
        standing: StandingRecord,
    },
    /// Somebody wishes that nobody but the service learns his address, or does not any more.
    Hides {
        /// His id.
        participant: String,
        /// Whether.
        hides: bool,
    },
    /// An address of somebody's became known.
    Address {
        /// His id.
        participant: String,
        /// How.
        origin: AddressOrigin,
        /// Of what it is.
        protocol: AddressProtocol,
        /// The address.
        address: String,
        /// The port.
        port: u16,
        /// When.
        at: u64,
    },
    /// Everyone gets the others' sound in another way.
    Sound(SoundMode),
    /// What holds for all has changed.
    Rules(Rules),
    /// Somebody's role is another.
    Role {
        /// His id.
        participant: String,
        /// Which.
        role: Role,
    },
    /// Whoever has this fingerprint was made moderator, or is not any more.
    Moderator {
        /// Which.
        identity: String,
        /// Whether.
        is: bool,
    },
    /// Somebody is kept out.
    Banned(Ban),
    /// He is not any more: the ban's number.
    Unbanned(u32),
    /// A moderator did something.
    Acted(AuditEntry),
    /// The conference ended.
    Ended {
        /// When.
        at: u64,
    },
}

/// The last one breaks.
type Job = Box<dyn FnOnce(&Connection) -> ControlFlow<()> + Send>;

/// The database.
#[derive(Clone)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    failures: Arc<AtomicU64>,
    ended: Arc<tokio::sync::Notify>,
}

impl Store {
    /// Opens the database in `data_dir`; makes it the first time. Those who were in a conference when the service
    /// last ended have left it.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened or is of another version.
    pub fn open(data_dir: &Path, now: u64) -> Result<Self, StoreError> {
        let connection = Connection::open(data_dir.join("convene.sqlite"))?;
        rows::prepare(&connection)?;
        rows::all_left(&connection, now)?;
        let (jobs, inbox) = mpsc::channel::<Job>();
        let ended = Arc::new(tokio::sync::Notify::new());
        let tell = Arc::clone(&ended);
        thread::Builder::new()
            .name("store".into())
            .spawn(move || {
                // It ends with the last job, or when nobody is left to give one.
                let _ = inbox.into_iter().try_for_each(|job| job(&connection));
                drop(connection);
                tell.notify_one();
            })
            .map_err(|_| StoreError::Closed)?;
        Ok(Self {
            jobs,
            failures: Arc::default(),
            ended,
        })
    }

    /// Keeps a new conference.
    ///
    /// # Errors
    /// [`StoreError`] when the disk is full, say.
    pub async fn create(&self, conference: ConferenceRecord) -> Result<(), StoreError> {
        self.ask(move |connection| rows::create(connection, &conference))
            .await
    }

    /// All conferences that have not ended, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open_conferences(&self) -> Result<Vec<ConferenceRecord>, StoreError> {
        self.ask(rows::open_conferences).await
    }

    /// Who was in a conference, in the order of their coming; with `address`, only those of whom it is known. `None`
    /// when there was no such conference.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn participants(
        &self,
        conference: String,
        address: Option<String>,
    ) -> Result<Option<Vec<ParticipantRecord>>, StoreError> {
        self.ask(move |connection| rows::participants(connection, &conference, address.as_deref()))
            .await
    }

    /// What moderators did in a conference, the newest first; the last of it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn audit(&self, conference: String) -> Result<Vec<AuditEntry>, StoreError> {
        self.ask(move |connection| moderation::audit(connection, &conference))
            .await
    }

    /// Forgets all conferences that ended before `before`, with everyone who was in them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget(&self, before: u64) -> Result<usize, StoreError> {
        self.ask(move |connection| rows::forget(connection, before))
            .await
    }

    /// Keeps something when there is time for it. A failure is logged and counted.
    pub fn note(&self, conference: &str, note: Note) {
        let (conference, failures) = (conference.to_owned(), Arc::clone(&self.failures));
        let job = move |connection: &Connection| {
            if let Err(error) = rows::note(connection, &conference, &note) {
                failures.fetch_add(1, Ordering::Relaxed);
                tracing::error!("what happened in a conference is not kept: {error}");
            }
            ControlFlow::Continue(())
        };
        if self.jobs.send(Box::new(job)).is_err() {
            self.failures.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How much was not kept.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Takes nothing more; returns when all is kept that was given before, and the file is closed. Once only.
    pub async fn close(&self) {
        if self.jobs.send(Box::new(|_| ControlFlow::Break(()))).is_ok() {
            self.ended.notified().await;
        }
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever asked may not wait any more.
            let _ = reply.send(question(connection));
            ControlFlow::Continue(())
        });
        self.jobs.send(job).map_err(|_| StoreError::Closed)?;
        Ok(answer.await.map_err(|_| StoreError::Closed)??)
    }
}

#[cfg(test)]
mod tests;
