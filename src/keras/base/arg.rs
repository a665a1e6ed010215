//! Arguments of layers that are objects: initializers, regularizers, constraints.

use crate::error::{Error, Result};
use crate::keras::constraints::{self, Constraint, IntoConstraint};
use crate::keras::initializers::{self, Initializer, IntoInitializer};
use crate::keras::object::Setting;
use crate::keras::regularizers::{self, IntoRegularizer, Regularizer};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// An argument that names an object, describes it by its configuration, or is it. What it names is looked up at once; that there is no
/// such thing is said when the layer is used, with the layer's name.
pub struct ObjectArg<T: ?Sized>(Result<Arc<T>>);

/// How the first value of a weight is made.
pub type InitializerArg = ObjectArg<dyn Initializer>;
/// A penalty on a weight or on what a layer computes.
pub type RegularizerArg = ObjectArg<dyn Regularizer>;
/// What a weight is made to satisfy after each update.
pub type ConstraintArg = ObjectArg<dyn Constraint>;

impl<T: ?Sized> ObjectArg<T> {
    /// The object.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that nothing has, or a configuration that describes nothing.
    pub fn get(&self) -> Result<&Arc<T>> {
        self.0.as_ref().map_err(Error::clone)
    }
}

impl<T: ?Sized> Clone for ObjectArg<T> {
    fn clone(&self) -> Self {
        ObjectArg(self.0.clone())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ObjectArg<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Ok(object) => object.fmt(f),
            Err(e) => write!(f, "<{e}>"),
        }
    }
}

macro_rules! object_arg {
    ($($trait:ident, $into:ident, $module:ident, $wanted:literal);+ $(;)?) => { $(
        impl<T: $into> From<T> for ObjectArg<dyn $trait> {
            fn from(object: T) -> Self {
                ObjectArg($module::get(object))
            }
        }

        impl Setting for ObjectArg<dyn $trait> {
            const WANTED: &'static str = $wanted;
            fn read(v: &Value) -> Option<Self> {
                (v.is_string() || v.is_object()).then(|| ObjectArg($module::deserialize(v)))
            }
            fn write(&self) -> Value {
                self.0.as_ref().map_or(Value::Null, |object| $module::serialize(&**object))
            }
        }
    )+ };
}
object_arg! {
    Initializer, IntoInitializer, initializers, "an initializer";
    Regularizer, IntoRegularizer, regularizers, "a regularizer";
    Constraint, IntoConstraint, constraints, "a constraint";
}

/// An argument of a layer that is checked before the layer's first use.
pub(crate) trait Checked {
    /// Checks it.
    fn check(&self) -> Result<()>;
}

impl<T: ?Sized> Checked for ObjectArg<T> {
    fn check(&self) -> Result<()> {
        self.get().map(|_| ())
    }
}

impl Checked for crate::keras::activations::Activation {
    fn check(&self) -> Result<()> {
        crate::keras::activations::Activation::check(self)
    }
}

impl<T: Checked> Checked for Option<T> {
    fn check(&self) -> Result<()> {
        self.as_ref().map_or(Ok(()), T::check)
    }
}

impl Setting for usize {
    const WANTED: &'static str = "a whole number of at least 0";
    fn read(v: &Value) -> Option<Self> {
        v.as_u64().and_then(|n| usize::try_from(n).ok())
    }
    fn write(&self) -> Value {
        Value::from(*self)
    }
}
