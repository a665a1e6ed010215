//! What labeled and predicted areas have in common.

use super::class::{counted, counted_class};
use super::state::{add_to, values};
use super::{Metric, Weight};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::losses::as_dtype;
use crate::keras::object::{Class, classes};
use crate::ops::losses::EPSILON;
use crate::ops::{array, math};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What the metrics of this file differ in.
struct Areas {
    class: &'static str,
    classes: i64,
    targets: Vec<i64>,
    ignored: Option<i64>,
    sparse_y_true: bool,
    sparse_y_pred: bool,
    axis: i64,
    dtype: DType,
}

impl Areas {
    fn weights(&self) -> Result<Option<Vec<Weight>>> {
        let n = usize::try_from(self.classes).ok().filter(|&n| n > 0);
        let n =
            n.ok_or_else(|| Error::invalid(self.class, "num_classes", "a number above 0", self.classes))?;
        if let Some(id) = self.targets.iter().find(|id| !(0..self.classes).contains(*id)) {
            let wanted = format!("class numbers in [0, {})", self.classes);
            return Err(Error::invalid(self.class, "target_class_ids", wanted, id));
        }
        Ok(Some(vec![Weight::new("total_confusion_matrix", [n, n]).dtype(self.dtype)]))
    }

    fn update(
        &self,
        metric: &dyn Metric,
        y_true: &Tensor,
        y_pred: &Tensor,
        sample_weight: Option<&Tensor>,
    ) -> Result<()> {
        let flat = |x: &Tensor, sparse: bool| -> Result<Tensor> {
            let x = if sparse { x.clone() } else { math::argmax(x, self.axis, DType::Int64)? };
            let x = as_dtype(&as_dtype(&x, self.dtype)?, DType::Int32)?;
            array::reshape(x, [-1])
        };
        let (t, p) = (flat(y_true, self.sparse_y_true)?, flat(y_pred, self.sparse_y_pred)?);
        if t.shape() != p.shape() {
            let place = format!("{}.update_state", self.class);
            let wanted = format!("as many labels as predictions, {}", p.size());
            return Err(Error::invalid(place, "y_true", wanted, t.size()));
        }
        let weight = match sample_weight {
            None => array::ones(t.shape(), self.dtype)?,
            Some(w) => {
                let w = as_dtype(w, self.dtype)?;
                let w = if w.rank() > 1 { array::reshape(w, [-1])? } else { w };
                array::broadcast_to(w, t.shape())?
            }
        };
        let inside =
            |x: &Tensor| math::logical_and(math::greater_equal(x, 0)?, math::less(x, self.classes as i32)?);
        let mut counts = math::logical_and(inside(&t)?, inside(&p)?)?;
        if let Some(class) = self.ignored {
            counts = math::logical_and(counts, math::not_equal(&t, class as i32)?)?;
        }
        let only = |x: &Tensor| array::where_(&counts, x, array::zeros_like(x)?);
        let (t, p, weight) = (only(&t)?, only(&p)?, only(&weight)?);
        let matrix = math::confusion_matrix(t, p, Some(self.classes as usize), Some(&weight), self.dtype)?;
        metric.variables()?.iter().try_for_each(|v| add_to(v, &matrix))
    }

    fn result(&self, metric: &dyn Metric) -> Result<Tensor> {
        let [matrix] = values(metric)?;
        let common = array::diag_part(&matrix, 0)?;
        let either = math::add(math::reduce_sum(&matrix, 0, false)?, math::reduce_sum(&matrix, 1, false)?)?;
        let either = math::subtract(either, &common)?;
        let wanted = |x: &Tensor| math::cast(array::gather(x, &self.targets[..], 0, 0)?, DType::Float32);
        let (common, either) = (wanted(&common)?, wanted(&either)?);
        let occurs = math::greater(&either, 1e-9)?;
        let each = math::divide(common, math::add(either, EPSILON)?)?;
        let sum = math::reduce_sum(array::where_(&occurs, each, 0.0)?, None, false)?;
        let n = math::reduce_sum(math::cast(occurs, DType::Float32)?, None, false)?;
        math::divide(sum, math::add(n, EPSILON)?)
    }
}

/// The methods of a metric that is its areas.
macro_rules! area_methods {
    () => {
        counted!();

        fn weights(&self, _: Option<(&Shape, &Shape)>) -> Result<Option<Vec<Weight>>> {
            self.areas().weights()
        }

        fn result(&self) -> Result<Tensor> {
            self.areas().result(self)
        }
    };
}

/// Declares a metric over labels and predictions of classes.
macro_rules! areas {
    (
        $(#[doc = $doc:literal])+
        $name:ident ($($(#[doc = $rdoc:literal])+ $r:ident: $rt:ty),*)
        { $($(#[doc = $fdoc:literal])+ $f:ident: $t:ty = $d:expr),* }
        |$s:ident| targets $targets:expr, sparse_y_true $sparse:expr
    ) => {
        counted_class! {
            $(#[doc = $doc])+
            $name (
                /// The number of classes.
                num_classes: i64,
                $($(#[doc = $rdoc])+ $r: $rt),*
            ), Int64 {
                $($(#[doc = $fdoc])+ $f: $t = $d,)*
                /// The axis of the classes where labels or predictions have a value for each.
                axis: i64 = -1,
            } {
                /// A class whose samples do not count.
                ignore_class: i64,
            }
        }

        impl $name {
            fn areas(&self) -> Areas {
                let $s = self;
                Areas {
                    class: Self::NAME,
                    classes: $s.num_classes,
                    targets: $targets,
                    ignored: $s.ignore_class,
                    sparse_y_true: $sparse,
                    sparse_y_pred: $s.sparse_y_pred,
                    axis: $s.axis,
                    dtype: $s.dtype,
                }
            }
        }

        impl Metric for $name {
            area_methods!();

            fn update_state(
                &self,
                y_true: &Tensor,
                y_pred: &Tensor,
                sample_weight: Option<&Tensor>,
            ) -> Result<()> {
                self.areas().update(self, y_true, y_pred, sample_weight)
            }
        }
    };
}

areas! {
    /// Intersection over union: the area that is labeled and predicted as a class, as a part of what is one or the other; the mean of some
    /// classes.
    IoU (
        /// The classes that count.
        target_class_ids: Vec<i64>
    ) {
        /// Whether labels are class numbers.
        sparse_y_true: bool = true,
        /// Whether predictions are class numbers.
        sparse_y_pred: bool = true
    } |s| targets s.target_class_ids.clone(), sparse_y_true s.sparse_y_true
}

areas! {
    /// Intersection over union, the mean of all classes.
    MeanIoU () {
        /// Whether labels are class numbers.
        sparse_y_true: bool = true,
        /// Whether predictions are class numbers.
        sparse_y_pred: bool = true
    } |s| targets (0..s.num_classes).collect(), sparse_y_true s.sparse_y_true
}

areas! {
    /// Intersection over union for one-hot labels, the mean of some classes.
    OneHotIoU (
        /// The classes that count.
        target_class_ids: Vec<i64>
    ) {
        /// Whether predictions are class numbers.
        sparse_y_pred: bool = false
    } |s| targets s.target_class_ids.clone(), sparse_y_true false
}

areas! {
    /// Intersection over union for one-hot labels, the mean of all classes.
    OneHotMeanIoU () {
        /// Whether predictions are class numbers.
        sparse_y_pred: bool = false
    } |s| targets (0..s.num_classes).collect(), sparse_y_true false
}

counted_class! {
    /// Intersection over union for two classes and probabilities.
    BinaryIoU (), Int64 {
        /// The classes that count: 0, 1 or both.
        target_class_ids: Vec<i64> = vec![0, 1],
        /// The probability from which on a prediction counts as 1.
        threshold: f64 = 0.5,
    } {}
}

impl BinaryIoU {
    fn areas(&self) -> Areas {
        Areas {
            class: Self::NAME,
            classes: 2,
            targets: self.target_class_ids.clone(),
            ignored: None,
            sparse_y_true: true,
            sparse_y_pred: true,
            axis: -1,
            dtype: self.dtype,
        }
    }
}

impl Metric for BinaryIoU {
    area_methods!();

    fn update_state(&self, y_true: &Tensor, y_pred: &Tensor, sample_weight: Option<&Tensor>) -> Result<()> {
        let y_pred = math::greater_equal(as_dtype(y_pred, DType::Float32)?, self.threshold)?;
        self.areas().update(self, y_true, &math::cast(y_pred, self.dtype)?, sample_weight)
    }
}

pub(super) const CLASSES: &[Class<dyn Metric>] = classes! {
    IoU ["io_u"],
    MeanIoU ["mean_io_u"],
    OneHotIoU ["one_hot_io_u"],
    OneHotMeanIoU ["one_hot_mean_io_u"],
    BinaryIoU ["binary_io_u"],
};
