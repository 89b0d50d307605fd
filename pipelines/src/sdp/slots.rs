//! Slots: m-lines that the browser sees and webrtcbin does not.
//!
//! To webrtcbin each m-line is a transceiver with pads and elements of its own, made while somebody joins; twelve of
//! them are half of what a join costs. A slot needs none of that: what is sent on it goes into the bundle's one RTP
//! session, and the browser tells it by its SSRC. So webrtcbin talks over the lines before the slots, and the
//! descriptions that the browser sees have the slots' behind them, each written after a line of its kind.

use super::{Sections, attribute};

/// An m-line on which only we send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its mid, which begins with its kind.
    pub mid: String,
    /// Its SSRC, for life.
    pub ssrc: u32,
    /// The SSRC of what is sent again (RFC 4588), if anything is.
    pub rtx: Option<u32>,
    /// The header extension of its packets: id and URI.
    pub extension: (u8, &'static str),
}

/// A description of ours with the slots' m-lines behind webrtcbin's.
#[must_use]
pub fn with_slots(description: &str, slots: &[Slot]) -> String {
    let sections = Sections::of(description);
    let mids: String = slots.iter().map(|slot| format!(" {}", slot.mid)).collect();
    let name = cname(&sections).unwrap_or("convene");
    let mut out = String::with_capacity(description.len() + 1_024 * slots.len());
    let mut write = |line: &str| out.extend([line, "\r\n"]);
    for line in sections.head.iter().chain(sections.media.iter().flatten()) {
        if line.starts_with("a=group:BUNDLE") {
            write(&format!("{line}{mids}"));
        } else {
            write(line);
        }
    }
    for slot in slots {
        if let Some(model) = sections.media.iter().find(|section| slot.is_like(section)) {
            slot.lines(model, name).iter().for_each(|line| write(line));
        }
    }
    out
}

/// A description of the browser's without the slots, the first of which has this place.
#[must_use]
pub fn without_slots(description: &str, first: usize) -> String {
    let Sections { head, mut media } = Sections::of(description);
    let slots = media.split_off(first.min(media.len()));
    let cut: Vec<_> = slots
        .iter()
        .filter_map(|section| attribute(section, "mid"))
        .collect();
    let mut out = String::with_capacity(description.len());
    for line in head.iter().chain(media.iter().flatten()) {
        if line.starts_with("a=group:BUNDLE") {
            let kept = line.split(' ').filter(|mid| !cut.contains(mid));
            out.push_str(&kept.collect::<Vec<_>>().join(" "));
        } else {
            out.push_str(line);
        }
        out.push_str("\r\n");
    }
    out
}

impl Slot {
    fn is_like(&self, section: &[&str]) -> bool {
        let kind = section[0]
            .strip_prefix("m=")
            .and_then(|m| m.split(' ').next());
        kind.is_some_and(|kind| self.mid.starts_with(kind))
    }

    /// Its section: the model's, but for what is sent and by whom.
    fn lines(&self, model: &[&str], cname: &str) -> Vec<String> {
        let kept = model.iter().filter(|line| !is_of_one_line(line));
        let (id, uri) = self.extension;
        kept.map(|line| (*line).to_owned())
            .chain([
                "a=sendonly".into(),
                format!("a=mid:{}", self.mid),
                format!("a=extmap:{id} {uri}"),
            ])
            .chain(self.sources(cname))
            .collect()
    }

    fn sources(&self, cname: &str) -> Vec<String> {
        let Self { mid, ssrc, rtx, .. } = self;
        let track = format!("a=msid:{cname} {mid}");
        let group = rtx.map(|rtx| format!("a=ssrc-group:FID {ssrc} {rtx}"));
        let named = [Some(*ssrc), *rtx].into_iter().flatten().flat_map(|ssrc| {
            [
                format!("a=ssrc:{ssrc} msid:{cname} {mid}"),
                format!("a=ssrc:{ssrc} cname:{cname}"),
            ]
        });
        [track].into_iter().chain(group).chain(named).collect()
    }
}

/// What no other m-line can have alike.
fn is_of_one_line(line: &str) -> bool {
    const DIRECTIONS: [&str; 4] = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];
    const NAMES: [&str; 6] = [
        "a=mid:",
        "a=msid:",
        "a=ssrc",
        "a=extmap:",
        "a=rid:",
        "a=simulcast:",
    ];
    DIRECTIONS.contains(&line) || NAMES.iter().any(|name| line.starts_with(name))
}

/// The name under which all sources of the session report (RFC 3550 section 6.5.1).
fn cname<'a>(sections: &Sections<'a>) -> Option<&'a str> {
    let lines = sections.media.iter().flatten();
    lines
        .filter(|line| line.starts_with("a=ssrc:"))
        .find_map(|line| Some(line.split_once(" cname:")?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "v=0\r\na=group:BUNDLE audio0 video1\r\n\
        m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=sendrecv\r\na=rtpmap:111 OPUS/48000/2\r\n\
        a=extmap:1 level\r\na=ssrc:7 msid:me mix\r\na=ssrc:7 cname:me\r\na=mid:audio0\r\n\
        m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=bundle-only\r\na=recvonly\r\na=rtpmap:96 VP8/90000\r\n\
        a=extmap:4 time\r\na=rid:l recv\r\na=simulcast:recv l\r\na=mid:video1\r\n";

    fn slots() -> [Slot; 2] {
        let slot = |mid: &str, ssrc, rtx, extension| Slot {
            mid: mid.into(),
            ssrc,
            rtx,
            extension,
        };
        [
            slot("audio2", 20, None, (1, "level")),
            slot("video3", 30, Some(31), (3, "twcc")),
        ]
    }

    #[test]
    fn a_slot_is_like_another_line_of_its_kind_but_for_who_sends_what() {
        let text = with_slots(OURS, &slots());
        let (ours, added) = text.split_at(
            text.find("m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap")
                .unwrap(),
        );
        assert_eq!(
            ours,
            OURS.replace("audio0 video1", "audio0 video1 audio2 video3")
        );
        assert_eq!(
            added,
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 OPUS/48000/2\r\n\
            a=sendonly\r\na=mid:audio2\r\na=extmap:1 level\r\na=msid:me audio2\r\n\
            a=ssrc:20 msid:me audio2\r\na=ssrc:20 cname:me\r\n\
            m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=bundle-only\r\na=rtpmap:96 VP8/90000\r\n\
            a=sendonly\r\na=mid:video3\r\na=extmap:3 twcc\r\n\
            a=msid:me video3\r\na=ssrc-group:FID 30 31\r\n\
            a=ssrc:30 msid:me video3\r\na=ssrc:30 cname:me\r\n\
            a=ssrc:31 msid:me video3\r\na=ssrc:31 cname:me\r\n"
        );
    }

    #[test]
    fn webrtcbin_gets_back_what_is_its_own() {
        assert_eq!(without_slots(&with_slots(OURS, &slots()), 2), OURS);
        assert_eq!(without_slots(OURS, 9), OURS);
    }

    #[test]
    fn a_mid_that_begins_like_another_is_kept() {
        let text = "a=group:BUNDLE video1 video11\r\nm=video\r\na=mid:video1\r\nm=video\r\na=mid:video11\r\n";
        let kept = "a=group:BUNDLE video1\r\nm=video\r\na=mid:video1\r\n";
        assert_eq!(without_slots(text, 1), kept);
    }
}
