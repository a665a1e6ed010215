//! Plans: a graph's kernels in order, and which memory each of their buffers is.

use super::cut::{cut, obstacles};
use super::fuse::{FuseRules, Inputs, fuse};
use super::kernel::Kernel;
use super::passes;
use super::scalar::BufferSource;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Graph, Literal, Prim, Spec, Val};
use std::collections::HashMap;
use std::sync::Arc;

/// Which memory a kernel's buffer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Input number `.0` of the graph.
    Input(usize),
    /// Output number `.0`.
    Output(usize),
    /// Temporary memory number `.0`.
    Slot(usize),
    /// Constant number `.0`.
    Constant(usize),
}

/// A kernel and its memory.
#[derive(Debug)]
pub struct Step {
    /// The kernel.
    pub kernel: Kernel,
    /// The memory of each of its buffers.
    pub places: Vec<Place>,
    /// The graph inputs that are its run-time scalars.
    pub scalars: Vec<usize>,
}

/// A graph made ready for a device.
#[derive(Debug)]
pub struct Plan {
    /// Kernels in the order in which they run.
    pub steps: Vec<Step>,
    /// Bytes of each temporary; several values share one after another.
    pub slots: Vec<u64>,
    /// What each output is; an input where the graph returns it as it is.
    pub outputs: Vec<Place>,
    /// Specs of the outputs.
    pub specs: Vec<Spec>,
    /// Inputs that some kernel reads as a buffer.
    pub buffer_inputs: Vec<(usize, Spec)>,
    /// Constants too large for kernels.
    pub constants: Vec<Arc<Literal>>,
    /// Bytes of the largest set of temporaries that are needed at once.
    pub live_bytes: u64,
}

/// How often values are cut into parts before a graph is given up.
const MAX_CUTS: usize = 8;

/// Bytes of memory for `len` elements: whole groups of four.
pub fn buffer_bytes(storage: crate::Storage, len: usize) -> u64 {
    (len.next_multiple_of(4) * storage.bytes()).next_multiple_of(16) as u64
}

impl Plan {
    /// Compiles a graph.
    ///
    /// # Errors
    /// `Unimplemented` for primitives without a kernel; `Internal`.
    pub fn new(graph: &Graph, rules: &FuseRules, inputs: &Inputs<'_>) -> Result<Plan> {
        let mut g = passes::optimize(graph, rules)?;
        let mut kept = vec![];
        let mut kernels = fuse(&g, *rules, inputs, &kept)?;
        // Cutting a value may show the next one; what cannot be cut is an error when kernels are written.
        for _ in 0..MAX_CUTS {
            let mut large = obstacles(&kernels, rules.max_binding);
            large.retain(|v| !kept.contains(v));
            if large.is_empty() {
                break;
            }
            (g, kept) = cut(&g, &large, &kept, rules.max_binding)?;
            kernels = fuse(&g, *rules, inputs, &kept)?;
        }
        for kernel in kernels.iter().filter(|k| !k.kind.is_call()) {
            if kernel.bindings() > rules.max_buffers {
                return Err(Error::new(
                    ErrorKind::ResourceExhausted,
                    &kernel.label,
                    format!(
                        "wanted {} buffers in one kernel; the adapter binds at most {}",
                        kernel.bindings(),
                        rules.max_buffers
                    ),
                ));
            }
        }
        Layout::new(&g).plan(kernels)
    }

    /// Number of kernels.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Assigns memory.
struct Layout<'a> {
    graph: &'a Graph,
    fixed: HashMap<Val, Place>,
    constants: Vec<Arc<Literal>>,
    outputs: Vec<Place>,
}

impl<'a> Layout<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut fixed = HashMap::new();
        graph.params().iter().enumerate().for_each(|(i, v)| {
            fixed.insert(*v, Place::Input(i));
        });
        let mut outputs = vec![];
        for (i, &v) in graph.outputs().iter().enumerate() {
            let place = *fixed.entry(v).or_insert(Place::Output(i));
            outputs.push(place);
        }
        Layout { graph, fixed, constants: vec![], outputs }
    }

    fn plan(mut self, kernels: Vec<Kernel>) -> Result<Plan> {
        let last_use = last_uses(&kernels);
        let mut slots: Vec<(u64, Option<usize>)> = vec![];
        let mut temporaries: HashMap<Val, usize> = HashMap::new();
        let (mut steps, mut peak) = (vec![], 0);
        for (at, kernel) in kernels.into_iter().enumerate() {
            let mut places = vec![];
            for b in &kernel.buffers {
                let bytes = buffer_bytes(b.storage, b.len);
                places.push(match &b.source {
                    BufferSource::Constant(l) => self.constant(l),
                    BufferSource::Scratch(_) => Place::Slot(take_slot(&mut slots, bytes, at, at)),
                    BufferSource::Value(v) => match self.fixed.get(v) {
                        Some(&p) => p,
                        None => {
                            let last = last_use.get(v).copied().unwrap_or(at);
                            Place::Slot(
                                *temporaries
                                    .entry(*v)
                                    .or_insert_with(|| take_slot(&mut slots, bytes, at, last)),
                            )
                        }
                    },
                });
            }
            let live: u64 =
                slots.iter().filter(|(_, until)| until.is_some_and(|u| u >= at)).map(|(b, _)| b).sum();
            peak = peak.max(live);
            let scalars = self.scalars(&kernel)?;
            steps.push(Step { kernel, places, scalars });
        }
        let params = self.graph.param_specs();
        let read = |i: &usize| steps.iter().any(|s: &Step| s.places.contains(&Place::Input(*i)));
        let buffer_inputs = (0..params.len()).filter(read).map(|i| (i, params[i].clone())).collect();
        let specs = self.graph.output_specs();
        let slots = slots.into_iter().map(|(bytes, _)| bytes).collect();
        Ok(Plan {
            steps,
            slots,
            outputs: self.outputs,
            specs,
            buffer_inputs,
            constants: self.constants,
            live_bytes: peak,
        })
    }

    fn constant(&mut self, l: &Literal) -> Place {
        let known = self.constants.iter().position(|c| **c == *l);
        Place::Constant(known.unwrap_or_else(|| {
            self.constants.push(Arc::new(l.clone()));
            self.constants.len() - 1
        }))
    }

    fn scalars(&self, k: &Kernel) -> Result<Vec<usize>> {
        let number = |v: &Val| match self.graph.def(*v).prim {
            Prim::Parameter(i, _) => Ok(i),
            _ => Err(Error::internal("compiler", "a run-time scalar is no input")),
        };
        k.scalars.iter().map(number).collect()
    }
}

/// The last kernel that touches each value.
fn last_uses(kernels: &[Kernel]) -> HashMap<Val, usize> {
    let mut last = HashMap::new();
    for (at, k) in kernels.iter().enumerate() {
        for b in &k.buffers {
            if let BufferSource::Value(v) = b.source {
                last.insert(v, at);
            }
        }
    }
    last
}

/// A slot that is free from kernel `from` on, the best fitting one; made if there is none that is not far too large.
fn take_slot(slots: &mut Vec<(u64, Option<usize>)>, bytes: u64, from: usize, until: usize) -> usize {
    let free = |s: &(u64, Option<usize>)| s.1.is_none_or(|u| u < from);
    let fits = slots
        .iter()
        .enumerate()
        .filter(|(_, s)| free(s) && s.0 >= bytes && s.0 <= bytes.saturating_mul(4).max(65536));
    let best = fits.min_by_key(|(_, s)| s.0).map(|(i, _)| i);
    // A free slot that is too small grows, rather than one more being made.
    let best = best.or_else(|| {
        slots
            .iter()
            .enumerate()
            .filter(|(_, s)| free(s) && s.0 < bytes)
            .max_by_key(|(_, s)| s.0)
            .map(|(i, _)| i)
    });
    let i = best.unwrap_or_else(|| {
        slots.push((bytes, None));
        slots.len() - 1
    });
    slots[i] = (slots[i].0.max(bytes), Some(until));
    i
}
