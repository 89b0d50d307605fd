//! Which of the ways of somebody's camera counts: the plan says a path, frames come when they come. Until the first one
//! comes by a new path, what comes by the former one counts. Nothing is decoded or shown. Pure.

use std::collections::BTreeSet;

use convene_protocol::{ParticipantId, Path};
use serde::Serialize;

/// Who brings frames.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The publisher himself.
    Direct,
    /// Who passes them on.
    Peer(ParticipantId),
    /// The server.
    Server,
}

/// RTP octets (headers and payloads) that came, by who brought them; also those that were not needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Octets {
    /// From the publisher.
    pub direct: u64,
    /// From who passes it on.
    pub peer: u64,
    /// From the server.
    pub server: u64,
}

/// One picture, as a subscriber gets it.
#[derive(Clone, Debug)]
pub struct Picture {
    plan: Path,
    relay: Option<ParticipantId>,
    /// Ways whose first frame is there.
    moving: BTreeSet<Way>,
    shown: Option<Way>,
    /// Frames that came by the way that was shown at that time.
    pub frames: u64,
    /// All that came.
    pub octets: Octets,
}

impl Default for Picture {
    fn default() -> Self {
        Self {
            plan: Path::None,
            relay: None,
            moving: BTreeSet::new(),
            shown: None,
            frames: 0,
            octets: Octets::default(),
        }
    }
}

impl Picture {
    /// What the plan says.
    pub fn plan(&mut self, plan: Path, relay: Option<ParticipantId>) {
        (self.plan, self.relay) = (plan, relay);
        match self.planned() {
            None => self.shown = None,
            Some(Way::Server) => self.shown = Some(Way::Server),
            Some(way) => self.show(way),
        }
    }

    /// Whether it should come directly.
    pub fn is_direct(&self) -> bool {
        self.plan == Path::Direct
    }

    /// So many frames more, of so many octets, have come by a way.
    pub fn came(&mut self, way: &Way, frames: u64, octets: u64) {
        let of_way = match way {
            Way::Direct => &mut self.octets.direct,
            Way::Peer(_) => &mut self.octets.peer,
            Way::Server => &mut self.octets.server,
        };
        *of_way += octets;
        if frames > 0 {
            self.moves(way);
        }
        if self.shown.as_ref() == Some(way) {
            self.frames += frames;
        }
    }

    /// A connection is given up, or another begins.
    pub fn forget(&mut self, way: &Way) {
        self.moving.remove(way);
    }

    /// By which path it is seen, and who passes it on.
    pub fn seen(&self) -> (Path, Option<&ParticipantId>) {
        match &self.shown {
            None => (Path::None, None),
            Some(Way::Direct) => (Path::Direct, None),
            Some(Way::Peer(relay)) => (Path::Peer, Some(relay)),
            Some(Way::Server) => (Path::Server, None),
        }
    }

    fn planned(&self) -> Option<Way> {
        match self.plan {
            Path::None => None,
            Path::Direct => Some(Way::Direct),
            Path::Server => Some(Way::Server),
            Path::Peer => self.relay.clone().map(Way::Peer),
        }
    }

    /// What the plan has left may go on for a while, and then ends.
    fn moves(&mut self, way: &Way) {
        if self.moving.insert(way.clone()) && self.planned().as_ref() == Some(way) {
            self.shown = Some(way.clone());
        }
    }

    fn show(&mut self, way: Way) {
        if self.moving.contains(&way) {
            self.shown = Some(way);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cid() -> Way {
        Way::Peer("cid".into())
    }

    #[test]
    fn a_way_is_shown_when_its_first_frame_is_there() {
        let mut picture = Picture::default();
        picture.plan(Path::Server, None);
        picture.came(&Way::Server, 2, 200);
        picture.plan(Path::Direct, None);
        assert_eq!(picture.seen(), (Path::Server, None));
        picture.came(&Way::Server, 1, 100);
        picture.came(&Way::Direct, 1, 50);
        assert_eq!(picture.seen(), (Path::Direct, None));
        picture.came(&Way::Server, 1, 100);
        let octets = Octets {
            direct: 50,
            peer: 0,
            server: 400,
        };
        assert_eq!((picture.frames, picture.octets), (4, octets));
    }

    #[test]
    fn only_who_is_in_the_plan_passes_on() {
        let mut picture = Picture::default();
        picture.plan(Path::Direct, None);
        picture.came(&cid(), 1, 10);
        assert_eq!(picture.seen(), (Path::None, None));
        picture.plan(Path::Peer, Some("cid".into()));
        assert_eq!(picture.seen(), (Path::Peer, Some(&"cid".into())));
        picture.forget(&cid());
        picture.plan(Path::Server, None);
        picture.plan(Path::Peer, Some("cid".into()));
        assert_eq!(picture.seen(), (Path::Server, None), "until it comes again");
        picture.came(&Way::Direct, 1, 10);
        assert_eq!(picture.seen(), (Path::Server, None), "it lingers only");
        picture.plan(Path::None, None);
        assert_eq!(picture.seen(), (Path::None, None));
        picture.came(&Way::Direct, 1, 10);
        assert_eq!((picture.seen(), picture.frames), ((Path::None, None), 0));
    }
}
