//! What a switch does not pass on. A cut between two hosts is made where the first one's cable meets its switch, and
//! says how the second is seen from there; so nobody is told, as the sender's own packet filter would do.

use std::fmt::Write;

use crate::{
    address::End,
    error::SceneError,
    plan::{Link, Plan},
    rules::replace,
    scene::{Cut, Protocol},
};

/// Where default routes lead if there is nowhere to go. Nobody has it, so switches would flood it into every line.
pub(crate) const NOBODY: &str = "02:00:00:00:00:fe";

/// One rule on one switch.
#[derive(Debug, PartialEq, Eq)]
struct Rule {
    segment: String,
    text: String,
}

/// What the switch of a segment is told.
///
/// # Errors
/// [`SceneError`] when a cut speaks of what is not there.
pub(crate) fn switch(plan: &Plan, segment: &str, cuts: &[Cut]) -> Result<String, SceneError> {
    let mut body = format!(
        "    chain pass {{ type filter hook forward priority 0; policy accept;\n        ether daddr {NOBODY} drop\n"
    );
    for cut in cuts {
        for rule in rules(plan, cut)?
            .iter()
            .filter(|rule| rule.segment == segment)
        {
            let _ = writeln!(body, "        {} drop", rule.text);
        }
    }
    Ok(replace("bridge", &(body + "    }\n")))
}

fn rules(plan: &Plan, cut: &Cut) -> Result<Vec<Rule>, SceneError> {
    let (from, to) = (cut.from.as_deref(), cut.to.as_deref());
    let mut rules = one_way(plan, from, to, cut.proto)?;
    if cut.both {
        rules.extend(one_way(plan, to, from, cut.proto)?);
    }
    Ok(rules)
}

fn one_way(
    plan: &Plan,
    from: Option<&str>,
    to: Option<&str>,
    proto: Protocol,
) -> Result<Vec<Rule>, SceneError> {
    match (from, to) {
        (Some(from), Some(to)) => between(plan, from, to, proto),
        (Some(all), None) => at_cables(plan, all, "iifname", proto),
        (None, Some(all)) => at_cables(plan, all, "oifname", proto),
        (None, None) => Err(SceneError::CutOfNothing),
    }
}

fn at_cables(
    plan: &Plan,
    node: &str,
    direction: &str,
    proto: Protocol,
) -> Result<Vec<Rule>, SceneError> {
    let rule = |link: &Link| Rule {
        segment: link.segment.clone(),
        text: format!("{direction} \"{}\"{}", link.port(), whole(proto)),
    };
    let rules: Vec<_> = plan.links_of(node).map(rule).collect();
    if rules.is_empty() {
        Err(SceneError::unknown("host, NAT or firewall", node))
    } else {
        Ok(rules)
    }
}

fn between(plan: &Plan, from: &str, to: &str, proto: Protocol) -> Result<Vec<Rule>, SceneError> {
    for host in [from, to] {
        let known = plan.links_of(host).next().is_some() && !plan.routers().contains_key(host);
        known
            .then_some(())
            .ok_or_else(|| SceneError::unknown("host", host))?;
    }
    let mut rules = Vec::new();
    for mine in plan.links_of(from) {
        for theirs in plan.links_of(to) {
            let end = plan.seen(theirs, meeting(plan, mine, theirs))?;
            let text = format!("iifname \"{}\" {}", mine.port(), towards(end, proto));
            rules.push(Rule {
                segment: mine.segment.clone(),
                text,
            });
        }
    }
    Ok(rules)
}

/// The nearest segment that is on both links' ways out.
fn meeting<'a>(plan: &'a Plan, mine: &'a Link, theirs: &'a Link) -> &'a str {
    let theirs = plan.way_out(&theirs.segment);
    let mut mine = plan.way_out(&mine.segment).into_iter();
    mine.find(|segment| theirs.contains(segment))
        .unwrap_or(crate::scene::PUBLIC)
}

fn whole(proto: Protocol) -> &'static str {
    match proto {
        Protocol::Any => "",
        Protocol::Udp => " meta l4proto udp",
        Protocol::Tcp => " meta l4proto tcp",
    }
}

fn towards(end: End, proto: Protocol) -> String {
    let address = end.address;
    let Some(ports) = end.ports else {
        return format!("ip daddr {address}{}", whole(proto));
    };
    let protocols = match proto {
        Protocol::Any => "{ tcp, udp }",
        Protocol::Udp => "udp",
        Protocol::Tcp => "tcp",
    };
    format!("ip daddr {address} meta l4proto {protocols} th dport {ports}")
}

#[cfg(test)]
mod tests {
    use crate::scene::Scene;

    use super::*;

    const TOWN: &str = r#"
        [nats.home]
        mapping = "endpoint-independent"
        filtering = "endpoint-independent"
        [hosts]
        ann = "home"
        bob = "home"
        cid = "public"
    "#;

    fn texts(
        from: Option<&str>,
        to: Option<&str>,
        proto: Protocol,
        both: bool,
    ) -> Result<Vec<String>, SceneError> {
        let plan = Plan::new(&Scene::parse(TOWN).unwrap()).unwrap();
        let [from, to] = [from, to].map(|name| name.map(str::to_owned));
        let rules = rules(
            &plan,
            &Cut {
                from,
                to,
                proto,
                both,
            },
        )?;
        Ok(rules
            .into_iter()
            .map(|rule| format!("{}: {}", rule.segment, rule.text))
            .collect())
    }

    #[test]
    fn the_other_is_named_as_he_is_seen() {
        let cut = |from, to| texts(Some(from), Some(to), Protocol::Udp, false).unwrap();
        assert_eq!(
            cut("ann", "bob"),
            ["home: iifname \"p-ann\" ip daddr 192.168.1.3 meta l4proto udp"]
        );
        let out = "home: iifname \"p-ann\" ip daddr 203.0.113.1 meta l4proto udp";
        let back =
            "public: iifname \"p-cid\" ip daddr 203.0.113.2 meta l4proto udp th dport 20480-20991";
        assert_eq!(cut("ann", "cid"), [out]);
        assert_eq!(cut("cid", "ann"), [back]);
        assert_eq!(
            texts(Some("ann"), Some("cid"), Protocol::Udp, true).unwrap(),
            [out, back]
        );
    }

    #[test]
    fn with_one_end_the_cable_is_cut() {
        let all = |from, to| texts(from, to, Protocol::Any, true).unwrap();
        let both = ["public: iifname \"p-home\"", "public: oifname \"p-home\""];
        assert_eq!(all(Some("home"), None), both);
        assert_eq!(all(None, Some("home")), [both[1], both[0]]);
    }

    #[test]
    fn nobody_is_not_cut() {
        let of = |from, to| texts(from, to, Protocol::Any, false).unwrap_err();
        assert_eq!(of(None, None), SceneError::CutOfNothing);
        assert_eq!(
            of(Some("ann"), Some("eve")),
            SceneError::unknown("host", "eve")
        );
        assert_eq!(
            of(Some("ann"), Some("home")),
            SceneError::unknown("host", "home")
        );
        assert_eq!(
            of(Some("eve"), None),
            SceneError::unknown("host, NAT or firewall", "eve")
        );
    }
}
