//! Choosing by condition.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::shape::broadcast;
use crate::tensor::{IntoTensor, Row, Tensor, host_value, pair, row, run_one};

crate::op! {
    /// Elements of `t` where the condition holds, else of `e`; all three broadcast.
    SelectV2 in "tf.where" (condition, t, e) {}
    strings Moved(usize::MAX);
    build |s, g| {
        crate::ops::build::want_dtype(g, "SelectV2", "condition", condition, "bool", |d| d == DType::Bool)?;
        let shape = broadcast("SelectV2", g.shape(t), g.shape(e))?;
        let shape = broadcast("SelectV2", g.shape(condition), &shape)?;
        let (c, t, e) = (g.broadcast_to(condition, &shape)?, g.broadcast_to(t, &shape)?, g.broadcast_to(e, &shape)?);
        g.select(c, t, e)
    };
    cases [
        case().bools([3]).texts([3], &["a", "b", "c"]).texts([], &["none"]),
        case().bools([2, 3]).f32([2, 3]).f32([2, 3]),
        case().bools([3]).f32([2, 3]).f32([]),
        case().bools([2, 1]).f32([3]).f32([2, 3]),
        case().bools([4]).ints([4], -9, 9).ints([], 0, 3),
        case().bools([4]).values([4], &[f64::NAN, f64::INFINITY, 1.0, 0.0]).values([4], &[1.0, f64::NAN, f64::INFINITY, 2.0]),
        case().bools([0]).f32([1]).f32([0]),
        case().bools([3]).complex([2, 3]).complex([]),
    ]
    errors [
        case().bools([2]).f32([3]).f32([3]),
        case().ints([2], 0, 2).f32([2]).f32([2]),
        case().bools([2]).f32([2]).ints([2], 0, 3),
    ]
}

/// Elements of `x` where `condition` holds, else of `y`; all three broadcast (`tf.where` with three arguments).
///
/// # Errors
/// `InvalidArgument` for a condition that is not bool, different dtypes, or shapes that do not broadcast.
pub fn where_(condition: impl IntoTensor, x: impl IntoTensor, y: impl IntoTensor) -> Result<Tensor> {
    let condition = condition.into_tensor(None)?;
    let (x, y) = pair(x, y)?;
    run_one(&SelectV2 {}, &[&condition, &x, &y])
}

crate::op! {
    /// Elements of `x` where the condition holds, else of `y`; the condition is of their shape, a scalar, or says which rows.
    Select in "tf.raw_ops.Select" (condition, x, y) {}
    strings Moved(usize::MAX);
    build |s, g| {
        crate::ops::build::want_dtype(g, "Select", "condition", condition, "bool", |d| d == DType::Bool)?;
        let (cs, shape) = (g.shape(condition).clone(), g.shape(x).clone());
        if shape != *g.shape(y) {
            return Err(Error::invalid("Select", "y", format_args!("shape {shape}, that of x"), g.shape(y)));
        }
        let rows = cs.rank() == 1 && shape.first() == cs.first();
        if cs.rank() != 0 && cs != shape && !rows {
            return Err(Error::invalid("Select", "condition", format_args!("shape {shape}, one value a row, or a scalar"), cs));
        }
        let dims: Vec<usize> = (0..cs.rank()).collect();
        let c = g.broadcast_in_dim(condition, shape, &dims)?;
        g.select(c, x, y)
    };
    cases [
        case().bools([2, 3]).f32([2, 3]).f32([2, 3]),
        case().bools([2]).f32([2, 3]).f32([2, 3]),
        case().bools([]).f32([2, 3]).f32([2, 3]),
        case().bools([4]).ints([4], -9, 9).ints([4], -9, 9),
    ]
    errors [
        case().bools([3]).f32([2, 3]).f32([2, 3]),
        case().bools([2]).f32([2]).f32([3]),
        case().ints([2], 0, 2).f32([2]).f32([2]),
    ]
}

crate::op! {
    /// The coordinates of the elements that are true (or not 0), one row each, in row-major order.
    Where in "tf.where" (condition) {}
    host |s, x| {
        let shape = &x[0].shape;
        let found = (0..x[0].len()).filter(|&i| x[0].f64_at(i) != 0.0);
        let at: Vec<i64> = found.flat_map(|i| shape.unravel(i)).map(|d| d as i64).collect();
        let n = if shape.rank() == 0 { usize::from(x[0].f64_at(0) != 0.0) } else { at.len() / shape.rank() };
        Ok(vec![Literal::ints(DType::Int64, [n, shape.rank()], at)])
    };
    cases [
        case().bools([4]),
        case().bools([2, 3]),
        case().ints([2, 2, 2], 0, 2),
        case().values([4], &[0.0, -0.0, 2.0, f64::NAN]),
        case().bools([0, 2]),
    ]
}

/// The coordinates of the elements that are true (or not 0), int64, one row each (`tf.where` with one argument).
///
/// # Errors
/// `Unimplemented` while a function is traced: the number of rows depends on values.
pub fn where_indices(condition: impl IntoTensor) -> Result<Tensor> {
    run_one(&Where {}, &[&condition.into_tensor(None)?])
}

crate::op! {
    /// The slices of a tensor for which the mask, which covers dimensions from `axis` on, is true.
    BooleanMask as "boolean_mask" in api "tf.boolean_mask" (tensor, mask) {
        /// The first dimension that the mask covers.
        axis: i64 = 0,
    }
    strings Read;
    tensors |s, x| {
        let (tensor, mask) = (x[0], host_value("boolean_mask", x[1])?);
        let (ts, ms) = (tensor.shape().clone(), mask.shape.clone());
        let axis = crate::shape::resolve_axis("boolean_mask", "axis", s.axis, ts.rank())?;
        let fits = ms.rank() > 0 && mask.dtype == DType::Bool && ts.get(axis..axis + ms.rank()) == Some(&ms[..]);
        if !fits {
            let wanted = format!("a bool mask whose shape is part of {ts} from dimension {axis} on");
            return Err(Error::invalid("boolean_mask", "mask", wanted, format_args!("{}{ms}", mask.dtype)));
        }
        let flat: Vec<usize> = ts[..axis].iter().copied().chain([ms.size()]).chain(ts[axis + ms.rank()..].iter().copied()).collect();
        let kept: Vec<i64> = (0..mask.len()).filter(|&i| mask.i64_at(i) != 0).map(|i| i as i64).collect();
        let kept = Literal::ints(DType::Int32, [kept.len()], kept);
        Ok(vec![super::gather(super::reshape(tensor, flat)?, kept, axis as i64, 0)?])
    };
    cases [
        case().texts([3], &["a", "b", "c"]).bools([3]),
        case().f32([4]).bools([4]),
        case().f32([3, 2]).bools([3]),
        case().f32([2, 3]).bools([2, 3]),
        case().with("axis", 1).f32([2, 3, 2]).bools([3]),
        case().ints([3], 0, 9).input(DType::Bool, [3], crate::tensor::Fill::Values(vec![0.0])),
    ]
    errors [case().f32([3]).bools([2]), case().f32([2, 2]).bools([])]
}

/// The slices of a tensor for which the mask, which covers dimensions from `axis` on, is true (`tf.boolean_mask`, whose default is 0).
///
/// # Errors
/// `InvalidArgument` for a mask that is not bool or does not fit; `Unimplemented` while a function is traced, for a mask that is computed
/// in it: multiply with the mask, or use `where_`.
pub fn boolean_mask(tensor: impl IntoTensor, mask: impl IntoTensor, axis: i64) -> Result<Tensor> {
    run_one(&BooleanMask { axis }, &[&tensor.into_tensor(None)?, &mask.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<SelectV2>(), row::<Select>(), row::<Where>(), row::<BooleanMask>()];
