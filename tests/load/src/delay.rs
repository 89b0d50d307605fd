//! How long sound is on its way through this project's mixer and Janus's AudioBridge.
//!
//! A take is one server's life: a few join and go on sending, as browsers do; then they chirp in turn, first as evenly
//! as a client can send, then with jitter. Each sends at another point of the frame.
//!
//! A chirp's *delay* is the time from when the datagram in which it begins left its speaker to when the datagram in which
//! it begins came to a listener, plus its place in the sound of the latter, less its place in that of the former, and less
//! what it takes through an encoder and a decoder alone: so it is what the server adds to a direct connection. Where a
//! packet was held back by way of jitter, the time at which it would have left counts.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use clap::{Args, ValueEnum};

use crate::{
    client::{Chirp, SPACING, codecs, time_of},
    conductor::{Conductor, Heard, Overheard},
    error::LoadError,
    report,
    scene::{Scene, Silence},
    server::{Codec, Convene, Ice, Janus, Passed, Server},
    statistics::alternating,
};

/// What is measured, and how long.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// How many people there are.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(2..=4))]
    people: u32,
    /// For how many milliseconds at most packets are held back, one row for each number.
    #[arg(long, value_delimiter = ',', default_value = "0,20")]
    jitter: Vec<u64>,
    /// Seconds for which each row is listened to.
    #[arg(long, default_value_t = 12)]
    seconds: u64,
    /// Seconds for which is chirped before.
    #[arg(long, default_value_t = 6)]
    warm_up: u64,
    /// Takes of each server.
    #[arg(long, default_value_t = 2)]
    repeats: usize,
    /// Measures only one of them.
    #[arg(long)]
    only: Option<Who>,
}

/// Those that are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Who {
    /// This project.
    Convene,
    /// The other as it is by itself: it begins to play somebody when it has more than six of his packets.
    Janus,
    /// The other at its quickest: as soon as it has more than one. Of none it plays nothing.
    QuickJanus,
}

/// All of them.
pub const ALL: [Who; 3] = [Who::Convene, Who::Janus, Who::QuickJanus];

/// What takes a sound's time on its way through this project's mixer, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stages {
    /// The jitter: until its packet left the speaker.
    pub held_back: f64,
    /// From there to the mixer: system, I/O thread, SRTP, RTP.
    pub incoming: f64,
    /// Until the first frame that could have had it was due.
    pub tick: f64,
    /// For as many frames as it was held longer, the limiter's look-ahead included.
    pub queue: f64,
    /// The encoder's look-ahead.
    pub encoder: f64,
    /// From when its frame was due to when it was made.
    pub work: f64,
    /// From there to the listener: SRTP, system.
    pub outgoing: f64,
}

/// A stage's name, and how it is read.
pub type Stage = (&'static str, fn(&Stages) -> f64);

/// All of them, in their order.
pub const STAGES: [Stage; 7] = [
    ("held back: the jitter", |stages| stages.held_back),
    ("in: system, I/O thread, SRTP, RTP", |stages| {
        stages.incoming
    }),
    ("until the next frame is due", |stages| stages.tick),
    ("held for frames more, and the limiter", |stages| {
        stages.queue
    }),
    ("the encoder's look-ahead", |stages| stages.encoder),
    ("made: decoded, mixed, encoded", |stages| stages.work),
    ("out: RTP, SRTP, system", |stages| stages.outgoing),
];

/// What became of a chirp at one listener, in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Journey {
    /// All of it.
    pub delay: f64,
    /// Its parts, where the server told of them.
    pub stages: Option<Stages>,
}

/// What was seen of one server with one jitter, in one of its lives.
#[derive(Debug)]
pub struct Take {
    /// Whose.
    pub who: Who,
    /// Which jitter, in ms.
    pub jitter: u64,
    /// The chirps that were heard.
    pub journeys: Vec<Journey>,
    /// How many should have been.
    pub due: usize,
    /// How many cores the rest of the machine kept busy.
    pub others: f64,
}

/// Measures and prints.
///
/// # Errors
/// The first thing that goes wrong: figures of a broken run would be worth nothing.
pub fn measure(plan: &Plan) -> Result<(), LoadError> {
    let (codec, passes) = (Codec::of_convene()?, codecs()?);
    let servers = plan.only.map_or(ALL.to_vec(), |who| vec![who]);
    let mut takes = Vec::new();
    for who in alternating(&servers, plan.repeats) {
        eprintln!("{who:?} …");
        for (jitter, overheard) in take(plan, who, codec)? {
            takes.push(Take::of(who, jitter, &overheard, passes));
        }
    }
    println!("{}", report::delay::of(codec, &plan.jitter, &takes));
    Ok(())
}

fn take(plan: &Plan, who: Who, codec: Codec) -> Result<Vec<(u64, Overheard)>, LoadError> {
    let people = plan.people as usize;
    let janus = |held| {
        let start = |events| Janus::start(codec, (1, people), held, events, Heard::Server);
        listen(plan, Conductor::with_chirpers(people, start)?)
    };
    match who {
        Who::Convene => {
            let start = |events| Convene::start(Ice::Own, people, 20, events, Heard::Server);
            listen(plan, Conductor::with_chirpers(people, start)?)
        }
        Who::Janus => janus(None),
        Who::QuickJanus => janus(Some(1)),
    }
}

fn listen<S: Server>(
    plan: &Plan,
    mut conductor: Conductor<S>,
) -> Result<Vec<(u64, Overheard)>, LoadError> {
    for _ in 0..plan.people {
        conductor.enter()?;
    }
    let [warm_up, length] = [plan.warm_up, plan.seconds].map(Duration::from_secs);
    let scene = Scene::of_conferences(plan.people as usize, Silence::Noise);
    let mut rows = Vec::new();
    for &jitter in &plan.jitter {
        let most = Duration::from_millis(jitter);
        rows.push((jitter, conductor.overhear(scene, most, warm_up, length)?));
    }
    Ok(rows)
}

impl Chirp {
    /// When it was spoken, or could be heard.
    fn begins(&self) -> Duration {
        self.at + self.offset - self.held_back
    }
}

impl Take {
    fn of(who: Who, jitter: u64, overheard: &Overheard, passes: [Duration; 2]) -> Self {
        let Overheard {
            window,
            spoken,
            heard,
            passed,
        } = overheard;
        let mut spoken = spoken.clone();
        spoken.sort_by_key(Chirp::begins);
        // The last one may not have come yet.
        spoken.pop();
        let journeys = heard.iter().filter_map(|heard| {
            let spoken = source(&spoken, heard)?;
            Some(Journey::of(spoken, heard, passed, passes))
        });
        let legs: BTreeSet<_> = spoken.iter().map(|spoken| spoken.leg).collect();
        Self {
            who,
            jitter,
            journeys: journeys.collect(),
            due: spoken.len() * legs.len().saturating_sub(1),
            others: window.others,
        }
    }
}

/// The one of `spoken`, in their order, that is heard: the last before. None takes so long that another is in between.
fn source<'a>(spoken: &'a [Chirp], heard: &Chirp) -> Option<&'a Chirp> {
    let last = spoken
        .iter()
        .rfind(|spoken| spoken.begins() <= heard.begins())?;
    let passed = heard.begins() - last.begins();
    (last.leg != heard.leg && passed < time_of(SPACING as usize)).then_some(last)
}

impl Journey {
    fn of(
        spoken: &Chirp,
        heard: &Chirp,
        passed: &BTreeMap<usize, Passed>,
        [once, twice]: [Duration; 2],
    ) -> Self {
        let stages = || {
            let came = *passed.get(&spoken.leg)?.came.get(&spoken.time)?;
            let mix = &passed.get(&heard.leg)?.left;
            let left = mix.get(&heard.time)?;
            let due = mix.values().map(|left| left.due);
            let tick = due.filter(|due| *due >= came).min()?;
            let sound_in = came + spoken.offset;
            let sound_out = left.due + heard.offset;
            let [tick_ms, all] = [ms(tick, came), ms(sound_out, sound_in)];
            Some(Stages {
                held_back: ms(spoken.held_back, Duration::ZERO),
                incoming: ms(came, spoken.at),
                tick: tick_ms,
                queue: all - tick_ms - ms(twice, Duration::ZERO),
                encoder: ms(twice, once),
                work: ms(left.made, left.due),
                outgoing: ms(heard.at, left.made),
            })
        };
        Self {
            delay: ms(heard.begins(), spoken.begins() + once),
            stages: stages(),
        }
    }
}

fn ms(later: Duration, earlier: Duration) -> f64 {
    (later.as_secs_f64() - earlier.as_secs_f64()) * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Left;

    const STEP: Duration = Duration::from_millis(1);

    fn chirp(leg: usize, time: u32, at: u32, held_back: u32, offset: u32) -> Chirp {
        Chirp {
            leg,
            time,
            at: STEP * at,
            held_back: STEP * held_back,
            offset: STEP * offset,
        }
    }

    /// Leg 0 speaks; the mix of leg 1 has a frame every 20 ms.
    fn overheard() -> Overheard {
        let left = |(time, due)| {
            let due = STEP * due;
            let made = due + STEP;
            (time, Left { due, made })
        };
        let mix = Passed {
            left: [(50, 990), (60, 1_010), (70, 1_030), (80, 1_050)]
                .map(left)
                .into(),
            ..Passed::default()
        };
        let own = Passed {
            came: [(7, STEP * 1_006)].into(),
            ..Passed::default()
        };
        Overheard {
            spoken: vec![chirp(0, 900, 1_520, 0, 0), chirp(0, 7, 1_005, 4, 12)],
            heard: vec![
                chirp(1, 30, 900, 0, 3),
                chirp(1, 80, 1_052, 0, 2),
                chirp(1, 99, 1_550, 0, 2),
            ],
            passed: [(0, own), (1, mix)].into(),
            ..Overheard::default()
        }
    }

    #[test]
    fn the_stages_are_all_of_the_delay() {
        let passes = [STEP * 6, STEP * 13];
        let take = Take::of(Who::Convene, 5, &overheard(), passes);
        let [journey] = take.journeys[..] else {
            panic!("{:?}", take.journeys);
        };
        // From 1 001 + 12 to 1 052 + 2, less 6.
        assert!((journey.delay - 35.0).abs() < 1e-6, "{journey:?}");
        let stages = journey.stages.expect("the server told");
        let all = STAGES.map(|(_, stage)| stage(&stages));
        let expected = [4.0, 1.0, 4.0, 17.0, 7.0, 1.0, 1.0];
        for (seen, expected) in all.into_iter().zip(expected) {
            assert!((seen - expected).abs() < 1e-6, "{stages:?}");
        }
        assert!((all.iter().sum::<f64>() - journey.delay).abs() < 1e-6);
        assert_eq!(take.due, 0, "nobody else speaks");
    }

    #[test]
    fn nobody_hears_himself_or_what_was_long_ago() {
        let spoken = [chirp(0, 7, 1_000, 0, 0), chirp(1, 7, 1_513, 0, 0)];
        let of = |heard| source(&spoken, &heard).map(|spoken| spoken.leg);
        let table = [
            (chirp(2, 0, 1_040, 0, 0), Some(0)),
            (chirp(2, 0, 1_560, 0, 0), Some(1)),
            (chirp(0, 0, 1_040, 0, 0), None),
            (chirp(2, 0, 990, 0, 0), None),
            (chirp(2, 0, 2_030, 0, 0), None),
        ];
        for (heard, expected) in table {
            assert_eq!(of(heard), expected, "{heard:?}");
        }
    }
}
