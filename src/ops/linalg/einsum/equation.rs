//! The language of einsum equations, and the letters of each operand's dimensions.

use crate::error::{Error, Result};
use crate::shape::Shape;
use std::collections::BTreeMap;

/// A dimension's name: a letter, or a dimension under an ellipsis counted from its right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Label {
    /// The dimension that many before the right end of the ellipsis.
    Ellipsis(usize),
    /// A letter.
    Letter(char),
}

/// The labels of one operand's or the result's dimensions.
pub(super) type Labels = Vec<Label>;

/// An equation resolved for operands of known shapes.
#[derive(Debug)]
pub(super) struct Equation {
    /// Labels of each operand.
    pub(super) inputs: Vec<Labels>,
    /// Labels of the result.
    pub(super) output: Labels,
    /// The size of each label.
    pub(super) sizes: BTreeMap<Label, usize>,
}

/// One term: letters before and after an ellipsis, if there is one.
struct Term {
    before: Vec<char>,
    ellipsis: bool,
    after: Vec<char>,
}

impl Term {
    fn parse(text: &str, equation: &str) -> Result<Term> {
        let bad = || invalid("letters with at most one ellipsis in each term", equation);
        let (before, after) = text.split_once("...").unwrap_or((text, ""));
        if !before.chars().chain(after.chars()).all(|c| c.is_ascii_alphabetic()) {
            return Err(bad());
        }
        let ellipsis = text.contains("...");
        Ok(Term { before: before.chars().collect(), ellipsis, after: after.chars().collect() })
    }

    fn letters(&self) -> impl Iterator<Item = char> {
        self.before.iter().chain(&self.after).copied()
    }

    /// The labels of a value with `hidden` dimensions under the ellipsis.
    fn labels(&self, hidden: usize) -> Labels {
        let before = self.before.iter().map(|&c| Label::Letter(c));
        let middle = (0..hidden).rev().map(Label::Ellipsis);
        before.chain(middle).chain(self.after.iter().map(|&c| Label::Letter(c))).collect()
    }
}

fn invalid(wanted: &str, equation: &str) -> Error {
    Error::invalid("Einsum", "equation", wanted, format_args!("{equation:?}"))
}

impl Equation {
    /// Reads `equation` for operands of `shapes`.
    pub(super) fn parse(equation: &str, shapes: &[&Shape]) -> Result<Equation> {
        let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let mut sides = text.split("->");
        let (left, right) = (sides.next().unwrap_or_default(), sides.next());
        if sides.next().is_some() {
            return Err(invalid("at most one \"->\"", equation));
        }
        let terms = left.split(',').map(|t| Term::parse(t, equation)).collect::<Result<Vec<_>>>()?;
        if terms.len() != shapes.len() {
            let wanted = format!("terms for {} operands", shapes.len());
            return Err(invalid(&wanted, equation));
        }
        let mut hidden = 0;
        let mut inputs = vec![];
        for (i, (t, shape)) in terms.iter().zip(shapes).enumerate() {
            let named = t.letters().count();
            let fits = if t.ellipsis { shape.rank() >= named } else { shape.rank() == named };
            if !fits {
                let wanted = format!("{}{named} dimensions", if t.ellipsis { "at least " } else { "" });
                let arg = format!("inputs[{i}]");
                return Err(Error::invalid("Einsum", &arg, wanted, format_args!("shape {shape}")));
            }
            hidden = hidden.max(shape.rank() - named);
            inputs.push(t.labels(shape.rank() - named));
        }
        let output = match right {
            Some(r) => Term::parse(r, equation)?,
            None => implied(&terms),
        };
        if let Some(c) = output.letters().find(|&c| !terms.iter().any(|t| t.letters().any(|l| l == c))) {
            return Err(invalid(&format!("output letters of the inputs, not {c:?}"), equation));
        }
        if hidden > 0 && !output.ellipsis {
            return Err(invalid("an ellipsis in the output as in the inputs", equation));
        }
        let sizes = sizes(&inputs, shapes)?;
        Ok(Equation { output: output.labels(if output.ellipsis { hidden } else { 0 }), inputs, sizes })
    }
}

/// The output of an equation without an arrow: the ellipsis, then the letters that stand once, in alphabetical order.
fn implied(terms: &[Term]) -> Term {
    let all: Vec<char> = terms.iter().flat_map(Term::letters).collect();
    let mut once: Vec<char> =
        all.iter().copied().filter(|c| all.iter().filter(|o| *o == c).count() == 1).collect();
    once.sort_unstable();
    Term { before: vec![], ellipsis: terms.iter().any(|t| t.ellipsis), after: once }
}

/// Sizes by label; dimensions under an ellipsis broadcast, letters do not.
fn sizes(inputs: &[Labels], shapes: &[&Shape]) -> Result<BTreeMap<Label, usize>> {
    let mut sizes = BTreeMap::new();
    for (i, (labels, shape)) in inputs.iter().zip(shapes).enumerate() {
        for (d, (&label, &n)) in labels.iter().zip(shape.iter()).enumerate() {
            let size = sizes.entry(label).or_insert(n);
            let broadcasts = matches!(label, Label::Ellipsis(_));
            if broadcasts && *size == 1 {
                *size = n;
            } else if *size != n && !(broadcasts && n == 1) {
                let arg = format!("inputs[{i}]");
                let wanted = format!("{size} as dimension {d}");
                return Err(Error::invalid("Einsum", &arg, wanted, format_args!("shape {shape}")));
            }
        }
    }
    Ok(sizes)
}
