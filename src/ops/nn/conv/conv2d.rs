//! Convolutions of images, and their derivatives.

use super::{geometry, input_adjoint, kernel_adjoint, shape_of, sliding};
use crate::ops::nn::{DataFormat, PaddingKind};
use crate::tensor::{Row, row};

crate::op! {
    /// Correlates images with kernels of shape `[height, width, input channels, output channels]`.
    Conv2D in "tf.nn.conv2d" (input, filter) {
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1],
    }
    build |s, g| {
        let conv = geometry(&sliding!("Conv2D", s, &s.explicit_paddings, Unimplemented), 2, g.shape(input), g.shape(filter))?;
        g.convolution(input, filter, conv)
    };
    cases [
        case().with("strides", [1, 1, 1, 1]).with("padding", "VALID").f32([2, 5, 4, 3]).f32([3, 2, 3, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 5, 4, 2]).f32([3, 2, 2, 3]),
        case().with("strides", [1, 2, 2, 1]).with("padding", "SAME").f32([1, 6, 5, 2]).f32([3, 3, 2, 2]),
        case().with("strides", [1, 3, 1, 1]).with("padding", "VALID").f32([1, 7, 3, 1]).f32([2, 2, 1, 2]),
        case().with("strides", [1, 2, 2, 1]).with("padding", "SAME").f32([1, 5, 4, 2]).f32([1, 1, 2, 3]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("dilations", [1, 2, 1, 1]).f32([1, 6, 4, 2]).f32([3, 2, 2, 2]).forward_only(),
        case().with("strides", [1, 1, 1, 1]).with("padding", "VALID").with("dilations", [1, 2, 3, 1]).f32([1, 6, 7, 1]).f32([2, 3, 1, 2]).forward_only(),
        case().with("strides", [1, 2, 1, 1]).with("padding", "EXPLICIT").with("explicit_paddings", [0, 0, 1, 2, 0, 1, 0, 0]).f32([1, 4, 4, 2]).f32([3, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 4, 4]).f32([2, 2, 2, 6]).forward_only(),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([0, 4, 4, 2]).f32([2, 2, 2, 3]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").half([1, 4, 4, 2]).half([2, 2, 2, 2]).forward_only(),
        case().with("strides", [1, 5, 5, 1]).with("padding", "VALID").f32([1, 7, 7, 1]).f32([2, 2, 1, 1]),
    ]
    errors [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 4, 2]).f32([0, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 4, 4]).f32([2, 2, 3, 2]),
        case().with("strides", [2, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 4, 2]).f32([2, 2, 2, 2]),
        case().with("strides", [1, 1, 1]).with("padding", "SAME").f32([1, 4, 4, 2]).f32([2, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "VALID").f32([1, 4, 4, 2]).f32([6, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "EXPLICIT").f32([1, 4, 4, 2]).f32([2, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("explicit_paddings", [0, 0, 1, 1, 1, 1, 0, 0]).f32([1, 4, 4, 2]).f32([2, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([4, 4, 2]).f32([2, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "same").f32([1, 4, 4, 2]).f32([2, 2, 2, 2]),
    ]
}

crate::op! {
    /// The adjoint of a convolution's input: also called transposed convolution.
    Conv2DBackpropInput in "tf.nn.conv2d_transpose" (filter, out_backprop) {
        input_sizes: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1],
    }
    build |s, g| {
        let op = "Conv2DBackpropInput";
        let x = shape_of(op, "input_sizes", &s.input_sizes)?;
        let conv = geometry(&sliding!("Conv2DBackpropInput", s, &s.explicit_paddings, Unimplemented), 2, &x, g.shape(filter))?;
        input_adjoint(g, op, conv, x, filter, out_backprop)
    };
    cases [
        case().with("input_sizes", [1, 5, 4, 2]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([3, 2, 2, 3]).f32([1, 5, 4, 3]),
        case().with("input_sizes", [2, 6, 5, 2]).with("strides", [1, 2, 2, 1]).with("padding", "SAME").f32([3, 3, 2, 2]).f32([2, 3, 3, 2]),
        case().with("input_sizes", [1, 7, 4, 2]).with("strides", [1, 3, 1, 1]).with("padding", "VALID").f32([2, 2, 2, 2]).f32([1, 2, 3, 2]),
        case().with("input_sizes", [1, 4, 4, 2]).with("strides", [1, 2, 1, 1]).with("padding", "EXPLICIT").with("explicit_paddings", [0, 0, 1, 2, 0, 1, 0, 0]).f32([3, 2, 2, 2]).f32([1, 3, 4, 2]),
    ]
    errors [case().with("input_sizes", [1, 5, 4, 2]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([3, 2, 2, 3]).f32([1, 4, 4, 3])]
}

crate::op! {
    /// The adjoint of a convolution's kernel.
    Conv2DBackpropFilter in "tf.raw_ops.Conv2DBackpropFilter" (input, out_backprop) {
        filter_sizes: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1],
    }
    build |s, g| {
        let op = "Conv2DBackpropFilter";
        let kernel = shape_of(op, "filter_sizes", &s.filter_sizes)?;
        let conv = geometry(&sliding!("Conv2DBackpropFilter", s, &s.explicit_paddings, Unimplemented), 2, g.shape(input), &kernel)?;
        kernel_adjoint(g, op, conv, input, kernel, out_backprop)
    };
    cases [
        case().with("filter_sizes", [3, 2, 2, 3]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 5, 4, 2]).f32([1, 5, 4, 3]),
        case().with("filter_sizes", [3, 3, 2, 2]).with("strides", [1, 2, 2, 1]).with("padding", "SAME").f32([2, 6, 5, 2]).f32([2, 3, 3, 2]),
        case().with("filter_sizes", [2, 2, 2, 2]).with("strides", [1, 3, 1, 1]).with("padding", "VALID").f32([1, 7, 4, 2]).f32([1, 2, 3, 2]),
        case().with("filter_sizes", [3, 2, 2, 2]).with("strides", [1, 2, 1, 1]).with("padding", "EXPLICIT").with("explicit_paddings", [0, 0, 1, 2, 0, 1, 0, 0]).f32([1, 4, 4, 2]).f32([1, 3, 4, 2]),
    ]
    errors [case().with("filter_sizes", [3, 2, 2, 3]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 5, 4, 2]).f32([1, 4, 4, 3])]
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<Conv2D>(), row::<Conv2DBackpropInput>(), row::<Conv2DBackpropFilter>()];
