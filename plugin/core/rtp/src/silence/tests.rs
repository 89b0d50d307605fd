#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;
use crate::Header;

const SSRC: u32 = 0xcafe;

const RULE: SilenceRule = SilenceRule {
    extension: 3,
    open: 50,
    close: 60,
    hold: Duration::from_millis(250),
    keepalive: Duration::from_millis(900),
};

fn millis(n: u64) -> Duration {
    Duration::from_secs(1_000) + Duration::from_millis(n)
}

/// A packet with a level, its payload encrypted as far as anybody can see.
pub(crate) fn packet(rule: &SilenceRule, ssrc: u32, sequence: u16, level: u8) -> Vec<u8> {
    with_extension(ssrc, sequence, &[(rule.extension, &[0x80 | level])])
}

fn with_extension(ssrc: u32, sequence: u16, extensions: &[(u8, &[u8])]) -> Vec<u8> {
    let header = Header {
        payload_type: 111,
        sequence,
        ssrc,
        extensions,
        ..Header::default()
    };
    let mut bytes = Vec::new();
    header.write(&[0xee; 40], &mut bytes);
    bytes
}

fn gate(rule: SilenceRule) -> SilenceGate {
    let mut gate = SilenceGate::new();
    gate.set_rule(Some(rule)).unwrap();
    gate
}

/// A gate whose stream has been silent for long, and the number and the time of the packet that passed last.
fn closed() -> (SilenceGate, u16, u64) {
    let mut gate = gate(RULE);
    let mut passed = 0;
    for sequence in 0..200_u16 {
        let now = millis(u64::from(sequence) * 20);
        if gate.handle(now, &packet(&RULE, SSRC, sequence, 70)) == Verdict::Pass {
            passed = sequence;
        }
    }
    (gate, passed, 199 * 20)
}

/// Milliseconds, sequence number, level, and whether it passes.
type Step = (u64, u16, u8, bool);

fn run(gate: &mut SilenceGate, steps: &[Step]) {
    for (at, &(now, sequence, level, passes)) in steps.iter().enumerate() {
        let verdict = gate.handle(millis(now), &packet(&RULE, SSRC, sequence, level));
        assert_eq!(verdict == Verdict::Pass, passes, "step {at}: {sequence}");
    }
}

#[test]
fn speech_passes_from_its_first_packet_until_its_hold_is_over() {
    run(
        &mut gate(RULE),
        &[
            (0, 10, 70, true),
            (240, 11, 70, true),
            (260, 12, 70, false),
            (280, 13, 51, false),
            (300, 14, 50, true),
            (320, 15, 61, true),
            (400, 16, 60, true),
            (640, 17, 61, true),
            (660, 18, 61, false),
            (680, 19, 60, false),
        ],
    );
}

#[test]
fn a_closed_gate_lets_a_packet_through_every_keepalive() {
    let mut gate = gate(RULE);
    let passed: Vec<_> = (0..200_u16)
        .filter(|n| {
            let now = millis(u64::from(*n) * 20);
            gate.handle(now, &packet(&RULE, SSRC, *n, 70)) == Verdict::Pass
        })
        .collect();
    let open: Vec<_> = (0..13).collect();
    assert_eq!(passed[..13], open);
    assert_eq!(passed[13..], [57, 102, 147, 192]);
    assert_eq!(gate.dropped(SSRC), 200 - 17);
}

#[test]
fn where_time_stands_still_numbers_count() {
    let (mut gate, passed, now) = closed();
    let next = (200_u16..10_000)
        .find(|n| gate.handle(millis(now), &packet(&RULE, SSRC, *n, 70)) == Verdict::Pass);
    assert_eq!(next, Some(passed + 4_097));
}

#[test]
fn jumps_open_and_gaps_do_not() {
    let cases = [
        ("a gap", 199_u16.wrapping_add(3_000), false),
        ("a jump", 199_u16.wrapping_add(3_001), true),
        ("half the numbers", 199 + 0x8000, true),
        ("far behind", 199_u16.wrapping_sub(128), true),
        ("around the corner", 199_u16.wrapping_sub(5_000), true),
    ];
    for (name, sequence, opens) in cases {
        let (mut gate, _, now) = closed();
        let next = sequence.wrapping_add(1);
        run(
            &mut gate,
            &[(now, sequence, 70, opens), (now, next, 70, opens)],
        );
        run(&mut gate, &[(now + 260, next.wrapping_add(1), 70, false)]);
        assert!(gate.dropped(SSRC) > 100, "{name}");
    }
}

#[test]
fn a_copy_of_what_was_dropped_is_dropped_and_counted_once() {
    let (mut gate, passed, now) = closed();
    let dropped = gate.dropped(SSRC);
    run(
        &mut gate,
        &[
            (now, 199, 70, false),
            (now, 198, 70, false),
            (now, passed, 70, true),
            (now, 202, 70, false),
            (now, 201, 70, true),
            (now, 200, 40, true),
            (now, 202, 70, false),
            (now, 202, 40, true),
            (now, 203, 70, true),
        ],
    );
    assert_eq!(gate.dropped(SSRC), dropped + 1);
}

#[test]
fn counts_up_to_a_packet_are_those_before_it() {
    let (mut gate, passed, now) = closed();
    let all = gate.dropped(SSRC);
    let trailing = u64::from(199 - passed);
    let up_to = |gate: &SilenceGate, n: u16| gate.dropped_before(SSRC, 0x7_0000 | u32::from(n));
    assert_eq!(up_to(&gate, passed), Some(all - trailing));
    assert_eq!(up_to(&gate, passed - 1), Some(all - trailing - 44));
    run(&mut gate, &[(now, 200, 30, true), (now, 201, 30, true)]);
    assert_eq!(up_to(&gate, 199), Some(all - trailing));
    assert_eq!(up_to(&gate, 200), Some(all));
    assert_eq!(gate.dropped_before(1, 200), None);
    for n in 202..50_000 {
        gate.handle(millis(now), &packet(&RULE, SSRC, n, 30));
    }
    assert_eq!(up_to(&gate, 49_999), Some(all), "half a cycle later");
}

#[test]
fn what_cannot_be_judged_passes() {
    let (mut gate, ..) = closed();
    let rtcp = [0x81, 200, 0, 1, 0, 0, 0xca, 0xfe, 0xbe, 0xde, 0, 0];
    let mut cut = packet(&RULE, SSRC, 200, 70);
    cut.truncate(17);
    let mut as_rtcp = packet(&RULE, SSRC, 200, 70);
    as_rtcp[1] = 192;
    let mut version_1 = packet(&RULE, SSRC, 200, 70);
    version_1[0] = 0x50;
    let cases: [(&str, Vec<u8>); 9] = [
        ("nothing", vec![]),
        ("RTCP", rtcp.to_vec()),
        ("the first RTCP type", as_rtcp),
        ("STUN", vec![0; 40]),
        ("cut in the extensions", cut),
        ("version 1", version_1),
        (
            "a picture",
            with_extension(1, 200, &[(1, &[70]), (4, &[1, 2])]),
        ),
        (
            "another length",
            with_extension(SSRC, 200, &[(3, &[70, 0])]),
        ),
        ("no extension", with_extension(SSRC, 201, &[])),
    ];
    for (name, bytes) in cases {
        assert_eq!(gate.handle(millis(4_000), &bytes), Verdict::Pass, "{name}");
    }
    run(&mut gate, &[(4_020, 202, 70, true)]);
}

#[test]
fn the_two_byte_form_and_padding_are_read_too() {
    let (mut gate, ..) = closed();
    let mut two_byte = with_extension(SSRC, 200, &[(3, &[70]), (20, &[1])]);
    two_byte[0] |= 0x20;
    *two_byte.last_mut().unwrap() = 0;
    assert_eq!(two_byte[12], 0x10, "two-byte form");
    assert_eq!(gate.handle(millis(4_000), &two_byte), Verdict::Drop);
}

#[test]
fn rules_come_and_go_and_counts_stay() {
    let (mut gate, _, now) = closed();
    let dropped = gate.dropped(SSRC);
    gate.set_rule(Some(SilenceRule { open: 56, ..RULE }))
        .unwrap();
    run(&mut gate, &[(now, 200, 57, false), (now, 201, 56, true)]);
    gate.set_rule(None).unwrap();
    run(&mut gate, &[(now + 9_000, 202, 127, true)]);
    gate.set_rule(Some(RULE)).unwrap();
    run(
        &mut gate,
        &[
            (now + 9_240, 203, 127, true),
            (now + 9_260, 204, 127, false),
        ],
    );
    assert_eq!(gate.dropped(SSRC), dropped + 2);
    assert_eq!(gate.dropped_before(SSRC, 203), Some(dropped + 1));
    assert_eq!(gate.counts().collect::<Vec<_>>(), [(SSRC, dropped + 2)]);
}

#[test]
fn rules_that_cannot_be_followed_are_refused() {
    let cases = [
        (SilenceRule::default(), Ok(())),
        (
            SilenceRule {
                open: 0,
                close: 127,
                ..RULE
            },
            Ok(()),
        ),
        (
            SilenceRule {
                extension: 0,
                ..RULE
            },
            Err(RuleError::Extension),
        ),
        (
            SilenceRule { open: 61, ..RULE },
            Err(RuleError::Levels {
                open: 61,
                close: 60,
            }),
        ),
        (
            SilenceRule { close: 128, ..RULE },
            Err(RuleError::Levels {
                open: 50,
                close: 128,
            }),
        ),
        (
            SilenceRule {
                hold: Duration::from_millis(249),
                ..RULE
            },
            Err(RuleError::Hold(Duration::from_millis(249))),
        ),
        (
            SilenceRule {
                keepalive: Duration::from_millis(1_001),
                ..RULE
            },
            Err(RuleError::Keepalive(Duration::from_millis(1_001))),
        ),
    ];
    for (rule, expected) in cases {
        let mut gate = gate(RULE);
        assert_eq!(gate.set_rule(Some(rule)), expected);
        let kept = if expected.is_ok() { rule } else { RULE };
        assert_eq!(gate.rule(), Some(kept));
    }
}

#[test]
fn streams_are_told_apart_and_there_are_eight_of_them() {
    let mut gate = gate(RULE);
    let say = |gate: &mut SilenceGate, now: u64, ssrc: u32, sequence: u16| {
        gate.handle(millis(now), &packet(&RULE, ssrc, sequence, 70)) == Verdict::Pass
    };
    for ssrc in 0..6 {
        say(&mut gate, 0, ssrc, 0);
        assert!(!say(&mut gate, 300, ssrc, 1), "{ssrc}");
    }
    gate.handle(millis(300), &with_extension(99, 0, &[(4, &[70])]));
    assert_eq!(gate.counts().count(), 6, "without a level");
    assert!(say(&mut gate, 310, 7, 0) && say(&mut gate, 305, 6, 0));
    assert!(say(&mut gate, 320, 8, 0));
    let known: Vec<_> = gate.counts().map(|(ssrc, _)| ssrc).collect();
    assert_eq!(
        known,
        [0, 1, 2, 3, 4, 5, 7, 8],
        "the longest silent makes room"
    );
    assert!(!say(&mut gate, 600, 7, 1) && !say(&mut gate, 600, 8, 1));
    assert!(say(&mut gate, 600, 9, 0) && say(&mut gate, 900, 9, 1));
    assert_eq!(gate.counts().map(|(_, n)| n).sum::<u64>(), 8);
}

/// What SRTP makes of the packets that pass (RFC 3711 section 3.3.1).
struct Srtp {
    roc: u64,
    highest: u16,
}

impl Srtp {
    fn index(&mut self, sequence: u16) -> u64 {
        let (s, l) = (i32::from(sequence), i32::from(self.highest));
        let roc = match l < 0x8000 {
            true if s - l > 0x8000 => self.roc.wrapping_sub(1),
            false if l - 0x8000 > s => self.roc + 1,
            _ => self.roc,
        };
        if roc == self.roc && sequence > self.highest || roc == self.roc + 1 {
            (self.roc, self.highest) = (roc, sequence);
        }
        (roc << 16) + u64::from(sequence)
    }
}

#[derive(Clone, Debug)]
enum Event {
    /// So many packets with this level, so many milliseconds apart.
    Say(u16, u8, u64),
    /// The network loses so many.
    Lose(u16),
    /// A packet from so far behind comes, again or late.
    Late(u16),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (1..300_u16, 40..80_u8, 0..40_u64).prop_map(|(n, l, ms)| Event::Say(n, l, ms)),
        1 => (1..10_000_u16, 60..=127_u8, 0..3_u64).prop_map(|(n, l, ms)| Event::Say(n, l, ms)),
        2 => (1..100_u16).prop_map(Event::Lose),
        2 => (1..28_600_u16).prop_map(Event::Lose),
        2 => (0..128_u16).prop_map(Event::Late),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_bytes_are_a_panic(
        packets in prop::collection::vec((0..2_000_u64, any::<bool>(), prop::collection::vec(any::<u8>(), 0..60)), 1..40),
        extension in 1..16_u8,
    ) {
        let mut gate = gate(SilenceRule { extension, ..RULE });
        for (now, one_byte, mut bytes) in packets {
            if one_byte && bytes.len() > 16 {
                bytes[0] = 0x90;
                let ssrc = bytes[8] % 10;
                bytes[8..16].copy_from_slice(&[0, 0, 0, ssrc, 0xbe, 0xde, 0, 1]);
            }
            gate.handle(millis(now), &bytes);
            prop_assert!(gate.counts().count() <= MOST_STREAMS);
        }
    }

    /// Whatever is lost, late and doubled: SRTP finds the true index of all that passes, all that is loud passes, a
    /// packet passes at least every keepalive, and what is dropped is counted.
    #[test]
    fn srtp_never_loses_count(start: u16, events in prop::collection::vec(event(), 1..30)) {
        let mut gate = gate(RULE);
        let mut truth = (1_u64 << 16) + u64::from(start);
        let mut srtp = Srtp { roc: 1, highest: start };
        let (mut now, mut passed_at, mut dropped) = (0, 0, 0);
        let mut levels = std::collections::BTreeMap::new();
        let mut outage = 0;
        for event in events {
            match event {
                Event::Lose(n) => {
                    let bearable = u64::from(n).min(28_600 - outage);
                    (truth, outage) = (truth + bearable, outage + bearable);
                }
                Event::Late(behind) => {
                    let Some(level) = levels.get(&(truth - u64::from(behind))) else { continue };
                    let late = truth - u64::from(behind);
                    if gate.handle(millis(now), &packet(&RULE, SSRC, late as u16, *level)) == Verdict::Pass {
                        prop_assert_eq!(srtp.index(late as u16), late);
                    }
                }
                Event::Say(n, level, apart) => for _ in 0..n {
                    (truth, now, outage) = (truth + 1, now + apart, 0);
                    levels.insert(truth, level);
                    if gate.handle(millis(now), &packet(&RULE, SSRC, truth as u16, level)) == Verdict::Pass {
                        prop_assert_eq!(srtp.index(truth as u16), truth);
                        passed_at = now;
                    } else {
                        prop_assert!(level > RULE.open, "loud and dropped");
                        prop_assert!(now - passed_at < 900, "nothing passed for {} ms", now - passed_at);
                        dropped += 1;
                    }
                }
            }
        }
        prop_assert_eq!(gate.dropped(SSRC), dropped);
    }
}
