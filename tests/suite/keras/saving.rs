//! Weights and models in files.

use super::{device, tensor};
use wgflow::keras::callbacks::{EarlyStopping, ModelCheckpoint};
use wgflow::keras::{
    self, Call, Compile, Fit, Layer, Model, Sequential, Verbose, initializers, layers::*, load_model,
    model_from_json,
};
use wgflow::ops::math;
use wgflow::{ErrorKind, Result, Tensor};

fn net(units: usize) -> Result<Sequential> {
    device();
    Sequential::new(wgflow::layers![
        keras::input([4]),
        Dense::new(units).activation("relu"),
        BatchNormalization::new(),
        Dense::new(2).named("out"),
    ])
}

fn data() -> (Tensor, Tensor) {
    (
        tensor([[1.0, 2.0, -1.0, 0.5], [0.0, 1.0, 1.0, 2.0], [3.0, -2.0, 0.0, 1.0]]),
        tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]),
    )
}

fn quiet(epochs: usize) -> Fit<'static> {
    Fit { epochs, verbose: Verbose::Silent, shuffle: false, ..Fit::default() }
}

fn values(m: &Model) -> Result<Vec<Vec<f32>>> {
    m.get_weights()?.iter().map(Tensor::to_vec).collect()
}

/// Weights go from a model to another one of the same layers, whose automatic names differ.
#[test]
fn weights_in_files() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("deep/er/net.safetensors");
    let (a, b) = (net(3)?, net(3)?);
    assert_ne!(values(&a)?, values(&b)?);
    a.save_weights(&path)?;
    b.load_weights(&path)?;
    assert_eq!(values(&a)?, values(&b)?);
    let entries = std::fs::read_dir(path.parent().expect("a parent")).expect("a folder").count();
    assert_eq!(entries, 1, "nothing is left beside the file");

    let other = net(5)?;
    let before = values(&other)?;
    let e = other.load_weights(&path).expect_err("another shape");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    assert!(e.message().contains("dense") && e.message().contains("shape (4, 5)"), "{e}");
    assert_eq!(values(&other)?, before);
    let less =
        Sequential::new(wgflow::layers![keras::input([4]), Dense::new(3), Dense::new(2).named("end")])?;
    let e = less.load_weights(&path).expect_err("other layers");
    assert!(e.message().contains("end/bias") && e.message().contains("out/kernel"), "{e}");
    let unbuilt = Sequential::new(wgflow::layers![Dense::new(3)])?;
    assert_eq!(unbuilt.save_weights(&path).expect_err("not built").kind(), ErrorKind::FailedPrecondition);
    assert_eq!(a.load_weights(dir.path().join("no")).expect_err("no file").kind(), ErrorKind::NotFound);
    Ok(())
}

/// Layers that a file does not fit keep their weights, all others get the file's.
#[test]
fn mismatched_layers_are_skipped() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("net.safetensors");
    let a = net(3)?;
    a.save_weights(&path)?;
    let b = Sequential::new(wgflow::layers![
        keras::input([4]),
        Dense::new(3),
        BatchNormalization::new(),
        Dense::new(5).named("out"),
        Dense::new(1).named("new"),
    ])?;
    let before = values(&b)?;
    b.load_weights(&path).expect_err("other layers");
    assert_eq!(values(&b)?, before);
    b.load_weights_with(&path, true)?;
    let (found, file) = (values(&b)?, values(&a)?);
    // Kernel and bias, then gamma, beta and the moving statistics.
    assert_eq!(found[..6], file[..6]);
    assert_ne!(found[0], before[0]);
    assert_eq!(found[6..], before[6..]);
    Ok(())
}

/// A model that was read goes on training as the one that was written.
#[test]
fn training_goes_on() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("model.safetensors");
    let (x, y) = data();
    let a = net(3)?;
    a.compile(Compile::new("adam", "mse").metrics(["mae", "accuracy"]))?;
    a.fit((&x, &y), quiet(3))?;
    a.save(&path)?;
    let b = load_model(&path)?;
    assert_eq!(b.name(), a.name());
    let (ha, hb) = (a.fit((&x, &y), quiet(3))?, b.fit((&x, &y), quiet(3))?);
    assert_eq!(ha.history, hb.history);
    assert_eq!(values(&a)?, values(&b)?);
    assert!(a.to_json()?.contains("\"jit_compile\":\"auto\""));
    let c = model_from_json(&a.to_json()?)?;
    assert_eq!(
        c.summary_text(&Default::default())?.lines().count(),
        a.summary_text(&Default::default())?.lines().count() - 1
    );
    a.compile(Compile::new("adam", "mse").jit_compile(false))?;
    let d = model_from_json(&a.to_json()?)?;
    assert_eq!(d.to_json()?, a.to_json()?);
    assert!(d.to_json()?.contains("\"jit_compile\":false"));
    Ok(())
}

/// Broken files are typed errors, wherever they are cut or changed.
#[test]
fn broken_files() -> Result<()> {
    let a = net(3)?;
    a.compile(Compile::new("sgd", "mse"))?;
    let whole = a.to_bytes()?;
    Model::from_bytes(&whole)?;
    for cut in (0..whole.len()).step_by(97) {
        let e = Model::from_bytes(&whole[..cut]).expect_err("a part of a file");
        assert_eq!(e.kind(), ErrorKind::DataLoss, "{e}");
    }
    let weights = a.weights_to_bytes()?;
    assert_eq!(Model::from_bytes(&weights).expect_err("weights alone").kind(), ErrorKind::DataLoss);
    // Changed bytes are an error or another model, never a panic.
    let mut state = 1_u32;
    for _ in 0..300 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = state as usize % bytes.len().min(4000);
            bytes[at] = (state >> 24) as u8;
        }
        let _ = Model::from_bytes(&bytes);
    }
    for text in [
        "",
        "{",
        "null",
        "[]",
        "{\"class_name\": \"Sequential\"}",
        "{\"class_name\": 3}",
        "{\"class_name\": \"Dense\", \"config\": {\"units\": -1}}",
    ] {
        model_from_json(text).expect_err(text);
    }
    Ok(())
}

/// Checkpoints and early stopping.
#[test]
fn checkpoints() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let (x, y) = data();
    let model = net(3)?;
    model.compile(Compile::new("sgd", "mse"))?;
    let template = dir.path().join("{epoch:02d}-{loss:.3f}.safetensors").display().to_string();
    let mut each = ModelCheckpoint::new(template).save_weights_only(true);
    let mut stop = EarlyStopping::new("loss").min_delta(10.0).patience(2).restore_best_weights(true);
    let args = Fit { callbacks: vec![&mut each, &mut stop], ..quiet(9) };
    let history = model.fit((&x, &y), args)?;
    assert_eq!((history.epoch.len(), stop.stopped_epoch(), stop.best_epoch()), (3, 2, 0));
    let mut names: Vec<String> = std::fs::read_dir(dir.path())
        .expect("a folder")
        .map(|e| e.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    names.sort();
    let wanted: Vec<String> =
        (0..3).map(|i| format!("{:02}-{:.3}.safetensors", i + 1, history.history["loss"][i])).collect();
    assert_eq!(names, wanted);
    // The weights of the best epoch, the first, are back.
    let first = values(&model)?;
    model.load_weights(dir.path().join(&names[0]))?;
    assert_eq!(values(&model)?, first);
    Ok(())
}

/// A layer of one's own: a weight for each feature.
#[derive(Debug)]
struct Scale {
    first: f64,
}

impl Layer for Scale {
    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let scale = c.weight("scale", [x.dim(-1)?], initializers::Constant::new().value(self.first))?;
        math::multiply(x, scale)
    }
    fn config(&self) -> Result<keras::object::Config> {
        Ok([("first".to_string(), self.first.into())].into_iter().collect())
    }
}

/// Layers of one's own, frozen layers and graphs come back; what does not say how it is configured is refused.
#[test]
fn own_layers() -> Result<()> {
    device();
    let x = keras::input([3]);
    let frozen = Dense::new(3).node().trainable(false);
    let sum = Add::new().apply([&Scale { first: 2.0 }.apply(&x)?, &frozen.apply(&x)?])?;
    let model = Model::functional(&x, &sum)?;
    let bytes = model.to_bytes()?;
    let e = Model::from_bytes(&bytes).expect_err("a class that is not known");
    assert!(e.kind() == ErrorKind::InvalidArgument && e.message().contains("Scale"), "{e}");
    keras::register_layer("Scale", |c| Ok(Scale { first: c["first"].as_f64().unwrap_or(1.0) }.into()));
    let again = Model::from_bytes(&bytes)?;
    assert_eq!(values(&model)?, values(&again)?);
    assert_eq!((again.weights().len(), again.trainable_weights().len()), (3, 1));
    let at = tensor([[1.0, -2.0, 0.5]]);
    assert_eq!(model.call(&at, false)?.to_vec::<f32>()?, again.call(&at, false)?.to_vec::<f32>()?);

    let own = Sequential::new(wgflow::layers![keras::input([3]), Lambda::new(|x| math::square(x))])?;
    assert_eq!(own.to_bytes().expect_err("a function").kind(), ErrorKind::Unimplemented);
    Ok(())
}
