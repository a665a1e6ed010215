//! Sums of magnitudes and squares.

use super::{Regularizer, check_factor};
use crate::error::Result;
use crate::keras::object::{Class, Config, class, classes};
use crate::ops::{array, math};
use crate::tensor::Tensor;

fn l1_penalty(x: &Tensor, factor: f64) -> Result<Tensor> {
    math::multiply(math::reduce_sum(math::abs(x)?, None, false)?, factor)
}

fn l2_penalty(x: &Tensor, factor: f64) -> Result<Tensor> {
    math::multiply(math::reduce_sum(math::square(x)?, None, false)?, factor)
}

class! {
    /// `l1` times the sum of magnitudes.
    #[derive(Clone)]
    L1 () {
        /// The factor.
        l1: f64 = 0.01,
    } {} []
}

impl Regularizer for L1 {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        check_factor(Self::NAME, "l1", self.l1)?;
        l1_penalty(x, self.l1)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// `l2` times the sum of squares.
    ///
    /// ```
    /// # use wgflow::{IntoTensor, keras::regularizers::{L2, Regularizer}};
    /// let penalty = L2::new().l2(0.1).call(&[1.0, 2.0].into_tensor(None)?)?;
    /// assert_eq!(penalty.item::<f32>()?, 0.5);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    #[derive(Clone)]
    L2 () {
        /// The factor.
        l2: f64 = 0.01,
    } {} []
}

impl Regularizer for L2 {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        check_factor(Self::NAME, "l2", self.l2)?;
        l2_penalty(x, self.l2)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

class! {
    /// `l1` times the sum of magnitudes and `l2` times the sum of squares.
    #[derive(Clone)]
    L1L2 () {
        /// The factor of magnitudes.
        l1: f64 = 0.0,
        /// The factor of squares.
        l2: f64 = 0.0,
    } {} []
}

impl Regularizer for L1L2 {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        check_factor(Self::NAME, "l1", self.l1)?;
        check_factor(Self::NAME, "l2", self.l2)?;
        match (self.l1 != 0.0, self.l2 != 0.0) {
            (true, true) => math::add(l1_penalty(x, self.l1)?, l2_penalty(x, self.l2)?),
            (true, false) => l1_penalty(x, self.l1),
            (false, true) => l2_penalty(x, self.l2),
            (false, false) => array::zeros((), x.dtype()),
        }
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn Regularizer>] =
    classes! { L1 ["l1"], L2 ["l2"], L1L2 ["l1l2", "l1_l2"] };
