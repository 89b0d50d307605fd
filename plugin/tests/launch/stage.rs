//! A folder with the plugin and some tones, in which a script runs as an operator would run it; and an ear for what it made.

use std::{
    fs::File,
    net::UdpSocket,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use gst::prelude::*;
use gst_app::AppSink;

use crate::common::{
    init, pipeline, run_to_eos,
    tones::{RATE, power},
    until,
};

/// Longer than any script takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(40);

/// How long the tones last, in seconds.
const TONE: f64 = 2.0;

/// A fifth of a second. What plays live has gaps where the machine had no time for it; some stretch has none.
const STRETCH: usize = 9_600;

pub struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    pub fn new() -> Self {
        init();
        let folder = tempfile::tempdir().unwrap();
        let built = std::env::current_exe()
            .unwrap()
            .with_file_name("libgstconvene.so");
        std::fs::create_dir(folder.path().join("plugins")).unwrap();
        std::fs::copy(built, folder.path().join("plugins/libgstconvene.so")).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file with a tone: `NAME.wav` at 44.1 kHz, in stereo, or `NAME.ogg` with Opus.
    pub fn tone(&self, name: &str, hertz: u32) -> PathBuf {
        let path = self.path(name);
        let (rate, form) = match name.ends_with(".wav") {
            true => (44_100, "channels=2 ! wavenc"),
            false => (48_000, "channels=1 ! opusenc ! oggmux"),
        };
        let buffers = (TONE * 50.0) as u32;
        run_to_eos(&pipeline(&format!(
            "audiotestsrc freq={hertz} volume=0.25 num-buffers={buffers} samplesperbuffer={} ! audio/x-raw,rate={rate},{form} \
             ! filesink location=\"{}\"",
            rate / 50,
            path.display()
        )));
        path
    }

    /// Half a second of 440 Hz, one and a half of silence, and half a second of 440 Hz again.
    pub fn pause(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        run_to_eos(&pipeline(&format!(
            "audiotestsrc wave=ticks freq=440 sine-periods-per-tick=220 tick-interval=2000000000 volume=0.25 num-buffers=125 \
             samplesperbuffer=960 ! audio/x-raw,rate=48000 ! wavenc ! filesink location=\"{}\"",
            path.display()
        )));
        path
    }

    /// The script itself, from the house's folder, in this one.
    pub fn script(&self, name: &str) -> Command {
        let mut command = Command::new(scripts().join(name));
        command
            .current_dir(self.folder.path())
            .env("GST_PLUGIN_PATH", self.path("plugins"))
            .env("GST_REGISTRY", self.path("registry.bin"))
            .env("ADDRESS", "127.0.0.1");
        command
    }

    pub fn start(&self, mut command: Command) -> Running {
        let name = format!("{:?}", command.get_program());
        let words = tempfile::NamedTempFile::new_in(self.folder.path()).unwrap();
        let (_, words) = words.keep().unwrap();
        let out = File::create(&words).unwrap();
        let child = command
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        Running { name, child, words }
    }

    /// Runs a script that ends by itself.
    pub fn run(&self, command: Command) {
        self.start(command).succeeds();
    }

    /// What is heard in one of the folder's files.
    pub fn sound(&self, name: &str) -> Vec<f32> {
        decode(&self.path(name))
    }
}

/// Where the scripts are.
pub fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines/launch")
}

/// A script at work; it is ended with the test.
pub struct Running {
    name: String,
    child: Child,
    words: PathBuf,
}

impl Running {
    /// Waits for its end.
    pub fn ends(&mut self) -> (ExitStatus, String) {
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            let words = || std::fs::read_to_string(&self.words).unwrap();
            assert!(
                begin.elapsed() < DEADLINE,
                "{} goes on:\n{}",
                self.name,
                words()
            );
            std::thread::sleep(Duration::from_millis(10));
        };
        (status, std::fs::read_to_string(&self.words).unwrap())
    }

    pub fn succeeds(&mut self) {
        let (status, words) = self.ends();
        assert!(status.success(), "{}: {status}\n{words}", self.name);
    }

    /// What Ctrl-C does.
    pub fn interrupt(&mut self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(sent.success());
        self.succeeds();
    }

    /// Waits until it listens on a UDP port.
    pub fn listens(&mut self, port: u16) {
        let local = format!(":{port:04X}");
        until(&format!("{} listens on {port}", self.name), || {
            assert_eq!(self.child.try_wait().unwrap(), None, "{} ended", self.name);
            let sockets = std::fs::read_to_string("/proc/net/udp").unwrap();
            let mut addresses = sockets
                .lines()
                .filter_map(|line| line.split_whitespace().nth(1));
            addresses.any(|address| address.ends_with(&local))
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// UDP ports that nobody has.
pub fn ports<const N: usize>() -> [u16; N] {
    let sockets: [UdpSocket; N] = std::array::from_fn(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
    sockets.map(|socket| socket.local_addr().unwrap().port())
}

fn decode(path: &Path) -> Vec<f32> {
    let pipeline = pipeline(&format!(
        "filesrc location=\"{}\" ! decodebin ! {TO_EAR}",
        path.display()
    ));
    let heard = listen(&pipeline, usize::MAX);
    pipeline.set_state(gst::State::Null).unwrap();
    heard
}

/// The end of a pipeline to [`listen`] to.
pub const TO_EAR: &str = "audioconvert ! audioresample ! audio/x-raw,format=F32LE,rate=48000,channels=1 ! appsink name=ear sync=false";

/// Plays a pipeline until it has given so many samples or ends.
pub fn listen(pipeline: &gst::Pipeline, enough: usize) -> Vec<f32> {
    let ear: AppSink = pipeline.by_name("ear").unwrap().downcast().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let (begin, mut heard) = (Instant::now(), Vec::new());
    while heard.len() < enough {
        assert!(begin.elapsed() < DEADLINE, "only {} samples", heard.len());
        let Some(sample) = ear.try_pull_sample(gst::ClockTime::from_mseconds(100)) else {
            if ear.is_eos() {
                break;
            }
            let failure = pipeline
                .bus()
                .unwrap()
                .pop_filtered(&[gst::MessageType::Error]);
            assert!(failure.is_none(), "{failure:?}");
            continue;
        };
        let map = sample.buffer().unwrap().map_readable().unwrap();
        let samples = map.chunks_exact(4);
        heard.extend(samples.map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])));
    }
    heard
}

/// These tones are heard together, as loud as they were sent, and the others never.
pub fn assert_hears(what: &str, samples: &[f32], tones: &[u32], others: &[u32]) {
    let power = |stretch: &[f32], tone: &u32| power(stretch, f64::from(*tone));
    let stretches = || samples.windows(STRETCH).step_by(STRETCH / 4);
    assert!(
        stretches().any(|s| tones
            .iter()
            .all(|tone| (-14.0..-10.0).contains(&power(s, tone)))),
        "{what}: {tones:?} are not heard in {} samples",
        samples.len()
    );
    for other in others {
        let loudest = stretches().map(|s| power(s, other)).fold(-200.0, f64::max);
        assert!(loudest < -30.0, "{what}: {other} Hz at {loudest:.1} dB");
    }
}

/// About as long as the tones.
pub fn assert_lasts(what: &str, samples: &[f32]) {
    let seconds = samples.len() as f64 / RATE;
    assert!(
        (TONE - 0.2..TONE + 2.0).contains(&seconds),
        "{what}: {seconds:.2} s"
    );
}

/// The last page of an Ogg file says that it is the last (RFC 3533 section 6).
pub fn assert_finished(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let last = bytes.windows(4).rposition(|four| four == b"OggS").unwrap();
    assert_eq!(bytes[last + 5] & 4, 4, "{} is cut off", path.display());
}
