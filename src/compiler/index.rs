//! The algebra of indices: sums of digits of loop variables.
//!
//! Every index of a generated kernel is `constant + sum of coefficient * digit`, a digit being `(variable / stride) % size`. Views of
//! views then compose by arithmetic on these sums: a reshape adds digits up to a row-major position and takes it apart again, and
//! neighbouring digits join, so that what is contiguous in the end is seen to be.

use super::scalar::SVal;
use crate::shape::{Dims, Shape};
use smallvec::SmallVec;

/// What a digit is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Source {
    /// Loop variable number `.0`.
    Var(u8),
    /// A computed int32, such as a loaded index.
    Value(SVal),
}

/// `coefficient * ((source / stride) % size)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Term {
    /// What the digit is taken of.
    pub source: Source,
    /// Divisor.
    pub stride: usize,
    /// Modulus: the digit is below it.
    pub size: usize,
    /// Whether the digit is below `size` without taking the remainder: the most significant one.
    pub top: bool,
    /// Coefficient.
    pub coef: i64,
}

impl Term {
    fn max(&self) -> i64 {
        self.coef.max(0) * (self.size as i64 - 1)
    }

    fn min(&self) -> i64 {
        self.coef.min(0) * (self.size as i64 - 1)
    }

    /// Whether `next` is the digit right above this one, with the coefficient that makes the two one digit.
    fn joins(&self, next: &Term) -> bool {
        self.source == next.source
            && !self.top
            && next.stride == self.stride * self.size
            && next.coef == self.coef * self.size as i64
    }
}

/// An index: a constant and digits, sorted, without zeros.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Index {
    /// Constant part.
    pub constant: i64,
    /// Digits.
    pub terms: SmallVec<[Term; 2]>,
}

impl Index {
    /// A constant.
    pub fn constant(c: i64) -> Self {
        Index { constant: c, terms: SmallVec::new() }
    }

    /// Loop variable `var`, which runs below `extent`.
    pub fn var(var: u8, extent: usize) -> Self {
        Self::source(Source::Var(var), extent)
    }

    /// A source whose values are below `extent`.
    pub fn source(source: Source, extent: usize) -> Self {
        if extent <= 1 && matches!(source, Source::Var(_)) {
            return Self::default();
        }
        let term = Term { source, stride: 1, size: extent, top: true, coef: 1 };
        Index { constant: 0, terms: [term].into_iter().collect() }
    }

    /// Whether it is always 0.
    pub fn is_zero(&self) -> bool {
        self.constant == 0 && self.terms.is_empty()
    }

    /// Largest value.
    pub fn max(&self) -> i64 {
        self.constant + self.terms.iter().map(Term::max).sum::<i64>()
    }

    /// Smallest value.
    pub fn min(&self) -> i64 {
        self.constant + self.terms.iter().map(Term::min).sum::<i64>()
    }

    /// Sum.
    #[must_use]
    pub fn plus(&self, other: &Index) -> Index {
        let mut sum = self.clone();
        sum.constant += other.constant;
        sum.terms.extend(other.terms.iter().copied());
        sum.normalized()
    }

    /// Sum with a constant.
    #[must_use]
    pub fn offset(mut self, c: i64) -> Index {
        self.constant += c;
        self
    }

    /// Product with a constant.
    #[must_use]
    pub fn times(&self, c: i64) -> Index {
        let mut product = self.clone();
        product.constant *= c;
        product.terms.iter_mut().for_each(|t| t.coef *= c);
        product.normalized()
    }

    fn normalized(mut self) -> Index {
        self.terms.sort_unstable_by_key(|t| (t.source, t.stride, t.size, t.coef));
        let mut out: SmallVec<[Term; 2]> = SmallVec::new();
        for t in self.terms {
            match out.last_mut() {
                Some(last)
                    if (last.source, last.stride, last.size, last.top)
                        == (t.source, t.stride, t.size, t.top) =>
                {
                    last.coef += t.coef
                }
                Some(last) if last.joins(&t) => {
                    last.size *= t.size;
                    last.top = t.top;
                }
                _ => out.push(t),
            }
        }
        out.retain(|t| t.coef != 0 && t.size > 1);
        // Joining may have made new neighbours.
        while let Some((i, j)) = joinable(&out) {
            let next = out[j];
            (out[i].size, out[i].top) = (out[i].size * next.size, next.top);
            out.remove(j);
        }
        Index { constant: self.constant, terms: out }
    }

    /// Splits into `high * n + low` with `0 <= low < n`; `None` where the digits do not divide that way.
    fn split(&self, n: usize) -> Option<(Index, Index)> {
        // Of nothing there is one place.
        let s = n.max(1) as i64;
        let mut high = Index::constant(self.constant.div_euclid(s));
        let mut low = Index::constant(self.constant.rem_euclid(s));
        for t in &self.terms {
            if t.coef % s == 0 {
                high.terms.push(Term { coef: t.coef / s, ..*t });
            } else if t.coef > 0 && t.max() < s {
                low.terms.push(*t);
            } else if t.coef > 0 && s % t.coef == 0 {
                let q = (s / t.coef) as usize;
                if !t.top && !t.size.is_multiple_of(q) {
                    return None;
                }
                low.terms.push(Term { size: q, top: false, ..*t });
                high.terms.push(Term {
                    source: t.source,
                    stride: t.stride * q,
                    size: t.size.div_ceil(q),
                    top: t.top,
                    coef: 1,
                });
            } else {
                return None;
            }
        }
        let (high, low) = (high.normalized(), low.normalized());
        (low.min() >= 0 && low.max() < s).then_some((high, low))
    }

    /// Takes a row-major position apart into coordinates of `shape`. `opaque` computes an index as a value, where digits do not suffice.
    pub fn unravel(&self, shape: &Shape, opaque: &mut dyn FnMut(&Index) -> SVal) -> Vec<Index> {
        let mut rest = self.clone();
        let mut at = vec![Index::default(); shape.rank()];
        if shape.size() == 0 {
            // There is no place to take apart.
            return at;
        }
        let first = shape.iter().position(|&n| n != 1).unwrap_or(shape.rank());
        for d in (0..shape.rank()).rev() {
            let n = shape[d];
            if n == 1 {
                continue;
            }
            if d == first {
                // The most significant coordinate is what is left.
                at[d] = rest;
                break;
            }
            if let Some((high, low)) = rest.split(n) {
                at[d] = low;
                rest = high;
            } else {
                let extent = rest.max() as usize + 1;
                let source = Source::Value(opaque(&rest));
                let digit = Term { source, stride: 1, size: n, top: false, coef: 1 };
                at[d] = Index { constant: 0, terms: [digit].into_iter().collect() };
                let above = Term { source, stride: n, size: extent.div_ceil(n), top: true, coef: 1 };
                rest = Index { constant: 0, terms: [above].into_iter().collect() }.normalized();
            }
        }
        at
    }

    /// The row-major position of coordinates in `shape`.
    pub fn ravel(at: &[Index], shape: &Shape) -> Index {
        Self::dot(at, &shape.strides())
    }

    /// The sum of coordinates times strides.
    pub fn dot(at: &[Index], strides: &Dims) -> Index {
        let mut sum = Index::default();
        for (i, &s) in at.iter().zip(strides) {
            let part = i.times(s as i64);
            sum.constant += part.constant;
            sum.terms.extend(part.terms);
        }
        sum.normalized()
    }

    /// How the value changes over four neighbouring values of `var`, the first divisible by four.
    pub fn lanes(&self, var: u8, value_lanes: &dyn Fn(SVal) -> bool) -> Lanes {
        let mut step = 0;
        for t in &self.terms {
            match t.source {
                Source::Value(v) if value_lanes(v) => return Lanes::Varying,
                Source::Var(x) if x == var && !t.stride.is_multiple_of(4) => {
                    if t.stride != 1 || !(t.top || t.size.is_multiple_of(4)) {
                        return Lanes::Varying;
                    }
                    step += t.coef;
                }
                _ => {}
            }
        }
        if step == 0 { Lanes::Uniform } else { Lanes::Linear(step) }
    }

    /// Whether the value at the first of four lanes of `var` is divisible by four whatever the other variables are.
    pub fn is_aligned(&self, var: u8) -> bool {
        let aligned = |t: &Term| t.coef % 4 == 0 || (t.source == Source::Var(var) && t.stride == 1);
        self.constant % 4 == 0 && self.terms.iter().all(aligned)
    }

    /// Whether any digit is of `var`.
    pub fn depends_on(&self, var: u8) -> bool {
        self.terms.iter().any(|t| t.source == Source::Var(var))
    }
}

fn joinable(terms: &[Term]) -> Option<(usize, usize)> {
    (0..terms.len())
        .flat_map(|i| (0..terms.len()).map(move |j| (i, j)))
        .find(|&(i, j)| i != j && terms[i].joins(&terms[j]))
}

/// An index over four lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    /// The same for all four.
    Uniform,
    /// Growing by a constant step.
    Linear(i64),
    /// Anything.
    Varying,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unravel(i: &Index, shape: impl Into<Shape>) -> Vec<Index> {
        i.unravel(&shape.into(), &mut |_| panic!("digits suffice"))
    }

    #[test]
    fn reshape_there_and_back_is_nothing() {
        let i = Index::var(0, 60);
        let at = unravel(&i, [3, 4, 5]);
        assert_eq!(Index::ravel(&at, &[3, 4, 5].into()), i);
        let at = unravel(&Index::ravel(&at, &[3, 4, 5].into()), [12, 5]);
        assert_eq!(Index::ravel(&at, &[12, 5].into()), i);
    }

    #[test]
    fn a_transpose_of_outer_dimensions_keeps_inner_runs() {
        let at = unravel(&Index::var(0, 2 * 3 * 8), [2, 3, 8]);
        let moved = [at[1].clone(), at[0].clone(), at[2].clone()];
        let source = Index::ravel(&moved, &[3, 2, 8].into());
        assert_eq!(source.lanes(0, &|_| false), Lanes::Linear(1));
        assert!(source.is_aligned(0));
    }

    #[test]
    fn a_broadcast_row_repeats() {
        let at = unravel(&Index::var(0, 7 * 12), [7, 12]);
        assert_eq!(at[1].lanes(0, &|_| false), Lanes::Linear(1));
        assert_eq!(at[0].lanes(0, &|_| false), Lanes::Uniform);
        let odd = unravel(&Index::var(0, 7 * 10), [7, 10]);
        assert_eq!(odd[1].lanes(0, &|_| false), Lanes::Varying);
    }

    #[test]
    fn values_agree_with_arithmetic() {
        let shapes: [&[usize]; 4] = [&[4, 6, 10], &[24, 10], &[8, 30], &[2, 2, 60]];
        let eval = |i: &Index, x: usize| -> i64 {
            i.constant
                + i.terms
                    .iter()
                    .map(|t| t.coef * ((x / t.stride) % if t.top { usize::MAX } else { t.size }) as i64)
                    .sum::<i64>()
        };
        for a in shapes {
            for b in shapes {
                let (a, b) = (Shape::from(a), Shape::from(b));
                let at = Index::var(0, 240).unravel(&a, &mut |_| panic!("digits suffice"));
                let flat = Index::ravel(&at, &a);
                let mut opaque = false;
                let to = flat.unravel(&b, &mut |_| {
                    opaque = true;
                    SVal(0)
                });
                assert!(!opaque);
                for x in 0..240 {
                    let want = b.unravel(x);
                    assert!(to.iter().zip(&want).all(|(i, &w)| eval(i, x) == w as i64), "{a} to {b} at {x}");
                }
            }
        }
    }
}
