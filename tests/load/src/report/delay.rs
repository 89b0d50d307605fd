//! The tables of how long sound is on its way. Pure.

use std::fmt::Write as _;

use super::slashed;
use crate::{
    delay::{ALL, Journey, STAGES, Stages, Take, Who},
    server::{Codec, cores},
    statistics::{mean, median, quantile},
    table::{Table, figure},
};

/// All that is to be said of these takes, in Markdown.
pub fn of(codec: Codec, jitters: &[u64], takes: &[Take]) -> String {
    let mut text = format!(
        "Both encode with {codec}; Janus has {} event loops.\n\n",
        cores()
    );
    for table in [
        delays(jitters, takes),
        ratios(jitters, takes),
        budget(jitters, takes),
    ] {
        // Writing into a string cannot fail.
        let _ = writeln!(text, "{table}");
    }
    text
}

impl Who {
    /// As the tables call it.
    fn name(self) -> &'static str {
        match self {
            Self::Convene => "Convene",
            Self::Janus => "Janus",
            Self::QuickJanus => "Janus, at its quickest",
        }
    }
}

fn delays(jitters: &[u64], takes: &[Take]) -> Table {
    let mut table = Table::new(&[
        "delay added, in ms",
        "median",
        "95 %",
        "least",
        "most",
        "chirps heard of due",
        "cores that others used at most",
    ]);
    for &jitter in jitters {
        for who in ALL {
            let seen = || of_both(takes, who, jitter);
            let all = || delays_of(takes, who, jitter);
            let shares = [0.95, 0.0, 1.0].map(|share| figure(quantile(all(), share)));
            let due: usize = seen().map(|take| take.due).sum();
            let others = seen().map(|take| take.others).fold(0.0, f64::max);
            let row = [named(jitter, who), figure(median(all()))].into_iter();
            let heard = format!("{} of {due}", all().count());
            table.row(row.chain(shares).chain([heard, figure(others)]));
        }
    }
    table
}

fn ratios(jitters: &[u64], takes: &[Take]) -> Table {
    let mut table = Table::new(&[
        "ratio of the medians",
        "Convene : Janus",
        "Convene : Janus, at its quickest",
    ]);
    for &jitter in jitters {
        let of = |who| median(delays_of(takes, who, jitter));
        let ratio = |other| figure(of(Who::Convene) / of(other));
        table.row([
            format!("jitter {jitter} ms"),
            ratio(Who::Janus),
            ratio(Who::QuickJanus),
        ]);
    }
    table
}

/// Where sound is held here: means, since these add up.
fn budget(jitters: &[u64], takes: &[Take]) -> Table {
    let name = |jitter: &u64| format!("jitter {jitter} ms: mean, 5 % / 95 %");
    let head = ["Convene's budget, in ms".to_owned()].into_iter();
    let head: Vec<_> = head.chain(jitters.iter().map(name)).collect();
    let mut table = Table::new(&head.iter().map(String::as_str).collect::<Vec<_>>());
    let mut row = |name: &str, value: &dyn Fn(&Journey, &Stages) -> f64| {
        let cells = jitters.iter().map(|&jitter| {
            let journeys = of_both(takes, Who::Convene, jitter).flat_map(|take| &take.journeys);
            let told = journeys.filter_map(|journey| Some(value(journey, &journey.stages?)));
            let told: Vec<_> = told.collect();
            let ends = [0.05, 0.95].map(|share| quantile(told.iter().copied(), share));
            format!("{}, {}", figure(mean(told)), slashed(ends))
        });
        table.row([name.to_owned()].into_iter().chain(cells));
    };
    for (name, stage) in STAGES {
        row(name, &|_, stages| stage(stages));
    }
    row("all", &|journey, _| journey.delay);
    table
}

fn named(jitter: u64, who: Who) -> String {
    format!("jitter {jitter} ms, {}", who.name())
}

/// The takes of one server with one jitter.
fn of_both(takes: &[Take], who: Who, jitter: u64) -> impl Iterator<Item = &Take> {
    takes
        .iter()
        .filter(move |take| take.who == who && take.jitter == jitter)
}

fn delays_of(takes: &[Take], who: Who, jitter: u64) -> impl Iterator<Item = f64> {
    let journeys = of_both(takes, who, jitter).flat_map(|take| &take.journeys);
    journeys.map(|journey| journey.delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(who: Who, jitter: u64, delays: &[f64]) -> Take {
        let stages = |delay| Stages {
            tick: delay / 4.0,
            queue: 3.0 * delay / 4.0,
            ..Stages::default()
        };
        let journey = |&delay: &f64| Journey {
            delay,
            stages: (who == Who::Convene).then(|| stages(delay)),
        };
        Take {
            who,
            jitter,
            journeys: delays.iter().map(journey).collect(),
            due: delays.len() + 1,
            others: delays[0] / 100.0,
        }
    }

    fn rows(table: &Table) -> Vec<String> {
        let text = table.to_string();
        let rows = text.lines().skip(2);
        rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    fn takes() -> [Take; 5] {
        [
            take(Who::Convene, 0, &[20.0, 24.0]),
            take(Who::Convene, 0, &[22.0]),
            take(Who::Convene, 20, &[60.0]),
            take(Who::Janus, 0, &[110.0]),
            take(Who::QuickJanus, 0, &[11.0]),
        ]
    }

    #[test]
    fn all_takes_of_a_server_are_one_row() {
        let rows = rows(&delays(&[0], &takes()));
        let expected = [
            "| jitter 0 ms, Convene | 22.0 | 24.0 | 20.0 | 24.0 | 3 of 5 | 0.22 |",
            "| jitter 0 ms, Janus | 110 | 110 | 110 | 110 | 1 of 2 | 1.10 |",
            "| jitter 0 ms, Janus, at its quickest | 11.0 | 11.0 | 11.0 | 11.0 | 1 of 2 | 0.11 |",
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn medians_of_the_same_jitter_are_compared() {
        let rows = rows(&ratios(&[0, 20], &takes()));
        assert_eq!(
            rows,
            ["| jitter 0 ms | 0.20 | 2.00 |", "| jitter 20 ms | – | – |"]
        );
    }

    #[test]
    fn the_budget_adds_up() {
        let rows = rows(&budget(&[0, 20], &takes()));
        assert_eq!(rows.len(), STAGES.len() + 1);
        let expected = [
            "| until the next frame is due | 5.50, 5.00 / 6.00 | 15.0, 15.0 / 15.0 |",
            "| held for frames more, and the limiter | 16.5, 15.0 / 18.0 | 45.0, 45.0 / 45.0 |",
        ];
        assert_eq!(rows[2..4], expected);
        assert_eq!(rows[7], "| all | 22.0, 20.0 / 24.0 | 60.0, 60.0 / 60.0 |");
    }
}
