//! Orthogonal matrices.

use super::Initializer;
use super::qr::orthonormal_columns;
use super::random::{Drawn, Spread, draw, tensor};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::object::{Class, Config, class, classes};
use crate::shape::Shape;
use crate::tensor::Tensor;

class! {
    /// A random orthogonal matrix times `gain`: the weight as a matrix with all dimensions but the last as rows has orthonormal columns, or
    /// orthonormal rows where it has fewer rows than columns. Drawn uniformly from all such matrices.
    #[derive(Clone)]
    Orthogonal () {
        /// The factor.
        gain: f64 = 1.0,
    } {
        /// The seed; without it the object draws one when it is made.
        seed: i64,
    } [drawn: Drawn = Drawn::new()]
}

impl Initializer for Orthogonal {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        let Some((&columns, rows)) = shape.split_last().filter(|(_, rows)| !rows.is_empty()) else {
            return Err(Error::invalid(Self::NAME, "shape", "at least two dimensions", shape));
        };
        let rows: usize = rows.iter().product();
        let (long, short) = (rows.max(columns), rows.min(columns));
        let normal = Spread::Normal { mean: 0.0, stddev: 1.0 };
        let values = draw(self.drawn.or(self.seed), long * short, normal);
        let q = orthonormal_columns(&values, long, short);
        let at = |i: usize| {
            let (row, column) = (i / columns, i % columns);
            let v = if rows < columns { q[row * long + column] } else { q[column * long + row] };
            (self.gain * v) as f32
        };
        tensor(Self::NAME, &(0..shape.size()).map(at).collect::<Vec<f32>>(), shape, dtype)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn Initializer>] =
    classes! { Orthogonal ["orthogonal", "OrthogonalInitializer"] };
