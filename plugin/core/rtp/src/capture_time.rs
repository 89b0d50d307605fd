//! The header extension abs-capture-time:
//! https://webrtc.googlesource.com/src/+/refs/heads/main/docs/native-code/rtp-hdrext/abs-capture-time

/// When what is in a packet was captured, by the clock of whoever captured it. Senders leave it out of packets of which it
/// follows from the timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaptureTime {
    /// Seconds since 1900, with 32 bits of fractions.
    pub ntp: u64,
}

impl CaptureTime {
    /// What names the extension in a session description.
    pub const URI: &'static str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time";

    /// Octets of the short form.
    pub const LEN: usize = 8;

    /// Reads the extension's body. The long form has 8 octets more: by how much that clock is ahead of the one in the
    /// sender's reports, which does not matter here. `None`: it is neither.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        let ntp = body.first_chunk::<8>()?;
        matches!(body.len(), 8 | 16).then_some(Self {
            ntp: u64::from_be_bytes(*ntp),
        })
    }

    /// The body in its short form.
    #[must_use]
    pub fn body(self) -> [u8; Self::LEN] {
        self.ntp.to_be_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_nothing_else() {
        let time = CaptureTime {
            ntp: 0x0102_0304_0506_0708,
        };
        let mut body = time.body().to_vec();
        assert_eq!(body, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(CaptureTime::read(&body), Some(time));
        assert_eq!(CaptureTime::read(&body[..7]), None);
        body.extend([0xff; 8]);
        assert_eq!(CaptureTime::read(&body), Some(time));
        assert_eq!(CaptureTime::read(&body[..12]), None);
    }
}
