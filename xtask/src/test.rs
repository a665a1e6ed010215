//! The tests, on every device.

use crate::drivers::{self, Driver};
use crate::shell::{Done, cargo, run, text};
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Builds and runs all tests: the suite once a device, unit tests, doc tests, the build of the examples.
///
/// Installs software Vulkan drivers where they are missing (`cargo xtask setup` does that alone). Ends with a table, and fails where any
/// test failed.
#[derive(clap::Args)]
pub(crate) struct Test {
    /// A device to run the suite on: cpu, lavapipe, swiftshader, gpu (the system's own adapter), or a part of an adapter's name. May be
    /// given several times. Without it cpu, lavapipe and swiftshader; where these drivers do not exist, cpu and gpu.
    #[arg(long, value_name = "NAME")]
    device: Vec<String>,
    /// The suite on the CPU alone; no doc tests, no examples.
    #[arg(long)]
    quick: bool,
    /// The npm package alone, in Node and Chromium.
    #[arg(long)]
    web: bool,
    /// Tests whose names hold one of these; all without any.
    filter: Vec<String>,
}

/// Installs what the tests need, without running them: software Vulkan drivers and the Vulkan loader.
#[derive(clap::Args)]
pub(crate) struct Setup {}

impl Setup {
    pub(crate) fn run(&self) -> Done {
        drivers::ensure(&needed(&default_devices()))
    }
}

/// One line of the table.
struct Line {
    name: String,
    passed: usize,
    failed: usize,
    seconds: f64,
    ok: bool,
}

/// A test program that cargo built.
struct Program {
    name: String,
    file: PathBuf,
    dir: PathBuf,
}

impl Test {
    pub(crate) fn run(&self) -> Done {
        let devices = match (self.quick, &self.device[..]) {
            (true, []) => vec!["cpu".into()],
            (false, []) => default_devices(),
            (_, named) => named.to_vec(),
        };
        drivers::ensure(&needed(&devices))?;
        let mut lines = vec![];
        if self.web {
            self.web_lines(&mut lines)?;
            return end(&lines);
        }
        let programs = build()?;
        if !self.quick {
            // As the suite itself builds them before it runs them.
            run(&mut cargo(&["build", "-p", "wgflow", "-p", "wgflow-tests", "--examples"]))?;
        }
        let (suites, units): (Vec<_>, Vec<_>) = programs.iter().partition(|p| p.name == "suite");
        for unit in units {
            let name = format!("unit tests of {}", unit.name);
            lines.push(self.report(name, Command::new(&unit.file).current_dir(&unit.dir))?);
        }
        for suite in suites {
            for device in &devices {
                lines.push(if device == "cpu" {
                    let mut c = suite_on(suite, device);
                    self.report(format!("suite on {device}"), &mut c)?
                } else {
                    self.report_each(suite, device)?
                });
            }
        }
        if !self.quick {
            let mut doc = cargo(&["test", "--quiet", "--doc", "--workspace", "--"]);
            lines.push(self.report("doc tests".into(), &mut doc)?);
        }
        if !self.quick {
            self.web_lines(&mut lines)?;
        }
        end(&lines)
    }

    /// The tests of the npm package.
    fn web_lines(&self, lines: &mut Vec<Line>) -> Done {
        for (name, mut c) in crate::web::test::programs()? {
            lines.push(self.report(name.into(), &mut c)?);
        }
        Ok(())
    }

    /// Runs a test program, shows what it prints, and counts.
    fn report(&self, name: String, c: &mut Command) -> Result<Line, Box<dyn Error>> {
        c.args(&self.filter);
        println!("\n== {name}\n$ {}", text(c));
        let start = Instant::now();
        let mut child = c.stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("no output")?;
        let (mut passed, mut failed) = (0, 0);
        for line in BufReader::new(out).lines() {
            let line = line?;
            if let Some((p, f)) = counts(&line) {
                (passed, failed) = (passed + p, failed + f);
            }
            println!("{line}");
        }
        let ok = child.wait()?.success();
        Ok(Line { name, passed, failed, seconds: start.elapsed().as_secs_f64(), ok })
    }

    /// Runs every test of the suite in a process of its own. Adapters need it: compiled kernels take memory as long as their process lives
    /// (gigabytes with SwiftShader), and a failed check of values is told by the next read of its device, whoever reads.
    fn report_each(&self, suite: &Program, device: &str) -> Result<Line, Box<dyn Error>> {
        let name = format!("suite on {device}");
        let jobs = std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_JOBS));
        println!("\n== {name}: every test in a process of its own, {jobs} at a time");
        let listed =
            suite_on(suite, device).args(&self.filter).args(["--list", "--format", "terse"]).output()?;
        let listed = String::from_utf8(listed.stdout)?;
        let tests: Vec<&str> = listed.lines().filter_map(|l| l.strip_suffix(": test")).collect();
        let start = Instant::now();
        let (next, passed, failed) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let work = || -> std::io::Result<()> {
            while let Some(test) = tests.get(next.fetch_add(1, Ordering::Relaxed)) {
                let began = Instant::now();
                let out = suite_on(suite, device).args(["--exact", test]).output()?;
                let seconds = began.elapsed().as_secs_f64();
                let text = String::from_utf8_lossy(&out.stdout);
                // A test that is marked to be ignored neither passed nor failed.
                let (p, f) = text.lines().find_map(counts).unwrap_or((0, 1));
                passed.fetch_add(p, Ordering::Relaxed);
                failed.fetch_add(f, Ordering::Relaxed);
                if out.status.success() {
                    println!("test {test} ... {} ({seconds:.1} s)", if p > 0 { "ok" } else { "ignored" });
                } else {
                    let log = String::from_utf8_lossy(&out.stderr);
                    println!("test {test} ... FAILED ({seconds:.1} s, {})\n{text}\n{log}", out.status);
                }
            }
            Ok(())
        };
        std::thread::scope(|s| {
            let threads: Vec<_> = (0..jobs).map(|_| s.spawn(work)).collect();
            threads
                .into_iter()
                .try_for_each(|t| t.join().unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into())))
        })?;
        let (passed, failed) = (passed.into_inner(), failed.into_inner());
        Ok(Line { name, passed, failed, seconds: start.elapsed().as_secs_f64(), ok: failed == 0 })
    }
}

/// Most tests that run at a time on an adapter: drivers use several threads themselves.
const MAX_JOBS: usize = 4;

/// The suite's program for a device.
fn suite_on(suite: &Program, device: &str) -> Command {
    let mut c = Command::new(&suite.file);
    c.current_dir(&suite.dir).env("WGFLOW_TEST_DEVICE", device);
    if let Some(icd) = Driver::of(device).and_then(Driver::icd) {
        c.env("VK_ICD_FILENAMES", icd);
    }
    c
}

/// Passed and failed of `test result: ok. 12 passed; 0 failed; ...`, or of `page (webgpu): 12 passed, 0 failed`.
fn counts(line: &str) -> Option<(usize, usize)> {
    if let Some((rest, failed)) = line.strip_suffix(" failed").and_then(|l| l.rsplit_once(" passed, ")) {
        let passed = rest.rsplit(' ').next()?;
        return Some((passed.parse().ok()?, failed.parse().ok()?));
    }
    let rest = line.strip_prefix("test result: ")?;
    let number =
        |what: &str| rest.split([';', '.']).find_map(|p| p.trim().strip_suffix(what)?.trim().parse().ok());
    Some((number("passed")?, number("failed")?))
}

fn default_devices() -> Vec<String> {
    let names: &[&str] =
        if cfg!(target_os = "linux") { &["cpu", "lavapipe", "swiftshader"] } else { &["cpu", "gpu"] };
    names.iter().map(|n| n.to_string()).collect()
}

fn needed(devices: &[String]) -> Vec<Driver> {
    devices.iter().filter_map(|d| Driver::of(d)).collect()
}

/// Builds all test programs, and says where they are.
fn build() -> Result<Vec<Program>, Box<dyn Error>> {
    let mut c = cargo(&["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]);
    println!("\n== build\n$ {}", text(&c));
    let out = c.stderr(Stdio::inherit()).output()?;
    if !out.status.success() {
        return Err("the tests do not build".into());
    }
    let mut programs = vec![];
    for line in out.stdout.split(|&b| b == b'\n').filter(|l| l.starts_with(b"{")) {
        let m: serde_json::Value = serde_json::from_slice(line)?;
        let text = |v: &serde_json::Value| v.as_str().map(str::to_string);
        if let (Some(file), Some(name), Some(manifest), Some(true)) = (
            text(&m["executable"]),
            text(&m["target"]["name"]),
            text(&m["manifest_path"]),
            m["profile"]["test"].as_bool(),
        ) {
            let dir = PathBuf::from(manifest).parent().map(PathBuf::from).unwrap_or_default();
            programs.push(Program { name, file: file.into(), dir });
        }
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

/// Prints the table, and is an error where a test failed.
fn end(lines: &[Line]) -> Done {
    print(lines);
    if lines.iter().all(|l| l.ok) { Ok(()) } else { Err("tests failed".into()) }
}

fn print(lines: &[Line]) {
    println!("\n{:<32}{:>8}{:>8}{:>10}", "", "passed", "failed", "seconds");
    for l in lines {
        let end = if l.ok { "" } else { "  FAILED" };
        println!("{:<32}{:>8}{:>8}{:>10.1}{end}", l.name, l.passed, l.failed, l.seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn results_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counts(line), Some((12, 3)));
        assert_eq!(counts("test a::b ... ok"), None);
        assert_eq!(counts("page (webgpu): 120 passed, 3 failed"), Some((120, 3)));
    }
}
