//! What has to be changed in the text that webrtcbin writes.

use super::Fingerprint;

/// A description with the fingerprint of the certificate that is used: webrtcbin 1.22 writes a wrong one when a private
/// key stands in the same text.
#[must_use]
pub fn with_fingerprint(description: &str, fingerprint: &Fingerprint) -> String {
    let mut out = String::with_capacity(description.len());
    for line in description.lines() {
        match line.strip_prefix("a=fingerprint:") {
            Some(_) => out.push_str(&format!("a=fingerprint:{fingerprint}")),
            None => out.push_str(line),
        }
        out.push_str("\r\n");
    }
    out
}

/// An answer to a restart, with the DTLS role that keeps the association: webrtcbin writes `active` and then refuses it.
#[must_use]
pub fn passive(answer: &str) -> String {
    answer.replace("a=setup:active", "a=setup:passive")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fingerprint_is_the_right_one() {
        let right = Fingerprint::of(b"");
        let wrong =
            "v=0\r\nm=a\r\na=fingerprint:sha-256 00:11\r\nm=b\r\na=fingerprint:sha-1 22\r\n";
        let edited = with_fingerprint(wrong, &right);
        assert_eq!(Fingerprint::all(&edited), [right.clone(), right]);
        assert!(edited.starts_with("v=0\r\nm=a\r\na=fingerprint:sha-256 E3:B0:C4"));
    }

    #[test]
    fn a_restarted_leg_keeps_its_dtls_role() {
        assert_eq!(passive("a=setup:active\r\n"), "a=setup:passive\r\n");
    }
}
