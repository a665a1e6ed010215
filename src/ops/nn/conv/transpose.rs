//! Transposed convolutions: the derivative of a convolution in its input, used forward.

use super::functions::want_rank;
use super::{Conv2DBackpropInput, Conv3DBackpropInputV2};
use crate::error::{Error, Result};
use crate::ops::nn::line::Line;
use crate::ops::nn::{DataFormat, Extents, Padding};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, pair, run_one};

/// The transpose of [`conv1d`](super::conv1d) (`tf.nn.conv1d_transpose`): kernels are `[width, output channels, input channels]`.
///
/// # Errors
/// As [`conv2d_transpose`].
pub fn conv1d_transpose(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    output_shape: impl Into<Shape>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let op = "conv1d_transpose";
    let (input, filters) = pair(input, filters)?;
    data_format.want_spatial(op, 1)?;
    want_rank(op, &filters, 3)?;
    let input_sizes = output_sizes(op, &input, output_shape.into(), 3)?;
    let image = Line { format: data_format };
    let (padding, explicit_paddings) = image.padding(padding.into()).attrs();
    let transposed = Conv2DBackpropInput {
        input_sizes: image.extents(&input_sizes),
        strides: image.extents(&strides.into().full(op, "strides", data_format)?),
        dilations: image.extents(&dilations.into().full(op, "dilations", data_format)?),
        padding,
        explicit_paddings,
        data_format: image.format(),
    };
    let y = run_one(&transposed, &[&image.kernel(&filters)?, &image.widen(&input)?]);
    image.narrow(&y.map_err(|e| e.for_op(op))?)
}

/// The transpose of [`conv2d`](super::conv2d) (`tf.nn.conv2d_transpose`), sometimes called deconvolution: kernels are
/// `[height, width, output channels, input channels]`, and `output_shape` is the shape of what a convolution would have had as input.
///
/// ```
/// # use wgflow::ops::{array, nn::{self, DataFormat, Padding}};
/// let x = array::reshape([1.0, 2.0], [1, 1, 2, 1])?;
/// let w = array::reshape([1.0, 10.0], [1, 2, 1, 1])?;
/// let y = nn::conv2d_transpose(&x, &w, [1, 1, 4, 1], 2, Padding::Same, DataFormat::Nhwc, 1)?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 10.0, 2.0, 20.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// As [`conv2d`](super::conv2d); `InvalidArgument` when a convolution of `output_shape` would not give the shape of `input`.
pub fn conv2d_transpose(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    output_shape: impl Into<Shape>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let op = "conv2d_transpose";
    let (input, filters) = pair(input, filters)?;
    let (padding, explicit_paddings) = padding.into().attrs();
    let transposed = Conv2DBackpropInput {
        input_sizes: output_sizes(op, &input, output_shape.into(), 4)?,
        strides: strides.into().full(op, "strides", data_format)?,
        dilations: dilations.into().full(op, "dilations", data_format)?,
        padding,
        explicit_paddings,
        data_format,
    };
    run_one(&transposed, &[&filters, &input])
}

/// The transpose of [`conv3d`](super::conv3d) (`tf.nn.conv3d_transpose`): kernels are
/// `[depth, height, width, output channels, input channels]`.
///
/// # Errors
/// As [`conv2d_transpose`].
pub fn conv3d_transpose(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    output_shape: impl Into<Shape>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let op = "conv3d_transpose";
    let (input, filters) = pair(input, filters)?;
    let transposed = Conv3DBackpropInputV2 {
        input_sizes: output_sizes(op, &input, output_shape.into(), 5)?,
        strides: strides.into().full(op, "strides", data_format)?,
        dilations: dilations.into().full(op, "dilations", data_format)?,
        padding: padding.into().attrs().0,
        data_format,
    };
    run_one(&transposed, &[&filters, &input])
}

/// `output_shape` as an attribute; TensorFlow wants it whole.
fn output_sizes(op: &str, input: &Tensor, shape: Shape, rank: usize) -> Result<Vec<i64>> {
    if input.rank() != rank {
        let received = format!("shape {}", input.shape());
        return Err(Error::invalid(op, "input", format_args!("{rank} dimensions"), received));
    }
    if shape.rank() != rank {
        return Err(Error::invalid(op, "output_shape", format_args!("{rank} sizes"), &shape));
    }
    Ok(shape.iter().map(|&n| n as i64).collect())
}
