//! Blocks of space moved to depth or batch, and back.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};
use crate::ops::args::IntoInts;
use crate::shape::Shape;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::attr_enum! {
    /// Where the channels of images stand.
    DataFormat {
        /// Batch, height, width, channels.
        Nhwc = "NHWC",
        /// Batch, channels, height, width.
        Nchw = "NCHW",
    }
}

/// The shape in N, H, W, C order and whether it must be turned for that.
fn image(g: &Graph, op: &str, x: Val, block: i64) -> Result<([usize; 4], usize)> {
    let shape = g.shape(x).clone();
    let &[a, b, c, d] = &shape[..] else {
        return Err(Error::invalid(op, "input", "rank 4", format_args!("shape {shape}")));
    };
    let block = usize::try_from(block).ok().filter(|b| *b > 1);
    let block = block.ok_or_else(|| Error::invalid(op, "block_size", "a value above 1", "a smaller one"))?;
    Ok(([a, b, c, d], block))
}

fn divides(op: &str, arg: &str, n: usize, by: usize) -> Result<usize> {
    if n.is_multiple_of(by) {
        Ok(n / by)
    } else {
        Err(Error::invalid(op, "input", format_args!("a {arg} divisible by {by}"), n))
    }
}

fn rearranged(g: &mut Graph, x: Val, split: &[usize], perm: &[usize], joined: &[usize]) -> Result<Val> {
    let y = g.reshape(x, split.to_vec())?;
    let y = g.transpose(y, perm)?;
    g.reshape(y, joined.to_vec())
}

crate::op! {
    /// Blocks of height and width moved into the channels of one place.
    SpaceToDepth in "tf.nn.space_to_depth" (input) {
        /// Side of a block.
        block_size: i64,
        /// Where the channels stand.
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let op = "SpaceToDepth";
        let (shape, b) = image(g, op, input, s.block_size)?;
        match (s.data_format, shape) {
            (DataFormat::Nhwc, [n, h, w, c]) => {
                let (p, q) = (divides(op, "height", h, b)?, divides(op, "width", w, b)?);
                rearranged(g, input, &[n, p, b, q, b, c], &[0, 1, 3, 2, 4, 5], &[n, p, q, b * b * c])
            }
            (DataFormat::Nchw, [n, c, h, w]) => {
                let (p, q) = (divides(op, "height", h, b)?, divides(op, "width", w, b)?);
                rearranged(g, input, &[n, c, p, b, q, b], &[0, 3, 5, 1, 2, 4], &[n, b * b * c, p, q])
            }
        }
    };
    cases [case().with("block_size", 2).f32([2, 4, 2, 3]), case().with("block_size", 3).ints([1, 3, 6, 1], 0, 99)]
    errors [case().with("block_size", 2).f32([1, 3, 4, 1]), case().with("block_size", 1).f32([1, 2, 2, 1]), case().with("block_size", 2).f32([2, 2, 1])]
}

/// Blocks of height and width moved into the channels of one place (`tf.nn.space_to_depth`).
///
/// # Errors
/// `InvalidArgument` for another rank than 4, or sides that the block does not divide.
pub fn space_to_depth(input: impl IntoTensor, block_size: i64, data_format: DataFormat) -> Result<Tensor> {
    run_one(&SpaceToDepth { block_size, data_format }, &[&input.into_tensor(None)?])
}

crate::op! {
    /// Channels moved into blocks of height and width: the inverse of `SpaceToDepth`.
    DepthToSpace in "tf.nn.depth_to_space" (input) {
        /// Side of a block.
        block_size: i64,
        /// Where the channels stand.
        data_format: DataFormat = DataFormat::Nhwc,
    }
    build |s, g| {
        let op = "DepthToSpace";
        let (shape, b) = image(g, op, input, s.block_size)?;
        match (s.data_format, shape) {
            (DataFormat::Nhwc, [n, h, w, c]) => {
                let d = divides(op, "depth", c, b * b)?;
                rearranged(g, input, &[n, h, w, b, b, d], &[0, 1, 3, 2, 4, 5], &[n, h * b, w * b, d])
            }
            (DataFormat::Nchw, [n, c, h, w]) => {
                let d = divides(op, "depth", c, b * b)?;
                rearranged(g, input, &[n, b, b, d, h, w], &[0, 3, 4, 1, 5, 2], &[n, d, h * b, w * b])
            }
        }
    };
    cases [case().with("block_size", 2).f32([2, 2, 1, 12]), case().with("block_size", 3).ints([1, 1, 2, 9], 0, 99)]
    errors [case().with("block_size", 2).f32([1, 2, 2, 3]), case().with("block_size", 0).f32([1, 2, 2, 4])]
}

/// Channels moved into blocks of height and width (`tf.nn.depth_to_space`).
///
/// # Errors
/// `InvalidArgument` for another rank than 4, or channels that a block's places do not divide.
pub fn depth_to_space(input: impl IntoTensor, block_size: i64, data_format: DataFormat) -> Result<Tensor> {
    run_one(&DepthToSpace { block_size, data_format }, &[&input.into_tensor(None)?])
}

/// Checks the lists of a block op: one block side above 0 and one pair of at least 0 for each dimension after the batch.
fn check_blocks(
    op: &str,
    arg: &str,
    shape: &Shape,
    blocks: &[i64],
    pairs: &[[i64; 2]],
) -> Result<Vec<usize>> {
    if blocks.len() != pairs.len() || shape.rank() < blocks.len() + 1 || blocks.iter().any(|b| *b < 1) {
        let wanted = format!("at most {} sides above 0", shape.rank().saturating_sub(1));
        return Err(Error::invalid(op, "block_shape", wanted, format_args!("{blocks:?}")));
    }
    if pairs.iter().flatten().any(|p| *p < 0) {
        return Err(Error::invalid(op, arg, "numbers of at least 0", format_args!("{pairs:?}")));
    }
    Ok(blocks.iter().map(|&b| b as usize).collect())
}

crate::op! {
    /// Blocks of space moved into the batch, after zero padding.
    SpaceToBatchND in "tf.space_to_batch_nd" (input) {
        /// Sides of a block.
        block_shape: Vec<i64>,
        /// Zeros before and after each of those dimensions.
        paddings: Vec<[i64; 2]>,
    }
    build |s, g| {
        let op = "SpaceToBatchND";
        let shape = g.shape(input).clone();
        let blocks = check_blocks(op, "paddings", &shape, &s.block_shape, &s.paddings)?;
        let m = blocks.len();
        let pairs = || std::iter::once([0, 0]).chain(s.paddings.iter().copied()).chain(std::iter::repeat([0, 0])).take(shape.rank());
        let (low, high): (Vec<i64>, Vec<i64>) = pairs().map(|p| (p[0], p[1])).unzip();
        let x = g.pad_zeros(input, &low, &high)?;
        let padded = g.shape(x).clone();
        let mut split = vec![padded[0]];
        for (d, &b) in blocks.iter().enumerate() {
            split.extend([divides(op, "padded side", padded[d + 1], b)?, b]);
        }
        split.extend(&padded[m + 1..]);
        // Blocks' places first, then the batch, then what is left.
        let perm: Vec<usize> = (0..m).map(|d| 2 * d + 2).chain([0]).chain((0..m).map(|d| 2 * d + 1)).chain(2 * m + 1..split.len()).collect();
        let mut out = vec![padded[0] * blocks.iter().product::<usize>()];
        out.extend((0..m).map(|d| padded[d + 1] / blocks[d]).chain(padded[m + 1..].iter().copied()));
        rearranged(g, x, &split, &perm, &out)
    };
    cases [
        case().with("block_shape", [2, 2]).with("paddings", [[0, 0], [0, 0]]).f32([1, 4, 2, 3]),
        case().with("block_shape", [2, 3]).with("paddings", [[1, 0], [0, 1]]).f32([2, 3, 2, 1]),
        case().with("block_shape", [2]).with("paddings", [[1, 1]]).ints([1, 2, 2], 0, 9),
    ]
    errors [
        case().with("block_shape", [2, 2]).with("paddings", [[0, 0], [0, 0]]).f32([1, 3, 2, 1]),
        case().with("block_shape", [0]).with("paddings", [[0, 0]]).f32([1, 3]),
    ]
}

/// Blocks of space moved into the batch, after zero padding (`tf.space_to_batch`).
///
/// # Errors
/// `InvalidArgument` for padded sides that the block does not divide.
pub fn space_to_batch(
    input: impl IntoTensor,
    block_shape: impl IntoInts,
    paddings: impl AsRef<[[i64; 2]]>,
) -> Result<Tensor> {
    let op = SpaceToBatchND { block_shape: block_shape.into_ints()?, paddings: paddings.as_ref().to_vec() };
    run_one(&op, &[&input.into_tensor(None)?])
}

crate::op! {
    /// The batch moved into blocks of space, then cropped: the inverse of `SpaceToBatchND`.
    BatchToSpaceND in "tf.batch_to_space" (input) {
        /// Sides of a block.
        block_shape: Vec<i64>,
        /// What is cut before and after each of those dimensions.
        crops: Vec<[i64; 2]>,
    }
    build |s, g| {
        let op = "BatchToSpaceND";
        let shape = g.shape(input).clone();
        let blocks = check_blocks(op, "crops", &shape, &s.block_shape, &s.crops)?;
        let m = blocks.len();
        let batch = divides(op, "batch", shape[0], blocks.iter().product())?;
        let split: Vec<usize> = blocks.iter().copied().chain([batch]).chain(shape[1..].iter().copied()).collect();
        let mut perm = vec![m];
        (0..m).for_each(|d| perm.extend([m + 1 + d, d]));
        perm.extend(2 * m + 1..split.len());
        let mut full = vec![batch];
        full.extend((0..m).map(|d| shape[d + 1] * blocks[d]).chain(shape[m + 1..].iter().copied()));
        let y = rearranged(g, input, &split, &perm, &full)?;
        let (mut start, mut limit) = (vec![0; full.len()], full.clone());
        for (d, c) in s.crops.iter().enumerate() {
            let (lo, hi) = (c[0] as usize, c[1] as usize);
            if lo + hi > full[d + 1] {
                return Err(Error::invalid(op, "crops", format_args!("at most {} in dimension {}", full[d + 1], d + 1), format_args!("{c:?}")));
            }
            (start[d + 1], limit[d + 1]) = (lo, full[d + 1] - hi);
        }
        g.slice(y, &start, &limit, &vec![1; full.len()])
    };
    cases [
        case().with("block_shape", [2, 2]).with("crops", [[0, 0], [0, 0]]).f32([4, 2, 1, 3]),
        case().with("block_shape", [2, 3]).with("crops", [[1, 0], [0, 2]]).f32([6, 2, 2, 1]),
        case().with("block_shape", [2]).with("crops", [[1, 1]]).ints([2, 2, 2], 0, 9),
    ]
    errors [
        case().with("block_shape", [2, 2]).with("crops", [[0, 0], [0, 0]]).f32([3, 2, 2, 1]),
        case().with("block_shape", [2]).with("crops", [[3, 3]]).f32([2, 2]),
    ]
}

/// The batch moved into blocks of space, then cropped (`tf.batch_to_space`).
///
/// # Errors
/// `InvalidArgument` for a batch that a block's places do not divide, or crops beyond the sides.
pub fn batch_to_space(
    input: impl IntoTensor,
    block_shape: impl IntoInts,
    crops: impl AsRef<[[i64; 2]]>,
) -> Result<Tensor> {
    let op = BatchToSpaceND { block_shape: block_shape.into_ints()?, crops: crops.as_ref().to_vec() };
    run_one(&op, &[&input.into_tensor(None)?])
}

pub(super) const OPS: &[Row] =
    &[row::<SpaceToDepth>(), row::<DepthToSpace>(), row::<SpaceToBatchND>(), row::<BatchToSpaceND>()];
