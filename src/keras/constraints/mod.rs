//! What weights are made to satisfy after each update (`keras.constraints`).

use crate::error::Result;
use crate::keras::object::{Class, Config, Registry, bare_type_name, class, classes, family};
use crate::ops::losses::EPSILON;
use crate::ops::{Axes, math};
use crate::tensor::Tensor;
use serde_json::Value;
use std::fmt;

/// Moves a weight to where it may be (`keras.constraints.Constraint`).
pub trait Constraint: fmt::Debug + Send + Sync {
    /// The nearest allowed value of `w`, in its shape and dtype.
    ///
    /// # Errors
    /// `InvalidArgument` for a weight that the constraint has no meaning for.
    fn call(&self, w: &Tensor) -> Result<Tensor>;

    /// The name of the class, under which it is written and found.
    fn class_name(&self) -> &'static str {
        bare_type_name::<Self>()
    }

    /// The arguments that make it again.
    fn config(&self) -> Config {
        Config::new()
    }
}

static REGISTRY: Registry<dyn Constraint> = Registry::new("constraint", "keras.constraints", &[CLASSES]);

family!(Constraint, IntoConstraint, REGISTRY, "constraint", "keras.constraints");

/// Class and configuration (`keras.constraints.serialize`).
pub fn serialize(constraint: &dyn Constraint) -> Value {
    REGISTRY.serialize(constraint.class_name(), constraint.config())
}

/// Euclidean norms over axes, which stay with size 1.
fn norms(w: &Tensor, axis: &Axes) -> Result<Tensor> {
    math::sqrt(math::reduce_sum(math::square(w)?, axis.clone(), true)?)
}

/// `w` with norms changed to what is desired.
fn with_norms(w: &Tensor, norms: &Tensor, desired: &Tensor) -> Result<Tensor> {
    math::multiply(w, math::divide(desired, math::add(norms, EPSILON)?)?)
}

class! {
    /// Norms of at most `max_value`.
    ///
    /// ```
    /// # use wgflow::{IntoTensor, keras::constraints::{Constraint, MaxNorm}};
    /// let w = MaxNorm::new().max_value(1.0).call(&[[3.0], [4.0]].into_tensor(None)?)?;
    /// assert!((w.to_vec::<f32>()?[0] - 0.6).abs() < 1e-6);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    #[derive(Clone)]
    MaxNorm () {
        /// The bound.
        max_value: f64 = 2.0,
        /// The axes of one norm: 0 for the weights into each unit of a dense layer.
        axis: Axes = 0,
    } {} []
}

impl Constraint for MaxNorm {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        let norms = norms(w, &self.axis)?;
        with_norms(w, &norms, &math::clip_by_value(&norms, 0.0, self.max_value)?)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// No values below 0.
    #[derive(Clone)]
    NonNeg () {} {} []
}

impl Constraint for NonNeg {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        math::maximum(w, 0.0)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// Norms of 1.
    #[derive(Clone)]
    UnitNorm () {
        /// The axes of one norm.
        axis: Axes = 0,
    } {} []
}

impl Constraint for UnitNorm {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        math::divide(w, math::add(norms(w, &self.axis)?, EPSILON)?)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// Norms between `min_value` and `max_value`, approached at a rate.
    #[derive(Clone)]
    MinMaxNorm () {
        /// The lower bound.
        min_value: f64 = 0.0,
        /// The upper bound.
        max_value: f64 = 1.0,
        /// How much of the way to the bound a norm is moved: 1 for all of it.
        rate: f64 = 1.0,
        /// The axes of one norm.
        axis: Axes = 0,
    } {} []
}

impl Constraint for MinMaxNorm {
    fn call(&self, w: &Tensor) -> Result<Tensor> {
        let norms = norms(w, &self.axis)?;
        let clipped = math::clip_by_value(&norms, self.min_value, self.max_value)?;
        let desired =
            math::add(math::multiply(clipped, self.rate)?, math::multiply(&norms, 1.0 - self.rate)?)?;
        with_norms(w, &norms, &desired)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

const CLASSES: &[Class<dyn Constraint>] = classes! {
    MaxNorm ["max_norm"],
    NonNeg ["non_neg"],
    UnitNorm ["unit_norm"],
    MinMaxNorm ["min_max_norm"],
};
