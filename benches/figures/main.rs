//! Figures of a device: what ops, kernels and training steps cost. `cargo xtask bench` runs it, beside other libraries if asked to.
//!
//! Without more it prints all figures, one JSON object a line. `--device NAME` as programs take it; `--rows TEXT` those rows whose name
//! contains the text; `--steps N` makes a long training run at the end, which must not grow anything; `--profile` tells the times of the
//! training step's kernels; `--host` what a replayed dispatch costs the host, and nothing else. `--serve` takes commands on standard
//! input (`prepare ROW`, `run`, `drop`, `expect ROW`, `costs`), each answered by one JSON object in a line. `--first` makes one training
//! step in a process that knows nothing, and ends.

mod by_hand;
#[path = "../../tests/src/costs.rs"]
#[expect(unreachable_pub, reason = "a module of the test suite's library, too")]
mod costs;
mod host;
#[path = "../../tests/src/operands.rs"]
#[expect(unreachable_pub, reason = "a module of the test suite's library, too")]
mod operands;
mod reference;
mod rows;

use operands::probes;
use rows::{Done, Row, Work};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Instant;
use wgflow::{Error, Result, config};

/// Least time of a run.
const RUN: f64 = 0.2;
/// Most calls of a run.
const CALLS: usize = 50;

/// Rows that are printed without more.
const ROWS: [&str; 10] = [
    "matmul 256",
    "matmul 512",
    "matmul 1024",
    "conv2d 32",
    "softmax 4096 1024",
    "gelu 24",
    "add 24",
    "sum 24",
    "cnn 64",
    "eager 200",
];

fn argument(name: &str) -> Option<String> {
    let mut args = std::env::args();
    args.find(|a| a == name)?;
    args.next()
}

fn main() -> Result<()> {
    if let Some(device) = argument("--device") {
        config::set_default_device(&device)?;
    }
    let flag = |name: &str| std::env::args().any(|a| a == name);
    say(&hello()?);
    if flag("--first") {
        return first();
    }
    if flag("--serve") {
        return serve();
    }
    if flag("--host") {
        host::replays()?.iter().for_each(say);
        return Ok(());
    }
    let wanted = argument("--rows").unwrap_or_default();
    for row in ROWS.iter().filter(|r| r.contains(&wanted)) {
        let mut prepared = Prepared::new(row)?;
        let off = compare(&prepared.row, &prepared.found)?;
        let seconds = (0..5).map(|_| prepared.run()).collect::<Result<Vec<f64>>>()?;
        let least = seconds.into_iter().fold(f64::INFINITY, f64::min);
        say(&json!({ "work": row, "unit": "s", "ours": least, "off": off }));
    }
    if wanted.is_empty() {
        host::costs()?.iter().for_each(say);
        by_hand::costs()?.iter().for_each(say);
    }
    if flag("--profile") {
        host::profile()?;
    }
    match argument("--steps").and_then(|n| n.parse().ok()) {
        Some(steps) => host::growth(steps),
        None => Ok(()),
    }
}

fn say(v: &Value) {
    println!("{v}");
    // A reader that is gone is no fault of the figures.
    let _ = std::io::stdout().flush();
}

/// What runs here.
fn hello() -> Result<Value> {
    let device = config::current_device()?;
    let (adapter, driver) = match device.caps() {
        Some(c) => (c.name.clone(), format!("{} {}", c.driver, c.driver_info)),
        None => ("the CPU device".to_string(), String::new()),
    };
    Ok(json!({
        "name": "wgflow",
        "version": env!("CARGO_PKG_VERSION"),
        "adapter": adapter,
        "driver": driver,
        "software": device.caps().is_none_or(|c| c.is_software()),
    }))
}

/// A row whose work has run.
struct Prepared {
    row: Row,
    work: Work,
    /// How many calls make a run.
    calls: usize,
    /// The numbers that are compared.
    found: Vec<f64>,
    /// Seconds of the first call.
    first: f64,
}

impl Prepared {
    fn new(name: &str) -> Result<Self> {
        let row = Row::parse(name)?;
        let mut work = row.work()?;
        let start = Instant::now();
        let found = match work()? {
            Done::Values(v) => v,
            Done::Tensor(t) => {
                let all = t.cast(wgflow::DType::Float32)?.to_vec::<f32>()?;
                probes(row.len()?).into_iter().map(|i| f64::from(all[i])).collect()
            }
        };
        let first = start.elapsed().as_secs_f64();
        let mut prepared = Prepared { row, work, calls: 1, found, first };
        for _ in 0..3 {
            prepared.calls = ((RUN / prepared.run()?).ceil() as usize).clamp(1, CALLS);
        }
        Ok(prepared)
    }

    /// Seconds of one call. Results are held until they are there, and each call is waited for: several calls at once with the same
    /// operands could be found to be the same work.
    fn run(&mut self) -> Result<f64> {
        let device = config::current_device()?;
        let start = Instant::now();
        for _ in 0..self.calls {
            let held = (self.work)()?;
            device.sync()?;
            drop(held);
        }
        Ok(start.elapsed().as_secs_f64() / self.calls as f64)
    }
}

/// How far results are from what they must be, in units of the bound.
fn compare(row: &Row, found: &[f64]) -> Result<f64> {
    let expected = reference::expected(row)?;
    let scale = expected.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let off = expected.iter().zip(found).fold(0.0, |m: f64, (e, f)| m.max((e - f).abs()));
    let off = off / scale / reference::bound(row);
    let fits = expected.len() == found.len() && off <= 1.0;
    if fits {
        Ok(off)
    } else {
        Err(Error::internal("bench", format_args!("{}: off by {off} bounds", row.kind)))
    }
}

fn serve() -> Result<()> {
    let mut prepared: Option<Prepared> = None;
    for line in std::io::stdin().lines().map_while(std::io::Result::ok) {
        let (command, row) = line.split_once(' ').unwrap_or((&line, ""));
        let answer = match (command, &mut prepared) {
            ("prepare", _) => {
                // What was prepared before gives its memory back first.
                prepared = None;
                Prepared::new(row).map(|p| {
                    let said = json!({ "probes": p.found, "first": p.first });
                    prepared = Some(p);
                    said
                })
            }
            ("run", Some(p)) => p.run().map(|s| json!({ "seconds": s })),
            ("expect", _) => Row::parse(row).and_then(|r| {
                Ok(json!({ "expected": reference::expected(&r)?, "bound": reference::bound(&r) }))
            }),
            ("costs", _) => host::costs().map(|c| json!({ "costs": c })),
            ("drop", _) => {
                prepared = None;
                Ok(json!({ "dropped": true }))
            }
            _ => Err(Error::invalid("bench", "command", "prepare, run, expect, costs or drop", &line)),
        };
        say(&answer.unwrap_or_else(|e| json!({ "error": e.to_string() })));
    }
    Ok(())
}

/// One training step, with all that comes before it: kernels are written, compiled and tuned.
fn first() -> Result<()> {
    let mut step = rows::steps(64)?;
    let device = config::current_device()?;
    let before = device.stats().pipelines_created;
    let start = Instant::now();
    step()?;
    let seconds = start.elapsed().as_secs_f64();
    say(&json!({ "seconds": seconds, "kernels": device.stats().pipelines_created - before }));
    Ok(())
}
