//! Picks that are found by trials, and remembered.

use super::table::Table;
use super::trial;
use crate::compiler::codegen::{CodegenRules, Variant};
use crate::compiler::kernel::Kernel;
use crate::error::Result;
use crate::runtime::{Caps, Device, Gpu};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::{Duration, Instant};

/// Longest time that trials may take for an adapter in one process. Software drivers take theirs over compiling.
const BUDGET: Duration = Duration::from_secs(20);
const SOFTWARE_BUDGET: Duration = Duration::from_millis(1500);

/// The picks for one adapter.
struct Picks {
    table: Table,
    spent: Duration,
}

/// Picks by the name of the table.
static PICKS: LazyLock<Mutex<HashMap<String, Picks>>> = LazyLock::new(Mutex::default);

/// What a table is for: the adapter, its driver, this version and how kernels are written.
fn name_of(caps: &Caps, rules: &CodegenRules) -> String {
    let Caps { name, driver, driver_info, backend, .. } = caps;
    let version = env!("CARGO_PKG_VERSION");
    let name = format!(
        "{name} | {driver} {driver_info} | {backend} | wgflow {version} | {:?} {}",
        rules.family, rules.subgroup
    );
    name.replace(['\n', '\r'], " ")
}

/// The fastest way to write a kernel: from the table, else by trials, else (`None`) the usual one.
pub(super) fn pick(
    device: &Device,
    gpu: &Arc<Gpu>,
    k: &Kernel,
    rules: &CodegenRules,
    class: String,
    all: &[Variant],
) -> Result<Option<Variant>> {
    let caps = gpu.caps();
    let name = name_of(caps, rules);
    // Held while trials run, so that they do not time each other.
    let mut picks = crate::lock(&PICKS);
    let mine = picks
        .entry(name.clone())
        .or_insert_with(|| Picks { table: Table::read(&name), spent: Duration::ZERO });
    if let Some(picked) = mine.table.get(&class) {
        return Ok(Some(picked).filter(|v| all.contains(v)));
    }
    let budget = if caps.is_software() { SOFTWARE_BUDGET } else { BUDGET };
    let left = budget.saturating_sub(mine.spent);
    if all.len() < 2 || left.is_zero() {
        return Ok(None);
    }
    let start = Instant::now();
    let best = trial::fastest(device, gpu, k, rules, all, left)?;
    mine.spent += start.elapsed();
    let Some(best) = best else { return Ok(None) };
    log::info!("{class}: {best}, of {} in {:.0?}", all.len(), start.elapsed());
    mine.table.add(class, best);
    Ok(Some(best))
}

/// The pick of the table, if there is one yet.
pub(super) fn known(caps: &Caps, rules: &CodegenRules, class: &str) -> Option<Variant> {
    let name = name_of(caps, rules);
    let mut picks = crate::lock(&PICKS);
    let read = || Picks { table: Table::read(&name), spent: Duration::ZERO };
    picks.entry(name.clone()).or_insert_with(read).table.get(class)
}
