//! A network of the program's own. libnice ignores the loopback device and all called `veth…`, and no packet of a
//! measurement may reach a real network; so the program executes itself again in a new network namespace, which ends
//! with it.

use std::{
    env,
    process::{Command, ExitCode},
};

use crate::error::LoadError;

const INSIDE: &str = "CONVENE_LOAD_NAMESPACE";

/// The one address in there.
pub const ADDRESS: [u8; 4] = [10, 77, 0, 1];

const SET_UP: &str = "ip link set lo up \
    && ip link add leg0 type veth peer name leg1 \
    && ip link set leg0 addrgenmode none && ip link set leg1 addrgenmode none \
    && ip addr add 10.77.0.1/24 dev leg0 && ip link set leg0 up && ip link set leg1 up \
    && exec \"$0\" \"$@\"";

/// Does `work` in a namespace: in this process when it is in one, else in another process with the same arguments.
///
/// # Errors
/// [`LoadError::Namespace`] when none can be made, and those of `work`.
pub fn within(work: impl FnOnce() -> Result<(), LoadError>) -> Result<ExitCode, LoadError> {
    if env::var_os(INSIDE).is_some() {
        return work().map(|()| ExitCode::SUCCESS);
    }
    let flags = flags()?;
    let program = env::current_exe().map_err(LoadError::io("finding this program"))?;
    let status = Command::new("unshare")
        .args([flags, "sh", "-c", SET_UP])
        .arg(program)
        .args(env::args_os().skip(1))
        .env(INSIDE, "1")
        .status()
        .map_err(LoadError::io("unshare"))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// How one may make a namespace here: as root, or as a user who is root in it.
fn flags() -> Result<&'static str, LoadError> {
    let mut words = String::new();
    for flags in ["-n", "-rn"] {
        let made = Command::new("unshare").args([flags, "ip", "link"]).output();
        match made {
            Ok(made) if made.status.success() => return Ok(flags),
            Ok(made) => words = String::from_utf8_lossy(&made.stderr).trim().to_owned(),
            Err(error) => words = error.to_string(),
        }
    }
    Err(LoadError::Namespace(words))
}
