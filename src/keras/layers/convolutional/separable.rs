//! Convolutions of each channel by itself, then across channels.

use super::super::support::{DataFormat, Padding, Sizes, float_input, want_positive};
use super::depthwise::depthwise;
use super::{Window, with_bias};
use crate::error::Result;
use crate::keras::activations::Activation;
use crate::keras::base::{
    Call, ConstraintArg, InitializerArg, Layer, RegularizerArg, WeightSpec, configured, layer,
};
use crate::ops::nn;
use crate::shape::Shape;
use crate::tensor::Tensor;

macro_rules! separable {
    ($(#[$meta:meta])* $name:ident, $n:literal, $pointwise:path) => {
        layer! {
            $(#[$meta])*
            ///
            /// Weights: `depthwise_kernel` of shape `kernel_size + (channels, depth_multiplier)`, `pointwise_kernel` of shape
            /// `1.. + (channels * depth_multiplier, filters)`, `bias` `(filters,)`.
            $name(
                /// Number of output channels.
                filters: plain usize,
                /// Size of the kernel.
                kernel_size: into Sizes<$n>,
            ) {
                /// Steps of the kernel.
                strides: into Sizes<$n> = 1,
                /// How the border is treated.
                padding: plain Padding = Padding::Valid,
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
                /// Distance of the kernel's elements.
                dilation_rate: into Sizes<$n> = 1,
                /// Number of channels between for each input channel.
                depth_multiplier: plain usize = 1,
                /// Applied to the result.
                activation: into Activation = "linear",
                /// Whether there is a bias.
                use_bias: plain bool = true,
                /// First value of the kernel of each channel.
                depthwise_initializer: into InitializerArg = "glorot_uniform",
                /// First value of the kernel across channels.
                pointwise_initializer: into InitializerArg = "glorot_uniform",
                /// First value of the bias.
                bias_initializer: into InitializerArg = "zeros",
                /// Penalty on the kernel of each channel.
                depthwise_regularizer: maybe RegularizerArg,
                /// Penalty on the kernel across channels.
                pointwise_regularizer: maybe RegularizerArg,
                /// Penalty on the bias.
                bias_regularizer: maybe RegularizerArg,
                /// What the kernel of each channel must satisfy.
                depthwise_constraint: maybe ConstraintArg,
                /// What the kernel across channels must satisfy.
                pointwise_constraint: maybe ConstraintArg,
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
            configured!(with |s| want_positive(stringify!($name), "filters", s.filters)
                .and_then(|()| want_positive(stringify!($name), "depth_multiplier", s.depth_multiplier))
                .and_then(|()| s.window().check()));

            fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
                let window = self.window();
                let channels = window.channels(x)?;
                let between = channels * self.depth_multiplier;
                let shape: Shape = self.kernel_size.0.into_iter().chain([channels, self.depth_multiplier]).collect();
                let own = c.weight_with(WeightSpec::of(
                    "depthwise_kernel",
                    shape,
                    &self.depthwise_initializer,
                    &self.depthwise_regularizer,
                    &self.depthwise_constraint,
                ))?;
                let shape: Shape = [1; $n].into_iter().chain([between, self.filters]).collect();
                let across = c.weight_with(WeightSpec::of(
                    "pointwise_kernel",
                    shape,
                    &self.pointwise_initializer,
                    &self.pointwise_regularizer,
                    &self.pointwise_constraint,
                ))?;
                let x = float_input(x, c.compute_dtype())?;
                let y = depthwise(&window, &x, &own)?;
                let mut y = $pointwise(&y, &across, 1, nn::Padding::Valid, self.data_format.of_ops($n), 1)?;
                if self.use_bias {
                    let bias = c.weight_with(WeightSpec::of(
                        "bias",
                        [self.filters],
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

separable! {
    /// Convolves each channel of sequences by itself, then mixes the channels (`keras.layers.SeparableConv1D`).
    SeparableConv1D, 1, nn::conv1d
}

separable! {
    /// Convolves each channel of images by itself, then mixes the channels (`keras.layers.SeparableConv2D`).
    SeparableConv2D, 2, nn::conv2d
}
