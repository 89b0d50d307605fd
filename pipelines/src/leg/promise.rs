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
    let (sender, receiver) = oneshot::channel();
    let replied = promise(move |reply| tell(sender, reply));
    webrtcbin.emit_by_name::<()>(signal, &[argument, &replied]);
    wait(step, receiver).await
}

/// Who is told of the reply on webrtcbin's own thread.
fn promise(replied: impl FnOnce(Reply) + Send + 'static) -> gst::Promise {
    gst::Promise::with_change_func(move |reply| {
        let reply = reply.map_err(|error| format!("{error:?}"));
        replied(reply.and_then(|reply| no_error(reply.map(|s| s.to_owned()))));
    })
}

fn no_error(reply: Option<gst::Structure>) -> Reply {
    let error = reply.as_ref().map(|s| s.get::<glib::Error>("error"));
    match error {
        Some(Ok(error)) => Err(error.to_string()),
        _ => Ok(reply),
    }
}

/// The leg may be gone; then nobody waits.
fn tell<T>(sender: oneshot::Sender<T>, word: T) {
    let _ = sender.send(word);
}

async fn wait<T>(
    step: &'static str,
    receiver: oneshot::Receiver<Result<T, String>>,
) -> Result<T, LegError> {
    let negotiation = |cause| LegError::Negotiation { step, cause };
    let silent = || negotiation("webrtcbin gave no reply".into());
    let received = time::timeout(PATIENCE, receiver).await;
    let received = received.map_err(|_| silent())?.map_err(|_| silent())?;
    received.map_err(negotiation)
}

/// Makes an offer and sets it, in one go, since nothing has to be decided in between: our task wakes once.
pub(super) async fn offer(webrtcbin: &gst::Element) -> Result<String, LegError> {
    let (sender, receiver) = oneshot::channel();
    let element = webrtcbin.downgrade();
    let created = promise(move |reply| {
        let described = reply.and_then(|reply| {
            let offer = described(reply, "offer")?;
            Ok((offer.sdp().as_text().map_err(|e| e.to_string())?, offer))
        });
        match (described, element.upgrade()) {
            (Err(cause), _) => tell(sender, Err(cause)),
            (Ok((text, offer)), Some(element)) => {
                let set = promise(move |reply| tell(sender, reply.map(|_| text)));
                element.emit_by_name::<()>("set-local-description", &[&offer, &set]);
            }
            // Its pipeline is gone, and who waited with it.
            (Ok(_), None) => {}
        }
    });
    webrtcbin.emit_by_name::<()>("create-offer", &[&None::<gst::Structure>, &created]);
    wait("our offer", receiver).await
}

/// Makes an answer.
pub(super) async fn answer(webrtcbin: &gst::Element) -> Result<WebRTCSessionDescription, LegError> {
    let step = "our answer";
    let reply = ask(step, webrtcbin, "create-answer", &None::<gst::Structure>).await?;
    described(reply, "answer").map_err(|cause| LegError::Negotiation { step, cause })
}

fn described(
    reply: Option<gst::Structure>,
    field: &str,
) -> Result<WebRTCSessionDescription, String> {
    let description = reply.and_then(|s| s.get::<WebRTCSessionDescription>(field).ok());
    description.ok_or_else(|| "the reply is empty".into())
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
