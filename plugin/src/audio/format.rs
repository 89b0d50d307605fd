//! Between GStreamer's caps and buffers and what the room takes and gives.

use convene_audio::{Arrival, Channels, Delivery, FRAME, Loudness, Sound, Wide};
use convene_rtp::{CsrcLevels, Header, Level, Packet};

use super::settings::Form;

/// RFC 6464.
const LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Who encoded, in files.
const VENDOR: &[u8] = b"conveneaudio";

/// RFC 6465.
const CSRC_LEVELS_URI: &str = "urn:ietf:params:rtp-hdrext:csrc-audio-level";

/// Octets of an RTP header with the extension for levels, without contributors.
const HEADER: usize = 20;

/// The caps of both pads, best first.
pub(super) fn caps() -> gst::Caps {
    gst::Caps::builder_full()
        .structure(
            gst::Structure::builder("audio/x-raw")
                .field("format", gst::List::new(["S16LE", "F32LE"]))
                .field("layout", "interleaved")
                .field("rate", 48_000)
                .field("channels", gst::IntRange::new(1, 2))
                .build(),
        )
        .structure(
            gst::Structure::builder("audio/x-opus")
                .field("channel-mapping-family", 0)
                .build(),
        )
        .structure(rtp_structure())
        .build()
}

/// The caps of a relay pad.
pub(super) fn relay_caps() -> gst::Caps {
    gst::Caps::builder_full().structure(rtp_structure()).build()
}

fn rtp_structure() -> gst::Structure {
    gst::Structure::builder("application/x-rtp")
        .field("media", "audio")
        .field(
            "encoding-name",
            gst::List::new(["OPUS", "X-GST-OPUS-DRAFT-SPITTKA-00"]),
        )
        .field("clock-rate", 48_000)
        .build()
}

/// A raw layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    float: bool,
    channels: Channels,
}

/// What a pad carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Raw(Layout),
    /// Opus without RTP, in so many channels.
    Opus(Channels),
    Rtp {
        payload_type: u8,
        ssrc: u32,
        /// The id of the RFC 6464 header extension, where there is one.
        level_id: Option<u8>,
        /// The same of RFC 6465.
        csrc_levels_id: Option<u8>,
        /// How many channels the receiver wants (RFC 7587 section 6.1).
        channels: Channels,
    },
}

impl Format {
    /// Reads fixed caps; `None` when they are none of ours.
    pub(super) fn from_caps(caps: &gst::CapsRef) -> Option<Self> {
        let s = caps.structure(0)?;
        match s.name().as_str() {
            "audio/x-raw" => Some(Self::Raw(Layout {
                float: s.get::<&str>("format").ok()? == "F32LE",
                channels: channels(s.get::<i32>("channels").ok()?),
            })),
            "audio/x-opus" => Some(Self::Opus(channels(s.get("channels").unwrap_or(1)))),
            "application/x-rtp" => Some(Self::Rtp {
                payload_type: s
                    .get::<i32>("payload")
                    .ok()
                    .and_then(|p| u8::try_from(p).ok())
                    .unwrap_or(111),
                ssrc: s.get::<u32>("ssrc").unwrap_or(0),
                level_id: extension_id(s, LEVEL_URI),
                csrc_levels_id: extension_id(s, CSRC_LEVELS_URI),
                channels: channels(if is_one(s, "stereo") { 2 } else { 1 }),
            }),
            _ => None,
        }
    }

    /// Fixes what the other side leaves open.
    pub(super) fn fixate(mut caps: gst::Caps) -> gst::Caps {
        caps.truncate();
        if let Some(s) = caps.make_mut().structure_mut(0)
            && s.name() == "application/x-rtp"
        {
            s.set("encoding-name", "OPUS");
            if !s.has_field("payload") {
                s.set("payload", 111);
            }
            if !s.has_field("ssrc") {
                s.set("ssrc", glib::random_int().max(1));
            }
            if is_one(s, "stereo") && !s.has_field("sprop-stereo") {
                s.set("sprop-stereo", "1");
            }
        } else if let Some(s) = caps.make_mut().structure_mut(0)
            && s.name() == "audio/x-opus"
        {
            // Whoever leaves a choice gets one channel.
            let channels = if s.get::<i32>("channels") == Ok(2) {
                2
            } else {
                1
            };
            s.set("channels", i32::from(channels));
            s.set("rate", 48_000);
            s.set("channel-mapping-family", 0);
            s.set("streamheader", gst::Array::new(opus_headers(channels)));
        }
        caps.fixate();
        caps
    }

    /// The room's word for it.
    pub(super) fn form(&self) -> Form {
        match self {
            Self::Raw(layout) => Form::Raw(layout.channels),
            Self::Opus(channels) | Self::Rtp { channels, .. } => Form::Opus(*channels),
        }
    }
}

fn channels(count: i32) -> Channels {
    if count == 2 {
        Channels::Stereo
    } else {
        Channels::Mono
    }
}

/// Whether a format parameter is 1; they are text in caps.
fn is_one(s: &gst::StructureRef, name: &str) -> bool {
    s.get::<&str>(name) == Ok("1")
}

/// What a file of Opus begins with (RFC 7845 section 5), for muxers: how many channels, 48 kHz, and what the decoder has
/// to leave out because the encoder looks ahead.
fn opus_headers(channels: u8) -> [gst::Buffer; 2] {
    let mut head = b"OpusHead\x01".to_vec();
    head.push(channels);
    head.extend(convene_audio::LOOKAHEAD.to_le_bytes());
    head.extend(convene_audio::RATE.to_le_bytes());
    head.extend([0, 0, 0]);
    let mut tags = b"OpusTags".to_vec();
    tags.extend((VENDOR.len() as u32).to_le_bytes());
    tags.extend(VENDOR);
    tags.extend([0; 4]);
    [head, tags].map(|header| {
        let mut buffer = gst::Buffer::from_mut_slice(header);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_flags(gst::BufferFlags::HEADER);
        }
        buffer
    })
}

fn extension_id(s: &gst::StructureRef, wanted: &str) -> Option<u8> {
    (1..=14_u8).find(|id| {
        let name = format!("extmap-{id}");
        if let Ok(uri) = s.get::<&str>(&name) {
            return uri == wanted;
        }
        s.get::<gst::Array>(&name).is_ok_and(|parts| {
            parts
                .iter()
                .any(|p| p.get::<&str>().is_ok_and(|uri| uri == wanted))
        })
    })
}

/// Reads an RTP packet.
pub(super) fn arrival(
    bytes: &[u8],
    level_id: Option<u8>,
) -> Result<Arrival, convene_rtp::RtpError> {
    let packet = Packet::parse(bytes)?;
    let level = level_id
        .and_then(|id| packet.extension(id))
        .and_then(Level::parse);
    Ok(Arrival {
        ssrc: packet.ssrc(),
        sequence: packet.sequence(),
        timestamp: packet.timestamp(),
        loudness: level.map(|level| Loudness::from_header(level.dbov)),
        payload: packet.payload().to_vec(),
    })
}

/// The samples of a buffer; bytes that are no whole sample are left out.
pub(super) fn samples(bytes: &[u8], layout: Layout) -> Wide<Vec<f32>> {
    let all: Vec<f32> = if layout.float {
        bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect()
    } else {
        bytes
            .chunks_exact(2)
            .map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0)
            .collect()
    };
    Wide::of(all, layout.channels)
}

/// Writes deliveries as buffers of one format; keeps what has to go on from one to the next.
pub(super) struct Writer {
    format: Format,
    sequence: u16,
    /// Where the packet after the last one would begin, in media time.
    expected: Option<u64>,
}

impl Writer {
    pub(super) fn new(format: Format) -> Self {
        Self {
            format,
            sequence: glib::random_int() as u16 >> 1,
            expected: None,
        }
    }

    /// A buffer without times, and how many samples it spans.
    pub(super) fn write(&mut self, delivery: &Delivery) -> Option<gst::Buffer> {
        let mut buffer = match (&delivery.sound, &self.format) {
            (Sound::Raw(frame), Format::Raw(layout)) => {
                gst::Buffer::from_mut_slice(bytes_of(&frame.interleaved(layout.channels), *layout))
            }
            (Sound::Silence, Format::Raw(layout)) => silence(*layout),
            (Sound::Opus(packet), Format::Opus(_)) => gst::Buffer::from_mut_slice(packet.to_vec()),
            (Sound::Opus(packet), Format::Rtp { .. }) => self.rtp(delivery, packet),
            (
                Sound::Relayed {
                    sequence, payload, ..
                },
                Format::Rtp { .. },
            ) => self.relayed(delivery, *sequence, payload),
            _ => return None,
        };
        let span = span_of(&delivery.sound);
        self.expected = Some(delivery.media_time + span as u64);
        buffer
            .get_mut()?
            .set_duration(gst::ClockTime::from_useconds(span as u64 * 1_000 / 48));
        Some(buffer)
    }

    fn rtp(&mut self, delivery: &Delivery, payload: &[u8]) -> gst::Buffer {
        self.sequence = self.sequence.wrapping_add(1);
        let marker = self.expected != Some(delivery.media_time);
        self.packet(delivery, self.sequence, marker, payload)
    }

    fn relayed(&self, delivery: &Delivery, sequence: u16, payload: &[u8]) -> gst::Buffer {
        self.packet(delivery, sequence, false, payload)
    }

    fn packet(
        &self,
        delivery: &Delivery,
        sequence: u16,
        marker: bool,
        payload: &[u8],
    ) -> gst::Buffer {
        let Format::Rtp {
            payload_type,
            ssrc,
            level_id,
            csrc_levels_id,
            ..
        } = self.format
        else {
            return gst::Buffer::new();
        };
        let level = [Level {
            voice: true,
            dbov: delivery.loudness.below_overload(),
        }
        .emit()];
        let levels = delivery.contributors.iter().map(|one| one.loudness);
        let levels = CsrcLevels::new(levels.map(|loudness| loudness.below_overload()));
        let csrc_levels_id = csrc_levels_id.filter(|_| !levels.body().is_empty());
        let extensions: Vec<_> = [
            level_id.map(|id| (id, &level[..])),
            csrc_levels_id.map(|id| (id, levels.body())),
        ]
        .into_iter()
        .flatten()
        .collect();
        let csrcs: Vec<u32> = delivery
            .contributors
            .iter()
            .map(|talker| talker.number.0)
            .collect();
        let header = Header {
            marker,
            payload_type,
            sequence,
            timestamp: delivery.media_time as u32,
            ssrc,
            csrcs: &csrcs,
            extensions: &extensions,
        };
        let mut bytes = Vec::with_capacity(payload.len() + 4 * csrcs.len() + HEADER);
        header.write(payload, &mut bytes);
        gst::Buffer::from_mut_slice(bytes)
    }
}

/// Samples that a sound spans.
fn span_of(sound: &Sound) -> usize {
    match sound {
        Sound::Raw(_) | Sound::Silence => FRAME,
        Sound::Opus(packet) => convene_audio::samples_in(packet).unwrap_or(FRAME),
        Sound::Relayed { payload, .. } => convene_audio::samples_in(payload).unwrap_or(FRAME),
    }
}

fn bytes_of(samples: &[f32], layout: Layout) -> Vec<u8> {
    let each = samples.iter();
    if layout.float {
        each.flat_map(|s| s.to_le_bytes()).collect()
    } else {
        each.flat_map(|s| ((s * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes())
            .collect()
    }
}

fn silence(layout: Layout) -> gst::Buffer {
    // 0 is all zeros in both formats.
    let width = if layout.float { 4 } else { 2 };
    let mut buffer =
        gst::Buffer::from_mut_slice(vec![0_u8; FRAME * layout.channels.count() * width]);
    if let Some(buffer) = buffer.get_mut() {
        buffer.set_flags(gst::BufferFlags::GAP);
    }
    buffer
}
