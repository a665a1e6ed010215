//! Pooling of data of any number of spatial dimensions.

use super::{average, windows};
use crate::ErrorKind;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::nn::sliding::Sliding;
use crate::ops::nn::{DataFormat, Extents, Padding, PaddingKind};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

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
    let windows = windows(&sliding, n, g.shape(x), &ksize)?;
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
