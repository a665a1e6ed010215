//! Random programs of ops, variables, tapes, reads and drops mean the same whether their ops wait or not.

use std::sync::{Mutex, PoisonError};
use wgflow::{
    DType, GradientTape, IntoTensor, Result, Tensor, Variable, add, capture_prints, config, cumsum, gather,
    math, matmul, multiply, nn, print, random, reduce_max, reduce_sum, reshape, square, subtract, tanh,
    transpose,
};
use wgflow_tests::device::device_under_test;
use wgflow_tests::rng::Rng;

/// One op on values of the pool, in a range that does not grow.
fn op(rng: &mut Rng, pool: &[Tensor], v: &Variable) -> Result<Tensor> {
    let at = [rng.below(pool.len()), rng.below(pool.len())];
    let (a, b) = (&pool[at[0]], &pool[at[1]]);
    match rng.below(13) {
        0 => tanh(add(a, b)?),
        1 => multiply(a, b),
        2 => multiply(matmul(a, b)?, 0.2),
        3 => nn::softmax(a, -1),
        4 => transpose(a, [1, 0]),
        5 => tanh(subtract(a, reduce_sum(b, 0, true)?)?),
        6 => multiply(a, rng.uniform(-1.0, 1.0)),
        7 => random::stateless_uniform([4, 4], [rng.below(99) as i64, 3], -1.0, 1.0, DType::Float32),
        8 => gather(a, [3, 0, 1, 1], 0, 0),
        9 => tanh(cumsum(a, 1, false, false)?),
        10 => math::divide(a, add(reduce_max(math::abs(a)?, None, false)?, 1.0)?),
        11 => tanh(multiply(v, a)?),
        _ => reshape(reshape(a, [2, 8])?, [4, 4]),
    }
}

/// Runs the program of a seed; returns all that it read.
fn program(seed: u64) -> Result<Vec<f64>> {
    let rng = &mut Rng::new(seed);
    let mut start = || Ok(rng.uniforms(16, -1.0, 1.0).iter().map(|&v| v as f32).collect::<Vec<_>>());
    let tensor = |v: Vec<f32>| reshape(v.into_tensor(None)?, [4, 4]);
    let mut pool = vec![tensor(start()?)?, tensor(start()?)?];
    let v = Variable::new(tensor(start()?)?)?;
    let mut seen = vec![];
    for _ in 0..60 {
        match rng.below(20) {
            0 if pool.len() > 2 => drop(pool.swap_remove(rng.below(pool.len()))),
            1 => seen.extend(pool[rng.below(pool.len())].to_literal()?.to_f64s()),
            2 => v.assign(tanh(op(rng, &pool, &v)?)?)?,
            3 => pool.push(v.value()?),
            4 => {
                let tape = GradientTape::persistent();
                let mut y = tanh(op(rng, &pool, &v)?)?;
                for _ in 0..rng.below(5) {
                    y = add(y, op(rng, &pool, &v)?)?;
                    pool.push(tanh(&y)?);
                }
                let loss = reduce_sum(square(&y)?, None, false)?;
                if let Some(g) = tape.gradient(&loss, &v)? {
                    v.assign(subtract(&v, multiply(tanh(g)?, 0.1)?)?)?;
                }
            }
            5 => config::current_device()?.flush()?,
            6 => {
                let at = rng.below(pool.len());
                let (shown, text) = capture_prints(|| print(&[&pool[at]]));
                shown?;
                let words = text.split_whitespace().map(|w| w.trim_matches(|c| c == '[' || c == ']'));
                seen.extend(words.map(|w| w.parse::<f64>().unwrap_or(f64::MAX)));
            }
            _ => pool.push(op(rng, &pool, &v)?),
        }
    }
    for t in pool.iter().chain([&v.value()?]) {
        seen.extend(t.to_literal()?.to_f64s());
    }
    Ok(seen)
}

/// The switch is the process's.
static SWITCH: Mutex<()> = Mutex::new(());

#[test]
fn programs_mean_the_same_when_ops_wait() -> Result<()> {
    device_under_test();
    let _switch = SWITCH.lock().unwrap_or_else(PoisonError::into_inner);
    let was = config::get_synchronous_execution();
    let programs = if config::current_device()?.caps().is_none() { 40 } else { 8 };
    for seed in 0..programs {
        config::set_synchronous_execution(true);
        let wanted = program(seed);
        config::set_synchronous_execution(false);
        // New, compiled, and run again.
        let got: Vec<_> = (0..3).map(|_| program(seed)).collect();
        config::set_synchronous_execution(was);
        let wanted = wanted?;
        for got in got {
            let got = got?;
            assert_eq!(got.len(), wanted.len(), "program {seed}");
            for (k, (g, w)) in got.iter().zip(&wanted).enumerate() {
                assert!((g - w).abs() <= 1e-4 * w.abs().max(1.0), "program {seed}, value {k}: {g} and {w}");
            }
        }
    }
    Ok(())
}
