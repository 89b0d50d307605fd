//! A room with its people, served in simulated time as a worker serves it.

use std::time::Duration;

use convene_audio::{
    Arrival, Channels, Codec, Counters, Delivery, FRAME, FRAME_TIME, Loudness, Mapping, Number,
    Output, RATE, Room, Settings, Sound, TALKER_BITRATE, WideFrame,
};
use opus::{Application, Bitrate, Decoder, Encoder, Signal};

pub const ANN: Number = Number(1);
pub const BOB: Number = Number(2);
pub const CID: Number = Number(3);

/// When a frame's packet is sent.
pub fn at(frame: usize) -> Duration {
    Duration::from_secs(5) + FRAME_TIME * frame as u32
}

pub fn listener(output: Output) -> Settings {
    Settings {
        output: Some(output),
        ..Settings::default()
    }
}

pub fn raw_listener() -> Settings {
    listener(Output::Raw(Channels::Mono))
}

pub fn opus_listener() -> Settings {
    listener(Output::Opus(Codec::default()))
}

/// An encoder as Chromium has it for so many bits a second while nothing is lost.
pub fn browsers_encoder(bits: u32) -> Encoder {
    let mut encoder = encoder(Application::Voip);
    encoder.set_bitrate(Bitrate::Bits(bits as i32)).unwrap();
    encoder.set_complexity(9).unwrap();
    encoder.set_packet_loss_perc(0).unwrap();
    encoder
}

/// An encoder as browsers have it that send what our offer asks for and lose some.
pub fn encoder(application: Application) -> Encoder {
    let codec = Codec::default();
    let mut encoder = Encoder::new(RATE, opus::Channels::Mono, application).unwrap();
    encoder
        .set_bitrate(Bitrate::Bits(TALKER_BITRATE as i32))
        .unwrap();
    encoder.set_complexity(i32::from(codec.complexity)).unwrap();
    encoder.set_inband_fec(codec.fec).unwrap();
    encoder.set_packet_loss_perc(10).unwrap();
    encoder
}

/// An encoder as the conference has it.
pub fn conferences_encoder() -> Encoder {
    let mut encoder = encoder(Application::Audio);
    let bits = Codec::default().bitrate as i32;
    encoder.set_bitrate(Bitrate::Bits(bits)).unwrap();
    encoder.set_signal(Signal::Voice).unwrap();
    encoder
}

/// What `number` says, in packets with levels.
pub fn packets(number: Number, sound: &[f32]) -> Vec<Arrival> {
    packets_by(encoder(Application::Voip), number, sound)
}

/// The same with so many bits a second.
pub fn packets_of(bits: u32, number: Number, sound: &[f32]) -> Vec<Arrival> {
    let mut encoder = encoder(Application::Voip);
    encoder.set_bitrate(Bitrate::Bits(bits as i32)).unwrap();
    packets_by(encoder, number, sound)
}

/// The same from another encoder.
pub fn packets_by(encoder: Encoder, number: Number, sound: &[f32]) -> Vec<Arrival> {
    packets_in(Channels::Mono, encoder, number, sound)
}

/// The same of an interleaved sound in so many channels.
pub fn packets_in(
    channels: Channels,
    mut encoder: Encoder,
    number: Number,
    sound: &[f32],
) -> Vec<Arrival> {
    let frames = sound.chunks_exact(channels.count() * FRAME).enumerate();
    frames
        .map(|(frame, samples)| Arrival {
            ssrc: number.0,
            sequence: frame as u16,
            timestamp: (frame * FRAME) as u32,
            loudness: Some(Loudness::of(samples)),
            payload: encoder.encode_vec_float(samples, 1_500).unwrap(),
        })
        .collect()
}

/// All that somebody hears who gets these packets in this order, with one decoder.
pub fn decoded<'a>(packets: impl IntoIterator<Item = &'a [u8]>) -> Vec<f32> {
    let mut decoder = Decoder::new(RATE, opus::Channels::Mono).unwrap();
    let mut heard = Vec::new();
    for packet in packets {
        let mut samples = [0.0; FRAME];
        decoder.decode_float(packet, &mut samples, false).unwrap();
        heard.extend(samples);
    }
    heard
}

/// A room that is served, and what came out.
pub struct Stage {
    pub room: Room,
    now: Duration,
    pub delivered: Vec<(Duration, Delivery)>,
    pub mapped: Vec<Mapping>,
}

impl Stage {
    pub fn new(max_talkers: usize, people: &[(Number, Settings)]) -> Self {
        let mut room = Room::new(max_talkers);
        for (number, settings) in people {
            room.set(*number, settings.clone());
        }
        Self {
            room,
            now: at(0),
            delivered: Vec::new(),
            mapped: Vec::new(),
        }
    }

    /// Serves the room until `until`.
    pub fn pass(&mut self, until: Duration) {
        while let Some(due) = self.room.deadline(self.now).filter(|due| *due < until) {
            self.now = due;
            let frame = self.room.tick(due).unwrap();
            self.mapped.extend(self.room.take_mappings());
            self.delivered.extend(frame.into_iter().map(|d| (due, d)));
        }
        self.now = self.now.max(until);
    }

    /// Packets that arrive when they arrive, and all that comes of them.
    pub fn play(&mut self, coming: Vec<(Duration, Number, Arrival)>) {
        self.play_on(coming);
        self.pass(self.now + FRAME_TIME * 10);
    }

    /// Packets after which others will come.
    pub fn play_on(&mut self, mut coming: Vec<(Duration, Number, Arrival)>) {
        coming.sort_by_key(|(time, ..)| *time);
        for (time, number, arrival) in coming {
            self.pass(time);
            self.room.packet(time, number, &arrival).unwrap();
        }
    }

    pub fn counters(&self, number: Number) -> Counters {
        self.room.counters(number)
    }

    /// The samples `to` got.
    pub fn samples(&self, to: Number) -> Vec<f32> {
        let sounds = self.delivered.iter().filter(|(_, d)| d.to == to);
        sounds
            .flat_map(|(_, d)| match &d.sound {
                Sound::Raw(frame) => frame.mid.to_vec(),
                Sound::Silence => vec![0.0; FRAME],
                other => panic!("not samples: {other:?}"),
            })
            .collect()
    }

    /// The frames `to` got.
    pub fn frames(&self, to: Number) -> Vec<WideFrame> {
        let sounds = self.delivered.iter().filter(|(_, d)| d.to == to);
        sounds
            .map(|(_, d)| match &d.sound {
                Sound::Raw(frame) => frame.as_ref().clone(),
                Sound::Silence => WideFrame::mono(Box::new([0.0; FRAME])),
                other => panic!("not samples: {other:?}"),
            })
            .collect()
    }

    /// The packets `to` got, each with the media time it begins at.
    pub fn packets(&self, to: Number) -> Vec<(u64, &[u8])> {
        let sounds = self.delivered.iter().filter(|(_, d)| d.to == to);
        sounds
            .map(|(_, d)| match &d.sound {
                Sound::Opus(packet) => (d.media_time, &packet[..]),
                other => panic!("no packet: {other:?}"),
            })
            .collect()
    }

    /// What `to` hears of his packets with one decoder.
    pub fn heard(&self, to: Number) -> Vec<f32> {
        decoded(self.packets(to).into_iter().map(|(_, packet)| packet))
    }
}

/// Each packet a fixed time after it was sent.
pub fn evenly(packets: Vec<Arrival>, number: Number) -> Vec<(Duration, Number, Arrival)> {
    let sent = packets.into_iter().enumerate();
    sent.map(|(frame, arrival)| (at(frame), number, arrival))
        .collect()
}
