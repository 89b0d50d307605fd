//! A scene as data: who is where, behind what, over which lines, and what is cut from the beginning. What happens in it
//! later is said by whoever plays it; his part of the file (`story`) is handed on unread.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{behaviour::Dependence, error::SceneError, impairment::Impairment};

/// The segment that needs no description: everyone on it reaches everyone on it.
pub const PUBLIC: &str = "public";

/// Room for a prefix within the 15 octets of a device's name.
const LONGEST_NAME: usize = 10;

/// Who is where. Every NAT and every firewall has a segment behind it that bears its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// What it shows, in a sentence.
    #[serde(default)]
    pub title: String,
    /// Routers that translate.
    #[serde(default)]
    pub nats: BTreeMap<String, Nat>,
    /// Routers that only let those in who were asked; the value is the segment before it.
    #[serde(default)]
    pub firewalls: BTreeMap<String, String>,
    /// Where each host is.
    pub hosts: BTreeMap<String, Segments>,
    /// Lines that are not perfect, by the name of the host, NAT or firewall that they join to the segment before it
    /// (`name@segment` for a host on several).
    #[serde(default)]
    pub links: BTreeMap<String, Directions>,
    /// What does not get through from the beginning.
    #[serde(default)]
    pub cuts: Vec<Cut>,
    /// What whoever plays the scene wants to know.
    #[serde(default)]
    pub story: Option<toml::Value>,
}

/// A router that translates addresses and ports of all in the segment behind it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nat {
    /// RFC 4787 section 4.1.
    pub mapping: Dependence,
    /// RFC 4787 section 5.
    pub filtering: Dependence,
    /// The segment before it.
    #[serde(default = "public")]
    pub behind: String,
    /// The addresses behind it, as `192.168.1.0/24`; several NATs may have the same.
    #[serde(default)]
    pub subnet: Option<String>,
}

/// The segments that a host is on; its default route leads to the first.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Segments {
    /// The usual.
    One(String),
    /// With an interface on each.
    Several(Vec<String>),
}

/// What a line does to each direction; `up` is away from the host or router it is named after.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Directions {
    /// What the host sends.
    #[serde(default)]
    pub up: Impairment,
    /// What it receives.
    #[serde(default)]
    pub down: Impairment,
}

/// What does not get through, without anybody being told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Whose packets; everybody's if absent. A NAT's or firewall's name stands for all behind it, if `to` is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Packets to whom; to anybody if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Of which protocol.
    #[serde(default)]
    pub proto: Protocol,
    /// The other way too.
    #[serde(default)]
    pub both: bool,
}

/// What a cut is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Everything; between two hosts across a NAT, where only ports tell whose it is, UDP and TCP.
    #[default]
    Any,
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
}

impl Scene {
    /// Reads a scene and checks what can be checked without a plan of it.
    ///
    /// # Errors
    /// [`SceneError`], in its author's words as far as possible.
    pub fn parse(text: &str) -> Result<Self, SceneError> {
        let scene: Self = toml::from_str(text).map_err(|e| SceneError::Syntax(e.to_string()))?;
        scene.check().map(|()| scene)
    }

    /// Whether names are names, no two the same, and lines are possible.
    ///
    /// # Errors
    /// The first that is wrong.
    pub fn check(&self) -> Result<(), SceneError> {
        let mut seen = BTreeSet::from([PUBLIC]);
        let names = self
            .nats
            .keys()
            .chain(self.firewalls.keys())
            .chain(self.hosts.keys());
        for name in names {
            check_name(name)?;
            if !seen.insert(name) {
                return Err(SceneError::Twice(name.clone()));
            }
        }
        let lines = self.links.values().flat_map(|line| [&line.up, &line.down]);
        lines.into_iter().try_for_each(Impairment::check)
    }
}

impl Directions {
    /// Whether they change nothing.
    #[must_use]
    pub fn are_perfect(&self) -> bool {
        *self == Self::default()
    }
}

impl Segments {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(segment) => std::slice::from_ref(segment),
            Self::Several(segments) => segments,
        }
    }
}

impl From<&str> for Segments {
    fn from(segment: &str) -> Self {
        Self::One(segment.to_owned())
    }
}

fn check_name(name: &str) -> Result<(), SceneError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase());
    if first && name.len() <= LONGEST_NAME && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(SceneError::Name(name.to_owned()))
    }
}

fn public() -> String {
    PUBLIC.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_is_read() {
        let scene = Scene::parse(
            r#"
            title = "everything"
            [nats.home]
            mapping = "endpoint-independent"
            filtering = "address-and-port-dependent"
            behind = "office"
            [firewalls]
            office = "public"
            [hosts]
            ann = "home"
            server = ["public", "home"]
            [links.ann.up]
            delay_ms = 20
            loss = "..x"
            [[cuts]]
            from = "ann"
            to = "server"
            proto = "udp"
            [story]
            anything = 1
            "#,
        )
        .unwrap();
        assert_eq!(scene.nats["home"].behind, "office");
        assert_eq!(scene.hosts["server"].all(), ["public", "home"]);
        assert_eq!(scene.links["ann"].down, Impairment::default());
        assert_eq!(scene.cuts[0].proto, Protocol::Udp);
        assert!(scene.story.is_some());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let of = |text| Scene::parse(text).unwrap_err();
        assert_eq!(
            of("[hosts]\n\"a b\" = \"public\""),
            SceneError::Name("a b".to_owned())
        );
        assert_eq!(
            of("[hosts]\nelevenchars = \"public\""),
            SceneError::Name("elevenchars".to_owned())
        );
        assert_eq!(
            of("[hosts]\npublic = \"public\""),
            SceneError::Twice("public".to_owned())
        );
        let twice = "[firewalls]\nann = \"public\"\n[hosts]\nann = \"public\"";
        assert_eq!(of(twice), SceneError::Twice("ann".to_owned()));
        let typo = of("[hosts]\n[link.ann]");
        assert!(
            matches!(&typo, SceneError::Syntax(words) if words.contains("link")),
            "{typo}"
        );
        let pattern = of("[hosts]\n[links.ann.up]\nloss = \"..o\"");
        assert_eq!(pattern, SceneError::Pattern("..o".to_owned()));
    }
}
