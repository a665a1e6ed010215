//! Convolutions.

mod conv;
mod depthwise;
mod separable;
mod transpose;

pub use conv::{Conv1D, Conv2D, Conv3D};
pub use depthwise::{DepthwiseConv1D, DepthwiseConv2D};
pub use separable::{SeparableConv1D, SeparableConv2D};
pub use transpose::{Conv1DTranspose, Conv2DTranspose, Conv3DTranspose};

use super::support::{DataFormat, Padding, Sizes};
use crate::error::{Error, Result};
use crate::keras::base::{Entry, entry};
use crate::ops::array::reshape;
use crate::ops::math;
use crate::shape::Shape;
use crate::tensor::Tensor;

pub(super) const LAYERS: &[Entry] = &[
    entry::<Conv1D>(),
    entry::<Conv1DTranspose>(),
    entry::<Conv2D>(),
    entry::<Conv2DTranspose>(),
    entry::<Conv3D>(),
    entry::<Conv3DTranspose>(),
    entry::<DepthwiseConv1D>(),
    entry::<DepthwiseConv2D>(),
    entry::<SeparableConv1D>(),
    entry::<SeparableConv2D>(),
];

/// How a window of `N` spatial dimensions moves over the input.
#[derive(Clone, Copy, Debug)]
pub(in crate::keras::layers) struct Window<const N: usize> {
    pub(in crate::keras::layers) class: &'static str,
    pub(in crate::keras::layers) kernel: Sizes<N>,
    pub(in crate::keras::layers) strides: Sizes<N>,
    pub(in crate::keras::layers) dilation: Sizes<N>,
    pub(in crate::keras::layers) padding: Padding,
    pub(in crate::keras::layers) format: DataFormat,
}

impl<const N: usize> Window<N> {
    /// Arguments that cannot be right together.
    pub(in crate::keras::layers) fn check(&self) -> Result<()> {
        let bad = |arg: &str, wanted: &str, got: &dyn std::fmt::Debug| {
            Err(Error::invalid(self.class, arg, wanted, format_args!("{got:?}")))
        };
        for (arg, sizes) in
            [("kernel_size", self.kernel), ("strides", self.strides), ("dilation_rate", self.dilation)]
        {
            if sizes.0.contains(&0) {
                return bad(arg, "positive numbers", &sizes.0);
            }
        }
        if self.strides.0.iter().any(|&s| s > 1) && self.dilation.0.iter().any(|&d| d > 1) {
            let got = (self.strides.0, self.dilation.0);
            return bad("strides, dilation_rate", "strides > 1 or a dilation rate > 1, not both", &got);
        }
        if self.padding == Padding::Causal && (N != 1 || self.format.channels_first()) {
            return bad("padding", "\"causal\" for Conv1D with channels last only", &self.padding);
        }
        Ok(())
    }

    /// The number of channels of an input, which must have the right rank and be large enough.
    pub(in crate::keras::layers) fn channels(&self, x: &Tensor) -> Result<usize> {
        super::support::want_rank(self.class, x, N + 2)?;
        let first = self.format.first_spatial();
        for d in 0..N {
            let (size, reach) = (x.shape()[first + d], (self.kernel.0[d] - 1) * self.dilation.0[d] + 1);
            if self.padding == Padding::Valid && size < reach {
                return Err(Error::invalid(
                    self.class,
                    "inputs",
                    format_args!("spatial sizes of at least the kernel's, {:?}", self.kernel.0),
                    format_args!("shape {}: the output would be empty", x.shape()),
                ));
            }
        }
        Ok(x.shape()[self.format.channel_dim(N + 2)])
    }

    /// The shape of what filters make of an input.
    pub(in crate::keras::layers) fn output_shape(&self, input: &Shape, filters: usize) -> Shape {
        let (mut shape, first) = (input.clone(), self.format.first_spatial());
        for (d, size) in shape.iter_mut().skip(first).take(N).enumerate() {
            let reach = (self.kernel.0[d] - 1) * self.dilation.0[d];
            let places = if self.padding == Padding::Valid { size.saturating_sub(reach) } else { *size };
            *size = places.div_ceil(self.strides.0[d]);
        }
        if let Some(channels) = shape.get_mut(self.format.channel_dim(N + 2)) {
            *channels = filters;
        }
        shape
    }

    /// The input with the zeros before it that causal padding means.
    fn causal(&self, x: &Tensor) -> Result<Tensor> {
        if self.padding != Padding::Causal {
            return Ok(x.clone());
        }
        let before = (self.kernel.0[0] - 1) * self.dilation.0[0];
        crate::ops::array::pad(x, [[0, 0], [before as i64, 0], [0, 0]], "CONSTANT", 0)
    }
}

/// `y` with a bias a channel.
pub(in crate::keras::layers) fn with_bias(y: &Tensor, bias: &Tensor, format: DataFormat) -> Result<Tensor> {
    if !format.channels_first() {
        return math::add(y, bias);
    }
    let mut shape = vec![1; y.rank()];
    shape[1] = bias.size();
    math::add(y, reshape(bias, shape)?)
}
