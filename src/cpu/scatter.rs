//! Scatters, update by update.

use super::block::{BLOCK, Env, Machine};
use super::index::Cursor;
use super::loops::order;
use super::{Memory, registers};
use crate::compiler::kernel::{Function, Kernel, ScatterKernel};
use crate::error::Result;

/// Runs a program over `0..n` of its loop variable `var` in blocks.
fn each_block(
    f: &Function,
    env: Env<'_>,
    var: u8,
    vars: [usize; 4],
    n: usize,
    mut use_block: impl FnMut(usize, &[u32]),
) {
    let mut m = Machine::new(&f.body, env, var);
    let values = order(&f.body, [f.result]);
    for at in (0..n).step_by(BLOCK) {
        let mut c = Cursor { vars, block: var, len: BLOCK.min(n - at) };
        c.vars[var as usize] = at;
        m.run(&values, &c);
        use_block(at, m.lanes(f.result, c.len));
    }
}

pub(super) fn run(
    kernel: &Kernel,
    s: &ScatterKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<()> {
    let out = memory.take(s.out)?;
    {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        each_block(&s.operand, env, 0, [0; 4], s.size, |at, values| {
            out[at..at + values.len()].copy_from_slice(values)
        });
        let mut targets = Vec::with_capacity(s.updates);
        each_block(&s.target, env, 0, [0; 4], s.updates, |_, values| {
            targets.extend(values.iter().map(|&t| t as i32))
        });
        let ty = s.update.body.inst(s.update.result).ty;
        for (u, &target) in targets.iter().enumerate() {
            let Ok(target) = usize::try_from(target) else { continue };
            each_block(&s.update, env, 1, [u, 0, 0, 0], s.slice, |at, values| {
                let to = &mut out[target + at..target + at + values.len()];
                match s.combine {
                    Some(kind) => registers::accumulate(kind.row(), ty, values, to),
                    None => to.copy_from_slice(values),
                }
            });
        }
    }
    memory.put(s.out, out);
    Ok(())
}
