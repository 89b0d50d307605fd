//! What has to be changed in the text that webrtcbin writes.

use super::Fingerprint;

/// webrtcbin obeys and sends REMB, but never offers it; without it or transport-wide feedback a browser stays at its
/// starting bitrate.
const REMB: &str = "goog-remb";

/// The offer as the browser has to see it.
#[must_use]
pub fn offer_for_browser(offer: &str) -> String {
    let mut out = String::with_capacity(offer.len() + 2_048);
    let mut named = false;
    for line in offer.lines() {
        out.push_str(line);
        out.push_str("\r\n");
        if let Some(payload_type) = vp8(line) {
            out.push_str(&format!("a=rtcp-fb:{payload_type} {REMB}\r\n"));
        }
        named &= !line.starts_with("m=");
        if let Some(stream) = stream(line).filter(|_| !named) {
            named = true;
            out.push_str(&format!("a=msid:{stream}\r\n"));
        }
    }
    out
}

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

/// The names of a stream and its track where they stand beside an SSRC. There alone (RFC 5576) they make a browser take
/// the description for an old one, and send no layers.
fn stream(line: &str) -> Option<&str> {
    let attribute = line.strip_prefix("a=ssrc:")?;
    attribute.split_once(" msid:").map(|(_, stream)| stream)
}

fn vp8(line: &str) -> Option<&str> {
    line.strip_prefix("a=rtpmap:")?.strip_suffix(" VP8/90000")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vp8_line_offers_remb() {
        let offer =
            "v=0\r\nm=video 9 X 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n";
        let edited = offer_for_browser(offer);
        assert_eq!(
            edited,
            "v=0\r\nm=video 9 X 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 goog-remb\r\na=rtpmap:97 rtx/90000\r\n"
        );
    }

    #[test]
    fn what_an_ssrc_names_the_line_names_once() {
        let offer = "v=0\r\nm=audio\r\na=ssrc:7 msid:s t\r\na=ssrc:8 msid:s t\r\nm=video\r\na=ssrc:9 msid:u v\r\n";
        let edited = offer_for_browser(offer);
        assert_eq!(
            edited,
            "v=0\r\nm=audio\r\na=ssrc:7 msid:s t\r\na=msid:s t\r\na=ssrc:8 msid:s t\r\nm=video\r\na=ssrc:9 msid:u v\r\na=msid:u v\r\n"
        );
    }

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
