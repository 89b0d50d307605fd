//! Writing the message "receiver estimated maximum bitrate" (draft-alvestrand-rmcat-remb-03 section 2.2).

/// Payload-specific feedback (RFC 4585 section 6.1), application layer (format 15).
const APPLICATION_LAYER: u8 = 0x80 | 15;
const PAYLOAD_SPECIFIC: u8 = 206;

/// Bits of the mantissa.
const MANTISSA: u32 = 18;

/// A message alone, without a report before it (RFC 5506), about at most 255 streams.
pub(super) fn write(sender: u32, bits: u64, streams: &[u32]) -> Vec<u8> {
    let streams = &streams[..streams.len().min(255)];
    let exponent = (64 - bits.leading_zeros()).saturating_sub(MANTISSA);
    let mantissa = (bits >> exponent) as u32;
    let length = 4 + streams.len() as u16;
    let mut out = vec![APPLICATION_LAYER, PAYLOAD_SPECIFIC];
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(&sender.to_be_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(b"REMB");
    let [_, high, middle, low] = mantissa.to_be_bytes();
    out.extend_from_slice(&[
        streams.len() as u8,
        (exponent as u8) << 2 | high,
        middle,
        low,
    ]);
    for stream in streams {
        out.extend_from_slice(&stream.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_is_written_as_the_draft_draws_it() {
        let expected = [
            0x8f, 206, 0, 6, 1, 2, 3, 4, 0, 0, 0, 0, b'R', b'E', b'M', b'B', 2, 0x07, 0x6e, 0xe8,
            0, 0, 0, 7, 0, 0, 0, 8,
        ];
        // 450 000 has 19 bits: 2 · 0x36ee8.
        assert_eq!(write(0x0102_0304, 450_000, &[7, 8]), expected);
    }

    proptest! {
        #[test]
        fn what_is_written_is_at_most_what_was_meant_and_nearly_all(bits: u64) {
            let out = write(1, bits, &[2]);
            prop_assert_eq!(out.len(), 24);
            let exponent = u32::from(out[17] >> 2);
            let mantissa = u32::from_be_bytes([0, out[17] & 3, out[18], out[19]]);
            let read = u128::from(mantissa) << exponent;
            prop_assert!(read <= u128::from(bits) && u128::from(bits) - read <= read >> (MANTISSA - 1));
        }
    }
}
