//! Figures of the device: what an op, a kernel and a training step cost. `cargo xtask bench` runs it; one JSON object a line.
//!
//! Arguments: `--device NAME` (as programs take it), `--steps N` (training steps of the long run, 1,000 by default), `--profile` (times of
//! the step's kernels) and `--eager` (eager ops only).

use std::time::Instant;
use wgflow::keras::{Compile, Sequential, layers::*};
use wgflow::tensor::cached_entries;
use wgflow::{
    DType, GradientTape, Result, Tensor, Variable, add, config, function, layers, matmul, multiply, nn,
    random, reduce_mean, reduce_sum, square, subtract,
};

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

/// Each kernel on its own: what is run and not read counts too.
fn kernels() -> Result<()> {
    config::set_synchronous_execution(true);
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
    config::set_synchronous_execution(false);
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

/// Microseconds an op of a chain of 200 small eager adds and multiplies, read at its end.
fn chain() -> Result<()> {
    let (x, y) = (uniform(&[4])?, uniform(&[4])?);
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        let mut z = add(&x, &y)?;
        for _ in 0..100 {
            z = multiply(add(&z, &x)?, &y)?;
        }
        z.to_vec::<f32>()?;
        best = best.min(start.elapsed().as_secs_f64() / 201.0);
    }
    report("loop of 200 tiny eager adds and muls, per op", "us", best * 1e6);
    Ok(())
}

/// A training step of a small perceptron, written by hand with a tape: run eagerly, and under `function`.
fn by_hand() -> Result<()> {
    let (x, labels) = (uniform(&[64, 64])?, uniform(&[64, 10])?);
    let sizes = [64, 128, 64, 10];
    let mut weights = vec![];
    for pair in sizes.windows(2) {
        weights.push(Variable::new(random::stateless_uniform(pair, [5, 6], -0.1, 0.1, DType::Float32)?)?);
        weights.push(Variable::new(uniform(&[pair[1]])?)?);
    }
    let step = move |data: &[Tensor]| -> Result<Tensor> {
        let tape = GradientTape::new();
        let mut h = data[0].clone();
        for (k, pair) in weights.chunks(2).enumerate() {
            h = add(matmul(&h, &pair[0])?, &pair[1])?;
            if k + 2 < sizes.len() {
                h = nn::relu(&h)?;
            }
        }
        let loss = reduce_mean(square(subtract(&h, &data[1])?)?, None, false)?;
        for (w, g) in weights.iter().zip(tape.gradient(&loss, &weights[..])?) {
            if let Some(g) = g {
                w.assign(subtract(w, multiply(&g, 0.01)?)?)?;
            }
        }
        Ok(loss)
    };
    let data = [x, labels];
    let compiled = {
        let step = step.clone();
        function(move |x: &[Tensor]| step(x))
    };
    let time = |f: &dyn Fn() -> Result<Tensor>| -> Result<f64> {
        let start = Instant::now();
        for _ in 0..20 {
            f()?.item::<f32>()?;
        }
        Ok(start.elapsed().as_secs_f64() / 20.0)
    };
    let (mut eager, mut whole) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..10 {
        eager = eager.min(time(&|| step(&data))?);
        whole = whole.min(time(&|| compiled.call((&data[0], &data[1])))?);
    }
    report("perceptron's training step by hand, eager", "ms", eager * 1e3);
    report("perceptron's training step by hand, in a function", "ms", whole * 1e3);
    Ok(())
}

/// Seconds that this thread has worked; on systems that do not say, the time.
fn worked(start: Instant) -> f64 {
    // The system counts up to the last change of threads.
    std::thread::yield_now();
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let ns = stat.and_then(|s| s.split(' ').next()?.parse::<f64>().ok());
    ns.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns / 1e9)
}

/// What the host spends on a launch of a plan that runs again, with its submit.
fn replay() -> Result<()> {
    let device = config::current_device()?;
    let (x, w) = (uniform(&[16, 16])?, uniform(&[16, 16])?);
    let twelve = function(|x: &[Tensor]| (0..12).try_fold(x[0].clone(), |h, _| matmul(h, &x[1])));
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        device.sync()?;
        let launched = device.stats().dispatches;
        let start = Instant::now();
        let before = worked(start);
        for _ in 0..5 {
            twelve.call((&x, &w))?;
        }
        device.flush()?;
        let spent = worked(start) - before;
        best = best.min(spent / (device.stats().dispatches - launched).max(1) as f64);
    }
    report("host work a replayed launch", "us", best * 1e6);
    Ok(())
}

/// Microseconds of each kernel of a step, the mean of the steps that `f` runs.
fn profile(device: &wgflow::runtime::Device, f: &dyn Fn() -> Result<()>) -> Result<()> {
    device.profile_start()?;
    f()?;
    let mut sums: Vec<(String, u64, u64)> = vec![];
    for t in device.profile_stop()? {
        match sums.iter_mut().find(|s| s.0 == t.label) {
            Some(s) => (s.1, s.2) = (s.1 + t.duration_ns, s.2 + 1),
            None => sums.push((t.label, t.duration_ns, 1)),
        }
    }
    for (label, ns, n) in sums {
        println!("{:9.1} us  {n:4} x  {label}", ns as f64 / 20e3);
    }
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
    if std::env::args().any(|a| a == "--profile") {
        profile(&device, &|| run(20).map(|_| ()))?;
    }
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

fn main() -> Result<()> {
    if let Some(device) = argument("--device") {
        config::set_default_device(&device)?;
    }
    let device = config::current_device()?;
    let adapter = device.caps().map_or("the CPU device".to_string(), |c| c.name.clone());
    println!("{} ({adapter})", device.name());
    issue()?;
    chain()?;
    by_hand()?;
    replay()?;
    if std::env::args().any(|a| a == "--eager") {
        return Ok(());
    }
    kernels()?;
    training(argument("--steps").and_then(|n| n.parse().ok()).unwrap_or(1000))
}
