//! Plans on devices: compiled once for a device, run many times.

mod case;
mod cpu;
mod dump;
mod gpu;
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
use crate::compiler::plan::{Place, Plan, buffer_bytes};
use crate::error::{Error, Result};
use crate::hlo::{Graph, Spec};
use crate::runtime::{Buffer, Device, Opaque};
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

/// A graph compiled for a target.
pub struct Executable {
    plan: Arc<Plan>,
    target: Target,
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
struct Frame<'a> {
    device: &'a Device,
    inputs: Vec<Arg>,
    /// Run-time scalars that host calls and loops read as buffers, by input.
    scalars: Vec<(usize, Buffer)>,
    outputs: Vec<Buffer>,
    slots: Vec<Buffer>,
    constants: Arc<Vec<Buffer>>,
    /// Number of the slice that stacked buffers are written at.
    slice: usize,
}

impl Frame<'_> {
    fn buffer(&self, place: Place) -> Result<&Buffer> {
        let found = match place {
            Place::Input(i) => match self.inputs.get(i) {
                Some(Arg::Buffer(b) | Arg::Owned(b)) => Some(b),
                Some(Arg::Scalar(_)) => self.scalars.iter().find(|s| s.0 == i).map(|s| &s.1),
                None => None,
            },
            Place::Output(i) => self.outputs.get(i),
            Place::Slot(i, _) => self.slots.get(i),
            Place::Constant(i) => self.constants.get(i),
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
        Executable {
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
    /// argument's buffer.
    ///
    /// # Errors
    /// `ResourceExhausted` where memory does not suffice; on the CPU device, a failed check's error; what the device met before.
    pub fn run(&self, device: &Device, inputs: Vec<Arg>) -> Result<Vec<Buffer>> {
        let mut outputs: Vec<Buffer> = vec![];
        let over = |o: usize| self.plan.updates.iter().find(|u| u.1 == o).map(|u| &inputs[u.0]);
        for (i, (spec, place)) in self.plan.specs.iter().zip(&self.plan.outputs).enumerate() {
            outputs.push(match place {
                Place::Input(k) => match &inputs[*k] {
                    Arg::Buffer(b) | Arg::Owned(b) => b.clone(),
                    Arg::Scalar(bits) => device.upload(&stored_scalar(spec, *bits)?)?,
                },
                // A value that is returned twice is in one place.
                Place::Output(k) if *k < i => outputs[*k].clone(),
                _ => match over(i) {
                    Some(Arg::Owned(b)) => b.clone(),
                    before => {
                        let bytes = buffer_bytes(spec.dtype.storage()?, spec.shape.size());
                        let fresh = device.alloc(bytes)?;
                        if let Some(Arg::Buffer(b)) = before {
                            device.copy(b, 0, &fresh, 0, bytes.min(b.bytes()))?;
                        }
                        fresh
                    }
                },
            });
        }
        self.run_into(device, inputs, outputs.clone(), 0)?;
        Ok(outputs)
    }

    /// As [`Executable::run`], into given buffers.
    fn run_into(&self, device: &Device, inputs: Vec<Arg>, outputs: Vec<Buffer>, slice: usize) -> Result<()> {
        let slots = self.plan.slots.iter().map(|&bytes| device.alloc(bytes)).collect::<Result<Vec<_>>>()?;
        let mut scalars = vec![];
        for (i, spec) in &self.plan.buffer_inputs {
            if let Some(Arg::Scalar(bits)) = inputs.get(*i) {
                scalars.push((*i, device.upload(&stored_scalar(spec, *bits)?)?));
            }
        }
        let frame =
            Frame { device, inputs, scalars, outputs, slots, constants: self.constants(device)?, slice };
        match &self.target.codegen {
            None => cpu::run(self, &frame),
            Some(rules) => gpu::run(self, rules, &frame),
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

/// A run-time scalar as a buffer holds it.
fn stored_scalar(spec: &Spec, bits: u32) -> Result<Vec<u8>> {
    let mut word = [0];
    crate::cpu::put(&[bits], spec.dtype.storage()?, &mut word);
    let mut bytes = word[0].to_le_bytes().to_vec();
    bytes.resize(16, 0);
    Ok(bytes)
}
