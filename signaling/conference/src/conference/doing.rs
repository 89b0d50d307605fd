//! What members say and do for themselves.

use std::time::Duration;

use convene_topology::PairReport;

use super::Conference;
use crate::{
    Effect, Network, Notice, ParticipantId, PictureOf, Publishing, SoundMode, Wishes,
    member::Member,
};

/// The leg's negotiation.
impl<S> Conference<S> {
    pub(super) fn answer(&mut self, id: &ParticipantId, sdp: String) {
        let answered = self.member(id).and_then(Member::answer);
        self.do_or_refuse(id, answered, |id| Effect::LegAnswer(id, sdp));
    }

    pub(super) fn candidate(&mut self, id: &ParticipantId, candidate: String, mline: u32) {
        let added = self.member(id).and_then(|m| m.may_add_candidate());
        self.do_or_refuse(id, added, |id| Effect::LegCandidate(id, candidate, mline));
    }

    pub(super) fn restart(&mut self, id: &ParticipantId, offer: String) {
        let restarted = self.member(id).and_then(|m| m.may_restart());
        self.do_or_refuse(id, restarted, |id| Effect::LegRestart(id, offer));
    }
}

/// Connections among themselves.
impl<S> Conference<S> {
    pub(super) fn pair(&mut self, from: &ParticipantId, to: &ParticipantId, signal: S) {
        let known = self.may_pair(from, to);
        let notice = |from| Effect::Send {
            to: to.clone(),
            notice: Notice::Pair { from, signal },
        };
        self.do_or_refuse(from, known, notice);
    }

    pub(super) fn pair_state(
        &mut self,
        now: Duration,
        from: &ParticipantId,
        peer: &ParticipantId,
        report: PairReport,
    ) {
        let reported = self
            .others(from, peer)
            .map(|()| self.report(now, from, peer, report));
        self.refuse_if(from, reported);
    }

    pub(super) fn relay(
        &mut self,
        from: &ParticipantId,
        to: &ParticipantId,
        picture: PictureOf,
        (attempt, signal): (u32, S),
    ) {
        let told = self.relay_between(from, to, &picture);
        let notice = |from| Effect::Send {
            to: to.clone(),
            notice: Notice::Relay {
                from,
                picture,
                attempt,
                signal,
            },
        };
        self.do_or_refuse(from, told, notice);
    }

    pub(super) fn relay_state(
        &mut self,
        now: Duration,
        (from, relay): (&ParticipantId, &ParticipantId),
        picture: &PictureOf,
        report: PairReport,
    ) {
        let reported = self
            .others(from, relay)
            .map(|()| self.report_relay(now, from, relay, picture, report));
        self.refuse_if(from, reported);
    }
}

/// What they send, want and wish.
impl<S> Conference<S> {
    pub(super) fn publish(&mut self, id: &ParticipantId, publishing: Publishing) {
        let published = self.member(id).map(|_| ());
        if published.is_ok() {
            self.set_publishing(id, publishing);
            self.tell_of(id);
        }
        self.refuse_if(id, published);
    }

    /// What he sends from now on, as far as he may: the mixer hears nothing else, and no other picture is planned.
    pub(super) fn set_publishing(&mut self, id: &ParticipantId, publishing: Publishing) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        let before = member.publishing;
        member.publish(publishing);
        let (number, now) = (member.number, member.publishing);
        if before.microphone != now.microphone {
            self.effects
                .push_back(Effect::Hear(id.clone(), now.microphone));
        }
        self.planner.publish(number, now.sources());
    }

    pub(super) fn wish(&mut self, id: &ParticipantId, wishes: Wishes) {
        let before = self.member(id);
        let before = before.map(|member| std::mem::replace(&mut member.wishes, wishes));
        let wished = before.map(|before| {
            self.note_hiding(id, before, wishes);
            self.stand(id);
        });
        self.refuse_if(id, wished);
    }

    /// Of wishes only this is written down, when it changes: the others change every few seconds.
    pub(super) fn note_hiding(&mut self, id: &ParticipantId, before: Wishes, now: Wishes) {
        if before.hides_address != now.hides_address {
            let hides = now.hides_address;
            self.effects.push_back(Effect::Hides(id.clone(), hides));
        }
    }

    /// All are told, and whoever asked for what is so already is told that it is so.
    pub(super) fn serve_sound(&mut self, id: &ParticipantId, mode: SoundMode) {
        if let Err(refusal) = self.moderator(id, "change how sound is sent") {
            return self.send(id, Notice::Refused(refusal));
        }
        if std::mem::replace(&mut self.settings.sound, mode) == mode {
            return self.send(id, Notice::Sound(mode));
        }
        self.effects.push_back(Effect::Sound(mode));
        self.tell_all(|| Notice::Sound(mode));
    }

    /// Pictures of those who have just left are no error; they are not there to be wanted.
    pub(super) fn want(&mut self, id: &ParticipantId, pictures: &[PictureOf]) {
        let number = self.member(id).map(|member| member.number);
        let wanted = number.map(|number| {
            let pictures = pictures.iter();
            let pictures = pictures.filter_map(|picture| self.picture(picture));
            let pictures = pictures.collect();
            self.planner.want(number, pictures);
        });
        self.refuse_if(id, wanted);
    }

    /// All are told of another class; the rest is the planner's.
    pub(super) fn classify(&mut self, id: &ParticipantId, network: Network) {
        let Some(member) = self.members.get_mut(id) else {
            return;
        };
        let before = std::mem::replace(&mut member.network, network);
        if before == network {
            return;
        }
        self.stand(id);
        if before.class != network.class {
            self.tell_of(id);
        }
    }
}
