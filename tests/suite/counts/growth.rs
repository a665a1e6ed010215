//! Long runs leave memory and caches where they stood.

use wgflow::keras::{Compile, Sequential, layers::*};
use wgflow::tensor::cached_entries;
use wgflow::{DType, Result, config, layers, random};
use wgflow_tests::device::{alone, device_under_test};

/// Memory and caches are those of the process: the test has one of its own.
#[test]
fn ten_thousand_steps_grow_nothing() {
    alone("counts::growth::ten_thousand_steps_alone");
}

#[test]
#[ignore = "run by ten_thousand_steps_grow_nothing, in a process of its own"]
fn ten_thousand_steps_alone() -> Result<()> {
    device_under_test();
    let device = config::current_device()?;
    let model =
        Sequential::new(layers![Dense::new(16).activation("relu"), Dense::new(4).activation("softmax")])?;
    model.compile(Compile::new("adam", "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
    let x = random::stateless_uniform([8, 12], [1, 2], 0.0, 1.0, DType::Float32)?;
    let y = random::stateless_uniform([8], [3, 4], 0, 4, DType::Int32)?;
    let step = |n: usize| (0..n).try_for_each(|_| model.train_on_batch((&x, &y)).map(|_| ()));
    let held = || -> Result<_> {
        let s = device.stats();
        let memory = config::get_memory_info(&device.name())?;
        Ok((memory.current, memory.peak, cached_entries(), s.pipelines_created, s.buffers_created))
    };
    step(100)?;
    let before = held()?;
    let launched = device.stats().dispatches;
    step(9_900)?;
    let each = (device.stats().dispatches - launched) as f64 / 9_900.0;
    println!("{} launches a step on {}", each, device_under_test());
    assert!(each >= 1.0, "{each} launches a step");
    assert_eq!(held()?, before);
    Ok(())
}
