//! Random values whose spread follows from the number of a weight's inputs and outputs.

use super::Initializer;
use super::random::{Drawn, Spread, drawn};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::object::{Class, Config, choice, class, classes};
use crate::shape::{Shape, resolve_axes};
use crate::tensor::Tensor;
use std::sync::Arc;

choice! {
    /// What the variance of [`VarianceScaling`] is divided by.
    FanMode {
        /// The number of inputs.
        #[default]
        FanIn = "fan_in",
        /// The number of outputs.
        FanOut = "fan_out",
        /// The mean of both.
        FanAvg = "fan_avg",
    }
}

choice! {
    /// How the values of [`VarianceScaling`] are spread.
    Distribution {
        /// Normal, without what lies beyond two standard deviations; corrected so that the variance is as asked.
        #[default]
        TruncatedNormal = "truncated_normal" or "normal",
        /// Normal.
        UntruncatedNormal = "untruncated_normal",
        /// Uniform around 0.
        Uniform = "uniform",
    }
}

/// The standard deviation of a standard normal number that is not beyond 2.
const TRUNCATED_STDDEV: f64 = 0.879_625_661_034_239_8;

/// The axes that count as inputs and as outputs, where they are given.
type Axes<'a> = Option<(&'a [i64], &'a [i64])>;

/// How many inputs and outputs a weight of a shape connects.
fn fans(op: &str, shape: &Shape, axes: Axes) -> Result<(f64, f64)> {
    if let Some((inputs, outputs)) = axes {
        let product = |arg: &str, axes: &[i64]| -> Result<f64> {
            let dims = resolve_axes(op, arg, axes, shape.rank())?;
            Ok(dims.iter().map(|&d| shape[d] as f64).product())
        };
        return Ok((product("input_axes", inputs)?, product("output_axes", outputs)?));
    }
    Ok(match &shape[..] {
        [] => (1.0, 1.0),
        [n] => (*n as f64, *n as f64),
        [field @ .., inputs, outputs] => {
            let field: f64 = field.iter().map(|&d| d as f64).product();
            (*inputs as f64 * field, *outputs as f64 * field)
        }
    })
}

/// The spread for a weight of a shape.
fn spread(
    op: &str,
    shape: &Shape,
    scale: f64,
    mode: FanMode,
    distribution: Distribution,
    axes: Axes,
) -> Result<Spread> {
    let (fan_in, fan_out) = fans(op, shape, axes)?;
    let fan = match mode {
        FanMode::FanIn => fan_in,
        FanMode::FanOut => fan_out,
        FanMode::FanAvg => (fan_in + fan_out) / 2.0,
    };
    let variance = scale / fan.max(1.0);
    Ok(match distribution {
        Distribution::TruncatedNormal => {
            Spread::Truncated { mean: 0.0, stddev: variance.sqrt() / TRUNCATED_STDDEV }
        }
        Distribution::UntruncatedNormal => Spread::Normal { mean: 0.0, stddev: variance.sqrt() },
        Distribution::Uniform => {
            let limit = (3.0 * variance).sqrt();
            Spread::Uniform { minval: -limit, maxval: limit }
        }
    })
}

class! {
    /// Values whose variance is `scale` divided by the number of a weight's inputs, of its outputs, or by their mean.
    #[derive(Clone)]
    VarianceScaling () {
        /// The variance times that number; above 0.
        scale: f64 = 1.0,
        /// Which number it is divided by.
        mode: FanMode = FanMode::FanIn,
        /// How values are spread.
        distribution: Distribution = Distribution::TruncatedNormal,
    } {
        /// The seed; without it the object draws one when it is made.
        seed: i64,
        /// Axes of the weight that count as inputs, with `output_axes`; by default the last but one and all before.
        input_axes: Vec<i64>,
        /// Axes of the weight that count as outputs, with `input_axes`; by default the last and all before the last but one.
        output_axes: Vec<i64>,
    } [drawn: Drawn = Drawn::new()]
}

impl Initializer for VarianceScaling {
    fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
        if self.scale.is_nan() || self.scale <= 0.0 {
            return Err(Error::invalid(Self::NAME, "scale", "a value above 0", self.scale));
        }
        let axes = self.input_axes.as_deref().zip(self.output_axes.as_deref());
        let spread = spread(Self::NAME, shape, self.scale, self.mode, self.distribution, axes)?;
        drawn(Self::NAME, self.drawn.or(self.seed), shape, dtype, spread)
    }

    fn along(&self, input_axes: &[i64], output_axes: &[i64]) -> Option<Arc<dyn Initializer>> {
        if self.input_axes.is_some() && self.output_axes.is_some() {
            return None;
        }
        let (inputs, outputs) = (Some(input_axes.to_vec()), Some(output_axes.to_vec()));
        Some(Arc::new(Self { input_axes: inputs, output_axes: outputs, ..self.clone() }))
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

/// Declares a [`VarianceScaling`] of fixed scale, mode and distribution.
macro_rules! scaled {
    ($(#[doc = $doc:literal])+ $name:ident, $scale:literal, $mode:ident, $distribution:ident) => {
        class! {
            $(#[doc = $doc])+
            #[derive(Clone)]
            $name () {} {
                /// The seed; without it the object draws one when it is made.
                seed: i64,
                /// Axes of the weight that count as inputs, with `output_axes`; by default the last but one and all before.
                input_axes: Vec<i64>,
                /// Axes of the weight that count as outputs, with `input_axes`; by default the last and all before the last but one.
                output_axes: Vec<i64>,
            } [drawn: Drawn = Drawn::new()]
        }

        impl Initializer for $name {
            fn call(&self, shape: &Shape, dtype: DType) -> Result<Tensor> {
                let axes = self.input_axes.as_deref().zip(self.output_axes.as_deref());
                let spread = spread(Self::NAME, shape, $scale, FanMode::$mode, Distribution::$distribution, axes)?;
                drawn(Self::NAME, self.drawn.or(self.seed), shape, dtype, spread)
            }

            fn along(&self, input_axes: &[i64], output_axes: &[i64]) -> Option<Arc<dyn Initializer>> {
                if self.input_axes.is_some() && self.output_axes.is_some() {
                    return None;
                }
                let (inputs, outputs) = (Some(input_axes.to_vec()), Some(output_axes.to_vec()));
                Some(Arc::new(Self { input_axes: inputs, output_axes: outputs, ..self.clone() }))
            }

            fn config(&self) -> Config {
                self.arguments()
            }
        }
    };
}

scaled! {
    /// Uniform in `[-limit, limit)` with `limit = sqrt(6 / (inputs + outputs))` (Xavier's initializer).
    GlorotUniform, 1.0, FanAvg, Uniform
}

scaled! {
    /// Truncated normal with variance `2 / (inputs + outputs)` (Xavier's initializer).
    GlorotNormal, 1.0, FanAvg, TruncatedNormal
}

scaled! {
    /// Uniform in `[-limit, limit)` with `limit = sqrt(6 / inputs)`.
    HeUniform, 2.0, FanIn, Uniform
}

scaled! {
    /// Truncated normal with variance `2 / inputs`.
    HeNormal, 2.0, FanIn, TruncatedNormal
}

scaled! {
    /// Uniform in `[-limit, limit)` with `limit = sqrt(3 / inputs)`.
    LecunUniform, 1.0, FanIn, Uniform
}

scaled! {
    /// Truncated normal with variance `1 / inputs`.
    LecunNormal, 1.0, FanIn, TruncatedNormal
}

pub(super) const CLASSES: &[Class<dyn Initializer>] = classes! {
    VarianceScaling ["variance_scaling"],
    GlorotUniform ["glorot_uniform"],
    GlorotNormal ["glorot_normal"],
    HeUniform ["he_uniform"],
    HeNormal ["he_normal"],
    LecunUniform ["lecun_uniform"],
    LecunNormal ["lecun_normal"],
};
