//! The header extensions of a leg's packets (RFC 8285). An id means the same on all lines of a bundle.

/// An extension's id and URI.
pub(super) type Extension = (u8, &'static str);

/// How loud a packet is (RFC 6464).
pub(super) const LEVEL: Extension = (1, "urn:ietf:params:rtp-hdrext:ssrc-audio-level");

/// The number of a picture's packet among all that go to the browser.
pub(super) const TWCC: Extension = (
    3,
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
);

/// When a picture's packet was sent.
pub(super) const SEND_TIME: Extension = (4, crate::feedback::SEND_TIME_URI);

/// A packet's m-line (RFC 8843).
pub(super) const MID: Extension = (5, "urn:ietf:params:rtp-hdrext:sdes:mid");

/// A packet's layer, and the layer that it repairs (RFC 8852).
pub(super) const LAYER: [Extension; 2] = [
    (6, "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"),
    (7, "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"),
];

/// When what is in a packet was captured. Chromium takes it where it is offered.
pub(super) const CAPTURE_TIME: Extension = (9, convene_rtp::CaptureTime::URI);

/// How loud each talker in a packet of the mix is (RFC 6465). Browsers do not take it.
pub(super) const CSRC_LEVELS: Extension = (8, "urn:ietf:params:rtp-hdrext:csrc-audio-level");
