//! The sound of all conferences. Nothing here has a label with a participant or a conference: they come and go without
//! end, and who was where when is nobody's business.

use convene_pipelines::AudioStats;

use super::Sheet;

pub(super) fn write(sheet: &mut Sheet, sound: &AudioStats) {
    of_packets(sheet, sound);
    of_queues(sheet, sound);
    of_codecs(sheet, sound);
    of_frames(sheet, sound);
}

fn of_packets(sheet: &mut Sheet, sound: &AudioStats) {
    sheet.counters(
        "audio_packets_total",
        "Packets of sound that came to conferences, by how they ended.",
        "ending",
        &sound.packets,
    );
    sheet.counters(
        "audio_deliveries_total",
        "What listeners were to get, packets or frames, by what became of it.",
        "ending",
        &sound.deliveries,
    );
    sheet.counters(
        "audio_relayed_packets_total",
        "Talkers' packets for listeners in relay mode, by how they ended.",
        "ending",
        &sound.relayed,
    );
}

fn of_queues(sheet: &mut Sheet, sound: &AudioStats) {
    let packets = &sound.totals.packets;
    sheet.gauge(
        "audio_streams",
        "Participants whose packets are being played.",
        sound.totals.playing,
    );
    sheet.gauge(
        "audio_jitter_queue_packets",
        "Packets that wait to be played.",
        packets.waiting,
    );
    sheet.gauge(
        "audio_jitter_target_seconds",
        "Sum over the streams of the delay that their jitter demands.",
        packets.target.as_secs_f64(),
    );
    sheet.gauge(
        "audio_jitter_delay_seconds",
        "Sum over the streams of the delay that they have.",
        packets.lag.as_secs_f64(),
    );
    let samples = [
        ("left-out", packets.left_out),
        ("drawn-out", packets.drawn_out),
        ("overrun", packets.overrun),
    ];
    sheet.counters(
        "audio_samples_changed_total",
        "Samples left out to shorten a delay, drawn out to lengthen one, or dropped because they came too fast.",
        "change",
        &samples,
    );
}

fn of_codecs(sheet: &mut Sheet, sound: &AudioStats) {
    let totals = &sound.totals;
    sheet.counters(
        "audio_decodes_total",
        "Frames asked of decoders: of a packet, of the next one's recovery data, or made up.",
        "from",
        &totals.packets.decodes(),
    );
    sheet.counter(
        "audio_encodes_total",
        "Packets encoded; each may go to many.",
        totals.encodes,
    );
    sheet.counter(
        "audio_encoded_packets_sent_total",
        "Encoded packets for listeners, each counted as often as it is heard.",
        totals.sent,
    );
}

fn of_frames(sheet: &mut Sheet, sound: &AudioStats) {
    let (name, frames) = ("audio_frame_seconds", &sound.frames);
    sheet.head(
        name,
        "histogram",
        "What each frame of a conference took, of the 20 ms that there are.",
    );
    for (bound, count) in frames.bounds() {
        let series = format!("{name}_bucket{{le=\"{}\"}}", bound.as_secs_f64());
        sheet.value(&series, count);
    }
    sheet.value(&format!("{name}_bucket{{le=\"+Inf\"}}"), frames.count());
    sheet.value(&format!("{name}_sum"), frames.sum.as_secs_f64());
    sheet.value(&format!("{name}_count"), frames.count());
    let cpu = [
        ("mix", sound.mixing.as_secs_f64()),
        ("hand-out", sound.handing_out.as_secs_f64()),
    ];
    sheet.counters(
        "audio_cpu_seconds_total",
        "Time of the processor for frames: decoding, mixing and encoding them, and handing them out through the legs.",
        "step",
        &cpu,
    );
    let missed = [("late", sound.totals.skipped), ("failed", sound.failed)];
    sheet.counters(
        "audio_frames_missed_total",
        "Frames that nobody heard: the worker came too late, or libopus failed.",
        "cause",
        &missed,
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sheet(sound: &AudioStats) -> String {
        let mut sheet = Sheet::default();
        write(&mut sheet, sound);
        sheet.text
    }

    /// What the plugin knows of is what its enums and counters have, so none of them is forgotten here.
    #[test]
    fn every_end_of_a_packet_occurs() {
        let sound = convene_pipelines::audio_stats();
        let text = sheet(&sound);
        let families = [
            ("audio_packets_total", &sound.packets),
            ("audio_deliveries_total", &sound.deliveries),
            ("audio_relayed_packets_total", &sound.relayed),
        ];
        for (family, endings) in families {
            assert!(endings.len() > 5, "{family}: {endings:?}");
            let names: BTreeSet<_> = endings.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), endings.len(), "a name twice in {family}");
            for name in names {
                let series = format!("\nconvene_{family}{{ending=\"{name}\"}} ");
                assert_eq!(text.matches(&series).count(), 1, "{series}: {text}");
            }
        }
    }

    #[test]
    fn every_series_has_a_head_before_it_and_a_number() {
        let text = sheet(&convene_pipelines::audio_stats());
        let mut families = BTreeSet::new();
        for line in text.lines() {
            if let Some(kind) = line.strip_prefix("# TYPE ") {
                let family = kind.split(' ').next().unwrap_or_default();
                assert!(families.insert(family), "{family} twice");
            } else if !line.starts_with('#') {
                let (series, value) = line.rsplit_once(' ').expect("a value");
                let name = series.split('{').next().unwrap_or_default();
                let of_histogram = ["_bucket", "_sum", "_count"].into_iter();
                let mut known = of_histogram.filter_map(|end| name.strip_suffix(end));
                let is_known = families.contains(name) || known.any(|name| families.contains(name));
                assert!(is_known, "{line}");
                assert!(value.parse::<f64>().is_ok(), "{line}");
            }
        }
    }

    #[test]
    fn numbers_stand_where_they_belong() {
        let mut sound = AudioStats::default();
        sound.totals.encodes = 5;
        sound.totals.sent = 20;
        sound.totals.packets.waiting = 7;
        sound.totals.packets.lost = 3;
        sound.totals.packets.left_out = 960;
        sound.totals.skipped = 2;
        sound.mixing = std::time::Duration::from_millis(1_500);
        let text = sheet(&sound);
        for line in [
            "convene_audio_encodes_total 5",
            "convene_audio_encoded_packets_sent_total 20",
            "convene_audio_jitter_queue_packets 7",
            "convene_audio_decodes_total{from=\"recovery\"} 3",
            "convene_audio_samples_changed_total{change=\"left-out\"} 960",
            "convene_audio_frames_missed_total{cause=\"late\"} 2",
            "convene_audio_cpu_seconds_total{step=\"mix\"} 1.5",
            "convene_audio_frame_seconds_bucket{le=\"0.02\"} 0",
            "convene_audio_frame_seconds_count 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
