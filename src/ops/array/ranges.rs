//! Evenly spaced numbers.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Literal;
use crate::ops::{array, math};
use crate::shape::{Shape, resolve_axis};
use crate::tensor::{IntoTensor, Row, Tensor, host_value, pair, row, run_one};

crate::op! {
    /// `num` evenly spaced numbers from `start` to `stop`, both included.
    LinSpace in "tf.linspace" (start, stop) {
        /// How many numbers.
        num: i64,
    }
    build |s, g| {
        let n = usize::try_from(s.num).ok().filter(|n| *n > 0);
        let n = n.ok_or_else(|| Error::invalid("LinSpace", "num", "a value above 0", s.num))?;
        for (arg, v) in [("start", start), ("stop", stop)] {
            crate::ops::build::want_rank(g, "LinSpace", arg, v, 0)?;
            crate::ops::build::want_dtype(g, "LinSpace", arg, v, "floats", DType::is_float)?;
        }
        let shape = Shape::from([n]);
        let (from, to) = (g.broadcast_to(start, &shape)?, g.broadcast_to(stop, &shape)?);
        let place = g.iota(g.dtype(start), shape, 0)?;
        let width = g.sub(to, from)?;
        let steps = g.full_like(width, (n as f64 - 1.0).max(1.0))?;
        let step = g.div(width, steps)?;
        let way = g.mul(step, place)?;
        let y = g.add(from, way)?;
        // The last number is `stop` itself, whatever rounding did.
        let last = g.full_like(place, n as f64 - 1.0)?;
        let (is_last, several) = (g.eq(place, last)?, n > 1);
        if several { g.select(is_last, to, y) } else { Ok(y) }
    };
    vjp |s, g, x, y, dy| Ok(vec![None, None]);
    cases [
        case().with("num", 5).values([], &[-1.0]).values([], &[2.0]).forward_only(),
        case().with("num", 1).values([], &[3.0]).values([], &[4.0]).forward_only(),
        case().with("num", 2).values([], &[3.0]).values([], &[4.0]).forward_only(),
    ]
    errors [case().with("num", 0).f32([]).f32([]), case().with("num", 3).f32([2]).f32([])]
}

/// `num` evenly spaced numbers from `start` to `stop`, both included, along a new axis (`tf.linspace`, whose default axis is 0).
///
/// # Errors
/// `InvalidArgument` for `num` below 1, shapes that do not broadcast, or an axis out of range.
pub fn linspace(start: impl IntoTensor, stop: impl IntoTensor, num: i64, axis: i64) -> Result<Tensor> {
    let (start, stop) = pair(start, stop)?;
    let float = if start.dtype().is_int() { DType::Float64 } else { start.dtype() };
    let (start, stop) = (math::cast(start, float)?, math::cast(stop, float)?);
    if num < 1 {
        return Err(Error::invalid("linspace", "num", "a value above 0", num));
    }
    let shape = crate::shape::broadcast("linspace", start.shape(), stop.shape())?;
    let axis = resolve_axis("linspace", "axis", axis, shape.rank() + 1)?;
    let (start, stop) = (array::broadcast_to(start, &shape)?, array::broadcast_to(stop, &shape)?);
    let (start, stop) = (array::expand_dims(start, axis as i64)?, array::expand_dims(stop, axis as i64)?);
    let zero = Literal::scalar(float, 0.0);
    let part = run_one(
        &LinSpace { num },
        &[&zero.into_tensor(None)?, &Literal::scalar(float, 1.0).into_tensor(None)?],
    )?;
    let mut along = vec![1i64; shape.rank() + 1];
    along[axis] = num;
    let part = array::reshape(part, along)?;
    let y = math::add(&start, math::multiply(math::subtract(&stop, &start)?, &part)?)?;
    if num == 1 {
        return Ok(y);
    }
    // The last number is `stop` itself, whatever rounding did.
    let is_last = math::equal(&part, 1.0)?;
    array::where_(is_last, stop, y)
}

crate::op! {
    /// The numbers from `start` on in steps of `delta`, up to `limit`, which is left out.
    Range in "tf.range" () {
        /// The first number.
        start: Literal,
        /// Where it ends.
        limit: Literal,
        /// The step.
        delta: Literal,
    }
    build |s, g| {
        let n = count(&s.start, &s.limit, &s.delta)?;
        let dtype = s.start.dtype;
        let place = g.iota(dtype, [n], 0)?;
        let (start, delta) = (g.constant(s.start.clone())?, g.constant(s.delta.clone())?);
        let shape = Shape::from([n]);
        let (start, delta) = (g.broadcast_to(start, &shape)?, g.broadcast_to(delta, &shape)?);
        let way = g.mul(place, delta)?;
        g.add(start, way)
    };
    cases [
        case().with("start", ints(2)).with("limit", ints(9)).with("delta", ints(3)),
        case().with("start", ints(5)).with("limit", ints(-5)).with("delta", ints(-2)),
        case().with("start", ints(3)).with("limit", ints(3)).with("delta", ints(1)),
        case().with("start", floats(0.0)).with("limit", floats(1.0)).with("delta", floats(0.1)),
        case().with("start", floats(1.0)).with("limit", floats(-1.0)).with("delta", floats(-0.5)),
    ]
    errors [
        case().with("start", ints(1)).with("limit", ints(5)).with("delta", ints(0)),
        case().with("start", ints(5)).with("limit", ints(1)).with("delta", ints(1)),
        case().with("start", ints(1)).with("limit", ints(5)).with("delta", ints(-1)),
        case().with("start", ints(1)).with("limit", floats(5.0)).with("delta", ints(1)),
    ]
}

fn ints(v: i64) -> Literal {
    Literal::scalar(DType::Int32, v as f64)
}

fn floats(v: f64) -> Literal {
    Literal::scalar(DType::Float32, v)
}

fn count(start: &Literal, limit: &Literal, delta: &Literal) -> Result<usize> {
    for (arg, v) in [("start", start), ("limit", limit), ("delta", delta)] {
        let fits = v.shape.rank() == 0 && v.dtype == start.dtype && (v.dtype.is_int() || v.dtype.is_float());
        if !fits {
            let received = format!("{}{}", v.dtype, v.shape);
            return Err(Error::invalid(
                "Range",
                arg,
                format_args!("a scalar of dtype {}", start.dtype),
                received,
            ));
        }
    }
    let (a, b, d) = (start.f64_at(0), limit.f64_at(0), delta.f64_at(0));
    if d == 0.0 || d.is_nan() {
        return Err(Error::invalid("Range", "delta", "a step other than 0", d));
    }
    if (d > 0.0 && a > b) || (d < 0.0 && a < b) {
        let wanted = if d > 0.0 {
            format!("at most {b} for a step above 0")
        } else {
            format!("at least {b} for a step below 0")
        };
        return Err(Error::invalid("Range", "start", wanted, a));
    }
    if start.dtype.is_int() {
        let (a, b, d) = (start.i64_at(0), limit.i64_at(0), delta.i64_at(0));
        return Ok((b.abs_diff(a)).div_ceil(d.unsigned_abs()) as usize);
    }
    Ok(((b - a) / d).abs().ceil() as usize)
}

/// The numbers from `start` on in steps of `delta`, up to `limit`, which is left out (`tf.range`). The dtype is the widest of the three.
///
/// ```
/// # use wgflow::ops::array::range;
/// assert_eq!(range(3, 18, 3)?.to_vec::<i32>()?, [3, 6, 9, 12, 15]);
/// assert_eq!(range(0.0, 1.0, 0.5)?.to_vec::<f32>()?, [0.0, 0.5]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a step of 0 or in the wrong direction; `Unimplemented` for symbolic bounds, since the size would depend on values.
pub fn range(start: impl IntoTensor, limit: impl IntoTensor, delta: impl IntoTensor) -> Result<Tensor> {
    const ORDER: [DType; 4] = [DType::Int32, DType::Int64, DType::Float32, DType::Float64];
    let parts = [start.into_tensor(None)?, limit.into_tensor(None)?, delta.into_tensor(None)?];
    let place = |t: &Tensor| ORDER.iter().position(|d| *d == t.dtype());
    let widest = parts.iter().filter_map(place).max().map(|p| ORDER[p]);
    let value = |t: &Tensor| host_value("Range", &math::cast(t, widest.unwrap_or(t.dtype()))?);
    run_one(&Range { start: value(&parts[0])?, limit: value(&parts[1])?, delta: value(&parts[2])? }, &[])
}

pub(super) const OPS: &[Row] = &[row::<LinSpace>(), row::<Range>()];
