//! Boxes cut out of images.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Val, gradient};
use crate::ops::build::{scale, shift};
use crate::ops::checks::want_rank;
use crate::shape::Shape;
use crate::tensor::{Adjoints, IntoTensor, Row, Tensor, row, run_one};

crate::attr_enum! {
    /// How [`crop_and_resize`] reads between pixels.
    CropMethod {
        /// Linear interpolation between the four nearest pixels.
        Bilinear = "bilinear",
        /// The nearest pixel.
        Nearest = "nearest",
    }
}

crate::op! {
    /// Boxes cut out of images and resized to one size.
    CropAndResize in "tf.image.crop_and_resize" (image, boxes, box_ind) {
        crop_size: Vec<i64>,
        method: CropMethod = CropMethod::Bilinear,
        extrapolation_value: f64 = 0.0,
    }
    build |s, g| crop(g, s, s.method, [image, boxes, box_ind]);
    vjp |s, g, x, y, dy| crop_vjp(g, s, x, dy);
    cases [
        case().with("crop_size", [3, 2]).f32([2, 4, 5, 2]).values([3, 4], &[0.1, 0.2, 0.8, 0.9, 0.0, 0.0, 1.0, 1.0, 0.9, 0.8, 0.2, 0.3]).int_values([3], &[0, 1, 1]),
        case().with("crop_size", [3, 3]).with("extrapolation_value", 7.0).f32([1, 4, 4, 1]).values([2, 4], &[-0.3, 0.1, 1.2, 0.8, 0.3, -1.0, 0.6, 0.4]).int_values([2], &[0, 0]),
        case().with("crop_size", [1, 1]).f32([1, 4, 5, 1]).values([1, 4], &[0.1, 0.2, 0.5, 0.7]).int_values([1], &[0]),
        case().with("crop_size", [2, 3]).with("method", "nearest").f32([1, 5, 4, 2]).values([2, 4], &[0.1, 0.2, 0.8, 0.9, 0.31, 0.0, 0.93, 0.77]).int_values([2], &[0, 0]),
        case().with("crop_size", [2, 2]).input(DType::UInt8, [1, 3, 3, 1], crate::tensor::Fill::Uniform(0.0, 256.0)).values([1, 4], &[0.1, 0.2, 0.8, 0.9]).int_values([1], &[0]),
        case().with("crop_size", [2, 2]).f32([1, 3, 3, 1]).f32([0, 4]).ints([0], 0, 1),
    ]
    errors [
        case().with("crop_size", [2, 2]).f32([1, 3, 3, 1]).range([1, 4], 0.0, 1.0).int_values([1], &[1]).deviates("TensorFlow says OutOfRangeError, other indices out of range are InvalidArgumentError", &[]),
        case().with("crop_size", [0, 2]).f32([1, 3, 3, 1]).range([1, 4], 0.0, 1.0).int_values([1], &[0]),
        case().with("crop_size", [2, 2]).f32([3, 3, 1]).range([1, 4], 0.0, 1.0).int_values([1], &[0]),
        case().with("crop_size", [2, 2]).f32([1, 3, 3, 1]).range([1, 3], 0.0, 1.0).int_values([1], &[0]),
        case().with("crop_size", [2, 2]).f32([1, 3, 3, 1]).range([2, 4], 0.0, 1.0).int_values([1], &[0]),
    ]
}

/// Boxes cut out of images and resized to `crop_size`, in shape `[boxes, crop_size.., channels]` and float32
/// (`tf.image.crop_and_resize`).
///
/// A box is `[y1, x1, y2, x2]` in parts of height and width, and may lie turned over or outside, where it reads `extrapolation_value`;
/// `box_indices` say which image each is cut from.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit and for an index that is no image.
pub fn crop_and_resize(
    image: impl IntoTensor,
    boxes: impl IntoTensor,
    box_indices: impl IntoTensor,
    crop_size: [usize; 2],
    method: CropMethod,
    extrapolation_value: f64,
) -> Result<Tensor> {
    let crop_size = crop_size.map(|n| n as i64).to_vec();
    let op = CropAndResize { crop_size, method, extrapolation_value };
    run_one(&op, &[&image.into_tensor(None)?, &boxes.into_tensor(None)?, &box_indices.into_tensor(None)?])
}

/// Where each place along an axis of each box reads, in pixels: `[boxes, n]`.
fn places(g: &mut Graph, boxes: Val, from: usize, to: usize, pixels: usize, n: usize) -> Result<Val> {
    let count = g.shape(boxes)[0];
    let mut edge = |k: usize| {
        let v = g.slice_in_dim(boxes, 1, k, k + 1)?;
        let v = g.broadcast_in_dim(v, [count, n], &[0, 1])?;
        scale(g, v, (pixels - 1) as f64)
    };
    let (first, last) = (edge(from)?, edge(to)?);
    if n == 1 {
        let sum = g.add(first, last)?;
        return scale(g, sum, 0.5);
    }
    let width = g.sub(last, first)?;
    let step = scale(g, width, 1.0 / (n - 1) as f64)?;
    let numbers = g.iota(DType::Float32, [count, n], 1)?;
    let along = g.mul(numbers, step)?;
    g.add(first, along)
}

fn crop(
    g: &mut Graph,
    s: &CropAndResize,
    method: CropMethod,
    [image, boxes, box_ind]: [Val; 3],
) -> Result<Val> {
    let op = "CropAndResize";
    want_rank(g, op, &[("image", image)], |r| r == 4, "4 dimensions")?;
    let shape = g.shape(image).clone();
    let count = g.shape(boxes).first().copied().unwrap_or(0);
    if **g.shape(boxes) != [count, 4] || **g.shape(box_ind) != [count] || g.dtype(boxes) != DType::Float32 {
        let received = format!("{} and {}", g.spec(boxes), g.spec(box_ind));
        return Err(Error::invalid(op, "boxes, box_ind", "float32[n,4] and int32[n]", received));
    }
    let (height, width) = match s.crop_size[..] {
        [h, w] if h > 0 && w > 0 => (h as usize, w as usize),
        _ => {
            return Err(Error::invalid(
                op,
                "crop_size",
                "two numbers above 0",
                format_args!("{:?}", s.crop_size),
            ));
        }
    };
    if shape[1] == 0 || shape[2] == 0 {
        return Err(Error::invalid(op, "image", "at least one pixel", format_args!("shape {shape}")));
    }
    g.check_indices(op, "box_ind", box_ind, shape[0])?;
    let image = g.convert(image, DType::Float32)?;
    let y = places(g, boxes, 0, 2, shape[1], height)?;
    let x = places(g, boxes, 1, 3, shape[2], width)?;
    let (in_y, in_x) = (inside(g, y, shape[1])?, inside(g, x, shape[2])?);
    let grid = [count, height, width];
    let full: Shape = [count, height, width, shape[3]].into();
    let read = |g: &mut Graph, y: Val, x: Val| {
        let parts = [(box_ind, &[0][..]), (y, &[0, 1]), (x, &[0, 2])];
        let mut columns = vec![];
        for (v, dims) in parts {
            let v = g.convert(v, DType::Int32)?;
            let v = g.broadcast_in_dim(v, grid, dims)?;
            columns.push(g.expand_dims(v, &[3])?);
        }
        let at = g.concatenate(&columns, 3)?;
        g.gather(image, at, &[0, 1, 2], 0, GatherMode::Clip)
    };
    let value = match method {
        CropMethod::Nearest => {
            let (y, x) = (half_away(g, y)?, half_away(g, x)?);
            read(g, y, x)?
        }
        CropMethod::Bilinear => {
            let (top, left) = (g.floor(y)?, g.floor(x)?);
            let (bottom, right) = (g.ceil(y)?, g.ceil(x)?);
            let (down, across) = (g.sub(y, top)?, g.sub(x, left)?);
            let (down, across) = (
                g.broadcast_in_dim(down, full.clone(), &[0, 1])?,
                g.broadcast_in_dim(across, full.clone(), &[0, 2])?,
            );
            let mut row = |y: Val| {
                let (a, b) = (read(g, y, left)?, read(g, y, right)?);
                blend(g, a, b, across)
            };
            let (upper, lower) = (row(top)?, row(bottom)?);
            blend(g, upper, lower, down)?
        }
    };
    let (in_y, in_x) =
        (g.broadcast_in_dim(in_y, full.clone(), &[0, 1])?, g.broadcast_in_dim(in_x, full.clone(), &[0, 2])?);
    let within = g.and(in_y, in_x)?;
    let outside = g.full(DType::Float32, full, s.extrapolation_value)?;
    g.select(within, value, outside)
}

/// `a + (b - a) * part`.
fn blend(g: &mut Graph, a: Val, b: Val, part: Val) -> Result<Val> {
    let d = g.sub(b, a)?;
    let d = g.mul(d, part)?;
    g.add(a, d)
}

fn inside(g: &mut Graph, v: Val, pixels: usize) -> Result<Val> {
    let (zero, last) = (g.zeros_like(v)?, g.full_like(v, (pixels - 1) as f64)?);
    let (low, high) = (g.ge(v, zero)?, g.le(v, last)?);
    g.and(low, high)
}

/// Rounds to the nearest whole number, halves up: what is read is not negative.
fn half_away(g: &mut Graph, v: Val) -> Result<Val> {
    let v = shift(g, v, 0.5)?;
    g.floor(v)
}

/// The boxes' adjoint is that of the bilinear form, whatever the method.
fn crop_vjp(g: &mut Graph, s: &CropAndResize, x: &[Val], dy: Val) -> Result<Adjoints> {
    let &[image, boxes, box_ind] = x else {
        return Err(Error::internal("CropAndResize", "wanted three operands"));
    };
    let y = crop(g, s, CropMethod::Bilinear, [image, boxes, box_ind])?;
    let mut found = gradient(g, &[y], &[Some(dy)], &[image, boxes])?;
    if s.method == CropMethod::Nearest {
        let y = crop(g, s, CropMethod::Nearest, [image, boxes, box_ind])?;
        found[0] = gradient(g, &[y], &[Some(dy)], &[image])?[0];
    }
    Ok(vec![found[0], found[1], None])
}

pub(super) const OPS: &[Row] = &[row::<CropAndResize>()];
