//! Sequences of different lengths: a recurrent network tells which of two words came last, however long ago.
//!
//! cargo run --release --example sequences -- [--epochs N]

use clap::Parser;
use wgflow::keras::layers::{Dense, Embedding, LSTM};
use wgflow::keras::optimizers::Adam;
use wgflow::keras::utils::set_random_seed;
use wgflow::keras::{Compile, Evaluate, Fit, Predict, Sequential, Verbose, input};
use wgflow::{DType, IntoTensor, Result, Tensor, layers, random, reshape};

/// Trains a recurrent network on sentences that are made up.
#[derive(Parser)]
struct Args {
    /// How often the sentences are gone through.
    #[arg(long, default_value_t = 3)]
    epochs: usize,
}

const LENGTH: usize = 12;
const WORDS: i32 = 10;
/// The words that matter; 0 stands for nothing.
const YES: i32 = 1;
const NO: i32 = 2;

/// Sentences of up to `LENGTH` words, filled up with zeros, and whether `YES` came after the last `NO`.
fn sentences(n: usize, seed: i32) -> Result<(Tensor, Tensor)> {
    let words = random::stateless_uniform([n, LENGTH], [seed, 0], 3, WORDS, DType::Int32)?.to_vec::<i32>()?;
    let places =
        random::stateless_uniform([n, 4], [seed, 1], 0, LENGTH as i32, DType::Int32)?.to_vec::<i32>()?;
    let (mut all, mut labels) = (words, vec![]);
    for (sentence, p) in all.chunks_exact_mut(LENGTH).zip(places.chunks_exact(4)) {
        let length = 3 + p[3] as usize % (LENGTH - 2);
        for (k, word) in [YES, NO, YES].into_iter().enumerate() {
            sentence[p[k] as usize % length] = word;
        }
        sentence[length..].fill(0);
        let last = sentence.iter().rev().find(|w| **w == YES || **w == NO);
        labels.push(i32::from(last == Some(&YES)));
    }
    Ok((reshape(all.into_tensor(None)?, [n as i64, -1])?, labels.into_tensor(None)?))
}

fn main() -> Result<()> {
    let args = Args::parse();
    set_random_seed(1)?;
    let (x_train, y_train) = sentences(2000, 1)?;
    let (x_test, y_test) = sentences(500, 2)?;

    // Zeros are masked: the network's state stays as it is where a sentence has ended.
    let model = Sequential::new(layers![
        input([LENGTH]),
        Embedding::new(WORDS as usize, 8).mask_zero(true),
        LSTM::new(16),
        Dense::new(1).activation("sigmoid"),
    ])?;
    model.summary()?;
    model.compile(
        Compile::new(Adam::new().learning_rate(0.01), "binary_crossentropy").metrics(["accuracy"]),
    )?;
    model.fit((&x_train, &y_train), Fit { epochs: args.epochs, verbose: Verbose::Line, ..Fit::default() })?;

    let sentence = [[5, YES, 7, 4, 9, NO, 3, 8, 0, 0, 0, 0]].into_tensor(None)?;
    let yes = model.predict(&sentence, Predict { verbose: Verbose::Silent, ..Predict::default() })?;
    println!("5 yes 7 4 9 no 3 8: {:.1} % yes", yes.item::<f32>()? * 100.0);
    let result =
        model.evaluate((&x_test, &y_test), Evaluate { verbose: Verbose::Silent, ..Evaluate::default() })?;
    println!("test accuracy: {:.4}", result.value("accuracy")?);
    Ok(())
}
