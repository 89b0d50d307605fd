//! How far apart pages show voices and pictures, by the path of the picture.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use convene_protocol::Path;

use super::Sheet;

/// In milliseconds. EBU R 37 allows from 60 behind to 40 ahead; ITU-R BT.1359 has 45 ahead and 125 behind for what is
/// noticed first; the page aims at 20.
const BOUNDS: [i16; 10] = [-250, -125, -60, -45, -20, 20, 45, 60, 125, 250];

const PATHS: [(Path, &str); 3] = [
    (Path::Direct, "direct"),
    (Path::Peer, "peer"),
    (Path::Server, "server"),
];

/// What pages have measured.
#[derive(Debug, Default)]
pub struct Skews {
    /// By path and by the first bound that is not exceeded.
    counts: [[AtomicU64; BOUNDS.len() + 1]; PATHS.len()],
}

impl Skews {
    /// Counts one, in milliseconds; of a picture that does not come there is none.
    pub fn count(&self, path: Path, skew_ms: i16) {
        if let Some(path) = PATHS.iter().position(|(known, _)| *known == path) {
            let bucket = BOUNDS.partition_point(|bound| *bound < skew_ms);
            self.counts[path][bucket].fetch_add(1, Relaxed);
        }
    }

    /// A sum is left out: with negative values it is no counter.
    pub(super) fn write(&self, sheet: &mut Sheet) {
        let name = "skew_seconds";
        sheet.head(
            name,
            "histogram",
            "How far the sound is ahead of the picture (positive) on people's pages, by the picture's path, as they say it.",
        );
        for ((_, path), counts) in PATHS.iter().zip(&self.counts) {
            let mut sum = 0;
            let bounds = BOUNDS.map(|bound| (f64::from(bound) / 1e3).to_string());
            let bounds = bounds.into_iter().chain(["+Inf".to_owned()]);
            for (bound, count) in bounds.zip(counts) {
                sum += count.load(Relaxed);
                let series = format!("{name}_bucket{{path=\"{path}\",le=\"{bound}\"}}");
                sheet.value(&series, sum);
            }
            sheet.value(&format!("{name}_count{{path=\"{path}\"}}"), sum);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_in_every_bucket_from_its_own_up() {
        let skews = Skews::default();
        for skew in [-10_000, -20, -19, 20, 21, 10_000] {
            skews.count(Path::Peer, skew);
        }
        skews.count(Path::None, 0);
        let mut sheet = Sheet::default();
        skews.write(&mut sheet);
        for (bound, count) in [
            ("-0.25", 1),
            ("-0.045", 1),
            ("-0.02", 2),
            ("0.02", 4),
            ("0.045", 5),
            ("0.25", 5),
            ("+Inf", 6),
        ] {
            let line =
                format!("convene_skew_seconds_bucket{{path=\"peer\",le=\"{bound}\"}} {count}");
            assert!(sheet.text.lines().any(|found| found == line), "{line}");
        }
        let direct = "convene_skew_seconds_count{path=\"direct\"} 0";
        assert!(sheet.text.lines().any(|line| line == direct));
    }
}
