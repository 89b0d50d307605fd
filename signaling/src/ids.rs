//! Ids that nobody guesses: 80 random bits in lower-case base 32 (RFC 4648 section 6), 16 letters.

use crate::tokens::Secret;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const BYTES: usize = 10;
const LETTERS: usize = BYTES * 8 / 5;

/// The system gave no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers: {0}")]
pub struct NoRandomness(#[from] getrandom::Error);

/// A new id.
///
/// # Errors
/// [`NoRandomness`] when the system has none to give.
pub fn fresh() -> Result<String, NoRandomness> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(base32(&bytes))
}

/// What only its bearer knows: 160 random bits, which nobody guesses.
///
/// # Errors
/// [`NoRandomness`] when the system has none to give.
pub fn secret() -> Result<Secret, NoRandomness> {
    Ok(Secret::new(fresh()? + &fresh()?))
}

/// Whether `text` could be an id of ours.
#[must_use]
pub fn plausible(text: &str) -> bool {
    text.len() == LETTERS && text.bytes().all(|letter| ALPHABET.contains(&letter))
}

fn base32(bytes: &[u8; BYTES]) -> String {
    let bits = bytes
        .iter()
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    (0..LETTERS)
        .rev()
        .map(|place| char::from(ALPHABET[(bits >> (5 * place)) as usize & 31]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_base_32() {
        assert_eq!(base32(b"0123456789"), "gaytemzugu3doobz");
        assert_eq!(base32(&[0xff; BYTES]), "7777777777777777");
    }

    #[test]
    fn fresh_ids_are_plausible_and_differ() {
        let (one, other) = (fresh().expect("random"), fresh().expect("random"));
        assert!(plausible(&one) && plausible(&other));
        assert_ne!(one, other);
    }

    #[test]
    fn other_texts_are_not_ids() {
        for text in [
            "",
            "abc",
            "gaytemzugu3doob1",
            "GAYTEMZUGU3DOOBZ",
            "gaytemzugu3doobzz",
        ] {
            assert!(!plausible(text), "{text}");
        }
    }
}
