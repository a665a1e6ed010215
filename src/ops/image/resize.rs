//! Resizing of images by the four classic methods, and their derivatives.

use super::axis::{Axis, area, bicubic, bilinear, nearest};
use super::resample::{Taps, adjoint, resample};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::checks::want_rank;
use crate::tensor::{Fill, Row, row};

crate::op! {
    /// Images resized by linear interpolation between the four nearest pixels.
    ResizeBilinear in "tf.image.resize" (images) { size: Vec<i64>, align_corners: bool = false, half_pixel_centers: bool = false }
    build |s, g| {
        let grid = Grid::new(g, "ResizeBilinear", images, &s.size, s.align_corners, s.half_pixel_centers)?;
        resize(g, images, &grid, &bilinear)
    };
    cases [
        case().with("size", [3, 5]).f32([1, 4, 3, 2]),
        case().with("size", [7, 2]).with("half_pixel_centers", true).f32([2, 3, 4, 1]),
        case().with("size", [5, 6]).with("align_corners", true).f32([1, 3, 4, 2]),
        case().with("size", [1, 1]).with("align_corners", true).f32([1, 3, 4, 1]),
        case().with("size", [4, 3]).f32([1, 4, 3, 1]),
        case().with("size", [2, 2]).with("half_pixel_centers", true).input(DType::UInt8, [1, 3, 3, 1], Fill::Uniform(0.0, 256.0)),
        case().with("size", [2, 3]).half([1, 3, 3, 1]),
    ]
    errors [
        case().with("size", [0, 3]).f32([1, 4, 3, 2]),
        case().with("size", [3]).f32([1, 4, 3, 2]),
        case().with("size", [3, 3]).f32([4, 3, 2]),
        case().with("size", [3, 3]).with("align_corners", true).with("half_pixel_centers", true).f32([1, 4, 3, 2]),
        case().with("size", [3, 3]).f32([1, 0, 3, 2]),
    ]
}

crate::op! {
    /// The adjoint of `ResizeBilinear`'s images.
    ResizeBilinearGrad in "tf.raw_ops.ResizeBilinearGrad" (grads, original_image) { align_corners: bool = false, half_pixel_centers: bool = false }
    build |s, g| {
        let like = (g.dtype(original_image), g.shape(original_image).clone());
        let size = size_of(g, "ResizeBilinearGrad", grads)?;
        adjoint(g, "ResizeBilinearGrad", like, grads, |g, x| {
            let grid = Grid::new(g, "ResizeBilinearGrad", x, &size, s.align_corners, s.half_pixel_centers)?;
            resize(g, x, &grid, &bilinear)
        })
    };
    cases [case().with("half_pixel_centers", true).f32([1, 3, 5, 2]).f32([1, 4, 3, 2]).forward_only()]
    errors [case().f32([1, 3, 5, 2]).f32([4, 3, 2])]
}

crate::op! {
    /// Images resized by taking the nearest pixel.
    ResizeNearestNeighbor in "tf.image.resize" (images) { size: Vec<i64>, align_corners: bool = false, half_pixel_centers: bool = false }
    build |s, g| {
        let grid = Grid::new(g, "ResizeNearestNeighbor", images, &s.size, s.align_corners, s.half_pixel_centers)?;
        resample(g, images, &nearest(&grid.rows), &nearest(&grid.columns))
    };
    cases [
        case().with("size", [3, 5]).f32([1, 4, 3, 2]),
        case().with("size", [7, 2]).with("half_pixel_centers", true).f32([2, 3, 4, 1]),
        case().with("size", [5, 6]).with("align_corners", true).f32([1, 3, 4, 2]),
        case().with("size", [2, 2]).ints([1, 3, 3, 1], 0, 100),
    ]
    errors [
        case().with("size", [0, 3]).f32([1, 4, 3, 2]),
        case().with("size", [3, 3]).with("align_corners", true).with("half_pixel_centers", true).f32([1, 4, 3, 2]),
    ]
}

crate::op! {
    /// The adjoint of the images of `ResizeNearestNeighbor`, of height and width `size`.
    ResizeNearestNeighborGrad in "tf.raw_ops.ResizeNearestNeighborGrad" (grads) { size: Vec<i64>, align_corners: bool = false, half_pixel_centers: bool = false }
    build |s, g| {
        let op = "ResizeNearestNeighborGrad";
        let small = size_of(g, op, grads)?;
        let mut shape = g.shape(grads).clone();
        (shape[1], shape[2]) = sizes(op, &s.size)?;
        let dtype = g.dtype(grads);
        adjoint(g, op, (dtype, shape), grads, |g, x| {
            let grid = Grid::new(g, op, x, &small, s.align_corners, s.half_pixel_centers)?;
            resample(g, x, &nearest(&grid.rows), &nearest(&grid.columns))
        })
    };
    cases [case().with("size", [4, 3]).with("half_pixel_centers", true).f32([1, 3, 5, 2]).forward_only()]
    errors [case().with("size", [4]).f32([1, 3, 5, 2])]
}

crate::op! {
    /// Images resized by cubic interpolation between the sixteen nearest pixels.
    ResizeBicubic in "tf.image.resize" (images) { size: Vec<i64>, align_corners: bool = false, half_pixel_centers: bool = false }
    build |s, g| {
        let grid = Grid::new(g, "ResizeBicubic", images, &s.size, s.align_corners, s.half_pixel_centers)?;
        resize(g, images, &grid, &bicubic)
    };
    cases [
        case().with("size", [3, 5]).f32([1, 4, 3, 2]),
        case().with("size", [7, 2]).with("half_pixel_centers", true).f32([2, 3, 4, 1]),
        case().with("size", [5, 6]).with("align_corners", true).f32([1, 3, 4, 2]),
        case().with("size", [4, 4]).with("half_pixel_centers", true).input(DType::UInt8, [1, 3, 3, 1], Fill::Uniform(0.0, 256.0)),
    ]
    errors [
        case().with("size", [0, 3]).f32([1, 4, 3, 2]),
        case().with("size", [3, 3]).with("align_corners", true).with("half_pixel_centers", true).f32([1, 4, 3, 2]),
    ]
}

crate::op! {
    /// The adjoint of `ResizeBicubic`'s images.
    ResizeBicubicGrad in "tf.raw_ops.ResizeBicubicGrad" (grads, original_image) { align_corners: bool = false, half_pixel_centers: bool = false }
    build |s, g| {
        let like = (g.dtype(original_image), g.shape(original_image).clone());
        let size = size_of(g, "ResizeBicubicGrad", grads)?;
        adjoint(g, "ResizeBicubicGrad", like, grads, |g, x| {
            let grid = Grid::new(g, "ResizeBicubicGrad", x, &size, s.align_corners, s.half_pixel_centers)?;
            resize(g, x, &grid, &bicubic)
        })
    };
    cases [case().with("half_pixel_centers", true).f32([1, 3, 5, 2]).f32([1, 4, 3, 2]).forward_only()]
}

crate::op! {
    /// Images resized by averaging the area that each pixel of the result covers.
    ResizeArea in "tf.image.resize" (images) { size: Vec<i64>, align_corners: bool = false }
    build |s, g| {
        let grid = Grid::new(g, "ResizeArea", images, &s.size, s.align_corners, false)?;
        resize(g, images, &grid, &area)
    };
    cases [
        case().with("size", [2, 3]).f32([1, 4, 5, 2]),
        case().with("size", [5, 7]).f32([1, 3, 4, 1]),
        case().with("size", [2, 2]).with("align_corners", true).f32([1, 4, 3, 1]),
        case().with("size", [2, 2]).input(DType::UInt8, [1, 3, 3, 1], Fill::Uniform(0.0, 256.0)),
    ]
    errors [case().with("size", [0, 3]).f32([1, 4, 3, 2])]
}

/// Both axes of a resize.
struct Grid {
    rows: Axis,
    columns: Axis,
}

impl Grid {
    fn new(g: &Graph, op: &str, images: Val, size: &[i64], align: bool, half: bool) -> Result<Grid> {
        want_rank(g, op, &[("images", images)], |r| r == 4, "4 dimensions")?;
        let shape = g.shape(images);
        let (height, width) = sizes(op, size)?;
        if align && half {
            let received = "align_corners and half_pixel_centers";
            return Err(Error::invalid(
                op,
                "half_pixel_centers",
                "align_corners or half_pixel_centers",
                received,
            ));
        }
        if shape[1] == 0 || shape[2] == 0 {
            return Err(Error::invalid(op, "images", "at least one pixel", format_args!("shape {shape}")));
        }
        let axis = |input: usize, output: usize| Axis {
            input,
            output,
            scale: if align && output > 1 {
                (input - 1) as f32 / (output - 1) as f32
            } else {
                input as f32 / output as f32
            },
            align,
            half,
        };
        Ok(Grid { rows: axis(shape[1], height), columns: axis(shape[2], width) })
    }
}

/// Height and width as attributes give them.
pub(super) fn sizes(op: &str, size: &[i64]) -> Result<(usize, usize)> {
    match size {
        &[h, w] if h > 0 && w > 0 => Ok((h as usize, w as usize)),
        _ => Err(Error::invalid(op, "size", "two numbers above 0", format_args!("{size:?}"))),
    }
}

fn size_of(g: &Graph, op: &str, x: Val) -> Result<Vec<i64>> {
    want_rank(g, op, &[("grads", x)], |r| r == 4, "4 dimensions")?;
    Ok(vec![g.shape(x)[1] as i64, g.shape(x)[2] as i64])
}

fn resize(g: &mut Graph, images: Val, grid: &Grid, taps: &dyn Fn(&Axis) -> Taps) -> Result<Val> {
    let x = g.convert(images, DType::Float32)?;
    resample(g, x, &taps(&grid.rows), &taps(&grid.columns))
}

pub(super) const OPS: &[Row] = &[
    row::<ResizeBilinear>(),
    row::<ResizeBilinearGrad>(),
    row::<ResizeNearestNeighbor>(),
    row::<ResizeNearestNeighborGrad>(),
    row::<ResizeBicubic>(),
    row::<ResizeBicubicGrad>(),
    row::<ResizeArea>(),
];
