//! The bounded queue between whoever has something to say to a participant and his socket.
//!
//! A page that stops reading fills it. Then its socket is closed; nobody ever waits for it.

use std::sync::Arc;

use convene_protocol::{ErrorCode, ServerMessage};
use tokio::sync::{Notify, mpsc};

/// Messages that may wait. A conference of 500 tells a newcomer about 500 paths at once.
const QUEUE: usize = 2_048;

/// What the socket has to do next.
#[derive(Debug)]
pub enum Out {
    /// Send this.
    Say(Box<ServerMessage>),
    /// Close.
    Close,
}

/// The end for those who speak.
#[derive(Clone, Debug)]
pub struct Outbox {
    queue: mpsc::Sender<Out>,
    overflow: Arc<Notify>,
}

/// The end for the socket.
#[derive(Debug)]
pub struct Outgoing {
    /// What is to be sent, in its order.
    pub queue: mpsc::Receiver<Out>,
    /// Told when the queue was full: whatever is in it, the socket is of no use any more.
    pub overflow: Arc<Notify>,
}

/// Both ends.
#[must_use]
pub fn outbox() -> (Outbox, Outgoing) {
    let (sender, receiver) = mpsc::channel(QUEUE);
    let overflow = Arc::new(Notify::new());
    let outgoing = Outgoing {
        queue: receiver,
        overflow: Arc::clone(&overflow),
    };
    (
        Outbox {
            queue: sender,
            overflow,
        },
        outgoing,
    )
}

impl Outbox {
    /// Queues a message; `false` when the socket is gone or does not keep up, which ends it.
    pub fn say(&self, message: ServerMessage) -> bool {
        self.put(Out::Say(Box::new(message)))
    }

    /// Queues what is of this moment only, unless the page has much to read already.
    pub fn mention(&self, message: ServerMessage) {
        if self.queue.capacity() > QUEUE / 2 {
            self.say(message);
        }
    }

    /// Queues a refusal. After a fatal one the socket closes.
    pub fn refuse(&self, code: ErrorCode, cause: impl ToString, fatal: bool) {
        let message = cause.to_string();
        self.say(ServerMessage::Error {
            code,
            message,
            fatal,
            request: None,
        });
        if fatal {
            self.close();
        }
    }

    /// Closes the socket after what is queued.
    pub fn close(&self) {
        self.put(Out::Close);
    }

    fn put(&self, out: Out) -> bool {
        let taken = self.queue.try_send(out).is_ok();
        if !taken {
            self.overflow.notify_one();
        }
        taken
    }
}

/// A conference's hold on a socket: when it goes, however it goes, the socket is closed.
#[derive(Debug)]
pub struct Line(pub Outbox);

impl Drop for Line {
    fn drop(&mut self) {
        self.0.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_queue_ends_the_socket() {
        let (outbox, outgoing) = outbox();
        let said = (0..=QUEUE).filter(|_| {
            outbox.say(ServerMessage::Restarted {
                answer: String::new(),
            })
        });
        assert_eq!(said.count(), QUEUE);
        outgoing.overflow.notified().await;
    }

    #[test]
    fn what_is_of_the_moment_ends_no_socket() {
        let (outbox, outgoing) = outbox();
        for _ in 0..2 * QUEUE {
            outbox.mention(ServerMessage::Talkers {
                rtp_time: 0,
                talkers: Vec::new(),
            });
        }
        assert_eq!(outgoing.queue.len(), QUEUE / 2);
    }

    #[test]
    fn who_drops_the_line_closes_it() {
        let (outbox, mut outgoing) = outbox();
        drop(Line(outbox));
        assert!(matches!(outgoing.queue.try_recv(), Ok(Out::Close)));
    }
}
