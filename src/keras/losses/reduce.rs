//! From the losses of samples to that of a batch.

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::object::choice;
use crate::ops::{array, math};
use crate::tensor::Tensor;

choice! {
    /// How the losses of samples are put together.
    Reduction {
        /// Their sum, divided by how many there are.
        #[default]
        SumOverBatchSize = "sum_over_batch_size",
        /// Their sum.
        Sum = "sum",
        /// The same as [`Reduction::SumOverBatchSize`].
        Mean = "mean",
        /// Their sum, divided by the sum of the weights.
        MeanWithSampleWeight = "mean_with_sample_weight",
        /// Not at all.
        None = "none",
    }
}

/// A tensor in another dtype; itself where it has it.
pub(in crate::keras) fn as_dtype(x: &Tensor, dtype: DType) -> Result<Tensor> {
    if x.dtype() == dtype { Ok(x.clone()) } else { math::cast(x, dtype) }
}

/// Where both masks hold.
pub(super) fn both_masks(a: Option<&Tensor>, b: Option<&Tensor>) -> Result<Option<Tensor>> {
    match (a, b) {
        (Some(a), Some(b)) => {
            math::logical_and(as_dtype(a, DType::Bool)?, as_dtype(b, DType::Bool)?).map(Some)
        }
        (a, b) => Ok(a.or(b).cloned()),
    }
}

/// Both with one rank, where they differ by a last dimension of 1: it is removed, or, with `expand_rank_1`, given to the other where that is
/// a vector.
///
/// # Errors
/// `Internal` only.
pub fn squeeze_or_expand_to_same_rank(
    x1: &Tensor,
    x2: &Tensor,
    expand_rank_1: bool,
) -> Result<(Tensor, Tensor)> {
    let one_more = |a: &Tensor, b: &Tensor| a.rank() == b.rank() + 1 && a.shape().last() == Some(&1);
    let fit = |long: &Tensor, short: &Tensor| -> Result<(Tensor, Tensor)> {
        if short.rank() == 1 && expand_rank_1 {
            Ok((long.clone(), array::expand_dims(short, -1)?))
        } else {
            Ok((array::squeeze(long, -1)?, short.clone()))
        }
    };
    if one_more(x1, x2) {
        return fit(x1, x2);
    }
    if one_more(x2, x1) {
        let (x2, x1) = fit(x2, x1)?;
        return Ok((x1, x2));
    }
    Ok((x1.clone(), x2.clone()))
}

/// The loss of a batch from those of its samples (`values`), times their weights, without those that a mask leaves out.
///
/// # Errors
/// `InvalidArgument` for weights or a mask whose shape does not broadcast.
pub fn reduce_weighted_values(
    values: &Tensor,
    sample_weight: Option<&Tensor>,
    mask: Option<&Tensor>,
    reduction: Reduction,
    dtype: DType,
) -> Result<Tensor> {
    let values = as_dtype(values, dtype)?;
    match apply_mask(sample_weight, mask, dtype, reduction)? {
        Some(weight) => {
            let (values, weight) = squeeze_or_expand_to_same_rank(&values, &weight, true)?;
            reduce_values(&math::multiply(values, &weight)?, Some(&weight), reduction)
        }
        None => reduce_values(&values, None, reduction),
    }
}

fn reduce_values(values: &Tensor, weight: Option<&Tensor>, reduction: Reduction) -> Result<Tensor> {
    let nothing = matches!(&values.shape()[..], [] | [0]);
    if reduction == Reduction::None || nothing {
        return Ok(values.clone());
    }
    match (reduction, weight) {
        (Reduction::Sum, _) => math::reduce_sum(values, None, false),
        (Reduction::MeanWithSampleWeight, Some(weight)) => {
            let (sum, weights) =
                (math::reduce_sum(values, None, false)?, math::reduce_sum(weight, None, false)?);
            math::divide_no_nan(sum, weights)
        }
        // The mean of nothing counts as 0.
        _ if values.size() == 0 => math::reduce_sum(values, None, false),
        _ => math::reduce_mean(values, None, false),
    }
}

/// The weights of samples with those that a mask leaves out as 0. Where a mean is to be taken, the others count for them, so that it is that of
/// what is left.
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast.
pub fn apply_mask(
    sample_weight: Option<&Tensor>,
    mask: Option<&Tensor>,
    dtype: DType,
    reduction: Reduction,
) -> Result<Option<Tensor>> {
    let weight = sample_weight.map(|w| as_dtype(w, dtype)).transpose()?;
    let Some(mask) = mask else { return Ok(weight) };
    let mut float_mask = as_dtype(&as_dtype(mask, DType::Bool)?, dtype)?;
    if matches!(reduction, Reduction::Mean | Reduction::SumOverBatchSize) {
        let valid = math::reduce_sum(&float_mask, None, false)?;
        let factor = math::divide_no_nan(mask.size() as f64, valid)?;
        float_mask = math::multiply(float_mask, factor)?;
    }
    let Some(weight) = weight else { return Ok(Some(float_mask)) };
    let (float_mask, weight) = squeeze_or_expand_to_same_rank(&float_mask, &weight, true)?;
    math::multiply(weight, float_mask).map(Some)
}
