//! Where a leg's negotiation stands, and what fits when.
//!
//! ```text
//! Offering ──offer──▶ Offered ──answer──▶ Answered ──connected──▶ Connected
//!                                             └────────┬──────────────┘
//!                                                   restart (stays where it is)
//! ```
//! From everywhere a leg may close; nothing leads back.

use super::Refused;

/// Candidates that may wait for an answer. A browser with many interfaces has some ten for each m-line it gathers for.
const MOST_EARLY: usize = 200;

/// The states, with what each needs.
pub(super) enum State {
    /// webrtcbin is writing the offer; candidates that come wait.
    Offering,
    /// The offer is with the browser.
    Offered { offer: String, early: Vec<String> },
    /// Both descriptions are set.
    Answered { offer: String },
    /// Packets flow.
    Connected { offer: String },
}

impl State {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Offering => "making its offer",
            Self::Offered { .. } => "waiting for the answer",
            Self::Answered { .. } => "connecting",
            Self::Connected { .. } => "connected",
        }
    }

    /// The offer that an answer now would answer.
    pub(super) fn awaiting_answer(&self) -> Result<&str, Refused> {
        match self {
            Self::Offered { offer, .. } => Ok(offer),
            _ => Err(self.refuse("an answer")),
        }
    }

    /// The offer that was answered.
    pub(super) fn negotiated(&self) -> Result<&str, Refused> {
        match self {
            Self::Answered { offer } | Self::Connected { offer } => Ok(offer),
            _ => Err(self.refuse("a restart")),
        }
    }

    /// The answer is set: candidates that came early may follow now.
    pub(super) fn answered(&mut self) -> Vec<String> {
        match std::mem::replace(self, Self::Offering) {
            Self::Offered { offer, early } => {
                *self = Self::Answered { offer };
                early
            }
            other => {
                *self = other;
                Vec::new()
            }
        }
    }

    /// Says whether this is news.
    pub(super) fn connected(&mut self) -> bool {
        if let Self::Answered { offer } = self {
            *self = Self::Connected {
                offer: std::mem::take(offer),
            };
            return true;
        }
        false
    }

    /// Keeps a candidate that came before the answer; gives it back when it can be used now.
    pub(super) fn keep_early(&mut self, candidate: String) -> Result<Option<String>, Refused> {
        match self {
            Self::Offering => Err(self.refuse("a candidate")),
            Self::Offered { early, .. } if early.len() >= MOST_EARLY => {
                Err(Refused::TooManyCandidates(MOST_EARLY))
            }
            Self::Offered { early, .. } => {
                early.push(candidate);
                Ok(None)
            }
            _ => Ok(Some(candidate)),
        }
    }

    fn refuse(&self, what: &'static str) -> Refused {
        Refused::OutOfOrder {
            what,
            state: self.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_that_come_early_wait_for_the_answer() {
        let mut state = State::Offering;
        assert!(state.keep_early("c".into()).is_err());
        state = State::Offered {
            offer: "o".into(),
            early: Vec::new(),
        };
        assert_eq!(state.keep_early("c".into()), Ok(None));
        assert!(state.negotiated().is_err());
        assert_eq!(state.answered(), ["c"]);
        assert_eq!(state.keep_early("d".into()), Ok(Some("d".into())));
        assert_eq!(state.negotiated(), Ok("o"));
    }

    #[test]
    fn a_second_answer_is_out_of_order() {
        let mut state = State::Offered {
            offer: "o".into(),
            early: Vec::new(),
        };
        assert_eq!(state.awaiting_answer(), Ok("o"));
        state.answered();
        assert_eq!(
            state.awaiting_answer(),
            Err(Refused::OutOfOrder {
                what: "an answer",
                state: "connecting"
            })
        );
        assert!(state.connected() && !state.connected());
    }
}
