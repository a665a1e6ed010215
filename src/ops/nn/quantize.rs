//! Quantisation as it will be, in floats: values on the grid of as many steps as some bits tell apart.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::shift;
use crate::shape::Dims;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

/// The ends of the grid and its step, as broadcast to the input.
struct Grid {
    low: Val,
    high: Val,
    step: Val,
    /// Where the range is nothing but 0: there the result is 0.
    blank: Val,
}

/// What an op is called with.
struct Setting {
    op: &'static str,
    num_bits: i64,
    narrow_range: bool,
}

impl Setting {
    /// The grid over `[min, max]`, moved so that 0 lies on it. `min` and `max` are scalars or stand along the last dimension of `x`.
    fn grid(&self, g: &mut Graph, x: Val, min: Val, max: Val) -> Result<Grid> {
        let op = self.op;
        if !(2..=16).contains(&self.num_bits) {
            return Err(Error::invalid(op, "num_bits", "a number from 2 to 16", self.num_bits));
        }
        for (arg, v) in [("inputs", x), ("min", min), ("max", max)] {
            if g.dtype(v) != DType::Float32 {
                return Err(Error::invalid(op, arg, "float32", g.dtype(v)));
            }
        }
        let (first, last) = (f64::from(u8::from(self.narrow_range)), f64::from((1u32 << self.num_bits) - 1));
        let span = g.sub(max, min)?;
        let count = g.full_like(span, last - first)?;
        let step = g.div(span, count)?;
        let below = g.div(min, step)?;
        let (floor, ceil) = (g.full_like(min, first)?, g.full_like(min, last)?);
        let zero_point = g.sub(floor, below)?;
        let rounded = half_up(g, zero_point)?;
        let rounded = g.clamp(floor, rounded, ceil)?;
        let (low, high) = (g.sub(floor, rounded)?, g.sub(ceil, rounded)?);
        let (low, high) = (g.mul(low, step)?, g.mul(high, step)?);
        let zero = g.zeros_like(min)?;
        let (no_min, no_max) = (g.eq(min, zero)?, g.eq(max, zero)?);
        let blank = g.and(no_min, no_max)?;
        let shape = g.shape(x).clone();
        let dims: Dims =
            if g.rank(min) == 1 { [shape.rank() - 1].into_iter().collect() } else { Dims::new() };
        let mut spread = |v| g.broadcast_in_dim(v, shape.clone(), &dims);
        Ok(Grid { low: spread(low)?, high: spread(high)?, step: spread(step)?, blank: spread(blank)? })
    }
}

/// `floor(x + 0.5)`.
fn half_up(g: &mut Graph, x: Val) -> Result<Val> {
    let more = shift(g, x, 0.5)?;
    g.floor(more)
}

fn quantize(g: &mut Graph, s: &Setting, x: Val, min: Val, max: Val) -> Result<Val> {
    let grid = s.grid(g, x, min, max)?;
    let inside = g.clamp(grid.low, x, grid.high)?;
    let off = g.sub(inside, grid.low)?;
    let one = g.ones_like(grid.step)?;
    let inverse = g.div(one, grid.step)?;
    let steps = g.mul(off, inverse)?;
    let steps = half_up(g, steps)?;
    let off = g.mul(steps, grid.step)?;
    let y = g.add(off, grid.low)?;
    let zero = g.zeros_like(y)?;
    g.select(grid.blank, zero, y)
}

/// Adjoints of the input, and of the range's ends: what lies inside of the grid passes, what lies outside moves the end it is cut to.
fn backward(g: &mut Graph, s: &Setting, dy: Val, x: Val, min: Val, max: Val) -> Result<[Val; 3]> {
    if g.shape(dy) != g.shape(x) {
        return Err(Error::invalid(s.op, "gradients", format_args!("shape {}", g.shape(x)), g.shape(dy)));
    }
    let grid = s.grid(g, x, min, max)?;
    let (under, over) = (g.lt(x, grid.low)?, g.gt(x, grid.high)?);
    let own = g.not(grid.blank)?;
    let (under, over) = (g.and(under, own)?, g.and(over, own)?);
    let outside = g.or(under, over)?;
    let zero = g.zeros_like(dy)?;
    let dx = g.select(outside, zero, dy)?;
    let kept = if g.rank(min) == 1 { g.rank(x) - 1 } else { g.rank(x) };
    let dims: Dims = (0..kept).collect();
    let mut total = |on| {
        let part = g.select(on, dy, zero)?;
        g.reduce(ReduceKind::Sum, part, &dims)
    };
    Ok([dx, total(under)?, total(over)?])
}

/// Refuses ends of the range that are no scalars.
fn want_scalars(g: &Graph, op: &str, min: Val, max: Val) -> Result<()> {
    for (arg, v) in [("min", min), ("max", max)] {
        if g.rank(v) != 0 {
            return Err(Error::invalid(op, arg, "a scalar", format_args!("shape {}", g.shape(v))));
        }
    }
    Ok(())
}

/// Refuses ends of the range that are not one a channel.
fn want_channels(g: &Graph, op: &str, x: Val, min: Val, max: Val) -> Result<()> {
    let Some(&n) = g.shape(x).last() else {
        return Err(Error::invalid(op, "inputs", "at least one dimension", "shape ()"));
    };
    for (arg, v) in [("min", min), ("max", max)] {
        if **g.shape(v) != [n] {
            return Err(Error::invalid(
                op,
                arg,
                format_args!("shape ({n},)"),
                format_args!("shape {}", g.shape(v)),
            ));
        }
    }
    Ok(())
}

/// The settings of an op, with its name.
macro_rules! setting {
    ($s:ident, $op:literal) => {
        Setting { op: $op, num_bits: $s.num_bits, narrow_range: $s.narrow_range }
    };
}

crate::op! {
    /// Values rounded to a grid of `2 ^ num_bits` steps over `[min, max]`, which is moved so that 0 lies on it.
    FakeQuantWithMinMaxVars in "tf.quantization.fake_quant_with_min_max_vars" (inputs, min, max) { num_bits: i64 = 8, narrow_range: bool = false }
    build |s, g| {
        want_scalars(g, "FakeQuantWithMinMaxVars", min, max)?;
        quantize(g, &setting!(s, "FakeQuantWithMinMaxVars"), inputs, min, max)
    };
    vjp |s, g, x, y, dy| Ok(backward(g, &setting!(s, "FakeQuantWithMinMaxVars"), dy, x[0], x[1], x[2])?.map(Some).to_vec());
    cases [
        case().range([3, 4], -8.0, 8.0).values([], &[-5.0]).values([], &[4.0]),
        case().with("num_bits", 4).with("narrow_range", true).range([12], -2.0, 2.0).values([], &[-1.0]).values([], &[1.3]),
        case().with("num_bits", 2).range([6], -1.0, 3.0).values([], &[0.5]).values([], &[2.0]),
        case().f32([4]).values([], &[0.0]).values([], &[0.0]),
        case().f32([0]).values([], &[-1.0]).values([], &[1.0]),
    ]
    errors [
        case().with("num_bits", 1).f32([3]).values([], &[-1.0]).values([], &[1.0]),
        case().with("num_bits", 17).f32([3]).values([], &[-1.0]).values([], &[1.0]),
        case().f32([3]).values([2], &[-1.0]).values([2], &[1.0]),
    ]
}

crate::op! {
    /// The adjoints of `FakeQuantWithMinMaxVars`' inputs.
    FakeQuantWithMinMaxVarsGradient in "tf.quantization.fake_quant_with_min_max_vars_gradient" (gradients, inputs, min, max) { num_bits: i64 = 8, narrow_range: bool = false }
    build |s, g| {
        want_scalars(g, "FakeQuantWithMinMaxVarsGradient", min, max)?;
        backward(g, &setting!(s, "FakeQuantWithMinMaxVarsGradient"), gradients, inputs, min, max)
    };
    cases [case().f32([3, 4]).range([3, 4], -8.0, 8.0).values([], &[-5.0]).values([], &[4.0]).forward_only()]
    errors [case().f32([3]).f32([4]).values([], &[-1.0]).values([], &[1.0])]
}

crate::op! {
    /// As `FakeQuantWithMinMaxVars`, with a range for each place of the last dimension.
    FakeQuantWithMinMaxVarsPerChannel in "tf.quantization.fake_quant_with_min_max_vars_per_channel" (inputs, min, max) { num_bits: i64 = 8, narrow_range: bool = false }
    build |s, g| {
        want_channels(g, "FakeQuantWithMinMaxVarsPerChannel", inputs, min, max)?;
        quantize(g, &setting!(s, "FakeQuantWithMinMaxVarsPerChannel"), inputs, min, max)
    };
    vjp |s, g, x, y, dy| Ok(backward(g, &setting!(s, "FakeQuantWithMinMaxVarsPerChannel"), dy, x[0], x[1], x[2])?.map(Some).to_vec());
    cases [
        case().range([4, 3], -8.0, 8.0).values([3], &[-5.0, -1.0, 0.5]).values([3], &[4.0, 7.0, 2.0]),
        case().with("num_bits", 3).range([2], -2.0, 2.0).values([2], &[-1.0, 0.0]).values([2], &[1.0, 1.0]),
    ]
    errors [case().f32([2, 3]).values([2], &[-1.0]).values([2], &[1.0])]
}

crate::op! {
    /// Values rounded to a grid of `2 ^ num_bits` steps over a range that is known.
    FakeQuantWithMinMaxArgs in "tf.quantization.fake_quant_with_min_max_args" (inputs) {
        min: f64 = -6.0,
        max: f64 = 6.0,
        num_bits: i64 = 8,
        narrow_range: bool = false,
    }
    build |s, g| {
        let op = "FakeQuantWithMinMaxArgs";
        let (min, max) = ends(g, op, s.min, s.max)?;
        quantize(g, &setting!(s, "FakeQuantWithMinMaxArgs"), inputs, min, max)
    };
    vjp |s, g, x, y, dy| {
        let op = "FakeQuantWithMinMaxArgs";
        let (min, max) = ends(g, op, s.min, s.max)?;
        let [dx, _, _] = backward(g, &setting!(s, "FakeQuantWithMinMaxArgs"), dy, x[0], min, max)?;
        Ok(vec![Some(dx)])
    };
    cases [
        case().range([3, 4], -9.0, 9.0),
        case().with("min", -1.5).with("max", 2.0).with("num_bits", 4).with("narrow_range", true).range([7], -3.0, 3.0),
    ]
    errors [
        case().with("num_bits", 0).f32([3]),
        case().with("min", 2.0).with("max", 1.0).f32([3]),
    ]
}

/// The ends of a range that is known, as scalars.
fn ends(g: &mut Graph, op: &str, min: f64, max: f64) -> Result<(Val, Val)> {
    if min.is_nan() || max.is_nan() || min >= max {
        return Err(Error::invalid(
            op,
            "min, max",
            "a range from a lower to a higher number",
            format_args!("{min}, {max}"),
        ));
    }
    Ok((g.scalar(DType::Float32, min)?, g.scalar(DType::Float32, max)?))
}

/// Values rounded to a grid of `2 ^ num_bits` steps over `[min, max]`, which is moved so that 0 lies on it
/// (`tf.quantization.fake_quant_with_min_max_args`, whose defaults are -6, 6, 8 and false). The derivative is 1 inside of the range.
///
/// # Errors
/// `InvalidArgument` for numbers of bits below 2 and above 16, and a range that is none.
pub fn fake_quant_with_min_max_args(
    inputs: impl IntoTensor,
    min: f64,
    max: f64,
    num_bits: i64,
    narrow_range: bool,
) -> Result<Tensor> {
    let op = FakeQuantWithMinMaxArgs { min, max, num_bits, narrow_range };
    run_one(&op, &[&inputs.into_tensor(Some(DType::Float32))?])
}

/// As [`fake_quant_with_min_max_args`], with a range that is learned (`tf.quantization.fake_quant_with_min_max_vars`).
///
/// # Errors
/// As [`fake_quant_with_min_max_args`]; `InvalidArgument` for ends of the range that are no scalars.
pub fn fake_quant_with_min_max_vars(
    inputs: impl IntoTensor,
    min: impl IntoTensor,
    max: impl IntoTensor,
    num_bits: i64,
    narrow_range: bool,
) -> Result<Tensor> {
    let float = Some(DType::Float32);
    let (min, max) = (min.into_tensor(float)?, max.into_tensor(float)?);
    run_one(&FakeQuantWithMinMaxVars { num_bits, narrow_range }, &[&inputs.into_tensor(float)?, &min, &max])
}

/// As [`fake_quant_with_min_max_vars`], with a range for each place of the last dimension
/// (`tf.quantization.fake_quant_with_min_max_vars_per_channel`).
///
/// # Errors
/// As [`fake_quant_with_min_max_args`]; `InvalidArgument` for ends of the range that are not one for each place.
pub fn fake_quant_with_min_max_vars_per_channel(
    inputs: impl IntoTensor,
    min: impl IntoTensor,
    max: impl IntoTensor,
    num_bits: i64,
    narrow_range: bool,
) -> Result<Tensor> {
    let float = Some(DType::Float32);
    let (min, max) = (min.into_tensor(float)?, max.into_tensor(float)?);
    let op = FakeQuantWithMinMaxVarsPerChannel { num_bits, narrow_range };
    run_one(&op, &[&inputs.into_tensor(float)?, &min, &max])
}

pub(super) const OPS: &[Row] = &[
    row::<FakeQuantWithMinMaxVars>(),
    row::<FakeQuantWithMinMaxVarsGradient>(),
    row::<FakeQuantWithMinMaxVarsPerChannel>(),
    row::<FakeQuantWithMinMaxArgs>(),
];
