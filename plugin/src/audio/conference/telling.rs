//! What the ears are told beside the sound: who talks, and where in the talkers' streams it is.

use std::{collections::BTreeMap, time::Duration};

use convene_audio::{Loudness, Mapping, Number, TalkerLevel};

use super::Conference;
use crate::lock::lock;

/// How often the talkers' levels are told while somebody talks.
const LEVELS: Duration = Duration::from_millis(200);

/// Somebody who is heard, by name and number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Talker {
    pub(crate) participant: String,
    pub(crate) number: Number,
    pub(crate) loudness: Loudness,
}

/// Where in a talker's stream something is that a listener gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub(crate) participant: String,
    pub(crate) mapping: Mapping,
}

impl Conference {
    /// Tells all ears who talks: when that changes, and every [`LEVELS`] while somebody does.
    pub(super) fn tell_talkers(&self, now: Duration) {
        let (heard, media_time) = {
            let room = lock(&self.room);
            (room.talkers(), room.media_time())
        };
        if self.is_news(now, &heard) {
            let talkers = self.by_name(&heard);
            for ear in self.ears().values() {
                ear.talkers(&talkers, media_time);
            }
        }
    }

    fn by_name(&self, heard: &[TalkerLevel]) -> Vec<Talker> {
        let members = lock(&self.members);
        let named = heard.iter().filter_map(|talker| {
            let participant = members.get(&talker.number)?.participant.clone();
            Some(Talker {
                participant,
                number: talker.number,
                loudness: talker.loudness,
            })
        });
        named.collect()
    }

    fn is_news(&self, now: Duration, talkers: &[TalkerLevel]) -> bool {
        let mut last = lock(&self.last_talkers);
        let talked = |talker: &TalkerLevel| last.1.contains(&talker.number);
        let changed = last.1.len() != talkers.len() || !talkers.iter().all(talked);
        let news = changed || (!talkers.is_empty() && now >= last.0 + LEVELS);
        if news {
            let numbers = talkers.iter().map(|talker| talker.number).collect();
            *last = (now, numbers);
        }
        news
    }

    /// Tells each ear what is about it. Whoever has left meanwhile is left out.
    pub(super) fn tell_mappings(&self, mappings: &[Mapping]) {
        if mappings.is_empty() {
            return;
        }
        let ears = self.ears();
        for (number, mapped) in self.by_listener(mappings) {
            if let Some(ear) = ears.get(&number) {
                ear.mapped(&mapped);
            }
        }
    }

    fn by_listener(&self, mappings: &[Mapping]) -> BTreeMap<Number, Vec<Mapped>> {
        let members = lock(&self.members);
        let mut told = BTreeMap::<Number, Vec<Mapped>>::new();
        for mapping in mappings {
            if let Some(talker) = members.get(&mapping.talker) {
                told.entry(mapping.to).or_default().push(Mapped {
                    participant: talker.participant.clone(),
                    mapping: *mapping,
                });
            }
        }
        told
    }
}
