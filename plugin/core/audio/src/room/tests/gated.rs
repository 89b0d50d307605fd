//! A gate before the room drops a silent person's packets, but for one about every second.

use super::*;
use crate::Counters;
use crate::playout::samples_of;

/// Between two packets of a silent person 44 are dropped: 900 ms.
const KEPT: u32 = 45;

/// Frames for which the gate stays open after speech.
const HOLD: u32 = 60;

/// What Ann says and what of it passes the gate: speech, room noise, speech.
struct Visit {
    /// When she stops talking, and when she begins again, in frames.
    stops: u32,
    begins: u32,
    frames: u32,
    gated: bool,
}

impl Visit {
    fn new(pause: u32, gated: bool) -> Self {
        let (stops, begins) = (50, 50 + pause);
        Self {
            stops,
            begins,
            frames: begins + 50,
            gated,
        }
    }

    fn talks(&self, frame: u32) -> bool {
        !(self.stops..self.begins).contains(&frame)
    }

    fn passes(&self, frame: u32) -> bool {
        let closes = self.stops + HOLD;
        !self.gated
            || !(closes..self.begins).contains(&frame)
            || (frame - closes).is_multiple_of(KEPT)
    }
}

/// What came of a visit.
struct Heard {
    deliveries: Vec<(Duration, Delivery)>,
    /// Ticks while nobody talked and the seat was given up.
    idle_ticks: u32,
    counters: Counters,
}

impl Heard {
    /// From the time of the first packet of the second speech to its first sound.
    fn delay(&self, visit: &Visit, sent: impl Fn(u32) -> Duration) -> Duration {
        let begins = sent(visit.begins);
        let (heard, _) = self
            .deliveries
            .iter()
            .find(|(time, delivery)| *time >= begins && !delivery.contributors.is_empty())
            .unwrap();
        *heard - begins
    }

    fn sounds(&self) -> Vec<Delivery> {
        self.deliveries.iter().map(|(_, d)| d.clone()).collect()
    }
}

/// Serves a room as its worker does; packets arrive at `sent(frame)`.
fn visit(visit: &Visit, output: Output, sent: impl Fn(u32) -> Duration) -> Heard {
    let mut room = Room::new(4);
    room.set(ANN, Settings::default());
    room.set(BOB, listener(output));
    let mut ann = Talker::new(ANN, 440.0);
    let (mut deliveries, mut idle_ticks) = (Vec::new(), 0);
    let mut now = sent(0);
    for frame in 0..=visit.frames {
        let arrives = sent(frame);
        while let Some(due) = room.deadline(now).filter(|due| *due < arrives) {
            now = due;
            deliveries.extend(room.tick(now).unwrap().into_iter().map(|d| (now, d)));
            idle_ticks += u32::from((visit.stops + HOLD..visit.begins).contains(&frame));
        }
        now = arrives;
        let packet = ann.packet(frame, if visit.talks(frame) { 20 } else { 70 });
        if visit.passes(frame) {
            room.packet(now, ANN, &packet).unwrap();
        }
    }
    let counters = room.counters(ANN);
    Heard {
        deliveries,
        idle_ticks,
        counters,
    }
}

/// When a packet is sent by a clock that is so many parts in a million slow.
fn clock(ppm: i64) -> impl Fn(u32) -> Duration {
    move |frame| {
        let micros = i64::from(frame) * 20_000;
        Duration::from_secs(5) + Duration::from_micros((micros + micros * ppm / 1_000_000) as u64)
    }
}

#[test]
fn a_listener_cannot_tell() {
    for pause in [HOLD, 100, 500, 1_517, 5_000] {
        let [with, without] = [true, false].map(|gated| {
            visit(
                &Visit::new(pause, gated),
                Output::Raw(Channels::Mono),
                clock(0),
            )
        });
        let (with_sound, without_sound) = (with.sounds(), without.sounds());
        assert!(with_sound == without_sound, "a pause of {pause} frames");
        let c = with.counters;
        assert_eq!((c.concealed, c.lost, c.late, c.left_out), (0, 0, 0, 0));
        assert_eq!(c.lag, without.counters.lag);
    }
}

#[test]
fn clocks_that_drift_apart_do_not_move_the_next_speech() {
    for ppm in [-1_000, -100, 100, 1_000] {
        let pauses = Visit::new(9_000, true);
        let heard = visit(&pauses, Output::Raw(Channels::Mono), clock(ppm));
        let delay = heard.delay(&pauses, clock(ppm));
        // At least what is demanded, at most a frame and what is tolerated more.
        let wanted = LATENCY..=LATENCY + Duration::from_millis(30);
        assert!(wanted.contains(&delay), "{ppm} ppm: {delay:?}");
        assert!(
            heard.counters.lag >= *wanted.start(),
            "{ppm} ppm: {:?}",
            heard.counters.lag
        );
        let c = heard.counters;
        assert_eq!((c.concealed, c.lost, c.late), (0, 0, 0));
    }
}

#[test]
fn another_way_during_a_pause_cuts_nothing() {
    let pauses = Visit::new(1_000, true);
    for (millis, longest) in [(85, 40), (160, 40)] {
        let sent = |frame: u32| {
            let way = if frame + 300 < pauses.begins {
                100
            } else {
                millis
            };
            Duration::from_secs(5) + FRAME_TIME * frame + Duration::from_millis(way)
        };
        let heard = visit(&pauses, Output::Raw(Channels::Mono), sent);
        let delay = heard.delay(&pauses, sent);
        let wanted = Duration::from_millis(20)..=Duration::from_millis(longest);
        assert!(wanted.contains(&delay), "{millis} ms: {delay:?}");
        let c = heard.counters;
        assert_eq!((c.concealed, c.lost, c.late), (0, 0, 0));
    }
}

#[test]
fn between_two_packets_of_the_silent_there_is_no_work() {
    let pauses = Visit::new(3_000, true);
    let heard = visit(&pauses, Output::Opus(Codec::default()), clock(0));
    let kept = (3_000 - HOLD) / KEPT + 1;
    assert!(heard.idle_ticks <= 8 * kept, "{} ticks", heard.idle_ticks);
}

#[test]
fn time_without_work_passes_in_the_sound() {
    let pauses = Visit::new(3_000, true);
    let jittered = |frame: u32| at(frame) + Duration::from_millis(u64::from(frame) * 7_919 % 31);
    let heard = visit(&pauses, Output::Opus(Codec::default()), jittered);
    let (begin, first) = &heard.deliveries[0];
    for (time, delivery) in &heard.deliveries {
        let passed = samples_of(*time - *begin);
        let in_sound = delivery.media_time - first.media_time;
        let apart = in_sound.abs_diff(passed);
        assert!(apart <= FRAME as u64, "{in_sound} of {passed} samples");
    }
}

/// Frames of speech in a room where only [`ANN`] is, and then as many as it takes for the room to sleep.
fn speak_alone(room: &mut Room, ann: &mut Talker) -> u32 {
    room.set(ANN, Settings::default());
    for frame in 0..20 {
        let packet = ann.packet(frame, 20);
        room.packet(at(frame), ANN, &packet).unwrap();
        room.tick(at(frame)).unwrap();
    }
    let works = |f: &u32| room.deadline(at(*f)).is_some() && room.tick(at(*f)).is_ok();
    20 + (20..200).take_while(works).count() as u32
}

#[test]
fn nobody_falls_asleep_on_the_floor() {
    let mut room = Room::new(4);
    let slept = speak_alone(&mut room, &mut Talker::new(ANN, 440.0));
    assert!(slept < 80, "work until frame {slept}");
    assert!(room.talkers().is_empty(), "a talker in a sleeping room");
}

#[test]
fn who_was_not_heard_when_he_lost_the_floor_does_not_fade_out_later() {
    let (mut room, mut ann) = (Room::new(4), Talker::new(ANN, 440.0));
    let slept = speak_alone(&mut room, &mut ann);
    room.set(BOB, listener(Output::Raw(Channels::Mono)));
    let packet = ann.packet(slept, 70);
    room.packet(at(slept), ANN, &packet).unwrap();
    for frame in slept..slept + 10 {
        for delivery in room.tick(at(frame)).unwrap() {
            assert!(delivery.contributors.is_empty(), "frame {frame}");
        }
    }
}

#[test]
fn who_wakes_the_room_waits_for_the_running_frame_only() {
    let (mut room, mut ann) = (Room::new(4), Talker::new(ANN, 440.0));
    room.set(ANN, Settings::default());
    room.tick(at(0)).unwrap();
    assert_eq!(room.deadline(at(0)), None);
    for (frame, millis, due) in [(0, 5, at(1)), (100, 7, at(100) + Duration::from_millis(7))] {
        let now = at(frame) + Duration::from_millis(millis);
        room.packet(now, ANN, &ann.packet(frame, 70)).unwrap();
        assert_eq!(room.deadline(now), Some(due));
        room.flush(ANN);
        assert_eq!(room.deadline(now), None);
    }
}
