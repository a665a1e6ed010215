//! Launches of recurrent layers: about two a step forwards and two backwards, whatever the number of steps.

use wgflow::keras::{AnyLayer, Compile, Predict, Sequential, Verbose, input, layers::*};
use wgflow::{DType, Result, Tensor, config, layers, random};
use wgflow_tests::device::device_under_test;

const BATCH: usize = 32;

fn data(steps: usize) -> Result<(Tensor, Tensor)> {
    let x = random::stateless_uniform([BATCH, steps, 8], [1, 2], -1.0, 1.0, DType::Float32)?;
    let y = random::stateless_uniform([BATCH, 1], [3, 4], -1.0, 1.0, DType::Float32)?;
    Ok((x, y))
}

/// Launches of a prediction and of a training step.
fn launches(layers: Vec<AnyLayer>, steps: usize) -> Result<(u64, u64)> {
    let device = config::current_device()?;
    let model = Sequential::new(layers)?;
    model.compile(Compile::new("adam", "mse"))?;
    let (x, y) = data(steps)?;
    let predict = || -> Result<()> {
        let options = Predict { batch_size: Some(BATCH), verbose: Verbose::Silent, ..Predict::default() };
        model.predict(&x, options).map(|_| ())
    };
    let train = || model.train_on_batch((&x, &y)).map(|_| ());
    let count = |f: &dyn Fn() -> Result<()>| -> Result<u64> {
        f()?;
        let before = device.stats().dispatches;
        f()?;
        Ok(device.stats().dispatches - before)
    };
    Ok((count(&predict)?, count(&train)?))
}

#[test]
fn an_lstm_is_two_launches_a_step() -> Result<()> {
    device_under_test();
    let (predict, train) = launches(layers![input([20, 8]), LSTM::new(32), Dense::new(1)], 20)?;
    println!("LSTM: {predict} launches to predict, {train} to train");
    assert!(predict <= 44, "{predict} launches to predict");
    assert!(train <= 120, "{train} launches to train");
    Ok(())
}
