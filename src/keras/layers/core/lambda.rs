//! Functions as layers.

use crate::error::{Error, Result};
use crate::keras::base::{Call, Layer};
use crate::tensor::Tensor;
use std::fmt;
use std::rc::Rc;

type Function = dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>;

/// A function as a layer (`keras.layers.Lambda`). It has no weights, and a model with it cannot be saved with its configuration: write a
/// [`Layer`] of one's own for that.
///
/// ```
/// use wgflow::{IntoTensor, keras::{Layer, layers::Lambda}, ops::math};
/// let halved = Lambda::new(|x| math::divide(x, 2.0)).node();
/// assert_eq!(halved.call(&[4.0].into_tensor(None)?, false)?.to_vec::<f32>()?, [2.0]);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Lambda {
    function: Rc<Function>,
}

impl Lambda {
    /// A layer of one input and one output.
    pub fn new(f: impl Fn(&Tensor) -> Result<Tensor> + 'static) -> Self {
        Self::of_many(move |xs| match xs {
            [x] => Ok(vec![f(x)?]),
            _ => Err(Error::invalid("Lambda", "inputs", "one input", format_args!("{} inputs", xs.len()))),
        })
    }

    /// A layer of any number of inputs and outputs.
    pub fn of_many(f: impl Fn(&[Tensor]) -> Result<Vec<Tensor>> + 'static) -> Self {
        Lambda { function: Rc::new(f) }
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lambda")
    }
}

impl Layer for Lambda {
    fn call_many(&self, _: &mut Call, xs: &[Tensor]) -> Result<Vec<Tensor>> {
        (self.function)(xs)
    }
}
