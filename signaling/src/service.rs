//! Starts everything, and ends it in order: no more connections, conferences told and their legs closed, sockets
//! closed, the database closed.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{self, MissedTickBehavior},
};
use warp::Filter;

use crate::{
    config::{Config, Tls},
    directory::Directory,
    files::Shelf,
    leg::LegKind,
    limits::{Buckets, Rate},
    listen::{ListenError, Listener},
    metrics::Meters,
    room::Shared,
    routes,
    store::{Store, StoreError},
    time::unix_now,
    tls::{self, TlsError},
    tokens::{KeyError, Tokens},
};

/// How long an ordered end may take.
const END: Duration = Duration::from_secs(10);

/// How often is looked for what is to be forgotten.
const FORGET: Duration = Duration::from_secs(3600);

/// What every request can reach.
pub struct House {
    pub(crate) config: Config,
    pub(crate) tokens: Tokens,
    pub(crate) store: Store,
    pub(crate) directory: Arc<Directory>,
    pub(crate) meters: Arc<Meters>,
    /// The place for copies of files.
    pub(crate) shelf: Shelf,
    creations: Mutex<Buckets<IpAddr>>,
    /// How many sockets are open.
    sockets: watch::Sender<usize>,
    /// How many there ever were.
    sockets_ever: AtomicU64,
    /// Whether the service ends.
    pub(crate) stopping: watch::Receiver<bool>,
    started: Instant,
    port: u16,
}

/// A socket that is open; dropped, it is not.
pub(crate) struct OpenSocket(Arc<House>);

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.sockets.send_modify(|open| *open -= 1);
    }
}

impl House {
    pub(crate) fn socket_opened(self: &Arc<Self>) -> OpenSocket {
        self.sockets.send_modify(|open| *open += 1);
        OpenSocket(Arc::clone(self))
    }

    /// Another number for each socket.
    pub(crate) fn next_socket(&self) -> u64 {
        self.sockets_ever.fetch_add(1, Ordering::Relaxed)
    }

    async fn sockets_closed(&self) {
        // The sender is in `self`, so that waiting cannot fail.
        let _ = self.sockets.subscribe().wait_for(|open| *open == 0).await;
    }

    pub(crate) fn may_create(&self, client: IpAddr) -> bool {
        let now = self.started.elapsed();
        let mut creations = self
            .creations
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        creations.take(network_of(client), now)
    }

    /// Where browsers reach the service, as they say themselves or the operator says.
    pub(crate) fn base_url(&self, host: Option<&str>) -> String {
        let scheme = if self.config.tls == Tls::None {
            "http"
        } else {
            "https"
        };
        match (&self.config.public_url, host) {
            (Some(url), _) => url.to_string(),
            (None, Some(host)) => format!("{scheme}://{host}"),
            (None, None) => format!("{scheme}://localhost:{}", self.port),
        }
    }
}

/// One customer has a whole IPv6 /64.
fn network_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() >> 64 << 64).into()),
    }
}

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// GStreamer.
    #[error("GStreamer does not start: {0}")]
    Gstreamer(String),
    /// The data directory.
    #[error("the data directory {path} cannot be made: {cause}")]
    DataDir {
        /// Which.
        path: String,
        /// Why.
        cause: io::Error,
    },
    /// The key for tokens.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The certificate.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The ports.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The legs' ports.
    #[error(transparent)]
    Ice(#[from] convene_pipelines::IceError),
    /// The system.
    #[error("the system does not say where the service listens: {0}")]
    Address(io::Error),
}

/// The service.
pub struct Service;

/// The running service.
pub struct Running {
    house: Arc<House>,
    stop: watch::Sender<bool>,
    listening: Vec<JoinHandle<()>>,
    /// Where the page and the API are.
    pub address: SocketAddr,
    /// Where the metrics have a listener of their own.
    pub metrics_address: Option<SocketAddr>,
}

impl Service {
    /// Starts it. It serves when this returns.
    ///
    /// # Errors
    /// [`StartError`] with whatever is missing.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        convene_pipelines::init().map_err(|error| StartError::Gstreamer(error.to_string()))?;
        make_data_dir(&config.data_dir)?;
        let acceptor = tls::acceptor(&config.tls, &config.data_dir, names(&config))?;
        let listener = Listener::bind(&config.listen, acceptor).await?;
        let metrics_listener = match config.metrics_listen {
            Some(address) => Some(Listener::bind(&[address], None).await?),
            None => None,
        };
        let address = listener.address().map_err(StartError::Address)?;
        let metrics_address = metrics_listener.as_ref().map(Listener::address);
        let metrics_address = metrics_address.transpose().map_err(StartError::Address)?;
        let (stop, stopping) = watch::channel(false);
        let house = Arc::new(house(config, address.port(), stopping.clone()).await?);
        let answers = routes::all(Arc::clone(&house)).boxed();
        let mut listening = vec![tokio::spawn(listener.serve(answers, stopping.clone()))];
        if let Some(listener) = metrics_listener {
            let answers = routes::metrics_only(Arc::clone(&house)).boxed();
            listening.push(tokio::spawn(listener.serve(answers, stopping.clone())));
        }
        listening.push(tokio::spawn(forget(Arc::clone(&house), stopping)));
        Ok(Running {
            house,
            stop,
            listening,
            address,
            metrics_address,
        })
    }
}

impl Running {
    /// The page's URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.house.base_url(None)
    }

    /// Ends it in order; what is not done after ten seconds is left.
    pub async fn shut_down(self) {
        if time::timeout(END, self.end()).await.is_err() {
            tracing::error!("the service did not end within {END:?}; what is left is cut off");
        }
    }

    async fn end(self) {
        self.stop.send_replace(true);
        for task in self.listening {
            // A task that panicked has ended too.
            let _ = task.await;
        }
        self.house.directory.shut_down().await;
        self.house.sockets_closed().await;
        self.house.store.close().await;
    }
}

async fn house(
    config: Config,
    port: u16,
    stopping: watch::Receiver<bool>,
) -> Result<House, StartError> {
    let tokens = Tokens::open(&config.data_dir)?;
    let store = Store::open(&config.data_dir, unix_now())?;
    let meters = Arc::<Meters>::default();
    let directory = Directory::new(Shared {
        store: store.clone(),
        legs: LegKind::new(
            &config.ports,
            config.external_address,
            config.listener_packet,
        )?,
        meters: Arc::clone(&meters),
        empty_grace: config.empty_grace,
        file_limit: config.file_limit,
    });
    for conference in store.open_conferences().await? {
        directory.open(conference);
    }
    let rate = Rate {
        burst: f64::from(config.creations_per_minute),
        per_second: f64::from(config.creations_per_minute) / 60.0,
    };
    Ok(House {
        shelf: Shelf::new(config.file_limit),
        config,
        tokens,
        store,
        directory,
        meters,
        creations: Mutex::new(Buckets::new(rate)),
        sockets: watch::Sender::new(0),
        sockets_ever: AtomicU64::new(0),
        stopping,
        started: Instant::now(),
        port,
    })
}

async fn forget(house: Arc<House>, mut stop: watch::Receiver<bool>) {
    let mut hours = time::interval(FORGET);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = hours.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let before = unix_now().saturating_sub(house.config.address_retention.as_secs());
        match house.store.forget(before).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!("Forgot {forgotten} conferences that ended long ago"),
            Err(error) => tracing::error!("what ended long ago was not forgotten: {error}"),
        }
    }
}

fn make_data_dir(path: &Path) -> Result<(), StartError> {
    fs::create_dir_all(path).map_err(|cause| StartError::DataDir {
        path: path.display().to_string(),
        cause,
    })
}

/// What a certificate of our own making is for.
fn names(config: &Config) -> Vec<String> {
    let public = config
        .public_url
        .as_ref()
        .map(|url| host_of(url.authority()));
    let external = config.external_address.map(|address| address.to_string());
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(Into::into).into();
    names.extend(public.into_iter().chain(external));
    names
}

fn host_of(authority: &str) -> String {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.chars().all(|c| c.is_ascii_digit()) => host,
        _ => authority,
    };
    host.trim_matches(['[', ']']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_lose_their_ports() {
        for (authority, host) in [
            ("a.example", "a.example"),
            ("a.example:80", "a.example"),
            ("[::1]:80", "::1"),
            ("[::1]", "::1"),
        ] {
            assert_eq!(host_of(authority), host);
        }
    }

    #[test]
    fn ipv6_clients_count_by_network() {
        let client = |text: &str| network_of(text.parse().expect("an address"));
        assert_eq!(client("2001:db8::1"), client("2001:db8::ffff:1"));
        assert_ne!(client("2001:db8::1"), client("2001:db8:0:1::1"));
        assert_ne!(client("10.0.0.1"), client("10.0.0.2"));
    }
}
