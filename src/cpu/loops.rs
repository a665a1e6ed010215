//! Loop kernels: blocks of positions, spread over threads.

use super::block::{Env, Machine, put};
use super::habits::Habits;
use super::index::Cursor;
use super::{Failed, Memory};
use crate::compiler::checks;
use crate::compiler::kernel::{Kernel, LoopKernel};
use crate::compiler::scalar::{Body, SVal};
use crate::error::Result;
use crate::runtime::threads;

/// Blocks a thread takes at a time.
const BLOCKS: usize = 8;

/// The values that roots are computed from, in program order.
pub(super) fn order(body: &Body, roots: impl IntoIterator<Item = SVal>) -> Vec<SVal> {
    let needed = body.needed(roots);
    (0..body.insts.len()).filter(|&k| needed[k]).map(|k| SVal(k as u32)).collect()
}

/// Splits values into those that are the same for all values of loop variable `var` and the rest.
pub(super) fn split_by(body: &Body, values: &[SVal], var: u8) -> (Vec<SVal>, Vec<SVal>) {
    values.iter().partition(|v| body.inst(**v).vars >> var & 1 == 0)
}

struct Chunk<'a> {
    start: usize,
    outs: Vec<&'a mut [u32]>,
    failed: Failed,
}

pub(super) fn run(
    kernel: &Kernel,
    l: &LoopKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<Failed> {
    let mut outputs = l.stores.iter().map(|s| memory.take(s.buffer)).collect::<Result<Vec<_>>>()?;
    let storages: Vec<_> = l.stores.iter().map(|s| kernel.buffers[s.buffer as usize].storage).collect();
    let failed = {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let roots = l.stores.iter().map(|s| s.value).chain(l.checks.iter().flat_map(|c| [c.ok, c.value]));
        let (fixed, moving) = split_by(&l.body, &order(&l.body, roots), 0);
        let habits = Habits::new(&l.body, 0);
        let block = habits.block_length();
        let chunk = if l.n <= BLOCKS * block { l.n.max(1) } else { BLOCKS * block };
        let mut chunks: Vec<Chunk<'_>> = (0..l.n.div_ceil(chunk))
            .map(|k| Chunk { start: k * chunk, outs: vec![], failed: None })
            .collect();
        for (out, storage) in outputs.iter_mut().zip(&storages) {
            let words = (chunk * storage.bytes()).div_ceil(4);
            for (part, c) in out.chunks_mut(words.max(1)).zip(&mut chunks) {
                c.outs.push(part);
            }
        }
        let work = |c: &mut Chunk<'_>| {
            let (start, end) = (c.start, (c.start + chunk).min(l.n));
            let mut m = Machine::with(&l.body, env, 0, habits.clone());
            m.run(&fixed, &Cursor { vars: [0; 4], block: 0, len: 1 });
            for at in (start..end).step_by(block) {
                let here = Cursor { vars: [at, 0, 0, 0], block: 0, len: block.min(end - at) };
                m.run(&moving, &here);
                for (k, s) in l.stores.iter().enumerate() {
                    let offset = (at - start) * storages[k].bytes() / 4;
                    put(m.lanes(s.value, here.len), storages[k], &mut c.outs[k][offset..]);
                }
                for check in &l.checks {
                    let bad = m.lanes(check.ok, here.len).iter().position(|ok| *ok == 0);
                    if let (Some(lane), None) = (bad, c.failed) {
                        let value = m.lanes(check.value, here.len)[lane];
                        c.failed = Some([checks::code_of(&check.text), (at + lane) as u32, value]);
                    }
                }
            }
        };
        threads::each(&mut chunks, l.n / chunk, work);
        chunks.iter().find_map(|c| c.failed)
    };
    l.stores.iter().zip(outputs).for_each(|(s, out)| memory.put(s.buffer, out));
    Ok(failed)
}
