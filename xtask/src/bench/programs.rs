//! The programs that compute the rows: built, started, asked.

use crate::shell::{cargo, root, run, text};
use serde_json::Value;
use std::error::Error;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

type Found<T> = Result<T, Box<dyn Error>>;

/// A program that stays and answers commands.
pub(super) struct Program {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    /// What it said of itself.
    pub(super) hello: Value,
}

impl Program {
    pub(super) fn start(mut c: Command) -> Found<Self> {
        let said = text(&c);
        let mut child =
            c.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|e| format!("{said}: {e}"))?;
        let stdin = child.stdin.take().ok_or("no standard input")?;
        let stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut program = Program { child, stdin, stdout, hello: Value::Null };
        program.hello = program.answer()?;
        Ok(program)
    }

    /// Name and version.
    pub(super) fn name(&self) -> String {
        let word = |key: &str| self.hello[key].as_str().unwrap_or_default().to_string();
        format!("{} {}", word("name"), word("version"))
    }

    pub(super) fn ask(&mut self, command: &str) -> Found<Value> {
        writeln!(self.stdin, "{command}")?;
        self.stdin.flush()?;
        let answer = self.answer().map_err(|e| format!("{}, {command}: {e}", self.name()))?;
        match answer["error"].as_str() {
            Some(e) => Err(format!("{}, {command}: {e}", self.name()).into()),
            None => Ok(answer),
        }
    }

    /// The next line that is a JSON object; drivers print others.
    pub(super) fn answer(&mut self) -> Found<Value> {
        loop {
            let mut line = String::new();
            if self.stdout.read_line(&mut line)? == 0 {
                return Err(format!("ended with {}", self.child.wait()?).into());
            }
            if line.starts_with('{') {
                return Ok(serde_json::from_str(&line)?);
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Asked to end by the end of its input; what does not is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where programs of others are built and installed, outside the workspace.
pub(super) fn peers_directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let target = if target.is_absolute() { target } else { root().join(target) };
    target.join("peers")
}

/// Builds wgflow's figures.
pub(super) fn figures() -> Found<PathBuf> {
    built(&mut cargo(&[
        "bench",
        "--bench",
        "figures",
        "--no-run",
        "--message-format",
        "json-render-diagnostics",
    ]))
}

/// Builds burn's program, with cargo's usual profile, whatever is set for wgflow.
pub(super) fn burn() -> Found<PathBuf> {
    let manifest = root().join("benches/peers/burn/Cargo.toml");
    let mut c = cargo(&["build", "--release", "--locked", "--message-format", "json-render-diagnostics"]);
    c.arg("--manifest-path").arg(manifest).env("CARGO_TARGET_DIR", peers_directory());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PROFILE_") {
            c.env_remove(name);
        }
    }
    built(&mut c)
}

/// Runs cargo and finds the program that it built.
fn built(c: &mut Command) -> Found<PathBuf> {
    eprintln!("$ {}", text(c));
    let out = c.stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err(format!("`{}` failed ({})", text(c), out.status).into());
    }
    let messages = String::from_utf8_lossy(&out.stdout);
    let found = messages.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let executables: Vec<String> =
        found.filter_map(|m| m["executable"].as_str().map(str::to_string)).collect();
    Ok(executables.last().ok_or("cargo built no program")?.into())
}

/// A Python with TensorFlow: `WGFLOW_TF_PYTHON`, or one made here.
pub(super) fn python() -> Found<OsString> {
    if let Some(python) = std::env::var_os("WGFLOW_TF_PYTHON") {
        return Ok(python);
    }
    let venv = peers_directory().join("tensorflow");
    let python = venv.join("bin/python");
    let has = |p: &Path| {
        let tried = Command::new(p).args(["-c", "import tensorflow"]).stderr(Stdio::null()).status();
        tried.is_ok_and(|s| s.success())
    };
    if !has(&python) {
        run(Command::new("python3").arg("-m").arg("venv").arg(&venv))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "tensorflow==2.21.*"]))?;
    }
    Ok(python.into())
}
