//! The layers of one picture: the same pictures in several sizes, each a stream of its own.
//!
//! A layer is told by its name in the packets (RID, RFC 8852), and by its SSRC once a packet has named it: browsers
//! leave the name out when the first reports have come. How large a layer is, how many bits it takes and whether it is
//! sent at all is seen in its packets. A picture of which no layers are known has one, without a name.

use std::{sync::Arc, time::Duration};

use crate::{Frame, Size};

/// The name of a layer (RFC 8851).
pub type Rid = Arc<str>;

/// The least time between two requests to one stream. An encoder's key frame is on its way for 50 to 200 ms, and each
/// costs about as much as a second of the stream.
pub(crate) const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(500);

/// A layer of which nothing came for so long is not sent, when others are: three frames of a camera in the dark.
const SILENT: Duration = Duration::from_millis(600);

/// How long packets are counted for a rate.
const COUNTED: Duration = Duration::from_millis(500);

/// For how long a layer is avoided the first time, and at most.
const AVOIDED: Duration = Duration::from_secs(10);
const LONGEST_AVOIDED: Duration = Duration::from_secs(300);

/// What the largest layer is taken for until its first key frame is seen: what pages ask of cameras. Each smaller one
/// is taken for half as wide.
const USUAL: Size = Size {
    width: 640,
    height: 360,
};

/// Of fewer bits per pixel and second the next smaller layer makes the better picture: VP8 at 15 frames a second then
/// spends 0.04 on each pixel.
const LEAST_PER_PIXEL: f64 = 0.6;

/// All layers of a picture, the smallest first.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    all: Vec<Layer>,
    /// Which of them the publisher was told that somebody needs.
    pub(crate) told: Vec<Rid>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Layer {
    pub(crate) rid: Option<Rid>,
    pub(crate) ssrc: Option<u32>,
    /// By its last key frame.
    size: Option<Size>,
    rate: Rate,
    came: Option<Duration>,
    asked: Option<Duration>,
    /// Until when nobody is to be shown it, and how often that has been so in a row.
    avoided: Option<Duration>,
    avoidances: u32,
    /// A subscriber asked since the last request or key frame.
    wanted: bool,
}

/// Bits per second, counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rate {
    since: Duration,
    bytes: usize,
    bits: Option<u64>,
}

impl Default for Layers {
    fn default() -> Self {
        Self {
            all: vec![Layer::default()],
            told: Vec::new(),
        }
    }
}

impl Layers {
    /// Those of these names, the smallest first; without names one.
    pub(crate) fn named(names: Vec<Rid>) -> Self {
        if names.is_empty() {
            return Self::default();
        }
        let named = |rid| Layer {
            rid: Some(rid),
            ..Layer::default()
        };
        Self {
            all: names.into_iter().map(named).collect(),
            told: Vec::new(),
        }
    }

    /// Whether they have these names already.
    pub(crate) fn are(&self, names: &[Rid]) -> bool {
        self.all
            .iter()
            .filter_map(|layer| layer.rid.as_ref())
            .eq(names)
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether there is a choice.
    pub(crate) fn are_several(&self) -> bool {
        self.count() > 1
    }

    pub(crate) fn get(&self, layer: usize) -> Option<&Layer> {
        self.all.get(layer)
    }

    pub(crate) fn get_mut(&mut self, layer: usize) -> Option<&mut Layer> {
        self.all.get_mut(layer)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Layer> {
        self.all.iter_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &Layer)> {
        self.all.iter().enumerate()
    }

    /// The layer of a packet with this SSRC that names this layer; `None`: nothing says which.
    pub(crate) fn of(&mut self, ssrc: u32, rid: Option<&[u8]>) -> Option<usize> {
        if let [only] = &mut self.all[..]
            && only.rid.is_none()
        {
            only.ssrc = Some(ssrc);
            return Some(0);
        }
        let names = |layer: &Layer| layer.rid.as_ref().map(|rid| rid.as_bytes()) == rid;
        let named = rid.and_then(|_| self.all.iter().position(names));
        let Some(named) = named else {
            return self.all.iter().position(|layer| layer.ssrc == Some(ssrc));
        };
        for (index, layer) in self.all.iter_mut().enumerate() {
            if index == named {
                layer.ssrc = Some(ssrc);
            } else if layer.ssrc == Some(ssrc) {
                layer.ssrc = None;
            }
        }
        Some(named)
    }

    /// A packet of a layer came. Answers whether that changes which key frames are to be asked for: it begins one, or it is
    /// the layer's first.
    pub(crate) fn received(
        &mut self,
        now: Duration,
        layer: usize,
        bytes: usize,
        frame: &Frame,
    ) -> bool {
        let layer = self.all.get_mut(layer);
        layer.is_some_and(|layer| layer.received(now, bytes, frame))
    }

    /// Those whose packets come, by bits.
    pub(crate) fn sent(&self, now: Duration) -> u32 {
        let sent = self.iter().filter(|(_, layer)| layer.is_sent(now));
        sent.fold(0, |sent, (index, _)| sent | 1 << index)
    }

    /// The smallest layer that is large enough for this, as far as sizes are known, of those that are not avoided.
    pub(crate) fn fitting(&self, now: Duration, wanted: Option<Size>) -> usize {
        let largest = self.count() - 1;
        let suffices =
            |layer: usize| wanted.is_some_and(|wanted| self.size(layer).suffices(wanted));
        let free = || (0..=largest).filter(|layer| !self.all[*layer].is_avoided(now));
        let fits = free().find(|layer| *layer == largest || suffices(*layer));
        fits.or_else(|| free().next_back()).unwrap_or(largest)
    }

    /// Nobody gets the layer for a while, and later and later again. What was avoided for its sake is not any more.
    pub(crate) fn avoid(&mut self, now: Duration, layer: usize) {
        let smaller = &mut self.all[..layer];
        smaller.iter_mut().for_each(|other| other.avoided = None);
        self.all[layer].avoid(now);
    }

    /// The smaller ones, instead.
    pub(crate) fn avoid_below(&mut self, now: Duration, layer: usize) {
        self.all[..layer]
            .iter_mut()
            .for_each(|other| other.avoid(now));
    }

    /// What a layer is, or is taken for.
    pub(crate) fn size(&self, layer: usize) -> Size {
        let seen = |index: usize| Some((index, self.get(index)?.size?));
        let nearest = (layer..self.count()).chain((0..layer).rev()).find_map(seen);
        let (index, size) = nearest.unwrap_or((self.count() - 1, USUAL));
        size.scaled(layer as i32 - index as i32)
    }

    /// Bits per second of which the layer makes a better picture than the next smaller one.
    pub(crate) fn least(&self, layer: usize) -> u64 {
        match layer {
            0 => 0,
            _ => (self.size(layer).pixels() * LEAST_PER_PIXEL) as u64,
        }
    }

    /// The layers that these are the numbers of.
    pub(crate) fn names(&self, needed: impl Fn(usize) -> bool) -> Vec<Rid> {
        let needed = self.iter().filter(|(index, _)| needed(*index));
        needed.filter_map(|(_, layer)| layer.rid.clone()).collect()
    }
}

impl Layer {
    fn received(&mut self, now: Duration, bytes: usize, frame: &Frame) -> bool {
        let first = self.came.replace(now).is_none();
        self.rate.count(now, bytes);
        if frame.size.is_some() {
            self.size = frame.size;
        }
        let answered = frame.key_start && std::mem::take(&mut self.wanted);
        first || answered
    }

    /// Whether it is sent.
    pub(crate) fn is_sent(&self, now: Duration) -> bool {
        self.came
            .is_some_and(|came| now.saturating_sub(came) < SILENT)
    }

    /// Bits per second while it is sent, once they are counted.
    pub(crate) fn rate(&self, now: Duration) -> Option<u64> {
        self.rate.bits.filter(|_| self.is_sent(now))
    }

    fn avoid(&mut self, now: Duration) {
        let again = self
            .avoided
            .is_some_and(|until| now < until + LONGEST_AVOIDED);
        self.avoidances = if again { self.avoidances + 1 } else { 0 };
        let pause = AVOIDED * 2_u32.pow(self.avoidances.min(6));
        self.avoided = Some(now + pause.min(LONGEST_AVOIDED));
    }

    fn is_avoided(&self, now: Duration) -> bool {
        self.avoided.is_some_and(|until| now < until)
    }

    pub(crate) fn want_key_frame(&mut self) {
        self.wanted = true;
    }

    /// When the next request is due, if one is wanted by anybody. `waiting`: a slot cannot show the layer yet.
    pub(crate) fn due(&self, waiting: bool) -> Option<Duration> {
        (self.wanted || waiting).then(|| {
            self.asked
                .map_or(Duration::ZERO, |asked| asked + KEY_FRAME_INTERVAL)
        })
    }

    pub(crate) fn ask(&mut self, now: Duration) {
        self.asked = Some(now);
        self.wanted = false;
    }

    /// The stream is over, or begins anew.
    pub(crate) fn reset(&mut self) {
        (self.asked, self.wanted, self.came) = (None, false, None);
    }
}

impl Rate {
    pub(crate) fn count(&mut self, now: Duration, bytes: usize) {
        let passed = now.saturating_sub(self.since);
        if passed >= COUNTED {
            let counted = (self.bytes as f64 * 8.0 / passed.as_secs_f64()) as u64;
            // A pause says nothing about the stream before or after it.
            self.bits = (passed < 2 * COUNTED).then_some(counted);
            (self.since, self.bytes) = (now, 0);
        }
        self.bytes += bytes;
    }

    pub(crate) fn bits(&self) -> Option<u64> {
        self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Layers {
        Layers::named(vec!["l".into(), "h".into()])
    }

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    #[test]
    fn a_packet_s_layer_is_named_once_and_then_known() {
        let mut layers = two();
        assert_eq!(layers.of(7, None), None);
        assert_eq!(layers.of(7, Some(b"h")), Some(1));
        assert_eq!(layers.of(7, None), Some(1));
        assert_eq!(layers.of(8, Some(b"x")), None);
        assert_eq!(layers.of(7, Some(b"l")), Some(0), "named anew");
        assert_eq!(layers.get(1).and_then(|layer| layer.ssrc), None);
        assert_eq!(Layers::default().of(9, Some(b"x")), Some(0));
    }

    #[test]
    fn the_smallest_that_suffices_fits() {
        let mut layers = two();
        let now = Duration::ZERO;
        let fits = |layers: &Layers, width, height| layers.fitting(now, Some(size(width, height)));
        assert_eq!(layers.fitting(now, None), 1);
        assert_eq!((fits(&layers, 480, 270), fits(&layers, 482, 270)), (0, 1));
        let frame = Frame {
            size: Some(size(160, 90)),
            ..Frame::default()
        };
        layers.all[0].received(Duration::ZERO, 1, &frame);
        assert_eq!((fits(&layers, 240, 135), fits(&layers, 240, 136)), (0, 1));
        assert_eq!(layers.size(1), size(320, 180), "half as wide each");
        assert_eq!(layers.least(0), 0);
        assert_eq!(layers.least(1), 34_560);
    }

    #[test]
    fn what_is_avoided_fits_nobody_for_a_while() {
        let mut layers = two();
        let at = Duration::from_secs;
        let small = Some(size(100, 50));
        layers.avoid(at(100), 1);
        assert_eq!(
            (layers.fitting(at(109), None), layers.fitting(at(110), None)),
            (0, 1)
        );
        layers.avoid(at(111), 1);
        assert_eq!(
            (layers.fitting(at(130), None), layers.fitting(at(131), None)),
            (0, 1)
        );
        layers.avoid_below(at(140), 1);
        assert_eq!(
            (
                layers.fitting(at(149), small),
                layers.fitting(at(150), small)
            ),
            (1, 0)
        );
        layers.avoid_below(at(150), 1);
        layers.avoid(at(151), 1);
        assert_eq!(layers.fitting(at(151), small), 0, "not both");
        layers.avoid(at(900), 1);
        assert_eq!(layers.fitting(at(910), None), 1, "it was long ago");
    }

    #[test]
    fn a_rate_is_what_came() {
        let mut rate = Rate::default();
        let mut after = |milliseconds, bytes| {
            rate.count(Duration::from_millis(milliseconds), bytes);
            rate.bits()
        };
        assert_eq!(after(10_000, 100), None);
        assert_eq!(after(10_250, 100), None);
        assert_eq!(after(10_500, 100), Some(3_200));
        assert_eq!(after(30_000, 100), None, "a pause");
        assert_eq!(after(30_500, 100), Some(1_600));
    }
}
