//! What carries the packets of all legs of a server, and what it counts.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use convene_pipelines::{Carried, IceError, IceSocketConfig, IceTransport, OwnIce, StockIce, Tell};
use gst::prelude::*;
use gstconvene::ice::{IceAgent, RuleError, SilenceRule};

use super::{Ice, Notes};

/// The two that are compared.
pub enum Transport {
    /// Convene's agent.
    Own(Arc<Own>),
    /// libnice.
    Nice(Arc<StockIce>),
}

/// Convene's agent, with the agents of all legs in reach.
pub struct Own {
    socket: OwnIce,
    agents: Mutex<Vec<IceAgent>>,
    webrtcbins: Mutex<Vec<gst::glib::WeakRef<gst::Element>>>,
}

impl Transport {
    /// Sets one up.
    ///
    /// # Errors
    /// When there is no port for it.
    pub fn of(ice: Ice) -> Result<Self, IceError> {
        match ice {
            Ice::Nice => Ok(Self::Nice(Arc::new(StockIce {
                ports: 20_000..=29_999,
                external_address: None,
            }))),
            Ice::Own => Ok(Self::Own(Arc::new(Own {
                socket: OwnIce::bind(&IceSocketConfig::default())?,
                agents: Mutex::default(),
                webrtcbins: Mutex::default(),
            }))),
        }
    }

    /// What a leg is made with.
    pub fn ice(&self) -> Arc<dyn IceTransport> {
        match self {
            Self::Own(own) => Arc::clone(own) as Arc<dyn IceTransport>,
            Self::Nice(nice) => Arc::clone(nice) as Arc<dyn IceTransport>,
        }
    }

    /// Whether silent packets of all legs that there are go no further. libnice lets all pass.
    ///
    /// # Errors
    /// When an agent does not take the rule.
    pub fn drop_silence(&self, on: bool) -> Result<(), RuleError> {
        let Self::Own(own) = self else { return Ok(()) };
        let rule = on.then(SilenceRule::default);
        let agents = own.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.iter().try_for_each(|agent| agent.set_silence(rule))
    }

    /// Those of the legs that there are, as far as they use Convene's agent.
    pub fn pipelines(&self) -> Vec<gst::Bin> {
        let Self::Own(own) = self else {
            return Vec::new();
        };
        let webrtcbins = own.webrtcbins.lock();
        let webrtcbins = webrtcbins.unwrap_or_else(PoisonError::into_inner);
        let there = webrtcbins.iter().filter_map(gst::glib::WeakRef::upgrade);
        let pipelines = there.filter_map(|webrtcbin| webrtcbin.parent()?.downcast().ok());
        pipelines.collect()
    }

    /// What it has counted; libnice counts nothing.
    pub fn notes(&self) -> Notes {
        let Self::Own(own) = self else {
            return Notes::default();
        };
        let stats = own.socket.stats();
        let named = |(name, count): (&str, u64)| (name.to_owned(), count);
        let mut packets: BTreeMap<_, _> = stats.packets.into_iter().map(named).collect();
        packets.insert("overruns".into(), stats.overruns);
        Notes {
            longest: stats.longest,
            packets,
        }
    }
}

impl IceTransport for Own {
    fn webrtcbin(&self, tell: Tell) -> Result<Carried, IceError> {
        let carried = self.socket.webrtcbin(tell)?;
        let mut agents = self.agents.lock().unwrap_or_else(PoisonError::into_inner);
        agents.extend(carried.agent.clone());
        let mut webrtcbins = self
            .webrtcbins
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        webrtcbins.push(carried.webrtcbin.downgrade());
        Ok(carried)
    }

    fn describe(&self, description: &str) -> String {
        self.socket.describe(description)
    }

    fn announce(&self, candidate: &str) -> Option<String> {
        self.socket.announce(candidate)
    }
}
