//! What is said to a Janus and what it means when it says something: <https://janus.conf.meetecho.com/docs/rest.html>,
//! in packets of JSON instead of requests. Pure.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::server::{Codec, FromServer, Said};

const PLUGIN: &str = "janus.plugin.audiobridge";

/// What Janus says.
#[derive(Debug, Deserialize)]
#[serde(tag = "janus", rename_all = "lowercase")]
pub enum Word {
    /// What was asked for is there.
    Success {
        /// As asked.
        transaction: String,
        /// Its number.
        data: Id,
    },
    /// The plugin says something of a participant.
    Event {
        /// His handle.
        sender: u64,
        /// What it says.
        plugindata: PluginData,
        /// An offer, if it is one.
        jsep: Option<Jsep>,
    },
    /// He is connected.
    WebrtcUp {
        /// His handle.
        sender: u64,
    },
    /// His packets begin to come, or end.
    Media {
        /// His handle.
        sender: u64,
        /// Whether they come.
        receiving: bool,
    },
    /// He is gone.
    Hangup {
        /// His handle.
        sender: u64,
        /// Why.
        reason: String,
    },
    /// It does not understand.
    Error {
        /// What.
        transaction: String,
        /// Why not.
        error: Reason,
    },
    /// What changes nothing here.
    #[serde(other)]
    Other,
}

/// A number it has given.
#[derive(Debug, Deserialize)]
pub struct Id {
    /// A session's or a handle's.
    pub id: u64,
}

/// The plugin's own words.
#[derive(Debug, Deserialize)]
pub struct PluginData {
    data: Complaint,
}

#[derive(Debug, Deserialize)]
struct Complaint {
    error: Option<String>,
}

/// A session description.
#[derive(Debug, Deserialize)]
pub struct Jsep {
    sdp: String,
}

/// Why it does not understand.
#[derive(Debug, Deserialize)]
pub struct Reason {
    reason: String,
}

/// What is to be done next.
#[derive(Debug, PartialEq)]
pub enum Step {
    /// This is to be said to Janus.
    Say(Value),
    /// The conductor is to know this.
    Tell(FromServer),
    /// No measurement can be made with this.
    Complain(String),
}

/// The participants of a Janus.
pub struct Bridge {
    codec: Codec,
    /// How many are in each room.
    people: usize,
    session: u64,
    /// By their handles.
    legs: BTreeMap<u64, usize>,
}

/// Asks for a session; the answer is a [`Word::Success`].
pub fn session() -> Value {
    json!({ "janus": "create", "transaction": "session" })
}

impl Bridge {
    /// Nobody, in this session.
    pub fn new(codec: Codec, people: usize, session: u64) -> Self {
        Self {
            codec,
            people,
            session,
            legs: BTreeMap::new(),
        }
    }

    /// Asks for a handle.
    pub fn join(&self, leg: usize) -> Value {
        json!({
            "janus": "attach",
            "plugin": PLUGIN,
            "session_id": self.session,
            "transaction": leg.to_string(),
        })
    }

    /// Says what the participant has answered.
    pub fn answer(&self, leg: usize, sdp: &str) -> Option<Value> {
        let (&handle, _) = self.legs.iter().find(|&(_, &known)| known == leg)?;
        let mut message = self.message(handle, json!({ "request": "configure" }));
        message["jsep"] = json!({ "type": "answer", "sdp": sdp });
        Some(message)
    }

    /// What is to be done now that Janus has said this.
    pub fn hear(&mut self, word: Word) -> Option<Step> {
        match word {
            Word::Success { transaction, data } => self.attached(&transaction, data.id),
            Word::Event {
                sender,
                plugindata,
                jsep,
            } => self.event(sender, plugindata, jsep),
            Word::WebrtcUp { sender } => self.tell(sender, Said::Connected),
            Word::Media { sender, receiving } => {
                receiving.then(|| self.tell(sender, Said::Flows)).flatten()
            }
            Word::Hangup { sender, reason } => self.tell(sender, Said::Failed { cause: reason }),
            Word::Error { transaction, error } => {
                Some(Step::Complain(format!("{transaction}: {}", error.reason)))
            }
            Word::Other => None,
        }
    }

    fn attached(&mut self, transaction: &str, handle: u64) -> Option<Step> {
        let leg = transaction.parse().ok()?;
        self.legs.insert(handle, leg);
        let body = json!({
            "request": "join",
            "room": super::room(leg / self.people),
            "bitrate": self.codec.bitrate,
            "quality": self.codec.complexity,
            "generate_offer": true,
        });
        Some(Step::Say(self.message(handle, body)))
    }

    fn event(&self, handle: u64, said: PluginData, jsep: Option<Jsep>) -> Option<Step> {
        if let Some(cause) = said.data.error {
            return self.tell(handle, Said::Failed { cause });
        }
        let sdp = offered(&jsep?.sdp, self.codec.fec);
        self.tell(handle, Said::Offer { sdp })
    }

    fn tell(&self, handle: u64, said: Said) -> Option<Step> {
        let &leg = self.legs.get(&handle)?;
        Some(Step::Tell(FromServer::Leg { leg, said }))
    }

    fn message(&self, handle: u64, body: Value) -> Value {
        json!({
            "janus": "message",
            "session_id": self.session,
            "handle_id": handle,
            "transaction": "message",
            "body": body,
        })
    }
}

/// Janus sends FEC to those whose answer asks for it, but its own offers speak against it, and clients answer as they
/// are asked. Its format parameters begin with a stray number, too; so they are written anew.
fn offered(sdp: &str, fec: bool) -> String {
    let line = |line: &str| match line.split_once(' ') {
        Some((format, parameters)) if parameters.contains("useinbandfec") => {
            format!("{format} minptime=10;useinbandfec={}\r\n", u8::from(fec))
        }
        _ => format!("{line}\r\n"),
    };
    sdp.lines().map(line).collect()
}

#[cfg(test)]
mod tests;
