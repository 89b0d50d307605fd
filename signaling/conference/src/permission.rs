//! What participants may do, and what holds for all of them.

use crate::Role;

/// Something that a moderator can allow or forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// To be heard.
    Microphone,
    /// To show a camera's picture.
    Camera,
    /// To show a screen.
    Screen,
    /// To write to all.
    Chat,
    /// To offer files.
    Files,
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permissions {
    /// To be heard.
    pub microphone: bool,
    /// To show a camera's picture.
    pub camera: bool,
    /// To show a screen.
    pub screen: bool,
    /// To write to all.
    pub chat: bool,
    /// To offer files.
    pub files: bool,
}

/// What holds for a whole conference, as its moderators want it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rules {
    /// Nobody new enters but moderators.
    pub locked: bool,
    /// Whoever is no moderator waits until one lets him in.
    pub lobby: bool,
    /// What newcomers may do.
    pub permissions: Permissions,
}

/// All is allowed until a moderator forbids it.
impl Default for Permissions {
    fn default() -> Self {
        Self::ALL
    }
}

impl Permissions {
    const ALL: Self = Self {
        microphone: true,
        camera: true,
        screen: true,
        chat: true,
        files: true,
    };

    /// Whether this is allowed.
    #[must_use]
    pub fn allow(self, permission: Permission) -> bool {
        match permission {
            Permission::Microphone => self.microphone,
            Permission::Camera => self.camera,
            Permission::Screen => self.screen,
            Permission::Chat => self.chat,
            Permission::Files => self.files,
        }
    }

    pub(crate) fn set(&mut self, permission: Permission, allowed: bool) {
        let place = match permission {
            Permission::Microphone => &mut self.microphone,
            Permission::Camera => &mut self.camera,
            Permission::Screen => &mut self.screen,
            Permission::Chat => &mut self.chat,
            Permission::Files => &mut self.files,
        };
        *place = allowed;
    }

    /// What remains of them in a role: a moderator may do all, a listener sends neither sound nor pictures.
    pub(crate) fn within(self, role: Role) -> Self {
        match role {
            Role::Moderator => Self::ALL,
            Role::Speaker => self,
            Role::Listener => Self {
                microphone: false,
                camera: false,
                screen: false,
                ..self
            },
        }
    }
}

impl Permission {
    /// What cannot be done without it.
    pub(crate) fn deed(self) -> &'static str {
        match self {
            Self::Microphone => "speak",
            Self::Camera => "show a camera",
            Self::Screen => "share a screen",
            Self::Chat => "write in the chat",
            Self::Files => "offer files",
        }
    }
}
