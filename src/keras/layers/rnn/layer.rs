//! Recurrent layers of any cell.

use super::recurrence::{Options, cell_of, run};
use super::stacked::StackedRNNCells;
use crate::error::{Error, Result};
use crate::keras::base::{AnyLayer, Call, Configured, Layer, deserialize_layer, serialize_layer};
use crate::keras::object::{Config, Fields};
use crate::tensor::Tensor;

/// A recurrent layer of any cell (`keras.layers.RNN`).
///
/// Input `(batch, time, ..)`, then, if the first states are not the cell's, those. Output: the cell's at the last step, or of all steps,
/// `(batch, time, ..)`, with `return_sequences`; with `return_state`, the last states behind. Weights: the cell's.
///
/// ```
/// use wgflow::keras::{Layer, layers::{LSTMCell, RNN}};
/// use wgflow::{DType, ones};
/// let layer = RNN::new(LSTMCell::new(4)).return_sequences(true).node();
/// assert_eq!(layer.call(&ones([2, 5, 3], DType::Float32)?, false)?.shape().to_string(), "(2, 5, 4)");
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct RNN {
    cell: AnyLayer,
    options: Options,
}

const NONE: Options = Options {
    return_sequences: false,
    return_state: false,
    go_backwards: false,
    stateful: false,
    unroll: false,
    zero_output_for_mask: false,
    ndim: None,
};

macro_rules! setters {
    ($($(#[doc = $doc:literal])+ $f:ident),+ $(,)?) => {
        impl RNN {
            $(
                $(#[doc = $doc])+
                #[must_use]
                pub fn $f(mut self, $f: bool) -> Self {
                    self.options.$f = $f;
                    self
                }
            )+
        }

        impl Configured for RNN {
            const CLASS: &'static str = "RNN";

            fn arguments(&self) -> Config {
                [$((stringify!($f).to_string(), self.options.$f.into())),+].into_iter().collect()
            }

            fn from_arguments(config: &Config) -> Result<Self> {
                let mut rest = config.clone();
                let Some(cell) = rest.remove("cell") else {
                    return Err(Error::invalid(Self::CLASS, "cell", "a cell", "nothing"));
                };
                let mut fields = Fields::new(Self::CLASS, &rest);
                let mut made = RNN::new(deserialize_layer(&cell)?);
                $(made.options.$f = fields.optional(stringify!($f))?.unwrap_or(false);)+
                fields.finish()?;
                Ok(made)
            }

            fn check_arguments(&self) -> Result<()> {
                self.cell.layer().validate()?;
                cell_of(&self.cell).map(|_| ())
            }
        }
    };
}

setters! {
    /// Whether the output is that of all steps, rather than of the last.
    return_sequences,
    /// Whether the last states are outputs too.
    return_state,
    /// Whether steps are taken from the last to the first; outputs are in the order of the steps.
    go_backwards,
    /// Whether a call begins with the states that the call before ended with.
    stateful,
    /// Whether the steps are written out one by one, rather than as a loop.
    unroll,
    /// Whether outputs of masked steps are zeros, rather than those of the step before.
    zero_output_for_mask,
}

impl RNN {
    /// The layer of a cell.
    pub fn new(cell: impl Into<AnyLayer>) -> Self {
        RNN { cell: cell.into(), options: NONE }
    }

    /// The layer of several cells on top of each other.
    pub fn of_cells(cells: Vec<AnyLayer>) -> Self {
        Self::new(StackedRNNCells::new(cells))
    }
}

impl Layer for RNN {
    fn class_name(&self) -> &'static str {
        Self::CLASS
    }

    fn config(&self) -> Result<Config> {
        let mut config = self.arguments();
        config.insert("cell".into(), serialize_layer(&self.cell)?);
        Ok(config)
    }

    fn validate(&self) -> Result<()> {
        self.check_arguments()
    }

    fn sublayers(&self) -> Vec<AnyLayer> {
        vec![self.cell.clone()]
    }

    fn call_many(&self, c: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        run(c, &self.options, xs)
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
