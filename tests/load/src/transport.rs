//! What a leg costs over the one and the other ICE transport.
//!
//! A take is one server's life: all join one after the other, then each scene is played once. Takes of the two
//! transports alternate; every figure is the median of its takes.

use std::time::Duration;

use clap::Args;

use crate::{
    conductor::{Conductor, Heard, Join, Window},
    error::LoadError,
    observe::Holdings,
    report,
    scene::{EVERYBODY, Scene},
    server::{Convene, Ice},
    statistics::alternating,
};

/// What is measured, and how long.
#[derive(Args, Clone, Debug)]
pub struct Plan {
    /// How many legs a server has, one table for each number.
    #[arg(long, value_delimiter = ',', default_value = "50,200", value_parser = at_least_two)]
    legs: Vec<usize>,
    /// Seconds for which each scene is watched.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Seconds for which a scene is played before it is watched.
    #[arg(long, default_value_t = 4)]
    warm_up: u64,
    /// Takes of each transport.
    #[arg(long, default_value_t = 2)]
    repeats: usize,
    /// Measures only one of the two.
    #[arg(long)]
    only: Option<Ice>,
}

/// What is played in each take, in this order: its name, the scene, and the place of the scene with the same load that
/// both transports can play.
pub const SCENES: [(&str, Scene, usize); 4] = [
    ("both ways", Scene::BOTH_WAYS, 0),
    ("both ways, the silent dropped", Scene::SILENCE_DROPPED, 0),
    ("send only", Scene::SEND_ONLY, 2),
    ("idle", Scene::IDLE, 3),
];

/// What was seen in one server's life.
pub struct Take {
    /// Which transport it had.
    pub ice: Ice,
    /// How long each join but the first took: the first makes what all share.
    pub joins: Vec<Join>,
    /// CPU of the server for all of these together.
    pub join_cpu: Duration,
    /// What one leg holds.
    pub one: Holdings,
    /// What all hold after they have been heard.
    pub all: Holdings,
    /// What was seen in each of [`SCENES`] that this transport can play.
    pub windows: [Option<Window>; SCENES.len()],
}

/// The figures have to be per leg, and the first leg is not counted.
fn at_least_two(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(legs) if legs >= 2 => Ok(legs),
        _ => Err("two legs at least".into()),
    }
}

/// Measures and prints.
///
/// # Errors
/// The first thing that goes wrong: figures of a broken run would be worth nothing.
pub fn measure(plan: &Plan) -> Result<(), LoadError> {
    let transports = plan.only.map_or(vec![Ice::Own, Ice::Nice], |ice| vec![ice]);
    for &legs in &plan.legs {
        let mut takes = Vec::new();
        for ice in alternating(&transports, plan.repeats) {
            eprintln!("{legs} legs, {} …", ice.name());
            takes.push(take(plan, ice, legs)?);
        }
        println!("{}", report::of(legs, &takes));
    }
    Ok(())
}

fn take(plan: &Plan, ice: Ice, legs: usize) -> Result<Take, LoadError> {
    let mut conductor =
        Conductor::start(|events| Convene::start(ice, EVERYBODY, 20, events, Heard::Server))?;
    conductor.join()?;
    for scene in [Scene::SEND_ONLY, Scene::IDLE] {
        conductor.play(scene, SETTLE, SETTLE)?;
    }
    let one = conductor.server_holdings()?;
    let before = conductor.server_usage()?;
    let mut joins = Vec::with_capacity(legs);
    for _ in 1..legs {
        joins.push(conductor.join()?);
    }
    let join_cpu = conductor.server_usage()?.cpu_since(&before);
    let mut windows = [const { None }; SCENES.len()];
    for (window, (_, scene, _)) in windows.iter_mut().zip(SCENES) {
        if ice.can_play(scene) {
            *window = Some(play(plan, &mut conductor, scene)?);
        }
    }
    Ok(Take {
        ice,
        joins,
        join_cpu,
        one,
        all: conductor.server_holdings()?,
        windows,
    })
}

/// The first leg plays what makes threads that all share, and lets those end that only connect.
const SETTLE: Duration = Duration::from_secs(1);

fn play(
    plan: &Plan,
    conductor: &mut Conductor<Convene>,
    scene: Scene,
) -> Result<Window, LoadError> {
    let [warm_up, length] = [plan.warm_up, plan.seconds].map(Duration::from_secs);
    conductor.play(scene, warm_up, length)
}
