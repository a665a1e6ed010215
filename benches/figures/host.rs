//! What is no kernel's time: issue of work, launches, memory; and a long run.

use crate::costs::{least_temporaries, temporaries};
use crate::rows;
use cpu_time::ThreadTime;
use serde_json::{Value, json};
use std::time::Instant;
use wgflow::exec::target_of;
use wgflow::keras::Model;
use wgflow::tensor::cached_entries;
use wgflow::{DType, Result, Tensor, add, config, random};

fn row(work: &str, unit: &str, value: f64) -> Value {
    json!({ "work": work, "unit": unit, "ours": value })
}

/// Costs of the host, and of the training step of the convolutional network in launches and memory.
pub(crate) fn costs() -> Result<Vec<Value>> {
    let device = config::current_device()?;
    let mut found = vec![row("issue of a small eager add", "us", issue()? * 1e6)];
    let (model, x, y) = rows::cnn(64)?;
    model.train_on_batch((&x, &y))?;
    let step = model.make_train_function((&x, &y))?;
    let before = device.stats().dispatches;
    step.call(&[&x, &y])?;
    device.sync()?;
    let launches = device.stats().dispatches - before;
    if launches > 0 {
        found.push(row("launches of the CNN's training step", "launches", launches as f64));
        found.extend(replays()?);
    }
    let executable = step.executable(&target_of(&device))?;
    let plan = executable.plan();
    let (held, bound) = (temporaries(plan) as f64, least_temporaries(plan) as f64);
    found.push(row("temporaries of the CNN's training step", "MB", held / 1e6));
    found.push(row("temporaries over the liveness bound", "ratio", held / bound));
    Ok(found)
}

/// Host work of a replayed dispatch, in training steps of two models: of steps that the device keeps up with, and where steps follow one
/// another without an end, with all waits for the device. On a software adapter large batches cost the host more, since the device's threads
/// take its caches.
pub(crate) fn replays() -> Result<Vec<Value>> {
    let mut found = vec![];
    let models = [
        ("", rows::cnn(1)?),
        (", LSTM", rows::lstm(1)?),
        (", CNN of 64 samples", rows::cnn(64)?),
        (", LSTM of 32 samples", rows::lstm(32)?),
    ];
    for (of, (model, x, y)) in models {
        if let Some([few, many]) = replay(&model, &x, &y)? {
            found.push(row(&format!("host work per replayed dispatch{of}"), "us", few * 1e6));
            found.push(row(&format!("host work per dispatch and waits{of}"), "us", many * 1e6));
        }
    }
    Ok(found)
}

/// Seconds of this thread's processor for each dispatch between the calls of some steps and their return, with the submits: the least of
/// several times, and the mean of many steps in a row. Nothing where steps have no dispatches.
fn replay(model: &Model, x: &Tensor, y: &Tensor) -> Result<Option<[f64; 2]>> {
    const TIMES: usize = 40;
    let device = config::current_device()?;
    let step = model.make_train_function((x, y))?;
    let timed = |n: usize| -> Result<f64> {
        device.sync()?;
        let (before, start) = (device.stats().dispatches, ThreadTime::now());
        for _ in 0..n {
            step.call(&[x, y])?;
        }
        device.flush()?;
        let seconds = start.elapsed().as_secs_f64();
        Ok(seconds / (device.stats().dispatches - before) as f64)
    };
    let mut least = f64::INFINITY;
    for _ in 0..TIMES {
        least = least.min(timed(4)?);
    }
    Ok(least.is_finite().then_some([least, timed(TIMES * 2)?]))
}

/// Time to issue a small warm op: the loop without the wait for its end.
fn issue() -> Result<f64> {
    let uniform = |seed| random::stateless_uniform([4], seed, -1.0, 1.0, DType::Float32);
    let (x, y) = (uniform([1, 2])?, uniform([3, 4])?);
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        for _ in 0..200 {
            std::hint::black_box(add(&x, &y)?);
        }
        best = best.min(start.elapsed().as_secs_f64() / 200.0);
        add(&x, &y)?.to_vec::<f32>()?;
    }
    Ok(best)
}

/// Prints the microseconds of each kernel of the convolutional network's training step, the mean of twenty steps.
pub(crate) fn profile() -> Result<()> {
    let device = config::current_device()?;
    let (model, x, y) = rows::cnn(64)?;
    let run = |n: usize| (0..n).try_for_each(|_| model.train_on_batch((&x, &y)).map(|_| ()));
    run(3)?;
    device.profile_start()?;
    run(20)?;
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

/// Trains for many steps, after which there is no more of anything than after the first hundred.
pub(crate) fn growth(steps: usize) -> Result<()> {
    let device = config::current_device()?;
    let (model, x, y) = rows::cnn(64)?;
    let run = |n: usize| (0..n).try_for_each(|_| model.train_on_batch((&x, &y)).map(|_| ()));
    run(100.min(steps))?;
    let held = || -> Result<_> {
        let s = device.stats();
        let memory = config::get_memory_info(&device.name())?.current;
        Ok((memory, cached_entries(), s.pipelines_created, s.buffers_created))
    };
    let before = held()?;
    run(steps)?;
    let after = held()?;
    println!(
        "memory, entries, pipelines, buffers after 100 steps: {before:?}; after {steps} more: {after:?}"
    );
    assert_eq!(before, after, "a long run grows");
    Ok(())
}
