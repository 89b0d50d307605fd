//! Who may make namespaces: root, or whoever may become root of a user namespace.

use std::{
    env,
    os::unix::process::CommandExt,
    process::{self, Command},
};

use rustix::process::geteuid;

use crate::{error::LabError, namespace::Namespace, tools};

const INSIDE: &str = "CONVENE_LAB_USER_NAMESPACE";

/// What this process can do about it.
#[derive(Debug)]
pub enum Rights {
    /// It has them.
    Enough,
    /// It would have them once executed again by this.
    After(Command),
}

/// What this process can do to make laboratories.
///
/// # Errors
/// [`LabError`]: nothing can be done, and why.
pub fn rights() -> Result<Rights, LabError> {
    if geteuid().is_root() {
        let trial = Namespace::new()?;
        tools::nft(&trial, "list ruleset")?;
        return Ok(Rights::Enough);
    }
    let mut again = Command::new("unshare");
    again
        .args(["--map-root-user", "--"])
        .arg(tools::this_program()?)
        .env(INSIDE, "1");
    Ok(Rights::After(again))
}

impl Rights {
    /// Goes on with them: in this process, or in its successor with these arguments.
    ///
    /// # Errors
    /// [`LabError`] when there is no successor.
    pub fn or_again_with<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(
        self,
        arguments: I,
    ) -> Result<(), LabError> {
        match self {
            Self::Enough => Ok(()),
            Self::After(mut again) => Err(LabError::io("unshare --map-root-user")(
                again.args(arguments).exec(),
            )),
        }
    }
}

/// The words before a command that is to run in the namespace, for somebody outside.
pub(crate) fn enter(namespace: &Namespace) -> Vec<String> {
    let mut words = vec!["nsenter".to_owned()];
    if env::var_os(INSIDE).is_some() {
        words.push("--preserve-credentials".to_owned());
        words.push(format!("--user=/proc/{}/ns/user", process::id()));
    }
    words.push(format!("--net={}", namespace.path().display()));
    words.push("--".to_owned());
    words
}
