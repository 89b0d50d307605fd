//! Legs: opening and closing them, and what they tell.

use convene_conference::{Event, ParticipantId, SoundMode};
use convene_pipelines::{CAMERA_MID, Leg, LegEvent, Refused, SCREEN_MID, candidates};
use convene_protocol::{ServerMessage, Shown};
use tokio::sync::mpsc;

use super::{Input, Room, translate};
use crate::store::Note;

impl Room {
    pub(super) fn open_leg(
        &mut self,
        id: &ParticipantId,
        number: u32,
        heard: bool,
        sound: SoundMode,
    ) {
        let Some(seat) = self.seats.get_mut(id) else {
            return;
        };
        let (events, told) = mpsc::unbounded_channel();
        let sound = translate::sound_of_leg(sound);
        let legs = &self.shared.legs;
        let config = legs.config(&self.info, id, number, heard, sound);
        let leg = Leg::open(config, events);
        self.shared.meters.leg_opened(leg.stats());
        seat.leg = Some(leg);
        seat.place.own.clear();
        tokio::spawn(forward(id.clone(), told, self.mailbox.clone()));
    }

    pub(super) fn serve_sound(&self, mode: SoundMode) {
        let legs = self.seats.values().filter_map(|seat| seat.leg.as_ref());
        legs.for_each(|leg| leg.serve(translate::sound_of_leg(mode)));
        self.note(Note::Sound(translate::sound_out(mode)));
    }

    pub(super) fn close_leg(&mut self, id: &ParticipantId) {
        if let Some(leg) = self.seats.get_mut(id).and_then(|seat| seat.leg.take()) {
            self.closing.spawn(leg.close());
        }
    }

    pub(super) fn with_leg(&self, id: &ParticipantId, tell: impl FnOnce(&Leg)) {
        if let Some(leg) = self.seats.get(id).and_then(|seat| seat.leg.as_ref()) {
            tell(leg);
        }
    }

    pub(super) fn resize(&self, id: &ParticipantId, pictures: &[Shown]) {
        self.with_leg(id, |leg| {
            for shown in pictures {
                let source = translate::source_name(translate::source_in(shown.source));
                leg.resize(&shown.publisher, source, (shown.width, shown.height));
            }
        });
    }

    /// Of a leg that is to end only its end is news.
    pub(super) fn leg_event(&mut self, id: ParticipantId, event: LegEvent) {
        let has_leg = self.seats.get(&id).is_some_and(|seat| seat.leg.is_some());
        match event {
            LegEvent::Closed => self.handle(Event::LegClosed(id)),
            event if has_leg => self.leg_says(id, event),
            _ => {}
        }
    }

    fn leg_says(&mut self, id: ParticipantId, event: LegEvent) {
        match event {
            LegEvent::Offer { sdp } => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    candidates(&sdp).for_each(|candidate| seat.place.told(candidate));
                }
                self.handle(Event::Offered(id.clone()));
                self.say(
                    &id,
                    ServerMessage::Offer {
                        sdp,
                        camera_mid: CAMERA_MID.into(),
                        screen_mid: SCREEN_MID.into(),
                    },
                );
            }
            LegEvent::Candidate {
                candidate,
                mline_index,
            } => {
                if let Some(seat) = self.seats.get_mut(&id) {
                    seat.place.told(&candidate);
                }
                self.say(
                    &id,
                    ServerMessage::Candidate {
                        candidate,
                        mline_index,
                    },
                );
            }
            LegEvent::Restarted { answer } => self.say(&id, ServerMessage::Restarted { answer }),
            LegEvent::Connected => self.handle(Event::LegConnected(id)),
            LegEvent::Heard => self.handle(Event::LegHeard(id)),
            LegEvent::Talkers(talkers) => self.mention(&id, translate::talkers(talkers)),
            LegEvent::Captures(captures) => self.mention_captures(&id, captures),
            LegEvent::Layers { source, needed } => {
                if let Some(message) = translate::layers(&source, needed) {
                    self.say(&id, message);
                }
            }
            LegEvent::Silent => self.handle(Event::LegSilent(id)),
            LegEvent::Back => self.handle(Event::LegBack(id)),
            LegEvent::Address { .. } => self.learn(id, &event),
            LegEvent::Refused(refused) => {
                self.say(&id, translate::leg_refusal(&refused));
                if let Refused::Answer(_) = refused {
                    self.handle(Event::AnswerRefused(id));
                }
            }
            LegEvent::Failed { cause } => {
                tracing::warn!("the leg of participant {} failed: {cause}", id.0);
                self.handle(Event::LegFailed(id));
            }
            LegEvent::Closed => {}
        }
    }

    /// Says what is of this moment only.
    pub(super) fn mention(&self, to: &ParticipantId, message: ServerMessage) {
        let seat = self.seats.get(to).filter(|seat| seat.welcomed);
        if let Some(line) = seat.and_then(|seat| seat.line.as_ref()) {
            line.0.mention(message);
        }
    }
}

async fn forward(
    id: ParticipantId,
    mut told: mpsc::UnboundedReceiver<LegEvent>,
    mailbox: mpsc::Sender<Input>,
) {
    while let Some(event) = told.recv().await {
        if mailbox.send(Input::Leg(id.clone(), event)).await.is_err() {
            return;
        }
    }
}
