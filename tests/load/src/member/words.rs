//! What a member says: to the service, and, a line of JSON each, to who started it.

use std::net::SocketAddr;

use convene_protocol::{ClientMessage, PairState, ParticipantId, Path};
use serde::Serialize;
use tokio::sync::mpsc;

use super::{gather::Ground, picture::Octets};
use crate::lines;

/// A line.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<'a> {
    /// It is in.
    In {
        /// Its id.
        id: &'a str,
    },
    /// Somebody's camera has got another frame, or comes by another path.
    Moment(&'a Moment),
    /// A pair connection is in another state, or goes by other candidates.
    Pair(&'a ConnectionSeen),
    /// A connection that carries a picture which somebody passes on begins, or is in another state.
    Relay(&'a ConnectionSeen),
}

/// How a picture stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// Since when, in milliseconds since 1970.
    pub at: f64,
    /// Whose, by name.
    pub publisher: String,
    /// By which path it comes.
    pub path: Path,
    /// Who passes it on, by name.
    pub relay: Option<String>,
    /// How many frames there have been.
    pub frames: u64,
    /// How much has come, and from whom.
    pub octets: Octets,
}

impl Moment {
    /// Whether it says something else than that, but for the time and for what more came.
    pub fn differs(&self, other: &Self) -> bool {
        let key = |moment: &Self| (moment.path, moment.relay.clone(), moment.frames);
        key(self) != key(other)
    }
}

/// How a connection with another participant stands.
#[derive(Debug, Serialize)]
pub struct ConnectionSeen {
    /// Whose picture it carries, by name.
    pub publisher: String,
    /// With whom: by name, or the id of who passes it on.
    pub peer: String,
    /// What the service was told last.
    pub state: Option<PairState>,
    /// Our end of the selected pair of candidates.
    pub local: Option<SocketAddr>,
    /// The other end.
    pub remote: Option<SocketAddr>,
    /// RTP octets that came.
    pub octets: u64,
    /// Why it can carry nothing any more.
    pub cause: Option<String>,
}

/// The way out for words, and where connections begin.
#[derive(Clone)]
pub struct Out {
    /// Where connections begin.
    pub ground: Ground,
    /// To the service.
    pub service: mpsc::UnboundedSender<ClientMessage>,
}

impl Out {
    /// To the service.
    pub fn say(&self, message: ClientMessage) {
        // Once the socket has gone the member ends anyway.
        let _ = self.service.send(message);
    }

    /// It is in.
    pub fn entered(&self, id: &ParticipantId) {
        lines::tell(&Line::In { id });
    }

    /// A picture stands like this.
    pub fn moment(&self, moment: &Moment) {
        lines::tell(&Line::Moment(moment));
    }

    /// A pair connection stands like this.
    pub fn pair(&self, pair: ConnectionSeen) {
        lines::tell(&Line::Pair(&pair));
    }

    /// A connection that carries somebody else's picture stands like this.
    pub fn relay(&self, relay: ConnectionSeen) {
        lines::tell(&Line::Relay(&relay));
    }
}
