//! Inputs joined along an axis.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{array, math};
use crate::shape::resolve_axis;
use crate::tensor::Tensor;

layer! {
    /// Joins its inputs along an axis (`keras.layers.Concatenate`).
    Concatenate() {
        /// The axis, in which alone the shapes may differ.
        axis: plain i64 = -1,
    }
}

impl Layer for Concatenate {
    configured!();

    fn call_many(&self, _: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let rank = xs.first().map_or(0, Tensor::rank);
        let dim = resolve_axis("Concatenate", "axis", self.axis, rank)?;
        let rest =
            |x: &Tensor| x.shape().iter().enumerate().filter(|(d, _)| *d != dim).map(|(_, &n)| n).collect();
        let first: Option<Vec<usize>> = xs.first().map(rest);
        if xs.iter().any(|x| x.rank() != rank || Some(rest(x)) != first) {
            let shapes: Vec<String> = xs.iter().map(|x| x.shape().to_string()).collect();
            return Err(Error::invalid(
                "Concatenate",
                "inputs",
                format_args!("matching shapes except along axis {}", self.axis),
                format_args!("shapes {}", shapes.join(", ")),
            ));
        }
        if let [x] = xs {
            return Ok(vec![x.clone()]);
        }
        Ok(vec![array::concat(xs, self.axis)?])
    }

    fn supports_masking(&self) -> bool {
        true
    }

    fn compute_mask(&self, c: &mut Call, xs: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        if xs.iter().all(|x| c.mask(x).is_none()) {
            return Ok(None);
        }
        let full = |x: &Tensor| -> Result<Tensor> {
            let ones = array::ones(x.shape(), DType::Bool)?;
            match c.mask(x) {
                None => Ok(ones),
                Some(m) if m.rank() < x.rank() => math::logical_and(array::expand_dims(m, -1)?, ones),
                Some(m) => Ok(m),
            }
        };
        let masks = xs.iter().map(full).collect::<Result<Vec<_>>>()?;
        math::reduce_any(array::concat(&masks, self.axis)?, -1, false).map(Some)
    }
}
