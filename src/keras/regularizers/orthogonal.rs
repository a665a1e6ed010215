//! The penalty on vectors that are not orthogonal.

use super::{Regularizer, check_factor};
use crate::error::{Error, Result};
use crate::keras::object::{Class, Config, choice, class, classes};
use crate::ops::linalg::{MatMul, l2_normalize, matmul_with};
use crate::ops::losses::EPSILON;
use crate::ops::{array, math};
use crate::tensor::Tensor;

choice! {
    /// Which vectors [`OrthogonalRegularizer`] keeps orthogonal.
    OrthogonalMode {
        /// The rows of the weight.
        #[default]
        Rows = "rows",
        /// Its columns.
        Columns = "columns",
    }
}

class! {
    /// `factor` times the mean magnitude of the cosines between the rows (or columns) of a matrix.
    #[derive(Clone)]
    OrthogonalRegularizer () {
        /// The factor.
        factor: f64 = 0.01,
        /// Which vectors are meant.
        mode: OrthogonalMode = OrthogonalMode::Rows,
    } {} []
}

impl Regularizer for OrthogonalRegularizer {
    fn call(&self, x: &Tensor) -> Result<Tensor> {
        check_factor(Self::NAME, "factor", self.factor)?;
        let &[rows, columns] = &x.shape()[..] else {
            return Err(Error::invalid(Self::NAME, "x", "a matrix", format_args!("shape {}", x.shape())));
        };
        let by_rows = self.mode == OrthogonalMode::Rows;
        let (axis, n) = if by_rows { (1, rows) } else { (0, columns) };
        // Lengths count as at least 1e-7.
        let unit = l2_normalize(x, axis, EPSILON * EPSILON)?;
        let transposes = MatMul { transpose_a: !by_rows, transpose_b: by_rows };
        let cosines = matmul_with(&unit, &unit, transposes)?;
        let others = math::subtract(1.0, array::eye(n as i64, None, (), x.dtype())?)?;
        let sum = math::reduce_sum(math::abs(math::multiply(cosines, others)?)?, None, false)?;
        let pairs = n as f64 * (n as f64 - 1.0) / 2.0;
        math::divide(math::multiply(sum, self.factor * 0.5)?, pairs)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn Regularizer>] =
    classes! { OrthogonalRegularizer ["orthogonal_regularizer"] };
