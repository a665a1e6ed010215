//! Weighted values of a block of queries.

use super::{M, N, Packed, Parts, Place, STRETCH, Tests, exp, exp_of, leave_out, rows};
use crate::compiler::kernel::AttentionKernel;
use crate::cpu::block::Env;
use crate::cpu::contract::product;
use crate::cpu::index::Cursor;
use crate::cpu::side::Side;
use crate::error::Result;
use crate::hlo::attention::LEFT_OUT;

pub(super) fn block(a: &AttentionKernel, env: Env<'_>, at: Place, packed: &Packed) -> Result<Parts> {
    let Place { g, start, count } = at;
    let [_, _, keys, features] = a.sizes;
    let (columns, scale) = (a.columns, a.attention.scale() as f32);
    let query = rows(&a.query, env, g, M, start..start + count, features);
    let query = Side::matrix(bytemuck::cast_slice(&query), count, features, features, 1);
    let (mut y, mut tops, mut sums) =
        (vec![0.0; count * columns], vec![f32::MIN; count], vec![0.0f32; count]);
    // Keys behind all queries of the block change nothing, unless a mask leaves out all that are before them.
    let skips = a.attention.causal && a.mask.is_none();
    let end = if skips { keys.min(start + count) } else { keys };
    let mut tests = Tests::new(a, env, N);
    for n in (0..end).step_by(STRETCH) {
        let width = STRETCH.min(end - n);
        let mut scores = product(&query, &packed.rows(n, width)[0], [count, width, features]);
        for (i, row) in scores.chunks_mut(width).enumerate() {
            row.iter_mut().for_each(|s| *s *= scale);
            let counted = tests.of(&Cursor { vars: [g, start + i, n, 0], block: N, len: width });
            leave_out(row, counted, LEFT_OUT as f32);
            let top = row.iter().fold(tops[i], |t, &s| t.max(s));
            row.iter_mut().for_each(|s| *s -= top);
            exp(row)?;
            let kept = exp_of(tops[i] - top)?;
            tops[i] = top;
            sums[i] = sums[i] * kept + row.iter().sum::<f32>();
            y[i * columns..][..columns].iter_mut().for_each(|y| *y *= kept);
        }
        let weights = Side::matrix(&scores, count, width, width, 1);
        let added = product(&weights, &packed.turned(n, width)[1], [count, columns, width]);
        y.iter_mut().zip(&added).for_each(|(y, w)| *y += w);
    }
    for (y, sum) in y.chunks_mut(columns).zip(&sums) {
        y.iter_mut().for_each(|y| *y /= sum);
    }
    Ok(vec![(y, columns)])
}
