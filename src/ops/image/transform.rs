//! Images seen through a projective map: each place of the result reads where the map sends it.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, Val};
use crate::ops::build::{above, below, scale, shift};
use crate::ops::checks::want_rank;
use crate::shape::Shape;
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

crate::attr_enum! {
    /// How values between pixels come about.
    Interpolation {
        /// The nearest pixel's.
        Nearest = "NEAREST",
        /// Of the four pixels around, each by its nearness.
        Bilinear = "BILINEAR",
    }
}

crate::attr_enum! {
    /// What lies outside of the image.
    FillMode {
        /// The image mirrored at its edges, which come twice.
        Reflect = "REFLECT",
        /// The image again.
        Wrap = "WRAP",
        /// One value.
        Constant = "CONSTANT",
        /// The pixels of the edge.
        Nearest = "NEAREST",
    }
}

crate::op! {
    /// Images `[batch, height, width, channels]` seen through a projective map each: result place `(x, y)` reads
    /// `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` with `k = c0 x + c1 y + 1`.
    ImageProjectiveTransformV3 in "tf.raw_ops.ImageProjectiveTransformV3" (images, transforms) {
        /// Height and width of the result.
        output_shape: Vec<i64>,
        fill_value: f64 = 0.0,
        interpolation: Interpolation,
        fill_mode: FillMode = FillMode::Constant,
    }
    build |s, g| {
        let view = View { interpolation: s.interpolation, fill_mode: s.fill_mode, fill_value: s.fill_value };
        let &[height, width] = &s.output_shape[..] else {
            return Err(Error::invalid("ImageProjectiveTransformV3", "output_shape", "two sizes", format_args!("{:?}", s.output_shape)));
        };
        view.through(g, images, transforms, height, width)
    };
    vjp |s, g, x, y, dy| {
        // As TensorFlow has it: the adjoint looked at through the inverse map.
        let view = View { interpolation: s.interpolation, fill_mode: s.fill_mode, fill_value: 0.0 };
        let back = inverse(g, x[1])?;
        let shape = g.shape(x[0]).clone();
        Ok(vec![Some(view.through(g, dy, back, shape[1] as i64, shape[2] as i64)?), None])
    };
    cases [
        case().with("output_shape", [4, 5]).with("interpolation", "BILINEAR").f32([2, 4, 5, 2]).values([1, 8], &[0.9, 0.2, -0.3, -0.1, 1.1, 0.4, 0.0, 0.0]),
        case().with("output_shape", [4, 5]).with("interpolation", "NEAREST").with("fill_value", 7.5).f32([2, 4, 5, 1]).values([2, 8], &[0.91, 0.22, -0.33, -0.13, 1.12, 0.43, 0.0, 0.0, 1.2, -0.3, 0.21, 0.15, 0.8, -0.37, 0.02, 0.01]),
        case().with("output_shape", [6, 3]).with("interpolation", "BILINEAR").with("fill_mode", "REFLECT").f32([1, 4, 5, 2]).values([1, 8], &[1.7, 0.4, -7.3, -0.6, 2.1, -5.4, 0.0, 0.0]),
        case().with("output_shape", [6, 7]).with("interpolation", "BILINEAR").with("fill_mode", "WRAP").f32([1, 4, 5, 2]).values([1, 8], &[1.71, 0.43, -7.34, -0.62, 2.13, -5.47, 0.0, 0.0]),
        case().with("output_shape", [6, 7]).with("interpolation", "NEAREST").with("fill_mode", "WRAP").f32([1, 3, 3, 1]).values([1, 8], &[2.7, 0.4, -9.31, -0.6, 3.1, -8.42, 0.0, 0.0]),
        case().with("output_shape", [5, 5]).with("interpolation", "BILINEAR").with("fill_mode", "NEAREST").f32([1, 4, 4, 1]).values([1, 8], &[1.3, 0.1, -2.3, -0.2, 1.4, -1.4, 0.0, 0.0]),
        case().with("output_shape", [3, 3]).with("interpolation", "NEAREST").with("fill_mode", "REFLECT").input(DType::UInt8, [1, 3, 3, 2], Fill::Uniform(0.0, 256.0)).values([1, 8], &[1.3, 0.1, -2.31, -0.2, 1.4, -1.42, 0.0, 0.0]),
        case().with("output_shape", [2, 2]).with("interpolation", "BILINEAR").with("fill_value", 3.0).ints([1, 3, 3, 1], -9, 9).values([1, 8], &[1.3, 0.1, -0.3, -0.2, 1.4, -0.4, 0.0, 0.0]),
    ]
    errors [
        case().with("output_shape", [4, 5]).with("interpolation", "BILINEAR").f32([4, 5, 2]).f32([1, 8]),
        case().with("output_shape", [4, 5]).with("interpolation", "BILINEAR").f32([2, 4, 5, 2]).f32([1, 7]),
        case().with("output_shape", [4, 5]).with("interpolation", "BILINEAR").f32([2, 4, 5, 2]).f32([3, 8]),
        case().with("output_shape", [4]).with("interpolation", "BILINEAR").f32([2, 4, 5, 2]).f32([1, 8]),
        case().with("output_shape", [0, 5]).with("interpolation", "BILINEAR").f32([2, 4, 5, 2]).f32([1, 8]),
    ]
}

/// How an image is looked at.
struct View {
    interpolation: Interpolation,
    fill_mode: FillMode,
    fill_value: f64,
}

impl View {
    fn through(&self, g: &mut Graph, images: Val, transforms: Val, height: i64, width: i64) -> Result<Val> {
        let op = "ImageProjectiveTransformV3";
        want_rank(g, op, &[("images", images)], |r| r == 4, "4 dimensions")?;
        let (shape, ts) = (g.shape(images).clone(), g.shape(transforms).clone());
        if ts.rank() != 2
            || ts[1] != 8
            || (ts[0] != 1 && ts[0] != shape[0])
            || g.dtype(transforms) != DType::Float32
        {
            let wanted = format!("float32 of shape (1, 8) or ({}, 8)", shape[0]);
            return Err(Error::invalid(op, "transforms", wanted, g.spec(transforms)));
        }
        let bounds = 1..=i64::from(i32::MAX);
        if !bounds.contains(&height) || !bounds.contains(&width) {
            return Err(Error::invalid(
                op,
                "output_shape",
                "sizes from 1 up",
                format_args!("[{height}, {width}]"),
            ));
        }
        let places = Shape::from([shape[0], height as usize, width as usize]);
        let (x, y) = (g.iota(DType::Float32, places.clone(), 2)?, g.iota(DType::Float32, places.clone(), 1)?);
        let t = coefficients(g, transforms)?.map(|v| g.broadcast_to(v, &Shape::from([shape[0]])));
        let [a0, a1, a2, b0, b1, b2, c0, c1] = t;
        let mut line = |a: Result<Val>, b: Result<Val>| -> Result<Val> {
            let (a, b) = (
                g.broadcast_in_dim(a?, places.clone(), &[0])?,
                g.broadcast_in_dim(b?, places.clone(), &[0])?,
            );
            let (a, b) = (g.mul(a, x)?, g.mul(b, y)?);
            g.add(a, b)
        };
        let (over_x, over_y, under) = (line(a0, a1)?, line(b0, b1)?, line(c0, c1)?);
        let (a2, b2) =
            (g.broadcast_in_dim(a2?, places.clone(), &[0])?, g.broadcast_in_dim(b2?, places.clone(), &[0])?);
        let (over_x, over_y, under) = (g.add(over_x, a2)?, g.add(over_y, b2)?, shift(g, under, 1.0)?);
        let zero = g.zeros_like(under)?;
        let lost = g.eq(under, zero)?;
        let one = g.ones_like(under)?;
        let under = g.select(lost, one, under)?;
        let (x, y) = (g.div(over_x, under)?, g.div(over_y, under)?);
        let (x, y) = (self.inside(g, x, shape[2])?, self.inside(g, y, shape[1])?);
        let wide = g.convert(images, DType::Float32)?;
        let seen = self.read(g, wide, x, y)?;
        let fill = g.full_like(seen, self.fill_value)?;
        let lost = g.broadcast_in_dim(lost, g.shape(seen).clone(), &[0, 1, 2])?;
        let seen = g.select(lost, fill, seen)?;
        g.convert(seen, g.dtype(images))
    }

    /// A coordinate moved into an image of `n` pixels, as the mode has it.
    fn inside(&self, g: &mut Graph, at: Val, n: usize) -> Result<Val> {
        let size = n as f64;
        let moved = match self.fill_mode {
            FillMode::Constant => return Ok(at),
            FillMode::Nearest => at,
            _ if n <= 1 => g.zeros_like(at)?,
            FillMode::Reflect => {
                // Below: by whole periods up, then mirrored at the first edge. Above: by whole periods down, then mirrored at the last.
                let periods = whole(g, at, 2.0 * size)?;
                let periods = scale(g, periods, 2.0 * size)?;
                let back = g.sub(at, periods)?;
                let far = below(g, back, -size)?;
                let up = shift(g, back, 2.0 * size)?;
                let negative = g.neg(back)?;
                let mirrored = shift(g, negative, -1.0)?;
                let low = g.select(far, up, mirrored)?;
                let beyond = above(g, back, size)?;
                let last = g.full_like(back, size)?;
                let at_last = g.eq(back, last)?;
                let beyond = g.or(beyond, at_last)?;
                let turned = shift(g, negative, 2.0 * size - 1.0)?;
                let high = g.select(beyond, turned, back)?;
                self.sides(g, at, size, low, high)?
            }
            FillMode::Wrap => {
                let periods = whole(g, at, size - 1.0)?;
                let periods = scale(g, periods, size)?;
                let high = g.sub(at, periods)?;
                let low = shift(g, high, size)?;
                self.sides(g, at, size, low, high)?
            }
        };
        let (first, last) = (g.zeros_like(moved)?, g.full_like(moved, (size - 1.0).max(0.0))?);
        g.clamp(first, moved, last)
    }

    /// `low` where a coordinate lies below the image, `high` where it lies beyond, itself elsewhere.
    fn sides(&self, g: &mut Graph, at: Val, size: f64, low: Val, high: Val) -> Result<Val> {
        let (under, over) = (below(g, at, 0.0)?, above(g, at, size - 1.0)?);
        let upper = g.select(over, high, at)?;
        g.select(under, low, upper)
    }

    /// What the images hold at coordinates.
    fn read(&self, g: &mut Graph, images: Val, x: Val, y: Val) -> Result<Val> {
        if self.interpolation == Interpolation::Nearest {
            let (x, y) = (half_away(g, x)?, half_away(g, y)?);
            return self.pixel(g, images, x, y);
        }
        let (left, top) = (g.floor(x)?, g.floor(y)?);
        let (right, bottom) = (shift(g, left, 1.0)?, shift(g, top, 1.0)?);
        let (from_left, to_right) = (g.sub(x, left)?, g.sub(right, x)?);
        let (from_top, to_bottom) = (g.sub(y, top)?, g.sub(bottom, y)?);
        let row = |g: &mut Graph, y: Val| -> Result<Val> {
            let (a, b) = (self.pixel(g, images, left, y)?, self.pixel(g, images, right, y)?);
            blend(g, (to_right, a), (from_left, b))
        };
        let (upper, lower) = (row(g, top)?, row(g, bottom)?);
        blend(g, (to_bottom, upper), (from_top, lower))
    }

    /// The pixels at whole coordinates; the fill value outside.
    fn pixel(&self, g: &mut Graph, images: Val, x: Val, y: Val) -> Result<Val> {
        let shape = g.shape(images).clone();
        let (over_x, over_y) = (above(g, x, shape[2] as f64 - 1.0)?, above(g, y, shape[1] as f64 - 1.0)?);
        let (under_x, under_y) = (below(g, x, 0.0)?, below(g, y, 0.0)?);
        let (outside_x, outside_y) = (g.or(under_x, over_x)?, g.or(under_y, over_y)?);
        let outside = g.or(outside_x, outside_y)?;
        let zero = g.zeros_like(x)?;
        let (x, y) = (g.select(outside, zero, x)?, g.select(outside, zero, y)?);
        let (x, y) = (g.convert(x, DType::Int32)?, g.convert(y, DType::Int32)?);
        let (x, y) = (g.expand_dims(x, &[3])?, g.expand_dims(y, &[3])?);
        let at = g.concatenate(&[y, x], 3)?;
        let read = g.gather(images, at, &[1, 2], 1, GatherMode::Clip)?;
        let fill = g.full_like(read, self.fill_value)?;
        let outside = g.broadcast_in_dim(outside, g.shape(read).clone(), &[0, 1, 2])?;
        g.select(outside, fill, read)
    }
}

/// `w1 * v1 + w2 * v2`, weights over all channels.
fn blend(g: &mut Graph, (w1, v1): (Val, Val), (w2, v2): (Val, Val)) -> Result<Val> {
    let mut weighed = |w: Val, v: Val| {
        let w = g.broadcast_in_dim(w, g.shape(v).clone(), &[0, 1, 2])?;
        g.mul(w, v)
    };
    let (a, b) = (weighed(w1, v1)?, weighed(w2, v2)?);
    g.add(a, b)
}

/// How many whole times `n` goes into `x`, with its sign.
fn whole(g: &mut Graph, x: Val, n: f64) -> Result<Val> {
    let n = g.full_like(x, n)?;
    let q = g.div(x, n)?;
    let (size, sign) = (g.abs(q)?, g.sign(q)?);
    let size = g.floor(size)?;
    g.mul(size, sign)
}

/// The nearest whole number, halves away from 0.
fn half_away(g: &mut Graph, x: Val) -> Result<Val> {
    let (size, sign) = (g.abs(x)?, g.sign(x)?);
    let size = shift(g, size, 0.5)?;
    let size = g.floor(size)?;
    g.mul(size, sign)
}

/// The columns of a matrix of eight.
fn coefficients(g: &mut Graph, transforms: Val) -> Result<[Val; 8]> {
    let n = g.shape(transforms)[0];
    let mut found = [transforms; 8];
    for (k, v) in found.iter_mut().enumerate() {
        let column = g.slice_in_dim(transforms, 1, k, k + 1)?;
        *v = g.reshape(column, [n])?;
    }
    Ok(found)
}

/// The inverse maps: the adjugates, divided by their last elements.
fn inverse(g: &mut Graph, transforms: Val) -> Result<Val> {
    let n = g.shape(transforms)[0];
    let [a0, a1, a2, b0, b1, b2, c0, c1] = coefficients(g, transforms)?;
    let one = g.ones_like(a0)?;
    let mut minor = |p: Val, q: Val, r: Val, s: Val| -> Result<Val> {
        let (pq, rs) = (g.mul(p, q)?, g.mul(r, s)?);
        g.sub(pq, rs)
    };
    let adjugate = [
        minor(b1, one, b2, c1)?,
        minor(a2, c1, a1, one)?,
        minor(a1, b2, a2, b1)?,
        minor(b2, c0, b0, one)?,
        minor(a0, one, a2, c0)?,
        minor(a2, b0, a0, b2)?,
        minor(b0, c1, b1, c0)?,
        minor(a1, c0, a0, c1)?,
    ];
    let last = minor(a0, b1, a1, b0)?;
    let mut columns = vec![];
    for v in adjugate {
        let v = g.div(v, last)?;
        columns.push(g.reshape(v, [n, 1])?);
    }
    g.concatenate(&columns, 1)
}

/// Images `[batch, height, width, channels]` seen through projective maps, one for all or one each, as in `ImageProjectiveTransformV3`
/// (`tf.image.transform` of TensorFlow.js). `output_shape` is the height and width of the result; those of the images if not given.
///
/// The gradient in the images is TensorFlow's: the adjoint looked at through the inverse map.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit, and sizes of 0.
pub fn transform(
    images: impl IntoTensor,
    transforms: impl IntoTensor,
    interpolation: Interpolation,
    fill_mode: FillMode,
    fill_value: f64,
    output_shape: Option<[usize; 2]>,
) -> Result<Tensor> {
    let (images, transforms) = (images.into_tensor(None)?, transforms.into_tensor(Some(DType::Float32))?);
    let own = match images.shape()[..] {
        [_, height, width, _] => [height, width],
        _ => [1, 1],
    };
    let output_shape = output_shape.unwrap_or(own).map(|n| n as i64).to_vec();
    let op = ImageProjectiveTransformV3 { output_shape, fill_value, interpolation, fill_mode };
    run_one(&op, &[&images, &transforms])
}

crate::op! {
    /// Images rotated about a point by an angle, counted as the rows go down; each place shows the nearest pixel, or a fill value.
    RotateWithOffset in api "tf.image.rotateWithOffset" (image) {
        /// The angle.
        radians: f64,
        /// What stands outside of the image: a number, or one for each of three channels; a fourth is then 255.
        fill_value: Vec<f64> = vec![0.0],
        /// The point, as a part of width and height: one number for both, or one each.
        center: Vec<f64> = vec![0.5],
    }
    build |s, g| rotate(g, s, image);
    cases [
        case().with("radians", 0.7).f32([1, 5, 6, 3]).forward_only(),
        case().with("radians", -2.1).with("fill_value", [1.5]).with("center", [0.25, 0.75]).f32([2, 6, 4, 1]).forward_only(),
        case().with("radians", 1.3).with("fill_value", [10.0, 20.0, 30.0]).range([1, 5, 5, 4], 0.0, 255.0).forward_only(),
    ]
    errors [
        case().with("radians", 0.5).f32([5, 6, 3]),
        case().with("radians", 0.5).with("fill_value", [1.0, 2.0]).f32([1, 5, 6, 3]),
        case().with("radians", 0.5).with("center", [0.5, 0.5, 0.5]).f32([1, 5, 6, 3]),
    ]
}

fn rotate(g: &mut Graph, s: &RotateWithOffset, image: Val) -> Result<Val> {
    let op = "RotateWithOffset";
    want_rank(g, op, &[("image", image)], |r| r == 4, "4 dimensions")?;
    let shape = g.shape(image).clone();
    let channels = shape[3];
    let fill = match s.fill_value[..] {
        [v] => vec![v; channels],
        [r, green, b] if channels == 3 || channels == 4 => [r, green, b, 255.0][..channels].to_vec(),
        _ => {
            let wanted = "one number, or three for images of three or four channels";
            return Err(Error::invalid(op, "fill_value", wanted, format_args!("{:?}", s.fill_value)));
        }
    };
    let center = match s.center[..] {
        [c] => [c, c],
        [x, y] => [x, y],
        _ => return Err(Error::invalid(op, "center", "one or two numbers", format_args!("{:?}", s.center))),
    };
    let (cx, cy) = (center[0] * shape[2] as f64, center[1] * shape[1] as f64);
    let (sin, cos) = (libm::sin(s.radians), libm::cos(s.radians));
    let places = Shape::from([shape[0], shape[1], shape[2]]);
    let (x, y) = (g.iota(DType::Float32, places.clone(), 2)?, g.iota(DType::Float32, places, 1)?);
    let (x, y) = (shift(g, x, -cx)?, shift(g, y, -cy)?);
    let mut turned = |a: f64, b: f64, offset: f64| -> Result<Val> {
        let (a, b) = (scale(g, x, a)?, scale(g, y, b)?);
        let sum = g.add(a, b)?;
        // Halves go up.
        let sum = shift(g, sum, offset + 0.5)?;
        g.floor(sum)
    };
    let (x, y) = (turned(cos, -sin, cx)?, turned(sin, cos, cy)?);
    let wide = g.convert(image, DType::Float32)?;
    let blank =
        View { interpolation: Interpolation::Nearest, fill_mode: FillMode::Constant, fill_value: f64::NAN };
    let seen = blank.pixel(g, wide, x, y)?;
    let whole = g.full_like(wide, 1.0)?;
    let zero = View { fill_value: 0.0, ..blank };
    let there = zero.pixel(g, whole, x, y)?;
    let there = above(g, there, 0.5)?;
    let fill = g.constant(crate::hlo::Literal::floats(DType::Float32, [channels], fill))?;
    let fill = g.broadcast_to(fill, &shape)?;
    let seen = g.select(there, seen, fill)?;
    g.convert(seen, g.dtype(image))
}

/// Images `[batch, height, width, channels]` rotated by `radians` about `center`, a part of width and height (`tf.image.rotateWithOffset`
/// of TensorFlow.js, whose defaults are a fill value of 0 and a centre of 0.5). Each place shows the nearest pixel; outside stands
/// `fill_value`: one number, or one for each of three channels (a fourth is then 255).
///
/// # Errors
/// `InvalidArgument` for other ranks, and other numbers of fill values or centres.
pub fn rotate_with_offset(
    image: impl IntoTensor,
    radians: f64,
    fill_value: &[f64],
    center: &[f64],
) -> Result<Tensor> {
    let op = RotateWithOffset { radians, fill_value: fill_value.to_vec(), center: center.to_vec() };
    run_one(&op, &[&image.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<ImageProjectiveTransformV3>(), row::<RotateWithOffset>()];
