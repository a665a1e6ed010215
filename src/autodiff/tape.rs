//! The gradient tape.

use super::source::{Gradients, Source, Unconnected};
use crate::error::{Error, ErrorKind, Result};
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::{
    Call, CustomBackward, Entry, How, Recorder, Tensor, VariableId, add_recorder, end_segment, is_recorded,
    remove_recorder, run_entry, without_recorders,
};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

/// Records ops for differentiation (`tf.GradientTape`), from its making until it is stopped, dropped or, unless it is persistent, asked
/// for gradients.
///
/// Trainable variables are watched by themselves when they are read, tensors after [`watch`](GradientTape::watch). Tapes nest: the
/// gradients that an inner tape computes are seen by the outer one, which gives second derivatives.
///
/// ```
/// # use wgflow::{GradientTape, Variable, ops::math};
/// let x = Variable::new(3.0)?;
/// let tape = GradientTape::new();
/// let y = math::multiply(&x, &x)?;
/// assert_eq!(tape.gradient(&y, &x)?.unwrap().item::<f32>()?, 6.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Debug)]
pub struct GradientTape {
    log: Arc<Log>,
    hook: Arc<dyn Recorder>,
    persistent: bool,
}

#[derive(Debug)]
struct Log {
    watch_variables: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Tensors that depend on a watched one.
    tracked: HashSet<u64>,
    /// Which variable a tensor was read from.
    reads: HashMap<u64, VariableId>,
    watched_variables: HashSet<VariableId>,
    records: Vec<Arc<Record>>,
    used: bool,
}

/// One call: what its derivative needs.
#[derive(Debug)]
struct Record {
    inputs: Vec<u64>,
    /// Operands that are tracked and can have an adjoint.
    wanted: Vec<bool>,
    outputs: Vec<u64>,
    backward: Backward,
}

/// How the adjoints of a call's operands come from those of its results.
enum Backward {
    /// By the derivative of an entry, from operands and results as far as it uses them.
    Entry { entry: Arc<Entry>, kept: Vec<Option<Tensor>> },
    /// By a graph over residuals; where these have adjoints too, which they have from derivatives, by the derivative of what made them.
    Residuals {
        forward: Arc<Entry>,
        inputs: Vec<Tensor>,
        outputs: Vec<Tensor>,
        backward: Arc<Entry>,
        results: usize,
        given: Vec<bool>,
        connected: Vec<bool>,
    },
    /// By a function of the user's, which wants an adjoint for every result.
    Custom { function: CustomBackward, like: Vec<Tensor> },
}

impl std::fmt::Debug for Backward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Backward::Entry { entry, .. } => f.write_str(entry.label()),
            Backward::Residuals { backward, .. } => f.write_str(backward.label()),
            Backward::Custom { .. } => f.write_str("custom_gradient"),
        }
    }
}

impl Recorder for Log {
    fn wants(&self, inputs: &[&Tensor]) -> bool {
        let s = crate::lock(&self.state);
        inputs.iter().any(|t| s.tracked.contains(&t.id()))
    }

    fn record(&self, call: &Call<'_>) -> Result<()> {
        let differentiable = |t: &Tensor| t.dtype().is_differentiable();
        if !call.outputs.iter().any(differentiable) {
            return Ok(());
        }
        let backward = match &call.how {
            How::Entry(entry) => {
                let given: Vec<bool> = call.outputs.iter().map(differentiable).collect();
                let wanted: Vec<bool> = call.inputs.iter().map(|t| differentiable(t)).collect();
                let kept = match entry.vjp(&given, &wanted) {
                    Ok(vjp) if !vjp.connected.contains(&true) => return Ok(()),
                    Ok(vjp) => {
                        let all = call.inputs.iter().copied().chain(call.outputs);
                        all.zip(&vjp.keeps).map(|(t, keep)| keep.then(|| t.clone())).collect()
                    }
                    // That there is no derivative matters when one is asked for.
                    Err(_) => vec![],
                };
                Backward::Entry { entry: (*entry).clone(), kept }
            }
            How::Residuals { forward, backward, results, given, connected } => Backward::Residuals {
                forward: (*forward).clone(),
                inputs: call.inputs.iter().map(|&t| t.clone()).collect(),
                outputs: call.outputs.to_vec(),
                backward: (*backward).clone(),
                results: *results,
                given: given.to_vec(),
                connected: connected.to_vec(),
            },
            How::Custom(f) => Backward::Custom { function: (*f).clone(), like: call.outputs.to_vec() },
        };
        let mut s = crate::lock(&self.state);
        let wanted = call.inputs.iter().map(|t| s.tracked.contains(&t.id()) && differentiable(t)).collect();
        s.tracked.extend(call.outputs.iter().filter(|t| differentiable(t)).map(Tensor::id));
        s.records.push(Arc::new(Record {
            inputs: call.inputs.iter().map(|t| t.id()).collect(),
            wanted,
            outputs: call.outputs.iter().map(Tensor::id).collect(),
            backward,
        }));
        Ok(())
    }

    fn read_variable(&self, variable: VariableId, trainable: bool, value: &Tensor) {
        let mut s = crate::lock(&self.state);
        let by_itself = trainable && self.watch_variables && value.dtype().is_differentiable();
        if by_itself || s.watched_variables.contains(&variable) {
            s.watched_variables.insert(variable);
            s.tracked.insert(value.id());
            s.reads.insert(value.id(), variable);
        }
    }
}

/// Adjoints of tensors by id.
struct Adjoints(HashMap<u64, Tensor>);

impl Adjoints {
    fn add(&mut self, id: u64, d: Tensor) -> Result<()> {
        let sum = match self.0.remove(&id) {
            Some(old) => math::add(&old, &d)?,
            None => d,
        };
        self.0.insert(id, sum);
        Ok(())
    }
}

impl GradientTape {
    /// A tape for one call of [`gradient`](Self::gradient).
    #[expect(
        clippy::new_without_default,
        reason = "a tape starts recording when it is made, which no default should"
    )]
    pub fn new() -> Self {
        Self::with_options(false, true)
    }

    /// A tape for any number of gradients (`persistent=True`). It records until it is stopped or dropped.
    pub fn persistent() -> Self {
        Self::with_options(true, true)
    }

    /// A tape with TensorFlow's options: `persistent` and `watch_accessed_variables`.
    pub fn with_options(persistent: bool, watch_accessed_variables: bool) -> Self {
        let log = Arc::new(Log { watch_variables: watch_accessed_variables, state: Mutex::default() });
        let hook: Arc<dyn Recorder> = log.clone();
        if !is_recorded() {
            // A step of training begins: what came before is no part of it.
            end_segment();
        }
        add_recorder(hook.clone());
        GradientTape { log, hook, persistent }
    }

    /// Watches a tensor or variable: what is computed from it is recorded.
    pub fn watch(&self, source: impl Into<Source>) {
        let mut s = crate::lock(&self.log.state);
        match source.into() {
            Source::Tensor(t) => {
                if !t.dtype().is_differentiable() {
                    log::warn!(
                        "GradientTape.watch: wanted a tensor of floats, no gradient flows through {}",
                        t.dtype()
                    );
                }
                s.tracked.insert(t.id());
            }
            Source::Variable(v) => {
                s.watched_variables.insert(v.id());
            }
        }
    }

    /// Ends the recording; gradients can be asked for after it.
    pub fn stop(&self) {
        remove_recorder(&self.hook);
    }

    /// Runs `f` without recording it (`stop_recording`).
    pub fn stop_recording<R>(&self, f: impl FnOnce() -> R) -> R {
        remove_recorder(&self.hook);
        let r = f();
        add_recorder(self.hook.clone());
        r
    }

    /// Forgets what was recorded.
    pub fn reset(&self) {
        *crate::lock(&self.log.state) = State::default();
    }

    /// The gradient of (the sum of) `target` in `sources`: a tensor or variable, or a list of them. `None` where `target` does not depend
    /// on the source, or only through ops without a derivative.
    ///
    /// # Errors
    /// `FailedPrecondition` for the second call on a tape that is not persistent.
    pub fn gradient<S: Gradients>(&self, target: &Tensor, sources: S) -> Result<S::Of<Option<Tensor>>> {
        let found = self.compute(&[(target, None)], &sources.sources(), Unconnected::None)?;
        Ok(sources.collect(found.into_iter()))
    }

    /// As [`gradient`](Self::gradient), with TensorFlow's other arguments: several targets, each with the adjoint it starts from
    /// (`output_gradients`; ones where missing), and what unconnected sources get.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient); `InvalidArgument` when an adjoint is not of its target's shape.
    pub fn gradient_with<S: Gradients>(
        &self,
        targets: &[(&Tensor, Option<&Tensor>)],
        sources: S,
        unconnected: Unconnected,
    ) -> Result<S::Of<Option<Tensor>>> {
        let found = self.compute(targets, &sources.sources(), unconnected)?;
        Ok(sources.collect(found.into_iter()))
    }

    /// The derivative of every element of `target` in every element of the sources, in shape `target.shape + source.shape`.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn jacobian<S: Gradients>(&self, target: &Tensor, sources: S) -> Result<S::Of<Option<Tensor>>> {
        let list = sources.sources();
        self.begin()?;
        let n = target.size();
        let mut rows: Vec<Vec<Option<Tensor>>> = vec![vec![]; list.len()];
        for i in 0..n {
            let seed = array::one_hot_like(target, i)?;
            let found = self.walk(&[(target, Some(&seed))], &list, Unconnected::None)?;
            rows.iter_mut().zip(found).for_each(|(r, d)| r.push(d));
        }
        let stacked = rows.into_iter().map(|r| -> Result<Option<Tensor>> {
            let Some(parts) = r.into_iter().collect::<Option<Vec<Tensor>>>().filter(|p| !p.is_empty()) else {
                return Ok(None);
            };
            let shape: Shape = target.shape().iter().chain(parts[0].shape().iter()).copied().collect();
            Ok(Some(array::reshape(array::stack(&parts, 0)?, shape)?))
        });
        let stacked = stacked.collect::<Result<Vec<_>>>()?;
        Ok(sources.collect(stacked.into_iter()))
    }

    fn begin(&self) -> Result<()> {
        if self.persistent {
            return Ok(());
        }
        self.stop();
        let mut s = crate::lock(&self.log.state);
        if s.used {
            return Err(Error::new(
                ErrorKind::FailedPrecondition,
                "GradientTape.gradient",
                "a tape that is not persistent gives one set of gradients; make it with GradientTape::persistent() for more",
            ));
        }
        s.used = true;
        Ok(())
    }

    fn compute(
        &self,
        targets: &[(&Tensor, Option<&Tensor>)],
        sources: &[Source],
        unconnected: Unconnected,
    ) -> Result<Vec<Option<Tensor>>> {
        self.begin()?;
        let found = self.walk(targets, sources, unconnected);
        if !self.persistent {
            // Lets go of what the ops kept.
            crate::lock(&self.log.state).records.clear();
        }
        found
    }

    fn walk(
        &self,
        targets: &[(&Tensor, Option<&Tensor>)],
        sources: &[Source],
        unconnected: Unconnected,
    ) -> Result<Vec<Option<Tensor>>> {
        // What the walk itself runs is recorded by a persistent tape too: work on copies.
        let (records, reads) = {
            let s = crate::lock(&self.log.state);
            (s.records.clone(), s.reads.clone())
        };
        let mut adjoints = Adjoints(HashMap::new());
        for (target, seed) in targets {
            if !target.dtype().is_differentiable() {
                log::warn!(
                    "GradientTape.gradient: wanted a target of floats, no gradient flows from {}",
                    target.dtype()
                );
                continue;
            }
            let seed = match seed {
                Some(s) if s.spec() != target.spec() => {
                    return Err(Error::invalid(
                        "GradientTape.gradient",
                        "output_gradients",
                        target.spec(),
                        s.spec(),
                    ));
                }
                Some(s) => (*s).clone(),
                None => array::ones_like(*target)?,
            };
            adjoints.add(target.id(), seed)?;
        }
        for record in records.iter().rev() {
            let dy: Vec<Option<Tensor>> =
                record.outputs.iter().map(|id| adjoints.0.get(id).cloned()).collect();
            if dy.iter().all(Option::is_none) {
                continue;
            }
            let dx = record.adjoints(dy)?;
            for ((id, d), wanted) in record.inputs.iter().zip(dx).zip(&record.wanted) {
                if let (Some(d), true) = (d, wanted) {
                    adjoints.add(*id, d)?;
                }
            }
        }
        sources
            .iter()
            .map(|source| {
                let ids: Vec<u64> = match source {
                    Source::Tensor(t) => vec![t.id()],
                    Source::Variable(v) => {
                        let mut ids: Vec<u64> =
                            reads.iter().filter(|(_, var)| **var == v.id()).map(|(id, _)| *id).collect();
                        ids.sort_unstable();
                        ids
                    }
                };
                let mut total: Option<Tensor> = None;
                for d in ids.iter().filter_map(|id| adjoints.0.get(id)) {
                    total = Some(match total {
                        Some(t) => math::add(&t, d)?,
                        None => d.clone(),
                    });
                }
                match (total, unconnected) {
                    (None, Unconnected::Zero) => {
                        Ok(Some(array::zeros_like(&without_recorders(|| source.value())?)?))
                    }
                    (total, _) => Ok(total),
                }
            })
            .collect()
    }
}

impl Drop for GradientTape {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Record {
    /// By the derivative of an entry whose operands and results, in order, are `kept`.
    fn by_entry<'a>(
        &self,
        entry: &Arc<Entry>,
        dy: Vec<Option<Tensor>>,
        kept: impl Fn(usize) -> Option<&'a Tensor>,
    ) -> Result<Vec<Option<Tensor>>> {
        let given: Vec<bool> = dy.iter().map(Option::is_some).collect();
        let vjp = entry.vjp(&given, &self.wanted)?;
        let missing = || Error::internal(entry.label(), "its derivative needs a value that was not kept");
        let mut args = vec![];
        for (i, _) in vjp.keeps.iter().enumerate().filter(|(_, keep)| **keep) {
            args.push(kept(i).ok_or_else(missing)?);
        }
        args.extend(dy.iter().flatten());
        Ok(spread(run_entry(&vjp.entry, &args)?, &vjp.connected))
    }

    fn adjoints(&self, dy: Vec<Option<Tensor>>) -> Result<Vec<Option<Tensor>>> {
        match &self.backward {
            Backward::Entry { entry, kept } => {
                self.by_entry(entry, dy, |i| kept.get(i).and_then(Option::as_ref))
            }
            Backward::Residuals { forward, inputs, outputs, backward, results, given, connected } => {
                if dy[*results..].iter().any(Option::is_some) {
                    return self.by_entry(forward, dy, |i| inputs.iter().chain(outputs).nth(i));
                }
                let mut filled = vec![];
                for ((d, like), given) in dy.into_iter().zip(outputs).zip(given) {
                    if *given {
                        filled.push(d.map_or_else(|| array::zeros_like(like), Ok)?);
                    }
                }
                let args: Vec<&Tensor> = outputs[*results..].iter().chain(&filled).collect();
                Ok(spread(run_entry(backward, &args)?, connected))
            }
            Backward::Custom { function, like } => {
                let filled = dy
                    .into_iter()
                    .zip(like)
                    .map(|(d, like)| d.map_or_else(|| array::zeros_like(like), Ok))
                    .collect::<Result<Vec<_>>>()?;
                let dx = function(&filled)?;
                if dx.len() != self.inputs.len() {
                    return Err(Error::invalid(
                        "custom_gradient",
                        "gradients",
                        format_args!("{}", self.inputs.len()),
                        dx.len(),
                    ));
                }
                Ok(dx)
            }
        }
    }
}

/// Results in the places of the operands that are connected.
fn spread(found: Vec<Tensor>, connected: &[bool]) -> Vec<Option<Tensor>> {
    let mut found = found.into_iter();
    connected.iter().map(|c| if *c { found.next() } else { None }).collect()
}
