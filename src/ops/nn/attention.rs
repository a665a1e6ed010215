//! Attention: values weighted by how well queries fit keys.

use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::{Attention, Graph, Val};
use crate::shape::{Dims, Shape};
use crate::tensor::{Fill, IntoTensor, Row, Tensor, row, run_one};

crate::op! {
    /// The values weighted by the softmax of `scale * query . key`, head by head, in one pass that stores no matrix of scores.
    DotProductAttention as "dot_product_attention" in api "keras.ops.dot_product_attention" (query, key, value; mask) {
        /// What products are multiplied by; one over the root of the number of features where it is not given.
        scale: Option<f64> = None,
        /// Whether a query attends to no key behind its own place.
        is_causal: bool = false,
    }
    build |s, g| build(g, s.scale, s.is_causal, [query, key, value], mask);
    cases [
        case().f32([2, 3, 2, 4]).f32([2, 5, 2, 4]).f32([2, 5, 2, 3]),
        case().with("is_causal", true).f32([1, 6, 2, 8]).f32([1, 6, 2, 8]).f32([1, 6, 2, 8]),
        case().with("is_causal", true).f32([1, 3, 1, 5]).f32([1, 7, 1, 5]).f32([1, 7, 1, 6]),
        case().with("scale", 0.5).f32([1, 9, 4, 4]).f32([1, 9, 2, 4]).f32([1, 9, 2, 4]),
        case().f32([2, 3, 1, 4]).f32([2, 4, 1, 4]).f32([2, 4, 1, 4])
            .input(DType::Bool, [2, 1, 1, 4], Fill::Values(vec![1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0])),
        case().with("is_causal", true).f32([1, 3, 2, 4]).f32([1, 3, 2, 4]).f32([1, 3, 2, 4])
            .input(DType::Bool, [1, 1, 3, 3], Fill::Values(vec![0.0, 1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0])),
        case().half([1, 3, 2, 4]).half([1, 3, 2, 4]).half([1, 3, 2, 4]).forward_only(),
        case().f32([0, 3, 2, 4]).f32([0, 5, 2, 4]).f32([0, 5, 2, 3]),
    ]
    errors [
        case().f32([3, 2, 4]).f32([3, 2, 4]).f32([3, 2, 4]),
        case().f32([1, 3, 2, 4]).f32([1, 3, 2, 5]).f32([1, 3, 2, 4]),
        case().f32([1, 3, 2, 4]).f32([1, 3, 2, 4]).f32([1, 4, 2, 4]),
    ]
}

const OP: &str = "dot_product_attention";

fn build(g: &mut Graph, scale: Option<f64>, causal: bool, x: [Val; 3], mask: &[Val]) -> Result<Val> {
    let said = |g: &Graph| format!("shapes {}, {} and {}", g.shape(x[0]), g.shape(x[1]), g.shape(x[2]));
    let shapes = x.map(|v| g.shape(v).clone());
    let [q, k, v] = &shapes;
    if shapes.iter().any(|s| s.rank() != 4) {
        let wanted = "queries (batch, queries, heads, features) and keys and values of 4 dimensions";
        return Err(Error::invalid(OP, "query", wanted, said(g)));
    }
    let groups = q[2].checked_div(k[2]).unwrap_or(1).max(1);
    if q[0] != k[0] || q[3] != k[3] || k[..3] != v[..3] || k[2] * groups != q[2] {
        let wanted = "keys of the batch, features and heads (or a divisor of them) of queries, and a value for each key";
        return Err(Error::invalid(OP, "key", wanted, said(g)));
    }
    let dtype = g.dtype(x[0]);
    if !dtype.is_float() || x.iter().any(|&v| g.dtype(v) != dtype) {
        let received = format!("{}, {} and {}", dtype, g.dtype(x[1]), g.dtype(x[2]));
        return Err(Error::invalid(OP, "query", "floats of one dtype", received));
    }
    // Of half floats, products are summed and exponentials taken in float32.
    let wide = if dtype == DType::Float64 { dtype } else { DType::Float32 };
    let mut operands = vec![];
    for (i, &v) in x.iter().enumerate() {
        let v = g.convert(v, wide)?;
        operands.push(if i > 0 { repeated(g, v, groups)? } else { v });
    }
    if let [m, rest @ ..] = mask {
        if !rest.is_empty() || g.dtype(*m) != DType::Bool {
            return Err(Error::invalid(OP, "mask", "one bool mask", format_args!("{}", g.spec(*m))));
        }
        operands.push(full_mask(g, *m, [q[0], q[2], q[1], k[1]])?);
    }
    let scale = scale.unwrap_or_else(|| 1.0 / (q[3] as f64).sqrt());
    let y = g.attention(Attention::new(scale, causal), &operands)?;
    g.convert(y, dtype)
}

/// Each head of `[b, s, n, h]` `groups` times.
fn repeated(g: &mut Graph, x: Val, groups: usize) -> Result<Val> {
    if groups == 1 {
        return Ok(x);
    }
    let s = g.shape(x).clone();
    let each = g.broadcast_in_dim(x, [s[0], s[1], s[2], groups, s[3]], &[0, 1, 2, 4])?;
    g.reshape(each, [s[0], s[1], s[2] * groups, s[3]])
}

/// A mask whose trailing dimensions are those of the scores or 1.
fn full_mask(g: &mut Graph, mask: Val, scores: [usize; 4]) -> Result<Val> {
    let shape = g.shape(mask).clone();
    let skip = 4usize.saturating_sub(shape.rank());
    let fits = shape.rank() <= 4 && shape.iter().zip(&scores[skip..]).all(|(m, s)| m == s || *m == 1);
    if !fits {
        let wanted = format!("a shape that broadcasts to {}", Shape::from(scores));
        return Err(Error::invalid(OP, "mask", wanted, format_args!("shape {shape}")));
    }
    let dims: Dims = (skip..4).collect();
    g.broadcast_in_dim(mask, scores, &dims)
}

/// Values weighted by how well queries fit keys (`keras.ops.dot_product_attention`): `softmax(scale * query . key) value`, head by head.
///
/// Queries `(batch, queries, heads, features)`, keys `(batch, keys, heads, features)`, values `(batch, keys, heads, columns)`, result
/// `(batch, queries, heads, columns)`. Keys and values may have fewer heads, which neighbouring heads of queries then share. `mask` is
/// bool, false where a query does not attend to a key, in a shape that broadcasts to `(batch, heads, queries, keys)`; a query that attends
/// to nothing gets the mean of all values, as in Keras. With `is_causal`, a query attends to no key behind its own place. `scale` is one
/// over the root of `features` where it is not given.
///
/// No matrix of scores is stored: not here, and not for the derivative, which computes it again. Software adapters alone store one for the
/// derivative where there are many scores, but no more than 2^23, since products of matrices are faster there.
///
/// ```
/// # use wgflow::{IntoTensor, ops::{array, nn}};
/// let x = array::reshape([1.0, 2.0], [1, 2, 1, 1])?;
/// let y = nn::dot_product_attention(&x, &x, &x, None, None, true)?;
/// assert_eq!(y.to_vec::<f32>()?[0], 1.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for shapes or dtypes that do not fit.
pub fn dot_product_attention(
    query: impl IntoTensor,
    key: impl IntoTensor,
    value: impl IntoTensor,
    mask: Option<&Tensor>,
    scale: Option<f64>,
    is_causal: bool,
) -> Result<Tensor> {
    let (q, k, v) = (query.into_tensor(None)?, key.into_tensor(None)?, value.into_tensor(None)?);
    let op = DotProductAttention { scale, is_causal };
    match mask {
        Some(m) => run_one(&op, &[&q, &k, &v, m]),
        None => run_one(&op, &[&q, &k, &v]),
    }
}

pub(super) const OPS: &[Row] = &[row::<DotProductAttention>()];
