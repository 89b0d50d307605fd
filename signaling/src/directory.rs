//! All conferences that have not ended, and the tasks that run them.
//!
//! A conference whose task panics takes nobody along: its people are let go, and it starts empty at the next join.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
};

use convene_conference::EndReason;
use convene_pipelines::IceStats;
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

    /// What the one port of all legs has counted.
    #[must_use]
    pub fn ice_stats(&self) -> Option<IceStats> {
        self.shared.legs.ice_stats()
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
        listed.sort_by(|a, b| {
            b.created_at
                .cmp(&a.created_at)
                .then_with(|| a.id.cmp(&b.id))
        });
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
        let rooms: Vec<_> = self
            .entries()
            .values()
            .filter_map(|entry| entry.room.clone())
            .collect();
        for room in rooms {
            room.tell(Input::Shutdown).await;
        }
        let mut tasks =
            std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }

    fn start(self: &Arc<Self>, record: &ConferenceRecord) -> RoomHandle {
        let (room, handle, inbox) = Room::new(record, self.shared.clone());
        self.watch(record.id.clone(), room.run(inbox));
        handle
    }

    /// Runs a conference on a task of its own, and takes note of its end, also of a bad one.
    fn watch(self: &Arc<Self>, id: String, run: impl Future<Output = EndReason> + Send + 'static) {
        let directory = Arc::clone(self);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let ended = tokio::spawn(run).await;
            directory.ended(&id, ended.is_err()).await;
        });
    }

    async fn ended(&self, id: &str, crashed: bool) {
        if crashed {
            let kept = self.kept(id).await;
            tracing::error!("a conference failed by our fault; it starts empty at the next join");
            self.shared
                .meters
                .rooms_crashed
                .fetch_add(1, Ordering::Relaxed);
            if let Some(entry) = self.entries().get_mut(id) {
                entry.record = kept.unwrap_or_else(|| entry.record.clone());
                entry.room = None;
            }
        } else {
            self.entries().remove(id);
        }
    }

    /// A conference as its moderators have left it.
    async fn kept(&self, id: &str) -> Option<ConferenceRecord> {
        let all = self.shared.store.open_conferences().await;
        let all = all.inspect_err(|error| tracing::error!("its rules are forgotten: {error}"));
        all.ok()?.into_iter().find(|record| record.id == id)
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
        let ConferenceRecord {
            id,
            title,
            listed,
            max_participants,
            created_at,
            starts_at,
            ..
        } = self.record.clone();
        ConferenceSummary {
            id,
            title,
            max_participants,
            participants: u32::try_from(self.people()).unwrap_or(u32::MAX),
            listed,
            created_at,
            starts_at,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{config::Ports, leg::LegKind, metrics::Meters, store::Store};
    use convene_protocol::{Rules, SoundMode, Topology};
    use std::{collections::BTreeSet, path::Path, time::Duration};

    fn directory(data: &Path) -> Arc<Directory> {
        Directory::new(Shared {
            store: Store::open(data, 0).unwrap(),
            legs: LegKind::new(&Ports::Nice(50_000..=50_999), None, 20).unwrap(),
            meters: Arc::<Meters>::default(),
            empty_grace: Duration::from_secs(9),
            file_limit: 0,
        })
    }

    fn conference(id: &str, listed: bool, created_at: u64) -> ConferenceRecord {
        ConferenceRecord {
            id: id.into(),
            title: String::new(),
            listed,
            max_participants: 5,
            created_at,
            topology: Topology::Adaptive,
            sound: SoundMode::Mix,
            creator_address: String::new(),
            starts_at: None,
            rules: Rules::default(),
            bans: Vec::new(),
            moderators: BTreeSet::new(),
            was_led: false,
        }
    }

    #[tokio::test]
    async fn a_conference_that_panics_takes_nobody_along() {
        let data = tempfile::tempdir().unwrap();
        let directory = directory(data.path());
        directory.open(conference("standup", true, 1));
        directory.open(conference("other", true, 2));
        let other = directory.room("other").unwrap();
        directory.watch("standup".into(), async { panic!("on purpose") });
        while directory
            .shared
            .meters
            .rooms_crashed
            .load(Ordering::Relaxed)
            == 0
        {
            tokio::task::yield_now().await;
        }
        assert!(directory.room("standup").is_some());
        assert!(other.tell(Input::End).await);
    }

    #[tokio::test]
    async fn the_list_shows_what_is_listed_and_the_newest_first() {
        let data = tempfile::tempdir().unwrap();
        let directory = directory(data.path());
        for (id, listed, created_at) in [("old", true, 1), ("new", true, 2), ("secret", false, 3)] {
            directory.open(conference(id, listed, created_at));
        }
        let ids: Vec<_> = directory.listed().into_iter().map(|c| c.id).collect();
        assert_eq!(ids, ["new", "old"]);
        assert_eq!(directory.standing(), (3, 0));
        directory.shut_down().await;
        assert_eq!(directory.standing(), (0, 0));
    }
}
