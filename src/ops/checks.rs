//! What many ops ask of their inputs.

use crate::error::{Error, Result};
use crate::hlo::{Graph, Val};

/// Refuses inputs that are no floats.
pub(crate) fn want_float(g: &Graph, op: &str, x: &[(&str, Val)]) -> Result<()> {
    match x.iter().find(|(_, v)| !g.dtype(*v).is_float()) {
        None => Ok(()),
        Some((arg, v)) => Err(Error::invalid(op, arg, "floats", g.dtype(*v))),
    }
}

/// Refuses inputs whose rank is not as wanted.
pub(crate) fn want_rank(
    g: &Graph,
    op: &str,
    x: &[(&str, Val)],
    ok: impl Fn(usize) -> bool,
    wanted: &str,
) -> Result<()> {
    match x.iter().find(|(_, v)| !ok(g.rank(*v))) {
        None => Ok(()),
        Some((arg, v)) => Err(Error::invalid(op, arg, wanted, format_args!("shape {}", g.shape(*v)))),
    }
}

/// Refuses inputs whose shapes differ.
pub(crate) fn want_same_shape(g: &Graph, op: &str, x: &[(&str, Val)]) -> Result<()> {
    match x.iter().find(|(_, v)| g.shape(*v) != g.shape(x[0].1)) {
        None => Ok(()),
        Some((arg, v)) => {
            let wanted = format!("shape {} as {}", g.shape(x[0].1), x[0].0);
            Err(Error::invalid(op, arg, wanted, format_args!("shape {}", g.shape(*v))))
        }
    }
}
