//! Convolutions of each channel on its own, and their derivatives.

use super::{geometry, input_adjoint, kernel_adjoint, shape_of, sliding};
use crate::error::{Error, Result};
use crate::ops::nn::{DataFormat, PaddingKind};
use crate::shape::Shape;
use crate::tensor::{Row, row};

crate::op! {
    /// Correlates each channel with its own kernels, of shape `[height, width, channels, outputs of a channel]`.
    DepthwiseConv2dNative in "tf.nn.depthwise_conv2d" (input, filter) {
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1],
    }
    build |s, g| {
        let op = "DepthwiseConv2dNative";
        let kernel = grouped(op, g.shape(input), s.data_format, g.shape(filter))?;
        let conv = geometry(&sliding!("DepthwiseConv2dNative", s, &s.explicit_paddings, InvalidArgument), 2, g.shape(input), &kernel)?;
        let filter = g.reshape(filter, kernel)?;
        g.convolution(input, filter, conv)
    };
    cases [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 5, 3]).f32([3, 2, 3, 2]),
        case().with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 5, 5, 2]).f32([2, 3, 2, 1]),
        case().with("strides", [1, 2, 2, 1]).with("padding", "SAME").f32([1, 5, 4, 1]).f32([3, 3, 1, 3]),
        case().with("strides", [1, 1, 1, 1]).with("padding", "EXPLICIT").with("explicit_paddings", [0, 0, 1, 0, 2, 1, 0, 0]).f32([1, 4, 4, 2]).f32([2, 2, 2, 2]),
    ]
    errors [
        case().with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 5, 2]).f32([3, 2, 3, 2]),
        case().with("strides", [1, 1, 1, 2]).with("padding", "SAME").f32([1, 4, 5, 3]).f32([3, 2, 3, 2]),
    ]
}

crate::op! {
    /// The adjoint of a depthwise convolution's input.
    DepthwiseConv2dNativeBackpropInput in "tf.nn.depthwise_conv2d_backprop_input" (filter, out_backprop) {
        input_sizes: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1],
    }
    build |s, g| {
        let op = "DepthwiseConv2dNativeBackpropInput";
        let x = shape_of(op, "input_sizes", &s.input_sizes)?;
        let kernel = grouped(op, &x, s.data_format, g.shape(filter))?;
        let conv = geometry(&sliding!("DepthwiseConv2dNativeBackpropInput", s, &s.explicit_paddings, InvalidArgument), 2, &x, &kernel)?;
        let filter = g.reshape(filter, kernel)?;
        input_adjoint(g, op, conv, x, filter, out_backprop)
    };
    cases [
        case().with("input_sizes", [1, 4, 5, 3]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([3, 2, 3, 2]).f32([1, 4, 5, 6]),
        case().with("input_sizes", [2, 5, 5, 2]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 3, 2, 1]).f32([2, 2, 2, 2]),
    ]
}

crate::op! {
    /// The adjoint of a depthwise convolution's kernel.
    DepthwiseConv2dNativeBackpropFilter in "tf.nn.depthwise_conv2d_backprop_filter" (input, out_backprop) {
        filter_sizes: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        explicit_paddings: Vec<i64> = vec![],
        data_format: DataFormat = DataFormat::Nhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1],
    }
    build |s, g| {
        let op = "DepthwiseConv2dNativeBackpropFilter";
        let filter = shape_of(op, "filter_sizes", &s.filter_sizes)?;
        let kernel = grouped(op, g.shape(input), s.data_format, &filter)?;
        let conv = geometry(&sliding!("DepthwiseConv2dNativeBackpropFilter", s, &s.explicit_paddings, InvalidArgument), 2, g.shape(input), &kernel)?;
        let d = kernel_adjoint(g, op, conv, input, kernel, out_backprop)?;
        g.reshape(d, filter)
    };
    cases [
        case().with("filter_sizes", [3, 2, 3, 2]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 5, 3]).f32([1, 4, 5, 6]),
        case().with("filter_sizes", [2, 3, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([2, 5, 5, 2]).f32([2, 2, 2, 2]),
    ]
}

/// The kernel `[h, w, c, m]` as one of `c` groups: `[h, w, 1, c * m]`.
fn grouped(op: &str, x: &Shape, format: DataFormat, kernel: &Shape) -> Result<Shape> {
    format.want_spatial(op, 2)?;
    if x.rank() != 4 || kernel.rank() != 4 || x[format.channel_dim()] != kernel[2] {
        let wanted =
            format!("[height, width, channels, outputs of a channel] for an input of shape {x} in {format}");
        return Err(Error::invalid(op, "filter", wanted, format_args!("shape {kernel}")));
    }
    Ok(Shape::from([kernel[0], kernel[1], 1, kernel[2] * kernel[3]]))
}

pub(in crate::ops::nn) const OPS: &[Row] = &[
    row::<DepthwiseConv2dNative>(),
    row::<DepthwiseConv2dNativeBackpropInput>(),
    row::<DepthwiseConv2dNativeBackpropFilter>(),
];
