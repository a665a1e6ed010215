//! What `fit` is fed with: batches of arrays ahead of their use, and no more elements of a generator than TensorFlow asks for.

use super::device;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wgflow::data::Dataset;
use wgflow::function::TensorSpec;
use wgflow::keras::callbacks::Callback;
use wgflow::keras::{Compile, Fit, Model, Sequential, StepLogs, Verbose, input, layers::Dense};
use wgflow::{DType, Result, Tensor, config, layers, random, slice};
use wgflow_tests::device::alone;

const WIDTH: usize = 600;
const BATCH: usize = 16;

fn data(rows: usize) -> Result<(Tensor, Tensor)> {
    let uniform =
        |width, seed| random::stateless_uniform([rows, width], [seed, seed + 1], -1.0, 1.0, DType::Float32);
    Ok((uniform(WIDTH, 1)?, uniform(1, 5)?))
}

fn model() -> Result<Model> {
    let model: Model =
        Sequential::new(layers![input([WIDTH]), Dense::new(1).kernel_initializer("zeros")])?.into();
    model.compile(Compile::new("sgd", "mse"))?;
    Ok(model)
}

fn quiet(epochs: usize) -> Fit<'static> {
    Fit { epochs, batch_size: Some(BATCH), shuffle: false, verbose: Verbose::Silent, ..Fit::default() }
}

fn bits(model: &Model) -> Result<Vec<u32>> {
    let mut all = vec![];
    for w in model.get_weights()? {
        all.extend(w.to_vec::<f32>()?.into_iter().map(f32::to_bits));
    }
    Ok(all)
}

#[test]
fn batches_ahead_are_those_of_a_loop_bit_for_bit() -> Result<()> {
    device();
    // The last batch is smaller.
    let rows = 7 * BATCH + 5;
    let (x, y) = data(rows)?;
    let (fitted, by_hand) = (model()?, model()?);
    fitted.fit((&x, &y), quiet(2))?;
    for _ in 0..2 {
        for from in (0..rows).step_by(BATCH) {
            let n = BATCH.min(rows - from) as i64;
            let part = |t: &Tensor, width: usize| slice(t, [from as i64, 0], [n, width as i64]);
            by_hand.train_on_batch((&part(&x, WIDTH)?, &part(&y, 1)?))?;
        }
    }
    assert_eq!(bits(&fitted)?, bits(&by_hand)?);
    Ok(())
}

/// Ends training in the midst of an epoch.
struct Ends(usize);

impl Callback for Ends {
    fn on_train_batch_end(&mut self, model: &Model, batch: usize, _: &StepLogs) -> Result<()> {
        if batch == self.0 {
            model.stop_training();
        }
        Ok(())
    }
}

#[test]
fn an_epoch_that_ends_early_leaves_nothing_behind() -> Result<()> {
    device();
    let (x, y) = data(12 * BATCH)?;
    let (ended, few) = (model()?, model()?);
    for _ in 0..3 {
        let mut ends = Ends(1);
        ended.fit((&x, &y), Fit { callbacks: vec![&mut ends], ..quiet(1) })?;
        few.fit((&x, &y), Fit { steps_per_epoch: Some(2), ..quiet(1) })?;
    }
    assert_eq!(bits(&ended)?, bits(&few)?);
    Ok(())
}

#[test]
fn steps_of_an_epoch_go_on_where_the_last_one_ended() -> Result<()> {
    device();
    let (x, y) = data(12 * BATCH)?;
    let (parts, whole) = (model()?, model()?);
    parts.fit((&x, &y), Fit { steps_per_epoch: Some(3), ..quiet(4) })?;
    whole.fit((&x, &y), quiet(1))?;
    assert_eq!(bits(&parts)?, bits(&whole)?);
    Ok(())
}

/// TensorFlow 2.21 asks such a generator for 7 elements in two epochs of 3 steps, and for 6 in one of 5: one more than it uses.
#[test]
fn a_generator_is_asked_for_what_the_steps_use() -> Result<()> {
    device();
    for (steps, epochs) in [(3, 2), (5, 1)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = asked.clone();
        let pass = move || {
            let count = count.clone();
            std::iter::from_fn(move || {
                count.fetch_add(1, Ordering::Relaxed);
                Some(Ok((vec![vec![0.5f32; WIDTH]; 4], vec![vec![1.0f32]; 4])))
            })
        };
        let signature =
            (TensorSpec::new([4, WIDTH], DType::Float32), TensorSpec::new([4, 1], DType::Float32));
        let dataset = Dataset::from_generator(pass, signature);
        let args = Fit { batch_size: None, steps_per_epoch: Some(steps), ..quiet(epochs) };
        model()?.fit(&dataset, args)?;
        assert_eq!(asked.load(Ordering::Relaxed), steps * epochs);
    }
    Ok(())
}

#[test]
fn the_host_reads_once_an_epoch() {
    alone("keras::feeding::reads_alone");
}

#[test]
#[ignore = "run by the_host_reads_once_an_epoch"]
fn reads_alone() -> Result<()> {
    device();
    let device = config::current_device()?;
    let read = |steps: usize, epochs: usize| -> Result<u64> {
        let (x, y) = data(steps * BATCH)?;
        let model = model()?;
        // Built and traced before.
        model.fit((&x, &y), quiet(1))?;
        device.sync()?;
        let before = device.stats().bytes_read;
        model.fit((&x, &y), quiet(epochs))?;
        // Arrays come to the host once, before the first batch.
        Ok(device.stats().bytes_read - before - (steps * BATCH * (WIDTH + 1) * 4) as u64)
    };
    let one = read(2, 1)?;
    assert!(one > 0 && one < 256, "{one} bytes in an epoch of 2 steps");
    assert_eq!(read(20, 1)?, one);
    assert_eq!(read(20, 4)?, 4 * one);
    Ok(())
}
