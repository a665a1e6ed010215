//! How often predictions are right.

use super::Metric;
use super::mean::mean_metric;
use crate::dtype::DType;
use crate::error::Result;
use crate::keras::losses::{as_dtype, squeeze_or_expand_to_same_rank};
use crate::keras::object::{Class, classes};
use crate::ops::{math, metrics};
use crate::tensor::Tensor;

/// 1 where labels and predictions are equal, else 0.
fn equal(y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
    let y_true = as_dtype(y_true, y_pred.dtype())?;
    let (y_true, y_pred) = squeeze_or_expand_to_same_rank(&y_true, y_pred, true)?;
    math::cast(math::equal(y_true, y_pred)?, DType::Float32)
}

mean_metric! {
    /// How often labels and predictions are equal.
    Accuracy, "accuracy" {} {} |s, y_true, y_pred| equal(y_true, y_pred)
}

mean_metric! {
    /// How often probabilities lie on the side of a threshold that labels 0 and 1 call for.
    BinaryAccuracy, "binary_accuracy" {
        /// The probability above which a prediction counts as 1.
        threshold: f64 = 0.5,
    } {}
    |s, y_true, y_pred| metrics::binary_accuracy(y_true, y_pred, s.threshold)
}

mean_metric! {
    /// How often the largest prediction is that of the largest label, for labels such as one-hot vectors.
    CategoricalAccuracy, "categorical_accuracy" {} {} |s, y_true, y_pred| metrics::categorical_accuracy(y_true, y_pred)
}

mean_metric! {
    /// How often the largest prediction is that of the class, for class numbers.
    SparseCategoricalAccuracy, "sparse_categorical_accuracy" {} {}
    |s, y_true, y_pred| metrics::sparse_categorical_accuracy(y_true, y_pred)
}

mean_metric! {
    /// How often the class is among the `k` best predictions, for labels such as one-hot vectors.
    TopKCategoricalAccuracy, "top_k_categorical_accuracy" {
        /// The number of predictions.
        k: i64 = 5,
    } {}
    |s, y_true, y_pred| metrics::top_k_categorical_accuracy(y_true, y_pred, s.k)
}

mean_metric! {
    /// How often the class is among the `k` best predictions, for class numbers.
    SparseTopKCategoricalAccuracy, "sparse_top_k_categorical_accuracy" {
        /// The number of predictions.
        k: i64 = 5,
        /// Whether predictions are class numbers, the best first.
        from_sorted_ids: bool = false,
    } {}
    |s, y_true, y_pred| metrics::sparse_top_k_categorical_accuracy(y_true, y_pred, s.k, s.from_sorted_ids)
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    Accuracy ["accuracy"],
    BinaryAccuracy ["binary_accuracy"],
    CategoricalAccuracy ["categorical_accuracy"],
    SparseCategoricalAccuracy ["sparse_categorical_accuracy"],
    TopKCategoricalAccuracy ["top_k_categorical_accuracy"],
    SparseTopKCategoricalAccuracy ["sparse_top_k_categorical_accuracy"],
};
