//! Wall-clock time, where it is written down: tokens, records, the API.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
#[must_use]
pub fn unix_now() -> u64 {
    since_1970().as_secs()
}

/// The time since 1970.
#[must_use]
pub fn since_1970() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap_or_default()
}
