//! The process that holds legs, in one conference or several, as the service holds them.

use std::{collections::BTreeMap, sync::Arc, sync::atomic::Ordering, time::Duration};

use convene_pipelines::{Leg, LegConfig, LegEvent, LegStats, SoundMode};
use gst::prelude::*;
use tokio::{sync::mpsc, time};

use super::{
    FromServer, Ice, Said, ToLegs,
    transport::Transport,
    watch::{self, Watch},
};
use crate::{error::LoadError, lines, scene::Scene};

/// As many slots as the service gives a leg.
const AUDIO_SLOTS: usize = 4;
const VIDEO_SLOTS: usize = 12;

/// How often it is asked whether sound has come, while a participant joins.
const LOOK: Duration = Duration::from_millis(5);

/// A participant without a leg, who takes Opus and throws it away; he is in the first conference.
const LOUDSPEAKER: &str = "audiotestsrc is-live=true wave=sine \
    ! audio/x-raw,rate=48000,channels=1 \
    ! conveneaudio conference=load0 participant=loudspeaker \
    ! audio/x-opus ! fakesink async=false";

/// Holds legs until the conductor is gone, so many in each conference; who only listens gets packets of so many
/// milliseconds.
///
/// # Errors
/// When GStreamer, the transport or the loudspeaker cannot be set up, or the conductor is not understood.
pub fn run(ice: Ice, people: usize, listener_packet: u32) -> Result<(), LoadError> {
    convene_pipelines::init().map_err(cannot)?;
    let loudspeaker = gst::parse::launch(LOUDSPEAKER).map_err(cannot)?;
    let legs = Legs {
        transport: Transport::of(ice).map_err(cannot)?,
        loudspeaker,
        people,
        listener_packet,
        legs: BTreeMap::new(),
        watch: Watch::default(),
    };
    // As `convene serve` has it.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build();
    let runtime = runtime.map_err(LoadError::io("starting tokio"))?;
    runtime.block_on(legs.serve())
}

struct Legs {
    transport: Transport,
    loudspeaker: gst::Element,
    people: usize,
    listener_packet: u32,
    legs: BTreeMap<usize, Leg>,
    watch: Watch,
}

impl Legs {
    async fn serve(mut self) -> Result<(), LoadError> {
        let mut words = lines::heard();
        while let Some(word) = words.recv().await {
            match word? {
                ToLegs::Join { leg } => self.join(leg),
                ToLegs::Answer { leg, sdp } => self.answer(leg, sdp),
                ToLegs::Set { scene } => self.set(scene)?,
                ToLegs::Watch => self.watch.begin(&self.transport.pipelines()),
                ToLegs::Pass => lines::tell(&FromServer::Passed(self.watch.seen())),
                ToLegs::Note => lines::tell(&FromServer::Notes(self.transport.notes())),
            }
        }
        self.loudspeak(false)?;
        for leg in self.legs.into_values() {
            leg.close().await;
        }
        Ok(())
    }

    fn join(&mut self, number: usize) {
        let (sender, events) = mpsc::unbounded_channel();
        let config = LegConfig {
            conference: format!("load{}", number / self.people),
            participant: watch::participant(number),
            // The first ones that are free are left to the loudspeaker.
            number: u32::try_from(number).unwrap_or(u32::MAX - 10) + 10,
            may_send: true,
            audio_slots: AUDIO_SLOTS,
            sound: SoundMode::Mix,
            video_slots: VIDEO_SLOTS,
            listener_packet: self.listener_packet,
            ice: self.transport.ice(),
        };
        let leg = Leg::open(config, sender);
        tokio::spawn(report(number, events, Arc::clone(leg.stats())));
        self.legs.insert(number, leg);
    }

    fn answer(&self, number: usize, sdp: String) {
        if let Some(leg) = self.legs.get(&number) {
            leg.answer(sdp);
        }
    }

    fn set(&self, scene: Scene) -> Result<(), LoadError> {
        let dropping = self.transport.drop_silence(scene.drop_silence);
        dropping.map_err(cannot)?;
        self.loudspeak(scene.loudspeaker)
    }

    fn loudspeak(&self, on: bool) -> Result<(), LoadError> {
        let state = if on {
            gst::State::Playing
        } else {
            gst::State::Null
        };
        self.loudspeaker
            .set_state(state)
            .map(|_| ())
            .map_err(cannot)
    }
}

/// Tells what becomes of a leg.
async fn report(leg: usize, mut events: mpsc::UnboundedReceiver<LegEvent>, stats: Arc<LegStats>) {
    while let Some(event) = events.recv().await {
        let said = match event {
            LegEvent::Offer { sdp } => Said::Offer { sdp },
            LegEvent::Candidate { candidate, .. } => Said::Candidate { candidate },
            LegEvent::Connected => {
                tokio::spawn(flows(leg, Arc::clone(&stats)));
                Said::Connected
            }
            LegEvent::Failed { cause } => failed(&cause),
            LegEvent::Refused(cause) => failed(&cause),
            LegEvent::Silent => {
                // On a machine that is too busy checks get lost with everything else; the figures show whether it was.
                eprintln!("leg {leg}: no check for 15 s");
                continue;
            }
            _ => continue,
        };
        lines::tell(&FromServer::Leg { leg, said });
    }
}

fn failed(cause: &dyn std::error::Error) -> Said {
    Said::Failed {
        cause: cause.to_string(),
    }
}

async fn flows(leg: usize, stats: Arc<LegStats>) {
    let mut look = time::interval(LOOK);
    while stats.audio_packets_received.load(Ordering::Relaxed) == 0 {
        look.tick().await;
    }
    let said = Said::Flows;
    lines::tell(&FromServer::Leg { leg, said });
}

fn cannot(error: impl std::fmt::Display) -> LoadError {
    LoadError::Server(error.to_string())
}
