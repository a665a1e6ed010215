//! Rows of several programs, run in turns.

use super::programs::Program;
use super::rows::{Peer, Row, Unit, on_cpu};
use serde_json::{Value, json};
use std::error::Error;
use std::path::Path;
use std::process::Command;

type Found<T> = Result<T, Box<dyn Error>>;

/// The programs of a comparison.
pub(super) struct Programs {
    /// wgflow on the adapter.
    pub(super) ours: Program,
    /// wgflow on its CPU device.
    pub(super) ours_cpu: Option<Program>,
    pub(super) burn: Option<Program>,
    pub(super) tensorflow: Option<Program>,
}

/// One line of the result.
pub(super) fn line(work: &str, unit: &str, ours: f64, peer: Option<(f64, f64, &str)>) -> Value {
    let (peer, ratio, name) = peer.map_or((Value::Null, Value::Null, Value::Null), |(p, ratio, name)| {
        (json!(rounded(p)), json!(rounded(ratio)), json!(name))
    });
    json!({ "work": work, "unit": unit, "ours": rounded(ours), "peer": peer, "peer_name": name, "ratio": ratio })
}

/// Four digits that count.
fn rounded(v: f64) -> f64 {
    format!("{v:.3e}").parse().unwrap_or(v)
}

impl Programs {
    /// The figures of a row: medians of runs in turns.
    pub(super) fn row(&mut self, row: &Row, rounds: usize) -> Found<Value> {
        let expected = self.ours.ask(&format!("expect {}", row.command))?;
        let (ours, peer) = match row.peer {
            Peer::Burn => (Some(&mut self.ours), self.burn.as_mut()),
            Peer::Numpy => (Some(&mut self.ours), self.tensorflow.as_mut()),
            Peer::TensorFlow => (self.ours_cpu.as_mut(), self.tensorflow.as_mut()),
        };
        let Some(ours) = ours else { return Err("wgflow's CPU device is not running".into()) };
        let prepare = format!("prepare {}", row.command);
        let found = ours.ask(&prepare)?;
        if let Some(wrong) = wrong(&found, &expected) {
            return Err(format!("{}: wgflow is wrong: {wrong}", row.work).into());
        }
        let mut times = [vec![], vec![]];
        let Some(peer) = peer else {
            for _ in 0..rounds {
                times[0].push(seconds(ours)?);
            }
            ours.ask("drop")?;
            return Ok(line(&row.work, row.unit.name(), row.unit.of(median(&mut times[0])), None));
        };
        let name = match row.peer {
            Peer::Numpy => format!("numpy {}, two threads", peer.hello["numpy"].as_str().unwrap_or_default()),
            _ => peer.name(),
        };
        // A peer may fail where wgflow does not, or be wrong: that is told, and there is no ratio.
        let answer = peer.ask(&prepare);
        let failed = match &answer {
            Ok(found) => wrong(found, &expected),
            Err(e) => Some(e.to_string()),
        };
        for _ in 0..rounds {
            times[0].push(seconds(ours)?);
            if failed.is_none() {
                times[1].push(seconds(peer)?);
            }
        }
        ours.ask("drop")?;
        let us = median(&mut times[0]);
        if let Some(wrong) = failed {
            eprintln!("{}: {name}: {wrong}", row.work);
            return Ok(line(&row.work, row.unit.name(), row.unit.of(us), None));
        }
        peer.ask("drop")?;
        let them = median(&mut times[1]);
        let figures = Some((row.unit.of(them), them / us, name.as_str()));
        Ok(line(&row.work, row.unit.name(), row.unit.of(us), figures))
    }

    /// What wgflow's programs say of launches, memory and the host.
    pub(super) fn costs(&mut self) -> Found<Vec<Value>> {
        let mut lines = vec![];
        let on = [("", Some(&mut self.ours)), (", CPU device", self.ours_cpu.as_mut())];
        for (place, program) in on {
            let Some(program) = program else { continue };
            for c in program.ask("costs")?["costs"].as_array().into_iter().flatten() {
                let work = format!("{}{place}", c["work"].as_str().unwrap_or_default());
                let unit = c["unit"].as_str().unwrap_or_default();
                lines.push(line(&work, unit, c["ours"].as_f64().unwrap_or(f64::NAN), None));
            }
        }
        Ok(lines)
    }
}

fn seconds(p: &mut Program) -> Found<f64> {
    p.ask("run")?["seconds"].as_f64().ok_or_else(|| "a run without seconds".into())
}

fn median(v: &mut [f64]) -> f64 {
    v.sort_by(f64::total_cmp);
    let n = v.len();
    if n == 0 { f64::NAN } else { (v[(n - 1) / 2] + v[n / 2]) / 2.0 }
}

/// What is wrong with results, if anything.
fn wrong(found: &Value, expected: &Value) -> Option<String> {
    let numbers =
        |v: &Value| -> Vec<f64> { v.as_array().into_iter().flatten().filter_map(Value::as_f64).collect() };
    let (got, wanted) = (numbers(&found["probes"]), numbers(&expected["expected"]));
    let bound = expected["bound"].as_f64().unwrap_or(0.0);
    if got.len() != wanted.len() || wanted.is_empty() {
        return Some(format!("{} numbers, wanted {}", got.len(), wanted.len()));
    }
    let scale = wanted.iter().fold(f64::MIN_POSITIVE, |m, v| m.max(v.abs()));
    let off = |(g, w): (&f64, &f64)| (g - w).abs() / scale;
    let worst = got.iter().zip(&wanted).max_by(|a, b| off(*a).total_cmp(&off(*b)))?;
    (off(worst) > bound).then(|| format!("{} where {} is right", worst.0, worst.1))
}

/// First training steps in fresh processes whose caches are empty, in turns.
pub(super) fn first_steps(
    ours: &Path,
    device: &str,
    peer: Option<(&Path, &str)>,
    rounds: usize,
) -> Found<Vec<Value>> {
    let (mut times, mut kernels) = ([vec![], vec![]], [0.0, 0.0]);
    for _ in 0..rounds {
        let mut c = Command::new(ours);
        c.args(["--first", "--device", device]);
        kernels[0] = first_step(c, &mut times[0])?;
        if let Some((program, _)) = peer {
            let mut c = Command::new(program);
            c.arg("--first");
            kernels[1] = first_step(c, &mut times[1])?;
        }
    }
    let (us, them) = (median(&mut times[0]), median(&mut times[1]));
    let time = peer.map(|(_, name)| (them, them / us, name));
    let count = peer.map(|(_, name)| (kernels[1], kernels[1] / kernels[0], name));
    Ok(vec![
        line("CNN first step, caches empty", Unit::Seconds.name(), us, time),
        line("CNN first step, kernels", "kernels", kernels[0], count),
    ])
}

/// Runs a program's first step; returns how many kernels the driver keeps of it.
fn first_step(mut c: Command, times: &mut Vec<f64>) -> Found<f64> {
    let dir = std::env::temp_dir().join(format!("wgflow-first-{}", std::process::id()));
    std::fs::create_dir_all(&dir)?;
    for name in ["HOME", "XDG_CACHE_HOME", "MESA_SHADER_CACHE_DIR", "WGFLOW_HOME"] {
        c.env(name, &dir);
    }
    let mut program = Program::start(c)?;
    let answer = program.answer()?;
    times.push(answer["seconds"].as_f64().ok_or("a first step without seconds")?);
    let kept = files(&dir, 0)? as f64;
    std::fs::remove_dir_all(&dir)?;
    // Mesa keeps a file for each kernel; other drivers tell nothing, and wgflow counts its own.
    Ok(if kept > 0.0 { kept } else { answer["kernels"].as_f64().unwrap_or(f64::NAN) })
}

/// Files of Mesa's shader cache.
fn files(dir: &Path, depth: usize) -> Found<usize> {
    let mut n = 0;
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let hash =
            path.file_name().is_some_and(|f| f.to_string_lossy().chars().all(|c| c.is_ascii_hexdigit()));
        if path.is_dir() {
            n += files(&path, depth + 1)?;
        } else if depth > 0 && hash {
            n += 1;
        }
    }
    Ok(n)
}

/// Whether a row needs wgflow's CPU device.
pub(super) fn any_on_cpu(rows: &[Row]) -> bool {
    rows.iter().any(on_cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_results_are_told() {
        let expected = json!({ "expected": [1.0, -2.0], "bound": 1e-3 });
        assert_eq!(wrong(&json!({ "probes": [1.001, -2.0] }), &expected), None);
        let off = wrong(&json!({ "probes": [1.0, -2.1] }), &expected).expect("a difference");
        assert!(off.contains("-2.1") && off.contains("-2 is right"), "{off}");
        assert!(wrong(&json!({ "probes": [1.0] }), &expected).is_some());
        assert!(wrong(&json!({ "probes": ["nan", "nan"] }), &expected).is_some());
    }

    #[test]
    fn medians_do_not_depend_on_the_order() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(&mut []).is_nan());
    }

    #[test]
    fn a_ratio_above_one_is_a_faster_wgflow() {
        let l = line("add", "ms", 2.0, Some((3.0, 1.5, "other 1.0")));
        assert_eq!(l["ratio"], 1.5);
        assert_eq!(l["peer_name"], "other 1.0");
        assert!(line("add", "ms", 2.0, None)["ratio"].is_null());
    }
}
