//! The loops of training: sources of data, callbacks, and what is refused.

use super::{close, device, tensor};
use std::cell::RefCell;
use wgflow::data::Dataset;
use wgflow::keras::callbacks::{
    CSVLogger, LambdaCallback, LearningRateScheduler, ReduceLROnPlateau, TerminateOnNaN,
};
use wgflow::keras::optimizers::SGD;
use wgflow::keras::{
    self, Batch, BatchSource, Call, Compile, Data, Evaluate, Fit, Layer, Model, Node, Predict, Sequential,
    ValidationFreq, Verbose, layers::*,
};
use wgflow::ops::{math, nn};
use wgflow::{Error, ErrorKind, Result, Tensor};

fn quiet(epochs: usize) -> Fit<'static> {
    Fit { epochs, verbose: Verbose::Silent, shuffle: false, ..Fit::default() }
}

fn data() -> (Tensor, Tensor) {
    let x: Vec<[f32; 3]> = (0..10).map(|i| [i as f32 / 10.0, ((i * 7) % 5) as f32 / 5.0, 1.0]).collect();
    let y: Vec<[f32; 1]> = (0..10).map(|i| [(i % 3) as f32]).collect();
    (tensor(x.concat()), tensor(y.concat()))
}

fn table() -> Result<(Tensor, Tensor)> {
    let (x, y) = data();
    Ok((wgflow::reshape(x, [10, 3])?, wgflow::reshape(y, [10, 1])?))
}

/// A model whose first weights are the same each time.
fn line() -> Result<Sequential> {
    device();
    let model = Sequential::new(wgflow::layers![
        keras::input([3]),
        Dense::new(4).kernel_initializer("ones").activation("tanh"),
        Dense::new(1).kernel_initializer("ones"),
    ])?;
    model.compile(Compile::new(SGD::new().learning_rate(0.05), "mse").metrics(["mae"]))?;
    Ok(model)
}

struct Own {
    at: usize,
    all: Vec<Batch>,
}

impl BatchSource for Own {
    fn num_batches(&self) -> Option<usize> {
        None
    }
    fn start(&mut self) -> Result<()> {
        self.at = 0;
        Ok(())
    }
    fn next_batch(&mut self) -> Result<Option<Batch>> {
        self.at += 1;
        Ok(self.all.get(self.at - 1).cloned())
    }
}

/// Arrays, a dataset, batches of one's own, and op by op: the same numbers.
#[test]
fn all_sources_train_alike() -> Result<()> {
    let (x, y) = table()?;
    let model = line()?;
    let wanted = model.fit((&x, &y), Fit { batch_size: Some(4), ..quiet(3) })?.history;

    let batches = Dataset::from_tensor_slices((x.clone(), y.clone()))?.batch(4, false);
    assert_eq!(line()?.fit(&batches, quiet(3))?.history, wanted);
    let endless = batches.repeat(None);
    assert_eq!(line()?.fit(&endless, Fit { steps_per_epoch: Some(3), ..quiet(3) })?.history, wanted);
    let e = line()?.fit(&endless, quiet(1)).expect_err("no end");
    assert!(e.message().starts_with("steps_per_epoch"), "{e}");

    let all = batches
        .iter()
        .map(|e| {
            let (x, y): (Tensor, Tensor) = e?.unpack()?;
            Ok(Batch { x: vec![x], y: vec![y], ..Batch::default() })
        })
        .collect::<Result<Vec<_>>>()?;
    assert_eq!(line()?.fit(Data::source(Own { at: 0, all }), quiet(3))?.history, wanted);

    let model = line()?;
    model.compile(Compile::new(SGD::new().learning_rate(0.05), "mse").metrics(["mae"]).run_eagerly(true))?;
    let eager = model.fit((&x, &y), Fit { batch_size: Some(4), ..quiet(3) })?.history;
    for (name, values) in &wanted {
        let got: Vec<f32> = eager[name].iter().map(|v| *v as f32).collect();
        close(&got, values, 1e-5);
    }
    Ok(())
}

#[derive(Debug)]
struct Net {
    hidden: Node<Dense>,
    out: Node<Dense>,
}

impl Layer for Net {
    fn call(&self, c: &mut Call, x: &Tensor) -> Result<Tensor> {
        let h = c.run(&self.hidden, x)?;
        c.add_loss(math::multiply(math::reduce_sum(math::square(&h)?, None, false)?, 0.01)?)?;
        c.run(&self.out, &nn::relu(&h)?)
    }
}

/// A model of one's own with a loss of its own, and a layer that is kept as it is.
#[test]
fn subclassed_and_frozen() -> Result<()> {
    let (x, y) = table()?;
    let model = Model::new(Net { hidden: Dense::new(4).into(), out: Dense::new(1).named("out") });
    model.compile(Compile::new("adam", "mse"))?;
    let history = model.fit((&x, &y), quiet(20))?.history;
    assert!(history["loss"][19] < history["loss"][0]);
    let names: Vec<String> = model.weights().iter().map(|w| w.name().to_string()).collect();
    assert_eq!(names[2..], ["net/out/kernel", "net/out/bias"].map(|n| n.replace("net", &model.name())));

    model.get_layer("out")?.set_trainable(false);
    model.compile(Compile::new("adam", "mse"))?;
    let before: Vec<Vec<f32>> = model.get_weights()?.iter().map(Tensor::to_vec).collect::<Result<_>>()?;
    model.fit((&x, &y), quiet(1))?;
    let after: Vec<Vec<f32>> = model.get_weights()?.iter().map(Tensor::to_vec).collect::<Result<_>>()?;
    assert!(before[0] != after[0] && before[2..] == after[2..]);
    assert_eq!((model.trainable_weights().len(), model.non_trainable_weights().len()), (2, 2));
    Ok(())
}

/// Callbacks are called in Keras' order, and see and change the logs.
#[test]
fn callbacks_run() -> Result<()> {
    let (x, y) = table()?;
    let dir = tempfile::tempdir().expect("a folder");
    let csv = dir.path().join("log.csv");
    let seen = RefCell::new(vec![]);
    let note = |s: &str| {
        seen.borrow_mut().push(s.to_string());
        Ok(())
    };
    let mut log = LambdaCallback::new()
        .on_train_begin(|_| note("begin"))
        .on_epoch_begin(|_, e| note(&format!("epoch {e}")))
        .on_train_batch_begin(|_, b| note(&format!("batch {b}")))
        .on_train_batch_end(|_, b, logs| note(&format!("{b}: {}", logs.read()?.names().join(" "))))
        .on_epoch_end(|_, _, logs| note(&logs.names().join(" ")))
        .on_train_end(|_, _| note("end"));
    let mut rate = LearningRateScheduler::new(|epoch, rate| if epoch == 0 { 0.1 } else { rate / 2.0 });
    let mut table = CSVLogger::new(&csv);
    let args = Fit {
        batch_size: Some(5),
        validation_data: Some((&x, &y).into()),
        validation_freq: ValidationFreq::Every(2),
        callbacks: vec![&mut rate, &mut log, &mut table],
        ..quiet(2)
    };
    let model = line()?;
    let history = model.fit((&x, &y), args)?;
    let batch = ["batch 0", "0: loss mae", "batch 1", "1: loss mae"];
    let mut wanted = vec!["begin", "epoch 0"];
    wanted.extend(batch);
    wanted.extend(["loss mae learning_rate", "epoch 1"]);
    wanted.extend(batch);
    wanted.extend(["loss mae val_loss val_mae learning_rate", "end"]);
    assert_eq!(*seen.borrow(), wanted);
    close(&[history.history["learning_rate"][1] as f32], &[0.05], 1e-6);
    let text = std::fs::read_to_string(&csv).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "epoch,learning_rate,loss,mae,val_learning_rate,val_loss,val_mae");
    assert!(lines[1].starts_with("0,0.1") && lines[1].ends_with("NA,NA,NA") && lines.len() == 3, "{text}");

    let mut plateau = ReduceLROnPlateau::new("loss").min_delta(100.0).patience(1).factor(0.5).min_lr(0.02);
    let model = line()?;
    let history = model.fit((&x, &y), Fit { callbacks: vec![&mut plateau], ..quiet(4) })?;
    let rates: Vec<f32> = history.history["learning_rate"].iter().map(|v| *v as f32).collect();
    close(&rates, &[0.05, 0.05, 0.025, 0.02], 1e-6);

    let bad = math::multiply(&x, f32::NAN)?;
    let mut stop = TerminateOnNaN::new();
    let history = line()?.fit((&bad, &y), Fit { callbacks: vec![&mut stop], ..quiet(4) })?;
    assert_eq!(history.epoch.len(), 1);
    let mut raise = TerminateOnNaN::new().raise_error(true);
    line()?.fit((&bad, &y), Fit { callbacks: vec![&mut raise], ..quiet(4) }).expect_err("no number");
    Ok(())
}

#[track_caller]
fn refused<T>(got: Result<T>, kind: ErrorKind, parts: &[&str]) {
    let e: Error = got.err().expect("an error");
    assert_eq!(e.kind(), kind, "{e}");
    parts.iter().for_each(|p| assert!(e.to_string().contains(p), "wanted {p:?} in {e}"));
}

/// What cannot be right is a typed error that says so.
#[test]
fn refusals() -> Result<()> {
    let (x, y) = table()?;
    let bad = ErrorKind::InvalidArgument;
    let model = line()?;
    let fresh = Sequential::new(wgflow::layers![Dense::new(1)])?;
    refused(fresh.fit((&x, &y), quiet(1)), ErrorKind::FailedPrecondition, &["compile", "fit"]);
    refused(fresh.compile(Compile::new("no", "mse")), bad, &["no", "adam"]);
    refused(fresh.compile(Compile::new("sgd", "no")), bad, &["no", "MeanSquaredError"]);
    refused(fresh.compile(Compile::new("sgd", "mse").metrics(["no"])), bad, &["no", "Precision"]);
    refused(model.fit((&x, &wgflow::slice(&y, [0, 0], [4, 1])?), quiet(1)), bad, &["cardinality", "10", "4"]);
    refused(model.fit((&wgflow::zeros([0, 3], wgflow::DType::Float32)?, &y), quiet(1)), bad, &["samples"]);
    refused(model.fit(([&x, &x], &y), quiet(1)), bad, &["inputs"]);
    refused(model.fit((&y, &y), quiet(1)), bad, &["shape"]);
    refused(model.fit(&x, quiet(1)), bad, &["labels"]);
    let half = Fit { validation_split: 0.999, ..quiet(1) };
    refused(model.fit((&x, &y), half), bad, &["validation_split"]);
    let both = Fit { class_weight: Some([(0, 1.0)].into()), sample_weight: Some((&x).into()), ..quiet(1) };
    refused(model.fit((&x, &y), both), bad, &["class_weight"]);
    let list = Compile::new("sgd", ["mse", "mse"]);
    model.compile(list)?;
    refused(model.fit((&x, &y), quiet(1)), bad, &["loss", "1 outputs"]);
    let none = Compile::new("sgd", keras::LossArg::None);
    model.compile(none)?;
    refused(model.fit((&x, &y), quiet(1)), bad, &["loss"]);
    refused(model.get_layer("nothing"), ErrorKind::NotFound, &["nothing", "dense"]);
    let two = Model::functional(&keras::input([3]), &keras::input([3]));
    refused(two, bad, &["input"]);
    let p = line()?
        .predict(&x, Predict { verbose: Verbose::Silent, batch_size: Some(3), ..Predict::default() })?;
    assert_eq!(p.shape()[..], [10, 1]);
    let weights = tensor(vec![1.0_f32; 10]);
    let args =
        Evaluate { verbose: Verbose::Silent, sample_weight: Some((&weights).into()), ..Evaluate::default() };
    line()?.evaluate((&x, &y), args)?;
    Ok(())
}
