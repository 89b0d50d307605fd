//! The tables of two servers that mix sound. Pure.

use std::fmt::Write as _;

use super::{milliseconds, played::Played, slashed};
use crate::{
    conductor::Window,
    observe::Holdings,
    server::{Codec, cores},
    sound::{Crowd, LONGER, Outcome, SILENCES, Take, Who},
    statistics::median,
    table::{Table, figure},
};

/// Each crowd with the lives of the servers that met it.
type Seen = [(Crowd, Vec<Outcome>)];

/// All that is to be said of them, in Markdown.
pub fn of(codec: Codec, seen: &Seen) -> String {
    let mut text = format!(
        "Both encode with {codec}; Janus has {} event loops.\n\n",
        cores()
    );
    for table in [costs(seen), heard(seen), holdings(seen)] {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{table}");
    }
    for (crowd, outcomes) in seen {
        for outcome in outcomes {
            if let Err(error) = &outcome.take {
                let _ = writeln!(text, "{crowd}, {:?}: {error}.", outcome.who);
            }
        }
    }
    text
}

fn costs(seen: &Seen) -> Table {
    let mut table = Table::new(&[
        "CPU in ms/s per participant",
        "Convene",
        "Janus",
        "Convene : Janus",
        "clients, Convene / Janus",
        "cores in all, Convene / Janus",
        "cores that others used at most",
    ]);
    for scene in scenes(seen) {
        let [convene, janus] = scene.both(|who| scene.played(who));
        let pair = |value: fn(&Played) -> f64| slashed([&convene, &janus].map(value));
        let windows = scene.both(|who| scene.windows(who));
        let windows = windows.into_iter().flatten();
        let others = windows.map(|window| window.others).fold(0.0, f64::max);
        table.row([
            scene.name(),
            convene.shown(convene.cpu),
            janus.shown(janus.cpu),
            convene.against(&janus, |played| played.cpu),
            pair(|played| played.clients),
            pair(|played| played.cores),
            figure(others),
        ]);
    }
    table
}

fn heard(seen: &Seen) -> Table {
    let mut table = Table::new(&[
        "the mix as heard, lost, gaps > 40 ms",
        "Convene",
        "Janus",
        "deviation in ms, Convene / Janus",
        "kbit/s of Opus, Convene / Janus",
        "holds, Convene / Janus",
    ]);
    for scene in scenes(seen) {
        let [convene, janus] = scene.both(|who| super::heard(scene.windows(who)));
        let deviation = |window: &Window| window.heard.deviation();
        let opus =
            |w: &Window| w.per_second(8 * w.heard.octets) / 1_000.0 / scene.crowd.size() as f64;
        table.row([
            scene.name(),
            convene,
            janus,
            slashed(scene.both(|who| median(scene.windows(who).map(deviation)))),
            slashed(scene.both(|who| median(scene.windows(who).map(opus)))),
            scene.both(|who| scene.holds(who)).join(" / "),
        ]);
    }
    table
}

fn holdings(seen: &Seen) -> Table {
    let mut table = Table::new(&[
        "per participant, Convene / Janus",
        "threads",
        "memory, kB",
        "CPU of a join, ms",
        "until connected, ms",
        "until sound flows, ms",
    ]);
    for (crowd, outcomes) in seen {
        let pair = |value: &dyn Fn(&Take) -> f64| {
            slashed(both(|who| median(takes(outcomes, who).map(value))))
        };
        let joins = |take: &Take| take.joins.len() as f64;
        table.row([
            crowd.to_string(),
            pair(&|take| take.grown(|held| held.thread_count() as f64)),
            pair(&|take| take.grown(|held| held.memory as f64)),
            pair(&|take| milliseconds(take.join_cpu) / joins(take)),
            pair(&|take| median(take.joins.iter().map(|join| milliseconds(join.connected)))),
            pair(&|take| median(take.joins.iter().map(|join| milliseconds(join.flows)))),
        ]);
    }
    table
}

impl Take {
    /// By how much something grew with each participant after the first.
    fn grown(&self, value: impl Fn(&Holdings) -> f64) -> f64 {
        (value(&self.all) - value(&self.one)) / self.joins.len() as f64
    }
}

/// One kind of silence in one crowd, and who of ours is compared.
#[derive(Clone, Copy)]
struct Scene<'a> {
    crowd: Crowd,
    outcomes: &'a [Outcome],
    place: usize,
    ours: Who,
}

fn scenes(seen: &Seen) -> impl Iterator<Item = Scene<'_>> {
    seen.iter().flat_map(|(crowd, outcomes)| {
        let met = |ours: &Who| outcomes.iter().any(|outcome| outcome.who == *ours);
        let longer = Some(Who::Longer).filter(met);
        let ours = [Who::Convene].into_iter().chain(longer);
        ours.flat_map(move |ours| {
            (0..SILENCES.len()).map(move |place| Scene {
                crowd: *crowd,
                outcomes,
                place,
                ours,
            })
        })
    })
}

impl<'a> Scene<'a> {
    fn name(self) -> String {
        let name = format!("{}, {}", self.crowd, SILENCES[self.place].0);
        match self.ours {
            Who::Longer => format!("{name}, {LONGER} ms to listeners"),
            _ => name,
        }
    }

    fn both<T>(self, of: impl Fn(Who) -> T) -> [T; 2] {
        [self.ours, Who::Janus].map(of)
    }

    fn windows(self, who: Who) -> impl Iterator<Item = &'a Window> + Clone {
        takes(self.outcomes, who).map(move |take| &take.windows[self.place])
    }

    fn played(self, who: Who) -> Played {
        Played::of(self.windows(who), self.crowd.size() as f64)
    }

    /// Whether all of a server's takes were to be listened to.
    fn holds(self, who: Who) -> &'static str {
        let outcomes = self.outcomes.iter().filter(|outcome| outcome.who == who);
        let mut lives = outcomes.map(|outcome| match &outcome.take {
            Ok(take) => take.windows[self.place].is_fit_to_hear(),
            Err(_) => false,
        });
        match lives.next() {
            None => "–",
            Some(first) if first && lives.all(|fit| fit) => "yes",
            Some(_) => "no",
        }
    }
}

/// Less of the mix than this is not all of it; a window's edges cut off a packet or two.
const ALL: f64 = 0.99;

/// More gaps than this, of all packets, are heard as stuttering.
const MOST_GAPS: f64 = 0.001;

impl Window {
    fn is_fit_to_hear(&self) -> bool {
        let heard = &self.heard;
        let packets = heard.packets as f64;
        heard.lost == 0
            && heard.frames as f64 >= self.expected as f64 * ALL
            && heard.gaps as f64 <= packets * MOST_GAPS
    }
}

fn takes(outcomes: &[Outcome], who: Who) -> impl Iterator<Item = &Take> + Clone {
    let own = outcomes.iter().filter(move |outcome| outcome.who == who);
    own.filter_map(|outcome| outcome.take.as_ref().ok())
}

fn both<T>(of: impl Fn(Who) -> T) -> [T; 2] {
    [Who::Convene, Who::Janus].map(of)
}

#[cfg(test)]
mod tests;
