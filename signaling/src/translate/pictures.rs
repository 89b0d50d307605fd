//! Pictures: whose, by which path, and why.

use convene_conference as inner;
use convene_pipelines::slot_mid;
use convene_protocol::{Path, PathRecord, Picture, ServerMessage, Source, Why};
use convene_topology as topology;

pub(super) fn path_message(
    (publisher, source): inner::PictureOf,
    path: Option<topology::Path>,
    relay: Option<inner::ParticipantId>,
    why: Option<topology::Why>,
    audio_slots: usize,
) -> ServerMessage {
    let mid = match path {
        Some(topology::Path::Server { slot }) => Some(slot_mid(audio_slots, slot)),
        _ => None,
    };
    ServerMessage::Path {
        publisher: publisher.0,
        source: source_out(source),
        path: path.map_or(Path::None, path_out),
        mid,
        relay: relay.map(|relay| relay.0),
        why: why.map(why_out),
    }
}

/// How somebody gets a picture, for moderators.
#[must_use]
pub fn path_record(of: inner::PathOf) -> PathRecord {
    PathRecord {
        subscriber: of.subscriber.0,
        publisher: of.picture.0.0,
        source: source_out(of.picture.1),
        path: path_out(of.path),
        relay: of.relay.map(|relay| relay.0),
        why: of.why.map(why_out),
    }
}

fn path_out(path: topology::Path) -> Path {
    match path {
        topology::Path::Direct => Path::Direct,
        topology::Path::Peer(_) => Path::Peer,
        topology::Path::Server { .. } => Path::Server,
        topology::Path::NoSlot => Path::None,
    }
}

fn why_out(why: topology::Why) -> Why {
    match why {
        topology::Why::Connected => Why::Connected,
        topology::Why::Trying => Why::Trying,
        topology::Why::BothPrivate => Why::BothPrivate,
        topology::Why::NotConnected => Why::NotConnected,
        topology::Why::UplinkSpent => Why::UplinkSpent,
        topology::Why::RelayLost => Why::RelayLost,
        topology::Why::NoCommonWay => Why::NoCommonWay,
        topology::Why::HidesAddress => Why::HidesAddress,
    }
}

pub(super) fn picture_in(picture: Picture) -> inner::PictureOf {
    (
        inner::ParticipantId(picture.publisher),
        source_in(picture.source),
    )
}

pub(super) fn picture_out((publisher, source): inner::PictureOf) -> Picture {
    Picture {
        publisher: publisher.0,
        source: source_out(source),
    }
}

/// A source of the protocol's, in the rules' words.
#[must_use]
pub fn source_in(source: Source) -> topology::Source {
    match source {
        Source::Camera => topology::Source::Camera,
        Source::Screen => topology::Source::Screen,
    }
}

pub(super) fn source_out(source: topology::Source) -> Source {
    match source {
        topology::Source::Camera => Source::Camera,
        topology::Source::Screen => Source::Screen,
    }
}

/// A source, as the elements call it.
#[must_use]
pub fn source_name(source: topology::Source) -> &'static str {
    match source {
        topology::Source::Camera => "camera",
        topology::Source::Screen => "screen",
    }
}

/// Which layers of a picture of his a participant is to send; `None`: the elements name no such source.
#[must_use]
pub fn layers(source: &str, needed: Vec<String>) -> Option<ServerMessage> {
    let sources = [Source::Camera, Source::Screen];
    let source = sources
        .into_iter()
        .find(|known| source_name(source_in(*known)) == source)?;
    Some(ServerMessage::Layers { source, needed })
}
