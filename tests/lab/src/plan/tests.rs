use crate::behaviour::Dependence::{AddressAndPortDependent, EndpointIndependent};

use super::*;

const CITY: &str = r#"
    [nats.carrier]
    mapping = "address-and-port-dependent"
    filtering = "endpoint-independent"
    [nats.home]
    behind = "carrier"
    mapping = "endpoint-independent"
    filtering = "address-and-port-dependent"
    [nats.twin]
    mapping = "endpoint-independent"
    filtering = "endpoint-independent"
    subnet = "192.168.2.0/24"
    [firewalls]
    office = "public"
    [hosts]
    ann = "home"
    bob = "home"
    cid = "office"
    dan = "twin"
    server = ["public", "home"]
"#;

fn city() -> Plan {
    Plan::new(&Scene::parse(CITY).unwrap()).unwrap()
}

fn refused(text: &str) -> SceneError {
    Plan::new(&Scene::parse(text).unwrap()).unwrap_err()
}

#[test]
fn everyone_has_an_address() {
    let plan = city();
    let address = |link| plan.link(link).unwrap().address.to_string();
    assert_eq!(address("ann"), "192.168.2.2");
    assert_eq!(
        address("dan"),
        "192.168.2.2",
        "two homes may use one subnet"
    );
    assert_eq!(address("server@public"), "203.0.113.2");
    assert_eq!(address("server@home"), "192.168.2.4");
    assert_eq!(
        address("cid"),
        "203.0.113.1",
        "behind a firewall addresses are public"
    );
    assert_eq!(address("home"), "100.64.1.2", "RFC 6598");
    assert_eq!(plan.gateway("home").to_string(), "192.168.2.1");
    assert_eq!(plan.gateway("office"), plan.gateway(PUBLIC));
    assert_eq!(
        plan.link("server"),
        Err(SceneError::WhichLink("server".to_owned()))
    );
    assert_eq!(plan.link("eve"), Err(SceneError::unknown("link", "eve")));
}

#[test]
fn everyone_is_seen_from_outside() {
    let plan = city();
    let carrier = plan.link("carrier").unwrap().address;
    let seen = |link, on| plan.seen(plan.link(link).unwrap(), on).unwrap();
    let ann = seen("ann", PUBLIC);
    assert_eq!(ann.address, carrier);
    assert_eq!(ann.ports, plan.ports_of("ann"));
    assert_ne!(ann.ports, seen("bob", PUBLIC).ports);
    assert_eq!(
        seen("ann", "carrier").address,
        plan.link("home").unwrap().address
    );
    assert_eq!(
        seen("ann", "home"),
        End {
            address: plan.link("ann").unwrap().address,
            ports: None
        }
    );
    assert_eq!(
        seen("cid", PUBLIC),
        End {
            address: plan.link("cid").unwrap().address,
            ports: None
        }
    );
    let ann = plan.link("ann").unwrap();
    assert_eq!(
        plan.seen(ann, "office"),
        Err(SceneError::unknown("segment", "office"))
    );
}

#[test]
fn what_is_on_the_way_adds_up() {
    let plan = city();
    let behaviour = |link| plan.behaviour(plan.link(link).unwrap());
    let strictest = Behaviour::nat(AddressAndPortDependent, AddressAndPortDependent);
    assert_eq!(behaviour("ann"), strictest);
    assert_eq!(
        behaviour("dan"),
        Behaviour::nat(EndpointIndependent, EndpointIndependent)
    );
    assert_eq!(behaviour("cid"), Behaviour::FIREWALL);
    assert_eq!(behaviour("server@public"), Behaviour::OPEN);
    let behind: Vec<_> = plan.links_behind("carrier").map(Link::name).collect();
    assert_eq!(behind, ["ann@home", "bob@home", "server@home"]);
}

#[test]
fn what_cannot_be_is_refused() {
    let circle = "[firewalls]\na = \"b\"\nb = \"a\"\n[hosts]";
    assert_eq!(refused(circle), SceneError::Circle("a".to_owned()));
    let nowhere = "[hosts]\nann = \"home\"";
    assert_eq!(refused(nowhere), SceneError::unknown("segment", "home"));
    assert_eq!(
        refused("[hosts]\nann = []"),
        SceneError::Nowhere("ann".to_owned())
    );
    let behind = "[firewalls]\na = \"nothing\"\n[hosts]";
    assert_eq!(refused(behind), SceneError::unknown("segment", "nothing"));
    let subnet = CITY.replace("192.168.2.0/24", "192.168.2.1/24");
    assert_eq!(
        refused(&subnet),
        SceneError::Subnet("192.168.2.1/24".to_owned())
    );
}

#[test]
fn the_example_of_the_readme_is_a_scene() {
    let readme = include_str!("../../README.md");
    let example = readme
        .split("```")
        .find_map(|part| part.strip_prefix("toml\n"))
        .unwrap();
    let scene = Scene::parse(example).unwrap();
    let plan = Plan::new(&scene).unwrap();
    assert!(scene.links.keys().all(|link| plan.link(link).is_ok()));
}
