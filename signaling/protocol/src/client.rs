//! What the page says.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    Action, Loudness, PairSignal, ParticipantId, Picture, ProbeSignal, Publishing, Shown, Skew,
    SoundMode, Wishes,
};

/// The longest message the service reads, in bytes. An answer to a leg's offer has about 20 kB.
pub const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// How a subscriber's pair connection fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PairState {
    /// Still being tried, but so slowly that the server path should show the picture meanwhile.
    Slow,
    /// It carries packets.
    Connected,
    /// It does not connect, or it broke.
    Failed,
}

/// One message from the page. `join` or `resume` is the first; nothing else is heard before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientMessage {
    /// Enter the conference that the socket's URL names.
    Join {
        /// The name to show: 1 to 64 characters.
        name: String,
        /// A capability token for a role, if one was given; without it one joins as a speaker.
        token: Option<String>,
        /// What will be published.
        publishing: Publishing,
        /// What is wished of the network; left out: to pass nothing on, to hide nothing, no limit.
        #[serde(default)]
        wishes: Wishes,
        /// By what the browser is known again: 22 to 128 letters, digits, `-` and `_` that it has made at random once,
        /// and tells nobody else; left out: it is not.
        #[serde(default)]
        #[ts(optional)]
        identity: Option<String>,
    },
    /// Be the same participant again on a new socket; the old one is closed.
    Resume {
        /// Who.
        participant: ParticipantId,
        /// What `welcome` said to resume with.
        key: String,
        /// Whether this page has its side of the leg still; otherwise it gets a new `offer`.
        has_leg: bool,
    },
    /// See whether the service hears this page still, which a browser does not say: `pong` follows at once.
    Ping {},
    /// Ask for something that has one answer: `done`, or an `error` with the same `request`.
    Act {
        /// Any number, to tell the answer by.
        request: u32,
        /// What.
        action: Action,
    },
    /// The answer to the leg's offer.
    Answer {
        /// The session description.
        sdp: String,
    },
    /// A candidate of the leg's browser side.
    Candidate {
        /// The candidate attribute's value; empty: no more will come.
        candidate: String,
        /// The m-line's index.
        mline_index: u32,
    },
    /// Restart the leg's ICE (RFC 8445 section 9); the only offer a page ever makes to the server.
    Restart {
        /// The session description.
        offer: String,
    },
    /// Something for the other end of a pair connection.
    Pair {
        /// To whom.
        to: ParticipantId,
        /// What.
        signal: PairSignal,
    },
    /// How the pair connection with `peer` fares, seen from here.
    PairState {
        /// The other end.
        peer: ParticipantId,
        /// How it fares.
        state: PairState,
    },
    /// Something for the other end of a connection that carries one relayed picture. Whoever passes it on makes the
    /// offer.
    Relay {
        /// To whom.
        to: ParticipantId,
        /// The picture that the connection is for.
        picture: Picture,
        /// The connection's number, counted by whoever offers: an answer names its offer's.
        attempt: u32,
        /// What.
        signal: PairSignal,
    },
    /// How a picture that `relay` passes on arrives here.
    RelayState {
        /// Who passes it on.
        relay: ParticipantId,
        /// The picture.
        picture: Picture,
        /// How it fares.
        state: PairState,
    },
    /// What is wished of the network from now on.
    Wish {
        /// All wishes.
        wishes: Wishes,
    },
    /// Of the connection that a `probe` of the service asked for.
    Probe {
        /// What.
        signal: ProbeSignal,
    },
    /// What is published from now on.
    Publish {
        /// The new state.
        publishing: Publishing,
    },
    /// Which pictures are visible on this page. Until the first of these, all are wanted.
    Want {
        /// All that is wanted; what is not in it is not.
        pictures: Vec<Picture>,
    },
    /// How large pictures are shown on this page. What is not in it stays as it was.
    Sizes {
        /// The pictures whose sizes are others than before.
        pictures: Vec<Shown>,
    },
    /// How loudly one hears others from now on. Who is not in it stays as he was.
    Gains {
        /// Whom how loudly.
        gains: Vec<Loudness>,
    },
    /// How far apart voices and cameras' pictures are here; said every 10 seconds of those of whom it is measured.
    Skews {
        /// At most one of each participant.
        skews: Vec<Skew>,
    },
    /// Have everyone get the others' sound in this way from now on; moderators only.
    Sound {
        /// In which.
        mode: SoundMode,
    },
    /// Leave the conference.
    Leave {},
    /// End the conference for all; moderators only.
    End {},
}

/// Why a text is not a message.
#[derive(Debug, thiserror::Error)]
pub enum MessageError {
    /// Longer than [`MAX_MESSAGE_BYTES`].
    #[error("a message of {bytes} bytes; at most {MAX_MESSAGE_BYTES} are read")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Not JSON, or not one of ours.
    #[error("not a message: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// Reads one message.
///
/// # Errors
/// [`MessageError`] when `text` is too long, is not JSON, is of an unknown type, or has a field too many or too few.
pub fn parse_client(text: &str) -> Result<ClientMessage, MessageError> {
    if text.len() > MAX_MESSAGE_BYTES {
        return Err(MessageError::TooLarge { bytes: text.len() });
    }
    Ok(serde_json::from_str(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cause(text: &str) -> String {
        parse_client(text).expect_err("must be refused").to_string()
    }

    #[test]
    fn reads_a_join() {
        let text = r#"{"type":"join","name":"Ann","token":null,"publishing":{"microphone":true,"camera":false,"screen":false}}"#;
        let ClientMessage::Join {
            name,
            token,
            publishing,
            wishes,
            identity: None,
        } = parse_client(text).expect("valid")
        else {
            panic!("not a join")
        };
        assert_eq!((name.as_str(), token), ("Ann", None));
        assert!(publishing.microphone && !publishing.camera);
        assert_eq!(wishes, Wishes::default());
    }

    #[test]
    fn gains_are_read_in_hundredths() {
        for (text, hundredths) in [("0", 0), ("0.333", 33), ("1.0", 100), ("2", 200)] {
            let text =
                format!(r#"{{"type":"gains","gains":[{{"participant":"ann","gain":{text}}}]}}"#);
            let ClientMessage::Gains { gains } = parse_client(&text).expect("valid") else {
                panic!("not gains")
            };
            assert_eq!(gains[0].gain.hundredths(), hundredths);
        }
    }

    #[test]
    fn names_what_is_wrong() {
        assert!(cause("{").contains("EOF"));
        assert!(cause(r#"{"type":"dance"}"#).contains("unknown variant `dance`"));
        assert!(cause(r#"{"type":"answer"}"#).contains("missing field `sdp`"));
        assert!(cause(r#"{"type":"leave","now":true}"#).contains("unknown field `now`"));
        let gain = r#"{"type":"gains","gains":[{"participant":"ann","gain":2.01}]}"#;
        assert!(cause(gain).contains("this one is 2.01"));
        assert!(cause(&gain.replace("2.01", "-0.1")).contains("this one is -0.1"));
        assert!(cause(&gain.replace("2.01", "null")).contains("invalid type: null"));
        let skew =
            r#"{"type":"skews","skews":[{"participant":"ann","path":"direct","skew_ms":10001}]}"#;
        assert!(cause(skew).contains("this one is 10001"));
        assert!(cause(&skew.replace("10001", "-40000")).contains("this one is -40000"));
        assert!(cause(&skew.replace("10001", "0.5")).contains("floating point `0.5`"));
        assert!(cause(&" ".repeat(MAX_MESSAGE_BYTES + 1)).contains("262145 bytes"));
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in ".{0,400}") {
            let _ = parse_client(&text);
        }

        #[test]
        fn what_is_written_is_read(sdp in ".{0,200}") {
            let message = ClientMessage::Answer { sdp };
            let text = serde_json::to_string(&message).expect("serialisable");
            prop_assert_eq!(parse_client(&text).expect("valid"), message);
        }
    }
}
