//! Padding.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

fn check(g: &Graph, op: &str, x: Val, paddings: &[[i64; 2]]) -> Result<()> {
    let rank = g.rank(x);
    if paddings.len() != rank || paddings.iter().flatten().any(|p| *p < 0) {
        let wanted = format!("{rank} pairs of numbers of at least 0");
        return Err(Error::invalid(op, "paddings", wanted, format_args!("{paddings:?}")));
    }
    Ok(())
}

fn pad_with(g: &mut Graph, x: Val, value: Val, paddings: &[[i64; 2]]) -> Result<Val> {
    let (low, high): (Vec<i64>, Vec<i64>) = paddings.iter().map(|p| (p[0], p[1])).unzip();
    g.pad(x, value, &low, &high, &vec![0; paddings.len()])
}

crate::op! {
    /// Zeros before and after the elements of each dimension.
    Pad in "tf.pad" (input) {
        /// How many before and after, one pair a dimension.
        paddings: Vec<[i64; 2]>,
    }
    build |s, g| {
        check(g, "Pad", input, &s.paddings)?;
        let zero = g.scalar(g.dtype(input), 0.0)?;
        pad_with(g, input, zero, &s.paddings)
    };
    cases [
        case().with("paddings", [[1, 2], [0, 1]]).f32([2, 3]),
        case().with("paddings", [[0, 0]]).f32([2]),
        case().with("paddings", [[2, 1]]).ints([0], 0, 9),
        case().with("paddings", [[1, 1]]).bools([2]),
        case().with("paddings", [[1, 2], [0, 1]]).complex([2, 3]),
    ]
    errors [case().with("paddings", [[1, 2]]).f32([2, 3]), case().with("paddings", [[-1, 2]]).f32([3])]
}

crate::op! {
    /// A value before and after the elements of each dimension.
    PadV2 in "tf.pad" (input, constant_values) {
        /// How many before and after, one pair a dimension.
        paddings: Vec<[i64; 2]>,
    }
    build |s, g| {
        check(g, "PadV2", input, &s.paddings)?;
        crate::ops::build::want_rank(g, "PadV2", "constant_values", constant_values, 0)?;
        pad_with(g, input, constant_values, &s.paddings)
    };
    vjp |s, g, x, y, dy| {
        let low: Vec<i64> = s.paddings.iter().map(|p| -p[0]).collect();
        let high: Vec<i64> = s.paddings.iter().map(|p| -p[1]).collect();
        Ok(vec![Some(g.pad_zeros(dy, &low, &high)?), None])
    };
    cases [
        case().with("paddings", [[1, 2], [0, 1]]).f32([2, 3]).values([], &[7.0]),
        case().with("paddings", [[2, 1]]).ints([2], 0, 9).ints([], 0, 9),
        case().with("paddings", [[1, 2], [0, 1]]).complex([2, 3]).complex([]),
    ]
    errors [
        case().with("paddings", [[1, 2]]).f32([2, 3]).f32([]),
        case().with("paddings", [[1, 2]]).f32([3]).ints([], 0, 3),
    ]
}

crate::attr_enum! {
    /// How [`MirrorPad`] mirrors.
    MirrorMode {
        /// The border element is not repeated.
        Reflect = "REFLECT",
        /// The border element is repeated.
        Symmetric = "SYMMETRIC",
    }
}

crate::op! {
    /// The elements mirrored before and after each dimension.
    MirrorPad in "tf.pad" (input) {
        /// How many before and after, one pair a dimension.
        paddings: Vec<[i64; 2]>,
        /// Whether the border is repeated.
        mode: MirrorMode,
    }
    build |s, g| {
        check(g, "MirrorPad", input, &s.paddings)?;
        let skip = usize::from(s.mode == MirrorMode::Reflect);
        let mut y = input;
        for (d, p) in s.paddings.iter().enumerate() {
            let n = g.shape(y)[d];
            let most = n.saturating_sub(skip);
            if p.iter().any(|&p| p as usize > most) {
                let wanted = format!("at most {most} in dimension {d} of size {n}");
                return Err(Error::invalid("MirrorPad", "paddings", wanted, format_args!("{p:?}")));
            }
            let (low, high) = (p[0] as usize, p[1] as usize);
            let mut parts = vec![];
            for (count, start) in [(low, skip), (0, 0), (high, n - skip.min(n) - high.min(n))] {
                if parts.len() == 1 {
                    parts.push(y);
                } else {
                    let part = g.slice_in_dim(y, d, start.min(n), start.min(n) + count)?;
                    parts.push(g.reverse(part, &[d])?);
                }
            }
            parts.retain(|&v| g.shape(v)[d] > 0);
            if !parts.is_empty() {
                y = g.concatenate(&parts, d)?;
            }
        }
        Ok(y)
    };
    cases [
        case().with("paddings", [[1, 2], [2, 0]]).with("mode", "REFLECT").f32([3, 4]),
        case().with("paddings", [[3, 2], [0, 1]]).with("mode", "SYMMETRIC").f32([3, 4]),
        case().with("paddings", [[0, 0]]).with("mode", "REFLECT").f32([2]),
        case().with("paddings", [[1, 1]]).with("mode", "SYMMETRIC").ints([2], 0, 9),
    ]
    errors [
        case().with("paddings", [[3, 0]]).with("mode", "REFLECT").f32([3]),
        case().with("paddings", [[4, 0]]).with("mode", "SYMMETRIC").f32([3]),
        case().with("paddings", [[1, 0]]).with("mode", "EDGE").f32([3]),
    ]
}

/// Elements before and after those of each dimension (`tf.pad`): `mode` is `CONSTANT`, with the value `constant_values` (TensorFlow's default
/// is 0), `REFLECT` or `SYMMETRIC`.
///
/// ```
/// # use wgflow::ops::array::pad;
/// assert_eq!(pad([1, 2, 3], [[2, 1]], "REFLECT", 0)?.to_vec::<i32>()?, [3, 2, 1, 2, 3, 2]);
/// assert_eq!(pad([1, 2], [[1, 0]], "constant", 9)?.to_vec::<i32>()?, [9, 1, 2]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for another mode, or when there is not one pair of fitting numbers a dimension.
pub fn pad(
    tensor: impl IntoTensor,
    paddings: impl AsRef<[[i64; 2]]>,
    mode: &str,
    constant_values: impl IntoTensor,
) -> Result<Tensor> {
    let x = tensor.into_tensor(None)?;
    let paddings = paddings.as_ref().to_vec();
    match mode.to_ascii_uppercase().as_str() {
        "CONSTANT" => run_one(&PadV2 { paddings }, &[&x, &constant_values.into_tensor(Some(x.dtype()))?]),
        "REFLECT" => run_one(&MirrorPad { paddings, mode: MirrorMode::Reflect }, &[&x]),
        "SYMMETRIC" => run_one(&MirrorPad { paddings, mode: MirrorMode::Symmetric }, &[&x]),
        _ => Err(Error::invalid("Pad", "mode", "CONSTANT, REFLECT or SYMMETRIC", mode)),
    }
}

pub(super) const OPS: &[Row] = &[row::<Pad>(), row::<PadV2>(), row::<MirrorPad>()];
