//! From a plan to what each namespace is told: settings of its kernel, then commands of iproute2.
//!
//! A segment is a switch in a namespace of its own, a host or router is a namespace with a cable to each of its
//! segments. Devices are never called `veth…`, which libnice would ignore.

use std::net::Ipv4Addr;

use crate::{
    address::PortRange,
    plan::{Link, Plan, Router},
    rules::cuts::NOBODY,
    scene::PUBLIC,
};

/// The switch of a segment.
pub(crate) const SWITCH: &str = "switch";

/// What a namespace is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A host, NAT or firewall.
    Node(String),
    /// A switch.
    Segment(String),
}

/// A file below /proc/sys and what is written there.
pub(crate) type Setting = (String, String);

/// What is done in one namespace.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) place: Place,
    pub(crate) settings: Vec<Setting>,
    /// For `ip -batch`.
    pub(crate) commands: Vec<String>,
}

/// All namespaces.
pub(crate) fn places(plan: &Plan) -> Vec<Place> {
    let mut nodes: Vec<_> = plan.links().iter().map(|link| link.node.clone()).collect();
    nodes.dedup();
    let segments = plan
        .segments()
        .map(|segment| Place::Segment(segment.to_owned()));
    segments.chain(nodes.into_iter().map(Place::Node)).collect()
}

/// All that is to be done, in this order. `path` gives a file that stands for a namespace.
pub(crate) fn steps(plan: &Plan, path: &dyn Fn(&Place) -> String) -> Vec<Step> {
    let places = places(plan);
    let with = |place: &Place, settings, commands| Step {
        place: place.clone(),
        settings,
        commands,
    };
    let switches = places.iter().filter_map(|place| match place {
        Place::Segment(_) => Some(with(place, switch_settings(), switch())),
        Place::Node(_) => None,
    });
    let nodes = places.iter().filter_map(|place| match place {
        Place::Node(name) => Some(with(
            place,
            node_settings(plan, name),
            node(plan, name, path),
        )),
        Place::Segment(_) => None,
    });
    let sockets = places.iter().filter_map(|place| match place {
        Place::Segment(name) => Some(with(place, Vec::new(), sockets(plan, name))),
        Place::Node(_) => None,
    });
    let devices = places.iter().filter_map(|place| match place {
        Place::Node(name) => Some(with(place, device_settings(plan, name), Vec::new())),
        Place::Segment(_) => None,
    });
    switches
        .chain(nodes)
        .chain(sockets)
        .chain(devices)
        .collect()
}

/// What passes a bridge must not be taken for the host's own by packet filters.
fn switch_settings() -> Vec<Setting> {
    vec![quiet(), setting("net/bridge/bridge-nf-call-iptables", 0)]
}

/// Devices without IPv6 say nothing by themselves, so a line's packets are those that somebody sent. (And no browser
/// drops what it has begun to load because a link-local address is ready a second later.)
fn quiet() -> Setting {
    setting("net/ipv6/conf/default/disable_ipv6", 1)
}

fn setting(file: impl Into<String>, value: impl ToString) -> Setting {
    (file.into(), value.to_string())
}

fn switch() -> Vec<String> {
    vec![
        format!("link add {SWITCH} type bridge mcast_snooping 0"),
        format!("link set {SWITCH} up"),
    ]
}

/// The filter by reverse path would drop what comes over a host's second link.
fn node_settings(plan: &Plan, name: &str) -> Vec<Setting> {
    let reverse_path = |which| setting(format!("net/ipv4/conf/{which}/rp_filter"), 0);
    let mut settings = vec![quiet(), reverse_path("all"), reverse_path("default")];
    if plan.routers().contains_key(name) {
        settings.push(setting("net/ipv4/ip_forward", 1));
    }
    if let Some(PortRange { first, last }) = plan.ports_of(name) {
        settings.push(setting(
            "net/ipv4/ip_local_port_range",
            format!("{first} {last}"),
        ));
    }
    settings
}

fn node(plan: &Plan, name: &str, path: &dyn Fn(&Place) -> String) -> Vec<String> {
    let mut commands = vec!["link set lo up".to_owned()];
    for (number, link) in plan.links_of(name).enumerate() {
        let segment = path(&Place::Segment(link.segment.clone()));
        commands.push(cable(&link.device, &link.port(), &segment));
        commands.extend(address(plan, link));
        commands.extend(way_out(plan, link, number));
    }
    if let Some(router) = plan.routers().get(name) {
        let segment = path(&Place::Segment(name.to_owned()));
        commands.push(cable("lan", "gateway", &segment));
        commands.extend(behind(plan, name, router));
    }
    commands
}

fn cable(device: &str, port: &str, segment: &str) -> String {
    format!("link add {device} type veth peer name {port} netns {segment}")
}

fn address(plan: &Plan, link: &Link) -> Vec<String> {
    let Link {
        device, address, ..
    } = link;
    let mut commands = vec![
        format!("link set {device} up"),
        format!("address add {address}/24 dev {device}"),
    ];
    if plan.numbered(&link.segment) == PUBLIC {
        let nobody = plan.gateway(&link.segment);
        commands.push(format!(
            "neigh add {nobody} lladdr {NOBODY} dev {device} nud permanent"
        ));
    }
    commands
}

/// Browsers look for the interface of the default route. Of several ways the first is the default, and what is sent
/// from another's address goes there.
fn way_out(plan: &Plan, link: &Link, number: usize) -> Vec<String> {
    let Link {
        device, address, ..
    } = link;
    let gateway = plan.gateway(&link.segment);
    if number == 0 {
        return vec![format!("route add default via {gateway} dev {device}")];
    }
    let table = 100 + number;
    let [a, b, c, _] = address.octets();
    vec![
        format!(
            "route add default via {gateway} dev {device} metric {}",
            1000 + number
        ),
        format!("route add {a}.{b}.{c}.0/24 dev {device} src {address} table {table}"),
        format!("route add default via {gateway} dev {device} table {table}"),
        format!("rule add from {address} table {table}"),
    ]
}

/// A NAT is the gateway of those behind it. A firewall answers to both sides for the other (RFC 1027).
fn behind(plan: &Plan, name: &str, router: &Router) -> Vec<String> {
    let up = "link set lan up".to_owned();
    match router {
        Router::Nat(_) => vec![up, format!("address add {}/24 dev lan", plan.gateway(name))],
        Router::Firewall { .. } => {
            let own = plan
                .links_of(name)
                .map(|link| format!("address add {}/32 dev lan", link.address));
            let routes = untranslated(plan, name)
                .into_iter()
                .map(|address| format!("route add {address}/32 dev lan"));
            std::iter::once(up).chain(own).chain(routes).collect()
        }
    }
}

/// The addresses behind a firewall that are seen before it.
fn untranslated(plan: &Plan, firewall: &str) -> Vec<Ipv4Addr> {
    let numbered = plan.numbered(firewall);
    let behind = plan.links().iter().filter(|link| {
        plan.numbered(&link.segment) == numbered && plan.way_out(&link.segment).contains(&firewall)
    });
    behind.map(|link| link.address).collect()
}

fn sockets(plan: &Plan, segment: &str) -> Vec<String> {
    let ports = plan.links_to(segment).map(Link::port);
    let gateway = plan
        .routers()
        .contains_key(segment)
        .then(|| "gateway".to_owned());
    let plug = |port| format!("link set {port} master {SWITCH} up");
    ports.chain(gateway).map(plug).collect()
}

/// The kernel waits up to 0.8 s before it answers for another, if it is not told otherwise.
fn device_settings(plan: &Plan, name: &str) -> Vec<Setting> {
    let Some(Router::Firewall { .. }) = plan.routers().get(name) else {
        return Vec::new();
    };
    let answers = |device| {
        [
            setting(format!("net/ipv4/neigh/{device}/proxy_delay"), 0),
            setting(format!("net/ipv4/conf/{device}/proxy_arp"), 1),
        ]
    };
    ["wan", "lan"].into_iter().flat_map(answers).collect()
}

#[cfg(test)]
mod tests {
    use crate::scene::Scene;

    use super::*;

    #[test]
    fn every_device_has_a_name_that_fits() {
        let scene = r#"
            [firewalls]
            longestone = "public"
            [hosts]
            longest-ho = ["longestone", "public"]
        "#;
        let plan = Plan::new(&Scene::parse(scene).unwrap()).unwrap();
        let steps = steps(&plan, &|_| "/proc/1/ns/net".to_owned());
        let commands: Vec<_> = steps.iter().flat_map(|step| &step.commands).collect();
        let cables: Vec<Vec<_>> = commands
            .iter()
            .filter(|command| command.contains("type veth"))
            .map(|command| command.split(' ').collect())
            .collect();
        assert_eq!(cables.len(), 4);
        for name in cables.iter().flat_map(|words| [words[2], words[7]]) {
            assert!(name.len() <= 15 && !name.starts_with("veth"), "{name}");
        }
        let route = "route add 203.0.113.1/32 dev lan";
        assert!(
            commands.iter().any(|command| *command == route),
            "{commands:#?}"
        );
    }
}
