//! The interpreter of scalar programs: one operation at a time over a whole block.

use super::index::{Cursor, Values, Walk, fill, first, runs, step};
use super::{math, registers};
use crate::compiler::index::{Index, Source};
use crate::compiler::kernel::Kernel;
use crate::compiler::scalar::{Body, SOp, SVal, Ty};
use crate::dtype::{DType, Storage};
use crate::hlo::interpret::philox;

/// Elements of a block.
pub(super) const BLOCK: usize = 1024;

/// What programs read.
#[derive(Clone, Copy)]
pub(super) struct Env<'a> {
    pub kernel: &'a Kernel,
    pub reads: &'a [&'a [u32]],
    pub scalars: &'a [u32],
}

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Home {
    /// Not computed.
    None,
    /// In its register.
    Register,
    /// In a buffer, from a word on.
    Buffer(u16, usize),
}

/// A program with registers.
pub(super) struct Machine<'a> {
    body: &'a Body,
    env: Env<'a>,
    home: Vec<Home>,
    registers: Vec<Vec<u32>>,
    /// Whether a value differs between lanes of the block variable.
    wide: Vec<bool>,
    lanes: Vec<i32>,
    block: u8,
    /// After how many positions a value repeats: [`NEVER`], or 0 where it depends on more than the position.
    period: Vec<usize>,
    /// Over how many positions, counted from 0 on, a value stays the same.
    stretch: Vec<usize>,
    /// The block that a register is of: where it started, how long it was.
    filled: Vec<(usize, usize)>,
}

/// Longest period that is looked for.
const MAX_PERIOD: usize = 1 << 16;

/// The period of what depends on the position alone and does not repeat.
const NEVER: usize = usize::MAX;

/// The period of both.
fn joint(a: usize, b: usize) -> usize {
    if a == 0 || b == 0 || a == NEVER || b == NEVER {
        return a.min(b).min(1) * NEVER;
    }
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    if a / x * b > MAX_PERIOD { NEVER } else { a / x * b }
}

/// Periods of all values over loop variable `block`.
fn periods(body: &Body, block: u8) -> Vec<usize> {
    let mut periods: Vec<usize> = vec![];
    for inst in &body.insts {
        let of_index = |i: &Index| {
            i.terms.iter().fold(1, |p, t| {
                joint(
                    p,
                    match t.source {
                        Source::Var(_) if t.top => NEVER,
                        Source::Var(_) => t.stride * t.size,
                        Source::Value(v) => periods[v.0 as usize],
                    },
                )
            })
        };
        let of_args = || inst.args.iter().fold(1, |p, a| joint(p, periods[a.0 as usize]));
        periods.push(match &inst.op {
            _ if inst.vars & !(1 << block) != 0 => 0,
            SOp::Constant(_) | SOp::Scalar(_) => 1,
            SOp::Index(i) => of_index(i),
            SOp::Load { index, mask, .. } => {
                joint(of_index(index), mask.map_or(1, |m| periods[m.0 as usize]))
            }
            SOp::Row(_) | SOp::Convert { .. } | SOp::Bitcast | SOp::Narrow(_) => of_args(),
            SOp::Philox { .. } | SOp::Reduced(_) | SOp::Accumulator => 0,
        });
    }
    periods
}

/// The stretch of what is the same everywhere: a multiple of all that come up.
const STEADY: usize = 0;

fn common(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y > 0 {
        (x, y) = (y, x % y);
    }
    x
}

/// Stretches of all values over loop variable `block`.
fn stretches(body: &Body, block: u8) -> Vec<usize> {
    let mut stretches: Vec<usize> = vec![];
    for inst in &body.insts {
        let of_index = |i: &Index| {
            i.terms.iter().fold(STEADY, |s, t| match t.source {
                Source::Var(x) if x == block => common(s, t.stride),
                Source::Var(_) => s,
                Source::Value(v) => common(s, stretches[v.0 as usize]),
            })
        };
        let of_args = || inst.args.iter().fold(STEADY, |s, a| common(s, stretches[a.0 as usize]));
        stretches.push(match &inst.op {
            _ if inst.vars >> block & 1 == 0 => STEADY,
            SOp::Index(i) => of_index(i),
            SOp::Load { index, mask, .. } => {
                common(of_index(index), mask.map_or(STEADY, |m| stretches[m.0 as usize]))
            }
            SOp::Row(_) | SOp::Convert { .. } | SOp::Bitcast | SOp::Narrow(_) => of_args(),
            _ => 1,
        });
    }
    stretches
}

impl Values for Machine<'_> {
    fn at(&self, v: SVal, lane: usize) -> i32 {
        self.word(v, lane) as i32
    }

    fn is_wide(&self, v: SVal) -> bool {
        self.wide[v.0 as usize]
    }

    fn stretch(&self, v: SVal) -> usize {
        if self.is_wide(v) { self.stretch[v.0 as usize] } else { STEADY }
    }
}

impl<'a> Machine<'a> {
    /// A machine whose blocks run along loop variable `block`.
    pub(super) fn new(body: &'a Body, env: Env<'a>, block: u8) -> Self {
        let n = body.insts.len();
        let wide = body.insts.iter().map(|i| i.vars >> block & 1 == 1).collect();
        Machine {
            body,
            env,
            home: vec![Home::None; n],
            registers: vec![vec![]; n],
            wide,
            lanes: vec![],
            block,
            period: periods(body, block),
            stretch: stretches(body, block),
            filled: vec![(0, 0); n],
        }
    }

    /// Says that a value which others give (a finished reduction, a sum) has been set.
    pub(super) fn set(&mut self, v: SVal, words: &[u32], wide: bool) {
        let k = v.0 as usize;
        self.registers[k].clear();
        self.registers[k].extend_from_slice(words);
        self.home[k] = Home::Register;
        self.wide[k] = wide;
    }

    /// The value of lane `lane`.
    fn word(&self, v: SVal, lane: usize) -> u32 {
        let k = v.0 as usize;
        match self.home[k] {
            Home::Buffer(b, at) => self.env.reads[b as usize][at + lane],
            _ if self.wide[k] => self.registers[k][lane],
            _ => self.registers[k].first().copied().unwrap_or(0),
        }
    }

    /// The words of a value, one a lane.
    pub(super) fn lanes(&mut self, v: SVal, len: usize) -> &[u32] {
        self.spread(v, len);
        self.view(v, len)
    }

    fn view(&self, v: SVal, len: usize) -> &[u32] {
        match self.home[v.0 as usize] {
            Home::Buffer(b, at) => &self.env.reads[b as usize][at..at + len],
            _ => &self.registers[v.0 as usize][..len],
        }
    }

    /// Repeats a value that is the same for all lanes.
    fn spread(&mut self, v: SVal, len: usize) {
        let k = v.0 as usize;
        if !self.wide[k] && self.registers[k].len() < len {
            let word = self.registers[k].first().copied().unwrap_or(0);
            self.registers[k].resize(len, word);
        }
    }

    /// Computes `values`, which stand in program order, at a place.
    pub(super) fn run(&mut self, values: &[SVal], c: &Cursor) {
        debug_assert_eq!(c.block, self.block);
        for &v in values {
            self.step(v, c);
        }
    }

    fn step(&mut self, v: SVal, c: &Cursor) {
        let body = self.body;
        let inst = body.inst(v);
        let k = v.0 as usize;
        let len = if self.wide[k] { c.len } else { 1 };
        let here = (c.vars[c.block as usize], len);
        if self.home[k] == Home::Register && self.period[k] > 0 {
            let (start, filled) = self.filled[k];
            if here.0.abs_diff(start).is_multiple_of(self.period[k]) && len <= filled {
                return;
            }
        }
        if let (SOp::Load { buffer, index, mask: None }, true) = (&inst.op, self.wide[k]) {
            let word = matches!(
                self.env.kernel.buffers[*buffer as usize].storage,
                Storage::F32 | Storage::I32 | Storage::U32
            );
            if word && step(index, c, self) == Some(1) {
                self.home[k] = Home::Buffer(*buffer, first(index, c, self) as usize);
                return;
            }
        }
        if self.wide[k] {
            inst.args.iter().for_each(|&a| self.spread(a, len));
        }
        // Every lane is written below.
        let mut out = std::mem::take(&mut self.registers[k]);
        out.resize(len, 0);
        match &inst.op {
            SOp::Constant(bits) => out.fill(*bits),
            SOp::Scalar(n) => out.fill(self.env.scalars[*n as usize]),
            SOp::Index(i) => self.index(i, c, len, &mut out),
            SOp::Load { buffer, index, mask } => self.load(*buffer, index, *mask, inst.ty, c, len, &mut out),
            SOp::Row(e) => {
                let ty = body.inst(*inst.args.last().unwrap_or(&v)).ty;
                match *inst.args.as_slice() {
                    [a] => registers::unary(*e, ty, self.view(a, len), &mut out),
                    [a, b] => registers::binary(*e, ty, self.view(a, len), self.view(b, len), &mut out),
                    [a, b, d] => registers::ternary(
                        *e,
                        ty,
                        self.view(a, len),
                        self.view(b, len),
                        self.view(d, len),
                        &mut out,
                    ),
                    _ => {}
                }
            }
            SOp::Convert { from, to } => {
                registers::convert(*from, *to, self.view(inst.args[0], len), &mut out)
            }
            SOp::Bitcast => out.copy_from_slice(self.view(inst.args[0], len)),
            SOp::Narrow(d) => narrow(*d, self.view(inst.args[0], len), &mut out),
            SOp::Philox { index } => self.philox(index, &inst.args, c, len, &mut out),
            SOp::Reduced(_) | SOp::Accumulator => {}
        }
        self.registers[k] = out;
        self.home[k] = Home::Register;
        self.filled[k] = here;
    }

    fn index(&mut self, i: &Index, c: &Cursor, len: usize, out: &mut [u32]) {
        if len == 1 {
            out[0] = first(i, c, self) as u32;
            return;
        }
        fill(i, c, self, bytemuck::cast_slice_mut(out));
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one load")]
    fn load(
        &mut self,
        buffer: u16,
        index: &Index,
        mask: Option<SVal>,
        ty: Ty,
        c: &Cursor,
        len: usize,
        out: &mut [u32],
    ) {
        let storage = self.env.kernel.buffers[buffer as usize].storage;
        let words = self.env.reads[buffer as usize];
        if let Some(m) = mask {
            self.spread(m, len);
        }
        if len == 1 {
            let on = mask.is_none_or(|m| self.view(m, 1)[0] != 0);
            out[0] = if on { element(words, storage, ty, first(index, c, self) as usize) } else { 0 };
            return;
        }
        let word = matches!(storage, Storage::F32 | Storage::I32 | Storage::U32);
        if word && self.load_runs(words, index, mask, c, out) {
            return;
        }
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.clear();
        lanes.resize(len, 0);
        fill(index, c, self, &mut lanes);
        match mask {
            None => {
                out.iter_mut().zip(&lanes).for_each(|(o, &i)| *o = element(words, storage, ty, i as usize))
            }
            Some(m) => {
                let on = self.view(m, len);
                out.iter_mut().zip(&lanes).zip(on).for_each(|((o, &i), &on)| {
                    *o = if on != 0 { element(words, storage, ty, i as usize) } else { 0 };
                });
            }
        }
        self.lanes = lanes;
    }

    /// Copies stretches of neighbouring elements, where the index and the mask come in such.
    fn load_runs(
        &self,
        words: &[u32],
        index: &Index,
        mask: Option<SVal>,
        c: &Cursor,
        out: &mut [u32],
    ) -> bool {
        let Some(run) = runs(index, c, self) else { return false };
        if mask.is_some_and(|m| !self.stretch(m).is_multiple_of(run)) {
            return false;
        }
        let start = c.vars[c.block as usize];
        let on = mask.map(|m| (self.view(m, if self.is_wide(m) { out.len() } else { 1 }), self.is_wide(m)));
        let mut walk = Walk::new(index, c, self);
        let (mut at, mut counted) = (0, start % run);
        while at < out.len() {
            let n = (run - counted).min(out.len() - at);
            if on.is_none_or(|(on, wide)| on[if wide { at } else { 0 }] != 0) {
                let from = walk.at(at, self) as usize;
                copy(&words[from..from + n], &mut out[at..at + n]);
            } else {
                out[at..at + n].fill(0);
            }
            at += n;
            if at < out.len() {
                walk.advance(n, counted);
                counted = 0;
            }
        }
        true
    }

    fn philox(&mut self, index: &Index, args: &[SVal], c: &Cursor, len: usize, out: &mut [u32]) {
        let word = |k: usize| self.word(args[k], 0);
        let (key, counter) = ([word(0), word(1)], [word(2), word(3), word(4), word(5)]);
        let mut lanes = std::mem::take(&mut self.lanes);
        lanes.clear();
        lanes.resize(len, 0);
        if len == 1 {
            lanes[0] = first(index, c, self) as i32;
        } else {
            fill(index, c, self, &mut lanes);
        }
        let mut block = (u32::MAX, [0; 4]);
        for (o, &i) in out.iter_mut().zip(&lanes) {
            let n = i as u32 / 4;
            if block.0 != n {
                block = (n, philox(key, crate::hlo::interpret::skip(counter, u64::from(n))));
            }
            *o = block.1[i as usize % 4];
        }
        self.lanes = lanes;
    }
}

/// Copies a run; usual lengths without a call.
fn copy(from: &[u32], to: &mut [u32]) {
    match from.len() {
        16 => to[..16].copy_from_slice(&from[..16]),
        32 => to[..32].copy_from_slice(&from[..32]),
        64 => to[..64].copy_from_slice(&from[..64]),
        _ => to.copy_from_slice(from),
    }
}

/// A length of blocks of which the values that repeat are computed once: a multiple of what most of them repeat after.
pub(super) fn block_length(body: &Body, block: u8) -> usize {
    let whole = periods(body, block).into_iter().filter(|&p| p > 0).fold(1, |all, p| {
        let both = joint(all, p);
        if both <= 2 * BLOCK && both.is_multiple_of(4) { both } else { all }
    });
    whole * (BLOCK / whole).max(1)
}

/// Element `i` of a buffer, as a register has it.
pub(super) fn element(words: &[u32], storage: Storage, ty: Ty, i: usize) -> u32 {
    match storage {
        Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 => words[i],
        Storage::F16 => half::f16::from_bits((words[i / 2] >> (i % 2 * 16)) as u16).to_f32().to_bits(),
        Storage::BF16 => half::bf16::from_bits((words[i / 2] >> (i % 2 * 16)) as u16).to_f32().to_bits(),
        Storage::U8 => {
            let byte = words[i / 4] >> (i % 4 * 8) & 255;
            if ty == Ty::Bool { u32::from(byte != 0) } else { byte }
        }
        Storage::I8 => i32::from((words[i / 4] >> (i % 4 * 8)) as i8) as u32,
    }
}

/// Puts a block of registers into memory, from element 0 of `to` on.
pub(crate) fn put(values: &[u32], storage: Storage, to: &mut [u32]) {
    fn packed<const N: usize>(values: &[u32], to: &mut [u32], bits: u32, f: impl Fn(u32) -> u32) {
        for (o, v) in to.iter_mut().zip(values.chunks(N)) {
            *o = v.iter().enumerate().fold(0, |w, (k, &v)| w | f(v) << (k as u32 * bits));
        }
    }
    match storage {
        Storage::F32 | Storage::I32 | Storage::U32 | Storage::C64 => {
            to[..values.len()].copy_from_slice(values)
        }
        Storage::F16 => {
            packed::<2>(values, to, 16, |v| u32::from(half::f16::from_f32(f32::from_bits(v)).to_bits()))
        }
        Storage::BF16 => {
            packed::<2>(values, to, 16, |v| u32::from(half::bf16::from_f32(f32::from_bits(v)).to_bits()))
        }
        Storage::U8 | Storage::I8 => packed::<4>(values, to, 8, |v| v & 255),
    }
}

fn narrow(d: DType, x: &[u32], out: &mut [u32]) {
    let each = |out: &mut [u32], f: fn(u32) -> u32| out.iter_mut().zip(x).for_each(|(o, &x)| *o = f(x));
    match d {
        DType::Float16 => math::round_f16(bytemuck::cast_slice(x), bytemuck::cast_slice_mut(out)),
        DType::BFloat16 => math::round_bf16(bytemuck::cast_slice(x), bytemuck::cast_slice_mut(out)),
        DType::Int8 => each(out, |x| i32::from(x as i8) as u32),
        DType::Int16 => each(out, |x| i32::from(x as i16) as u32),
        DType::UInt8 => each(out, |x| x & 255),
        DType::UInt16 => each(out, |x| x & 65535),
        _ => out.copy_from_slice(x),
    }
}
