//! The classes `GstWebRTCICE`, `GstWebRTCICEStream` and `GstWebRTCICETransport` as parents of ours: all of the unsafe
//! code of the agent, behind methods that are not. Nothing is decided here.
//!
//! gstreamer-webrtc has no module for subclasses. What is assumed of GStreamer's structures is assumed by
//! gstreamer-webrtc-sys too, and its tests compare their layout with the C headers.

use std::{
    ffi::{c_char, c_uint},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
};

use convene_ice::Credentials;
use glib::{ffi as glib_sys, prelude::*, subclass::prelude::*, translate::*};
use gst_webrtc::{WebRTCICE, WebRTCICEStream, WebRTCICETransport, ffi as sys};

use super::{
    agent::{self, Pair},
    lane,
};

// SAFETY: the class structure is the parent's own; the function pointers that are put into it live as long as the
// program, and each takes an instance of the class it was put into, which is what GObject calls it with.
unsafe impl IsSubclassable<agent::IceAgent> for WebRTCICE {
    fn class_init(class: &mut glib::Class<Self>) {
        Self::parent_class_init::<agent::IceAgent>(class);
        let class = class.as_mut();
        class.add_stream = Some(add_stream);
        class.find_transport = Some(find_transport);
        class.gather_candidates = Some(gather_candidates);
        class.add_candidate = Some(add_candidate);
        class.set_local_credentials = Some(set_local_credentials);
        class.set_remote_credentials = Some(set_remote_credentials);
        class.set_on_ice_candidate = Some(set_on_ice_candidate);
        class.get_selected_pair = Some(get_selected_pair);
        class.get_local_candidates = Some(get_no_candidates);
        class.get_remote_candidates = Some(get_no_candidates);
        class.set_is_controller = Some(set_is_controller);
        class.get_is_controller = Some(get_is_controller);
        class.set_force_relay = Some(set_is_controller);
        class.add_turn_server = Some(add_turn_server);
        class.set_stun_server = Some(set_text);
        class.set_turn_server = Some(set_text);
        class.set_http_proxy = Some(set_text);
        class.get_stun_server = Some(get_text);
        class.get_turn_server = Some(get_text);
        class.get_http_proxy = Some(get_text);
        class.set_tos = Some(set_tos);
    }
}

// SAFETY: nothing is put into the class.
unsafe impl IsSubclassable<agent::IceStream> for WebRTCICEStream {
    fn class_init(class: &mut glib::Class<Self>) {
        Self::parent_class_init::<agent::IceStream>(class);
    }
}

// SAFETY: nothing is put into the class.
unsafe impl IsSubclassable<agent::IceTransport> for WebRTCICETransport {
    fn class_init(class: &mut glib::Class<Self>) {
        Self::parent_class_init::<agent::IceTransport>(class);
    }
}

/// Tells the parent's structure what the transport is made of, before anybody else has the transport. The elements are
/// borrowed: the transport has to keep them for as long as it lives.
pub(super) fn equip(transport: &super::IceTransport, src: &gst::Element, sink: &gst::Element) {
    let transport = transport.upcast_ref::<WebRTCICETransport>().as_ptr();
    // SAFETY: the pointer is to a live instance that no other thread has yet, and the fields are plain data.
    unsafe {
        (*transport).role = sys::GST_WEBRTC_ICE_ROLE_CONTROLLED;
        (*transport).component = sys::GST_WEBRTC_ICE_COMPONENT_RTP;
        (*transport).src = src.as_ptr();
        (*transport).sink = sink.as_ptr();
    }
}

/// Tells the parent's structure which session a stream is of, before anybody else has the stream.
pub(super) fn number(stream: &super::IceStream, session: u32) {
    let stream = stream.upcast_ref::<WebRTCICEStream>().as_ptr();
    // SAFETY: as in `equip`.
    unsafe { (*stream).stream_id = session };
}

/// No panic crosses into C; what it would have returned is `otherwise`.
fn guarded<T>(otherwise: T, work: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        gst::error!(lane::CAT, "the ICE agent panicked");
        otherwise
    })
}

/// # Safety
/// `ice` is a live instance of our class.
unsafe fn agent_of<'a>(ice: *mut sys::GstWebRTCICE) -> &'a agent::IceAgent {
    // SAFETY: as the caller promises; the instance structure of a subclass begins with its parent's.
    unsafe { &*ice.cast::<<agent::IceAgent as ObjectSubclass>::Instance>() }.imp()
}

/// # Safety
/// `stream` is null or a live stream.
unsafe fn session_of(stream: *mut sys::GstWebRTCICEStream) -> Option<u32> {
    // SAFETY: as the caller promises.
    unsafe { stream.as_ref() }.map(|stream| stream.stream_id)
}

/// # Safety
/// `text` is null or a C string.
unsafe fn text_of(text: *const c_char) -> Option<String> {
    // SAFETY: as the caller promises.
    unsafe { Option::<glib::GString>::from_glib_none(text) }.map(Into::into)
}

/// A session with credentials for it; `None` when something is missing.
///
/// # Safety
/// Those of [`session_of`] and [`text_of`].
unsafe fn credentials_of(
    stream: *mut sys::GstWebRTCICEStream,
    ufrag: *const c_char,
    password: *const c_char,
) -> Option<(u32, Credentials)> {
    // SAFETY: as the caller promises.
    unsafe {
        let credentials = Credentials {
            ufrag: text_of(ufrag)?,
            password: text_of(password)?,
        };
        Some((session_of(stream)?, credentials))
    }
}

// The functions below are called by GstWebRTCICE's own, with an instance of our class, live streams of its, and C
// strings. That is each one's SAFETY.

unsafe extern "C" fn add_stream(
    ice: *mut sys::GstWebRTCICE,
    session: c_uint,
) -> *mut sys::GstWebRTCICEStream {
    guarded(ptr::null_mut(), || {
        // The agent keeps the stream; webrtcbin borrows it.
        let stream = unsafe { agent_of(ice) }.add_stream(session);
        stream.upcast_ref::<WebRTCICEStream>().as_ptr()
    })
}

unsafe extern "C" fn find_transport(
    ice: *mut sys::GstWebRTCICE,
    stream: *mut sys::GstWebRTCICEStream,
    _component: sys::GstWebRTCICEComponent,
) -> *mut sys::GstWebRTCICETransport {
    guarded(ptr::null_mut(), || {
        let session = unsafe { session_of(stream) };
        let transport = session.and_then(|session| unsafe { agent_of(ice) }.transport(session));
        transport.map_or(ptr::null_mut(), |transport| {
            transport.upcast::<WebRTCICETransport>().into_glib_ptr()
        })
    })
}

unsafe extern "C" fn gather_candidates(
    ice: *mut sys::GstWebRTCICE,
    stream: *mut sys::GstWebRTCICEStream,
) -> glib_sys::gboolean {
    guarded(glib_sys::GFALSE, || {
        let session = unsafe { session_of(stream) };
        session
            .is_some_and(|session| unsafe { agent_of(ice) }.gather(session))
            .into_glib()
    })
}

/// 1.24 has a fourth argument, which must not be looked at before.
unsafe extern "C" fn add_candidate(
    _: *mut sys::GstWebRTCICE,
    _: *mut sys::GstWebRTCICEStream,
    _: *const c_char,
    _: *mut gst::ffi::GstPromise,
) {
    // A lite agent sends no checks, so it has no use for the peer's candidates.
}

unsafe extern "C" fn set_local_credentials(
    ice: *mut sys::GstWebRTCICE,
    stream: *mut sys::GstWebRTCICEStream,
    ufrag: *const c_char,
    password: *const c_char,
) -> glib_sys::gboolean {
    guarded(glib_sys::GFALSE, || unsafe {
        credentials_of(stream, ufrag, password)
            .is_some_and(|(session, local)| agent_of(ice).set_local_credentials(session, local))
            .into_glib()
    })
}

unsafe extern "C" fn set_remote_credentials(
    ice: *mut sys::GstWebRTCICE,
    stream: *mut sys::GstWebRTCICEStream,
    ufrag: *const c_char,
    password: *const c_char,
) -> glib_sys::gboolean {
    guarded(glib_sys::GFALSE, || unsafe {
        credentials_of(stream, ufrag, password)
            .is_some_and(|(session, remote)| agent_of(ice).set_remote_credentials(session, remote))
            .into_glib()
    })
}

/// Nobody is called, since candidates stand in the description; so the data can go at once.
unsafe extern "C" fn set_on_ice_candidate(
    _ice: *mut sys::GstWebRTCICE,
    _function: sys::GstWebRTCICEOnCandidateFunc,
    user_data: glib_sys::gpointer,
    notify: glib_sys::GDestroyNotify,
) {
    if let Some(notify) = notify {
        // SAFETY: whoever gave the data gave this function to be called with it once.
        unsafe { notify(user_data) };
    }
}

unsafe extern "C" fn get_selected_pair(
    ice: *mut sys::GstWebRTCICE,
    stream: *mut sys::GstWebRTCICEStream,
    local: *mut *mut sys::GstWebRTCICECandidateStats,
    remote: *mut *mut sys::GstWebRTCICECandidateStats,
) -> glib_sys::gboolean {
    guarded(glib_sys::GFALSE, || unsafe {
        let session = session_of(stream);
        let Some(pair) = session.and_then(|session| agent_of(ice).selected_pair(session)) else {
            return glib_sys::GFALSE;
        };
        *local = candidate_stats(&pair, pair.local, c"host");
        *remote = candidate_stats(&pair, pair.remote, c"prflx");
        glib_sys::GTRUE
    })
}

/// Freed by `gst_webrtc_ice_candidate_stats_free`, which frees the address and the structure.
unsafe fn candidate_stats(
    pair: &Pair,
    address: std::net::SocketAddr,
    kind: &'static std::ffi::CStr,
) -> *mut sys::GstWebRTCICECandidateStats {
    let protocol = if pair.is_tcp { c"TCP" } else { c"UDP" };
    // SAFETY: all zero is a valid value of the structure, which is plain data.
    unsafe {
        let stats = glib_sys::g_malloc0(size_of::<sys::GstWebRTCICECandidateStats>())
            .cast::<sys::GstWebRTCICECandidateStats>();
        (*stats).ipaddr = address.ip().to_string().to_glib_full();
        (*stats).port = c_uint::from(address.port());
        (*stats).stream_id = pair.session;
        (*stats).type_ = kind.as_ptr();
        (*stats).proto = protocol.as_ptr();
        stats
    }
}

/// webrtcbin never asks, and an empty list is a true answer of an agent that keeps none.
unsafe extern "C" fn get_no_candidates(
    _: *mut sys::GstWebRTCICE,
    _: *mut sys::GstWebRTCICEStream,
) -> *mut *mut sys::GstWebRTCICECandidateStats {
    // SAFETY: one null pointer, which ends the list.
    unsafe { glib_sys::g_malloc0(size_of::<*mut ()>()).cast() }
}

/// A lite agent is the controlled one, whatever it is told (RFC 8445 section 6.1.1).
unsafe extern "C" fn set_is_controller(_: *mut sys::GstWebRTCICE, _: glib_sys::gboolean) {}

unsafe extern "C" fn get_is_controller(_: *mut sys::GstWebRTCICE) -> glib_sys::gboolean {
    glib_sys::GFALSE
}

/// There is no use for servers of others: this is one.
unsafe extern "C" fn add_turn_server(
    _: *mut sys::GstWebRTCICE,
    _: *const c_char,
) -> glib_sys::gboolean {
    glib_sys::GFALSE
}

unsafe extern "C" fn set_text(_: *mut sys::GstWebRTCICE, _: *const c_char) {}

unsafe extern "C" fn get_text(_: *mut sys::GstWebRTCICE) -> *mut c_char {
    ptr::null_mut()
}

unsafe extern "C" fn set_tos(
    _: *mut sys::GstWebRTCICE,
    _: *mut sys::GstWebRTCICEStream,
    _: c_uint,
) {
}
