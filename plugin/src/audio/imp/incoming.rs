//! What comes in on the sink pad: its caps, events and packets, on their way into the conference.

use gst::{prelude::*, subclass::prelude::*};

use super::{CAT, ConveneAudio};
use crate::{
    audio::{
        conference::Input,
        endings::Refusal,
        format::{self, Format},
    },
    lock::lock,
};

/// Input that is this much ahead of the clock waits for it: so a file plays at its own speed.
const AHEAD: gst::ClockTime = gst::ClockTime::from_mseconds(100);

/// What came in so far.
#[derive(Default)]
pub(super) struct Incoming {
    pub(super) format: Option<Format>,
    pub(super) segment: gst::FormattedSegment<gst::ClockTime>,
    /// Sequence number of the next packet of `audio/x-opus`, and its timestamp.
    sequence: u16,
    timestamp: u32,
    /// Whether time passes.
    playing: bool,
    /// A wait for the clock, and whether waits end at once.
    wait: Option<gst::SingleShotClockId>,
    flushing: bool,
    /// Nothing more is taken before a flush.
    ended: bool,
}

impl ConveneAudio {
    pub(super) fn chain(&self, buffer: &gst::Buffer) -> Result<gst::FlowSuccess, gst::FlowError> {
        match self.take(buffer) {
            Ok(()) => Ok(gst::FlowSuccess::Ok),
            Err(refusal) => {
                self.refusals.add(refusal);
                refusal.flow()
            }
        }
    }

    fn take(&self, buffer: &gst::Buffer) -> Result<(), Refusal> {
        self.keep_time(buffer)?;
        if lock(&self.incoming).ended {
            return Err(Refusal::Ended);
        }
        let map = buffer.map_readable().map_err(|_| Refusal::Unmapped)?;
        let input = self.read(buffer, &map)?;
        let place = lock(&self.place);
        match place.seat.as_ref().ok_or(Refusal::NotJoined)?.post(input) {
            true => Ok(()),
            false => Err(Refusal::InboxFull),
        }
    }

    fn read(&self, buffer: &gst::Buffer, bytes: &[u8]) -> Result<Input, Refusal> {
        let mut incoming = lock(&self.incoming);
        let format = incoming.format.clone().ok_or(Refusal::NotNegotiated)?;
        Ok(match format {
            Format::Raw(layout) => Input::Samples(format::samples(bytes, layout)),
            Format::Opus(_) => Input::Packet(incoming.opus(buffer, bytes)),
            Format::Rtp { level_id, .. } => {
                let arrival = format::arrival(bytes, level_id);
                Input::Packet(arrival.map_err(|error| {
                    gst::debug!(CAT, imp = self, "dropped: {error}");
                    Refusal::Unreadable
                })?)
            }
        })
    }

    /// Holds input that comes faster than time passes.
    fn keep_time(&self, buffer: &gst::Buffer) -> Result<(), Refusal> {
        self.wait_for_playing()?;
        let obj = self.obj();
        let (Some(clock), Some(base)) = (obj.clock(), obj.base_time()) else {
            return Ok(());
        };
        let wait = {
            let mut incoming = lock(&self.incoming);
            let due = buffer
                .pts()
                .and_then(|pts| incoming.segment.to_running_time(pts))
                .map(|t| t + base);
            let Some(due) = due
                .and_then(|due| due.checked_sub(AHEAD))
                .filter(|due| Some(*due) > clock.time().into())
            else {
                return Ok(());
            };
            incoming.wait.insert(clock.new_single_shot_id(due)).clone()
        };
        let waited = wait.wait().0;
        let mut incoming = lock(&self.incoming);
        incoming.wait = None;
        if incoming.flushing || waited == Err(gst::ClockError::Unscheduled) {
            Err(Refusal::Flushing)
        } else {
            Ok(())
        }
    }

    /// Before PLAYING no time passes: what came then would not be throttled.
    fn wait_for_playing(&self) -> Result<(), Refusal> {
        let mut incoming = lock(&self.incoming);
        while !incoming.playing && !incoming.flushing {
            incoming = self
                .may_go
                .wait(incoming)
                .unwrap_or_else(|e| e.into_inner());
        }
        if incoming.flushing {
            Err(Refusal::Flushing)
        } else {
            Ok(())
        }
    }

    /// Lets input go, or holds it.
    pub(super) fn let_go(&self, playing: bool) {
        lock(&self.incoming).playing = playing;
        self.may_go.notify_all();
    }

    pub(super) fn interrupt_wait(&self, flushing: bool) {
        let mut incoming = lock(&self.incoming);
        incoming.flushing = flushing;
        self.may_go.notify_all();
        if let Some(wait) = incoming.wait.take() {
            wait.unschedule();
        }
    }

    pub(super) fn sink_event(&self, pad: &gst::Pad, event: gst::Event) -> bool {
        match event.view() {
            gst::EventView::Caps(caps) => return self.take_caps(caps.caps()),
            gst::EventView::Segment(segment) => {
                if let Ok(segment) = segment.segment().clone().downcast::<gst::ClockTime>() {
                    lock(&self.incoming).segment = segment;
                }
            }
            gst::EventView::FlushStart(_) => self.interrupt_wait(true),
            gst::EventView::FlushStop(_) => {
                self.interrupt_wait(false);
                let mut incoming = lock(&self.incoming);
                (incoming.segment, incoming.ended) = (Default::default(), false);
                drop(incoming);
                self.post(Input::Flush);
            }
            gst::EventView::Eos(_) => self.end_input(),
            gst::EventView::StreamStart(_) | gst::EventView::Gap(_) | gst::EventView::Tag(_) => {}
            _ => return gst::Pad::event_default(pad, Some(&*self.obj()), event),
        }
        true
    }

    pub(super) fn take_caps(&self, caps: &gst::CapsRef) -> bool {
        let format = Format::from_caps(caps);
        gst::debug!(CAT, imp = self, "input is {format:?}");
        let taken = format.is_some();
        lock(&self.incoming).format = format;
        taken
    }

    /// What came is still played; then the participant is gone.
    pub(super) fn end_input(&self) {
        lock(&self.incoming).ended = true;
        self.post(Input::End);
    }

    pub(super) fn post(&self, input: Input) {
        if let Some(seat) = &lock(&self.place).seat {
            seat.post(input);
        }
    }
}

impl Refusal {
    /// What upstream is told: a packet that is no good or one too many is no reason to stop.
    fn flow(self) -> Result<gst::FlowSuccess, gst::FlowError> {
        match self {
            Self::Unreadable | Self::InboxFull => Ok(gst::FlowSuccess::Ok),
            Self::Unmapped => Err(gst::FlowError::Error),
            Self::NotNegotiated => Err(gst::FlowError::NotNegotiated),
            Self::Flushing | Self::NotJoined => Err(gst::FlowError::Flushing),
            Self::Ended => Err(gst::FlowError::Eos),
        }
    }
}

impl Incoming {
    /// A packet that came without RTP: its number is counted, its timestamp taken from its time where it has one.
    pub(super) fn opus(&mut self, buffer: &gst::Buffer, bytes: &[u8]) -> convene_audio::Arrival {
        let running = buffer
            .pts()
            .and_then(|pts| self.segment.to_running_time(pts));
        let timestamp = running.map_or(self.timestamp, |t| {
            (t.nseconds() / 1_000 * 48 / 1_000) as u32
        });
        // Times of muxed files are rounded: what is nearly the expected timestamp is meant to be it.
        let timestamp = if timestamp.abs_diff(self.timestamp) < 240 {
            self.timestamp
        } else {
            timestamp
        };
        self.timestamp =
            timestamp.wrapping_add(convene_audio::samples_in(bytes).unwrap_or(0) as u32);
        self.sequence = self.sequence.wrapping_add(1);
        convene_audio::Arrival {
            ssrc: 0,
            sequence: self.sequence,
            timestamp,
            loudness: None,
            payload: bytes.to_vec(),
        }
    }
}
