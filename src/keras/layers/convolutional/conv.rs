//! Convolutions with kernels over all channels.

use super::super::support::{DataFormat, Padding, Sizes, float_input, want_positive};
use super::{Window, with_bias};
use crate::error::{Error, Result};
use crate::keras::activations::Activation;
use crate::keras::base::{Call, KernelAndBias, Layer, configured, layer};
use crate::ops::nn;
use crate::shape::Shape;
use crate::tensor::Tensor;

macro_rules! convolution {
    ($(#[$meta:meta])* $name:ident, $n:literal, $op:path) => {
        layer! {
            $(#[$meta])*
            ///
            /// Weights: `kernel` of shape `kernel_size + (channels / groups, filters)`, `bias` `(filters,)`.
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
                /// Into how many groups the channels are divided, each with filters of its own.
                groups: plain usize = 1,
                /// Applied to the result.
                activation: into Activation = "linear",
                /// Whether there is a bias.
                use_bias: plain bool = true,
            } weights
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
            configured!(with |s| {
                want_positive(stringify!($name), "filters", s.filters)?;
                want_positive(stringify!($name), "groups", s.groups)?;
                if s.filters % s.groups != 0 {
                    let received = format!("filters={} and groups={}", s.filters, s.groups);
                    return Err(Error::invalid(stringify!($name), "filters", "a multiple of groups", received));
                }
                s.window().check()
            });

            fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
                let window = self.window();
                let channels = window.channels(x)?;
                if channels % self.groups != 0 {
                    let received = format!("{channels} channels and groups={}", self.groups);
                    return Err(Error::invalid(stringify!($name), "inputs", "channels that are a multiple of groups", received));
                }
                let shape: Shape = self.kernel_size.0.into_iter().chain([channels / self.groups, self.filters]).collect();
                let kernel = c.weight_with(self.kernel_spec("kernel", shape))?;
                let x = window.causal(&float_input(x, c.compute_dtype())?)?;
                let (strides, dilations) = (self.strides.ints(), self.dilation_rate.ints());
                let format = self.data_format.of_ops($n);
                let mut y = $op(&x, &kernel, strides, self.padding.of_ops(), format, dilations)?;
                if self.use_bias {
                    let bias = c.weight_with(self.bias_spec("bias", [self.filters].into()))?;
                    y = with_bias(&y, &bias, self.data_format)?;
                }
                self.activation.call(&y)
            }
        }
    };
}

convolution! {
    /// Convolves sequences `(batch, steps, channels)` (`keras.layers.Conv1D`).
    Conv1D, 1, nn::conv1d
}

convolution! {
    /// Convolves images `(batch, height, width, channels)` (`keras.layers.Conv2D`).
    ///
    /// ```
    /// use wgflow::{ops::array, DType, keras::{Layer, layers::{Conv2D, Padding}}};
    /// let layer = Conv2D::new(8, 3).padding(Padding::Same).activation("relu").node();
    /// let y = layer.call(&array::ones([2, 5, 5, 3], DType::Float32)?, false)?;
    /// assert_eq!(y.shape().to_string(), "(2, 5, 5, 8)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    Conv2D, 2, nn::conv2d
}

convolution! {
    /// Convolves volumes `(batch, depth, height, width, channels)` (`keras.layers.Conv3D`).
    Conv3D, 3, nn::conv3d
}
