//! Holds a laboratory and does what is wished, one after the other.

use std::{
    io::{self, BufRead, Write},
    thread,
};

use convene_lab::{Cut, Directions, LabError, Laboratory, Scene};
use tokio::{
    runtime,
    signal::unix::{SignalKind, signal},
    sync::mpsc::{self, UnboundedReceiver},
};

use crate::words::{Answer, Ready, Wish};

/// Until the input ends or a signal comes.
///
/// # Errors
/// [`LabError`] if the scene cannot be built.
pub fn hold(scene: &Scene) -> Result<(), LabError> {
    let failed = |what: &str| LabError::io(what.to_owned());
    let runtime = runtime::Builder::new_current_thread().enable_io().build();
    let runtime = runtime.map_err(failed("starting the runtime"))?;
    runtime.block_on(async {
        // From before the first process that a signal would leave behind.
        let mut end = Box::pin(asked_to_end().map_err(failed("listening for signals"))?);
        let mut lab = Laboratory::build(scene)?;
        tell(&Answer::Ready(Box::new(Ready::new(scene, &lab)?)));
        let mut heard = heard();
        loop {
            tokio::select! {
                () = &mut end => return Ok(()),
                line = heard.recv() => match line {
                    Some(line) => tell(&fulfil(&mut lab, &line)),
                    None => return Ok(()),
                },
            }
        }
    })
}

fn fulfil(lab: &mut Laboratory, line: &str) -> Answer {
    let wish = serde_json::from_str(line).map_err(|e| format!("`{line}` is not understood: {e}"));
    let done = wish.and_then(|wish| attempt(lab, wish).map_err(|e| e.to_string()));
    done.unwrap_or_else(Answer::Error)
}

fn attempt(lab: &mut Laboratory, wish: Wish) -> Result<Answer, LabError> {
    match wish {
        Wish::Cut(cut) => lab.cut(cut)?,
        Wish::Mend(cut) if cut == Cut::default() => lab.mend(None)?,
        Wish::Mend(cut) => lab.mend(Some(&cut))?,
        Wish::Impair { link, up, down } => lab.impair(&link, Directions { up, down })?,
        Wish::Nat {
            name,
            mapping,
            filtering,
        } => lab.set_nat(&name, mapping, filtering)?,
        Wish::Traffic { link } => return Ok(Answer::Traffic(lab.traffic(&link)?)),
    }
    Ok(Answer::Done {})
}

fn asked_to_end() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
            _ = hang_up.recv() => (),
        }
    })
}

fn heard() -> UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    thread::spawn(move || {
        let lines = io::stdin().lock().lines().map_while(Result::ok);
        // Nobody listens any more once a signal has come.
        let _ = lines.into_iter().try_for_each(|line| sender.send(line));
    });
    receiver
}

/// Once nobody reads, the end is near, and the input will say so.
fn tell(answer: &Answer) {
    if let Ok(line) = serde_json::to_string(answer) {
        let mut out = io::stdout().lock();
        let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    }
}
