//! The npm package: wasm, its glue, and the TypeScript around it.

pub(crate) mod bench;
pub(crate) mod demo;
pub(crate) mod test;
mod toolchain;

use crate::shell::{Done, cargo, root, run};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds the npm package into web/dist: wasm by cargo (profile `web`), glue by wasm-bindgen, made small by binaryen, TypeScript by npm's
/// tools. Installs what it lacks: the compiler's target, npm packages. Prints the sizes.
#[derive(clap::Args)]
pub(crate) struct Web {
    /// Quick to build, and large: no link-time optimisation, names kept.
    #[arg(long)]
    dev: bool,
}

impl Web {
    pub(crate) fn run(&self) -> Done {
        build(self.dev)
    }
}

fn build(dev: bool) -> Done {
    let web = root().join("web");
    npm_packages(&web)?;
    wasm(&web.join("pkg"), dev)?;
    run(Command::new("npm").args(["run", "build"]).current_dir(&web))
}

/// Installs the packages of web/package-lock.json where they are not yet.
pub(crate) fn npm_packages(web: &Path) -> Done {
    let has_npm = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !has_npm.is_ok_and(|s| s.success()) {
        return Err("npm is missing: it comes with Node.js (Debian: `apt-get install nodejs npm`, or https://nodejs.org)".into());
    }
    let (lock, made) = (web.join("package-lock.json"), web.join("node_modules/.package-lock.json"));
    let time = |p: &Path| p.metadata().and_then(|m| m.modified()).ok();
    if time(&made).is_some_and(|made| time(&lock).is_some_and(|lock| made >= lock)) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(web))
}

/// Builds wasm and glue into a folder.
fn wasm(folder: &Path, dev: bool) -> Done {
    let compiler = toolchain::ensure()?;
    let target = root().join("target/web");
    let profile = if dev { "web-dev" } else { "web" };
    let mut build =
        cargo(&["build", "-p", "wgflow-web", "--target", toolchain::TARGET, "--profile", profile]);
    build.env("CARGO_TARGET_DIR", &target);
    if let Some(c) = &compiler {
        build.env("RUSTC", c);
    }
    run(&mut build)?;
    let tool = bindgen(&target)?;
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    let module = target.join(toolchain::TARGET).join(profile).join("wgflow_web.wasm");
    run(Command::new(tool).arg(&module).arg(folder))?;
    if !dev {
        shrink(&folder.join("wgflow_web_bg.wasm"))?;
    }
    Ok(())
}

/// The program that writes the glue, built once.
fn bindgen(target: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let manifest = root().join("web/bindgen/Cargo.toml");
    let target = target.join("bindgen");
    let mut build = cargo(&["build", "--release", "--locked", "--manifest-path"]);
    run(build.arg(manifest).env("CARGO_TARGET_DIR", &target))?;
    Ok(target.join("release").join(format!("wgflow-bindgen{}", std::env::consts::EXE_SUFFIX)))
}

/// What rustc compiles for by default, and binaryen has to know.
const FEATURES: [&str; 9] = [
    "simd",
    "bulk-memory",
    "bulk-memory-opt",
    "sign-ext",
    "mutable-globals",
    "nontrapping-float-to-int",
    "reference-types",
    "multivalue",
    "extended-const",
];

fn shrink(module: &Path) -> Done {
    let small = module.with_extension("small");
    let tool = root().join("web/node_modules/binaryen/bin/wasm-opt");
    let mut c = Command::new("node");
    c.arg(tool).arg("-Oz").args(FEATURES.map(|f| format!("--enable-{f}"))).arg(module).arg("-o").arg(&small);
    run(&mut c)?;
    std::fs::rename(small, module)?;
    Ok(())
}
