//! What a description says of layers (simulcast, RFC 8853).

use super::{Sections, attribute};

/// Whether the browser sends what it has on this m-line in layers.
#[must_use]
pub fn sends_layers(answer: &str, mline: usize) -> bool {
    let sections = Sections::of(answer);
    let simulcast = sections
        .media
        .get(mline)
        .and_then(|section| attribute(section, "simulcast"));
    simulcast.is_some_and(|simulcast| simulcast.starts_with("send ") && simulcast.contains(';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_sent_when_the_answer_says_so() {
        let answer = |line: &str| format!("v=0\r\nm=audio\r\nm=video\r\n{line}m=video\r\n");
        let sends = answer("a=simulcast:send l;h\r\n");
        assert!(sends_layers(&sends, 1));
        assert!(!sends_layers(&sends, 0) && !sends_layers(&sends, 2) && !sends_layers(&sends, 9));
        for none in ["", "a=simulcast:recv l;h\r\n", "a=simulcast:send l\r\n"] {
            assert!(!sends_layers(&answer(none), 1), "{none}");
        }
    }
}
