//! Constants computed at compile time, where they stay small.

use crate::error::Result;
use crate::hlo::interpret::evaluate;
use crate::hlo::{Graph, Literal, Prim, Spec, Val};

/// Largest constant that is made.
const MAX_ELEMENTS: usize = 64;

/// The value of an instruction on constants, rounded as a device would.
pub(super) fn folded(g: &Graph, prim: &Prim, x: &[Val]) -> Result<Option<Literal>> {
    let computes = matches!(
        prim,
        Prim::Elementwise(_)
            | Prim::Convert(_)
            | Prim::Reshape(_)
            | Prim::Transpose { .. }
            | Prim::Slice { .. }
            | Prim::Concatenate { .. }
    );
    if !computes || x.is_empty() {
        return Ok(None);
    }
    let constants: Option<Vec<Literal>> = x
        .iter()
        .map(|&v| match &g.def(v).prim {
            Prim::Constant(l) if l.len() <= MAX_ELEMENTS => Some(l.clone()),
            _ => None,
        })
        .collect();
    let Some(args) = constants else { return Ok(None) };
    let mut h = Graph::new();
    let params: Vec<Val> = args.iter().map(|l| h.parameter(Spec::new(l.dtype, l.shape.clone()))).collect();
    let y = h.push(prim.clone(), &params)?;
    if h.shape(y).size() > MAX_ELEMENTS {
        return Ok(None);
    }
    h.set_outputs(vec![y]);
    let l = evaluate(&h, &args)?.swap_remove(0);
    Ok(Some(if l.dtype.is_exact() { l } else { Literal::floats(l.dtype, l.shape.clone(), l.to_f64s()) }))
}
