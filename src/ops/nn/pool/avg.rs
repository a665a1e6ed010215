//! Averages of windows, and their derivatives.

use super::{average, no_derivative, pooling, windows};
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val, WindowDim, gradient};
use crate::ops::checks::want_float;
use crate::ops::nn::{DataFormat, PaddingKind};
use crate::shape::{Dims, Shape};
use crate::tensor::{Row, row};

crate::op! {
    /// The average of each window of images; padding does not count.
    AvgPool in "tf.nn.avg_pool2d" (value) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        want_float(g, "AvgPool", &[("value", value)])?;
        let w = windows(&pooling!("AvgPool", s, &[]), 2, g.shape(value), &s.ksize)?;
        average(g, value, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 3, 2, 1]).with("strides", [1, 2, 1, 1]).with("padding", "SAME").f32([1, 5, 4, 3]),
        case().with("ksize", [1, 3, 3, 1]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 2, 4, 1]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "SAME").half([1, 3, 4, 1]).forward_only(),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 3, 3, 1]).with("padding", "VALID").f32([1, 5, 7, 1]),
    ]
    errors [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "EXPLICIT").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2]).with("padding", "VALID").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").ints([2, 4, 5, 2], 0, 3),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([4, 5, 2]),
    ]
}

crate::op! {
    /// The adjoint of `AvgPool`'s input.
    AvgPoolGrad in "tf.raw_ops.AvgPoolGrad" (grad) {
        orig_input_shape: Vec<i64>,
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let x = original("AvgPoolGrad", &s.orig_input_shape, 4)?;
        let w = windows(&pooling!("AvgPoolGrad", s, &[]), 2, &x, &s.ksize)?;
        average_adjoint(g, "AvgPoolGrad", x, &w, grad)
    };
    cases [
        case().with("orig_input_shape", [1, 5, 4, 3]).with("ksize", [1, 3, 2, 1]).with("strides", [1, 2, 1, 1]).with("padding", "SAME").f32([1, 3, 4, 3]),
        case().with("orig_input_shape", [2, 4, 5, 2]).with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 2, 2, 2]),
    ]
    errors [case().with("orig_input_shape", [1, 5, 4]).with("ksize", [1, 3, 2, 1]).with("strides", [1, 2, 1, 1]).with("padding", "SAME").f32([1, 3, 4, 3])]
}

crate::op! {
    /// The average of each window of volumes; padding does not count.
    AvgPool3D in "tf.nn.avg_pool3d" (input) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
    }
    build |s, g| {
        want_float(g, "AvgPool3D", &[("input", input)])?;
        let w = windows(&pooling!("AvgPool3D", s, &[]), 3, g.shape(input), &s.ksize)?;
        average(g, input, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 2, 1]).with("strides", [1, 2, 2, 2, 1]).with("padding", "VALID").f32([1, 4, 3, 4, 2]),
        case().with("ksize", [1, 2, 3, 2, 1]).with("strides", [1, 1, 2, 2, 1]).with("padding", "SAME").f32([1, 3, 3, 3, 1]),
    ]
    errors [case().with("ksize", [1, 2, 2, 2]).with("strides", [1, 2, 2, 2, 1]).with("padding", "VALID").f32([1, 4, 3, 4, 2])]
}

crate::op! {
    /// The adjoint of `AvgPool3D`'s input.
    AvgPool3DGrad in "tf.raw_ops.AvgPool3DGrad" (grad) {
        orig_input_shape: Vec<i64>,
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
    }
    build |s, g| {
        let x = original("AvgPool3DGrad", &s.orig_input_shape, 5)?;
        let w = windows(&pooling!("AvgPool3DGrad", s, &[]), 3, &x, &s.ksize)?;
        average_adjoint(g, "AvgPool3DGrad", x, &w, grad)
    };
    cases [
        case().with("orig_input_shape", [1, 3, 3, 3, 1]).with("ksize", [1, 2, 3, 2, 1]).with("strides", [1, 1, 2, 2, 1]).with("padding", "SAME").f32([1, 3, 2, 2, 1]),
    ]
}

fn original(op: &str, sizes: &[i64], rank: usize) -> Result<Shape> {
    let shape = sizes.iter().map(|&n| usize::try_from(n).ok()).collect::<Option<Dims>>();
    shape.filter(|s| s.len() == rank).map(Shape).ok_or_else(|| {
        Error::invalid(op, "orig_input_shape", format_args!("{rank} sizes"), format_args!("{sizes:?}"))
    })
}

fn average_adjoint(g: &mut Graph, op: &str, x: Shape, w: &[WindowDim], dy: Val) -> Result<Val> {
    // Averaging is linear: its derivative at zero is its derivative everywhere.
    let zero = g.full(g.dtype(dy), x, 0.0)?;
    let y = average(g, zero, w)?;
    if g.shape(y) != g.shape(dy) {
        let wanted = format!("shape {}", g.shape(y));
        return Err(Error::invalid(op, "grad", wanted, format_args!("shape {}", g.shape(dy))));
    }
    let found = gradient(g, &[y], &[Some(dy)], &[zero])?.first().copied().flatten();
    found.ok_or_else(|| no_derivative(op))
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<AvgPool>(), row::<AvgPoolGrad>(), row::<AvgPool3D>(), row::<AvgPool3DGrad>()];
