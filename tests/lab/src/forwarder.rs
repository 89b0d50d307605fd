//! Carries frames between the two ends of an imperfect line, each when its time has come. The kernel's own way (netem)
//! is missing in some kernels.

use std::{
    io,
    os::unix::net::UnixStream,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
};

use crate::{error::LabError, line::Line, scene::Directions, shaper::Counts, tap::Tap};

type Frames = Mutex<Line<Vec<u8>>>;

/// Where an Ethernet frame says what it carries, and what of that suffers: IPv4 and IPv6. The line is perfect for ARP;
/// a lost question of where somebody is costs a second, which no test of loss means.
const ETHERTYPE: std::ops::Range<usize> = 12..14;
const SUFFERS: [[u8; 2]; 2] = [[0x08, 0x00], [0x86, 0xdd]];

/// How many frames are read from one end before those whose time has come are let out.
const AT_ONCE: usize = 32;

/// A thread that works until this is dropped.
#[derive(Debug)]
pub(crate) struct Forwarder {
    lines: Arc<[Frames; 2]>,
    /// Closed on drop, which ends the thread.
    life: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Forwarder {
    /// Between the near end, that of the host, and the far end.
    pub(crate) fn start(
        name: &str,
        ends: [Tap; 2],
        settings: Directions,
    ) -> Result<Self, LabError> {
        let failed = |what| LabError::io(format!("making {what} for the line of {name}"));
        let (life, end) = UnixStream::pair().map_err(failed("a pair of sockets"))?;
        let lines =
            Arc::new([settings.up, settings.down].map(|settings| Mutex::new(Line::new(settings))));
        let theirs = Arc::clone(&lines);
        let name = name.to_owned();
        let work = move || {
            // Nobody waits for it; whoever wonders why nothing arrives shall find it.
            if let Err(error) = carry(&ends, &theirs, &end) {
                eprintln!("the line of {name} broke: {error}");
            }
        };
        let thread = thread::Builder::new()
            .name("convene-line".to_owned())
            .spawn(work)
            .map_err(failed("a thread"))?;
        Ok(Self {
            lines,
            life: Some(life),
            thread: Some(thread),
        })
    }

    /// From now on.
    pub(crate) fn set(&self, settings: Directions) {
        let [up, down] = &*self.lines;
        lock(up).set(settings.up);
        lock(down).set(settings.down);
    }

    /// What became of all, up and down.
    pub(crate) fn counts(&self) -> [Counts; 2] {
        [0, 1].map(|direction| lock(&self.lines[direction]).counts())
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.life.take();
        if let Some(thread) = self.thread.take() {
            // It has told what was wrong.
            let _ = thread.join();
        }
    }
}

fn carry(ends: &[Tap; 2], lines: &[Frames; 2], life: &UnixStream) -> io::Result<()> {
    let began = Instant::now();
    loop {
        let now = began.elapsed();
        let deadline = lines.iter().filter_map(|line| lock(line).deadline()).min();
        if ended(
            ends,
            life,
            deadline.map(|deadline| deadline.saturating_sub(now)),
        )? {
            return Ok(());
        }
        for (from, to) in [(0, 1), (1, 0)] {
            take_in(began, &ends[from], &lines[from], &ends[to])?;
            let_out(began.elapsed(), &lines[from], &ends[to])?;
        }
    }
}

/// Waits until there is something to do; whether that is to end.
fn ended(ends: &[Tap; 2], life: &UnixStream, patience: Option<Duration>) -> io::Result<bool> {
    let [near, far] = ends;
    let mut waiting = [
        PollFd::new(life, PollFlags::IN),
        PollFd::new(near, PollFlags::IN),
        PollFd::new(far, PollFlags::IN),
    ];
    let patience = patience
        .map(Timespec::try_from)
        .transpose()
        .map_err(io::Error::other)?;
    match poll(&mut waiting, patience.as_ref()) {
        Ok(_) => Ok(!waiting[0].revents().is_empty()),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn take_in(began: Instant, from: &Tap, line: &Frames, to: &Tap) -> io::Result<()> {
    for _ in 0..AT_ONCE {
        let Some(frame) = from.read()? else {
            return Ok(());
        };
        if suffers(&frame) {
            lock(line).handle(began.elapsed(), frame);
        } else {
            to.write(&frame)?;
        }
    }
    Ok(())
}

fn let_out(now: Duration, line: &Frames, to: &Tap) -> io::Result<()> {
    while let Some(frame) = lock(line).poll(now) {
        to.write(&frame)?;
    }
    Ok(())
}

fn suffers(frame: &[u8]) -> bool {
    frame
        .get(ETHERTYPE)
        .is_some_and(|kind| SUFFERS.iter().any(|suffers| kind == suffers))
}

/// Nobody leaves a line half-changed, so a panic elsewhere makes it no worse.
fn lock(line: &Frames) -> MutexGuard<'_, Line<Vec<u8>>> {
    line.lock().unwrap_or_else(PoisonError::into_inner)
}
