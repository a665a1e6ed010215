//! A loop variable taken apart into the digits that indices are made of, so that loops and tiles count digits instead of dividing.

use super::writer::{Scope, Writer};
use crate::compiler::index::{Index, Source, Term};
use crate::compiler::scalar::{Body, SOp};
use std::collections::BTreeSet;

/// Digits of one loop variable, least significant first: the first has stride 1, each stride divides the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    var: u8,
    /// Stride and number of values of each.
    pub(super) all: Vec<(usize, usize)>,
}

impl Digits {
    /// The digits of variable `var`, which runs below `extent`, that all terms of `indices` are sums of. Where their borders do not divide
    /// each other there is one digit, the variable itself.
    pub(super) fn of<'a>(var: u8, extent: usize, indices: impl Iterator<Item = &'a Index>) -> Self {
        let mut borders = BTreeSet::from([1]);
        for t in indices.flat_map(|i| &i.terms).filter(|t| t.source == Source::Var(var)) {
            borders.insert(t.stride);
            if !t.top {
                borders.insert(t.stride * t.size);
            }
        }
        borders.retain(|&b| b < extent.max(2));
        let borders: Vec<usize> = borders.into_iter().collect();
        let even = borders.windows(2).all(|w| w[1].is_multiple_of(w[0]))
            && borders.last().is_none_or(|&b| extent.is_multiple_of(b));
        if !even {
            return Self::whole(var, extent);
        }
        let ends = borders[1..].iter().copied().chain([extent]);
        let all = borders.iter().zip(ends).map(|(&b, end)| (b, end / b)).collect();
        Digits { var, all }
    }

    /// A variable as one digit.
    pub(super) fn whole(var: u8, extent: usize) -> Self {
        Digits { var, all: vec![(1, extent)] }
    }

    /// How much each digit adds to a term for a step of one; `None` where the term is no sum of digits, or of another variable.
    fn steps(&self, t: &Term) -> Option<Vec<i64>> {
        if t.source != Source::Var(self.var) {
            return None;
        }
        let first = self.all.iter().position(|d| d.0 == t.stride)?;
        let end = if t.top {
            self.all.len()
        } else {
            let border = t.stride * t.size;
            self.all.iter().position(|d| d.0 == border).unwrap_or(self.all.len())
        };
        let covered: usize = self.all[first..end].iter().map(|d| d.1).product();
        // Digits beyond the term's would be a remainder forgotten.
        if covered < t.size || (!t.top && covered > t.size) {
            return None;
        }
        let mut steps = vec![0; self.all.len()];
        for (step, d) in steps.iter_mut().zip(&self.all).take(end).skip(first) {
            *step = t.coef * (d.0 / t.stride) as i64;
        }
        Some(steps)
    }

    /// How much each digit adds to an index for a step of one; `None` where not all terms of the variable are sums of digits.
    pub(super) fn steps_of(&self, i: &Index) -> Option<Vec<i64>> {
        let mut sum = vec![0; self.all.len()];
        for t in i.terms.iter().filter(|t| t.source == Source::Var(self.var)) {
            self.steps(t)?.iter().zip(&mut sum).for_each(|(s, sum)| *sum += s);
        }
        Some(sum)
    }

    /// A term's digit, without its coefficient, in terms of the digits' texts.
    pub(super) fn text(&self, t: &Term, texts: &[String]) -> Option<String> {
        let steps = self.steps(&Term { coef: 1, ..*t })?;
        let parts: Vec<String> = steps
            .iter()
            .zip(texts)
            .filter(|(s, _)| **s != 0)
            .map(|(s, text)| if *s == 1 { text.clone() } else { format!("{text} * {s}u") })
            .collect();
        Some(if parts.len() == 1 { parts[0].clone() } else { format!("({})", parts.join(" + ")) })
    }
}

/// Indices that a program's needed values are made of.
pub(super) fn indices<'a>(body: &'a Body, needed: &'a [bool]) -> impl Iterator<Item = &'a Index> {
    body.insts.iter().zip(needed).filter(|(_, n)| **n).filter_map(|(i, _)| match &i.op {
        SOp::Index(i) | SOp::Load { index: i, .. } | SOp::Philox { index: i } => Some(i),
        _ => None,
    })
}

impl Scope {
    /// Makes the digits of a variable known, given their texts, lowest first.
    pub(super) fn know<'a>(
        &mut self,
        digits: &Digits,
        texts: &[String],
        indices: impl Iterator<Item = &'a Index>,
    ) {
        for t in indices.flat_map(|i| &i.terms) {
            self.digits.extend(digits.text(t, texts).map(|text| (*t, text)));
        }
    }
}

impl Writer<'_> {
    /// Writes the digits of variable `var` of a scope by division, once for all indices of a program.
    pub(super) fn divide(&mut self, scope: &mut Scope, var: u8, extent: usize, body: &Body, needed: &[bool]) {
        let digits = Digits::of(var, extent, indices(body, needed));
        if digits.all.len() == 1 {
            return;
        }
        let name = scope.vars[var as usize].clone();
        let texts = self.quotients(&digits, &name, |size| size);
        scope.know(&digits, &texts, indices(body, needed));
        if scope.vector != Some(var) {
            return;
        }
        scope.counted = digits.all[0].1.is_multiple_of(4);
        let Some(lanes) = scope.lanes.clone().filter(|_| !scope.counted) else { return };
        // Neighbours carry at other places: four divisions side by side.
        let texts = self.quotients(&digits, &lanes, |size| format!("vec4<u32>({size})"));
        for t in indices(body, needed).flat_map(|i| &i.terms) {
            scope.lane_digits.extend(digits.text(t, &texts).map(|text| (*t, text)));
        }
    }

    fn quotients(&mut self, digits: &Digits, name: &str, of: impl Fn(String) -> String) -> Vec<String> {
        let mut rest = name.to_string();
        let last = digits.all.len() - 1;
        let mut texts = vec![];
        for (d, (_, n)) in digits.all[..last].iter().enumerate() {
            let size = self.number(*n as i64);
            let size = of(size);
            self.line(format!("let {name}q{d} = {rest} / {size};"));
            self.line(format!("let {name}d{d} = {rest} - {name}q{d} * {size};"));
            texts.push(format!("{name}d{d}"));
            rest = format!("{name}q{d}");
        }
        texts.push(rest);
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiler::scalar::SVal;
    use crate::shape::Shape;

    fn split(extent: usize, shape: &[usize]) -> Vec<Index> {
        Index::var(3, extent).unravel(&Shape::from(shape), &mut |_| SVal(0))
    }

    #[test]
    fn a_window_has_a_digit_a_dimension() {
        let at = split(3 * 3 * 32, &[3, 3, 32]);
        let d = Digits::of(3, 288, at.iter());
        assert_eq!(d.all, [(1, 32), (32, 3), (96, 3)]);
        let flat = Index::ravel(&at[1..], &[26, 32].into());
        assert_eq!(d.steps_of(&flat), Some(vec![1, 32, 0]));
        // A row-major position of all is a sum of all.
        assert_eq!(d.steps_of(&Index::var(3, 288)), Some(vec![1, 32, 96]));
    }

    #[test]
    fn borders_that_do_not_divide_leave_one_digit() {
        let (a, b) = (split(12, &[3, 4]), split(12, &[2, 6]));
        let d = Digits::of(3, 12, a.iter().chain(&b));
        assert_eq!(d.all, [(1, 12)]);
        assert_eq!(d.steps_of(&a[1]), None);
        assert_eq!(d.steps_of(&Index::var(3, 12)), Some(vec![1]));
    }
}
