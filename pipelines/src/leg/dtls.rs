//! The certificate that all legs share, and whether the browser's is the one that was announced.
//!
//! GStreamer makes an RSA certificate of its own for the process; an ECDSA one makes a handshake cheaper by a millisecond
//! and is taken by clients that do not know RSA. webrtcbin 1.22 compares no fingerprints: without the comparison here,
//! whoever sits in the network path could put a certificate of his own in place of the browser's (RFC 8827 section 5).

use std::sync::OnceLock;

use gst::prelude::*;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};

use super::{Inner, LegError, build::Mailbox};
use crate::sdp::Fingerprint;

/// Makes the certificates that the first leg would otherwise wait for: ours, and an RSA one (a quarter of a second) that
/// every process with GStreamer's DTLS has to have, used or not. What is missing here is told by the first leg.
pub(crate) fn make_certificates() {
    let _ = certificate();
    let _ = gst::ElementFactory::make("dtlsdec").build();
}

/// Gives a webrtcbin the certificate, and tells the leg the browser's when it comes.
pub(super) fn equip(webrtcbin: &gst::Element, mailbox: &Mailbox) -> Result<(), LegError> {
    let certificate = certificate()?;
    let post = mailbox.clone();
    let Some(bin) = webrtcbin.downcast_ref::<gst::Bin>() else {
        return Ok(());
    };
    bin.connect_deep_element_added(move |_, _, element| {
        let factory = element.factory();
        if factory.is_some_and(|factory| factory.name() == "dtlssrtpdec") {
            element.set_property("pem", &certificate.pem);
            listen(element, &post);
        }
    });
    Ok(())
}

fn listen(decoder: &gst::Element, mailbox: &Mailbox) {
    let post = mailbox.clone();
    decoder.connect_notify(Some("peer-pem"), move |decoder, _| {
        if let Some(pem) = decoder.property::<Option<String>>("peer-pem") {
            // A leg that has ended takes nothing any more.
            let _ = post.send(Inner::PeerCertificate(pem));
        }
    });
}

/// Whether the certificate is the announced one.
pub(super) fn verify(pem: &str, announced: &[Fingerprint]) -> Result<(), LegError> {
    let der = der_of(pem).ok_or(LegError::Certificate("is not readable"))?;
    let matches = announced.iter().any(|fingerprint| fingerprint.is_of(&der));
    matches
        .then_some(())
        .ok_or(LegError::Certificate("is not the one that it announced"))
}

fn der_of(pem: &str) -> Option<Vec<u8>> {
    let body = pem.split("-----").nth(2)?;
    let base64: String = body.split_ascii_whitespace().collect();
    let der = glib::base64_decode(&base64);
    (!der.is_empty()).then_some(der)
}

/// A certificate with its key.
pub(super) struct Certificate {
    pem: String,
    pub(super) fingerprint: Fingerprint,
}

/// The one of the process, made when it is first needed.
pub(super) fn certificate() -> Result<&'static Certificate, LegError> {
    static CERTIFICATE: OnceLock<Result<Certificate, String>> = OnceLock::new();
    let made = CERTIFICATE.get_or_init(|| make().map_err(|error| error.to_string()));
    made.as_ref()
        .map_err(|error| LegError::Build(format!("no certificate can be made: {error}")))
}

fn make() -> Result<Certificate, rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    // Nobody looks at its name; what counts is its fingerprint.
    params
        .distinguished_name
        .push(DnType::CommonName, "convene");
    let certificate = params.self_signed(&key)?;
    Ok(Certificate {
        fingerprint: Fingerprint::of(certificate.der()),
        pem: certificate.pem() + &key.serialize_pem(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_announced_certificate_is_taken() {
        let (ours, other) = (make().expect("one"), make().expect("another"));
        let both = [other.fingerprint.clone(), ours.fingerprint];
        assert!(verify(&ours.pem, &both).is_ok());
        for (pem, announced) in [
            (ours.pem.as_str(), &both[..1]),
            (&ours.pem, &[]),
            ("nonsense", &both),
        ] {
            let refused = verify(pem, announced);
            assert!(matches!(refused, Err(LegError::Certificate(_))));
        }
    }

    #[test]
    fn all_legs_share_one_certificate() {
        let (first, second) = (certificate().expect("one"), certificate().expect("it"));
        assert!(std::ptr::eq(first, second));
        assert!(first.pem.contains("BEGIN CERTIFICATE") && first.pem.contains("PRIVATE KEY"));
    }
}
