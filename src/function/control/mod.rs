//! Control flow: branches and loops, run by the host program when it runs op by op, written into the graph when a function is traced.

mod cond;
mod map;
mod region;
mod trips;
mod while_loop;

pub(in crate::function) use region::emit;

pub use cond::{case, cond, switch_case};
pub use map::{foldl, foldr, map_fn, scan};
pub use while_loop::while_loop;

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// The one value of a scalar that is known.
fn scalar(op: &str, arg: &str, t: &Tensor) -> Result<i64> {
    check_scalar(op, arg, t)?;
    let value = t.to_literal()?;
    // Any number but zero is true, NaN too.
    Ok(if t.dtype().is_float() { i64::from(value.f64_at(0) != 0.0) } else { value.i64_at(0) })
}

fn check_scalar(op: &str, arg: &str, t: &Tensor) -> Result<()> {
    if t.rank() == 0 { Ok(()) } else { Err(Error::invalid(op, arg, "a scalar", t.spec())) }
}
