//! What a description says of layers (simulcast, RFC 8853).

use super::{Sections, attribute};

/// Whether the browser sends what it has on this m-line in layers.
#[must_use]
pub(crate) fn sends_layers(answer: &Sections<'_>, mline: usize) -> bool {
    let simulcast = answer
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
        assert!(sends_layers(&Sections::of(&sends), 1));
        assert!(
            !sends_layers(&Sections::of(&sends), 0)
                && !sends_layers(&Sections::of(&sends), 2)
                && !sends_layers(&Sections::of(&sends), 9)
        );
        for none in ["", "a=simulcast:recv l;h\r\n", "a=simulcast:send l\r\n"] {
            assert!(!sends_layers(&Sections::of(&answer(none)), 1), "{none}");
        }
    }
}
