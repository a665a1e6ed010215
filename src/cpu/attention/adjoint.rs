//! Adjoints of a block of queries, and of a block of keys and values.

use super::{M, N, Packed, Parts, Place, STRETCH, Tests, exp, exp_of, leave_out, rows};
use crate::compiler::kernel::{AttentionKernel, AttentionResults, Function};
use crate::cpu::block::Env;
use crate::cpu::contract::product;
use crate::cpu::index::Cursor;
use crate::cpu::side::Side;
use crate::error::Result;
use crate::hlo::attention::LEFT_OUT;

/// Rows of words as a side whose sums are over features.
fn side(words: &[u32], count: usize, width: usize) -> Side<'_> {
    Side::matrix(bytemuck::cast_slice(words), count, width, width, 1)
}

fn add(sums: &mut [f32], by: &[f32]) {
    sums.iter_mut().zip(by).for_each(|(s, b)| *s += b);
}

/// The adjoint of queries, and the maxima, sums and products of rows.
pub(super) fn of_queries(
    a: &AttentionKernel,
    env: Env<'_>,
    at: Place,
    packed: &Packed,
    [y, dy]: [&Function; 2],
) -> Result<Parts> {
    let Place { g, start, count } = at;
    let [_, _, keys, features] = a.sizes;
    let (columns, scale) = (a.columns, a.attention.scale() as f32);
    let own = |f: &Function, n: usize| rows(f, env, g, M, start..start + count, n);
    let (query, y, dy) = (own(&a.query, features), own(y, columns), own(dy, columns));
    // As products round: where one key has all the weight, the two must be the same number.
    let dot = |(y, dy): (&[u32], &[u32])| -> f32 {
        let pairs = y.iter().zip(dy).map(|(y, dy)| (f32::from_bits(*y), f32::from_bits(*dy)));
        pairs.fold(0.0, |sum, (y, dy)| dy.mul_add(y, sum))
    };
    let less: Vec<f32> = y.chunks(columns).zip(dy.chunks(columns)).map(dot).collect();
    let (query, dy) = (side(&query, count, features), side(&dy, count, columns));
    let (mut dq, mut tops, mut sums) =
        (vec![0.0; count * features], vec![f32::MIN; count], vec![0.0f32; count]);
    let skips = a.attention.causal && a.mask.is_none();
    let end = if skips { keys.min(start + count) } else { keys };
    let mut tests = Tests::new(a, env, N);
    for n in (0..end).step_by(STRETCH) {
        let width = STRETCH.min(end - n);
        let [key, value] = packed.rows(n, width);
        let mut scores = product(&query, &key, [count, width, features]);
        let products = product(&dy, &value, [count, width, columns]);
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
            row.iter_mut().zip(&products[i * width..]).for_each(|(e, p)| *e *= p - less[i]);
            leave_out(row, counted, 0.0);
            dq[i * features..][..features].iter_mut().for_each(|d| *d *= kept);
        }
        let ds = Side::matrix(&scores, count, width, width, 1);
        add(&mut dq, &product(&ds, &packed.turned(n, width)[0], [count, features, width]));
    }
    for (dq, sum) in dq.chunks_mut(features).zip(&sums) {
        dq.iter_mut().for_each(|d| *d *= scale / sum);
    }
    let of_rows = (0..count).flat_map(|i| [tops[i], sums[i], less[i]]).collect();
    let AttentionResults::Queries { dq: to, rows, .. } = &a.results else { return Ok(vec![]) };
    let parts = [(to, (dq, features)), (rows, (of_rows, 3))];
    Ok(parts.into_iter().filter(|(to, _)| to.is_some()).map(|(_, part)| part).collect())
}

/// The adjoints of keys and of values.
pub(super) fn of_keys(
    a: &AttentionKernel,
    env: Env<'_>,
    at: Place,
    packed: &Packed,
    of_rows: &Function,
) -> Result<Parts> {
    let Place { g, start, count } = at;
    let AttentionResults::Keys { dk: to_dk, dv: to_dv, .. } = &a.results else { return Ok(vec![]) };
    let [_, queries, _, features] = a.sizes;
    let (columns, scale) = (a.columns, a.attention.scale() as f32);
    let own = |f: &Function, n: usize| rows(f, env, g, N, start..start + count, n);
    let (key, value) = (own(&a.key, features), own(&a.value, columns));
    let (key, value) = (side(&key, count, features), side(&value, count, columns));
    let (mut dk, mut dv) = (vec![0.0; count * features], vec![0.0; count * columns]);
    // Queries before all keys of the block do not see them, unless a mask leaves out all that they see.
    let from = if a.attention.causal && a.mask.is_none() { start.min(queries) } else { 0 };
    let mut tests = Tests::new(a, env, M);
    for m in (from..queries).step_by(STRETCH) {
        let width = STRETCH.min(queries - m);
        let [query, dy] = packed.rows(m, width);
        let [by_query, by_dy] = packed.turned(m, width);
        let told = rows(of_rows, env, g, M, m..m + width, 3);
        let told: Vec<[f32; 3]> = told.chunks(3).map(|r| [r[0], r[1], r[2]].map(f32::from_bits)).collect();
        let mut weights = product(&key, &query, [count, width, features]);
        for (i, row) in weights.chunks_mut(width).enumerate() {
            let counted = tests.of(&Cursor { vars: [g, m, start + i, 0], block: M, len: width });
            row.iter_mut().for_each(|s| *s *= scale);
            leave_out(row, counted, LEFT_OUT as f32);
            row.iter_mut().zip(&told).for_each(|(s, [top, ..])| *s -= top);
            exp(row)?;
            row.iter_mut().zip(&told).for_each(|(e, [_, sum, _])| *e /= sum);
        }
        if to_dv.is_some() {
            let w = Side::matrix(&weights, count, width, width, 1);
            add(&mut dv, &product(&w, &by_dy, [count, columns, width]));
        }
        if to_dk.is_some() {
            let products = product(&value, &dy, [count, width, columns]);
            for (i, row) in weights.chunks_mut(width).enumerate() {
                let dp = &products[i * width..];
                row.iter_mut().zip(dp).zip(&told).for_each(|((w, p), [.., less])| *w *= p - less);
                let counted = tests.of(&Cursor { vars: [g, m, start + i, 0], block: M, len: width });
                leave_out(row, counted, 0.0);
            }
            let ds = Side::matrix(&weights, count, width, width, 1);
            add(&mut dk, &product(&ds, &by_query, [count, features, width]));
        }
    }
    dk.iter_mut().for_each(|d| *d *= scale);
    let parts = [(to_dk, (dk, features)), (to_dv, (dv, columns))];
    Ok(parts.into_iter().filter(|(to, _)| to.is_some()).map(|(_, part)| part).collect())
}
