//! The properties of `conveneaudio` as a plain struct.

use std::{collections::BTreeMap, time::Duration};

use convene_audio::{Channels, Codec, Hearing, LATENCY, Mode, Number, Output, Packing, Settings};

use crate::delivery::Delivery;

/// How a participant is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstConveneAudioMode")]
pub enum AudioMode {
    /// One stream with everyone but himself.
    #[default]
    #[enum_value(
        name = "One stream with everyone but the participant himself",
        nick = "mix"
    )]
    Mix,
    /// The talkers' own packets, each on a request pad.
    #[enum_value(
        name = "The talkers' own packets, each on a request pad",
        nick = "relay"
    )]
    Relay,
}

/// What can be set on the element.
#[derive(Clone, Debug)]
pub(super) struct Properties {
    pub(super) conference: String,
    pub(super) participant: String,
    pub(super) number: u32,
    pub(super) mode: AudioMode,
    pub(super) delivery: Delivery,
    pub(super) mute: bool,
    pub(super) volume: f64,
    pub(super) deaf: bool,
    pub(super) max_talkers: u32,
    pub(super) bitrate: u32,
    pub(super) complexity: u32,
    pub(super) fec: bool,
    pub(super) expected_loss: u32,
    pub(super) dtx: bool,
    pub(super) frame_duration: u32,
    pub(super) listener_packet: u32,
    pub(super) latency: u32,
    pub(super) leave_when_alone: bool,
    pub(super) gains: Option<gst::Structure>,
}

impl Default for Properties {
    fn default() -> Self {
        Self {
            conference: "default".into(),
            participant: String::new(),
            number: 0,
            mode: AudioMode::Mix,
            delivery: Delivery::Queue,
            mute: false,
            volume: 1.0,
            deaf: false,
            max_talkers: 4,
            bitrate: Codec::default().bitrate,
            complexity: 5,
            fec: true,
            // Whoever does not know what is lost had better be prepared.
            expected_loss: 10,
            dtx: true,
            frame_duration: 20,
            listener_packet: 20,
            latency: LATENCY.as_millis() as u32,
            leave_when_alone: false,
            gains: None,
        }
    }
}

impl Properties {
    /// What the room needs to know; `form` says in which form the participant takes his mix, `slots` how many relay pads he
    /// has, `number_of` who has which name.
    pub(super) fn for_room(
        &self,
        form: Option<Form>,
        slots: usize,
        number_of: impl Fn(&str) -> Option<Number>,
    ) -> Settings {
        Settings {
            mute: self.mute,
            volume: self.volume as f32,
            mode: match self.mode {
                AudioMode::Mix => Mode::Mix,
                AudioMode::Relay => Mode::Relay,
            },
            slots,
            hearing: Hearing {
                deaf: self.deaf,
                gains: self.gains_by_number(number_of),
            },
            output: form.map(|form| match form {
                Form::Raw(channels) => Output::Raw(channels),
                Form::Opus(channels) => Output::Opus(self.codec(channels)),
            }),
            packing: Packing {
                frames: frames_in(self.frame_duration),
                listening: frames_in(self.listener_packet),
            },
            latency: Duration::from_millis(u64::from(self.latency)),
        }
    }

    /// Milliseconds between a sound's arrival and its departure, without jitter.
    pub(super) fn least_delay(&self) -> u64 {
        u64::from(self.latency) + u64::from(self.frame_duration.max(self.listener_packet))
    }

    fn codec(&self, channels: Channels) -> Codec {
        Codec {
            bitrate: self.bitrate,
            complexity: self.complexity as u8,
            fec: self.fec && self.expected_loss > 0,
            dtx: self.dtx,
            channels,
        }
    }

    /// Names that nobody has are left out; a gain that is no number is 1.
    fn gains_by_number(&self, number_of: impl Fn(&str) -> Option<Number>) -> BTreeMap<Number, f32> {
        let fields = self.gains.iter().flat_map(|gains| gains.iter());
        fields
            .filter_map(|(name, value)| Some((number_of(name.as_str())?, value.get::<f64>().ok()?)))
            .filter(|(_, gain)| gain.is_finite() && *gain >= 0.0)
            .map(|(number, gain)| (number, gain.min(10.0) as f32))
            .collect()
    }
}

fn frames_in(milliseconds: u32) -> u8 {
    (milliseconds / 20).clamp(1, 3) as u8
}

/// The form in which a mix is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Raw(Channels),
    Opus(Channels),
}
