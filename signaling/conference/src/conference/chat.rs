//! What is written to all. It is kept for those who come later, as long as the conference's task lives, and never on a
//! disk.

use std::{collections::VecDeque, time::Duration};

use super::Conference;
use crate::{Notice, ParticipantId, Permission, Refusal};

/// A message's longest text, in characters.
pub const MAX_TEXT: usize = 2_000;

/// How many messages are kept.
const MOST: usize = 200;

/// How many bytes of text are kept: a newcomer is told all of it at once.
const MOST_BYTES: usize = 128 * 1024;

/// Something that was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ChatMessage {
    /// Its number; the next one's is higher.
    pub id: u32,
    /// Whose.
    pub from: ParticipantId,
    /// His name.
    pub name: String,
    /// What.
    pub text: String,
    /// The message that it replies to.
    pub reply_to: Option<u32>,
    /// When.
    pub at: Duration,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Chat {
    messages: VecDeque<ChatMessage>,
    bytes: usize,
    last: u32,
}

impl Chat {
    pub(super) fn history(&self) -> Vec<ChatMessage> {
        self.messages.iter().cloned().collect()
    }

    fn keep(&mut self, message: ChatMessage) {
        self.bytes += message.text.len();
        self.messages.push_back(message);
        while self.messages.len() > MOST || self.bytes > MOST_BYTES {
            let forgotten = self.messages.pop_front();
            self.bytes -= forgotten.map_or(0, |message| message.text.len());
        }
    }
}

impl<S> Conference<S> {
    pub(super) fn write(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        text: &str,
        reply_to: Option<u32>,
    ) -> Result<(), Refusal> {
        let (text, last) = (text.trim(), self.chat.last);
        let length = text.chars().count();
        let member = self.member(from)?;
        if !member.may(Permission::Chat) {
            return Err(Refusal::NotAllowed(Permission::Chat));
        }
        if !(1..=MAX_TEXT).contains(&length) {
            let max = MAX_TEXT;
            return Err(Refusal::BadText { length, max });
        }
        if let Some(to) = reply_to.filter(|to| !(1..=last).contains(to)) {
            return Err(Refusal::NoMessage(to));
        }
        member.keep_pace(now)?;
        let message = ChatMessage {
            id: last + 1,
            from: from.clone(),
            name: member.name.clone(),
            text: text.to_owned(),
            reply_to,
            at: now,
        };
        self.chat.last += 1;
        self.chat.keep(message.clone());
        self.tell_all(|| Notice::Chat(message.clone()));
        Ok(())
    }
}
