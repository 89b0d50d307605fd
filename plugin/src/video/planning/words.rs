//! The planner's words on an element's signals, messages and properties: structures and strings on one side, types on
//! the other. Nothing that is not one of these words gets past here.

use std::fmt;

use convene_topology::{Class, PairReport, Path, Realm, Source, Standing, Why};

use super::{
    super::layers::{source_name, source_named},
    plan::{Order, Pair, PictureOf},
    planned, switched,
};

/// A word that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoWord {
    field: String,
    value: String,
}

impl fmt::Display for NoWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} says nothing for {}", self.value, self.field)
    }
}

impl NoWord {
    fn new(field: &str, value: impl fmt::Debug) -> Self {
        Self {
            field: field.into(),
            value: format!("{value:?}"),
        }
    }
}

/// Where somebody stands, after a structure with some of the fields of `set-class`; what it leaves out stays.
pub(crate) fn standing(known: Standing, told: &gst::StructureRef) -> Result<Standing, NoWord> {
    let mut standing = known;
    for (field, value) in told.iter() {
        take(&mut standing, field.as_str(), value).ok_or_else(|| NoWord::new(field, value))?;
    }
    Ok(standing)
}

fn take(standing: &mut Standing, field: &str, value: &glib::Value) -> Option<()> {
    match field {
        "class" => standing.class = class(value.get().ok()?)?,
        "reachable" => standing.reachable = Some(value.get().ok()?),
        "realm" => standing.realm = realm(value.get().ok()?)?,
        "relays" => standing.relays = value.get().ok()?,
        "uplink" => standing.uplink = u32::try_from(value.get::<i32>().ok()?).ok(),
        "hides-address" => standing.hides_address = value.get().ok()?,
        _ => return None,
    }
    Some(())
}

fn class(word: &str) -> Option<Class> {
    match word {
        "public" => Some(Class::Public),
        "private" => Some(Class::Private),
        "unknown" => Some(Class::Unknown),
        _ => None,
    }
}

fn realm(word: &str) -> Option<Realm> {
    match word {
        "wide" => Some(Realm::Wide),
        "server-lan" => Some(Realm::ServerLan),
        _ => None,
    }
}

/// The pictures of `want`.
pub(crate) fn wishes(told: &gst::StructureRef) -> Result<Vec<PictureOf>, NoWord> {
    let pictures = told.get::<gst::Array>("pictures");
    let pictures = pictures.map_err(|_| NoWord::new("pictures", told))?;
    let wish = |value: &glib::SendValue| wish(value).ok_or_else(|| NoWord::new("pictures", value));
    pictures.iter().map(wish).collect()
}

fn wish(value: &glib::SendValue) -> Option<PictureOf> {
    let picture = value.get::<gst::Structure>().ok()?;
    Some(PictureOf {
        publisher: picture.get("publisher").ok()?,
        source: source(picture.get("source").ok()?)?,
    })
}

/// Which of somebody's pictures.
pub(crate) fn source(word: &str) -> Option<Source> {
    source_named(word).map(planned)
}

/// How a connection fares.
pub(crate) fn report(word: &str) -> Option<PairReport> {
    match word {
        "connected" => Some(PairReport::Connected),
        "slow" => Some(PairReport::Slow),
        "failed" => Some(PairReport::Failed),
        _ => None,
    }
}

/// What a participant's element says on its bus.
pub(crate) fn message(order: &Order) -> gst::Structure {
    let about = |name, picture: &PictureOf| {
        gst::Structure::builder(name)
            .field("publisher", picture.publisher.as_str())
            .field("source", source_name(switched(picture.source)))
    };
    match order {
        Order::Path { pair, .. } => self::pair("convene-path", pair),
        Order::Send {
            picture,
            sender,
            to,
            on,
            ..
        } => about("convene-send", picture)
            .field("sender", sender.as_str())
            .field("to", to.as_str())
            .field("on", *on)
            .build(),
        Order::ServerNeeds {
            picture, needed, ..
        } => about("convene-server-needs", picture)
            .field("needed", *needed)
            .build(),
        Order::Retry {
            participant, peer, ..
        } => gst::Structure::builder("convene-retry")
            .field("participant", participant.as_str())
            .field("peer", peer.as_str())
            .build(),
    }
}

/// The property `plan`.
pub(crate) fn plan(policy: &str, pairs: &[Pair]) -> gst::Structure {
    let pairs = pairs.iter().map(|pair| self::pair("pair", pair));
    gst::Structure::builder("convene-plan")
        .field("policy", policy)
        .field("pairs", gst::Array::new(pairs))
        .build()
}

fn pair(name: &str, pair: &Pair) -> gst::Structure {
    let slot = match pair.path {
        Some(Path::Server { slot }) => u32::try_from(slot).ok(),
        _ => None,
    };
    gst::Structure::builder(name)
        .field("publisher", pair.picture.publisher.as_str())
        .field("source", source_name(switched(pair.picture.source)))
        .field("subscriber", pair.subscriber.as_str())
        .field("path", path_word(pair.path))
        .field_if_some("relay", pair.relay.as_deref())
        .field_if_some("slot", slot)
        .field_if_some("why", pair.why.map(why_word))
        .build()
}

fn path_word(path: Option<Path>) -> &'static str {
    match path {
        Some(Path::Direct) => "direct",
        Some(Path::Peer(_)) => "peer",
        Some(Path::Server { .. }) => "server",
        Some(Path::NoSlot) | None => "none",
    }
}

fn why_word(why: Why) -> &'static str {
    match why {
        Why::Connected => "connected",
        Why::Trying => "trying",
        Why::BothPrivate => "both-private",
        Why::NotConnected => "not-connected",
        Why::UplinkSpent => "uplink-spent",
        Why::RelayLost => "relay-lost",
        Why::NoCommonWay => "no-common-way",
        Why::HidesAddress => "hides-address",
    }
}
