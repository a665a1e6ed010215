//! Parts of tensors by ranges.

use super::creation::as_shape;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::args::IntoInts;
use crate::shape::{Dims, Shape};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The part of a tensor that begins at `begin` and has the sizes `size`, in which -1 reaches to the end.
    Slice in "tf.slice" (input) {
        /// First place in each dimension.
        begin: Vec<i64>,
        /// Size in each dimension.
        size: Vec<i64>,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let shape = g.shape(input).clone();
        if s.begin.len() != shape.rank() || s.size.len() != shape.rank() {
            let received = format!("{:?} and {:?}", s.begin, s.size);
            return Err(Error::invalid("Slice", "begin, size", format_args!("{} numbers each", shape.rank()), received));
        }
        let (mut start, mut limit) = (Dims::new(), Dims::new());
        for (d, &n) in shape.iter().enumerate() {
            let (b, z) = (s.begin[d], s.size[d]);
            let size = if z == -1 { n as i64 - b } else { z };
            if b < 0 || size < 0 || b + size > n as i64 {
                let wanted = format!("begin and size within {n} in dimension {d}");
                return Err(Error::invalid("Slice", "begin, size", wanted, format_args!("{b} and {z}")));
            }
            start.push(b as usize);
            limit.push((b + size) as usize);
        }
        g.slice(input, &start, &limit, &Dims::from_elem(1, shape.rank()))
    };
    cases [
        case().with("begin", [1, 0]).with("size", [2, 2]).f32([3, 4]),
        case().with("begin", [1, 2]).with("size", [-1, 1]).f32([3, 4]),
        case().with("begin", [3]).with("size", [0]).ints([3], 0, 9),
        case().with("begin", Vec::<i64>::new()).with("size", Vec::<i64>::new()).f32([]),
        case().with("begin", [1, 0]).with("size", [1, 2]).complex([2, 3]),
    ]
    errors [
        case().with("begin", [1, 0]).with("size", [3, 2]).f32([3, 4]),
        case().with("begin", [-1, 0]).with("size", [1, 2]).f32([3, 4]),
        case().with("begin", [0]).with("size", [1]).f32([3, 4]),
    ]
}

/// The part of a tensor that begins at `begin` and has the sizes `size`, in which -1 reaches to the end (`tf.slice`).
///
/// # Errors
/// `InvalidArgument` for a part that is not inside.
pub fn slice(input: impl IntoTensor, begin: impl IntoInts, size: impl IntoInts) -> Result<Tensor> {
    run_one(&Slice { begin: begin.into_ints()?, size: size.into_ints()? }, &[&input.into_tensor(None)?])
}

/// What a strided slice does to one dimension of its operand.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Part {
    /// The first place in ascending order.
    low: usize,
    /// The place after the last.
    high: usize,
    /// The step, above 0.
    step: usize,
    /// Whether the places are taken in descending order.
    reverse: bool,
}

impl Part {
    fn whole(n: usize) -> Self {
        Part { low: 0, high: n, step: 1, reverse: false }
    }

    fn len(&self) -> usize {
        (self.high - self.low).div_ceil(self.step)
    }
}

/// A strided slice in plain words: parts of the operand's dimensions and the shape of the result.
struct Plan {
    parts: Vec<Part>,
    shape: Shape,
}

/// The masks of a strided slice; bit `i` is about entry `i`.
#[derive(Clone, Copy, Debug, Default)]
struct Masks {
    begin: i64,
    end: i64,
    ellipsis: i64,
    new_axis: i64,
    shrink: i64,
}

fn plan(op: &str, shape: &Shape, begin: &[i64], end: &[i64], strides: &[i64], m: Masks) -> Result<Plan> {
    let n = begin.len();
    if end.len() != n || strides.len() != n {
        let received = format!("{n}, {} and {}", end.len(), strides.len());
        return Err(Error::invalid(op, "begin, end, strides", "lists of one length", received));
    }
    if (m.ellipsis & m.ellipsis.wrapping_sub(1)) != 0 {
        return Err(Error::invalid(
            op,
            "ellipsis_mask",
            "at most one ellipsis",
            format_args!("{:#b}", m.ellipsis),
        ));
    }
    let bit = |mask: i64, i: usize| i < 63 && mask >> i & 1 == 1;
    let is_ellipsis = |i: usize| bit(m.ellipsis, i);
    let is_new = |i: usize| bit(m.new_axis, i) && !is_ellipsis(i);
    let used = (0..n).filter(|&i| !is_ellipsis(i) && !is_new(i)).count();
    let Some(open) = shape.rank().checked_sub(used) else {
        let wanted = format!("at most {} entries for shape {shape}", shape.rank());
        return Err(Error::invalid(op, "begin", wanted, used));
    };
    let (mut parts, mut out) = (vec![], Shape::default());
    let rest = |parts: &mut Vec<Part>, out: &mut Shape, count: usize| {
        for _ in 0..count {
            let size = shape[parts.len()];
            parts.push(Part::whole(size));
            out.0.push(size);
        }
    };
    for i in 0..n {
        if is_ellipsis(i) {
            rest(&mut parts, &mut out, open);
        } else if is_new(i) {
            out.0.push(1);
        } else {
            let d = parts.len();
            let part = part(
                op,
                shape[d] as i64,
                i,
                begin[i],
                end[i],
                strides[i],
                [bit(m.begin, i), bit(m.end, i), bit(m.shrink, i)],
            )?;
            if !bit(m.shrink, i) {
                out.0.push(part.len());
            }
            parts.push(part);
        }
    }
    let left = shape.rank() - parts.len();
    rest(&mut parts, &mut out, left);
    Ok(Plan { parts, shape: out })
}

/// One entry; `open` says whether begin and end do not count, and whether the dimension shrinks to one place.
fn part(op: &str, size: i64, i: usize, begin: i64, end: i64, stride: i64, open: [bool; 3]) -> Result<Part> {
    if stride == 0 {
        return Err(Error::invalid(op, &format!("strides[{i}]"), "a step other than 0", 0));
    }
    if open[2] {
        let at = if begin < 0 { begin + size } else { begin };
        if stride < 0 {
            return Err(Error::invalid(
                op,
                &format!("strides[{i}]"),
                "a step above 0 for a single place",
                stride,
            ));
        }
        if !(0..size).contains(&at) {
            return Err(Error::invalid(
                op,
                &format!("slice index of dimension {i}"),
                format_args!("a value in [-{size}, {size})"),
                begin,
            ));
        }
        return Ok(Part { low: at as usize, high: at as usize + 1, step: 1, reverse: false });
    }
    // Bounds of valid places: [0, size] upwards, [-1, size - 1] downwards.
    let (least, most) = if stride > 0 { (0, size) } else { (-1, size - 1) };
    let place = |v: i64| (if v < 0 { v + size } else { v }).clamp(least, most);
    let first = if open[0] { if stride > 0 { least } else { most } } else { place(begin) };
    let last = if open[1] { if stride > 0 { most } else { least } } else { place(end) };
    let step = stride.unsigned_abs() as usize;
    if stride > 0 {
        let high = last.max(first);
        return Ok(Part { low: first as usize, high: high as usize, step, reverse: false });
    }
    let count = ((first - last).max(0) as usize).div_ceil(step);
    if count == 0 {
        return Ok(Part { low: 0, high: 0, step, reverse: true });
    }
    // Downwards from `first`: the same places upwards from the last one taken.
    let low = first as usize - (count - 1) * step;
    Ok(Part { low, high: first as usize + 1, step, reverse: true })
}

fn cut(g: &mut Graph, x: Val, plan: &Plan) -> Result<Val> {
    let p = &plan.parts;
    let start: Dims = p.iter().map(|p| p.low).collect();
    let limit: Dims = p.iter().map(|p| p.high).collect();
    let step: Dims = p.iter().map(|p| p.step).collect();
    let y = g.slice(x, &start, &limit, &step)?;
    let turned: Dims = (0..p.len()).filter(|&d| p[d].reverse).collect();
    let y = g.reverse(y, &turned)?;
    g.reshape(y, plan.shape.clone())
}

crate::op! {
    /// A part of a tensor as Python's indexing takes it: ranges with steps, new dimensions, single places, an ellipsis.
    StridedSlice in "tf.strided_slice" (input) {
        /// Where each range begins.
        begin: Vec<i64>,
        /// Where each range ends.
        end: Vec<i64>,
        /// The step of each range.
        strides: Vec<i64>,
        /// Bits of ranges that begin at the start.
        begin_mask: i64 = 0,
        /// Bits of ranges that reach to the end.
        end_mask: i64 = 0,
        /// The bit of the entry that stands for all other dimensions.
        ellipsis_mask: i64 = 0,
        /// Bits of entries that insert a dimension.
        new_axis_mask: i64 = 0,
        /// Bits of entries that take one place and remove the dimension.
        shrink_axis_mask: i64 = 0,
    }
    strings Moved(usize::MAX);
    build |s, g| {
        let masks = Masks { begin: s.begin_mask, end: s.end_mask, ellipsis: s.ellipsis_mask, new_axis: s.new_axis_mask, shrink: s.shrink_axis_mask };
        let shape = g.shape(input).clone();
        let plan = plan("StridedSlice", &shape, &s.begin, &s.end, &s.strides, masks)?;
        cut(g, input, &plan)
    };
    cases [
        case().with("begin", [1, 0]).with("end", [3, 4]).with("strides", [1, 2]).f32([4, 5]),
        case().with("begin", [-1, 4]).with("end", [0, 0]).with("strides", [-1, -2]).f32([4, 5]),
        case().with("begin", [0, 0]).with("end", [0, 0]).with("strides", [-2, 3]).with("begin_mask", 3).with("end_mask", 3).f32([5, 7]),
        case().with("begin", [1, 0, 0]).with("end", [2, 0, 0]).with("strides", [1, 1, 1]).with("ellipsis_mask", 2).with("shrink_axis_mask", 4).f32([2, 3, 4]),
        case().with("begin", [0, 0, -2]).with("end", [0, 0, -1]).with("strides", [1, 1, 1]).with("new_axis_mask", 2).with("shrink_axis_mask", 5).f32([3, 4]),
        case().with("begin", [0, 1]).with("end", [0, 2]).with("strides", [1, 1]).with("ellipsis_mask", 1).f32([2, 3]),
        case().with("begin", [1]).with("end", [100]).with("strides", [2]).f32([4, 2]),
        case().with("begin", [3]).with("end", [1]).with("strides", [1]).ints([4], 0, 9),
        case().with("begin", [1]).with("end", [3]).with("strides", [-1]).ints([4], 0, 9),
        case().with("begin", Vec::<i64>::new()).with("end", Vec::<i64>::new()).with("strides", Vec::<i64>::new()).f32([2]),
        case().with("begin", [1, 0]).with("end", [3, 4]).with("strides", [1, 2]).complex([4, 5]),
    ]
    errors [
        case().with("begin", [0]).with("end", [2]).with("strides", [0]).f32([4]),
        case().with("begin", [4]).with("end", [5]).with("strides", [1]).with("shrink_axis_mask", 1).f32([4]),
        case().with("begin", [0, 0]).with("end", [1, 1]).with("strides", [1, 1]).f32([4]),
        case().with("begin", [0, 0]).with("end", [1, 1]).with("strides", [1, 1]).with("ellipsis_mask", 3).f32([4]),
        case().with("begin", [1]).with("end", [2]).with("strides", [-1]).with("shrink_axis_mask", 1).f32([4]),
    ]
}

crate::op! {
    /// The derivative of a strided slice: its adjoint in the places that were taken, zeros elsewhere.
    StridedSliceGrad in "tf.raw_ops.StridedSliceGrad" (dy) {
        /// Shape of the slice's operand.
        shape: Vec<i64>,
        /// Where each range begins.
        begin: Vec<i64>,
        /// Where each range ends.
        end: Vec<i64>,
        /// The step of each range.
        strides: Vec<i64>,
        /// Bits of ranges that begin at the start.
        begin_mask: i64 = 0,
        /// Bits of ranges that reach to the end.
        end_mask: i64 = 0,
        /// The bit of the entry that stands for all other dimensions.
        ellipsis_mask: i64 = 0,
        /// Bits of entries that insert a dimension.
        new_axis_mask: i64 = 0,
        /// Bits of entries that take one place and remove the dimension.
        shrink_axis_mask: i64 = 0,
    }
    build |s, g| {
        let masks = Masks { begin: s.begin_mask, end: s.end_mask, ellipsis: s.ellipsis_mask, new_axis: s.new_axis_mask, shrink: s.shrink_axis_mask };
        let shape = as_shape("StridedSliceGrad", "shape", &s.shape)?;
        let plan = plan("StridedSliceGrad", &shape, &s.begin, &s.end, &s.strides, masks)?;
        if *g.shape(dy) != plan.shape {
            return Err(Error::invalid("StridedSliceGrad", "dy", format_args!("shape {}", plan.shape), g.shape(dy)));
        }
        let p = &plan.parts;
        let d = g.reshape(dy, p.iter().map(Part::len).collect::<Shape>())?;
        let turned: Dims = (0..p.len()).filter(|&k| p[k].reverse).collect();
        let d = g.reverse(d, &turned)?;
        let low: Vec<i64> = p.iter().map(|p| p.low as i64).collect();
        let spread = |p: &Part| if p.len() == 0 { 0 } else { (p.len() - 1) * p.step + 1 };
        let high: Vec<i64> = p.iter().zip(shape.iter()).map(|(p, &n)| n as i64 - (p.low + spread(p)) as i64).collect();
        let interior: Dims = p.iter().map(|p| p.step - 1).collect();
        let zero = g.scalar(g.dtype(d), 0.0)?;
        g.pad(d, zero, &low, &high, &interior)
    };
    cases [
        case().with("shape", [4, 5]).with("begin", [1, 0]).with("end", [3, 4]).with("strides", [1, 2]).f32([2, 2]),
        case().with("shape", [4, 5]).with("begin", [-1, 4]).with("end", [0, 0]).with("strides", [-1, -2]).f32([3, 2]),
        case().with("shape", [2, 3]).with("begin", [1]).with("end", [2]).with("strides", [1]).with("shrink_axis_mask", 1).f32([3]),
        case().with("shape", [3]).with("begin", [2]).with("end", [1]).with("strides", [1]).f32([0]),
    ]
    errors [case().with("shape", [4]).with("begin", [0]).with("end", [2]).with("strides", [1]).f32([3])]
}

/// A part of a tensor by ranges with steps (`tf.strided_slice` without masks); negative places count from the end.
///
/// # Errors
/// `InvalidArgument` for a step of 0 or more ranges than dimensions.
pub fn strided_slice(
    input: impl IntoTensor,
    begin: impl IntoInts,
    end: impl IntoInts,
    strides: impl IntoInts,
) -> Result<Tensor> {
    let (begin, end, strides) = (begin.into_ints()?, end.into_ints()?, strides.into_ints()?);
    let op = StridedSlice {
        begin,
        end,
        strides,
        begin_mask: 0,
        end_mask: 0,
        ellipsis_mask: 0,
        new_axis_mask: 0,
        shrink_axis_mask: 0,
    };
    run_one(&op, &[&input.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<Slice>(), row::<StridedSlice>(), row::<StridedSliceGrad>()];
