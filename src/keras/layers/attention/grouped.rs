//! Attention in which heads of queries share keys and values.

use super::super::support::want_positive;
use super::heads::{Attend, Projections};
use super::masks::{FLAGS, Known, TENSORS};
use super::multi_head::inputs;
use crate::error::{Error, Result};
use crate::keras::base::{Call, CallArgs, Layer, configured, layer};
use crate::ops::{array, math};
use crate::tensor::Tensor;

layer! {
    /// Attention in which groups of heads share keys and values (`keras.layers.GroupQueryAttention`).
    ///
    /// Inputs, arguments by name and weights are those of [`MultiHeadAttention`](super::MultiHeadAttention), with fewer heads for keys and
    /// values; `query_mask` may be given by name too.
    GroupQueryAttention(
        /// Features of each head.
        head_dim: plain usize,
        /// Heads of queries.
        num_query_heads: plain usize,
        /// Heads of keys and values, a divisor of those of queries.
        num_key_value_heads: plain usize,
    ) {
        /// Which part of the scores is dropped in training.
        dropout: plain f64 = 0.0,
        /// Whether projections have a bias.
        use_bias: plain bool = true,
        /// Whether what is gathered is multiplied by a gate that the queries open.
        use_gate: plain bool = false,
        /// How far a query's keys may be from it, itself counted.
        sliding_window: maybe usize,
        /// Starts the stream of random numbers of the dropout.
        seed: maybe i64,
    } weights
}

const CLASS: &str = "GroupQueryAttention";

impl GroupQueryAttention {
    fn check(&self) -> Result<()> {
        want_positive(CLASS, "head_dim", self.head_dim)?;
        want_positive(CLASS, "num_query_heads", self.num_query_heads)?;
        want_positive(CLASS, "num_key_value_heads", self.num_key_value_heads)?;
        if self.num_query_heads.is_multiple_of(self.num_key_value_heads) {
            return Ok(());
        }
        let wanted = format!("a divisor of num_query_heads={}", self.num_query_heads);
        Err(Error::invalid(CLASS, "num_key_value_heads", wanted, self.num_key_value_heads))
    }
}

impl Layer for GroupQueryAttention {
    configured!(with | s | s.check());

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with(c, xs, &CallArgs::new())
    }

    fn call_with(&self, c: &mut Call, xs: &[Tensor], args: &CallArgs) -> Result<Vec<Tensor>> {
        args.check(CLASS, TENSORS, FLAGS)?;
        let [query, value, key] = inputs(CLASS, xs)?;
        if query.rank() != 3 {
            let received = format!("shape {}", query.shape());
            return Err(Error::invalid(CLASS, "inputs", "3 dimensions", received));
        }
        let known = Known::new(c, xs, args);
        let lone = args.flag("use_causal_mask") && known.is_empty() && args.get("attention_mask").is_none();
        let causal = lone && self.sliding_window.is_none();
        let mask = if causal {
            None
        } else {
            known.joined(args, [query.shape()[1], value.shape()[1]], self.sliding_window)?
        };
        let p = Projections { weights: self, use_bias: self.use_bias };
        let all = [self.num_query_heads, self.head_dim];
        let shared = [self.num_key_value_heads, self.head_dim];
        let q = p.run(c, "query", query, 1, &all)?;
        let mut k = p.run(c, "key", key, 1, &shared)?;
        let gate = if self.use_gate { Some(p.gate(c, query, &all)?) } else { None };
        let mut v = p.run(c, "value", value, 1, &shared)?;
        let scores = args.flag("return_attention_scores");
        if scores || self.dropout > 0.0 {
            let repeats = (self.num_query_heads / self.num_key_value_heads) as i64;
            k = array::repeat(&k, repeats, Some(2))?;
            v = array::repeat(&v, repeats, Some(2))?;
        }
        let attend = Attend {
            axes: &[1],
            key_dim: self.head_dim,
            dropout: self.dropout,
            seed: self.seed,
            scores,
            causal,
        };
        let (mut y, found) = attend.run(c, [&q, &k, &v], mask)?;
        if let Some(gate) = gate {
            y = math::multiply(y, gate)?;
        }
        let y = p.run(c, "attention_output", &y, 2, &[query.dim(-1)?])?;
        Ok(std::iter::once(y).chain(found.filter(|_| scores)).collect())
    }

    /// The class's own name in Keras, which exports it under another.
    fn summary_name(&self) -> &'static str {
        "GroupedQueryAttention"
    }

    fn separate_inputs(&self) -> bool {
        true
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
