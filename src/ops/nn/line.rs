//! Sequences handled as images.

use super::{DataFormat, Padding};
use crate::error::Result;
use crate::ops::array::reshape;
use crate::tensor::Tensor;

/// Sequences as images of height 1.
pub(super) struct Line {
    pub(super) format: DataFormat,
}

impl Line {
    pub(super) fn format(&self) -> DataFormat {
        DataFormat::of(2, self.format.channels_first())
    }

    /// Full strides, dilations or sizes with a 1 for the height.
    pub(super) fn extents(&self, v: &[i64]) -> Vec<i64> {
        let mut all = v.to_vec();
        all.insert(self.format.first_spatial(), 1);
        all
    }

    pub(super) fn padding(&self, padding: Padding) -> Padding {
        match padding {
            Padding::Explicit(mut pairs) => {
                pairs.insert(self.format.first_spatial().min(pairs.len()), [0, 0]);
                Padding::Explicit(pairs)
            }
            p => p,
        }
    }

    pub(super) fn widen(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.shape().clone();
        shape.0.insert(self.format.first_spatial(), 1);
        reshape(x, shape)
    }

    pub(super) fn narrow(&self, x: &Tensor) -> Result<Tensor> {
        let mut shape = x.shape().clone();
        shape.0.remove(self.format.first_spatial());
        reshape(x, shape)
    }

    pub(super) fn kernel(&self, filters: &Tensor) -> Result<Tensor> {
        let mut shape = filters.shape().clone();
        shape.0.insert(0, 1);
        reshape(filters, shape)
    }
}
