//! The properties of `convenevideo` as a plain struct.

use convene_video::Policy;

use crate::delivery::Delivery;

/// Who decides which way the participant's pictures go, and what his slots show. The first two are each participant's
/// own; if the first to come has one of the others, it holds for the whole conference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, glib::Enum)]
#[enum_type(name = "GstConveneVideoPolicy")]
pub enum VideoPolicy {
    /// The application, by `set-path`.
    #[default]
    #[enum_value(
        name = "The application, by the action signal set-path",
        nick = "external"
    )]
    External,
    /// The element: the cameras of all others.
    #[enum_value(
        name = "The cameras of all others, in the order of coming",
        nick = "server"
    )]
    Server,
    /// The conference's planner: [`convene_topology::Policy::Claimed`].
    #[enum_value(
        name = "The planner: directly if one of the two is public, else through one public peer, else the server",
        nick = "claimed"
    )]
    Claimed,
    /// The conference's planner: [`convene_topology::Policy::Adaptive`].
    #[enum_value(
        name = "The planner: directly if the two can connect, else through one reachable peer, else the server",
        nick = "adaptive"
    )]
    Adaptive,
}

impl VideoPolicy {
    /// How it plans, if it does.
    pub(super) fn plans(self) -> Option<convene_topology::Policy> {
        match self {
            Self::External | Self::Server => None,
            Self::Claimed => Some(convene_topology::Policy::Claimed),
            Self::Adaptive => Some(convene_topology::Policy::Adaptive),
        }
    }

    /// As it is written.
    pub(super) fn nick(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Server => "server",
            Self::Claimed => "claimed",
            Self::Adaptive => "adaptive",
        }
    }
}

impl From<VideoPolicy> for Policy {
    fn from(policy: VideoPolicy) -> Self {
        match policy {
            VideoPolicy::Server => Self::Server,
            VideoPolicy::External | VideoPolicy::Claimed | VideoPolicy::Adaptive => Self::External,
        }
    }
}

/// What can be set on the element.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) conference: String,
    pub(super) participant: String,
    pub(super) delivery: Delivery,
    pub(super) policy: VideoPolicy,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            conference: "default".into(),
            participant: String::new(),
            delivery: Delivery::default(),
            policy: VideoPolicy::default(),
        }
    }
}
