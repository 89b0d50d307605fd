//! One participant, as the rules see him.

use std::time::Duration;

use convene_topology::{Number, Standing};

use crate::{Network, Participant, ParticipantId, Publishing, Refusal, Role, Wishes};

/// Whoever has not connected by then is dropped.
pub(crate) const CONNECT: Duration = Duration::from_secs(30);

/// Whose socket is gone, without a word, and whose packets have not come for this long is gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(6);

/// How far he is.
///
/// ```text
/// Joining ──offer──▶ Offered ──answer──▶ Answered ──connected──▶ Connected
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// His leg is being made.
    Joining { until: Duration },
    /// He has the leg's offer.
    Offered { until: Duration },
    /// He has answered.
    Answered { until: Duration },
    /// His leg carries packets.
    Connected,
}

/// A participant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Member {
    pub(crate) number: Number,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) network: Network,
    pub(crate) publishing: Publishing,
    pub(crate) wishes: Wishes,
    pub(crate) stage: Stage,
    /// Whether his socket is gone.
    pub(crate) cut: bool,
    /// Whether his leg has lost sight of him.
    pub(crate) silent: bool,
    /// When packets of his last came; before any came, when he did.
    pub(crate) heard: Duration,
}

impl Member {
    pub(crate) fn participant(&self, id: &ParticipantId) -> Participant {
        Participant {
            id: id.clone(),
            number: self.number.0,
            name: self.name.clone(),
            role: self.role,
            class: self.network.class,
            publishing: self.publishing,
        }
    }

    /// Where he stands, for the planner. Whose socket is gone is not asked to relay: most likely he is gone himself.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            class: self.network.class,
            reachable: self.network.reachable,
            realm: self.network.realm,
            relays: self.wishes.relays && !self.cut,
            hides_address: self.wishes.hides_address,
            uplink: self.wishes.uplink,
        }
    }

    /// When he has to be looked at again.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let connect = match self.stage {
            Stage::Joining { until } | Stage::Offered { until } | Stage::Answered { until } => {
                Some(until)
            }
            Stage::Connected => None,
        };
        let silence = self.is_missed().then_some(self.heard + SILENCE);
        connect.into_iter().chain(silence).min()
    }

    /// Whether packets are all that still speaks for him.
    pub(crate) fn is_missed(&self) -> bool {
        self.cut || self.silent
    }

    pub(crate) fn offered(&mut self) {
        if let Stage::Joining { until } = self.stage {
            self.stage = Stage::Offered { until };
        }
    }

    pub(crate) fn answer_refused(&mut self) {
        if let Stage::Answered { until } = self.stage {
            self.stage = Stage::Offered { until };
        }
    }

    /// Without an answer nothing can be connected; such a report is of something else and changes nothing.
    pub(crate) fn connected(&mut self, now: Duration) {
        if !matches!(self.stage, Stage::Answered { .. } | Stage::Connected) {
            return;
        }
        self.stage = Stage::Connected;
        self.heard = self.heard.max(now);
    }

    /// # Errors
    /// When there is no offer to answer, or it was answered.
    pub(crate) fn answer(&mut self) -> Result<(), Refusal> {
        let Stage::Offered { until } = self.stage else {
            return Err(Refusal::OutOfOrder {
                what: "an answer",
                state: self.stage.name(),
            });
        };
        self.stage = Stage::Answered { until };
        Ok(())
    }

    /// # Errors
    /// Before the answer.
    pub(crate) fn may_restart(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Answered { .. } | Stage::Connected => Ok(()),
            _ => Err(Refusal::OutOfOrder {
                what: "a restart",
                state: self.stage.name(),
            }),
        }
    }

    /// # Errors
    /// Before the offer.
    pub(crate) fn may_add_candidate(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Joining { .. } => Err(Refusal::OutOfOrder {
                what: "a candidate",
                state: self.stage.name(),
            }),
            _ => Ok(()),
        }
    }
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Joining { .. } => "waiting for the offer",
            Self::Offered { .. } => "about to answer",
            Self::Answered { .. } => "connecting",
            Self::Connected => "connected",
        }
    }
}

/// A name as it is shown.
///
/// # Errors
/// When it is empty, too long, or has control characters.
pub(crate) fn shown_name(name: &str) -> Result<String, Refusal> {
    let name = name.trim();
    let length = name.chars().count();
    if (1..=64).contains(&length) && !name.chars().any(char::is_control) {
        return Ok(name.to_owned());
    }
    Err(Refusal::BadName { length })
}

/// Whether the role may send sound and pictures.
pub(crate) fn may_send(role: Role) -> bool {
    role != Role::Listener
}

/// What of `publishing` the role allows.
pub(crate) fn allowed(role: Role, publishing: Publishing) -> Publishing {
    if may_send(role) {
        publishing
    } else {
        Publishing::default()
    }
}
