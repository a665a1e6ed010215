//! The two sides of a contraction, laid out for [`super::micro`].

use super::block::{Env, Machine};
use super::index::{Cursor, Values, fill};
use super::loops::order;
use crate::compiler::index::{Index, Source};
use crate::compiler::kernel::Function;
use crate::compiler::scalar::{Body, SOp, SVal};
use crate::dtype::Storage;
use crate::hlo::Ew;
use bytemuck::cast_slice;
use std::ops::Range;

/// Loop variable of what is summed over.
const K: u8 = 3;

/// Neighbouring elements that are worth copying at once.
const LONG: usize = 16;

/// One side: element (row, k), where rows are the product's rows or columns.
pub(super) enum Side<'a> {
    Table(Table<'a>),
    Program(Program<'a>),
}

/// Elements of a buffer at places that are a sum of one number of the row and one of `k`: views, windows of convolutions.
pub(super) struct Table<'a> {
    words: &'a [f32],
    rows: Vec<i32>,
    depth: Vec<i32>,
    tests: Vec<Test>,
    /// Where neighbours in `k` are neighbours in memory and pass the same tests: from which `k` on, how many.
    stretches: Vec<(usize, usize)>,
}

/// Elements are 0 but where the row's number and that of `k` add up to at least `low` and less than `high`.
#[derive(Default)]
struct Test {
    rows: Vec<i32>,
    depth: Vec<i32>,
    low: i32,
    high: i32,
}

/// Anything else goes through the interpreter.
pub(super) struct Program<'a> {
    f: &'a Function,
    env: Env<'a>,
    g: usize,
    var: u8,
}

/// How the left side is best given.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// As it lies in memory.
    Direct,
    /// Rows copied next to each other.
    Copied,
    Panels,
}

struct NoValues;

impl Values for NoValues {
    fn at(&self, _: SVal, _: usize) -> i32 {
        0
    }

    fn is_wide(&self, _: SVal) -> bool {
        false
    }

    fn stretch(&self, _: SVal) -> usize {
        1
    }
}

/// The parts of an index that follow the row and `k`; the constant and the group go with the row.
fn parts(i: &Index, g: usize, (var, rows): (u8, usize), ks: usize) -> Option<(Vec<i32>, Vec<i32>)> {
    let known = |s: Source| s == Source::Var(0) || s == Source::Var(var) || s == Source::Var(K);
    if !i.terms.iter().all(|t| known(t.source)) {
        return None;
    }
    let of = |depth: bool| Index {
        constant: if depth { 0 } else { i.constant },
        terms: i.terms.iter().filter(|t| (t.source == Source::Var(K)) == depth).copied().collect(),
    };
    let (mut r, mut d) = (vec![0; rows], vec![0; ks]);
    fill(&of(false), &Cursor { vars: [g, 0, 0, 0], block: var, len: rows }, &NoValues, &mut r);
    fill(&of(true), &Cursor { vars: [g, 0, 0, 0], block: K, len: ks }, &NoValues, &mut d);
    Some((r, d))
}

/// A mask's comparisons of indices with constants: the index, the least value, the bound.
fn comparisons<'b>(body: &'b Body, v: SVal, out: &mut Vec<(&'b Index, i32, i32)>) -> Option<()> {
    let inst = body.inst(v);
    let SOp::Row(e) = inst.op else { return None };
    let [a, b] = *inst.args.as_slice() else { return None };
    if e == Ew::And {
        comparisons(body, a, out)?;
        return comparisons(body, b, out);
    }
    let SOp::Index(i) = &body.inst(a).op else { return None };
    let bound = match &body.inst(b).op {
        SOp::Constant(bits) => *bits as i32,
        SOp::Index(n) if n.terms.is_empty() => i32::try_from(n.constant).ok()?,
        _ => return None,
    };
    let (low, high) = match e {
        Ew::Ge => (bound, i32::MAX),
        Ew::Lt => (i32::MIN, bound),
        _ => return None,
    };
    match out.iter_mut().find(|t| t.0 == i) {
        Some(t) => (t.1, t.2) = (t.1.max(low), t.2.min(high)),
        None => out.push((i, low, high)),
    }
    Some(())
}

impl<'a> Side<'a> {
    /// The side `f` of group `g`, whose rows are loop variable `var`.
    pub(super) fn new(f: &'a Function, env: Env<'a>, g: usize, var: u8, rows: usize, ks: usize) -> Side<'a> {
        match Table::new(f, env, g, var, rows, ks) {
            Some(t) => Side::Table(t),
            None => Side::Program(Program { f, env, g, var }),
        }
    }

    /// A matrix in memory: element (row, k) is `words[row * by_row + k * by_k]`.
    pub(super) fn matrix(words: &'a [f32], rows: usize, ks: usize, by_row: usize, by_k: usize) -> Side<'a> {
        let places = |n: usize, by: usize| (0..n).map(|i| (i * by) as i32).collect();
        let stretches = if by_k == 1 { vec![(0, ks)] } else { (0..ks).map(|k| (k, 1)).collect() };
        Side::Table(Table {
            words,
            rows: places(rows, by_row),
            depth: places(ks, by_k),
            tests: vec![],
            stretches,
        })
    }

    pub(super) fn form(&self) -> Form {
        match self {
            Side::Table(t) if t.is_short() => Form::Panels,
            Side::Table(t) if t.tests.is_empty() && t.is_forward() => Form::Direct,
            Side::Table(_) => Form::Copied,
            Side::Program(_) => Form::Panels,
        }
    }

    /// Panels of `width` rows, the last one filled up with zeros: `out` has `ks` times that many elements for each.
    pub(super) fn panels(&self, width: usize, rows: Range<usize>, ks: Range<usize>, out: &mut [f32]) {
        match (self, width) {
            // So that copies are of a known length.
            (Side::Table(t), 12) => t.panels(12, rows, ks, out),
            (Side::Table(t), 32) => t.panels(32, rows, ks, out),
            (Side::Table(t), 16) => t.panels(16, rows, ks, out),
            (Side::Table(t), _) => t.panels(width, rows, ks, out),
            (Side::Program(p), _) => p.panels(width, rows, ks, out),
        }
    }

    /// The side as the one panel of `width` rows that it lies in memory as, if it does.
    pub(super) fn as_panel(&self, width: usize, ks: Range<usize>) -> Option<&'a [f32]> {
        self.table()?.as_panel(width, ks)
    }

    /// The table, where there is one.
    pub(super) fn table(&self) -> Option<&Table<'a>> {
        match self {
            Side::Table(t) => Some(t),
            Side::Program(_) => None,
        }
    }
}

impl<'a> Table<'a> {
    fn new(f: &Function, env: Env<'a>, g: usize, var: u8, rows: usize, ks: usize) -> Option<Table<'a>> {
        let SOp::Load { buffer, index, mask } = &f.body.inst(f.result).op else { return None };
        if env.kernel.buffers[*buffer as usize].storage != Storage::F32 {
            return None;
        }
        let (mut at, mut depth) = parts(index, g, (var, rows), ks)?;
        let mut compared = vec![];
        if let Some(m) = mask {
            comparisons(&f.body, *m, &mut compared)?;
        }
        let mut tests = vec![];
        for (i, low, high) in compared {
            let (rows, depth) = parts(i, g, (var, rows), ks)?;
            tests.push(Test { rows, depth, low, high });
        }
        // Steps of k count from the least, so that they are not negative.
        let least = depth.iter().copied().min().unwrap_or(0);
        depth.iter_mut().for_each(|d| *d -= least);
        at.iter_mut().for_each(|r| *r += least);
        let mut stretches: Vec<(usize, usize)> = vec![];
        for k in 0..ks {
            let goes_on =
                k > 0 && depth[k] == depth[k - 1] + 1 && tests.iter().all(|t| t.depth[k] == t.depth[k - 1]);
            match stretches.last_mut() {
                Some(s) if goes_on => s.1 += 1,
                _ => stretches.push((k, 1)),
            }
        }
        Some(Table { words: cast_slice(env.reads[*buffer as usize]), rows: at, depth, tests, stretches })
    }

    /// The parts of stretches inside of `ks`: their first `k` and length.
    fn within(&self, ks: &Range<usize>) -> impl Iterator<Item = (usize, usize)> {
        let first = self.stretches.partition_point(|&(from, len)| from + len <= ks.start);
        let ks = ks.clone();
        self.stretches[first..].iter().take_while(move |s| s.0 < ks.end).map(move |&(from, len)| {
            let (a, b) = (from.max(ks.start), (from + len).min(ks.end));
            (a, b - a)
        })
    }

    /// Where rows start, for [`Form::Direct`].
    pub(super) fn starts(&self, rows: Range<usize>) -> Vec<usize> {
        self.rows[rows].iter().map(|&r| r as usize).collect()
    }

    /// From where on in each row, and how many elements, for [`Form::Direct`].
    pub(super) fn steps(&self, ks: Range<usize>) -> Vec<(usize, usize)> {
        self.within(&ks).map(|(k, len)| (self.depth[k] as usize, len)).collect()
    }

    pub(super) fn words(&self) -> &'a [f32] {
        self.words
    }

    /// Rows of `ks` elements next to each other, for [`Form::Copied`].
    pub(super) fn copied(&self, rows: Range<usize>, ks: Range<usize>, out: &mut [f32]) {
        let stretches: Vec<(usize, usize)> = self.within(&ks).collect();
        for (row, out) in rows.zip(out.chunks_exact_mut(ks.len())) {
            for &(k, len) in &stretches {
                let to = &mut out[k - ks.start..k - ks.start + len];
                if self.passes(row, k) {
                    let from = (self.rows[row] + self.depth[k]) as usize;
                    to.copy_from_slice(&self.words[from..from + len]);
                } else {
                    to.fill(0.0);
                }
            }
        }
    }

    #[inline(always)]
    fn passes(&self, row: usize, k: usize) -> bool {
        self.tests.iter().all(|t| {
            let i = t.rows[row] + t.depth[k];
            i >= t.low && i < t.high
        })
    }

    /// Whether all elements of a panel pass.
    fn all_pass(&self, rows: Range<usize>, ks: &Range<usize>) -> bool {
        let ends = |x: &[i32]| x.iter().fold((i32::MAX, i32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
        self.tests.iter().all(|t| {
            let (r, d) = (ends(&t.rows[rows.clone()]), ends(&t.depth[ks.clone()]));
            r.0 + d.0 >= t.low && r.1 + d.1 < t.high
        })
    }

    #[inline(always)]
    fn panels(&self, width: usize, rows: Range<usize>, ks: Range<usize>, out: &mut [f32]) {
        let starts = rows.clone().step_by(width);
        for (start, panel) in starts.zip(out.chunks_exact_mut(width * ks.len())) {
            let here = start..(start + width).min(rows.end);
            let at = &self.rows[here.clone()];
            if at.len() < width {
                panel.fill(0.0);
            }
            if !self.all_pass(here.clone(), &ks) {
                panel.fill(0.0);
                for (k, line) in ks.clone().zip(panel.chunks_exact_mut(width)) {
                    for (row, to) in here.clone().zip(line) {
                        if self.passes(row, k) {
                            *to = self.words[(self.rows[row] + self.depth[k]) as usize];
                        }
                    }
                }
            } else if at.len() == width && at.windows(2).all(|w| w[1] == w[0] + 1) {
                for (&d, line) in self.depth[ks.clone()].iter().zip(panel.chunks_exact_mut(width)) {
                    let from = (at[0] + d) as usize;
                    line.copy_from_slice(&self.words[from..from + width]);
                }
            } else if self.is_short() {
                for (&d, line) in self.depth[ks.clone()].iter().zip(panel.chunks_exact_mut(width)) {
                    line.iter_mut().zip(at).for_each(|(to, &row)| *to = self.words[(row + d) as usize]);
                }
            } else {
                for (k, len) in self.within(&ks) {
                    let lines = &mut panel[(k - ks.start) * width..(k - ks.start + len) * width];
                    turned(self.words, at, self.depth[k], width, lines);
                }
            }
        }
    }

    /// Whether no part of a place is negative, as those of padded and mirrored sides may be.
    fn is_forward(&self) -> bool {
        self.rows.iter().chain(&self.depth).all(|&i| i >= 0)
    }

    /// Whether neighbours in `k` are seldom neighbours in memory.
    fn is_short(&self) -> bool {
        self.stretches.len() * LONG > self.depth.len()
    }

    /// The words of all rows and `ks`, where they lie as the only panel of as many columns would.
    fn as_panel(&self, width: usize, ks: Range<usize>) -> Option<&'a [f32]> {
        let follow = |x: &[i32], step: i32| x.windows(2).all(|w| w[1] == w[0] + step);
        let lies = self.rows.len() == width
            && self.tests.is_empty()
            && follow(&self.rows, 1)
            && follow(&self.depth[ks.clone()], width as i32);
        let first = self.rows.first()? + self.depth.get(ks.start)?;
        self.words.get(first as usize..).filter(|_| lies)?.get(..width * ks.len())
    }
}

/// Rows from `starts` and `depth` on as columns of lines of `width`. Of the two, either may be negative.
#[inline(always)]
fn turned(words: &[f32], starts: &[i32], depth: i32, width: usize, lines: &mut [f32]) {
    const FEW: usize = 16;
    for (part, lines) in lines.chunks_mut(FEW * width).enumerate() {
        for (r, &start) in starts.iter().enumerate() {
            let from = (start + depth) as usize + part * FEW;
            if let Some(few) = words.get(from..from + FEW).filter(|_| lines.len() == FEW * width) {
                for j in 0..FEW {
                    lines[j * width + r] = few[j];
                }
            } else {
                let words = &words[from..from + lines.len() / width];
                lines.chunks_exact_mut(width).zip(words).for_each(|(line, &x)| line[r] = x);
            }
        }
    }
}

impl Program<'_> {
    fn panels(&self, width: usize, rows: Range<usize>, ks: Range<usize>, out: &mut [f32]) {
        let (words, row, k) = lines(self.f, self.env, self.g, (self.var, rows.clone()), ks.clone());
        let words: &[f32] = cast_slice(&words);
        let panels = out.chunks_exact_mut(width * ks.len());
        for (start, panel) in (0..rows.len()).step_by(width).zip(panels) {
            for (p, line) in panel.chunks_exact_mut(width).enumerate() {
                let here = width.min(rows.len() - start);
                line[here..].fill(0.0);
                line[..here]
                    .iter_mut()
                    .enumerate()
                    .for_each(|(r, to)| *to = words[(start + r) * row + p * k]);
            }
        }
    }
}

/// Elements of `rows` and `ks` by the interpreter, and how far neighbouring rows and neighbours in `k` are apart.
pub(super) fn lines(
    f: &Function,
    env: Env<'_>,
    g: usize,
    (var, rows): (u8, Range<usize>),
    ks: Range<usize>,
) -> (Vec<u32>, usize, usize) {
    let along_rows = runs_along(f, var) && !runs_along(f, K);
    let (block, other, len, count) =
        if along_rows { (var, K, rows.len(), ks.len()) } else { (K, var, ks.len(), rows.len()) };
    let mut out = vec![0; rows.len() * ks.len()];
    if len == 0 {
        return (out, 1, 1);
    }
    let mut m = Machine::new(&f.body, env, block);
    let values = order(&f.body, [f.result]);
    for (i, line) in out.chunks_mut(len).enumerate().take(count) {
        let mut vars = [g, 0, 0, ks.start];
        vars[var as usize] = rows.start;
        vars[other as usize] += i;
        m.run(&values, &Cursor { vars, block, len });
        line.copy_from_slice(m.lanes(f.result, len));
    }
    if along_rows { (out, 1, len) } else { (out, len, 1) }
}

/// Whether the function's loads move to the next element with `var`.
fn runs_along(f: &Function, var: u8) -> bool {
    f.body.insts.iter().any(|i| match &i.op {
        SOp::Load { index, .. } => index
            .terms
            .iter()
            .any(|t| t.source == Source::Var(var) && t.stride == 1 && t.coef.abs() == 1 && t.size >= 4),
        _ => false,
    })
}
