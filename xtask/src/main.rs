//! Project tasks: `cargo xtask TASK`.

mod eval;
mod goldens;
mod json;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Project tasks of wgflow.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Goldens(goldens::Goldens),
    Eval(eval::Eval),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Goldens(t) => t.run(),
        Task::Eval(t) => t.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}
