//! Grey and colour.

use super::convert::converted;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{DotDims, Literal};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};
use smallvec::smallvec;

crate::op! {
    /// The luma of red, green and blue, as one channel.
    RgbToGrayscale as "rgb_to_grayscale" in api "tf.image.rgb_to_grayscale" (images) {}
    build |s, g| {
        let op = "rgb_to_grayscale";
        let (shape, dtype) = (g.shape(images).clone(), g.dtype(images));
        let Some(last) = shape.rank().checked_sub(1).filter(|&d| shape[d] == 3) else {
            return Err(Error::invalid(op, "images", "a last dimension of 3", format_args!("shape {shape}")));
        };
        let x = converted(g, op, images, DType::Float32, false)?;
        // Weights of ITU-R BT.601.
        let weights = g.constant(Literal::floats(DType::Float32, [3], vec![0.2989, 0.5870, 0.1140]))?;
        let dims = DotDims { lhs_contract: smallvec![last], rhs_contract: smallvec![0], ..DotDims::default() };
        let gray = g.dot_general(x, weights, dims)?;
        let gray = g.expand_dims(gray, &[last])?;
        converted(g, op, gray, dtype, false)
    };
    cases [
        case().range([2, 3, 3], 0.0, 1.0),
        case().input(DType::UInt8, [2, 2, 2, 3], Fill::Uniform(0.0, 256.0)),
    ]
    errors [case().f32([2, 3, 4])]
}

/// The luma of images of red, green and blue, as one channel of the same dtype (`tf.image.rgb_to_grayscale`).
///
/// # Errors
/// `InvalidArgument` when the last dimension is not 3.
pub fn rgb_to_grayscale(images: impl IntoTensor) -> Result<Tensor> {
    run_one(&RgbToGrayscale {}, &[&images.into_tensor(None)?])
}

crate::op! {
    /// One channel repeated as three.
    GrayscaleToRgb as "grayscale_to_rgb" in api "tf.image.grayscale_to_rgb" (images) {}
    build |s, g| {
        let mut shape = g.shape(images).clone();
        let Some(last) = shape.rank().checked_sub(1).filter(|&d| shape[d] == 1 && d > 0) else {
            let received = format!("shape {shape}");
            return Err(Error::invalid("grayscale_to_rgb", "images", "a last dimension of 1 behind others", received));
        };
        shape[last] = 3;
        g.broadcast_to(images, &shape)
    };
    cases [case().f32([2, 3, 1]), case().ints([2, 2, 2, 1], 0, 9)]
    errors [case().f32([2, 3, 3])]
}

/// Images of one channel with it repeated as red, green and blue (`tf.image.grayscale_to_rgb`).
///
/// # Errors
/// `InvalidArgument` when the last dimension is not 1.
pub fn grayscale_to_rgb(images: impl IntoTensor) -> Result<Tensor> {
    run_one(&GrayscaleToRgb {}, &[&images.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<RgbToGrayscale>(), row::<GrayscaleToRgb>()];
