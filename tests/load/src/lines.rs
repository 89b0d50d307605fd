//! Words between processes: a line of JSON each. Here is the side of the process that was started.

use std::{
    io::{self, BufRead, Write},
    thread,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::mpsc;

use crate::error::LoadError;

/// What the conductor says, until it is gone.
pub fn heard<W: DeserializeOwned + Send + 'static>() -> mpsc::UnboundedReceiver<Result<W, LoadError>>
{
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(word(line)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Tells the conductor. Once it is gone nobody wants to know.
pub fn tell(word: &impl Serialize) {
    if let Ok(mut line) = serde_json::to_string(word) {
        line.push('\n');
        let mut out = io::stdout().lock();
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
    }
}

/// What a line says.
///
/// # Errors
/// [`LoadError::Word`].
pub fn word<W: DeserializeOwned>(line: String) -> Result<W, LoadError> {
    serde_json::from_str(&line).map_err(|cause| LoadError::Word { line, cause })
}
