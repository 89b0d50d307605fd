//! The program `convene`; everything is in the library.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    convene::cli::run().await
}
