//! Images standardised, compared and measured.

use super::convert::converted;
use super::layout::Layout;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val};
use crate::ops::build::{rest_of, scale};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, pair, row, run, run_one};

crate::op! {
    /// Each image with mean 0 and variance 1, as float32.
    PerImageStandardization as "per_image_standardization" in api "tf.image.per_image_standardization" (image) {}
    build |s, g| {
        let shape = g.shape(image).clone();
        if shape.rank() < 3 {
            let received = format!("shape {shape}");
            return Err(Error::invalid("per_image_standardization", "image", "at least 3 dimensions", received));
        }
        let x = g.convert(image, DType::Float32)?;
        let dims: Vec<usize> = (shape.rank() - 3..shape.rank()).collect();
        let pixels: usize = dims.iter().map(|&d| shape[d]).product();
        let mean = g.mean(x, &dims)?;
        let mean = g.repeat_over(mean, &shape, &dims)?;
        let off = g.sub(x, mean)?;
        let square = g.mul(off, off)?;
        let variance = g.mean(square, &dims)?;
        let deviation = g.sqrt(variance)?;
        // Uniform images are not blown up.
        let least = g.full_like(deviation, 1.0 / (pixels as f64).sqrt())?;
        let deviation = g.max(deviation, least)?;
        let deviation = g.repeat_over(deviation, &shape, &dims)?;
        g.div(off, deviation)
    };
    cases [
        case().f32([3, 2, 2]),
        case().range([2, 2, 3, 1], 0.0, 100.0),
        case().values([2, 2, 1], &[0.5, 0.51, 0.49, 0.5]),
        case().input(DType::UInt8, [2, 3, 3], Fill::Uniform(0.0, 256.0)),
    ]
    errors [case().f32([3, 2])]
}

/// Each image less its mean, over its standard deviation, which counts as at least `1 / sqrt(pixels)`: float32
/// (`tf.image.per_image_standardization`).
///
/// # Errors
/// `InvalidArgument` for fewer than three dimensions.
pub fn per_image_standardization(image: impl IntoTensor) -> Result<Tensor> {
    run_one(&PerImageStandardization {}, &[&image.into_tensor(None)?])
}

/// The differences of neighbours along a dimension, which becomes one shorter.
fn steps(g: &mut Graph, x: Val, dim: usize) -> Result<Val> {
    let n = g.shape(x)[dim];
    let (next, own) = (g.slice_in_dim(x, dim, n.min(1), n)?, g.slice_in_dim(x, dim, 0, n.saturating_sub(1))?);
    g.sub(next, own)
}

crate::op! {
    /// The differences to the pixel below and to the right; 0 at the border.
    ImageGradients as "image_gradients" in api "tf.image.image_gradients" (image) {}
    build |s, g| {
        if g.rank(image) != 4 {
            let received = format!("shape {}", g.shape(image));
            return Err(Error::invalid("image_gradients", "image", "4 dimensions", received));
        }
        let mut along = |dim: usize| {
            let d = steps(g, image, dim)?;
            let mut high = [0; 4];
            high[dim] = i64::from(g.shape(image)[dim] > 0);
            g.pad_zeros(d, &[0; 4], &high)
        };
        Ok((along(1)?, along(2)?))
    };
    cases [case().f32([2, 3, 4, 2]), case().f32([1, 1, 1, 1])]
    errors [case().f32([3, 4, 2])]
}

/// The differences of each pixel to the one below and the one to the right, 0 at the border (`tf.image.image_gradients`).
///
/// # Errors
/// `InvalidArgument` for other than four dimensions.
pub fn image_gradients(image: impl IntoTensor) -> Result<(Tensor, Tensor)> {
    match <[Tensor; 2]>::try_from(run(&ImageGradients {}, &[&image.into_tensor(None)?])?) {
        Ok([dy, dx]) => Ok((dy, dx)),
        Err(_) => Err(Error::internal("image_gradients", "wanted two results")),
    }
}

crate::op! {
    /// The sum of the sizes of differences of neighbouring pixels.
    TotalVariation as "total_variation" in api "tf.image.total_variation" (images) {}
    build |s, g| {
        let l = Layout::new(g, "total_variation", "images", images)?;
        let dims: Vec<usize> = (l.row..l.rank()).collect();
        let mut along = |dim: usize| {
            let d = steps(g, images, dim)?;
            let size = g.abs(d)?;
            g.reduce(ReduceKind::Sum, size, &dims)
        };
        let (down, across) = (along(l.row)?, along(l.row + 1)?);
        g.add(down, across)
    };
    cases [case().f32([3, 4, 2]), case().f32([2, 3, 2, 1])]
    errors [case().f32([3, 4])]
}

/// The sum of the sizes of differences of neighbouring pixels, of each image (`tf.image.total_variation`): how noisy it is.
///
/// # Errors
/// `InvalidArgument` for other than three or four dimensions.
pub fn total_variation(images: impl IntoTensor) -> Result<Tensor> {
    run_one(&TotalVariation {}, &[&images.into_tensor(None)?])
}

crate::op! {
    /// Peak signal-to-noise ratio in decibels.
    Psnr as "psnr" in api "tf.image.psnr" (a, b) {
        /// The largest value that a pixel can have.
        max_val: f64,
    }
    build |s, g| {
        // The largest value as the images' dtype has it, then in the range of floats.
        let from = g.dtype(a);
        let max = if from.is_int() { s.max_val.trunc() / from.max() } else { s.max_val };
        let (a, b) = (converted(g, "psnr", a, DType::Float32, false)?, converted(g, "psnr", b, DType::Float32, false)?);
        let shape = g.shape(a).clone();
        if shape.rank() < 3 || *g.shape(b) != shape {
            let received = format!("shapes {shape} and {}", g.shape(b));
            return Err(Error::invalid("psnr", "a, b", "equal shapes of at least 3 dimensions", received));
        }
        let d = g.sub(a, b)?;
        let square = g.mul(d, d)?;
        let dims: Vec<usize> = (shape.rank() - 3..shape.rank()).collect();
        let mse = g.mean(square, &dims)?;
        let log = g.log(mse)?;
        let decibels = 10.0 / std::f64::consts::LN_10;
        let noise = scale(g, log, decibels)?;
        rest_of(g, 2.0 * decibels * max.ln(), noise)
    };
    cases [
        case().with("max_val", 1.0).range([3, 2, 3], 0.0, 1.0).range([3, 2, 3], 0.0, 1.0),
        case().with("max_val", 255.0).range([2, 3, 2, 1], 0.0, 255.0).range([2, 3, 2, 1], 0.0, 255.0),
        case().with("max_val", 255.0).input(DType::UInt8, [2, 2, 3], Fill::Uniform(0.0, 256.0)).input(DType::UInt8, [2, 2, 3], Fill::Uniform(0.0, 256.0)),
    ]
    errors [case().with("max_val", 1.0).f32([3, 2]).f32([3, 2])]
}

/// The peak signal-to-noise ratio of images `a` against `b`, in decibels (`tf.image.psnr`).
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that differ, and fewer than three dimensions.
pub fn psnr(a: impl IntoTensor, b: impl IntoTensor, max_val: f64) -> Result<Tensor> {
    let (a, b) = pair(a, b)?;
    run_one(&Psnr { max_val }, &[&a, &b])
}

pub(super) const OPS: &[Row] =
    &[row::<PerImageStandardization>(), row::<ImageGradients>(), row::<TotalVariation>(), row::<Psnr>()];
