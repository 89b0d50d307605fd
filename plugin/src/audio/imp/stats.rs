//! The property `stats`: what was counted of the participant, and of his conference.

use super::ConveneAudio;
use crate::{
    audio::conference::{Account, Seat},
    lock::lock,
};

type Builder = gst::structure::Builder;

impl ConveneAudio {
    pub(super) fn stats(&self) -> gst::Structure {
        let account = lock(&self.place).seat.as_ref().map(Seat::account);
        let stats = gst::Structure::builder("stats");
        let stats = counts(stats, "packets", self.refusals.named());
        let stats = match &account {
            Some(account) => of_conference(of_participant(stats, account), account),
            None => stats,
        };
        counts(stats, "deliveries", self.outcomes.named()).build()
    }
}

/// One field for each name.
fn counts(
    stats: Builder,
    of: &str,
    named: impl IntoIterator<Item = (&'static str, u64)>,
) -> Builder {
    let named = named.into_iter();
    named.fold(stats, |stats, (name, count)| {
        stats.field(format!("{of}-{name}"), count)
    })
}

fn of_participant(stats: Builder, account: &Account) -> Builder {
    let counters = &account.counters;
    let stats = counts(stats, "packets", counters.endings());
    counts(stats, "decodes", counters.decodes())
        .field("packets-received", counters.received)
        .field("packets-waiting", counters.waiting)
        .field("samples-left-out", counters.left_out)
        .field("samples-drawn-out", counters.drawn_out)
        .field("samples-overrun", counters.overrun)
        .field("target-ms", counters.target.as_millis() as u64)
        .field("lag-ms", counters.lag.as_millis() as u64)
}

fn of_conference(stats: Builder, account: &Account) -> Builder {
    let Account { totals, pace, .. } = account;
    let conference = gst::Structure::builder("conference");
    let conference = counts(conference, "relayed", totals.relayed.endings())
        .field("encodes", totals.encodes)
        .field("packets-sent", totals.sent)
        .field("frames-skipped", totals.skipped)
        .field("streams-playing", totals.playing)
        .field("encodes-per-second", pace.encodes)
        .field("decodes-per-second", pace.decodes)
        .field("packets-per-encode", pace.sent_per_encode)
        .field("cpu-share", pace.cpu)
        .field("frame-share", pace.share)
        .field("frame-share-max", pace.largest_share);
    stats.field("conference", conference.build())
}
