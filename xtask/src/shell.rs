//! Other programs.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a task ends with.
pub(crate) type Done = Result<(), Box<dyn Error>>;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// The cargo that runs this task, in the workspace.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let mut c = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    c.args(args).current_dir(root());
    // What cargo says of this package; build scripts (ring's) that look at it would run anew.
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|p| name.to_string_lossy().starts_with(p)) {
            c.env_remove(name);
        }
    }
    c
}

/// Says what is run, runs it, and is an error where it fails.
pub(crate) fn run(c: &mut Command) -> Done {
    println!("$ {}", text(c));
    let status = c.status().map_err(|e| format!("{}: {e}", text(c)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", text(c)).into()) }
}

/// A command as one would type it.
pub(crate) fn text(c: &Command) -> String {
    let program = Path::new(c.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let args = c.get_args().map(|a| a.to_string_lossy().into_owned());
    let envs =
        c.get_envs().filter_map(|(k, v)| Some(format!("{}={}", k.to_string_lossy(), v?.to_string_lossy())));
    envs.chain([program]).chain(args).collect::<Vec<_>>().join(" ")
}
