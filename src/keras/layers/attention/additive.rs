//! Attention by sums.

use super::plain::{Gather, tanh_of_sums};
use crate::error::Result;
use crate::keras::base::{Call, CallArgs, Layer, WeightSpec, configured, layer};
use crate::ops::math;
use crate::tensor::Tensor;

layer! {
    /// Attention by sums (`keras.layers.AdditiveAttention`): scores are sums of `scale * tanh(query + key)`.
    ///
    /// Inputs and settings by name are those of [`Attention`](super::Attention). Weight: `scale` `(features,)`.
    AdditiveAttention() {
        /// Whether tangents are multiplied by a weight.
        use_scale: plain bool = true,
        /// Which part of the scores is dropped in training.
        dropout: plain f64 = 0.0,
        /// Starts the stream of random numbers of the dropout.
        seed: maybe i64,
    }
}

impl Layer for AdditiveAttention {
    configured!();

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with(c, xs, &CallArgs::new())
    }

    fn call_with(&self, c: &mut Call, xs: &[Tensor], args: &CallArgs) -> Result<Vec<Tensor>> {
        let gather = Gather { class: "AdditiveAttention", dropout: self.dropout, seed: self.seed };
        let [query, _, key] = gather.inputs(xs)?;
        let mut terms = tanh_of_sums(query, key, None)?;
        if self.use_scale {
            let scale = WeightSpec::new("scale", [query.dim(-1)?]).initializer("glorot_uniform");
            terms = math::multiply(c.weight_with(scale)?, terms)?;
        }
        let scores = math::reduce_sum(terms, -1, false)?;
        gather.run(c, xs, args, scores)
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
