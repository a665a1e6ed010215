//! Ranges of different lengths.

use super::MOST;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::Literal;
use crate::tensor::{IntoTensor, Row, Tensor, row, run};

crate::op! {
    /// The numbers from each of `starts` to below each of `limits` by steps of `deltas`: where each row begins, and the numbers.
    RaggedRange in "tf.ragged.range" (starts, limits, deltas) {
        /// dtype of the splits.
        tsplits: DType = DType::Int64,
    }
    host |s, x| ranges(x, s.tsplits);
    cases [
        case().int_values([3], &[2, 5, 8]).int_values([3], &[3, 5, 12]).int_values([], &[1]),
        case().int_values([], &[0]).int_values([3], &[3, 5, 12]).int_values([], &[2]),
        case().with("Tsplits", DType::Int32).int_values([], &[0]).int_values([], &[3]).int_values([], &[2]),
        case().values([], &[0.5]).values([2], &[3.0, -1.0]).values([2], &[1.0, -0.5]),
        case().values([2], &[0.0, 1.0]).values([2], &[1.0, 0.0]).values([], &[0.1]),
        case().int_values([2], &[5, 1]).int_values([2], &[3, 5]).int_values([2], &[-1, -1]),
        case().f32([0]).f32([0]).f32([0]),
    ]
    errors [
        case().int_values([2], &[0, 1]).int_values([3], &[3, 5, 12]).int_values([], &[2]),
        case().int_values([2], &[0, 1]).int_values([2], &[3, 5]).int_values([], &[0]),
        case().int_values([2], &[0, 1]).int_values([2], &[3, 5]).int_values([1, 1], &[1]),
        case().values([], &[0.0]).values([], &[f64::INFINITY]).values([], &[1.0]),
    ]
}

fn ranges(x: &[Literal], tsplits: DType) -> Result<Vec<Literal>> {
    let op = "RaggedRange";
    if !matches!(tsplits, DType::Int32 | DType::Int64) {
        return Err(Error::invalid(op, "Tsplits", "int32 or int64", tsplits));
    }
    let dtype = x[0].dtype;
    let numeric = dtype.is_float() || dtype.is_int();
    let mut rows = None;
    for (arg, l) in ["starts", "limits", "deltas"].iter().zip(x) {
        if l.dtype != dtype || !numeric {
            return Err(Error::invalid(op, arg, "numbers of one dtype", l.dtype));
        }
        match l.shape[..] {
            [] => {}
            [n] if rows.is_none_or(|r| r == n) => rows = Some(n),
            _ => {
                let wanted = "scalars, and vectors of one length";
                return Err(Error::invalid(op, arg, wanted, format_args!("shape {}", l.shape)));
            }
        }
    }
    let rows = rows.unwrap_or(1);
    let (mut splits, mut values) = (vec![0i64], Values::new(dtype));
    for r in 0..rows {
        let at = |l: &Literal| if l.shape.rank() == 0 { 0 } else { r };
        values.add(op, [&x[0], &x[1], &x[2]].map(|l| (l, at(l))))?;
        splits.push(values.len() as i64);
    }
    Ok(vec![Literal::ints(tsplits, [splits.len()], splits), values.done(dtype)])
}

/// Numbers of all ranges.
enum Values {
    Ints(Vec<i64>),
    Floats(Vec<f64>),
}

impl Values {
    fn new(dtype: DType) -> Self {
        if dtype.is_float() { Values::Floats(vec![]) } else { Values::Ints(vec![]) }
    }

    fn len(&self) -> usize {
        match self {
            Values::Ints(v) => v.len(),
            Values::Floats(v) => v.len(),
        }
    }

    /// Adds the range of a start, limit and step.
    fn add(&mut self, op: &str, [start, limit, delta]: [(&Literal, usize); 3]) -> Result<()> {
        let before = self.len();
        let zero = || Error::invalid(op, "deltas", "steps other than 0", 0);
        match self {
            Values::Ints(v) => {
                let [start, limit, delta] = [start, limit, delta].map(|(l, i)| i128::from(l.i64_at(i)));
                if delta == 0 {
                    return Err(zero());
                }
                let span = if delta > 0 { limit - start } else { start - limit }.max(0);
                let n = room(op, before, ((span + delta.abs() - 1) / delta.abs()) as f64)?;
                v.extend((0..n as i128).map(|k| (start + k * delta) as i64));
            }
            Values::Floats(v) => {
                let dtype = start.0.dtype;
                let [start, limit, delta] = [start, limit, delta].map(|(l, i)| l.f64_at(i));
                if delta == 0.0 {
                    return Err(zero());
                }
                // As in TensorFlow each number is the one before and a step, in the dtype's own precision.
                let n = room(op, before, dtype.round(dtype.round(limit - start) / delta).ceil().max(0.0))?;
                let mut next = start;
                for _ in 0..n {
                    v.push(next);
                    next = dtype.round(next + delta);
                }
            }
        }
        Ok(())
    }

    fn done(self, dtype: DType) -> Literal {
        match self {
            Values::Ints(v) => Literal::ints(dtype, [v.len()], v),
            Values::Floats(v) => Literal::floats(dtype, [v.len()], v),
        }
    }
}

/// `n` as a number of further elements that there is room for.
fn room(op: &str, before: usize, n: f64) -> Result<usize> {
    if !n.is_finite() {
        return Err(Error::invalid(op, "limits", "ranges that end", n));
    }
    if n > (MOST - before.min(MOST)) as f64 {
        let what = format!("wanted at most {MOST} numbers in all. Received: {n} after {before}");
        return Err(Error::new(ErrorKind::ResourceExhausted, op, what));
    }
    Ok(n as usize)
}

/// The numbers from each of `starts` to below each of `limits` by steps of `deltas` (`tf.ragged.range`): where each row begins (int64), and the
/// numbers. Scalars stand for all rows.
///
/// ```
/// # use wgflow::ops::ragged::range;
/// let (splits, values) = range([0, 5], [2, 8], 1)?;
/// assert_eq!((splits.to_vec::<i64>()?, values.to_vec::<i32>()?), (vec![0, 2, 5], vec![0, 1, 5, 6, 7]));
/// # Ok::<(), wgflow::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for vectors of different lengths, steps of 0 and ranges without an end; `ResourceExhausted` for more numbers than the
/// host makes; `Unimplemented` while a function is traced.
pub fn range(
    starts: impl IntoTensor,
    limits: impl IntoTensor,
    deltas: impl IntoTensor,
) -> Result<(Tensor, Tensor)> {
    let (starts, limits) = crate::tensor::pair(starts, limits)?;
    let deltas = deltas.into_tensor(Some(starts.dtype()))?;
    let found = run(&RaggedRange { tsplits: DType::Int64 }, &[&starts, &limits, &deltas])?;
    match <[Tensor; 2]>::try_from(found) {
        Ok([splits, values]) => Ok((splits, values)),
        Err(_) => Err(Error::internal("RaggedRange", "wanted two results")),
    }
}

pub(super) const OPS: &[Row] = &[row::<RaggedRange>()];
