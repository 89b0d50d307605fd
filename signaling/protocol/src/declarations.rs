//! The TypeScript declarations that the page is checked against.

use ts_rs::{Config, TS};

use crate::*;

/// The whole of `web/protocol.d.ts`.
#[must_use]
pub fn declarations() -> String {
    let config = Config::new();
    let mut text = String::from(
        "// Made from signaling/protocol by `make declarations`; a test fails when it is stale.\n",
    );
    macro_rules! declare {
        ($($name:ty),* $(,)?) => { $(
            text.push_str("\nexport ");
            text.push_str(&<$name>::decl(&config));
            text.push('\n');
        )* };
    }
    declare!(
        Role,
        Class,
        Source,
        Path,
        Publishing,
        Picture,
        Shown,
        Loudness,
        Wishes,
        Why,
        Topology,
        SoundMode,
        FileSignal,
        PairSignal,
        PairState,
        ProbeWish,
        ProbeSignal,
        Permission,
        Permissions,
        Rules,
        Action,
        Waiting,
        WaitsFor,
        Ban,
        Person,
        AuditEntry,
        ChatMessage,
        Capture,
        Skew,
        FileCopy,
        FileInfo,
        ConferenceInfo,
        ParticipantInfo,
        ClientMessage,
        ServerMessage,
        Talker,
        LeaveReason,
        EndReason,
        ErrorCode,
        CreateConference,
        ConferenceCreated,
        ConferenceSummary,
        AddressOrigin,
        AddressProtocol,
        AddressRecord,
        Realm,
        Mapping,
        Filtering,
        Nat,
        Evidence,
        StandingRecord,
        ParticipantRecord,
        PathRecord,
        Embedding,
        TokenRequest,
        TokenIssued,
        ApiError,
    );
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_knows_these_words() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../web/protocol.d.ts");
        let made = super::declarations();
        if std::env::var_os("CONVENE_WRITE_DECLARATIONS").is_some() {
            std::fs::write(file, &made).expect("web/ is writable");
        }
        let committed = std::fs::read_to_string(file).unwrap_or_default();
        assert!(
            committed == made,
            "web/protocol.d.ts is stale: run `make declarations`"
        );
    }
}
