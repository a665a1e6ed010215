//! Values larger than an adapter binds, cut into parts of their own where a kernel cannot go through them in order.

use super::codegen::chunks;
use super::divide::{Role, divide};
use super::kernel::Kernel;
use super::scalar::BufferSource;
use crate::error::{Error, Result};
use crate::hlo::{Graph, Prim, Val};
use crate::shape::Shape;
use smallvec::smallvec;

/// The values that keep kernels from running.
pub(super) fn obstacles(kernels: &[Kernel], max_binding: u64) -> Vec<Val> {
    let mut found: Vec<Val> = kernels
        .iter()
        .filter_map(|k| Some((k, chunks(k, max_binding).err()?)))
        .flat_map(|(k, stuck)| stuck.into_iter().map(|b| &k.buffers[b].source))
        .filter_map(|source| match source {
            BufferSource::Value(v) => Some(*v),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The graph in which uses of `large` values are uses of parts that are in memory by themselves; and what must be in memory in it: the
/// values `kept` before, the large ones, and the parts.
pub(super) fn cut(g: &Graph, large: &[Val], kept: &[Val], max_binding: u64) -> Result<(Graph, Vec<Val>)> {
    let mut h = Graph::new();
    let mut map: Vec<Option<Val>> = vec![None; g.num_values()];
    let mut uses: Vec<Option<Val>> = vec![None; g.num_values()];
    let mut now = vec![];
    for inst in g.insts() {
        let mut divided = false;
        let results = match &inst.prim {
            Prim::Parameter(_, spec) => smallvec![h.parameter(spec.clone())],
            prim => {
                let operands: Option<Vec<Val>> = inst.operands.iter().map(|v| uses[v.index()]).collect();
                let operands =
                    operands.ok_or_else(|| Error::internal("compiler", "an operand was not copied"))?;
                let stuck = |v: &Val| large.contains(v);
                let operand = inst.operands.iter().position(stuck);
                let pieces = match inst.results().next() {
                    Some(v) if stuck(&v) => divide(&mut h, prim, &operands, Role::Result, max_binding)?,
                    _ => match operand {
                        Some(k) => divide(&mut h, prim, &operands, Role::Operand(k), max_binding)?,
                        None => None,
                    },
                };
                divided = pieces.is_some();
                match pieces {
                    Some(v) => smallvec![v],
                    None => h.push_multi(prim.clone(), &operands)?,
                }
            }
        };
        for (v, r) in inst.results().zip(results) {
            map[v.index()] = Some(r);
            uses[v.index()] = Some(if large.contains(&v) && !divided {
                joined(&mut h, r, max_binding, &mut now)?
            } else {
                r
            });
            if kept.contains(&v) || large.contains(&v) {
                now.push(r);
            }
        }
    }
    let outputs: Option<Vec<Val>> = g.outputs().iter().map(|v| map[v.index()]).collect();
    h.set_outputs(outputs.ok_or_else(|| Error::internal("compiler", "an output was not copied"))?);
    Ok((h, now))
}

/// `v` as parts joined again.
fn joined(h: &mut Graph, v: Val, max_binding: u64, parts: &mut Vec<Val>) -> Result<Val> {
    let spec = h.spec(v).clone();
    let n = spec.shape.size();
    let each = (max_binding as usize / spec.dtype.storage()?.bytes() / 2).next_multiple_of(256).min(n).max(1);
    let flat = h.reshape(v, [n])?;
    let mut own = vec![];
    for start in (0..n).step_by(each) {
        let slice = h.push(
            Prim::Slice {
                start: smallvec![start],
                limit: smallvec![(start + each).min(n)],
                stride: smallvec![1],
            },
            &[flat],
        )?;
        own.push(slice);
    }
    parts.extend(&own);
    let whole = h.concatenate(&own, 0)?;
    h.reshape(whole, Shape::clone(&spec.shape))
}
