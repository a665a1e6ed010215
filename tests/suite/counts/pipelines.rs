//! Pipelines are shared by shapes.

use wgflow::compiler::codegen::launches;
use wgflow::exec::{Executable, target_of};
use wgflow::keras::{Compile, Fit, Sequential, Verbose, layers::*};
use wgflow::{
    DType, GradientTape, Result, Tensor, Variable, config, function, layers, matmul, nn, random, reduce_mean,
    reshape,
};
use wgflow_tests::device::device_under_test;

pub(super) fn data(n: usize, side: usize) -> Result<(Tensor, Tensor)> {
    let x = random::stateless_uniform([n, side, side, 1], [1, 2], 0.0, 1.0, DType::Float32)?;
    let y = random::stateless_uniform([n], [3, 4], 0, 10, DType::Int32)?;
    Ok((x, y))
}

pub(super) fn cnn() -> Result<Sequential> {
    let model = Sequential::new(layers![
        Conv2D::new(8, 3).activation("relu"),
        MaxPooling2D::new(),
        Conv2D::new(16, 3).activation("relu").padding(Padding::Same),
        MaxPooling2D::new(),
        Flatten::new(),
        Dense::new(32).activation("relu"),
        Dense::new(10).activation("softmax")
    ])?;
    model.compile(Compile::new("adam", "sparse_categorical_crossentropy").metrics(["accuracy"]))?;
    Ok(model)
}

/// The shader texts of a step of gradient descent for a batch size.
fn texts(batch: usize) -> Result<Vec<String>> {
    let target = target_of(&config::current_device()?);
    let Some(rules) = &target.codegen else { return Ok(vec![]) };
    let kernel = Variable::new(random::stateless_uniform([3, 3, 1, 8], [1, 2], -1.0, 1.0, DType::Float32)?)?;
    let dense = Variable::new(random::stateless_uniform([288, 10], [1, 2], -1.0, 1.0, DType::Float32)?)?;
    let bias = Variable::new(random::stateless_uniform([10], [1, 2], -1.0, 1.0, DType::Float32)?)?;
    let step = function(move |x: &[Tensor]| {
        let tape = GradientTape::persistent();
        let h = nn::conv2d(&x[0], &kernel, 1, nn::Padding::Valid, nn::DataFormat::Nhwc, 1)?;
        let h = nn::max_pool2d(nn::relu(&h)?, 2, 2, nn::Padding::Valid, nn::DataFormat::Nhwc)?;
        let logits = matmul(reshape(&h, [-1, 288])?, &dense)? + &bias;
        let loss = nn::sparse_softmax_cross_entropy_with_logits(&x[1], &logits)?;
        let loss = reduce_mean(&loss, None, false)?;
        for v in [&kernel, &dense, &bias] {
            if let Some(d) = tape.gradient(&loss, v)? {
                v.assign_sub(d * 0.1)?;
            }
        }
        Ok(loss)
    });
    let (x, y) = data(batch, 14)?;
    let concrete = step.get_concrete_function((&x, &y))?;
    let n = concrete.graph().params().len();
    let executable = Executable::new(concrete.graph(), &target, &vec![false; n])?;
    let mut texts = vec![];
    for s in executable.plan().steps.iter().filter(|s| !s.kernel.kind.is_call()) {
        texts.extend(launches(&s.kernel, rules)?.into_iter().map(|l| l.wgsl));
    }
    Ok(texts)
}

#[test]
fn texts_do_not_depend_on_the_batch() -> Result<()> {
    device_under_test();
    let mut known = texts(32)?;
    known.extend(texts(31)?);
    for batch in [64, 48, 29, 77, 100] {
        for (k, text) in texts(batch)?.iter().enumerate() {
            if !known.contains(text) {
                let at = &known[k.min(known.len() - 1)];
                let differ: Vec<String> = text
                    .lines()
                    .zip(at.lines())
                    .filter(|(a, b)| a != b)
                    .map(|(a, b)| format!("- {b}\n+ {a}"))
                    .collect();
                panic!("shader {k} for batches of {batch}:\n{}", differ.join("\n"));
            }
        }
    }
    Ok(())
}

#[test]
fn a_step_is_few_launches_and_new_batch_sizes_add_no_pipeline() -> Result<()> {
    device_under_test();
    let device = config::current_device()?;
    let model = cnn()?;
    let train = |n: usize| -> Result<()> {
        let (x, y) = data(n, 14)?;
        model.train_on_batch((&x, &y)).map(|_| ())
    };
    // Kernels differ by whether sizes are multiples of four.
    train(32)?;
    train(31)?;
    if device.caps().is_none() {
        return Ok(());
    }
    let before = device.stats();
    let (x, y) = data(32 * 10, 14)?;
    device.sync()?;
    let made = device.stats();
    model.fit((&x, &y), Fit { verbose: Verbose::Silent, batch_size: Some(32), ..Fit::default() })?;
    let after = device.stats();
    let each = (after.dispatches - made.dispatches) as f64 / 10.0;
    println!("{each} launches a training step");
    assert!(each <= 40.0, "{each} launches a step");
    assert!(made.dispatches > before.dispatches);
    for n in [64, 48, 29, 77] {
        let (x, y) = data(n, 14)?;
        let pipelines = device.stats().pipelines_created;
        model.train_on_batch((&x, &y))?;
        let now = device.stats().pipelines_created;
        println!("batch {n}: {} pipelines more", now - pipelines);
        assert_eq!(now, pipelines, "pipelines for batches of {n}");
    }
    Ok(())
}
