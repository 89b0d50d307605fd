//! Header extensions in both forms of RFC 8285.

/// The profile of the one-byte form (RFC 8285 section 4.2).
pub(crate) const ONE_BYTE: u16 = 0xbede;

/// The profile of the two-byte form without its four application bits (RFC 8285 section 4.3).
pub(crate) const TWO_BYTE: u16 = 0x1000;

/// The extensions of one packet, as (id, body). Ends at the first element that does not fit into its block.
#[derive(Clone, Debug)]
pub struct Extensions<'a> {
    form: Form,
    rest: &'a [u8],
}

#[derive(Clone, Copy, Debug)]
enum Form {
    OneByte,
    TwoByte,
}

impl<'a> Extensions<'a> {
    pub(crate) fn none() -> Self {
        Self {
            form: Form::OneByte,
            rest: &[],
        }
    }

    /// A block of another profile than the two has no elements that anyone could know.
    pub(crate) fn new(profile: u16, block: &'a [u8]) -> Self {
        match profile {
            ONE_BYTE => Self {
                form: Form::OneByte,
                rest: block,
            },
            _ if profile & 0xfff0 == TWO_BYTE => Self {
                form: Form::TwoByte,
                rest: block,
            },
            _ => Self::none(),
        }
    }

    fn skip_padding(&mut self) {
        let padding = self.rest.iter().take_while(|byte| **byte == 0).count();
        self.rest = &self.rest[padding..];
    }

    /// Id, body length and octets before the body. Id 15 of the one-byte form ends the block (RFC 8285 section 4.2).
    fn head(&self) -> Option<(u8, usize, usize)> {
        let first = *self.rest.first()?;
        match self.form {
            Form::OneByte if first >> 4 == 15 => None,
            Form::OneByte => Some((first >> 4, usize::from(first & 0x0f) + 1, 1)),
            Form::TwoByte => Some((first, usize::from(*self.rest.get(1)?), 2)),
        }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.skip_padding();
        let element = self
            .head()
            .and_then(|(id, len, head)| Some((id, self.rest.get(head..head + len)?, head + len)));
        let Some((id, body, taken)) = element else {
            self.rest = &[];
            return None;
        };
        self.rest = &self.rest[taken..];
        Some((id, body))
    }
}

/// Writes an extension block, padded to a multiple of four octets: in the one-byte form when all ids and lengths allow
/// it, else in the two-byte form. Bodies over 255 octets are cut there, as no form can hold them.
pub(crate) fn write(extensions: &[(u8, &[u8])], out: &mut Vec<u8>) {
    let one_byte = extensions
        .iter()
        .all(|(id, body)| (1..=14).contains(id) && (1..=16).contains(&body.len()));
    out.extend_from_slice(&if one_byte { ONE_BYTE } else { TWO_BYTE }.to_be_bytes());
    let length_at = out.len();
    out.extend_from_slice(&[0, 0]);
    for (id, body) in extensions {
        let body = &body[..body.len().min(255)];
        // Both casts fit: at most 16 and at most 255.
        if one_byte {
            out.push(id << 4 | (body.len() - 1) as u8);
        } else {
            out.extend_from_slice(&[*id, body.len() as u8]);
        }
        out.extend_from_slice(body);
    }
    pad(length_at, out);
}

fn pad(length_at: usize, out: &mut Vec<u8>) {
    let block = length_at + 2;
    while !(out.len() - block).is_multiple_of(4) {
        out.push(0);
    }
    let words = u16::try_from((out.len() - block) / 4).unwrap_or(u16::MAX);
    out[length_at..block].copy_from_slice(&words.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    type Elements = Vec<(u8, Vec<u8>)>;

    fn all(profile: u16, block: &[u8]) -> Elements {
        Extensions::new(profile, block)
            .map(|(id, body)| (id, body.to_vec()))
            .collect()
    }

    #[test]
    fn table() {
        let cases: [(&str, u16, &[u8], Elements); 8] = [
            ("one byte", 0xbede, &[0x10, 9], vec![(1, vec![9])]),
            (
                "padding between",
                0xbede,
                &[0x10, 9, 0, 0, 0x20, 8],
                vec![(1, vec![9]), (2, vec![8])],
            ),
            ("id 15 ends", 0xbede, &[0xf0, 9, 0x10, 9], vec![]),
            ("cut", 0xbede, &[0x10, 9, 0x23, 1], vec![(1, vec![9])]),
            (
                "two bytes, one empty",
                0x1000,
                &[1, 0, 200, 2, 7, 8],
                vec![(1, vec![]), (200, vec![7, 8])],
            ),
            (
                "application bits",
                0x100f,
                &[1, 1, 5, 0],
                vec![(1, vec![5])],
            ),
            ("two bytes, cut", 0x1000, &[1], vec![]),
            ("unknown profile", 0x1234, &[0x10, 9], vec![]),
        ];
        for (name, profile, block, expected) in cases {
            assert_eq!(all(profile, block), expected, "{name}");
        }
    }
}
