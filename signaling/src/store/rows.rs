//! The tables, and every statement there is.

use std::collections::BTreeSet;

use convene_protocol::{
    AddressOrigin, AddressProtocol, AddressRecord, ParticipantRecord, Role, StandingRecord,
};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{ConferenceRecord, Note, StoreError, moderation};

const VERSION: i64 = 1;

/// Participants are found by conference.
const TABLES: &str = "
CREATE TABLE conference (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    listed INTEGER NOT NULL,
    max_participants INTEGER NOT NULL,
    topology TEXT NOT NULL,
    sound TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    starts_at INTEGER,
    rules TEXT NOT NULL,
    creator_address TEXT NOT NULL,
    first_moderator TEXT,
    ended_at INTEGER
) STRICT;
CREATE TABLE participant (
    id TEXT PRIMARY KEY,
    conference TEXT NOT NULL REFERENCES conference ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    standing TEXT NOT NULL,
    hides_address INTEGER NOT NULL DEFAULT FALSE,
    joined_at INTEGER NOT NULL,
    left_at INTEGER
) STRICT;
CREATE INDEX participant_of ON participant (conference, joined_at);
";

/// Found by participant and by themselves.
const ADDRESSES: &str = "
CREATE TABLE address (
    sequence INTEGER PRIMARY KEY,
    participant TEXT NOT NULL REFERENCES participant ON DELETE CASCADE,
    origin TEXT NOT NULL,
    protocol TEXT NOT NULL,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX address_of ON address (participant, sequence);
CREATE INDEX address_itself ON address (address);
PRAGMA user_version = 1;
";

/// No more addresses of one participant are kept: whoever declares more is not telling where he is.
const MAX_ADDRESSES: u32 = 128;

pub(super) fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    let version = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => Ok(connection.execute_batch(&format!(
            "BEGIN; {TABLES} {ADDRESSES} {} COMMIT;",
            moderation::TABLES
        ))?),
        VERSION => Ok(()),
        other => Err(StoreError::Version(other)),
    }
}

pub(super) fn all_left(connection: &Connection, now: u64) -> Result<()> {
    let sql = "UPDATE participant SET left_at = ? WHERE left_at IS NULL";
    connection.execute(sql, params![now]).map(|_| ())
}

pub(super) fn create(connection: &Connection, conference: &ConferenceRecord) -> Result<()> {
    let sql =
        "INSERT INTO conference (id, title, listed, max_participants, topology, sound, created_at, starts_at, rules, creator_address)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let ConferenceRecord {
        id,
        title,
        listed,
        max_participants,
        topology,
        sound,
        created_at,
        starts_at,
        rules,
        creator_address,
        ..
    } = conference;
    let values = params![
        id,
        title,
        listed,
        max_participants,
        word(topology),
        word(sound),
        created_at,
        starts_at,
        json(rules),
        creator_address
    ];
    connection.execute(sql, values).map(|_| ())
}

pub(super) fn open_conferences(connection: &Connection) -> Result<Vec<ConferenceRecord>> {
    let sql = "SELECT id, title, listed, max_participants, created_at, creator_address, topology,
               starts_at, rules, first_moderator IS NOT NULL, sound FROM conference
               WHERE ended_at IS NULL ORDER BY created_at, rowid";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(ConferenceRecord {
            id: row.get(0)?,
            title: row.get(1)?,
            listed: row.get(2)?,
            max_participants: row.get(3)?,
            created_at: row.get(4)?,
            creator_address: row.get(5)?,
            topology: from_word(row, 6)?,
            starts_at: row.get(7)?,
            rules: from_json(row, 8)?,
            was_led: row.get(9)?,
            sound: from_word(row, 10)?,
            bans: Vec::new(),
            moderators: BTreeSet::new(),
        })
    })?;
    let mut all = rows.collect::<Result<Vec<_>>>()?;
    for one in &mut all {
        one.bans = moderation::bans(connection, &one.id)?;
        one.moderators = moderation::moderators(connection, &one.id)?;
    }
    Ok(all)
}

pub(super) fn participants(
    connection: &Connection,
    conference: &str,
    address: Option<&str>,
) -> Result<Option<Vec<ParticipantRecord>>> {
    let sql = "SELECT 1 FROM conference WHERE id = ?";
    let known = connection
        .query_row(sql, [conference], |_| Ok(()))
        .optional()?;
    if known.is_none() {
        return Ok(None);
    }
    let sql = "SELECT id, name, role, standing, hides_address, joined_at, left_at FROM participant
               WHERE conference = ?1
               AND (?2 IS NULL OR EXISTS (SELECT 1 FROM address WHERE participant = id AND address = ?2))
               ORDER BY joined_at, rowid";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params![conference, address], participant)?;
    let mut all = rows.collect::<Result<Vec<_>>>()?;
    for one in &mut all {
        one.addresses = addresses(connection, &one.id)?;
    }
    Ok(Some(all))
}

pub(super) fn forget(connection: &Connection, before: u64) -> Result<usize> {
    connection.execute("DELETE FROM conference WHERE ended_at < ?", [before])
}

pub(super) fn note(connection: &Connection, conference: &str, note: &Note) -> Result<()> {
    match note {
        Note::Joined {
            participant,
            name,
            role,
            at,
        } => joined(connection, conference, participant, name, *role, *at),
        Note::Left { participant, at } => {
            let sql = "UPDATE participant SET left_at = ? WHERE id = ?";
            connection
                .execute(sql, params![at, participant])
                .map(|_| ())
        }
        Note::Classified {
            participant,
            standing,
        } => {
            let sql = "UPDATE participant SET standing = ? WHERE id = ?";
            connection
                .execute(sql, params![json(standing), participant])
                .map(|_| ())
        }
        Note::Hides { participant, hides } => {
            let sql = "UPDATE participant SET hides_address = ? WHERE id = ?";
            connection
                .execute(sql, params![hides, participant])
                .map(|_| ())
        }
        Note::Address { .. } => note_address(connection, note),
        Note::Sound(mode) => {
            let sql = "UPDATE conference SET sound = ? WHERE id = ?";
            connection
                .execute(sql, params![word(mode), conference])
                .map(|_| ())
        }
        Note::Rules(rules) => {
            let sql = "UPDATE conference SET rules = ? WHERE id = ?";
            connection
                .execute(sql, params![json(rules), conference])
                .map(|_| ())
        }
        Note::Role { participant, role } => promoted(connection, conference, participant, *role),
        Note::Moderator { identity, is } => {
            moderation::note_moderator(connection, conference, identity, *is)
        }
        Note::Banned(ban) => moderation::note_ban(connection, conference, ban),
        Note::Unbanned(id) => moderation::forget_ban(connection, conference, *id),
        Note::Acted(entry) => moderation::note_deed(connection, conference, entry),
        Note::Ended { at } => {
            let sql = "UPDATE conference SET ended_at = ? WHERE id = ?";
            connection.execute(sql, params![at, conference]).map(|_| ())
        }
    }
}

/// Where his traffic comes from is written down whenever it is another than before, all else once.
fn note_address(connection: &Connection, note: &Note) -> Result<()> {
    let Note::Address {
        participant,
        origin,
        protocol,
        address,
        port,
        at,
    } = note
    else {
        return Ok(());
    };
    let since = match origin {
        AddressOrigin::Observed => {
            "sequence = (SELECT max(sequence) FROM address WHERE participant = ?1 AND origin = ?2)"
        }
        _ => "participant = ?1 AND origin = ?2",
    };
    let sql = format!(
        "INSERT INTO address (participant, origin, protocol, address, port, at)
         SELECT ?1, ?2, ?3, ?4, ?5, ?6
         WHERE (SELECT count(*) FROM address WHERE participant = ?1) < ?7
         AND NOT EXISTS (SELECT 1 FROM address
                         WHERE {since} AND protocol = ?3 AND address = ?4 AND port = ?5)"
    );
    let (origin, protocol) = (word(origin), word(protocol));
    let values = params![
        participant,
        origin,
        protocol,
        address,
        port,
        at,
        MAX_ADDRESSES
    ];
    connection.prepare_cached(&sql)?.execute(values).map(|_| ())
}

fn joined(
    connection: &Connection,
    conference: &str,
    id: &str,
    name: &str,
    role: Role,
    at: u64,
) -> Result<()> {
    let sql = "INSERT INTO participant (id, conference, name, role, standing, joined_at) VALUES (?, ?, ?, ?, ?, ?)";
    connection.execute(
        sql,
        params![
            id,
            conference,
            name,
            word(&role),
            json(&StandingRecord::default()),
            at
        ],
    )?;
    led_by(connection, conference, id, role)
}

fn promoted(connection: &Connection, conference: &str, id: &str, role: Role) -> Result<()> {
    let sql = "UPDATE participant SET role = ? WHERE id = ?";
    connection.execute(sql, params![word(&role), id])?;
    led_by(connection, conference, id, role)
}

fn led_by(connection: &Connection, conference: &str, id: &str, role: Role) -> Result<()> {
    if role == Role::Moderator {
        let sql =
            "UPDATE conference SET first_moderator = ? WHERE id = ? AND first_moderator IS NULL";
        connection.execute(sql, params![id, conference])?;
    }
    Ok(())
}

fn participant(row: &Row<'_>) -> Result<ParticipantRecord> {
    Ok(ParticipantRecord {
        id: row.get(0)?,
        name: row.get(1)?,
        role: from_word(row, 2)?,
        standing: from_json(row, 3)?,
        hides_address: row.get(4)?,
        joined_at: row.get(5)?,
        left_at: row.get(6)?,
        addresses: Vec::new(),
    })
}

fn addresses(connection: &Connection, participant: &str) -> Result<Vec<AddressRecord>> {
    let sql = "SELECT sequence, origin, protocol, address, port, at FROM address
               WHERE participant = ? ORDER BY sequence";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([participant], |row| {
        Ok(AddressRecord {
            sequence: row.get(0)?,
            origin: from_word::<AddressOrigin>(row, 1)?,
            protocol: from_word::<AddressProtocol>(row, 2)?,
            address: row.get(3)?,
            port: row.get(4)?,
            at: row.get(5)?,
        })
    })?;
    rows.collect()
}

/// An enum without data as its word on the wire.
fn word(value: &impl Serialize) -> String {
    json(value).trim_matches('"').to_owned()
}

pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("words on the wire are JSON")
}

pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}

fn from_word<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_value(text.into()).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error.into())
    })
}
