//! Running the examples, as a user does.

use crate::device::wanted;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the examples' programs, built on the first call in the profile of the test.
///
/// # Panics
/// Where they do not build.
fn programs() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // With the same packages chosen as for the tests, dependencies are built once for both.
        build.args(["build", "--quiet", "-p", "wgflow", "-p", "wgflow-tests", "--examples"]);
        // What cargo says of this package; build scripts (ring's) that look at it would run anew.
        for (name, _) in std::env::vars_os() {
            if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|p| name.to_string_lossy().starts_with(p)) {
                build.env_remove(name);
            }
        }
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let built = build.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).output();
        let built = built.unwrap_or_else(|e| panic!("cargo: {e}"));
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        // This program lies in deps, beside the folder of the examples.
        let here = std::env::current_exe().unwrap_or_else(|e| panic!("{e}"));
        let profile = here.parent().and_then(|deps| deps.parent());
        profile.unwrap_or_else(|| panic!("{}: no folder above", here.display())).join("examples")
    })
}

/// An example that is about to run on the device under test.
///
/// # Panics
/// Where it does not build.
pub fn example(name: &str) -> Command {
    let mut command = Command::new(programs().join(name).with_extension(std::env::consts::EXE_EXTENSION));
    command.env("WGFLOW_DEVICE", wanted()).env_remove("RUST_LOG");
    command
}

/// What an example printed.
///
/// # Panics
/// Where it fails.
pub fn printed(name: &str, args: &[&str]) -> String {
    let output = example(name).args(args).output().unwrap_or_else(|e| panic!("{name}: {e}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name}: {}\n{out}\n{err}", output.status);
    out.into_owned()
}
