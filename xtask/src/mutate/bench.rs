//! A copy of the project in which one thing is wrong at a time.

use super::find::Mutant;
use crate::shell::{Done, cargo, root};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How a mutant ended.
pub(crate) enum Outcome {
    /// The test that failed first.
    Caught(String),
    /// It does not compile, so it is none.
    NoProgram,
    Survived,
}

/// The copy, and the device its tests run on.
pub(crate) struct Bench {
    tree: PathBuf,
    target: PathBuf,
    device: String,
    icd: Option<PathBuf>,
    suite: PathBuf,
    /// Tests that fail without any mutant.
    broken: Vec<String>,
    /// Longest run, so that endless loops end.
    limit: Duration,
}

/// The environment variable that tells the copy where its shaders lie.
const SHADERS: &str = "WGFLOW_MUTATED_SHADERS";

impl Bench {
    /// Copies the project to `place` and builds its tests there.
    pub(crate) fn new(place: &Path, device: &str, icd: Option<PathBuf>) -> Result<Bench, Box<dyn Error>> {
        let (tree, target) = (place.join("tree"), place.join("target"));
        if tree.exists() {
            std::fs::remove_dir_all(&tree)?;
        }
        std::fs::create_dir_all(&tree)?;
        for part in [
            "Cargo.toml",
            "Cargo.lock",
            ".cargo",
            "README.md",
            "src",
            "shaders",
            "data",
            "tests",
            "xtask",
            "examples",
            "benches",
        ] {
            copy(&root().join(part), &tree.join(part))?;
        }
        let mut bench = Bench {
            tree,
            target,
            device: device.into(),
            icd,
            suite: PathBuf::new(),
            broken: vec![],
            limit: Duration::from_secs(1200),
        };
        bench.read_shaders_at_run_time()?;
        bench.suite = bench.build()?.map_err(|log| format!("the copy does not build:\n{log}"))?;
        let start = Instant::now();
        while let Some(test) = bench.first_failure()? {
            if bench.broken.len() == 20 {
                return Err("more than 20 tests fail without a mutant".into());
            }
            println!("without a mutant already fails, and is left out: {test}");
            bench.broken.push(test);
        }
        bench.limit = start.elapsed() * 4 + Duration::from_secs(30);
        Ok(bench)
    }

    /// Puts the mutant in, runs the tests up to the first failure, takes it out.
    pub(crate) fn run(&mut self, m: &Mutant) -> Result<Outcome, Box<dyn Error>> {
        let path = self.tree.join(&m.file);
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, m.apply(&text))?;
        let built = if m.file.ends_with(".wgsl") { Some(self.suite.clone()) } else { self.build()?.ok() };
        let outcome = match built {
            None => Outcome::NoProgram,
            Some(suite) => {
                self.suite = suite;
                self.first_failure()?.map_or(Outcome::Survived, Outcome::Caught)
            }
        };
        std::fs::write(&path, text)?;
        Ok(outcome)
    }

    /// The library compiles its shaders in. The copy reads them when it runs, so that a mutant of a shader needs no build.
    fn read_shaders_at_run_time(&self) -> Done {
        let path = self.tree.join("src/compiler/shader_lib.rs");
        let text = std::fs::read_to_string(&path)?;
        let (head, rest) =
            text.split_once("const FILES: &[&str] = &[").ok_or("shader_lib.rs lists no FILES")?;
        let (list, tail) = rest.split_once("];").ok_or("shader_lib.rs lists no FILES")?;
        let list = list.replace("include_str!(\"../../", "from_disk(\"");
        let changed = format!(
            "{head}static FILES: LazyLock<Vec<&'static str>> = LazyLock::new(|| vec![{list}]);\n\n\
             fn from_disk(name: &str) -> &'static str {{\n    \
                 let path = std::path::Path::new(&std::env::var_os(\"{SHADERS}\").expect(\"{SHADERS}\")).join(name);\n    \
                 std::fs::read_to_string(path).expect(\"a shader\").leak()\n}}\n{tail}"
        );
        Ok(std::fs::write(&path, changed)?)
    }

    /// The suite's program; what cargo says where it does not compile.
    fn build(&self) -> Result<Result<PathBuf, String>, Box<dyn Error>> {
        let mut c = cargo(&[
            "test",
            "-p",
            "wgflow-tests",
            "--test",
            "suite",
            "--no-run",
            "--message-format=json-render-diagnostics",
        ]);
        c.env("CARGO_TARGET_DIR", &self.target).env(SHADERS, &self.tree).current_dir(&self.tree);
        let out = c.output()?;
        let lines = out.stdout.split(|&b| b == b'\n').filter(|l| l.starts_with(b"{"));
        let mut programs = lines.filter_map(|l| {
            let m: serde_json::Value = serde_json::from_slice(l).ok()?;
            (m["target"]["name"] == "suite").then(|| m["executable"].as_str().map(PathBuf::from))?
        });
        let built = programs.next_back().filter(|_| out.status.success());
        Ok(built.ok_or_else(|| String::from_utf8_lossy(&out.stderr).into_owned()))
    }

    /// Runs the suite, the mathematics first since it is fast, up to the first failure.
    fn first_failure(&self) -> Result<Option<String>, Box<dyn Error>> {
        let start = Instant::now();
        for args in [["math::", "--skip", "nothing"], ["", "--skip", "math::"]] {
            let mut c = Command::new(&self.suite);
            c.args(args.iter().filter(|a| !a.is_empty())).current_dir(self.tree.join("tests"));
            // They would build the copy once more, and only show what other tests check.
            c.args(["--skip", "examples::"]);
            for test in &self.broken {
                c.args(["--skip", test]);
            }
            c.env("WGFLOW_TEST_DEVICE", &self.device).env(SHADERS, &self.tree);
            if self.device != "cpu" {
                c.env("RUST_TEST_THREADS", "1");
            }
            if let Some(icd) = &self.icd {
                c.env("VK_ICD_FILENAMES", icd);
            }
            let child = c.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
            if let Some(test) = watch(child, start + self.limit)? {
                return Ok(Some(test));
            }
        }
        Ok(None)
    }
}

/// The first test that fails, or what else went wrong; the program is ended then.
fn watch(mut child: Child, until: Instant) -> Result<Option<String>, Box<dyn Error>> {
    let out = child.stdout.take().ok_or("no output")?;
    let (send, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        BufReader::new(out).lines().map_while(Result::ok).for_each(|l| drop(send.send(l)));
    });
    let mut last = String::new();
    loop {
        match lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Some(name) = line.strip_prefix("test ").and_then(|l| l.strip_suffix(" ... FAILED")) {
                    child.kill()?;
                    child.wait()?;
                    return Ok(Some(name.into()));
                }
                last = line;
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                return Ok(Some("no end within the time".into()));
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    let status = child.wait()?;
    Ok((!status.success()).then(|| format!("the end of the program ({status}) after: {last}")))
}

fn copy(from: &Path, to: &Path) -> Done {
    if from.is_dir() {
        std::fs::create_dir_all(to)?;
        for entry in std::fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else if from.exists() {
        std::fs::copy(from, to).map_err(|e| format!("{} to {}: {e}", from.display(), to.display()))?;
    }
    Ok(())
}
