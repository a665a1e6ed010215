//! Training: small models whose numbers are known.

use super::{close, tensor};
use wgflow::Tensor;
use wgflow::keras::optimizers::{Adam, SGD};
use wgflow::keras::{Compile, Evaluate, Fit, Predict, Sequential, Verbose, layers::Dense};
use wgflow::ops::array::reshape;
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

/// Rows of 8 numbers in 3 classes that are easy to tell apart.
fn classes(n: usize) -> (Tensor, Tensor) {
    let label = |i: usize| i * 7 % 3;
    let x: Vec<f32> =
        (0..n * 8).map(|j| if j % 8 == label(j / 8) { 2.0 } else { ((j * 13) % 7) as f32 / 7.0 }).collect();
    let y: Vec<i32> = (0..n).map(|i| label(i) as i32).collect();
    (reshape(tensor(x), [n, 8]).expect("a table"), tensor(y))
}

/// Fit, validation, metrics and logs of a classifier.
#[test]
fn classifier() -> Result<()> {
    let (x, y) = classes(100);
    let model =
        Sequential::new(layers![Dense::new(16).activation("relu"), Dense::new(3).activation("softmax")])?;
    model.compile(
        Compile::new(Adam::new().learning_rate(0.02), "sparse_categorical_crossentropy")
            .metrics(["accuracy"]),
    )?;
    let args = Fit { validation_split: 0.2, batch_size: Some(16), ..quiet(30) };
    let history = model.fit((&x, &y), args)?;
    let names: Vec<&String> = history.history.keys().collect();
    assert_eq!(names, ["accuracy", "loss", "val_accuracy", "val_loss"]);
    assert_eq!(history.params.steps, Some(5));
    assert!(history.history["val_accuracy"][29] > 0.95, "{:?}", history.history["val_accuracy"]);
    let logs = model.evaluate((&x, &y), Evaluate { verbose: Verbose::Silent, ..Evaluate::default() })?;
    assert_eq!(logs.names(), ["loss", "accuracy"]);
    assert!(logs.value("accuracy")? > 0.95);
    Ok(())
}
