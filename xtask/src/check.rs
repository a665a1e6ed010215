//! What needs no tests to be run.

use crate::shell::{Done, cargo, run};
use crate::tidy::Tidy;

/// Checks form without running tests: formatting, lints, the rules of the house.
#[derive(clap::Args)]
pub(crate) struct Check {}

impl Check {
    pub(crate) fn run(&self) -> Done {
        run(&mut cargo(&["fmt", "--all", "--check"]))?;
        run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
        Tidy {}.run()
    }
}
