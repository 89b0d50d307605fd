//! From a scene to addresses, ports and ways: all that can be known before anything is built.
//!
//! Every host behind a NAT has ports of its own, as its own ephemeral ports and on every NAT on its way. So a public
//! address and port tell which host it is, two sockets never meet on one port of a NAT, and a cut between two hosts can
//! be said in a packet filter.

use std::{collections::BTreeMap, net::Ipv4Addr};

use crate::{
    address::{End, PortRange, Subnet},
    behaviour::Behaviour,
    error::SceneError,
    scene::{Nat, PUBLIC, Scene},
};

const MEMBERS: u8 = 250;
const HOSTS_BEHIND_NATS: u16 = 64;

/// Who has which address on which segment.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All of hosts, then those of routers to the segment before them.
    links: Vec<Link>,
    routers: BTreeMap<String, Router>,
    subnets: BTreeMap<String, Subnet>,
    ports: BTreeMap<String, PortRange>,
}

/// A cable from a host or router to a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whose.
    pub node: String,
    /// Where to.
    pub segment: String,
    /// Its end at the node: `eth0` and so on, or `wan` of a router.
    pub device: String,
    /// The node's address on it.
    pub address: Ipv4Addr,
}

/// What stands between a segment, which has its name, and the segment before it.
#[derive(Clone, Debug)]
pub enum Router {
    /// It translates.
    Nat(Nat),
    /// It only watches who was asked.
    Firewall {
        /// The segment before it.
        before: String,
    },
}

impl Plan {
    /// Gives everyone an address.
    ///
    /// # Errors
    /// [`SceneError`] when the scene speaks of what is not there, or there are too many.
    pub fn new(scene: &Scene) -> Result<Self, SceneError> {
        let mut plan = Self {
            links: Vec::new(),
            routers: routers(scene),
            subnets: BTreeMap::new(),
            ports: BTreeMap::new(),
        };
        plan.check_ways()?;
        plan.subnets = plan.number_segments()?;
        plan.links = plan.lay_links(scene)?;
        plan.ports = plan.deal_ports()?;
        Ok(plan)
    }

    /// All links, those of hosts first.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// All routers, by the name that the segment behind them has too.
    #[must_use]
    pub fn routers(&self) -> &BTreeMap<String, Router> {
        &self.routers
    }

    /// The names of all segments.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        std::iter::once(PUBLIC).chain(self.routers.keys().map(String::as_str))
    }

    /// A node's links, the one of its default route first.
    pub fn links_of(&self, node: &str) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| link.node == node)
    }

    /// Links to a segment.
    pub fn links_to(&self, segment: &str) -> impl Iterator<Item = &Link> {
        self.links
            .iter()
            .filter(move |link| link.segment == segment)
    }

    /// The link with this name: `node`, or `node@segment`.
    ///
    /// # Errors
    /// [`SceneError::Unknown`], or [`SceneError::WhichLink`] if the node alone does not say it.
    pub fn link(&self, name: &str) -> Result<&Link, SceneError> {
        let (node, segment) = name
            .split_once('@')
            .map_or((name, None), |(n, s)| (n, Some(s)));
        let fits = |link: &&Link| segment.is_none_or(|segment| link.segment == segment);
        let mut links = self.links_of(node).filter(fits);
        match (links.next(), links.next()) {
            (Some(link), None) => Ok(link),
            (Some(_), Some(_)) => Err(SceneError::WhichLink(node.to_owned())),
            (None, _) => Err(SceneError::unknown("link", name)),
        }
    }

    /// The ports of a host that is behind a NAT.
    #[must_use]
    pub fn ports_of(&self, host: &str) -> Option<PortRange> {
        self.ports.get(host).copied()
    }

    /// The segment and all before it, up to the public one.
    #[must_use]
    pub fn way_out<'a>(&'a self, segment: &'a str) -> Vec<&'a str> {
        let before = |segment: &&'a str| self.routers.get(*segment).map(Router::before);
        std::iter::successors(Some(segment), before).collect()
    }

    /// How a link of a host or router is seen on a segment of its way out.
    ///
    /// # Errors
    /// [`SceneError::Unknown`] when the segment is not on its way out.
    pub fn seen(&self, link: &Link, on: &str) -> Result<End, SceneError> {
        let way = self.way_out(&link.segment);
        let until = way.iter().position(|segment| *segment == on);
        let crossed = until
            .map(|until| &way[..until])
            .ok_or_else(|| SceneError::unknown("segment", on))?;
        let is_nat = |segment: &&&str| matches!(self.routers.get(**segment), Some(Router::Nat(_)));
        let Some(nat) = crossed.iter().rfind(is_nat) else {
            return Ok(End {
                address: link.address,
                ports: None,
            });
        };
        let address = self.outside(nat)?.address;
        Ok(End {
            address,
            ports: self.ports_of(&link.node),
        })
    }

    /// What stands between a link and the public segment.
    #[must_use]
    pub fn behaviour(&self, link: &Link) -> Behaviour {
        let routers = self.way_out(&link.segment).into_iter();
        let crossed = routers.filter_map(|segment| self.routers.get(segment));
        crossed
            .map(Router::behaviour)
            .fold(Behaviour::OPEN, Behaviour::and)
    }

    /// The links of hosts for which the router stands on the way out.
    pub fn links_behind(&self, router: &str) -> impl Iterator<Item = &Link> {
        let is_host = |link: &&Link| !self.routers.contains_key(&link.node);
        let behind = move |link: &&Link| self.way_out(&link.segment).contains(&router);
        self.links.iter().filter(is_host).filter(behind)
    }

    /// A router's link to the segment before it.
    ///
    /// # Errors
    /// [`SceneError::Unknown`] when it is no router.
    pub fn outside(&self, router: &str) -> Result<&Link, SceneError> {
        if !self.routers.contains_key(router) {
            return Err(SceneError::unknown("NAT or firewall", router));
        }
        self.link(router)
    }

    /// The nearest segment with addresses of its own: behind a firewall they are those before it.
    #[must_use]
    pub fn numbered<'a>(&'a self, segment: &'a str) -> &'a str {
        let own =
            |segment: &&str| !matches!(self.routers.get(*segment), Some(Router::Firewall { .. }));
        self.way_out(segment)
            .into_iter()
            .find(own)
            .unwrap_or(PUBLIC)
    }

    /// Where a segment's default route leads: to its NAT, or to nobody.
    #[must_use]
    pub fn gateway(&self, segment: &str) -> Ipv4Addr {
        let numbered = self.numbered(segment);
        let last = if numbered == PUBLIC { 254 } else { 1 };
        self.subnets
            .get(numbered)
            .copied()
            .unwrap_or(Subnet::PUBLIC)
            .host(last)
    }

    fn check_ways(&self) -> Result<(), SceneError> {
        for router in self.routers.keys() {
            let before = |segment: &&str| self.routers.get(*segment).map(Router::before);
            let way = std::iter::successors(Some(router.as_str()), before);
            let last = way.take(self.routers.len() + 1).last().unwrap_or(PUBLIC);
            if self.routers.contains_key(last) {
                return Err(SceneError::Circle(router.clone()));
            }
            self.check_segment(last)?;
        }
        Ok(())
    }

    fn check_segment(&self, name: &str) -> Result<(), SceneError> {
        let known = name == PUBLIC || self.routers.contains_key(name);
        known
            .then_some(())
            .ok_or_else(|| SceneError::unknown("segment", name))
    }

    /// As at home, 192.168.N.0/24; as at a provider's (RFC 6598) where other NATs are behind it.
    fn number_segments(&self) -> Result<BTreeMap<String, Subnet>, SceneError> {
        let mut subnets = BTreeMap::from([(PUBLIC.to_owned(), Subnet::PUBLIC)]);
        for ((name, nat), n) in nats(&self.routers).zip(1..=u8::MAX) {
            let carries = nats(&self.routers).any(|(_, other)| other.behind == *name);
            let usual = if carries {
                Subnet::new([100, 64, n])
            } else {
                Subnet::new([192, 168, n])
            };
            let subnet = nat.subnet.as_deref().map_or(Ok(usual), Subnet::parse)?;
            subnets.insert(name.clone(), subnet);
        }
        Ok(subnets)
    }

    fn lay_links(&self, scene: &Scene) -> Result<Vec<Link>, SceneError> {
        let mut members = BTreeMap::new();
        let mut links = Vec::new();
        for (node, segment, device) in self.ends(scene)? {
            self.check_segment(&segment)?;
            let numbered = self.numbered(&segment).to_owned();
            let first = u8::from(numbered != PUBLIC);
            let number: &mut u8 = members.entry(numbered.clone()).or_insert(first);
            *number += 1;
            if *number > MEMBERS {
                return Err(SceneError::Full(node));
            }
            let address = self.subnets[&numbered].host(*number);
            links.push(Link {
                node,
                segment,
                device,
                address,
            });
        }
        Ok(links)
    }

    /// Node, segment and device of every link.
    fn ends(&self, scene: &Scene) -> Result<Vec<(String, String, String)>, SceneError> {
        let mut ends = Vec::new();
        for (host, segments) in &scene.hosts {
            if segments.all().is_empty() {
                return Err(SceneError::Nowhere(host.clone()));
            }
            let numbered = segments.all().iter().enumerate();
            ends.extend(numbered.map(|(i, s)| (host.clone(), s.clone(), format!("eth{i}"))));
        }
        let routers = self.routers.iter();
        ends.extend(
            routers.map(|(name, r)| (name.clone(), r.before().to_owned(), "wan".to_owned())),
        );
        Ok(ends)
    }

    fn deal_ports(&self) -> Result<BTreeMap<String, PortRange>, SceneError> {
        let translated = self
            .links
            .iter()
            .filter(|link| self.behaviour(link).translated);
        let hosts = translated.filter(|link| !self.routers.contains_key(&link.node));
        let mut ports = BTreeMap::new();
        for host in hosts.map(|link| &link.node) {
            let number = ports.len() as u16;
            if number == HOSTS_BEHIND_NATS {
                return Err(SceneError::Full(host.clone()));
            }
            ports
                .entry(host.clone())
                .or_insert_with(|| PortRange::number(number));
        }
        Ok(ports)
    }
}

impl Router {
    /// The segment before it.
    #[must_use]
    pub fn before(&self) -> &str {
        match self {
            Self::Nat(nat) => &nat.behind,
            Self::Firewall { before } => before,
        }
    }

    fn behaviour(&self) -> Behaviour {
        match self {
            Self::Nat(nat) => Behaviour::nat(nat.mapping, nat.filtering),
            Self::Firewall { .. } => Behaviour::FIREWALL,
        }
    }

    pub(crate) fn nat_mut(&mut self) -> Option<&mut Nat> {
        match self {
            Self::Nat(nat) => Some(nat),
            Self::Firewall { .. } => None,
        }
    }
}

impl Plan {
    /// The NAT with this name, to be changed.
    pub(crate) fn nat_mut(&mut self, name: &str) -> Result<&mut Nat, SceneError> {
        let nat = self.routers.get_mut(name).and_then(Router::nat_mut);
        nat.ok_or_else(|| SceneError::unknown("NAT", name))
    }
}

impl Link {
    /// Its other end, a port of the segment's switch.
    #[must_use]
    pub fn port(&self) -> String {
        format!("p-{}", self.node)
    }

    /// `node@segment`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}@{}", self.node, self.segment)
    }
}

fn routers(scene: &Scene) -> BTreeMap<String, Router> {
    let nats = scene
        .nats
        .iter()
        .map(|(name, nat)| (name.clone(), Router::Nat(nat.clone())));
    let firewalls = scene.firewalls.iter();
    let firewalls = firewalls.map(|(name, before)| {
        (
            name.clone(),
            Router::Firewall {
                before: before.clone(),
            },
        )
    });
    nats.chain(firewalls).collect()
}

fn nats(routers: &BTreeMap<String, Router>) -> impl Iterator<Item = (&String, &Nat)> {
    routers.iter().filter_map(|(name, router)| match router {
        Router::Nat(nat) => Some((name, nat)),
        Router::Firewall { .. } => None,
    })
}

#[cfg(test)]
mod tests;
