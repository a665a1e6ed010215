//! Recipes on devices: op by op the first time, compiled as a whole when they come again.

use super::recipe::{Operand, Recipe, Step};
use crate::error::{ErrorKind, Result};
use crate::exec::{Arg, Executable, target_of};
use crate::runtime::{Buffer, Cache, Device};
use crate::tensor::engine;
use rustc_hash::FxHasher;
use std::hash::Hasher;
use std::sync::{Arc, LazyLock, Mutex};

/// Pipelines that one run of calls makes for a recipe; until it has all of them, the recipe runs op by op.
const NEW_PIPELINES: usize = 16;

/// Recipes that are remembered, and compiled ones.
const SEEN: usize = 16384;
const COMPILED: usize = 512;

/// What eager execution did, since the start of the process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EagerStats {
    /// Runs of calls that ended because a value was needed, or because they were long.
    pub segments: u64,
    /// Of these, how many ran op by op: those of one op, and those that were new.
    pub op_by_op: u64,
    /// How many were compiled.
    pub compiled: u64,
    /// Compiled ones that are kept.
    pub kept: usize,
}

struct Programs {
    /// Recipes that came once, by hash.
    seen: Cache<u64, ()>,
    /// Those that came again; none where they cannot be compiled.
    compiled: Cache<Box<[u64]>, Option<Arc<Executable>>>,
    stats: EagerStats,
}

static PROGRAMS: LazyLock<Mutex<Programs>> = LazyLock::new(|| {
    let (seen, compiled) = (Cache::new(SEEN), Cache::new(COMPILED));
    Mutex::new(Programs { seen, compiled, stats: EagerStats::default() })
});

/// What eager execution did, since the start of the process.
pub fn eager_stats() -> EagerStats {
    let p = crate::lock(&PROGRAMS);
    EagerStats { kept: p.compiled.len(), ..p.stats }
}

/// The values of the wanted results, or why they could not be had.
pub(super) fn run(device: &Device, recipe: &Recipe<'_>) -> Vec<Result<Buffer>> {
    if let Some(executable) = executable(device, recipe)
        && let Ok(args) = recipe.sources.iter().map(|s| s.arg.clone()).collect::<Result<Vec<Arg>>>()
    {
        match executable.run(device, args) {
            Ok(buffers) => return buffers.into_iter().map(Ok).collect(),
            // Op by op less is held at a time, and it shows which op it is.
            Err(e) if e.kind() == ErrorKind::ResourceExhausted => {}
            Err(e) => {
                let e = e.context(format!("{} on {}", recipe.label(), device.name()));
                return recipe.wanted.iter().map(|_| Err(e.clone())).collect();
            }
        }
    }
    op_by_op(device, recipe)
}

/// The compiled form of a recipe that came before, once all of it is ready.
fn executable(device: &Device, recipe: &Recipe<'_>) -> Option<Arc<Executable>> {
    let found = compiled(device, recipe)?;
    if found.warm_up(device, NEW_PIPELINES).is_ok_and(|ready| ready) {
        return Some(found);
    }
    crate::lock(&PROGRAMS).stats.op_by_op += 1;
    None
}

fn compiled(device: &Device, recipe: &Recipe<'_>) -> Option<Arc<Executable>> {
    let mut h = FxHasher::default();
    recipe.words.iter().for_each(|&w| h.write_u64(w));
    let hash = h.finish();
    {
        let mut programs = crate::lock(&PROGRAMS);
        programs.stats.segments += 1;
        if recipe.steps.len() < 2 {
            programs.stats.op_by_op += 1;
            return None;
        }
        if let Some(known) = programs.compiled.get(&recipe.words[..]) {
            return known.clone();
        }
        if programs.seen.get(&hash).is_none() {
            programs.seen.insert(hash, ());
            programs.stats.op_by_op += 1;
            return None;
        }
        programs.stats.compiled += 1;
    }
    // Compiled without the lock: it takes a while.
    let scalars: Vec<bool> = recipe.sources.iter().map(|s| s.is_scalar()).collect();
    let made = recipe.graph().and_then(|g| Executable::new(&g, &target_of(device), &scalars));
    let made = match made {
        Ok(e) => Some(Arc::new(e)),
        Err(e) => {
            log::debug!("{} run op by op: {e}", recipe.label());
            None
        }
    };
    crate::lock(&PROGRAMS).compiled.insert(recipe.words.as_slice().into(), made.clone());
    made
}

/// Runs a recipe step by step, each by its own kernels.
fn op_by_op(device: &Device, recipe: &Recipe<'_>) -> Vec<Result<Buffer>> {
    let mut last_use = vec![0; recipe.steps.len()];
    for (k, step) in recipe.steps.iter().enumerate() {
        step.operands.iter().for_each(|o| {
            if let Operand::Result(r) = o {
                last_use[r.call as usize] = k;
            }
        });
    }
    recipe.wanted.iter().for_each(|w| last_use[w.call as usize] = usize::MAX);
    let mut results: Vec<Result<Vec<Buffer>>> = Vec::with_capacity(recipe.steps.len());
    for (k, step) in recipe.steps.iter().enumerate() {
        results.push(run_step(device, step, recipe, &results));
        for o in &step.operands {
            if let Operand::Result(r) = o
                && last_use[r.call as usize] == k
            {
                results[r.call as usize] = Ok(vec![]);
            }
        }
    }
    let wanted = recipe.wanted.iter().map(|w| match &results[w.call as usize] {
        Ok(buffers) => Ok(buffers[w.output as usize].clone()),
        Err(e) => Err(e.clone()),
    });
    wanted.collect()
}

fn run_step(
    device: &Device,
    step: &Step<'_>,
    recipe: &Recipe<'_>,
    results: &[Result<Vec<Buffer>>],
) -> Result<Vec<Buffer>> {
    let arg = |o: &Operand| match *o {
        Operand::Source(n) => recipe.sources[n as usize].arg.clone(),
        Operand::Result(r) => match &results[r.call as usize] {
            Ok(buffers) => Ok(Arg::Buffer(buffers[r.output as usize].clone())),
            Err(e) => Err(e.clone()),
        },
    };
    let args = step.operands.iter().map(arg).collect::<Result<Vec<Arg>>>()?;
    engine::launch(step.entry, device, args)
}
