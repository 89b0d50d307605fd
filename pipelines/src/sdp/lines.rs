//! The m-lines that the browser sees, of which webrtcbin sees one: the mix's, as one that receives.
//!
//! To webrtcbin each m-line is a transceiver with pads and elements of its own, made while somebody joins; with all of
//! them that would be most of what a join costs. None needs it: what is sent goes into the bundle's one RTP session, and
//! a browser tells it by its SSRC; what comes is told by its own (`leg/streams.rs`). So webrtcbin is told of the sound
//! that comes, and we write what else there is.

use super::{
    Sections, attribute,
    sound::{is_wish, told},
};

/// The payload type of pictures, VP8.
pub const PICTURE: i32 = 96;

/// The payload type of their packets that are sent again (RFC 4588).
pub const PICTURE_AGAIN: i32 = 97;

/// An m-line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its mid, which begins with its kind.
    pub mid: String,
    /// Who sends, and what.
    pub flow: Flow,
    /// The header extensions of its packets: ids and URIs.
    pub extensions: Vec<(u8, &'static str)>,
}

/// Who sends on a line, and what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The browser, in these layers (RFC 8853), the smallest first; none: one stream.
    Up(&'static [&'static str]),
    /// We.
    Down(Sources),
    /// Both, one stream each.
    Both(Sources),
}

/// By which SSRCs we send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sources {
    /// Its SSRC, for life.
    pub ssrc: u32,
    /// The SSRC of what is sent again, if anything is.
    pub again: Option<u32>,
}

/// What we say beyond what webrtcbin does.
#[derive(Clone, Debug)]
pub struct Ours {
    /// All lines in their order; the first is webrtcbin's, too.
    pub lines: Vec<Line>,
    /// The name under which all sources of the session report (RFC 3550 section 6.5.1).
    pub cname: String,
}

impl Ours {
    /// The SSRC of the mix.
    #[must_use]
    pub fn mix(&self) -> u32 {
        let mixes = self.lines.iter().filter_map(|line| match line.flow {
            Flow::Both(sources) => Some(sources.ssrc),
            _ => None,
        });
        mixes.into_iter().next().unwrap_or_default()
    }

    /// webrtcbin's offer as the browser has to see it.
    #[must_use]
    pub fn offer(&self, description: &str) -> String {
        self.write(description, |line| line.wishes())
    }

    /// webrtcbin's answer to the browser's `offer`, as the browser has to see it.
    #[must_use]
    pub(crate) fn answer(&self, description: &str, offered: &Sections<'_>) -> String {
        self.write(description, |line| {
            let theirs = offered
                .named(&line.mid)
                .map_or((false, false), direction_of);
            let ours = line.wishes();
            (ours.0 && theirs.1, ours.1 && theirs.0)
        })
    }

    fn write(&self, description: &str, direction: impl Fn(&Line) -> (bool, bool)) -> String {
        let sections = Sections::of(description);
        let mids: Vec<_> = self.lines.iter().map(|line| line.mid.as_str()).collect();
        let mut out = String::with_capacity(description.len() + 1_024 * self.lines.len());
        let mut write = |line: &str| out.extend([line, "\r\n"]);
        for line in &sections.head {
            if line.starts_with("a=group:BUNDLE") {
                write(&format!("a=group:BUNDLE {}", mids.join(" ")));
            } else {
                write(line);
            }
        }
        if let Some(first) = sections.media.first() {
            for (index, line) in self.lines.iter().enumerate() {
                let is_known = index == 0;
                let section = line.section(first, is_known, direction(line), &self.cname);
                section.iter().for_each(|line| write(line));
            }
        }
        out
    }
}

/// A description of the browser's as webrtcbin has to see it: all that it learns is who sends the sound. A certificate that
/// is said once for all m-lines (RFC 8122 section 5), as Firefox does, stands at this one: webrtcbin 1.22 has none in its
/// answer to an offer otherwise.
#[must_use]
pub(crate) fn for_webrtcbin(description: &Sections<'_>) -> String {
    let Sections { head, media } = description;
    let first = media.first().map_or(&[][..], |first| first);
    let certificates: Vec<_> = match attribute(first, "fingerprint") {
        Some(_) => Vec::new(),
        None => head.iter().filter(|line| is_fingerprint(line)).collect(),
    };
    let mut out = String::with_capacity(2_048);
    let mut write = |line: &str| out.extend([line, "\r\n"]);
    for line in head.iter().filter(|line| !is_fingerprint(line)) {
        match attribute(first, "mid").filter(|_| line.starts_with("a=group:BUNDLE")) {
            Some(mid) => write(&format!("a=group:BUNDLE {mid}")),
            None => write(line),
        }
    }
    let known = first
        .iter()
        .filter(|line| !is_direction(line) && !is_wish(line));
    known.for_each(|line| write(line));
    if !first.is_empty() {
        certificates.into_iter().for_each(|line| write(line));
        write("a=sendonly");
    }
    out
}

fn is_fingerprint(line: &str) -> bool {
    line.starts_with("a=fingerprint:")
}

/// Whether the browser takes the mix.
#[must_use]
pub(crate) fn hears(description: &Sections<'_>) -> bool {
    description
        .media
        .first()
        .is_some_and(|mix| direction_of(mix).1)
}

/// The SSRCs that a description names, with the mid of their m-line (RFC 5576).
pub(crate) fn sources<'a>(description: &Sections<'a>) -> impl Iterator<Item = (&'a str, u32)> {
    description.media.iter().flat_map(|section| {
        let mid = attribute(section, "mid").unwrap_or_default();
        let named = section.iter().filter_map(|line| {
            let ssrc = line.strip_prefix("a=ssrc:")?.split(' ').next()?;
            ssrc.parse().ok()
        });
        named.map(move |ssrc| (mid, ssrc))
    })
}

impl Line {
    /// Whether we want to send and to receive.
    fn wishes(&self) -> (bool, bool) {
        match self.flow {
            Flow::Up(_) => (false, true),
            Flow::Down(_) => (true, false),
            Flow::Both(_) => (true, true),
        }
    }

    /// Its section, in the bundle of the first one.
    fn section(
        &self,
        first: &[&str],
        is_known: bool,
        (sends, receives): (bool, bool),
        cname: &str,
    ) -> Vec<String> {
        let kept = first.iter().filter(|line| {
            !is_direction(line) && !is_track(line) && (is_known || !is_of_one_line(line))
        });
        let mut section: Vec<String> = kept.map(|line| told(line)).collect();
        if self.mid.starts_with("video") {
            section.retain(|line| !is_of_codecs(line));
            section[0] = picture_line(first[0]);
            section.extend(picture_codec());
        }
        section.push(direction(sends, receives).to_owned());
        if !is_known {
            section.push(format!("a=mid:{}", self.mid));
        }
        let extension = |(id, uri): &(u8, &str)| format!("a=extmap:{id} {uri}");
        section.extend(self.extensions.iter().map(extension));
        match self.flow {
            Flow::Up(layers) => section.extend(taken(layers)),
            Flow::Down(sources) | Flow::Both(sources) => {
                section.extend(sources.lines(&self.mid, cname));
            }
        }
        section
    }
}

const DIRECTIONS: [&str; 4] = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];

fn direction(sends: bool, receives: bool) -> &'static str {
    match (sends, receives) {
        (true, true) => "a=sendrecv",
        (true, false) => "a=sendonly",
        (false, true) => "a=recvonly",
        (false, false) => "a=inactive",
    }
}

/// Whether who wrote this section sends and receives. One that says nothing does both (RFC 8866 section 6.7).
fn direction_of(section: &[&str]) -> (bool, bool) {
    let says = |sends, receives| section.contains(&direction(sends, receives));
    let neither = says(false, false);
    (
        !neither && !says(false, true),
        !neither && !says(true, false),
    )
}

/// The name of a stream and track. webrtcbin gives an offer's back in its answer; we have our own.
fn is_track(line: &str) -> bool {
    line.starts_with("a=msid:")
}

fn is_direction(line: &str) -> bool {
    DIRECTIONS.contains(&line)
}

impl Sources {
    fn lines(self, mid: &str, cname: &str) -> Vec<String> {
        let Self { ssrc, again } = self;
        // Beside the SSRCs alone (RFC 5576) the names of stream and track make a browser take the description for an old
        // one, and send no layers.
        let track = format!("a=msid:{cname} {mid}");
        let group = again.map(|again| format!("a=ssrc-group:FID {ssrc} {again}"));
        let named = [Some(ssrc), again].into_iter().flatten().flat_map(|ssrc| {
            [
                format!("a=ssrc:{ssrc} msid:{cname} {mid}"),
                format!("a=ssrc:{ssrc} cname:{cname}"),
            ]
        });
        [track].into_iter().chain(group).chain(named).collect()
    }
}

/// The m-line of pictures whose transport is that of another.
fn picture_line(other: &str) -> String {
    let mut words = other.split(' ').skip(1);
    let (port, protocol) = (
        words.next().unwrap_or("9"),
        words.next().unwrap_or_default(),
    );
    format!("m=video {port} {protocol} {PICTURE} {PICTURE_AGAIN}")
}

/// How pictures are coded.
fn picture_codec() -> impl Iterator<Item = String> {
    let feedback = ["nack", "nack pli", "ccm fir", REMB];
    let feedback = feedback.map(|kind| format!("a=rtcp-fb:{PICTURE} {kind}"));
    let codec = [format!("a=rtpmap:{PICTURE} VP8/90000")];
    let again = [
        format!("a=rtpmap:{PICTURE_AGAIN} rtx/90000"),
        format!("a=fmtp:{PICTURE_AGAIN} apt={PICTURE}"),
    ];
    codec.into_iter().chain(feedback).chain(again)
}

/// Without it or transport-wide feedback a browser stays at its starting bitrate.
const REMB: &str = "goog-remb";

/// The layers in which a picture is taken.
fn taken(layers: &[&str]) -> Vec<String> {
    let names = layers.iter().map(|name| format!("a=rid:{name} recv"));
    let all = (!layers.is_empty()).then(|| format!("a=simulcast:recv {}", layers.join(";")));
    names.chain(all).collect()
}

fn is_of_codecs(line: &str) -> bool {
    ["a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"]
        .iter()
        .any(|name| line.starts_with(name))
}

/// What no other m-line has alike, or says once for its bundle.
fn is_of_one_line(line: &str) -> bool {
    const NAMES: [&str; 5] = [
        "a=mid:",
        "a=ssrc",
        "a=extmap:",
        "a=candidate:",
        "a=end-of-candidates",
    ];
    NAMES.iter().any(|name| line.starts_with(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const WRITTEN: &str = "v=0\r\na=group:BUNDLE audio0\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=recvonly\r\n\
        a=rtpmap:111 OPUS/48000/2\r\na=fmtp:111 usedtx=1\r\na=extmap:1 level\r\na=mid:audio0\r\n\
        a=fingerprint:sha-256 AA\r\na=candidate:1 1 UDP 9 ::1 9 typ host\r\na=end-of-candidates\r\n";

    fn ours() -> Ours {
        let sources = |ssrc, again| Sources { ssrc, again };
        let line = |mid: &str, flow, extensions: &[_]| Line {
            mid: mid.into(),
            flow,
            extensions: extensions.to_vec(),
        };
        let up = Flow::Up(&["l", "h"]);
        Ours {
            lines: vec![
                line("audio0", Flow::Both(sources(10, None)), &[]),
                line("video1", up, &[(4, "time"), (5, "mid")]),
                line("audio2", Flow::Down(sources(20, None)), &[(1, "level")]),
                line("video3", Flow::Down(sources(30, Some(31))), &[(3, "twcc")]),
            ],
            cname: "me".into(),
        }
    }

    #[test]
    fn all_lines_stand_in_the_bundle_of_the_mix() {
        const OPUS: &str = "a=rtpmap:111 OPUS/48000/2\r\n\
            a=fmtp:111 usedtx=1;maxaveragebitrate=32000\r\n";
        const VP8: &str = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
            a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:96 goog-remb\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";
        const BEGIN: &str = "UDP/TLS/RTP/SAVPF";
        const SETUP: &str = "c=IN IP4 0.0.0.0\r\na=setup:actpass\r\n";
        const CERTIFICATE: &str = "a=fingerprint:sha-256 AA\r\n";
        let expected = [
            "v=0\r\na=group:BUNDLE audio0 video1 audio2 video3\r\n".into(),
            format!(
                "m=audio 9 {BEGIN} 111\r\n{SETUP}{OPUS}a=extmap:1 level\r\na=mid:audio0\r\n{CERTIFICATE}\
                a=candidate:1 1 UDP 9 ::1 9 typ host\r\na=end-of-candidates\r\na=sendrecv\r\n\
                a=msid:me audio0\r\na=ssrc:10 msid:me audio0\r\na=ssrc:10 cname:me\r\n"
            ),
            format!(
                "m=video 9 {BEGIN} 96 97\r\n{SETUP}{CERTIFICATE}{VP8}a=recvonly\r\na=mid:video1\r\n\
                a=extmap:4 time\r\na=extmap:5 mid\r\na=rid:l recv\r\na=rid:h recv\r\na=simulcast:recv l;h\r\n"
            ),
            format!(
                "m=audio 9 {BEGIN} 111\r\n{SETUP}{OPUS}{CERTIFICATE}a=sendonly\r\na=mid:audio2\r\n\
                a=extmap:1 level\r\na=msid:me audio2\r\n\
                a=ssrc:20 msid:me audio2\r\na=ssrc:20 cname:me\r\n"
            ),
            format!(
                "m=video 9 {BEGIN} 96 97\r\n{SETUP}{CERTIFICATE}{VP8}a=sendonly\r\na=mid:video3\r\n\
                a=extmap:3 twcc\r\na=msid:me video3\r\na=ssrc-group:FID 30 31\r\n\
                a=ssrc:30 msid:me video3\r\na=ssrc:30 cname:me\r\n\
                a=ssrc:31 msid:me video3\r\na=ssrc:31 cname:me\r\n"
            ),
        ];
        assert_eq!(ours().offer(WRITTEN), expected.concat());
    }

    #[test]
    fn webrtcbin_learns_who_sends_the_sound_and_nothing_else() {
        let section = |direction: &str| format!("m=audio 9 X 111\r\na=mid:a\r\n{direction}");
        let pictures = "m=video 9 X 96\r\na=mid:a1\r\na=recvonly\r\n";
        let told = format!("v=0\r\na=group:BUNDLE a\r\n{}", section("a=sendonly\r\n"));
        for (direction, heard) in [
            ("", true),
            ("a=sendrecv\r\n", true),
            ("a=recvonly\r\n", true),
            ("a=sendonly\r\n", false),
            ("a=inactive\r\n", false),
        ] {
            let wish = "a=fmtp:111 minptime=20;stereo=1\r\n";
            let sound = section(direction) + wish;
            let said = format!("v=0\r\na=group:BUNDLE a a1\r\n{sound}{pictures}");
            let said = Sections::of(&said);
            assert_eq!(for_webrtcbin(&said), told);
            assert_eq!(hears(&said), heard, "{direction}");
        }
        assert_eq!(for_webrtcbin(&Sections::of("v=0\r\n")), "v=0\r\n");
    }

    #[test]
    fn a_certificate_that_is_said_once_is_the_sounds_too() {
        let said = "v=0\r\na=fingerprint:sha-256 AA\r\nt=0 0\r\nm=audio 9 X 111\r\na=mid:a\r\n";
        let told = "v=0\r\nt=0 0\r\nm=audio 9 X 111\r\na=mid:a\r\na=fingerprint:sha-256 AA\r\na=sendonly\r\n";
        assert_eq!(for_webrtcbin(&Sections::of(said)), told);
        let own = said.replace("a=mid:a\r\n", "a=mid:a\r\na=fingerprint:sha-256 BB\r\n");
        let told = told.replace("sha-256 AA", "sha-256 BB");
        assert_eq!(for_webrtcbin(&Sections::of(&own)), told, "its own counts");
    }

    #[test]
    fn an_answer_takes_the_part_that_the_offer_leaves() {
        let directions = |offered: &str| {
            let section = |mid: &str| format!("m=x\r\na=mid:{mid}\r\n{offered}\r\n");
            let offer = ["audio0", "video1", "video3"].map(section).concat();
            let text = ours().answer(WRITTEN, &Sections::of(&offer));
            let sections = Sections::of(&text);
            ["audio0", "video1", "audio2", "video3"].map(|mid| {
                let section = sections.named(mid).unwrap();
                let mut directions = section.iter().filter(|line| is_direction(line));
                directions.next().unwrap().to_string()
            })
        };
        let [both, send, receive, neither] = DIRECTIONS;
        assert_eq!(directions(both), [both, receive, neither, send]);
        assert_eq!(directions(send), [receive, receive, neither, neither]);
        assert_eq!(directions(receive), [send, neither, neither, send]);
        assert_eq!(directions(neither), [neither; 4]);
    }

    #[test]
    fn a_track_has_one_name() {
        let given_back = WRITTEN.replace("a=mid:audio0", "a=msid:- theirs\r\na=mid:audio0");
        assert_eq!(ours().offer(&given_back), ours().offer(WRITTEN));
    }

    #[test]
    fn sources_are_told_with_their_lines() {
        let text = ours().offer(WRITTEN);
        let sources: std::collections::BTreeSet<_> = sources(&Sections::of(&text)).collect();
        let expected = [
            ("audio0", 10),
            ("audio2", 20),
            ("video3", 30),
            ("video3", 31),
        ];
        assert_eq!(sources.into_iter().collect::<Vec<_>>(), expected);
    }
}
