//! The functions of `tf.nn` over pooling.

use super::{AvgPool, AvgPool3D, MaxPool, MaxPool3D, average};
use crate::ErrorKind;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::nn::window::{Line, Sliding};
use crate::ops::nn::{DataFormat, Extents, Padding, PaddingKind};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

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

crate::attr_enum! {
    /// What [`pool`] takes of each window.
    PoolingType {
        /// The maximum.
        Max = "MAX",
        /// The average.
        Avg = "AVG",
    }
}

crate::op! {
    /// The maximum or average of windows with one to three dimensions, which may have holes.
    Pool as "pool" in api "tf.nn.pool" (input) {
        window_shape: Vec<i64>,
        pooling_type: PoolingType,
        strides: Option<Vec<i64>> = None,
        padding: PaddingKind = PaddingKind::Valid,
        data_format: Option<DataFormat> = None,
        dilations: Option<Vec<i64>> = None,
    }
    build |s, g| build_pool(g, s, input);
    cases [
        case().with("window_shape", [2]).with("pooling_type", "MAX").distinct([1, 5, 2]),
        case().with("window_shape", [2, 3]).with("pooling_type", "AVG").with("padding", "SAME").with("strides", [1, 2]).f32([1, 4, 5, 2]),
        case().with("window_shape", [2, 2, 1]).with("pooling_type", "MAX").with("padding", "SAME").distinct([1, 3, 3, 2, 1]),
        case().with("window_shape", [2, 2]).with("pooling_type", "MAX").with("dilations", [2, 1]).distinct([1, 5, 4, 1]),
    ]
    errors [
        case().with("window_shape", [2, 2]).with("pooling_type", "MAX").with("dilations", [1, 2]).with("padding", "SAME").f32([1, 4, 4, 1]),
        case().with("window_shape", [2, 2]).with("pooling_type", "MAX").with("dilations", [2, 2]).with("strides", [2, 1]).f32([1, 5, 4, 1]),
        case().with("window_shape", [2, 2, 2, 2]).with("pooling_type", "MAX").f32([1, 5, 4, 3, 3, 1]),
    ]
}

fn build_pool(g: &mut Graph, s: &Pool, x: Val) -> Result<Val> {
    let n = s.window_shape.len();
    if !(1..=3).contains(&n) {
        return Err(Error::invalid(
            "pool",
            "window_shape",
            "1 to 3 sizes",
            format_args!("{:?}", s.window_shape),
        ));
    }
    let format = s.data_format.unwrap_or(DataFormat::of(n, false));
    let extents =
        |arg: &str, v: &Option<Vec<i64>>| Extents(v.clone().unwrap_or(vec![1; n])).full("pool", arg, format);
    let (strides, dilations) = (extents("strides", &s.strides)?, extents("dilations", &s.dilations)?);
    let holes = dilations.iter().any(|&d| d > 1);
    if holes && strides.iter().any(|&s| s > 1) {
        let received = format!("{strides:?} and {dilations:?}");
        return Err(Error::invalid(
            "pool",
            "strides, dilations",
            "strides or dilations above 1, not both",
            received,
        ));
    }
    if holes && s.padding != PaddingKind::Valid {
        return Err(Error::invalid("pool", "padding", "VALID with dilations above 1", s.padding));
    }
    let sliding = Sliding {
        op: "pool",
        format,
        strides: &strides,
        dilations: &dilations,
        padding: s.padding,
        explicit: &[],
        refusal: ErrorKind::InvalidArgument,
    };
    let ksize = Extents(s.window_shape.clone()).full("pool", "window_shape", format)?;
    let windows = super::windows(&sliding, n, g.shape(x), &ksize)?;
    match s.pooling_type {
        PoolingType::Max => g.reduce_window(ReduceKind::Max, x, &windows),
        PoolingType::Avg => average(g, x, &windows),
    }
}

/// The maximum or average of windows over data of one to three dimensions beside batch and channels (`tf.nn.pool`).
///
/// # Errors
/// `InvalidArgument` for ranks and sizes that do not fit, and for strides together with dilations.
pub fn pool(
    input: impl IntoTensor,
    window_shape: &[i64],
    pooling_type: PoolingType,
    strides: Option<&[i64]>,
    padding: impl Into<Padding>,
    data_format: Option<DataFormat>,
    dilations: Option<&[i64]>,
) -> Result<Tensor> {
    let op = Pool {
        window_shape: window_shape.to_vec(),
        pooling_type,
        strides: strides.map(<[i64]>::to_vec),
        padding: padding.into().attrs().0,
        data_format,
        dilations: dilations.map(<[i64]>::to_vec),
    };
    run_one(&op, &[&input.into_tensor(None)?])
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<Pool>()];
