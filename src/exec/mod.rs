//! Plans on devices: compiled once for a device, run many times.

mod case;
mod cpu;
mod dump;
mod gpu;
mod held;
mod host;
mod rules;
mod scan;
mod tune;
mod while_loop;

pub(crate) use dump::dump;
pub use host::{capture_prints, print_out};
pub use rules::{target_of, target_of_adapter};

use crate::compiler::codegen::CodegenRules;
use crate::compiler::fuse::{FuseRules, Inputs};
use crate::compiler::kernel::KernelKind;
use crate::compiler::plan::{Place, Plan, Step, buffer_bytes};
use crate::error::{Error, Result};
use crate::hlo::{Graph, Spec};
use crate::runtime::{Buffer, Device, Opaque, Recording};
use held::Held;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What plans are made for: devices with equal targets share them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// How graphs are fused.
    pub fuse: FuseRules,
    /// How kernels are written; `None` for the CPU device.
    pub codegen: Option<CodegenRules>,
}

/// An argument of a run.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A buffer of the device.
    Buffer(Buffer),
    /// A buffer of the device that nobody needs after the run.
    Owned(Buffer),
    /// The bits of a run-time scalar.
    Scalar(u32),
}

impl Arg {
    fn buffer(&self) -> Option<&Buffer> {
        match self {
            Arg::Buffer(b) | Arg::Owned(b) => Some(b),
            Arg::Scalar(_) => None,
        }
    }
}

/// A graph compiled for a target.
pub struct Executable {
    plan: Arc<Plan>,
    target: Target,
    /// The input that an output is the next value of, by output.
    replaces: Vec<Option<usize>>,
    /// Whether next values may be written over inputs.
    over_inputs: bool,
    /// Pipelines and constants on the adapter that ran it last.
    loaded: Mutex<Option<Opaque<Arc<gpu::Loaded>>>>,
    constants: Mutex<Option<Arc<Vec<Buffer>>>>,
    /// Plans inside of the plan, with their pipelines.
    parts: Mutex<Vec<Arc<Executable>>>,
    /// How many pipelines were made ahead of the first run.
    warm: AtomicUsize,
}

impl fmt::Debug for Executable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executable")
            .field("kernels", &self.plan.len())
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// The memory of one run.
struct Frame<'f, 'h> {
    device: &'f Device,
    inputs: Vec<Arg>,
    outputs: Vec<Buffer>,
    held: &'h Held,
    /// Number of the slice that stacked buffers are written at.
    slice: usize,
}

impl Frame<'_, '_> {
    fn buffer(&self, place: Place) -> Result<&Buffer> {
        let held = self.held;
        let found = match place {
            Place::Input(i) => match self.inputs.get(i) {
                Some(Arg::Scalar(_)) => held.scalars.iter().find(|s| s.0 == i).map(|s| &s.1),
                arg => arg.and_then(Arg::buffer),
            },
            Place::Output(i) => self.outputs.get(i),
            Place::Slot(i, _) => held.slots.get(i),
            Place::Constant(i) => held.constants.get(i),
        };
        found.ok_or_else(|| Error::internal("executable", format_args!("no buffer for {place:?}")))
    }

    fn scalar(&self, input: usize) -> Result<u32> {
        match self.inputs.get(input) {
            Some(Arg::Scalar(bits)) => Ok(*bits),
            _ => Err(Error::internal("executable", format_args!("input {input} is no run-time scalar"))),
        }
    }
}

impl Executable {
    /// Compiles a graph. `scalars` says which inputs come as run-time scalars.
    ///
    /// # Errors
    /// `Unimplemented` for primitives without a kernel.
    pub fn new(graph: &Graph, target: &Target, scalars: &[bool]) -> Result<Self> {
        Self::updating(graph, target, scalars, &[])
    }

    /// As [`Executable::new`]; `updates` are inputs and the outputs that are their next values, which may take over their memory. That
    /// happens in runs where the input is [`Arg::Owned`]; in others the output's memory starts as a copy of the input's.
    ///
    /// # Errors
    /// As [`Executable::new`].
    pub fn updating(
        graph: &Graph,
        target: &Target,
        scalars: &[bool],
        updates: &[(usize, usize)],
    ) -> Result<Self> {
        let plan = Plan::new(graph, &target.fuse, &Inputs { scalars, stacked_from: None, updates })?;
        Ok(Self::of_plan(Arc::new(plan), target))
    }

    fn of_plan(plan: Arc<Plan>, target: &Target) -> Self {
        let replaced = |o: usize| plan.updates.iter().find(|u| u.1 == o).map(|u| u.0);
        Executable {
            replaces: (0..plan.outputs.len()).map(replaced).collect(),
            over_inputs: may_write_over(&plan),
            plan,
            target: *target,
            loaded: Mutex::default(),
            constants: Mutex::default(),
            parts: Mutex::default(),
            warm: AtomicUsize::new(0),
        }
    }

    /// The executable of a plan inside of this one's, made once.
    fn part(&self, plan: &Arc<Plan>) -> Arc<Executable> {
        let mut parts = crate::lock(&self.parts);
        if let Some(e) = parts.iter().find(|e| Arc::ptr_eq(&e.plan, plan)) {
            return e.clone();
        }
        let made = Arc::new(Self::of_plan(plan.clone(), &self.target));
        parts.push(made.clone());
        made
    }

    /// The kernels and their memory.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Makes some of the pipelines that the first run would make, at most `most`; says whether a run finds them all.
    ///
    /// # Errors
    /// As [`Executable::run`].
    pub(crate) fn warm_up(&self, device: &Device, most: usize) -> Result<bool> {
        let from = self.warm.load(Ordering::Relaxed);
        let Some(rules) = self.target.codegen.as_ref().filter(|_| from != usize::MAX) else {
            return Ok(true);
        };
        let done = gpu::warm_up(self, rules, &*device.gpu()?, from, most)?;
        self.warm.store(if done { usize::MAX } else { from + most }, Ordering::Relaxed);
        Ok(done)
    }

    /// Runs on a device whose target is the executable's. Returns one buffer an output; an input that is returned as it is, is the
    /// argument's buffer. A run that fails has changed none of its inputs.
    ///
    /// # Errors
    /// `ResourceExhausted` where memory does not suffice; on the CPU device, a failed check's error; what the device met before.
    pub fn run(&self, device: &Device, inputs: Vec<Arg>) -> Result<Vec<Buffer>> {
        let mut outputs: Vec<Buffer> = Vec::with_capacity(self.plan.outputs.len());
        for (i, (spec, place)) in self.plan.specs.iter().zip(&self.plan.outputs).enumerate() {
            outputs.push(match place {
                Place::Input(k) => match &inputs[*k] {
                    Arg::Buffer(b) | Arg::Owned(b) => b.clone(),
                    Arg::Scalar(bits) => device.upload(&stored_scalar(spec, *bits)?)?,
                },
                // A value that is returned twice is in one place.
                Place::Output(k) if *k < i => outputs[*k].clone(),
                _ => match self.replaces[i].map(|k| &inputs[k]) {
                    Some(Arg::Owned(b)) if self.over_inputs => b.clone(),
                    before => {
                        let bytes = buffer_bytes(spec.dtype.storage()?, spec.shape.size());
                        let fresh = device.alloc(bytes)?;
                        if let Some(b) = before.and_then(Arg::buffer) {
                            device.copy(b, 0, &fresh, 0, bytes.min(b.bytes()))?;
                        }
                        fresh
                    }
                },
            });
        }
        let held = self.hold(device, |i| matches!(inputs.get(i), Some(Arg::Scalar(_))))?;
        let frame = Frame { device, inputs, outputs, held: &held, slice: 0 };
        match &held.loaded {
            None => self.run_frame(&frame, None)?,
            Some(loaded) => {
                let mut recording = Recording::new(&loaded.gpu);
                self.run_frame(&frame, Some(&mut recording))?;
                recording.play()?;
            }
        }
        Ok(frame.outputs)
    }

    /// Runs with all memory given: on the CPU device at once, else into a recording.
    fn run_frame<'h>(&self, frame: &Frame<'_, 'h>, mut recording: Option<&mut Recording<'h>>) -> Result<()> {
        for (i, buffer) in &frame.held.scalars {
            let spec = self.plan.buffer_inputs.iter().find(|b| b.0 == *i).map(|b| &b.1);
            let spec = spec.ok_or_else(|| Error::internal("executable", "a scalar without its spec"))?;
            let bytes = stored_scalar(spec, frame.scalar(*i)?)?;
            match &mut recording {
                Some(r) => r.write(buffer, bytes),
                None => frame.device.write(buffer, 0, &bytes)?,
            }
        }
        match (&frame.held.loaded, recording) {
            (Some(loaded), Some(recording)) => gpu::run(self, loaded, frame, recording),
            _ => cpu::run(self, frame),
        }
    }

    /// The plan's constants on the device, uploaded once.
    fn constants(&self, device: &Device) -> Result<Arc<Vec<Buffer>>> {
        let mut kept = crate::lock(&self.constants);
        let fits = |c: &Arc<Vec<Buffer>>| c.iter().all(|b| device.owns(b));
        if let Some(c) = kept.as_ref().filter(|c| fits(c)) {
            return Ok(c.clone());
        }
        let upload = |l: &Arc<crate::hlo::Literal>| {
            let mut bytes = l.to_storage("constant")?;
            bytes.resize(buffer_bytes(l.dtype.storage()?, l.len()).max(16) as usize, 0);
            device.upload(&bytes)
        };
        let fresh = Arc::new(self.plan.constants.iter().map(upload).collect::<Result<Vec<_>>>()?);
        *kept = Some(fresh.clone());
        Ok(fresh)
    }
}

/// Whether next values may be written over inputs: not where something may fail after that, when the inputs must be as they were. Host
/// functions and loops with a condition meet what the device met, and have memory of their own.
fn may_write_over(plan: &Plan) -> bool {
    let fails = |s: &Step| may_fail(&s.kernel.kind);
    let writes = |s: &Step| {
        let over = |p: &Place| matches!(p, Place::Output(o) if plan.updates.iter().any(|u| u.1 == *o));
        s.places.iter().zip(&s.kernel.buffers).any(|(p, b)| b.written && over(p))
    };
    match plan.steps.iter().position(writes) {
        Some(first) => !plan.steps[first..].iter().any(fails),
        None => true,
    }
}

fn may_fail(kind: &KernelKind) -> bool {
    match kind {
        KernelKind::While(_) | KernelKind::Case(_) | KernelKind::Custom { .. } | KernelKind::Print { .. } => {
            true
        }
        KernelKind::Scan(s) => s.body.steps.iter().any(|s| may_fail(&s.kernel.kind)),
        _ => false,
    }
}

/// A run-time scalar as a buffer holds it.
fn stored_scalar(spec: &Spec, bits: u32) -> Result<Vec<u8>> {
    let mut word = [0];
    crate::cpu::put(&[bits], spec.dtype.storage()?, &mut word);
    let mut bytes = word[0].to_le_bytes().to_vec();
    bytes.resize(16, 0);
    Ok(bytes)
}
