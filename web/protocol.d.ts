// Made from signaling/protocol by `make declarations`; a test fails when it is stale.

export type Role = "moderator" | "speaker" | "listener";

export type Class = "public" | "private" | "unknown";

export type Source = "camera" | "screen";

export type Path = "direct" | "peer" | "server" | "none";

export type Publishing = { 
/**
 * Sound from a microphone that is not muted.
 */
microphone: boolean, 
/**
 * A camera picture.
 */
camera: boolean, 
/**
 * A screen picture.
 */
screen: boolean, };

export type Picture = { 
/**
 * Whose picture.
 */
publisher: string, 
/**
 * Which of his.
 */
source: Source, };

export type Shown = { 
/**
 * Whose picture.
 */
publisher: string, 
/**
 * Which of his.
 */
source: Source, 
/**
 * In pixels of the device; 0: as wide as it comes.
 */
width: number, 
/**
 * The same downward.
 */
height: number, };

export type Loudness = { 
/**
 * Whom.
 */
participant: string, 
/**
 * From 0, not at all, over 1, as he is, to 2.
 */
gain: number, };

export type Wishes = { 
/**
 * Whether he passes pictures on to those who cannot reach their publishers.
 */
relays: boolean, 
/**
 * Whether nobody but the server may learn his address: then all his pictures go through it, both ways.
 */
hides_address: boolean, 
/**
 * How many pictures he can send to others at once, his own and those he passes on; `None`: any number.
 */
uplink: number | null, };

export type Why = "connected" | "trying" | "both_private" | "not_connected" | "uplink_spent" | "relay_lost" | "no_common_way" | "hides_address";

export type Topology = "adaptive" | "claimed";

export type SoundMode = "mix" | "relay";

export type FileSignal = { "kind": "description", 
/**
 * `offer` or `answer`.
 */
description_type: string, 
/**
 * The session description (RFC 8866).
 */
sdp: string, } | { "kind": "candidate", 
/**
 * The candidate attribute's value; empty: no more will come.
 */
candidate: string, 
/**
 * The m-line's mid.
 */
mid: string | null, 
/**
 * The m-line's index.
 */
mline_index: number | null, } | { "kind": "refuse", };

export type PairSignal = { "kind": "call", } | { "kind": "description", 
/**
 * `offer`, `answer`, `pranswer` or `rollback`.
 */
description_type: string, 
/**
 * The session description (RFC 8866).
 */
sdp: string, } | { "kind": "candidate", 
/**
 * The candidate attribute's value; empty: no more will come.
 */
candidate: string, 
/**
 * The m-line's mid.
 */
mid: string | null, 
/**
 * The m-line's index.
 */
mline_index: number | null, } | { "kind": "limit", 
/**
 * Which of your pictures.
 */
source: Source, 
/**
 * In bits a second; absent: as much as you like.
 */
bits_per_second: number | null, } | { "kind": "captures", 
/**
 * Which picture.
 */
source: Source, 
/**
 * A timestamp in the picture's packets, at 90 kHz.
 */
rtp_time: number, 
/**
 * When its publisher captured what has it: milliseconds since 1970 by his own clock, the one of his sender reports.
 */
captured_ms: number, } | { "kind": "file", 
/**
 * Which.
 */
file: number, 
/**
 * The connection's number, counted by whoever wants the file: an answer names its offer's.
 */
attempt: number, 
/**
 * What.
 */
signal: FileSignal, };

export type PairState = "slow" | "connected" | "failed";

export type ProbeWish = { "kind": "begin", 
/**
 * `a=ice-ufrag` of the service's side.
 */
ufrag: string, 
/**
 * `a=ice-pwd` of the service's side.
 */
password: string, } | { "kind": "mirror", 
/**
 * An IP address that others see you at.
 */
address: string, } | { "kind": "candidate", 
/**
 * The candidate attribute's value.
 */
candidate: string, } | { "kind": "end", };

export type ProbeSignal = { "kind": "offer", 
/**
 * `a=ice-ufrag` of the page's side.
 */
ufrag: string, 
/**
 * `a=ice-pwd` of the page's side.
 */
password: string, } | { "kind": "candidate", 
/**
 * The candidate attribute's value.
 */
candidate: string, } | { "kind": "mirror", 
/**
 * Which.
 */
address: string, 
/**
 * A connection with itself by this address left by a host candidate: nothing translates between.
 */
own: boolean, };

export type Permission = "microphone" | "camera" | "screen" | "chat" | "files";

export type Permissions = { 
/**
 * To be heard.
 */
microphone: boolean, 
/**
 * To show a camera's picture.
 */
camera: boolean, 
/**
 * To show a screen.
 */
screen: boolean, 
/**
 * To write to all.
 */
chat: boolean, 
/**
 * To offer files.
 */
files: boolean, };

export type Rules = { 
/**
 * Nobody new enters but moderators.
 */
locked: boolean, 
/**
 * Whoever is no moderator waits until one lets him in.
 */
lobby: boolean, 
/**
 * What newcomers may do.
 */
permissions: Permissions, };

export type Action = { "kind": "hand", 
/**
 * Whether up.
 */
up: boolean, } | { "kind": "say", 
/**
 * 1 to 2000 characters of plain text.
 */
text: string, 
/**
 * The message that it replies to.
 */
reply_to: number | null, } | { "kind": "offer", 
/**
 * Its name: 1 to 255 characters, no control characters and no slashes.
 */
name: string, 
/**
 * In octets: 1 to 2^30.
 */
size: number, 
/**
 * What it is (RFC 6838), at most 100 characters; may be empty.
 */
media_type: string, 
/**
 * SHA-256 (FIPS 180-4) of all of it, as 64 hexadecimal digits in lower case.
 */
sha256: string, } | { "kind": "withdraw", 
/**
 * Its number.
 */
file: number, } | { "kind": "fetch", 
/**
 * Its number.
 */
file: number, 
/**
 * Whether from him.
 */
direct: boolean, } | { "kind": "mute", 
/**
 * Whose; `None`: everyone's.
 */
participant: string | null, } | { "kind": "permit", 
/**
 * To whom; `None`: to everyone.
 */
participant: string | null, 
/**
 * What.
 */
permission: Permission, 
/**
 * Whether.
 */
allowed: boolean, } | { "kind": "ask", 
/**
 * Whom.
 */
participant: string, 
/**
 * What.
 */
permission: Permission, } | { "kind": "lower_hand", 
/**
 * Whose; `None`: everyone's.
 */
participant: string | null, } | { "kind": "admit", 
/**
 * Whom; `None`: all.
 */
participant: string | null, } | { "kind": "deny", 
/**
 * Whom.
 */
participant: string, 
/**
 * Whether he is kept out from now on.
 */
ban: boolean, } | { "kind": "lobby", 
/**
 * Whether.
 */
on: boolean, } | { "kind": "lock", 
/**
 * Whether.
 */
on: boolean, } | { "kind": "remove", 
/**
 * Whom.
 */
participant: string, 
/**
 * Whether he is kept out from now on.
 */
ban: boolean, } | { "kind": "unban", 
/**
 * Its number.
 */
ban: number, } | { "kind": "role", 
/**
 * To whom.
 */
participant: string, 
/**
 * Which.
 */
role: Role, } | { "kind": "hand_over", 
/**
 * Whom.
 */
participant: string, } | { "kind": "bans", } | { "kind": "audit", };

export type Waiting = { 
/**
 * His id.
 */
id: string, 
/**
 * The name he chose.
 */
name: string, 
/**
 * For what he waits.
 */
until: WaitsFor, };

export type WaitsFor = "moderator" | "start";

export type Ban = { 
/**
 * Its number.
 */
id: number, 
/**
 * His name when it was made.
 */
name: string, 
/**
 * Whether his browser is kept out; else it gave no identity, and the name is.
 */
by_identity: boolean, 
/**
 * The name of who made it.
 */
by: string, };

export type Person = { 
/**
 * His id.
 */
id: string, 
/**
 * His name.
 */
name: string, };

export type AuditEntry = { 
/**
 * When, in seconds since 1970.
 */
at: number, 
/**
 * Who; absent when the role fell to somebody since nobody had it.
 */
by: Person | null, 
/**
 * What.
 */
action: Action, 
/**
 * The name of whom it is about.
 */
whom: string | null, };

export type ChatMessage = { 
/**
 * Its number; the next one's is higher.
 */
id: number, 
/**
 * Whose.
 */
from: string, 
/**
 * His name.
 */
name: string, 
/**
 * Plain text; never to be taken for HTML.
 */
text: string, 
/**
 * The message that it replies to.
 */
reply_to: number | null, 
/**
 * When, in milliseconds since 1970 by the service's clock.
 */
at: number, };

export type Capture = { 
/**
 * Who captured it.
 */
participant: string, 
/**
 * The mid of the leg's m-line on which it comes: the mix's, or a slot's.
 */
mid: string, 
/**
 * A timestamp in the packets of that m-line: at 48 kHz for sound, 90 kHz for a picture.
 */
rtp_time: number, 
/**
 * When he captured what has it: milliseconds since 1970 by his own clock, the one of his sender reports. Only two times
 * of the same participant can be compared.
 */
captured_ms: number, };

export type Skew = { 
/**
 * Whose.
 */
participant: string, 
/**
 * By which path his camera's picture comes.
 */
path: Path, 
/**
 * When the sound that is heard was captured, less when the picture that is seen was, in milliseconds: positive when
 * the sound is ahead (the sign of ITU-R BT.1359).
 */
skew_ms: number, };

export type FileCopy = "none" | "coming" | "there";

export type FileInfo = { 
/**
 * Its number; the next one's is higher.
 */
id: number, 
/**
 * Whose.
 */
from: string, 
/**
 * His name.
 */
by: string, 
/**
 * The file's name. Plain text; never to be taken for HTML, nor for a path.
 */
name: string, 
/**
 * In octets.
 */
size: number, 
/**
 * What he says that it is (RFC 6838); may be empty, and is not to be relied on.
 */
media_type: string, 
/**
 * SHA-256 (FIPS 180-4) of all of it, as 64 hexadecimal digits. What has another is not this file.
 */
sha256: string, 
/**
 * When it was offered, in milliseconds since 1970 by the service's clock.
 */
at: number, 
/**
 * Whether the server has a copy.
 */
copy: FileCopy, };

export type ConferenceInfo = { 
/**
 * The id in its URL.
 */
id: string, 
/**
 * The title its creator gave; may be empty.
 */
title: string, 
/**
 * How many may be in it at once.
 */
max_participants: number, 
/**
 * When it begins, in seconds since 1970; absent: at its creation.
 */
starts_at: number | null, 
/**
 * What holds for all.
 */
rules: Rules, };

export type ParticipantInfo = { 
/**
 * His id.
 */
id: string, 
/**
 * His number in the mix: the CSRC of his sound (RFC 3550 section 5.1).
 */
number: number, 
/**
 * The name he chose.
 */
name: string, 
/**
 * What he may do.
 */
role: Role, 
/**
 * Where he stands.
 */
class: Class, 
/**
 * What he sends.
 */
publishing: Publishing, 
/**
 * What he may do, in his role.
 */
permissions: Permissions, 
/**
 * His hand is up: of two, the lower number was first.
 */
hand: number | null, 
/**
 * His socket is gone; he may come back.
 */
away: boolean, };

export type ClientMessage = { "type": "join", 
/**
 * The name to show: 1 to 64 characters.
 */
name: string, 
/**
 * A capability token for a role, if one was given; without it one joins as a speaker.
 */
token: string | null, 
/**
 * What will be published.
 */
publishing: Publishing, 
/**
 * What is wished of the network; left out: to pass nothing on, to hide nothing, no limit.
 */
wishes: Wishes, 
/**
 * By what the browser is known again: 22 to 128 letters, digits, `-` and `_` that it has made at random once,
 * and tells nobody else; left out: it is not.
 */
identity?: string, } | { "type": "resume", 
/**
 * Who.
 */
participant: string, 
/**
 * What `welcome` said to resume with.
 */
key: string, 
/**
 * Whether this page has its side of the leg still; otherwise it gets a new `offer`.
 */
has_leg: boolean, } | { "type": "ping", } | { "type": "act", 
/**
 * Any number, to tell the answer by.
 */
request: number, 
/**
 * What.
 */
action: Action, } | { "type": "answer", 
/**
 * The session description.
 */
sdp: string, } | { "type": "candidate", 
/**
 * The candidate attribute's value; empty: no more will come.
 */
candidate: string, 
/**
 * The m-line's index.
 */
mline_index: number, } | { "type": "restart", 
/**
 * The session description.
 */
offer: string, } | { "type": "pair", 
/**
 * To whom.
 */
to: string, 
/**
 * What.
 */
signal: PairSignal, } | { "type": "pair_state", 
/**
 * The other end.
 */
peer: string, 
/**
 * How it fares.
 */
state: PairState, } | { "type": "relay", 
/**
 * To whom.
 */
to: string, 
/**
 * The picture that the connection is for.
 */
picture: Picture, 
/**
 * The connection's number, counted by whoever offers: an answer names its offer's.
 */
attempt: number, 
/**
 * What.
 */
signal: PairSignal, } | { "type": "relay_state", 
/**
 * Who passes it on.
 */
relay: string, 
/**
 * The picture.
 */
picture: Picture, 
/**
 * How it fares.
 */
state: PairState, } | { "type": "wish", 
/**
 * All wishes.
 */
wishes: Wishes, } | { "type": "probe", 
/**
 * What.
 */
signal: ProbeSignal, } | { "type": "publish", 
/**
 * The new state.
 */
publishing: Publishing, } | { "type": "want", 
/**
 * All that is wanted; what is not in it is not.
 */
pictures: Array<Picture>, } | { "type": "sizes", 
/**
 * The pictures whose sizes are others than before.
 */
pictures: Array<Shown>, } | { "type": "gains", 
/**
 * Whom how loudly.
 */
gains: Array<Loudness>, } | { "type": "skews", 
/**
 * At most one of each participant.
 */
skews: Array<Skew>, } | { "type": "sound", 
/**
 * In which.
 */
mode: SoundMode, } | { "type": "leave", } | { "type": "end", };

export type ServerMessage = { "type": "waiting", 
/**
 * For what you wait.
 */
until: WaitsFor, 
/**
 * The conference.
 */
conference: ConferenceInfo, } | { "type": "welcome", 
/**
 * You.
 */
me: ParticipantInfo, 
/**
 * The conference.
 */
conference: ConferenceInfo, 
/**
 * The others, in the order of their coming.
 */
participants: Array<ParticipantInfo>, 
/**
 * STUN URLs for pair connections; may be empty.
 */
stun_urls: Array<string>, 
/**
 * Whether `end` will be obeyed, and `sound`.
 */
may_end: boolean, 
/**
 * How you get the others' sound.
 */
sound: SoundMode, 
/**
 * What was written, the oldest first, as far back as is kept.
 */
chat: Array<ChatMessage>, 
/**
 * The files that can be had, the oldest first.
 */
files: Array<FileInfo>, 
/**
 * With what `resume` makes you the same again; a secret.
 */
resume_key: string, 
/**
 * Whether you are the same again. Then all else that you know of others is void: how pictures go, and whom you
 * send yours, is told anew.
 */
resumed: boolean, } | { "type": "offer", 
/**
 * The session description.
 */
sdp: string, 
/**
 * The mid of the m-line on which to send your camera while the server needs it.
 */
camera_mid: string, 
/**
 * The same for your screen.
 */
screen_mid: string, } | { "type": "candidate", 
/**
 * The candidate attribute's value.
 */
candidate: string, 
/**
 * The m-line's index.
 */
mline_index: number, } | { "type": "restarted", 
/**
 * The session description.
 */
answer: string, } | { "type": "joined", 
/**
 * Who.
 */
participant: ParticipantInfo, } | { "type": "updated", 
/**
 * How he is now.
 */
participant: ParticipantInfo, } | { "type": "left", 
/**
 * Who.
 */
participant: string, 
/**
 * Why.
 */
reason: LeaveReason, } | { "type": "pair", 
/**
 * From whom.
 */
from: string, 
/**
 * What.
 */
signal: PairSignal, } | { "type": "path", 
/**
 * Whose picture.
 */
publisher: string, 
/**
 * Which of his.
 */
source: Source, 
/**
 * The path.
 */
path: Path, 
/**
 * The mid of the leg's m-line that carries it, when the path is `server`.
 */
mid: string | null, 
/**
 * Who passes it on, when the path is `peer`.
 */
relay: string | null, 
/**
 * Why this path; absent when there is no picture.
 */
why: Why | null, } | { "type": "send", 
/**
 * Which picture.
 */
picture: Picture, 
/**
 * To whom.
 */
to: string, 
/**
 * Whether.
 */
on: boolean, } | { "type": "relay", 
/**
 * From whom.
 */
from: string, 
/**
 * The picture that the connection is for.
 */
picture: Picture, 
/**
 * The connection's number, counted by whoever offers: an answer names its offer's.
 */
attempt: number, 
/**
 * What.
 */
signal: PairSignal, } | { "type": "retry", 
/**
 * With whom.
 */
peer: string, } | { "type": "server_needs", 
/**
 * Which of your pictures.
 */
source: Source, 
/**
 * Whether it is needed.
 */
needed: boolean, } | { "type": "layers", 
/**
 * Which of your pictures.
 */
source: Source, 
/**
 * Their names in the offer (RFC 8851), the smallest first.
 */
needed: Array<string>, } | { "type": "probe", 
/**
 * How.
 */
wish: ProbeWish, } | { "type": "talkers", 
/**
 * The timestamp in the mix's RTP packets from which on this is heard: a page that shows it when
 * `getSynchronizationSources()` has come there is in step with the sound.
 */
rtp_time: number, 
/**
 * Those in the mix, loudest first.
 */
talkers: Array<Talker>, } | { "type": "captures", 
/**
 * At most one of each participant and m-line.
 */
captures: Array<Capture>, } | { "type": "sound", 
/**
 * In which way.
 */
mode: SoundMode, } | { "type": "rules", 
/**
 * How it is now.
 */
rules: Rules, } | { "type": "waiting_list", 
/**
 * In the order of their coming.
 */
waiting: Array<Waiting>, } | { "type": "chat", 
/**
 * What.
 */
message: ChatMessage, } | { "type": "file", 
/**
 * Which.
 */
file: FileInfo, } | { "type": "file_gone", 
/**
 * Its number.
 */
file: number, } | { "type": "upload", 
/**
 * Its number.
 */
file: number, } | { "type": "asked", 
/**
 * Who.
 */
by: string, 
/**
 * What.
 */
permission: Permission, } | { "type": "pong", } | { "type": "done", 
/**
 * Your number.
 */
request: number, } | { "type": "bans", 
/**
 * Your number.
 */
request: number, 
/**
 * All, the oldest first.
 */
bans: Array<Ban>, } | { "type": "audit", 
/**
 * Your number.
 */
request: number, 
/**
 * The last of it, the newest first.
 */
entries: Array<AuditEntry>, } | { "type": "ended", 
/**
 * Why.
 */
reason: EndReason, } | { "type": "error", 
/**
 * What kind.
 */
code: ErrorCode, 
/**
 * A sentence with the cause.
 */
message: string, 
/**
 * Whether the socket closes after this.
 */
fatal: boolean, 
/**
 * Your number, if it answers an `act`.
 */
request: number | null, };

export type Talker = { 
/**
 * Who.
 */
id: string, 
/**
 * His number: the CSRC in the mix's packets.
 */
number: number, 
/**
 * In dBov, from -127 to 0.
 */
level: number, };

export type LeaveReason = "left" | "vanished" | "leg_failed" | "removed" | "banned";

export type EndReason = "moderator" | "empty" | "shutdown";

export type ErrorCode = "malformed" | "too_large" | "out_of_order" | "bad_token" | "forbidden" | "full" | "no_conference" | "no_participant" | "bad_name" | "bad_sdp" | "bad_candidate" | "locked" | "banned" | "denied" | "taken_over" | "cannot_resume" | "bad_text" | "bad_file" | "too_many" | "internal";

export type CreateConference = { 
/**
 * At most 120 characters; may be empty.
 */
title: string, 
/**
 * How many may be in it at once, 2 to 500; the service's default when absent.
 */
max_participants: number | null, 
/**
 * Whether the public list shows it.
 */
listed: boolean, 
/**
 * Who connects to whom; the service's default when absent.
 */
topology: Topology | null, 
/**
 * How everyone gets the others' sound to begin with; a moderator may change it. A mix when absent.
 */
sound: SoundMode, 
/**
 * Whether whoever is no moderator waits to be let in.
 */
lobby?: boolean, 
/**
 * When it begins, in seconds since 1970, at most a year ahead; at once when absent.
 */
starts_at?: number, };

export type ConferenceCreated = { 
/**
 * The new conference's id.
 */
id: string, 
/**
 * Where people join.
 */
url: string, 
/**
 * Makes its bearer a moderator. Pages carry it in the URL's fragment.
 */
moderator_token: string, };

export type ConferenceSummary = { 
/**
 * Its id.
 */
id: string, 
/**
 * Its title.
 */
title: string, 
/**
 * How many may be in it at once.
 */
max_participants: number, 
/**
 * How many are in it.
 */
participants: number, 
/**
 * Whether the public list shows it.
 */
listed: boolean, 
/**
 * When it was created, in seconds since 1970.
 */
created_at: number, 
/**
 * When it begins, in seconds since 1970; absent: at its creation.
 */
starts_at: number | null, };

export type AddressOrigin = "socket" | "host" | "srflx" | "other" | "checked" | "observed";

export type AddressProtocol = "udp" | "tcp";

export type AddressRecord = { 
/**
 * Counts all addresses in the order in which they were learnt.
 */
sequence: number, 
/**
 * Where it was learnt.
 */
origin: AddressOrigin, 
/**
 * Of what it is.
 */
protocol: AddressProtocol, 
/**
 * The IP address, or the `.local` name that hides it.
 */
address: string, 
/**
 * The port.
 */
port: number, 
/**
 * When it was learnt, in seconds since 1970.
 */
at: number, };

export type Realm = "wide" | "server_lan";

export type Mapping = "none" | "endpoint_independent" | "address_and_port_dependent";

export type Filtering = "endpoint_independent" | "address_and_port_dependent";

export type Nat = { 
/**
 * How it translates.
 */
mapping: Mapping | null, 
/**
 * Whom it lets in.
 */
filtering: Filtering | null, };

export type Evidence = "declared_matches" | "declared_differs" | "hosts_hidden" | "mirror_matches" | "mirror_differs" | "server_lan" | "tcp_only" | "probe_answered" | "probe_unanswered" | "nothing_to_probe" | "mapped_alike" | "mapped_otherwise" | "probe_not_reached";

export type StandingRecord = { 
/**
 * Public or private, in his realm.
 */
class: Class, 
/**
 * Whether strangers' packets reach him there; `null` while that is not known.
 */
reachable: boolean | null, 
/**
 * Where his class holds.
 */
realm: Realm, 
/**
 * What stands before him.
 */
nat: Nat, 
/**
 * What it rests on.
 */
evidence: Array<Evidence>, 
/**
 * Since when it is so, in seconds since 1970; 0 while nothing is known.
 */
classified_at: number, };

export type ParticipantRecord = { 
/**
 * His id.
 */
id: string, 
/**
 * His name.
 */
name: string, 
/**
 * What he may do.
 */
role: Role, 
/**
 * Whether nobody but the service may learn his address.
 */
hides_address: boolean, 
/**
 * When he came, in seconds since 1970.
 */
joined_at: number, 
/**
 * When he left, in seconds since 1970; absent while he is in.
 */
left_at: number | null, 
/**
 * Every address known of him, in the order in which they were learnt.
 */
addresses: Array<AddressRecord>, 
/**
 * Public or private, in his realm.
 */
class: Class, 
/**
 * Whether strangers' packets reach him there; `null` while that is not known.
 */
reachable: boolean | null, 
/**
 * Where his class holds.
 */
realm: Realm, 
/**
 * What stands before him.
 */
nat: Nat, 
/**
 * What it rests on.
 */
evidence: Array<Evidence>, 
/**
 * Since when it is so, in seconds since 1970; 0 while nothing is known.
 */
classified_at: number, };

export type PathRecord = { 
/**
 * Who sees it.
 */
subscriber: string, 
/**
 * Whose picture.
 */
publisher: string, 
/**
 * Which of his.
 */
source: Source, 
/**
 * By which path.
 */
path: Path, 
/**
 * Who passes it on, when the path is `peer`.
 */
relay: string | null, 
/**
 * Why this path.
 */
why: Why | null, };

export type Embedding = { 
/**
 * The sites that may show the page in a frame and speak with it.
 */
origins: Array<string>, };

export type TokenRequest = { 
/**
 * The role its bearer will have.
 */
role: Role, 
/**
 * How long it holds, in seconds: at most 30 days.
 */
valid_seconds: number, };

export type TokenIssued = { 
/**
 * The token.
 */
token: string, 
/**
 * When it expires, in seconds since 1970.
 */
expires_at: number, };

export type ApiError = { 
/**
 * What kind.
 */
code: ErrorCode, 
/**
 * A sentence with the cause.
 */
message: string, };
