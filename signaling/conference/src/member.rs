//! One participant, as the rules see him.

use std::{collections::BTreeMap, time::Duration};

use convene_topology::{Number, Standing};

use crate::{
    Gain, Network, Participant, ParticipantId, Permission, Permissions, Publishing, Refusal, Role,
    Wishes,
};

/// Whoever has not connected by then is dropped.
pub(crate) const CONNECT: Duration = Duration::from_secs(30);

/// Whose socket is gone, without a word, and whose packets have not come for this long is gone.
pub(crate) const SILENCE: Duration = Duration::from_secs(6);

/// Whoever comes back within this time after his socket was found dead is the same again. A network that is lost is
/// noticed by two missed pings, 4 to 6 s later: so there are 9 s at least to find another.
pub(crate) const RETURN: Duration = Duration::from_secs(5);

/// One message or file each such time, in the long run.
const PACE: Duration = Duration::from_secs(1);

/// So many at once.
const BURST: u32 = 10;

/// How far he is.
///
/// ```text
/// Joining ──offer──▶ Offered ──answer──▶ Answered ──connected──▶ Connected
///    ▲                                                             │ returns without his side of the leg,
///    └───── old leg closed ───── Renewing ◀───────────────────────┘ from any stage before, too
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
    /// His leg is of no use to him and ends; then another is made.
    Renewing { until: Duration },
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
    /// What he may do, when his role is speaker.
    pub(crate) permissions: Permissions,
    /// By what his browser is known again.
    pub(crate) identity: Option<String>,
    /// When he was made moderator, counted in such events. Whoever handed the role over keeps his place.
    pub(crate) granted: Option<u32>,
    /// His hand is up, counted in raised hands.
    pub(crate) hand: Option<u32>,
    /// Whom he wants to hear otherwise than they are, and how loudly.
    pub(crate) gains: BTreeMap<ParticipantId, Gain>,
    /// What he wrote is read by then.
    pub(crate) wrote: Duration,
    /// Since when his socket is gone.
    pub(crate) cut: Option<Duration>,
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
            permissions: self.permissions.within(self.role),
            hand: self.hand,
            away: self.cut.is_some(),
        }
    }

    pub(crate) fn is_moderator(&self) -> bool {
        self.role == Role::Moderator
    }

    /// Whether he can act as a moderator now.
    pub(crate) fn leads(&self) -> bool {
        self.is_moderator() && self.cut.is_none()
    }

    /// He writes, or offers something.
    ///
    /// # Errors
    /// When that is faster than anyone reads.
    pub(crate) fn keep_pace(&mut self, now: Duration) -> Result<(), Refusal> {
        let wrote = self.wrote.max(now) + PACE;
        if wrote > now + PACE * BURST {
            return Err(Refusal::TooFast);
        }
        self.wrote = wrote;
        Ok(())
    }

    pub(crate) fn may(&self, permission: Permission) -> bool {
        self.permissions.within(self.role).allow(permission)
    }

    /// What he sends from now on: of `publishing` what he may.
    pub(crate) fn publish(&mut self, publishing: Publishing) {
        self.publishing = Publishing {
            microphone: publishing.microphone && self.may(Permission::Microphone),
            camera: publishing.camera && self.may(Permission::Camera),
            screen: publishing.screen && self.may(Permission::Screen),
        };
    }

    /// Where he stands, for the planner. Whose socket is gone is not asked to relay: most likely he is gone himself.
    pub(crate) fn standing(&self) -> Standing {
        Standing {
            class: self.network.class,
            reachable: self.network.reachable,
            realm: self.network.realm,
            relays: self.wishes.relays && self.cut.is_none(),
            hides_address: self.wishes.hides_address,
            uplink: self.wishes.uplink,
        }
    }

    /// When he has to be looked at again.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        self.connects_by().into_iter().chain(self.gone_by()).min()
    }

    fn connects_by(&self) -> Option<Duration> {
        match self.stage {
            Stage::Joining { until }
            | Stage::Offered { until }
            | Stage::Answered { until }
            | Stage::Renewing { until } => Some(until),
            Stage::Connected => None,
        }
    }

    /// When he is given up, if packets are all that still speaks for him.
    pub(crate) fn gone_by(&self) -> Option<Duration> {
        let silence = self.heard + SILENCE;
        match self.cut {
            Some(since) => Some(silence.max(since + RETURN)),
            None => self.silent.then_some(silence),
        }
    }

    pub(crate) fn has_leg(&self) -> bool {
        !matches!(self.stage, Stage::Renewing { .. })
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
        self.heard(now);
    }

    pub(crate) fn heard(&mut self, now: Duration) {
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
            Stage::Joining { .. } | Stage::Renewing { .. } => Err(Refusal::OutOfOrder {
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
            Self::Joining { .. } | Self::Renewing { .. } => "waiting for the offer",
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
