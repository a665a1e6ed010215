//! The tests of the npm package: in Node, and in Chromium on its software adapter.

use super::build;
use crate::shell::root;
use std::error::Error;
use std::process::Command;

/// Builds the package, and gives each test program with a name.
pub(crate) fn programs() -> Result<Vec<(&'static str, Command)>, Box<dyn Error>> {
    build(false)?;
    let web = root().join("web");
    let goldens = root().join("target/web/goldens.json");
    std::fs::write(&goldens, serde_json::to_vec(&wgflow_tests::page::cases())?)?;
    let node = |script: &str| {
        let mut c = Command::new("node");
        c.arg(script).current_dir(&web);
        c
    };
    let mut ops = node("test/ops.mjs");
    ops.arg(&goldens);
    Ok(vec![
        ("web in Node", node("test/run.mjs")),
        ("web in Chromium", node("test/browser.mjs")),
        ("ops in Chromium", ops),
    ])
}
