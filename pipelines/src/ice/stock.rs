//! webrtcbin's own agent (libnice): for comparison.

use std::{
    net::{IpAddr, Ipv6Addr},
    ops::RangeInclusive,
};

use gst::prelude::*;

use super::{Carried, IceError, IceNews, IceTransport, Tell};
use crate::sdp::Candidate;

/// A port of each leg's own.
#[derive(Clone, Debug)]
pub struct StockIce {
    /// The UDP ports that legs may take.
    pub ports: RangeInclusive<u16>,
    /// The address that stands before this host's own where a NAT maps it one to one.
    pub external_address: Option<IpAddr>,
}

impl IceTransport for StockIce {
    fn webrtcbin(&self, tell: Tell) -> Result<Carried, IceError> {
        let webrtcbin = gst::ElementFactory::make("webrtcbin").build()?;
        self.attach(&webrtcbin, tell)?;
        Ok(Carried {
            webrtcbin,
            agent: None,
        })
    }

    fn describe(&self, description: &str) -> String {
        description.to_owned()
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

impl StockIce {
    fn attach(&self, webrtcbin: &gst::Element, tell: Tell) -> Result<(), IceError> {
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
            tell(IceNews::PairChanged);
            None
        });
        Ok(())
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
