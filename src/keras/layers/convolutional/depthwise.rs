//! Convolutions of each channel by itself.

use super::super::support::{DataFormat, Padding, Sizes, float_input, want_positive};
use super::{Window, with_bias};
use crate::error::Result;
use crate::keras::activations::Activation;
use crate::keras::base::{
    Call, ConstraintArg, InitializerArg, Layer, RegularizerArg, WeightSpec, configured, layer,
};
use crate::ops::{array, nn};
use crate::shape::Shape;
use crate::tensor::Tensor;

macro_rules! depthwise {
    ($(#[$meta:meta])* $name:ident, $n:literal) => {
        layer! {
            $(#[$meta])*
            ///
            /// Weights: `kernel` of shape `kernel_size + (channels, depth_multiplier)`, `bias` `(channels * depth_multiplier,)`.
            $name(
                /// Size of the kernel.
                kernel_size: into Sizes<$n>,
            ) {
                /// Steps of the kernel.
                strides: into Sizes<$n> = 1,
                /// How the border is treated.
                padding: plain Padding = Padding::Valid,
                /// Number of output channels for each input channel.
                depth_multiplier: plain usize = 1,
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
                /// Distance of the kernel's elements.
                dilation_rate: into Sizes<$n> = 1,
                /// Applied to the result.
                activation: into Activation = "linear",
                /// Whether there is a bias.
                use_bias: plain bool = true,
                /// First value of the kernel.
                depthwise_initializer: into InitializerArg = "glorot_uniform",
                /// First value of the bias.
                bias_initializer: into InitializerArg = "zeros",
                /// Penalty on the kernel.
                depthwise_regularizer: maybe RegularizerArg,
                /// Penalty on the bias.
                bias_regularizer: maybe RegularizerArg,
                /// What the kernel must satisfy.
                depthwise_constraint: maybe ConstraintArg,
                /// What the bias must satisfy.
                bias_constraint: maybe ConstraintArg,
            }
        }

        impl $name {
            fn window(&self) -> Window<$n> {
                Window {
                    class: stringify!($name),
                    kernel: self.kernel_size,
                    strides: self.strides,
                    dilation: self.dilation_rate,
                    padding: self.padding,
                    format: self.data_format,
                }
            }
        }

        impl Layer for $name {
            configured!(with |s| want_positive(stringify!($name), "depth_multiplier", s.depth_multiplier)
                .and_then(|()| s.window().check()));

            fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
                let window = self.window();
                let channels = window.channels(x)?;
                let shape: Shape = self.kernel_size.0.into_iter().chain([channels, self.depth_multiplier]).collect();
                let kernel = c.weight_with(WeightSpec::of(
                    "kernel",
                    shape,
                    &self.depthwise_initializer,
                    &self.depthwise_regularizer,
                    &self.depthwise_constraint,
                ))?;
                let x = float_input(x, c.compute_dtype())?;
                let mut y = depthwise(&window, &x, &kernel)?;
                if self.use_bias {
                    let bias = c.weight_with(WeightSpec::of(
                        "bias",
                        [channels * self.depth_multiplier],
                        &self.bias_initializer,
                        &self.bias_regularizer,
                        &self.bias_constraint,
                    ))?;
                    y = with_bias(&y, &bias, self.data_format)?;
                }
                self.activation.call(&y)
            }
        }
    };
}

depthwise! {
    /// Convolves each channel of sequences by itself (`keras.layers.DepthwiseConv1D`).
    DepthwiseConv1D, 1
}

depthwise! {
    /// Convolves each channel of images by itself (`keras.layers.DepthwiseConv2D`).
    DepthwiseConv2D, 2
}

/// The convolution of each channel, sequences as images of height 1.
pub(super) fn depthwise<const N: usize>(w: &Window<N>, x: &Tensor, kernel: &Tensor) -> Result<Tensor> {
    let (strides, dilations) = (w.strides.ints(), w.dilation.ints());
    if N == 2 {
        return nn::depthwise_conv2d(x, kernel, strides, w.padding.of_ops(), w.format.of_ops(2), dilations);
    }
    let flat = w.format.first_spatial();
    let x = array::expand_dims(&w.causal(x)?, flat as i64)?;
    let kernel = array::expand_dims(kernel, 0)?;
    // Strides must be equal in both directions, and do not matter along the height.
    let (strides, dilations) = ([strides[0]; 2], [1, dilations[0]]);
    let y = nn::depthwise_conv2d(x, kernel, strides, w.padding.of_ops(), w.format.of_ops(2), dilations)?;
    array::squeeze(y, flat as i64)
}
