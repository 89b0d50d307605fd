//! `convene doctor` and `convene ports`: what has to be there and what has to be open, in plain sentences.

use std::{fmt, fs, net::UdpSocket, ops::RangeInclusive, path::Path, time::Duration};

use crate::{
    config::{Config, Ports, Tls},
    leg::LegKind,
    listen::Listener,
    time::unix_now,
    tls,
};

/// The outcome of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// All is well.
    Good(String),
    /// `serve` would fail or conferences would.
    Missing(String),
}

impl Finding {
    /// Whether all is well.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Good(_))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good(sentence) => write!(f, "ok       {sentence}"),
            Self::Missing(sentence) => write!(f, "MISSING  {sentence}"),
        }
    }
}

/// A service for a hundred people opens about so many files and sockets.
const FILES: u64 = 4_096;

/// A clock before this program was written is wrong: tokens and certificates would not hold.
const WRITTEN: Duration = Duration::from_secs(1_790_000_000);

/// Checks what `serve` needs. Nothing is left behind but the data directory.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = gstreamer();
    findings.push(data_dir(&config.data_dir));
    findings.push(listener(config).await);
    findings.push(media_ports(config));
    findings.push(certificate(config));
    findings.push(clock());
    findings.push(open_files());
    findings
}

/// What a firewall has to let through to this host.
#[must_use]
pub fn ports(config: &Config) -> String {
    let scheme = if config.tls == Tls::None {
        "http"
    } else {
        "https"
    };
    let port = config.listen.first().map_or(0, |address| address.port());
    let mut text = format!("TCP {port}  in  the page, the API and the WebSockets ({scheme})\n");
    text += &legs(&config.ports);
    if let Some(metrics) = config.metrics_listen {
        text += &format!(
            "TCP {}  in  the metrics; only from where they are gathered\n",
            metrics.port()
        );
    }
    text
}

fn legs(ports: &Ports) -> String {
    const WHAT: &str = "sound, and pictures that do not go directly";
    match ports {
        Ports::Own { udp, tcp } => {
            let over_tcp = tcp.map(|tcp| {
                format!("TCP {tcp}  in  the same for browsers whose network blocks UDP\n")
            });
            format!("UDP {udp}  in and out  {WHAT}\n") + &over_tcp.unwrap_or_default()
        }
        Ports::Nice(ports) => {
            let (first, last) = (ports.start(), ports.end());
            format!("UDP {first}-{last}  in and out  {WHAT}: one port for each participant\n")
        }
    }
}

fn gstreamer() -> Vec<Finding> {
    if let Err(error) = convene_pipelines::init() {
        return vec![Finding::Missing(format!(
            "GStreamer does not start: {error}"
        ))];
    }
    let missing = convene_pipelines::missing_elements();
    if missing.is_empty() {
        return vec![Finding::Good(
            "GStreamer has every element that legs need.".into(),
        )];
    }
    let sentence = |(element, package)| {
        Finding::Missing(format!(
            "GStreamer has no element `{element}`: install {package}."
        ))
    };
    missing.into_iter().map(sentence).collect()
}

fn data_dir(path: &Path) -> Finding {
    let trial = path.join(".doctor");
    let written = fs::create_dir_all(path).and_then(|()| fs::write(&trial, b"trial"));
    let removed = written.and_then(|()| fs::remove_file(&trial));
    let path = path.display();
    match removed {
        Ok(()) => Finding::Good(format!("Data can be kept in {path}.")),
        Err(error) => Finding::Missing(format!("Data cannot be kept in {path}: {error}.")),
    }
}

async fn listener(config: &Config) -> Finding {
    match Listener::bind(&config.listen, None)
        .await
        .map(|listener| listener.address())
    {
        Ok(Ok(address)) => Finding::Good(format!("{address} is free.")),
        Ok(Err(error)) => Finding::Missing(format!(
            "The system does not say where one listens: {error}."
        )),
        Err(error) => Finding::Missing(format!(
            "One {error}: say another address with --listen, or end what is there."
        )),
    }
}

fn media_ports(config: &Config) -> Finding {
    match &config.ports {
        Ports::Own { .. } => own_ports(config),
        Ports::Nice(ports) => nice_ports(ports),
    }
}

fn own_ports(config: &Config) -> Finding {
    match LegKind::new(
        &config.ports,
        config.external_address,
        config.listener_packet,
    ) {
        Ok(_) => Finding::Good("The port of the legs is free.".into()),
        Err(error) => Finding::Missing(format!(
            "{error}: say another with --udp-port, or end what has it."
        )),
    }
}

fn nice_ports(ports: &RangeInclusive<u16>) -> Finding {
    let taken = ports.clone();
    let taken = taken.filter(|port| UdpSocket::bind(("0.0.0.0", *port)).is_err());
    let (taken, all) = (taken.count(), ports.len());
    let (first, last) = (ports.start(), ports.end());
    if taken * 2 <= all {
        Finding::Good(format!(
            "{} of the UDP ports {first} to {last} are free.",
            all - taken
        ))
    } else {
        Finding::Missing(format!(
            "{taken} of the UDP ports {first} to {last} are taken: say others with --udp-port."
        ))
    }
}

fn certificate(config: &Config) -> Finding {
    match &config.tls {
        Tls::None => Finding::Good(
            "http is served; browsers give cameras to localhost and to https only.".into(),
        ),
        Tls::SelfSigned => {
            Finding::Good("https is served with a certificate that browsers warn of.".into())
        }
        files @ Tls::Files { .. } => match tls::acceptor(files, &config.data_dir, Vec::new()) {
            Ok(_) => Finding::Good("The certificate and its key fit.".into()),
            Err(error) => Finding::Missing(format!("https cannot be served: {error}.")),
        },
    }
}

fn clock() -> Finding {
    if Duration::from_secs(unix_now()) >= WRITTEN {
        return Finding::Good("The clock is not obviously wrong.".into());
    }
    Finding::Missing("The clock is wrong: it stands before this program was written.".into())
}

fn open_files() -> Finding {
    let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    match soft_limit(&limits) {
        Some(files) if files < FILES => Finding::Missing(format!(
            "Only {files} files may be open at once: say `ulimit -n {FILES}` first."
        )),
        _ => Finding::Good("Enough files may be open at once.".into()),
    }
}

/// The soft limit for open files in /proc/self/limits; `None` when there is none.
fn soft_limit(limits: &str) -> Option<u64> {
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_limit_of_open_files() {
        let line = "Max cpu time  unlimited\nMax open files            1024                 524288               files";
        assert_eq!(soft_limit(line), Some(1024));
        assert_eq!(
            soft_limit("Max open files  unlimited  unlimited  files"),
            None
        );
    }
}
