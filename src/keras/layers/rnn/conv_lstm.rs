//! Long short-term memory whose products are convolutions.

use super::super::convolutional::{Window, with_bias};
use super::super::support::{DataFormat, Padding, Sizes, float_input, want_positive};
use super::declare::recurrent;
use super::gates::{Dropouts, UnitForgetBias, remembered};
use crate::error::{Error, Result};
use crate::keras::activations::Activation;
use crate::keras::base::{Call, KernelAndBias, Layer, RnnCell, WeightSpec, batch_of};
use crate::ops::{array, math, nn};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// The number of gates: parts of the last dimension of the weights.
const GATES: usize = 4;

macro_rules! conv_lstm {
    ($(#[doc = $doc:literal])+ $name:ident, $n:literal) => {
        recurrent! {
            @layer [
                $(#[doc = $doc])+
                ///
                /// Without the batch and the steps, outputs have the shape that a convolution by `kernel_size`, `strides`, `padding` and `dilation_rate`
                /// gives; so have the states `h` and `c`, which may follow the sequence as inputs, each `(batch, ..)`. With `return_sequences` outputs of all
                /// steps, `(batch, time, ..)`; with `return_state`, the last states behind.
                ///
                /// Weights: `kernel` of shape `kernel_size + (channels, 4 filters)`, `recurrent_kernel` of shape `kernel_size + (filters, 4 filters)`, `bias`
                /// `(4 filters,)`; gates in the order input, forget, candidate, output.
            ] $name [
                /// Number of channels of the states and of the output.
                filters: plain usize,
                /// Size of the kernels.
                kernel_size: into Sizes<$n>,
            ] [
                /// Steps of the kernel over inputs; states are convolved at every place.
                strides: into Sizes<$n> = 1,
                /// How the border of inputs is treated; that of states is padded with zeros.
                padding: plain Padding = Padding::Valid,
                /// Where the channels stand.
                data_format: plain DataFormat = DataFormat::ChannelsLast,
                /// Distance of the kernel's elements over inputs.
                dilation_rate: into Sizes<$n> = 1,
                /// Applied to the gates.
                recurrent_activation: into Activation = "sigmoid",
                /// Whether the first bias of the forget gate is 1.
                unit_forget_bias: plain bool = true,
            ]
            dimensions $n + 3, check |s| s.cell().check(), cell |s| s.cell().named("conv_lstm_cell")
        }

        impl $name {
            fn cell(&self) -> ConvLSTMCell<$n> {
                let mut bias = self.bias_spec("bias", [GATES * self.filters].into());
                if self.unit_forget_bias {
                    let others = self.bias_initializer.clone();
                    bias = bias.initializer(UnitForgetBias { units: self.filters, others });
                }
                ConvLSTMCell {
                    window: Window {
                        class: stringify!($name),
                        kernel: self.kernel_size,
                        strides: self.strides,
                        dilation: self.dilation_rate,
                        padding: self.padding,
                        format: self.data_format,
                    },
                    filters: self.filters,
                    kernel: self.kernel_spec("kernel", Shape::default()),
                    recurrent_kernel: WeightSpec::of(
                        "recurrent_kernel",
                        Shape::default(),
                        &self.recurrent_initializer,
                        &self.recurrent_regularizer,
                        &self.recurrent_constraint,
                    ),
                    bias: self.use_bias.then_some(bias),
                    activation: self.activation.clone(),
                    recurrent_activation: self.recurrent_activation.clone(),
                    dropouts: Dropouts {
                        inputs: self.dropout,
                        states: self.recurrent_dropout,
                        seed: self.seed,
                        masks: GATES,
                    },
                }
            }
        }
    };
}

conv_lstm! {
    /// Long short-term memory over sequences of lines, `(batch, time, steps, channels)` (`keras.layers.ConvLSTM1D`).
    ConvLSTM1D, 1
}

conv_lstm! {
    /// Long short-term memory over sequences of images, `(batch, time, height, width, channels)` (`keras.layers.ConvLSTM2D`).
    ///
    /// ```
    /// use wgflow::{ones, DType, keras::{Layer, layers::{ConvLSTM2D, Padding}}};
    /// let layer = ConvLSTM2D::new(4, 3).padding(Padding::Same).return_sequences(true).node();
    /// let y = layer.call(&ones([2, 5, 8, 6, 3], DType::Float32)?, false)?;
    /// assert_eq!(y.shape().to_string(), "(2, 5, 8, 6, 4)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ConvLSTM2D, 2
}

conv_lstm! {
    /// Long short-term memory over sequences of volumes, `(batch, time, depth, height, width, channels)` (`keras.layers.ConvLSTM3D`).
    ConvLSTM3D, 3
}

/// One step of long short-term memory whose products are convolutions.
#[derive(Debug)]
struct ConvLSTMCell<const N: usize> {
    window: Window<N>,
    filters: usize,
    /// The weights; shapes of kernels follow from inputs.
    kernel: WeightSpec,
    recurrent_kernel: WeightSpec,
    bias: Option<WeightSpec>,
    activation: Activation,
    recurrent_activation: Activation,
    dropouts: Dropouts,
}

impl<const N: usize> ConvLSTMCell<N> {
    fn check(&self) -> Result<()> {
        let window = &self.window;
        want_positive(window.class, "filters", self.filters)?;
        if window.padding == Padding::Causal {
            return Err(Error::invalid(window.class, "padding", "\"valid\" or \"same\"", "\"causal\""));
        }
        window.check()
    }

    /// A kernel over so many channels.
    fn kernel_of(&self, c: &mut Call, spec: &WeightSpec, channels: usize) -> Result<Tensor> {
        let sizes = self.window.kernel.0.into_iter();
        let shape = sizes.chain([channels, GATES * self.filters]).collect();
        c.weight_with(WeightSpec { shape, ..spec.clone() })
    }

    fn bias(&self, c: &mut Call) -> Result<Option<Tensor>> {
        self.bias.clone().map(|spec| c.weight_with(spec)).transpose()
    }

    fn channel_axis(&self) -> i64 {
        self.window.format.channel_dim(N + 2) as i64
    }

    /// The convolution of `x` for all gates, each of which has its own mask where there are several.
    fn convolved(
        &self,
        x: &Tensor,
        masks: &[Tensor],
        kernel: &Tensor,
        convolve: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        if masks.is_empty() {
            return convolve(x, kernel);
        }
        let kernels = array::split(kernel, masks.len(), -1)?;
        let parts = masks.iter().zip(&kernels).map(|(m, k)| convolve(&math::multiply(x, m)?, k));
        array::concat(&parts.collect::<Result<Vec<_>>>()?, self.channel_axis())
    }
}

impl<const N: usize> Layer for ConvLSTMCell<N> {
    fn build(&self, c: &mut Call, inputs: &[Shape]) -> Result<()> {
        let channels = inputs.first().and_then(|s| s.get(self.window.format.channel_dim(N + 2)));
        self.kernel_of(c, &self.kernel, channels.copied().unwrap_or(0))?;
        self.kernel_of(c, &self.recurrent_kernel, self.filters)?;
        self.bias(c).map(|_| ())
    }

    fn cell(&self) -> Option<&dyn RnnCell> {
        Some(self)
    }
}

impl<const N: usize> RnnCell for ConvLSTMCell<N> {
    fn state_size(&self, input: &Shape) -> Vec<Shape> {
        let state: Shape = self.window.output_shape(input, self.filters).iter().skip(1).copied().collect();
        vec![state.clone(), state]
    }

    fn constants(&self, c: &mut Call, input: &Shape) -> Result<Vec<Tensor>> {
        self.dropouts.draw(c, input, &batch_of(input, &self.output_size(input)))
    }

    fn project(&self, c: &mut Call, inputs: &Tensor, constants: &[Tensor]) -> Result<Tensor> {
        let (window, lead) = (&self.window, &inputs.shape()[..2]);
        let flat = |x: &Tensor| -> Result<Tensor> {
            let shape: Shape =
                std::iter::once(lead.iter().product()).chain(x.shape()[2..].iter().copied()).collect();
            array::reshape(x, shape)
        };
        let kernel = self.kernel_of(c, &self.kernel, window.channels(&flat(inputs)?)?)?;
        let inputs = float_input(inputs, c.compute_dtype())?;
        let (strides, dilations) = (window.strides.ints(), window.dilation.ints());
        let masks = self.dropouts.of_inputs(c, constants);
        let mut y = self.convolved(&inputs, masks, &kernel, |x, kernel| {
            let (padding, format) = (window.padding.of_ops(), window.format.of_ops(N));
            nn::convolution(flat(x)?, kernel, strides.clone(), padding, format, dilations.clone())
        })?;
        if let Some(bias) = self.bias(c)? {
            y = with_bias(&y, &bias, window.format)?;
        }
        let shape: Shape = lead.iter().chain(&y.shape()[1..]).copied().collect();
        array::reshape(y, shape)
    }

    fn step(
        &self,
        c: &mut Call,
        x: &Tensor,
        states: &[Tensor],
        constants: &[Tensor],
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let kernel = self.kernel_of(c, &self.recurrent_kernel, self.filters)?;
        let masks = self.dropouts.of_states(c, constants);
        let inner = self.convolved(&states[0], masks, &kernel, |h, kernel| {
            nn::convolution(h, kernel, 1, nn::Padding::Same, self.window.format.of_ops(N), 1)
        })?;
        let x = array::split(math::add(x, inner)?, GATES, self.channel_axis())?;
        let next = remembered(&x, &states[1], &self.recurrent_activation, &self.activation)?;
        Ok((next[0].clone(), next.into()))
    }
}
