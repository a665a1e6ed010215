//! Second derivatives of ops with a derivative of their own, against differences of the first.

use super::ramp;
use wgflow::ops::nn::{self, DataFormat};
use wgflow::ops::{array, math};
use wgflow::{GradientTape, Result, Tensor};
use wgflow_tests::device::device_under_test;

type Function<'a> = dyn Fn(&Tensor) -> Result<Tensor> + 'a;

/// The gradient of a weighted sum of `f`, as a tensor that can be differentiated again.
fn slope(f: &Function<'_>, x: &Tensor) -> Result<Tensor> {
    let tape = GradientTape::new();
    tape.watch(x);
    let y = f(x)?;
    let weighted = math::multiply(&y, math::multiply(ramp(y.shape().clone())?, 0.3)?)?;
    Ok(tape.gradient(&weighted, x)?.expect("a first derivative"))
}

#[track_caller]
fn check(name: &str, f: &Function<'_>, x: &Tensor) -> Result<()> {
    let tape = GradientTape::new();
    tape.watch(x);
    let first = slope(f, x)?;
    let pull = math::multiply(ramp(x.shape().clone())?, 0.2)?;
    let along = math::multiply(&first, &pull)?;
    let second = tape.gradient(&along, x)?.expect("a second derivative").to_vec::<f32>()?;
    // The same by moving x along each coordinate.
    const STEP: f32 = 2e-3;
    let base = x.to_vec::<f32>()?;
    let pull = pull.to_vec::<f32>()?;
    for i in 0..base.len() {
        let at = |step: f32| -> Result<f32> {
            let mut moved = base.clone();
            moved[i] += step;
            let s = slope(f, &array::reshape(moved, x.shape())?)?.to_vec::<f32>()?;
            Ok(s.iter().zip(&pull).map(|(a, b)| a * b).sum())
        };
        let difference = (at(STEP)? - at(-STEP)?) / (2.0 * STEP);
        assert!(
            (second[i] - difference).abs() <= 3e-3 * difference.abs().max(1.0),
            "{name}[{i}]: {} and {difference}",
            second[i]
        );
    }
    Ok(())
}

#[test]
fn of_losses() -> Result<()> {
    device_under_test();
    let labels = array::reshape([0.2, 0.5, 0.3, 0.1, 0.1, 0.8], [2, 3])?;
    let x = math::multiply(ramp([2, 3])?, 0.3)?;
    check("softmax cross entropy", &|x| nn::softmax_cross_entropy_with_logits(&labels, x, -1), &x)?;
    check("sparse", &|x| nn::sparse_softmax_cross_entropy_with_logits([2, 0], x), &x)?;
    check("sigmoid cross entropy", &|x| nn::sigmoid_cross_entropy_with_logits(&labels, x), &x)?;
    let raw = |x: &Tensor| wgflow::tensor::run(&nn::SoftmaxCrossEntropyWithLogits {}, &[x, &labels]);
    check("raw softmax cross entropy", &|x| Ok(raw(x)?[0].clone()), &x)
}

#[test]
fn of_activations() -> Result<()> {
    device_under_test();
    let x = math::add(math::multiply(ramp([2, 4])?, 0.3)?, 0.07)?;
    check("softmax", &|x| nn::softmax(x, -1), &x)?;
    check("softmax along 0", &|x| nn::softmax(x, 0), &x)?;
    check("log_softmax", &|x| nn::log_softmax(x, -1), &x)?;
    check("softplus", &|x| nn::softplus(x), &x)?;
    check("softsign", &|x| nn::softsign(x), &x)?;
    check("elu", &|x| nn::elu(x), &x)?;
    check("selu", &|x| nn::selu(x), &x)?;
    check("gelu", &|x| nn::gelu(x, true), &x)?;
    check("silu", &|x| nn::silu(x, 1.0), &x)
}

#[test]
fn of_normalisation() -> Result<()> {
    device_under_test();
    let x = math::multiply(ramp([2, 2, 2, 2])?, 0.3)?;
    let scale = array::reshape([0.7, -1.2], [2])?;
    let norm = |x: &Tensor| {
        nn::fused_batch_norm(x, &scale, [0.1, 0.2], None, None, 0.1, DataFormat::Nhwc, true, 1.0).map(|b| b.y)
    };
    check("fused_batch_norm", &norm, &x)?;
    check("layer_normalization", &|x| nn::layer_normalization(x, None, None, -1, 0.5), &x)?;
    check("local_response_normalization", &|x| nn::local_response_normalization(x, 1, 1.0, 0.5, 0.7), &x)
}
