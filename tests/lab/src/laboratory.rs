//! The scene, built. What is in it ends with it, or with the process.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    behaviour::Dependence,
    error::{LabError, SceneError},
    forwarder::Forwarder,
    namespace::{self, Namespace},
    plan::{Link, Plan},
    rights,
    rules::{cuts, router},
    scene::{Cut, Directions, Scene},
    shaper::Counts,
    tap::Tap,
    tools,
    wiring::{self, Place, SWITCH, Step},
};

/// Hosts, NATs, firewalls and segments that are there.
#[derive(Debug)]
pub struct Laboratory {
    plan: Plan,
    namespaces: BTreeMap<Place, Namespace>,
    cuts: Vec<Cut>,
    /// How often each NAT has forgotten its mappings.
    lives: BTreeMap<String, u16>,
    /// By `node@segment`.
    lines: BTreeMap<String, Forwarder>,
}

/// What became of the packets on an imperfect line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Traffic {
    /// What the host or router sent.
    pub up: Counts,
    /// What it was sent.
    pub down: Counts,
}

impl Laboratory {
    /// Builds all of it.
    ///
    /// # Errors
    /// [`LabError`]; nothing of it is left then.
    pub fn build(scene: &Scene) -> Result<Self, LabError> {
        scene.check()?;
        let plan = Plan::new(scene)?;
        let places = wiring::places(&plan).into_iter();
        let mut lab = Self {
            namespaces: places
                .map(|place| Ok((place, Namespace::new()?)))
                .collect::<Result<_, LabError>>()?,
            cuts: scene.cuts.clone(),
            lives: BTreeMap::new(),
            lines: BTreeMap::new(),
            plan,
        };
        lab.wire()?;
        lab.tell_routers()?;
        lab.tell_switches()?;
        for (link, settings) in &scene.links {
            lab.impair(link, settings.clone())?;
        }
        Ok(lab)
    }

    /// Who has which address.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The namespace of a host, NAT or firewall.
    ///
    /// # Errors
    /// [`SceneError::Unknown`].
    pub fn host(&self, name: &str) -> Result<&Namespace, SceneError> {
        let host = self.namespaces.get(&Place::Node(name.to_owned()));
        host.ok_or_else(|| SceneError::unknown("host, NAT or firewall", name))
    }

    /// The words to be put before a command that is to run on a host, NAT or firewall.
    ///
    /// # Errors
    /// [`SceneError::Unknown`].
    pub fn enter(&self, name: &str) -> Result<Vec<String>, SceneError> {
        self.host(name).map(rights::enter)
    }

    /// From now on this does not get through.
    ///
    /// # Errors
    /// [`LabError`]; all is as before then.
    pub fn cut(&mut self, cut: Cut) -> Result<(), LabError> {
        self.set_cuts([self.cuts.clone(), vec![cut]].concat())
    }

    /// From now on this gets through again; `None` for all that is cut.
    ///
    /// # Errors
    /// [`SceneError::NotCut`] unless just this was cut before, and [`LabError`].
    pub fn mend(&mut self, cut: Option<&Cut>) -> Result<(), LabError> {
        let Some(cut) = cut else {
            return self.set_cuts(Vec::new());
        };
        let mut cuts = self.cuts.clone();
        let place = cuts.iter().position(|other| other == cut);
        let place = place.ok_or_else(|| SceneError::NotCut(format!("{cut:?}")))?;
        cuts.remove(place);
        self.set_cuts(cuts)
    }

    /// From now on a link is like this.
    ///
    /// # Errors
    /// [`LabError`]; all is as before then.
    pub fn impair(&mut self, link: &str, settings: Directions) -> Result<(), LabError> {
        settings.up.check()?;
        settings.down.check()?;
        let link = self.plan.link(link)?.clone();
        if let Some(line) = self.lines.get(&link.name()) {
            line.set(settings);
        } else if !settings.are_perfect() {
            let line = self.lay_line(&link, settings)?;
            self.lines.insert(link.name(), line);
        }
        Ok(())
    }

    /// What became of all packets on a link since it was first impaired.
    ///
    /// # Errors
    /// [`SceneError::NotImpaired`] if it never was.
    pub fn traffic(&self, link: &str) -> Result<Traffic, SceneError> {
        let link = self.plan.link(link)?.name();
        let line = self.lines.get(&link).ok_or(SceneError::NotImpaired(link))?;
        let [up, down] = line.counts();
        Ok(Traffic { up, down })
    }

    /// From now on a NAT behaves like this, as before where nothing is said. It forgets all UDP mappings, and maps to
    /// other ports than before.
    ///
    /// # Errors
    /// [`SceneError::Unknown`] if it is no NAT, and [`LabError`].
    pub fn set_nat(
        &mut self,
        name: &str,
        mapping: Option<Dependence>,
        filtering: Option<Dependence>,
    ) -> Result<(), LabError> {
        let nat = self.plan.nat_mut(name)?;
        nat.mapping = mapping.unwrap_or(nat.mapping);
        nat.filtering = filtering.unwrap_or(nat.filtering);
        *self.lives.entry(name.to_owned()).or_default() += 1;
        self.tell_router(name)
    }

    fn wire(&self) -> Result<(), LabError> {
        let path = |place: &Place| self.namespaces[place].path().display().to_string();
        for Step {
            place,
            settings,
            commands,
        } in wiring::steps(&self.plan, &path)
        {
            let namespace = &self.namespaces[&place];
            settings
                .iter()
                .try_for_each(|setting| tools::set(namespace, setting))?;
            tools::ip(namespace, &commands)?;
        }
        Ok(())
    }

    fn tell_routers(&self) -> Result<(), LabError> {
        self.plan
            .routers()
            .keys()
            .try_for_each(|name| self.tell_router(name))
    }

    fn tell_router(&self, name: &str) -> Result<(), LabError> {
        let outside = self.plan.outside(name)?;
        let life = self.lives.get(name).copied().unwrap_or_default();
        let namespace = self.host(name)?;
        tools::nft(
            namespace,
            &router::router(&self.plan, outside, &self.plan.routers()[name], life),
        )?;
        // Only there once connections are tracked.
        [
            "nf_conntrack_udp_timeout",
            "nf_conntrack_udp_timeout_stream",
        ]
        .into_iter()
        .try_for_each(|file| {
            tools::set(
                namespace,
                &(
                    format!("net/netfilter/{file}"),
                    router::FORGET_AFTER_S.to_string(),
                ),
            )
        })
    }

    fn set_cuts(&mut self, cuts: Vec<Cut>) -> Result<(), LabError> {
        let before = std::mem::replace(&mut self.cuts, cuts);
        self.tell_switches().inspect_err(|_| self.cuts = before)
    }

    /// First all is thought of, then all is done.
    fn tell_switches(&self) -> Result<(), LabError> {
        let rules = |segment| Ok((segment, cuts::switch(&self.plan, segment, &self.cuts)?));
        let all: Vec<_> = self
            .plan
            .segments()
            .map(rules)
            .collect::<Result<_, SceneError>>()?;
        all.iter()
            .try_for_each(|(segment, rules)| tools::nft(self.switch(segment), rules))
    }

    /// Takes the cable out of the switch and puts a line between.
    fn lay_line(&self, link: &Link, settings: Directions) -> Result<Forwarder, LabError> {
        let switch = self.switch(&link.segment);
        let (near, far, joint) = (
            format!("n-{}", link.node),
            format!("f-{}", link.node),
            format!("j-{}", link.node),
        );
        let ends = [Tap::new(switch, &near)?, Tap::new(switch, &far)?];
        let line = Forwarder::start(&link.name(), ends, settings)?;
        let commands = [
            format!("link add {joint} type bridge mcast_snooping 0"),
            format!("link set {joint} up"),
            format!("link set {near} master {joint} up"),
            format!("link set {far} master {SWITCH} up"),
            format!("link set {} master {joint}", link.port()),
        ];
        tools::ip(switch, &commands)?;
        Ok(line)
    }

    fn switch(&self, segment: &str) -> &Namespace {
        &self.namespaces[&Place::Segment(segment.to_owned())]
    }
}

impl Drop for Laboratory {
    fn drop(&mut self) {
        namespace::end_processes(&self.namespaces.values().collect::<Vec<_>>());
    }
}
