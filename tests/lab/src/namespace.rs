//! Network namespaces that are held by nothing but an open file, so they end with the process however it ends, and two
//! laboratories know nothing of each other.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, AsRawFd},
    path::PathBuf,
    process, thread,
};

use rustix::{
    process::{Pid, Signal, kill_process},
    thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe},
};

use crate::error::LabError;

/// One network namespace.
#[derive(Debug)]
pub struct Namespace {
    file: File,
}

impl Namespace {
    /// An empty one.
    ///
    /// # Errors
    /// [`LabError::Io`], as a rule for want of rights.
    pub fn new() -> Result<Self, LabError> {
        let made = on_a_thread(|| {
            // SAFETY: NEWNET gives the calling thread another network and leaves its memory and its files shared.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
            File::open("/proc/thread-self/ns/net")
        });
        made.map(|file| Self { file })
            .map_err(LabError::io("making a network namespace"))
    }

    /// Does `work` in there. What it opens and starts stays there: sockets, TAP devices, processes.
    ///
    /// # Errors
    /// [`LabError::Io`].
    pub fn enter<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, LabError> {
        let done = on_a_thread(|| {
            move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(work())
        });
        done.map_err(LabError::io("entering a network namespace"))
    }

    /// A file that stands for it while this process lives, for `nsenter --net=`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!(
            "/proc/{}/fd/{}",
            process::id(),
            self.file.as_raw_fd()
        ))
    }

    fn link(&self) -> io::Result<PathBuf> {
        fs::read_link(self.path())
    }
}

/// Ends all processes in these namespaces. Nothing else can be in there than what was started there.
pub(crate) fn end_processes(namespaces: &[&Namespace]) {
    let networks: Vec<_> = namespaces
        .iter()
        .filter_map(|namespace| namespace.link().ok())
        .collect();
    let is_within = |pid: &Pid| {
        let network = fs::read_link(format!("/proc/{}/ns/net", pid.as_raw_nonzero()));
        network.is_ok_and(|network| networks.contains(&network))
    };
    // What was just being started in the first round is there in the second.
    for _ in 0..2 {
        for pid in processes().into_iter().filter(is_within) {
            // It may have ended by itself in between.
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

fn processes() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter_map(Pid::from_raw).collect()
}

/// A namespace belongs to a thread, so one that comes and goes leaves the others where they are.
fn on_a_thread<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let joined = thread::scope(|scope| scope.spawn(work).join());
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
