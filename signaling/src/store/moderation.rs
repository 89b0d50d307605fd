//! The tables of what moderators did: whom they keep out, whom they made moderators, and the list of it all.

use std::collections::BTreeSet;

use convene_conference::Ban;
use convene_protocol::AuditEntry;
use rusqlite::{Connection, Result, params};

use super::rows::{from_json, json};

/// Identities are fingerprints.
pub(super) const TABLES: &str = "
CREATE TABLE ban (
    conference TEXT NOT NULL REFERENCES conference ON DELETE CASCADE,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    identity TEXT,
    made_by TEXT NOT NULL,
    PRIMARY KEY (conference, id)
) STRICT;
CREATE TABLE moderator (
    conference TEXT NOT NULL REFERENCES conference ON DELETE CASCADE,
    identity TEXT NOT NULL,
    PRIMARY KEY (conference, identity)
) STRICT;
CREATE TABLE deed (
    sequence INTEGER PRIMARY KEY,
    conference TEXT NOT NULL REFERENCES conference ON DELETE CASCADE,
    entry TEXT NOT NULL
) STRICT;
CREATE INDEX deed_of ON deed (conference, sequence);
";

/// Older deeds are forgotten.
const MOST_DEEDS: u32 = 1_000;

/// So many are told at once.
const TOLD_DEEDS: u32 = 200;

pub(super) fn note_ban(connection: &Connection, conference: &str, ban: &Ban) -> Result<()> {
    let sql = "INSERT INTO ban (conference, id, name, identity, made_by) VALUES (?, ?, ?, ?, ?)";
    let Ban {
        id,
        name,
        identity,
        by,
    } = ban;
    let values = params![conference, id, name, identity, by];
    connection.execute(sql, values).map(|_| ())
}

pub(super) fn forget_ban(connection: &Connection, conference: &str, id: u32) -> Result<()> {
    let sql = "DELETE FROM ban WHERE conference = ? AND id = ?";
    connection.execute(sql, params![conference, id]).map(|_| ())
}

pub(super) fn bans(connection: &Connection, conference: &str) -> Result<Vec<Ban>> {
    let sql = "SELECT id, name, identity, made_by FROM ban WHERE conference = ? ORDER BY id";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([conference], |row| {
        Ok(Ban {
            id: row.get(0)?,
            name: row.get(1)?,
            identity: row.get(2)?,
            by: row.get(3)?,
        })
    })?;
    rows.collect()
}

pub(super) fn note_moderator(
    connection: &Connection,
    conference: &str,
    identity: &str,
    is: bool,
) -> Result<()> {
    let sql = if is {
        "INSERT OR IGNORE INTO moderator (conference, identity) VALUES (?, ?)"
    } else {
        "DELETE FROM moderator WHERE conference = ? AND identity = ?"
    };
    let values = params![conference, identity];
    connection.execute(sql, values).map(|_| ())
}

pub(super) fn moderators(connection: &Connection, conference: &str) -> Result<BTreeSet<String>> {
    let sql = "SELECT identity FROM moderator WHERE conference = ?";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([conference], |row| row.get(0))?;
    rows.collect()
}

pub(super) fn note_deed(
    connection: &Connection,
    conference: &str,
    entry: &AuditEntry,
) -> Result<()> {
    let sql = "INSERT INTO deed (conference, entry) VALUES (?, ?)";
    connection.execute(sql, params![conference, json(entry)])?;
    let sql = "DELETE FROM deed WHERE conference = ?1 AND sequence <=
               (SELECT sequence FROM deed WHERE conference = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ?2)";
    let values = params![conference, MOST_DEEDS];
    connection.execute(sql, values).map(|_| ())
}

pub(super) fn audit(connection: &Connection, conference: &str) -> Result<Vec<AuditEntry>> {
    let sql = "SELECT entry FROM deed WHERE conference = ? ORDER BY sequence DESC LIMIT ?";
    let mut statement = connection.prepare_cached(sql)?;
    let values = params![conference, TOLD_DEEDS];
    let rows = statement.query_map(values, |row| from_json(row, 0))?;
    rows.collect()
}
