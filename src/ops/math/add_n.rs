//! Sums of several tensors.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::shape::Shape;
use crate::tensor::{Row, Tensor, row, run_one};

fn sum_of(g: &mut Graph, op: &str, inputs: &[Val]) -> Result<Val> {
    let Some((&first, rest)) = inputs.split_first() else {
        return Err(Error::invalid(op, "inputs", "at least one tensor", 0));
    };
    if let Some(&other) = rest.iter().find(|&&v| g.shape(v) != g.shape(first)) {
        return Err(Error::invalid(
            op,
            "inputs",
            format_args!("shape {} for all", g.shape(first)),
            g.shape(other),
        ));
    }
    rest.iter().try_fold(first, |sum, &v| g.add(sum, v))
}

crate::op! {
    /// The sum of tensors of one shape and dtype.
    AddN in "tf.math.add_n" (; inputs) {}
    build |s, g| sum_of(g, "AddN", inputs);
    cases [
        case().f32([2, 3]).f32([2, 3]).f32([2, 3]),
        case().f32([]),
        case().ints([4], -9, 9).ints([4], -9, 9),
        case().f32([0]).f32([0]),
        case().complex([2]).complex([2]),
    ]
    errors [case().f32([2]).f32([3]), case().f32([2]).f32([1]), case().f32([2]).ints([2], 0, 3), case()]
}

/// The sum of tensors of one shape and dtype (`tf.math.add_n`).
///
/// # Errors
/// `InvalidArgument` for no tensors, or different shapes or dtypes.
pub fn add_n(inputs: &[Tensor]) -> Result<Tensor> {
    run_one(&AddN {}, &inputs.iter().collect::<Vec<_>>())
}

crate::op! {
    /// The sum of tensors of one shape and dtype, which is given too.
    AccumulateNV2 in "tf.math.accumulate_n" (; inputs) { shape: Vec<i64> }
    build |s, g| {
        let sum = sum_of(g, "AccumulateNV2", inputs)?;
        let fits = s.shape.len() == g.rank(sum) && s.shape.iter().zip(g.shape(sum).iter()).all(|(&a, &b)| a < 0 || a as usize == b);
        if !fits {
            return Err(Error::invalid("AccumulateNV2", "shape", g.shape(sum), format_args!("{:?}", s.shape)));
        }
        Ok::<_, Error>(sum)
    };
    cases [case().with("shape", [2, 3]).f32([2, 3]).f32([2, 3]).f32([2, 3]), case().with("shape", [4]).ints([4], -9, 9).ints([4], -9, 9)]
    errors [case().with("shape", [2]).f32([2]).f32([3])]
}

/// The sum of tensors of one shape and dtype (`tf.math.accumulate_n`).
///
/// # Errors
/// As [`add_n`].
pub fn accumulate_n(inputs: &[Tensor]) -> Result<Tensor> {
    let shape = inputs.first().map_or_else(Shape::scalar, |t| t.shape().clone());
    let shape = shape.iter().map(|&d| d as i64).collect();
    run_one(&AccumulateNV2 { shape }, &inputs.iter().collect::<Vec<_>>())
}

pub(super) const OPS: &[Row] = &[row::<AddN>(), row::<AccumulateNV2>()];
