//! Rates that are constant between steps.

use super::LearningRateSchedule;
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::keras::object::{Class, Config, class, classes};
use crate::ops::{array, math};
use crate::tensor::{IntoTensor, Tensor};

class! {
    /// `values[0]` up to step `boundaries[0]`, `values[1]` up to step `boundaries[1]`, and so on; the last one after the last boundary.
    #[derive(Clone)]
    PiecewiseConstantDecay (
        /// The last step of each rate but the last, in order.
        boundaries: Vec<f64>,
        /// The rates: one more than boundaries.
        values: Vec<f64>,
    ) {
        /// Its name.
        name: String = "PiecewiseConstant",
    } {} []
}

impl LearningRateSchedule for PiecewiseConstantDecay {
    fn call(&self, step: &Tensor) -> Result<Tensor> {
        let Some((last, earlier)) =
            self.values.split_last().filter(|(_, e)| e.len() == self.boundaries.len())
        else {
            let wanted = format!("{} values, one more than boundaries", self.boundaries.len() + 1);
            return Err(Error::invalid(Self::NAME, "values", wanted, self.values.len()));
        };
        let mut rate = last.into_tensor(Some(DType::Float32))?;
        for (boundary, value) in self.boundaries.iter().zip(earlier).rev() {
            // Steps are integers, and Keras compares them as such.
            let before = match step.dtype().is_int() {
                true => math::less_equal(step, *boundary as i64),
                false => math::less_equal(step, *boundary),
            };
            rate = array::where_(before?, *value, rate)?;
        }
        Ok(rate)
    }

    fn config(&self) -> Config {
        self.arguments()
    }
}

pub(super) const CLASSES: &[Class<dyn LearningRateSchedule>] = classes! { PiecewiseConstantDecay [] };
