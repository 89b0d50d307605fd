//! The program `convene`; everything is in the library.

use std::process::ExitCode;

// Words only: sound, pictures and their transport have threads of their own. Of several workers each word wakes one more
// that looks for work and finds none, which is a twentieth of what a join costs.
#[tokio::main(worker_threads = 1)]
async fn main() -> ExitCode {
    convene::cli::run().await
}
