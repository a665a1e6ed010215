//! Dropout.

use super::super::support::{DataFormat, want_rank, want_rate};
use crate::error::{Error, Result};
use crate::keras::base::{Call, Checked, Layer, configured, layer};
use crate::keras::object::Setting;
use crate::ops::{array, nn};
use crate::shape::Shape;
use crate::tensor::Tensor;
use serde_json::Value;

/// The shape of noise, in which sizes that are missing are those of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoiseShape(pub Vec<Option<usize>>);

impl<const N: usize> From<[Option<usize>; N]> for NoiseShape {
    fn from(sizes: [Option<usize>; N]) -> Self {
        NoiseShape(sizes.to_vec())
    }
}

impl<const N: usize> From<[usize; N]> for NoiseShape {
    fn from(sizes: [usize; N]) -> Self {
        NoiseShape(sizes.iter().map(|&n| Some(n)).collect())
    }
}

impl NoiseShape {
    /// The shape for inputs of a shape.
    pub(super) fn of(&self, x: &Shape) -> Vec<usize> {
        self.0.iter().enumerate().map(|(d, n)| n.or(x.get(d).copied()).unwrap_or(1)).collect()
    }
}

impl Checked for NoiseShape {
    fn check(&self) -> Result<()> {
        if self.0.contains(&Some(0)) {
            return Err(Error::invalid(
                "Dropout",
                "noise_shape",
                "positive sizes or None",
                format_args!("{:?}", self.0),
            ));
        }
        Ok(())
    }
}

impl Setting for NoiseShape {
    const WANTED: &'static str = "a list of sizes, null for those of the input";
    fn read(v: &Value) -> Option<Self> {
        let size = |v: &Value| if v.is_null() { Some(None) } else { v.as_u64().map(|n| Some(n as usize)) };
        v.as_array()?.iter().map(size).collect::<Option<_>>().map(NoiseShape)
    }
    fn write(&self) -> Value {
        self.0.iter().map(|n| n.map_or(Value::Null, Value::from)).collect()
    }
}

layer! {
    /// In training, sets a part of its input to 0 and divides the rest by `1 - rate` (`keras.layers.Dropout`).
    Dropout(
        /// Which part, in [0, 1].
        rate: plain f64,
    ) {
        /// Shape of the noise: along sizes of 1, elements are dropped together.
        noise_shape: maybe NoiseShape,
        /// Starts the layer's stream of random numbers.
        seed: maybe i64,
    }
}

impl Layer for Dropout {
    configured!(with | s | want_rate("Dropout", s.rate));

    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let noise = self.noise_shape.as_ref().map(|n| n.of(x.shape()));
        dropped(c, x, self.rate, noise, self.seed)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}

fn dropped(
    c: &mut Call,
    x: &Tensor,
    rate: f64,
    noise: Option<Vec<usize>>,
    seed: Option<i64>,
) -> Result<Tensor> {
    if !c.training() || rate == 0.0 {
        return Ok(x.clone());
    }
    if rate == 1.0 {
        return array::zeros_like(x);
    }
    let noise: Option<Vec<i64>> = noise.map(|n| n.iter().map(|&n| n as i64).collect());
    nn::stateless_dropout(x, rate, c.seed(seed)?, noise.as_deref())
}

macro_rules! spatial {
    ($(#[$meta:meta])* $name:ident, $n:literal, ($($(#[doc = $fdoc:literal])+ $f:ident: $k:ident $t:ty = $d:expr),*), |$s:ident| $format:expr) => {
        layer! {
            $(#[$meta])*
            $name(
                /// Which part, in [0, 1].
                rate: plain f64,
            ) {
                $($(#[doc = $fdoc])+ $f: $k $t = $d,)*
                /// Starts the layer's stream of random numbers.
                seed: maybe i64,
            }
        }

        impl Layer for $name {
            configured!(with |s| want_rate(stringify!($name), s.rate));

            fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
                want_rank(stringify!($name), x, $n + 2)?;
                let $s = self;
                let format: DataFormat = $format;
                let mut noise = x.shape().to_vec();
                noise[format.first_spatial()..][..$n].fill(1);
                dropped(c, x, self.rate, Some(noise), self.seed)
            }

            fn supports_masking(&self) -> bool {
                true
            }
        }
    };
}

spatial! {
    /// As [`Dropout`], of whole channels of sequences (`keras.layers.SpatialDropout1D`).
    SpatialDropout1D, 1, (), |_s| DataFormat::ChannelsLast
}

spatial! {
    /// As [`Dropout`], of whole channels of images (`keras.layers.SpatialDropout2D`).
    SpatialDropout2D, 2,
    (/// Where the channels stand.
     data_format: plain DataFormat = DataFormat::ChannelsLast), |s| s.data_format
}

spatial! {
    /// As [`Dropout`], of whole channels of volumes (`keras.layers.SpatialDropout3D`).
    SpatialDropout3D, 3,
    (/// Where the channels stand.
     data_format: plain DataFormat = DataFormat::ChannelsLast), |s| s.data_format
}
