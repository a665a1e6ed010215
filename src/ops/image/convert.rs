//! Element types of images: floats in [0, 1], integers over their whole positive range.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::build::{floor_div, scale};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Images of another dtype, scaled from its range to the new one's.
    ConvertImageDtype as "convert_image_dtype" in api "tf.image.convert_image_dtype" (image) { dtype: DType, saturate: bool = false }
    build |s, g| converted(g, "convert_image_dtype", image, s.dtype, s.saturate);
    cases [
        case().with("dtype", DType::Float32).input(DType::UInt8, [2, 2, 3], Fill::Uniform(0.0, 256.0)),
        case().with("dtype", DType::UInt8).range([2, 2, 3], 0.0, 1.0),
        case().with("dtype", DType::UInt8).with("saturate", true).range([2, 2, 3], -1.0, 2.0),
        case().with("dtype", DType::Float16).range([2, 2, 3], 0.0, 1.0),
        case().with("dtype", DType::UInt8).input(DType::UInt16, [2, 2, 3], Fill::Uniform(0.0, 65536.0)),
        case().with("dtype", DType::UInt16).input(DType::UInt8, [2, 2, 3], Fill::Uniform(0.0, 256.0)),
        case().with("dtype", DType::Int8).with("saturate", true).input(DType::Int16, [6], Fill::Values(vec![-32768.0, -300.0, -1.0, 5.0, 300.0, 32767.0])),
        case().with("dtype", DType::UInt8).with("saturate", true).input(DType::Int8, [4], Fill::Values(vec![-128.0, -1.0, 0.0, 127.0])),
        case().with("dtype", DType::Float32).f32([2, 2, 3]),
        case().with("dtype", DType::Int32).input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)),
    ]
}

/// Images of another dtype, scaled from its range to the new one's (`tf.image.convert_image_dtype`): floats in [0, 1], integers in
/// [0, max]. With `saturate`, values out of range become the nearest bound; else they are undefined.
///
/// ```
/// # use wgflow::{ops::image, DType};
/// let x = image::convert_image_dtype([0.0, 0.5, 1.0], DType::UInt8, false)?;
/// assert_eq!(x.to_vec::<u8>()?, [0, 127, 255]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for bool and strings; `Unimplemented` for 64-bit integers.
pub fn convert_image_dtype(image: impl IntoTensor, dtype: DType, saturate: bool) -> Result<Tensor> {
    let image = image.into_tensor(None)?;
    if image.dtype() == dtype {
        return Ok(image);
    }
    run_one(&ConvertImageDtype { dtype, saturate }, &[&image])
}

/// An image in another dtype; nothing where it is right.
pub(super) fn converted(g: &mut Graph, op: &str, x: Val, to: DType, saturate: bool) -> Result<Val> {
    let from = g.dtype(x);
    for (arg, d) in [("image", from), ("dtype", to)] {
        if !d.is_float() && !d.is_int() {
            return Err(Error::invalid(op, arg, "floats or integers", d));
        }
    }
    if from == to {
        return Ok(x);
    }
    if [from, to].iter().any(|d| d.int_bits() == 64) {
        return Err(Error::unimplemented(op, "images of 64-bit integers, which are stored in 32 bits"));
    }
    match (from.is_int(), to.is_int()) {
        (false, false) => g.convert(x, to),
        (true, false) => {
            let x = g.convert(x, to)?;
            scale(g, x, 1.0 / from.max())
        }
        (false, true) => {
            // Half more than the largest, so that truncation rounds.
            let x = scale(g, x, to.max() + 0.5)?;
            cast(g, x, to, saturate)
        }
        (true, true) if from.max() > to.max() => {
            let by = g.full_like(x, ((from.max() + 1.0) / (to.max() + 1.0)).floor())?;
            let x = floor_div(g, x, by)?;
            cast(g, x, to, saturate)
        }
        (true, true) => {
            let x = cast(g, x, to, saturate)?;
            scale(g, x, ((to.max() + 1.0) / (from.max() + 1.0)).floor())
        }
    }
}

fn cast(g: &mut Graph, x: Val, to: DType, saturate: bool) -> Result<Val> {
    if !saturate {
        return g.convert(x, to);
    }
    // Bounds as far as the source can hold them.
    let from = g.dtype(x);
    let (lo, hi) = (to.min().max(from.min()), to.max().min(from.max()));
    // The largest float that does not round above an integer bound.
    let hi = if from.is_float() && from.round(hi) > hi { below(from, hi) } else { hi };
    let (lo, hi) = (g.full_like(x, lo)?, g.full_like(x, hi)?);
    let x = g.clamp(lo, x, hi)?;
    g.convert(x, to)
}

/// The largest number of a float dtype that is not above `v`.
fn below(dtype: DType, v: f64) -> f64 {
    let digits = match dtype {
        DType::Float16 => 11,
        DType::BFloat16 => 8,
        _ => 24,
    };
    let unit = 2f64.powi(v.log2().floor() as i32 + 1 - digits);
    (v / unit).floor() * unit
}

pub(super) const OPS: &[Row] = &[row::<ConvertImageDtype>()];
