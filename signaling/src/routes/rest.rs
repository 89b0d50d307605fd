//! The REST API. Bodies are `convene-protocol`'s.

use std::{collections::BTreeSet, sync::Arc};

use convene_protocol::{
    ConferenceCreated, CreateConference, Embedding, Role, Rules, TokenIssued, TokenRequest,
};
use tokio::sync::oneshot;
use warp::{
    Reply,
    http::{StatusCode, header},
    reply::{self, Response},
};

use super::{Request, json};
use crate::{
    House,
    config::MAX_PARTICIPANTS,
    failure::Failure,
    ids,
    room::{Input, RoomHandle},
    store::ConferenceRecord,
    time::unix_now,
    tokens::MAX_VALID_SECONDS,
};

const MAX_TITLE: usize = 120;

/// Seconds before its beginning in which a conference can be made: a year.
const MAX_AHEAD: u64 = 366 * 24 * 3600;

pub(super) async fn create(
    house: &Arc<House>,
    request: &Request,
    body: &[u8],
) -> Result<Response, Failure> {
    if let Some(token) = &house.config.create_token
        && !request.bearer().is_some_and(|offered| token.is(offered))
    {
        return Err(Failure::CreateToken);
    }
    if !house.may_create(request.client.ip()) {
        return Err(Failure::TooMany);
    }
    let record = record(house, request, serde_json::from_slice(body)?)?;
    house.store.create(record.clone()).await?;
    let id = record.id.clone();
    tracing::info!(
        "A conference for {} people was created from {}",
        record.max_participants,
        record.creator_address
    );
    let begins = record.starts_at.unwrap_or_default().max(unix_now());
    house.directory.open(record);
    let created = ConferenceCreated {
        url: format!("{}/c/{id}", house.base_url(request.host())),
        moderator_token: house
            .tokens
            .issue(&id, Role::Moderator, begins + MAX_VALID_SECONDS),
        id,
    };
    let location = format!("/api/v1/conferences/{}", created.id);
    let response = reply::with_status(json(&created), StatusCode::CREATED);
    Ok(reply::with_header(response, header::LOCATION, location).into_response())
}

pub(super) fn embedding(house: &House) -> Response {
    let origins = house.config.embed_origins.iter();
    json(&Embedding {
        origins: origins.map(ToString::to_string).collect(),
    })
}

pub(super) fn look(house: &House, id: &str) -> Result<Response, Failure> {
    let summary = house.directory.summary(id).ok_or(Failure::NoConference)?;
    Ok(json(&summary))
}

pub(super) async fn end(
    house: &Arc<House>,
    request: &Request,
    id: &str,
) -> Result<Response, Failure> {
    let room = moderated_room(house, request, id)?;
    if !room.tell(Input::End).await {
        return Err(Failure::NoConference);
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn participants(
    house: &House,
    request: &Request,
    id: &str,
) -> Result<Response, Failure> {
    moderator_only(house, request, id)?;
    let address = query_value(&request.query, "address")?;
    let found = house.store.participants(id.to_owned(), address).await?;
    Ok(json(&found.ok_or(Failure::NoConference)?))
}

pub(super) async fn paths(
    house: &Arc<House>,
    request: &Request,
    id: &str,
) -> Result<Response, Failure> {
    let room = moderated_room(house, request, id)?;
    let (reply, answer) = oneshot::channel();
    room.tell(Input::Paths(reply)).await;
    Ok(json(&answer.await.map_err(|_| Failure::NoConference)?))
}

pub(super) fn issue_token(
    house: &House,
    request: &Request,
    id: &str,
    body: &[u8],
) -> Result<Response, Failure> {
    moderator_only(house, request, id)?;
    house.directory.summary(id).ok_or(Failure::NoConference)?;
    let TokenRequest {
        role,
        valid_seconds,
    } = serde_json::from_slice(body)?;
    if !(1..=MAX_VALID_SECONDS).contains(&valid_seconds) {
        let (field, allowed) = ("valid_seconds", "1 to 2592000");
        return Err(Failure::Field { field, allowed });
    }
    let expires_at = unix_now() + valid_seconds;
    let token = house.tokens.issue(id, role, expires_at);
    let issued = json(&TokenIssued { token, expires_at });
    Ok(reply::with_status(issued, StatusCode::CREATED).into_response())
}

fn record(
    house: &House,
    request: &Request,
    wishes: CreateConference,
) -> Result<ConferenceRecord, Failure> {
    let CreateConference {
        title,
        max_participants,
        listed,
        topology,
        sound,
        lobby,
        starts_at,
    } = wishes;
    let title = title.trim().to_owned();
    if title.chars().count() > MAX_TITLE || title.chars().any(char::is_control) {
        let (field, allowed) = (
            "title",
            "at most 120 characters, none of them a control character",
        );
        return Err(Failure::Field { field, allowed });
    }
    let max_participants = max_participants.unwrap_or(house.config.max_participants);
    if !MAX_PARTICIPANTS.contains(&max_participants) {
        let (field, allowed) = ("max_participants", "2 to 500");
        return Err(Failure::Field { field, allowed });
    }
    let now = unix_now();
    if starts_at.is_some_and(|at| at > now + MAX_AHEAD) {
        let (field, allowed) = ("starts_at", "at most a year ahead, in seconds since 1970");
        return Err(Failure::Field { field, allowed });
    }
    Ok(ConferenceRecord {
        id: ids::fresh()?,
        title,
        listed,
        max_participants,
        topology: topology.unwrap_or(house.config.topology),
        sound,
        created_at: now,
        starts_at,
        rules: Rules {
            lobby,
            ..Rules::default()
        },
        bans: Vec::new(),
        moderators: BTreeSet::new(),
        was_led: false,
        creator_address: request.client.ip().to_string(),
    })
}

/// The conference that a moderator of it asks for.
fn moderated_room(house: &Arc<House>, request: &Request, id: &str) -> Result<RoomHandle, Failure> {
    moderator_only(house, request, id)?;
    house.directory.room(id).ok_or(Failure::NoConference)
}

fn moderator_only(house: &House, request: &Request, id: &str) -> Result<(), Failure> {
    if !ids::plausible(id) {
        return Err(Failure::NoConference);
    }
    let token = request.bearer().ok_or(Failure::NoToken)?;
    match house.tokens.role(token, id, unix_now())? {
        Role::Moderator => Ok(()),
        Role::Speaker | Role::Listener => Err(Failure::NotModerator),
    }
}

/// A value in a query. Addresses need no escapes except `%3A` for the colon, which programs like to write.
fn query_value(query: &str, key: &'static str) -> Result<Option<String>, Failure> {
    if query.is_empty() {
        return Ok(None);
    }
    match query.split_once('=') {
        Some((name, value)) if name == key && !value.contains('&') => {
            Ok(Some(value.replace("%3A", ":").replace("%3a", ":")))
        }
        _ => Err(Failure::Field {
            field: "the query",
            allowed: "`address=…`",
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn queries_name_an_address_or_nothing() {
        let value = |query| query_value(query, "address");
        assert_eq!(value("").unwrap(), None);
        assert_eq!(
            value("address=10.0.0.1").unwrap().as_deref(),
            Some("10.0.0.1")
        );
        assert_eq!(
            value("address=2001%3Adb8::1").unwrap().as_deref(),
            Some("2001:db8::1")
        );
        assert!(value("adress=10.0.0.1").is_err());
        assert!(value("address=a&address=b").is_err());
    }
}
