//! What layers of many heads have in common: projections of inputs to heads and back, and attention between them.

use super::super::activation::masked_softmax;
use super::equations;
use super::masks::{both, causal};
use crate::error::Result;
use crate::keras::base::{Call, KernelAndBias};
use crate::ops::nn::sigmoid;
use crate::ops::{Axes, array, linalg, math, nn};
use crate::shape::Shape;
use crate::tensor::Tensor;

/// What weights of projections are made with.
pub(super) struct Projections<'a> {
    pub(super) weights: &'a dyn KernelAndBias,
    pub(super) use_bias: bool,
}

impl Projections<'_> {
    /// The projection `name` of the last `bound` dimensions to dimensions `to`.
    pub(super) fn run(
        &self,
        c: &mut Call,
        name: &str,
        x: &Tensor,
        bound: usize,
        to: &[usize],
    ) -> Result<Tensor> {
        let (lead, from) = x.shape().split_at(x.rank() - bound);
        let axes = |range: std::ops::Range<usize>| range.map(|i| i as i64).collect::<Vec<_>>();
        let all: Shape = from.iter().chain(to).copied().collect();
        let kernel = self.weights.kernel_spec(&format!("{name}/kernel"), all);
        let kernel =
            c.weight_with(kernel.drawn_along(true, axes(0..bound), axes(bound..bound + to.len())))?;
        let (rows, depth): (usize, usize) = (lead.iter().product(), from.iter().product());
        let columns: usize = to.iter().product();
        let y =
            linalg::matmul(array::reshape(x, [rows, depth])?, array::reshape(&kernel, [depth, columns])?)?;
        let shape: Shape = lead.iter().chain(to).copied().collect();
        let y = array::reshape(y, shape)?;
        if !self.use_bias {
            return Ok(y);
        }
        let bias = c.weight_with(self.weights.bias_spec(&format!("{name}/bias"), to.into()))?;
        math::add(y, bias)
    }

    /// As [`Projections::run`] to a gate between 0 and 1.
    pub(super) fn gate(&self, c: &mut Call, x: &Tensor, to: &[usize]) -> Result<Tensor> {
        sigmoid(&self.run(c, "gate", x, 1, to)?)
    }
}

/// Attention between heads of queries, keys and values.
pub(super) struct Attend<'a> {
    /// Axes over which queries attend to keys.
    pub(super) axes: &'a [usize],
    pub(super) key_dim: usize,
    pub(super) dropout: f64,
    pub(super) seed: Option<i64>,
    /// Whether scores are a result too.
    pub(super) scores: bool,
    /// Whether keys behind a query are left out, where no mask says so.
    pub(super) causal: bool,
}

impl Attend<'_> {
    /// Weighted values, and scores where they are asked for. The mask has no dimension of heads.
    pub(super) fn run(
        &self,
        c: &mut Call,
        [query, key, value]: [&Tensor; 3],
        mask: Option<Tensor>,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let scale = 1.0 / (self.key_dim as f64).sqrt();
        let drops = self.dropout > 0.0;
        if !drops && !self.scores && query.rank() == 4 {
            let mask = mask.map(|m| self.with_heads(m, 4)).transpose()?;
            let y = nn::dot_product_attention(query, key, value, mask.as_ref(), Some(scale), self.causal)?;
            return Ok((y, None));
        }
        let mask =
            if self.causal { both(mask, Some(causal(query.shape()[1], value.shape()[1])?))? } else { mask };
        let (dots, combined) = equations::attention(query.rank(), self.axes);
        let query = math::multiply(query, scale)?;
        let scores = linalg::einsum(&dots, &[key, &query])?;
        let mask = mask.map(|m| self.with_heads(m, scores.rank())).transpose()?;
        let last = (1..=self.axes.len() as i64).rev().map(|d| -d).collect();
        let scores = masked_softmax(&scores, mask.as_ref(), &Axes(Some(last)))?;
        let kept = if drops && c.training() {
            nn::stateless_dropout(&scores, self.dropout, c.seed(self.seed)?, None)?
        } else {
            scores.clone()
        };
        Ok((linalg::einsum(&combined, &[&kept, value])?, Some(scores)))
    }

    /// A mask with dimensions of size 1 for what it lacks, the heads first.
    fn with_heads(&self, mut mask: Tensor, rank: usize) -> Result<Tensor> {
        while mask.rank() < rank {
            mask = array::expand_dims(mask, -(self.axes.len() as i64) * 2 - 1)?;
        }
        Ok(mask)
    }
}
