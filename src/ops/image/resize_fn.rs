//! `tf.image.resize`.

use super::layout::Layout;
use super::resize::{ResizeArea, ResizeBicubic, ResizeBilinear, ResizeNearestNeighbor, sizes};
use super::scale::{ResampleKernel, ScaleAndTranslate};
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::tensor::{Fill, IntoTensor, Op, Row, Tensor, row, run_one};

crate::attr_enum! {
    /// How [`resize`] reads between pixels.
    ResizeMethod {
        /// Linear interpolation.
        Bilinear = "bilinear",
        /// The nearest pixel.
        NearestNeighbor = "nearest",
        /// Cubic interpolation, of Keys.
        Bicubic = "bicubic",
        /// Averages of the areas that pixels cover.
        Area = "area",
        /// Lanczos, radius 3.
        Lanczos3 = "lanczos3",
        /// Lanczos, radius 5.
        Lanczos5 = "lanczos5",
        /// Gaussian.
        Gaussian = "gaussian",
        /// Cubic interpolation, of Mitchell and Netravali.
        MitchellCubic = "mitchellcubic",
    }
}

crate::op! {
    /// Images resized to a height and width.
    Resize as "resize" in api "tf.image.resize" (images) {
        size: Vec<i64>,
        method: ResizeMethod = ResizeMethod::Bilinear,
        preserve_aspect_ratio: bool = false,
        antialias: bool = false,
    }
    build |s, g| build(g, s, images);
    cases [
        case().with("size", [3, 5]).f32([4, 3, 2]),
        case().with("size", [7, 2]).with("method", "nearest").f32([2, 3, 4, 1]),
        case().with("size", [3, 3]).with("method", "bicubic").f32([1, 5, 4, 2]),
        case().with("size", [2, 3]).with("method", "area").f32([5, 4, 1]).forward_only(),
        case().with("size", [3, 3]).with("method", "lanczos3").f32([1, 5, 4, 1]),
        case().with("size", [3, 3]).with("method", "lanczos5").with("antialias", true).f32([1, 7, 6, 1]),
        case().with("size", [3, 3]).with("method", "gaussian").f32([1, 5, 4, 1]),
        case().with("size", [3, 3]).with("method", "mitchellcubic").with("antialias", true).f32([1, 5, 4, 1]),
        case().with("size", [3, 2]).with("antialias", true).f32([1, 7, 6, 1]),
        case().with("size", [3, 2]).with("method", "bicubic").with("antialias", true).f32([7, 6, 1]),
        case().with("size", [4, 9]).with("preserve_aspect_ratio", true).f32([1, 7, 6, 1]),
        case().with("size", [2, 2]).input(crate::DType::UInt8, [3, 3, 3], Fill::Uniform(0.0, 256.0)),
        case().with("size", [2, 2]).with("method", "nearest").input(crate::DType::UInt8, [3, 3, 3], Fill::Uniform(0.0, 256.0)),
        case().with("size", [4, 3]).f32([4, 3, 2]),
    ]
    errors [
        case().with("size", [3]).f32([4, 3, 2]),
        case().with("size", [3, 0]).f32([4, 3, 2]),
        case().with("size", [3, 3]).f32([4, 3]),
        case().with("size", [3, 3]).with("method", "cubic").f32([4, 3, 2]),
    ]
}

fn build(g: &mut Graph, s: &Resize, images: Val) -> Result<Val> {
    let l = Layout::new(g, "resize", "images", images)?;
    let (mut height, mut width) = sizes("resize", &s.size)?;
    if s.preserve_aspect_ratio {
        let scale = (height as f32 / l.height as f32).min(width as f32 / l.width as f32);
        let scaled = |n: usize| (scale * n as f32).round_ties_even() as usize;
        (height, width) = (scaled(l.height), scaled(l.width));
    }
    let batch = if l.row == 0 { g.expand_dims(images, &[0])? } else { images };
    let size = vec![height as i64, width as i64];
    let kernel = match (s.method, s.antialias) {
        (ResizeMethod::Bilinear, true) => Some(ResampleKernel::Triangle),
        (ResizeMethod::Bicubic, true) => Some(ResampleKernel::KeysCubic),
        (ResizeMethod::Lanczos3, _) => Some(ResampleKernel::Lanczos3),
        (ResizeMethod::Lanczos5, _) => Some(ResampleKernel::Lanczos5),
        (ResizeMethod::Gaussian, _) => Some(ResampleKernel::Gaussian),
        (ResizeMethod::MitchellCubic, _) => Some(ResampleKernel::MitchellCubic),
        _ => None,
    };
    let (align_corners, half_pixel_centers) = (false, true);
    let resized = match (kernel, s.method) {
        (Some(kernel_type), _) => {
            let scale = |to: usize, from: usize| f64::from(to as f32 / from as f32);
            let scale = vec![scale(height, l.height), scale(width, l.width)];
            let (translation, antialias) = (vec![0.0; 2], s.antialias);
            ScaleAndTranslate { size, scale, translation, kernel_type, antialias }.build(g, &[batch])?
        }
        (_, ResizeMethod::NearestNeighbor) => {
            ResizeNearestNeighbor { size, align_corners, half_pixel_centers }.build(g, &[batch])?
        }
        (_, ResizeMethod::Bicubic) => {
            ResizeBicubic { size, align_corners, half_pixel_centers }.build(g, &[batch])?
        }
        (_, ResizeMethod::Area) => ResizeArea { size, align_corners }.build(g, &[batch])?,
        _ => ResizeBilinear { size, align_corners, half_pixel_centers }.build(g, &[batch])?,
    };
    let Some(&y) = resized.first() else { return Err(Error::internal("resize", "gave no result")) };
    if l.row == 1 {
        return Ok(y);
    }
    let shape = g.shape(y)[1..].to_vec();
    g.reshape(y, shape)
}

/// Images resized to `size`, height and width (`tf.image.resize`). The result is float32, but has the dtype of `images` with the
/// nearest-neighbour method.
///
/// With `preserve_aspect_ratio` they are as large as fits into `size`; with `antialias` kernels widen where images shrink (not for the
/// nearest-neighbour and area methods).
///
/// ```
/// # use wgflow::ops::image::{self, ResizeMethod};
/// let y = image::resize([[[1.0], [3.0]]], [1, 1], ResizeMethod::Bilinear, false, false)?;
/// assert_eq!(y.to_vec::<f32>()?, [2.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for a size of 0 and other than three or four dimensions.
pub fn resize(
    images: impl IntoTensor,
    size: [usize; 2],
    method: ResizeMethod,
    preserve_aspect_ratio: bool,
    antialias: bool,
) -> Result<Tensor> {
    let size = size.map(|n| n as i64).to_vec();
    run_one(&Resize { size, method, preserve_aspect_ratio, antialias }, &[&images.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<Resize>()];
