//! Programs of a matrix's elements as programs of their row-major position.

use crate::compiler::index::{Index, Source, Term};
use crate::compiler::scalar::{Body, SOp};

/// Loop variables of rows and columns; the position becomes the latter.
const ROW: u8 = 1;
const COLUMN: u8 = 2;

/// The same program over positions `row * columns + column`; `None` where an index has digits that do not follow from it.
pub(super) fn flattened(body: &Body, columns: usize) -> Option<Body> {
    let mut flat = body.clone();
    for inst in &mut flat.insts {
        match &mut inst.op {
            SOp::Index(i) | SOp::Philox { index: i } | SOp::Load { index: i, .. } => *i = index(i, columns)?,
            _ => {}
        }
        if inst.vars & (1 << ROW) != 0 {
            inst.vars = inst.vars & !(1 << ROW) | 1 << COLUMN;
        }
    }
    Some(flat)
}

fn index(i: &Index, columns: usize) -> Option<Index> {
    let digit = |t: &Term| {
        Some(match t.source {
            Source::Var(ROW) => Term { source: Source::Var(COLUMN), stride: t.stride * columns, ..*t },
            Source::Var(COLUMN) if t.top && columns.is_multiple_of(t.stride) => {
                Term { size: columns / t.stride, top: false, ..*t }
            }
            Source::Var(COLUMN) if !t.top && columns.is_multiple_of(t.stride * t.size) => *t,
            Source::Var(COLUMN) => return None,
            _ => *t,
        })
    };
    let terms = i.terms.iter().map(digit).collect::<Option<_>>()?;
    // A sum puts neighbouring digits together.
    Some(Index::constant(0).plus(&Index { constant: i.constant, terms }))
}
