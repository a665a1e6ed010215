//! Convolutions of volumes, and their derivatives.

use super::{geometry, input_adjoint, kernel_adjoint, shape_of, sliding};
use crate::ops::nn::{DataFormat, PaddingKind};
use crate::tensor::{Row, row};

crate::op! {
    /// Correlates volumes with kernels of shape `[depth, height, width, input channels, output channels]`.
    Conv3D in "tf.nn.conv3d" (input, filter) {
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1, 1],
    }
    build |s, g| {
        let conv = geometry(&sliding!("Conv3D", s, &[], InvalidArgument), 3, g.shape(input), g.shape(filter))?;
        g.convolution(input, filter, conv)
    };
    cases [
        case().with("strides", [1, 1, 1, 1, 1]).with("padding", "VALID").f32([1, 3, 4, 3, 2]).f32([2, 2, 2, 2, 2]),
        case().with("strides", [1, 1, 1, 1, 1]).with("padding", "SAME").f32([1, 2, 3, 3, 2]).f32([2, 3, 2, 2, 1]),
        case().with("strides", [1, 2, 1, 2, 1]).with("padding", "SAME").f32([1, 3, 2, 4, 1]).f32([2, 2, 3, 1, 2]),
    ]
    errors [
        case().with("strides", [1, 1, 1, 1, 1]).with("padding", "SAME").f32([1, 2, 3, 3, 3]).f32([2, 3, 2, 2, 1]),
        case().with("strides", [1, 1, 1, 1, 2]).with("padding", "SAME").f32([1, 2, 3, 3, 2]).f32([2, 3, 2, 2, 1]),
        case().with("strides", [1, 1, 1, 1, 1]).with("padding", "EXPLICIT").f32([1, 2, 3, 3, 2]).f32([2, 3, 2, 2, 1]),
    ]
}

crate::op! {
    /// The adjoint of a volume convolution's input.
    Conv3DBackpropInputV2 in "tf.nn.conv3d_transpose" (filter, out_backprop) {
        input_sizes: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1, 1],
    }
    build |s, g| {
        let op = "Conv3DBackpropInputV2";
        let x = shape_of(op, "input_sizes", &s.input_sizes)?;
        let conv = geometry(&sliding!("Conv3DBackpropInputV2", s, &[], InvalidArgument), 3, &x, g.shape(filter))?;
        input_adjoint(g, op, conv, x, filter, out_backprop)
    };
    cases [
        case().with("input_sizes", [1, 3, 2, 4, 1]).with("strides", [1, 2, 1, 2, 1]).with("padding", "SAME").f32([2, 2, 3, 1, 2]).f32([1, 2, 2, 2, 2]),
        case().with("input_sizes", [1, 3, 4, 3, 2]).with("strides", [1, 1, 1, 1, 1]).with("padding", "VALID").f32([2, 2, 2, 2, 2]).f32([1, 2, 3, 2, 2]),
    ]
}

crate::op! {
    /// The adjoint of a volume convolution's kernel.
    Conv3DBackpropFilterV2 in "tf.raw_ops.Conv3DBackpropFilterV2" (input, out_backprop) {
        filter_sizes: Vec<i64>,
        strides: Vec<i64>,
        padding: PaddingKind,
        data_format: DataFormat = DataFormat::Ndhwc,
        dilations: Vec<i64> = vec![1, 1, 1, 1, 1],
    }
    build |s, g| {
        let op = "Conv3DBackpropFilterV2";
        let kernel = shape_of(op, "filter_sizes", &s.filter_sizes)?;
        let conv = geometry(&sliding!("Conv3DBackpropFilterV2", s, &[], InvalidArgument), 3, g.shape(input), &kernel)?;
        kernel_adjoint(g, op, conv, input, kernel, out_backprop)
    };
    cases [
        case().with("filter_sizes", [2, 2, 3, 1, 2]).with("strides", [1, 2, 1, 2, 1]).with("padding", "SAME").f32([1, 3, 2, 4, 1]).f32([1, 2, 2, 2, 2]),
        case().with("filter_sizes", [2, 2, 2, 2, 2]).with("strides", [1, 1, 1, 1, 1]).with("padding", "VALID").f32([1, 3, 4, 3, 2]).f32([1, 2, 3, 2, 2]),
    ]
}

pub(in crate::ops::nn) const OPS: &[Row] =
    &[row::<Conv3D>(), row::<Conv3DBackpropInputV2>(), row::<Conv3DBackpropFilterV2>()];
