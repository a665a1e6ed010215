//! Kernels of common graphs.

use wgflow::exec::{Executable, target_of};
use wgflow::function::{Function, FunctionArg};
use wgflow::{IntoTensor, Result, Tensor, config, function, nn};
use wgflow_tests::device::device_under_test;

fn ramp(shape: [usize; 2]) -> Result<Tensor> {
    let n = shape[0] * shape[1];
    let x: Vec<f32> = (0..n).map(|i| (i * 7919 % 1000) as f32 / 500.0 - 1.0).collect();
    wgflow::reshape(&x.into_tensor(None)?, shape)
}

/// How many kernels a function of tensors of this shape is.
fn kernels(f: &Function<Tensor>, shapes: &[[usize; 2]]) -> Result<usize> {
    let args = shapes.iter().map(|s| ramp(*s).map(FunctionArg::Tensor)).collect::<Result<Vec<_>>>()?;
    let concrete = f.get_concrete_function(args)?;
    let target = target_of(&config::current_device()?);
    Ok(Executable::new(concrete.graph(), &target, &vec![false; shapes.len()])?.plan().len())
}

/// Launches of `f`; `None` on the CPU device, which has none.
fn launches<R>(f: impl Fn() -> Result<R>) -> Result<Option<u64>> {
    let device = config::current_device()?;
    if device.caps().is_none() {
        return Ok(None);
    }
    // Results that nobody holds are not computed.
    let held = f()?;
    device.flush()?;
    let before = device.stats().dispatches;
    let again = f()?;
    device.flush()?;
    drop((held, again));
    Ok(Some(device.stats().dispatches - before))
}

#[test]
fn elementwise_work_is_one() -> Result<()> {
    device_under_test();
    let f = function(|x: &[Tensor]| nn::gelu(&(&x[0] * &x[1] + &x[2]), false));
    assert_eq!(kernels(&f, &[[64, 100]; 3])?, 1);
    let x = ramp([64, 100])?;
    if let Some(n) = launches(|| f.call((&x, &x, &x)))? {
        assert_eq!(n, 1);
    }
    Ok(())
}

#[test]
fn rows_are_normalised_in_two() -> Result<()> {
    device_under_test();
    let softmax = function(|x: &[Tensor]| nn::softmax(&x[0], -1));
    let layer_norm = function(|x: &[Tensor]| {
        let (mean, variance) = nn::moments(&x[0], -1, true)?;
        nn::batch_normalization(&x[0], &mean, &variance, None, None, 1e-3)
    });
    for shape in [[64, 10], [64, 1000], [4096, 1024], [3, 20000], [1, 7]] {
        assert!(kernels(&softmax, &[shape])? <= 2, "softmax of {shape:?}: {}", kernels(&softmax, &[shape])?);
        assert!(
            kernels(&layer_norm, &[shape])? <= 2,
            "layer norm of {shape:?}: {}",
            kernels(&layer_norm, &[shape])?
        );
    }
    let x = ramp([64, 1000])?;
    if let Some(n) = launches(|| nn::softmax(&x, -1))? {
        assert!((1..=2).contains(&n), "{n} launches");
    }
    Ok(())
}
