//! The lines between the program and whoever plays a scene.

use std::collections::BTreeMap;

use convene_lab::{
    Behaviour, Cut, Dependence, End, Impairment, Laboratory, Link, PUBLIC, Scene, SceneError,
    Traffic,
};
use serde::{Deserialize, Serialize};

/// What is wished.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// Nothing of this gets through any more.
    Cut(Cut),
    /// This gets through again, word for word as it was cut; `{}` for all.
    Mend(Cut),
    /// A link is like this from now on, perfect where nothing is said.
    Impair {
        /// `node` or `node@segment`.
        link: String,
        /// What the node sends.
        #[serde(default)]
        up: Impairment,
        /// What it receives.
        #[serde(default)]
        down: Impairment,
    },
    /// A NAT forgets its mappings and behaves like this from now on, as before where nothing is said.
    Nat {
        /// Which.
        name: String,
        /// RFC 4787 section 4.1.
        mapping: Option<Dependence>,
        /// RFC 4787 section 5.
        filtering: Option<Dependence>,
    },
    /// What became of the packets on a link that is or was impaired?
    Traffic {
        /// `node` or `node@segment`.
        link: String,
    },
}

/// What is answered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The first line.
    Ready(Box<Ready>),
    /// It is as wished.
    Done {},
    /// It is asked for.
    Traffic(Traffic),
    /// It is as before, and why.
    Error(String),
}

/// Where everybody is.
#[derive(Debug, Serialize)]
pub struct Ready {
    title: String,
    hosts: BTreeMap<String, Node>,
    routers: BTreeMap<String, Node>,
    #[serde(skip_serializing_if = "Option::is_none")]
    story: Option<toml::Value>,
}

/// A host, NAT or firewall.
#[derive(Debug, Serialize)]
struct Node {
    /// Words to be put before a command that is to run there.
    enter: Vec<String>,
    links: Vec<Attached>,
}

#[derive(Debug, Serialize)]
struct Attached {
    segment: String,
    device: String,
    address: std::net::Ipv4Addr,
    /// How the public segment sees what comes over this link.
    public: End,
    /// What is between.
    behaviour: Behaviour,
}

impl Ready {
    /// What is to be said of a laboratory.
    ///
    /// # Errors
    /// [`SceneError`], which would contradict the plan.
    pub fn new(scene: &Scene, lab: &Laboratory) -> Result<Self, SceneError> {
        let named = |name: &String| Ok((name.clone(), Node::new(lab, name)?));
        Ok(Self {
            title: scene.title.clone(),
            hosts: scene.hosts.keys().map(named).collect::<Result<_, _>>()?,
            routers: lab
                .plan()
                .routers()
                .keys()
                .map(named)
                .collect::<Result<_, _>>()?,
            story: scene.story.clone(),
        })
    }
}

impl Node {
    fn new(lab: &Laboratory, name: &str) -> Result<Self, SceneError> {
        let links = lab.plan().links_of(name).map(|link| attached(lab, link));
        Ok(Self {
            enter: lab.enter(name)?,
            links: links.collect::<Result<_, _>>()?,
        })
    }
}

fn attached(lab: &Laboratory, link: &Link) -> Result<Attached, SceneError> {
    Ok(Attached {
        segment: link.segment.clone(),
        device: link.device.clone(),
        address: link.address,
        public: lab.plan().seen(link, PUBLIC)?,
        behaviour: lab.plan().behaviour(link),
    })
}
