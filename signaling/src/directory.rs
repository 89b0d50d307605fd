//! All conferences that have not ended, and the tasks that run them.
//!
//! A conference whose task panics takes nobody along: its people are let go, and it starts empty at the next join.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use convene_protocol::ConferenceSummary;
use tokio::task::JoinSet;

use crate::{
    room::{Input, Room, RoomHandle, Shared},
    store::ConferenceRecord,
};

/// The directory.
pub struct Directory {
    shared: Shared,
    entries: Mutex<HashMap<String, Entry>>,
    tasks: Mutex<JoinSet<()>>,
}

struct Entry {
    record: ConferenceRecord,
    /// Absent after a panic.
    room: Option<RoomHandle>,
}

impl Directory {
    /// An empty one.
    #[must_use]
    pub fn new(shared: Shared) -> Arc<Self> {
        Arc::new(Self {
            shared,
            entries: Mutex::default(),
            tasks: Mutex::default(),
        })
    }

    /// Takes in a conference and starts it.
    pub fn open(self: &Arc<Self>, record: ConferenceRecord) {
        let room = self.start(&record);
        let entry = Entry {
            record,
            room: Some(room),
        };
        self.entries().insert(entry.record.id.clone(), entry);
    }

    /// Where to reach a conference; `None` when there is none.
    #[must_use]
    pub fn room(self: &Arc<Self>, id: &str) -> Option<RoomHandle> {
        let mut entries = self.entries();
        let entry = entries.get_mut(id)?;
        let room = entry.room.get_or_insert_with(|| self.start(&entry.record));
        Some(room.clone())
    }

    /// What the public may know of a conference.
    #[must_use]
    pub fn summary(&self, id: &str) -> Option<ConferenceSummary> {
        self.entries().get(id).map(Entry::summary)
    }

    /// The public list, the newest first.
    #[must_use]
    pub fn listed(&self) -> Vec<ConferenceSummary> {
        let entries = self.entries();
        let listed = entries.values().filter(|entry| entry.record.listed);
        let mut listed: Vec<_> = listed.map(Entry::summary).collect();
        drop(entries);
        listed.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| a.id.cmp(&b.id)));
        listed
    }

    /// How many conferences there are, and how many people in them.
    #[must_use]
    pub fn standing(&self) -> (usize, usize) {
        let entries = self.entries();
        let people = entries.values().map(Entry::people).sum();
        (entries.len(), people)
    }

    /// Ends all conferences, and returns when their legs are closed.
    pub async fn shut_down(&self) {
        let rooms: Vec<_> = self.entries().values().filter_map(|entry| entry.room.clone()).collect();
        for room in rooms {
            room.tell(Input::Shutdown).await;
        }
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }

    fn start(self: &Arc<Self>, record: &ConferenceRecord) -> RoomHandle {
        let (room, handle, inbox) = Room::new(record, self.shared.clone());
        let (directory, id) = (Arc::clone(self), record.id.clone());
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let ended = tokio::spawn(room.run(inbox)).await;
            directory.ended(&id, ended.is_err());
        });
        handle
    }

    fn ended(&self, id: &str, crashed: bool) {
        if crashed {
            tracing::error!("a conference failed by our fault; it starts empty at the next join");
            self.shared.meters.rooms_crashed.fetch_add(1, Ordering::Relaxed);
            if let Some(entry) = self.entries().get_mut(id) {
                entry.room = None;
            }
        } else {
            self.entries().remove(id);
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn people(&self) -> usize {
        self.room.as_ref().map_or(0, RoomHandle::people)
    }

    fn summary(&self) -> ConferenceSummary {
        let ConferenceRecord { id, title, listed, max_participants, created_at, .. } = self.record.clone();
        ConferenceSummary {
            id,
            title,
            max_participants,
            participants: u32::try_from(self.people()).unwrap_or(u32::MAX),
            listed,
            created_at,
        }
    }
}
