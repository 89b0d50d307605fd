//! What a peer can do who has all keys, and does nothing right.

use gst::prelude::*;
use gstconvene::ice::IceSocket;

use crate::{
    caller::Caller,
    counted,
    side::{PEER_SSRC, Side, until},
    socket,
};

/// Packets of the good one's, as in four seconds of sound.
const SOUND: u16 = 200;

/// Of the bad one's, for each of those.
const BURST: usize = 20;

#[test]
fn a_peer_with_keys_who_does_nothing_right_harms_nobody_but_himself() {
    let socket = socket();
    let (ann, mallory) = (Side::answered(&socket), Side::answered(&socket));
    let heard = ann.sound();
    let good = Caller::connect(&ann, socket.port());
    let bad = Caller::connect(&mallory, socket.port());
    let mut hostile = Hostile::new(&bad);
    for number in 0..SOUND {
        let before = arrived(&socket);
        good.send(&good.encrypt(&rtp(PEER_SSRC, number, b"\xf8sound")));
        for _ in 0..BURST {
            bad.send(&hostile.next());
        }
        // The system's buffer would lose what no peer can help losing.
        until("sorted", || arrived(&socket) >= before + 1 + BURST as u64);
    }
    until("all heard", || {
        heard.lock().unwrap().len() >= usize::from(SOUND)
    });
    assert_eq!(*heard.lock().unwrap(), (0..SOUND).collect::<Vec<_>>());
    assert_eq!(socket.stats().panics, 0);
    let refused = mallory
        .element("srtpdec")
        .property::<gst::Structure>("stats");
    let refused = refused.get::<u32>("recv-drop-count").unwrap();
    assert!(refused >= hostile.broken, "{refused} of {}", hostile.broken);
    assert!(counted(&socket, "malformed-media") > 0);
}

/// None of them has said anything true, and `srtpdec` would keep room for each.
#[test]
fn sources_that_nobody_can_have_are_bounded() {
    let socket = socket();
    let mallory = Side::answered(&socket);
    let bad = Caller::connect(&mallory, socket.port());
    for ssrc in 1..1_000 {
        let before = arrived(&socket);
        bad.send(&rtp(ssrc, 1, &[7; 60]));
        until("sorted", || arrived(&socket) > before);
    }
    let stats = mallory
        .element("srtpdec")
        .property::<gst::Structure>("stats");
    let streams = stats.get::<gst::Array>("streams").unwrap();
    assert!((1..=70).contains(&streams.len()), "{}", streams.len());
    assert!(counted(&socket, "too-many-sources") >= 900);
}

/// All that had got to a stream.
fn arrived(socket: &IceSocket) -> u64 {
    let endings = [
        "delivered",
        "not-taken",
        "handshake-queue",
        "malformed-media",
        "too-many-sources",
    ];
    endings.iter().map(|ending| counted(socket, ending)).sum()
}

/// Packets of a peer that are wrong in ways of their own, most of them behind a right encryption.
struct Hostile<'a> {
    caller: &'a Caller,
    number: u16,
    recorded: Vec<u8>,
    /// Those that SRTP itself has to refuse.
    broken: u32,
}

impl<'a> Hostile<'a> {
    fn new(caller: &'a Caller) -> Self {
        Self {
            caller,
            number: 0,
            recorded: caller.encrypt(&rtp(PEER_SSRC, 0, b"\xf8once")),
            broken: 0,
        }
    }

    fn next(&mut self) -> Vec<u8> {
        self.number += 1;
        let (caller, number) = (self.caller, self.number);
        let kind = number % 10;
        // The recorded one is good once.
        self.broken += u32::from(kind < 3 && number != 1);
        match kind {
            0 => flipped(caller.encrypt(&rtp(PEER_SSRC, number, b"\xf8sound"))),
            1 => self.recorded.clone(),
            2 => flipped(caller.encrypt_report(&report(PEER_SSRC, number))),
            3 => cut(
                caller.encrypt(&rtp(PEER_SSRC, number, b"\xf8sound")),
                number,
            ),
            4 => cut(caller.encrypt_report(&report(PEER_SSRC, number)), number),
            5 => caller.encrypt(&with_extension(number)),
            6 => caller.encrypt(&padded(number)),
            7 => caller.encrypt_report(&compound(number)),
            // A source of which nobody was told, and of which there is nothing but this.
            8 => flipped(caller.encrypt(&rtp(number.into(), number, b"\xf8sound"))),
            _ => (128..=191)
                .cycle()
                .skip(number.into())
                .step_by(3)
                .take(usize::from(number) % 60 + 1)
                .collect(),
        }
    }
}

fn rtp(ssrc: u32, sequence: u16, payload: &[u8]) -> Vec<u8> {
    let timestamp = u32::from(sequence) * 960;
    let mut packet = vec![0x80, 111];
    packet.extend(sequence.to_be_bytes());
    packet.extend(timestamp.to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend(payload);
    packet
}

/// Its elements say that they are longer than the extension.
fn with_extension(sequence: u16) -> Vec<u8> {
    let mut packet = rtp(
        PEER_SSRC,
        sequence,
        &[0xbe, 0xde, 0, 1, 0x1f, 0xff, 0x2f, 0xff, 0xf8],
    );
    packet[0] |= 0x10;
    packet
}

/// It says that it is padded with more than it has.
fn padded(sequence: u16) -> Vec<u8> {
    let mut packet = rtp(PEER_SSRC, sequence, &[0xf8, 0xff]);
    packet[0] |= 0x20;
    packet
}

/// A sender report without any block.
fn report(ssrc: u32, number: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 200, 0, 6];
    packet.extend(ssrc.to_be_bytes());
    packet.extend([number as u8; 20]);
    packet
}

/// Behind a report, packets that are not as long as they say, or have not as many parts.
fn compound(number: u16) -> Vec<u8> {
    let behind: [&[u8]; 4] = [
        &[0x81, 201, 0, 1, 0, 0, 0, 1],
        &[0x9f, 202, 0, 1, 0, 0, 0, 1],
        &[0x81, 206, 0xff, 0xff, 0, 0, 0, 1],
        &[0x8f, 205, 0, 2, 0, 0, 0, 1, 0, 0, 0, 1],
    ];
    let mut packet = report(PEER_SSRC, number);
    packet.extend(behind[usize::from(number / 10) % behind.len()]);
    packet
}

fn flipped(mut octets: Vec<u8>) -> Vec<u8> {
    if let Some(last) = octets.last_mut() {
        *last ^= 1;
    }
    octets
}

fn cut(mut octets: Vec<u8>, number: u16) -> Vec<u8> {
    octets.truncate(1 + usize::from(number) % octets.len());
    octets
}
