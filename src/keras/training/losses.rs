//! The losses of a model's outputs (Keras: `CompileLoss`).

use super::compile::{LossArg, LossItem, LossWeights, Named};
use super::tracker::Tracker;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::losses::{self, Loss};
use crate::ops::math;
use crate::tensor::Tensor;
use std::sync::Arc;

/// The losses that are computed, each of one output.
#[derive(Debug)]
pub(super) struct CompiledLosses {
    all: Vec<OutputLoss>,
    outputs: usize,
}

#[derive(Debug)]
struct OutputLoss {
    output: usize,
    loss: Arc<dyn Loss>,
    weight: Option<f64>,
    /// Its own mean, where there are several losses.
    tracker: Option<Tracker>,
}

/// Predictions with their masks, labels and weights of samples.
pub(super) struct Compared<'a> {
    pub(super) y: &'a [Option<Tensor>],
    pub(super) y_pred: &'a [Tensor],
    pub(super) masks: &'a [Option<Tensor>],
    pub(super) weights: &'a [Option<Tensor>],
}

const OP: &str = "Model.compile";

impl CompiledLosses {
    /// Which outputs have a loss.
    pub(super) fn wanted(
        arg: &LossArg,
        outputs: usize,
        names: Option<&[String]>,
    ) -> Result<Vec<Option<LossItem>>> {
        match arg {
            LossArg::None => Ok(vec![None; outputs]),
            LossArg::One(l) => Ok(vec![Some(l.clone()); outputs]),
            LossArg::List(all) if all.len() == outputs => Ok(all.clone()),
            LossArg::List(all) => {
                let wanted = format!("one loss for each of the {outputs} outputs");
                Err(Error::invalid(OP, "loss", wanted, format_args!("{} losses", all.len())))
            }
            LossArg::Named(all) => by_name("loss", all, names),
        }
    }

    pub(super) fn new(
        arg: &LossArg,
        weights: &LossWeights,
        names: Option<&[String]>,
        y: &[Option<Tensor>],
        y_pred: &[Tensor],
    ) -> Result<Self> {
        let items = Self::wanted(arg, y_pred.len(), names)?;
        let count = items.iter().flatten().count();
        let weights = weights_of(weights, &items, names)?;
        let mut all = vec![];
        for (output, (item, weight)) in items.into_iter().zip(weights).enumerate() {
            let Some(item) = item else { continue };
            let Some(y) = &y[output] else {
                let wanted = format!("labels for output {output}, which has a loss");
                return Err(Error::invalid("Model.fit", "y", wanted, "none"));
            };
            let loss = match item.0 {
                Named::Known { object, .. } => object?,
                Named::ByShape(name) => losses::resolve(&name, y.shape(), y_pred[output].shape())?,
            };
            let name = names.and_then(|n| n.get(output)).cloned().unwrap_or_else(|| loss.name().to_string());
            let tracker = (count > 1).then(|| Tracker::new(&format!("{name}_loss"))).transpose()?;
            all.push(OutputLoss { output, loss, weight, tracker });
        }
        Ok(CompiledLosses { all, outputs: y_pred.len() })
    }

    /// The losses of outputs on a batch, times their weights.
    pub(super) fn compute(&self, c: &Compared<'_>) -> Result<Vec<Tensor>> {
        if c.y_pred.len() != self.outputs {
            return Err(Error::internal("Model.fit", "another number of outputs than before"));
        }
        let one = |l: &OutputLoss| -> Result<Tensor> {
            let o = l.output;
            let Some(y) = &c.y[o] else {
                return Err(Error::invalid("Model.fit", "y", format_args!("labels for output {o}"), "none"));
            };
            let (weight, mask) = (c.weights[o].as_ref(), c.masks[o].as_ref());
            let value = l.loss.compute_masked(y, &c.y_pred[o], weight, mask)?;
            if value.rank() != 0 {
                let wanted = "a reduction that leaves a scalar, to train with";
                return Err(Error::invalid(OP, "loss", wanted, format_args!("{:?}", l.loss)));
            }
            let value = value.cast(DType::Float32)?;
            if let Some(t) = &l.tracker {
                // Each batch counts once, as in Keras, whose graph does not know the batch's size.
                t.update(&value, 1)?;
            }
            match l.weight {
                Some(w) => math::multiply(value, w),
                None => Ok(value),
            }
        };
        self.all.iter().map(one).collect()
    }

    pub(super) fn trackers(&self) -> impl Iterator<Item = &Tracker> {
        self.all.iter().filter_map(|l| l.tracker.as_ref())
    }
}

/// Things by the names of outputs, in the order of outputs.
pub(super) fn by_name<T: Clone>(
    arg: &str,
    all: &[(String, T)],
    names: Option<&[String]>,
) -> Result<Vec<Option<T>>> {
    let given = || all.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(", ");
    let Some(names) = names else {
        let wanted = "a list, as the outputs of this model have no names";
        return Err(Error::invalid(OP, arg, wanted, given()));
    };
    if all.iter().any(|(n, _)| !names.contains(n)) {
        let wanted = format!("names of outputs, of {}", names.join(", "));
        return Err(Error::invalid(OP, arg, wanted, given()));
    }
    Ok(names.iter().map(|n| all.iter().find(|(k, _)| k == n).map(|(_, t)| t.clone())).collect())
}

fn weights_of(
    weights: &LossWeights,
    items: &[Option<LossItem>],
    names: Option<&[String]>,
) -> Result<Vec<Option<f64>>> {
    match weights {
        LossWeights::None => Ok(vec![None; items.len()]),
        LossWeights::List(all) if all.len() == items.len() => Ok(all.iter().map(|w| Some(*w)).collect()),
        LossWeights::List(all) => {
            let wanted = format!("one weight for each of the {} losses", items.len());
            Err(Error::invalid(OP, "loss_weights", wanted, format_args!("{} weights", all.len())))
        }
        LossWeights::Named(all) => by_name("loss_weights", all, names),
    }
}
