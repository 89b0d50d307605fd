//! Talking a leg over with its browser. The server offers, once; the browser answers, and later may only restart ICE.

use gst::prelude::*;
use gst_webrtc::{WebRTCSDPType, WebRTCSessionDescription};

use super::{
    AddressKind, CandidateKind, LegError, LegEvent, Refused, build::Parts, dtls, promise,
    session::MixForm, state::State, task::Task,
};
use crate::{
    Transport,
    sdp::{self, Candidate, Fingerprint, SdpError, Sections},
};

impl Task {
    pub(super) async fn offer(&mut self, parts: &Parts) -> Result<(), LegError> {
        let offer = promise::offer(&parts.webrtcbin).await?;
        let sdp = parts.ours.offer(&self.describe(&offer)?);
        self.announced += sdp::candidates(&sdp).count();
        self.state = State::Offered {
            offer: sdp.clone(),
            early: Vec::new(),
        };
        self.tell(LegEvent::Offer { sdp });
        Ok(())
    }

    pub(super) async fn answer(&mut self, parts: &Parts, answer: &str) -> Result<(), LegError> {
        let offered = self.state.awaiting_answer();
        if let Err(refused) =
            offered.and_then(|offer| sdp::check_answer(offer, answer).map_err(Refused::Answer))
        {
            return self.refuse(refused);
        }
        self.fingerprints = Fingerprint::all(answer);
        let answer = Sections::of(answer);
        parts.streams.announced(&answer);
        parts.takers.answered(&answer);
        let known = sdp::for_webrtcbin(&answer);
        promise::set_remote(&parts.webrtcbin, WebRTCSDPType::Answer, &known).await?;
        let stats = self.stats();
        let hears = sdp::hears(&answer);
        let form = MixForm::answered(&answer);
        let link = move |parts: &Parts| {
            parts.hasten_reports();
            parts.watch_packets();
            let mix = match hears {
                true => parts.lead_mix(form, &stats)?,
                false => None,
            };
            Ok((mix, parts.tap_sound(&stats)?))
        };
        (self.mix, self.tap) = parts.off_thread(link).await?;
        self.serve_sound(parts).await?;
        parts.drop_silence();
        parts.tell_layers(&answer);
        for candidate in self.state.answered() {
            parts.add_candidate(&candidate);
        }
        self.show_untaken(parts).await
    }

    /// An empty candidate says that no more will come; the agent needs no such word.
    pub(super) fn candidate(
        &mut self,
        parts: &Parts,
        text: String,
        mline: u32,
    ) -> Result<(), LegError> {
        if text.is_empty() {
            return Ok(());
        }
        let candidate = match check_candidate(parts, &text, mline) {
            Ok(candidate) => candidate,
            Err(error) => return self.refuse(Refused::Candidate(error)),
        };
        match self.state.keep_early(text) {
            Ok(usable) => {
                self.tell_declared(&candidate);
                if let Some(text) = usable {
                    parts.add_candidate(&text);
                }
                Ok(())
            }
            Err(refused) => self.refuse(refused),
        }
    }

    pub(super) async fn restart(&mut self, parts: &Parts, offer: &str) -> Result<(), LegError> {
        let negotiated = self.state.negotiated();
        if let Err(refused) =
            negotiated.and_then(|ours| sdp::check_restart(ours, offer).map_err(Refused::Restart))
        {
            return self.refuse(refused);
        }
        let offer = Sections::of(offer);
        parts.streams.announced(&offer);
        let known = sdp::for_webrtcbin(&offer);
        promise::set_remote(&parts.webrtcbin, WebRTCSDPType::Offer, &known).await?;
        let answer = promise::answer(&parts.webrtcbin).await?;
        let answer = sdp::passive(&text_of(&answer)?);
        let description = promise::parse(WebRTCSDPType::Answer, &answer)?;
        promise::set_local(&parts.webrtcbin, &description).await?;
        parts.again.tell(&parts.rtpbin);
        let answer = parts.ours.answer(&self.describe(&answer)?, &offer);
        self.tell(LegEvent::Restarted { answer });
        Ok(())
    }

    /// A description of ours with what only we know of our transport.
    fn describe(&self, description: &str) -> Result<String, LegError> {
        let fingerprint = &dtls::certificate()?.fingerprint;
        let description = sdp::with_fingerprint(description, fingerprint);
        Ok(self.config.ice.describe(&description))
    }

    /// A candidate of ours, for the browser.
    pub(super) fn announce(&mut self, candidate: &str, mline_index: u32) -> Result<(), LegError> {
        if let Some(candidate) = self.config.ice.announce(candidate) {
            self.announced += 1;
            self.tell(LegEvent::Candidate {
                candidate,
                mline_index,
            });
        }
        Ok(())
    }

    fn refuse(&self, refused: Refused) -> Result<(), LegError> {
        self.tell(LegEvent::Refused(refused));
        Ok(())
    }

    /// A TCP candidate of a browser names no port of its own (RFC 6544 section 4.5), so it tells nothing.
    fn tell_declared(&self, candidate: &Candidate) {
        if !candidate.udp {
            return;
        }
        let kind = match candidate.kind.as_str() {
            "host" => CandidateKind::Host,
            "srflx" => CandidateKind::Srflx,
            _ => CandidateKind::Other,
        };
        self.tell(LegEvent::Address {
            kind: AddressKind::Declared(kind),
            transport: Transport::Udp,
            address: candidate.address.clone(),
            port: candidate.port,
            ours: None,
        });
    }
}

impl Parts {
    /// In a bundle one m-line stands for all, and webrtcbin does not know the others.
    fn add_candidate(&self, candidate: &str) {
        self.webrtcbin
            .emit_by_name::<()>("add-ice-candidate", &[&0_u32, &candidate]);
    }
}

fn check_candidate(parts: &Parts, text: &str, mline: u32) -> Result<Candidate, SdpError> {
    if mline as usize >= parts.lines.count() {
        return Err(SdpError::NoSuchLine(mline));
    }
    Candidate::parse(text)
}

fn text_of(description: &WebRTCSessionDescription) -> Result<String, LegError> {
    let text = description.sdp().as_text();
    text.map_err(|error| LegError::Negotiation {
        step: "writing a description",
        cause: error.to_string(),
    })
}
