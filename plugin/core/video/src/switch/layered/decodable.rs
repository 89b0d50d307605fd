//! Whatever happens to a picture in layers, a slot's stream can be decoded.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Frames(usize),
    Size(u32, Option<u32>),
    Budget(u32, u64),
    Show(u32),
    Hide(u32),
    Withhold(usize),
    Restore,
    Request(u32),
    Again,
    Pause(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 2..4_u32;
    prop_oneof![
        8 => (1..30_usize).prop_map(Step::Frames),
        3 => (who(), prop::option::of(0..1_000_u32)).prop_map(|(who, width)| Step::Size(who, width)),
        3 => (who(), 20_000..900_000_u64).prop_map(|(who, bits)| Step::Budget(who, bits)),
        2 => who().prop_map(Step::Show),
        1 => who().prop_map(Step::Hide),
        1 => (0..3_usize).prop_map(Step::Withhold),
        2 => Just(Step::Restore),
        1 => who().prop_map(Step::Request),
        1 => Just(Step::Again),
        1 => (0..5_000_u64).prop_map(Step::Pause),
    ]
}

/// What a decoder behind a slot sees.
#[derive(Default)]
struct Decoder {
    last: Option<Seen>,
}

#[derive(Clone, Copy)]
struct Seen {
    layer: usize,
    sequence: u16,
    timestamp: u32,
    picture: u16,
}

impl Decoder {
    /// Layers change only at key frames, never within one, and all numbers run on.
    fn take(
        &mut self,
        layer: usize,
        forward: &Forward,
        key_start: bool,
    ) -> Result<(), TestCaseError> {
        let seen = Seen {
            layer,
            sequence: forward.sequence,
            timestamp: forward.timestamp,
            picture: forward.ids.picture.unwrap().0,
        };
        let Some(last) = self.last.replace(seen) else {
            prop_assert!(key_start, "begins without a key frame");
            return Ok(());
        };
        let lost = forward.sequence.wrapping_sub(last.sequence);
        if last.layer != layer {
            prop_assert!(
                key_start,
                "layer {} after {} without a key frame",
                layer,
                last.layer
            );
            prop_assert_eq!(lost, 1, "a gap at a change of layer");
            prop_assert_eq!(seen.picture, (last.picture + 1) & 0x7fff);
        }
        prop_assert_eq!(lost, 1, "some were left out");
        let later = seen.timestamp.wrapping_sub(last.timestamp) as i32;
        let begins = i32::from(key_start || last.layer != layer);
        prop_assert!(later >= begins, "{} ticks later", later);
        Ok(())
    }
}

proptest! {
    #[test]
    fn whatever_happens_a_slot_can_be_decoded(steps in prop::collection::vec(step(), 1..60)) {
        let mut room = Room::new();
        let mut decoders = BTreeMap::<SlotId, Decoder>::new();
        for step in steps {
            match step {
                Step::Frames(count) => {
                    for _ in 0..count {
                        for (layer, forward, key_start) in room.frame() {
                            let decoder = decoders.entry(forward.slot).or_default();
                            decoder.take(layer, &forward, key_start)?;
                        }
                    }
                }
                Step::Size(who, width) => drop(room.switch.set_size(slot(Number(who)), width.and_then(size))),
                Step::Budget(who, bits) => room.switch.set_budget(room.now, Number(who), Some(bits)),
                // Shown anew a slot may begin anywhere, but with a key frame.
                Step::Show(who) => drop(room.switch.show(PICTURE, Number(who), Some(0))),
                Step::Hide(who) => drop(room.switch.hide(PICTURE, Number(who))),
                Step::Withhold(layer) => room.withheld.push(layer),
                Step::Restore => room.withheld.clear(),
                Step::Request(who) => room.switch.want_key_frame(slot(Number(who))),
                Step::Again => room.switch.publish(PICTURE, Codec::Vp8),
                Step::Pause(time) => room.now += ms(time),
            }
            room.obey();
            prop_assert!(room.switch.deadline().is_none_or(|deadline| deadline > room.now), "a due wish is left");
        }
        // Whoever looks when all is well sees something in the end.
        room.withheld.clear();
        let looking: Vec<_> = [BOB, CAT].into_iter().filter(|who| room.switch.shown(slot(*who)).is_some()).collect();
        room.frames(100);
        for who in looking {
            prop_assert!(room.shown(who).is_some(), "{:?} sees nothing", who);
            prop_assert!(room.needed.contains(&room.shown(who).unwrap()));
        }
    }
}
