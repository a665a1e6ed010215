//! `keras.activations`: functions by name, and the argument of layers that takes one.

mod functions;

pub use functions::*;

use crate::error::{Error, Result};
use crate::keras::object::Setting;
use crate::tensor::Tensor;
use serde_json::Value;
use std::fmt;
use std::rc::Rc;

type Function = dyn Fn(&Tensor) -> Result<Tensor>;

/// An activation as an argument of layers: Keras' name of one, or a function of one's own.
///
/// ```
/// use wgflow::{Tensor, keras::{activations::Activation, layers::Dense}, ops::math};
/// let by_name = Dense::new(10).activation("relu");
/// let own = Dense::new(10).activation(Activation::new("cube", |x| math::pow(x, 3.0)));
/// # let _ = (by_name, own);
/// ```
#[derive(Clone)]
pub struct Activation {
    name: String,
    own: Option<Rc<Function>>,
}

impl Activation {
    /// A function of one's own under a name. A model with it is saved by that name, which [`register`] makes known.
    pub fn new(name: impl Into<String>, f: impl Fn(&Tensor) -> Result<Tensor> + 'static) -> Self {
        Activation { name: name.into(), own: Some(Rc::new(f)) }
    }

    /// Keras' name of it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it leaves its argument as it is.
    pub fn is_linear(&self) -> bool {
        self.own.is_none() && self.name == "linear"
    }

    /// Applies it.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name, naming those that are known; what the function refuses.
    pub fn call(&self, x: &Tensor) -> Result<Tensor> {
        match &self.own {
            Some(f) => f(x),
            None => match find(&self.name) {
                Some(f) => f(x),
                None => match registered(&self.name) {
                    Some(f) => f(x),
                    None => Err(self.unknown()),
                },
            },
        }
    }

    /// Checks that the name is known.
    pub(crate) fn check(&self) -> Result<()> {
        let known = self.own.is_some() || find(&self.name).is_some() || registered(&self.name).is_some();
        if known { Ok(()) } else { Err(self.unknown()) }
    }

    fn unknown(&self) -> Error {
        let names: Vec<&str> = TABLE.iter().map(|(name, _)| *name).collect();
        let wanted = format!("the name of an activation, one of {}", names.join(", "));
        Error::invalid("keras.activations.get", "identifier", wanted, format_args!("{:?}", self.name))
    }
}

impl Default for Activation {
    fn default() -> Self {
        "linear".into()
    }
}

impl From<&str> for Activation {
    fn from(name: &str) -> Self {
        // Two functions have two names; they are written by the first.
        let name = match name {
            "swish" => "silu",
            "hard_swish" => "hard_silu",
            n => n,
        };
        Activation { name: name.into(), own: None }
    }
}

impl From<String> for Activation {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl fmt::Debug for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.name)
    }
}

/// Keras writes its own activations by their name, and others with the name they are registered under.
impl Setting for Activation {
    const WANTED: &'static str = "the name of an activation";
    fn read(v: &Value) -> Option<Self> {
        match v {
            Value::Null => Some(Activation::default()),
            Value::String(name) => Some(name.as_str().into()),
            v => v.get("config").and_then(Value::as_str).map(Activation::from),
        }
    }
    fn write(&self) -> Value {
        match find(&self.name) {
            Some(_) => Value::from(self.name.as_str()),
            None => serde_json::json!({
                "module": "builtins", "class_name": "function", "config": self.name, "registered_name": self.name,
            }),
        }
    }
}

/// An activation by Keras' name (`keras.activations.get`).
///
/// # Errors
/// `InvalidArgument` for an unknown name, naming those that are known.
pub fn get(name: &str) -> Result<Activation> {
    let a = Activation::from(name);
    a.check()?;
    Ok(a)
}

thread_local! {
    static OWN: std::cell::RefCell<Vec<Activation>> = const { std::cell::RefCell::new(vec![]) };
}

/// Makes an activation of one's own known by its name on this thread, so that models saved with it can be loaded.
pub fn register(activation: Activation) {
    OWN.with_borrow_mut(|all| {
        all.retain(|a| a.name != activation.name);
        all.push(activation);
    });
}

fn registered(name: &str) -> Option<Rc<Function>> {
    OWN.with_borrow(|all| all.iter().find(|a| a.name == name).and_then(|a| a.own.clone()))
}

fn find(name: &str) -> Option<fn(&Tensor) -> Result<Tensor>> {
    TABLE.iter().find(|(n, _)| *n == name).map(|(_, f)| *f)
}

/// An activation with its defaults.
type Plain = fn(&Tensor) -> Result<Tensor>;

/// Keras' activations under their names.
const TABLE: &[(&str, Plain)] = &[
    ("celu", |x| celu(x, 1.0)),
    ("elu", |x| elu(x, 1.0)),
    ("exponential", |x| exponential(x)),
    ("gelu", |x| gelu(x, false)),
    ("glu", |x| glu(x, -1)),
    ("hard_shrink", |x| hard_shrink(x, 0.5)),
    ("hard_sigmoid", |x| hard_sigmoid(x)),
    ("hard_silu", |x| hard_silu(x)),
    ("hard_tanh", |x| hard_tanh(x)),
    ("keras2_hard_sigmoid", |x| keras2_hard_sigmoid(x)),
    ("leaky_relu", |x| leaky_relu(x, 0.2)),
    ("linear", |x| linear(x)),
    ("log_sigmoid", |x| log_sigmoid(x)),
    ("log_softmax", |x| log_softmax(x, -1)),
    ("mish", |x| mish(x)),
    ("relu", |x| relu(x, 0.0, None, 0.0)),
    ("relu6", |x| relu6(x)),
    ("selu", |x| selu(x)),
    ("sigmoid", |x| sigmoid(x)),
    ("silu", |x| silu(x)),
    ("soft_shrink", |x| soft_shrink(x, 0.5)),
    ("softmax", |x| softmax(x, -1)),
    ("softplus", |x| softplus(x)),
    ("softsign", |x| softsign(x)),
    ("sparse_plus", |x| sparse_plus(x)),
    ("sparse_sigmoid", |x| sparse_sigmoid(x)),
    ("sparsemax", |x| sparsemax(x, -1)),
    ("squareplus", |x| squareplus(x, 4.0)),
    ("tanh", |x| tanh(x)),
    ("tanh_shrink", |x| tanh_shrink(x)),
];
