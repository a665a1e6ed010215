//! Programs of a matrix's elements as programs of their row-major position.

use crate::compiler::index::{Index, Source, Term};
use crate::compiler::scalar::{Body, SOp};

/// The same program over positions `outer * columns + inner`, of which `inner` becomes the variable; `None` where an index has digits that
/// do not follow from them.
pub(super) fn flattened(body: &Body, (outer, inner): (u8, u8), columns: usize) -> Option<Body> {
    let mut flat = body.clone();
    for inst in &mut flat.insts {
        match &mut inst.op {
            SOp::Index(i) | SOp::Philox { index: i } | SOp::Load { index: i, .. } => {
                *i = index(i, (outer, inner), columns)?
            }
            _ => {}
        }
        if inst.vars & (1 << outer) != 0 {
            inst.vars = inst.vars & !(1 << outer) | 1 << inner;
        }
    }
    Some(flat)
}

fn index(i: &Index, (outer, inner): (u8, u8), columns: usize) -> Option<Index> {
    let digit = |t: &Term| {
        Some(match t.source {
            Source::Var(v) if v == outer => {
                Term { source: Source::Var(inner), stride: t.stride * columns, ..*t }
            }
            Source::Var(v) if v == inner && t.top && columns.is_multiple_of(t.stride) => {
                Term { size: columns / t.stride, top: false, ..*t }
            }
            Source::Var(v) if v == inner && !t.top && columns.is_multiple_of(t.stride * t.size) => *t,
            Source::Var(v) if v == inner => return None,
            _ => *t,
        })
    };
    let terms = i.terms.iter().map(digit).collect::<Option<_>>()?;
    // A sum puts neighbouring digits together.
    Some(Index::constant(0).plus(&Index { constant: i.constant, terms }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(i: &Index, vars: [usize; 3]) -> i64 {
        let digit = |t: &Term| match t.source {
            Source::Var(v) => {
                let d = vars[v as usize] / t.stride;
                t.coef * if t.top { d } else { d % t.size } as i64
            }
            Source::Value(_) => 0,
        };
        i.constant + i.terms.iter().map(digit).sum::<i64>()
    }

    #[test]
    fn positions_mean_what_rows_and_columns_meant() {
        let (rows, columns) = (35, 24);
        let split = |var, n, size, low| {
            let shape = [n / low, low].into();
            Index::var(var, n).unravel(&shape, &mut |_| panic!("digits suffice of {size}"))
        };
        let (r, c) = (split(1, rows, 35, 7), split(2, columns, 24, 6));
        for i in [
            Index::var(1, rows).times(columns as i64).plus(&Index::var(2, columns)),
            Index::var(2, columns).times(3).offset(5),
            r[0].times(100).plus(&r[1]).plus(&c[0].times(10)).plus(&c[1].times(1000)),
        ] {
            let flat = index(&i, (1, 2), columns).expect("digits follow");
            for p in 0..rows * columns {
                let want = value(&i, [0, p / columns, p % columns]);
                assert_eq!(value(&flat, [0, 0, p]), want, "{i:?} at {p}");
            }
        }
        let uneven = Index::var(2, columns).times(2).plus(&split(2, columns, 24, 8)[1]);
        assert!(index(&uneven, (1, 2), 20).is_none());
    }
}
