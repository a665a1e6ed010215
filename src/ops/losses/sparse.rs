//! Cross entropy of a distribution over classes and class numbers.

use super::build::clip_probability;
use super::function;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::build::only_where;
use crate::ops::checks::want_float;
use crate::ops::nn::sparse_cross_entropy;
use crate::shape::Shape;
use crate::tensor::{Row, row};

const OP: &str = "sparse_categorical_crossentropy";

/// Class numbers as int32, of the shape of the predictions without their last dimension.
fn labels(g: &mut Graph, y_true: Val, y_pred: Val, axis: i64) -> Result<Val> {
    want_float(g, OP, &[("y_pred", y_pred)])?;
    let shape = g.shape(y_pred).clone();
    let Some((_, lead)) = shape.split_last() else {
        return Err(Error::invalid(OP, "y_pred", "at least one dimension", "shape ()"));
    };
    if axis != -1 && axis != lead.len() as i64 {
        return Err(Error::invalid(OP, "axis", "-1: the last axis", axis));
    }
    let labels = g.convert(y_true, DType::Int32)?;
    let one_more = g.rank(labels) == shape.rank() && g.shape(labels).last() == Some(&1);
    let labels = if one_more { g.reshape(labels, &g.shape(labels).clone()[..lead.len()])? } else { labels };
    if g.shape(labels)[..] != *lead {
        let wanted = format!("class numbers of shape {}", Shape::from(lead));
        return Err(Error::invalid(OP, "y_true", wanted, format_args!("shape {}", g.shape(y_true))));
    }
    Ok(labels)
}

crate::op! {
    /// The cross entropy along the last axis of probabilities (or logits) and class numbers.
    SparseCategoricalCrossentropy as "sparse_categorical_crossentropy" in api "keras.losses.sparse_categorical_crossentropy" (y_true, y_pred) {
        from_logits: bool = false,
        ignore_class: Option<i64>,
        axis: i64 = -1,
    }
    build |s, g| {
        let mut labels = labels(g, y_true, y_pred, s.axis)?;
        let mut p = y_pred;
        let mut counts = None;
        if let Some(class) = s.ignore_class {
            let class = g.full_like(labels, class as f64)?;
            let valid = g.ne(labels, class)?;
            labels = only_where(g, valid, labels)?;
            let (shape, last) = (g.shape(p).clone(), g.rank(p) - 1);
            let each = g.repeat_over(valid, &shape, &[last])?;
            p = only_where(g, each, p)?;
            counts = Some(valid);
        }
        if !s.from_logits {
            p = clip_probability(g, p)?;
            p = g.log(p)?;
        }
        let loss = sparse_cross_entropy(g, OP, p, labels)?;
        match counts {
            Some(valid) => only_where(g, valid, loss),
            None => Ok(loss),
        }
    };
    cases [
        case().ints([3], 0, 4).range([3, 4], 0.1, 0.9),
        case().ints([3, 1], 0, 4).range([3, 4], 0.1, 0.9),
        case().ints([2, 3], 0, 4).range([2, 3, 4], 0.1, 0.9),
        case().values([2], &[1.0, 0.0]).range([2, 3], 0.1, 0.9),
        case().with("from_logits", true).ints([3], 0, 4).f32([3, 4]),
        case().int_values([2], &[0, 1]).values([2, 2], &[0.0, 1.0, 0.0, 1.0]),
        case().with("ignore_class", 2).int_values([4], &[0, 2, 1, 2]).range([4, 3], 0.1, 0.9),
        case().with("ignore_class", 255).with("from_logits", true).int_values([3], &[0, 255, 1]).f32([3, 2]),
        case().with("ignore_class", -1).int_values([2, 2], &[0, -1, 1, -1]).range([2, 2, 3], 0.1, 0.9),
        case().with("axis", 1).ints([3], 0, 4).range([3, 4], 0.1, 0.9),
        case().ints([0], 0, 4).f32([0, 4]).forward_only(),
    ]
    errors [
        case().int_values([2], &[0, 3]).f32([2, 3]),
        case().int_values([2], &[-1, 0]).f32([2, 3]),
        case().with("from_logits", true).int_values([2], &[0, 3]).f32([2, 3]),
        case().ints([3], 0, 2).f32([2, 3]),
        case().ints([2, 3], 0, 2).f32([2, 3]),
        case().with("axis", 0).ints([2], 0, 2).f32([2, 3]),
    ]
}

function! {
    /// The cross entropy along the last axis of probabilities and class numbers, integers of the predictions' shape without that axis or with
    /// 1 there (`keras.losses.sparse_categorical_crossentropy`; Keras' defaults: `false`, `None`, -1). Probabilities are moved into
    /// [1e-7, 1 - 1e-7]; with `from_logits` predictions are logits. Samples of class `ignore_class` have loss 0.
    ///
    /// ```
    /// # use wgflow::ops::losses::sparse_categorical_crossentropy;
    /// let loss = sparse_categorical_crossentropy([0, 1], [[0.5, 0.5], [0.5, 0.5]], false, None, -1)?;
    /// assert!(loss.to_vec::<f32>()?.iter().all(|l| (l - 0.6931472).abs() < 1e-6));
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a label that is no class, shapes that do not fit, and another axis.
    sparse_categorical_crossentropy = SparseCategoricalCrossentropy(
        from_logits: bool, ignore_class: Option<i64>, axis: i64
    )
}

pub(super) const OPS: &[Row] = &[row::<SparseCategoricalCrossentropy>()];
