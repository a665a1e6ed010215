//! Models written in TensorFlow.js' format, and models that TensorFlow.js wrote; see tests/goldens/tfjs_own.cjs.

use super::{compare, folder, golden};
use wgflow::io::{
    SaveOptions, load_layers_model, to_tfjs_layers_model, to_tfjs_layers_model_with, write_model,
};
use wgflow::keras::{Compile, Fit, Model, Sequential, Verbose, layers::*};
use wgflow::{ErrorKind, Result, Tensor};
use wgflow_tests::compare::Bound;

const BOUND: Bound = Bound { rel: 1e-4, abs: 1e-5 };

fn models() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder(""))
        .expect("the folder of models")
        .map(|e| e.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|n| n.starts_with('k') || n.starts_with('j'))
        .collect();
    names.sort();
    names
}

/// What is written and read again computes the same; names of weights are those of the file that was loaded, where TensorFlow.js wrote it.
/// Where `WGFLOW_TFJS_OUT` names a folder, the files are left there for tests/goldens/tfjs_check.py.
#[test]
fn written_models_read_the_same() {
    let mut wrong = vec![];
    for name in models() {
        let g = golden(&name);
        let checked = || -> Result<Option<String>> {
            let model = load_layers_model(&g.json, &g.weights)?;
            let (json, weights) = to_tfjs_layers_model(&model)?;
            if let Some(out) = std::env::var_os("WGFLOW_TFJS_OUT") {
                write_model(std::path::Path::new(&out).join(&name), &json, &weights)?;
            }
            let again = load_layers_model(&json, &[weights])?;
            Ok(compare(&again.call_many(&g.inputs(), false)?, &g.numbered("y"), BOUND))
        };
        match checked() {
            Ok(None) => {}
            Ok(Some(d)) => wrong.push(format!("{name}: {d}")),
            Err(e) => wrong.push(format!("{name}: {e}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn step(model: &Model, x: &Tensor, t: &Tensor) -> Result<()> {
    let fit =
        Fit { epochs: 1, batch_size: Some(6), shuffle: false, verbose: Verbose::Silent, ..Fit::default() };
    model.fit((x.clone(), t.clone()), fit).map(|_| ())
}

/// Training goes on as in TensorFlow.js: the optimizer's state is read, and, where it was written again, too.
#[test]
fn training_goes_on_as_in_tensorflow_js() -> Result<()> {
    for name in ["j_adam", "j_momentum", "j_rmsprop", "j_adagrad", "j_sgd"] {
        let g = golden(name);
        let (x, t) = (g.inputs().remove(0), g.numbered("t").remove(0));
        let t: Tensor = wgflow::IntoTensor::into_tensor(t, None)?;
        let model = load_layers_model(&g.json, &g.weights)?;
        assert!(model.compiled(), "{name}");
        let (json, weights) = to_tfjs_layers_model_with(&model, SaveOptions { include_optimizer: true })?;
        let again = load_layers_model(&json, &[weights])?;
        for m in [model, again] {
            assert_eq!(compare(&m.call_many(&g.inputs(), false)?, &g.numbered("y"), BOUND), None, "{name}");
            step(&m, &x, &t)?;
            assert_eq!(
                compare(&m.get_weights()?, &g.numbered("n"), BOUND),
                None,
                "{name}: weights after a step"
            );
        }
    }
    Ok(())
}

/// What Keras 2 cannot say is refused by name.
#[test]
fn what_cannot_be_written_is_refused() -> Result<()> {
    wgflow_tests::device::device_under_test();
    let unbuilt = Sequential::new(wgflow::layers![Dense::new(2)])?;
    assert_eq!(to_tfjs_layers_model(&unbuilt).expect_err("not built").kind(), ErrorKind::FailedPrecondition);
    let glu = Sequential::new(wgflow::layers![wgflow::keras::input([4]), Dense::new(2).activation("glu")])?;
    let e = to_tfjs_layers_model(&glu).expect_err("an activation of Keras 3");
    assert_eq!(e.kind(), ErrorKind::Unimplemented);
    assert!(e.to_string().contains("glu") && e.to_string().contains("dense"), "{e}");
    Ok(())
}

/// A model that was compiled is compiled when it is read.
#[test]
fn what_a_model_was_compiled_with_is_written() -> Result<()> {
    wgflow_tests::device::device_under_test();
    let model: Model = Sequential::new(wgflow::layers![wgflow::keras::input([4]), Dense::new(2)])?.into();
    model.compile(Compile {
        optimizer: "rmsprop".into(),
        loss: "mean_absolute_error".into(),
        metrics: ["mean_squared_error"].into(),
        ..Compile::default()
    })?;
    let (json, weights) = to_tfjs_layers_model(&model)?;
    assert!(json.contains("\"loss\":\"mean_absolute_error\""), "{json}");
    let again = load_layers_model(&json, &[weights])?;
    assert_eq!(again.optimizer()?.class_name(), "RMSprop");
    Ok(())
}
