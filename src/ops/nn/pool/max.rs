//! Maxima of images' windows, and their derivatives.

use super::{no_derivative, pooling, windows};
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val, WindowDim, gradient};
use crate::ops::checks::want_same_shape;
use crate::ops::nn::{DataFormat, PaddingKind};
use crate::tensor::{Adjoints, Row, row};

crate::op! {
    /// The maximum of each window of images.
    MaxPool in "tf.nn.max_pool2d" (input) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPool", s, &s.explicit_paddings), 2, g.shape(input), &s.ksize)?;
        g.reduce_window(ReduceKind::Max, input, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").distinct([2, 4, 5, 2]),
        case().with("ksize", [1, 3, 2, 1]).with("strides", [1, 2, 1, 1]).with("padding", "SAME").distinct([1, 5, 4, 3]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").values([1, 3, 3, 1], &[1.0]),
        case().with("ksize", [1, 2, 3, 1]).with("strides", [1, 2, 2, 1]).with("padding", "EXPLICIT").with("explicit_paddings", [0, 0, 1, 0, 1, 2, 0, 0]).distinct([1, 4, 4, 2]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 3, 3, 1]).with("padding", "VALID").distinct([1, 5, 7, 1]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "SAME").f32([0, 4, 4, 2]).forward_only(),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "SAME").ints([1, 3, 4, 2], -9, 9),
    ]
    errors [
        case().with("ksize", [2, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 2, 2]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 0, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 6, 2, 1]).with("strides", [1, 1, 2, 1]).with("padding", "VALID").f32([2, 4, 5, 2]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([4, 5, 2]),
    ]
}

crate::op! {
    /// As `MaxPool`, with sizes and strides that TensorFlow takes as inputs.
    MaxPoolV2 in "tf.nn.max_pool2d" (input) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPoolV2", s, &[]), 2, g.shape(input), &s.ksize)?;
        g.reduce_window(ReduceKind::Max, input, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").distinct([1, 4, 5, 2]),
        case().with("ksize", [1, 3, 2, 1]).with("strides", [1, 2, 1, 1]).with("padding", "SAME").distinct([1, 5, 4, 1]),
    ]
    errors [case().with("ksize", [1, 2, 2]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 4, 5, 2])]
}

crate::op! {
    /// The adjoint of `MaxPool`'s input: each window's goes to its first maximum.
    MaxPoolGrad in "tf.raw_ops.MaxPoolGrad" (orig_input, orig_output, grad) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPoolGrad", s, &s.explicit_paddings), 2, g.shape(orig_input), &s.ksize)?;
        scatter_to_maxima(g, "MaxPoolGrad", [orig_input, orig_output, grad], &w)
    };
    vjp |s, g, x, y, dy| {
        let w = windows(&pooling!("MaxPoolGrad", s, &s.explicit_paddings), 2, g.shape(x[0]), &s.ksize)?;
        maxima_vjp(g, "MaxPoolGrad", x, dy, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").values([1, 2, 4, 1], &[1.0, 2.0, 7.0, 7.0, 4.0, 3.0, 5.0, 6.0]).values([1, 1, 2, 1], &[4.0, 7.0]).f32([1, 1, 2, 1]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").values([1, 2, 2, 1], &[1.0, 2.0, 4.0, 3.0]).values([1, 2, 2, 1], &[4.0, 3.0, 4.0, 3.0]).f32([1, 2, 2, 1]),
    ]
    errors [case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([1, 2, 4, 1]).f32([1, 1, 2, 1]).f32([1, 1, 1, 1])]
}

crate::op! {
    /// The adjoint of `MaxPoolGrad`'s `grad`: what stands at each window's first maximum.
    MaxPoolGradGrad in "tf.raw_ops.MaxPoolGradGrad" (orig_input, orig_output, grad) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let w = windows(&pooling!("MaxPoolGradGrad", s, &[]), 2, g.shape(orig_input), &s.ksize)?;
        gather_at_maxima(g, "MaxPoolGradGrad", orig_input, grad, &w)
    };
    cases [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").values([1, 2, 4, 1], &[1.0, 2.0, 7.0, 7.0, 4.0, 3.0, 5.0, 6.0]).values([1, 1, 2, 1], &[4.0, 7.0]).f32([1, 2, 4, 1]).forward_only(),
    ]
}

/// Spreads `grad` to the places of the maxima of `[input, output, grad]`.
pub(super) fn scatter_to_maxima(g: &mut Graph, op: &str, x: [Val; 3], w: &[WindowDim]) -> Result<Val> {
    want_same_shape(g, op, &[("orig_output", x[1]), ("grad", x[2])])?;
    g.select_and_scatter(x[0], x[2], true, w)
}

/// The elements of `values`, shaped as `input`, that stand at the maxima of the windows of `input`.
pub(super) fn gather_at_maxima(
    g: &mut Graph,
    op: &str,
    input: Val,
    values: Val,
    w: &[WindowDim],
) -> Result<Val> {
    want_same_shape(g, op, &[("orig_input", input), ("grad", values)])?;
    let maxima = g.reduce_window(ReduceKind::Max, input, w)?;
    let source = g.zeros_like(maxima)?;
    let spread = g.select_and_scatter(input, source, true, w)?;
    let found = gradient(g, &[spread], &[Some(values)], &[source])?.first().copied().flatten();
    found.ok_or_else(|| no_derivative(op))
}

/// The derivative of [`scatter_to_maxima`]; input and output count as constants.
pub(super) fn maxima_vjp(g: &mut Graph, op: &str, x: &[Val], dy: Val, w: &[WindowDim]) -> Result<Adjoints> {
    let &[input, output, _] = x else { return Err(Error::internal(op, "wanted three operands")) };
    let d = gather_at_maxima(g, op, input, dy, w)?;
    Ok(vec![Some(g.zeros_like(input)?), Some(g.zeros_like(output)?), Some(d)])
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<MaxPool>(), row::<MaxPoolV2>(), row::<MaxPoolGrad>(), row::<MaxPoolGradGrad>()];
