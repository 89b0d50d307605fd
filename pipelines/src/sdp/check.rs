//! Whether a browser's description fits what it answers.

use thiserror::Error;

use super::{Sections, attribute};

/// What is wrong with a description or candidate.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SdpError {
    /// No description at all.
    #[error("this is not a session description: it begins with `{0}`")]
    NotSdp(String),
    /// Another number of m-lines than were offered.
    #[error("{found} m-lines where {expected} were offered")]
    Count {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// An m-line of another kind or mid than the one offered in its place.
    #[error("m-line {index} is `{found}` where `{expected}` was offered")]
    Order {
        /// Its place.
        index: usize,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// A payload type that was not offered.
    #[error("m-line {index} answers with payload type {payload_type}, which was not offered")]
    PayloadType {
        /// The m-line's place.
        index: usize,
        /// The payload type.
        payload_type: String,
    },
    /// An attribute without which there can be no connection.
    #[error("there is no `a={0}`")]
    Missing(&'static str),
    /// Not everything is in one bundle.
    #[error("m-line {0} is not in the bundle")]
    NotBundled(usize),
    /// A role in DTLS that an answer cannot take.
    #[error("`a=setup:{0}` is not a role that an answer can take")]
    Setup(String),
    /// A candidate for an m-line that was not offered.
    #[error("there is no m-line {0}")]
    NoSuchLine(u32),
    /// Not a candidate.
    #[error("this is not a candidate: `{0}`")]
    Candidate(String),
}

/// Whether `answer` can be the answer to `offer`.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_answer(offer: &str, answer: &str) -> Result<(), SdpError> {
    let offered = Sections::of(offer);
    let answered = check_shape(&offered, answer)?;
    for (index, (offered, answered)) in offered.media.iter().zip(&answered.media).enumerate() {
        check_payload_types(index, offered, answered)?;
    }
    let setup = answered.find("setup").ok_or(SdpError::Missing("setup"))?;
    match setup {
        "active" | "passive" => Ok(()),
        other => Err(SdpError::Setup(other.to_owned())),
    }
}

/// Whether `restart` can be an offer that restarts the ICE of what was negotiated by `offer`. A browser that offers
/// names all payload types it knows; the answer takes those of before.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_restart(offer: &str, restart: &str) -> Result<(), SdpError> {
    check_shape(&Sections::of(offer), restart).map(|_| ())
}

fn check_shape<'a>(offered: &Sections<'_>, text: &'a str) -> Result<Sections<'a>, SdpError> {
    if !text.starts_with("v=0") {
        return Err(SdpError::NotSdp(text.chars().take(20).collect()));
    }
    let given = Sections::of(text);
    if given.media.len() != offered.media.len() {
        return Err(SdpError::Count {
            found: given.media.len(),
            expected: offered.media.len(),
        });
    }
    for (index, (offered, given)) in offered.media.iter().zip(&given.media).enumerate() {
        check_section(index, offered, given)?;
    }
    check_bundle(&given)?;
    for name in ["fingerprint", "ice-ufrag", "ice-pwd"] {
        given.find(name).ok_or(SdpError::Missing(name))?;
    }
    Ok(given)
}

fn check_section(index: usize, offered: &[&str], given: &[&str]) -> Result<(), SdpError> {
    let name = |section: &[&str]| {
        format!(
            "{} {}",
            kind(section),
            attribute(section, "mid").unwrap_or("without mid")
        )
    };
    if name(offered) != name(given) {
        return Err(SdpError::Order {
            index,
            found: name(given),
            expected: name(offered),
        });
    }
    Ok(())
}

fn check_payload_types(index: usize, offered: &[&str], answered: &[&str]) -> Result<(), SdpError> {
    let known = payload_types(offered);
    let mut answered = payload_types(answered).into_iter();
    match answered.find(|payload_type| !known.contains(payload_type)) {
        Some(payload_type) => Err(SdpError::PayloadType {
            index,
            payload_type: payload_type.to_owned(),
        }),
        None => Ok(()),
    }
}

fn check_bundle(given: &Sections<'_>) -> Result<(), SdpError> {
    let group = attribute(&given.head, "group")
        .and_then(|group| group.strip_prefix("BUNDLE"))
        .ok_or(SdpError::Missing("group:BUNDLE"))?;
    let bundled: Vec<_> = group.split_ascii_whitespace().collect();
    let outside = given
        .media
        .iter()
        .position(|section| attribute(section, "mid").is_none_or(|mid| !bundled.contains(&mid)));
    outside.map_or(Ok(()), |index| Err(SdpError::NotBundled(index)))
}

fn kind<'a>(section: &[&'a str]) -> &'a str {
    section[0].split(['=', ' ']).nth(1).unwrap_or_default()
}

fn payload_types<'a>(section: &[&'a str]) -> Vec<&'a str> {
    section[0].split_ascii_whitespace().skip(3).collect()
}

impl<'a> Sections<'a> {
    /// An attribute of the session or of its first m-line: in a bundle they speak for all.
    fn find(&self, name: &str) -> Option<&'a str> {
        attribute(&self.head, name).or_else(|| attribute(self.media.first()?, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OFFER: &str = "v=0\r\na=group:BUNDLE audio0 video1 application2\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:audio0\r\na=setup:actpass\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:video1\r\n\
        m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:application2\r\n";

    fn answer() -> String {
        let setup = "a=setup:active\r\na=fingerprint:sha-256 AB\r\na=ice-ufrag:u\r\na=ice-pwd:p";
        OFFER
            .replace("a=setup:actpass", setup)
            .replace("96 97", "96")
    }

    #[test]
    fn an_answer_is_taken() {
        assert_eq!(check_answer(OFFER, &answer()), Ok(()));
        assert_eq!(
            check_restart(OFFER, &answer().replace("setup:active", "setup:actpass")),
            Ok(())
        );
        let restart = answer().replace("SAVPF 96", "SAVPF 96 100 63");
        assert_eq!(check_restart(OFFER, &restart), Ok(()));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let order = |index, found: &str, expected: &str| SdpError::Order {
            index,
            found: found.into(),
            expected: expected.into(),
        };
        let table = [
            (
                "v=0",
                "hello",
                SdpError::NotSdp("hello\r\na=group:BUNDL".into()),
            ),
            (
                "a=mid:video1",
                "a=mid:video7",
                order(1, "video video7", "video video1"),
            ),
            (
                "m=video",
                "m=audio",
                order(1, "audio video1", "video video1"),
            ),
            (
                "SAVPF 96",
                "SAVPF 96 100",
                SdpError::PayloadType {
                    index: 1,
                    payload_type: "100".into(),
                },
            ),
            (
                "BUNDLE audio0 video1",
                "BUNDLE audio0",
                SdpError::NotBundled(1),
            ),
            ("a=group", "a=grape", SdpError::Missing("group:BUNDLE")),
            ("fingerprint", "footprint", SdpError::Missing("fingerprint")),
            ("ice-pwd", "ice-pwx", SdpError::Missing("ice-pwd")),
            (
                "setup:active",
                "setup:actpass",
                SdpError::Setup("actpass".into()),
            ),
            (
                "m=application",
                "x=application",
                SdpError::Count {
                    found: 2,
                    expected: 3,
                },
            ),
        ];
        for (from, to, error) in table {
            assert_eq!(
                check_answer(OFFER, &answer().replace(from, to)),
                Err(error),
                "{from} -> {to}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in "(v=0)?(\r\n[am]=.{0,30}){0,8}", at in 0_usize..300, with in ".{0,6}") {
            let _ = check_answer(OFFER, &text);
            let mut mutated = answer();
            if mutated.is_char_boundary(at) {
                mutated.insert_str(at, &with);
                let _ = (check_answer(OFFER, &mutated), check_restart(&mutated, &text));
            }
        }
    }
}
