//! What routers and switches are told, in the language of nftables. Each text replaces all that was said before, in one
//! step.

pub(crate) mod cuts;
pub(crate) mod router;

/// Puts a table in the place of the one that may be there.
fn replace(family: &str, body: &str) -> String {
    format!("add table {family} lab\ndelete table {family} lab\ntable {family} lab {{\n{body}}}\n")
}
