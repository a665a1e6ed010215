//! Sums and means over batches.

use super::class::{metric_class, named};
use super::state::{add_to, values};
use super::{Metric, MetricState, Weight};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::losses::{as_dtype, squeeze_or_expand_to_same_rank};
use crate::keras::object::{Class, classes};
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::Tensor;
use std::fmt;
use std::sync::Arc;

/// One value a sample, times its weight, and the weights: dimensions beyond the first are summed, or their mean is taken.
fn samplewise(
    values: &Tensor,
    sample_weight: Option<&Tensor>,
    reduce: fn(&Tensor, Vec<i64>) -> Result<Tensor>,
    dtype: DType,
) -> Result<(Tensor, Option<Tensor>)> {
    let beyond = |from: usize, x: &Tensor| (from as i64..x.rank() as i64).collect::<Vec<_>>();
    let mut values = as_dtype(values, dtype)?;
    let mut weight = None;
    if let Some(w) = sample_weight {
        let (v, w) = squeeze_or_expand_to_same_rank(&values, &as_dtype(w, dtype)?, true)?;
        let v = if v.rank() > w.rank() { reduce(&v, beyond(w.rank(), &v))? } else { v };
        let w = array::broadcast_to(w, v.shape())?;
        values = math::multiply(v, &w)?;
        weight = Some(if w.rank() > 1 { reduce(&w, beyond(1, &w))? } else { w });
    }
    if values.rank() > 1 {
        values = reduce(&values, beyond(1, &values))?;
    }
    Ok((values, weight))
}

fn sum_over(x: &Tensor, axes: Vec<i64>) -> Result<Tensor> {
    math::reduce_sum(x, axes, false)
}

fn mean_over(x: &Tensor, axes: Vec<i64>) -> Result<Tensor> {
    math::reduce_mean(x, axes, false)
}

fn sum_of(x: &Tensor) -> Result<Tensor> {
    math::reduce_sum(x, None, false)
}

/// The variables of a mean.
pub(super) fn mean_weights(dtype: DType) -> Result<Option<Vec<Weight>>> {
    Ok(Some(vec![Weight::new("total", ()).dtype(dtype), Weight::new("count", ()).dtype(dtype)]))
}

/// Adds values to a mean.
pub(super) fn update_mean(
    metric: &dyn Metric,
    dtype: DType,
    values: &Tensor,
    sample_weight: Option<&Tensor>,
) -> Result<()> {
    let (values, weight) = samplewise(values, sample_weight, mean_over, dtype)?;
    let count = match weight {
        Some(w) => sum_of(&w)?,
        None => math::cast(values.shape().first().map_or(1, |&n| n as i64), dtype)?,
    };
    let variables = metric.variables()?;
    for (v, x) in variables.iter().zip([sum_of(&values)?, count]) {
        add_to(v, &x)?;
    }
    Ok(())
}

/// The mean so far; 0 before there is anything.
pub(super) fn mean_so_far(metric: &dyn Metric) -> Result<Tensor> {
    let [total, count] = values(metric)?;
    math::divide_no_nan(total, count)
}

fn takes_values(class: &str) -> Error {
    let wanted = "values (its own update_state), not labels and predictions";
    Error::invalid(format!("{class}.update_state"), "y_true", wanted, "labels and predictions")
}

metric_class! {
    /// The mean of values.
    ///
    /// ```
    /// # use wgflow::{IntoTensor, keras::metrics::{Mean, Metric}};
    /// let mean = Mean::new();
    /// mean.update_state(&[1.0, 3.0, 5.0, 7.0].into_tensor(None)?, Some(&[1.0, 1.0, 0.0, 0.0].into_tensor(None)?))?;
    /// assert_eq!(mean.result()?.item::<f32>()?, 2.0);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    Mean (), "mean", Float32 {} {}
}

impl Mean {
    /// Adds values, each with a weight where there are some.
    ///
    /// # Errors
    /// `InvalidArgument` for weights whose shape does not broadcast.
    pub fn update_state(&self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        update_mean(self, self.dtype, values, sample_weight)
    }
}

impl Metric for Mean {
    named!();

    fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        mean_weights(self.dtype)
    }

    fn update_state(&self, _: &Tensor, _: &Tensor, _: Option<&Tensor>) -> Result<()> {
        Err(takes_values(Self::NAME))
    }

    fn result(&self) -> Result<Tensor> {
        mean_so_far(self)
    }
}

metric_class! {
    /// The sum of values.
    Sum (), "sum", Float32 {} {}
}

impl Sum {
    /// Adds values, each times its weight where there are some.
    ///
    /// # Errors
    /// `InvalidArgument` for weights whose shape does not broadcast.
    pub fn update_state(&self, values: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let (values, _) = samplewise(values, sample_weight, sum_over, self.dtype)?;
        self.variables()?.iter().try_for_each(|v| add_to(v, &sum_of(&values)?))
    }
}

impl Metric for Sum {
    named!();

    fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        Ok(Some(vec![Weight::new("total", ()).dtype(self.dtype)]))
    }

    fn update_state(&self, _: &Tensor, _: &Tensor, _: Option<&Tensor>) -> Result<()> {
        Err(takes_values(Self::NAME))
    }

    fn result(&self) -> Result<Tensor> {
        let [total] = values(self)?;
        Ok(total)
    }
}

type Function = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync>;

/// The mean of what a function gives for samples. Made by [`from_fn`].
pub struct MeanMetricWrapper {
    name: String,
    function: Function,
    state: MetricState,
}

/// The mean of what a function of labels and predictions gives for samples (`keras.metrics.MeanMetricWrapper`).
///
/// ```
/// # use wgflow::{IntoTensor, ops::math};
/// # use wgflow::keras::metrics::{from_fn, Metric};
/// let largest = from_fn("largest_error", |y_true, y_pred| {
///     math::reduce_max(math::abs(math::subtract(y_true, y_pred)?)?, -1, false)
/// });
/// largest.update_state(&[[1.0, 2.0]].into_tensor(None)?, &[[1.5, 4.0]].into_tensor(None)?, None)?;
/// assert_eq!(largest.result()?.item::<f32>()?, 2.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub fn from_fn(
    name: impl Into<String>,
    function: impl Fn(&Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> MeanMetricWrapper {
    MeanMetricWrapper { name: name.into(), function: Arc::new(function), state: MetricState::default() }
}

impl Metric for MeanMetricWrapper {
    fn name(&self) -> &str {
        &self.name
    }

    fn state(&self) -> &MetricState {
        &self.state
    }

    fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
        mean_weights(DType::Float32)
    }

    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        update_mean(self, DType::Float32, &(self.function)(y_true, y_pred)?, sample_weight)
    }

    fn heeds_masks(&self) -> bool {
        true
    }

    fn result(&self) -> Result<Tensor> {
        mean_so_far(self)
    }
}

impl fmt::Debug for MeanMetricWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<MeanMetricWrapper name={}>", self.name)
    }
}

/// Declares a metric that is the mean of a function of labels and predictions.
macro_rules! mean_metric {
    (
        $(#[doc = $doc:literal])+
        $name:ident, $default:literal
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* $(,)? }
        { $($(#[doc = $odoc:literal])+ $o:ident: $ot:ty),* $(,)? }
        |$s:ident, $y_true:ident, $y_pred:ident| $call:expr
    ) => {
        $crate::keras::metrics::class::metric_class! {
            $(#[doc = $doc])+
            $name (), $default, Float32 { $($(#[doc = $fdoc])+ $f: $t = $d),* } { $($(#[doc = $odoc])+ $o: $ot),* }
        }

        impl $crate::keras::metrics::Metric for $name {
            $crate::keras::metrics::class::named!();

            fn weights(
                &self,
                _: Option<(&$crate::Shape, &$crate::Shape)>,
            ) -> $crate::Result<Option<Vec<$crate::keras::metrics::Weight>>> {
                $crate::keras::metrics::mean::mean_weights(self.dtype)
            }

            fn update_state(
                &self,
                $y_true: &$crate::Tensor,
                $y_pred: &$crate::Tensor,
                sample_weight: Option<&$crate::Tensor>,
            ) -> $crate::Result<()> {
                let $s = self;
                let values = $call?;
                $crate::keras::metrics::mean::update_mean($s, $s.dtype, &values, sample_weight)
            }

            fn heeds_masks(&self) -> bool {
                true
            }

            fn result(&self) -> $crate::Result<$crate::Tensor> {
                $crate::keras::metrics::mean::mean_so_far(self)
            }
        }
    };
}
pub(super) use mean_metric;

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! { Mean ["mean"], Sum ["sum"] };
