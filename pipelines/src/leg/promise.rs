//! webrtcbin's promises as futures. An error comes as a reply with a field `error`.

use std::time::Duration;

use gst::prelude::*;
use gst_webrtc::{WebRTCSDPType, WebRTCSessionDescription};
use tokio::{sync::oneshot, time};

use super::LegError;

/// webrtcbin replies within milliseconds; one that does not reply at all must not keep its leg from closing.
const PATIENCE: Duration = Duration::from_secs(10);

type Reply = Result<Option<gst::Structure>, String>;

/// Emits an action signal that takes a promise as its last argument, and waits for the reply.
async fn ask(
    step: &'static str,
    webrtcbin: &gst::Element,
    signal: &str,
    argument: &(dyn ToValue + Sync),
) -> Result<Option<gst::Structure>, LegError> {
    let (sender, receiver) = oneshot::channel::<Reply>();
    let promise = gst::Promise::with_change_func(move |reply| {
        let reply = reply
            .map(|s| s.map(|s| s.to_owned()))
            .map_err(|error| format!("{error:?}"));
        // The leg may be gone; then nobody waits.
        let _ = sender.send(reply);
    });
    webrtcbin.emit_by_name::<()>(signal, &[argument, &promise]);
    let negotiation = |cause| LegError::Negotiation { step, cause };
    let silent = || negotiation("webrtcbin gave no reply".into());
    let received = time::timeout(PATIENCE, receiver).await;
    let received = received.map_err(|_| silent())?.map_err(|_| silent())?;
    let reply = received.map_err(negotiation)?;
    match reply
        .as_ref()
        .and_then(|s| s.get::<glib::Error>("error").ok())
    {
        Some(error) => Err(negotiation(error.to_string())),
        None => Ok(reply),
    }
}

/// Makes an offer or answer (`create-offer`, `create-answer`).
pub(super) async fn create(
    webrtcbin: &gst::Element,
    kind: WebRTCSDPType,
) -> Result<WebRTCSessionDescription, LegError> {
    let (signal, field) = match kind {
        WebRTCSDPType::Offer => ("create-offer", "offer"),
        _ => ("create-answer", "answer"),
    };
    let reply = ask(field, webrtcbin, signal, &None::<gst::Structure>).await?;
    let description = reply.and_then(|s| s.get::<WebRTCSessionDescription>(field).ok());
    description.ok_or_else(|| LegError::Negotiation {
        step: field,
        cause: "the reply is empty".into(),
    })
}

/// Sets our description.
pub(super) async fn set_local(
    webrtcbin: &gst::Element,
    description: &WebRTCSessionDescription,
) -> Result<(), LegError> {
    ask(
        "our description",
        webrtcbin,
        "set-local-description",
        description,
    )
    .await
    .map(|_| ())
}

/// Sets the browser's description.
pub(super) async fn set_remote(
    webrtcbin: &gst::Element,
    kind: WebRTCSDPType,
    sdp: &str,
) -> Result<(), LegError> {
    let description = parse(kind, sdp)?;
    ask(
        "the browser's description",
        webrtcbin,
        "set-remote-description",
        &description,
    )
    .await
    .map(|_| ())
}

/// webrtcbin's statistics.
pub(super) async fn stats(webrtcbin: &gst::Element) -> Result<Option<gst::Structure>, LegError> {
    ask("statistics", webrtcbin, "get-stats", &None::<gst::Pad>).await
}

/// A description from text.
pub(super) fn parse(kind: WebRTCSDPType, sdp: &str) -> Result<WebRTCSessionDescription, LegError> {
    let message = gst_sdp::SDPMessage::parse_buffer(sdp.as_bytes()).map_err(|error| {
        LegError::Negotiation {
            step: "reading a description",
            cause: error.to_string(),
        }
    })?;
    Ok(WebRTCSessionDescription::new(kind, message))
}
