//! Transposed convolutions.

use super::super::support::{DataFormat, Padding, Sizes, float_input, want_positive, want_rank};
use super::{Window, with_bias};
use crate::error::{Error, Result};
use crate::keras::activations::Activation;
use crate::keras::base::{Call, KernelAndBias, Layer, configured, layer};
use crate::ops::nn;
use crate::shape::Shape;
use crate::tensor::Tensor;

macro_rules! transposed {
    ($(#[$meta:meta])* $name:ident, $n:literal, $op:path) => {
        layer! {
            $(#[$meta])*
            ///
            /// Weights: `kernel` of shape `kernel_size + (filters, channels)`, `bias` `(filters,)`.
            $name(
                /// Number of output channels.
                filters: plain usize,
                /// Size of the kernel.
                kernel_size: into Sizes<$n>,
            ) {
                /// How many times as large the output is, about.
                strides: into Sizes<$n> = 1,
                /// How the border of the output is treated.
                padding: plain Padding = Padding::Valid,
                /// How much larger the output is than the smallest that fits; less than the strides.
                output_padding: maybe Sizes<$n>,
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
                /// Distance of the kernel's elements.
                dilation_rate: into Sizes<$n> = 1,
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
                check_output_padding(stringify!($name), s.output_padding, s.strides)?;
                s.window().check()
            });

            fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
                want_rank(stringify!($name), x, $n + 2)?;
                let channels = x.shape()[self.data_format.channel_dim($n + 2)];
                let shape: Shape = self.kernel_size.0.into_iter().chain([self.filters, channels]).collect();
                let kernel = c.weight_with(self.kernel_spec("kernel", shape))?;
                let x = float_input(x, c.compute_dtype())?;
                let output = output_shape(&self.window(), self.output_padding, x.shape(), self.filters);
                let (strides, dilations) = (self.strides.ints(), self.dilation_rate.ints());
                let format = self.data_format.of_ops($n);
                let mut y = $op(&x, &kernel, &output, strides, self.padding.of_ops(), format, dilations)?;
                if self.use_bias {
                    let bias = c.weight_with(self.bias_spec("bias", [self.filters].into()))?;
                    y = with_bias(&y, &bias, self.data_format)?;
                }
                self.activation.call(&y)
            }
        }
    };
}

transposed! {
    /// The transpose of a convolution of sequences (`keras.layers.Conv1DTranspose`).
    Conv1DTranspose, 1, nn::conv1d_transpose
}

transposed! {
    /// The transpose of a convolution of images (`keras.layers.Conv2DTranspose`).
    Conv2DTranspose, 2, nn::conv2d_transpose
}

transposed! {
    /// The transpose of a convolution of volumes (`keras.layers.Conv3DTranspose`).
    Conv3DTranspose, 3, nn::conv3d_transpose
}

fn check_output_padding<const N: usize>(
    class: &str,
    output: Option<Sizes<N>>,
    strides: Sizes<N>,
) -> Result<()> {
    match output {
        Some(o) if o.0.iter().zip(strides.0).any(|(&o, s)| o >= s) => Err(Error::invalid(
            class,
            "output_padding",
            format_args!("less than the strides {:?} in every dimension", strides.0),
            format_args!("{:?}", o.0),
        )),
        _ => Ok(()),
    }
}

/// The shape of the output, by Keras' rule.
fn output_shape<const N: usize>(
    w: &Window<N>,
    output_padding: Option<Sizes<N>>,
    input: &Shape,
    filters: usize,
) -> Shape {
    let mut shape = input.clone();
    shape[w.format.channel_dim(N + 2)] = filters;
    for d in 0..N {
        let at = w.format.first_spatial() + d;
        let (n, stride) = (input[at], w.strides.0[d]);
        let kernel = (w.kernel.0[d] - 1) * w.dilation.0[d] + 1;
        let extra = output_padding.map(|o| o.0[d]);
        shape[at] = match (w.padding, extra) {
            (Padding::Same, None) => n * stride,
            (Padding::Same, Some(extra)) => n.saturating_sub(1) * stride + kernel % 2 + extra,
            (_, extra) => {
                n.saturating_sub(1) * stride + kernel + extra.unwrap_or_else(|| stride.saturating_sub(kernel))
            }
        };
    }
    shape
}
