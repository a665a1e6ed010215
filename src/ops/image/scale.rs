//! Resampling by a kernel that widens where the image shrinks.

use super::resample::{Taps, resample};
use super::resize::sizes;
use crate::dtype::DType;
use crate::error::Error;
use crate::ops::checks::want_rank;
use crate::tensor::{Fill, Row, row};

crate::attr_enum! {
    /// A resampling kernel.
    ResampleKernel {
        /// Lanczos, radius 1.
        Lanczos1 = "lanczos1",
        /// Lanczos, radius 3: high quality, may ring.
        Lanczos3 = "lanczos3",
        /// Lanczos, radius 5.
        Lanczos5 = "lanczos5",
        /// Gaussian, radius 1.5, sigma 0.5.
        Gaussian = "gaussian",
        /// Box, radius 0.5.
        Box = "box",
        /// Triangle, radius 1: linear interpolation.
        Triangle = "triangle",
        /// The cubic of Keys.
        KeysCubic = "keyscubic",
        /// The cubic of Mitchell and Netravali.
        MitchellCubic = "mitchellcubic",
    }
}

crate::op! {
    /// Images scaled and moved; where they shrink, `antialias` widens the kernel.
    ScaleAndTranslate in "tf.raw_ops.ScaleAndTranslate" (images) {
        size: Vec<i64>,
        scale: Vec<f64>,
        translation: Vec<f64>,
        kernel_type: ResampleKernel = ResampleKernel::Lanczos3,
        antialias: bool = true,
    }
    build |s, g| {
        let op = "ScaleAndTranslate";
        want_rank(g, op, &[("images", images)], |r| r == 4, "4 dimensions")?;
        let (height, width) = sizes(op, &s.size)?;
        let pair = |arg: &str, v: &[f64]| match v {
            &[a, b] => Ok([a as f32, b as f32]),
            _ => Err(Error::invalid(op, arg, "two numbers", format_args!("{v:?}"))),
        };
        let (scale, moved) = (pair("scale", &s.scale)?, pair("translation", &s.translation)?);
        if scale.iter().any(|s| s.is_nan() || *s <= 0.0) {
            return Err(Error::invalid(op, "scale", "numbers above 0", format_args!("{:?}", s.scale)));
        }
        let shape = g.shape(images).clone();
        if shape[1] == 0 || shape[2] == 0 {
            return Err(Error::invalid(op, "images", "at least one pixel", format_args!("shape {shape}")));
        }
        let axis = |d: usize, output: usize| spans(s, shape[d + 1], output, scale[d], moved[d]);
        let x = g.convert(images, DType::Float32)?;
        resample(g, x, &axis(0, height), &axis(1, width))
    };
    cases [
        case().with("size", [3, 2]).with("scale", [0.6, 0.5]).with("translation", [0.0, 0.0]).f32([1, 5, 4, 2]),
        case().with("size", [7, 6]).with("scale", [1.75, 1.5]).with("translation", [0.5, -1.0]).with("kernel_type", "triangle").f32([1, 4, 4, 1]),
        case().with("size", [3, 3]).with("scale", [0.5, 0.5]).with("translation", [0.0, 0.0]).with("kernel_type", "keyscubic").f32([1, 6, 6, 1]),
        case().with("size", [3, 3]).with("scale", [0.5, 0.5]).with("translation", [0.0, 0.0]).with("kernel_type", "mitchellcubic").with("antialias", false).f32([1, 6, 6, 1]),
        case().with("size", [3, 3]).with("scale", [0.5, 0.5]).with("translation", [0.0, 0.0]).with("kernel_type", "gaussian").f32([1, 6, 6, 1]),
        case().with("size", [3, 3]).with("scale", [0.5, 0.5]).with("translation", [0.0, 0.0]).with("kernel_type", "box").f32([1, 6, 6, 1]),
        case().with("size", [3, 3]).with("scale", [0.5, 0.5]).with("translation", [0.0, 0.0]).with("kernel_type", "lanczos5").f32([1, 6, 6, 1]),
        case().with("size", [2, 2]).with("scale", [0.5, 0.5]).with("translation", [0.0, 0.0]).with("kernel_type", "lanczos1").input(DType::UInt8, [1, 4, 4, 1], Fill::Uniform(0.0, 256.0)),
    ]
    errors [
        case().with("size", [0, 2]).with("scale", [0.6, 0.5]).with("translation", [0.0, 0.0]).f32([1, 5, 4, 2]),
        case().with("size", [3, 2]).with("scale", [-0.6, 0.5]).with("translation", [0.0, 0.0]).f32([1, 5, 4, 2]),
        case().with("size", [3, 2]).with("scale", [0.6, 0.5]).with("translation", [0.0, 0.0]).f32([5, 4, 2]),
    ]
}

impl ResampleKernel {
    fn radius(self) -> f32 {
        match self {
            ResampleKernel::Lanczos1 | ResampleKernel::Triangle => 1.0,
            ResampleKernel::Lanczos3 => 3.0,
            ResampleKernel::Lanczos5 => 5.0,
            ResampleKernel::Gaussian => 1.5,
            ResampleKernel::Box => 0.5,
            ResampleKernel::KeysCubic | ResampleKernel::MitchellCubic => 2.0,
        }
    }

    /// The weight at a distance.
    fn at(self, x: f32) -> f32 {
        let radius = self.radius();
        match self {
            ResampleKernel::Lanczos1 | ResampleKernel::Lanczos3 | ResampleKernel::Lanczos5 => {
                let pi = std::f32::consts::PI;
                if x > radius {
                    0.0
                } else if x <= 1e-3 {
                    1.0
                } else {
                    radius * libm::sinf(pi * x) * libm::sinf(pi * x / radius) / (pi * pi * x * x)
                }
            }
            ResampleKernel::Gaussian if x < radius => libm::expf(-x * x / (2.0 * 0.5 * 0.5)),
            ResampleKernel::Box if x < radius => 1.0,
            ResampleKernel::Box if x == radius => 0.5,
            ResampleKernel::Triangle if x < radius => 1.0 - x,
            ResampleKernel::KeysCubic if x < 1.0 => ((1.5 * x - 2.5) * x) * x + 1.0,
            ResampleKernel::KeysCubic if x < radius => ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0,
            ResampleKernel::MitchellCubic if x < 1.0 => (((7.0 / 6.0) * x - 2.0) * x) * x + 8.0 / 9.0,
            ResampleKernel::MitchellCubic if x < radius => {
                (((-7.0 / 18.0) * x + 2.0) * x - 10.0 / 3.0) * x + 16.0 / 9.0
            }
            _ => 0.0,
        }
    }
}

/// The reads of each place along one axis; none where it lies outside of the image.
fn spans(s: &ScaleAndTranslate, input: usize, output: usize, scale: f32, moved: f32) -> Taps {
    let kernel = s.kernel_type;
    let inverse = 1.0 / scale;
    let back = -inverse * moved;
    let widened = if s.antialias { inverse.max(1.0) } else { 1.0 };
    let reach = kernel.radius() * widened;
    let last = input as i64 - 1;
    let place = |i: usize| {
        let center = (i as f32 + 0.5) * inverse + back;
        if center < 0.0 || center > input as f32 {
            return vec![];
        }
        let first = ((center - reach - 0.5).ceil() as i64).clamp(0, last);
        let end = ((center + reach - 0.5).floor() as i64).clamp(0, last);
        let weight = |p: i64| kernel.at(((p as f32 + 0.5 - center) / widened).abs());
        let taps: Vec<(i64, f32)> = (first..=end).map(|p| (p, weight(p))).collect();
        let sum: f32 = taps.iter().map(|t| t.1).sum();
        if sum.abs() < 1000.0 * f32::MIN_POSITIVE {
            return vec![];
        }
        taps.into_iter().map(|(p, w)| (p, w / sum)).collect()
    };
    Taps::weighted((0..output).map(place).collect())
}

pub(super) const OPS: &[Row] = &[row::<ScaleAndTranslate>()];
