//! What a description has to say of the transport beside what webrtcbin writes. Pure.

use convene_ice::Candidate;

/// That the agent is a lite one stands in the head (RFC 8839 section 5.3); all candidates stand in the first section,
/// whose transport is its bundle's. What stands there already is not said again.
pub(super) fn describe(description: &str, candidates: &[Candidate]) -> String {
    let mut out = String::with_capacity(description.len() + 128 * (candidates.len() + 1));
    let (head, media) = split_before(description, "m=");
    out.push_str(head);
    if !head.contains("a=ice-lite\r\n") {
        out.push_str("a=ice-lite\r\n");
    }
    let (first, others) = split_after(media);
    out.push_str(first);
    if !first.is_empty() && !first.contains("a=candidate:") {
        for candidate in candidates {
            out.extend(["a=", &candidate.text, "\r\n"]);
        }
        out.push_str("a=end-of-candidates\r\n");
    }
    out.push_str(others);
    out
}

fn split_before<'a>(text: &'a str, line: &str) -> (&'a str, &'a str) {
    let start = match text.starts_with(line) {
        true => Some(0),
        false => text.find(&format!("\n{line}")).map(|end| end + 1),
    };
    text.split_at(start.unwrap_or(text.len()))
}

/// The first section and the others.
fn split_after(media: &str) -> (&str, &str) {
    let second = media.find("\nm=").map(|end| end + 1);
    media.split_at(second.unwrap_or(media.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_says_once_that_the_agent_is_lite_and_where_it_is() {
        let address = "203.0.113.5".parse().expect("an address");
        let candidates = convene_ice::candidates(&[address], None, 5_000, None);
        let text = &candidates[0].text;
        let written = "v=0\r\ns=-\r\nm=audio 9 X 111\r\na=mid:a\r\nm=video 9 X 96\r\na=mid:b\r\n";
        let told = format!(
            "v=0\r\ns=-\r\na=ice-lite\r\nm=audio 9 X 111\r\na=mid:a\r\na={text}\r\n\
            a=end-of-candidates\r\nm=video 9 X 96\r\na=mid:b\r\n"
        );
        assert_eq!(describe(written, &candidates), told);
        assert_eq!(describe(&told, &candidates), told);
        assert_eq!(describe("v=0\r\n", &candidates), "v=0\r\na=ice-lite\r\n");
        assert_eq!(
            describe("m=audio 9 X 111\r\n", &[]),
            "a=ice-lite\r\nm=audio 9 X 111\r\na=end-of-candidates\r\n"
        );
    }
}
