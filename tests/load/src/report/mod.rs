//! The tables of a run. Pure.

pub mod delay;
mod played;
pub mod sound;

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use self::played::Played;
use crate::{
    conductor::{Join, Window},
    observe::Holdings,
    server::Ice,
    statistics::median,
    table::{Table, figure},
    transport::{SCENES, Take},
};

/// A kind of threads that is less than this, in number and in cost, is not shown.
const LEAST: f64 = 0.05;

/// All that is to be said of these takes, in Markdown.
pub fn of(legs: usize, takes: &[Take]) -> String {
    let takes = Takes {
        legs: legs as f64,
        takes,
    };
    let mut text = String::new();
    for table in [
        takes.scenes(),
        takes.costs(),
        takes.threads(),
        takes.heard(),
        takes.notes(),
    ] {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{table}");
    }
    text
}

struct Takes<'a> {
    legs: f64,
    takes: &'a [Take],
}

impl Takes<'_> {
    fn scenes(&self) -> Table {
        let mut table = Table::new(&[
            &format!("{} legs: CPU in ms/s per leg", self.legs),
            "own",
            "nice",
            "own : nice",
            "clients, own / nice",
            "cores in all, own / nice",
            "switches/s per leg, own",
            "nice",
            "own : nice",
        ]);
        for (place, (name, _, compared)) in SCENES.into_iter().enumerate() {
            let own = self.played(Ice::Own, place);
            let nice = self.played(Ice::Nice, place);
            let against = self.played(Ice::Nice, compared);
            let pair = |value: fn(&Played) -> f64| slashed([&own, &nice].map(value));
            table.row([
                name.into(),
                own.shown(own.cpu),
                nice.shown(nice.cpu),
                own.against(&against, |played| played.cpu),
                pair(|played| played.clients),
                pair(|played| played.cores),
                own.shown(own.switches),
                nice.shown(nice.switches),
                own.against(&against, |played| played.switches),
            ]);
        }
        table
    }

    fn costs(&self) -> Table {
        let mut table = Table::new(&["per leg", "own", "nice", "own : nice"]);
        let joins = |time: fn(&Join) -> Duration| {
            move |take: &Take| median(take.joins.iter().map(|join| milliseconds(time(join))))
        };
        let cpu = |take: &Take| milliseconds(take.join_cpu) / take.joins.len() as f64;
        self.cost(&mut table, "CPU of a join, ms", cpu);
        self.cost(&mut table, "until connected, ms", joins(|j| j.connected));
        self.cost(&mut table, "until sound flows, ms", joins(|j| j.flows));
        let threads = |held: &Holdings| held.thread_count() as f64;
        self.cost(&mut table, "threads", |take| take.grown(threads));
        let descriptors = |held: &Holdings| held.descriptors as f64;
        self.cost(&mut table, "file descriptors", |take| {
            take.grown(descriptors)
        });
        let memory = |held: &Holdings| held.memory as f64;
        self.cost(&mut table, "memory, kB", |take| take.grown(memory));
        table
    }

    fn cost(&self, table: &mut Table, name: &str, value: impl Fn(&Take) -> f64) {
        let [own, nice] = both(|ice| median(self.of(ice).map(&value)));
        table.row([name.into(), figure(own), figure(nice), figure(own / nice)]);
    }

    /// Which threads there are, and what each kind costs in each scene.
    fn threads(&self) -> Table {
        let scenes = SCENES.map(|(name, ..)| name);
        let head = ["threads, own / nice", "per leg"].into_iter().chain(scenes);
        let mut table = Table::new(&head.collect::<Vec<_>>());
        let kinds = self.takes.iter().flat_map(|take| take.all.threads.keys());
        for kind in kinds.collect::<BTreeSet<_>>() {
            let count = |held: &Holdings| held.threads.get(kind).map_or(0.0, |&n| n as f64);
            let counts = both(|ice| median(self.of(ice).map(|take| take.grown(count))));
            let costs = (0..SCENES.len()).map(|place| both(|ice| self.cost_of(kind, ice, place)));
            let figures: Vec<_> = [counts].into_iter().chain(costs).collect();
            if figures.iter().flatten().any(|&figure| figure > LEAST) {
                let cells = figures.into_iter().map(slashed);
                table.row([format!("`{kind}`")].into_iter().chain(cells));
            }
        }
        table
    }

    /// Of all threads of a kind, in ms per second and leg.
    fn cost_of(&self, kind: &str, ice: Ice, place: usize) -> f64 {
        let cores = |window: &Window| *window.server.threads.get(kind).unwrap_or(&0.0);
        median(self.windows(ice, place).map(cores)) * 1_000.0 / self.legs
    }

    /// Whether the load was what it should be, all takes together.
    fn heard(&self) -> Table {
        let mut table = Table::new(&[
            "the mix as heard, lost, gaps > 40 ms",
            "own",
            "nice",
            "cores that others used at most",
        ]);
        for (place, (name, ..)) in SCENES.into_iter().enumerate() {
            let all = both(|ice| self.windows(ice, place));
            let others = all.into_iter().flatten().map(|window| window.others);
            table.row([
                name.into(),
                heard(self.windows(Ice::Own, place)),
                heard(self.windows(Ice::Nice, place)),
                figure(others.fold(0.0, f64::max)),
            ]);
        }
        table
    }

    /// What our own agent counted: the longest packet of all takes, and how often packets ended in which way.
    fn notes(&self) -> Table {
        let scenes = SCENES.map(|(name, ..)| name);
        let head = ["own agent, packets/s per leg"].into_iter().chain(scenes);
        let mut table = Table::new(&head.collect::<Vec<_>>());
        let notes = |place| self.windows(Ice::Own, place).map(|window| &window.notes);
        let longest = std::array::from_fn::<_, { SCENES.len() }, _>(|place| {
            let longest = notes(place).map(|notes| milliseconds(notes.longest));
            figure(longest.reduce(f64::max).unwrap_or(f64::NAN))
        });
        let row = ["longest on one, ms".to_owned()].into_iter();
        table.row(row.chain(longest));
        let names = (0..SCENES.len()).flat_map(notes);
        let names: BTreeSet<_> = names.flat_map(|notes| notes.packets.keys()).collect();
        for name in names {
            let rates = std::array::from_fn::<_, { SCENES.len() }, _>(|place| {
                let rate = |w: &Window| w.notes.packets.get(name).map_or(0.0, |&n| w.per_second(n));
                median(self.windows(Ice::Own, place).map(rate)) / self.legs
            });
            if rates.iter().any(|&rate| rate > 0.0) {
                table.row([format!("`{name}`")].into_iter().chain(rates.map(figure)));
            }
        }
        table
    }

    fn played(&self, ice: Ice, place: usize) -> Played {
        Played::of(self.windows(ice, place), self.legs)
    }

    fn of(&self, ice: Ice) -> impl Iterator<Item = &Take> + Clone {
        self.takes.iter().filter(move |take| take.ice == ice)
    }

    fn windows(&self, ice: Ice, place: usize) -> impl Iterator<Item = &Window> + Clone {
        self.of(ice)
            .filter_map(move |take| take.windows[place].as_ref())
    }
}

impl Take {
    /// By how much something grew with each leg after the first.
    fn grown(&self, value: impl Fn(&Holdings) -> f64) -> f64 {
        (value(&self.all) - value(&self.one)) / self.joins.len() as f64
    }
}

fn both<T>(of: impl Fn(Ice) -> T) -> [T; 2] {
    [Ice::Own, Ice::Nice].map(of)
}

/// Packets, as a share of those that should have come, and what was wrong.
fn heard<'a>(windows: impl Iterator<Item = &'a Window>) -> String {
    let (mut came, mut due, mut lost, mut gaps) = (0, 0, 0, 0);
    for window in windows {
        came += window.heard.frames;
        due += window.expected;
        lost += window.heard.lost;
        gaps += window.heard.gaps;
    }
    match (came, due) {
        (0, 0) => "–".into(),
        (came, 0) => format!("{came} frames"),
        _ => format!("{:.1} %, {lost}, {gaps}", 100.0 * came as f64 / due as f64),
    }
}

/// Both servers' figures in one cell.
fn slashed(values: [f64; 2]) -> String {
    values.map(figure).join(" / ")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{client::Tally, observe::Spent, server::Notes};

    fn window(server: f64, clients: f64) -> Window {
        let spent = |cores, switches| Spent {
            cores,
            switches,
            threads: [("queue".to_owned(), cores / 2.0)].into(),
        };
        Window {
            length: Duration::from_secs(2),
            notes: Notes {
                longest: Duration::from_secs_f64(server / 100.0),
                packets: [("sent".to_owned(), 400), ("odd".to_owned(), 0)].into(),
            },
            server: spent(server, 800.0 * server),
            clients: spent(clients, 0.0),
            others: 0.1,
            heard: Tally {
                frames: 99,
                lost: 1,
                gaps: 2,
                ..Tally::default()
            },
            expected: 100,
        }
    }

    fn take(ice: Ice, cores: [f64; 3]) -> Take {
        let holdings = |legs: usize| Holdings {
            threads: [("queue".to_owned(), 2 * legs), ("main".to_owned(), 1)].into(),
            descriptors: 10 + 3 * legs,
            memory: 1_000 + 500 * legs as u64,
        };
        let join = |milliseconds| Join {
            connected: Duration::from_millis(milliseconds),
            flows: Duration::from_millis(2 * milliseconds),
        };
        let [both, send, idle] = cores.map(|cores| window(cores, 0.4));
        let dropped = (ice == Ice::Own).then(|| window(cores[0] / 2.0, 0.4));
        Take {
            ice,
            joins: vec![join(10), join(30), join(20)],
            join_cpu: Duration::from_millis(45),
            one: holdings(1),
            all: holdings(4),
            windows: [Some(both), dropped, Some(send), Some(idle)],
        }
    }

    #[test]
    fn another_load_than_due_says_nothing() {
        let mut takes = [
            take(Ice::Own, [0.4, 0.2, 0.01]),
            take(Ice::Nice, [0.8, 0.4, 0.02]),
        ];
        for (place, packets, due) in [(2, 94, 100), (3, 21, 0)] {
            let window = takes[0].windows[place].as_mut().unwrap();
            window.heard.frames = packets;
            window.expected = due;
        }
        let window = takes[1].windows[3].as_mut().unwrap();
        (window.heard.frames, window.expected) = (19, 0);
        let takes = Takes {
            legs: 4.0,
            takes: &takes,
        };
        let rows = rows(&takes.scenes());
        assert!(
            rows[2].starts_with("send only|invalid|100|invalid"),
            "{}",
            rows[2]
        );
        assert!(
            rows[3].starts_with("idle|invalid|5.00|invalid"),
            "{}",
            rows[3]
        );
    }

    fn rows(table: &Table) -> Vec<String> {
        let text = table.to_string();
        let squeezed = text.lines().skip(2).map(|line| {
            let cells = line.split('|').map(str::trim);
            cells
                .filter(|cell| !cell.is_empty())
                .collect::<Vec<_>>()
                .join("|")
        });
        squeezed.collect()
    }

    #[test]
    fn a_scene_that_only_one_can_play_is_compared_with_the_same_load() {
        let takes = [
            take(Ice::Own, [0.4, 0.2, 0.01]),
            take(Ice::Own, [0.4, 0.3, 0.01]),
            take(Ice::Nice, [0.8, 0.4, 0.02]),
            take(Ice::Nice, [1.2, 0.4, 0.02]),
        ];
        let takes = Takes {
            legs: 4.0,
            takes: &takes,
        };
        let expected = [
            "both ways|100|250|0.40|100 / 100|0.80 / 1.60|80.0|200|0.40",
            "both ways, the silent dropped|50.0|–|0.20|100 / –|0.60 / –|40.0|–|0.20",
        ];
        assert_eq!(rows(&takes.scenes())[..2], expected);
        let notes = [
            "longest on one, ms|4.00|2.00|3.00|0.10",
            "`sent`|50.0|50.0|50.0|50.0",
        ];
        assert_eq!(rows(&takes.notes()), notes);
        let heard = &rows(&takes.heard())[0];
        assert_eq!(heard, "both ways|99.0 %, 2, 4|99.0 %, 2, 4|0.10");
    }

    #[test]
    fn a_full_machine_says_nothing() {
        let takes = [
            take(Ice::Own, [0.4, 0.2, 0.01]),
            take(Ice::Nice, [0.8, 0.4, 0.02]),
            take(Ice::Nice, [1.51, 0.4, 0.02]),
        ];
        let takes = Takes {
            legs: 4.0,
            takes: &takes,
        };
        let rows = rows(&takes.scenes());
        assert_eq!(
            rows[0],
            "both ways|100|invalid|invalid|100 / 100|0.80 / 1.91|80.0|invalid|invalid"
        );
        assert!(!rows[2].contains("invalid"), "{}", rows[2]);
    }

    #[test]
    fn what_the_first_leg_has_belongs_to_all() {
        let takes = [take(Ice::Own, [0.4, 0.2, 0.01])];
        let takes = Takes {
            legs: 4.0,
            takes: &takes,
        };
        let expected = [
            "CPU of a join, ms|15.0|–|–",
            "until connected, ms|20.0|–|–",
            "until sound flows, ms|40.0|–|–",
            "threads|2.00|–|–",
            "file descriptors|3.00|–|–",
            "memory, kB|500|–|–",
        ];
        assert_eq!(rows(&takes.costs()), expected);
        assert_eq!(
            rows(&takes.threads()),
            ["`queue`|2.00 / –|50.0 / –|25.0 / –|25.0 / –|1.25 / –"]
        );
    }
}
