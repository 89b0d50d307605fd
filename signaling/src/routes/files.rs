//! The server's copies of files, brought and taken. What is taken is a download and nothing else, whatever is in it.

use std::{sync::Arc, time::Duration};

use convene_conference::ParticipantId;
use futures_util::StreamExt;
use tokio::{sync::oneshot, time};
use warp::{
    Reply,
    http::{HeaderValue, StatusCode, header},
    reply::Response,
};

use super::{Body, Request, shortened};
use crate::{
    House,
    failure::Failure,
    files::Incoming,
    room::{Bearer, Input, NoCopy, RoomHandle},
};

/// How long the next part of a copy may take, and all of it.
const PART: Duration = Duration::from_secs(20);
const WHOLE: Duration = Duration::from_secs(600);

pub(super) async fn upload(
    house: &Arc<House>,
    request: &Request,
    (conference, file): (&str, &str),
    body: Body,
) -> Result<Response, Failure> {
    let (room, bearer, file) = asked(house, request, conference, file)?;
    let (reply, answer) = oneshot::channel();
    room.tell(Input::Upload {
        bearer,
        file,
        reply,
    })
    .await;
    let wanted = answer.await.map_err(|_| Failure::NoConference)??;
    let incoming = house.shelf.receive(wanted.offer).ok_or(Failure::NoPlace)?;
    let copy = time::timeout(WHOLE, receive(incoming, body))
        .await
        .map_err(|_| Failure::NoBody)??;
    // A conference that has ended meanwhile wants it no more.
    let _ = wanted.to.send(copy);
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn receive(mut incoming: Incoming, mut body: Body) -> Result<crate::files::Copy, Failure> {
    loop {
        let part = time::timeout(PART, body.next()).await;
        match part.map_err(|_| Failure::NoBody)? {
            Some(part) => incoming.take(&part.map_err(|_| Failure::NoBody)?)?,
            None => return Ok(incoming.end()?),
        }
    }
}

pub(super) async fn download(
    house: &Arc<House>,
    request: &Request,
    (conference, file): (&str, &str),
) -> Result<Response, Failure> {
    let (room, bearer, file) = asked(house, request, conference, file)?;
    let (reply, answer) = oneshot::channel();
    room.tell(Input::Download {
        bearer,
        file,
        reply,
    })
    .await;
    let (offer, copy) = answer.await.map_err(|_| Failure::NoConference)??;
    let mut response = Response::new(copy.octets().into());
    let headers = response.headers_mut();
    let named = format!("attachment; filename*=UTF-8''{}", encoded(&offer.name));
    let named = HeaderValue::from_str(&named).expect("what is not plain ASCII is encoded");
    headers.insert(header::CONTENT_DISPOSITION, named);
    for (name, value) in [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'; frame-ancestors 'none'",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

fn asked(
    house: &Arc<House>,
    request: &Request,
    conference: &str,
    file: &str,
) -> Result<(RoomHandle, Bearer, u32), Failure> {
    let file = file
        .parse()
        .map_err(|_| Failure::NoSuchPath(shortened(file)))?;
    let bearer = request.bearer().and_then(|text| text.split_once('.'));
    let (id, key) = bearer.ok_or(NoCopy::NotYou)?;
    let bearer = Bearer {
        id: ParticipantId(id.to_owned()),
        key: key.to_owned(),
    };
    let room = house.directory.room(conference);
    Ok((room.ok_or(Failure::NoConference)?, bearer, file))
}

/// A name as a header takes it (RFC 8187 section 3.2.1).
fn encoded(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    name.bytes().fold(String::new(), |text, b| match plain(b) {
        true => text + char::from(b).encode_utf8(&mut [0]),
        false => text + &format!("%{b:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn names_are_plain_in_a_header() {
        for (name, expected) in [
            ("a-1.png", "a-1.png"),
            ("a b\".html", "a%20b%22.html"),
            ("图", "%E5%9B%BE"),
        ] {
            assert_eq!(encoded(name), expected);
        }
    }
}
