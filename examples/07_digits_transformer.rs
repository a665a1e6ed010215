//! A small transformer on handwritten digits, read as sequences of patches, in mixed precision where it is asked for.
//!
//! cargo run --release --example digits_transformer
//! cargo run --release --example digits_transformer -- mixed_float16

use wgflow::datasets::digits;
use wgflow::keras::layers::{
    Add, Dense, GlobalAveragePooling1D, LayerNormalization, MultiHeadAttention, Permute, Rescaling, Reshape,
};
use wgflow::keras::utils::set_random_seed;
use wgflow::keras::{
    self, Call, Compile, Evaluate, Fit, KerasTensor, Layer, Model, Verbose, mixed_precision,
};
use wgflow::ops::math;
use wgflow::{DType, Result, Tensor};

/// Adds a vector that is learnt for each place, since attention itself does not see the order.
#[derive(Debug)]
struct Positions;

impl Layer for Positions {
    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let place = c.weight("place", [x.dim(1)?, x.dim(2)?], "uniform")?;
        math::add(x, place)
    }
}

/// Every patch looks at all others, then thinks for itself; what it learns is added to what it was.
fn block(x: &KerasTensor, heads: usize, width: usize) -> Result<KerasTensor> {
    let h = LayerNormalization::new().apply(x)?;
    let h = MultiHeadAttention::new(heads, width / heads).apply([&h, &h])?;
    let x = Add::new().apply([x, &h])?;
    let h = LayerNormalization::new().apply(&x)?;
    let h = Dense::new(2 * width).activation("gelu").apply(&h)?;
    Add::new().apply([&x, &Dense::new(width).apply(&h)?])
}

fn main() -> Result<()> {
    set_random_seed(1)?;
    if let Some(policy) = std::env::args().nth(1) {
        mixed_precision::set_dtype_policy(&policy)?;
    }
    let ((x_train, y_train), (x_test, y_test)) = digits()?;

    // Images of 8 x 8 as 16 patches of 2 x 2.
    let image = keras::input([8, 8]);
    let x = Rescaling::new(1.0 / 255.0).apply(&image)?;
    let x = Reshape::new([4, 2, 4, 2]).apply(&x)?;
    let x = Permute::new([1, 3, 2, 4]).apply(&x)?;
    let x = Reshape::new([16, 4]).apply(&x)?;
    let mut x = Positions.apply(&Dense::new(32).apply(&x)?)?;
    for _ in 0..2 {
        x = block(&x, 4, 32)?;
    }
    let x = GlobalAveragePooling1D::new().apply(&LayerNormalization::new().apply(&x)?)?;
    // Chances are float32, whatever the layers before compute in.
    let y = Dense::new(10).activation("softmax").node().dtype(DType::Float32).apply(&x)?;
    let model = Model::functional(&image, &y)?;
    println!("{} weights, computed in {}", model.count_params()?, model.as_layer().dtype_policy().name());

    let adam = keras::optimizers::Adam::new().learning_rate(0.003);
    model.compile(Compile::new(adam, "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
    let fit = Fit { epochs: 12, batch_size: Some(64), verbose: Verbose::Line, ..Fit::default() };
    model.fit((&x_train, &y_train), fit)?;
    let result =
        model.evaluate((&x_test, &y_test), Evaluate { verbose: Verbose::Silent, ..Evaluate::default() })?;
    println!("test accuracy: {:.4}", result.value("accuracy")?);
    Ok(())
}
