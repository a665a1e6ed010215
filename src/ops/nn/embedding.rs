//! Rows of a table by number.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{GatherMode, Graph, ReduceKind, Val};
use crate::ops::build::{above, scale};
use crate::shape::Dims;
use crate::tensor::{IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// Rows of `params` by number, each scaled down to length `max_norm` if it is longer.
    EmbeddingLookup as "embedding_lookup" in api "tf.nn.embedding_lookup" (params, ids) { max_norm: Option<f64> = None }
    build |s, g| {
        let op = "embedding_lookup";
        if g.rank(params) == 0 || !g.dtype(ids).is_int() {
            let received = format!("{} and {}", g.spec(params), g.spec(ids));
            return Err(Error::invalid(op, "params, ids", "a table with rows and integers", received));
        }
        let ids = g.convert(ids, DType::Int32)?;
        let rows = g.shape(params)[0];
        g.check_indices(op, "ids", ids, rows)?;
        let rank = g.rank(ids);
        let index = g.expand_dims(ids, &[rank])?;
        let found = g.gather(params, index, &[0], 0, GatherMode::Clip)?;
        match s.max_norm {
            Some(max) => clipped(g, found, max, rank),
            None => Ok(found),
        }
    };
    cases [
        case().f32([4, 3]).int_values([2, 2], &[0, 3, 3, 1]),
        case().f32([4]).ints([3], 0, 4),
        case().f32([3, 2, 2]).ints([], 0, 3),
        case().with("max_norm", 1.5).f32([4, 3]).int_values([5], &[0, 1, 2, 3, 3]),
        case().f32([4, 3]).input(DType::Int64, [2], crate::tensor::Fill::Uniform(0.0, 4.0)),
        case().f32([4, 3]).ints([0], 0, 1),
    ]
    errors [case().f32([4, 3]).int_values([2], &[0, 4]), case().f32([4, 3]).int_values([1], &[-1]), case().f32([4, 3]).f32([2])]
}

/// Scales what lies beyond the first `lead` dimensions to a length of at most `max`.
fn clipped(g: &mut Graph, x: Val, max: f64, lead: usize) -> Result<Val> {
    let dims: Dims = (lead..g.rank(x)).collect();
    let square = g.mul(x, x)?;
    let sum = g.reduce_over(ReduceKind::Sum, square, &dims)?;
    let some = above(g, sum, 0.0)?;
    let one = g.ones_like(sum)?;
    let safe = g.select(some, sum, one)?;
    let root = g.sqrt(safe)?;
    let length = g.select(some, root, sum)?;
    let bound = g.full_like(length, max)?;
    let below = g.max(length, bound)?;
    let scaled = scale(g, x, max)?;
    g.div(scaled, below)
}

/// Rows of `params` by number, in shape `ids.shape + params.shape[1..]` (`tf.nn.embedding_lookup`); with `max_norm`, longer rows are
/// scaled down to that length.
///
/// # Errors
/// `InvalidArgument` for a number that is no row.
pub fn embedding_lookup(
    params: impl IntoTensor,
    ids: impl IntoTensor,
    max_norm: Option<f64>,
) -> Result<Tensor> {
    run_one(&EmbeddingLookup { max_norm }, &[&params.into_tensor(None)?, &ids.into_tensor(None)?])
}

pub(super) const OPS: &[Row] = &[row::<EmbeddingLookup>()];
