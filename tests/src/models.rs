//! Models whose costs are counted and timed.

use wgflow::keras::applications::MobileNetV2;
use wgflow::keras::{Compile, KerasTensor, Layer, Model, Sequential, input, layers::*};
use wgflow::{DType, IntoTensor, Result, Tensor, layers, reshape};

use super::operands::operand;

/// Names of the models, and how many samples their batches have.
pub const MODELS: [(&str, usize); 6] =
    [("mlp", 64), ("cnn", 64), ("mobilenet_v2", 8), ("lstm", 32), ("transformer", 16), ("block", 16)];

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
        "transformer" => transformer()?,
        "block" => {
            let x = input([STEPS, FEATURES]);
            Model::functional(&x, &block(&x)?)?
        }
        other => return Err(unknown(other)),
    };
    let loss = if ["lstm", "block"].contains(&name) { "mse" } else { "sparse_categorical_crossentropy" };
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
        "transformer" | "block" => &[STEPS, FEATURES],
        other => return Err(unknown(other)),
    };
    let n = samples * shape.iter().product::<usize>();
    let dims: Vec<usize> = std::iter::once(samples).chain(shape.iter().copied()).collect();
    reshape(operand(n, 0, 1.0).into_tensor(None)?, dims)
}

/// Labels of the model of a name: of ten classes, or numbers for those that end in numbers.
///
/// # Errors
/// What the device meets.
pub fn labels(name: &str, samples: usize) -> Result<Tensor> {
    if name == "lstm" {
        return reshape(operand(samples, 1, 1.0).into_tensor(None)?, [samples, 1]);
    }
    if name == "block" {
        return inputs(name, samples);
    }
    (0..samples).map(|i| i as i32 * 7 % 10).collect::<Vec<_>>().into_tensor(Some(DType::Int32))
}

fn unknown(name: &str) -> wgflow::Error {
    let names = MODELS.map(|m| m.0).join(", ");
    wgflow::Error::new(wgflow::ErrorKind::NotFound, "models", format!("no model {name}; there are {names}"))
}

/// Length of sequences of a transformer, and their features.
const STEPS: usize = 32;
const FEATURES: usize = 64;

/// Four blocks of a transformer's encoder, and a classifier.
fn transformer() -> Result<Model> {
    let first = input([STEPS, FEATURES]);
    let mut x = first.clone();
    for _ in 0..4 {
        x = block(&x)?;
    }
    let x = GlobalAveragePooling1D::new().apply(&x)?;
    Model::functional(&first, &Dense::new(10).activation("softmax").apply(&x)?)
}

/// Attention of four heads and two dense layers, each after a normalisation and with a way around it.
fn block(x: &KerasTensor) -> Result<KerasTensor> {
    let h = LayerNormalization::new().apply(x)?;
    let x = Add::new().apply([x, &MultiHeadAttention::new(4, FEATURES / 4).apply([&h, &h])?])?;
    let h = LayerNormalization::new().apply(&x)?;
    let h = Dense::new(4 * FEATURES).activation("relu").apply(&h)?;
    Add::new().apply([&x, &Dense::new(FEATURES).apply(&h)?])
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
