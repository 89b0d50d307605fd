//! Who may be heard: at most so many talkers at once, chosen by loudness, with hysteresis so that nobody flaps.

use std::{collections::BTreeMap, time::Duration};

use crate::{Loudness, Number};

/// Speech enters at −52 dBov; room noise in browsers' headers stands at −60 to −70.
pub(crate) const ENTER: u8 = 52;

/// A talker who stays above −58 dBov is still talking.
pub(crate) const STAY: u8 = 58;

/// A talker keeps his seat through pauses between words.
pub(crate) const HOLD: Duration = Duration::from_millis(600);

/// Nobody is displaced sooner than this after he took his seat.
const MIN_STAY: Duration = Duration::from_millis(300);

/// How much louder than the quietest talker one must be to displace him, in dB.
const MARGIN: f32 = 6.0;

/// The talkers of the moment.
#[derive(Debug, Default)]
pub(crate) struct Floor {
    seats: BTreeMap<Number, Seat>,
}

#[derive(Debug)]
struct Seat {
    since: Duration,
    last_spoke: Duration,
    /// Smoothed loudness in dBov.
    smoothed: f32,
}

impl Floor {
    /// Takes this frame's loudness of everyone who sends, and seats up to `max` talkers.
    pub(crate) fn update(&mut self, now: Duration, max: usize, heard: &[(Number, Loudness)]) {
        self.refresh(now, heard);
        self.seats.retain(|_, seat| now < seat.last_spoke + HOLD);
        self.shrink_to(max);
        for &(number, loudness) in heard {
            if loudness.reaches(ENTER) && !self.holds(number) {
                self.admit(now, max, number, loudness);
            }
        }
    }

    /// Gives up a seat at once.
    pub(crate) fn leave(&mut self, number: Number) {
        self.seats.remove(&number);
    }

    /// Whether he is one of the talkers.
    pub(crate) fn holds(&self, number: Number) -> bool {
        self.seats.contains_key(&number)
    }

    /// Whether nobody talks.
    pub(crate) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    fn refresh(&mut self, now: Duration, heard: &[(Number, Loudness)]) {
        for &(number, loudness) in heard {
            if let Some(seat) = self.seats.get_mut(&number) {
                seat.smoothed += (loudness.dbov() as f32 - seat.smoothed) / 8.0;
                if loudness.reaches(STAY) {
                    seat.last_spoke = now;
                }
            }
        }
    }

    fn shrink_to(&mut self, max: usize) {
        while self.seats.len() > max {
            let Some(number) = self.weakest() else { return };
            self.seats.remove(&number);
        }
    }

    fn admit(&mut self, now: Duration, max: usize, number: Number, loudness: Loudness) {
        if self.seats.len() >= max && !self.make_room(now, loudness) {
            return;
        }
        let smoothed = loudness.dbov() as f32;
        self.seats.insert(
            number,
            Seat {
                since: now,
                last_spoke: now,
                smoothed,
            },
        );
    }

    /// Takes the seat of whoever pauses, else of one who is clearly quieter.
    fn make_room(&mut self, now: Duration, loudness: Loudness) -> bool {
        let Some(number) = self.weakest() else {
            return false;
        };
        let seat = &self.seats[&number];
        let pauses = seat.last_spoke < now;
        let quieter = seat.smoothed + MARGIN <= loudness.dbov() as f32;
        let may_go = now >= seat.since + MIN_STAY && (pauses || quieter);
        if may_go {
            self.seats.remove(&number);
        }
        may_go
    }

    /// Who has been silent longest, then who is quietest, then the highest number.
    fn weakest(&self) -> Option<Number> {
        let rank = |seat: &Seat| (seat.last_spoke, (seat.smoothed * 256.0) as i64);
        self.seats
            .iter()
            .min_by_key(|(number, seat)| (rank(seat), std::cmp::Reverse(**number)))
            .map(|(number, _)| *number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FRAME: Duration = crate::FRAME_TIME;

    fn say(floor: &mut Floor, at_frame: u32, max: usize, levels: &[(u32, u8)]) -> Vec<u32> {
        let heard: Vec<_> = levels
            .iter()
            .map(|&(n, l)| (Number(n), Loudness::from_header(l)))
            .collect();
        floor.update(FRAME * at_frame, max, &heard);
        floor.seats.keys().map(|n| n.0).collect()
    }

    #[test]
    fn room_noise_is_not_speech() {
        let mut floor = Floor::default();
        for frame in 0..100 {
            assert!(say(&mut floor, frame, 4, &[(1, 60), (2, 70), (3, 127)]).is_empty());
        }
    }

    #[test]
    fn a_talker_is_heard_from_his_first_frame_and_through_his_pauses() {
        let mut floor = Floor::default();
        assert_eq!(say(&mut floor, 0, 4, &[(1, 30)]), [1]);
        assert_eq!(say(&mut floor, 29, 4, &[(1, 127)]), [1]);
        assert!(say(&mut floor, 30, 4, &[(1, 127)]).is_empty());
    }

    #[test]
    fn whoever_pauses_makes_room_and_an_equal_does_not() {
        let mut floor = Floor::default();
        say(&mut floor, 0, 2, &[(1, 30), (2, 30)]);
        assert_eq!(say(&mut floor, 20, 2, &[(1, 30), (2, 30), (3, 30)]), [1, 2]);
        assert_eq!(say(&mut floor, 21, 2, &[(1, 30), (2, 90), (3, 30)]), [1, 3]);
        assert_eq!(
            say(&mut floor, 40, 2, &[(1, 40), (2, 26), (3, 30)]),
            [1, 3],
            "smoothed"
        );
        for frame in 41..60 {
            say(&mut floor, frame, 2, &[(1, 40), (3, 30)]);
        }
        assert_eq!(say(&mut floor, 60, 2, &[(1, 40), (2, 26), (3, 30)]), [2, 3]);
    }

    proptest! {
        #[test]
        fn never_more_than_may_talk(
            max in 0_usize..5,
            frames in proptest::collection::vec(proptest::collection::vec((0_u32..8, 0_u8..=127), 0..8), 1..80),
        ) {
            let mut floor = Floor::default();
            for (frame, levels) in frames.iter().enumerate() {
                prop_assert!(say(&mut floor, frame as u32, max, levels).len() <= max);
            }
        }
    }
}
