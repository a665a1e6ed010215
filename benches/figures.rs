//! Figures of the device: what an op, a kernel and a training step cost. `cargo xtask bench` runs it; one JSON object a line.
//!
//! Arguments: `--device NAME` (as programs take it) and `--steps N` (training steps of the long run, 1,000 by default);
//! `--profile` prints the kernels of a training step instead.

use std::time::Instant;
use wgflow::keras::{Compile, Sequential, layers::*};
use wgflow::tensor::cached_entries;
use wgflow::{DType, Result, Tensor, add, config, function, layers, matmul, nn, random, reduce_sum};

fn argument(name: &str) -> Option<String> {
    let mut args = std::env::args();
    args.find(|a| a == name)?;
    args.next()
}

/// Seconds of one call, the least of several runs that each end with a read.
fn seconds(calls: usize, f: &dyn Fn() -> Result<Tensor>) -> Result<f64> {
    let wait = |t: Tensor| reduce_sum(&t, None, false)?.item::<f32>();
    wait(f()?)?;
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let mut last = f()?;
        for _ in 1..calls {
            last = f()?;
        }
        wait(last)?;
        best = best.min(start.elapsed().as_secs_f64() / calls as f64);
    }
    Ok(best)
}

fn report(work: &str, unit: &str, value: f64) {
    println!("{{\"work\": \"{work}\", \"unit\": \"{unit}\", \"ours\": {value:.4}}}");
}

fn uniform(shape: &[usize]) -> Result<Tensor> {
    random::stateless_uniform(shape, [1, 2], -1.0, 1.0, DType::Float32)
}

/// The convolutional network of 28 x 28 images that training figures are for.
fn cnn() -> Result<Sequential> {
    let model = Sequential::new(layers![
        Conv2D::new(32, 3).activation("relu"),
        MaxPooling2D::new(),
        Conv2D::new(64, 3).activation("relu"),
        MaxPooling2D::new(),
        Flatten::new(),
        Dense::new(128).activation("relu"),
        Dense::new(10).activation("softmax")
    ])?;
    model.compile(Compile::new("adam", "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
    Ok(model)
}

fn kernels() -> Result<()> {
    for n in [256, 512, 1024] {
        let (a, b) = (uniform(&[n, n])?, uniform(&[n, n])?);
        let s = seconds(3, &|| matmul(&a, &b))?;
        report(&format!("matmul f32 {n}"), "GFLOP/s", 2.0 * (n as f64).powi(3) / s / 1e9);
    }
    let n = 1 << 22;
    let (x, y, z) = (uniform(&[n])?, uniform(&[n])?, uniform(&[n])?);
    let s = seconds(3, &|| add(&x, &y))?;
    report("add, 2^22", "GB/s", 12.0 * n as f64 / s / 1e9);
    let gelu = function(|x: &[Tensor]| nn::gelu(&(&x[0] * &x[1] + &x[2]), false));
    let s = seconds(3, &|| gelu.call((&x, &y, &z)))?;
    report("gelu(x*y+z), 2^22", "GB/s", 16.0 * n as f64 / s / 1e9);
    let s = seconds(3, &|| reduce_sum(&x, None, false))?;
    report("sum of 2^22", "GB/s", 4.0 * n as f64 / s / 1e9);
    let rows = uniform(&[4096, 1024])?;
    let s = seconds(1, &|| nn::softmax(&rows, -1))?;
    report("softmax 4096x1024", "ms", s * 1e3);
    Ok(())
}

/// Time to issue a small warm op: the loop without the wait for its end.
fn issue() -> Result<()> {
    let (x, y) = (uniform(&[4])?, uniform(&[4])?);
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        for _ in 0..200 {
            std::hint::black_box(add(&x, &y)?);
        }
        best = best.min(start.elapsed().as_secs_f64() / 200.0);
        add(&x, &y)?.to_vec::<f32>()?;
    }
    report("issue of a small eager add", "us", best * 1e6);
    Ok(())
}

fn training(steps: usize) -> Result<()> {
    let device = config::current_device()?;
    let model = cnn()?;
    let x = random::stateless_uniform([64, 28, 28, 1], [1, 2], 0.0, 1.0, DType::Float32)?;
    let y = random::stateless_uniform([64], [3, 4], 0, 10, DType::Int32)?;
    let start = Instant::now();
    model.train_on_batch((&x, &y))?;
    report("first step of the 28x28 CNN", "s", start.elapsed().as_secs_f64());
    let run = |n: usize| -> Result<f64> {
        let start = Instant::now();
        (0..n).try_for_each(|_| model.train_on_batch((&x, &y)).map(|_| ()))?;
        Ok(start.elapsed().as_secs_f64() / n as f64)
    };
    run(100.min(steps))?;
    let held = || -> Result<_> {
        let s = device.stats();
        Ok((
            config::get_memory_info(&device.name())?.current,
            cached_entries(),
            s.pipelines_created,
            s.buffers_created,
        ))
    };
    let (before, launched) = (held()?, device.stats().dispatches);
    let each = run(steps)?;
    report("training step of the 28x28 CNN, batch 64, Adam", "ms", each * 1e3);
    report("launches of that step", "launches", (device.stats().dispatches - launched) as f64 / steps as f64);
    let after = held()?;
    println!(
        "after 100 steps: memory, entries, pipelines, buffers {before:?}; after {steps} more: {after:?}"
    );
    assert_eq!(before, after, "a long run grows");
    Ok(())
}

/// The device's own time of each kernel of a training step, the least of five steps.
fn profile() -> Result<()> {
    let gpu = config::current_device()?.gpu()?;
    let model = cnn()?;
    let x = random::stateless_uniform([64, 28, 28, 1], [1, 2], 0.0, 1.0, DType::Float32)?;
    let y = random::stateless_uniform([64], [3, 4], 0, 10, DType::Int32)?;
    let steps = |n: usize| (0..n).try_for_each(|_| model.train_on_batch((&x, &y)).map(|_| ()));
    steps(3)?;
    gpu.profile_start()?;
    steps(5)?;
    let times = gpu.profile_stop()?;
    let each = times.len() / 5;
    for (k, t) in times[..each].iter().enumerate() {
        let least = times[k..].iter().step_by(each).map(|t| t.duration_ns).min().unwrap_or(0);
        println!("{:9.3} ms {:10} bytes {:>6} groups  {}", least as f64 / 1e6, t.bytes, t.grid[0], t.label);
    }
    Ok(())
}

fn main() -> Result<()> {
    if let Some(device) = argument("--device") {
        config::set_default_device(&device)?;
    }
    let device = config::current_device()?;
    let adapter = device.caps().map_or("the CPU device".to_string(), |c| c.name.clone());
    println!("{} ({adapter})", device.name());
    if std::env::args().any(|a| a == "--profile") {
        return profile();
    }
    issue()?;
    kernels()?;
    training(argument("--steps").and_then(|n| n.parse().ok()).unwrap_or(1000))
}
