//! Conversion of dtypes.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The same numbers as another dtype; floats are cut towards zero for integers, integers wrap, and what is not 0 is true. Of complex
    /// numbers real dtypes take the real part.
    Cast in "tf.cast" (x) {
        /// dtype of the result.
        dst_t: DType,
        /// Whether floats are cut to fewer bits rather than rounded.
        truncate: bool = false,
    }
    build |s, g| {
        let from = g.dtype(x);
        if s.truncate && from.is_float() && matches!(s.dst_t, DType::Float16 | DType::BFloat16) && from != s.dst_t {
            return Err(Error::unimplemented("Cast", "Truncate: floats are rounded to the nearest"));
        }
        g.convert(x, s.dst_t)
    };
    cases [
        case().with("DstT", DType::Int32).values([6], &[1.7, -1.7, 0.0, 2.5, -0.3, 100.0]),
        case().with("DstT", DType::Float32).ints([4], -9, 9),
        case().with("DstT", DType::Bool).values([4], &[0.0, -0.0, 0.5, f64::NAN]),
        case().with("DstT", DType::Bool).ints([4], 0, 2),
        case().with("DstT", DType::Float32).bools([4]),
        case().with("DstT", DType::Int32).bools([4]),
        case().with("DstT", DType::Int8).int_values([4], &[127, 128, -129, 300]),
        case().with("DstT", DType::UInt8).int_values([4], &[-1, 255, 256, 3]),
        case().with("DstT", DType::Float16).values([5], &[1.0, 65504.0, 1e6, 1e-8, 0.1]),
        case().with("DstT", DType::BFloat16).f32([5]),
        case().with("DstT", DType::Float64).f32([2, 2]),
        case().with("DstT", DType::Float32).input(DType::Float16, [3], Fill::Uniform(-2.0, 2.0)),
        case().with("DstT", DType::Float32).f32([3]),
        case().with("DstT", DType::Int64).ints([3], -9, 9),
        case().with("DstT", DType::Float32).complex([2, 3]),
        case().with("DstT", DType::Complex64).f32([2, 3]),
        case().with("DstT", DType::Complex64).ints([3], -9, 9),
        case().with("DstT", DType::Int32).complex([4]),
    ]
    errors [case().with("DstT", "no dtype").f32([2])]
}

/// The same numbers as another dtype (`tf.cast`).
///
/// # Errors
/// `Unimplemented` for strings.
pub fn cast(x: impl IntoTensor, dtype: DType) -> Result<Tensor> {
    let x = x.into_tensor(None)?;
    if x.dtype() == dtype {
        return Ok(x);
    }
    run_one(&Cast { dst_t: dtype, truncate: false }, &[&x])
}

crate::op! {
    /// The same bits as another dtype. A narrower one adds a last dimension, a wider one takes it away.
    Bitcast in "tf.bitcast" (input) {
        /// dtype of the result.
        type_: DType,
    }
    build |s, g| bitcast_to(g, input, s.type_);
    cases [
        case().with("type", DType::Int32).f32([2, 3]),
        case().with("type", DType::Float32).input(DType::UInt32, [4], Fill::Uniform(0.0, 1e9)),
        case().with("type", DType::UInt32).ints([4], -9, 9),
        case().with("type", DType::UInt8).ints([2, 2], -1_000_000, 1_000_000),
        case().with("type", DType::Int32).input(DType::UInt8, [2, 4], Fill::Uniform(0.0, 256.0)),
        case().with("type", DType::Int8).input(DType::UInt8, [4], Fill::Uniform(0.0, 256.0)),
        case().with("type", DType::UInt8).f32([3]),
        case().with("type", DType::Float32).f32([3]),
        case().with("type", DType::Float32).complex([2, 3]).forward_only(),
    ]
    errors [case().with("type", DType::Int32).input(DType::UInt8, [2, 3], Fill::Uniform(0.0, 256.0))]
}

/// The same bits as another dtype (`tf.bitcast`). A narrower dtype adds a last dimension, a wider one takes it away.
///
/// # Errors
/// `InvalidArgument` when the last dimension is not the ratio of the widths; `Unimplemented` for 16- and 64-bit dtypes of another width.
pub fn bitcast(input: impl IntoTensor, dtype: DType) -> Result<Tensor> {
    run_one(&Bitcast { type_: dtype }, &[&input.into_tensor(None)?])
}

/// The width in bits as TensorFlow counts it.
fn width(d: DType) -> u32 {
    match d {
        DType::Bool => 8,
        d if d.is_int() => d.int_bits(),
        DType::Float16 | DType::BFloat16 => 16,
        DType::Float32 => 32,
        _ => 64,
    }
}

fn bitcast_to(g: &mut Graph, x: Val, to: DType) -> Result<Val> {
    let from = g.dtype(x);
    let unsupported = || {
        Error::unimplemented(
            "Bitcast",
            format_args!("{from} to {to}: devices keep 64 bits in 32 and int16 in int32"),
        )
    };
    let on_device = |d: DType| d.storage().is_ok_and(|s| s.bytes() as u32 * 8 == width(d));
    if from == to {
        return Ok(x);
    }
    if !on_device(from) || !on_device(to) {
        return Err(unsupported());
    }
    if (from, to) == (DType::Complex64, DType::Float32) {
        return g.bitcast_convert(x, to);
    }
    match (width(from), width(to)) {
        (a, b) if a == b => g.bitcast_convert(x, to),
        (32, 8) => {
            let word = g.bitcast_convert(x, DType::UInt32)?;
            let mut shape = g.shape(x).clone();
            shape.0.push(4);
            let rank = shape.rank();
            let word = g.broadcast_in_dim(word, shape.clone(), &(0..rank - 1).collect::<Vec<_>>())?;
            let byte = g.iota(DType::UInt32, shape, rank - 1)?;
            let eight = g.full_like(byte, 8.0)?;
            let by = g.mul(byte, eight)?;
            let bits = g.shift_right_logical(word, by)?;
            let bytes = g.convert(bits, DType::UInt8)?;
            g.bitcast_convert(bytes, to)
        }
        (8, 32) => {
            let shape = g.shape(x).clone();
            let last = shape.rank().wrapping_sub(1);
            if shape.last() != Some(&4) {
                return Err(Error::invalid("Bitcast", "input", "a last dimension of 4", &shape));
            }
            let bytes = g.bitcast_convert(x, DType::UInt8)?;
            let words = g.convert(bytes, DType::UInt32)?;
            let byte = g.iota(DType::UInt32, shape, last)?;
            let eight = g.full_like(byte, 8.0)?;
            let by = g.mul(byte, eight)?;
            let parts = g.shift_left(words, by)?;
            let word = g.reduce(crate::hlo::ReduceKind::Sum, parts, &[last])?;
            g.bitcast_convert(word, to)
        }
        _ => Err(unsupported()),
    }
}

pub(super) const OPS: &[Row] = &[row::<Cast>(), row::<Bitcast>()];
