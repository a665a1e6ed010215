//! Callbacks that keep the state of training.

use super::{device, tensor};
use std::path::Path;
use wgflow::keras::callbacks::{BackupAndRestore, Callback, LambdaCallback, SaveFreq, SwapEMAWeights};
use wgflow::keras::{
    self, Compile, Evaluate, Fit, Model, Sequential, Verbose, layers::Dense, optimizers::SGD,
};
use wgflow::{Error, ErrorKind, Result, Tensor};

fn data() -> (Tensor, Tensor) {
    let x: Vec<[f32; 2]> = (0..12).map(|i| [i as f32 / 6.0 - 1.0, (i % 5) as f32 / 4.0]).collect();
    let y: Vec<[f32; 1]> = x.iter().map(|[a, b]| [a - 2.0 * b]).collect();
    (tensor(&x[..]), tensor(&y[..]))
}

/// The same at each call.
fn net() -> Result<Model> {
    device();
    let model = Sequential::new(wgflow::layers![
        keras::input([2]),
        Dense::new(3).activation("tanh").kernel_initializer("ones"),
        Dense::new(1).kernel_initializer("ones"),
    ])?;
    model.compile(Compile::new("adam", "mse"))?;
    Ok(model.into())
}

fn fit(model: &Model, epochs: usize, callbacks: Vec<&mut dyn Callback>) -> Result<Vec<f64>> {
    let (x, y) = data();
    let args = Fit {
        epochs,
        callbacks,
        batch_size: Some(3),
        verbose: Verbose::Silent,
        shuffle: false,
        ..Fit::default()
    };
    let history = model.fit((&x, &y), args)?;
    assert_eq!(history.epoch.len(), history.history.get("loss").map_or(0, Vec::len));
    Ok(history.history.get("loss").cloned().unwrap_or_default())
}

/// Fails at a step of an epoch.
fn interrupt(epoch: usize, step: usize) -> LambdaCallback<'static> {
    let now = std::rc::Rc::new(std::cell::Cell::new(0));
    let at = now.clone();
    LambdaCallback::new()
        .on_epoch_begin(move |_, e| {
            now.set(e);
            Ok(())
        })
        .on_train_batch_begin(move |_, b| {
            if (at.get(), b) == (epoch, step) {
                return Err(Error::new(ErrorKind::Cancelled, "test", "interrupted"));
            }
            Ok(())
        })
}

fn values(m: &Model) -> Result<Vec<Vec<f32>>> {
    m.get_weights()?.iter().map(Tensor::to_vec).collect()
}

fn files(dir: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(dir) else { return vec![] };
    let mut all: Vec<String> =
        entries.map(|e| e.expect("an entry").file_name().into_string().expect("text")).collect();
    all.sort();
    all
}

/// A run that was interrupted goes on with the epoch that it had begun: optimizer included, it ends as if nothing had been.
#[test]
fn interrupted_training_goes_on() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("backup");
    let whole = net()?;
    let wanted = fit(&whole, 6, vec![])?;

    let first = net()?;
    let mut backup = BackupAndRestore::new(&folder);
    let e = fit(&first, 6, vec![&mut backup, &mut interrupt(3, 2)]).expect_err("an interruption");
    assert_eq!(e.kind(), ErrorKind::Cancelled);
    assert_eq!(files(&folder), ["latest.safetensors"]);

    let second = net()?;
    let rest = fit(&second, 6, vec![&mut BackupAndRestore::new(&folder)])?;
    assert_eq!(rest, wanted[3..]);
    assert_eq!(values(&second)?, values(&whole)?);
    assert!(!folder.exists(), "nothing is left of the backup");
    // The next run begins at the beginning, as the backup is gone.
    assert_eq!(fit(&second, 2, vec![&mut BackupAndRestore::new(&folder)])?.len(), 2);
    Ok(())
}

/// With batches between backups, an epoch is begun anew with the weights of its last backup.
#[test]
fn backups_between_batches() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("backup");
    let first = net()?;
    let mut backup = BackupAndRestore::new(&folder).save_freq(SaveFreq::Batches(3)).double_checkpoint(true);
    // Four steps an epoch: backups after steps 3, 6 and 9 of all, the last of which is the first of epoch 2.
    fit(&first, 5, vec![&mut backup, &mut interrupt(2, 1)]).expect_err("an interruption");
    assert_eq!(files(&folder), ["latest.safetensors", "latest.safetensors.bkp"]);
    let at_nine = values(&first)?;

    let second = net()?;
    let mut seen = vec![];
    let mut look = LambdaCallback::new().on_epoch_begin(|m, epoch| {
        seen.push((epoch, values(m)?));
        Ok(())
    });
    let mut backup = BackupAndRestore::new(&folder).delete_checkpoint(false);
    assert_eq!(fit(&second, 5, vec![&mut backup, &mut look])?.len(), 3);
    drop(look);
    assert_eq!(seen[0], (2, at_nine));
    assert_eq!(files(&folder), ["latest.safetensors", "latest.safetensors.bkp"]);

    // All epochs are done.
    let third = net()?;
    assert!(fit(&third, 5, vec![&mut BackupAndRestore::new(&folder).delete_checkpoint(false)])?.is_empty());
    assert_eq!(values(&third)?, values(&second)?);
    Ok(())
}

/// A backup that is broken is replaced by the one before, where there is one; what else does not fit is an error.
#[test]
fn broken_backups() -> Result<()> {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = dir.path().join("backup");
    let keep = || BackupAndRestore::new(&folder).delete_checkpoint(false);
    fit(&net()?, 3, vec![&mut keep().double_checkpoint(true)])?;
    let (latest, previous) = (folder.join("latest.safetensors"), folder.join("latest.safetensors.bkp"));
    std::fs::write(&latest, b"broken").expect("a file");
    assert_eq!(fit(&net()?, 5, vec![&mut keep()])?.len(), 3, "from the end of epoch 1");

    std::fs::write(&latest, b"broken").expect("a file");
    std::fs::remove_file(&previous).expect("the file before");
    let e = fit(&net()?, 5, vec![&mut keep()]).expect_err("nothing to read");
    assert_eq!(e.kind(), ErrorKind::DataLoss);

    let other = Sequential::new(wgflow::layers![keras::input([2]), Dense::new(1)])?;
    other.compile(Compile::new("adam", "mse"))?;
    let other = other.into();
    std::fs::remove_file(&latest).expect("the file");
    fit(&other, 1, vec![&mut keep()])?;
    let e = fit(&net()?, 5, vec![&mut keep()]).expect_err("another model's");
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    let e = fit(&net()?, 5, vec![&mut BackupAndRestore::new("")]).expect_err("no folder");
    assert!(e.kind() == ErrorKind::InvalidArgument && e.message().contains("backup_dir"), "{e}");
    Ok(())
}

/// Averages are in the model while it is evaluated, and weights are back after that.
#[test]
fn averages_are_swapped() -> Result<()> {
    let model = net()?;
    model.compile(Compile::new(SGD::new().learning_rate(0.1).use_ema(true).ema_momentum(0.5), "mse"))?;
    let (x, y) = data();
    for _ in 0..3 {
        model.train_on_batch((&x, &y))?;
    }
    let trained = values(&model)?;
    let evaluate = |callbacks: Vec<&mut dyn Callback>| -> Result<f64> {
        let args = Evaluate { callbacks, verbose: Verbose::Silent, ..Evaluate::default() };
        model.evaluate((&x, &y), args)?.value("loss")
    };
    let plain = evaluate(vec![])?;
    let averaged = evaluate(vec![&mut SwapEMAWeights::new()])?;
    let with = model.predict(
        &x,
        Evaluate {
            callbacks: vec![&mut SwapEMAWeights::new()],
            verbose: Verbose::Silent,
            ..Evaluate::default()
        },
    )?;
    assert_eq!(values(&model)?, trained);
    model.optimizer()?.finalize_variable_values()?;
    assert_eq!(evaluate(vec![])?, averaged);
    assert_eq!(model.predict_on_batch(std::slice::from_ref(&x))?[0].to_vec::<f32>()?, with.to_vec::<f32>()?);
    assert_ne!(averaged, plain);

    let without = net()?;
    without.train_on_batch((&x, &y))?;
    let mut swap = SwapEMAWeights::new();
    let args = Evaluate { callbacks: vec![&mut swap], verbose: Verbose::Silent, ..Evaluate::default() };
    assert_eq!(
        without.evaluate((&x, &y), args).expect_err("no averages").kind(),
        ErrorKind::FailedPrecondition
    );
    Ok(())
}
