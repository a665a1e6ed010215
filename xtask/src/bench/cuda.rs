//! What an NVIDIA card could give: its peak, and cuBLAS where it is.

use super::compare::line;
use crate::shell::root;
use serde_json::Value;
use std::error::Error;
use std::process::Command;

/// Figures of the card, or a word on what is missing.
pub(super) fn lines() -> Result<Vec<Value>, Box<dyn Error>> {
    let python = std::env::var_os("WGFLOW_TF_PYTHON").unwrap_or_else(|| "python3".into());
    let out = Command::new(&python).arg(root().join("benches/peers/cuda.py")).output();
    let out = match out {
        Ok(out) if out.status.success() => String::from_utf8(out.stdout)?,
        Ok(out) => {
            eprintln!("benches/peers/cuda.py: {}", String::from_utf8_lossy(&out.stderr));
            return Ok(vec![]);
        }
        Err(e) => {
            eprintln!("benches/peers/cuda.py: {}: {e}", python.to_string_lossy());
            return Ok(vec![]);
        }
    };
    let mut found = vec![];
    for said in out.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok()) {
        match (said["work"].as_str(), said["value"].as_f64()) {
            (Some(work), Some(value)) => {
                found.push(line(work, said["unit"].as_str().unwrap_or_default(), value, None));
            }
            _ => eprintln!("{}", said["missing"].as_str().unwrap_or_default()),
        }
    }
    Ok(found)
}
