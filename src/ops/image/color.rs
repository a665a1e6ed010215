//! Colour spaces, and changes of hue, saturation and contrast.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::build::{rest_of, scale, shift};
use crate::ops::checks::{want_float, want_rank};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Red, green and blue as hue, saturation and value, all in [0, 1].
    RGBToHSV in "tf.image.rgb_to_hsv" (images) {}
    build |s, g| {
        let rgb = channels(g, "RGBToHSV", images)?;
        let hsv = to_hsv(g, rgb)?;
        joined(g, hsv)
    };
    cases [
        case().range([2, 3, 3], 0.05, 1.0),
        case().range([4, 3], -0.5, 2.0).forward_only(),
        case().values([6, 3], &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.2, 0.2, 0.7, 0.7, 0.7, 0.1, 0.7, 0.3, 0.3, 0.9]).forward_only(),
    ]
    errors [case().f32([2, 4]).deviates("TensorFlow says FailedPrecondition", &[]), case().f32([])]
}

/// Red, green and blue as hue, saturation and value (`tf.image.rgb_to_hsv`): all in [0, 1] where the colours are.
///
/// # Errors
/// `InvalidArgument` when the last dimension is not of three floats.
pub fn rgb_to_hsv(images: impl IntoTensor) -> Result<Tensor> {
    run_one(&RGBToHSV {}, &[&images.into_tensor(None)?])
}

crate::op! {
    /// Hue, saturation and value as red, green and blue.
    HSVToRGB in "tf.image.hsv_to_rgb" (images) {}
    build |s, g| {
        let hsv = channels(g, "HSVToRGB", images)?;
        let rgb = to_rgb(g, hsv)?;
        joined(g, rgb)
    };
    vjp |s, g, x, y, dy| Ok(vec![None]);
    cases [
        case().range([2, 3, 3], 0.0, 1.0),
        case().values([7, 3], &[0.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.0, 0.3, 0.1666667, 1.0, 1.0, 0.3333333, 1.0, 1.0, 0.6666667, 0.5, 1.0, 0.8333333, 1.0, 0.5]),
    ]
    errors [case().f32([2, 4]).deviates("TensorFlow says FailedPrecondition", &[])]
}

/// Hue, saturation and value as red, green and blue (`tf.image.hsv_to_rgb`). As in TensorFlow, no gradient flows through it.
///
/// # Errors
/// As [`rgb_to_hsv`].
pub fn hsv_to_rgb(images: impl IntoTensor) -> Result<Tensor> {
    run_one(&HSVToRGB {}, &[&images.into_tensor(None)?])
}

crate::op! {
    /// Colours with their hue turned by `delta` of a full turn.
    AdjustHue in "tf.image.adjust_hue" (images, delta) {}
    build |s, g| adjust_hue(g, "AdjustHue", images, delta);
    cases [
        case().range([2, 3, 3], 0.0, 1.0).values([], &[0.2]),
        case().range([2, 2, 3, 3], 0.0, 1.0).values([], &[-0.7]),
        case().range([1, 4, 3], 0.0, 1.0).values([], &[0.0]),
    ]
    errors [case().f32([2, 3, 4]).values([], &[0.2]), case().f32([2, 3]).values([], &[0.2]), case().f32([2, 3, 3]).values([1], &[0.2])]
}

/// Colours of images with their hue turned by a scalar `delta` of a full turn.
pub(super) fn adjust_hue(g: &mut Graph, op: &str, images: Val, delta: Val) -> Result<Val> {
    want_image(g, op, images, "delta", delta)?;
    let rgb = channels(g, op, images)?;
    let [h, s, v] = to_hsv(g, rgb)?;
    let delta = g.convert(delta, g.dtype(h))?;
    let delta = g.broadcast_in_dim(delta, g.shape(h).clone(), &[])?;
    let turned = g.add(h, delta)?;
    let whole = g.floor(turned)?;
    let turned = g.sub(turned, whole)?;
    let rgb = to_rgb(g, [turned, s, v])?;
    joined(g, rgb)
}

crate::op! {
    /// Colours with their saturation times `scale`, at most 1.
    AdjustSaturation in "tf.image.adjust_saturation" (images, scale) {}
    build |s, g| adjust_saturation(g, "AdjustSaturation", images, scale);
    cases [
        case().range([2, 3, 3], 0.0, 1.0).values([], &[0.5]),
        case().range([2, 2, 3, 3], 0.0, 1.0).values([], &[3.0]),
        case().range([1, 4, 3], 0.0, 1.0).values([], &[0.0]),
    ]
    errors [case().f32([2, 3, 4]).values([], &[0.2]), case().f32([2, 3]).values([], &[0.2])]
}

/// Colours of images with their saturation times a scalar, kept in [0, 1].
pub(super) fn adjust_saturation(g: &mut Graph, op: &str, images: Val, scale: Val) -> Result<Val> {
    want_image(g, op, images, "scale", scale)?;
    let rgb = channels(g, op, images)?;
    let [h, s, v] = to_hsv(g, rgb)?;
    let scale = g.convert(scale, g.dtype(s))?;
    let scale = g.broadcast_in_dim(scale, g.shape(s).clone(), &[])?;
    let s = g.mul(s, scale)?;
    let s = unit(g, s)?;
    let rgb = to_rgb(g, [h, s, v])?;
    joined(g, rgb)
}

crate::op! {
    /// Each channel's distance from its mean over the image times `contrast_factor`.
    AdjustContrastv2 in "tf.image.adjust_contrast" (images, contrast_factor) {}
    build |s, g| adjust_contrast(g, "AdjustContrastv2", images, contrast_factor);
    cases [
        case().f32([2, 3, 3]).values([], &[0.5]),
        case().f32([2, 2, 3, 4]).values([], &[-2.0]),
    ]
    errors [case().f32([2, 3]).values([], &[0.5]), case().f32([2, 3, 3]).values([1], &[0.5])]
}

/// Each channel's distance from its mean over the image times a scalar.
pub(super) fn adjust_contrast(g: &mut Graph, op: &str, images: Val, factor: Val) -> Result<Val> {
    want_float(g, op, &[("images", images)])?;
    want_rank(g, op, &[("images", images)], |r| r >= 3, "at least 3 dimensions")?;
    want_rank(g, op, &[("contrast_factor", factor)], |r| r == 0, "a scalar")?;
    let dtype = g.dtype(images);
    let x = g.convert(images, DType::Float32)?;
    let (shape, rank) = (g.shape(x).clone(), g.rank(x));
    let dims = [rank - 3, rank - 2];
    let mean = g.mean(x, &dims)?;
    let mean = g.repeat_over(mean, &shape, &dims)?;
    let off = g.sub(x, mean)?;
    let factor = g.convert(factor, DType::Float32)?;
    let factor = g.broadcast_in_dim(factor, shape, &[])?;
    let off = g.mul(off, factor)?;
    let y = g.add(off, mean)?;
    g.convert(y, dtype)
}

fn want_image(g: &Graph, op: &str, images: Val, arg: &str, factor: Val) -> Result<()> {
    want_rank(g, op, &[("images", images)], |r| r >= 3, "at least 3 dimensions")?;
    want_rank(g, op, &[(arg, factor)], |r| r == 0, "a scalar")
}

/// The three channels, without their dimension; half-width floats as float32.
fn channels(g: &mut Graph, op: &str, images: Val) -> Result<[Val; 3]> {
    want_float(g, op, &[("images", images)])?;
    let shape = g.shape(images).clone();
    let Some(last) = shape.rank().checked_sub(1).filter(|&d| shape[d] == 3) else {
        return Err(Error::invalid(op, "images", "a last dimension of 3", format_args!("shape {shape}")));
    };
    let mut one = |k: usize| {
        let c = g.slice_in_dim(images, last, k, k + 1)?;
        g.reshape(c, &shape[..last])
    };
    Ok([one(0)?, one(1)?, one(2)?])
}

/// Three channels as the last dimension.
fn joined(g: &mut Graph, c: [Val; 3]) -> Result<Val> {
    let rank = g.rank(c[0]);
    let parts = c.map(|v| g.expand_dims(v, &[rank]));
    let [a, b, c] = parts;
    g.concatenate(&[a?, b?, c?], rank)
}

/// Values moved into [0, 1].
fn unit(g: &mut Graph, x: Val) -> Result<Val> {
    let (zero, one) = (g.zeros_like(x)?, g.ones_like(x)?);
    g.clamp(zero, x, one)
}

fn to_hsv(g: &mut Graph, [r, green, b]: [Val; 3]) -> Result<[Val; 3]> {
    let largest = g.max(green, b)?;
    let value = g.max(r, largest)?;
    let smallest = g.min(green, b)?;
    let smallest = g.min(r, smallest)?;
    let range = g.sub(value, smallest)?;
    let (zero, one) = (g.zeros_like(r)?, g.ones_like(r)?);
    let (bright, coloured) = (g.gt(value, zero)?, g.gt(range, zero)?);
    // Divisors that are never 0, so that no gradient is infinite where the quotient is not used.
    let (over, under) = (g.select(bright, value, one)?, g.select(coloured, range, one)?);
    let saturation = g.div(range, over)?;
    let saturation = g.select(bright, saturation, zero)?;
    let mut sector = |a: Val, b: Val, at: f64| {
        let d = g.sub(a, b)?;
        let d = g.div(d, under)?;
        let d = scale(g, d, 1.0 / 6.0)?;
        shift(g, d, at)
    };
    let (in_red, in_green, in_blue) =
        (sector(green, b, 0.0)?, sector(b, r, 2.0 / 6.0)?, sector(r, green, 4.0 / 6.0)?);
    let (is_red, is_green) = (g.eq(r, value)?, g.eq(green, value)?);
    let other = g.select(is_green, in_green, in_blue)?;
    let hue = g.select(is_red, in_red, other)?;
    let hue = g.select(coloured, hue, zero)?;
    let negative = g.lt(hue, zero)?;
    let more = shift(g, hue, 1.0)?;
    Ok([g.select(negative, more, hue)?, saturation, value])
}

fn to_rgb(g: &mut Graph, [h, s, v]: [Val; 3]) -> Result<[Val; 3]> {
    let h = scale(g, h, 6.0)?;
    let grey = rest_of(g, 1.0, s)?;
    // How much of each colour a hue has: trapezoids around 0, 2 and 4.
    let mut part = |center: f64, sign: f64, top: f64| {
        let d = shift(g, h, -center)?;
        let d = g.abs(d)?;
        let d = scale(g, d, sign)?;
        let d = shift(g, d, top)?;
        let d = unit(g, d)?;
        let d = g.mul(s, d)?;
        let d = g.add(grey, d)?;
        g.mul(d, v)
    };
    Ok([part(3.0, 1.0, -1.0)?, part(2.0, -1.0, 2.0)?, part(4.0, -1.0, 2.0)?])
}

pub(super) const OPS: &[Row] = &[
    row::<RGBToHSV>(),
    row::<HSVToRGB>(),
    row::<AdjustHue>(),
    row::<AdjustSaturation>(),
    row::<AdjustContrastv2>(),
];
