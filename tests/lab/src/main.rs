//! The laboratory as a program: builds a scene, says where everybody is, and does what it is told until its input ends.

mod session;
mod words;

use std::{fs, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use convene_lab::{LabError, Scene, rights};

#[derive(Parser)]
#[command(about, version)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds a scene. Says so in a line of JSON, does what lines of JSON on the standard input say, answers each
    /// with a line, and removes all of it when the input ends or a signal comes.
    Run {
        /// A file like those in tests/scenarios.
        scene: PathBuf,
    },
    /// Only says whether scenes can be built here.
    Check,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("convene-lab: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<(), LabError> {
    rights()?.or_again_with(std::env::args_os().skip(1))?;
    match task {
        Task::Run { scene } => {
            let read = LabError::io(format!("reading {}", scene.display()));
            session::hold(&Scene::parse(&fs::read_to_string(scene).map_err(read)?)?)
        }
        Task::Check => Ok(()),
    }
}
