//! The functions of `tf.nn` over pooling.

use super::{AvgPool, AvgPool3D, MaxPool, MaxPool3D};
use crate::error::{Error, Result};
use crate::ops::nn::line::Line;
use crate::ops::nn::{DataFormat, Extents, Padding};
use crate::tensor::{IntoTensor, Tensor, run_one};

/// The maximum of each window of sequences `[batch, width, channels]` (`tf.nn.max_pool1d`).
///
/// # Errors
/// As [`max_pool2d`].
pub fn max_pool1d(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
) -> Result<Tensor> {
    let image = Line { format: data_format };
    let (padding, explicit_paddings) = image.padding(padding.into()).attrs();
    let op = MaxPool {
        ksize: image.extents(&ksize.into().full("max_pool1d", "ksize", data_format)?),
        strides: image.extents(&strides.into().full("max_pool1d", "strides", data_format)?),
        padding,
        explicit_paddings,
        data_format: image.format(),
    };
    pool1d("max_pool1d", &image, input.into_tensor(None)?, |x| run_one(&op, &[x]))
}

/// The average of each window of sequences `[batch, width, channels]` (`tf.nn.avg_pool1d`); padding does not count.
///
/// # Errors
/// As [`avg_pool2d`].
pub fn avg_pool1d(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
) -> Result<Tensor> {
    let image = Line { format: data_format };
    let op = AvgPool {
        ksize: image.extents(&ksize.into().full("avg_pool1d", "ksize", data_format)?),
        strides: image.extents(&strides.into().full("avg_pool1d", "strides", data_format)?),
        padding: padding.into().attrs().0,
        data_format: image.format(),
    };
    pool1d("avg_pool1d", &image, input.into_tensor(None)?, |x| run_one(&op, &[x]))
}

fn pool1d(op: &str, image: &Line, x: Tensor, f: impl FnOnce(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    image.format.want_spatial(op, 1)?;
    if x.rank() != 3 {
        return Err(Error::invalid(op, "input", "3 dimensions", format_args!("shape {}", x.shape())));
    }
    image.narrow(&f(&image.widen(&x)?).map_err(|e| e.for_op(op))?)
}

/// The maximum of each window of images `[batch, height, width, channels]` (`tf.nn.max_pool2d`).
///
/// ```
/// # use wgflow::ops::{array, nn::{self, DataFormat, Padding}};
/// let x = array::reshape([1.0, 2.0, 3.0, 4.0], [1, 2, 2, 1])?;
/// let y = nn::max_pool2d(&x, 2, 2, Padding::Valid, DataFormat::Nhwc)?;
/// assert_eq!(y.to_vec::<f32>()?, [4.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for ranks, sizes, strides and paddings that do not fit; `Unimplemented` for windows over batch or channels.
pub fn max_pool2d(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
) -> Result<Tensor> {
    let (padding, explicit_paddings) = padding.into().attrs();
    let op = MaxPool {
        ksize: ksize.into().full("max_pool2d", "ksize", data_format)?,
        strides: strides.into().full("max_pool2d", "strides", data_format)?,
        padding,
        explicit_paddings,
        data_format,
    };
    run_one(&op, &[&input.into_tensor(None)?])
}

/// The average of each window of images `[batch, height, width, channels]` (`tf.nn.avg_pool2d`); padding does not count.
///
/// # Errors
/// As [`max_pool2d`]; `InvalidArgument` for integers and for explicit padding.
pub fn avg_pool2d(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
) -> Result<Tensor> {
    let op = AvgPool {
        ksize: ksize.into().full("avg_pool2d", "ksize", data_format)?,
        strides: strides.into().full("avg_pool2d", "strides", data_format)?,
        padding: padding.into().attrs().0,
        data_format,
    };
    run_one(&op, &[&input.into_tensor(None)?])
}

/// The maximum of each window of volumes `[batch, depth, height, width, channels]` (`tf.nn.max_pool3d`).
///
/// # Errors
/// As [`max_pool2d`]; `InvalidArgument` for explicit padding.
pub fn max_pool3d(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
) -> Result<Tensor> {
    let op = MaxPool3D {
        ksize: ksize.into().full("max_pool3d", "ksize", data_format)?,
        strides: strides.into().full("max_pool3d", "strides", data_format)?,
        padding: padding.into().attrs().0,
        data_format,
    };
    run_one(&op, &[&input.into_tensor(None)?])
}

/// The average of each window of volumes `[batch, depth, height, width, channels]` (`tf.nn.avg_pool3d`); padding does not count.
///
/// # Errors
/// As [`avg_pool2d`].
pub fn avg_pool3d(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    data_format: DataFormat,
) -> Result<Tensor> {
    let op = AvgPool3D {
        ksize: ksize.into().full("avg_pool3d", "ksize", data_format)?,
        strides: strides.into().full("avg_pool3d", "strides", data_format)?,
        padding: padding.into().attrs().0,
        data_format,
    };
    run_one(&op, &[&input.into_tensor(None)?])
}
