//! When the browser captured what it sends, by its own clock: read from its packets (abs-capture-time) and its sender
//! reports. And where in others' streams is what it gets, as the conference's elements say.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use convene_clock::{NtpTime, SenderClock};
use convene_rtp::{CaptureTime, Packet, sender_reports};

use super::{
    Capture,
    extensions::CAPTURE_TIME,
    lines::{Lines, slot_mid},
};
use crate::sdp::{Sections, takes_extension};

/// Streams whose clocks are kept. A browser has four, and some more after restarts.
const MOST_STREAMS: usize = 16;

/// Ticks a second in timestamps of sound (RFC 7587) and of pictures.
const SOUND: u32 = 48_000;
const PICTURE: u32 = 90_000;

/// The clocks of the browser's streams, by SSRC.
#[derive(Default)]
pub(super) struct Clocks(Mutex<BTreeMap<u32, SenderClock>>);

impl Clocks {
    /// A packet of the browser's came.
    pub(super) fn packet(&self, packet: &Packet<'_>, is_sound: bool) {
        let mut clocks = self.lock();
        if clocks.len() >= MOST_STREAMS && !clocks.contains_key(&packet.ssrc()) {
            clocks.clear();
        }
        let rate = if is_sound { SOUND } else { PICTURE };
        let clock = clocks
            .entry(packet.ssrc())
            .or_insert_with(|| SenderClock::new(rate));
        let captured = packet.extension(CAPTURE_TIME.0).and_then(CaptureTime::read);
        if let Some(CaptureTime { ntp }) = captured {
            clock.capture(packet.timestamp(), NtpTime(ntp));
        }
    }

    /// RTCP of the browser's came. Of streams that have not come nothing is wanted.
    pub(super) fn reports(&self, rtcp: &[u8]) {
        for report in sender_reports(rtcp) {
            if let Some(clock) = self.lock().get_mut(&report.ssrc) {
                clock.report(report.rtp_time, NtpTime(report.ntp));
            }
        }
    }

    /// Milliseconds since 1970.
    pub(super) fn captured_at(&self, ssrc: u32, rtp_time: u32) -> Option<f64> {
        let at = self.lock().get(&ssrc)?.captured_at(rtp_time)?;
        Some(at as f64 / 1e6)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, SenderClock>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On which m-lines the browser takes capture times, as it has answered.
#[derive(Default)]
pub(super) struct Takers(OnceLock<BTreeSet<usize>>);

impl Takers {
    pub(super) fn answered(&self, answer: &Sections<'_>) {
        let lines = 0..answer.media.len();
        let takes = |line: &usize| takes_extension(answer, *line, CAPTURE_TIME.1);
        self.0.get_or_init(|| lines.filter(takes).collect());
    }

    pub(super) fn has(&self, line: usize) -> bool {
        self.0.get().is_some_and(|takers| takers.contains(&line))
    }
}

/// What is said in the message `convene-captures` of `conveneaudio` or `convenevideo`. What is none in it is left out.
pub(super) fn read(lines: Lines, message: &gst::StructureRef) -> Vec<Capture> {
    let all = message.get::<gst::Array>("captures").ok();
    let values = all.iter().flat_map(|all| all.iter());
    let capture = |value: &glib::SendValue| {
        let capture = value.get::<gst::Structure>().ok()?;
        let slot = capture.get::<i32>("slot").ok()?;
        Some(Capture {
            participant: capture.get("participant").ok()?,
            mid: mid(lines, capture.has_field("source"), slot)?,
            rtp_time: capture.get("rtp-time").ok()?,
            source_ssrc: capture.get("source-ssrc").ok()?,
            source_rtp_time: capture.get("source-rtp-time").ok()?,
        })
    };
    values.filter_map(capture).collect()
}

/// Of pictures the message names the source.
fn mid(lines: Lines, is_picture: bool, slot: i32) -> Option<String> {
    let Ok(slot) = usize::try_from(slot) else {
        return Some(Lines::MIX_MID.into());
    };
    match is_picture {
        true => Some(slot_mid(lines.audio_slots, slot)),
        false => lines.audio_mid(slot),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use convene_rtp::Header;
    use glib::prelude::*;

    const LINES: Lines = Lines {
        audio_slots: 2,
        video_slots: 2,
    };

    /// 2026-12-01T00:00:00Z.
    const NTP: u64 = 4_005_072_000 << 32;
    const MILLISECONDS: f64 = 1_796_083_200_000.0;

    fn packet(ssrc: u32, timestamp: u32, extensions: &[(u8, &[u8])]) -> Vec<u8> {
        let header = Header {
            ssrc,
            timestamp,
            extensions,
            ..Header::default()
        };
        let mut bytes = Vec::new();
        header.write(&[1], &mut bytes);
        bytes
    }

    fn report(ssrc: u32, ntp: u64, rtp_time: u32) -> Vec<u8> {
        let mut bytes = vec![0x80, 200, 0, 6];
        bytes.extend(ssrc.to_be_bytes());
        bytes.extend(ntp.to_be_bytes());
        bytes.extend(rtp_time.to_be_bytes());
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn reports_and_packets_say_when_it_was() {
        let clocks = Clocks::default();
        clocks.reports(&report(7, NTP, 90_000));
        let come = |bytes: &[u8], is_sound| clocks.packet(&Packet::parse(bytes).unwrap(), is_sound);
        come(&packet(7, 0, &[]), false);
        assert_eq!(clocks.captured_at(7, 0), None, "before its report");
        clocks.reports(&report(7, NTP, 90_000));
        assert_eq!(clocks.captured_at(7, 0), Some(MILLISECONDS - 1_000.0));
        assert_eq!(clocks.captured_at(8, 0), None, "another stream");
        let time = CaptureTime { ntp: NTP }.body();
        come(&packet(9, 48_000, &[(CAPTURE_TIME.0, &time)]), true);
        assert_eq!(clocks.captured_at(9, 0), Some(MILLISECONDS - 1_000.0));
        for ssrc in 100..200 {
            come(&packet(ssrc, 0, &[]), true);
        }
        assert!(clocks.lock().len() <= MOST_STREAMS);
    }

    #[test]
    fn capture_times_are_for_those_who_take_them() {
        let takers = Takers::default();
        assert!(!takers.has(1), "before the answer");
        let uri = CaptureTime::URI;
        let answer = format!("v=0\r\nm=audio\r\nm=video\r\na=extmap:9 {uri}\r\n");
        takers.answered(&Sections::of(&answer));
        assert!(!takers.has(0) && takers.has(1) && !takers.has(2));
    }

    #[test]
    fn captures_are_read_and_nothing_else() {
        gst::init().unwrap();
        let capture = |slot: i32| {
            gst::Structure::builder("capture")
                .field("participant", "ann")
                .field("slot", slot)
                .field("rtp-time", 960_u32)
                .field("source-ssrc", 7_u32)
                .field("source-rtp-time", 480_u32)
        };
        let picture = capture(1).field("source", "screen").build().to_send_value();
        let capture = |slot| capture(slot).build().to_send_value();
        let strange = gst::Structure::new_empty("capture").to_send_value();
        let captures = [capture(-1), strange, capture(1), capture(2), picture];
        let message = gst::Structure::builder("convene-captures")
            .field("captures", gst::Array::new(captures))
            .build();
        let expected = |mid: &str| Capture {
            participant: "ann".into(),
            mid: mid.into(),
            rtp_time: 960,
            source_ssrc: 7,
            source_rtp_time: 480,
        };
        assert_eq!(
            read(LINES, &message),
            ["audio0", "audio4", "video6"].map(expected)
        );
        assert_eq!(read(LINES, &gst::Structure::new_empty("other")), []);
    }
}
