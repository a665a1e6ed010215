//! The package beside TensorFlow.js.

use super::{build, npm_packages};
use crate::shell::{Done, root, run};
use std::process::Command;

/// Builds the package, installs TensorFlow.js beside it, and prints what both take in one page.
pub(crate) fn run_in_page(json: bool, rounds: usize, rows: &str) -> Done {
    build(false)?;
    let web = root().join("web");
    npm_packages(&web.join("bench"))?;
    let mut c = Command::new("node");
    c.args(["bench/bench.mjs", "--rounds", &rounds.to_string(), rows]).current_dir(&web);
    if json {
        c.arg("--json");
    }
    run(&mut c)
}
