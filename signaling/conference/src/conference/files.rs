//! Files that are offered to all. The machine knows of them what everyone is told; their octets go from browser to
//! browser, and only of what somebody cannot get that way the server has a copy, as long as the conference's task lives.

use std::{collections::BTreeMap, time::Duration};

use super::Conference;
use crate::{Effect, LeaveReason, Notice, ParticipantId, Permission, Refusal};

/// A name's characters.
const MAX_NAME: usize = 255;

/// A file's octets. Whoever fetches one has all of it in his browser.
const MAX_SIZE: u64 = 1 << 30;

/// How many are offered at once.
const MOST: usize = 100;

/// Of how many files of the largest size the server has copies at once.
const SHELF: u64 = 4;

/// How long whoever is asked for a copy may take to begin, and to end.
const BEGIN: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(600);

/// What is said of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileOffer {
    /// Its name.
    pub name: String,
    /// In octets.
    pub size: u64,
    /// What it is said to be.
    pub media_type: String,
    /// SHA-256 of all of it, in hexadecimal digits.
    pub sha256: String,
}

/// A file that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OfferedFile {
    /// Its number; the next one's is higher.
    pub id: u32,
    /// Whose.
    pub from: ParticipantId,
    /// His name.
    pub by: String,
    /// What he says of it.
    pub offer: FileOffer,
    /// When.
    pub at: Duration,
    /// Whether the server has a copy.
    pub copy: FileCopy,
}

/// Whether the server has a copy.
///
/// ```text
/// None ──somebody asks for it──▶ Asked ──it begins to come──▶ Coming ──it is whole──▶ There
///   ▲                              │ too late                   │ too late, broken, another file
///   └──────────────────────────────┴────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileCopy {
    /// It has none.
    None,
    /// Whoever offers it was asked for one.
    Asked {
        /// By when it has to begin.
        until: Duration,
    },
    /// It comes.
    Coming {
        /// By when it has to be there.
        until: Duration,
    },
    /// It has one.
    There,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Files {
    offered: BTreeMap<u32, OfferedFile>,
    last: u32,
}

impl Files {
    pub(super) fn all(&self) -> Vec<OfferedFile> {
        self.offered.values().cloned().collect()
    }

    pub(super) fn deadline(&self) -> Option<Duration> {
        self.offered.values().filter_map(OfferedFile::due).min()
    }

    fn get(&mut self, id: u32) -> Result<&mut OfferedFile, Refusal> {
        self.offered.get_mut(&id).ok_or(Refusal::NoFile(id))
    }

    /// Octets that copies take or will take.
    fn shelved(&self) -> u64 {
        let copies = self.offered.values();
        let copies = copies.filter(|file| file.copy != FileCopy::None);
        copies.map(|file| file.offer.size).sum()
    }

    fn oldest_copy(&self) -> Option<u32> {
        let mut files = self.offered.values();
        files
            .find(|file| file.copy == FileCopy::There)
            .map(|f| f.id)
    }
}

impl OfferedFile {
    fn due(&self) -> Option<Duration> {
        match self.copy {
            FileCopy::Asked { until } | FileCopy::Coming { until } => Some(until),
            FileCopy::None | FileCopy::There => None,
        }
    }
}

impl FileOffer {
    fn check(&self) -> Result<(), Refusal> {
        let plain = |c: char| !c.is_control() && !"/\\".contains(c);
        let name = (1..=MAX_NAME).contains(&self.name.chars().count());
        let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let why = if !name || !self.name.chars().all(plain) {
            "a file's name has 1 to 255 characters, no control characters and no slashes"
        } else if !(1..=MAX_SIZE).contains(&self.size) {
            "a file has 1 to 1073741824 octets"
        } else if self.media_type.len() > 100
            || !self.media_type.bytes().all(|b| b.is_ascii_graphic())
        {
            "a media type has at most 100 characters of ASCII"
        } else if self.sha256.len() != 64 || !self.sha256.bytes().all(digit) {
            "a SHA-256 has 64 hexadecimal digits in lower case"
        } else {
            return Ok(());
        };
        Err(Refusal::BadFile(why))
    }
}

/// Offering.
impl<S> Conference<S> {
    pub(super) fn offer(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        offer: &FileOffer,
    ) -> Result<(), Refusal> {
        let offered = self.files.offered.len();
        let member = self.member(from)?;
        if !member.may(Permission::Files) {
            return Err(Refusal::NotAllowed(Permission::Files));
        }
        offer.check()?;
        if offered >= MOST {
            return Err(Refusal::ManyFiles { max: MOST });
        }
        member.keep_pace(now)?;
        let by = member.name.clone();
        self.files.last += 1;
        let file = OfferedFile {
            id: self.files.last,
            from: from.clone(),
            by,
            offer: offer.clone(),
            at: now,
            copy: FileCopy::None,
        };
        self.files.offered.insert(file.id, file.clone());
        self.tell_all(|| Notice::File(file.clone()));
        Ok(())
    }

    pub(super) fn withdraw(&mut self, by: &ParticipantId, id: u32) -> Result<(), Refusal> {
        let moderates = self.member(by)?.is_moderator();
        if self.files.get(id)?.from != *by && !moderates {
            return Err(Refusal::Forbidden("take back what another offers"));
        }
        self.forget_file(id);
        Ok(())
    }

    /// The name of whose file somebody takes back, if it is another's.
    pub(super) fn taken_from(&self, by: &ParticipantId, id: u32) -> Option<String> {
        let file = self.files.offered.get(&id)?;
        (file.from != *by).then(|| file.by.clone())
    }

    /// Somebody is gone, and so is what only his browser has; of whoever was sent away nothing stays.
    pub(super) fn files_of_gone(&mut self, who: &ParticipantId, reason: LeaveReason) {
        let sent_away = matches!(reason, LeaveReason::Removed | LeaveReason::Banned);
        let files = self.files.offered.values();
        let gone = files.filter(|file| file.from == *who);
        let gone = gone.filter(|file| sent_away || file.copy != FileCopy::There);
        let gone: Vec<_> = gone.map(|file| file.id).collect();
        for id in gone {
            self.forget_file(id);
        }
    }

    fn forget_file(&mut self, id: u32) {
        let Some(file) = self.files.offered.remove(&id) else {
            return;
        };
        if file.copy == FileCopy::There {
            self.effects.push_back(Effect::DropCopy(id));
        }
        self.tell_all(|| Notice::FileGone(id));
    }
}

/// Fetching.
impl<S> Conference<S> {
    pub(super) fn fetch(
        &mut self,
        now: Duration,
        by: &ParticipantId,
        id: u32,
        direct: bool,
    ) -> Result<(), Refusal> {
        self.member(by)?;
        let file = self.files.get(id)?.clone();
        if direct {
            self.may_pair(by, &file.from)?;
            return self.is_here(&file);
        }
        match file.copy {
            FileCopy::None => self.ask_for_copy(now, by, &file),
            _ => Ok(()),
        }
    }

    fn is_here(&self, file: &OfferedFile) -> Result<(), Refusal> {
        let owner = self.members.get(&file.from);
        match owner.is_some_and(|owner| owner.cut.is_none()) {
            true => Ok(()),
            false => Err(Refusal::NotHere(file.by.clone())),
        }
    }

    /// Somebody's uplink carries it, so nobody asks for many at once.
    fn ask_for_copy(
        &mut self,
        now: Duration,
        by: &ParticipantId,
        file: &OfferedFile,
    ) -> Result<(), Refusal> {
        self.is_here(file)?;
        self.member(by)?.keep_pace(now)?;
        self.make_place(file.offer.size)?;
        let until = now + BEGIN;
        self.set_copy(file.id, FileCopy::Asked { until });
        self.send(&file.from, Notice::Upload(file.id));
        Ok(())
    }

    /// The oldest copies make place for a new one.
    fn make_place(&mut self, size: u64) -> Result<(), Refusal> {
        let max = self.settings.file_limit;
        if size > max {
            return Err(Refusal::TooLarge { size, max });
        }
        while self.files.shelved() + size > SHELF * max {
            let id = self.files.oldest_copy().ok_or(Refusal::NoPlace)?;
            let from = self.files.get(id)?.from.clone();
            if self.members.contains_key(&from) {
                self.effects.push_back(Effect::DropCopy(id));
                self.set_copy(id, FileCopy::None);
            } else {
                self.forget_file(id);
            }
        }
        Ok(())
    }

    /// What this participant was asked to send a copy of.
    ///
    /// # Errors
    /// When he was not, or sends it already.
    pub fn upload(&mut self, by: &ParticipantId, id: u32) -> Result<FileOffer, Refusal> {
        self.member(by)?;
        let file = self.files.get(id)?;
        match file.copy {
            FileCopy::Asked { .. } if file.from == *by => Ok(file.offer.clone()),
            _ => Err(Refusal::Unwanted(id)),
        }
    }

    /// A file of which there is a copy for him.
    ///
    /// # Errors
    /// When there is none, or he is not in.
    pub fn download(&mut self, by: &ParticipantId, id: u32) -> Result<FileOffer, Refusal> {
        self.member(by)?;
        let file = self.files.get(id)?;
        match file.copy {
            FileCopy::There => Ok(file.offer.clone()),
            _ => Err(Refusal::NoFile(id)),
        }
    }

    pub(super) fn copy_begins(&mut self, now: Duration, id: u32) {
        let asked = self.files.offered.get(&id);
        if asked.is_some_and(|file| matches!(file.copy, FileCopy::Asked { .. })) {
            let until = now + END;
            self.set_copy(id, FileCopy::Coming { until });
        }
    }

    /// What comes after all when nobody waits for it any more is not kept.
    pub(super) fn copied(&mut self, id: u32, whole: bool) {
        let copy = self.files.offered.get(&id).map(|file| file.copy);
        match (copy, whole) {
            (Some(FileCopy::There), _) => {}
            (Some(FileCopy::Asked { .. } | FileCopy::Coming { .. }), true) => {
                self.set_copy(id, FileCopy::There);
            }
            (Some(FileCopy::Coming { .. }), false) => self.set_copy(id, FileCopy::None),
            (_, true) if !self.over => self.effects.push_back(Effect::DropCopy(id)),
            _ => {}
        }
    }

    pub(super) fn give_up_copies(&mut self, now: Duration) {
        let late = self.files.offered.values();
        let late = late.filter(|file| file.due().is_some_and(|due| due <= now));
        let late: Vec<_> = late.map(|file| file.id).collect();
        for id in late {
            self.set_copy(id, FileCopy::None);
        }
    }

    fn set_copy(&mut self, id: u32, copy: FileCopy) {
        if let Some(file) = self.files.offered.get_mut(&id) {
            file.copy = copy;
            let file = file.clone();
            self.tell_all(|| Notice::File(file.clone()));
        }
    }
}
