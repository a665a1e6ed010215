//! One operand of a contraction in registers: its elements at several places, in a text where everything is computed in the outermost
//! loop that it can be computed in.

use super::K;
use crate::compiler::codegen::digits::{Digits, indices};
use crate::compiler::codegen::writer::{Known, KnownLanes, Names, Scope, Writer};
use crate::compiler::index::{Index, Source, Term};
use crate::compiler::kernel::Function;
use crate::compiler::scalar::{SOp, SVal};

/// An operand over places of its own variable, which are rows or groups of columns.
pub(super) struct Side<'a> {
    f: &'a Function,
    needed: Vec<bool>,
    tag: &'static str,
    own: u8,
    /// The variable that four elements loaded together differ in.
    pub(super) vector: Option<u8>,
    extent: usize,
    nest: &'a Digits,
    /// Digits of the own variable.
    digits: Digits,
    /// In which loop each value can be computed: 0 before all, 1 in the outermost.
    levels: Vec<usize>,
    splits: Vec<Split>,
    places: Vec<Place>,
}

/// An index as a sum of a part that is the same for all places, digits of the own variable and digits of k.
struct Split {
    index: Index,
    level: usize,
    rest: String,
    own: Vec<Step>,
    k: Vec<Step>,
    /// The digits of k that are known so far.
    k_part: String,
}

/// How much an index grows by a digit, and that as a text.
struct Step(i64, String);

struct Place {
    var: String,
    lanes: Option<String>,
    digits: Vec<String>,
    names: Names,
    /// Those written before the loops.
    outside: Names,
    bases: Vec<[String; 4]>,
}

/// The digits of k in both operands.
pub(super) fn nest(k: usize, lhs: &Function, rhs: &Function) -> Digits {
    let (l, r) = (lhs.body.needed([lhs.result]), rhs.body.needed([rhs.result]));
    let both: Vec<&Index> = indices(&lhs.body, &l).chain(indices(&rhs.body, &r)).collect();
    Digits::of(K, k, both.into_iter())
}

fn sum(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    if parts.is_empty() { "0u".into() } else { parts.join(" + ") }
}

impl Step {
    fn new(w: &mut Writer<'_>, by: i64) -> Self {
        Step(by, if by == 1 || by == 0 { String::new() } else { w.number(by) })
    }

    fn times(&self, digit: &str) -> String {
        match self.0 {
            0 => String::new(),
            1 => digit.to_string(),
            _ if digit == "0u" => String::new(),
            _ => format!("{digit} * {}", self.1),
        }
    }
}

impl<'a> Side<'a> {
    /// Writes what all places share. `own` is the operand's variable beside g and k, which runs below `extent`.
    pub(super) fn new(
        w: &mut Writer<'_>,
        f: &'a Function,
        tag: &'static str,
        (own, extent): (u8, usize),
        vector: Option<u8>,
        nest: &'a Digits,
    ) -> Self {
        let needed = f.body.needed([f.result]);
        let digits = Digits::of(own, extent, indices(&f.body, &needed));
        let mut side = Side {
            f,
            needed: needed.clone(),
            tag,
            own,
            vector,
            extent,
            nest,
            digits,
            levels: vec![],
            splits: vec![],
            places: vec![],
        };
        for i in indices(&f.body, &needed) {
            side.split(w, i);
        }
        side.set_levels();
        side
    }

    fn split(&mut self, w: &mut Writer<'_>, i: &Index) {
        let simple = i.terms.iter().all(|t| matches!(t.source, Source::Var(_)));
        let (own, k) = (self.digits.steps_of(i), self.nest.steps_of(i));
        let (true, Some(own), Some(k)) = (simple && self.splits.iter().all(|s| s.index != *i), own, k) else {
            return;
        };
        let of_others = |t: &&Term| t.source != Source::Var(self.own) && t.source != Source::Var(K);
        let rest = Index { constant: i.constant, terms: i.terms.iter().filter(of_others).copied().collect() };
        let mut name = String::new();
        if !rest.is_zero() {
            let text = w.index(&rest, &Scope::single(&["g", "", "", ""]), &Names::default(), None);
            name = format!("{}r{}", self.tag, self.splits.len());
            w.line(format!("let {name} = {text};"));
        }
        let level = k.iter().position(|s| *s != 0).map_or(0, |d| k.len() - d);
        let mut steps = |all: Vec<i64>| all.into_iter().map(|by| Step::new(w, by)).collect();
        let (own, k) = (steps(own), steps(k));
        self.splits.push(Split { index: i.clone(), level, rest: name, own, k, k_part: String::new() });
    }

    fn level_of(&self, i: &Index) -> usize {
        if let Some(s) = self.splits.iter().find(|s| s.index == *i) {
            return s.level;
        }
        if i.depends_on(K) { self.nest.all.len() } else { 0 }
    }

    fn set_levels(&mut self) {
        let body = &self.f.body;
        for (k, inst) in body.insts.iter().enumerate() {
            let own = match &inst.op {
                SOp::Index(i) | SOp::Load { index: i, .. } | SOp::Philox { index: i } => self.level_of(i),
                _ => 0,
            };
            let below = body.operands(SVal(k as u32)).map(|v| self.levels[v.0 as usize]);
            let level = below.fold(own, usize::max);
            self.levels.push(level);
        }
    }

    /// Adds `count` places, `step` apart from the one at `first` on, none beyond the last multiple of `step` below `end`.
    pub(super) fn rows(&mut self, w: &mut Writer<'_>, first: &str, count: usize, step: usize, end: &str) {
        let last = if step == 1 { format!("{end} - 1u") } else { format!("({end} - 1u) & ~{}u", step - 1) };
        let sizes: Vec<String> = self.digits.all.iter().map(|d| w.size(d.1)).collect();
        for r in 0..count {
            let var = format!("{}m{}", self.tag, self.places.len());
            w.line(format!("let {var} = min({first} + {}u, {last});", r * step));
            let before =
                self.places.last().filter(|_| r > 0 && step == 1).map(|p| (p.var.clone(), p.digits.clone()));
            let digits = match before {
                Some((before, digits)) => self.next_digits(w, &var, &before, &digits, &sizes),
                None => self.divided(w, &var),
            };
            let mut lanes = None;
            if step == 4 {
                w.line(format!(
                    "let {var}l = min(vec4<u32>({var}) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>({end} - 1u));"
                ));
                lanes = Some(format!("{var}l"));
            }
            self.place(w, var, lanes, digits);
        }
    }

    /// Adds a place of one element or of the four that `lanes` names.
    pub(super) fn column(&mut self, w: &mut Writer<'_>, var: String, lanes: Option<String>) {
        let digits = self.divided(w, &var);
        self.place(w, var, lanes, digits);
    }

    /// The digits of `var` by division.
    fn divided(&self, w: &mut Writer<'_>, var: &str) -> Vec<String> {
        if self.digits.all.len() == 1 {
            return vec![var.to_string()];
        }
        let n = self.digits.all.len();
        let mut rest = var.to_string();
        (0..n)
            .map(|d| {
                let name = format!("{var}d{d}");
                if d + 1 == n {
                    return rest.clone();
                }
                let size = w.number(self.digits.all[d].1 as i64);
                w.line(format!("let {var}q{d} = {rest} / {size};"));
                w.line(format!("let {name} = {rest} - {var}q{d} * {size};"));
                rest = format!("{var}q{d}");
                name
            })
            .collect()
    }

    /// The digits of the place after one whose digits are known: counted on, not divided.
    fn next_digits(
        &self,
        w: &mut Writer<'_>,
        var: &str,
        before: &str,
        digits: &[String],
        sizes: &[String],
    ) -> Vec<String> {
        let n = digits.len();
        if n == 1 {
            return vec![var.to_string()];
        }
        let mut carry = format!("({var} - {before})");
        (0..n)
            .map(|d| {
                let name = format!("{var}d{d}");
                if d + 1 == n {
                    w.line(format!("let {name} = {} + {carry};", digits[d]));
                    return name;
                }
                w.line(format!("let {var}c{d} = {} + {carry};", digits[d]));
                w.line(format!("let {name} = select({var}c{d}, 0u, {var}c{d} == {});", sizes[d]));
                carry = format!("select(0u, 1u, {var}c{d} == {})", sizes[d]);
                name
            })
            .collect()
    }

    fn place(&mut self, w: &mut Writer<'_>, var: String, lanes: Option<String>, digits: Vec<String>) {
        let p = self.places.len();
        let mut bases = vec![];
        for (j, s) in self.splits.iter().enumerate() {
            let base = |digits: &[String]| {
                let own = s.own.iter().zip(digits).map(|(step, digit)| step.times(digit));
                sum([s.rest.clone()].into_iter().chain(own))
            };
            let each = self.each_lane(s) && lanes.is_some();
            let mut names: [String; 4] = Default::default();
            for (l, name) in names.iter_mut().enumerate() {
                if l > 0 && !each {
                    break;
                }
                let text = match &lanes {
                    Some(lanes) if each => base(&[format!("{lanes}[{l}]")]),
                    _ => base(&digits),
                };
                *name = format!("{}{p}i{j}_{l}", self.tag);
                w.line(format!("let {name} = {text};"));
            }
            bases.push(names);
        }
        let (names, outside) = (Names::default(), Names::default());
        self.places.push(Place { var, lanes, digits, names, outside, bases });
        if self.levels.contains(&0) {
            let (names, prefix) = (Names::default(), format!("{}{p}v", self.tag));
            self.places[p].names = self.values(w, p, 0, names, &prefix, &[], true);
            self.places[p].outside = self.places[p].names.clone();
        }
    }

    /// Whether lanes of the own variable must be kept inside of its range one by one.
    fn each_lane(&self, s: &Split) -> bool {
        self.vector == Some(self.own)
            && s.own.iter().any(|s| s.0 != 0)
            && !self.extent.is_multiple_of(4)
            && self.digits.all.len() == 1
    }

    /// Writes what is computed in loop number `level`, which is not the innermost. `digits` are those of k so far, outermost first.
    pub(super) fn enter(&mut self, w: &mut Writer<'_>, level: usize, digits: &[String]) {
        let d = self.nest.all.len() - level;
        for (j, s) in self.splits.iter_mut().enumerate().filter(|(_, s)| s.k[d].0 != 0) {
            let name = format!("{}k{j}_{level}", self.tag);
            w.line(format!("let {name} = {};", sum([s.k_part.clone(), s.k[d].times(&digits[level - 1])])));
            s.k_part = name;
        }
        if !self.levels.iter().zip(&self.needed).any(|(l, n)| *n && *l == level) {
            return;
        }
        for p in 0..self.places.len() {
            let (names, prefix) = (self.places[p].names.clone(), format!("{}{p}v", self.tag));
            self.places[p].names = self.values(w, p, level, names, &prefix, digits, true);
        }
    }

    /// Writes the elements at all places for one step of the innermost loop, four of k where the operand is read so and `wide` allows it.
    /// Returns a text for each place.
    pub(super) fn step(
        &mut self,
        w: &mut Writer<'_>,
        step: usize,
        digits: &[String],
        wide: bool,
    ) -> Vec<String> {
        let level = self.nest.all.len();
        let outer: Vec<String> = self.splits.iter().map(|s| s.k_part.clone()).collect();
        for (j, s) in self.splits.iter_mut().enumerate().filter(|(_, s)| s.k[0].0 != 0) {
            let name = format!("{}k{j}s{step}", self.tag);
            w.line(format!("let {name} = {};", sum([s.k_part.clone(), s.k[0].times(&digits[level - 1])])));
            s.k_part = name;
        }
        let wide = wide || self.vector == Some(self.own);
        let texts = (0..self.places.len())
            .map(|p| {
                // What outer loops have written for four of k is no use to a single one.
                let place = &self.places[p];
                let single = !wide && self.vector == Some(K);
                let names = if single { place.outside.clone() } else { place.names.clone() };
                let prefix = format!("{}{p}s{step}_", self.tag);
                let names = self.values(w, p, level, names, &prefix, digits, wide);
                w.get(&self.f.body, self.f.result, wide && self.vector.is_some(), &names)
            })
            .collect();
        self.splits.iter_mut().zip(outer).for_each(|(s, text)| s.k_part = text);
        texts
    }

    /// Writes the values of one level at one place.
    #[expect(clippy::too_many_arguments, reason = "a place and what is known there")]
    fn values(
        &self,
        w: &mut Writer<'_>,
        p: usize,
        level: usize,
        mut names: Names,
        prefix: &str,
        digits: &[String],
        wide: bool,
    ) -> Names {
        let scope = self.scope(p, digits, wide);
        let fits = |v: SVal| self.levels[v.0 as usize] <= level;
        w.values(&self.f.body, &self.needed, &scope, &mut names, prefix, &fits);
        names
    }

    fn scope(&self, p: usize, digits: &[String], wide: bool) -> Scope {
        let place = &self.places[p];
        let mut vars = ["g".to_string(), String::new(), String::new(), String::new()];
        vars[self.own as usize].clone_from(&place.var);
        if let [only] = digits {
            vars[K as usize].clone_from(only);
        }
        let mut scope = Scope::single(&vars.iter().map(String::as_str).collect::<Vec<_>>());
        scope.vector = self.vector.filter(|_| wide);
        scope.lanes = place.lanes.clone();
        if scope.vector == Some(K) {
            scope.counted = self.nest.all.len() > 1;
            scope.lanes = digits.last().map(|k| format!("(vec4<u32>({k}) + vec4<u32>(0u, 1u, 2u, 3u))"));
        }
        // Of the digits of k, those of inner loops may not be known yet; nothing that is written now needs them.
        let mut k: Vec<String> = digits.iter().rev().cloned().collect();
        while k.len() < self.nest.all.len() {
            k.insert(0, "0u".into());
        }
        for t in indices(&self.f.body, &self.needed).flat_map(|i| &i.terms) {
            let text = match t.source {
                Source::Var(v) if v == self.own => self.digits.text(t, &place.digits),
                Source::Var(K) => self.nest.text(t, &k),
                _ => None,
            };
            scope.digits.extend(text.map(|text| (*t, text)));
        }
        for (s, base) in self.splits.iter().zip(&place.bases) {
            let with_k = |base: &String| {
                if s.k_part.is_empty() { base.clone() } else { format!("{base} + {}", s.k_part) }
            };
            let lanes = match scope.vector {
                None => KnownLanes::Step(0),
                Some(K) => KnownLanes::Step(s.k[0].0),
                Some(_) if self.each_lane(s) => KnownLanes::Each([0, 1, 2, 3].map(|l| with_k(&base[l]))),
                // Four neighbours have all digits but the lowest in common, and the lowest counts on.
                Some(_) if self.digits.all[0].1.is_multiple_of(4) => KnownLanes::Step(s.own[0].0),
                Some(_) if s.own.iter().all(|s| s.0 == 0) => KnownLanes::Step(0),
                Some(_) => continue,
            };
            scope.known.push(Known { index: s.index.clone(), text: with_k(&base[0]), lanes });
        }
        scope
    }
}
