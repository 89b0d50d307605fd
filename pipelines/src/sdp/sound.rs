//! What a description says of sound (RFC 7587).

use gstconvene::TALKER_BITRATE;

use super::Sections;

/// Opus's payload type.
pub(crate) const OPUS: i32 = 111;

/// A line of ours with all that a browser is to know of our Opus. What we send is stereo where the answer says `stereo=1`.
/// That of ours would make browsers send every voice as stereo, with twice the bits; stereo that comes is taken without it
/// (RFC 7587 section 6.1). A `sprop-stereo=1` of ours helps no browser, and a webrtcbin whose sound is mono refuses it.
pub(super) fn told(line: &str) -> String {
    match is_wish(line) {
        true => format!("{line};maxaveragebitrate={TALKER_BITRATE}"),
        false => line.to_owned(),
    }
}

/// Whether a line says what its writer wishes of Opus. That stands for itself (RFC 7587 section 7.1), but webrtcbin
/// refuses an offer that wishes otherwise than it does, and gives the rest back as wishes of ours.
pub(super) fn is_wish(line: &str) -> bool {
    wishes(line).is_some()
}

/// What its writer wishes of Opus, if the line says that.
fn wishes(line: &str) -> Option<&str> {
    let (payload_type, wishes) = line.strip_prefix("a=fmtp:")?.split_once(' ')?;
    (payload_type.parse() == Ok(OPUS)).then_some(wishes)
}

/// Whether the browser takes what is sent to it on this m-line in stereo.
#[must_use]
pub(crate) fn takes_stereo(answer: &Sections<'_>, mline: usize) -> bool {
    let lines = answer.media.get(mline).into_iter().flatten();
    lines
        .filter_map(|line| wishes(line))
        .flat_map(|wishes| wishes.split(';'))
        .any(|parameter| parameter.trim() == "stereo=1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stereo_is_taken_when_the_answer_says_so() {
        let taken = |line: &str, mline| {
            let answer = format!("v=0\r\nm=audio\r\n{line}\r\nm=audio\r\n");
            takes_stereo(&Sections::of(&answer), mline)
        };
        for yes in [
            "a=fmtp:111 stereo=1",
            "a=fmtp:111 minptime=10;stereo=1;useinbandfec=1",
            "a=fmtp:111 minptime=10; stereo=1",
        ] {
            assert!(taken(yes, 0), "{yes}");
            assert!(!taken(yes, 1) && !taken(yes, 2), "{yes}");
        }
        for no in [
            "a=fmtp:111 minptime=10;useinbandfec=1",
            "a=fmtp:111 stereo=0",
            "a=fmtp:111 sprop-stereo=1",
            "a=fmtp:96 stereo=1",
            "a=fmtp:111",
        ] {
            assert!(!taken(no, 0), "{no}");
        }
    }
}
