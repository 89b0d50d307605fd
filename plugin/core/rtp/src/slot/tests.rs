use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// One packet in, and the sequence number or the reason that comes out.
type Step = (u32, u16, Result<u16, DropReason>);

fn run(steps: &[Step]) {
    let mut slot = SlotRewriter::new();
    for (at, (source, sequence, expected)) in steps.iter().enumerate() {
        let got = match slot.rewrite(*source, *sequence, 0) {
            Rewritten::Forward { sequence, .. } => Ok(sequence),
            Rewritten::Drop(reason) => Err(reason),
        };
        assert_eq!(
            got, *expected,
            "step {at}: source {source}, sequence {sequence}"
        );
    }
}

#[test]
fn the_first_source_keeps_its_numbers_and_its_gaps() {
    run(&[
        (1, 65_534, Ok(65_534)),
        (1, 65_535, Ok(65_535)),
        (1, 2, Ok(2)),
        (1, 1, Ok(1)),
    ]);
}

#[test]
fn a_change_of_source_leaves_no_gap() {
    run(&[
        (1, 10, Ok(10)),
        (1, 12, Ok(12)),
        (2, 900, Ok(13)),
        (2, 902, Ok(15)),
        (1, 14, Ok(16)),
    ]);
}

#[test]
fn a_number_goes_out_once() {
    run(&[
        (1, 10, Ok(10)),
        (1, 10, Err(DropReason::Duplicate)),
        (1, 12, Ok(12)),
        (1, 11, Ok(11)),
    ]);
    run(&[
        (1, 10, Ok(10)),
        (1, 12, Ok(12)),
        (1, 11, Ok(11)),
        (1, 11, Err(DropReason::Duplicate)),
    ]);
}

#[test]
fn what_precedes_the_mapping_is_dropped() {
    run(&[
        (1, 10, Ok(10)),
        (2, 50, Ok(11)),
        (2, 49, Err(DropReason::BeforeStart)),
        (2, 51, Ok(12)),
    ]);
    run(&[(1, 0, Ok(0)), (1, 65_535, Err(DropReason::BeforeStart))]);
}

#[test]
fn beyond_the_window_is_too_old() {
    run(&[
        (1, 0, Ok(0)),
        (1, 200, Ok(200)),
        (1, 73, Ok(73)),
        (1, 72, Err(DropReason::TooOld)),
    ]);
}

#[test]
fn a_restarted_source_is_believed_at_its_second_packet() {
    run(&[
        (1, 10, Ok(10)),
        (1, 20_000, Err(DropReason::Jump)),
        (1, 20_001, Ok(11)),
        (1, 20_002, Ok(12)),
    ]);
    run(&[
        (1, 30_000, Ok(30_000)),
        (1, 10, Err(DropReason::Jump)),
        (1, 30_001, Ok(30_001)),
    ]);
}

#[test]
fn unmapping_closes_the_gap_of_the_same_source() {
    let mut slot = SlotRewriter::new();
    slot.rewrite(1, 5, 0);
    slot.unmap();
    assert!(matches!(
        slot.rewrite(1, 500, 0),
        Rewritten::Forward { sequence: 6, .. }
    ));
}

#[test]
fn the_timestamp_goes_on_by_the_time_that_passed() {
    let mut slot = SlotRewriter::new();
    let mut at = |now, source, sequence, timestamp| {
        slot.set_now(now);
        match slot.rewrite(source, sequence, timestamp) {
            Rewritten::Forward { timestamp, .. } => timestamp,
            Rewritten::Drop(reason) => panic!("dropped: {reason:?}"),
        }
    };
    assert_eq!(at(1_000, 1, 1, u32::MAX), u32::MAX);
    assert_eq!(at(4_000, 1, 2, 2_999), 2_999);
    assert_eq!(at(94_000, 2, 7, 500_000), 92_999);
    assert_eq!(at(97_000, 2, 8, 503_000), 95_999);
    assert_eq!(at(97_000, 3, 8, 1), 96_959, "at least the least step");
}

proptest! {
    /// Whatever comes in: no number goes out twice, none falls out of the window, and a packet's distance from its
    /// mapping's first is the source's own.
    #[test]
    fn no_number_goes_out_twice(steps in prop::collection::vec((0..3_u32, -150..400_i32), 1..400)) {
        let mut slot = SlotRewriter::new();
        let mut heads = [60_000_u16, 65_500, 3];
        let mut wire = Extender::<u16>::new();
        let mut used = HashSet::new();
        for (source, step) in steps {
            let sequence = heads[source as usize].wrapping_add(step as u16);
            if step > 0 { heads[source as usize] = sequence }
            if let Rewritten::Forward { sequence, .. } = slot.rewrite(source, sequence, 0) {
                let before = wire.last();
                let sent = wire.extend(sequence);
                prop_assert!(used.insert(sent), "{} twice", sent);
                prop_assert!(before.is_none_or(|before| sent + WINDOW > before));
            }
        }
    }

    #[test]
    fn changes_in_order_make_a_run_without_gap(lengths in prop::collection::vec((any::<u16>(), any::<u32>(), 1..50_u16), 1..20)) {
        let mut slot = SlotRewriter::new();
        let mut last: Option<(u16, u32)> = None;
        for (source, (first, timestamp, length)) in lengths.into_iter().enumerate() {
            for n in 0..length {
                let out = slot.rewrite(source as u32, first.wrapping_add(n), timestamp.wrapping_add(u32::from(n) * 3000));
                let Rewritten::Forward { sequence, timestamp } = out else { panic!("{out:?}") };
                if let Some((before, earlier)) = last {
                    prop_assert_eq!(sequence, before.wrapping_add(1));
                    prop_assert!((timestamp.wrapping_sub(earlier) as i32) > 0);
                }
                last = Some((sequence, timestamp));
            }
        }
    }
}
