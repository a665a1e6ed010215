//! Maxima of volumes' windows, and their derivatives.

use super::max::{gather_at_maxima, maxima_vjp, scatter_to_maxima};
use super::{pooling, windows};
use crate::hlo::ReduceKind;
use crate::ops::nn::{DataFormat, PaddingKind};
use crate::tensor::{Row, row};

crate::op! {
    /// The maximum of each window of volumes.
    MaxPool3D in "tf.nn.max_pool3d" (input) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPool3D", s, &[]), 3, g.shape(input), &s.ksize)?;
        g.reduce_window(ReduceKind::Max, input, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 2, 1]).with("strides", [1, 2, 2, 2, 1]).with("padding", "VALID").distinct([1, 4, 3, 4, 2]),
        case().with("ksize", [1, 2, 3, 2, 1]).with("strides", [1, 1, 2, 2, 1]).with("padding", "SAME").distinct([1, 3, 3, 3, 1]),
    ]
    errors [
        case().with("ksize", [2, 2, 2, 2, 1]).with("strides", [1, 2, 2, 2, 1]).with("padding", "VALID").f32([2, 4, 3, 4, 2]),
        case().with("ksize", [1, 2, 2, 2]).with("strides", [1, 2, 2, 2, 1]).with("padding", "VALID").f32([1, 4, 3, 4, 2]),
    ]
}

crate::op! {
    /// The adjoint of `MaxPool3D`'s input: each window's goes to its first maximum.
    MaxPool3DGrad in "tf.raw_ops.MaxPool3DGrad" (orig_input, orig_output, grad) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPool3DGrad", s, &[]), 3, g.shape(orig_input), &s.ksize)?;
        scatter_to_maxima(g, "MaxPool3DGrad", [orig_input, orig_output, grad], &w)
    };
    vjp |s, g, x, y, dy| {
        let w = windows(&pooling!("MaxPool3DGrad", s, &[]), 3, g.shape(x[0]), &s.ksize)?;
        maxima_vjp(g, "MaxPool3DGrad", x, dy, &w)
    };
    cases [
        case().with("ksize", [1, 1, 2, 2, 1]).with("strides", [1, 1, 2, 2, 1]).with("padding", "VALID").values([1, 1, 2, 4, 1], &[1.0, 2.0, 7.0, 8.0, 4.0, 3.0, 5.0, 6.0]).values([1, 1, 1, 2, 1], &[4.0, 8.0]).f32([1, 1, 1, 2, 1]),
    ]
}

crate::op! {
    /// The adjoint of `MaxPool3DGrad`'s `grad`: what stands at each window's first maximum.
    MaxPool3DGradGrad in "tf.raw_ops.MaxPool3DGradGrad" (orig_input, orig_output, grad) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPool3DGradGrad", s, &[]), 3, g.shape(orig_input), &s.ksize)?;
        gather_at_maxima(g, "MaxPool3DGradGrad", orig_input, grad, &w)
    };
    cases [
        case().with("ksize", [1, 1, 2, 2, 1]).with("strides", [1, 1, 2, 2, 1]).with("padding", "VALID").values([1, 1, 2, 4, 1], &[1.0, 2.0, 7.0, 8.0, 4.0, 3.0, 5.0, 6.0]).values([1, 1, 1, 2, 1], &[4.0, 8.0]).f32([1, 1, 2, 4, 1]).forward_only(),
    ]
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<MaxPool3D>(), row::<MaxPool3DGrad>(), row::<MaxPool3DGradGrad>()];
