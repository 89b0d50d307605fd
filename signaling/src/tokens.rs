//! Capability tokens: who bears one may enter a conference in a role. Signed (RFC 7519, HS256), with an expiry.
//!
//! The key lives in the data directory, readable by its owner only. Neither it nor a token is ever printed.

use std::{
    fmt, fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use convene_protocol::Role;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, crypto};
use serde::{Deserialize, Serialize};

/// The longest that a token may hold, in seconds: 30 days.
pub const MAX_VALID_SECONDS: u64 = 30 * 24 * 3600;

const KEY_FILE: &str = "token.key";
const KEY_BYTES: usize = 32;

/// A text that must not be printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whom it is meant.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether `offered` is the same text; takes as long whatever the first difference is.
    #[must_use]
    pub fn is(&self, offered: &str) -> bool {
        let (own, offered) = (self.0.as_bytes(), offered.as_bytes());
        let differing = own.iter().zip(offered).fold(0, |sum, (a, b)| sum | (a ^ b));
        own.len() == offered.len() && differing == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file cannot be read or written.
    #[error("the token key {path} cannot be read or written: {cause}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// The key file is not one of ours.
    #[error("the token key {path} has {bytes} bytes instead of {KEY_BYTES}")]
    Length {
        /// Which file.
        path: String,
        /// Its length.
        bytes: usize,
    },
    /// No random numbers.
    #[error("the system gives no random numbers: {0}")]
    Randomness(#[from] getrandom::Error),
}

/// Why a token does not count.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Signed by somebody else, changed, or no token at all.
    #[error("the token is not one of ours")]
    NotOurs,
    /// Too old.
    #[error("the token has expired")]
    Expired,
    /// For another conference.
    #[error("the token is for another conference")]
    Foreign,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    conference: String,
    role: Role,
    exp: u64,
}

/// Signs tokens and reads them.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Takes the key kept in `data_dir`; makes one the first time.
    ///
    /// # Errors
    /// [`KeyError`] when it cannot be read, made or kept.
    pub fn open(data_dir: &Path) -> Result<Self, KeyError> {
        let path = data_dir.join(KEY_FILE);
        let key = match fs::read(&path) {
            Ok(key) => key,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => make_key(&path)?,
            Err(cause) => return Err(file_error(&path, cause)),
        };
        if key.len() != KEY_BYTES {
            let path = path.display().to_string();
            return Err(KeyError::Length {
                path,
                bytes: key.len(),
            });
        }
        Ok(Self::with_key(&key))
    }

    fn with_key(key: &[u8]) -> Self {
        Self {
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
        }
    }

    /// A token for `role` in `conference` until `expires_at`, in seconds since 1970.
    #[must_use]
    pub fn issue(&self, conference: &str, role: Role, expires_at: u64) -> String {
        let claims = Claims {
            conference: conference.to_owned(),
            role,
            exp: expires_at,
        };
        jsonwebtoken::encode(&Header::default(), &claims, &self.encoding)
            .expect("HS256 signs any claims with a symmetric key")
    }

    /// What is kept of the identity that a browser gives in `conference`: it cannot be turned back, and is another one in
    /// every conference. The space keeps it from ever being a token's signature (RFC 7515 section 5.1).
    #[must_use]
    pub fn fingerprint(&self, conference: &str, identity: &str) -> String {
        let text = format!("identity {conference} {identity}");
        crypto::sign(text.as_bytes(), &self.encoding, Algorithm::HS256)
            .expect("HS256 signs anything with a symmetric key")
    }

    /// The role that `token` gives in `conference` at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// [`TokenError`] with the reason why it gives none.
    pub fn role(&self, token: &str, conference: &str, now: u64) -> Result<Role, TokenError> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The expiry is compared here, where the time is a parameter.
        validation.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &validation)
            .map_err(|_| TokenError::NotOurs)?
            .claims;
        if claims.conference != conference {
            Err(TokenError::Foreign)
        } else if claims.exp <= now {
            Err(TokenError::Expired)
        } else {
            Ok(claims.role)
        }
    }
}

fn make_key(path: &Path) -> Result<Vec<u8>, KeyError> {
    let mut key = vec![0; KEY_BYTES];
    getrandom::fill(&mut key)?;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.write_all(&key)?;
            file.sync_all()
        })
        .map_err(|cause| file_error(path, cause))?;
    Ok(key)
}

fn file_error(path: &Path, cause: io::Error) -> KeyError {
    KeyError::File {
        path: path.display().to_string(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_token_gives_its_role_until_it_expires() {
        let tokens = Tokens::with_key(&[7; 32]);
        let token = tokens.issue("standup", Role::Listener, 100);
        assert_eq!(tokens.role(&token, "standup", 99), Ok(Role::Listener));
        assert_eq!(
            tokens.role(&token, "standup", 100),
            Err(TokenError::Expired)
        );
        assert_eq!(tokens.role(&token, "other", 99), Err(TokenError::Foreign));
    }

    #[test]
    fn an_identity_is_known_again_in_the_same_conference_only() {
        let tokens = Tokens::with_key(&[7; 32]);
        let known = tokens.fingerprint("standup", "ann's");
        assert_eq!(tokens.fingerprint("standup", "ann's"), known);
        assert!(!known.contains("ann"));
        for (tokens, conference, identity) in [
            (&tokens, "standup", "bob's"),
            (&tokens, "other", "ann's"),
            (&Tokens::with_key(&[8; 32]), "standup", "ann's"),
        ] {
            assert_ne!(tokens.fingerprint(conference, identity), known);
        }
    }

    #[test]
    fn what_we_did_not_sign_gives_nothing() {
        let ours = Tokens::with_key(&[7; 32]);
        let theirs = Tokens::with_key(&[8; 32]).issue("standup", Role::Moderator, 100);
        let unsigned = "eyJhbGciOiJub25lIn0.eyJjb25mZXJlbmNlIjoic3RhbmR1cCIsInJvbGUiOiJtb2RlcmF0b3IiLCJleHAiOjEwMH0.";
        for token in [theirs.as_str(), unsigned, "", "no token"] {
            assert_eq!(
                ours.role(token, "standup", 1),
                Err(TokenError::NotOurs),
                "{token}"
            );
        }
    }

    #[test]
    fn the_key_is_kept_and_private() {
        let dir = tempfile::tempdir().unwrap();
        let token = Tokens::open(dir.path())
            .unwrap()
            .issue("a", Role::Speaker, 9);
        let again = Tokens::open(dir.path()).unwrap();
        assert_eq!(again.role(&token, "a", 1), Ok(Role::Speaker));
        let mode = fs::metadata(dir.path().join(KEY_FILE))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_spoiled_key_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(KEY_FILE), b"short").unwrap();
        let cause = Tokens::open(dir.path()).unwrap_err().to_string();
        assert!(cause.contains("5 bytes instead of 32"), "{cause}");
    }

    #[test]
    fn secrets_compare_and_do_not_print() {
        let secret = Secret::new("sesame");
        assert!(secret.is("sesame"));
        assert!(!secret.is("sesam") && !secret.is("sesamo") && !secret.is(""));
        assert!(!format!("{secret:?}").contains("sesame"));
    }
}
