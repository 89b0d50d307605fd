//! The agent that one webrtcbin has, with its streams and their transports.

use std::sync::{Arc, Mutex, OnceLock};

use convene_ice::{Credentials, Transport};
use glib::subclass::prelude::*;
use gst::{prelude::*, subclass::prelude::*};
use gst_webrtc::{WebRTCICE, WebRTCICEGatheringState, WebRTCICEStream, WebRTCICETransport};

use super::{
    IceSocket, elements, ffi,
    lane::{CAT, Lane},
};
use crate::lock::lock;

/// `ConveneIceAgent`.
#[derive(Default)]
pub struct IceAgent {
    pub(super) socket: OnceLock<IceSocket>,
    pub(super) observer: OnceLock<Arc<dyn Fn(convene_ice::Event) + Send + Sync>>,
    streams: Mutex<Vec<Stream>>,
}

/// `ConveneIceStream`: a name of a session for webrtcbin.
#[derive(Default)]
pub struct IceStream;

/// `ConveneIceTransport`: what packets of a session go through.
#[derive(Default)]
pub struct IceTransport {
    /// The parent's structure borrows them.
    elements: OnceLock<[gst::Element; 2]>,
}

#[derive(Clone)]
struct Stream {
    session: u32,
    object: super::IceStream,
    transport: super::IceTransport,
    /// Without a socket there is none.
    lane: Option<Arc<Lane>>,
}

/// The pair that a session uses.
pub(super) struct Pair {
    pub(super) session: u32,
    pub(super) local: std::net::SocketAddr,
    pub(super) remote: std::net::SocketAddr,
    pub(super) is_tcp: bool,
}

#[glib::object_subclass]
impl ObjectSubclass for IceAgent {
    const NAME: &'static str = "ConveneIceAgent";
    type Type = super::IceAgent;
    type ParentType = WebRTCICE;
}

impl ObjectImpl for IceAgent {
    fn dispose(&self) {
        let streams = std::mem::take(&mut *lock(&self.streams));
        if let Some(socket) = self.socket.get() {
            for lane in streams.iter().filter_map(|stream| stream.lane.as_ref()) {
                socket.remove(lane.id);
            }
        }
    }
}

impl GstObjectImpl for IceAgent {}

#[glib::object_subclass]
impl ObjectSubclass for IceStream {
    const NAME: &'static str = "ConveneIceStream";
    type Type = super::IceStream;
    type ParentType = WebRTCICEStream;
}

impl ObjectImpl for IceStream {}
impl GstObjectImpl for IceStream {}

#[glib::object_subclass]
impl ObjectSubclass for IceTransport {
    const NAME: &'static str = "ConveneIceTransport";
    type Type = super::IceTransport;
    type ParentType = WebRTCICETransport;
}

impl ObjectImpl for IceTransport {}
impl GstObjectImpl for IceTransport {}

impl IceAgent {
    /// The stream of a session, made when it is not there. webrtcbin borrows it, and takes no for an answer no better
    /// than a stream that is gone; so there is one without a socket too, which leads nowhere.
    pub(super) fn add_stream(&self, session: u32) -> super::IceStream {
        if let Some(stream) = self.stream(session) {
            return stream.object;
        }
        let object = glib::Object::new::<super::IceStream>();
        ffi::number(&object, session);
        let lane = self.new_lane();
        if lane.is_none() {
            gst::error!(CAT, imp = self, "an agent without a socket reaches nobody");
        }
        lock(&self.streams).push(Stream {
            session,
            object: object.clone(),
            transport: transport(lane.as_ref()),
            lane,
        });
        object
    }

    fn new_lane(&self) -> Option<Arc<Lane>> {
        let (socket, observer) = (self.socket.get()?, Arc::clone(self.observer.get()?));
        Some(Arc::new(
            socket.lane(Box::new(move |event| observer(event))),
        ))
    }

    pub(super) fn transport(&self, session: u32) -> Option<super::IceTransport> {
        self.stream(session).map(|stream| stream.transport)
    }

    /// There is nothing to look for: the candidates are the socket's, and stand in the description.
    pub(super) fn gather(&self, session: u32) -> bool {
        let Some(stream) = self.stream(session).filter(|_| self.socket.get().is_some()) else {
            return false;
        };
        let transport = stream.transport.upcast_ref::<WebRTCICETransport>();
        if transport.gathering_state() != WebRTCICEGatheringState::Complete {
            transport.gathering_state_change(WebRTCICEGatheringState::Complete);
        }
        true
    }

    pub(super) fn set_local_credentials(&self, session: u32, local: Credentials) -> bool {
        let parts = self.lane(session).zip(self.socket.get());
        parts
            .map(|(lane, socket)| socket.set_local(&lane, local))
            .is_some()
    }

    pub(super) fn set_remote_credentials(&self, session: u32, remote: Credentials) -> bool {
        let parts = self.lane(session).zip(self.socket.get());
        parts
            .map(|(lane, socket)| socket.set_remote(lane.id, remote))
            .is_some()
    }

    pub(super) fn selected_pair(&self, session: u32) -> Option<Pair> {
        let route = self.lane(session)?.route()?;
        Some(Pair {
            session,
            local: route.local,
            remote: route.remote.address,
            is_tcp: route.remote.transport == Transport::Tcp,
        })
    }

    pub(super) fn lane(&self, session: u32) -> Option<Arc<Lane>> {
        self.stream(session)?.lane
    }

    pub(super) fn lanes(&self) -> Vec<Arc<Lane>> {
        let streams = lock(&self.streams);
        streams
            .iter()
            .filter_map(|stream| stream.lane.clone())
            .collect()
    }

    fn stream(&self, session: u32) -> Option<Stream> {
        let streams = lock(&self.streams);
        streams
            .iter()
            .find(|stream| stream.session == session)
            .cloned()
    }
}

fn transport(lane: Option<&Arc<Lane>>) -> super::IceTransport {
    let transport = glib::Object::new::<super::IceTransport>();
    let elements = [elements::Src::of(lane), elements::Sink::of(lane)];
    ffi::equip(&transport, &elements[0], &elements[1]);
    transport.imp().elements.get_or_init(|| elements);
    if let Some(lane) = lane {
        lane.belongs_to(transport.upcast_ref());
    }
    transport
}
