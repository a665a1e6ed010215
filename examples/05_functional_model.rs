//! The functional API: a model with a shortcut and two outputs, which says of a digit what it is and whether it is odd.
//!
//! cargo run --release --example functional_model -- [--epochs N]

use clap::Parser;
use wgflow::datasets::digits;
use wgflow::keras::layers::{Add, Conv2D, Dense, Flatten, MaxPooling2D, Padding, ReLU, Rescaling, Reshape};
use wgflow::keras::utils::set_random_seed;
use wgflow::keras::{Compile, Evaluate, Fit, Layer, Model, Verbose, input};
use wgflow::ops::math;
use wgflow::{DType, Result, Tensor};

/// Trains a model with two outputs.
#[derive(Parser)]
struct Args {
    /// How often the images are gone through.
    #[arg(long, default_value_t = 8)]
    epochs: usize,
}

fn main() -> Result<()> {
    let args = Args::parse();
    set_random_seed(1)?;
    let ((x_train, y_train), (x_test, y_test)) = digits()?;

    // Layers are applied to symbols, which know their shape; the model is what lies between some of them.
    let image = input([8, 8]);
    let x = Rescaling::new(1.0 / 255.0).apply(&image)?;
    let x = Reshape::new([8, 8, 1]).apply(&x)?;
    let x = Conv2D::new(32, 3).padding(Padding::Same).activation("relu").apply(&x)?;
    let y = Conv2D::new(32, 3).padding(Padding::Same).activation("relu").apply(&x)?;
    let y = Conv2D::new(32, 3).padding(Padding::Same).apply(&y)?;
    let x = ReLU::new().apply(&Add::new().apply([&x, &y])?)?;
    let x = MaxPooling2D::new().apply(&x)?;
    let x = Conv2D::new(64, 3).padding(Padding::Same).activation("relu").apply(&x)?;
    let x = Flatten::new().apply(&x)?;
    let digit = Dense::new(10).activation("softmax").named("digit").apply(&x)?;
    let odd = Dense::new(1).activation("sigmoid").named("odd").apply(&x)?;
    let model = Model::functional(&image, [&digit, &odd])?;
    model.summary()?;

    // Losses, their weights, metrics and labels by the names of the outputs.
    let compile =
        Compile::new("adam", [("digit", "sparse_categorical_crossentropy"), ("odd", "binary_crossentropy")])
            .loss_weights([("digit", 1.0), ("odd", 0.5)])
            .metrics([("digit", vec!["accuracy".into()]), ("odd", vec!["accuracy".into()])]);
    model.compile(compile)?;
    let labels = |y: &Tensor| Ok([("digit", y.clone()), ("odd", math::floormod(y.cast(DType::Int32)?, 2)?)]);
    let (train, test) = (labels(&y_train)?, labels(&y_test)?);
    model.fit((&x_train, train), Fit { epochs: args.epochs, verbose: Verbose::Line, ..Fit::default() })?;

    let result =
        model.evaluate((&x_test, test), Evaluate { verbose: Verbose::Silent, ..Evaluate::default() })?;
    println!("accuracy of odd or even: {:.4}", result.value("odd_accuracy")?);
    println!("accuracy of the digit: {:.4}", result.value("digit_accuracy")?);
    Ok(())
}
