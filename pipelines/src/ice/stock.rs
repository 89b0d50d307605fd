//! The transport under a leg, behind one small trait, so that another ICE agent can take its place.

use std::{
    net::{IpAddr, Ipv6Addr},
    ops::RangeInclusive,
};

use gst::prelude::*;
use thiserror::Error;

use crate::sdp::Candidate;

/// Why the transport of a leg cannot be set up.
#[derive(Debug, Error)]
pub enum IceError {
    /// webrtcbin's agent is not the one we know.
    #[error(
        "webrtcbin has no ICE agent with a property `{0}`: gstreamer1.0-nice is missing or too new"
    )]
    UnknownAgent(&'static str),
}

/// Tells a leg that the pair of addresses in use is another; it asks webrtcbin's statistics which.
pub type PairChanged = Box<dyn Fn() + Send + Sync>;

/// What carries a leg's packets.
pub trait IceTransport: Send + Sync {
    /// Sets up the agent of a new `webrtcbin`, before it is negotiated; from then on the agent calls `pair_changed`
    /// whenever packets go and come between other addresses than before. That call never blocks.
    ///
    /// # Errors
    /// [`IceError`] when the agent is not one that this transport knows.
    fn attach(&self, webrtcbin: &gst::Element, pair_changed: PairChanged) -> Result<(), IceError>;

    /// What to tell the browser of one of our candidates; `None` when it must not know it.
    fn announce(&self, candidate: &str) -> Option<String>;
}

/// webrtcbin's own agent (libnice): a port of each leg's own.
#[derive(Clone, Debug)]
pub struct StockIce {
    /// The UDP ports that legs may take.
    pub ports: RangeInclusive<u16>,
    /// The address that stands before this host's own where a NAT maps it one to one.
    pub external_address: Option<IpAddr>,
}

impl IceTransport for StockIce {
    fn attach(&self, webrtcbin: &gst::Element, pair_changed: PairChanged) -> Result<(), IceError> {
        let ice = webrtcbin.property::<gst::Object>("ice-agent");
        for property in ["agent", "min-rtp-port", "max-rtp-port"] {
            ice.find_property(property)
                .ok_or(IceError::UnknownAgent(property))?;
        }
        ice.set_property("min-rtp-port", u32::from(*self.ports.start()));
        ice.set_property("max-rtp-port", u32::from(*self.ports.end()));
        let agent = ice.property::<glib::Object>("agent");
        for property in ["upnp", "ice-tcp"] {
            agent
                .find_property(property)
                .ok_or(IceError::UnknownAgent(property))?;
            agent.set_property(property, false);
        }
        agent.connect("new-selected-pair-full", false, move |_| {
            pair_changed();
            None
        });
        Ok(())
    }

    fn announce(&self, candidate: &str) -> Option<String> {
        let parsed = Candidate::parse(candidate)
            .ok()
            .filter(|own| !is_link_local(&own.address))?;
        match self.external_address {
            Some(external) if parsed.is_host() && same_family(&parsed.address, external) => {
                Some(parsed.with_address(&external.to_string()))
            }
            _ => Some(candidate.to_owned()),
        }
    }
}

/// Of no use without the name of the device, which candidates cannot carry.
fn is_link_local(address: &str) -> bool {
    address
        .parse::<Ipv6Addr>()
        .is_ok_and(|address| address.is_unicast_link_local())
}

fn same_family(address: &str, external: IpAddr) -> bool {
    address
        .parse::<IpAddr>()
        .is_ok_and(|address| address.is_ipv4() == external.is_ipv4())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_a_nat_the_external_address_is_announced() {
        let ice = StockIce {
            ports: 50_000..=50_999,
            external_address: Some([203, 0, 113, 7].into()),
        };
        let inside = "candidate:1 1 UDP 2015363327 10.0.0.2 50003 typ host";
        assert_eq!(
            ice.announce(inside).as_deref(),
            Some("candidate:1 1 UDP 2015363327 203.0.113.7 50003 typ host")
        );
        let v6 = "candidate:1 1 UDP 2015363327 2001:db8::1 50003 typ host";
        assert_eq!(ice.announce(v6).as_deref(), Some(v6));
        let local = "candidate:1 1 UDP 2015363327 fe80::1 50003 typ host";
        assert_eq!(ice.announce(local), None);
        assert_eq!(ice.announce("nonsense"), None);
    }
}
