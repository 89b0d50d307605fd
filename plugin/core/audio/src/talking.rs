//! Who is told of as talking. The floor has to take a voice from its first frame and through pauses between words; whoever
//! looks wants neither a cough shown as talk nor a name that flickers.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    FRAME_TIME, Loudness, Number,
    floor::{ENTER, STAY},
};

/// So much of a voice has to be heard before its owner is told of. A click or a cough is shorter, a syllable longer.
const ON: Duration = Duration::from_millis(80);

/// Voice before a pause longer than this does not count for that: pauses within words are shorter.
const PAUSE: Duration = Duration::from_millis(200);

/// Who is not heard for so long talks no more; it is less than the time for which he keeps the floor, so that a room which
/// falls asleep has told.
const OFF: Duration = Duration::from_millis(500);

/// The voices of the moment.
#[derive(Debug, Default)]
pub(crate) struct Talking {
    voices: BTreeMap<Number, Voice>,
}

#[derive(Debug)]
struct Voice {
    /// How much of it has been heard without a pause, until that suffices.
    heard: Duration,
    last: Duration,
}

impl Talking {
    /// Takes this frame's loudness of all who have the floor and may be heard.
    pub(crate) fn update(&mut self, now: Duration, heard: &[(Number, Loudness)]) {
        for &(number, loudness) in heard {
            self.hear(now, number, loudness);
        }
        self.voices.retain(|_, voice| {
            let patience = if voice.talks() { OFF } else { PAUSE };
            now < voice.last + patience
        });
    }

    /// He is not heard any more, from now on.
    pub(crate) fn stop(&mut self, number: Number) {
        self.voices.remove(&number);
    }

    /// Whether he is told of as talking.
    pub(crate) fn talks(&self, number: Number) -> bool {
        self.voices.get(&number).is_some_and(Voice::talks)
    }

    /// Whether there is nobody of whom it would have to be told that he stops.
    pub(crate) fn is_empty(&self) -> bool {
        self.voices.is_empty()
    }

    fn hear(&mut self, now: Duration, number: Number, loudness: Loudness) {
        let talks = self.talks(number);
        if !loudness.reaches(if talks { STAY } else { ENTER }) {
            return;
        }
        let voice = self.voices.entry(number).or_insert(Voice {
            heard: Duration::ZERO,
            last: now,
        });
        voice.last = now;
        if !talks {
            voice.heard += FRAME_TIME;
        }
    }
}

impl Voice {
    fn talks(&self) -> bool {
        self.heard >= ON
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Number = Number(1);

    /// In which of the frames she is told of as talking, of whom these levels are heard.
    fn told(levels: &[u8]) -> Vec<usize> {
        let mut talking = Talking::default();
        let tells = |(frame, level): (usize, &u8)| {
            let heard = [(ANN, Loudness::from_header(*level))];
            talking.update(FRAME_TIME * frame as u32, &heard);
            talking.talks(ANN).then_some(frame)
        };
        levels.iter().enumerate().filter_map(tells).collect()
    }

    /// Levels as (how loud, for how many frames).
    fn levels(spans: &[(u8, usize)]) -> Vec<u8> {
        let span = |(level, frames): &(u8, usize)| std::iter::repeat_n(*level, *frames);
        spans.iter().flat_map(span).collect()
    }

    #[test]
    fn table() {
        const LOUD: u8 = ENTER;
        const QUIETER: u8 = STAY;
        const SILENT: u8 = 127;
        type Spans<'a> = &'a [(u8, usize)];
        let cases: [(&str, Spans, Vec<usize>); 8] = [
            ("a click", &[(LOUD, 1), (SILENT, 60)], vec![]),
            ("a cough", &[(LOUD, 3), (SILENT, 60)], vec![]),
            (
                "clicks apart",
                &[(LOUD, 2), (SILENT, 10), (LOUD, 2), (SILENT, 60)],
                vec![],
            ),
            ("noise below speech", &[(LOUD + 1, 100)], vec![]),
            (
                "a word, and then 500 ms",
                &[(LOUD, 4), (SILENT, 60)],
                (3..28).collect(),
            ),
            (
                "a broken word",
                &[(LOUD, 2), (SILENT, 9), (LOUD, 2), (SILENT, 60)],
                (12..37).collect(),
            ),
            (
                "a pause between words",
                &[(LOUD, 4), (SILENT, 24), (LOUD, 1), (SILENT, 60)],
                (3..53).collect(),
            ),
            (
                "a voice that falls",
                &[(LOUD, 4), (QUIETER, 20), (SILENT, 60)],
                (3..48).collect(),
            ),
        ];
        for (name, spans, expected) in cases {
            assert_eq!(told(&levels(spans)), expected, "{name}");
        }
    }

    #[test]
    fn whoever_stops_is_forgotten_at_once() {
        let mut talking = Talking::default();
        for frame in 0..10 {
            talking.update(FRAME_TIME * frame, &[(ANN, Loudness::from_header(20))]);
        }
        assert!(talking.talks(ANN));
        talking.stop(ANN);
        assert!(!talking.talks(ANN) && talking.is_empty());
    }
}
