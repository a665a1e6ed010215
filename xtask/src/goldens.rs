//! Golden values: the registry's cases, computed by a real TensorFlow.

use crate::json;
use serde_json::{Map, Value, json};
use std::error::Error;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use wgflow::ops;
use wgflow::tensor::{Attr, Case, Fill, Row, Truth};

/// Makes golden values: exports the cases of all registered ops and has tests/goldens/ops.py compute them with a real TensorFlow.
///
/// Needs Python with tensorflow 2.21, keras 3.15 and safetensors; WGFLOW_PYTHON names the interpreter (default: python3).
#[derive(clap::Args)]
pub(crate) struct Goldens {
    /// Seed of the inputs. Another seed makes fresh goldens, on which the tests must pass too.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the data go; point the tests at another place with WGFLOW_GOLDENS.
    #[arg(long, default_value = "tests/goldens/data")]
    out: PathBuf,
    /// Makes anew only the ops of these names and keeps what is there for all others.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Makes anew only these families.
    #[arg(long, value_name = "NAME")]
    family: Vec<String>,
}

impl Goldens {
    pub(crate) fn run(&self) -> Result<(), Box<dyn Error>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the workspace has no root")?;
        let known: Vec<&str> = ops::rows().map(|r| r.info.name).collect();
        if let Some(name) = self.only.iter().find(|n| !known.contains(&n.as_str())) {
            return Err(format!("--only: wanted the name of a registered op. Received: {name}").into());
        }
        let mut rows = vec![];
        for (family, list) in ops::families() {
            for row in list {
                let wanted = (self.only.is_empty() && self.family.is_empty())
                    || self.only.iter().any(|n| n == row.info.name)
                    || self.family.iter().any(|f| f == family);
                rows.push(export(family, row, wanted)?);
            }
        }
        let out =
            if self.out.is_absolute() { self.out.clone() } else { std::env::current_dir()?.join(&self.out) };
        std::fs::create_dir_all(&out)?;
        let cases = out.join("cases.json");
        std::fs::write(&cases, serde_json::to_vec(&json!({ "seed": self.seed, "rows": rows }))?)?;
        let python = std::env::var("WGFLOW_PYTHON").unwrap_or_else(|_| "python3".into());
        let script = |name: &str, args: &[&OsStr]| -> Result<(), Box<dyn Error>> {
            let status = Command::new(&python).arg(root.join("tests/goldens").join(name)).args(args).status();
            let status = status.map_err(|e| {
                format!("{python}: {e}; set WGFLOW_PYTHON to a Python that has tensorflow 2.21")
            })?;
            if status.success() { Ok(()) } else { Err(format!("tests/goldens/{name} failed").into()) }
        };
        let done = script("ops.py", &[cases.as_os_str(), out.as_os_str()]);
        std::fs::remove_file(&cases)?;
        done?;
        if self.only.is_empty() && self.family.is_empty() {
            script("printing.py", &[self.seed.to_string().as_ref(), out.as_os_str()])?;
            script("keras_parts.py", &[self.seed.to_string().as_ref(), out.as_os_str()])?;
            script("keras_models.py", &[self.seed.to_string().as_ref(), out.as_os_str()])?;
            script("keras_rnn.py", &[self.seed.to_string().as_ref(), out.as_os_str()])?;
            script("keras_attention.py", &[self.seed.to_string().as_ref(), out.as_os_str()])?;
            script("keras_mixed.py", &[self.seed.to_string().as_ref(), out.as_os_str()])?;
            script("applications.py", &[out.as_os_str()])?;
            script("control.py", &[out.join("control.json").as_os_str()])?;
        }
        Ok(())
    }
}

fn export(family: &str, row: &Row, wanted: bool) -> Result<Value, Box<dyn Error>> {
    let list = |cases: Vec<Case>| cases.iter().map(|c| export_case(row, c)).collect::<Vec<_>>();
    let (cases, errors) =
        if wanted { (list((row.cases)()), list((row.error_cases)())) } else { (vec![], vec![]) };
    Ok(json!({
        "family": family,
        "wanted": wanted,
        "name": row.info.name,
        "api": row.info.api,
        "truth": if row.info.truth == Truth::Raw { "raw" } else { "api" },
        "inputs": row.info.inputs,
        "variadic": row.info.variadic,
        "cases": cases,
        "errors": errors,
    }))
}

fn export_case(row: &Row, case: &Case) -> Value {
    let mut attrs = Map::new();
    for schema in (row.schema)() {
        if let Some(default) = schema.default.filter(|d| *d != Attr::None) {
            attrs.insert(schema.name.into(), json::attr(&default));
        }
    }
    for (name, value) in &case.attrs {
        if *value == Attr::None {
            attrs.remove(*name);
        } else {
            attrs.insert((*name).into(), json::attr(value));
        }
    }
    let inputs: Vec<Value> = case
        .inputs
        .iter()
        .map(|s| {
            let numbers = |v: &[f64]| v.iter().map(|v| json::number(*v)).collect::<Vec<Value>>();
            let (fill, args) = match &s.fill {
                Fill::Uniform(lo, hi) => ("uniform", numbers(&[*lo, *hi])),
                Fill::Distinct(lo, hi) => ("distinct", numbers(&[*lo, *hi])),
                Fill::Values(v) => ("values", numbers(v)),
                Fill::Strings(v) => ("strings", v.iter().map(|s| json!(s)).collect()),
            };
            json!({ "dtype": s.dtype.name(), "shape": s.shape.to_vec(), "fill": fill, "args": args })
        })
        .collect();
    json!({ "text": case.to_string(), "attrs": attrs, "inputs": inputs, "gradient": case.gradient })
}
