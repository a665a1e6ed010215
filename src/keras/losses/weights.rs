//! Weights of samples by their classes.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Tensor};
use std::collections::BTreeMap;

/// The weight of each sample from those of classes, which is what `fit` makes of `class_weight`; a class that is not named counts once. `y`
/// holds class numbers, or a value for each class, of which the largest counts. Reads `y`.
///
/// ```
/// # use wgflow::{IntoTensor, keras::losses::class_weight_to_sample_weights};
/// let w = class_weight_to_sample_weights(&[0, 1, 2].into_tensor(None)?, &[(0, 0.5), (2, 3.0)].into())?;
/// assert_eq!(w.to_vec::<f32>()?, [0.5, 1.0, 3.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for labels with more than two dimensions or none; as [`Tensor::to_literal`].
pub fn class_weight_to_sample_weights(y: &Tensor, class_weight: &BTreeMap<i64, f64>) -> Result<Tensor> {
    let shape = y.shape();
    let columns = match shape[..] {
        [_] => 1,
        [_, columns] if columns > 0 => columns,
        _ => {
            let wanted = "class numbers, or a row of values for each sample";
            return Err(Error::invalid("class_weight", "y", wanted, format_args!("shape {shape}")));
        }
    };
    let values = y.to_literal()?.to_f64s();
    let class = |row: &[f64]| match row {
        [class] => class.round_ties_even() as i64,
        // The first of the largest, as argmax has it.
        row => (1..row.len()).fold(0, |best, i| if row[i] > row[best] { i } else { best }) as i64,
    };
    let weights: Vec<f64> = values
        .chunks_exact(columns)
        .map(|row| class_weight.get(&class(row)).copied().unwrap_or(1.0))
        .collect();
    Literal::floats(DType::Float32, [weights.len()], weights).into_tensor(None)
}
