//! What the service says to the page.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    AuditEntry, Ban, Capture, ChatMessage, ConferenceInfo, FileInfo, PairSignal, ParticipantId,
    ParticipantInfo, Path, Permission, Picture, ProbeWish, Rules, SoundMode, Source, Waiting,
    WaitsFor, Why,
};

/// One message to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// You are not in yet.
    Waiting {
        /// For what you wait.
        until: WaitsFor,
        /// The conference.
        conference: ConferenceInfo,
    },
    /// The answer to `join` or `resume`: who you are and who is there.
    Welcome {
        /// You.
        me: ParticipantInfo,
        /// The conference.
        conference: ConferenceInfo,
        /// The others, in the order of their coming.
        participants: Vec<ParticipantInfo>,
        /// STUN URLs for pair connections; may be empty.
        stun_urls: Vec<String>,
        /// Whether `end` will be obeyed, and `sound`.
        may_end: bool,
        /// How you get the others' sound.
        sound: SoundMode,
        /// What was written, the oldest first, as far back as is kept.
        chat: Vec<ChatMessage>,
        /// The files that can be had, the oldest first.
        files: Vec<FileInfo>,
        /// With what `resume` makes you the same again; a secret.
        resume_key: String,
        /// Whether you are the same again. Then all else that you know of others is void: how pictures go, and whom you
        /// send yours, is told anew.
        resumed: bool,
    },
    /// The server's offer of your leg; sent once.
    Offer {
        /// The session description.
        sdp: String,
        /// The mid of the m-line on which to send your camera while the server needs it.
        camera_mid: String,
        /// The same for your screen.
        screen_mid: String,
    },
    /// A candidate of the leg's server side.
    Candidate {
        /// The candidate attribute's value.
        candidate: String,
        /// The m-line's index.
        mline_index: u32,
    },
    /// The answer to `restart`.
    Restarted {
        /// The session description.
        answer: String,
    },
    /// Somebody came.
    Joined {
        /// Who.
        participant: ParticipantInfo,
    },
    /// Something else than his id, number and name changed of somebody, or of yourself.
    Updated {
        /// How he is now.
        participant: ParticipantInfo,
    },
    /// Somebody is gone.
    Left {
        /// Who.
        participant: ParticipantId,
        /// Why.
        reason: LeaveReason,
    },
    /// Something from the other end of a pair connection.
    Pair {
        /// From whom.
        from: ParticipantId,
        /// What.
        signal: PairSignal,
    },
    /// How a picture reaches you from now on. A slot of the leg carries it when the path is `server`.
    Path {
        /// Whose picture.
        publisher: ParticipantId,
        /// Which of his.
        source: Source,
        /// The path.
        path: Path,
        /// The mid of the leg's m-line that carries it, when the path is `server`.
        mid: Option<String>,
        /// Who passes it on, when the path is `peer`.
        relay: Option<ParticipantId>,
        /// Why this path; absent when there is no picture.
        why: Option<Why>,
    },
    /// Send a picture to somebody, or stop: your own on the pair connection with him, somebody else's on a connection
    /// of the picture's own, for which you make the offer.
    Send {
        /// Which picture.
        picture: Picture,
        /// To whom.
        to: ParticipantId,
        /// Whether.
        on: bool,
    },
    /// Something from the other end of a connection that carries one relayed picture.
    Relay {
        /// From whom.
        from: ParticipantId,
        /// The picture that the connection is for.
        picture: Picture,
        /// The connection's number, counted by whoever offers: an answer names its offer's.
        attempt: u32,
        /// What.
        signal: PairSignal,
    },
    /// Try the pair connection with somebody again, from anew; pictures stay where they are meanwhile.
    Retry {
        /// With whom.
        peer: ParticipantId,
    },
    /// Whether somebody needs a picture of yours by the server path: send it on the leg's m-line, or stop.
    ServerNeeds {
        /// Which of your pictures.
        source: Source,
        /// Whether it is needed.
        needed: bool,
    },
    /// Of a picture that you send to the server in layers (simulcast, RFC 8853) these are needed: send no others. Told when
    /// that changes; what was told last holds also while the picture is not needed.
    Layers {
        /// Which of your pictures.
        source: Source,
        /// Their names in the offer (RFC 8851), the smallest first.
        needed: Vec<String>,
    },
    /// Help to find out where you stand. Of a page that does not it is not known whether strangers reach it.
    Probe {
        /// How.
        wish: ProbeWish,
    },
    /// Who talks now: when that changes, and a few times a second. Left out for a page that is slow to read.
    Talkers {
        /// The timestamp in the mix's RTP packets from which on this is heard: a page that shows it when
        /// `getSynchronizationSources()` has come there is in step with the sound.
        rtp_time: u32,
        /// Those in the mix, loudest first.
        talkers: Vec<Talker>,
    },
    /// When what comes by the server was captured: of whoever is heard or seen by it, when that is known first, when it
    /// moves by 2 ms (four times a second at most) or comes from another stream of his, and every two seconds. Left out for a
    /// page that is slow to read.
    Captures {
        /// At most one of each participant and m-line.
        captures: Vec<Capture>,
    },
    /// How you get the others' sound from now on: on the leg's first m-line as a mix, or on its other m-lines of sound,
    /// which are there from the beginning. Play all of them.
    Sound {
        /// In which way.
        mode: SoundMode,
    },
    /// What holds for all has changed.
    Rules {
        /// How it is now.
        rules: Rules,
    },
    /// Who waits to be let in, all of them; for moderators, whenever that changes.
    WaitingList {
        /// In the order of their coming.
        waiting: Vec<Waiting>,
    },
    /// Somebody wrote, or you did.
    Chat {
        /// What.
        message: ChatMessage,
    },
    /// Somebody offers a file, or you do; or the server's copy of one has changed.
    File {
        /// Which.
        file: FileInfo,
    },
    /// A file cannot be had any more.
    FileGone {
        /// Its number.
        file: u32,
    },
    /// Somebody cannot get your file from you: send the server a copy (`PUT /api/v1/conferences/{id}/files/{file}`).
    Upload {
        /// Its number.
        file: u32,
    },
    /// A moderator asks you to switch something on.
    Asked {
        /// Who.
        by: ParticipantId,
        /// What.
        permission: Permission,
    },
    /// The answer to `ping`.
    Pong {},
    /// What you asked for is done.
    Done {
        /// Your number.
        request: u32,
    },
    /// Who is banned.
    Bans {
        /// Your number.
        request: u32,
        /// All, the oldest first.
        bans: Vec<Ban>,
    },
    /// What moderators did.
    Audit {
        /// Your number.
        request: u32,
        /// The last of it, the newest first.
        entries: Vec<AuditEntry>,
    },
    /// The conference is over; the socket closes after this.
    Ended {
        /// Why.
        reason: EndReason,
    },
    /// Something you said was refused. The conference goes on unless `fatal`.
    Error {
        /// What kind.
        code: ErrorCode,
        /// A sentence with the cause.
        message: String,
        /// Whether the socket closes after this.
        fatal: bool,
        /// Your number, if it answers an `act`.
        request: Option<u32>,
    },
}

/// Somebody who is heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Talker {
    /// Who.
    pub id: ParticipantId,
    /// His number: the CSRC in the mix's packets.
    pub number: u32,
    /// In dBov, from -127 to 0.
    pub level: i32,
}

/// Why somebody is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LeaveReason {
    /// He left.
    Left,
    /// Neither his socket nor his packets were heard from any more.
    Vanished,
    /// His leg failed.
    LegFailed,
    /// A moderator sent him away.
    Removed,
    /// A moderator sent him away for good.
    Banned,
}

/// Why a conference is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// A moderator ended it.
    Moderator,
    /// It stood empty for the grace time.
    Empty,
    /// The service shuts down.
    Shutdown,
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not a message (not JSON, unknown type, a field too many or too few).
    Malformed,
    /// Longer than the service reads.
    TooLarge,
    /// A message that does not fit now, such as anything before `join`, or a second `join`.
    OutOfOrder,
    /// The token is not ours, is of another conference, or has expired.
    BadToken,
    /// Your role does not allow it.
    Forbidden,
    /// As many are in the conference as may be.
    Full,
    /// No such conference, or it has ended.
    NoConference,
    /// No such participant.
    NoParticipant,
    /// A name that is empty or too long.
    BadName,
    /// A session description that is none, or does not answer what was offered.
    BadSdp,
    /// A candidate that is none.
    BadCandidate,
    /// Nobody new enters now.
    Locked,
    /// You are kept out.
    Banned,
    /// You waited to be let in, and are not.
    Denied,
    /// Another socket has become you.
    TakenOver,
    /// There is nobody to be again: `join`.
    CannotResume,
    /// Not a text for the chat.
    BadText,
    /// Not a file that can be offered.
    BadFile,
    /// More messages than anyone needs to send.
    TooMany,
    /// Our fault.
    Internal,
}
