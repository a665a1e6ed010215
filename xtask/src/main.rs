//! Project tasks: `cargo xtask TASK`.

mod bench;
mod check;
mod codegen;
mod drivers;
mod eval;
mod goldens;
mod json;
mod mutate;
mod shell;
mod test;
mod tidy;
mod web;

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
    Test(test::Test),
    Check(check::Check),
    Tidy(tidy::Tidy),
    Setup(test::Setup),
    Codegen(codegen::Codegen),
    Mutate(mutate::Mutate),
    Goldens(goldens::Goldens),
    Eval(eval::Eval),
    Bench(bench::Bench),
    Web(web::Web),
    Demo(web::demo::Demo),
}

fn main() -> ExitCode {
    let done = match Cli::parse().task {
        Task::Test(t) => t.run(),
        Task::Check(t) => t.run(),
        Task::Tidy(t) => t.run(),
        Task::Setup(t) => t.run(),
        Task::Codegen(t) => t.run(),
        Task::Mutate(t) => t.run(),
        Task::Goldens(t) => t.run(),
        Task::Eval(t) => t.run(),
        Task::Bench(t) => t.run(),
        Task::Web(t) => t.run(),
        Task::Demo(t) => t.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}
