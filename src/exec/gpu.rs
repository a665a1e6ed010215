//! Plans on an adapter: every kernel a pipeline, every run a list of dispatches.

use super::{Executable, Frame, case, host, scan, tune, while_loop};
use crate::compiler::codegen::{Bound, CodegenRules, Launch, Variant, Word, launches_as};
use crate::compiler::kernel::{Kernel, KernelKind};
use crate::compiler::plan::{Place, Step, buffer_bytes};
use crate::error::Result;
use crate::runtime::{Access, Binding, Gpu, Opaque, Pipeline, ShaderDesc};
use smallvec::SmallVec;
use std::sync::Arc;

/// An executable's pipelines on an opened adapter.
pub(super) struct Loaded {
    gpu: Arc<Gpu>,
    /// Dispatches of each step; none for host calls and loops.
    steps: Vec<Vec<Dispatch>>,
}

struct Dispatch {
    pipeline: Arc<Pipeline>,
    bindings: SmallVec<[Memory; 8]>,
    params: Params,
    grid: [u32; 3],
}

/// What is bound.
enum Memory {
    /// Memory of the plan, all of it or a window in bytes.
    Place(Place, Option<(u64, u64)>),
    Errors,
}

/// Uniform data: all known when the plan is made, or with words that a run fills in.
enum Params {
    Fixed(Vec<u8>),
    Run(Vec<Word>),
}

pub(super) fn run(e: &Executable, rules: &CodegenRules, frame: &Frame<'_>) -> Result<()> {
    let loaded = load(e, rules, frame)?;
    for (step, dispatches) in e.plan.steps.iter().zip(&loaded.steps) {
        match &step.kernel.kind {
            KernelKind::Scan(s) => scan::run(e, s, step, frame)?,
            KernelKind::While(w) => while_loop::run(e, w, step, frame)?,
            KernelKind::Case(c) => case::run(e, c, step, frame)?,
            KernelKind::Custom { .. } | KernelKind::Print { .. } => host::run(step, frame)?,
            _ => dispatches.iter().try_for_each(|d| d.record(&loaded.gpu, step, frame))?,
        }
    }
    Ok(())
}

/// The pipelines of an executable on the adapter of the run, made once.
fn load(e: &Executable, rules: &CodegenRules, frame: &Frame<'_>) -> Result<Arc<Loaded>> {
    let gpu = frame.device.gpu()?;
    if let Some(l) = crate::lock(&e.loaded).as_ref().filter(|l| Arc::ptr_eq(&l.gpu, &gpu)) {
        return Ok(Arc::clone(l));
    }
    let written = written(e, rules, &|k| tune::pick(frame.device, &gpu, k, rules))?;
    let pipelines = gpu.pipelines(&shaders(e, &written));
    let mut steps: Vec<Vec<Dispatch>> = e.plan.steps.iter().map(|_| vec![]).collect();
    for ((k, launch), pipeline) in written.iter().zip(pipelines) {
        steps[*k].push(Dispatch::new(launch, pipeline?, &e.plan.steps[*k]));
    }
    let loaded = Arc::new(Loaded { gpu, steps });
    *crate::lock(&e.loaded) = Some(Opaque::new(loaded.clone()));
    Ok(loaded)
}

/// Makes the pipelines of a plan from number `from` on, at most `most` of them, for a later run to find; says whether there are no more.
pub(super) fn warm_up(
    e: &Executable,
    rules: &CodegenRules,
    gpu: &Gpu,
    from: usize,
    most: usize,
) -> Result<bool> {
    let written = written(e, rules, &|k| Ok(tune::known(gpu, k, rules)))?;
    let end = written.len().min(from.saturating_add(most));
    gpu.pipelines(&shaders(e, &written[from.min(end)..end])).into_iter().try_for_each(|p| p.map(drop))?;
    Ok(end == written.len())
}

/// The text of each launch of a plan, with the number of its step.
fn written(
    e: &Executable,
    rules: &CodegenRules,
    pick: &dyn Fn(&Kernel) -> Result<Option<Variant>>,
) -> Result<Vec<(usize, Launch)>> {
    let mut written = vec![];
    for (k, step) in e.plan.steps.iter().enumerate() {
        if !step.kernel.kind.is_call() {
            let variant = pick(&step.kernel)?;
            written.extend(launches_as(&step.kernel, rules, variant)?.into_iter().map(|l| (k, l)));
        }
    }
    Ok(written)
}

fn shaders<'a>(e: &'a Executable, written: &'a [(usize, Launch)]) -> Vec<ShaderDesc<'a>> {
    written.iter().map(|(k, l)| shader(&e.plan.steps[*k].kernel.label, l)).collect()
}

pub(super) fn shader<'a>(label: &'a str, l: &'a Launch) -> ShaderDesc<'a> {
    let access = |b: &Bound| match b {
        Bound::Buffer { written: false, .. } => Access::ReadOnly,
        _ => Access::ReadWrite,
    };
    let bindings: Vec<Access> = l.bindings.iter().map(access).collect();
    ShaderDesc::new(label, l.wgsl.as_str(), bindings, l.params.len() as u32 * 4).trusted()
}

impl Dispatch {
    fn new(l: &Launch, pipeline: Arc<Pipeline>, step: &Step) -> Self {
        let memory = |b: &Bound| match b {
            Bound::Buffer { number, window, .. } => {
                let (place, b) = (step.places[*number as usize], &step.kernel.buffers[*number as usize]);
                let window = match place {
                    // Other values may stand beside it.
                    Place::Slot(_, start) => {
                        let (offset, size) = window.unwrap_or((0, buffer_bytes(b.storage, b.len)));
                        Some((start + offset, size))
                    }
                    _ => *window,
                };
                Memory::Place(place, window)
            }
            Bound::Errors => Memory::Errors,
        };
        let fixed: Option<Vec<u32>> =
            l.params.iter().map(|w| if let Word::Const(v) = w { Some(*v) } else { None }).collect();
        let params = match fixed {
            Some(words) => Params::Fixed(bytemuck::cast_slice(&words).to_vec()),
            None => Params::Run(l.params.clone()),
        };
        Dispatch { pipeline, bindings: l.bindings.iter().map(memory).collect(), params, grid: l.grid }
    }

    fn record(&self, gpu: &Gpu, step: &Step, frame: &Frame<'_>) -> Result<()> {
        let bind = |m: &Memory| match m {
            Memory::Place(p, None) => Ok(Binding::whole(frame.buffer(*p)?)),
            Memory::Place(p, Some((offset, size))) => {
                Ok(Binding { buffer: frame.buffer(*p)?, offset: *offset, size: *size })
            }
            Memory::Errors => Ok(Binding::whole(gpu.error_cell())),
        };
        let bindings = self.bindings.iter().map(bind).collect::<Result<SmallVec<[Binding<'_>; 8]>>>()?;
        match &self.params {
            Params::Fixed(bytes) => gpu.dispatch(&self.pipeline, &bindings, bytes, self.grid),
            Params::Run(words) => {
                let word = |w: &Word| match w {
                    Word::Const(v) => Ok(*v),
                    Word::Scalar(n) => frame.scalar(step.scalars[*n as usize]),
                    Word::Slice(len) => Ok(frame.slice as u32 * len),
                };
                let words = words.iter().map(word).collect::<Result<SmallVec<[u32; 32]>>>()?;
                gpu.dispatch(&self.pipeline, &bindings, bytemuck::cast_slice(&words), self.grid)
            }
        }
    }
}
