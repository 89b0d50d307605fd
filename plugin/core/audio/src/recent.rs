//! What a room did in the last seconds, and how much of its time that took.

use std::{collections::VecDeque, time::Duration};

use crate::{FRAME_TIME, Totals};

/// The past that counts: five spans of a second.
const SPAN: Duration = Duration::from_secs(1);
const SPANS: usize = 5;

/// What a worker spent on one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// From the beginning to the end.
    pub time: Duration,
    /// Of the processor.
    pub cpu: Duration,
}

/// What happened per second, over the last seconds. All zero after a time without work.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Packets encoded.
    pub encodes: f64,
    /// What the decoders were asked for.
    pub decodes: f64,
    /// How many listeners an encoded packet went to.
    pub sent_per_encode: f64,
    /// Seconds of the processor.
    pub cpu: f64,
    /// The mean share of the time until the next frame that a frame took.
    pub share: f64,
    /// The largest.
    pub largest_share: f64,
}

/// The sums of the last seconds.
#[derive(Debug, Default)]
pub struct Recent {
    spans: VecDeque<Span>,
    before: Totals,
}

#[derive(Clone, Copy, Debug, Default)]
struct Span {
    begins: Duration,
    encodes: u64,
    decodes: u64,
    sent: u64,
    frames: u32,
    time: Duration,
    cpu: Duration,
    longest: Duration,
}

impl Recent {
    /// A frame was made: what the room has done until now, and what the frame took.
    pub fn record(&mut self, now: Duration, totals: &Totals, spent: Spent) {
        let before = std::mem::replace(&mut self.before, *totals);
        let span = self.span(now);
        span.encodes += totals.encodes - before.encodes;
        span.decodes += decodes(totals) - decodes(&before);
        span.sent += totals.sent - before.sent;
        span.frames += 1;
        span.time += spent.time;
        span.cpu += spent.cpu;
        span.longest = span.longest.max(spent.time);
    }

    /// What happened per second.
    #[must_use]
    pub fn pace(&self, now: Duration) -> Pace {
        let recent = || self.spans.iter().filter(|span| is_recent(span, now));
        let Some(first) = recent().map(|span| span.begins).min() else {
            return Pace::default();
        };
        let seconds = now.saturating_sub(first).max(FRAME_TIME).as_secs_f64();
        let sum = recent().fold(Span::default(), Span::plus);
        let per = |count: u64, whole: f64| {
            if whole > 0.0 {
                count as f64 / whole
            } else {
                0.0
            }
        };
        let frame = FRAME_TIME.as_secs_f64();
        Pace {
            encodes: per(sum.encodes, seconds),
            decodes: per(sum.decodes, seconds),
            sent_per_encode: per(sum.sent, sum.encodes as f64),
            cpu: sum.cpu.as_secs_f64() / seconds,
            share: sum.time.as_secs_f64() / (f64::from(sum.frames) * frame),
            largest_share: sum.longest.as_secs_f64() / frame,
        }
    }

    fn span(&mut self, now: Duration) -> &mut Span {
        let fresh = Span {
            begins: now,
            ..Span::default()
        };
        match self.spans.back() {
            Some(span) if now < span.begins + SPAN => {}
            _ => self.spans.push_back(fresh),
        }
        if self.spans.len() > SPANS {
            self.spans.pop_front();
        }
        let last = self.spans.len() - 1;
        &mut self.spans[last]
    }
}

impl Span {
    fn plus(self, other: &Self) -> Self {
        Self {
            begins: self.begins,
            encodes: self.encodes + other.encodes,
            decodes: self.decodes + other.decodes,
            sent: self.sent + other.sent,
            frames: self.frames + other.frames,
            time: self.time + other.time,
            cpu: self.cpu + other.cpu,
            longest: self.longest.max(other.longest),
        }
    }
}

fn is_recent(span: &Span, now: Duration) -> bool {
    now < span.begins + SPAN * SPANS as u32
}

fn decodes(totals: &Totals) -> u64 {
    totals
        .packets
        .decodes()
        .iter()
        .map(|(_, count)| count)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    /// A room that encodes two packets for three listeners each and decodes one packet in every frame, until `until`.
    fn work(recent: &mut Recent, totals: &mut Totals, from: u32, until: u32) {
        for frame in from..until {
            totals.encodes += 2;
            totals.sent += 6;
            totals.packets.decoded += 1;
            let time = if frame == 7 { 10 } else { 4 } * MILLISECOND;
            let spent = Spent {
                time,
                cpu: time / 2,
            };
            recent.record(FRAME_TIME * frame, totals, spent);
        }
    }

    #[test]
    fn an_even_pace_is_told_as_it_is() {
        let (mut recent, mut totals) = (Recent::default(), Totals::default());
        work(&mut recent, &mut totals, 0, 100);
        let pace = recent.pace(FRAME_TIME * 100);
        assert_eq!(
            (pace.encodes, pace.decodes, pace.sent_per_encode),
            (100.0, 50.0, 3.0)
        );
        let expected = (99.0 * 0.2 + 0.5) / 100.0;
        assert!((pace.share - expected).abs() < 1e-9, "{}", pace.share);
        assert!((pace.largest_share - 0.5).abs() < 1e-9);
        assert!((pace.cpu - expected / 2.0).abs() < 1e-9, "{}", pace.cpu);
    }

    #[test]
    fn what_is_long_ago_counts_no_more() {
        let (mut recent, mut totals) = (Recent::default(), Totals::default());
        work(&mut recent, &mut totals, 0, 500);
        let pace = recent.pace(FRAME_TIME * 500);
        assert!(
            (pace.largest_share - 0.2).abs() < 1e-9,
            "frame 7 has been forgotten"
        );
        assert!((pace.encodes - 100.0).abs() < 1e-9, "{}", pace.encodes);
        assert_eq!(recent.pace(FRAME_TIME * 1_000), Pace::default());
        assert_eq!(Recent::default().pace(FRAME_TIME), Pace::default());
    }
}
