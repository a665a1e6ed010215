//! Changes of brightness and colour that keep the dtype: integers are taken as numbers in [0, 1] and given back.

use super::color;
use super::convert::converted;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::checks::want_rank;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

/// An image as floats, changed, and back in its dtype.
pub(super) fn as_floats(
    g: &mut Graph,
    op: &str,
    image: Val,
    saturate: bool,
    f: impl FnOnce(&mut Graph, Val) -> Result<Val>,
) -> Result<Val> {
    let dtype = g.dtype(image);
    let own = matches!(dtype, DType::Float16 | DType::Float32);
    let x = if own { image } else { converted(g, op, image, DType::Float32, false)? };
    let y = f(g, x)?;
    converted(g, op, y, dtype, saturate)
}

/// A scalar in the dtype and shape of an image.
pub(super) fn spread(g: &mut Graph, op: &str, arg: &str, v: Val, like: Val) -> Result<Val> {
    want_rank(g, op, &[(arg, v)], |r| r == 0, "a scalar")?;
    let v = g.convert(v, g.dtype(like))?;
    g.broadcast_in_dim(v, g.shape(like).clone(), &[])
}

pub(super) fn brighter(g: &mut Graph, op: &str, image: Val, delta: Val) -> Result<Val> {
    as_floats(g, op, image, true, |g, x| {
        let delta = spread(g, op, "delta", delta, x)?;
        g.add(x, delta)
    })
}

crate::op! {
    /// Images with `delta` added.
    AdjustBrightness as "adjust_brightness" in api "tf.image.adjust_brightness" (image, delta) {}
    build |s, g| brighter(g, "adjust_brightness", image, delta);
    cases [
        case().f32([2, 3, 3]).values([], &[0.3]),
        case().input(DType::UInt8, [2, 3, 3], Fill::Uniform(0.0, 256.0)).values([], &[0.3]).forward_only(),
        case().input(DType::UInt8, [2, 3, 1], Fill::Uniform(0.0, 256.0)).values([], &[-0.5]).forward_only(),
        case().input(DType::Float16, [2, 3, 3], Fill::Uniform(0.0, 1.0)).values([], &[0.25]).forward_only(),
    ]
}

crate::op! {
    /// Images with each channel's distance from its mean times a factor.
    AdjustContrast as "adjust_contrast" in api "tf.image.adjust_contrast" (images, contrast_factor) {}
    build |s, g| as_floats(g, "adjust_contrast", images, true, |g, x| {
        color::adjust_contrast(g, "adjust_contrast", x, contrast_factor)
    });
    cases [
        case().f32([2, 3, 3]).values([], &[0.3]),
        case().input(DType::UInt8, [3, 3, 3], Fill::Uniform(0.0, 256.0)).values([], &[2.5]).forward_only(),
    ]
    errors [case().f32([2, 3]).values([], &[0.3])]
}

crate::op! {
    /// Images with their hue turned.
    AdjustHueOf as "adjust_hue" in api "tf.image.adjust_hue" (image, delta) {}
    build |s, g| as_floats(g, "adjust_hue", image, false, |g, x| color::adjust_hue(g, "adjust_hue", x, delta));
    cases [
        case().range([2, 3, 3], 0.0, 1.0).values([], &[0.3]),
        case().input(DType::UInt8, [3, 3, 3], Fill::Uniform(0.0, 256.0)).values([], &[-0.1]).forward_only(),
    ]
    errors [case().f32([2, 3, 4]).values([], &[0.3])]
}

crate::op! {
    /// Images with their saturation times a factor.
    AdjustSaturationOf as "adjust_saturation" in api "tf.image.adjust_saturation" (image, saturation_factor) {}
    build |s, g| as_floats(g, "adjust_saturation", image, false, |g, x| {
        color::adjust_saturation(g, "adjust_saturation", x, saturation_factor)
    });
    cases [
        case().range([2, 3, 3], 0.0, 1.0).values([], &[0.3]),
        case().input(DType::UInt8, [3, 3, 3], Fill::Uniform(0.0, 256.0)).values([], &[2.0]).forward_only(),
    ]
    errors [case().f32([2, 3, 4]).values([], &[0.3])]
}

crate::op! {
    /// `gain * image ^ gamma`.
    AdjustGamma as "adjust_gamma" in api "tf.image.adjust_gamma" (image, gamma, gain) {}
    build |s, g| as_floats(g, "adjust_gamma", image, true, |g, x| {
        let (gamma, gain) = (spread(g, "adjust_gamma", "gamma", gamma, x)?, spread(g, "adjust_gamma", "gain", gain, x)?);
        let y = g.pow(x, gamma)?;
        g.mul(gain, y)
    });
    cases [
        case().range([2, 3, 3], 0.1, 1.0).values([], &[2.2]).values([], &[1.0]),
        case().input(DType::UInt8, [3, 3, 3], Fill::Uniform(0.0, 256.0)).values([], &[0.5]).values([], &[1.5]).forward_only(),
    ]
}

macro_rules! adjusting {
    ($(#[doc = $doc:literal])+ $f:ident, $op:ident, $arg:ident) => {
        $(#[doc = $doc])+
        ///
        /// Integers are taken as numbers in [0, 1] and given back.
        ///
        /// # Errors
        /// `InvalidArgument` for shapes that are none of images, and an argument that is no scalar.
        pub fn $f(image: impl IntoTensor, $arg: impl IntoTensor) -> Result<Tensor> {
            run_one(&$op {}, &[&image.into_tensor(None)?, &$arg.into_tensor(Some(DType::Float32))?])
        }
    };
}

adjusting! {
    /// Images with `delta` added (`tf.image.adjust_brightness`).
    adjust_brightness, AdjustBrightness, delta
}
adjusting! {
    /// Images with each channel's distance from its mean times a factor (`tf.image.adjust_contrast`).
    adjust_contrast, AdjustContrast, contrast_factor
}
adjusting! {
    /// Images of red, green and blue with their saturation times a factor (`tf.image.adjust_saturation`).
    adjust_saturation, AdjustSaturationOf, saturation_factor
}

/// Images of red, green and blue with their hue turned by `delta` of a full turn (`tf.image.adjust_hue`).
///
/// Integers are taken as numbers in [0, 1] and given back.
///
/// # Errors
/// `InvalidArgument` for a `delta` outside of [-1, 1] and for shapes that are none of such images.
pub fn adjust_hue(image: impl IntoTensor, delta: impl IntoTensor) -> Result<Tensor> {
    let delta = delta.into_tensor(Some(DType::Float32))?;
    if let Some(v) = delta.host_value().filter(|l| l.len() == 1).map(|l| l.f64_at(0))
        && !(-1.0..=1.0).contains(&v)
    {
        return Err(Error::invalid("adjust_hue", "delta", "a number in [-1, 1]", v));
    }
    run_one(&AdjustHueOf {}, &[&image.into_tensor(None)?, &delta])
}

/// `gain * image ^ gamma` (`tf.image.adjust_gamma`, where both are 1 by default).
///
/// Integers are taken as numbers in [0, 1] and given back.
///
/// # Errors
/// `InvalidArgument` for a negative `gamma`.
pub fn adjust_gamma(image: impl IntoTensor, gamma: impl IntoTensor, gain: impl IntoTensor) -> Result<Tensor> {
    let gamma = gamma.into_tensor(Some(DType::Float32))?;
    if let Some(v) = gamma.host_value().filter(|l| l.len() == 1).map(|l| l.f64_at(0))
        && v < 0.0
    {
        return Err(Error::invalid("adjust_gamma", "gamma", "a number from 0 up", v));
    }
    run_one(&AdjustGamma {}, &[&image.into_tensor(None)?, &gamma, &gain.into_tensor(Some(DType::Float32))?])
}

pub(super) const OPS: &[Row] = &[
    row::<AdjustBrightness>(),
    row::<AdjustContrast>(),
    row::<AdjustHueOf>(),
    row::<AdjustSaturationOf>(),
    row::<AdjustGamma>(),
];
