//! Handwritten digits: trains a convolutional network with Keras' API, and tests it on images it has not seen.
//!
//! cargo run --release --example digits -- --help
//! cargo run --release --example digits -- --device gpu --epochs 30 --save models

use clap::Parser;
use std::path::PathBuf;
use std::time::Instant;
use wgflow::datasets::{digits, idx};
use wgflow::keras::layers::{Conv2D, Dense, Dropout, Flatten, MaxPooling2D, Padding, Rescaling};
use wgflow::keras::losses::SparseCategoricalCrossentropy;
use wgflow::keras::optimizers::Adam;
use wgflow::keras::schedules::CosineDecay;
use wgflow::keras::utils::set_random_seed;
use wgflow::keras::{Compile, Evaluate, Fit, Sequential, Verbose, input};
use wgflow::ops::random;
use wgflow::runtime::Device;
use wgflow::{Error, Result, config, io, layers};

/// Trains a network to read handwritten digits.
#[derive(Parser)]
struct Args {
    /// How often the training images are gone through.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Images in a step.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    batch_size: u32,
    /// The learning rate at the start; it falls to 0 on half a cosine.
    #[arg(long, default_value_t = 0.003, value_parser = rate)]
    learning_rate: f64,
    /// A folder of IDX files such as MNIST's, in place of the 8x8 images of the library.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What first weights, the order of the images and dropout are drawn from.
    #[arg(long, default_value_t = 0)]
    seed: i64,
    /// auto, cpu, gpu, a device such as /device:GPU:1, or a part of an adapter's name.
    #[arg(long, value_name = "NAME")]
    device: Option<String>,
    /// A folder to write the trained model to.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// Trains with labels in random order, from which nothing can be learnt: the accuracy then is that of guessing.
    #[arg(long)]
    shuffle_labels: bool,
}

/// Reads a learning rate, which is a number above zero.
fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse::<f64>().ok().filter(|r| r.is_finite() && *r > 0.0);
    rate.ok_or_else(|| "wanted a finite number above 0".into())
}

fn main() -> Result<()> {
    env_logger::init();
    let args = Args::parse();
    if let Some(name) = &args.device {
        config::set_default_device(name)?;
    }
    let device = config::current_device()?;
    println!("device: {}", description(&device));

    set_random_seed(args.seed)?;
    let ((x_train, y_train), (x_test, y_test)) = match &args.data {
        Some(folder) => idx::load_data(folder, 10)?,
        None => digits()?,
    };
    let (height, width) = (x_train.shape()[1], x_train.shape()[2]);
    let counts = (x_train.shape()[0], x_test.shape()[0]);
    println!("{} images of {height}x{width} to train on, {} to test with", counts.0, counts.1);
    let (x_train, x_test) = (x_train.expand_dims(-1)?, x_test.expand_dims(-1)?);
    let y_train = if args.shuffle_labels { random::shuffle(&y_train, None)? } else { y_train };

    let model = network(height, width)?;
    let (epochs, batch_size) = (args.epochs as usize, args.batch_size as usize);
    let steps = epochs * counts.0.div_ceil(batch_size);
    let optimizer = Adam::new().learning_rate(CosineDecay::new(args.learning_rate, steps as f64));
    let loss = SparseCategoricalCrossentropy::new().from_logits(true);
    model.compile(Compile::new(optimizer, loss).metrics(["accuracy"]))?;
    model.summary()?;

    let start = Instant::now();
    model.fit((&x_train, &y_train), Fit { epochs, batch_size: Some(batch_size), ..Fit::default() })?;
    let seconds = start.elapsed().as_secs_f64();
    let test = model.evaluate(
        (&x_test, &y_test),
        Evaluate { batch_size: Some(256), verbose: Verbose::Silent, ..Evaluate::default() },
    )?;

    if let Some(folder) = &args.save {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("--save", folder, &e))?;
        let path = folder.join("digits.safetensors");
        model.save(&path)?;
        println!("saved: {}", path.display());
        // The same for pages, in TensorFlow.js' format.
        let (json, weights) = io::to_tfjs_layers_model(&model)?;
        io::write_model(folder, &json, &weights)?;
        println!("saved: {}", folder.join("model.json").display());
    }
    let s = device.stats();
    println!("trained in {seconds:.1} s: {} launches, {} pipelines", s.dispatches, s.pipelines_created);
    println!("{} bytes to the device, {} bytes back", s.bytes_uploaded, s.bytes_read);
    println!("test accuracy: {:.4}", test.value("accuracy")?);
    Ok(())
}

/// Two convolutions find strokes and how they meet, two dense layers tell digits from them.
fn network(height: usize, width: usize) -> Result<Sequential> {
    Sequential::new(layers![
        input([height, width, 1]),
        Rescaling::new(1.0 / 255.0),
        Conv2D::new(32, 3).padding(Padding::Same).activation("relu"),
        Conv2D::new(64, 3).padding(Padding::Same).activation("relu"),
        MaxPooling2D::new(),
        Dropout::new(0.25),
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dropout::new(0.5),
        Dense::new(10),
    ])
}

/// The device's name, and the adapter behind it.
fn description(device: &Device) -> String {
    match device.caps() {
        Some(caps) => format!("{} = {caps}", device.name()),
        None => device.name(),
    }
}
