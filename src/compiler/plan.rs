//! Plans: a graph's kernels in order, and which memory each of their buffers is.

use super::cut::{cut, obstacles};
use super::fuse::{FuseRules, Inputs, fuse};
use super::in_place;
use super::kernel::Kernel;
use super::passes;
use super::scalar::BufferSource;
use super::slots::{self, Life};
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
    /// Temporary memory number `.0`, from byte `.1` on.
    Slot(usize, u64),
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
    /// Outputs that are written over inputs: their memory must hold the input's value before the plan runs.
    pub updates: Vec<(usize, usize)>,
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
        let layout = Layout::new(&g);
        if rules.in_place {
            in_place::reuse(&mut kernels, &|v| !layout.fixed.contains_key(&v));
        }
        layout.plan(kernels)
    }

    /// Bytes of all temporaries; [`Plan::live_bytes`] is the least that any plan of these kernels in this order could do with.
    pub fn temporary_bytes(&self) -> u64 {
        self.slots.iter().sum()
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

/// What temporary memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Temporary {
    Value(Val),
    /// Number `.1` of kernel `.0`.
    Scratch(usize, u16),
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
        let updates = self.updates(&kernels);
        let (lives, life_of) = self.lives(&kernels);
        let (slots, of) = slots::assign(&lives);
        let slot = |t: &Temporary| {
            let lost = || Error::internal("compiler", format_args!("no memory for {t:?}"));
            life_of.get(t).map(|&life| Place::Slot(of[life].0, of[life].1)).ok_or_else(lost)
        };
        let mut steps = vec![];
        for (at, kernel) in kernels.into_iter().enumerate() {
            let mut places = vec![];
            for b in &kernel.buffers {
                places.push(match &b.source {
                    BufferSource::Constant(l) => self.constant(l),
                    BufferSource::Scratch(n) => slot(&Temporary::Scratch(at, *n))?,
                    BufferSource::Value(v) => match self.fixed.get(v) {
                        Some(&p) => p,
                        None => slot(&Temporary::Value(*v))?,
                    },
                });
            }
            let scalars = self.scalars(&kernel)?;
            steps.push(Step { kernel, places, scalars });
        }
        let peak = slots::bound(&lives);
        let params = self.graph.param_specs();
        let read = |i: &usize| steps.iter().any(|s: &Step| s.places.contains(&Place::Input(*i)));
        let buffer_inputs = (0..params.len()).filter(read).map(|i| (i, params[i].clone())).collect();
        let specs = self.graph.output_specs();
        Ok(Plan {
            steps,
            slots,
            outputs: self.outputs,
            updates,
            specs,
            buffer_inputs,
            constants: self.constants,
            live_bytes: peak,
        })
    }

    /// Which inputs kernels write over, and with which outputs.
    fn updates(&self, kernels: &[Kernel]) -> Vec<(usize, usize)> {
        let place = |v: &Val| self.fixed.get(v).copied();
        let buffers = kernels.iter().flat_map(|k| &k.buffers);
        buffers
            .filter_map(|b| match (&b.source, b.before) {
                (BufferSource::Value(y), Some(x)) => match (place(&x), place(y)) {
                    (Some(Place::Input(i)), Some(Place::Output(o))) => Some((i, o)),
                    _ => None,
                },
                _ => None,
            })
            .collect()
    }

    /// What needs temporary memory, and from which kernel to which; by number for each temporary.
    fn lives(&self, kernels: &[Kernel]) -> (Vec<Life>, HashMap<Temporary, usize>) {
        let mut lives: Vec<Life> = vec![];
        let mut known: HashMap<Temporary, usize> = HashMap::new();
        for (at, kernel) in kernels.iter().enumerate() {
            let mut used = vec![];
            for b in &kernel.buffers {
                let t = match &b.source {
                    BufferSource::Scratch(n) => Temporary::Scratch(at, *n),
                    BufferSource::Value(v) if !self.fixed.contains_key(v) => Temporary::Value(*v),
                    _ => continue,
                };
                let life = Life {
                    bytes: buffer_bytes(b.storage, b.len),
                    from: at,
                    until: at,
                    alone: false,
                    apart: vec![],
                };
                // What is written over an operand has its memory.
                let over = b.before.and_then(|x| known.get(&Temporary::Value(x)).copied());
                let k = *known.entry(t).or_insert_with(|| {
                    over.unwrap_or_else(|| {
                        lives.push(life);
                        lives.len() - 1
                    })
                });
                lives[k].until = at;
                lives[k].alone |= kernel.kind.is_call();
                // What a launch writes and a later one of the same kernel reads is both.
                used.push((k, [!b.written || matches!(t, Temporary::Scratch(..)), b.written]));
            }
            for &(k, [read, written]) in &used {
                let mixed = |&&(o, [r, w]): &&(usize, [bool; 2])| o != k && (read && w || written && r);
                lives[k].apart.extend(used.iter().filter(mixed).map(|(o, _)| *o));
            }
        }
        (lives, known)
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
