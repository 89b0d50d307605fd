//! What a payload's first bytes say: where key frames begin, and the picture numbers of VP8 and VP9. H.264 has none.
//!
//! Only descriptors are read, never the coded picture itself, except for VP8's key-frame bit and the size after it.

use crate::Size;

/// The payload format of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codec {
    /// RFC 7741.
    Vp8,
    /// RFC 9628.
    Vp9,
    /// RFC 6184.
    H264,
    /// One whose key frames are not known here: every packet may be the first.
    Other,
}

/// What a packet's payload says about its frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The packet is the first of a key frame: a decoder may start here.
    pub key_start: bool,
    /// Octets of the payload descriptor, when it has picture numbers to rewrite.
    pub descriptor_len: usize,
    /// Its picture numbers.
    pub ids: PictureIds,
    /// How large the picture is, where the packet says so.
    pub size: Option<Size>,
}

/// The numbers in a payload descriptor that must run on when a slot changes its source (RFC 7741 section 4.2, RFC 9628
/// section 4.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PictureIds {
    /// PictureID and whether it has 15 bits instead of 7.
    pub picture: Option<(u16, bool)>,
    /// TL0PICIDX.
    pub tl0: Option<u8>,
    /// In which octet of the descriptor each begins.
    pub places: Places,
}

/// Where the numbers stand in a descriptor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// PictureID.
    pub picture: usize,
    /// TL0PICIDX.
    pub tl0: usize,
}

impl Codec {
    /// The codec of a caps' `encoding-name`.
    #[must_use]
    pub fn from_encoding_name(name: &str) -> Self {
        match name {
            "VP8" | "VP8-DRAFT-IETF-01" => Self::Vp8,
            "VP9" | "VP9-DRAFT-IETF-01" => Self::Vp9,
            "H264" => Self::H264,
            _ => Self::Other,
        }
    }

    /// Reads a payload. A payload too short for its own descriptor starts nothing.
    #[must_use]
    pub fn read(self, payload: &[u8]) -> Frame {
        let start = |key_start| Frame {
            key_start,
            ..Frame::default()
        };
        match self {
            Self::Vp8 => vp8(payload).unwrap_or_default(),
            Self::Vp9 => vp9(payload).unwrap_or_default(),
            Self::H264 => start(h264_key_start(payload).unwrap_or(false)),
            Self::Other => start(!payload.is_empty()),
        }
    }
}

/// RFC 7741 section 4.2: `X R N S R PID`, then by `I L T K` the optional numbers; then the VP8 payload, whose first bit
/// P is 0 in a key frame (section 4.3).
fn vp8(payload: &[u8]) -> Option<Frame> {
    let first = *payload.first()?;
    let mut len = 1;
    let mut ids = PictureIds::default();
    if first & 0x80 != 0 {
        let flags = *payload.get(1)?;
        len = 2;
        if flags & 0x80 != 0 {
            len = ids.read_picture(payload, len)?;
        }
        if flags & 0x40 != 0 {
            len = ids.read_tl0(payload, len)?;
        }
        if flags & 0x30 != 0 {
            len += 1;
        }
    }
    let begins_frame = first & 0x17 == 0x10;
    let key = payload.get(len)? & 1 == 0;
    let key_start = begins_frame && key;
    Some(Frame {
        key_start,
        descriptor_len: len,
        ids,
        size: payload.get(len..).filter(|_| key_start).and_then(vp8_size),
    })
}

/// RFC 6386 section 9.1: a key frame begins with three octets that every frame has, a start code, and width and height of
/// 14 bits each under two bits of scaling.
fn vp8_size(frame: &[u8]) -> Option<Size> {
    let [_, _, _, 0x9d, 0x01, 0x2a, a, b, c, d] = *frame.first_chunk()? else {
        return None;
    };
    let pixels = |bytes| u32::from(u16::from_le_bytes(bytes) & 0x3fff);
    Some(Size {
        width: pixels([a, b]),
        height: pixels([c, d]),
    })
}

/// RFC 9628 section 4.2: `I P L F B E V Z`, then by `I` the PictureID, by `L` the layers and, unless `F`, TL0PICIDX. What
/// follows differs from picture to picture but says nothing about numbers. A key frame is not predicted from another
/// picture (P = 0), and begins (B) in the lowest spatial layer.
fn vp9(payload: &[u8]) -> Option<Frame> {
    let first = *payload.first()?;
    let mut len = 1;
    let mut ids = PictureIds::default();
    if first & 0x80 != 0 {
        len = ids.read_picture(payload, len)?;
    }
    let mut spatial_layer = 0;
    if first & 0x20 != 0 {
        spatial_layer = payload.get(len)? >> 1 & 0x07;
        len += 1;
        if first & 0x10 == 0 {
            len = ids.read_tl0(payload, len)?;
        }
    }
    Some(Frame {
        key_start: first & 0x48 == 0x08 && spatial_layer == 0,
        descriptor_len: len,
        ids,
        size: None,
    })
}

impl PictureIds {
    /// Answers where what follows begins.
    fn read_picture(&mut self, payload: &[u8], at: usize) -> Option<usize> {
        let first = *payload.get(at)?;
        let wide = first & 0x80 != 0;
        self.places.picture = at;
        self.picture = Some(if wide {
            let id = u16::from_be_bytes([first & 0x7f, *payload.get(at + 1)?]);
            (id, wide)
        } else {
            (first.into(), wide)
        });
        Some(at + 1 + usize::from(wide))
    }

    fn read_tl0(&mut self, payload: &[u8], at: usize) -> Option<usize> {
        self.places.tl0 = at;
        self.tl0 = Some(*payload.get(at)?);
        Some(at + 1)
    }

    /// Copies a descriptor with these numbers in place of its own, which are of the same widths.
    pub(crate) fn write(&self, descriptor: &[u8], out: &mut Vec<u8>) {
        let from = out.len();
        out.extend_from_slice(descriptor);
        let mut put = |at: usize, bytes: &[u8]| {
            if let Some(field) = out.get_mut(from + at..from + at + bytes.len()) {
                field.copy_from_slice(bytes);
            }
        };
        match self.picture {
            Some((id, true)) => put(self.places.picture, &(id | 0x8000).to_be_bytes()),
            Some((id, false)) => put(self.places.picture, &[(id & 0x7f) as u8]),
            None => {}
        }
        if let Some(tl0) = self.tl0 {
            put(self.places.tl0, &[tl0]);
        }
    }
}

/// RFC 6184 sections 5.4 to 5.8: a sequence parameter set (7) or an IDR slice (5), alone, in an aggregate, or as the first
/// fragment.
fn h264_key_start(payload: &[u8]) -> Option<bool> {
    let starts = |nal: u8| matches!(nal & 0x1f, 5 | 7);
    match payload.first()? & 0x1f {
        24 => Some(any_in_aggregate(payload.get(1..)?, starts)),
        25 => Some(any_in_aggregate(payload.get(3..)?, starts)),
        28 | 29 => {
            let fragment = *payload.get(1)?;
            Some(fragment & 0x80 != 0 && starts(fragment))
        }
        nal => Some(starts(nal)),
    }
}

fn any_in_aggregate(mut units: &[u8], starts: impl Fn(u8) -> bool) -> bool {
    while let [high, low, rest @ ..] = units {
        let size = usize::from(u16::from_be_bytes([*high, *low]));
        if size > 0 && rest.first().is_some_and(|nal| starts(*nal)) {
            return true;
        }
        units = rest.get(size..).unwrap_or_default();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn key_frames_begin_here() {
        use Codec::*;
        let cases: [(&str, Codec, &[u8], bool); 26] = [
            ("VP8 key", Vp8, &[0x10, 0x00], true),
            ("VP8 delta", Vp8, &[0x10, 0x01], false),
            ("VP8 continuation", Vp8, &[0x00, 0x00], false),
            ("VP8 second partition", Vp8, &[0x11, 0x00], false),
            (
                "VP8 non-reference bit does not matter",
                Vp8,
                &[0x30, 0x00],
                true,
            ),
            (
                "VP8 with all fields, key",
                Vp8,
                &[0x90, 0xf0, 0x81, 2, 3, 4, 0x00],
                true,
            ),
            (
                "VP8 with all fields, delta",
                Vp8,
                &[0x90, 0xf0, 0x81, 2, 3, 4, 0x01],
                false,
            ),
            ("VP8 cut in its descriptor", Vp8, &[0x90, 0xf0, 0x81], false),
            ("VP8 empty", Vp8, &[], false),
            ("VP9 key", Vp9, &[0x08], true),
            ("VP9 predicted", Vp9, &[0x48], false),
            ("VP9 continuation", Vp9, &[0x00], false),
            ("VP9 lowest layer", Vp9, &[0xa8, 0x81, 1, 0x00, 9], true),
            ("VP9 upper layer", Vp9, &[0xa8, 1, 0x02, 9], false),
            ("VP9 cut", Vp9, &[0xa8, 0x81], false),
            ("VP9 without its TL0PICIDX", Vp9, &[0xa8, 1, 0x00], false),
            ("H.264 IDR", H264, &[0x65], true),
            ("H.264 SPS", H264, &[0x67], true),
            ("H.264 slice", H264, &[0x61], false),
            (
                "H.264 aggregate with SPS second",
                H264,
                &[0x78, 0, 1, 0x06, 0, 2, 0x67, 1],
                true,
            ),
            (
                "H.264 aggregate without",
                H264,
                &[0x78, 0, 1, 0x06, 0, 9, 0x61],
                false,
            ),
            (
                "H.264 aggregate with order number",
                H264,
                &[0x79, 0, 1, 0, 1, 0x65],
                true,
            ),
            ("H.264 first fragment", H264, &[0x7c, 0x85], true),
            ("H.264 later fragment", H264, &[0x7c, 0x05], false),
            ("other", Other, &[1], true),
            ("other, padding only", Other, &[], false),
        ];
        for (name, codec, payload, expected) in cases {
            assert_eq!(codec.read(payload).key_start, expected, "{name}");
        }
    }

    #[test]
    fn a_key_frame_of_vp8_says_how_large_it_is() {
        let key = [0x10, 0x50, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x41, 0xb4, 0x00];
        let size = Size {
            width: 320,
            height: 180,
        };
        assert_eq!(
            Codec::Vp8.read(&key).size,
            Some(size),
            "under two bits of scaling"
        );
        assert_eq!(Codec::Vp8.read(&key[..10]).size, None, "cut");
        let delta = [&[0x10, 0x51], &key[2..]].concat();
        assert_eq!(Codec::Vp8.read(&delta).size, None);
    }

    const VP8_WIDE: Places = Places { picture: 2, tl0: 4 };

    #[test]
    fn vp9_numbers_are_read_and_written() {
        type Numbers = (Option<(u16, bool)>, Option<u8>);
        let cases: [(&str, &[u8], Numbers, &[u8]); 6] = [
            ("no numbers", &[0x08, 1], (None, None), &[0x08]),
            (
                "7 bits",
                &[0x88, 5, 1],
                (Some((5, false)), None),
                &[0x88, 6],
            ),
            (
                "15 bits",
                &[0x88, 0x92, 0x34, 1],
                (Some((0x1234, true)), None),
                &[0x88, 0x92, 0x35],
            ),
            (
                "layers, not flexible",
                &[0xa8, 0x81, 0xff, 0x20, 9, 1],
                (Some((0x1ff, true)), Some(9)),
                &[0xa8, 0x82, 0x00, 0x20, 10],
            ),
            (
                "layers, flexible, references follow",
                &[0xf8, 0x80, 1, 0x20, 2, 1],
                (Some((1, true)), None),
                &[0xf8, 0x80, 2, 0x20],
            ),
            (
                "layers without PictureID",
                &[0x28, 0x20, 255, 1],
                (None, Some(255)),
                &[0x28, 0x20, 0],
            ),
        ];
        for (name, payload, (picture, tl0), next) in cases {
            let frame = Codec::Vp9.read(payload);
            assert_eq!((frame.ids.picture, frame.ids.tl0), (picture, tl0), "{name}");
            let ids = PictureIds {
                picture: picture.map(|(id, wide)| (id + 1, wide)),
                tl0: tl0.map(|tl0| tl0.wrapping_add(1)),
                ..frame.ids
            };
            let mut out = Vec::new();
            ids.write(&payload[..frame.descriptor_len], &mut out);
            assert_eq!(out, next, "{name}");
        }
    }

    #[test]
    fn vp8_numbers_are_read_and_written() {
        let descriptor = [0x90, 0xe0, 0x92, 0x34, 0x56, 0x78];
        let frame = Codec::Vp8.read(&[&descriptor[..], &[0]].concat());
        assert_eq!(frame.descriptor_len, 6);
        assert_eq!(
            frame.ids,
            PictureIds {
                picture: Some((0x1234, true)),
                tl0: Some(0x56),
                places: VP8_WIDE,
            }
        );
        let mut out = vec![9];
        PictureIds {
            picture: Some((0x7fff, true)),
            tl0: Some(1),
            places: VP8_WIDE,
        }
        .write(&descriptor, &mut out);
        assert_eq!(out, [9, 0x90, 0xe0, 0xff, 0xff, 1, 0x78]);
    }

    #[test]
    fn a_narrow_number_stays_narrow() {
        let mut out = Vec::new();
        PictureIds {
            picture: Some((0x85, false)),
            tl0: Some(7),
            places: Places { picture: 2, tl0: 3 },
        }
        .write(&[0x90, 0xc0, 1, 2], &mut out);
        assert_eq!(out, [0x90, 0xc0, 5, 7]);
    }

    proptest! {
        #[test]
        fn no_payload_is_a_panic(payload in prop::collection::vec(any::<u8>(), 0..20)) {
            for codec in [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Other] {
                prop_assert!(codec.read(&payload).descriptor_len <= payload.len());
            }
        }

        #[test]
        fn a_descriptor_written_with_its_own_numbers_is_itself(payload in prop::collection::vec(any::<u8>(), 1..12)) {
            for codec in [Codec::Vp8, Codec::Vp9, Codec::H264] {
                let frame = codec.read(&payload);
                let descriptor = &payload[..frame.descriptor_len];
                let mut out = Vec::new();
                frame.ids.write(descriptor, &mut out);
                prop_assert_eq!(out, descriptor);
            }
        }

        #[test]
        fn numbers_that_are_written_are_read(payload in prop::collection::vec(any::<u8>(), 1..12), id: u16, tl0: u8) {
            for codec in [Codec::Vp8, Codec::Vp9] {
                let frame = codec.read(&payload);
                let ids = PictureIds {
                    picture: frame.ids.picture.map(|(_, wide)| (id & if wide { 0x7fff } else { 0x7f }, wide)),
                    tl0: frame.ids.tl0.map(|_| tl0),
                    ..frame.ids
                };
                let mut out = Vec::new();
                ids.write(&payload[..frame.descriptor_len], &mut out);
                out.extend_from_slice(&payload[frame.descriptor_len..]);
                prop_assert_eq!(codec.read(&out), Frame { ids, ..frame });
            }
        }
    }
}
