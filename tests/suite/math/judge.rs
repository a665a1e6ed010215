//! What a device may answer, derived from the table; no operation is named.

use std::collections::BTreeMap;
use wgflow::DType;
use wgflow::hlo::Ew;
use wgflow::hlo::rows::{FloatFn, IntFn, Outcome, Row};
use wgflow_tests::rng::Rng;
use wgflow_tests::samples;

/// Applies a row to columns of words, elements of a dtype.
pub(super) type Device<'a> = &'a dyn Fn(&Row, DType, &[Vec<u32>]) -> Result<Vec<u32>, String>;

/// Errors in units of the last place of float32: the greatest one and its arguments.
#[derive(Clone, Default)]
pub(super) struct Worst {
    pub ulp: f64,
    pub at: Vec<f32>,
}

/// Checks every row on every dtype it works on. Gives the worst errors of the float rows inside their domains.
pub(super) fn check(device: Device<'_>) -> BTreeMap<&'static str, Worst> {
    let mut failures = vec![];
    let mut table = BTreeMap::new();
    for row in Ew::ALL.iter().map(|op| op.row()) {
        let dtypes = [DType::Float32, DType::Int32, DType::UInt32, DType::Bool];
        for d in dtypes.into_iter().filter(|&d| row.wgsl(d).is_some()) {
            let result = if d == DType::Float32 {
                check_floats(device, row).map(|worst| drop(table.insert(row.name, worst)))
            } else {
                check_ints(device, row, d)
            };
            failures.extend(result.err().map(|e| format!("{} on {d}: {e}", row.name)));
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
    table
}

fn check_floats(device: Device<'_>, row: &Row) -> Result<Worst, String> {
    let mut rng = Rng::named(row.name);
    let inside = domain_columns(row, &mut rng);
    let outside = wild_columns(row, &mut rng);
    let mut worst = Worst::default();
    for (columns, measured) in [(inside, true), (outside, false)] {
        let words: Vec<Vec<u32>> = columns.iter().map(|c| c.iter().map(|v| v.to_bits()).collect()).collect();
        let got = device(row, DType::Float32, &words)?;
        let mut wrong = vec![];
        for (i, &g) in got.iter().enumerate() {
            let x: Vec<f32> = columns.iter().map(|c| c[i]).collect();
            if !accepts(row, &x, g, measured) {
                wrong.push(format!("{x:?} gives {:?}, not {:?}", show(row, g), reference(row, &x)));
            } else if measured && row.outcome == Outcome::Same {
                let ulp = ulps(f32::from_bits(g), reference(row, &x));
                if ulp > worst.ulp {
                    worst = Worst { ulp, at: x };
                }
            }
        }
        if !wrong.is_empty() {
            let count = wrong.len();
            wrong.truncate(12);
            return Err(format!("{count} of {} wrong:\n  {}", got.len(), wrong.join("\n  ")));
        }
    }
    Ok(worst)
}

fn show(row: &Row, word: u32) -> f64 {
    if row.outcome == Outcome::Bool { f64::from(word) } else { f64::from(f32::from_bits(word)) }
}

/// Samples of the row's domain. Operands that are bools are 0 and 1.
fn domain_columns(row: &Row, rng: &mut Rng) -> Vec<Vec<f32>> {
    let ranges: Vec<(f64, f64)> = (0..row.arity).map(|k| row.domain[k.min(row.domain.len() - 1)]).collect();
    let mut columns: Vec<Vec<f32>> = ranges.iter().map(|&r| samples::in_range(rng, 8000, r)).collect();
    for column in columns.iter_mut().skip(1) {
        // Independent of the others: in another order.
        let n = column.len();
        (0..n).for_each(|i| column.swap(i, rng.below(n)));
    }
    finish(row, columns)
}

/// Everything else: special values in all combinations, and random bits.
fn wild_columns(row: &Row, rng: &mut Rng) -> Vec<Vec<f32>> {
    let special = samples::special_floats();
    // All triples of a third of them are enough.
    let special: Vec<f32> = if row.arity < 3 { special } else { special.into_iter().step_by(3).collect() };
    let mut columns = samples::tuples(&special, row.arity);
    for c in &mut columns {
        c.extend(samples::any_floats(rng, 4000));
    }
    finish(row, columns)
}

fn finish(row: &Row, mut columns: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    for c in &mut columns[..row.leading_bools] {
        // Words 0 and 1 as the device reads them.
        c.iter_mut().for_each(|v| *v = f32::from_bits(u32::from(*v > 0.0)));
    }
    let n = columns.iter().map(Vec::len).min().unwrap_or(0) / 4 * 4;
    columns.iter_mut().for_each(|c| c.truncate(n));
    columns
}

/// The row in f64.
fn reference(row: &Row, x: &[f32]) -> f64 {
    let at = |k: usize| if k < row.leading_bools { f64::from(x[k].to_bits()) } else { f64::from(x[k]) };
    match row.float.expect("a float row") {
        FloatFn::Unary(f) => f(at(0)),
        FloatFn::Binary(f) => f(at(0), at(1)),
        FloatFn::Ternary(f) => f(at(0), at(1), at(2)),
        FloatFn::Test(f) => f64::from(u8::from(f(at(0)))),
        FloatFn::Compare(f) => f64::from(u8::from(f(at(0), at(1)))),
    }
}

/// Whether `got` is right: within the row's tolerance of the exact value of `x`, or of `x` with some subnormals taken for zeros.
fn accepts(row: &Row, x: &[f32], got: u32, inside: bool) -> bool {
    let subnormal: Vec<usize> =
        (row.leading_bools..x.len()).filter(|&k| x[k] != 0.0 && x[k].abs() < f32::MIN_POSITIVE).collect();
    (0..1usize << subnormal.len()).any(|set| {
        let mut x = x.to_vec();
        for (bit, &k) in subnormal.iter().enumerate() {
            if set >> bit & 1 == 1 {
                x[k] *= 0.0;
            }
        }
        let want = reference(row, &x);
        if row.outcome == Outcome::Bool {
            return f64::from(got) == want;
        }
        let got = f32::from_bits(got);
        if inside || x.len() == 1 {
            return close(row, &x, got, want, 0.0);
        }
        // Far from their domains functions of several variables are differences of large numbers: any value that arguments within
        // rounding of `x` have is right there.
        let near = neighbours(row, &x);
        let spread = near.iter().map(|v| (v - want).abs()).filter(|d| d.is_finite()).fold(0.0, f64::max);
        near.iter().chain([&want]).any(|&v| close(row, &x, got, v, spread))
    })
}

/// The row where one of the arguments is two units in the last place away.
fn neighbours(row: &Row, x: &[f32]) -> Vec<f64> {
    let moved = |k: usize, to: fn(f32) -> f32| {
        let mut x = x.to_vec();
        x[k] = to(to(x[k]));
        reference(row, &x)
    };
    (row.leading_bools..x.len()).flat_map(|k| [moved(k, f32::next_up), moved(k, f32::next_down)]).collect()
}

fn close(row: &Row, x: &[f32], got: f32, want: f64, spread: f64) -> bool {
    let (most, exact) = (f64::from(f32::MAX), f64::from(got));
    let slack = row.tol.abs + row.tol.rel * want.abs() + spread;
    if want.is_nan() || got.is_nan() {
        return want.is_nan() && got.is_nan();
    }
    if want.abs() > most || got.is_infinite() {
        // What is within the tolerance of the greatest float may be infinite, and the other way round.
        let end = |v: f64| v.is_infinite() || v.abs() + slack >= most;
        return exact.signum() == want.signum()
            && end(want)
            && (got.is_infinite() || want.is_finite() && end(exact));
    }
    let sign_fits =
        x.len() > 1 || x[0] != 0.0 || want != 0.0 || got.is_sign_negative() == want.is_sign_negative();
    (exact - want).abs() <= slack && sign_fits
}

/// The distance of `got` from `want` in units of the last place that float32 has there; subnormals count as the least normal number.
fn ulps(got: f32, want: f64) -> f64 {
    if !want.is_finite() || want.abs() > f64::from(f32::MAX) {
        return 0.0;
    }
    let w = (want.abs() as f32).max(f32::MIN_POSITIVE);
    let unit = f64::from(w.next_up()) - f64::from(w);
    let tiny = want.abs() < f64::from(f32::MIN_POSITIVE) && got.abs() <= f32::MIN_POSITIVE;
    if tiny { 0.0 } else { (f64::from(got) - want).abs() / unit }
}

fn check_ints(device: Device<'_>, row: &Row, d: DType) -> Result<(), String> {
    let mut rng = Rng::named(row.name);
    let special = if d == DType::Bool { vec![0, 1] } else { samples::special_words() };
    let special: Vec<u32> =
        if row.arity < 3 || special.len() < 3 { special } else { special.into_iter().step_by(3).collect() };
    let mut columns = samples::tuples(&special, row.arity);
    for (k, c) in columns.iter_mut().enumerate() {
        // Small words too, so that second operands are often of the size of the first.
        c.extend((0..4000).map(|_| (rng.bits() as u32) >> rng.below(32)));
        if d == DType::Bool || k < row.leading_bools {
            c.iter_mut().for_each(|w| *w &= 1);
        }
    }
    let n = columns[0].len() / 4 * 4;
    columns.iter_mut().for_each(|c| c.truncate(n));
    let got = device(row, d, &columns)?;
    for (i, &g) in got.iter().enumerate() {
        let x: Vec<i64> = columns
            .iter()
            .map(|c| if d == DType::Int32 { i64::from(c[i] as i32) } else { i64::from(c[i]) })
            .collect();
        let want = int_reference(row, d, &x);
        let g = if d == DType::Int32 && row.outcome == Outcome::Same {
            i64::from(g as i32)
        } else {
            i64::from(g)
        };
        if g != want {
            return Err(format!("{x:?} gives {g}, not {want}"));
        }
    }
    Ok(())
}

fn int_reference(row: &Row, d: DType, x: &[i64]) -> i64 {
    let exact = match row.int.expect("an integer row") {
        IntFn::Unary(f) => f(x[0]),
        IntFn::Binary(f) => f(x[0], x[1]),
        IntFn::Ternary(f) => f(x[0], x[1], x[2]),
        IntFn::Compare(f) => return i64::from(f(x[0], x[1])),
        IntFn::Sized(f) => f(x[0], x.get(1).copied().unwrap_or(0), d.int_bits()),
    };
    d.wrap(exact)
}
