//! Measures what a participant costs a server on this machine, in ratios of one run.
//!
//! The conductor (`transport`, `sound`, `delay`) starts two processes, so that each one's cost can be read by itself: a server
//! with its legs, and as many cheap WebRTC clients. It carries their words to and fro, says what is to be sent when, and
//! reads both in `/proc`. All of it lives in a network namespace that ends with the program.
//!
//! `member` measures nothing by itself: it is one participant of a service's conference, without a media engine, for
//! conferences with more people than browsers find room for.

mod client;
mod clock;
mod conductor;
mod delay;
mod error;
mod lines;
mod member;
mod namespace;
mod observe;
mod report;
mod role;
mod scene;
mod server;
mod sound;
mod statistics;
mod table;
mod transport;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{error::LoadError, server::Ice, transport::Plan};

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Compares the two ICE transports of a leg: CPU, joins, threads, file descriptors, memory.
    Transport(Plan),
    /// Compares what a participant costs this project's mixer and Janus's AudioBridge: CPU, threads, memory, and what
    /// becomes of the sound.
    Sound(sound::Plan),
    /// Compares how long sound is on its way through this project's mixer and Janus's AudioBridge, and says where it is
    /// held here.
    Delay(delay::Plan),
    /// Takes part in a conference without a media engine: sees pictures and shows none. Leaves when its input ends.
    Member(member::Wish),
    /// Holds legs; spoken to by the conductor.
    #[command(hide = true)]
    Server {
        #[arg(long)]
        ice: Ice,
        /// How many are in each conference.
        #[arg(long)]
        people: usize,
        /// Milliseconds in the packets of those who only listen.
        #[arg(long)]
        listener_packet: u32,
    },
    /// Holds clients; spoken to by the conductor.
    #[command(hide = true)]
    Clients {
        /// How many of them are to chirp in turn.
        #[arg(long, default_value_t = 0)]
        chirpers: usize,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().role) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("convene-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(role: Role) -> Result<ExitCode, LoadError> {
    match role {
        Role::Transport(plan) => namespace::within(|| transport::measure(&plan)),
        Role::Sound(plan) => namespace::within(|| sound::measure(&plan)),
        Role::Delay(plan) => namespace::within(|| delay::measure(&plan)),
        Role::Member(wish) => member::run(wish).map(|()| ExitCode::SUCCESS),
        Role::Server {
            ice,
            people,
            listener_packet,
        } => server::legs::run(ice, people, listener_packet).map(|()| ExitCode::SUCCESS),
        Role::Clients { chirpers } => client::run(chirpers).map(|()| ExitCode::SUCCESS),
    }
}
