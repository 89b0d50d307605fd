//! The properties of `convenevideo` as a plain struct.

use convene_video::Policy;

use crate::delivery::Delivery;

/// Who decides what the participant's slots show.
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
}

impl From<VideoPolicy> for Policy {
    fn from(policy: VideoPolicy) -> Self {
        match policy {
            VideoPolicy::External => Self::External,
            VideoPolicy::Server => Self::Server,
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
