//! Shapes as tensors.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{CheckText, Graph, Literal, Val};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

fn sizes(g: &mut Graph, op: &str, v: &[usize], out: DType) -> Result<Val> {
    if !matches!(out, DType::Int32 | DType::Int64) {
        return Err(Error::invalid(op, "out_type", "int32 or int64", out));
    }
    g.constant(Literal::ints(out, [v.len()], v.iter().map(|&d| d as i64).collect()))
}

crate::op! {
    /// The shape of a tensor, as a vector.
    Shape in "tf.shape" (input) {
        /// int32 or int64.
        out_type: DType = DType::Int32,
    }
    strings Moved(0);
    build |s, g| {
        let shape = g.shape(input).clone();
        sizes(g, "Shape", &shape, s.out_type)
    };
    cases [case().texts([2, 1], &["a"]), case().f32([2, 3]), case().with("out_type", DType::Int64).ints([0, 2], 0, 5), case().f32([])]
    errors [case().with("out_type", DType::Float32).f32([2])]
}

/// The shape of a tensor, as a vector (`tf.shape`; TensorFlow's default is int32).
///
/// # Errors
/// `InvalidArgument` for another dtype than int32 or int64.
pub fn shape(input: impl IntoTensor, out_type: DType) -> Result<Tensor> {
    run_one(&Shape { out_type }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// The shapes of several tensors, as vectors.
    ShapeN in "tf.shape_n" (; input) {
        /// int32 or int64.
        out_type: DType = DType::Int32,
    }
    build |s, g| input
        .iter()
        .map(|&v| {
            let shape = g.shape(v).clone();
            sizes(g, "ShapeN", &shape, s.out_type)
        })
        .collect::<Result<Vec<Val>>>();
    cases [case().f32([2, 3]).f32([4]), case().with("out_type", DType::Int64).f32([])]
    errors [case().with("out_type", DType::Float32).f32([2])]
}

crate::op! {
    /// The number of elements of a tensor.
    Size in "tf.size" (input) {
        /// int32 or int64.
        out_type: DType = DType::Int32,
    }
    strings Moved(0);
    build |s, g| {
        let n = g.shape(input).size();
        let v = sizes(g, "Size", &[n], s.out_type)?;
        g.reshape(v, ())
    };
    cases [case().f32([2, 3]), case().with("out_type", DType::Int64).f32([0, 2]), case().f32([])]
    errors [case().with("out_type", DType::Float32).f32([2])]
}

/// The number of elements of a tensor (`tf.size`; TensorFlow's default is int32).
///
/// # Errors
/// `InvalidArgument` for another dtype than int32 or int64.
pub fn size(input: impl IntoTensor, out_type: DType) -> Result<Tensor> {
    run_one(&Size { out_type }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// The number of dimensions of a tensor.
    Rank in "tf.rank" (input) {}
    strings Moved(0);
    build |s, g| g.scalar(DType::Int32, g.rank(input) as f64);
    cases [case().f32([2, 3]), case().f32([]), case().ints([1, 1, 1], 0, 5)]
}

/// The number of dimensions of a tensor, as an int32 scalar (`tf.rank`).
///
/// # Errors
/// `InvalidArgument` for what is no tensor.
pub fn rank(input: impl IntoTensor) -> Result<Tensor> {
    run_one(&Rank {}, &[&input.into_tensor(None)?])
}

crate::op! {
    /// The shape that two shapes broadcast to; all three are vectors.
    BroadcastArgs in "tf.broadcast_dynamic_shape" (s0, s1) {}
    build |s, g| {
        for (arg, v) in [("s0", s0), ("s1", s1)] {
            crate::ops::build::want_rank(g, "BroadcastArgs", arg, v, 1)?;
            crate::ops::build::want_dtype(g, "BroadcastArgs", arg, v, "int32 or int64", |d| matches!(d, DType::Int32 | DType::Int64))?;
        }
        let n = g.shape(s0)[0].max(g.shape(s1)[0]) as i64;
        let dtype = g.dtype(s0);
        let mut filled = |v: Val| {
            let one = g.scalar(dtype, 1.0)?;
            let missing = n - g.shape(v)[0] as i64;
            g.pad(v, one, &[missing], &[0], &[0])
        };
        let (a, b) = (filled(s0)?, filled(s1)?);
        let one = g.ones_like(a)?;
        let (a_free, b_free, same) = (g.eq(a, one)?, g.eq(b, one)?, g.eq(a, b)?);
        let free = g.or(a_free, b_free)?;
        let ok = g.or(free, same)?;
        let shown = g.convert(b, DType::Int32)?;
        let text = CheckText { op: "BroadcastArgs".into(), what: "s1".into(), wanted: "a shape that broadcasts with s0".into() };
        g.check(ok, shown, text)?;
        g.select(a_free, b, a)
    };
    cases [
        case().int_values([3], &[2, 1, 3]).int_values([2], &[4, 3]),
        case().int_values([1], &[1]).int_values([1], &[0]),
        case().int_values([0], &[0]).int_values([2], &[4, 3]),
    ]
    errors [case().int_values([2], &[2, 3]).int_values([2], &[2, 4])]
}

/// The shape that two shapes broadcast to, as tensors (`tf.broadcast_dynamic_shape`).
///
/// # Errors
/// `InvalidArgument` for shapes that do not broadcast.
pub fn broadcast_dynamic_shape(shape_x: impl IntoTensor, shape_y: impl IntoTensor) -> Result<Tensor> {
    run_one(&BroadcastArgs {}, &[&shape_x.into_tensor(None)?, &shape_y.into_tensor(None)?])
}

pub(super) const OPS: &[Row] =
    &[row::<Shape>(), row::<ShapeN>(), row::<Size>(), row::<Rank>(), row::<BroadcastArgs>()];
