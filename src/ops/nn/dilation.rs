//! Grayscale morphology: maxima of windows with weights added.

use super::sliding::Sliding;
use super::{DataFormat, Extents, Padding, PaddingKind};
use crate::ErrorKind;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val, WindowDim, gradient, window_positions};
use crate::tensor::{IntoTensor, Row, Tensor, pair, row, run_one};

crate::op! {
    /// The maximum over each window of images of input plus filter.
    Dilation2D in "tf.nn.dilation2d" (input, filter) { strides: Vec<i64>, rates: Vec<i64>, padding: PaddingKind }
    build |s, g| dilate(g, "Dilation2D", [input, filter], &s.strides, &s.rates, s.padding);
    cases [
        case().with("strides", [1, 1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([2, 4, 5, 2]).f32([2, 3, 2]),
        case().with("strides", [1, 2, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 3, 2]).f32([3, 2, 2]),
        case().with("strides", [1, 1, 1, 1]).with("rates", [1, 2, 1, 1]).with("padding", "SAME").f32([1, 5, 3, 1]).f32([2, 2, 1]),
    ]
    errors [
        case().with("strides", [1, 1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([1, 4, 5, 2]).f32([2, 3, 1]),
        case().with("strides", [1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([1, 4, 5, 2]).f32([2, 3, 2]),
        case().with("strides", [1, 1, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "VALID").f32([1, 4, 5, 2]).f32([2, 2]),
    ]
}

crate::op! {
    /// The adjoint of `Dilation2D`'s input.
    Dilation2DBackpropInput in "tf.raw_ops.Dilation2DBackpropInput" (input, filter, out_backprop) { strides: Vec<i64>, rates: Vec<i64>, padding: PaddingKind }
    build |s, g| {
        let op = "Dilation2DBackpropInput";
        let y = dilate(g, op, [input, filter], &s.strides, &s.rates, s.padding)?;
        adjoint(g, op, y, out_backprop, input)
    };
    cases [case().with("strides", [1, 2, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 3, 2]).f32([3, 2, 2]).f32([1, 2, 3, 2])]
    errors [case().with("strides", [1, 2, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 3, 2]).f32([3, 2, 2]).f32([1, 3, 3, 2])]
}

crate::op! {
    /// The adjoint of `Dilation2D`'s filter.
    Dilation2DBackpropFilter in "tf.raw_ops.Dilation2DBackpropFilter" (input, filter, out_backprop) { strides: Vec<i64>, rates: Vec<i64>, padding: PaddingKind }
    build |s, g| {
        let op = "Dilation2DBackpropFilter";
        let y = dilate(g, op, [input, filter], &s.strides, &s.rates, s.padding)?;
        adjoint(g, op, y, out_backprop, filter)
    };
    cases [case().with("strides", [1, 2, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 3, 2]).f32([3, 2, 2]).f32([1, 2, 3, 2])]
    errors [case().with("strides", [1, 2, 1, 1]).with("rates", [1, 1, 1, 1]).with("padding", "SAME").f32([1, 4, 3, 2]).f32([3, 2, 2]).f32([1, 3, 3, 2])]
}

fn dilate(
    g: &mut Graph,
    op: &str,
    [input, filter]: [Val; 2],
    strides: &[i64],
    rates: &[i64],
    padding: PaddingKind,
) -> Result<Val> {
    let (x, k) = (g.shape(input).clone(), g.shape(filter).clone());
    if x.rank() != 4 || k.rank() != 3 || x[3] != k[2] {
        let received = format!("shapes {x} and {k}");
        let wanted = "shapes (batch, height, width, depth) and (height, width, depth)";
        return Err(Error::invalid(op, "input, filter", wanted, received));
    }
    let format = DataFormat::Nhwc;
    let sliding = Sliding {
        op,
        format,
        strides,
        dilations: rates,
        padding,
        explicit: &[],
        refusal: ErrorKind::Unimplemented,
    };
    let spatial = sliding.windows(&x, &k[..2])?;
    let windows = [WindowDim::UNIT, spatial[0], spatial[1], WindowDim::UNIT];
    let parts = window_positions(g, input, &windows, ReduceKind::Max.identity(g.dtype(input)))?;
    let mut best: Option<Val> = None;
    for (i, part) in parts.into_iter().enumerate() {
        let (dy, dx) = (i / k[1], i % k[1]);
        let weight = g.slice(filter, &[dy, dx, 0], &[dy + 1, dx + 1, k[2]], &[1, 1, 1])?;
        let weight = g.reshape(weight, [k[2]])?;
        let weight = g.broadcast_to(weight, &g.shape(part).clone())?;
        let sum = g.add(part, weight)?;
        best = Some(match best {
            // Of equal sums the first counts.
            Some(b) => {
                let better = g.gt(sum, b)?;
                g.select(better, sum, b)?
            }
            None => sum,
        });
    }
    best.ok_or_else(|| Error::invalid(op, "filter", "at least one position", format_args!("shape {k}")))
}

fn adjoint(g: &mut Graph, op: &str, y: Val, dy: Val, x: Val) -> Result<Val> {
    if g.shape(y) != g.shape(dy) {
        let wanted = format!("shape {}", g.shape(y));
        return Err(Error::invalid(op, "out_backprop", wanted, format_args!("shape {}", g.shape(dy))));
    }
    let found = gradient(g, &[y], &[Some(dy)], &[x])?.first().copied().flatten();
    found.ok_or_else(|| Error::internal(op, "the dilation has no derivative"))
}

/// Grayscale dilation of images `[batch, height, width, depth]` (`tf.nn.dilation2d`): the maximum over each window of input plus filter,
/// which is `[height, width, depth]`.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
pub fn dilation2d(
    input: impl IntoTensor,
    filters: impl IntoTensor,
    strides: impl Into<Extents>,
    padding: impl Into<Padding>,
    dilations: impl Into<Extents>,
) -> Result<Tensor> {
    let (input, filters) = pair(input, filters)?;
    let op = Dilation2D {
        strides: strides.into().full("dilation2d", "strides", DataFormat::Nhwc)?,
        rates: dilations.into().full("dilation2d", "dilations", DataFormat::Nhwc)?,
        padding: padding.into().attrs().0,
    };
    run_one(&op, &[&input, &filters])
}

pub(super) const OPS: &[Row] =
    &[row::<Dilation2D>(), row::<Dilation2DBackpropInput>(), row::<Dilation2DBackpropFilter>()];
