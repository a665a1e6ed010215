//! Dropout by its functions.

use super::ramp;
use wgflow::ops::nn;
use wgflow::{ErrorKind, GradientTape, IntoTensor, Result};
use wgflow_tests::device::device_under_test;

#[test]
fn drops_the_asked_part_and_keeps_the_mean() -> Result<()> {
    device_under_test();
    let y = nn::stateless_dropout(vec![1.0f32; 10_000], 0.3, [1, 2], None)?.to_vec::<f32>()?;
    let kept = y.iter().filter(|v| **v != 0.0).count();
    assert!((6_700..7_300).contains(&kept), "{kept}");
    assert!(y.iter().all(|&v| v == 0.0 || (v - 1.0 / 0.7).abs() < 1e-6));
    let tape = GradientTape::new();
    let x = ramp([50])?;
    tape.watch(&x);
    let y = nn::dropout(&x, 0.5, None, Some(77))?;
    let d = tape.gradient(&y, &x)?.expect("a gradient").to_vec::<f32>()?;
    let (x, y) = (x.to_vec::<f32>()?, y.to_vec::<f32>()?);
    assert!((0..50).all(|i| y[i] == x[i] * d[i] && (d[i] == 0.0 || d[i] == 2.0)), "{d:?}");
    Ok(())
}

#[test]
fn elements_of_one_noise_go_together() -> Result<()> {
    device_under_test();
    let y = nn::stateless_dropout(ramp([8, 3, 5])?, 0.5, [3, 4], Some(&[8, 1, 1]))?;
    let x = ramp([8, 3, 5])?.to_vec::<f32>()?;
    let y = y.to_vec::<f32>()?;
    let whole = |k: usize| (15 * k..15 * k + 15).all(|i| y[i] == 2.0 * x[i]);
    let gone = |k: usize| (15 * k..15 * k + 15).all(|i| y[i] == 0.0);
    assert!((0..8).all(|k| whole(k) || gone(k)));
    assert!((0..8).any(whole) && (0..8).any(gone));
    Ok(())
}

#[test]
fn rates_at_the_ends() -> Result<()> {
    device_under_test();
    let x = ramp([4])?;
    assert_eq!(nn::dropout(&x, 0.0, None, Some(78))?.to_vec::<f32>()?, x.to_vec::<f32>()?);
    for rate in [-0.1, 1.0, f64::NAN] {
        let e = nn::dropout(&x, rate, None, Some(78)).expect_err("an error");
        assert_eq!((e.kind(), e.op()), (ErrorKind::InvalidArgument, "dropout"));
    }
    assert!(
        nn::dropout([1, 2].into_tensor(None)?, 0.0, None, Some(78)).is_err(),
        "integers cannot be scaled"
    );
    Ok(())
}
