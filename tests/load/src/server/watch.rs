//! When packets pass the mixers of this project's legs, by the machine's clock: a budget of delay is made from it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use gst::prelude::*;
use serde::{Deserialize, Serialize};

use crate::clock::now;

/// When one participant's packets passed his mixer, by their RTP timestamps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Passed {
    /// His own, when they came to it.
    pub came: BTreeMap<u32, Duration>,
    /// Those of the mix that he gets.
    pub left: BTreeMap<u32, Left>,
}

/// A packet of the mix.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Left {
    /// When its frame was due.
    pub due: Duration,
    /// When it had been made.
    pub made: Duration,
}

type Seen = Arc<Mutex<BTreeMap<usize, Passed>>>;

/// Watches pads once it is told to.
#[derive(Default)]
pub struct Watch {
    seen: Seen,
    watching: bool,
}

/// How a leg's participant is called.
pub fn participant(leg: usize) -> String {
    format!("p{leg}")
}

fn leg_of(participant: &str) -> Option<usize> {
    participant.strip_prefix('p')?.parse().ok()
}

impl Watch {
    /// Forgets what was seen and goes on; the legs that are watched are those that there are the first time.
    pub fn begin(&mut self, pipelines: &[gst::Bin]) {
        locked(&self.seen).clear();
        if !std::mem::replace(&mut self.watching, true) {
            pipelines
                .iter()
                .flat_map(mixers)
                .for_each(|mixer| self.watch(&mixer));
        }
    }

    /// What was seen.
    pub fn seen(&self) -> BTreeMap<usize, Passed> {
        locked(&self.seen).clone()
    }

    fn watch(&self, mixer: &gst::Element) {
        let Some(leg) = leg_of(&mixer.property::<String>("participant")) else {
            return;
        };
        let seen = Arc::clone(&self.seen);
        probe(mixer, "sink", move |time, _| {
            locked(&seen)
                .entry(leg)
                .or_default()
                .came
                .insert(time, now());
        });
        let (seen, origin) = (Arc::clone(&self.seen), mixer.downgrade());
        probe(mixer, "src", move |time, pts| {
            let base = origin.upgrade().and_then(|mixer| mixer.base_time());
            if let (Some(base), Some(pts)) = (base, pts) {
                let (due, made) = ((base + pts).into(), now());
                let mut seen = locked(&seen);
                let left = &mut seen.entry(leg).or_default().left;
                left.insert(time, Left { due, made });
            }
        });
    }
}

fn mixers(pipeline: &gst::Bin) -> Vec<gst::Element> {
    let elements = pipeline.iterate_elements().into_iter().flatten();
    let is_mixer = |element: &gst::Element| {
        element
            .factory()
            .is_some_and(|factory| factory.name() == "conveneaudio")
    };
    elements.filter(is_mixer).collect()
}

/// Tells of each packet's RTP timestamp and PTS.
fn probe(
    mixer: &gst::Element,
    pad: &str,
    tell: impl Fn(u32, Option<gst::ClockTime>) + Send + Sync + 'static,
) {
    let Some(pad) = mixer.static_pad(pad) else {
        return;
    };
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, info| {
        // RFC 3550 section 5.1.
        let mut time = [0; 4];
        if let Some(buffer) = info.buffer()
            && buffer.copy_to_slice(4, &mut time).is_ok()
        {
            tell(u32::from_be_bytes(time), buffer.pts());
        }
        gst::PadProbeReturn::Ok
    });
}

fn locked(seen: &Seen) -> MutexGuard<'_, BTreeMap<usize, Passed>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_participant_is_known_by_his_leg() {
        assert_eq!(leg_of(&participant(17)), Some(17));
        assert_eq!(leg_of("loudspeaker"), None);
    }
}
