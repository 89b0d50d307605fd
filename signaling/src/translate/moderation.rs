//! What participants may do, what moderators ask for, and what is written to all.

use std::time::Duration;

use convene_conference as inner;
use convene_protocol::{
    Action, AuditEntry, Ban, ChatMessage, Permission, Permissions, Person, Rules, Waiting, WaitsFor,
};
use inner::ParticipantId;

use super::{role_in, role_out};

/// What is asked for, for the conference.
#[must_use]
pub fn action_in(action: Action) -> inner::Action {
    let optional = |whom: Option<String>| whom.map(ParticipantId);
    match action {
        Action::Hand { up } => inner::Action::Hand(up),
        Action::Say { text, reply_to } => inner::Action::Say { text, reply_to },
        Action::Offer {
            name,
            size,
            media_type,
            sha256,
        } => inner::Action::Offer(inner::FileOffer {
            name,
            size,
            media_type,
            sha256,
        }),
        Action::Withdraw { file } => inner::Action::Withdraw(file),
        Action::Fetch { file, direct } => inner::Action::Fetch { file, direct },
        Action::Mute { participant } => inner::Action::Mute(optional(participant)),
        Action::Permit {
            participant,
            permission,
            allowed,
        } => inner::Action::Permit {
            whom: optional(participant),
            permission: permission_in(permission),
            allowed,
        },
        Action::Ask {
            participant,
            permission,
        } => inner::Action::Ask(ParticipantId(participant), permission_in(permission)),
        Action::LowerHand { participant } => inner::Action::LowerHand(optional(participant)),
        Action::Admit { participant } => inner::Action::Admit(optional(participant)),
        Action::Deny { participant, ban } => inner::Action::Deny {
            whom: ParticipantId(participant),
            ban,
        },
        Action::Lobby { on } => inner::Action::Lobby(on),
        Action::Lock { on } => inner::Action::Lock(on),
        Action::Remove { participant, ban } => inner::Action::Remove {
            whom: ParticipantId(participant),
            ban,
        },
        Action::Unban { ban } => inner::Action::Unban(ban),
        Action::Role { participant, role } => {
            inner::Action::Role(ParticipantId(participant), role_in(role))
        }
        Action::HandOver { participant } => inner::Action::HandOver(ParticipantId(participant)),
        Action::Bans {} => inner::Action::Bans,
        Action::Audit {} => inner::Action::Audit,
    }
}

/// The same, back on the wire: for the list of what was done.
fn action_out(action: inner::Action) -> Action {
    let optional = |whom: Option<ParticipantId>| whom.map(|whom| whom.0);
    match action {
        inner::Action::Hand(up) => Action::Hand { up },
        inner::Action::Say { text, reply_to } => Action::Say { text, reply_to },
        inner::Action::Offer(inner::FileOffer {
            name,
            size,
            media_type,
            sha256,
        }) => Action::Offer {
            name,
            size,
            media_type,
            sha256,
        },
        inner::Action::Withdraw(file) => Action::Withdraw { file },
        inner::Action::Fetch { file, direct } => Action::Fetch { file, direct },
        inner::Action::Mute(whom) => Action::Mute {
            participant: optional(whom),
        },
        inner::Action::Permit {
            whom,
            permission,
            allowed,
        } => Action::Permit {
            participant: optional(whom),
            permission: permission_out(permission),
            allowed,
        },
        inner::Action::Ask(whom, permission) => Action::Ask {
            participant: whom.0,
            permission: permission_out(permission),
        },
        inner::Action::LowerHand(whom) => Action::LowerHand {
            participant: optional(whom),
        },
        inner::Action::Admit(whom) => Action::Admit {
            participant: optional(whom),
        },
        inner::Action::Deny { whom, ban } => Action::Deny {
            participant: whom.0,
            ban,
        },
        inner::Action::Lobby(on) => Action::Lobby { on },
        inner::Action::Lock(on) => Action::Lock { on },
        inner::Action::Remove { whom, ban } => Action::Remove {
            participant: whom.0,
            ban,
        },
        inner::Action::Unban(ban) => Action::Unban { ban },
        inner::Action::Role(whom, role) => Action::Role {
            participant: whom.0,
            role: role_out(role),
        },
        inner::Action::HandOver(whom) => Action::HandOver {
            participant: whom.0,
        },
        inner::Action::Bans => Action::Bans {},
        inner::Action::Audit => Action::Audit {},
    }
}

/// What a moderator did at that time, to be kept.
#[must_use]
pub fn audit_entry(deed: inner::Deed, at: u64) -> AuditEntry {
    AuditEntry {
        at,
        by: deed.by.map(|(id, name)| Person { id: id.0, name }),
        action: action_out(deed.action),
        whom: deed.whom,
    }
}

/// What holds for all, on the wire.
#[must_use]
pub fn rules_out(rules: inner::Rules) -> Rules {
    Rules {
        locked: rules.locked,
        lobby: rules.lobby,
        permissions: permissions_out(rules.permissions),
    }
}

/// What holds for all, for the conference.
#[must_use]
pub fn rules_in(rules: Rules) -> inner::Rules {
    let Permissions {
        microphone,
        camera,
        screen,
        chat,
        files,
    } = rules.permissions;
    inner::Rules {
        locked: rules.locked,
        lobby: rules.lobby,
        permissions: inner::Permissions {
            microphone,
            camera,
            screen,
            chat,
            files,
        },
    }
}

pub(super) fn permissions_out(permissions: inner::Permissions) -> Permissions {
    let inner::Permissions {
        microphone,
        camera,
        screen,
        chat,
        files,
    } = permissions;
    Permissions {
        microphone,
        camera,
        screen,
        chat,
        files,
    }
}

fn permission_in(permission: Permission) -> inner::Permission {
    match permission {
        Permission::Microphone => inner::Permission::Microphone,
        Permission::Camera => inner::Permission::Camera,
        Permission::Screen => inner::Permission::Screen,
        Permission::Chat => inner::Permission::Chat,
        Permission::Files => inner::Permission::Files,
    }
}

pub(super) fn permission_out(permission: inner::Permission) -> Permission {
    match permission {
        inner::Permission::Microphone => Permission::Microphone,
        inner::Permission::Camera => Permission::Camera,
        inner::Permission::Screen => Permission::Screen,
        inner::Permission::Chat => Permission::Chat,
        inner::Permission::Files => Permission::Files,
    }
}

pub(super) fn waits_for(until: inner::WaitsFor) -> WaitsFor {
    match until {
        inner::WaitsFor::Moderator => WaitsFor::Moderator,
        inner::WaitsFor::Start => WaitsFor::Start,
    }
}

pub(super) fn waiting(guest: inner::Waiting) -> Waiting {
    Waiting {
        id: guest.id.0,
        name: guest.name,
        until: waits_for(guest.until),
    }
}

/// What the browser's identity is nobody has to know.
pub(super) fn ban(ban: inner::Ban) -> Ban {
    Ban {
        id: ban.id,
        name: ban.name,
        by_identity: ban.identity.is_some(),
        by: ban.by,
    }
}

/// `origin`: when the conference's clock was at zero.
pub(super) fn chat_message(message: inner::ChatMessage, origin: Duration) -> ChatMessage {
    let at = (origin + message.at).as_millis();
    ChatMessage {
        id: message.id,
        from: message.from.0,
        name: message.name,
        text: message.text,
        reply_to: message.reply_to,
        at: u64::try_from(at).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use convene_protocol::Role;

    #[test]
    fn actions_come_back_as_they_were() {
        let (whom, all) = (|| "ann".to_owned(), None);
        let (permission, allowed, on, ban) = (Permission::Screen, false, true, true);
        let actions = [
            Action::Hand { up: true },
            Action::Say {
                text: "x".into(),
                reply_to: Some(3),
            },
            Action::Offer {
                name: "a.png".into(),
                size: 9,
                media_type: "image/png".into(),
                sha256: "00".into(),
            },
            Action::Withdraw { file: 2 },
            Action::Fetch {
                file: 2,
                direct: true,
            },
            Action::Mute { participant: all },
            Action::Permit {
                participant: Some(whom()),
                permission,
                allowed,
            },
            Action::Ask {
                participant: whom(),
                permission,
            },
            Action::LowerHand {
                participant: Some(whom()),
            },
            Action::Admit {
                participant: Some(whom()),
            },
            Action::Deny {
                participant: whom(),
                ban,
            },
            Action::Lobby { on },
            Action::Lock { on },
            Action::Remove {
                participant: whom(),
                ban,
            },
            Action::Unban { ban: 4 },
            Action::Role {
                participant: whom(),
                role: Role::Listener,
            },
            Action::HandOver {
                participant: whom(),
            },
            Action::Bans {},
            Action::Audit {},
        ];
        for action in actions {
            assert_eq!(action_out(action_in(action.clone())), action);
        }
    }

    #[test]
    fn rules_come_back_as_they_were() {
        let mut rules = Rules::default();
        (rules.locked, rules.permissions.screen) = (true, false);
        assert_eq!(rules_out(rules_in(rules)), rules);
        (rules.lobby, rules.permissions.files) = (true, false);
        assert_eq!(rules_out(rules_in(rules)), rules);
    }

    #[test]
    fn what_is_written_has_the_services_time() {
        let message = inner::ChatMessage {
            id: 1,
            from: ParticipantId("ann".into()),
            name: "Ann".into(),
            text: "<i>".into(),
            reply_to: None,
            at: Duration::from_millis(1_500),
        };
        let out = chat_message(message, Duration::from_secs(1_000));
        assert_eq!((out.at, out.text.as_str()), (1_001_500, "<i>"));
    }
}
