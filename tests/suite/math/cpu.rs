//! The rows as the CPU device computes them.

use super::floats::edges;
use super::judge::check;
use wgflow::cpu::math;
use wgflow::hlo::Ew;
use wgflow::hlo::rows::{Outcome, Row};
use wgflow::{DType, Result, bf16, f16};

fn floats(c: &[u32]) -> Vec<f32> {
    c.iter().map(|&w| f32::from_bits(w)).collect()
}

fn signed(c: &[u32]) -> Vec<i32> {
    c.iter().map(|&w| w as i32).collect()
}

fn run(row: &Row, d: DType, c: &[Vec<u32>]) -> Result<Vec<u32>> {
    let mut words = vec![0u32; c[0].len()];
    if row.leading_bools > 0 {
        math::select(&c[0], &c[1], &c[2], &mut words);
        return Ok(words);
    }
    let op = row.op;
    match (d, row.outcome, row.arity) {
        (DType::Float32, Outcome::Bool, 1) => math::test(op, &floats(&c[0]), &mut words)?,
        (DType::Float32, Outcome::Bool, _) => math::compare(op, &floats(&c[0]), &floats(&c[1]), &mut words)?,
        (DType::Int32, Outcome::Bool, _) => {
            math::compare_i32(op, &signed(&c[0]), &signed(&c[1]), &mut words)?
        }
        (_, Outcome::Bool, _) => math::compare_u32(op, &c[0], &c[1], &mut words)?,
        (DType::Float32, _, arity) => {
            let x: Vec<Vec<f32>> = c.iter().map(|c| floats(c)).collect();
            let mut out = vec![0.0; words.len()];
            match arity {
                1 => math::unary(op, &x[0], &mut out)?,
                2 => math::binary(op, &x[0], &x[1], &mut out)?,
                _ => math::clamp(&x[0], &x[1], &x[2], &mut out),
            }
            words = out.into_iter().map(f32::to_bits).collect();
        }
        (DType::Int32, _, arity) => {
            let x: Vec<Vec<i32>> = c.iter().map(|c| signed(c)).collect();
            let mut out = vec![0; words.len()];
            match arity {
                1 => math::unary_i32(op, &x[0], &mut out)?,
                2 => math::binary_i32(op, &x[0], &x[1], &mut out)?,
                _ => math::clamp_i32(&x[0], &x[1], &x[2], &mut out),
            }
            words = out.into_iter().map(|v| v as u32).collect();
        }
        (DType::Bool, _, 1) => math::unary_bool(op, &c[0], &mut words)?,
        (_, _, 1) => math::unary_u32(op, &c[0], &mut words)?,
        (_, _, 2) => math::binary_u32(op, &c[0], &c[1], &mut words)?,
        _ => math::clamp_u32(&c[0], &c[1], &c[2], &mut words),
    }
    Ok(words)
}

#[test]
fn rows_hold_their_bounds_on_the_cpu() {
    let table = check(&|row, d, columns| run(row, d, columns).map_err(|e| e.to_string()));
    println!("worst errors in ulp on the CPU device");
    for (name, worst) in table {
        println!("{name:<26}{:>8.2}  at {:?}", worst.ulp, worst.at);
    }
}

#[test]
fn operations_of_another_kind_are_errors() {
    let (mut floats, mut ints, mut words) = ([0f32; 1], [0i32; 1], [0u32; 1]);
    for row in Ew::ALL.iter().map(|op| op.row()) {
        let fits = |arity: usize, outcome: Outcome, d: DType| {
            row.arity == arity && row.outcome == outcome && row.leading_bools == 0 && row.on.has(d)
        };
        let op = row.op;
        let results = [
            (math::unary(op, &[1.0], &mut floats), fits(1, Outcome::Same, DType::Float32)),
            (math::binary(op, &[1.0], &[1.0], &mut floats), fits(2, Outcome::Same, DType::Float32)),
            (math::test(op, &[1.0], &mut words), fits(1, Outcome::Bool, DType::Float32)),
            (math::compare(op, &[1.0], &[1.0], &mut words), fits(2, Outcome::Bool, DType::Float32)),
            (math::compare_i32(op, &[1], &[1], &mut words), fits(2, Outcome::Bool, DType::Int32)),
            (math::compare_u32(op, &[1], &[1], &mut words), fits(2, Outcome::Bool, DType::UInt32)),
            (math::unary_i32(op, &[1], &mut ints), fits(1, Outcome::Same, DType::Int32)),
            (math::binary_i32(op, &[1], &[1], &mut ints), fits(2, Outcome::Same, DType::Int32)),
            (math::unary_u32(op, &[1], &mut words), fits(1, Outcome::Same, DType::UInt32)),
            (math::binary_u32(op, &[1], &[1], &mut words), fits(2, Outcome::Same, DType::UInt32)),
            (math::unary_bool(op, &[1], &mut words), fits(1, Outcome::Same, DType::Bool)),
        ];
        for (k, (result, fits)) in results.iter().enumerate() {
            assert_eq!(result.is_ok(), *fits, "{} in place {k}: {result:?}", row.name);
        }
    }
}

#[test]
fn conversions_round_and_saturate() {
    let x = edges();
    let (mut floats, mut ints, mut words) = (vec![0.0; x.len()], vec![0; x.len()], vec![0; x.len()]);
    let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    math::round_f16(&x, &mut floats);
    for (&x, &y) in x.iter().zip(&floats) {
        assert!(same(y, f16::from_f32(x).to_f32()), "{x:e} to float16 is {y:e}");
    }
    math::round_bf16(&x, &mut floats);
    for (&x, &y) in x.iter().zip(&floats) {
        assert!(same(y, bf16::from_f32(x).to_f32()), "{x:e} to bfloat16 is {y:e}");
    }
    math::i32_from_f32(&x, &mut ints);
    math::u32_from_f32(&x, &mut words);
    for (k, &x) in x.iter().enumerate() {
        let wide = f64::from(x).trunc();
        let want = |lo: f64, hi: f64| if x.is_nan() { 0.0 } else { wide.clamp(lo, hi) };
        assert_eq!(f64::from(ints[k]), want(f64::from(i32::MIN), f64::from(i32::MAX)), "{x:e} to int32");
        assert_eq!(f64::from(words[k]), want(0.0, f64::from(u32::MAX)), "{x:e} to uint32");
    }
    math::bool_from_f32(&x, &mut words);
    assert!(x.iter().zip(&words).all(|(&x, &w)| w == u32::from(x != 0.0)));

    let whole: Vec<u32> = x.iter().map(|x| x.to_bits()).collect();
    let signed: Vec<i32> = whole.iter().map(|&w| w as i32).collect();
    math::f32_from_u32(&whole, &mut floats);
    assert!(whole.iter().zip(&floats).all(|(&w, &y)| y == f64::from(w) as f32));
    math::f32_from_i32(&signed, &mut floats);
    assert!(signed.iter().zip(&floats).all(|(&w, &y)| y == f64::from(w) as f32));
    math::bool_from_u32(&whole, &mut words);
    assert!(whole.iter().zip(&words).all(|(&x, &w)| w == u32::from(x != 0)));
}
