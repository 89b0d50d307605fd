//! Other programs and files of the kernel, used within a namespace.

use std::{
    env, fs,
    io::Write,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

use crate::{error::LabError, namespace::Namespace};

/// nftables repeats the line that it does not understand, however long it is.
const LONGEST_WORDS: usize = 400;

/// Runs commands of iproute2, without the word `ip`.
pub(crate) fn ip(namespace: &Namespace, commands: &[String]) -> Result<(), LabError> {
    if commands.is_empty() {
        return Ok(());
    }
    tell(
        namespace,
        "ip",
        &["-batch", "-"],
        &(commands.join("\n") + "\n"),
    )
}

/// Hands commands to nftables, in one step.
pub(crate) fn nft(namespace: &Namespace, commands: &str) -> Result<(), LabError> {
    tell(namespace, "nft", &["-f", "-"], commands)
}

/// Writes into a file below `/proc/sys`, which shows each process its own network. What the kernel does not know has no
/// file, and needs no setting.
pub(crate) fn set(namespace: &Namespace, (file, value): &(String, String)) -> Result<(), LabError> {
    let path = PathBuf::from("/proc/sys").join(file);
    let written = namespace.enter(|| {
        if path.exists() {
            fs::write(&path, value)
        } else {
            Ok(())
        }
    })?;
    written.map_err(LabError::io(format!(
        "writing {value} to {}",
        path.display()
    )))
}

/// Where this program is.
pub(crate) fn this_program() -> Result<PathBuf, LabError> {
    env::current_exe().map_err(LabError::io("finding this program"))
}

fn tell(
    namespace: &Namespace,
    program: &str,
    arguments: &[&str],
    input: &str,
) -> Result<(), LabError> {
    let output =
        namespace.enter(|| start(program, arguments).and_then(|child| feed(child, input)))?;
    let output = output.map_err(LabError::io(format!("running {program}")))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr)
        .chars()
        .take(LONGEST_WORDS)
        .collect();
    Err(LabError::Program {
        program: program.to_owned(),
        words,
    })
}

/// Users do not always have the administrator's programs in their path.
fn start(program: &str, arguments: &[&str]) -> std::io::Result<Child> {
    let path = env::var("PATH").unwrap_or_default();
    Command::new(program)
        .args(arguments)
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

fn feed(mut child: Child, input: &str) -> std::io::Result<Output> {
    if let Some(mut stdin) = child.stdin.take() {
        // Whoever ends without reading says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output()
}
