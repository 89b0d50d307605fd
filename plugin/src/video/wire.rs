//! What caps say about the packets of a picture or a slot.

use convene_video::{Codec, Extension, Wire};

/// The header extension that names a packet's layer (RFC 8852).
const LAYER_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";

/// How a publisher's packets are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// The caps' `encoding-name`, if there is one.
    pub(super) encoding: Option<String>,
    pub(super) extensions: Vec<Extension>,
    /// The id of the one that names a packet's layer.
    pub(super) layer_id: Option<u8>,
}

impl Origin {
    pub(super) fn from_caps(caps: &gst::CapsRef) -> Option<Self> {
        let structure = caps.structure(0)?;
        let extensions = extensions(structure);
        let layer = extensions.iter().find(|known| &*known.uri == LAYER_URI);
        Some(Self {
            encoding: encoding(structure),
            layer_id: layer.map(|known| known.id),
            extensions,
        })
    }

    pub(super) fn codec(&self) -> Codec {
        self.encoding
            .as_deref()
            .map_or(Codec::Other, Codec::from_encoding_name)
    }
}

/// What a slot and its peer agreed on.
#[derive(Clone, Debug)]
pub(super) struct Agreement {
    pub(super) caps: gst::Caps,
    pub(super) wire: Wire,
    /// The encoding it was made for.
    pub(super) encoding: Option<String>,
}

impl Agreement {
    /// Makes the slot's caps out of what the peer allows: its SSRC, payload type and extensions where it names them,
    /// else `ssrc` and the publisher's payload type. `None` when the peer does not take the publisher's encoding.
    pub(super) fn new(
        allowed: &gst::Caps,
        origin: &Origin,
        ssrc: u32,
        payload_type: u8,
    ) -> Option<Self> {
        let mut offered = gst::Structure::builder("application/x-rtp")
            .field("media", "video")
            .field("clock-rate", 90_000)
            .build();
        if let Some(encoding) = &origin.encoding {
            offered.set("encoding-name", encoding);
        }
        let mut structure = allowed
            .intersect(&gst::Caps::from(offered))
            .structure(0)?
            .to_owned();
        let ssrc = structure.get::<u32>("ssrc").unwrap_or(ssrc);
        let asked = structure
            .get::<i32>("payload")
            .ok()
            .and_then(|payload| u8::try_from(payload).ok());
        structure.set("ssrc", ssrc);
        structure.set("payload", i32::from(asked.unwrap_or(payload_type)));
        structure.fixate();
        let wire = Wire {
            ssrc,
            payload_type: asked,
            extensions: extensions(&structure),
        };
        Some(Self {
            caps: structure.into(),
            wire,
            encoding: origin.encoding.clone(),
        })
    }
}

fn encoding(structure: &gst::StructureRef) -> Option<String> {
    structure.get::<String>("encoding-name").ok()
}

/// Fields `extmap-N` are the URI, or an array of direction, URI and attributes.
fn extensions(structure: &gst::StructureRef) -> Vec<Extension> {
    let extension = |(name, value): (&glib::GStr, &glib::SendValue)| {
        let id = name
            .strip_prefix("extmap-")?
            .parse()
            .ok()
            .filter(|id| *id > 0)?;
        let uri = match value.get::<gst::Array>() {
            Ok(array) => array.get(1)?.get::<String>().ok()?,
            Err(_) => value.get::<String>().ok()?,
        };
        Some(Extension {
            id,
            uri: uri.into(),
        })
    };
    structure.iter().filter_map(extension).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn caps(text: &str) -> gst::Caps {
        gst::init().unwrap();
        format!("application/x-rtp,media=video,{text}")
            .parse()
            .unwrap()
    }

    fn origin() -> Origin {
        Origin::from_caps(&caps("clock-rate=90000,encoding-name=VP8,payload=97,extmap-3=a,extmap-4=(string)<\"\",b,\"\">")).unwrap()
    }

    #[test]
    fn both_forms_of_an_extension_are_read() {
        let found: Vec<_> = origin()
            .extensions
            .iter()
            .map(|known| (known.id, known.uri.to_string()))
            .collect();
        assert_eq!(found, [(3, "a".into()), (4, "b".into())]);
    }

    #[test]
    fn the_peer_decides_what_it_names() {
        let allowed = caps("encoding-name={VP9,VP8},ssrc=(uint)7,payload=100,extmap-5=a");
        let agreement = Agreement::new(&allowed, &origin(), 1, 97).unwrap();
        assert_eq!(
            (agreement.wire.ssrc, agreement.wire.payload_type),
            (7, Some(100))
        );
        assert_eq!(agreement.wire.extensions[0].id, 5);
        assert!(agreement.caps.is_fixed());
    }

    #[test]
    fn what_the_peer_leaves_open_is_chosen() {
        let agreement = Agreement::new(&caps("payload=[96,127]"), &origin(), 1, 97).unwrap();
        assert_eq!(
            (agreement.wire.ssrc, agreement.wire.payload_type),
            (1, None)
        );
        let structure = agreement.caps.structure(0).unwrap();
        assert_eq!(
            (
                structure.get::<u32>("ssrc"),
                structure.get::<i32>("payload")
            ),
            (Ok(1), Ok(97))
        );
    }

    #[test]
    fn another_encoding_is_not_taken() {
        assert!(Agreement::new(&caps("encoding-name=H264"), &origin(), 1, 97).is_none());
    }
}
