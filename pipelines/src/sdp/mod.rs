//! Every edit and every check of a session description's text, before `webrtcbin` sees it. Pure.
//!
//! webrtcbin accepts answers with swapped m-lines, without BUNDLE or with other payload types, and fails later; so
//! answers are checked here.

mod candidate;
mod check;
mod edit;
mod extension;
mod fingerprint;
mod layers;
mod lines;
mod sound;

pub use candidate::{Candidate, candidates};
pub use check::{SdpError, check_answer, check_restart};
pub use edit::{passive, with_fingerprint};
pub(crate) use extension::takes_extension;
pub use fingerprint::Fingerprint;
pub(crate) use layers::sends_layers;
pub use lines::{Flow, Line, Ours, PICTURE, PICTURE_AGAIN, Sources};
pub(crate) use lines::{for_webrtcbin, hears, sources};
pub(crate) use sound::{OPUS, takes_stereo};

/// So many lines most sections have at most: a join reads a description of fifteen sections several times.
const LINES: usize = 32;

/// The text of one m-line's section, and of the session's head.
pub(crate) struct Sections<'a> {
    pub(crate) head: Vec<&'a str>,
    pub(crate) media: Vec<Vec<&'a str>>,
}

impl<'a> Sections<'a> {
    /// Splits a description into its sections. Any text has some.
    pub(crate) fn of(text: &'a str) -> Self {
        let mut sections = Self {
            head: Vec::new(),
            media: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.is_empty()) {
            if line.starts_with("m=") {
                let mut section = Vec::with_capacity(LINES);
                section.push(line);
                sections.media.push(section);
            } else {
                sections
                    .media
                    .last_mut()
                    .unwrap_or(&mut sections.head)
                    .push(line);
            }
        }
        sections
    }

    /// The section of the m-line with this mid.
    pub(crate) fn named(&self, mid: &str) -> Option<&[&'a str]> {
        let mut media = self.media.iter().map(Vec::as_slice);
        media.find(|section| attribute(section, "mid") == Some(mid))
    }
}

/// The value of a section's attribute.
pub(crate) fn attribute<'a>(section: &[&'a str], name: &str) -> Option<&'a str> {
    section.iter().find_map(|line| {
        line.strip_prefix("a=")?
            .strip_prefix(name)?
            .strip_prefix(':')
    })
}
