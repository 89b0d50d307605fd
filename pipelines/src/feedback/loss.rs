//! What the browser's way loses of the mix, and when that changes how the mix is coded for it. Pure.
//!
//! Protection against losses costs sound and CPU, so it is for those who need it: from the first report that says so, and
//! until nothing has been lost for a while. A little that is lost now and then is concealed well enough without.

use std::time::Duration;

use convene_rtp::Reported;

/// Packets of which a share is told at least: of fewer one means nothing.
const ENOUGH: i64 = 50;

/// Percent from which losses matter, and from which they go on to matter.
const BEGIN: i64 = 2;
const STAY: i64 = 1;

/// So long losses must have been lower until less is expected.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is lost on one way.
#[derive(Debug, Default)]
pub(super) struct Loss {
    last: Option<Reported>,
    /// Packets, and how many of them were lost, since a share was last told.
    due: i64,
    lost: i64,
    /// Percent that are expected to be lost, since when that was last seen, and the most that was seen after that.
    expected: u32,
    seen: Duration,
    since: u32,
}

impl Loss {
    /// The browser reports on the mix; answers what is to be expected now, if that is news.
    pub(super) fn report(&mut self, now: Duration, report: Reported) -> Option<u32> {
        let before = self.last.replace(report);
        let (due, lost) = before.map_or_else(|| first(report), |before| between(before, report));
        if due < 0 {
            (self.due, self.lost) = (0, 0);
            return None;
        }
        self.due += due;
        self.lost += lost;
        if self.due < ENOUGH {
            return None;
        }
        let percent = self.percent();
        (self.due, self.lost) = (0, 0);
        self.judge(now, percent)
    }

    fn percent(&self) -> u32 {
        let least = if self.expected == 0 { BEGIN } else { STAY };
        let hundred_times = 100 * self.lost.clamp(0, self.due);
        if hundred_times < least * self.due {
            return 0;
        }
        (hundred_times as u64).div_ceil(self.due as u64) as u32
    }

    fn judge(&mut self, now: Duration, percent: u32) -> Option<u32> {
        let before = self.expected;
        if percent >= before {
            (self.expected, self.seen, self.since) = (percent, now, 0);
        } else {
            self.since = self.since.max(percent);
            if now.saturating_sub(self.seen) >= PATIENCE {
                (self.expected, self.seen, self.since) = (self.since, now, 0);
            }
        }
        (self.expected != before).then_some(self.expected)
    }
}

/// A first report says of how many packets it is by the share alone.
fn first(report: Reported) -> (i64, i64) {
    match (report.lost, i64::from(report.fraction)) {
        (1.., 1..) => (report.lost * 256 / i64::from(report.fraction), report.lost),
        _ => (0, 0),
    }
}

/// Packets between two reports, and how many of them were lost. Below zero: the browser counts anew.
fn between(before: Reported, now: Reported) -> (i64, i64) {
    let due = now.highest.wrapping_sub(before.highest) as i32;
    (i64::from(due), now.lost - before.lost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn report(highest: u32, lost: i64) -> Reported {
        Reported {
            ssrc: 1,
            fraction: 0,
            lost,
            highest,
        }
    }

    /// Reports every 5 s, each of 250 packets, of which so many were lost; what is told.
    fn told(lost: &[i64]) -> Vec<(usize, u32)> {
        let mut loss = Loss::default();
        loss.report(seconds(0), report(1_000, 0));
        let mut all = 0;
        let mut tell = |(n, lost): (usize, &i64)| {
            all += lost;
            let now = report(1_000 + 250 * (n as u32 + 1), all);
            Some((n, loss.report(seconds(5 * (n as u64 + 1)), now)?))
        };
        lost.iter().enumerate().filter_map(&mut tell).collect()
    }

    #[test]
    fn it_rises_at_once_and_falls_slowly() {
        type Row = (&'static [i64], &'static [(usize, u32)]);
        let table: [Row; 7] = [
            (&[0, 0, 0], &[]),
            (&[4, 4, 4], &[]),
            (&[5], &[(0, 2)]),
            (&[5, 25, 3], &[(0, 2), (1, 10)]),
            (&[25, 0, 0, 0, 0, 0, 0, 0], &[(0, 10), (6, 0)]),
            (
                &[25, 5, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &[(0, 10), (6, 2), (12, 0)],
            ),
            (&[5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0], &[(0, 2), (10, 0)]),
        ];
        for (lost, expected) in table {
            assert_eq!(told(lost), expected, "{lost:?}");
        }
    }

    #[test]
    fn few_packets_say_nothing_until_there_are_enough() {
        let mut loss = Loss::default();
        let steps = [
            (100, 0, None),
            (110, 5, None),
            (149, 5, None),
            (150, 5, Some(10)),
        ];
        for (highest, lost, told) in steps {
            assert_eq!(loss.report(seconds(1), report(highest, lost)), told);
        }
    }

    #[test]
    fn a_first_report_counts_by_its_share() {
        let first = Reported {
            fraction: 26,
            ..report(300, 25)
        };
        assert_eq!(Loss::default().report(seconds(0), first), Some(11));
    }

    #[test]
    fn who_counts_anew_has_lost_nothing() {
        let mut loss = Loss::default();
        loss.report(seconds(0), report(0x1_0000, 400));
        assert_eq!(loss.report(seconds(5), report(100, 0)), None);
        assert_eq!(loss.report(seconds(10), report(350, 2)), None);
        assert_eq!(loss.report(seconds(15), report(600, 27)), Some(10));
    }

    proptest! {
        #[test]
        fn whatever_is_reported_makes_a_percentage(reports in proptest::collection::vec(any::<(u8, i32, u32)>(), 1..50)) {
            let mut loss = Loss::default();
            for (n, (fraction, lost, highest)) in reports.into_iter().enumerate() {
                let report = Reported { fraction, ..report(highest, i64::from(lost)) };
                let told = loss.report(seconds(n as u64), report);
                prop_assert!(told.is_none_or(|percent| percent <= 100));
            }
        }
    }
}
