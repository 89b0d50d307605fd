//! The server's copies of this conference's files: who may bring one, and who may take it.

use convene_conference::{Event, FileOffer, ParticipantId, Refusal};
use tokio::sync::oneshot;

use super::{Input, Room};
use crate::{
    files::Copy,
    limits::{Bucket, Rate},
};

/// How often one asks for copies.
const COPIES: Rate = Rate {
    burst: 60.0,
    per_second: 1.0,
};

/// Who asks over HTTP: the participant that he says he is, and what shall prove it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Who.
    pub id: ParticipantId,
    /// What `welcome` said to resume with.
    pub key: String,
}

/// Why there is no copy for him, or from him.
#[derive(Debug, thiserror::Error)]
pub enum NoCopy {
    /// He is not who he says.
    #[error(
        "a participant's id and key are needed: send the header `Authorization: Bearer ID.KEY`"
    )]
    NotYou,
    /// Too often.
    #[error("you ask for more copies than anyone needs; wait a moment")]
    TooOften,
    /// By the rules.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// What is to be brought, and where to.
#[derive(Debug)]
pub struct Wanted {
    /// What was offered.
    pub offer: FileOffer,
    /// Where to; dropped, nothing comes.
    pub to: oneshot::Sender<Copy>,
}

impl Room {
    pub(super) fn fresh_bucket(&self) -> Bucket {
        Bucket::full(COPIES, self.started.elapsed())
    }

    fn know(&mut self, bearer: &Bearer) -> Result<(), NoCopy> {
        let now = self.started.elapsed();
        let seat = self.seats.get_mut(&bearer.id);
        let seat = seat.filter(|seat| seat.welcomed && seat.key.is(&bearer.key));
        let seat = seat.ok_or(NoCopy::NotYou)?;
        if seat.copies.take(COPIES, now) {
            Ok(())
        } else {
            Err(NoCopy::TooOften)
        }
    }

    /// He brings a copy. Whatever becomes of it, the conference is told.
    pub(super) fn upload(&mut self, bearer: &Bearer, file: u32) -> Result<Wanted, NoCopy> {
        self.know(bearer)?;
        let offer = self.conference.upload(&bearer.id, file)?;
        let (to, comes) = oneshot::channel();
        let mailbox = self.mailbox.clone();
        tokio::spawn(async move {
            let copy = comes.await.ok();
            // A conference that is over wants none.
            let _ = mailbox.send(Input::Uploaded { file, copy }).await;
        });
        self.handle(Event::CopyBegins(file));
        Ok(Wanted { offer, to })
    }

    pub(super) fn uploaded(&mut self, file: u32, copy: Option<Copy>) {
        let whole = copy.is_some();
        if let Some(copy) = copy.filter(|_| self.over.is_none()) {
            self.copies.insert(file, copy);
        }
        self.handle(Event::Copied { file, whole });
    }

    pub(super) fn download(
        &mut self,
        bearer: &Bearer,
        file: u32,
    ) -> Result<(FileOffer, Copy), NoCopy> {
        self.know(bearer)?;
        let offer = self.conference.download(&bearer.id, file)?;
        let copy = self.copies.get(&file).cloned();
        Ok((offer, copy.ok_or(Refusal::NoFile(file))?))
    }
}
