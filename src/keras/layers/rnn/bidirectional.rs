//! A sequence from both ends.

use crate::error::{Error, Result};
use crate::keras::base::{
    AnyLayer, Call, Configured, Layer, deserialize_layer, serialize_layer, without_fixed,
};
use crate::keras::object::{Config, Setting, choice};
use crate::ops::{array, math};
use crate::tensor::Tensor;
use serde_json::Value;

choice! {
    /// How [`Bidirectional`] joins the outputs of both directions.
    MergeMode {
        /// One behind the other in the last dimension.
        #[default]
        Concat = "concat",
        /// Their sum.
        Sum = "sum",
        /// Their product.
        Mul = "mul",
        /// Their mean.
        Ave = "ave",
    }
}

/// A recurrent layer over a sequence from both ends (`keras.layers.Bidirectional`).
///
/// The layer given is made anew from its configuration, once for each direction; so is `backward_layer`, where there is one. Input as that of the
/// layer; first states are those of the forward, then those of the backward layer. Outputs: one, or without a merge mode two; with
/// `return_state`, the last states of both behind.
///
/// ```
/// use wgflow::keras::{Layer, layers::{Bidirectional, LSTM}};
/// use wgflow::{DType, ones};
/// let layer = Bidirectional::new(LSTM::new(4).return_sequences(true)).node();
/// assert_eq!(layer.call(&ones([2, 5, 3], DType::Float32)?, false)?.shape().to_string(), "(2, 5, 8)");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bidirectional {
    layer: AnyLayer,
    backward_layer: Option<AnyLayer>,
    merge_mode: Option<MergeMode>,
}

/// What both layers have in common.
#[derive(PartialEq)]
struct Common {
    stateful: bool,
    return_sequences: bool,
    return_state: bool,
}

const CLASS: &str = "Bidirectional";

fn flag(config: &Value, name: &str) -> bool {
    config["config"][name].as_bool().unwrap_or(false)
}

fn common(config: &Value) -> Common {
    Common {
        stateful: flag(config, "stateful"),
        return_sequences: flag(config, "return_sequences"),
        return_state: flag(config, "return_state"),
    }
}

impl Bidirectional {
    /// Both directions of a recurrent layer, joined in the last dimension.
    pub fn new(layer: impl Into<AnyLayer>) -> Self {
        Bidirectional { layer: layer.into(), backward_layer: None, merge_mode: Some(MergeMode::Concat) }
    }

    /// How outputs are joined; with `None` they are outputs of their own.
    #[must_use]
    pub fn merge_mode(mut self, merge_mode: impl Into<Option<MergeMode>>) -> Self {
        self.merge_mode = merge_mode.into();
        self
    }

    /// The layer from the end, in the place of the forward layer with `go_backwards`.
    #[must_use]
    pub fn backward_layer(mut self, layer: impl Into<AnyLayer>) -> Self {
        self.backward_layer = Some(layer.into());
        self
    }

    /// Configurations of both layers.
    fn configs(&self) -> Result<[Value; 2]> {
        let renamed = |prefix: &str| -> Result<Value> {
            let mut config = serialize_layer(&self.layer)?;
            let name = self.layer.name();
            let bare = name.strip_prefix(prefix).unwrap_or(&name);
            config["config"]["name"] = format!("{prefix}{bare}").into();
            Ok(config)
        };
        let mut forward = renamed("forward_")?;
        let mut backward = match &self.backward_layer {
            Some(layer) => serialize_layer(layer)?,
            None => {
                let mut config = renamed("backward_")?;
                config["config"]["go_backwards"] = true.into();
                config
            }
        };
        for config in [&mut forward, &mut backward] {
            // What is masked must not count twice where outputs are joined step by step.
            let sequences = flag(config, "return_sequences");
            if let Some(own) = config["config"].as_object_mut()
                && own.contains_key("zero_output_for_mask")
            {
                own.insert("zero_output_for_mask".into(), sequences.into());
            }
        }
        Ok([forward, backward])
    }

    fn check(&self) -> Result<Common> {
        let [forward, backward] = self.configs()?;
        if forward["config"]["go_backwards"].as_bool().is_none() {
            let wanted = "a recurrent layer";
            return Err(Error::invalid(CLASS, "layer", wanted, format_args!("{:?}", self.layer)));
        }
        if flag(&forward, "go_backwards") == flag(&backward, "go_backwards") {
            let received = format!("go_backwards={} of both", flag(&forward, "go_backwards"));
            return Err(Error::invalid(
                CLASS,
                "backward_layer",
                "a layer with another go_backwards than the forward layer's",
                received,
            ));
        }
        if common(&forward) != common(&backward) {
            let wanted = "the forward layer's stateful, return_sequences and return_state";
            return Err(Error::invalid(CLASS, "backward_layer", wanted, "others"));
        }
        Ok(common(&forward))
    }

    fn merged(&self, y: Tensor, back: Tensor) -> Result<Vec<Tensor>> {
        Ok(match self.merge_mode {
            None => vec![y, back],
            Some(MergeMode::Concat) => vec![array::concat(&[y, back], -1)?],
            Some(MergeMode::Sum) => vec![math::add(y, back)?],
            Some(MergeMode::Mul) => vec![math::multiply(y, back)?],
            Some(MergeMode::Ave) => vec![math::divide(math::add(y, back)?, 2.0)?],
        })
    }
}

impl Configured for Bidirectional {
    const CLASS: &'static str = CLASS;

    fn arguments(&self) -> Config {
        let mode = self.merge_mode.map_or(Value::Null, |m| m.write());
        [("merge_mode".to_string(), mode)].into_iter().collect()
    }

    fn from_arguments(config: &Config) -> Result<Self> {
        let mut rest = without_fixed(CLASS, config, &[("weights", Value::Null)])?;
        let Some(layer) = rest.remove("layer") else {
            return Err(Error::invalid(CLASS, "layer", "a recurrent layer", "nothing"));
        };
        let backward = rest.remove("backward_layer").filter(|b| !b.is_null());
        let mode = rest.remove("merge_mode").unwrap_or_else(|| MergeMode::default().write());
        let refuse = || Error::invalid(CLASS, "merge_mode", MergeMode::WANTED, &mode);
        let merge_mode = Option::<MergeMode>::read(&mode).ok_or_else(refuse)?;
        if let Some(other) = rest.keys().next() {
            let wanted = "one of the arguments layer, merge_mode, backward_layer";
            return Err(Error::invalid(CLASS, "config", wanted, format_args!("{other:?}")));
        }
        let backward_layer = backward.as_ref().map(deserialize_layer).transpose()?;
        Ok(Bidirectional { layer: deserialize_layer(&layer)?, backward_layer, merge_mode })
    }

    fn check_arguments(&self) -> Result<()> {
        self.check().map(|_| ())
    }
}

impl Layer for Bidirectional {
    fn class_name(&self) -> &'static str {
        CLASS
    }

    fn config(&self) -> Result<Config> {
        let mut config = self.arguments();
        let [forward, backward] = self.configs()?;
        config.insert("layer".into(), forward);
        config.insert("backward_layer".into(), backward);
        Ok(config)
    }

    fn validate(&self) -> Result<()> {
        self.check_arguments()
    }

    /// Both layers; where they cannot be made, `validate` says why.
    fn sublayers(&self) -> Vec<AnyLayer> {
        let made =
            self.configs().and_then(|c| c.iter().map(deserialize_layer).collect::<Result<Vec<AnyLayer>>>());
        made.unwrap_or_default()
    }

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        let common = self.check()?;
        let (forward, backward) = (c.held(0)?, c.held(1)?);
        let (x, states) = xs.split_at(xs.len().min(1));
        if !states.len().is_multiple_of(2) {
            let wanted = "as many states for the forward as for the backward layer";
            return Err(Error::invalid(CLASS, "initial_state", wanted, format_args!("{}", states.len())));
        }
        let (ahead, behind) = states.split_at(states.len() / 2);
        let mut ys = c.run_many(&forward, &[x, ahead].concat())?.into_iter();
        let mut backs = c.run_many(&backward, &[x, behind].concat())?.into_iter();
        let (Some(y), Some(mut back)) = (ys.next(), backs.next()) else {
            return Err(Error::internal(CLASS, "a layer without output"));
        };
        if common.return_sequences {
            back = array::reverse(back, 1)?;
        }
        let mask = x.first().and_then(|x| c.mask(x)).filter(|_| common.return_sequences);
        let mut all = self.merged(y, back)?;
        if let Some(mask) = mask {
            all.iter().for_each(|y| c.set_mask(y, mask.clone()));
        }
        all.extend(ys.chain(backs));
        Ok(all)
    }

    fn takes_states(&self) -> bool {
        true
    }

    fn supports_masking(&self) -> bool {
        true
    }

    /// Set with the outputs.
    fn compute_mask(&self, _: &mut Call, _: &[Tensor], _: Option<&Tensor>) -> Result<Option<Tensor>> {
        Ok(None)
    }
}
