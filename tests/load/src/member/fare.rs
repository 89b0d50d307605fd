//! How a connection between two participants fares, judged as the page judges it (`web/p2p/pair.js`, `relay.js`).
//! Pure: it is told the time, and what has come.

use std::time::{Duration, Instant};

use convene_protocol::PairState;

/// By what one judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Until the server path should show the picture meanwhile.
    slow: Duration,
    /// Until a try counts as failed.
    give_up: Duration,
    /// Without a frame a picture stands still.
    still: Duration,
    /// For which a picture may stand still before its way counts as failed.
    interrupted: Duration,
}

/// The connection of a pair.
pub const PAIR: Measure = Measure {
    slow: Duration::from_millis(900),
    give_up: Duration::from_secs(15),
    still: Duration::from_secs(1),
    interrupted: Duration::from_secs(3),
};

/// The connection of a picture that somebody passes on: there are other ways, so one that stands still has failed.
pub const RELAY: Measure = Measure {
    slow: Duration::from_millis(700),
    give_up: Duration::from_secs(5),
    still: Duration::from_millis(500),
    interrupted: Duration::ZERO,
};

/// What one sees of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sight {
    /// ICE and DTLS are done: packets get through.
    pub up: bool,
    /// It can carry nothing any more.
    pub ended: bool,
    /// A picture should come by it.
    pub expects: bool,
    /// When the last frame came.
    pub frame: Option<Instant>,
}

/// The judgement so far.
#[derive(Clone, Copy, Debug)]
pub struct Fare {
    measure: Measure,
    /// Nothing was reported yet: it is being tried.
    reported: Option<PairState>,
    slow: Instant,
    fail: Instant,
}

impl Fare {
    /// A connection begins.
    pub fn new(measure: Measure, now: Instant) -> Self {
        Self {
            measure,
            reported: None,
            slow: now + measure.slow,
            fail: now + measure.give_up,
        }
    }

    /// What was said last.
    pub fn state(&self) -> Option<PairState> {
        self.reported
    }

    /// What is to be said now, if it is something else than before. After `failed` nothing follows.
    pub fn look(&mut self, now: Instant, sight: Sight) -> Option<PairState> {
        let next = self.next(now, sight)?;
        if self.reported == Some(PairState::Connected) && next == PairState::Slow {
            self.fail = now + self.measure.interrupted;
        }
        self.reported = Some(next);
        Some(next)
    }

    fn next(&self, now: Instant, sight: Sight) -> Option<PairState> {
        use PairState::{Connected, Failed, Slow};
        let fails = sight.ended || now >= self.fail;
        match (self.reported, self.carries(now, sight)) {
            (Some(Failed), _) => None,
            (Some(Connected), _) if sight.ended => Some(Failed),
            (Some(Connected), true) => None,
            (Some(Connected), false) if self.measure.interrupted.is_zero() => Some(Failed),
            (Some(Connected), false) => Some(Slow),
            (_, _) if fails => Some(Failed),
            (_, true) => Some(Connected),
            (None, false) if now >= self.slow => Some(Slow),
            (_, false) => None,
        }
    }

    /// All that should come by it comes.
    fn carries(&self, now: Instant, sight: Sight) -> bool {
        let moves = |at: Instant| now.saturating_duration_since(at) <= self.measure.still;
        sight.up && (!sight.expects || sight.frame.is_some_and(moves))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PairState::{Connected, Failed, Slow};

    /// At so many milliseconds: whether it is up, whether a picture is expected, when a frame came; what is said.
    type Looks<'a> = &'a [(u64, bool, bool, Option<u64>, Option<PairState>)];

    fn check(measure: Measure, looks: Looks) {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut fare = Fare::new(measure, start);
        for &(ms, up, expects, frame, said) in looks {
            let sight = Sight {
                up,
                ended: false,
                expects,
                frame: frame.map(at),
            };
            assert_eq!(fare.look(at(ms), sight), said, "{looks:?} at {ms} ms");
        }
    }

    #[test]
    fn a_pair_is_connected_once_it_carries_what_it_should() {
        check(
            PAIR,
            &[
                (100, false, true, None, None),
                (200, true, true, None, None),
                (300, true, true, Some(300), Some(Connected)),
                (350, true, true, Some(300), None),
            ],
        );
        check(PAIR, &[(200, true, false, None, Some(Connected))]);
    }

    #[test]
    fn a_try_is_slow_and_then_fails() {
        check(
            PAIR,
            &[
                (899, false, true, None, None),
                (900, false, true, None, Some(Slow)),
                (950, true, true, None, None),
                (14_999, true, true, None, None),
                (15_000, true, true, None, Some(Failed)),
                (15_100, true, true, Some(15_100), None),
            ],
        );
        check(
            PAIR,
            &[
                (900, false, true, None, Some(Slow)),
                (1_200, true, true, Some(1_200), Some(Connected)),
            ],
        );
    }

    #[test]
    fn a_picture_that_stands_still_is_slow_and_its_way_fails_after_an_interruption() {
        let stands: Looks = &[
            (200, true, true, Some(200), Some(Connected)),
            (1_200, true, true, Some(200), None),
            (1_201, true, true, Some(200), Some(Slow)),
            (4_200, true, true, Some(200), None),
            (4_201, true, true, Some(200), Some(Failed)),
        ];
        check(PAIR, stands);
        check(
            PAIR,
            &[
                stands[0],
                stands[2],
                (2_000, true, true, Some(2_000), Some(Connected)),
            ],
        );
        check(
            RELAY,
            &[
                (200, true, true, Some(200), Some(Connected)),
                (700, true, true, Some(200), None),
                (701, true, true, Some(200), Some(Failed)),
            ],
        );
    }

    #[test]
    fn what_has_ended_has_failed() {
        let now = Instant::now();
        let ended = Sight {
            up: true,
            ended: true,
            expects: false,
            frame: None,
        };
        let mut fare = Fare::new(PAIR, now);
        let sight = Sight {
            ended: false,
            ..ended
        };
        assert_eq!(fare.look(now, sight), Some(Connected));
        assert_eq!(fare.look(now, ended), Some(Failed));
        assert_eq!(fare.look(now, ended), None);
        assert_eq!(Fare::new(RELAY, now).look(now, ended), Some(Failed));
    }
}
