//! Layers that apply an activation without weights.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::activations;
use crate::keras::base::{Call, Layer, configured, layer};
use crate::ops::{Axes, array, math};
use crate::tensor::Tensor;

layer! {
    /// Applies an activation (`keras.layers.Activation`).
    Activation(
        /// Its name, or a function.
        activation: into activations::Activation,
    ) {}
}

impl Layer for Activation {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        self.activation.call(x)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

layer! {
    /// Rectifies (`keras.layers.ReLU`): `x` from `threshold` up and at most `max_value`, below it `negative_slope * (x - threshold)`.
    ReLU() {
        /// The largest value.
        max_value: maybe f64,
        /// The slope below the threshold.
        negative_slope: plain f64 = 0.0,
        /// Where the slope changes.
        threshold: plain f64 = 0.0,
    }
}

impl Layer for ReLU {
    configured!(
        with | s
            | not_negative(
                "ReLU",
                [
                    ("max_value", s.max_value.unwrap_or(0.0)),
                    ("negative_slope", s.negative_slope),
                    ("threshold", s.threshold),
                ]
            )
    );

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        activations::relu(x, self.negative_slope, self.max_value, self.threshold)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

fn not_negative<const N: usize>(class: &str, args: [(&str, f64); N]) -> Result<()> {
    match args.iter().find(|(_, v)| v.is_nan() || *v < 0.0) {
        Some((arg, v)) => Err(Error::invalid(class, arg, "a number of at least 0", v)),
        None => Ok(()),
    }
}

layer! {
    /// `x` where it is positive, else `negative_slope * x` (`keras.layers.LeakyReLU`).
    LeakyReLU() {
        /// The slope below 0.
        negative_slope: plain f64 = 0.3,
    }
}

impl Layer for LeakyReLU {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        activations::leaky_relu(x, self.negative_slope)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

layer! {
    /// `x` where it is positive, else `alpha * (exp(x) - 1)` (`keras.layers.ELU`).
    ELU() {
        /// What the result tends to.
        alpha: plain f64 = 1.0,
    }
}

impl Layer for ELU {
    configured!();

    fn call(&self, _: &mut Call, x: &Tensor) -> Result<Tensor> {
        activations::elu(x, self.alpha)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

layer! {
    /// `exp(x) / sum(exp(x))` over an axis, or over several together (`keras.layers.Softmax`).
    ///
    /// A second input is a mask: where it is false, the result is 0.
    Softmax() {
        /// The axis or axes.
        axis: into Axes = -1,
    }
}

/// Softmax over axes together; 0 where the mask is false.
pub(in crate::keras::layers) fn masked_softmax(
    x: &Tensor,
    mask: Option<&Tensor>,
    axes: &Axes,
) -> Result<Tensor> {
    let masked = match mask {
        Some(m) => {
            let low = if x.dtype() == DType::Float16 { -3e4 } else { -1e9 };
            array::where_(m, x, array::fill(x.shape(), low)?.cast(x.dtype())?)?
        }
        None => x.clone(),
    };
    let y = match axes {
        Axes(Some(one)) if one.len() == 1 => activations::softmax(&masked, one[0])?,
        axes => {
            let sum = math::reduce_logsumexp(&masked, axes.clone(), true)?;
            math::exp(math::subtract(&masked, sum)?)?
        }
    };
    match mask {
        // Where all of a row is masked, its softmax would be even.
        Some(m) => array::where_(m, &y, array::zeros_like(&y)?),
        None => Ok(y),
    }
}

impl Layer for Softmax {
    configured!();

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let (x, mask) = match xs {
            [x] => (x.clone(), c.mask(x)),
            [x, mask] => (x.clone(), Some(mask.clone())),
            _ => {
                let received = format!("{} inputs", xs.len());
                return Err(Error::invalid("Softmax", "inputs", "logits, and possibly a mask", received));
            }
        };
        Ok(vec![masked_softmax(&x, mask.as_ref(), &self.axis)?])
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
