//! Convolutions: cross-correlations of images and the like with learned kernels.

pub(super) mod conv2d;
pub(super) mod conv3d;
pub(super) mod depthwise;
mod functions;
mod transpose;

pub use conv2d::*;
pub use conv3d::*;
pub use depthwise::*;
pub use functions::*;
pub use transpose::*;

use super::sliding::Sliding;
use crate::error::{Error, Result};
use crate::hlo::{Conv, ConvLayout, Graph, Val, gradient};
use crate::shape::{Dims, Shape};

/// The attributes of an op with `strides`, `padding`, `explicit_paddings` (or what stands for them), `data_format` and `dilations`.
macro_rules! sliding {
    ($op:literal, $s:ident, $explicit:expr, $refusal:ident) => {
        crate::ops::nn::sliding::Sliding {
            op: $op,
            format: $s.data_format,
            strides: &$s.strides,
            dilations: &$s.dilations,
            padding: $s.padding,
            explicit: $explicit,
            refusal: crate::ErrorKind::$refusal,
        }
    };
}
pub(crate) use sliding;

/// The primitive's attributes for data of shape `x` and a kernel `[spatial.., input features of a group, output features]`.
fn geometry(s: &Sliding<'_>, spatial: usize, x: &Shape, kernel: &Shape) -> Result<Conv> {
    s.format.want_spatial(s.op, spatial)?;
    for (arg, shape) in [("input", x), ("filter", kernel)] {
        if shape.rank() != spatial + 2 {
            let wanted = format!("{} dimensions", spatial + 2);
            return Err(Error::invalid(s.op, arg, wanted, format_args!("shape {shape}")));
        }
    }
    if kernel.size() == 0 {
        return Err(Error::invalid(s.op, "filter", "no dimension of 0", format_args!("shape {kernel}")));
    }
    let (features, per_group, outputs) = (x[s.format.channel_dim()], kernel[spatial], kernel[spatial + 1]);
    let groups = features / per_group;
    if groups * per_group != features || groups == 0 || outputs % groups != 0 {
        let wanted = format!(
            "input features that divide the {features} of the input into groups that divide its outputs"
        );
        return Err(Error::invalid(s.op, "filter", wanted, format_args!("shape {kernel}")));
    }
    let first = s.format.first_spatial();
    let layout =
        ConvLayout { major: 0, minor: s.format.channel_dim(), spatial: (first..first + spatial).collect() };
    Ok(Conv {
        window: s.windows(x, &kernel[..spatial])?,
        lhs_dilation: Dims::from_elem(1, spatial),
        lhs: layout.clone(),
        rhs: ConvLayout::kernel(spatial),
        out: layout,
        feature_groups: groups,
        batch_groups: 1,
    })
}

/// A shape given as an attribute.
fn shape_of(op: &str, arg: &str, sizes: &[i64]) -> Result<Shape> {
    let shape = sizes.iter().map(|&n| usize::try_from(n).ok()).collect::<Option<Dims>>();
    shape.map(Shape).ok_or_else(|| Error::invalid(op, arg, "sizes from 0 up", format_args!("{sizes:?}")))
}

/// The adjoint of a convolution's input of shape `x`, from the adjoint of its result.
fn input_adjoint(g: &mut Graph, op: &str, conv: Conv, x: Shape, kernel: Val, dy: Val) -> Result<Val> {
    // Convolution is linear: its derivative at zero is its derivative everywhere. The product itself is dropped as dead.
    let zero = g.full(g.dtype(dy), x, 0.0)?;
    let y = g.convolution(zero, kernel, conv)?;
    adjoint(g, op, y, dy, zero)
}

/// The adjoint of a convolution's kernel of shape `kernel`, from the adjoint of its result.
fn kernel_adjoint(g: &mut Graph, op: &str, conv: Conv, x: Val, kernel: Shape, dy: Val) -> Result<Val> {
    let zero = g.full(g.dtype(dy), kernel, 0.0)?;
    let y = g.convolution(x, zero, conv)?;
    adjoint(g, op, y, dy, zero)
}

fn adjoint(g: &mut Graph, op: &str, y: Val, dy: Val, x: Val) -> Result<Val> {
    if g.shape(y) != g.shape(dy) {
        let wanted = format!("shape {}", g.shape(y));
        return Err(Error::invalid(op, "out_backprop", wanted, format_args!("shape {}", g.shape(dy))));
    }
    let found = gradient(g, &[y], &[Some(dy)], &[x])?.first().copied().flatten();
    found.ok_or_else(|| Error::internal(op, "the convolution has no derivative"))
}
