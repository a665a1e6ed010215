//! Pooling: the maximum or the average of sliding windows.

pub(super) mod argmax;
pub(super) mod avg;
mod functions;
pub(super) mod general;
pub(super) mod max;
pub(super) mod max3d;

pub use argmax::*;
pub use avg::*;
pub use functions::*;
pub use general::*;
pub use max::*;
pub use max3d::*;

use super::sliding::Sliding;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Literal, ReduceKind, Val, WindowDim};
use crate::shape::Shape;
use crate::{DType, ErrorKind};

/// The windows of a pooling op over all dimensions of data of shape `x`.
pub(super) fn windows(s: &Sliding<'_>, spatial: usize, x: &Shape, ksize: &[i64]) -> Result<Vec<WindowDim>> {
    s.format.want_spatial(s.op, spatial)?;
    if x.rank() != spatial + 2 {
        let wanted = format!("{} dimensions", spatial + 2);
        return Err(Error::invalid(s.op, "input", wanted, format_args!("shape {x}")));
    }
    let sizes = s.spatial("ksize", ksize)?;
    let mut all = vec![WindowDim::UNIT; spatial + 2];
    let first = s.format.first_spatial();
    for (d, w) in s.windows(x, &sizes)?.into_iter().enumerate() {
        // A window that lies in the padding alone would have no value.
        if w.low >= w.span() as i64 || w.high >= w.span() as i64 {
            let received = format!("{:?} with windows of {}", s.explicit, w.span());
            return Err(Error::invalid(
                s.op,
                "explicit_paddings",
                "paddings below the size of the window",
                received,
            ));
        }
        all[first + d] = w;
    }
    Ok(all)
}

/// The attributes of a pooling op.
macro_rules! pooling {
    ($op:literal, $s:ident, $explicit:expr) => {
        crate::ops::nn::sliding::Sliding {
            op: $op,
            format: $s.data_format,
            strides: &$s.strides,
            dilations: &[1, 1, 1, 1, 1][..$s.data_format.spatial() + 2],
            padding: $s.padding,
            explicit: $explicit,
            refusal: crate::ErrorKind::Unimplemented,
        }
    };
}
use pooling;

/// The average of each window: of the elements that it holds, not of the padding.
pub(super) fn average(g: &mut Graph, x: Val, windows: &[WindowDim]) -> Result<Val> {
    let shape = g.shape(x).clone();
    let sum = g.reduce_window(ReduceKind::Sum, x, windows)?;
    let counts = counts(&shape, windows);
    let count = g.constant(Literal::floats(DType::Float32, counts.shape, counts.values))?;
    let count = g.convert(count, g.dtype(sum))?;
    let count = g.broadcast_to(count, &g.shape(sum).clone())?;
    g.div(sum, count)
}

struct Counts {
    shape: Shape,
    values: Vec<f64>,
}

/// How many elements each window holds; a dimension of equal counts has size 1.
fn counts(x: &Shape, windows: &[WindowDim]) -> Counts {
    let mut counts = Counts { shape: Shape::scalar(), values: vec![1.0] };
    for (w, &n) in windows.iter().zip(x.iter()) {
        let inside = |at: usize| {
            let place = |k: usize| (at * w.stride + k * w.dilation) as i64 - w.low;
            (0..w.size).filter(|&k| (0..n as i64).contains(&place(k))).count() as f64
        };
        let mut own: Vec<f64> = (0..w.count(n)).map(inside).collect();
        own.dedup();
        if own.len() > 1 {
            own = (0..w.count(n)).map(inside).collect();
        }
        if own.is_empty() {
            own.push(1.0);
        }
        counts.shape.0.push(own.len());
        counts.values = counts.values.iter().flat_map(|c| own.iter().map(move |o| c * o)).collect();
    }
    counts
}

/// `Internal`: a pooling without derivative.
fn no_derivative(op: &str) -> Error {
    Error::new(ErrorKind::Internal, op, "the pooling has no derivative")
}
