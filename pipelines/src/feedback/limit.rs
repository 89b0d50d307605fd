//! How many bits per second a browser may send us, and when it is told. Pure.

use std::{collections::BTreeMap, time::Duration};

/// The least time between two messages.
const INTERVAL: Duration = Duration::from_millis(200);

/// A message may be lost, and nothing says so: it is repeated.
const REPEATED: Duration = Duration::from_secs(1);

/// A limit that falls by more than this share is told at once.
const FALLS: f64 = 0.03;

/// What a browser that has a microphone takes out of the limit for its sound, whether it sends some or not: Opus at
/// 32 kbit/s with the headers of 50 packets (measured with Chromium 156).
const SOUND: u64 = 44_000;

/// Which of the browser's pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    Camera,
    Screen,
}

/// What limits the browser, and what it was told of that.
#[derive(Debug, Default)]
pub(super) struct Limit {
    /// What his way to us carries, in bits per second.
    uplink: Option<u64>,
    /// Whether it sends sound.
    sound: bool,
    wishes: BTreeMap<Source, Wish>,
    told: Option<(Duration, u64)>,
}

#[derive(Debug)]
struct Wish {
    number: gst::Seqnum,
    /// `None`: no limit.
    bits: Option<u64>,
}

impl Limit {
    pub(super) fn set_uplink(&mut self, bits: Option<u64>) {
        self.uplink = bits;
    }

    pub(super) fn set_sound(&mut self, sound: bool) {
        self.sound = sound;
    }

    /// What those who look at a picture can take. Wishes may overtake each other; the latest has the highest number.
    pub(super) fn wish(&mut self, source: Source, number: gst::Seqnum, bits: Option<u64>) {
        let is_newer = |known: &Wish| known.number < number;
        if self.wishes.get(&source).is_none_or(is_newer) {
            self.wishes.insert(source, Wish { number, bits });
        }
    }

    /// What has to be told now.
    pub(super) fn due(&mut self, now: Duration) -> Option<u64> {
        let bits = self.bits()?;
        let due = self.told.is_none_or(|(at, told)| {
            let passed = now.saturating_sub(at);
            let falls = (bits as f64) < told as f64 * (1.0 - FALLS);
            falls || passed >= REPEATED || bits != told && passed >= INTERVAL
        });
        due.then(|| {
            self.told = Some((now, bits));
            bits
        })
    }

    fn bits(&self) -> Option<u64> {
        let wished = self.wished();
        let pictures = self.uplink.into_iter().chain(wished).min()?;
        Some(pictures + if self.sound { SOUND } else { 0 })
    }

    /// The message limits all that the browser sends, so the wishes for its pictures add up. Nobody has to be told of
    /// pictures that nobody needs: the conference does that.
    fn wished(&self) -> Option<u64> {
        let mut sum = 0_u64;
        for wish in self.wishes.values() {
            sum = sum.saturating_add(wish.bits?);
        }
        (sum > 0).then_some(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn wish(limit: &mut Limit, source: Source, bits: Option<u64>) {
        limit.wish(source, gst::Seqnum::next(), bits);
    }

    #[test]
    fn the_least_counts() {
        let mut limit = Limit::default();
        assert_eq!(limit.bits(), None);
        limit.set_uplink(Some(500));
        assert_eq!(limit.bits(), Some(500));
        wish(&mut limit, Source::Camera, Some(400));
        assert_eq!(limit.bits(), Some(400));
        wish(&mut limit, Source::Screen, Some(0));
        assert_eq!(limit.bits(), Some(400), "nobody looks at the screen");
        wish(&mut limit, Source::Screen, Some(50));
        assert_eq!(limit.bits(), Some(450));
        wish(&mut limit, Source::Screen, None);
        assert_eq!(limit.bits(), Some(500), "no limit is none for both");
        wish(&mut limit, Source::Camera, Some(0));
        wish(&mut limit, Source::Screen, Some(0));
        assert_eq!(limit.bits(), Some(500));
    }

    #[test]
    fn sound_comes_on_top() {
        let mut limit = Limit::default();
        limit.set_sound(true);
        assert_eq!(limit.bits(), None);
        limit.set_uplink(Some(100_000));
        assert_eq!(limit.bits(), Some(144_000));
    }

    #[test]
    fn a_wish_that_was_overtaken_is_old() {
        let mut limit = Limit::default();
        let [first, second] = [gst::Seqnum::next(), gst::Seqnum::next()];
        limit.wish(Source::Camera, second, Some(2));
        limit.wish(Source::Camera, first, Some(1));
        assert_eq!(limit.bits(), Some(2));
    }

    #[test]
    fn it_is_told_now_and_then_and_at_once_when_it_falls() {
        let mut limit = Limit::default();
        let steps = [
            (0, 1_000, Some(1_000)),
            (10, 1_100, None),
            (20, 990, None),
            (30, 960, Some(960)),
            (40, 930, Some(930)),
            (100, 940, None),
            (239, 940, None),
            (240, 940, Some(940)),
            (1_239, 940, None),
            (1_240, 940, Some(940)),
        ];
        for (at, bits, told) in steps {
            limit.set_uplink(Some(bits));
            assert_eq!(limit.due(ms(at)), told, "at {at} ms");
        }
    }
}
