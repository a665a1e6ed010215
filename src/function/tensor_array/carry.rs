//! Arrays in loops and branches: one tensor of fixed size.

use super::{State, TensorArray, stacked};
use crate::error::{Error, Result};
use crate::function::Nest;
use crate::ops::array;
use crate::tensor::Tensor;

impl Nest for TensorArray {
    fn flatten(&self) -> Result<Vec<Tensor>> {
        Ok(vec![self.dense("TensorArray")?])
    }

    fn pack_as(&self, tensors: &mut dyn Iterator<Item = Tensor>) -> Result<Self> {
        let t = tensors.next().ok_or_else(|| Error::internal("nest", "too few tensors"))?;
        Ok(TensorArray { state: State::Dense(t), ..self.clone() })
    }

    fn paths(&self) -> Vec<String> {
        vec![String::new()]
    }

    fn carried(&self, trips: Option<usize>, after: Option<&Self>) -> Result<Self> {
        let Some(after) = after else { return Ok(self.clone()) };
        let mut new = self.clone();
        if new.element_shape.is_none() {
            new.element_shape = after.element_shape.clone();
        }
        let Some(element) = new.element_shape.clone().filter(|_| after.writes > self.writes) else {
            return Ok(new);
        };
        let dense = new.dense("TensorArray")?;
        let missing = match trips {
            Some(n) if self.dynamic_size => n.saturating_sub(self.len()),
            None if self.dynamic_size && self.is_empty() => {
                return Err(Error::invalid(
                    "TensorArray",
                    "size",
                    "a size, or maximum_iterations of the loop, whose number of trips depends on values",
                    "dynamic_size",
                ));
            }
            _ => 0,
        };
        let room = array::zeros(stacked(missing, &element), self.dtype)?;
        new.state = State::Dense(if missing > 0 { array::concat(&[dense, room], 0)? } else { dense });
        Ok(new)
    }

    fn is_open(&self) -> bool {
        self.element_shape.is_none() || self.dynamic_size
    }
}
