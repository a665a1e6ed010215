//! Results written where an operand was: one buffer and one binding for both.

use super::index::Index;
use super::kernel::{Kernel, KernelKind, Store};
use super::scalar::{Body, BufferSource, BufferUse, SOp, SVal};
use crate::hlo::Val;
use std::collections::HashMap;

/// Lets a kernel write each result over the operand that `before` names for it, where it reads that operand at no other place than the
/// one it writes, and reads it first.
pub(super) fn merge(kernel: &mut Kernel, before: &dyn Fn(Val) -> Option<Val>) {
    for to in 0..kernel.buffers.len() as u16 {
        let BufferSource::Value(y) = kernel.buffers[to as usize].source else { continue };
        if !kernel.buffers[to as usize].written {
            continue;
        }
        let Some(x) = before(y) else { continue };
        let is_operand = |b: &BufferUse| b.source == BufferSource::Value(x) && !b.written;
        let Some(from) = kernel.buffers.iter().position(is_operand) else { continue };
        let (a, b) = (&kernel.buffers[from], &kernel.buffers[to as usize]);
        let alike = a.storage == b.storage && a.len == b.len && !a.storage.is_packed() && !b.stacked;
        if alike && overwrites(&kernel.kind, from as u16, to) {
            kernel.buffers[to as usize].before = Some(x);
            each_buffer(&mut kernel.kind, &mut |n| {
                if *n == from as u16 {
                    *n = to;
                }
            });
            // The operand's number is free: those above move down.
            each_buffer(&mut kernel.kind, &mut |n| {
                if *n > from as u16 {
                    *n -= 1;
                }
            });
            kernel.buffers.remove(from);
            return merge(kernel, &|v| before(v).filter(|_| v != y));
        }
    }
}

/// Lets kernels, which run in this order, write results over operands that nothing needs afterwards. Both are `temporary`: neither the caller
/// nor another run holds them.
pub(super) fn reuse(kernels: &mut [Kernel], temporary: &dyn Fn(Val) -> bool) {
    let value = |b: &BufferUse| match b.source {
        BufferSource::Value(v) if temporary(v) => Some(v),
        _ => None,
    };
    let mut last: HashMap<Val, usize> = HashMap::new();
    for (at, k) in kernels.iter().enumerate() {
        last.extend(k.buffers.iter().filter_map(value).map(|v| (v, at)));
    }
    for (at, kernel) in kernels.iter_mut().enumerate().filter(|(_, k)| !k.kind.is_call()) {
        let results: Vec<Val> = kernel.buffers.iter().filter(|b| b.written).filter_map(value).collect();
        for y in results {
            let read = kernel.buffers.iter().filter(|b| !b.written).filter_map(value);
            let ended: Vec<Val> = read.filter(|x| last.get(x) == Some(&at)).collect();
            for x in ended {
                merge(kernel, &|v| (v == y).then_some(x));
                if kernel.buffers.iter().any(|b| b.before == Some(x)) {
                    break;
                }
            }
        }
    }
}

/// Whether every element of buffer `from` is read only by who then writes it in buffer `to`.
fn overwrites(kind: &KernelKind, from: u16, to: u16) -> bool {
    let reads = |b: &Body| loads(b, from).count() > 0;
    match kind {
        KernelKind::Loop(k) => at_one_place(&k.body, &k.stores, from, to),
        // Of a row that several invocations share, one writes the row's results, perhaps before others have gone through the row.
        KernelKind::Rows(k) => {
            let walked = k.body.needed(k.stores.iter().map(|s| s.value));
            let early = loads(&k.body, from).any(|(v, _, _)| walked[v.0 as usize]);
            at_one_place(&k.body, &k.stores, from, to)
                || (!early && at_one_place(&k.body, &k.row_stores, from, to))
        }
        KernelKind::Contract(k) => {
            !reads(&k.lhs.body) && !reads(&k.rhs.body) && at_one_place(&k.body, &k.stores, from, to)
        }
        _ => false,
    }
}

fn loads(b: &Body, buffer: u16) -> impl Iterator<Item = (SVal, &Index, Option<SVal>)> {
    b.insts.iter().enumerate().filter_map(move |(k, i)| match &i.op {
        SOp::Load { buffer: n, index, mask } if *n == buffer => Some((SVal(k as u32), index, *mask)),
        _ => None,
    })
}

fn at_one_place(body: &Body, stores: &[Store], from: u16, to: u16) -> bool {
    let mut written = stores.iter().filter(|s| s.buffer == to);
    let (Some(s), None) = (written.next(), written.next()) else { return false };
    loads(body, from).all(|(_, index, mask)| mask.is_none() && *index == s.index)
}

/// Goes through all numbers of buffers in a kernel that [`overwrites`] accepts.
fn each_buffer(kind: &mut KernelKind, f: &mut dyn FnMut(&mut u16)) {
    fn body(b: &mut Body, f: &mut dyn FnMut(&mut u16)) {
        for i in &mut b.insts {
            if let SOp::Load { buffer, .. } = &mut i.op {
                f(buffer);
            }
        }
    }
    fn stores(s: &mut [Store], f: &mut dyn FnMut(&mut u16)) {
        s.iter_mut().for_each(|s| f(&mut s.buffer));
    }
    match kind {
        KernelKind::Loop(k) => {
            body(&mut k.body, f);
            stores(&mut k.stores, f);
        }
        KernelKind::Rows(k) => {
            body(&mut k.body, f);
            stores(&mut k.stores, f);
            stores(&mut k.row_stores, f);
        }
        KernelKind::Contract(k) => {
            body(&mut k.lhs.body, f);
            body(&mut k.rhs.body, f);
            body(&mut k.body, f);
            stores(&mut k.stores, f);
            k.split.iter_mut().for_each(|s| f(&mut s.scratch));
        }
        _ => {}
    }
}
