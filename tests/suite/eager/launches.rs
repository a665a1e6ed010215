//! Chains of eager ops are few launches, and what repeats is compiled once.

use wgflow::tensor::eager_stats;
use wgflow::{GradientTape, IntoTensor, Result, Tensor, Variable, add, config, multiply, square, tanh};
use wgflow_tests::device::{alone, device_under_test};

/// Counts are those of the process: each test has one of its own.
#[test]
fn a_chain_is_one_launch() {
    alone("eager::launches::a_chain_alone");
}

#[test]
fn results_that_nobody_holds_are_not_computed() {
    alone("eager::launches::dropped_alone");
}

#[test]
fn loops_are_cut_at_one_place_of_their_body() {
    alone("eager::launches::loops_alone");
}

#[test]
fn a_step_by_hand_is_compiled_once() {
    alone("eager::launches::steps_alone");
}

fn start() -> Result<[Tensor; 2]> {
    device_under_test();
    config::set_synchronous_execution(false);
    Ok([vec![0.5f32; 4].into_tensor(None)?, vec![0.25f32; 4].into_tensor(None)?])
}

/// Launches of `f`.
fn launches(f: impl FnOnce() -> Result<()>) -> Result<u64> {
    let device = config::current_device()?;
    device.flush()?;
    let before = device.stats().dispatches;
    f()?;
    device.flush()?;
    Ok(device.stats().dispatches - before)
}

fn chain(x: &Tensor, y: &Tensor) -> Result<Vec<f32>> {
    let mut z = x.clone();
    for _ in 0..100 {
        z = multiply(add(&z, x)?, y)?;
    }
    z.to_vec()
}

#[test]
#[ignore = "run by a_chain_is_one_launch, in a process of its own"]
fn a_chain_alone() -> Result<()> {
    let [x, y] = start()?;
    let wanted = chain(&x, &y)?;
    chain(&x, &y)?;
    let compiled = eager_stats().compiled;
    let warm = launches(|| {
        assert_eq!(chain(&x, &y)?, wanted);
        Ok(())
    })?;
    assert_eq!((warm, eager_stats().compiled), (1, compiled));
    config::set_synchronous_execution(true);
    let each = launches(|| chain(&x, &y).map(|_| ()))?;
    assert_eq!(each, 200, "launches op by op");
    Ok(())
}

#[test]
#[ignore = "run by results_that_nobody_holds_are_not_computed, in a process of its own"]
fn dropped_alone() -> Result<()> {
    let [x, y] = start()?;
    let device = config::current_device()?;
    let n = launches(|| {
        for _ in 0..50 {
            tanh(add(&x, &y)?)?;
        }
        device.flush()
    })?;
    assert_eq!(n, 0);
    let n = launches(|| {
        let (held, _) = (tanh(&x)?, tanh(&y)?);
        device.flush()?;
        drop(held);
        Ok(())
    })?;
    assert_eq!(n, 1);
    Ok(())
}

#[test]
#[ignore = "run by loops_are_cut_at_one_place_of_their_body, in a process of its own"]
fn loops_alone() -> Result<()> {
    let [x, y] = start()?;
    let mut z = x.clone();
    for _ in 0..2000 {
        z = add(multiply(&z, &y)?, &x)?;
        z = square(tanh(add(multiply(&z, 0.5)?, &y)?)?)?;
    }
    assert!(z.to_vec::<f32>()?.iter().all(|v| v.is_finite()));
    let stats = eager_stats();
    assert!(stats.segments >= 30, "{stats:?}");
    // The first and the last are of another length.
    assert!(stats.op_by_op <= 3 && stats.compiled == 1, "{stats:?}");
    Ok(())
}

#[test]
#[ignore = "run by a_step_by_hand_is_compiled_once, in a process of its own"]
fn steps_alone() -> Result<()> {
    let [x, y] = start()?;
    let w = Variable::new(y)?;
    let step = || -> Result<()> {
        let tape = GradientTape::new();
        let loss = square(tanh(multiply(&w, &x)?)?)?;
        if let Some(g) = tape.gradient(&loss, &w)? {
            w.assign(add(&w, multiply(&g, -0.1)?)?)?;
        }
        Ok(())
    };
    (0..5).try_for_each(|_| step())?;
    config::current_device()?.flush()?;
    let before = eager_stats();
    let n = launches(|| (0..100).try_for_each(|_| step()))?;
    let after = eager_stats();
    assert_eq!((n, after.segments - before.segments), (100, 100));
    assert_eq!((after.compiled, after.op_by_op), (before.compiled, before.op_by_op));
    Ok(())
}
