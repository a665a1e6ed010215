//! Attention of many heads.

use super::super::core::OutputShape;
use super::super::support::want_positive;
use super::heads::{Attend, Projections};
use super::masks::{FLAGS, Known, TENSORS};
use crate::error::{Error, Result};
use crate::keras::base::{Call, CallArgs, Checked, Layer, configured, layer};
use crate::keras::object::Setting;
use crate::ops::math;
use crate::shape::{Dims, resolve_axis};
use crate::tensor::Tensor;
use serde_json::Value;

/// Axes over which queries attend to keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttentionAxes(pub Vec<i64>);

impl From<i64> for AttentionAxes {
    fn from(axis: i64) -> Self {
        AttentionAxes(vec![axis])
    }
}

impl<const N: usize> From<[i64; N]> for AttentionAxes {
    fn from(axes: [i64; N]) -> Self {
        AttentionAxes(axes.to_vec())
    }
}

impl Checked for AttentionAxes {
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

impl Setting for AttentionAxes {
    const WANTED: &'static str = "an axis or a list of axes";
    fn read(v: &Value) -> Option<Self> {
        v.as_i64().map(Self::from).or_else(|| Vec::<i64>::read(v).map(AttentionAxes))
    }
    fn write(&self) -> Value {
        self.0.write()
    }
}

impl Checked for usize {
    fn check(&self) -> Result<()> {
        want_positive("layer", "size", *self)
    }
}

layer! {
    /// Attention of many heads (`keras.layers.MultiHeadAttention`): queries, keys and values are projected to each head, queries gather
    /// values by how well they fit keys, and what all heads gathered is projected back.
    ///
    /// Inputs: queries `(batch, queries, features)`, values `(batch, keys, features)` and possibly keys, which are the values otherwise.
    /// Arguments by name: `attention_mask` `(batch, queries, keys)`, `value_mask` and `key_mask` `(batch, keys)`, `use_causal_mask`,
    /// `return_attention_scores`; tensors that have a mask need none by name, and that of the queries is always their own. The scores, of
    /// shape `(batch, heads, queries, keys)`, are a second result.
    ///
    /// Weights: `kernel` and `bias` of `query`, `key`, `gate` (with `use_gate`), `value` and `attention_output`. Without dropout and without
    /// scores, no matrix of scores is stored.
    ///
    /// ```
    /// use wgflow::{ops::array, DType, keras::{CallArgs, Layer, layers::MultiHeadAttention}};
    /// let x = array::ones([2, 5, 8], DType::Float32)?;
    /// let layer = MultiHeadAttention::new(2, 4).node();
    /// let causal = CallArgs::new().set("use_causal_mask", true);
    /// let y = layer.call_with(&[x.clone(), x], &causal, false)?;
    /// assert_eq!(y[0].shape().to_string(), "(2, 5, 8)");
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    MultiHeadAttention(
        /// Number of heads.
        num_heads: plain usize,
        /// Features of queries and keys in each head.
        key_dim: plain usize,
    ) {
        /// Features of values in each head; those of keys where it is not given.
        value_dim: maybe usize,
        /// Which part of the scores is dropped in training.
        dropout: plain f64 = 0.0,
        /// Whether projections have a bias.
        use_bias: plain bool = true,
        /// Whether what is gathered is multiplied by a gate that the queries open.
        use_gate: plain bool = false,
        /// Shape of the output behind batch and queries; that of the queries' features where it is not given.
        output_shape: maybe OutputShape,
        /// Axes over which queries attend to keys: all but batch and features where they are not given.
        attention_axes: maybe AttentionAxes,
        /// How far a query's keys may be from it, itself counted.
        sliding_window: maybe usize,
        /// Starts the stream of random numbers of the dropout.
        seed: maybe i64,
    } weights
}

const CLASS: &str = "MultiHeadAttention";

/// Queries, values and keys of a call.
pub(super) fn inputs<'a>(class: &str, xs: &'a [Tensor]) -> Result<[&'a Tensor; 3]> {
    let [query, value, key] = match xs {
        [q, v] => [q, v, v],
        [q, v, k] => [q, v, k],
        _ => {
            let wanted = "queries and values, and possibly keys";
            return Err(Error::invalid(class, "inputs", wanted, format_args!("{} inputs", xs.len())));
        }
    };
    let between = |x: &Tensor| x.shape().get(1..x.rank().saturating_sub(1)).map(<[usize]>::to_vec);
    if query.rank() < 3 || key.rank() != query.rank() || between(key) != between(value) {
        let wanted = "three dimensions or more, and a value for each key";
        let received =
            format!("queries {}, values {} and keys {}", query.shape(), value.shape(), key.shape());
        return Err(Error::invalid(class, "inputs", wanted, received));
    }
    Ok([query, value, key])
}

impl Layer for MultiHeadAttention {
    configured!(
        with | s
            | want_positive(CLASS, "num_heads", s.num_heads)
                .and_then(|()| want_positive(CLASS, "key_dim", s.key_dim)),
        config | s | {
            let mut config = crate::keras::base::Configured::arguments(s);
            config.insert("value_dim".into(), s.value_dim.unwrap_or(s.key_dim).into());
            config
        }
    );

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.call_with(c, xs, &CallArgs::new())
    }

    fn call_with(&self, c: &mut Call, xs: &[Tensor], args: &CallArgs) -> Result<Vec<Tensor>> {
        args.check(CLASS, TENSORS, FLAGS)?;
        let [query, value, key] = inputs(CLASS, xs)?;
        let axes: Dims = match &self.attention_axes {
            None => (1..query.rank() - 1).collect(),
            Some(axes) => {
                let of = |&a: &i64| resolve_axis(CLASS, "attention_axes", a, query.rank());
                axes.0.iter().map(of).collect::<Result<_>>()?
            }
        };
        let mut known = Known::new(c, xs, args);
        known.query = c.mask(query);
        let query_mask = known.query.clone();
        let causal = args.flag("use_causal_mask");
        let lone = causal && known.is_empty() && args.get("attention_mask").is_none();
        let mask = if lone && self.sliding_window.is_none() {
            None
        } else {
            known.joined(args, [query.shape()[1], value.shape()[1]], self.sliding_window)?
        };
        let p = Projections { weights: self, use_bias: self.use_bias };
        let value_dim = self.value_dim.unwrap_or(self.key_dim);
        let (to_keys, to_values) = ([self.num_heads, self.key_dim], [self.num_heads, value_dim]);
        let q = p.run(c, "query", query, 1, &to_keys)?;
        let k = p.run(c, "key", key, 1, &to_keys)?;
        let gate = if self.use_gate { Some(p.gate(c, query, &to_values)?) } else { None };
        let v = p.run(c, "value", value, 1, &to_values)?;
        let scores = args.flag("return_attention_scores");
        let attend = Attend {
            axes: &axes,
            key_dim: self.key_dim,
            dropout: self.dropout,
            seed: self.seed,
            scores,
            causal: lone && self.sliding_window.is_none(),
        };
        let (mut y, found) = attend.run(c, [&q, &k, &v], mask)?;
        if let Some(gate) = gate {
            y = math::multiply(y, gate)?;
        }
        let features = [query.dim(-1)?];
        let to: Vec<usize> = match &self.output_shape {
            Some(s) => s.0.iter().map(|n| n.unwrap_or(features[0])).collect(),
            None => features.to_vec(),
        };
        let y = p.run(c, "attention_output", &y, 2, &to)?;
        if let Some(m) = query_mask {
            c.set_mask(&y, m);
        }
        Ok(std::iter::once(y).chain(found.filter(|_| scores)).collect())
    }

    fn separate_inputs(&self) -> bool {
        true
    }

    fn supports_masking(&self) -> bool {
        true
    }
}
