//! What the service is told by its operator: flags, environment, a file, defaults, in this order of precedence.
//!
//! [`Settings`] lists every key once; [`Config`] is what they come to, checked. Nothing is opened or bound here.

use std::{
    env, fs,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::ValueEnum;
use serde::Deserialize;

use crate::{network::Cidr, origin::Origin, tokens::Secret};

/// The sample configuration file: every key with its default and what it is for.
pub const SAMPLE: &str = include_str!("../convene.sample.toml");

/// How many UDP ports the libnice agent takes at most.
const NICE_PORTS: u16 = 1000;

/// The UDP port, or the first of them.
const UDP_PORT: u16 = 50_000;

/// Every key, as a flag (`--listen`), in the environment (`CONVENE_LISTEN`) and in the file (`listen`).
#[derive(Clone, Debug, Default, PartialEq, clap::Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Where to serve the page and the API [default: [::]:8080, else 0.0.0.0:8080]
    #[arg(long, env = "CONVENE_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// Where the database and the keys are [default: ~/.local/share/convene]
    #[arg(long, env = "CONVENE_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// How browsers reach the service, when that is not the address they ask for
    #[arg(long, env = "CONVENE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Which ICE agent carries sound and pictures [default: own]
    #[arg(long, env = "CONVENE_ICE")]
    pub ice: Option<Ice>,
    /// The UDP port of all legs; with the agent `nice` the first of 1000 [default: 50000]
    #[arg(long, env = "CONVENE_UDP_PORT", value_name = "PORT")]
    pub udp_port: Option<u16>,
    /// Their TCP port, for networks that block UDP; 0: none [default: the same number]; not with the agent `nice`
    #[arg(long, env = "CONVENE_TCP_PORT", value_name = "PORT")]
    pub tcp_port: Option<u16>,
    /// The public address of this host, when a NAT maps it one to one
    #[arg(long, env = "CONVENE_EXTERNAL_ADDRESS", value_name = "IP")]
    pub external_address: Option<IpAddr>,
    /// A proxy whose X-Forwarded-For is believed; repeatable
    #[arg(
        long = "trusted-proxy",
        env = "CONVENE_TRUSTED_PROXY",
        value_name = "CIDR",
        value_delimiter = ','
    )]
    #[serde(rename = "trusted-proxy")]
    pub trusted_proxies: Option<Vec<Cidr>>,
    /// A site that may show the page in a frame of its own; repeatable
    #[arg(
        long = "embed-origin",
        env = "CONVENE_EMBED_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    #[serde(rename = "embed-origin")]
    pub embed_origins: Option<Vec<Origin>>,
    /// Where to serve /metrics; without it they are shown to loopback clients only
    #[arg(long, env = "CONVENE_METRICS_LISTEN", value_name = "ADDR")]
    pub metrics_listen: Option<SocketAddr>,
    /// What one must bear to create a conference; without it anyone may
    #[arg(
        long,
        env = "CONVENE_CREATE_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub create_token: Option<Secret>,
    /// A PEM file with the certificate chain
    #[arg(long, env = "CONVENE_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// A PEM file with the certificate's key
    #[arg(long, env = "CONVENE_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Make a certificate that browsers warn of, and serve https with it [default: false]
    #[arg(long, env = "CONVENE_TLS_SELF_SIGNED", num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub tls_self_signed: Option<bool>,
    /// Which pairs of browsers try to connect directly [default: adaptive]
    #[arg(long, env = "CONVENE_TOPOLOGY")]
    pub topology: Option<Topology>,
    /// How many may be in a conference whose creator does not say, 2 to 500 [default: 50]
    #[arg(long, env = "CONVENE_MAX_PARTICIPANTS", value_name = "N")]
    pub max_participants: Option<u32>,
    /// Milliseconds in a packet of sound for those who only listen in a conference of at least 30: 20, 40 or 60 [default: 40]
    #[arg(long, env = "CONVENE_LISTENER_PACKET", value_name = "MILLISECONDS")]
    pub listener_packet: Option<u32>,
    /// Seconds after which an empty conference ends [default: 3600]
    #[arg(long, env = "CONVENE_EMPTY_GRACE", value_name = "SECONDS")]
    pub empty_grace: Option<u64>,
    /// Megabytes of the largest file that the server passes on for those who cannot get it from each other; 0: none [default: 25]
    #[arg(long, env = "CONVENE_FILE_LIMIT", value_name = "MEGABYTES")]
    pub file_limit: Option<u32>,
    /// Days after a conference's end until the addresses of its participants are deleted [default: 7]
    #[arg(long, env = "CONVENE_ADDRESS_RETENTION", value_name = "DAYS")]
    pub address_retention: Option<u64>,
    /// Conferences that one address may create per minute [default: 10]
    #[arg(long, env = "CONVENE_CREATIONS_PER_MINUTE", value_name = "N")]
    pub creations_per_minute: Option<u32>,
}

/// An ICE agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ice {
    /// Convene's own, with one port for everyone.
    Own,
    /// libnice, with a port for each participant.
    Nice,
}

/// An agent with the ports it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ports {
    /// Convene's own; 0 is any that is free.
    Own {
        /// Its UDP port.
        udp: u16,
        /// Its TCP port.
        tcp: Option<u16>,
    },
    /// libnice, with the UDP ports of the legs.
    Nice(RangeInclusive<u16>),
}

/// Which pairs try to connect directly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topology {
    /// All of them.
    Adaptive,
    /// Those of which at least one is public.
    Claimed,
}

/// Whether and with what https is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain http.
    None,
    /// With a certificate of one's own making.
    SelfSigned,
    /// With these PEM files.
    Files {
        /// The certificate chain.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
}

/// What the service runs with.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen: the first of these that can be bound.
    pub listen: Vec<SocketAddr>,
    /// Where the database and the keys are.
    pub data_dir: PathBuf,
    /// How browsers reach the service.
    pub public_url: Option<Origin>,
    /// The ICE agent and its ports.
    pub ports: Ports,
    /// The public address that stands before this host's own.
    pub external_address: Option<IpAddr>,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// Who may frame the page.
    pub embed_origins: Vec<Origin>,
    /// Where the metrics have a listener of their own.
    pub metrics_listen: Option<SocketAddr>,
    /// What one must bear to create a conference.
    pub create_token: Option<Secret>,
    /// Whether https is served.
    pub tls: Tls,
    /// Which pairs try to connect directly.
    pub topology: convene_protocol::Topology,
    /// How many may be in a conference whose creator does not say.
    pub max_participants: u32,
    /// Milliseconds in a packet of sound for those who only listen in a large conference.
    pub listener_packet: u32,
    /// How long a conference may stand empty.
    pub empty_grace: Duration,
    /// The largest file of which the server keeps a copy, in octets.
    pub file_limit: u64,
    /// How long addresses are kept after a conference's end.
    pub address_retention: Duration,
    /// Conferences that one address may create per minute.
    pub creations_per_minute: u32,
}

/// Why the settings make no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration file {path} cannot be read: {cause}")]
    File {
        /// Which.
        path: String,
        /// Why.
        cause: std::io::Error,
    },
    /// The file has a key that does not exist, or a value that does not fit.
    #[error("the configuration file {path} is not understood: {cause}")]
    Syntax {
        /// Which.
        path: String,
        /// Where and why.
        cause: Box<toml::de::Error>,
    },
    /// Ports that the agent cannot use.
    #[error("`tcp-port` needs an ICE agent that listens on TCP; `nice` is used with UDP only")]
    TcpWithNice,
    /// Too few ports.
    #[error("`udp-port` {0} leaves no room for {NICE_PORTS} ports: at most {max}", max = u16::MAX - NICE_PORTS + 1)]
    UdpPort(u16),
    /// Both kinds of certificates, or half of one.
    #[error("give `tls-cert` and `tls-key` together, or `tls-self-signed` alone")]
    Tls,
    /// Not a URL that people can join at.
    #[error("`public-url` {0}")]
    PublicUrl(String),
    /// Out of range.
    #[error("`{key}` is {value}; it may be {allowed}")]
    Range {
        /// Which key.
        key: &'static str,
        /// What it is.
        value: u64,
        /// What it may be.
        allowed: &'static str,
    },
    /// Nowhere to keep data.
    #[error("there is no home directory: say with `data-dir` where data shall be kept")]
    NoHome,
}

impl Settings {
    /// The keys in `file`.
    ///
    /// # Errors
    /// [`ConfigError::File`] and [`ConfigError::Syntax`]; the latter names unknown keys.
    pub fn from_file(file: &Path) -> Result<Self, ConfigError> {
        let path = || file.display().to_string();
        let text = fs::read_to_string(file).map_err(|cause| ConfigError::File {
            path: path(),
            cause,
        })?;
        toml::from_str(&text).map_err(|cause| ConfigError::Syntax {
            path: path(),
            cause: Box::new(cause),
        })
    }

    /// These, and what they leave open from `weaker`.
    #[must_use]
    pub fn or(self, weaker: Self) -> Self {
        macro_rules! first {
            ($($key:ident),* $(,)?) => { Self { $($key: self.$key.or(weaker.$key)),* } };
        }
        first!(
            listen,
            data_dir,
            public_url,
            ice,
            udp_port,
            tcp_port,
            external_address,
            trusted_proxies,
            embed_origins,
            metrics_listen,
            create_token,
            tls_cert,
            tls_key,
            tls_self_signed,
            topology,
            max_participants,
            listener_packet,
            empty_grace,
            file_limit,
            address_retention,
            creations_per_minute,
        )
    }

    /// What they come to, with the defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with the first key that does not fit.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let ports = self.ports()?;
        let tls = self.tls()?;
        Ok(Config {
            listen: self.listen.map_or_else(everywhere, |address| vec![address]),
            data_dir: self.data_dir.or_else(home).ok_or(ConfigError::NoHome)?,
            public_url: self.public_url.map(|url| public_url(&url)).transpose()?,
            ports,
            external_address: self.external_address,
            trusted_proxies: self.trusted_proxies.unwrap_or_default(),
            embed_origins: self.embed_origins.unwrap_or_default(),
            metrics_listen: self.metrics_listen,
            create_token: self.create_token,
            tls,
            topology: match self.topology {
                Some(Topology::Claimed) => convene_protocol::Topology::Claimed,
                Some(Topology::Adaptive) | None => convene_protocol::Topology::Adaptive,
            },
            max_participants: within(
                "max-participants",
                self.max_participants.unwrap_or(50),
                MAX_PARTICIPANTS,
                "2 to 500",
            )?,
            listener_packet: listener_packet(self.listener_packet.unwrap_or(40))?,
            empty_grace: Duration::from_secs(within(
                "empty-grace",
                self.empty_grace.unwrap_or(3600),
                1..=31_536_000,
                "1 to 31536000 seconds",
            )?),
            file_limit: 1_000_000
                * u64::from(within(
                    "file-limit",
                    self.file_limit.unwrap_or(25),
                    0..=1000,
                    "0 to 1000 megabytes",
                )?),
            address_retention: Duration::from_secs(
                24 * 3600
                    * within(
                        "address-retention",
                        self.address_retention.unwrap_or(7),
                        0..=3650,
                        "0 to 3650 days",
                    )?,
            ),
            creations_per_minute: within(
                "creations-per-minute",
                self.creations_per_minute.unwrap_or(10),
                1..=100_000,
                "1 to 100000",
            )?,
        })
    }

    fn ports(&self) -> Result<Ports, ConfigError> {
        let udp = self.udp_port.unwrap_or(UDP_PORT);
        match self.ice.unwrap_or(Ice::Own) {
            Ice::Nice if self.tcp_port.is_some() => Err(ConfigError::TcpWithNice),
            Ice::Nice => nice_ports(udp),
            Ice::Own => Ok(Ports::Own {
                udp,
                tcp: match self.tcp_port {
                    None => Some(udp),
                    Some(0) => None,
                    given => given,
                },
            }),
        }
    }

    fn tls(&self) -> Result<Tls, ConfigError> {
        match (
            &self.tls_cert,
            &self.tls_key,
            self.tls_self_signed.unwrap_or(false),
        ) {
            (None, None, false) => Ok(Tls::None),
            (None, None, true) => Ok(Tls::SelfSigned),
            (Some(cert), Some(key), false) => Ok(Tls::Files {
                cert: cert.clone(),
                key: key.clone(),
            }),
            _ => Err(ConfigError::Tls),
        }
    }
}

/// How many may be in a conference.
pub const MAX_PARTICIPANTS: RangeInclusive<u32> = 2..=500;

fn within<N: Copy + PartialOrd + Into<u64>>(
    key: &'static str,
    value: N,
    range: RangeInclusive<N>,
    allowed: &'static str,
) -> Result<N, ConfigError> {
    if range.contains(&value) {
        return Ok(value);
    }
    let value = value.into();
    Err(ConfigError::Range {
        key,
        value,
        allowed,
    })
}

fn listener_packet(milliseconds: u32) -> Result<u32, ConfigError> {
    match milliseconds {
        20 | 40 | 60 => Ok(milliseconds),
        other => Err(ConfigError::Range {
            key: "listener-packet",
            value: other.into(),
            allowed: "20, 40 or 60",
        }),
    }
}

/// Hosts without IPv6 have only the second.
fn everywhere() -> Vec<SocketAddr> {
    [IpAddr::from([0_u16; 8]), IpAddr::from([0_u8; 4])]
        .map(|address| SocketAddr::new(address, 8080))
        .into()
}

fn home() -> Option<PathBuf> {
    let data = env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.filter(|path| path.is_absolute());
    let below_home = || Some(PathBuf::from(env::var_os("HOME")?).join(".local/share"));
    Some(data.or_else(below_home)?.join("convene"))
}

fn public_url(url: &str) -> Result<Origin, ConfigError> {
    let origin = url.strip_suffix('/').unwrap_or(url).parse();
    origin.map_err(|error: crate::origin::NotAnOrigin| ConfigError::PublicUrl(error.to_string()))
}

fn nice_ports(first: u16) -> Result<Ports, ConfigError> {
    match first.checked_add(NICE_PORTS - 1) {
        Some(last) if first > 0 => Ok(Ports::Nice(first..=last)),
        _ => Err(ConfigError::UdpPort(first)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn parse(text: &str) -> Result<Settings, toml::de::Error> {
        toml::from_str(text)
    }

    #[test]
    fn the_sample_has_every_key_and_means_the_defaults() {
        use clap::Args;
        let uncommented: String = SAMPLE
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        parse(&uncommented).unwrap();
        let table: toml::Table = uncommented.parse().unwrap();
        let command = Settings::augment_args(clap::Command::new("convene"));
        let mut keys: Vec<_> = command
            .get_arguments()
            .filter_map(|a| a.get_long())
            .collect();
        keys.sort_unstable();
        assert_eq!(table.keys().collect::<Vec<_>>(), keys);
        assert_eq!(parse(SAMPLE).unwrap(), Settings::default());
    }

    #[test]
    fn every_key_has_its_variable() {
        use clap::Args;
        let command = Settings::augment_args(clap::Command::new("convene"));
        for argument in command.get_arguments() {
            let key = argument.get_long().unwrap();
            let variable = format!("CONVENE_{}", key.to_uppercase().replace('-', "_"));
            assert_eq!(
                argument.get_env().unwrap().to_str(),
                Some(variable.as_str())
            );
        }
    }

    #[test]
    fn unknown_keys_are_named() {
        let cause = parse("listne = \"[::]:80\"").unwrap_err().to_string();
        assert!(cause.contains("unknown field `listne`"), "{cause}");
    }

    #[test]
    fn the_stronger_wins_key_by_key() {
        let strong = parse("udp-port = 1").unwrap();
        let weak = parse("udp-port = 2\nempty-grace = 5").unwrap();
        let both = strong.or(weak);
        assert_eq!((both.udp_port, both.empty_grace), (Some(1), Some(5)));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let table = [
            ("ice = \"nice\"\ntcp-port = 443", "`tcp-port`"),
            ("ice = \"nice\"\nudp-port = 65000", "at most 64536"),
            ("ice = \"nice\"\nudp-port = 0", "`udp-port` 0"),
            ("tls-cert = \"a.pem\"", "together"),
            (
                "tls-cert = \"a\"\ntls-key = \"b\"\ntls-self-signed = true",
                "alone",
            ),
            ("max-participants = 1", "2 to 500"),
            ("empty-grace = 0", "`empty-grace` is 0"),
            ("file-limit = 1001", "0 to 1000 megabytes"),
            ("listener-packet = 30", "20, 40 or 60"),
            ("public-url = \"ftp://x\"", "`public-url`"),
        ];
        for (text, expected) in table {
            let cause = parse(text).unwrap().resolve().unwrap_err().to_string();
            assert!(cause.contains(expected), "{text}: {cause}");
        }
    }

    #[test]
    fn the_defaults_fit() {
        let config = Settings {
            data_dir: Some("/tmp".into()),
            ..Settings::default()
        };
        let config = config.resolve().unwrap();
        let one = Some(50_000);
        assert_eq!(
            config.ports,
            Ports::Own {
                udp: 50_000,
                tcp: one
            }
        );
        assert_eq!(config.listener_packet, 40);
        assert_eq!(config.tls, Tls::None);
        assert_eq!(config.listen.len(), 2);
    }
}
