//! What has come by one connection: counts, without looking into any picture. Pure.

use std::{collections::BTreeMap, net::SocketAddr, time::Instant};

/// What one sees of a connection.
#[derive(Debug, Default)]
pub struct Seen {
    /// ICE and DTLS are done, and ICE has not lost the other end since.
    pub up: bool,
    /// Why it can carry nothing any more.
    pub ended: Option<String>,
    /// The selected pair of candidates, as of the last second: ours and the other end's.
    pub selected: Option<(SocketAddr, SocketAddr)>,
    /// By the m-lines' mids.
    flows: BTreeMap<String, Flow>,
}

#[derive(Debug, Default)]
struct Flow {
    time: Option<u64>,
    last: Option<Instant>,
    frames: u64,
    octets: u64,
    /// How many of these were already told.
    told: (u64, u64),
}

impl Seen {
    /// A packet of a picture came: a frame more when its (extended) RTP time is a later one.
    pub fn packet(&mut self, mid: &str, at: Instant, time: u64, octets: u64) {
        if !self.flows.contains_key(mid) {
            self.flows.insert(mid.to_owned(), Flow::default());
        }
        let Some(flow) = self.flows.get_mut(mid) else {
            return;
        };
        flow.octets += octets;
        if flow.time.is_none_or(|before| time > before) {
            flow.time = Some(time);
            flow.last = Some(at);
            flow.frames += 1;
        }
    }

    /// Frames and octets that came on an m-line since this was asked last.
    pub fn fresh(&mut self, mid: &str) -> (u64, u64) {
        let Some(flow) = self.flows.get_mut(mid) else {
            return (0, 0);
        };
        let (frames, octets) = std::mem::replace(&mut flow.told, (flow.frames, flow.octets));
        (flow.frames - frames, flow.octets - octets)
    }

    /// The m-lines that something came on.
    pub fn mids(&self) -> Vec<String> {
        self.flows.keys().cloned().collect()
    }

    /// When the last frame came.
    pub fn frame(&self) -> Option<Instant> {
        self.flows.values().filter_map(|flow| flow.last).max()
    }

    /// All that came.
    pub fn octets(&self) -> u64 {
        self.flows.values().map(|flow| flow.octets).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn packets_of_one_time_are_one_frame_and_late_ones_are_none() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut seen = Seen::default();
        for (ms, time) in [(0, 3_000), (1, 3_000), (33, 6_000), (34, 3_000)] {
            seen.packet("0", at(ms), time, 100);
        }
        assert_eq!(seen.frame(), Some(at(33)));
        assert_eq!(seen.fresh("0"), (2, 400));
        assert_eq!(seen.fresh("0"), (0, 0));
        seen.packet("0", at(66), 9_000, 50);
        seen.packet("1", at(70), 90, 7);
        assert_eq!((seen.fresh("0"), seen.fresh("1")), ((1, 50), (1, 7)));
        assert_eq!(
            (seen.octets(), seen.mids()),
            (457, vec!["0".into(), "1".into()])
        );
        assert_eq!(seen.fresh("2"), (0, 0));
    }
}
