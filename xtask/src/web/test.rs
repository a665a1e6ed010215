//! The tests of the npm package: in Node, and in Chromium on its software adapter.

use super::build;
use crate::shell::root;
use std::error::Error;
use std::process::Command;

/// Builds the package, and gives each test program with a name.
pub(crate) fn programs() -> Result<Vec<(&'static str, Command)>, Box<dyn Error>> {
    let (web, target) = (root().join("web"), root().join("target/web"));
    let goldens = target.join("goldens.json");
    std::fs::create_dir_all(&target)?;
    std::fs::write(&goldens, serde_json::to_vec(&wgflow_tests::page::cases())?)?;
    build(false)?;
    super::demo::page()?;
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
        ("demo in Chromium", node("test/demo.mjs")),
    ])
}
