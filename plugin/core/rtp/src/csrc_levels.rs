//! The mixer-to-client audio levels (RFC 6465): how loud each contributor of a packet is.

/// As many contributors as a header can name (RFC 3550 section 5.1).
const MOST: usize = 15;

/// Levels in the order of the packet's CSRCs: dB below overload, 0 to 127.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CsrcLevels {
    octets: [u8; MOST],
    count: usize,
}

impl CsrcLevels {
    /// Of the first 15 contributors, as many as [`Header`](crate::Header) names. Levels over 127 become 127.
    #[must_use]
    pub fn new(dbov: impl IntoIterator<Item = u8>) -> Self {
        let mut levels = Self::default();
        for level in dbov.into_iter().take(MOST) {
            levels.octets[levels.count] = level.min(127);
            levels.count += 1;
        }
        levels
    }

    /// Reads an extension's body for a packet with so many CSRCs: one octet for each, whose first bit is reserved; the
    /// two-byte form may pad it. `None` when levels are missing.
    #[must_use]
    pub fn parse(body: &[u8], csrcs: usize) -> Option<Self> {
        let octets = body.get(..csrcs.min(MOST))?;
        Some(Self::new(octets.iter().map(|octet| octet & 0x7f)))
    }

    /// The extension's body; empty without contributors, when there must be no such extension.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.octets[..self.count]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::Header;

    /// A packet with these contributors' levels under this id, behind its twelve octets and its CSRCs.
    fn written(id: u8, levels: &[u8]) -> Vec<u8> {
        let levels = CsrcLevels::new(levels.iter().copied());
        let csrcs: Vec<u32> = (1..=levels.body().len() as u32).collect();
        let extensions = [(id, levels.body())];
        let header = Header {
            csrcs: &csrcs,
            extensions: &extensions[..usize::from(!levels.body().is_empty())],
            ..Header::default()
        };
        let mut out = Vec::new();
        header.write(&[], &mut out);
        out[12 + 4 * csrcs.len()..].to_vec()
    }

    #[test]
    fn table() {
        const SIXTEEN: [u8; 16] = [9; 16];
        let fifteen = [&[0xbe, 0xde, 0, 4, 0x4e][..], &[9; 15]].concat();
        let two_bytes = [0x10, 0, 0, 1, 20, 2, 30, 40];
        let cases: [(&str, u8, &[u8], &[u8]); 7] = [
            ("nobody", 4, &[], &[]),
            ("one, padded", 4, &[30], &[0xbe, 0xde, 0, 1, 0x40, 30, 0, 0]),
            (
                "two, padded",
                4,
                &[30, 40],
                &[0xbe, 0xde, 0, 1, 0x41, 30, 40, 0],
            ),
            (
                "three fill the word",
                4,
                &[0, 127, 64],
                &[0xbe, 0xde, 0, 1, 0x42, 0, 127, 64],
            ),
            (
                "more than silent is silent",
                4,
                &[200],
                &[0xbe, 0xde, 0, 1, 0x40, 127, 0, 0],
            ),
            ("of sixteen fifteen", 4, &SIXTEEN, &fifteen),
            ("an id for the two-byte form", 20, &[30, 40], &two_bytes),
        ];
        for (name, id, levels, expected) in cases {
            assert_eq!(written(id, levels), expected, "{name}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for count in 0..=15 {
            let levels = CsrcLevels::new((0..count).map(|level| level * 8));
            assert_eq!(CsrcLevels::parse(levels.body(), count.into()), Some(levels));
        }
        assert_eq!(
            CsrcLevels::parse(&[0x85], 1).unwrap().body(),
            [5],
            "the reserved bit"
        );
        assert_eq!(
            CsrcLevels::parse(&[5, 0], 1).unwrap().body(),
            [5],
            "padding"
        );
        assert_eq!(CsrcLevels::parse(&[5], 2), None);
    }
}
