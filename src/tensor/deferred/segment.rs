//! The calls of a thread that wait.

use super::cut::{self, Load};
use super::recipe::{Operand, Recipe, ResultOf};
use super::{Slot, program};
use crate::error::Result;
use crate::exec::Arg;
use crate::hlo::Spec;
use crate::runtime::{Buffer, Device};
use crate::tensor::entry::Joins;
use crate::tensor::{Data, Entry, MAX_SCALARS, Tensor};
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;
use std::sync::{Arc, Mutex, OnceLock, Weak};

/// Calls that wait, in their order. The lock is held while they run: whoever needs one of their values then finds it there.
pub(super) struct Segment {
    pub(super) device: Device,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Number of the first call that waits, among all of the segment.
    first: u64,
    calls: Vec<Call>,
    sources: Vec<Source>,
    /// Sources by what they are: the number of a tensor or of memory.
    known: FxHashMap<(Kind, u64), u32>,
    load: Load,
}

/// An op or derivative that was called.
pub(super) struct Call {
    pub(super) entry: Arc<Entry>,
    pub(super) operands: SmallVec<[Operand; 4]>,
    results: SmallVec<[Weak<Slot>; 1]>,
}

/// A value from outside of the segment, or the error that it could not be computed for.
#[derive(Clone)]
pub(super) struct Source {
    key: (Kind, u64),
    pub(super) arg: Result<Arg>,
    pub(super) spec: Spec,
}

/// What a source is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    /// Memory, by its number.
    Memory,
    /// A scalar that the host has, by its tensor's number.
    Scalar,
    /// Nothing, by the number of the call that failed.
    Failed,
}

impl Segment {
    pub(super) fn new(device: Device) -> Self {
        Segment { device, state: Mutex::default() }
    }

    /// Adds a call. Operands that wait elsewhere have been computed.
    pub(super) fn call(self: &Arc<Self>, entry: &Arc<Entry>, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
        let mut state = crate::lock(&self.state);
        let mut operands = SmallVec::with_capacity(inputs.len());
        for (i, t) in inputs.iter().enumerate() {
            operands.push(state.operand(i, t, &self.device)?);
        }
        let number = state.first + state.calls.len() as u64;
        let graph = entry.graph();
        let mut results = SmallVec::new();
        let mut outputs = Vec::with_capacity(graph.outputs().len());
        for (k, &v) in graph.outputs().iter().enumerate() {
            let slot = Slot { segment: self.clone(), call: number, output: k as u32, value: OnceLock::new() };
            let slot = Arc::new(slot);
            results.push(Arc::downgrade(&slot));
            let spec = graph.spec(v).clone();
            state.load.result(&spec);
            outputs.push(Tensor::new(spec, self.device.clone(), Data::Deferred(slot)));
        }
        state.calls.push(Call { entry: entry.clone(), operands, results });
        if let Some(n) = cut::due(&state.calls, &state.load) {
            state.run(n, &self.device);
        }
        Ok(outputs)
    }

    /// Runs all that waits. What fails is kept for those who ask for the values.
    pub(super) fn flush(&self) {
        let mut state = crate::lock(&self.state);
        let n = state.calls.len();
        state.run(n, &self.device);
    }

    /// Runs all that waits if values are checked by it.
    pub(super) fn run_checks(&self) {
        let mut state = crate::lock(&self.state);
        if state.calls.iter().any(Call::checks) {
            let n = state.calls.len();
            state.run(n, &self.device);
        }
    }
}

impl State {
    fn operand(&mut self, i: usize, t: &Tensor, device: &Device) -> Result<Operand> {
        let memory = match &t.0.data {
            Data::Deferred(slot) => match slot.value.get() {
                None => {
                    let call = (slot.call - self.first) as u32;
                    return Ok(Operand::Result(ResultOf { call, output: slot.output }));
                }
                Some(value) => value.clone()?,
            },
            Data::Host(h) if i < MAX_SCALARS && t.rank() == 0 => {
                let arg = Ok(Arg::Scalar(h.literal.register_bits()));
                return Ok(self.source(Source { key: (Kind::Scalar, t.id()), arg, spec: t.spec().clone() }));
            }
            _ => t.buffer_on(device)?,
        };
        Ok(self.source(Source::memory(memory, t.spec())))
    }

    fn source(&mut self, s: Source) -> Operand {
        let known = self.known.get(&s.key).filter(|n| self.sources[**n as usize].spec == s.spec);
        Operand::Source(known.copied().unwrap_or_else(|| {
            let n = self.sources.len() as u32;
            self.load.source(&s.spec);
            self.known.insert(s.key, n);
            self.sources.push(s);
            n
        }))
    }

    /// Runs the first `n` calls, as far as someone holds their results or later calls use them.
    fn run(&mut self, n: usize, device: &Device) {
        if n == 0 {
            return;
        }
        let rest = self.calls.split_off(n);
        let head = std::mem::replace(&mut self.calls, rest);
        let used = self.used_of_head(n as u32);
        let (mut wanted, mut holders) = (vec![], vec![]);
        for (k, call) in head.iter().enumerate() {
            for (output, slot) in call.results.iter().enumerate() {
                let at = ResultOf { call: k as u32, output: output as u32 };
                let holder = slot.upgrade();
                if holder.is_some() || used.contains(&at) {
                    wanted.push(at);
                    holders.push(holder);
                }
            }
        }
        let recipe = Recipe::new(device.id(), &head, &self.sources, &wanted);
        let values = if recipe.steps.is_empty() { vec![] } else { program::run(device, &recipe) };
        self.carry_over(&head, &wanted, &values);
        for (holder, value) in holders.into_iter().zip(values) {
            if let Some(slot) = holder {
                // Set once, under the lock.
                let _ = slot.value.set(value);
            }
        }
    }

    /// What the calls that go on waiting use of the `n` before them.
    fn used_of_head(&self, n: u32) -> FxHashSet<ResultOf> {
        let operands = self.calls.iter().flat_map(|c| &c.operands);
        let results = operands.filter_map(|o| match o {
            Operand::Result(r) if r.call < n => Some(*r),
            _ => None,
        });
        results.collect()
    }

    /// Makes the calls that still wait the segment's only ones: what they use of those that ran becomes a source.
    fn carry_over(&mut self, head: &[Call], wanted: &[ResultOf], values: &[Result<Buffer>]) {
        let first = self.first;
        let sources = std::mem::take(&mut self.sources);
        self.known.clear();
        self.load = Load::default();
        self.first += head.len() as u64;
        let mut waiting = std::mem::take(&mut self.calls);
        for operand in waiting.iter_mut().flat_map(|c| &mut c.operands) {
            *operand = match *operand {
                Operand::Source(k) => self.source(sources[k as usize].clone()),
                Operand::Result(r) => match (head.get(r.call as usize), wanted.binary_search(&r)) {
                    (Some(call), Ok(k)) => {
                        let spec = call.spec(r.output);
                        self.source(match &values[k] {
                            Ok(b) => Source::memory(b.clone(), spec),
                            Err(e) => {
                                let key = (Kind::Failed, first + u64::from(r.call));
                                Source { key, arg: Err(e.clone()), spec: spec.clone() }
                            }
                        })
                    }
                    _ => Operand::Result(ResultOf { call: r.call - head.len() as u32, ..r }),
                },
            };
        }
        waiting.iter().for_each(|c| c.specs().for_each(|s| self.load.result(s)));
        self.calls = waiting;
    }
}

impl Source {
    fn memory(b: Buffer, spec: &Spec) -> Self {
        Source { key: (Kind::Memory, b.id()), arg: Ok(Arg::Buffer(b)), spec: spec.clone() }
    }
}

impl Source {
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self.arg, Ok(Arg::Scalar(_)))
    }
}

impl Call {
    /// Whether it runs even if nothing uses its results.
    pub(super) fn checks(&self) -> bool {
        self.entry.joins() == Joins::Checked
    }

    pub(super) fn specs(&self) -> impl Iterator<Item = &Spec> {
        let graph = self.entry.graph();
        graph.outputs().iter().map(|&v| graph.spec(v))
    }

    fn spec(&self, output: u32) -> &Spec {
        let graph = self.entry.graph();
        graph.spec(graph.outputs()[output as usize])
    }
}
