//! Images cut and padded.

use super::layout::Layout;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The part of images from a corner on.
    CropToBoundingBox as "crop_to_bounding_box" in api "tf.image.crop_to_bounding_box" (image) {
        offset_height: i64,
        offset_width: i64,
        target_height: i64,
        target_width: i64,
    }
    build |s, g| crop(g, "crop_to_bounding_box", image, [s.offset_height, s.offset_width], [s.target_height, s.target_width]);
    cases [
        case().with("offset_height", 1).with("offset_width", 0).with("target_height", 2).with("target_width", 3).f32([4, 3, 2]),
        case().with("offset_height", 0).with("offset_width", 2).with("target_height", 4).with("target_width", 1).f32([2, 4, 3, 1]),
    ]
    errors [
        case().with("offset_height", 3).with("offset_width", 0).with("target_height", 2).with("target_width", 3).f32([4, 3, 2]),
        case().with("offset_height", -1).with("offset_width", 0).with("target_height", 2).with("target_width", 3).f32([4, 3, 2]),
        case().with("offset_height", 0).with("offset_width", 0).with("target_height", 0).with("target_width", 3).f32([4, 3, 2]),
        case().with("offset_height", 0).with("offset_width", 0).with("target_height", 2).with("target_width", 3).f32([4, 3]),
    ]
}

fn crop(g: &mut Graph, op: &str, x: Val, offset: [i64; 2], target: [i64; 2]) -> Result<Val> {
    let l = Layout::new(g, op, "image", x)?;
    let size = [l.height as i64, l.width as i64];
    if (0..2).any(|d| offset[d] < 0 || target[d] < 1 || offset[d].saturating_add(target[d]) > size[d]) {
        let wanted = format!("offsets from 0 up and targets from 1 up within {} x {}", l.height, l.width);
        return Err(Error::invalid(op, "offset, target", wanted, format_args!("{offset:?} and {target:?}")));
    }
    let mut limit = g.shape(x).0.clone();
    let mut start = vec![0; l.rank()];
    for d in 0..2 {
        start[l.row + d] = offset[d] as usize;
        limit[l.row + d] = (offset[d] + target[d]) as usize;
    }
    g.slice(x, &start, &limit, &vec![1; l.rank()])
}

/// The part of images of a size, from a corner on (`tf.image.crop_to_bounding_box`).
///
/// # Errors
/// `InvalidArgument` for a part that does not lie within the images.
pub fn crop_to_bounding_box(
    image: impl IntoTensor,
    offset_height: usize,
    offset_width: usize,
    target_height: usize,
    target_width: usize,
) -> Result<Tensor> {
    let op = CropToBoundingBox {
        offset_height: offset_height as i64,
        offset_width: offset_width as i64,
        target_height: target_height as i64,
        target_width: target_width as i64,
    };
    run_one(&op, &[&image.into_tensor(None)?])
}

crate::op! {
    /// Images put into a larger frame of zeros.
    PadToBoundingBox as "pad_to_bounding_box" in api "tf.image.pad_to_bounding_box" (image) {
        offset_height: i64,
        offset_width: i64,
        target_height: i64,
        target_width: i64,
    }
    build |s, g| pad(g, "pad_to_bounding_box", image, [s.offset_height, s.offset_width], [s.target_height, s.target_width]);
    cases [
        case().with("offset_height", 1).with("offset_width", 0).with("target_height", 4).with("target_width", 5).f32([2, 3, 2]),
        case().with("offset_height", 0).with("offset_width", 2).with("target_height", 2).with("target_width", 5).f32([2, 2, 3, 1]),
    ]
    errors [
        case().with("offset_height", 3).with("offset_width", 0).with("target_height", 4).with("target_width", 5).f32([2, 3, 2]),
        case().with("offset_height", -1).with("offset_width", 0).with("target_height", 4).with("target_width", 5).f32([2, 3, 2]),
    ]
}

fn pad(g: &mut Graph, op: &str, x: Val, offset: [i64; 2], target: [i64; 2]) -> Result<Val> {
    let l = Layout::new(g, op, "image", x)?;
    let size = [l.height as i64, l.width as i64];
    let after: [i64; 2] =
        std::array::from_fn(|d| target[d].saturating_sub(offset[d]).saturating_sub(size[d]));
    if offset.iter().chain(&after).any(|&p| p < 0) {
        let wanted = format!("room for {} x {} behind offsets from 0 up", l.height, l.width);
        return Err(Error::invalid(op, "offset, target", wanted, format_args!("{offset:?} and {target:?}")));
    }
    g.pad_zeros(x, &l.around(offset[0], offset[1]), &l.around(after[0], after[1]))
}

/// Images put into a larger frame of zeros, at an offset (`tf.image.pad_to_bounding_box`).
///
/// # Errors
/// `InvalidArgument` for a frame that is too small.
pub fn pad_to_bounding_box(
    image: impl IntoTensor,
    offset_height: usize,
    offset_width: usize,
    target_height: usize,
    target_width: usize,
) -> Result<Tensor> {
    let op = PadToBoundingBox {
        offset_height: offset_height as i64,
        offset_width: offset_width as i64,
        target_height: target_height as i64,
        target_width: target_width as i64,
    };
    run_one(&op, &[&image.into_tensor(None)?])
}

crate::op! {
    /// The middle of images: a part of height and width.
    CentralCrop as "central_crop" in api "tf.image.central_crop" (image) { central_fraction: f64 }
    build |s, g| {
        let op = "central_crop";
        let l = Layout::new(g, op, "image", image)?;
        let f = s.central_fraction;
        if f.is_nan() || f <= 0.0 || f > 1.0 {
            return Err(Error::invalid(op, "central_fraction", "a number in (0, 1]", f));
        }
        let start = |n: usize| ((n as f64 - n as f64 * f) / 2.0) as i64;
        let offset = [start(l.height), start(l.width)];
        crop(g, op, image, offset, [l.height as i64 - 2 * offset[0], l.width as i64 - 2 * offset[1]])
    };
    cases [
        case().with("central_fraction", 0.5).f32([4, 7, 2]),
        case().with("central_fraction", 0.3).f32([2, 5, 6, 1]),
        case().with("central_fraction", 1.0).f32([2, 3, 1]),
    ]
    errors [case().with("central_fraction", 0.0).f32([4, 7, 2]), case().with("central_fraction", 1.5).f32([4, 7, 2])]
}

/// The middle of images, of `central_fraction` of their height and width (`tf.image.central_crop`).
///
/// # Errors
/// `InvalidArgument` for a fraction outside of (0, 1].
pub fn central_crop(image: impl IntoTensor, central_fraction: f64) -> Result<Tensor> {
    run_one(&CentralCrop { central_fraction }, &[&image.into_tensor(None)?])
}

crate::op! {
    /// Images cut or padded evenly to a size.
    ResizeWithCropOrPad as "resize_with_crop_or_pad" in api "tf.image.resize_with_crop_or_pad" (image) { target_height: i64, target_width: i64 }
    build |s, g| {
        let op = "resize_with_crop_or_pad";
        let l = Layout::new(g, op, "image", image)?;
        let target = [s.target_height, s.target_width];
        if target.iter().any(|&t| t < 1) {
            return Err(Error::invalid(op, "target_height, target_width", "sizes above 0", format_args!("{target:?}")));
        }
        let size = [l.height as i64, l.width as i64];
        let more: [i64; 2] = std::array::from_fn(|d| target[d] - size[d]);
        let cut = more.map(|m| (-m).div_euclid(2).max(0));
        let kept = std::array::from_fn(|d| target[d].min(size[d]));
        let cropped = crop(g, op, image, cut, kept)?;
        pad(g, op, cropped, more.map(|m| m.div_euclid(2).max(0)), target)
    };
    cases [
        case().with("target_height", 2).with("target_width", 6).f32([5, 3, 2]),
        case().with("target_height", 4).with("target_width", 4).f32([2, 3, 7, 1]),
        case().with("target_height", 3).with("target_width", 3).f32([3, 3, 1]),
    ]
    errors [case().with("target_height", 0).with("target_width", 6).f32([5, 3, 2])]
}

/// Images cut or padded with zeros, evenly, to a size (`tf.image.resize_with_crop_or_pad`).
///
/// # Errors
/// `InvalidArgument` for sizes of 0.
pub fn resize_with_crop_or_pad(
    image: impl IntoTensor,
    target_height: usize,
    target_width: usize,
) -> Result<Tensor> {
    let op = ResizeWithCropOrPad { target_height: target_height as i64, target_width: target_width as i64 };
    run_one(&op, &[&image.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[
    row::<CropToBoundingBox>(),
    row::<PadToBoundingBox>(),
    row::<CentralCrop>(),
    row::<ResizeWithCropOrPad>(),
];
