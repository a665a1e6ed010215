//! Variables: cells that hold a tensor, which assignment replaces.

use super::recorder::variable_read;
use super::{IntoTensor, Tensor, trace};
use crate::dtype::DType;
use crate::error::{Error, Result};
use crate::hlo::Spec;
use crate::shape::Shape;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// A number that no other variable of the process has.
pub type VariableId = u64;

/// A mutable tensor of fixed shape and dtype (`tf.Variable`). Clones share the value; it goes when the last clone goes.
///
/// ```
/// # use wgflow::Variable;
/// let v = Variable::new(3.0)?;
/// v.assign(4.5)?;
/// assert_eq!(v.value()?.item::<f32>()?, 4.5);
/// # Ok::<(), wgflow::Error>(())
/// ```
#[derive(Clone)]
pub struct Variable(Arc<Cell>);

struct Cell {
    id: VariableId,
    name: String,
    trainable: bool,
    spec: Spec,
    value: Mutex<Tensor>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Variable {
    /// A trainable variable named `Variable`.
    ///
    /// # Errors
    /// As [`Variable::named`].
    pub fn new(initial_value: impl IntoTensor) -> Result<Self> {
        Self::named(initial_value, "Variable", true)
    }

    /// A variable with a name, behind that of the [`name_scope`](super::name_scope) around it; a tape watches it by itself if it is trainable.
    ///
    /// # Errors
    /// `InvalidArgument` when `initial_value` is no tensor; `FailedPrecondition` while a function is traced.
    pub fn named(initial_value: impl IntoTensor, name: impl Into<String>, trainable: bool) -> Result<Self> {
        let value = initial_value.into_tensor(None)?;
        if trace::is_tracing() {
            return Err(Error::new(
                crate::ErrorKind::FailedPrecondition,
                "Variable",
                "a function must not make variables while it is traced: make them before, or inside of init_scope",
            ));
        }
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let spec = value.spec().clone();
        Ok(Variable(Arc::new(Cell {
            id,
            name: super::scoped(&name.into()),
            trainable,
            spec,
            value: Mutex::new(value.alias()),
        })))
    }

    /// A number that no other variable has; clones share it.
    pub fn id(&self) -> VariableId {
        self.0.id
    }

    /// Its name, such as `sequential/dense/kernel`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Whether tapes watch it by themselves and optimizers update it.
    pub fn trainable(&self) -> bool {
        self.0.trainable
    }

    /// dtype and shape.
    pub fn spec(&self) -> Spec {
        self.0.spec.clone()
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.0.spec.dtype
    }

    /// Shape.
    pub fn shape(&self) -> &Shape {
        &self.0.spec.shape
    }

    /// The value now (`read_value`); inside a traced function, the value at that point of the program.
    ///
    /// # Errors
    /// `Internal` only.
    pub fn value(&self) -> Result<Tensor> {
        let value = if trace::is_tracing() {
            trace::read_variable(self)?
        } else {
            crate::lock(&self.0.value).clone()
        };
        variable_read(self.0.id, self.0.trainable, &value);
        Ok(value)
    }

    /// The stored tensor, whatever is being traced.
    pub(crate) fn stored(&self) -> Tensor {
        crate::lock(&self.0.value).clone()
    }

    /// Stores a tensor of the variable's spec, whatever is being traced.
    pub(crate) fn store(&self, value: &Tensor) {
        *crate::lock(&self.0.value) = value.alias();
    }

    /// Replaces the value.
    ///
    /// # Errors
    /// `InvalidArgument` when shape or dtype differ from the variable's.
    pub fn assign(&self, value: impl IntoTensor) -> Result<()> {
        let value = value.into_tensor(Some(self.dtype()))?;
        if *value.spec() != self.0.spec {
            let name = format!("Variable {}", self.name());
            return Err(Error::invalid(name, "value", &self.0.spec, value.spec()));
        }
        if trace::is_tracing() {
            return trace::assign_variable(self, &value);
        }
        self.store(&value);
        Ok(())
    }
}

/// As Python's `print(variable)`: `<tf.Variable 'my_var:0' shape=() dtype=int32, numpy=3>`. While a function is traced it prints without value.
impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spec { dtype, shape } = &self.0.spec;
        write!(f, "<tf.Variable '{}:0' shape={shape} dtype={dtype}", self.0.name)?;
        if !trace::is_tracing() {
            write!(f, ", numpy={}", self.stored().numpy_repr())?;
        }
        f.write_str(">")
    }
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
