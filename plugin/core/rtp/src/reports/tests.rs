#![allow(clippy::unwrap_used)]
use std::{
    collections::{BTreeSet, VecDeque},
    time::Duration,
};

use proptest::prelude::*;

use super::*;
use crate::{SilenceGate, SilenceRule, Verdict, silence::tests::packet as rtp};

const SSRC: u32 = 0x0102_0304;

fn block(ssrc: u32, fraction: u8, lost: i32, highest: u32) -> Vec<u8> {
    let mut bytes = ssrc.to_be_bytes().to_vec();
    bytes.push(fraction);
    bytes.extend_from_slice(&lost.to_be_bytes()[1..]);
    bytes.extend_from_slice(&highest.to_be_bytes());
    bytes.extend_from_slice(&[0xaa; 12]);
    bytes
}

/// A packet of that type: `head` is what stands between the sender's SSRC and the blocks.
fn packet(kind: u8, head: usize, blocks: &[Vec<u8>]) -> Vec<u8> {
    let words = 1 + head / 4 + 6 * blocks.len();
    let mut bytes = vec![0x80 | blocks.len() as u8, kind, 0, words as u8, 9, 9, 9, 9];
    bytes.resize(8 + head, 0xbb);
    bytes.extend(blocks.iter().flatten());
    bytes
}

fn report(fraction: u8, lost: i32, highest: u32) -> Vec<u8> {
    packet(201, 0, &[block(SSRC, fraction, lost, highest)])
}

/// Fraction and cumulative loss of the first block of a receiver report.
fn losses(rtcp: &[u8]) -> (u8, i64) {
    let block = Block::read(&rtcp[8..]);
    (block.fraction, block.lost)
}

#[test]
fn reports_in_a_row() {
    const DAMAGED: u8 = 250;
    // What the session says (fraction, lost, highest), what was dropped, what is told.
    type Row = (&'static str, (u8, i32, u32), u64, (u8, i64));
    let rows: [Row; 13] = [
        (
            "nothing dropped, nothing touched",
            (DAMAGED, 2, 100),
            0,
            (DAMAGED, 2),
        ),
        ("all were dropped", (230, 92, 200), 90, (0, 2)),
        ("5 of 50 were lost", (230, 142, 250), 135, (25, 7)),
        ("nothing new", (0, 142, 250), 135, (0, 7)),
        ("a late one comes", (0, 141, 250), 135, (0, 6)),
        (
            "no more dropped, 10 of 20 lost",
            (DAMAGED, 151, 270),
            135,
            (128, 16),
        ),
        ("all of 10 lost", (DAMAGED, 161, 280), 135, (255, 26)),
        ("more late than lost", (0, 155, 290), 135, (0, 20)),
        ("the session counts anew", (100, 3, 5_000), 140, (0, 0)),
        ("and goes on", (DAMAGED, 9, 5_032), 142, (32, 4)),
        ("it counts anew further back", (100, 10, 40), 142, (50, 5)),
        ("the gate has forgotten", (100, 11, 60), 3, (100, 11)),
        ("and goes on", (100, 12, 80), 4, (0, 11)),
    ];
    let mut corrector = ReportCorrector::new();
    for (name, (fraction, lost, highest), dropped, expected) in rows {
        let mut rtcp = report(fraction, lost, highest);
        let changed = corrector.correct(&mut rtcp, |_, _| Some(dropped));
        assert_eq!(losses(&rtcp), expected, "{name}");
        assert_eq!(
            changed,
            usize::from(i64::from(lost) != expected.1),
            "{name}"
        );
        assert_eq!(rtcp[16..], report(0, 0, highest)[16..], "{name}");
    }
}

#[test]
fn the_first_report_goes_by_the_sessions_share() {
    let cases = [
        ((204, 80), 60, (51, 20)),
        ((204, 80), 80, (0, 0)),
        ((204, 80), 90, (0, 0)),
        ((0, -3), 5, (0, -3)),
        ((255, 0x7f_ffff), 0x10_0000, (223, 0x6f_ffff)),
        ((7, -0x80_0000), u64::MAX, (7, -0x80_0000)),
    ];
    for ((fraction, lost), dropped, expected) in cases {
        let mut rtcp = report(fraction, lost, 100);
        ReportCorrector::new().correct(&mut rtcp, |_, _| Some(dropped));
        assert_eq!(losses(&rtcp), expected, "{lost} less {dropped}");
    }
}

#[test]
fn a_session_at_the_end_of_its_figures_tells_no_more_losses() {
    let mut corrector = ReportCorrector::new();
    let mut tell = |lost, highest, dropped| {
        let mut rtcp = report(250, lost, highest);
        corrector.correct(&mut rtcp, |_, _| Some(dropped));
        losses(&rtcp)
    };
    assert_eq!(tell(0x7f_fffe, 100, 0x7f_fff0), (0, 14));
    assert_eq!(tell(0x7f_ffff, 200, 0x80_0050), (0, 14));
    assert_eq!(tell(0x7f_ffff, 300, 0x80_00b0), (0, 14));
}

#[test]
fn a_session_that_received_more_than_it_expected() {
    let mut corrector = ReportCorrector::new();
    let mut tell = |lost, highest, dropped| {
        let mut rtcp = report(0, lost, highest);
        corrector.correct(&mut rtcp, |_, _| Some(dropped));
        losses(&rtcp).1
    };
    assert_eq!(tell(-3, 100, 5), -3);
    assert_eq!(tell(7, 200, 10), 2);
}

#[test]
fn every_block_of_every_report_in_a_compound() {
    let other = block(7, 100, 50, 100);
    let mut rtcp = packet(200, 20, &[block(SSRC, 100, 50, 100), other.clone()]);
    rtcp.extend(packet(202, 4, &[]));
    rtcp.extend(packet(201, 0, &[other.clone(), block(8, 100, 50, 100)]));
    let before = rtcp.clone();
    let known = |ssrc, highest| (ssrc != 7 && highest == 100).then_some(50);
    assert_eq!(ReportCorrector::new().correct(&mut rtcp, known), 2);
    let sender_report = packet(200, 20, &[block(SSRC, 0, 0, 100), other.clone()]);
    let receiver_report = packet(201, 0, &[other, block(8, 0, 0, 100)]);
    assert_eq!(rtcp[..76], sender_report);
    assert_eq!(rtcp[76..88], before[76..88]);
    assert_eq!(rtcp[88..], receiver_report);
}

#[test]
fn what_senders_report_is_read_out_of_a_compound() {
    let mut compound = report(0, 0, 1);
    let mut figures = packet(200, 20, &[block(SSRC, 1, 2, 3)]);
    figures[4..20].copy_from_slice(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    compound.extend(&figures);
    let expected = SenderReport {
        ssrc: 0x0102_0304,
        ntp: 0x0506_0708_090a_0b0c,
        rtp_time: 0x0d0e_0f10,
    };
    assert_eq!(sender_reports(&compound).collect::<Vec<_>>(), [expected]);
    compound.pop();
    assert_eq!(sender_reports(&compound).count(), 0);
}

#[test]
fn reduced_size_feedback_has_no_blocks() {
    let nack = [0x81, 205, 0, 3, 0, 0, 0, 9, 1, 2, 3, 4, 0, 5, 0, 0];
    let mut rtcp = nack;
    let changed = ReportCorrector::new().correct(&mut rtcp, |_, _| Some(5));
    assert_eq!((changed, rtcp), (0, nack));
}

#[test]
fn the_malformed_stays_as_it_is() {
    let good = report(230, 90, 100);
    let change = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        bytes
    };
    let mut trailing = good.clone();
    trailing.extend_from_slice(&[0x80, 201, 0]);
    let mut bad_second = good.clone();
    bad_second.extend_from_slice(&[0x80, 202, 0, 1]);
    let mut padded = change(0, 0xa1);
    *padded.last_mut().unwrap() = 4;
    let cases = [
        ("empty", vec![]),
        ("cut", good[..31].to_vec()),
        ("version 1", change(0, 0x41)),
        ("more blocks than fit", change(0, 0x82)),
        ("longer than it is", change(3, 8)),
        ("shorter than its block", change(3, 6)),
        ("a block into the padding", padded),
        ("octets after it", trailing),
        ("a bad packet after it", bad_second),
        ("a sender report without its figures", change(1, 200)),
    ];
    for (name, bytes) in cases {
        let mut rtcp = bytes.clone();
        let changed = ReportCorrector::new().correct(&mut rtcp, |_, _| Some(50));
        assert_eq!((changed, rtcp), (0, bytes), "{name}");
    }
    let mut rtcp = good;
    assert_eq!(
        ReportCorrector::new().correct(&mut rtcp, |_, _| Some(50)),
        1
    );
}

#[test]
fn remembers_the_eight_that_were_told_last() {
    let mut corrector = ReportCorrector::new();
    for ssrc in [1, 2, 3, 4, 5, 6, 7, 8, 1, 9] {
        let mut rtcp = packet(201, 0, &[block(ssrc, 0, 0, 100)]);
        corrector.correct(&mut rtcp, |_, _| Some(0));
    }
    let ssrcs: Vec<_> = corrector.told.iter().map(|told| told.ssrc).collect();
    assert_eq!(ssrcs, [3, 4, 5, 6, 7, 8, 1, 9]);
}

const RULE: SilenceRule = SilenceRule {
    extension: 1,
    open: 50,
    close: 60,
    hold: Duration::from_millis(250),
    keepalive: Duration::from_millis(900),
};

/// Counts losses as RFC 3550 A.3 does, of the packets that it is told of.
#[derive(Default)]
struct Receiver {
    base: u64,
    received: BTreeSet<u64>,
    prior: (u64, u64),
}

impl Receiver {
    /// SRTP lets a packet through once.
    fn receive(&mut self, sequence: u64) {
        if self.received.is_empty() {
            self.base = sequence;
        }
        self.received.insert(sequence);
    }

    fn highest(&self) -> u64 {
        self.received.last().copied().unwrap()
    }

    /// Fraction and cumulative loss up to `highest`.
    fn report(&mut self, highest: u64) -> (u8, i32) {
        let expected = highest - self.base + 1;
        let received = self.received.range(..=highest).count() as u64;
        let (prior_expected, prior_received) =
            std::mem::replace(&mut self.prior, (expected, received));
        let expected_interval = expected - prior_expected;
        let lost_interval = expected_interval as i64 - (received as i64 - prior_received as i64);
        let fraction = match lost_interval {
            1.. => (lost_interval << 8) / expected_interval as i64,
            _ => 0,
        };
        (fraction.min(255) as u8, (expected - received) as i32)
    }
}

/// One packet.
#[derive(Clone, Debug)]
struct Fate {
    /// How many packets' times it is late; `None` is lost.
    late: Option<u8>,
    twice: bool,
    level: u8,
    /// A report is due when it comes.
    report: bool,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let late = prop_oneof![8 => Just(Some(0)), 1 => (0..6_u8).prop_map(Some), 1 => Just(None)];
    let fate = (late, prop::bool::weighted(0.1), prop::bool::weighted(0.04));
    let talk = prop_oneof![
        Just((80_usize, 70_u8)),
        Just((30, 20)),
        (1..200_usize, 40..80_u8)
    ];
    let span = (talk, prop::collection::vec(fate, 200)).prop_map(|((n, level), fates)| {
        let packet = move |(late, twice, report)| Fate {
            late,
            twice,
            level,
            report,
        };
        fates.into_iter().take(n).map(packet).collect::<Vec<_>>()
    });
    prop::collection::vec(span, 1..10).prop_map(|spans| spans.concat())
}

/// One packet as it arrives.
#[derive(Clone, Copy)]
struct Arriving {
    time: usize,
    sequence: u64,
    level: u8,
    report: bool,
}

/// In the order of their arrival; the first packet is in time.
fn arrivals(first: u64, fates: &[Fate]) -> Vec<Arriving> {
    let mut arrivals = Vec::new();
    for (at, fate) in fates.iter().enumerate() {
        let late = if at == 0 { Some(0) } else { fate.late };
        let Some(late) = late else { continue };
        let once = Arriving {
            time: at + usize::from(late),
            sequence: first + at as u64,
            level: fate.level,
            report: fate.report,
        };
        let again = Arriving {
            time: once.time + 3,
            report: false,
            ..once
        };
        arrivals.push(once);
        arrivals.extend(fate.twice.then_some(again));
    }
    arrivals.sort_by_key(|arriving| arriving.time);
    arrivals
}

proptest! {
    #[test]
    fn no_bytes_are_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..100), kind in 199..203_u8, count in 0..4_u8,
        dropped: [u64; 3], known: bool,
    ) {
        let mut corrector = ReportCorrector::new();
        let mut rtcp = bytes.clone();
        corrector.correct(&mut rtcp, |_, _| known.then_some(dropped[0]));
        let mut rtcp = packet(kind, 0, &[]);
        rtcp[0] |= count;
        rtcp.extend(&bytes[..bytes.len() / 4 * 4]);
        rtcp[3] = (rtcp.len() / 4 - 1) as u8;
        for dropped in dropped {
            let before = rtcp.clone();
            let changed = corrector.correct(&mut rtcp, |_, _| known.then_some(dropped));
            prop_assert_eq!(changed > 0, rtcp != before);
        }
    }

    /// One receiver sees all that arrives, another what the gate lets through, some packets later. The other's reports,
    /// corrected, are the first one's.
    #[test]
    fn corrected_reports_are_the_truth(start: u16, waiting in 0..4_usize, fates in fates()) {
        let arrivals = arrivals((1 << 16) + u64::from(start), &fates);
        let mut gate = SilenceGate::new();
        gate.set_rule(Some(RULE)).unwrap();
        let (mut truth, mut session) = (Receiver::default(), Receiver::default());
        let mut corrector = ReportCorrector::new();
        let mut passed = VecDeque::new();
        let mut reports = 0;
        for (at, Arriving { time, sequence, level, .. }) in arrivals.iter().enumerate() {
            let now = Duration::from_millis(20) * *time as u32;
            if gate.handle(now, &rtp(&RULE, SSRC, *sequence as u16, *level)) == Verdict::Pass {
                passed.push_back(at);
            }
            if passed.len() <= waiting {
                continue;
            }
            // Neither receiver knows of what still waits behind the gate.
            let until = passed.pop_front().unwrap();
            session.receive(arrivals[until].sequence);
            truth.base = session.base;
            truth.received = arrivals[..=until].iter().map(|arriving| arriving.sequence).collect();
            if arrivals[until].report {
                let highest = session.highest();
                let (fraction, lost) = session.report(highest);
                let mut rtcp = report(fraction, lost, (highest - (1 << 16)) as u32);
                corrector.correct(&mut rtcp, |ssrc, highest| gate.dropped_before(ssrc, highest));
                let (fraction, lost) = losses(&rtcp);
                let (true_fraction, true_lost) = truth.report(highest);
                prop_assert_eq!(lost, i64::from(true_lost));
                let rounding = if reports == 0 { 2 } else { 0 };
                prop_assert!(fraction.abs_diff(true_fraction) <= rounding, "{} is not {}", fraction, true_fraction);
                reports += 1;
            }
        }
    }
}

#[test]
fn reports_are_read_wherever_they_stand() {
    let one = |ssrc, lost: i32| block(ssrc, 7, lost, 0x1_0005);
    let expected = |ssrc, lost| Reported {
        ssrc,
        fraction: 7,
        lost,
        highest: 0x1_0005,
    };
    let mut rtcp = packet(200, 20, &[one(1, 3), one(2, -4)]);
    rtcp.extend(packet(202, 0, &[one(9, 9)]));
    rtcp.extend(packet(201, 0, &[one(3, 5)]));
    let all: Vec<_> = reported(&rtcp).collect();
    assert_eq!(all, [expected(1, 3), expected(2, -4), expected(3, 5)]);
    rtcp.pop();
    assert_eq!(reported(&rtcp).count(), 0, "it is cut off");
}
