use std::time::Duration;

use super::*;
use crate::{client::Tally, conductor::Join, error::LoadError, observe::Spent};

const CROWD: Crowd = Crowd {
    conferences: 2,
    people: 2,
};

const HEARD: Tally = Tally {
    packets: 400,
    frames: 400,
    lost: 0,
    gaps: 0,
    octets: 32_000,
    squares: 900_000_000,
};

fn window(server: f64, heard: Tally) -> Window {
    let spent = |cores| Spent {
        cores,
        ..Spent::default()
    };
    Window {
        length: Duration::from_secs(2),
        server: spent(server),
        clients: spent(0.4),
        others: server / 10.0,
        heard,
        expected: 400,
        ..Window::default()
    }
}

fn outcome(who: Who, [dtx, noise]: [f64; 2], heard: Tally) -> Outcome {
    let holdings = |people: usize| Holdings {
        threads: [("mcu".to_owned(), 2 * people), ("main".to_owned(), 3)].into(),
        descriptors: 0,
        memory: 1_000 + 500 * people as u64,
    };
    let join = |milliseconds| Join {
        connected: Duration::from_millis(milliseconds),
        flows: Duration::from_millis(2 * milliseconds),
    };
    let take = Take {
        joins: vec![join(10), join(30), join(20)],
        join_cpu: Duration::from_millis(45),
        one: holdings(1),
        all: holdings(4),
        windows: [window(dtx, heard), window(noise, HEARD)],
    };
    Outcome {
        who,
        take: Ok(take),
    }
}

fn rows(table: &Table) -> Vec<String> {
    let text = table.to_string();
    let cells = |line: &str| {
        line.split('|')
            .map(|cell| cell.trim().to_owned())
            .collect::<Vec<_>>()
    };
    let squeezed = text.lines().skip(2).map(|line| {
        let cells = cells(line);
        cells[1..cells.len() - 1].join("|")
    });
    squeezed.collect()
}

#[test]
fn the_servers_stand_beside_each_other() {
    let seen = [(
        CROWD,
        vec![
            outcome(Who::Convene, [0.1, 0.2], HEARD),
            outcome(Who::Janus, [0.8, 1.0], HEARD),
            outcome(Who::Janus, [0.4, 1.0], HEARD),
        ],
    )];
    let costs = [
        "2 × 2 people, DTX|25.0|150|0.17|100 / 100|0.50 / 1.20|0.08",
        "2 × 2 people, noise|50.0|250|0.20|100 / 100|0.60 / 1.40|0.10",
    ];
    assert_eq!(rows(&super::costs(&seen)), costs);
    let heard = "2 × 2 people, DTX|100.0 %, 0, 0|100.0 %, 0, 0|1.50 / 1.50|32.0 / 32.0|yes / yes";
    assert_eq!(rows(&super::heard(&seen))[0], heard);
    let held = "2 × 2 people|2.00 / 2.00|500 / 500|15.0 / 15.0|20.0 / 20.0|40.0 / 40.0";
    assert_eq!(rows(&super::holdings(&seen)), [held]);
}

#[test]
fn longer_packets_have_rows_of_their_own() {
    let seen = [(
        CROWD,
        vec![
            outcome(Who::Convene, [0.1, 0.2], HEARD),
            outcome(Who::Longer, [0.05, 0.05], HEARD),
            outcome(Who::Janus, [0.4, 1.0], HEARD),
        ],
    )];
    let costs = rows(&super::costs(&seen));
    assert_eq!(costs.len(), 4);
    assert!(
        costs[0].starts_with("2 × 2 people, DTX|25.0|100|0.25|"),
        "{costs:?}"
    );
    let longer = "2 × 2 people, DTX, 60 ms to listeners|12.5|100|0.12|";
    assert!(costs[2].starts_with(longer), "{costs:?}");
    assert_eq!(rows(&super::heard(&seen)).len(), 4);
    assert_eq!(rows(&super::holdings(&seen)).len(), 1);
}

#[test]
fn a_full_machine_and_another_load_say_nothing() {
    let deaf = Tally {
        frames: 379,
        ..HEARD
    };
    let seen = [(
        CROWD,
        vec![
            outcome(Who::Convene, [0.1, 0.2], deaf),
            outcome(Who::Janus, [1.5, 1.51], HEARD),
        ],
    )];
    let costs = [
        "2 × 2 people, DTX|invalid|375|invalid|100 / 100|0.50 / 1.90|0.15",
        "2 × 2 people, noise|50.0|invalid|invalid|100 / 100|0.60 / 1.91|0.15",
    ];
    assert_eq!(rows(&super::costs(&seen)), costs);
}

#[test]
fn a_server_holds_whom_it_loses_nothing_of() {
    let table = [
        (HEARD, "yes"),
        (
            Tally {
                frames: 396,
                ..HEARD
            },
            "yes",
        ),
        (
            Tally {
                frames: 395,
                ..HEARD
            },
            "no",
        ),
        (Tally { lost: 1, ..HEARD }, "no"),
        (Tally { gaps: 1, ..HEARD }, "no"),
    ];
    for (heard, holds) in table {
        let fit = outcome(Who::Janus, [0.1, 0.1], HEARD);
        let seen = [(CROWD, vec![fit, outcome(Who::Janus, [0.1, 0.1], heard)])];
        let row = &rows(&super::heard(&seen))[0];
        assert!(row.ends_with(&format!("|– / {holds}")), "{row}");
    }
    let fallen = Outcome {
        who: Who::Janus,
        take: Err(LoadError::Ended("server")),
    };
    let seen = [(CROWD, vec![outcome(Who::Janus, [0.1, 0.1], HEARD), fallen])];
    assert!(rows(&super::heard(&seen))[0].ends_with("|– / no"));
    let codec = Codec {
        bitrate: 32_000,
        complexity: 5,
        fec: true,
        loss: 0,
        frame: 20,
    };
    let text = of(codec, &seen);
    assert!(
        text.ends_with("2 × 2 people, Janus: the server ended too soon.\n"),
        "{text}"
    );
}
