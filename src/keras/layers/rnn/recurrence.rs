//! Cells over sequences: initial states, masks, one loop a cell, outputs.

use super::super::support::want_rank;
use super::scan::{Steps, scan};
use super::stacked::leaves;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::{AnyLayer, Call, RnnCell, batch_of};
use crate::ops::array;
use crate::shape::Shape;
use crate::tensor::Tensor;

/// How a recurrent layer runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) return_sequences: bool,
    pub(crate) return_state: bool,
    pub(crate) go_backwards: bool,
    pub(crate) stateful: bool,
    pub(crate) unroll: bool,
    pub(crate) zero_output_for_mask: bool,
    /// The rank that inputs must have, where it is known.
    pub(crate) ndim: Option<usize>,
}

/// A cell with the layers that lead to it.
pub(super) struct Leaf {
    /// From the cell that the recurrent layer holds to the one that computes.
    pub(super) path: Vec<AnyLayer>,
}

impl Leaf {
    /// Does something as the cell: it and its place in the layer.
    pub(super) fn inside<R>(
        &self,
        c: &mut Call,
        input: &Shape,
        f: impl FnOnce(&mut Call, &dyn RnnCell) -> Result<R>,
    ) -> Result<R> {
        enter(c, &self.path, input, f)
    }

    /// The cell as a layer.
    pub(super) fn layer(&self) -> Result<&AnyLayer> {
        self.path.last().ok_or_else(|| Error::internal("RNN", "a cell without a layer"))
    }

    pub(super) fn cell(&self) -> Result<&dyn RnnCell> {
        cell_of(self.layer()?)
    }
}

fn enter<R>(
    c: &mut Call,
    path: &[AnyLayer],
    input: &Shape,
    f: impl FnOnce(&mut Call, &dyn RnnCell) -> Result<R>,
) -> Result<R> {
    match path {
        [] => Err(Error::internal("RNN", "a cell without a layer")),
        [cell] => c.inside(cell, std::slice::from_ref(input), |c| f(c, cell_of(cell)?)),
        [outer, inner @ ..] => c.inside(outer, std::slice::from_ref(input), |c| enter(c, inner, input, f)),
    }
}

/// What a layer is as a cell.
pub(super) fn cell_of(layer: &AnyLayer) -> Result<&dyn RnnCell> {
    layer.layer().cell().ok_or_else(|| {
        let wanted = "a layer that is a cell: one whose `Layer::cell` says so";
        Error::invalid("RNN", "cell", wanted, format_args!("{layer:?}"))
    })
}

/// Runs the cell that the running layer holds over a sequence: the call of all recurrent layers.
pub(crate) fn run(c: &mut Call, o: &Options, xs: &[Tensor]) -> Result<Vec<Tensor>> {
    let cell = c.held(0)?;
    let Some((x, given)) = xs.split_first() else {
        return Err(Error::invalid("RNN", "inputs", "a sequence", "no inputs"));
    };
    if x.rank() < 3 || x.shape()[1] == 0 {
        return Err(Error::invalid(
            "RNN",
            "inputs",
            "a sequence (batch, time, ..) of at least one step",
            format_args!("shape {}", x.shape()),
        ));
    }
    if let Some(ndim) = o.ndim {
        want_rank("RNN", x, ndim)?;
    }
    let batch = x.shape()[0];
    let step = step_of(x.shape());
    let mask = c.mask(x);
    let kept = if o.stateful { Some(c.kept(|| first_states(&cell, &step, DType::Float32))?) } else { None };
    let dtype = c.compute_dtype();
    let states = match (&kept, given) {
        (_, [_, ..]) => given.to_vec(),
        (Some(kept), []) if !kept.is_empty() => {
            let wrong = kept.iter().find(|v| v.shape().first() != Some(&batch));
            if let Some(v) = wrong {
                return Err(Error::invalid(
                    "RNN",
                    "inputs",
                    format_args!("batches of one size, {}, for a stateful layer", v.shape()[0]),
                    format_args!("a batch of {batch}"),
                ));
            }
            kept.iter().map(|v| v.value()?.cast(dtype)).collect::<Result<Vec<_>>>()?
        }
        _ => first_states(&cell, &step, dtype)?,
    };
    check_states(&cell, &states, &step)?;
    let zeros = given.is_empty() && !o.stateful;
    let (y, last) = through(c, o, &cell, x, states, mask.clone(), zeros)?;
    for (v, s) in kept.iter().flatten().zip(&last) {
        v.assign(s.cast(v.dtype())?)?;
    }
    if let (true, Some(mask)) = (o.return_sequences, mask) {
        c.set_mask(&y, mask);
    }
    let mut all = vec![y];
    if o.return_state {
        all.extend(last);
    }
    Ok(all)
}

/// The shape of a step's input.
fn step_of(sequence: &Shape) -> Shape {
    sequence.iter().take(1).chain(&sequence[2..]).copied().collect()
}

fn first_states(cell: &AnyLayer, step: &Shape, dtype: DType) -> Result<Vec<Tensor>> {
    cell_of(cell)?.get_initial_state(step, dtype)
}

fn check_states(cell: &AnyLayer, states: &[Tensor], step: &Shape) -> Result<()> {
    let wanted: Vec<Shape> =
        cell_of(cell)?.state_size(step).iter().map(|size| batch_of(step, size)).collect();
    let found: Vec<&Shape> = states.iter().map(Tensor::shape).collect();
    if wanted.iter().eq(found.iter().copied()) {
        return Ok(());
    }
    let text =
        |all: &mut dyn Iterator<Item = &Shape>| all.map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(Error::invalid(
        "RNN",
        "initial_state",
        format_args!("states of shapes {}", text(&mut wanted.iter())),
        text(&mut found.into_iter()),
    ))
}

/// The sequence through one cell after the other: output and last states.
fn through(
    c: &mut Call,
    o: &Options,
    cell: &AnyLayer,
    x: &Tensor,
    states: Vec<Tensor>,
    mask: Option<Tensor>,
    zeros: bool,
) -> Result<(Tensor, Vec<Tensor>)> {
    let mut sequence = steps_first(x)?;
    let mask = mask.map(|m| array::transpose(m.cast(DType::Bool)?, [1, 0])).transpose()?;
    let leaves = leaves(cell)?;
    let (count, mut states, mut last) = (leaves.len(), states.into_iter(), vec![]);
    let mut y = sequence.clone();
    for (k, leaf) in leaves.iter().enumerate() {
        let end = k + 1 == count;
        let input: Shape = sequence.shape()[1..].into();
        let own: Vec<Tensor> = states.by_ref().take(leaf.cell()?.state_size(&input).len()).collect();
        let constants = leaf.inside(c, &input, |c, cell| cell.constants(c, &input))?;
        let steps = Steps {
            leaf,
            input,
            sequence: sequence.clone(),
            states: own,
            constants,
            mask: mask.clone(),
            // Outputs between cells only matter at steps that count.
            mask_output: end,
            stack: o.return_sequences || !end,
            reverse: o.go_backwards,
            unroll: o.unroll,
            zero_output: o.zero_output_for_mask,
            zero_states: zeros,
        };
        let (out, after) = scan(c, steps)?;
        last.extend(after);
        (sequence, y) = (out.clone(), out);
    }
    if !o.return_sequences {
        return Ok((y, last));
    }
    // Steps are where they are in the input; the output is in the order in which they were taken.
    let y = if o.go_backwards { array::reverse(y, 0)? } else { y };
    Ok((steps_first(&y)?, last))
}

/// `(batch, time, ..)` to `(time, batch, ..)` and back.
fn steps_first(x: &Tensor) -> Result<Tensor> {
    let perm: Vec<i64> = [1, 0].into_iter().chain(2..x.rank() as i64).collect();
    array::transpose(x, perm)
}
