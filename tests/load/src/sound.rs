//! What a participant costs this project's mixer and Janus's AudioBridge, and what becomes of the sound.
//!
//! A take is one server's life: all join one after the other, then those who do not talk send DTX, then noise. Takes of
//! the servers alternate; every figure is the median of its takes. A server that does not hold a crowd may fail
//! already while it comes; that is a result, too.

use std::{fmt, str::FromStr, time::Duration};

use clap::{Args, ValueEnum};
use convene_audio::LARGE;

use crate::{
    conductor::{Conductor, Heard, Join, Window},
    error::LoadError,
    observe::Holdings,
    report,
    scene::{Scene, Silence},
    server::{Codec, Convene, Ice, Janus, Server},
    statistics::alternating,
};

/// What is measured, and how long.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// How many people there are: `50` in one conference, `10x10` in ten conferences of ten.
    #[arg(long, value_delimiter = ',', default_value = "50,100,10x10,200")]
    crowds: Vec<Crowd>,
    /// Seconds for which each scene is watched.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds for which a scene is played before it is watched.
    #[arg(long, default_value_t = 4)]
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
    /// The other.
    Janus,
    /// This project, with packets of 60 ms for those who only listen in a large conference; all else is 20 ms.
    Longer,
}

/// Milliseconds in the packets of [`Who::Longer`], and in everybody else's.
pub const LONGER: u32 = 60;
const SHORT: u32 = 20;

/// People in conferences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Crowd {
    /// How many conferences.
    pub conferences: usize,
    /// How many people in each.
    pub people: usize,
}

impl Crowd {
    /// Everybody.
    pub fn size(self) -> usize {
        self.conferences * self.people
    }
}

impl FromStr for Crowd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (conferences, people) = text.split_once('x').unwrap_or(("1", text));
        let crowd = match (conferences.parse(), people.parse()) {
            (Ok(conferences), Ok(people)) => Self {
                conferences,
                people,
            },
            _ => return Err("a number of people, or of conferences and people: 50, 10x10".into()),
        };
        // The figures are per participant, and the first one is not counted.
        match crowd {
            Self { conferences: 0, .. } => Err("one conference at least".into()),
            Self { people: 0 | 1, .. } => Err("two people at least".into()),
            crowd => Ok(crowd),
        }
    }
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.conferences {
            1 => write!(f, "{} people", self.people),
            conferences => write!(f, "{conferences} × {} people", self.people),
        }
    }
}

/// What those send who do not talk, in this order.
pub const SILENCES: [(&str, Silence); 2] = [("DTX", Silence::Dtx), ("noise", Silence::Noise)];

/// What was seen in one server's life.
pub struct Take {
    /// How long each join but the first took: the first makes what all share.
    pub joins: Vec<Join>,
    /// CPU of the server for all of these together.
    pub join_cpu: Duration,
    /// What it holds with one participant.
    pub one: Holdings,
    /// What it holds with all, after they have been heard.
    pub all: Holdings,
    /// What was seen in each of [`SILENCES`].
    pub windows: [Window; SILENCES.len()],
}

/// What became of one server's life.
pub struct Outcome {
    /// Whose.
    pub who: Who,
    /// What was seen, or why it ended.
    pub take: Result<Take, LoadError>,
}

/// Measures and prints.
///
/// # Errors
/// When it cannot be measured; that a server does not hold a crowd is none.
pub fn measure(plan: &Plan) -> Result<(), LoadError> {
    let codec = Codec::of_convene()?;
    let servers = plan
        .only
        .map_or(vec![Who::Convene, Who::Janus, Who::Longer], |who| vec![who]);
    let mut seen = Vec::new();
    for &crowd in &plan.crowds {
        let mut outcomes = Vec::new();
        let makes_sense = |who: &Who| *who != Who::Longer || crowd.people >= LARGE;
        let servers: Vec<_> = servers.iter().copied().filter(makes_sense).collect();
        for who in alternating(&servers, plan.repeats) {
            eprintln!("{crowd}, {who:?} …");
            let take = survived(take(plan, who, codec, crowd))?;
            outcomes.push(Outcome { who, take });
        }
        seen.push((crowd, outcomes));
    }
    println!("{}", report::sound::of(codec, &seen));
    Ok(())
}

/// Tells a server that broke down from a measurement that did.
fn survived(take: Result<Take, LoadError>) -> Result<Result<Take, LoadError>, LoadError> {
    match take {
        Err(error @ (LoadError::Late { .. } | LoadError::Leg { .. })) => {
            eprintln!("… {error}");
            Ok(Err(error))
        }
        Err(error) => Err(error),
        Ok(take) => Ok(Ok(take)),
    }
}

fn take(plan: &Plan, who: Who, codec: Codec, crowd: Crowd) -> Result<Take, LoadError> {
    let Crowd {
        conferences,
        people,
    } = crowd;
    match who {
        Who::Convene | Who::Longer => {
            let packet = if who == Who::Longer { LONGER } else { SHORT };
            let start = |events| Convene::start(Ice::Own, people, packet, events, Heard::Server);
            watch(plan, crowd, Conductor::start(start)?)
        }
        Who::Janus => {
            let rooms = (conferences, people);
            let start = |events| Janus::start(codec, rooms, None, events, Heard::Server);
            watch(plan, crowd, Conductor::start(start)?)
        }
    }
}

/// The first participant talks for so long, to nobody: then there is what all share.
const SETTLE: Duration = Duration::from_secs(1);

fn watch<S: Server>(
    plan: &Plan,
    crowd: Crowd,
    mut conductor: Conductor<S>,
) -> Result<Take, LoadError> {
    conductor.join()?;
    for silence in [Silence::Noise, Silence::Nothing] {
        conductor.play(Scene::of_conferences(crowd.people, silence), SETTLE, SETTLE)?;
    }
    let one = conductor.server_holdings()?;
    let before = conductor.server_usage()?;
    let mut joins = Vec::with_capacity(crowd.size());
    for _ in 1..crowd.size() {
        joins.push(conductor.join()?);
    }
    let join_cpu = conductor.server_usage()?.cpu_since(&before);
    let [warm_up, length] = [plan.warm_up, plan.seconds].map(Duration::from_secs);
    let mut play = |(_, silence)| {
        let scene = Scene::of_conferences(crowd.people, silence);
        conductor.play(scene, warm_up, length)
    };
    let [dtx, noise] = SILENCES;
    let windows = [play(dtx)?, play(noise)?];
    Ok(Take {
        joins,
        join_cpu,
        one,
        all: conductor.server_holdings()?,
        windows,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crowds_are_read_and_written() {
        let crowd = |conferences, people| {
            Ok(Crowd {
                conferences,
                people,
            })
        };
        assert_eq!("50".parse(), crowd(1, 50));
        assert_eq!("10x10".parse(), crowd(10, 10));
        for text in ["", "1", "0x5", "5x1", "x", "-3", "ten"] {
            assert!(text.parse::<Crowd>().is_err(), "{text}");
        }
        let written = ["50", "10x10"].map(|text| text.parse::<Crowd>().map(|c| c.to_string()));
        assert_eq!(
            written,
            [Ok("50 people".into()), Ok("10 × 10 people".into())]
        );
    }

    #[test]
    fn only_a_server_may_break_down() {
        let late = LoadError::Late {
            what: "sound".into(),
            patience: SETTLE,
        };
        assert!(matches!(survived(Err(late)), Ok(Err(_))));
        assert!(survived(Err(LoadError::Ended("clients"))).is_err());
    }
}
