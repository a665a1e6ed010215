//! Plans on an adapter: every kernel a pipeline, every run a list of dispatches.

use super::{Executable, Frame, case, host, scan, tune, while_loop};
use crate::compiler::codegen::{Bound, CodegenRules, Launch as Text, Variant, Word, launches_as};
use crate::compiler::kernel::{Kernel, KernelKind};
use crate::compiler::plan::{Place, Plan, Step, buffer_bytes};
use crate::error::Result;
use crate::runtime::{
    Access, Device, Gpu, Launch, LaunchList, Opaque, Pipeline, Recording, ShaderDesc, Table,
};
use std::ops::Range;
use std::sync::Arc;

/// An executable's launches on an opened adapter.
pub(super) struct Loaded {
    pub(super) gpu: Arc<Gpu>,
    list: LaunchList,
    /// Launches of each step; none for host calls and loops.
    steps: Vec<Range<usize>>,
    /// Words of parameters, by launch, where a run fills some in.
    words: Vec<Vec<Word>>,
}

/// Adds a run to a recording. Steps that wait for the device record what comes before them.
pub(super) fn run<'a>(
    e: &Executable,
    loaded: &'a Loaded,
    frame: &Frame<'_, 'a>,
    recording: &mut Recording<'a>,
) -> Result<()> {
    loaded.list.begin(&loaded.gpu);
    let table = table(loaded, frame);
    for (k, (step, range)) in e.plan.steps.iter().zip(&loaded.steps).enumerate() {
        match &step.kernel.kind {
            KernelKind::Scan(s) => scan::run(s, k, step, frame, Some(recording))?,
            KernelKind::While(w) => {
                recording.play()?;
                while_loop::run(e, w, step, frame)?;
            }
            KernelKind::Case(c) => {
                recording.play()?;
                case::run(e, c, step, frame)?;
            }
            KernelKind::Custom { .. } | KernelKind::Print { .. } => {
                recording.play()?;
                host::run(step, frame)?;
            }
            _ => {
                let own = |k: usize, params: &mut Vec<u8>| write(&loaded.words[k], step, frame, params);
                recording.launch(&loaded.list, range.clone(), &table, own)?;
            }
        }
    }
    Ok(())
}

/// The memory of a run in the order of [`number`].
fn table<'b>(loaded: &'b Loaded, frame: &'b Frame<'_, '_>) -> Table<'b> {
    let mut table = Table::default();
    let held = frame.held;
    let fixed = frame.outputs.iter().chain(&held.slots).chain(&*held.constants);
    fixed.chain([loaded.gpu.error_cell()]).for_each(|b| table.push(Some(b)));
    frame.inputs.iter().for_each(|arg| table.push(arg.buffer()));
    table
}

/// The number of a place in the table of a run.
fn number(plan: &Plan, place: Place) -> u32 {
    let (outputs, slots, constants) = (plan.outputs.len(), plan.slots.len(), plan.constants.len());
    let n = match place {
        Place::Output(i) => i,
        Place::Slot(i, _) => outputs + i,
        Place::Constant(i) => outputs + slots + i,
        Place::Input(i) => outputs + slots + constants + 1 + i,
    };
    n as u32
}

/// Appends the parameters of a launch.
fn write(words: &[Word], step: &Step, frame: &Frame<'_, '_>, params: &mut Vec<u8>) -> Result<()> {
    for w in words {
        let word = match w {
            Word::Const(v) => *v,
            Word::Scalar(n) => frame.scalar(step.scalars[*n as usize])?,
            Word::Slice(len) => frame.slice as u32 * len,
        };
        params.extend_from_slice(&word.to_le_bytes());
    }
    Ok(())
}

/// The launches of an executable on an adapter, made once.
pub(super) fn load(e: &Executable, rules: &CodegenRules, device: &Device) -> Result<Arc<Loaded>> {
    let gpu = device.gpu()?;
    if let Some(l) = crate::lock(&e.loaded).as_ref().filter(|l| Arc::ptr_eq(&l.gpu, &gpu)) {
        return Ok(Arc::clone(l));
    }
    let written = written(e, rules, &|k| tune::pick(device, &gpu, k, rules))?;
    let pipelines = gpu.pipelines(&shaders(e, &written));
    let mut launches = Vec::with_capacity(written.len());
    let mut steps = vec![0..0; e.plan.steps.len()];
    for (n, ((k, text), pipeline)) in written.iter().zip(pipelines).enumerate() {
        launches.push(launch(text, pipeline?, &e.plan, &e.plan.steps[*k]));
        let first = if steps[*k].is_empty() { n } else { steps[*k].start };
        steps[*k] = first..n + 1;
    }
    let words = written.into_iter().map(|(_, text)| text.params).collect();
    let loaded = Arc::new(Loaded { gpu, list: LaunchList::new(launches), steps, words });
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
) -> Result<Vec<(usize, Text)>> {
    let mut written = vec![];
    for (k, step) in e.plan.steps.iter().enumerate() {
        if !step.kernel.kind.is_call() {
            let variant = pick(&step.kernel)?;
            written.extend(launches_as(&step.kernel, rules, variant)?.into_iter().map(|l| (k, l)));
        }
    }
    Ok(written)
}

fn shaders<'a>(e: &'a Executable, written: &'a [(usize, Text)]) -> Vec<ShaderDesc<'a>> {
    written.iter().map(|(k, l)| shader(&e.plan.steps[*k].kernel.label, l)).collect()
}

pub(super) fn shader<'a>(label: &'a str, l: &'a Text) -> ShaderDesc<'a> {
    let access = |b: &Bound| match b {
        Bound::Buffer { written: false, .. } => Access::ReadOnly,
        _ => Access::ReadWrite,
    };
    let bindings: Vec<Access> = l.bindings.iter().map(access).collect();
    ShaderDesc::new(label, l.wgsl.as_str(), bindings, l.params.len() as u32 * 4).trusted()
}

fn launch(l: &Text, pipeline: Arc<Pipeline>, plan: &Plan, step: &Step) -> Launch {
    let memory = |b: &Bound| match b {
        Bound::Buffer { number: n, window, .. } => {
            let (place, b) = (step.places[*n as usize], &step.kernel.buffers[*n as usize]);
            let window = match place {
                // Other values may stand beside it.
                Place::Slot(_, start) => {
                    let (offset, size) = window.unwrap_or((0, buffer_bytes(b.storage, b.len)));
                    Some((start + offset, size))
                }
                _ => *window,
            };
            (number(plan, place), window)
        }
        Bound::Errors => (number(plan, Place::Input(0)) - 1, None),
    };
    let constants: Option<Vec<u32>> =
        l.params.iter().map(|w| if let Word::Const(v) = w { Some(*v) } else { None }).collect();
    Launch {
        pipeline,
        bindings: l.bindings.iter().map(memory).collect(),
        constants: constants.map(|words| bytemuck::cast_slice(&words).to_vec()),
        grid: l.grid,
    }
}
