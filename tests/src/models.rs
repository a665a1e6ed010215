//! Models whose costs are counted and timed.

use wgflow::keras::applications::MobileNetV2;
use wgflow::keras::{Compile, Model, Sequential, input, layers::*};
use wgflow::{DType, IntoTensor, Result, Tensor, layers, reshape};

use super::operands::operand;

/// Names of the models, and how many samples their batches have.
pub const MODELS: [(&str, usize); 4] = [("mlp", 64), ("cnn", 64), ("mobilenet_v2", 8), ("lstm", 32)];

/// A model of [`MODELS`], compiled with Adam and built.
///
/// # Errors
/// `NotFound` for another name.
pub fn model(name: &str) -> Result<Model> {
    let model = match name {
        "mlp" => mlp()?,
        "cnn" => cnn()?,
        "mobilenet_v2" => MobileNetV2::new().input_shape([96, 96, 3]).alpha(0.35).classes(10).model()?,
        "lstm" => Sequential::new(layers![input([20, 8]), LSTM::new(32), Dense::new(1)])?.into(),
        other => return Err(unknown(other)),
    };
    let loss = if name == "lstm" { "mse" } else { "sparse_categorical_crossentropy" };
    model.compile(Compile::new("adam", loss))?;
    Ok(model)
}

/// Inputs of the model of a name, by a formula.
///
/// # Errors
/// `NotFound` for another name.
pub fn inputs(name: &str, samples: usize) -> Result<Tensor> {
    let shape: &[usize] = match name {
        "mlp" => &[784],
        "cnn" => &[28, 28, 1],
        "mobilenet_v2" => &[96, 96, 3],
        "lstm" => &[20, 8],
        other => return Err(unknown(other)),
    };
    let n = samples * shape.iter().product::<usize>();
    let dims: Vec<usize> = std::iter::once(samples).chain(shape.iter().copied()).collect();
    reshape(operand(n, 0, 1.0).into_tensor(None)?, dims)
}

/// Labels of the model of a name: of ten classes, or numbers for the one that ends in a number.
///
/// # Errors
/// What the device meets.
pub fn labels(name: &str, samples: usize) -> Result<Tensor> {
    if name == "lstm" {
        return reshape(operand(samples, 1, 1.0).into_tensor(None)?, [samples, 1]);
    }
    (0..samples).map(|i| i as i32 * 7 % 10).collect::<Vec<_>>().into_tensor(Some(DType::Int32))
}

fn unknown(name: &str) -> wgflow::Error {
    let names = MODELS.map(|m| m.0).join(", ");
    wgflow::Error::new(wgflow::ErrorKind::NotFound, "models", format!("no model {name}; there are {names}"))
}

/// Three dense layers.
fn mlp() -> Result<Model> {
    let layers = layers![
        input([784]),
        Dense::new(256).activation("relu"),
        Dense::new(128).activation("relu"),
        Dense::new(10).activation("softmax")
    ];
    Ok(Sequential::new(layers)?.into())
}

/// Two convolutions with pooling, two dense layers.
fn cnn() -> Result<Model> {
    let layers = layers![
        input([28, 28, 1]),
        Conv2D::new(32, 3).activation("relu"),
        MaxPooling2D::new(),
        Conv2D::new(64, 3).activation("relu"),
        MaxPooling2D::new(),
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dense::new(10).activation("softmax")
    ];
    Ok(Sequential::new(layers)?.into())
}
