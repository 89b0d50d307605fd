//! Stories of pictures in layers.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use super::*;
use crate::{Rid, Size, Source};
use convene_rtp::{Header, Packet};

mod decodable;

const ANN: Number = Number(1);
const BOB: Number = Number(2);
const CAT: Number = Number(3);
const PICTURE: Picture = Picture {
    publisher: ANN,
    source: Source::Camera,
};
const NAMES: [&str; 3] = ["l", "m", "h"];
const WIDTHS: [u16; 3] = [160, 320, 640];

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn slot(subscriber: Number) -> SlotId {
    SlotId {
        subscriber,
        index: 0,
    }
}

fn size(width: u32) -> Option<Size> {
    let height = width * 9 / 16;
    Some(Size { width, height })
}

/// One packet of a frame: the first of two, or the second.
fn vp8(layer: usize, sequence: u16, timestamp: u32, key: bool, first: bool) -> Vec<u8> {
    let [high, low] = (sequence | 0x8000).to_be_bytes();
    let mut payload = vec![if first { 0x90 } else { 0x80 }, 0x80, high, low];
    payload.push(u8::from(!key));
    if key && first {
        payload.extend_from_slice(&[0, 0, 0x9d, 0x01, 0x2a]);
        payload.extend_from_slice(&WIDTHS[layer].to_le_bytes());
        payload.extend_from_slice(&(WIDTHS[layer] / 16 * 9).to_le_bytes());
    }
    let mut bytes = Vec::new();
    Header {
        marker: !first,
        payload_type: 96,
        sequence,
        timestamp,
        ssrc: 100 + layer as u32,
        ..Header::default()
    }
    .write(&payload, &mut bytes);
    bytes
}

/// Ann publishes in three layers, of which she sends what is needed; each begins with a key frame.
struct Room {
    switch: Switch,
    now: Duration,
    sequences: [u16; 3],
    needed: Vec<usize>,
    /// Layers that begin, or of which a key frame was asked.
    keys: [bool; 3],
    /// Layers that do not come though they are needed.
    withheld: Vec<usize>,
    /// Whether only the smallest of those that are needed comes.
    exclusive: bool,
    bitrate: Option<u64>,
}

impl Room {
    fn new() -> Self {
        let mut switch = Switch::default();
        for number in [ANN, BOB, CAT] {
            switch.join(number, Policy::External);
            switch.open(slot(number), Numbers::default());
        }
        switch.set_layers(PICTURE, &NAMES.map(Rid::from));
        switch.publish(PICTURE, Codec::Vp8);
        Self {
            switch,
            now: ms(10_000),
            sequences: [10, 20_000, 65_000],
            needed: vec![],
            keys: [false; 3],
            withheld: vec![],
            exclusive: false,
            bitrate: Some(0),
        }
    }

    fn obey(&mut self) {
        while let Some(wish) = self.switch.poll(self.now) {
            match wish {
                Wish::Layers(_, names) => {
                    let number = |name: &Rid| NAMES.iter().position(|known| **known == **name);
                    let needed: Vec<_> = names.iter().filter_map(number).collect();
                    for layer in needed.iter().filter(|layer| !self.needed.contains(layer)) {
                        self.keys[*layer] = true;
                    }
                    self.needed = needed;
                }
                Wish::KeyFrame(_, ssrc) => {
                    if let Some(ssrc) = ssrc {
                        self.keys[ssrc as usize - 100] = true;
                    }
                }
                Wish::Bitrate(_, bits) => self.bitrate = bits,
            }
        }
    }

    fn send(&mut self, layer: usize, key: bool, first: bool) -> Vec<(usize, Forward)> {
        self.sequences[layer] = self.sequences[layer].wrapping_add(1);
        let frame = (self.now.as_millis() as u32).wrapping_mul(90);
        let timestamp = frame.wrapping_add(layer as u32 * 1_000_000_000);
        let bytes = vp8(layer, self.sequences[layer], timestamp, key, first);
        let packet = Packet::parse(&bytes).unwrap();
        let arrival = Arrival {
            packet: &packet,
            // 25, 75, 225 kbit/s at 20 frames a second.
            bytes: 78 * 3_usize.pow(layer as u32),
            rid: Some(NAMES[layer].as_bytes()),
        };
        let mut forward = Vec::new();
        self.switch
            .packet(self.now, PICTURE, &arrival, &mut forward);
        forward.into_iter().map(|f| (layer, f)).collect()
    }

    /// A frame of everything that is sent; answers what went where, and whether a key frame began with it.
    fn frame(&mut self) -> Vec<(usize, Forward, bool)> {
        self.obey();
        self.now += ms(50);
        let mut forward = Vec::new();
        for layer in self.needed.clone() {
            if self.withheld.contains(&layer) || self.exclusive && self.needed[0] != layer {
                continue;
            }
            let key = std::mem::take(&mut self.keys[layer]);
            for first in [true, false] {
                let start = key && first;
                let sent = self.send(layer, key, first).into_iter();
                forward.extend(sent.map(|(layer, f)| (layer, f, start)));
            }
        }
        forward
    }

    fn frames(&mut self, count: usize) {
        for _ in 0..count {
            self.frame();
        }
    }

    fn show(&mut self, subscriber: Number, width: u32) {
        self.switch.show(PICTURE, subscriber, Some(0)).unwrap();
        self.switch.set_size(slot(subscriber), size(width));
    }

    fn shown(&self, subscriber: Number) -> Option<usize> {
        self.switch.slots[&slot(subscriber)].shown()
    }
}

#[test]
fn everyone_gets_the_layer_that_fits_and_no_other_is_sent() {
    let mut room = Room::new();
    room.obey();
    assert_eq!(room.needed, Vec::<usize>::new(), "nobody looks");
    room.show(BOB, 640);
    room.show(CAT, 100);
    room.obey();
    assert_eq!(room.needed, [0, 2], "before a packet has come");
    room.frames(2);
    assert_eq!((room.shown(BOB), room.shown(CAT)), (Some(2), Some(0)));
    room.switch.set_size(slot(CAT), size(400));
    room.frames(2);
    assert_eq!(
        (room.shown(CAT), room.needed.clone()),
        (Some(1), vec![1, 2])
    );
    room.switch.hide(PICTURE, BOB).unwrap();
    room.obey();
    assert_eq!(room.needed, [1]);
    room.switch.set_size(slot(CAT), None);
    room.frames(2);
    assert_eq!((room.shown(CAT), room.needed.clone()), (Some(2), vec![2]));
    room.switch.leave(CAT);
    room.obey();
    assert_eq!(room.needed, Vec::<usize>::new());
}

#[test]
fn the_old_layer_is_shown_until_the_new_one_s_key_frame() {
    let mut room = Room::new();
    room.show(BOB, 100);
    room.frames(2);
    assert_eq!(room.shown(BOB), Some(0));
    room.withheld = vec![2];
    room.switch.set_size(slot(BOB), size(640));
    room.obey();
    assert_eq!(room.needed, [0, 2]);
    assert_eq!(room.frame().len(), 2, "the old one");
    room.withheld.clear();
    room.keys[2] = false;
    assert_eq!(
        room.frame().len(),
        2,
        "still: it begins without a key frame"
    );
    room.obey();
    assert!(room.keys[2], "which is asked for");
    room.frame();
    assert_eq!(room.shown(BOB), Some(2));
}

#[test]
fn a_layer_that_does_not_come_beside_another_comes_alone_or_is_given_up() {
    let mut room = Room::new();
    room.show(BOB, 100);
    room.frames(2);
    room.withheld = vec![2];
    room.switch.set_size(slot(BOB), size(640));
    room.frames(15);
    assert_eq!(room.needed, [0, 2]);
    room.frames(10);
    assert_eq!(room.needed, [2], "the line may carry only one of them");
    room.frames(60);
    assert_eq!(room.needed, [1], "it does not come alone either");
    room.withheld.clear();
    room.frames(300);
    assert_eq!(room.shown(BOB), Some(2), "it is tried again");
}

#[test]
fn of_a_line_that_carries_one_layer_all_get_the_large_one_if_they_can() {
    let mut room = Room::new();
    room.exclusive = true;
    room.show(CAT, 100);
    room.show(BOB, 640);
    room.frames(120);
    assert_eq!((room.shown(BOB), room.shown(CAT)), (Some(2), Some(2)));
    assert_eq!(room.needed, [2]);
    let mut room = Room::new();
    room.exclusive = true;
    room.show(CAT, 100);
    room.show(BOB, 640);
    room.switch.set_budget(room.now, CAT, Some(120_000));
    room.switch.set_budget(room.now, CAT, Some(100_000));
    room.frames(160);
    assert_eq!(
        (room.shown(BOB), room.shown(CAT)),
        (Some(1), Some(1)),
        "one cannot take that"
    );
    assert_eq!(room.needed, [1]);
}

#[test]
fn one_with_a_slow_line_does_not_hold_the_other_back() {
    let mut room = Room::new();
    room.show(BOB, 640);
    room.show(CAT, 640);
    room.switch.set_budget(room.now, BOB, Some(900_000));
    room.switch.set_budget(room.now, CAT, Some(300_000));
    room.frames(40);
    assert_eq!(room.bitrate, None, "nothing is known against either yet");
    room.frames(40);
    assert_eq!((room.shown(BOB), room.shown(CAT)), (Some(2), Some(2)));
    assert_eq!(room.bitrate, Some(300_000));
    room.switch.set_budget(room.now, CAT, Some(200_000));
    room.obey();
    assert_eq!(room.needed, [1, 2], "at once");
    room.frames(60);
    assert_eq!((room.shown(BOB), room.shown(CAT)), (Some(2), Some(1)));
    assert_eq!(room.bitrate, Some(1_100_000), "the sum of both layers");
}

#[test]
fn alone_one_keeps_the_large_layer_as_long_as_it_is_worth_it() {
    let mut room = Room::new();
    room.show(BOB, 640);
    room.switch.set_budget(room.now, BOB, Some(300_000));
    room.frames(5);
    room.switch.set_budget(room.now, BOB, Some(150_000));
    room.frames(5);
    assert_eq!(room.shown(BOB), Some(2));
    assert_eq!(room.bitrate, Some(150_000), "the encoder keeps to it");
    room.switch.set_budget(room.now, BOB, Some(100_000));
    room.frames(5);
    assert_eq!(room.shown(BOB), Some(1));
}

#[test]
fn packets_of_no_known_layer_go_nowhere() {
    let mut room = Room::new();
    room.show(BOB, 640);
    let bytes = vp8(2, 1, 0, true, true);
    let packet = Packet::parse(&bytes).unwrap();
    let arrival = Arrival {
        packet: &packet,
        bytes: 100,
        rid: None,
    };
    let mut forward = Vec::new();
    room.switch
        .packet(room.now, PICTURE, &arrival, &mut forward);
    assert_eq!(forward, []);
    let drops = &room.switch.stats(ANN).unwrap().received.drops;
    assert_eq!(drops, &BTreeMap::from([(DropReason::UnknownLayer, 1)]));
}
