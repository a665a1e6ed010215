//! Batch normalisation of images in one op, and its derivative.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Graph, ReduceKind, Val, gradient};
use crate::ops::build::{scale, shift};
use crate::ops::nn::DataFormat;
use crate::shape::Dims;
use crate::tensor::{Adjoints, IntoTensor, Row, Tensor, row, run};

crate::op! {
    /// Normalises each channel, by the statistics of the batch in training, else by given ones.
    FusedBatchNormV3 in "tf.compat.v1.nn.fused_batch_norm" (x, scale, offset, mean, variance) {
        epsilon: f64 = 1e-4,
        /// How much the batch counts in the returned running statistics; 1 returns those of the batch.
        exponential_avg_factor: f64 = 1.0,
        data_format: DataFormat = DataFormat::Nhwc,
        is_training: bool = true,
    }
    build |s, g| build(g, s, [x, scale, offset, mean, variance]);
    vjps |s, g, x, y, dy| {
        let Some(dy) = dy[0] else { return Ok(vec![None; 5]) };
        let c = Channels::new(g, "FusedBatchNormV3", x[0], s.data_format)?;
        // The statistics once more: equal instructions are merged, and second derivatives see how they depend on x.
        let stats = if s.is_training { batch_stats(g, &c, x[0])? } else { (x[3], x[4]) };
        let [dx, dscale, doffset] = backward(g, &c, [dy, x[0], x[1]], stats, s.epsilon, s.is_training)?;
        Ok(vec![Some(dx), Some(dscale), Some(doffset), None, None])
    };
    cases [
        case().f32([2, 3, 2, 3]).f32([3]).f32([3]).f32([0]).f32([0]),
        case().with("epsilon", 0.01).with("exponential_avg_factor", 0.3).f32([3, 2, 2, 2]).f32([2]).f32([2]).f32([2]).range([2], 0.5, 2.0),
        case().with("is_training", false).f32([2, 3, 2, 3]).f32([3]).f32([3]).f32([3]).range([3], 0.5, 2.0),
        case().with("data_format", "NCHW").f32([2, 3, 2, 2]).f32([3]).f32([3]).f32([0]).f32([0]),
        case().f32([1, 1, 1, 2]).f32([2]).f32([2]).f32([0]).f32([0]),
        case().half([2, 2, 2, 2]).f32([2]).f32([2]).f32([0]).f32([0]).forward_only(),
    ]
    errors [
        case().f32([3, 2, 2]).f32([2]).f32([2]).f32([0]).f32([0]),
        case().f32([2, 3, 2, 3]).f32([2]).f32([3]).f32([0]).f32([0]),
        case().with("is_training", false).f32([2, 3, 2, 3]).f32([3]).f32([3]).f32([0]).f32([0]),
        case().f32([2, 3, 2, 3]).f32([3, 1]).f32([3]).f32([0]).f32([0]),
    ]
}

crate::op! {
    /// The adjoints of `FusedBatchNormV3`'s input, scale and offset.
    FusedBatchNormGradV3 in "tf.raw_ops.FusedBatchNormGradV3" (y_backprop, x, scale, reserve_space_1, reserve_space_2, reserve_space_3) {
        epsilon: f64 = 1e-4,
        data_format: DataFormat = DataFormat::Nhwc,
        is_training: bool = true,
    }
    build |s, g| {
        let c = Channels::new(g, "FusedBatchNormGradV3", x, s.data_format)?;
        let stats = (reserve_space_1, reserve_space_2);
        let [dx, dscale, doffset] = backward(g, &c, [y_backprop, x, scale], stats, s.epsilon, s.is_training)?;
        let empty = g.full(DType::Float32, [0], 0.0)?;
        Ok(vec![dx, dscale, doffset, empty, empty])
    };
    vjps |s, g, x, y, dy| {
        let c = Channels::new(g, "FusedBatchNormGradV3", x[1], s.data_format)?;
        let stats = if s.is_training { batch_stats(g, &c, x[1])? } else { (x[3], x[4]) };
        let d = backward(g, &c, [x[0], x[1], x[2]], stats, s.epsilon, s.is_training)?;
        let mut found: Adjoints = gradient(g, &d, &dy[..3], &x[..3])?;
        found.resize(6, None);
        Ok(found)
    };
    cases [
        case().f32([2, 3, 2, 3]).f32([2, 3, 2, 3]).f32([3]).f32([3]).range([3], 0.5, 2.0).f32([0]).forward_only(),
        case().with("is_training", false).f32([2, 3, 2, 3]).f32([2, 3, 2, 3]).f32([3]).f32([3]).range([3], 0.5, 2.0).f32([0]),
        case().with("epsilon", 0.01).f32([4, 1, 1, 1]).values([4, 1, 1, 1], &[1.0, 3.0, -1.0, 5.0]).f32([1]).values([1], &[2.0]).values([1], &[5.0]).f32([0]),
    ]
    errors [case().f32([3, 2, 2]).f32([3, 2, 2]).f32([2]).f32([2]).f32([2]).f32([0])]
}

/// Images and where their channels stand.
struct Channels {
    op: &'static str,
    dim: usize,
    others: Dims,
    n: usize,
    count: usize,
}

impl Channels {
    fn new(g: &Graph, op: &'static str, x: Val, format: DataFormat) -> Result<Channels> {
        let shape = g.shape(x);
        if shape.rank() != format.spatial() + 2 {
            let wanted = format!("{} dimensions", format.spatial() + 2);
            return Err(Error::invalid(op, "x", wanted, format_args!("shape {shape}")));
        }
        let dim = format.channel_dim();
        let others: Dims = (0..shape.rank()).filter(|&d| d != dim).collect();
        let count = others.iter().map(|&d| shape[d]).product();
        Ok(Channels { op, dim, n: shape[dim], others, count })
    }

    /// A vector over channels, checked.
    fn want(&self, g: &Graph, arg: &str, v: Val) -> Result<()> {
        if **g.shape(v) == [self.n] {
            return Ok(());
        }
        Err(Error::invalid(
            self.op,
            arg,
            format_args!("shape ({},)", self.n),
            format_args!("shape {}", g.shape(v)),
        ))
    }

    fn spread(&self, g: &mut Graph, v: Val, like: Val) -> Result<Val> {
        g.broadcast_in_dim(v, g.shape(like).clone(), &[self.dim])
    }

    fn sum(&self, g: &mut Graph, x: Val) -> Result<Val> {
        g.reduce(ReduceKind::Sum, x, &self.others)
    }

    fn mean(&self, g: &mut Graph, x: Val) -> Result<Val> {
        g.mean(x, &self.others)
    }
}

/// Mean and (biased) variance of each channel, as float32.
fn batch_stats(g: &mut Graph, c: &Channels, x: Val) -> Result<(Val, Val)> {
    let x = g.convert(x, DType::Float32)?;
    let mean = c.mean(g, x)?;
    let center = c.spread(g, mean, x)?;
    let off = g.sub(x, center)?;
    let square = g.mul(off, off)?;
    Ok((mean, c.mean(g, square)?))
}

fn build(
    g: &mut Graph,
    s: &FusedBatchNormV3,
    [x, gamma, beta, mean, variance]: [Val; 5],
) -> Result<Vec<Val>> {
    let c = Channels::new(g, "FusedBatchNormV3", x, s.data_format)?;
    c.want(g, "scale", gamma)?;
    c.want(g, "offset", beta)?;
    if !s.is_training || s.exponential_avg_factor != 1.0 {
        c.want(g, "mean", mean)?;
        c.want(g, "variance", variance)?;
    }
    let (m, v) = if s.is_training { batch_stats(g, &c, x)? } else { (mean, variance) };
    let wide = g.convert(x, DType::Float32)?;
    let (_, normal) = standardised(g, &c, wide, (m, v), s.epsilon)?;
    let (gamma, beta) = (c.spread(g, gamma, wide)?, c.spread(g, beta, wide)?);
    let y = g.mul(normal, gamma)?;
    let y = g.add(y, beta)?;
    let y = g.convert(y, g.dtype(x))?;
    let (mut batch_mean, mut batch_variance) = (m, v);
    if s.is_training {
        // The running variance estimates that of the population.
        let unbiased = c.count as f64 / c.count.saturating_sub(1).max(1) as f64;
        batch_variance = scale(g, v, unbiased)?;
        if s.exponential_avg_factor != 1.0 {
            batch_mean = blend(g, mean, batch_mean, s.exponential_avg_factor)?;
            batch_variance = blend(g, variance, batch_variance, s.exponential_avg_factor)?;
        }
    }
    let empty = g.full(DType::Float32, [0], 0.0)?;
    Ok(vec![y, batch_mean, batch_variance, m, v, empty])
}

/// `(1 - factor) * old + factor * new`.
fn blend(g: &mut Graph, old: Val, new: Val, factor: f64) -> Result<Val> {
    let (old, new) = (scale(g, old, 1.0 - factor)?, scale(g, new, factor)?);
    g.add(old, new)
}

/// One over the standard deviation, spread over `x`, and the standardised `x`.
fn standardised(
    g: &mut Graph,
    c: &Channels,
    x: Val,
    (mean, variance): (Val, Val),
    epsilon: f64,
) -> Result<(Val, Val)> {
    let more = shift(g, variance, epsilon)?;
    let inverse = g.rsqrt(more)?;
    let (inverse, center) = (c.spread(g, inverse, x)?, c.spread(g, mean, x)?);
    let off = g.sub(x, center)?;
    Ok((inverse, g.mul(off, inverse)?))
}

/// Adjoints of input, scale and offset for `[dy, x, scale]` and the statistics that were used.
fn backward(
    g: &mut Graph,
    c: &Channels,
    [dy, x, gamma]: [Val; 3],
    stats: (Val, Val),
    epsilon: f64,
    is_training: bool,
) -> Result<[Val; 3]> {
    c.want(g, "scale", gamma)?;
    c.want(g, "reserve_space_1", stats.0)?;
    c.want(g, "reserve_space_2", stats.1)?;
    let dtype = g.dtype(x);
    let (dy, x) = (g.convert(dy, DType::Float32)?, g.convert(x, DType::Float32)?);
    let (inverse, normal) = standardised(g, c, x, stats, epsilon)?;
    let weighted = g.mul(dy, normal)?;
    let (doffset, dscale) = (c.sum(g, dy)?, c.sum(g, weighted)?);
    let gain = c.spread(g, gamma, x)?;
    let gain = g.mul(gain, inverse)?;
    let mut d = dy;
    if is_training {
        // What moves mean and variance along does not change the result.
        let n = 1.0 / c.count as f64;
        let (level, along) = (scale(g, doffset, n)?, scale(g, dscale, n)?);
        let (level, along) = (c.spread(g, level, x)?, c.spread(g, along, x)?);
        let along = g.mul(normal, along)?;
        d = g.sub(d, level)?;
        d = g.sub(d, along)?;
    }
    let dx = g.mul(d, gain)?;
    Ok([g.convert(dx, dtype)?, dscale, doffset])
}

/// Results of [`fused_batch_norm`].
#[derive(Clone, Debug)]
pub struct BatchNorm {
    /// The normalised input.
    pub y: Tensor,
    /// The batch's mean, or the running one.
    pub batch_mean: Tensor,
    /// The batch's variance (unbiased), or the running one.
    pub batch_variance: Tensor,
}

/// Normalises each channel of images: by the statistics of the batch in training, else by `mean` and `variance`
/// (`tf.compat.v1.nn.fused_batch_norm`). With an `exponential_avg_factor` below 1 the returned statistics are running ones: that part
/// of the batch's, the rest of the given ones.
///
/// # Errors
/// `InvalidArgument` for shapes that do not fit.
#[expect(clippy::too_many_arguments, reason = "TensorFlow's arguments in TensorFlow's order")]
pub fn fused_batch_norm(
    x: impl IntoTensor,
    scale: impl IntoTensor,
    offset: impl IntoTensor,
    mean: Option<&Tensor>,
    variance: Option<&Tensor>,
    epsilon: f64,
    data_format: DataFormat,
    is_training: bool,
    exponential_avg_factor: f64,
) -> Result<BatchNorm> {
    let none = Vec::<f32>::new().into_tensor(None)?;
    let op = FusedBatchNormV3 { epsilon, exponential_avg_factor, data_format, is_training };
    let (x, scale, offset) = (x.into_tensor(None)?, scale.into_tensor(None)?, offset.into_tensor(None)?);
    let results = run(&op, &[&x, &scale, &offset, mean.unwrap_or(&none), variance.unwrap_or(&none)])?;
    match &results[..] {
        [y, m, v, ..] => Ok(BatchNorm { y: y.clone(), batch_mean: m.clone(), batch_variance: v.clone() }),
        _ => Err(Error::internal("FusedBatchNormV3", "wanted six results")),
    }
}

pub(in crate::ops::nn) const OPS: &[Row] = &[row::<FusedBatchNormV3>(), row::<FusedBatchNormGradV3>()];
