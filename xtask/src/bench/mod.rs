//! `cargo xtask bench`: figures of this machine, alone or beside other libraries.

mod chart;
mod compare;
mod cuda;
mod programs;
mod rows;

use crate::shell::{Done, cargo, run};
use clap::{Args, ValueEnum};
use compare::{Programs, any_on_cpu, first_steps};
use programs::Program;
use rows::Row;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Prints what kernels, eager ops and training steps cost here; with --peers beside burn on the same adapter and TensorFlow on the CPU.
///
/// All programs stay resident and run in turns; figures are medians. Results are compared with f64 before they are timed. burn is built,
/// and TensorFlow installed, under target/peers; WGFLOW_TF_PYTHON names a Python that has TensorFlow already.
#[derive(Args)]
pub(crate) struct Bench {
    /// `web`: the npm package beside TensorFlow.js, in one page of Chromium.
    #[arg(value_parser = ["web"])]
    place: Option<String>,
    /// Device: auto, cpu, gpu, or a part of an adapter's name. With --peers it must be an adapter: gpu by default.
    #[arg(long)]
    device: Option<String>,
    /// Runs the other libraries, too.
    #[arg(long)]
    peers: bool,
    /// Prints one JSON object a line: work, unit, ours, peer, peer_name, ratio. A ratio above 1 says that wgflow is faster.
    #[arg(long)]
    json: bool,
    /// Only rows whose name contains the text.
    #[arg(long, default_value = "")]
    rows: String,
    /// Runs of each program a row.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// First training steps of each program; each is a process whose caches are empty.
    #[arg(long, default_value_t = 1)]
    first: usize,
    /// Sizes for a software adapter or for a GPU; those that fit the adapter by default.
    #[arg(long)]
    sizes: Option<Sizes>,
    /// Steps of a long training run at the end, which must not grow anything.
    #[arg(long, default_value_t = 0)]
    steps: usize,
    /// Draws the ratios into an SVG file.
    #[arg(long, value_name = "FILE")]
    chart: Option<PathBuf>,
    /// Runs nothing, and reads lines that --json wrote.
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Sizes {
    Software,
    Gpu,
}

impl Bench {
    pub(crate) fn run(self) -> Done {
        if self.place.is_some() {
            return crate::web::bench::run_in_page(self.json, self.rounds, &self.rows);
        }
        let lines = match &self.from {
            Some(file) => read(file)?,
            None => self.measured()?,
        };
        if !self.json {
            print!("{}", table(&lines));
        }
        if let Some(file) = &self.chart {
            std::fs::write(file, chart::svg(&lines, &goals()))?;
        }
        if self.steps > 0 {
            let (device, steps) = (self.device(), self.steps.to_string());
            let args = [
                "bench", "--bench", "figures", "--", "--rows", "none", "--device", &device, "--steps", &steps,
            ];
            run(&mut cargo(&args))?;
        }
        Ok(())
    }

    fn device(&self) -> String {
        let usual = if self.peers { "gpu" } else { "auto" };
        self.device.clone().unwrap_or_else(|| usual.into())
    }

    /// Runs everything; a line is printed as soon as it is there.
    fn measured(&self) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
        let figures = programs::figures()?;
        let burn = if self.peers { Some(programs::burn()?) } else { None };
        let device = self.device();
        let serve = |device: &str| {
            let mut c = Command::new(&figures);
            c.args(["--serve", "--device", device]);
            Program::start(c)
        };
        let ours = serve(&device)?;
        let software = ours.hello["software"].as_bool().unwrap_or(true);
        let sizes = self.sizes.unwrap_or(if software { Sizes::Software } else { Sizes::Gpu });
        let mut rows = if sizes == Sizes::Software { rows::software() } else { rows::hardware() };
        rows.retain(|r| r.work.contains(&self.rows));
        let start_burn = |program: &PathBuf| {
            let mut c = Command::new(program);
            c.env("WGFLOW_PEER_DEVICE", if software { "cpu" } else { "gpu" });
            Program::start(c)
        };
        let burn_runs = burn.as_ref().map(start_burn).transpose()?;
        let tensorflow = if self.peers && rows.iter().any(|r| r.peer != rows::Peer::Burn) {
            let mut c = Command::new(programs::python()?);
            c.arg(crate::shell::root().join("benches/peers/tensorflow_cpu.py"));
            Some(Program::start(c)?)
        } else {
            None
        };
        let ours_cpu = if any_on_cpu(&rows) { Some(serve("cpu")?) } else { None };
        let mut all = Programs { ours, ours_cpu, burn: burn_runs, tensorflow };
        introduce(&all)?;
        let mut lines = vec![];
        let mut found = |more: Vec<Value>, json: bool| {
            more.iter().filter(|_| json).for_each(|l| println!("{}", compare::printed(l)));
            lines.extend(more);
        };
        for row in &rows {
            eprintln!("{} ...", row.work);
            found(vec![all.row(row, self.rounds)?], self.json);
        }
        if self.rows.is_empty() {
            found(all.costs()?, self.json);
            let name = all.burn.as_ref().map(Program::name);
            // Nothing else may run beside first steps.
            drop(all);
            let peer = burn.as_deref().zip(name.as_deref());
            if self.first > 0 && device != "cpu" {
                eprintln!("CNN first step ...");
                found(first_steps(&figures, &device, peer, self.first)?, self.json);
            }
            if sizes == Sizes::Gpu {
                found(cuda::lines()?, self.json);
            }
        }
        Ok(lines)
    }
}

/// Says who runs where. Both sides must use one adapter.
fn introduce(all: &Programs) -> Done {
    let programs = [Some(&all.ours), all.ours_cpu.as_ref(), all.burn.as_ref(), all.tensorflow.as_ref()];
    for p in programs.into_iter().flatten() {
        let word = |key: &str| p.hello[key].as_str().unwrap_or_default().to_string();
        eprintln!("{} on {} {}", p.name(), word("adapter"), word("driver"));
    }
    let Some(burn) = &all.burn else { return Ok(()) };
    let (ours, theirs) = (&all.ours.hello["adapter"], &burn.hello["adapter"]);
    if ours == theirs {
        return Ok(());
    }
    Err(format!(
        "wgflow is on {ours}, burn on {theirs}: wanted one adapter; VK_ICD_FILENAMES chooses the driver"
    )
    .into())
}

fn goals() -> Vec<Row> {
    let mut all = rows::software();
    all.extend(rows::hardware());
    all
}

fn read(file: &Path) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    Ok(text.lines().filter(|l| l.starts_with('{')).map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// Lines as a table.
fn table(lines: &[Value]) -> String {
    let goals = goals();
    let number = |v: &Value| v.as_f64().map_or("-".to_string(), |v| format!("{v}"));
    let mut text = format!(
        "{:<42} {:>9} {:>10} {:>10} {:>7} {:>6}  {}\n",
        "work", "unit", "ours", "peer", "ratio", "goal", "peer's name"
    );
    for l in lines {
        let word = |key: &str| l[key].as_str().unwrap_or_default();
        let goal = goals.iter().find(|r| r.work == word("work")).map(|r| r.goal);
        let goal = goal.or_else(|| first_goal(word("work"))).filter(|_| !l["ratio"].is_null());
        text += &format!(
            "{:<42} {:>9} {:>10} {:>10} {:>7} {:>6}  {}\n",
            word("work"),
            word("unit"),
            number(&l["ours"]),
            number(&l["peer"]),
            number(&l["ratio"]),
            goal.map_or(String::new(), |g| g.to_string()),
            word("peer_name")
        );
    }
    text
}

/// The ratio that is aimed at in a first step.
fn first_goal(work: &str) -> Option<f64> {
    (work == "CNN first step, caches empty").then_some(8.0)
}
