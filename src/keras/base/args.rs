//! Arguments of a call by name.

use crate::error::{Error, Result};
use crate::keras::object::Config;
use crate::tensor::Tensor;
use serde_json::Value;

/// What a layer is called with beside its inputs, under Keras' names: tensors, such as `attention_mask`, and settings, such as
/// `use_causal_mask`. In the functional API the tensors are symbols.
///
/// ```
/// use wgflow::{IntoTensor, keras::{CallArgs, Layer, layers::Attention}};
/// let x = [[[1.0], [2.0]]].into_tensor(None)?;
/// let layer = Attention::new().node();
/// let y = layer.call_with(&[x.clone(), x], &CallArgs::new().set("use_causal_mask", true), false)?;
/// assert_eq!(y[0].to_vec::<f32>()?[0], 1.0);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CallArgs<T = Tensor> {
    tensors: Vec<(String, T)>,
    settings: Config,
}

impl<T> Default for CallArgs<T> {
    fn default() -> Self {
        CallArgs { tensors: vec![], settings: Config::new() }
    }
}

impl<T: Clone> CallArgs<T> {
    /// No arguments.
    pub fn new() -> Self {
        Self::default()
    }

    /// A tensor under a name.
    #[must_use]
    pub fn tensor(mut self, name: impl Into<String>, value: impl Into<T>) -> Self {
        let name = name.into();
        self.tensors.retain(|(n, _)| *n != name);
        self.tensors.push((name, value.into()));
        self
    }

    /// A setting under a name.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.tensors.iter().find(|(n, _)| n == name).map(|(_, t)| t)
    }

    /// Whether a setting is there and true.
    pub fn flag(&self, name: &str) -> bool {
        self.settings.get(name) == Some(&Value::Bool(true))
    }

    /// The setting of a name.
    pub fn setting(&self, name: &str) -> Option<&Value> {
        self.settings.get(name)
    }

    /// Refuses tensors and settings of other names.
    ///
    /// # Errors
    /// `InvalidArgument` naming the first that is not known, and for settings that are no bools.
    pub fn check(&self, class: &str, tensors: &[&str], flags: &[&str]) -> Result<()> {
        let known = || {
            let all: Vec<&str> = tensors.iter().chain(flags).copied().collect();
            if all.is_empty() { "no argument beside the inputs".to_string() } else { all.join(", ") }
        };
        if let Some((name, _)) = self.tensors.iter().find(|(n, _)| !tensors.contains(&n.as_str())) {
            return Err(Error::invalid(class, "call", known(), format_args!("the tensor {name:?}")));
        }
        match self.settings.iter().find(|(n, v)| !flags.contains(&n.as_str()) || !v.is_boolean()) {
            Some((name, v)) => Err(Error::invalid(class, "call", known(), format_args!("{name}={v}"))),
            None => Ok(()),
        }
    }

    /// The same names with other tensors.
    pub(crate) fn map(&self, mut f: impl FnMut(&T) -> Result<T>) -> Result<Self> {
        let tensors = self.tensors.iter().map(|(n, t)| Ok((n.clone(), f(t)?))).collect::<Result<Vec<_>>>()?;
        Ok(CallArgs { tensors, settings: self.settings.clone() })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty() && self.settings.is_empty()
    }

    /// The names, and the tensors in their order.
    pub(crate) fn split(&self) -> (Named, Vec<T>) {
        let names = self.tensors.iter().map(|(n, _)| n.clone()).collect();
        let tensors = self.tensors.iter().map(|(_, t)| t.clone()).collect();
        (Named { tensors: names, settings: self.settings.clone() }, tensors)
    }
}

/// The names of the last inputs of a call, and its settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Named {
    pub(crate) tensors: Vec<String>,
    pub(crate) settings: Config,
}

impl Named {
    /// The inputs of a call, and its arguments by name.
    pub(crate) fn of<'a, T: Clone>(&self, all: &'a [T]) -> (&'a [T], CallArgs<T>) {
        let (inputs, rest) = all.split_at(all.len().saturating_sub(self.tensors.len()));
        let tensors = self.tensors.iter().cloned().zip(rest.iter().cloned()).collect();
        (inputs, CallArgs { tensors, settings: self.settings.clone() })
    }
}
