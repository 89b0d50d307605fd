//! What a description says of header extensions (RFC 8285 section 5).

use super::Sections;

/// Whether who answers so takes packets with this extension on this m-line.
#[must_use]
pub(crate) fn takes_extension(answer: &Sections<'_>, mline: usize, uri: &str) -> bool {
    let section = answer.media.get(mline);
    section.is_some_and(|section| section.iter().any(|line| takes(line, uri)))
}

/// An id may have a direction: seen from him who writes it.
fn takes(line: &str, uri: &str) -> bool {
    let Some((id, rest)) = line
        .strip_prefix("a=extmap:")
        .and_then(|map| map.split_once(' '))
    else {
        return false;
    };
    let receives = !id.ends_with("/sendonly") && !id.ends_with("/inactive");
    receives && rest.split(' ').next() == Some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table() {
        let cases = [
            ("a=extmap:8 urn:x", true),
            ("a=extmap:8 urn:x vad=on", true),
            ("a=extmap:8/sendrecv urn:x", true),
            ("a=extmap:8/recvonly urn:x", true),
            ("a=extmap:8/sendonly urn:x", false),
            ("a=extmap:8/inactive urn:x", false),
            ("a=extmap:8 urn:xy", false),
            ("a=extmap:8", false),
            ("a=mid:urn:x", false),
        ];
        for (line, expected) in cases {
            let answer = format!("v=0\r\nm=audio\r\n{line}\r\nm=video\r\n");
            assert_eq!(
                takes_extension(&Sections::of(&answer), 0, "urn:x"),
                expected,
                "{line}"
            );
            assert!(
                !takes_extension(&Sections::of(&answer), 1, "urn:x"),
                "{line}"
            );
            assert!(
                !takes_extension(&Sections::of(&answer), 2, "urn:x"),
                "{line}"
            );
        }
    }
}
