//! The rows: work that is timed, by name and sizes.

use crate::operands::{CNN, cnn_batch, cnn_weights, operand};
use wgflow::keras::losses::SparseCategoricalCrossentropy;
use wgflow::keras::{Compile, Model, Sequential, input, layers::*};
use wgflow::{
    DType, Error, IntoTensor, Result, Tensor, add, function, layers, matmul, multiply, nn, reduce_sum,
    reshape,
};

/// What one call gives.
pub(crate) enum Done {
    /// A result, which is held until the device is done.
    Tensor(Tensor),
    /// Numbers that were read.
    Values(Vec<f64>),
}

/// One call of a row's work.
pub(crate) type Work = Box<dyn FnMut() -> Result<Done>>;

/// A row's kind and sizes, such as `matmul 256`.
pub(crate) struct Row {
    pub(crate) kind: String,
    pub(crate) sizes: Vec<usize>,
}

impl Row {
    /// Reads a row's name.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let mut words = text.split(' ');
        let kind = words.next().unwrap_or_default().to_string();
        let sizes: Option<Vec<usize>> = words.map(|w| w.parse().ok()).collect();
        let sizes = sizes.ok_or_else(|| unknown(text))?;
        Ok(Row { kind, sizes })
    }

    /// How many elements the result has.
    pub(crate) fn len(&self) -> Result<usize> {
        Ok(match (self.kind.as_str(), &self.sizes[..]) {
            ("matmul" | "matmul_f16", &[n]) => n * n,
            ("conv2d", &[samples]) => samples * 56 * 56 * 64,
            ("softmax", &[rows, columns]) => rows * columns,
            ("gelu" | "add", &[bits]) => 1 << bits,
            ("sum", &[_]) => 1,
            ("eager", &[_]) => 64,
            ("cnn", &[_]) => LOSSES,
            _ => return Err(unknown(&self.kind)),
        })
    }

    /// Its work, with operands on the default device.
    pub(crate) fn work(&self) -> Result<Work> {
        let (kind, sizes) = (self.kind.as_str(), &self.sizes[..]);
        let compiled = |f: fn(&[Tensor]) -> Result<Tensor>, x: Vec<Tensor>| -> Work {
            let f = function(f);
            Box::new(move || Ok(Done::Tensor(f.call(&x)?)))
        };
        Ok(match (kind, sizes) {
            ("matmul" | "matmul_f16", &[n]) => {
                let dtype = if kind == "matmul" { DType::Float32 } else { DType::Float16 };
                let x = [0, 1].map(|k| tensor([n, n], k, 1.0)?.cast(dtype));
                compiled(|x| matmul(&x[0], &x[1]), x.into_iter().collect::<Result<_>>()?)
            }
            ("conv2d", &[samples]) => {
                let x = vec![tensor([samples, 56, 56, 64], 0, 1.0)?, tensor([3, 3, 64, 64], 1, 0.05)?];
                compiled(|x| nn::conv2d(&x[0], &x[1], 1, nn::Padding::Same, nn::DataFormat::Nhwc, 1), x)
            }
            ("softmax", &[rows, columns]) => {
                compiled(|x| nn::softmax(&x[0], -1), vec![tensor([rows, columns], 0, 4.0)?])
            }
            ("gelu", &[bits]) => {
                let x = [0, 1, 2].map(|k| tensor([1 << bits], k, 1.0));
                let gelu = |x: &[Tensor]| nn::gelu(&add(multiply(&x[0], &x[1])?, &x[2])?, false);
                compiled(gelu, x.into_iter().collect::<Result<_>>()?)
            }
            ("add", &[bits]) => {
                let x = [0, 1].map(|k| tensor([1 << bits], k, 1.0));
                compiled(|x| add(&x[0], &x[1]), x.into_iter().collect::<Result<_>>()?)
            }
            ("sum", &[bits]) => {
                let x: Vec<f32> = operand(1 << bits, 0, 0.5).into_iter().map(|v| v + 0.5).collect();
                compiled(|x| reduce_sum(&x[0], None, false), vec![x.into_tensor(None)?])
            }
            ("eager", &[ops]) => eager(ops)?,
            ("cnn", &[samples]) => training(samples)?,
            _ => return Err(unknown(kind)),
        })
    }
}

/// Steps whose losses are compared.
pub(crate) const LOSSES: usize = 3;

fn unknown(row: &str) -> Error {
    Error::invalid("bench", "row", "a row and its sizes, such as \"matmul 256\"", row)
}

fn tensor<const D: usize>(shape: [usize; D], k: usize, scale: f32) -> Result<Tensor> {
    reshape(operand(shape.iter().product(), k, scale).into_tensor(None)?, shape)
}

/// A loop of small eager additions and multiplications, and a read.
fn eager(ops: usize) -> Result<Work> {
    let (x, a, b) = (tensor([64], 0, 1.0)?, tensor([64], 1, 0.1)?, tensor([64], 2, 0.9)?);
    Ok(Box::new(move || {
        let mut t = x.clone();
        for _ in 0..ops / 2 {
            t = add(&t, &a)?;
            t = multiply(&t, &b)?;
        }
        Ok(Done::Values(t.to_vec::<f32>()?.into_iter().map(f64::from).collect()))
    }))
}

/// Training steps of the convolutional network, each with its loss: three at the first call, one at later ones.
fn training(samples: usize) -> Result<Work> {
    let mut step = steps(samples)?;
    let mut steps = LOSSES;
    Ok(Box::new(move || {
        let losses = (0..steps).map(|_| step()).collect::<Result<_>>()?;
        steps = 1;
        Ok(Done::Values(losses))
    }))
}

/// One training step a call, which gives its loss.
pub(crate) fn steps(samples: usize) -> Result<Box<dyn FnMut() -> Result<f64>>> {
    let (model, x, y) = cnn(samples)?;
    Ok(Box::new(move || {
        model.reset_metrics()?;
        model.train_on_batch((&x, &y))?.value("loss")
    }))
}

/// The convolutional network of 28 x 28 images with the weights of the formula, and a batch.
pub(crate) fn cnn(samples: usize) -> Result<(Model, Tensor, Tensor)> {
    let model: Model = Sequential::new(layers![
        input([28, 28, 1]),
        Conv2D::new(32, 3).activation("relu"),
        MaxPooling2D::new(),
        Conv2D::new(64, 3).activation("relu"),
        MaxPooling2D::new(),
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dense::new(10)
    ])?
    .into();
    let weights = cnn_weights().into_iter().zip(CNN).map(|(w, shape)| reshape(w.into_tensor(None)?, shape));
    model.set_weights(&weights.collect::<Result<Vec<_>>>()?)?;
    model.compile(Compile::new("adam", SparseCategoricalCrossentropy::new().from_logits(true)))?;
    let (images, labels) = cnn_batch(samples);
    Ok((model, reshape(images.into_tensor(None)?, [samples, 28, 28, 1])?, labels.into_tensor(None)?))
}

/// A recurrent network over 20 steps of 8 features, and a batch.
pub(crate) fn lstm(samples: usize) -> Result<(Model, Tensor, Tensor)> {
    let model: Model = Sequential::new(layers![input([20, 8]), LSTM::new(32), Dense::new(1)])?.into();
    model.compile(Compile::new("adam", "mse"))?;
    Ok((model, tensor([samples, 20, 8], 0, 1.0)?, tensor([samples, 1], 1, 1.0)?))
}
