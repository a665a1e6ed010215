//! Attention without projections.

use super::masks::{both, causal};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::base::{Call, CallArgs, Layer, WeightSpec, configured, layer};
use crate::keras::object::choice;
use crate::ops::{array, linalg, math, nn};
use crate::tensor::Tensor;

choice! {
    /// How scores are computed of queries and keys.
    ScoreMode {
        /// Their products.
        #[default]
        Dot = "dot",
        /// The sum of the hyperbolic tangents of their sums.
        Concat = "concat",
    }
}

layer! {
    /// Attention by products (`keras.layers.Attention`): values weighted by the softmax of the scores of queries and keys.
    ///
    /// Inputs: queries `(batch, queries, features)`, values `(batch, keys, columns)` and possibly keys, which are the values otherwise.
    /// Settings by name: `use_causal_mask`, `return_attention_scores`, which gives a second result. Values that the mask of the values
    /// leaves out count nothing, and results of queries that theirs leaves out are 0. Weights: `scale` with `use_scale`,
    /// `concat_score_weight` in the mode `concat`.
    Attention() {
        /// Whether scores are multiplied by a weight.
        use_scale: plain bool = false,
        /// How scores are computed.
        score_mode: plain ScoreMode = ScoreMode::Dot,
        /// Which part of the scores is dropped in training.
        dropout: plain f64 = 0.0,
        /// Starts the stream of random numbers of the dropout.
        seed: maybe i64,
    }
}

/// What scores and values make.
pub(super) struct Gather {
    pub(super) class: &'static str,
    pub(super) dropout: f64,
    pub(super) seed: Option<i64>,
}

/// Names of what a call may set.
const FLAGS: &[&str] = &["use_causal_mask", "return_attention_scores"];

impl Gather {
    /// Queries, values and keys.
    pub(super) fn inputs<'a>(&self, xs: &'a [Tensor]) -> Result<[&'a Tensor; 3]> {
        let all = match xs {
            [q, v] => [q, v, v],
            [q, v, k] => [q, v, k],
            _ => {
                let wanted = "a list of length 2 or 3: queries and values, and possibly keys";
                let received = format!("{} inputs", xs.len());
                return Err(Error::invalid(self.class, "inputs", wanted, received));
            }
        };
        match all.iter().find(|x| x.rank() < 3) {
            None => Ok(all),
            Some(x) => {
                let received = format!("shape {}", x.shape());
                Err(Error::invalid(self.class, "inputs", "three dimensions or more", received))
            }
        }
    }

    pub(super) fn run(
        &self,
        c: &mut Call,
        xs: &[Tensor],
        args: &CallArgs,
        scores: Tensor,
    ) -> Result<Vec<Tensor>> {
        args.check(self.class, &[], FLAGS)?;
        let [query, value, _] = self.inputs(xs)?;
        let mut mask = c.mask(value).map(|m| array::expand_dims(m, -2)).transpose()?;
        if args.flag("use_causal_mask") {
            let rank = scores.rank();
            let (queries, keys) = (scores.shape()[rank - 2], scores.shape()[rank - 1]);
            mask = both(mask, Some(causal(queries, keys)?))?;
        }
        let scores = match mask {
            Some(m) => {
                let less = if scores.dtype() == DType::Float16 { 65504.0 } else { 1e9 };
                array::where_(m, &scores, math::subtract(&scores, less)?)?
            }
            None => scores,
        };
        let mut weights = nn::softmax(scores, -1)?;
        if c.training() && self.dropout > 0.0 {
            weights = nn::stateless_dropout(&weights, self.dropout, c.seed(self.seed)?, None)?;
        }
        let mut y = linalg::matmul(&weights, value)?;
        if let Some(m) = c.mask(query) {
            y = array::where_(array::expand_dims(m, -1)?, &y, array::zeros_like(&y)?)?;
        }
        let scores = args.flag("return_attention_scores").then_some(weights);
        Ok(std::iter::once(y).chain(scores).collect())
    }
}

/// `tanh(q + k)` for each query and key.
pub(super) fn tanh_of_sums(query: &Tensor, key: &Tensor, scale: Option<&Tensor>) -> Result<Tensor> {
    let sum = math::add(array::expand_dims(query, -2)?, array::expand_dims(key, -3)?)?;
    math::tanh(match scale {
        Some(s) => math::multiply(s, sum)?,
        None => sum,
    })
}

impl Attention {
    fn gather(&self) -> Gather {
        Gather { class: "Attention", dropout: self.dropout, seed: self.seed }
    }

    fn scores(&self, c: &mut Call, query: &Tensor, key: &Tensor) -> Result<Tensor> {
        let one = |name| WeightSpec::new(name, ()).initializer("ones");
        let scale = if self.use_scale { Some(c.weight_with(one("scale"))?) } else { None };
        if self.score_mode == ScoreMode::Concat {
            let weight = c.weight_with(one("concat_score_weight"))?;
            let sums = math::reduce_sum(tanh_of_sums(query, key, scale.as_ref())?, -1, false)?;
            return math::multiply(weight, sums);
        }
        let last = key.rank() - 1;
        let mut perm: Vec<i64> = (0..key.rank() as i64).collect();
        perm.swap(last - 1, last);
        let dots = linalg::matmul(query, array::transpose(key, perm)?)?;
        match scale {
            Some(s) => math::multiply(dots, s),
            None => Ok(dots),
        }
    }
}

impl Layer for Attention {
    configured!();

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with(c, xs, &CallArgs::new())
    }

    fn call_with(&self, c: &mut Call, xs: &[Tensor], args: &CallArgs) -> Result<Vec<Tensor>> {
        let gather = self.gather();
        let [query, _, key] = gather.inputs(xs)?;
        let scores = self.scores(c, query, key)?;
        gather.run(c, xs, args, scores)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
