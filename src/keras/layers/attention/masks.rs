//! Which queries attend to which keys.

use crate::dtype::DType;
use crate::error::Result;
use crate::keras::base::{Call, CallArgs};
use crate::ops::{array, math};
use crate::tensor::Tensor;

/// The tensors that attention takes by name.
pub(super) const TENSORS: &[&str] = &["attention_mask", "query_mask", "value_mask", "key_mask"];
/// Its settings by name.
pub(super) const FLAGS: &[&str] = &["use_causal_mask", "return_attention_scores"];

/// `x and y`, where there are any.
pub(super) fn both(x: Option<Tensor>, y: Option<Tensor>) -> Result<Option<Tensor>> {
    Ok(match (x, y) {
        (Some(x), Some(y)) => Some(math::logical_and(x, y)?),
        (x, y) => x.or(y),
    })
}

/// Places along a dimension of `(1, queries, keys)`.
fn places(queries: usize, keys: usize) -> Result<[Tensor; 2]> {
    let line = |n: usize, dim: i64| {
        let line = array::range(0, n as i64, 1)?.cast(DType::Int32)?;
        array::reshape(line, if dim == 1 { [1, n, 1] } else { [1, 1, n] })
    };
    Ok([line(queries, 1)?, line(keys, 2)?])
}

/// True where a key is not behind its query, `(1, queries, keys)`.
pub(super) fn causal(queries: usize, keys: usize) -> Result<Tensor> {
    let [query, key] = places(queries, keys)?;
    math::greater_equal(query, key)
}

/// True where a key is nearer than `width` to its query, `(1, queries, keys)`.
fn window(queries: usize, keys: usize, width: usize) -> Result<Tensor> {
    let [query, key] = places(queries, keys)?;
    math::less(math::abs(math::subtract(query, key)?)?, width as i32)
}

/// The masks of queries, of values and of keys that were given.
pub(super) struct Known {
    pub(super) query: Option<Tensor>,
    pub(super) value: Option<Tensor>,
    pub(super) key: Option<Tensor>,
}

impl Known {
    /// Those of the arguments, else those of the tensors.
    pub(super) fn new(c: &Call, xs: &[Tensor], args: &CallArgs) -> Self {
        let of = |name: &str, at: usize| args.get(name).cloned().or_else(|| c.mask(xs.get(at)?));
        Known { query: of("query_mask", 0), value: of("value_mask", 1), key: of("key_mask", 2) }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.query.is_none() && self.value.is_none() && self.key.is_none()
    }

    /// All masks as one that broadcasts to `(batch, queries, keys)`.
    pub(super) fn joined(
        self,
        args: &CallArgs,
        [queries, keys]: [usize; 2],
        sliding_window: Option<usize>,
    ) -> Result<Option<Tensor>> {
        let wide = |m: Option<Tensor>, axis: i64| {
            m.map(|m| array::expand_dims(m.cast(DType::Bool)?, axis)).transpose()
        };
        let mut all = both(wide(self.query, -1)?, wide(self.value, -2)?)?;
        all = both(all, wide(self.key, -2)?)?;
        if args.flag("use_causal_mask") {
            all = both(all, Some(causal(queries, keys)?))?;
        }
        if let Some(width) = sliding_window {
            all = both(all, Some(window(queries, keys, width)?))?;
        }
        let given = args.get("attention_mask").map(|m| m.cast(DType::Bool)).transpose()?;
        both(given, all)
    }
}
