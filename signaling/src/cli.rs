//! What `convene` can be told on the command line.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::{
    Service,
    config::{Config, ConfigError, Settings},
    doctor,
};

/// Conferences in which sound meets on the server and pictures fly between the browsers.
#[derive(Debug, Parser)]
#[command(name = "convene", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the page, the API and the conferences
    Serve(Options),
    /// Say which ports a firewall has to let through
    Ports(Options),
    /// Check that everything that `serve` needs is there
    Doctor(Options),
}

#[derive(Debug, clap::Args)]
struct Options {
    /// A file with the keys that are not given here (see convene.sample.toml)
    #[arg(long, env = "CONVENE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Options {
    /// Flags and environment first (clap has put the flag before the variable), then the file, then defaults.
    fn resolve(self) -> Result<Config, ConfigError> {
        let file = self
            .config
            .as_deref()
            .map(Settings::from_file)
            .transpose()?;
        self.settings.or(file.unwrap_or_default()).resolve()
    }
}

/// Does what the command line says.
pub async fn run() -> ExitCode {
    // Strangers' datagrams make the crate `is` warn; so many warnings would be theirs to give.
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_else(|_| "info".into());
    let filter = EnvFilter::new(format!("is=error,{wanted}"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let done = match Cli::parse().command {
        Command::Serve(options) => serve(options).await,
        Command::Ports(options) => options
            .resolve()
            .map(|config| print!("{}", doctor::ports(&config)))
            .map_err(Into::into),
        Command::Doctor(options) => match options.resolve() {
            Ok(config) => return examine(&config).await,
            Err(error) => Err(error.into()),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("convene: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> Result<(), Box<dyn std::error::Error>> {
    // Before anything is started, so that no signal finds the service half up and unheard.
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let running = Service::start(options.resolve()?).await?;
    println!("Convene serves on {}", running.url());
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("The service ends");
    running.shut_down().await;
    tracing::info!("The service has ended");
    Ok(())
}

async fn examine(config: &Config) -> ExitCode {
    let findings = doctor::examine(config).await;
    for finding in &findings {
        println!("{finding}");
    }
    if findings.iter().all(doctor::Finding::is_good) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
