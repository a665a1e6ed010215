//! Maxima of windows with their places.

use super::{Sliding, windows};
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Graph, ReduceKind, Val, WindowDim, window_positions};
use crate::ops::nn::{DataFormat, Extents, Padding, PaddingKind};
use crate::tensor::{IntoTensor, Row, Tensor, row, run};

crate::op! {
    /// The maximum of each window of images, and the row-major position at which it stands first.
    MaxPoolWithArgmax in "tf.nn.max_pool_with_argmax" (input) {
        ksize: Vec<i64>,
        strides: Vec<i64>,
        targmax: DType = DType::Int64,
        padding: PaddingKind,
        /// Whether positions count from the first image of the batch, not from their own.
        include_batch_in_index: bool = false,
    }
    build |s, g| {
        let w = windows(&sliding(s), 2, g.shape(input), &s.ksize)?;
        let places = positions(g, input, &w, s.include_batch_in_index)?;
        if !matches!(s.targmax, DType::Int32 | DType::Int64) {
            return Err(Error::invalid("MaxPoolWithArgmax", "Targmax", "int32 or int64", s.targmax));
        }
        Ok((g.reduce_window(ReduceKind::Max, input, &w)?, g.convert(places, s.targmax)?))
    };
    cases [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").distinct([2, 4, 5, 2]),
        case().with("ksize", [1, 3, 2, 1]).with("strides", [1, 2, 1, 1]).with("padding", "SAME").with("include_batch_in_index", true).distinct([2, 3, 4, 2]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 1, 1, 1]).with("padding", "SAME").with("Targmax", crate::DType::Int32).values([1, 2, 3, 1], &[1.0, 1.0, -1.0, 1.0, 0.0, 0.0]).forward_only(),
    ]
    errors [
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").f32([4, 5, 2]),
        case().with("ksize", [1, 2, 2, 1]).with("strides", [1, 2, 2, 1]).with("padding", "VALID").with("Targmax", crate::DType::Int8).f32([1, 4, 5, 2]),
    ]
}

fn sliding(s: &MaxPoolWithArgmax) -> Sliding<'_> {
    Sliding {
        op: "MaxPoolWithArgmax",
        format: DataFormat::Nhwc,
        strides: &s.strides,
        dilations: &[1; 4],
        padding: s.padding,
        explicit: &[],
        refusal: ErrorKind::Unimplemented,
    }
}

/// The int32 position of each window's first maximum.
fn positions(g: &mut Graph, x: Val, w: &[WindowDim], with_batch: bool) -> Result<Val> {
    let shape = g.shape(x).clone();
    let image: usize = shape[1..].iter().product();
    let n = if with_batch { shape.size() } else { image };
    let numbers = g.iota(DType::Int32, [n], 0)?;
    let numbers = if with_batch {
        g.reshape(numbers, shape.clone())?
    } else {
        let one = g.reshape(numbers, &shape[1..])?;
        g.broadcast_in_dim(one, shape.clone(), &[1, 2, 3])?
    };
    let lowest = ReduceKind::Max.identity(g.dtype(x));
    let (keys, places) = (window_positions(g, x, w, lowest)?, window_positions(g, numbers, w, 0.0)?);
    let (mut key, mut place) = (keys[0], places[0]);
    for (&k, &p) in keys[1..].iter().zip(&places[1..]) {
        let better = g.gt(k, key)?;
        key = g.select(better, k, key)?;
        place = g.select(better, p, place)?;
    }
    Ok(place)
}

/// The maximum of each window of images `[batch, height, width, channels]`, and its position `(y * width + x) * channels + channel`
/// (`tf.nn.max_pool_with_argmax`); with `include_batch_in_index`, `((b * height + y) * width + x) * channels + channel`.
///
/// # Errors
/// `InvalidArgument` for ranks, sizes and strides that do not fit.
pub fn max_pool_with_argmax(
    input: impl IntoTensor,
    ksize: impl Into<Extents>,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    output_dtype: DType,
    include_batch_in_index: bool,
) -> Result<(Tensor, Tensor)> {
    let name = "max_pool_with_argmax";
    let op = MaxPoolWithArgmax {
        ksize: ksize.into().full(name, "ksize", DataFormat::Nhwc)?,
        strides: strides.into().full(name, "strides", DataFormat::Nhwc)?,
        targmax: output_dtype,
        padding: padding.into().attrs().0,
        include_batch_in_index,
    };
    let mut y = run(&op, &[&input.into_tensor(None)?])?.into_iter();
    match (y.next(), y.next()) {
        (Some(max), Some(at)) => Ok((max, at)),
        _ => Err(Error::internal(name, "wanted two results")),
    }
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<MaxPoolWithArgmax>()];
