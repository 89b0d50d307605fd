//! An Opus encoder that can be copied. All that is unsafe in this crate is here.
//!
//! The crate `opus` has no copy of an encoder, and a copy is what lets a listener change from a shared encoding to one of
//! his own unheard: his decoder goes on with the state that the copy goes on with.

use std::ffi::{CStr, c_int};

use opusic_sys as ffi;

use crate::{Channels, CodecError, RATE};

/// Samples by which what is decoded is late: the encoder's own look-ahead of 2.5 ms, and 4 ms between its two ways of coding.
pub const LOOKAHEAD: u16 = 312;

/// Memory for libopus's state: "position independent and can be freely copied" (opus.h). Its members need 8 octets of
/// alignment; these have 16.
#[derive(Clone)]
struct State(Box<[u128]>);

/// An encoder. It is none of libopus's for telephony, which takes the depth out of every voice: a talker's own has done
/// so already, and a second time costs half a point of five.
#[derive(Clone)]
pub(crate) struct Encoder {
    state: State,
    channels: Channels,
}

impl Encoder {
    /// # Errors
    /// libopus's, when it refuses the settings.
    pub(crate) fn new(channels: Channels) -> Result<Self, CodecError> {
        let count = channels.count() as c_int;
        // SAFETY: a function of its argument only.
        let octets = unsafe { ffi::opus_encoder_get_size(count) };
        let words = usize::try_from(octets)
            .unwrap_or(0)
            .div_ceil(size_of::<u128>());
        let mut encoder = Self {
            state: State(vec![0; words].into()),
            channels,
        };
        // SAFETY: the memory has the size that libopus asked for.
        let code = unsafe {
            ffi::opus_encoder_init(
                encoder.raw(),
                RATE as i32,
                count,
                ffi::OPUS_APPLICATION_AUDIO,
            )
        };
        check("opus_encoder_init", code)?;
        Ok(encoder)
    }

    /// Bits per second.
    ///
    /// # Errors
    /// libopus's, as in all settings below.
    pub(crate) fn set_bitrate(&mut self, bits: u32) -> Result<(), CodecError> {
        self.set("bitrate", ffi::OPUS_SET_BITRATE_REQUEST, bits as i32)
    }

    /// 0 to 10.
    pub(crate) fn set_complexity(&mut self, complexity: u8) -> Result<(), CodecError> {
        self.set(
            "complexity",
            ffi::OPUS_SET_COMPLEXITY_REQUEST,
            complexity.into(),
        )
    }

    /// Lets packets carry the one before, for a path that loses so many in a hundred. Only libopus's coding of voices can;
    /// with `None` its cheaper one for all sounds is used.
    pub(crate) fn set_fec(&mut self, loss: Option<i32>) -> Result<(), CodecError> {
        let (signal, loss) = match loss {
            Some(loss) => (ffi::OPUS_SIGNAL_VOICE, loss),
            None => (ffi::OPUS_AUTO, 0),
        };
        self.set("signal", ffi::OPUS_SET_SIGNAL_REQUEST, signal)?;
        let fec = i32::from(loss > 0);
        self.set("FEC", ffi::OPUS_SET_INBAND_FEC_REQUEST, fec)?;
        self.set("loss", ffi::OPUS_SET_PACKET_LOSS_PERC_REQUEST, loss)
    }

    /// Whether what seems silence to libopus is not coded.
    pub(crate) fn set_dtx(&mut self, dtx: bool) -> Result<(), CodecError> {
        self.set("DTX", ffi::OPUS_SET_DTX_REQUEST, dtx.into())
    }

    /// Whether a stereo encoder codes one channel, the mean of both; else it decides by the bitrate.
    pub(crate) fn set_narrow(&mut self, narrow: bool) -> Result<(), CodecError> {
        let channels = if narrow { 1 } else { ffi::OPUS_AUTO };
        self.set("channels", ffi::OPUS_SET_FORCE_CHANNELS_REQUEST, channels)
    }

    /// Whether the next packets do without what the decoder knows from those before.
    pub(crate) fn set_prediction_disabled(&mut self, disabled: bool) -> Result<(), CodecError> {
        self.set(
            "prediction",
            ffi::OPUS_SET_PREDICTION_DISABLED_REQUEST,
            disabled.into(),
        )
    }

    /// One packet of all `samples`, which are interleaved where there are two channels, at the beginning of `packet`; its length.
    ///
    /// # Errors
    /// libopus's, when the samples are no whole frame or the packet does not fit.
    pub(crate) fn encode(
        &mut self,
        samples: &[f32],
        packet: &mut [u8],
    ) -> Result<usize, CodecError> {
        // SAFETY: libopus reads as many samples of each channel and writes at most as many octets as it is told.
        let length = unsafe {
            ffi::opus_encode_float(
                self.raw(),
                samples.as_ptr(),
                (samples.len() / self.channels.count()) as c_int,
                packet.as_mut_ptr(),
                packet.len() as i32,
            )
        };
        check("opus_encode_float", length).map(|length| length as usize)
    }

    fn set(&mut self, what: &'static str, request: c_int, value: i32) -> Result<(), CodecError> {
        // SAFETY: each of the requests above takes one opus_int32 by value.
        check(what, unsafe {
            ffi::opus_encoder_ctl(self.raw(), request, value)
        })
        .map(drop)
    }

    fn raw(&mut self) -> *mut ffi::OpusEncoder {
        self.state.0.as_mut_ptr().cast()
    }
}

fn check(call: &'static str, code: c_int) -> Result<c_int, CodecError> {
    if code >= 0 {
        return Ok(code);
    }
    // SAFETY: libopus returns one of its own constant strings for any code.
    let reason = unsafe { CStr::from_ptr(ffi::opus_strerror(code)) };
    Err(CodecError {
        call,
        reason: reason.to_str().unwrap_or("unknown"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FRAME, Frame};

    fn sound(frame: usize) -> Frame {
        std::array::from_fn(|i| {
            let n = (frame * FRAME + i) as f32;
            0.3 * (n * 0.0276).sin() + 0.1 * (n * n * 1e-6).sin()
        })
    }

    fn packet(encoder: &mut Encoder, frame: usize) -> Vec<u8> {
        let mut packet = [0; 1_275];
        let length = encoder.encode(&sound(frame), &mut packet).unwrap();
        packet[..length].to_vec()
    }

    #[test]
    fn a_copy_goes_on_as_the_original_does() {
        let mut encoder = Encoder::new(Channels::Mono).unwrap();
        (0..10).for_each(|frame| drop(packet(&mut encoder, frame)));
        let mut copy = encoder.clone();
        let mut fresh = Encoder::new(Channels::Mono).unwrap();
        for frame in 10..30 {
            let original = packet(&mut encoder, frame);
            assert!(original == packet(&mut copy, frame), "frame {frame}");
            assert!(original != packet(&mut fresh, frame), "frame {frame}");
        }
    }

    #[test]
    fn the_encoder_looks_ahead_as_far_as_is_said() {
        let mut encoder = Encoder::new(Channels::Mono).unwrap();
        let mut lookahead: i32 = 0;
        // SAFETY: this request takes a pointer to one opus_int32.
        let code = unsafe {
            ffi::opus_encoder_ctl(
                encoder.raw(),
                ffi::OPUS_GET_LOOKAHEAD_REQUEST,
                &raw mut lookahead,
            )
        };
        check("opus_encoder_ctl", code).unwrap();
        assert_eq!(lookahead, i32::from(LOOKAHEAD));
    }

    #[test]
    fn what_libopus_refuses_is_said() {
        let mut encoder = Encoder::new(Channels::Mono).unwrap();
        let refused = encoder.encode(&[0.0; 7], &mut [0; 100]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "libopus refuses opus_encode_float: invalid argument"
        );
        assert!(encoder.set_complexity(11).is_err());
    }
}
