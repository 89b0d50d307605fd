//! A stream's timestamps on its sender's own clock.

use crate::NtpTime;

const SECOND: i64 = 1_000_000_000;

/// What a sender says may be this far from what follows from what he said before; else it has to be said twice. A browser
/// that is too busy to capture all of its sound loses some hundred milliseconds between two reports.
const STEP: i64 = 100_000_000;

/// Less than this is jitter, of which each new report counts a share only: reports tell when a frame of sound was encoded, and
/// not when it was captured.
const JITTER: i64 = 10_000_000;
const SHARE: i64 = 4;

/// So far from it in time a pair is good for: 200 ppm of drift make 2 ms of it.
const NEAR: i64 = 10 * SECOND;

/// So far from it a pair is better than nothing.
const FAR: i64 = 60 * SECOND;

/// Says when what has a timestamp was captured, by its sender's own clock: from the capture times in his packets
/// (abs-capture-time), else from his reports (RFC 3550 section 6.4.1).
#[derive(Clone, Debug)]
pub struct SenderClock {
    reported: Line,
    captured: Line,
}

/// Pairs of times that lie on one line, as far as both clocks go alike.
#[derive(Clone, Debug)]
struct Line {
    /// Ticks of the timestamps in a second.
    rate: i64,
    /// The newest, and how many went into it.
    pair: Option<(Pair, i64)>,
    /// One that does not fit.
    stray: Option<Pair>,
    /// The least share of a new one.
    share: i64,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    rtp_time: u32,
    /// Nanoseconds since 1970.
    at: i64,
}

impl SenderClock {
    /// One of a stream whose timestamps have so many ticks a second, of which nothing is known yet.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self {
            reported: Line::new(rate, SHARE),
            captured: Line::new(rate, 1),
        }
    }

    /// A sender report came. One that does not know the time says nothing.
    pub fn report(&mut self, rtp_time: u32, ntp: NtpTime) {
        if ntp != NtpTime(0) {
            let at = ntp.since_1970();
            self.reported.observe(Pair { rtp_time, at });
        }
    }

    /// A packet with its capture time came.
    pub fn capture(&mut self, rtp_time: u32, ntp: NtpTime) {
        let at = ntp.since_1970();
        self.captured.observe(Pair { rtp_time, at });
    }

    /// When what has this timestamp was captured, in nanoseconds since 1970 by the sender's clock; `None`: nothing that was
    /// said is near enough.
    #[must_use]
    pub fn captured_at(&self, rtp_time: u32) -> Option<i64> {
        let near = |line: &Line| line.at(rtp_time, NEAR);
        let far = |line: &Line| line.at(rtp_time, FAR);
        near(&self.captured)
            .or_else(|| far(&self.reported))
            .or_else(|| far(&self.captured))
    }
}

impl Line {
    fn new(rate: u32, share: i64) -> Self {
        Self {
            rate: i64::from(rate.max(1)),
            pair: None,
            stray: None,
            share,
        }
    }

    fn observe(&mut self, pair: Pair) {
        let Some((known, number)) = self.pair else {
            self.pair = Some((pair, 1));
            return;
        };
        let expected = known.at + self.time_between(known.rtp_time, pair.rtp_time);
        let error = pair.at - expected;
        if error.abs() >= STEP {
            return self.doubt(pair);
        }
        self.stray = None;
        // What was overtaken on its way is older than what is known.
        if pair.rtp_time.wrapping_sub(known.rtp_time) as i32 > 0 {
            let number = match error.abs() < JITTER {
                true => (number + 1).min(self.share),
                false => 1,
            };
            let at = expected + error / number;
            self.pair = Some((Pair { at, ..pair }, number));
        }
    }

    /// The second in a row that does not fit, and is newer than the first, is a new beginning.
    fn doubt(&mut self, pair: Pair) {
        let follows = |stray: Pair| {
            let ahead = pair.rtp_time.wrapping_sub(stray.rtp_time) as i32;
            ahead > 0 && pair.at > stray.at
        };
        if self.stray.is_some_and(follows) {
            (self.pair, self.stray) = (Some((pair, 1)), None);
        } else {
            self.stray = Some(pair);
        }
    }

    fn at(&self, rtp_time: u32, most: i64) -> Option<i64> {
        let (pair, _) = self.pair?;
        let after = self.time_between(pair.rtp_time, rtp_time);
        (after.abs() <= most).then_some(pair.at + after)
    }

    /// In nanoseconds; timestamps wrap.
    fn time_between(&self, from: u32, to: u32) -> i64 {
        i64::from(to.wrapping_sub(from) as i32) * SECOND / self.rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: u32 = 48_000;
    const MILLISECOND: i64 = 1_000_000;

    /// Timestamps wrap in the second second.
    fn rtp(millis: i64) -> u32 {
        (u32::MAX - RATE).wrapping_add((millis * 48) as u32)
    }

    /// 2026-12-01 and so many milliseconds.
    fn ntp(millis: i64) -> NtpTime {
        let fraction = ((millis % 1_000) as u64 * (1 << 32)).div_ceil(1_000);
        NtpTime((4_005_072_000 + millis as u64 / 1_000) << 32 | fraction)
    }

    fn at(clock: &SenderClock, millis: i64) -> Option<i64> {
        let origin = ntp(0).since_1970();
        let at = clock.captured_at(rtp(millis))? - origin;
        Some((at as f64 / MILLISECOND as f64).round() as i64)
    }

    fn reported(reports: &[(i64, i64)]) -> SenderClock {
        let mut clock = SenderClock::new(RATE);
        for (rtp_time, time) in reports {
            clock.report(rtp(*rtp_time), ntp(*time));
        }
        clock
    }

    #[test]
    fn one_report_says_all_around_it() {
        let clock = reported(&[(500, 700)]);
        let cases = [0, 500, 3_000, 60_500].map(|millis| at(&clock, millis));
        assert_eq!(cases, [Some(200), Some(700), Some(3_200), Some(60_700)]);
        assert_eq!(at(&clock, 61_000), None, "too far");
        assert_eq!(at(&SenderClock::new(RATE), 0), None);
        let mut timeless = SenderClock::new(RATE);
        timeless.report(rtp(0), NtpTime(0));
        assert_eq!(at(&timeless, 0), None);
    }

    #[test]
    fn a_jump_is_believed_when_it_is_said_twice() {
        let steady = [(0, 0), (5_000, 5_000)];
        let clock = reported(&[&steady[..], &[(10_000, 90_000)]].concat());
        assert_eq!(at(&clock, 10_000), Some(10_000), "a stray");
        let clock = reported(
            &[
                &steady[..],
                &[(10_000, 90_000), (15_000, 15_000), (20_000, 100_000)],
            ]
            .concat(),
        );
        assert_eq!(
            at(&clock, 20_000),
            Some(20_000),
            "two that do not follow each other"
        );
        let clock = reported(&[&steady[..], &[(10_000, 90_000), (15_000, 95_000)]].concat());
        assert_eq!(at(&clock, 15_000), Some(95_000), "his clock was set");
        let clock = reported(&[&[(20_000, 20_000)], &[(0, 25_000), (5_000, 30_000)][..]].concat());
        assert_eq!(at(&clock, 5_000), Some(30_000), "his stream began anew");
    }

    /// A busy browser: of each five seconds of sound it captures 4.7.
    #[test]
    fn a_stream_that_loses_time_all_the_time_is_followed() {
        let reports: Vec<_> = (0..20).map(|n| (n * 4_700, n * 5_000)).collect();
        let clock = reported(&reports);
        let error = at(&clock, 19 * 4_700).unwrap() - 19 * 5_000;
        assert!(error.abs() <= 300, "{error} ms");
        let reports: Vec<_> = (0..20).map(|n| (n * 4_950, n * 5_000)).collect();
        assert_eq!(at(&reported(&reports), 19 * 4_950), Some(19 * 5_000));
    }

    #[test]
    fn what_was_overtaken_changes_nothing() {
        let clock = reported(&[(0, 0), (5_000, 5_000), (2_000, 2_040), (5_000, 5_040)]);
        assert_eq!(at(&clock, 5_000), Some(5_000));
    }

    #[test]
    fn capture_times_are_better_while_they_come() {
        let mut clock = reported(&[(0, 20)]);
        clock.capture(rtp(0), ntp(0));
        assert_eq!(at(&clock, 9_000), Some(9_000));
        clock.report(rtp(9_000), ntp(9_020));
        assert_eq!(at(&clock, 10_001), Some(10_021));
        clock.capture(rtp(10_100), ntp(10_100));
        assert_eq!(at(&clock, 10_100), Some(10_100));
    }

    #[test]
    fn a_stream_without_reports_goes_by_its_last_capture_time() {
        let mut clock = SenderClock::new(RATE);
        clock.capture(rtp(0), ntp(0));
        assert_eq!(at(&clock, 50_000), Some(50_000));
    }

    proptest! {
        /// Reports every 5 s that jitter by 10 ms, of a clock that is 100 ppm fast.
        #[test]
        fn drift_is_followed_and_jitter_is_not(jitter in proptest::collection::vec(-5_i64..=5, 40..80), fast in any::<bool>()) {
            let mut clock = SenderClock::new(RATE);
            let time = |report: i64| report * 5_000 + if fast { report } else { -report } / 2;
            for (report, jitter) in jitter.iter().enumerate() {
                let report = report as i64;
                clock.report(rtp(report * 5_000), ntp(1_000 + time(report) + jitter));
            }
            let last = jitter.len() as i64 - 1;
            let error = at(&clock, last * 5_000).unwrap() - 1_000 - time(last);
            prop_assert!(error.abs() <= 7, "{error} ms");
        }

        #[test]
        fn nothing_overflows(reports in proptest::collection::vec(any::<(u32, u64, bool)>(), 0..20), rtp in any::<u32>(), rate in any::<u32>()) {
            let mut clock = SenderClock::new(rate);
            for (rtp_time, ntp, captured) in reports {
                match captured {
                    true => clock.capture(rtp_time, NtpTime(ntp)),
                    false => clock.report(rtp_time, NtpTime(ntp)),
                }
                let _ = clock.captured_at(rtp);
            }
        }
    }
}
