//! Dense layers on handwritten digits, fed by an input pipeline.
//!
//! cargo run --release --example digits_mlp

use wgflow::data::{AUTOTUNE, Dataset};
use wgflow::datasets::digits;
use wgflow::keras::layers::{Dense, Dropout, Flatten};
use wgflow::keras::losses::SparseCategoricalCrossentropy;
use wgflow::keras::utils::set_random_seed;
use wgflow::keras::{Compile, Evaluate, Fit, Sequential, input};
use wgflow::ops::{math, nn};
use wgflow::{DType, Result, Tensor, layers, s};

fn main() -> Result<()> {
    set_random_seed(1)?;
    let (train, test) = digits()?;

    // Rows of arrays in another order each epoch, in batches, scaled to 0 to 1, one batch ahead of the model.
    let scaled = |(x, y): (Tensor, Tensor)| Ok((math::divide(x.cast(DType::Float32)?, 255.0)?, y));
    let count = train.0.shape()[0];
    let train = Dataset::from_tensor_slices(train)?
        .shuffle(count, None, true)
        .batch(32, false)
        .map(scaled)
        .prefetch(AUTOTUNE);
    let test = Dataset::from_tensor_slices(test)?.batch(120, false).map(scaled);
    println!("{}", train.element_spec()?);

    let model = Sequential::new(layers![
        input([8, 8]),
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dropout::new(0.2),
        Dense::new(10),
    ])?;
    let loss = SparseCategoricalCrossentropy::new().from_logits(true);
    model.compile(Compile::new("adam", loss).metrics(["accuracy"]))?;
    model.fit(&train, Fit { epochs: 10, validation_data: Some((&test).into()), ..Fit::default() })?;

    // What the model thinks of the first test images.
    for batch in test.take(1) {
        let (x, y): (Tensor, Tensor) = batch?.unpack()?;
        let chances = nn::softmax(model.call(&x, false)?, -1)?;
        let (guesses, sure) = (chances.argmax(-1)?, chances.max(-1, false)?);
        for i in 0..5 {
            let of = |t: &Tensor| t.slice(s![i]);
            let (label, guess) = (of(&y)?.item::<u8>()?, of(&guesses)?.item::<i64>()?);
            println!("a {label}: read as {guess}, {:.1} % sure", 100.0 * of(&sure)?.item::<f32>()?);
        }
    }
    let result = model.evaluate(&test, Evaluate::default())?;
    println!("test accuracy: {:.4}", result.value("accuracy")?);
    Ok(())
}
