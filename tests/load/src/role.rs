//! A process that the conductor started: its words go both ways as lines, and it ends with the conductor.

use std::{
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::{error::LoadError, lines};

/// A started process.
pub struct Role {
    name: &'static str,
    process: Child,
    input: ChildStdin,
}

impl Role {
    /// Starts this program again as something else; `hear` makes of each of its words what is sent to `events`, and
    /// is told of its end by an error.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start<W: DeserializeOwned + 'static, E: Send + 'static>(
        name: &'static str,
        arguments: &[&str],
        events: mpsc::Sender<E>,
        hear: fn(Result<W, LoadError>) -> E,
    ) -> Result<Self, LoadError> {
        let program = env::current_exe().map_err(LoadError::io("finding this program"))?;
        let mut process = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(LoadError::io(format!("starting the {name}")))?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(LoadError::Ended(name));
        };
        thread::spawn(move || carry(name, output, &events, hear));
        Ok(Self {
            name,
            process,
            input,
        })
    }

    /// Its number in `/proc`.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Says a word to it.
    ///
    /// # Errors
    /// When it does not listen any more.
    pub fn tell(&mut self, word: &impl Serialize) -> Result<(), LoadError> {
        let mut line = serde_json::to_string(word).map_err(|cause| LoadError::Word {
            line: self.name.into(),
            cause,
        })?;
        line.push('\n');
        let written = self.input.write_all(line.as_bytes());
        written.map_err(LoadError::io(format!("speaking to the {}", self.name)))
    }
}

impl Drop for Role {
    fn drop(&mut self) {
        // It may have ended by itself; waiting for it is all that is left then.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn carry<W: DeserializeOwned, E>(
    name: &'static str,
    output: ChildStdout,
    events: &mpsc::Sender<E>,
    hear: fn(Result<W, LoadError>) -> E,
) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        if events.send(hear(lines::word(line))).is_err() {
            return;
        }
    }
    let _ = events.send(hear(Err(LoadError::Ended(name))));
}
