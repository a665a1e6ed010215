//! Random changes of images, for training data.

use super::adjust::{as_floats, brighter};
use super::color;
use super::flip::flipped;
use super::layout::Layout;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Literal, Val};
use crate::ops::args::IntoInts;
use crate::ops::build::{above, below, floor_mod, scale, shift};
use crate::ops::random::{generator_of, seeded_ints, seeded_uniform};
use crate::shape::{Dims, Shape};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Each image mirrored left to right, or not, by `seed`.
    StatelessRandomFlipLeftRight as "stateless_random_flip_left_right" in api "tf.image.stateless_random_flip_left_right" (image, seed) {}
    build |s, g| maybe_flipped(g, "stateless_random_flip_left_right", image, seed, 1);
    cases [
        case().f32([2, 3, 1]).int_values([2], &[1, 2]),
        case().f32([2, 3, 1]).int_values([2], &[2, 2]),
        case().f32([6, 2, 3, 1]).int_values([2], &[3, 4]),
    ]
    errors [case().f32([2, 3]).int_values([2], &[1, 2]), case().f32([2, 3, 1]).int_values([1], &[1])]
}

crate::op! {
    /// Each image mirrored top to bottom, or not, by `seed`.
    StatelessRandomFlipUpDown as "stateless_random_flip_up_down" in api "tf.image.stateless_random_flip_up_down" (image, seed) {}
    build |s, g| maybe_flipped(g, "stateless_random_flip_up_down", image, seed, 0);
    cases [case().f32([3, 2, 1]).int_values([2], &[2, 2]), case().f32([6, 3, 2, 1]).int_values([2], &[3, 4])]
}

fn maybe_flipped(g: &mut Graph, op: &str, image: Val, seed: Val, along: usize) -> Result<Val> {
    let l = Layout::new(g, op, "image", image)?;
    let mirrored = flipped(g, op, image, along)?;
    let shape = g.shape(image).clone();
    // As TensorFlow decides: one image below a half, images of a batch above.
    let flips = if l.row == 0 {
        let u = seeded_uniform(g, op, seed, Shape::scalar(), DType::Float32)?;
        below(g, u, 0.5)?
    } else {
        let u = seeded_uniform(g, op, seed, Shape::from([shape[0]]), DType::Float32)?;
        above(g, u, 0.5)?
    };
    let dims: Dims = (0..l.row).collect();
    let flips = g.broadcast_in_dim(flips, shape, &dims)?;
    g.select(flips, mirrored, image)
}

/// A scalar uniform in `[low, high)`.
fn between(g: &mut Graph, op: &str, seed: Val, low: f64, high: f64) -> Result<Val> {
    let u = seeded_uniform(g, op, seed, Shape::scalar(), DType::Float32)?;
    let u = scale(g, u, high - low)?;
    shift(g, u, low)
}

/// `(-max_delta, max_delta)`, checked.
fn around(op: &str, max_delta: f64, most: f64) -> Result<(f64, f64)> {
    if (0.0..=most).contains(&max_delta) {
        return Ok((-max_delta, max_delta));
    }
    Err(Error::invalid(op, "max_delta", format_args!("a number in [0, {most}]"), max_delta))
}

fn ordered(op: &str, low: f64, high: f64) -> Result<()> {
    if low >= 0.0 && low < high {
        return Ok(());
    }
    Err(Error::invalid(op, "lower, upper", "0 <= lower < upper", format_args!("{low} and {high}")))
}

crate::op! {
    /// Images with a number from `(-max_delta, max_delta)` added, drawn by `seed`.
    StatelessRandomBrightness as "stateless_random_brightness" in api "tf.image.stateless_random_brightness" (image, seed) { max_delta: f64 }
    build |s, g| {
        let op = "stateless_random_brightness";
        let (low, high) = around(op, s.max_delta, f64::INFINITY)?;
        let delta = between(g, op, seed, low, high)?;
        brighter(g, op, image, delta)
    };
    cases [
        case().with("max_delta", 0.4).f32([2, 3, 3]).int_values([2], &[1, 2]),
        case().with("max_delta", 0.4).input(DType::UInt8, [2, 3, 3], Fill::Uniform(0.0, 256.0)).int_values([2], &[1, -2]),
    ]
    errors [case().with("max_delta", -0.4).f32([2, 3, 3]).int_values([2], &[1, 2])]
}

crate::op! {
    /// Images with their contrast times a number from `[lower, upper)`, drawn by `seed`.
    StatelessRandomContrast as "stateless_random_contrast" in api "tf.image.stateless_random_contrast" (image, seed) { lower: f64, upper: f64 }
    build |s, g| {
        let op = "stateless_random_contrast";
        ordered(op, s.lower, s.upper)?;
        let factor = between(g, op, seed, s.lower, s.upper)?;
        as_floats(g, op, image, true, |g, x| color::adjust_contrast(g, op, x, factor))
    };
    cases [case().with("lower", 0.5).with("upper", 1.5).f32([2, 3, 3]).int_values([2], &[1, 2])]
    errors [
        case().with("lower", 1.5).with("upper", 0.5).f32([2, 3, 3]).int_values([2], &[1, 2]),
        case().with("lower", -0.5).with("upper", 0.5).f32([2, 3, 3]).int_values([2], &[1, 2]),
    ]
}

crate::op! {
    /// Images with their hue turned by a number from `(-max_delta, max_delta)`, drawn by `seed`.
    StatelessRandomHue as "stateless_random_hue" in api "tf.image.stateless_random_hue" (image, seed) { max_delta: f64 }
    build |s, g| {
        let op = "stateless_random_hue";
        let (low, high) = around(op, s.max_delta, 0.5)?;
        let delta = between(g, op, seed, low, high)?;
        as_floats(g, op, image, false, |g, x| color::adjust_hue(g, op, x, delta))
    };
    cases [case().with("max_delta", 0.3).range([2, 3, 3], 0.0, 1.0).int_values([2], &[1, 2])]
    errors [case().with("max_delta", 0.6).f32([2, 3, 3]).int_values([2], &[1, 2])]
}

crate::op! {
    /// Images with their saturation times a number from `[lower, upper)`, drawn by `seed`.
    StatelessRandomSaturation as "stateless_random_saturation" in api "tf.image.stateless_random_saturation" (image, seed) { lower: f64, upper: f64 }
    build |s, g| {
        let op = "stateless_random_saturation";
        ordered(op, s.lower, s.upper)?;
        let factor = between(g, op, seed, s.lower, s.upper)?;
        as_floats(g, op, image, false, |g, x| color::adjust_saturation(g, op, x, factor))
    };
    cases [case().with("lower", 0.5).with("upper", 1.5).range([2, 3, 3], 0.0, 1.0).int_values([2], &[1, 2])]
    errors [case().with("lower", 1.5).with("upper", 0.5).f32([2, 3, 3]).int_values([2], &[1, 2])]
}

crate::op! {
    /// A part of `value` of a given size, at a place drawn by `seed`.
    StatelessRandomCrop as "stateless_random_crop" in api "tf.image.stateless_random_crop" (value, seed) { size: Vec<i64> }
    build |s, g| {
        let op = "stateless_random_crop";
        let shape = g.shape(value).clone();
        let sizes = s.size.iter().map(|&n| usize::try_from(n).ok()).collect::<Option<Dims>>();
        let fits = |z: &Dims| z.len() == shape.rank() && z.iter().zip(shape.iter()).all(|(a, b)| a <= b);
        let Some(sizes) = sizes.filter(fits) else {
            return Err(Error::invalid(op, "size", format_args!("sizes within {shape}"), format_args!("{:?}", s.size)));
        };
        let rank = shape.rank();
        let drawn = seeded_ints(g, op, seed, rank)?;
        let room = shape.iter().zip(&sizes).map(|(a, b)| (a - b + 1) as i64).collect();
        let room = g.constant(Literal::ints(DType::Int32, [rank], room))?;
        let start = floor_mod(g, drawn, room)?;
        g.dynamic_slice(value, start, &sizes)
    };
    cases [
        case().with("size", [2, 3, 1]).f32([5, 7, 1]).int_values([2], &[1, 2]),
        case().with("size", [2]).f32([6]).int_values([2], &[-3, 9]),
        case().with("size", [2, 2]).f32([2, 2]).int_values([2], &[-3, 9]),
    ]
    errors [case().with("size", [3, 8, 1]).f32([5, 7, 1]).int_values([2], &[1, 2])]
}

macro_rules! seeded {
    ($(#[doc = $doc:literal])+ $stateless:ident, $random:ident, ($($arg:ident),*), $op:ident) => {
        $(#[doc = $doc])+
        #[doc = concat!("A function of `seed`, two integers (`tf.image.", stringify!($stateless), "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` for arguments out of range, and for shapes that are none of such images.
        pub fn $stateless(image: impl IntoTensor, $($arg: f64,)* seed: impl IntoTensor) -> Result<Tensor> {
            run_one(&$op { $($arg),* }, &[&image.into_tensor(None)?, &seed.into_tensor(None)?])
        }

        $(#[doc = $doc])+
        #[doc = concat!("The numbers continue the global stream, or that of the calls with `seed` (`tf.image.", stringify!($random), "`).")]
        ///
        /// # Errors
        /// `InvalidArgument` for arguments out of range, and for shapes that are none of such images.
        pub fn $random(image: impl IntoTensor, $($arg: f64,)* seed: Option<i64>) -> Result<Tensor> {
            $stateless(image, $($arg,)* generator_of(seed)?.seed()?).map_err(|e| e.for_op(stringify!($random)))
        }
    };
}

seeded! {
    /// Each image mirrored left to right with probability one half.
    stateless_random_flip_left_right, random_flip_left_right, (), StatelessRandomFlipLeftRight
}
seeded! {
    /// Each image mirrored top to bottom with probability one half.
    stateless_random_flip_up_down, random_flip_up_down, (), StatelessRandomFlipUpDown
}
seeded! {
    /// Images with a number from `(-max_delta, max_delta)` added.
    stateless_random_brightness, random_brightness, (max_delta), StatelessRandomBrightness
}
seeded! {
    /// Images with their contrast times a number from `[lower, upper)`.
    stateless_random_contrast, random_contrast, (lower, upper), StatelessRandomContrast
}
seeded! {
    /// Images of red, green and blue with their hue turned by a part of a full turn from `(-max_delta, max_delta)`, at most a half.
    stateless_random_hue, random_hue, (max_delta), StatelessRandomHue
}
seeded! {
    /// Images of red, green and blue with their saturation times a number from `[lower, upper)`.
    stateless_random_saturation, random_saturation, (lower, upper), StatelessRandomSaturation
}

/// A part of `value` of `size` at a place that is a function of `seed`, two integers (`tf.image.stateless_random_crop`).
///
/// # Errors
/// `InvalidArgument` for a size that does not fit into that of `value`.
pub fn stateless_random_crop(
    value: impl IntoTensor,
    size: impl IntoInts,
    seed: impl IntoTensor,
) -> Result<Tensor> {
    let op = StatelessRandomCrop { size: size.into_ints()? };
    run_one(&op, &[&value.into_tensor(None)?, &seed.into_tensor(None)?])
}

/// A part of `value` of `size` at a random place (`tf.image.random_crop`); the numbers continue the global stream, or that of the calls
/// with `seed`.
///
/// # Errors
/// As [`stateless_random_crop`].
pub fn random_crop(value: impl IntoTensor, size: impl IntoInts, seed: Option<i64>) -> Result<Tensor> {
    stateless_random_crop(value, size, generator_of(seed)?.seed()?).map_err(|e| e.for_op("random_crop"))
}

pub(super) const OPS: &[Row] = &[
    row::<StatelessRandomFlipLeftRight>(),
    row::<StatelessRandomFlipUpDown>(),
    row::<StatelessRandomBrightness>(),
    row::<StatelessRandomContrast>(),
    row::<StatelessRandomHue>(),
    row::<StatelessRandomSaturation>(),
    row::<StatelessRandomCrop>(),
];
