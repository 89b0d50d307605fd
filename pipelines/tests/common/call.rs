//! A leg, its browser, and what they say to each other.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use convene_pipelines::{IceSocketConfig, Leg, LegConfig, LegEvent, OwnIce, SoundMode, StockIce};
use tokio::{
    sync::mpsc,
    time::{self, Instant},
};

use super::browser::{Browser, Said};

pub const AUDIO_SLOTS: usize = 4;
pub const VIDEO_SLOTS: usize = 12;

/// Longer than anything takes on a loaded machine.
pub const SOON: Duration = Duration::from_secs(20);

pub fn config(conference: &str, participant: &str, number: u32) -> LegConfig {
    LegConfig {
        conference: conference.into(),
        participant: participant.into(),
        number,
        may_send: true,
        audio_slots: AUDIO_SLOTS,
        sound: SoundMode::Mix,
        video_slots: VIDEO_SLOTS,
        listener_packet: 20,
        ice: own_ice(),
    }
}

/// The same with webrtcbin's own agent.
pub fn nice_config(conference: &str, participant: &str, number: u32) -> LegConfig {
    LegConfig {
        ice: Arc::new(StockIce {
            ports: 20_000..=29_999,
            external_address: None,
        }),
        ..config(conference, participant, number)
    }
}

/// One port for all legs of a test.
fn own_ice() -> Arc<OwnIce> {
    static ICE: OnceLock<Arc<OwnIce>> = OnceLock::new();
    let bind = || Arc::new(OwnIce::bind(&IceSocketConfig::default()).unwrap());
    Arc::clone(ICE.get_or_init(bind))
}

/// Opens a leg and waits for its offer.
pub async fn offered(config: LegConfig) -> (Leg, mpsc::UnboundedReceiver<LegEvent>, String) {
    let (sender, mut events) = mpsc::unbounded_channel();
    let leg = Leg::open(config, sender);
    loop {
        match next(&mut events).await {
            LegEvent::Offer { sdp } => return (leg, events, sdp),
            LegEvent::Failed { cause } => panic!("{cause}"),
            _ => {}
        }
    }
}

pub async fn next(events: &mut mpsc::UnboundedReceiver<LegEvent>) -> LegEvent {
    let event = time::timeout(SOON, events.recv()).await;
    event.expect("something happens").expect("not closed")
}

pub struct Call {
    pub leg: Leg,
    pub browser: Browser,
    pub events: mpsc::UnboundedReceiver<LegEvent>,
    said: mpsc::UnboundedReceiver<Said>,
    /// What the browser was offered.
    pub offer: String,
    /// All the leg has told, but for what was for the browser.
    pub told: Vec<LegEvent>,
    /// What becomes of the browser's answer on its way.
    edit: fn(String) -> String,
}

impl Call {
    /// Up to the leg's `Connected`.
    pub async fn connect(config: LegConfig, devices: bool) -> Self {
        Self::connect_with(config, devices, |answer| answer).await
    }

    /// The same with a browser that answers otherwise.
    pub async fn connect_with(
        config: LegConfig,
        devices: bool,
        edit: fn(String) -> String,
    ) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (say, said) = mpsc::unbounded_channel();
        let mut call = Self {
            leg: Leg::open(config, sender),
            browser: Browser::open(devices, say),
            events,
            said,
            offer: String::new(),
            told: Vec::new(),
            edit,
        };
        call.until("connected", |call| {
            call.told
                .iter()
                .any(|event| matches!(event, LegEvent::Connected))
        })
        .await;
        call
    }

    /// Carries words to and fro until `done`.
    pub async fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + SOON;
        while !done(self) {
            let told = &self.told;
            assert!(Instant::now() < deadline, "not {what}; told: {told:?}");
            self.step().await;
        }
    }

    async fn step(&mut self) {
        tokio::select! {
            Some(event) = self.events.recv() => self.tell_browser(event).await,
            Some(said) = self.said.recv() => self.tell_leg(said),
            () = time::sleep(Duration::from_millis(20)) => {}
        }
    }

    async fn tell_browser(&mut self, event: LegEvent) {
        match event {
            LegEvent::Offer { sdp } => {
                self.browser.take_offer(&sdp).await;
                self.offer = sdp;
            }
            LegEvent::Candidate {
                candidate,
                mline_index,
            } => self.browser.take_candidate(&candidate, mline_index),
            LegEvent::Failed { cause } => panic!("the leg failed: {cause}"),
            other => self.told.push(other),
        }
    }

    fn tell_leg(&self, said: Said) {
        match said {
            Said::Answer(sdp) => self.leg.answer((self.edit)(sdp)),
            Said::Offer(sdp) => self.leg.restart(sdp),
            Said::Candidate(candidate, mline) => self.leg.candidate(candidate, mline),
        }
    }

    /// The browser goes, then the leg; gives back what the leg told since.
    pub async fn close(mut self) -> Vec<LegEvent> {
        self.browser.close().await;
        self.leg.close().await;
        while let Ok(event) = self.events.try_recv() {
            self.told.push(event);
        }
        self.told
    }
}
