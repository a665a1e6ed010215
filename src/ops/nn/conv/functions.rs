//! The functions of `tf.nn` over the convolutions.

use super::{Conv2D, Conv3D, DepthwiseConv2dNative};
use crate::error::{Error, Result};
use crate::ops::array::reshape;
use crate::ops::nn::line::Line;
use crate::ops::nn::{DataFormat, Extents, Padding};
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Tensor, pair, run_one};

/// Correlates sequences `[batch.., width, channels]` with kernels `[width, input channels, output channels]` (`tf.nn.conv1d`).
///
/// # Errors
/// As [`conv2d`].
pub fn conv1d(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    stride: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let (input, filters) = pair(input, filters)?;
    data_format.want_spatial("conv1d", 1)?;
    let flat = Flat::new("conv1d", &input, 3)?;
    want_rank("conv1d", &filters, 3)?;
    let image = Line { format: data_format };
    let (padding, explicit_paddings) = image.padding(padding.into()).attrs();
    let op = Conv2D {
        strides: image.extents(&stride.into().full("conv1d", "stride", data_format)?),
        dilations: image.extents(&dilations.into().full("conv1d", "dilations", data_format)?),
        padding,
        explicit_paddings,
        data_format: image.format(),
    };
    let y = run_one(&op, &[&image.widen(&flat.tensor)?, &image.kernel(&filters)?]);
    flat.restore(&image.narrow(&y.map_err(|e| e.for_op("conv1d"))?)?)
}

/// Correlates images `[batch.., height, width, channels]` with kernels `[height, width, input channels, output channels]`
/// (`tf.nn.conv2d`). Where a kernel has fewer input channels than the images, these are divided into groups that each see their own
/// part of the output channels.
///
/// ```
/// # use wgflow::{ops::{array, nn::{self, DataFormat, Padding}}, Tensor, IntoTensor};
/// let x = array::reshape([1.0, 2.0, 3.0, 4.0], [1, 2, 2, 1])?;
/// let w = array::reshape([1.0, 1.0, 1.0, 1.0], [2, 2, 1, 1])?;
/// let y = nn::conv2d(&x, &w, 1, Padding::Same, DataFormat::Nhwc, 1)?;
/// assert_eq!(y.to_vec::<f32>()?, [10.0, 6.0, 7.0, 4.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for ranks, sizes, dtypes, strides or paddings that do not fit; `Unimplemented` for strides over batch or channels.
pub fn conv2d(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let (input, filters) = pair(input, filters)?;
    let flat = Flat::new("conv2d", &input, 4)?;
    let (padding, explicit_paddings) = padding.into().attrs();
    let op = Conv2D {
        strides: strides.into().full("conv2d", "strides", data_format)?,
        dilations: dilations.into().full("conv2d", "dilations", data_format)?,
        padding,
        explicit_paddings,
        data_format,
    };
    flat.restore(&run_one(&op, &[&flat.tensor, &filters])?)
}

/// Correlates volumes `[batch.., depth, height, width, channels]` with kernels
/// `[depth, height, width, input channels, output channels]` (`tf.nn.conv3d`).
///
/// # Errors
/// As [`conv2d`]; `InvalidArgument` for explicit padding, which TensorFlow does not have here.
pub fn conv3d(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let (input, filters) = pair(input, filters)?;
    let flat = Flat::new("conv3d", &input, 5)?;
    let op = Conv3D {
        strides: strides.into().full("conv3d", "strides", data_format)?,
        dilations: dilations.into().full("conv3d", "dilations", data_format)?,
        padding: padding.into().attrs().0,
        data_format,
    };
    flat.restore(&run_one(&op, &[&flat.tensor, &filters])?)
}

/// Correlates each channel of images with its own kernels, of shape `[height, width, channels, outputs of a channel]`
/// (`tf.nn.depthwise_conv2d`).
///
/// # Errors
/// As [`conv2d`].
pub fn depthwise_conv2d(
    input: impl IntoTensor,
    filter: impl IntoTensor,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let (input, filter) = pair(input, filter)?;
    let (padding, explicit_paddings) = padding.into().attrs();
    let op = DepthwiseConv2dNative {
        strides: strides.into().full("depthwise_conv2d", "strides", data_format)?,
        dilations: dilations.into().full("depthwise_conv2d", "dilations", data_format)?,
        padding,
        explicit_paddings,
        data_format,
    };
    run_one(&op, &[&input, &filter])
}

/// A depthwise convolution, then one with 1 x 1 kernels `[1, 1, channels, output channels]` (`tf.nn.separable_conv2d`).
///
/// # Errors
/// As [`conv2d`].
pub fn separable_conv2d(
    input: impl IntoTensor,
    depthwise_filter: impl IntoTensor,
    pointwise_filter: impl IntoTensor,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let pointwise = pointwise_filter.into_tensor(None)?;
    if pointwise.rank() != 4 || pointwise.shape()[..2] != [1, 1] {
        let received = format!("shape {}", pointwise.shape());
        return Err(Error::invalid(
            "separable_conv2d",
            "pointwise_filter",
            "shape (1, 1, channels, outputs)",
            received,
        ));
    }
    let y = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)?;
    conv2d(y, pointwise, 1, Padding::Valid, data_format, 1)
}

/// A convolution of images with holes of `rate - 1` between kernel positions (`tf.nn.atrous_conv2d`).
///
/// # Errors
/// As [`conv2d`].
pub fn atrous_conv2d(
    value: impl IntoTensor,
    filters: impl IntoTensor,
    rate: usize,
    padding: impl Into<Padding>,
) -> Result<Tensor> {
    conv2d(value, filters, 1, padding, DataFormat::Nhwc, rate)
}

/// The convolution of sequences, images or volumes, by the rank of `filters` (`tf.nn.convolution`).
///
/// # Errors
/// As [`conv2d`].
pub fn convolution(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let (input, filters) = pair(input, filters)?;
    match filters.rank() {
        3 => conv1d(input, filters, strides, padding, data_format, dilations),
        4 => conv2d(input, filters, strides, padding, data_format, dilations),
        5 => conv3d(input, filters, strides, padding, data_format, dilations),
        _ => {
            let received = format!("shape {}", filters.shape());
            Err(Error::invalid("convolution", "filters", "3 to 5 dimensions", received))
        }
    }
}

pub(super) fn want_rank(op: &str, x: &Tensor, rank: usize) -> Result<()> {
    if x.rank() == rank {
        return Ok(());
    }
    Err(Error::invalid(op, "filters", format_args!("{rank} dimensions"), format_args!("shape {}", x.shape())))
}

/// Data with its leading dimensions joined into one batch.
struct Flat {
    tensor: Tensor,
    lead: Shape,
}

impl Flat {
    fn new(op: &str, x: &Tensor, rank: usize) -> Result<Flat> {
        if x.rank() < rank {
            let received = format!("shape {}", x.shape());
            return Err(Error::invalid(op, "input", format_args!("at least {rank} dimensions"), received));
        }
        let (lead, inner) = x.shape().split_at(x.rank() + 1 - rank);
        let shape: Shape = std::iter::once(lead.iter().product()).chain(inner.iter().copied()).collect();
        let tensor = if x.rank() == rank { x.clone() } else { reshape(x, shape)? };
        Ok(Flat { tensor, lead: lead.into() })
    }

    fn restore(&self, y: &Tensor) -> Result<Tensor> {
        if self.lead.rank() == 1 {
            return Ok(y.clone());
        }
        let shape: Shape = self.lead.iter().chain(&y.shape()[1..]).copied().collect();
        reshape(y, shape)
    }
}
