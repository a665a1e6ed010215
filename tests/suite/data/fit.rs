//! Models fed by datasets.

use std::collections::BTreeMap;
use wgflow::data::Dataset;
use wgflow::keras::layers::{Concatenate, Dense, InputLayer};
use wgflow::keras::{Compile, Evaluate, Fit, Layer, Model, Predict, Sequential, Verbose, input};
use wgflow::ops::array;
use wgflow::{ErrorKind, Result, Tensor};
use wgflow_tests::device::device_under_test;

/// Twenty samples of three numbers, and a number for each.
fn samples() -> Result<(Tensor, Tensor)> {
    let x: Vec<f32> = (0..60).map(|i| (i * 37 % 61) as f32 / 61.0).collect();
    let y: Vec<f32> = x.chunks(3).map(|c| c[0] - 2.0 * c[1] + 0.5 * c[2]).collect();
    Ok((array::reshape(x, [20, 3])?, array::reshape(y, [20, 1])?))
}

fn linear() -> Result<Sequential> {
    let model = Sequential::new(wgflow::layers![input([3]), Dense::new(1).kernel_initializer("zeros")])?;
    model.compile(Compile::new("sgd", "mse").metrics(["mae"]))?;
    Ok(model)
}

fn quiet() -> Fit<'static> {
    Fit { epochs: 3, verbose: Verbose::Silent, ..Fit::default() }
}

fn weights(model: &Model) -> Result<Vec<Vec<f32>>> {
    model.as_layer().weights().iter().map(|w| w.value()?.to_vec()).collect()
}

#[test]
fn batches_of_a_dataset_train_as_arrays_do() -> Result<()> {
    device_under_test();
    let (x, y) = samples()?;
    let from_arrays = linear()?;
    let wanted = from_arrays.fit((&x, &y), Fit { batch_size: Some(8), shuffle: false, ..quiet() })?;
    let rows = Dataset::from_tensor_slices((x.clone(), y.clone()))?;
    for dataset in [
        rows.batch(8, false),
        rows.batch(8, false).prefetch(2),
        rows.map(|p: (Tensor, Tensor)| Ok(p)).batch(8, false),
    ] {
        let model = linear()?;
        let history = model.fit(&dataset, quiet())?;
        assert_eq!(history.history, wanted.history);
        assert_eq!(weights(&model)?, weights(&from_arrays)?);
    }
    // Evaluation, and predictions from inputs alone.
    let batches = rows.batch(8, false);
    let silent = || Evaluate { verbose: Verbose::Silent, ..Evaluate::default() };
    let of_arrays = from_arrays.evaluate((&x, &y), Evaluate { batch_size: Some(8), ..silent() })?;
    assert_eq!(from_arrays.evaluate(&batches, silent())?, of_arrays);
    let inputs = Dataset::from_tensor_slices(x.clone())?.batch(8, false);
    let predicted = from_arrays.predict(&inputs, silent())?.to_vec::<f32>()?;
    assert_eq!(
        predicted,
        from_arrays.predict(&x, Predict { batch_size: Some(8), ..silent() })?.to_vec::<f32>()?
    );
    Ok(())
}

#[test]
fn sample_weights_and_class_weights_come_through() -> Result<()> {
    device_under_test();
    let (x, y) = samples()?;
    let w: Vec<f32> = (0..20).map(|i| 0.25 * (i % 5) as f32).collect();
    let from_arrays = linear()?;
    let fit = || Fit { batch_size: Some(8), shuffle: false, ..quiet() };
    let wanted = from_arrays.fit((&x, &y, array::constant(w.clone(), None, None)?), fit())?;
    let model = linear()?;
    let got = model.fit(Dataset::from_tensor_slices((x.clone(), y.clone(), w))?.batch(8, false), quiet())?;
    assert_eq!(got.history, wanted.history);

    // Labels 0 and 1, of which the second counts twice.
    let y: Vec<[i32; 1]> = (0..20).map(|i| [i % 2]).collect();
    let class_weight = Some(BTreeMap::from([(0, 1.0), (1, 2.0)]));
    let from_arrays = linear()?;
    let of_arrays = Fit { class_weight: class_weight.clone(), ..fit() };
    let wanted = from_arrays.fit((&x, array::constant(y.clone(), None, None)?), of_arrays)?;
    let model = linear()?;
    let batches = Dataset::from_tensor_slices((x, y))?.batch(8, false);
    let got = model.fit(batches, Fit { class_weight, ..quiet() })?;
    assert_eq!(got.history, wanted.history);
    Ok(())
}

#[test]
fn inputs_and_outputs_are_found_by_name() -> Result<()> {
    device_under_test();
    let (x, y) = samples()?;
    let two = || -> Result<Model> {
        let named = |name: &str| InputLayer::new([3]).named(name).output();
        let (a, b) = (named("left"), named("right"));
        let both = Concatenate::new().apply([&a, &b])?;
        let out = Dense::new(1).kernel_initializer("zeros").named("out").apply(&both)?;
        let model = Model::functional([&a, &b], &out)?;
        model.compile(Compile::new("sgd", "mse"))?;
        Ok(model)
    };
    let negated = -&x;
    let by_position = two()?;
    let rows = Dataset::from_tensor_slices(((x.clone(), negated.clone()), y.clone()))?;
    let wanted = by_position.fit(rows.batch(8, false), quiet())?;

    let by_name = two()?;
    // In another order than the model's.
    let map = [("right", negated), ("left", x.clone())];
    let rows = Dataset::from_tensor_slices((map, [("out", y)]))?;
    assert_eq!(by_name.fit(rows.batch(8, false), quiet())?.history, wanted.history);

    let wrong = Dataset::from_tensor_slices((
        [("x", x.clone()), ("y", x)],
        [("out", 0.0); 1].map(|(n, v)| (n, [v; 20])),
    ))?;
    let e = by_name.fit(wrong.batch(8, false), quiet()).expect_err("unknown names were taken");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(e.to_string().contains("left, right"), "{e}");
    Ok(())
}

#[test]
fn endless_datasets_need_a_number_of_steps() -> Result<()> {
    device_under_test();
    let (x, y) = samples()?;
    let endless = Dataset::from_tensor_slices((x, y))?.repeat(None).batch(8, false);
    let model = linear()?;
    let e = model.fit(&endless, quiet()).expect_err("an endless epoch began");
    assert!(e.to_string().contains("steps_per_epoch"), "{e}");
    let history = model.fit(&endless, Fit { steps_per_epoch: Some(7), ..quiet() })?;
    assert_eq!(history.epoch, [0, 1, 2]);
    let validated = Fit {
        steps_per_epoch: Some(2),
        validation_data: Some((&endless).into()),
        validation_steps: Some(1),
        ..quiet()
    };
    assert_eq!(model.fit(&endless, validated)?.history["val_loss"].len(), 3);
    Ok(())
}

#[test]
fn what_does_not_fit_is_refused() -> Result<()> {
    device_under_test();
    let (x, y) = samples()?;
    let model = linear()?;
    let refused = |dataset: Dataset, args: Fit<'_>, part: &str| {
        let e = model.fit(&dataset, args).expect_err("a wrong dataset was taken");
        assert!(e.to_string().contains(part), "{e}");
    };
    let rows = Dataset::from_tensor_slices((x.clone(), y.clone()))?;
    let four = Dataset::from_tensors((x.clone(), y.clone(), y.clone(), y.clone()))?;
    refused(four, quiet(), "Received: 4 parts");
    refused(rows.batch(8, false), Fit { batch_size: Some(8), ..quiet() }, "batch_size");
    refused(rows.batch(8, false), Fit { validation_split: 0.5, ..quiet() }, "validation_split");
    refused(rows.take(0).batch(8, false), quiet(), "no batches");
    // The error of an element is that of fit.
    let failing = rows.batch(8, false).map(|(x, y): (Tensor, Tensor)| Ok((array::reshape(x, [7, 7])?, y)));
    refused(failing, quiet(), "Reshape");
    Ok(())
}
