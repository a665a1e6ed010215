//! Training: small models whose numbers are known.

use super::{close, tensor};
use wgflow::keras::optimizers::SGD;
use wgflow::keras::{Compile, Evaluate, Fit, Predict, Sequential, Verbose, layers::Dense};
use wgflow::{Result, layers};

fn quiet(epochs: usize) -> Fit<'static> {
    Fit { epochs, verbose: Verbose::Silent, ..Fit::default() }
}

fn zeros(units: usize) -> Result<Sequential> {
    Sequential::new(layers![Dense::new(units).kernel_initializer("zeros")])
}

/// Linear regression, 100 steps of plain gradient descent; numbers by TensorFlow.
#[test]
fn linear_model() -> Result<()> {
    let x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let y = tensor([[10.0], [20.0]]);
    let model = zeros(1)?;
    model.compile(Compile::new(SGD::new().learning_rate(0.01), "mse"))?;
    let history = model.fit((&x, &y), quiet(100))?;
    let weights = model.get_weights()?;
    close(&weights[0].to_vec()?, &[0.407_845, 1.191_065, 1.974_285], 1e-5);
    close(&weights[1].to_vec()?, &[0.783_221], 1e-5);
    // The loss of a step is that before its update.
    let losses = &history.history["loss"];
    close(&[losses[99] as f32], &[0.152_909], 1e-4);
    let after = model.evaluate((&x, &y), Evaluate { verbose: Verbose::Silent, ..Evaluate::default() })?;
    assert!(losses.len() == 100 && after.value("loss")? < losses[99]);
    Ok(())
}

/// Two outputs from zeros: the first loss, the first gradients, the loss after 100 steps.
#[test]
fn two_outputs() -> Result<()> {
    let x = tensor([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0]]);
    let y = tensor([[2.0, 3.0], [4.0, 6.0]]);
    let model = zeros(2)?;
    model.compile(Compile::new(SGD::new().learning_rate(1.0), "mse"))?;
    let logs = model.train_on_batch((&x, &y))?;
    close(&[logs.value("loss")? as f32], &[16.25], 1e-6);
    let weights = model.get_weights()?;
    close(&weights[0].to_vec()?, &[5.0, 7.5, 5.0, 7.5, 5.0, 7.5], 1e-6);
    close(&weights[1].to_vec()?, &[3.0, 4.5], 1e-6);

    let model = zeros(2)?;
    model.compile(Compile::new(SGD::new().learning_rate(5e-4), "mse"))?;
    let history = model.fit((&x, &y), quiet(100))?;
    close(&[history.history["loss"][99] as f32], &[7.066_28], 1e-5);
    let p =
        model.predict(&x, Predict { verbose: Verbose::Silent, batch_size: Some(1), ..Predict::default() })?;
    assert_eq!(p.shape()[..], [2, 2]);
    Ok(())
}
