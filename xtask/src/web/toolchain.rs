//! A Rust compiler that can build for pages.

use crate::shell::run;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Rust's name of a page's machine.
pub(super) const TARGET: &str = "wasm32-unknown-unknown";

/// The compiler to build with: `None` for the installed one, which gets the target added by rustup where it lacks it; else one made of
/// Debian's packages, in the cache folder.
pub(super) fn ensure() -> Result<Option<PathBuf>, Box<dyn Error>> {
    if has_target("rustc".as_ref()) {
        return Ok(None);
    }
    let added = run(Command::new("rustup").args(["target", "add", TARGET]));
    if added.is_ok() && has_target("rustc".as_ref()) {
        return Ok(None);
    }
    let folder = cache().join("rust-wasm");
    let compiler = folder.join("bin/rustc");
    if folder.join("ready").exists() && has_target(&compiler) {
        return Ok(Some(compiler));
    }
    println!(
        "rustup cannot add {TARGET}; a compiler for it is made of Debian's packages (140 MB, some minutes)"
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/debian.sh");
    match run(Command::new("bash").arg(script).arg(&folder)) {
        Ok(()) if has_target(&compiler) => Ok(Some(compiler)),
        _ => Err(format!(
            "no Rust for {TARGET}: `rustup target add {TARGET}` adds it; on Debian the packages rustc-web and rust-web-src serve, found after \
             `apt-get update`"
        )
        .into()),
    }
}

fn has_target(rustc: &Path) -> bool {
    let out = Command::new(rustc)
        .args(["--print", "target-libdir", "--target", TARGET])
        .stderr(Stdio::null())
        .output();
    let dir = out.ok().filter(|o| o.status.success()).and_then(|o| String::from_utf8(o.stdout).ok());
    dir.is_some_and(|d| Path::new(d.trim()).read_dir().is_ok_and(|mut files| files.next().is_some()))
}

/// Where made things that can be made again are kept.
fn cache() -> PathBuf {
    let of = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = of("XDG_CACHE_HOME").or_else(|| Some(of("HOME")?.join(".cache")));
    home.unwrap_or_else(std::env::temp_dir).join("wgflow")
}
