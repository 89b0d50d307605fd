//! Participants: coming, coming back, going, and talking to them.

use std::net::SocketAddr;

use convene_conference::{Event, Kept, Notice, Participant, ParticipantId};
use convene_protocol::{
    AddressOrigin, AddressProtocol, AuditEntry, ErrorCode, PairSignal, ServerMessage,
};

use super::{Comeback, Input, Newcomer, Page, Room, Seat, Voice, Whereabouts, translate};
use crate::{
    outbox::Line,
    store::{Note, StoreError},
    time::unix_now,
    tokens::Secret,
    translate::Reader,
};

/// Coming and going.
impl Room {
    pub(super) fn join(&mut self, newcomer: Newcomer) {
        let id = newcomer.id;
        let seat = self.seat(newcomer.key, newcomer.page);
        self.seats.insert(id.clone(), seat);
        self.handle(Event::Join(convene_conference::Newcomer {
            id: id.clone(),
            name: newcomer.name,
            role: translate::role_in(newcomer.role),
            publishing: translate::publishing_in(newcomer.publishing),
            wishes: translate::wishes_in(newcomer.wishes),
            identity: newcomer.identity,
        }));
        if self.seats.get(&id).is_some_and(Seat::is_nobodys) {
            self.seats.remove(&id);
        }
    }

    fn seat(&self, key: Secret, page: Page) -> Seat {
        Seat {
            socket: page.socket,
            key,
            address: page.address,
            stun_url: self.stun_url(page.host.as_deref()),
            line: Some(Line(page.outbox)),
            leg: None,
            place: Whereabouts::default(),
            welcomed: false,
            waits: false,
            copies: self.fresh_bucket(),
        }
    }

    fn stun_url(&self, host: Option<&str>) -> Option<String> {
        host.and_then(|host| self.shared.legs.stun_url(host))
    }

    /// Whoever has the key is the participant; the socket that was his is closed, if it is open still.
    pub(super) fn resume(&mut self, comeback: Comeback) {
        let Comeback {
            id,
            key,
            has_leg,
            page,
            reply,
        } = comeback;
        let stun_url = self.stun_url(page.host.as_deref());
        let seat = self.seats.get_mut(&id);
        let Some(seat) = seat.filter(|seat| seat.welcomed && seat.key.is(&key)) else {
            // A page that has gone again does not want to know.
            let _ = reply.send(false);
            return;
        };
        let _ = reply.send(true);
        (seat.socket, seat.address, seat.stun_url) = (page.socket, page.address, stun_url);
        let before = seat.line.replace(Line(page.outbox));
        if let Some(Line(outbox)) = &before {
            let why = "another socket has become you";
            outbox.refuse(ErrorCode::TakenOver, why, true);
        }
        let address = page.address;
        self.note_socket(&id, address);
        self.handle(Event::Returned { id, has_leg });
    }

    /// Whether it is the participant's socket of now that speaks.
    pub(super) fn is_his(&self, voice: &Voice) -> bool {
        let seat = self.seats.get(&voice.id);
        seat.is_some_and(|seat| seat.socket == voice.socket)
    }

    pub(super) fn vacate(&mut self, id: &ParticipantId) {
        self.close_leg(id);
        let Some(seat) = self.seats.remove(id) else {
            return;
        };
        if seat.welcomed {
            let participant = id.0.clone();
            self.note(Note::Left {
                participant,
                at: unix_now(),
            });
        }
    }
}

impl Seat {
    /// Neither let in nor asked to wait: he was refused.
    fn is_nobodys(&self) -> bool {
        !self.welcomed && !self.waits
    }
}

/// Talking to them.
impl Room {
    pub(super) fn tell(&mut self, to: &ParticipantId, notice: Notice<PairSignal>) {
        let Some(seat) = self.seats.get_mut(to) else {
            return;
        };
        seat.waits |= matches!(notice, Notice::Waits(_));
        if let Notice::Welcome { me, returned, .. } = &notice {
            seat.welcomed = true;
            let address = seat.address;
            if !returned {
                self.note_arrival(me, address);
            }
        }
        let Some(seat) = self.seats.get(to) else {
            return;
        };
        let reader = Reader {
            conference: &self.info,
            stun_url: seat.stun_url.clone(),
            resume_key: seat.key.reveal(),
            origin: self.origin,
            fatal: seat.is_nobodys(),
        };
        let message = translate::message(notice, reader);
        self.say(to, message);
    }

    pub(super) fn say(&mut self, to: &ParticipantId, message: ServerMessage) {
        let Some(seat) = self.seats.get_mut(to) else {
            return;
        };
        let kept_up = seat.line.as_ref().is_none_or(|line| line.0.say(message));
        if !kept_up {
            seat.line = None;
            self.stalled.push(to.clone());
        }
    }
}

/// What is written down.
impl Room {
    pub(super) fn keep(&mut self, kept: Kept) {
        let note = match kept {
            Kept::Rules(rules) => {
                self.info.rules = translate::rules_out(rules);
                Note::Rules(self.info.rules)
            }
            Kept::Role(participant, role) => Note::Role {
                participant: participant.0,
                role: translate::role_out(role),
            },
            Kept::Moderator { identity, is } => Note::Moderator { identity, is },
            Kept::Banned(ban) => Note::Banned(ban),
            Kept::Unbanned(id) => Note::Unbanned(id),
            Kept::Acted(deed) => Note::Acted(translate::audit_entry(deed, unix_now())),
        };
        self.note(note);
    }

    /// The database has what was written before; it is asked on a task of its own, since nothing may wait for it here.
    pub(super) fn look_up_audit(&self, to: ParticipantId, request: u32) {
        let (store, mailbox) = (self.shared.store.clone(), self.mailbox.clone());
        let conference = self.info.id.clone();
        tokio::spawn(async move {
            let found = store.audit(conference).await;
            // A conference that is over has nobody to tell.
            let _ = mailbox.send(Input::Audit { to, request, found }).await;
        });
    }

    pub(super) fn tell_audit(
        &mut self,
        to: &ParticipantId,
        request: u32,
        found: Result<Vec<AuditEntry>, StoreError>,
    ) {
        let message = match found {
            Ok(entries) => ServerMessage::Audit { request, entries },
            Err(error) => ServerMessage::Error {
                code: ErrorCode::Internal,
                message: error.to_string(),
                fatal: false,
                request: Some(request),
            },
        };
        self.say(to, message);
    }

    fn note_arrival(&self, me: &Participant, address: SocketAddr) {
        let at = unix_now();
        self.note(Note::Joined {
            participant: me.id.0.clone(),
            name: me.name.clone(),
            role: translate::role_out(me.role),
            at,
        });
        self.note_socket(&me.id, address);
    }

    fn note_socket(&self, id: &ParticipantId, address: SocketAddr) {
        self.note_address(
            id,
            AddressOrigin::Socket,
            AddressProtocol::Tcp,
            &address.ip().to_string(),
            address.port(),
        );
    }

    pub(super) fn note(&self, note: Note) {
        self.shared.store.note(&self.info.id, note);
    }
}
