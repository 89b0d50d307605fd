//! Time as NTP has it.

/// Seconds from 1900 to 1970.
const EPOCH: i64 = 2_208_988_800;

/// Seconds since 1900 in the upper 32 bits, and their fractions in the lower (RFC 5905 section 6). They begin anew in
/// 2036: what would be before 1968 is after that (RFC 2030 section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NtpTime(pub u64);

impl NtpTime {
    /// Nanoseconds since 1970, which fit until 2104.
    #[must_use]
    pub fn since_1970(self) -> i64 {
        let (seconds, fraction) = (self.0 >> 32, self.0 & 0xffff_ffff);
        let era = if seconds < 1 << 31 { 1 << 32 } else { 0 };
        let nanoseconds = (fraction * 1_000_000_000 + (1 << 31)) >> 32;
        (seconds as i64 + era - EPOCH) * 1_000_000_000 + nanoseconds as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases = [
            (2_208_988_800_u64 << 32, 0),
            ((2_208_988_801 << 32) | 1 << 31, 1_500_000_000),
            // 2026-12-01T00:00:00Z
            (4_005_072_000 << 32, 1_796_083_200_000_000_000),
            // 2036-02-07T06:28:15Z and a second later.
            (u64::from(u32::MAX) << 32, 2_085_978_495_000_000_000),
            (0, 2_085_978_496_000_000_000),
        ];
        for (ntp, since_1970) in cases {
            assert_eq!(NtpTime(ntp).since_1970(), since_1970, "{ntp:#x}");
        }
    }
}
