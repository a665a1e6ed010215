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

/// Launches on adapters. On the CPU device, where a launch costs next to nothing, parts of a concatenation are kernels of their own.
fn check(what: &str, layers: Vec<AnyLayer>, steps: usize, most: (u64, u64)) -> Result<()> {
    device_under_test();
    let (predict, train) = launches(layers, steps)?;
    println!("{what}: {predict} launches to predict, {train} to train");
    if config::current_device()?.caps().is_none() {
        return Ok(());
    }
    assert!(predict <= most.0, "{what}: {predict} launches to predict, wanted {}", most.0);
    assert!(train <= most.1, "{what}: {train} launches to train, wanted {}", most.1);
    Ok(())
}

#[test]
fn an_lstm_is_two_launches_a_step() -> Result<()> {
    check("LSTM", layers![input([20, 8]), LSTM::new(32), Dense::new(1)], 20, (44, 100))
}

#[test]
fn an_lstm_over_many_steps_is_two_launches_a_step() -> Result<()> {
    check("LSTM, 500 steps", layers![input([500, 8]), LSTM::new(32), Dense::new(1)], 500, (1004, 2020))
}

#[test]
fn a_gru_is_two_launches_a_step() -> Result<()> {
    // A kernel of its backward step reads more than ten buffers, and is cut in two where no more can be bound.
    device_under_test();
    let narrow =
        config::current_device()?.caps().is_some_and(|c| c.limits.max_storage_buffers_per_shader_stage <= 10);
    let train = if narrow { 120 } else { 106 };
    check("GRU", layers![input([20, 8]), GRU::new(32), Dense::new(1)], 20, (44, train))
}

#[test]
fn a_simple_layer_is_two_launches_a_step() -> Result<()> {
    check("SimpleRNN", layers![input([20, 8]), SimpleRNN::new(32), Dense::new(1)], 20, (44, 100))
}

#[test]
fn layers_on_top_of_each_other_add_up() -> Result<()> {
    let stack = layers![input([20, 8]), LSTM::new(16).return_sequences(true), LSTM::new(16), Dense::new(1)];
    check("two LSTMs", stack, 20, (88, 200))
}
