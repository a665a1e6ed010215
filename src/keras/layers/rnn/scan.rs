//! The loop of a cell over a sequence: one trace of a step, run for all.

use super::loops::LoopGraph;
use super::recurrence::Leaf;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Spec;
use crate::keras::base::{Call, Loop, LoopKey};
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::{Capture, Tensor, Traced, run_entry, trace, without_recorders};

/// A cell, and what it is run on.
pub(super) struct Steps<'a> {
    pub(super) leaf: &'a Leaf,
    /// Shape of a step's input.
    pub(super) input: Shape,
    /// `(time, batch, ..)`.
    pub(super) sequence: Tensor,
    pub(super) states: Vec<Tensor>,
    /// What the cell wants at each step.
    pub(super) constants: Vec<Tensor>,
    /// `(time, batch)`.
    pub(super) mask: Option<Tensor>,
    /// Whether masks change outputs, not states alone.
    pub(super) mask_output: bool,
    /// Whether the outputs of all steps are wanted.
    pub(super) stack: bool,
    pub(super) reverse: bool,
    pub(super) unroll: bool,
    /// Whether outputs of masked steps are zeros.
    pub(super) zero_output: bool,
    /// Whether the first states are zeros.
    pub(super) zero_states: bool,
}

/// What a mask leaves of a step: output and states of masked samples are those before, or zeros.
pub(super) fn masked(
    s: &Steps<'_>,
    y: Tensor,
    next: Vec<Tensor>,
    states: &[Tensor],
    before: Option<&Tensor>,
    mask: Option<&Tensor>,
) -> Result<(Tensor, Vec<Tensor>)> {
    let Some(mask) = mask else { return Ok((y, next)) };
    let select = |new: &Tensor, old: &Tensor| -> Result<Tensor> {
        let shape: Vec<usize> =
            mask.shape().iter().copied().chain(vec![1; new.rank() - mask.rank()]).collect();
        array::where_(array::reshape(mask, shape)?, new, old)
    };
    let kept = next.iter().zip(states).map(|(n, o)| select(n, o)).collect::<Result<Vec<_>>>()?;
    let y = match (s.mask_output, before) {
        (false, _) => y,
        (true, Some(before)) => select(&y, before)?,
        // An output that is a state, which was zero at first, is masked as the state is.
        (true, None) if !s.zero_output => match next.iter().position(|n| n.id() == y.id()) {
            Some(k) => kept[k].clone(),
            None => select(&y, &array::zeros_like(&y)?)?,
        },
        (true, None) => select(&y, &array::zeros_like(&y)?)?,
    };
    Ok((y, kept))
}

/// Output, of the last step or of all, stacked where they stand in the input, and last states.
pub(super) fn scan(c: &mut Call, mut s: Steps<'_>) -> Result<(Tensor, Vec<Tensor>)> {
    let input = s.input.clone();
    s.sequence = s.leaf.inside(c, &input, |c, cell| cell.project(c, &s.sequence, &s.constants))?;
    if c.is_sketch() {
        return sketched(c, &s);
    }
    if s.unroll {
        return unrolled(c, &s);
    }
    match looped(c, &s)? {
        Some(done) => Ok(done),
        None => unrolled(c, &s),
    }
}

/// One step stands for all where only shapes are asked for.
fn sketched(c: &mut Call, s: &Steps<'_>) -> Result<(Tensor, Vec<Tensor>)> {
    let x = at(&s.sequence, 0)?;
    let (y, next) = s.leaf.inside(c, &s.input, |c, cell| cell.step(c, &x, &s.states, &s.constants))?;
    if !s.stack {
        return Ok((y, next));
    }
    let shape: Shape = std::iter::once(s.sequence.shape()[0]).chain(y.shape().iter().copied()).collect();
    Ok((array::broadcast_to(array::expand_dims(y, 0)?, &shape)?, next))
}

fn at(sequence: &Tensor, t: usize) -> Result<Tensor> {
    let (mut begin, mut size) = (vec![0; sequence.rank()], vec![-1; sequence.rank()]);
    (begin[0], size[0]) = (t as i64, 1);
    array::squeeze(array::slice(sequence, begin, size)?, 0)
}

/// Step by step.
fn unrolled(c: &mut Call, s: &Steps<'_>) -> Result<(Tensor, Vec<Tensor>)> {
    let count = s.sequence.shape()[0];
    let (mut states, mut all, mut before) = (s.states.clone(), vec![], None::<Tensor>);
    for k in 0..count {
        let t = if s.reverse { count - 1 - k } else { k };
        let (x, mask) = (at(&s.sequence, t)?, s.mask.as_ref().map(|m| at(m, t)).transpose()?);
        let (y, next) = s.leaf.inside(c, &s.input, |c, cell| cell.step(c, &x, &states, &s.constants))?;
        // Before the first step there is an output of zeros.
        let own = match &before {
            _ if s.zero_output => None,
            Some(before) => Some(before.clone()),
            None => Some(array::zeros_like(&y)?),
        };
        let (y, next) = masked(s, y, next, &states, own.as_ref(), mask.as_ref())?;
        states = next;
        if s.stack {
            all.push(y.clone());
        }
        before = Some(y);
    }
    match before {
        _ if s.stack => {
            if s.reverse {
                all.reverse();
            }
            Ok((array::stack(&all, 0)?, states))
        }
        Some(y) => Ok((y, states)),
        None => Err(Error::internal("RNN", "no steps")),
    }
}

/// What a traced step says beside its graph.
struct Said {
    /// The output among the states, where it is one.
    output_is_state: Option<usize>,
}

/// As a loop; nothing where a step does more than compute.
fn looped(c: &mut Call, s: &Steps<'_>) -> Result<Option<(Tensor, Vec<Tensor>)>> {
    let layer = s.leaf.layer()?.clone();
    let operands: Vec<&Tensor> =
        s.states.iter().chain([&s.sequence]).chain(&s.mask).chain(&s.constants).collect();
    let key = LoopKey {
        specs: operands.iter().map(|t| t.spec().clone()).collect(),
        flags: [
            c.training(),
            s.stack,
            s.reverse,
            s.zero_output,
            s.zero_states,
            s.mask_output,
            s.mask.is_some(),
        ],
    };
    let known = layer.loops().find(&key);
    let kept = match known {
        Some(kept) => kept,
        None => {
            let Some((kept, again)) = traced_loop(c, s)? else { return Ok(None) };
            if again {
                layer.loops().keep(key, kept.clone());
            }
            kept
        }
    };
    let captured = kept
        .captures
        .iter()
        .map(|c| match c {
            Capture::Tensor(t) => Ok(t.clone()),
            Capture::Variable(v) => v.value(),
        })
        .collect::<Result<Vec<_>>>()?;
    let firsts = match &kept.first_output {
        Some(spec) => vec![array::zeros(&spec.shape, spec.dtype)?],
        None => vec![],
    };
    // Constants, carried values, stacked inputs.
    let n = s.states.len();
    let carried: Vec<&Tensor> = s.states.iter().chain(&firsts).collect();
    let stacked = [&s.sequence].into_iter().chain(&s.mask);
    let inputs: Vec<&Tensor> =
        s.constants.iter().chain(&captured).chain(carried.iter().copied()).chain(stacked).collect();
    let mut results = run_entry(&kept.entry, &inputs)?;
    let rest = results.split_off(n);
    let y = match (s.stack, kept.output_is_state) {
        (false, Some(k)) => results.get(k).cloned(),
        _ => rest.last().cloned(),
    };
    let y = y.ok_or_else(|| Error::internal("RNN", "a loop without output"))?;
    Ok(Some((y, results)))
}

/// The loop, and whether it may serve other calls.
fn traced_loop(c: &mut Call, s: &Steps<'_>) -> Result<Option<(Loop, bool)>> {
    // An output that is no state is carried where masks or the end want that of the step before.
    let first = step_traced(c, s, None)?;
    let Some((mut traced, mut said)) = first else { return Ok(None) };
    let before = s.mask.is_some() && s.mask_output && !s.zero_output;
    let by_state = said.output_is_state.is_some() && s.zero_states;
    let mut first_output = None;
    if before && !by_state {
        let spec = output_spec(&traced);
        let Some(again) = step_traced(c, s, Some(&spec))? else { return Ok(None) };
        (traced, said) = again;
        said.output_is_state = None;
        first_output = Some(spec);
    } else if !s.stack && said.output_is_state.is_none() {
        // The last output alone: carried for its last value.
        first_output = Some(output_spec(&traced));
    }
    let n = s.states.len();
    let carried_output = first_output.is_some();
    let takes_output = before && !by_state;
    let graph = LoopGraph {
        traced: &traced,
        states: n,
        stacked: 1 + usize::from(s.mask.is_some()),
        constants: s.constants.len(),
        trips: s.sequence.shape()[0],
        reverse: s.reverse,
        carried_output: carried_output.then_some(takes_output),
        stack: s.stack,
    };
    let entry = graph.entry(&s.leaf.layer()?.class_name())?;
    let again = traced.captures.iter().all(|c| matches!(c, Capture::Variable(_)));
    let output_is_state = if first_output.is_some() { None } else { said.output_is_state };
    Ok(Some((Loop { entry, captures: traced.captures, first_output, output_is_state }, again)))
}

/// The spec of a traced step's output, which is its last.
fn output_spec(traced: &Traced) -> Spec {
    traced.graph.output_specs().pop().unwrap_or_else(|| Spec::new(DType::Float32, ()))
}

/// One step on symbols: inputs are the states, the slice of the sequence, that of the mask, the constants, the output before; outputs the next states
/// and the output. Nothing where the step assigns variables or adds penalties.
fn step_traced(c: &mut Call, s: &Steps<'_>, before: Option<&Spec>) -> Result<Option<(Traced, Said)>> {
    let slice = |t: &Tensor| Spec::new(t.dtype(), &t.shape()[1..]);
    let mut specs: Vec<Spec> = s.states.iter().map(|t| t.spec().clone()).collect();
    specs.push(slice(&s.sequence));
    specs.extend(s.mask.as_ref().map(slice));
    specs.extend(s.constants.iter().map(|t| t.spec().clone()));
    specs.extend(before.cloned());
    let (n, has_mask, penalties) = (s.states.len(), s.mask.is_some(), c.losses().len());
    let step = |args: &[Tensor]| {
        let (states, rest) = args.split_at(n);
        let (x, rest) = rest.split_first().ok_or_else(|| Error::internal("RNN", "no input"))?;
        let (mask, rest) = if has_mask { (rest.first(), &rest[1..]) } else { (None, rest) };
        let (constants, before) = rest.split_at(s.constants.len());
        let (y, next) = s.leaf.inside(c, &s.input, |c, cell| cell.step(c, x, states, constants))?;
        if next.len() != n {
            let received = format!("{} next states for {n}", next.len());
            return Err(Error::invalid("RNN", "cell", "as many next states as states", received));
        }
        if let Some((k, (a, b))) =
            next.iter().zip(states).enumerate().find(|(_, (a, b))| a.spec() != b.spec())
        {
            let wanted = format!("{} for the next state {k}, as its first value is", b.spec());
            return Err(Error::invalid("RNN", "cell", wanted, a.spec()));
        }
        let (y, next) = masked(s, y, next, states, before.first(), mask)?;
        let output_is_state = next.iter().position(|t| t.id() == y.id());
        let mut outputs = next;
        outputs.push(y);
        Ok((outputs, Said { output_is_state }))
    };
    let traced = without_recorders(|| trace("rnn", &specs, step))?;
    let pure =
        traced.0.assigned.is_empty() && c.losses_since(penalties) == 0 && !traced.0.graph.has_effects();
    Ok(pure.then_some(traced))
}
