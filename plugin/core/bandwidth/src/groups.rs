//! Packets that were sent together, and by how much more the next ones were delayed (draft section 5.2 to 5.4).

use std::time::Duration;

/// Packets sent within this time are one group: pacers send bursts, and what delays a burst's last packet is mostly the
/// burst itself.
const BURST: Duration = Duration::from_millis(5);

/// A burst on the way that lasts longer is no burst: else it would be one group for ever.
const LONGEST_BURST: Duration = Duration::from_millis(100);

/// A pause after which nothing is compared with what was before it.
const PAUSE: Duration = Duration::from_secs(2);

/// Puts packets into groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups {
    current: Option<Group>,
    before: Option<Group>,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    first_sent: Duration,
    last_sent: Duration,
    first_arrived: Duration,
    arrived: Duration,
}

/// What a group shows beside the one before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Step {
    /// It came so much later than it was sent later, in milliseconds.
    Later {
        /// Negative when a queue empties.
        by: f64,
        /// When it arrived.
        arrived: Duration,
    },
    /// There was a pause, or a clock was set: what was before says nothing about what follows.
    Anew,
}

impl Groups {
    /// Takes the next packet, and answers when it has completed a group. Its two times are of different clocks.
    pub(crate) fn add(&mut self, sent: Duration, arrived: Duration) -> Option<Step> {
        let Some(current) = &mut self.current else {
            self.current = Some(Group::of(sent, arrived));
            return None;
        };
        if sent < current.first_sent && current.first_sent - sent < PAUSE {
            return None;
        }
        if current.takes(sent, arrived) {
            current.last_sent = current.last_sent.max(sent);
            current.arrived = current.arrived.max(arrived);
            return None;
        }
        let done = *current;
        self.current = Some(Group::of(sent, arrived));
        if apart(done.last_sent, sent) > PAUSE || apart(done.arrived, arrived) > PAUSE {
            self.before = None;
            return Some(Step::Anew);
        }
        let before = self.before.replace(done)?;
        Some(Step::Later {
            by: between(before.arrived, done.arrived) - between(before.last_sent, done.last_sent),
            arrived: done.arrived,
        })
    }
}

impl Group {
    fn of(sent: Duration, arrived: Duration) -> Self {
        Self {
            first_sent: sent,
            last_sent: sent,
            first_arrived: arrived,
            arrived,
        }
    }

    /// Also those that were sent later and yet came together: something on the way let them go in one burst.
    fn takes(&self, sent: Duration, arrived: Duration) -> bool {
        let together = sent >= self.first_sent && sent - self.first_sent <= BURST;
        let caught_up = between(self.arrived, arrived) < between(self.last_sent, sent)
            && apart(self.arrived, arrived) <= BURST
            && apart(self.first_arrived, arrived) < LONGEST_BURST;
        together || caught_up
    }
}

/// Milliseconds from one to the other.
fn between(from: Duration, to: Duration) -> f64 {
    (to.as_secs_f64() - from.as_secs_f64()) * 1e3
}

fn apart(one: Duration, other: Duration) -> Duration {
    one.abs_diff(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn a_group_is_compared_with_the_one_before_it() {
        let mut groups = Groups::default();
        let packets = [(0, 100), (3, 104), (20, 120), (40, 150), (60, 165)];
        let steps = packets.map(|(sent, arrived)| groups.add(ms(sent), ms(arrived)));
        let later = |by, arrived| {
            Some(Step::Later {
                by,
                arrived: ms(arrived),
            })
        };
        // Last packets sent at 3, 20, 40; last arrivals 104, 120, 150.
        let rounded = steps.map(|step| match step {
            Some(Step::Later { by, arrived }) => Some(Step::Later {
                by: by.round(),
                arrived,
            }),
            other => other,
        });
        assert_eq!(
            rounded,
            [None, None, None, later(-1.0, 120), later(10.0, 150)]
        );
    }

    #[test]
    fn what_comes_in_one_burst_is_one_group() {
        let mut groups = Groups::default();
        for (sent, arrived) in [(0, 100), (20, 200), (40, 201), (60, 202)] {
            assert_eq!(groups.add(ms(sent), ms(arrived)), None);
        }
    }

    #[test]
    fn after_a_pause_all_begins_anew() {
        let mut groups = Groups::default();
        groups.add(ms(0), ms(0));
        assert_eq!(groups.add(ms(5_000), ms(5_100)), Some(Step::Anew));
        assert_eq!(groups.add(ms(5_020), ms(5_120)), None);
    }

    #[test]
    fn a_late_packet_of_an_earlier_group_changes_nothing() {
        let mut groups = Groups::default();
        groups.add(ms(20), ms(120));
        assert_eq!(groups.add(ms(0), ms(125)), None);
        assert_eq!(groups.add(ms(40), ms(140)), None);
        assert!(
            matches!(groups.add(ms(60), ms(160)), Some(Step::Later { by, .. }) if by.abs() < 0.01)
        );
    }
}
