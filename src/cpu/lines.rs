//! Running reductions and sorts along lines.

use super::block::{Env, Machine};
use super::index::{Cursor, first};
use super::loops::order;
use super::{Memory, registers};
use crate::compiler::index::Index;
use crate::compiler::kernel::{ArgSortKernel, CumulativeKernel, Function, Kernel};
use crate::compiler::scalar::Ty;
use crate::error::Result;
use crate::hlo::rows::{FloatFn, IntFn};

/// The whole of a line's elements, and where each is in memory.
fn line(f: &Function, index: &Index, env: Env<'_>, line: usize, k: usize) -> (Vec<u32>, Vec<usize>) {
    let mut m = Machine::new(&f.body, env, 1);
    let c = Cursor { vars: [line, 0, 0, 0], block: 1, len: k };
    m.run(&order(&f.body, [f.result]), &c);
    let values = m.lanes(f.result, k).to_vec();
    let place = |k: usize| first(index, &Cursor { vars: [line, k, 0, 0], block: 1, len: 1 }, &m) as usize;
    let places = (0..k).map(place).collect();
    (values, places)
}

pub(super) fn cumulative(
    kernel: &Kernel,
    c: &CumulativeKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<()> {
    let out = memory.take(c.store.0)?;
    {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let ty = c.element.body.inst(c.element.result).ty;
        let row = c.kind.row().row();
        let combine = |a: u32, b: u32| match (ty, row.float, row.int) {
            (Ty::F32, Some(FloatFn::Binary(f)), _) => {
                (f(f64::from(f32::from_bits(a)), f64::from(f32::from_bits(b))) as f32).to_bits()
            }
            (Ty::U32, _, Some(IntFn::Binary(f))) => f(i64::from(a), i64::from(b)) as u32,
            (_, _, Some(IntFn::Binary(f))) => f(i64::from(a as i32), i64::from(b as i32)) as u32,
            _ => a,
        };
        for l in 0..c.lines {
            let (values, places) = line(&c.element, &c.store.1, env, l, c.k);
            let mut total = ty.bits(c.kind.identity(ty.dtype()));
            for step in 0..c.k {
                let k = if c.reverse { c.k - 1 - step } else { step };
                let next = combine(total, values[k]);
                out[places[k]] = if c.exclusive { total } else { next };
                total = next;
            }
        }
    }
    memory.put(c.store.0, out);
    Ok(())
}

pub(super) fn argsort(
    kernel: &Kernel,
    s: &ArgSortKernel,
    memory: &mut Memory<'_>,
    scalars: &[u32],
) -> Result<()> {
    let out = memory.take(s.store.0)?;
    {
        let reads = memory.reads();
        let env = Env { kernel, reads: &reads, scalars };
        let ty = s.key.body.inst(s.key.result).ty;
        let mut order: Vec<u32> = vec![];
        for l in 0..s.lines {
            let (values, places) = line(&s.key, &s.store.1, env, l, s.k);
            let keys: Vec<u32> = values.iter().map(|&v| registers::sort_key(ty, v, s.descending)).collect();
            order.clear();
            order.extend(0..s.k as u32);
            order.sort_by_key(|&k| keys[k as usize]);
            places.iter().zip(&order).for_each(|(&at, &k)| out[at] = k);
        }
    }
    memory.put(s.store.0, out);
    Ok(())
}
