//! Tensors, variables, and the one door through which every op on them goes.

mod attr;
mod case;
mod convert;
mod door;
mod engine;
mod entry;
mod op;
mod recorder;
mod trace;
mod variable;

pub use attr::{Args, Attr, AttrType};
pub use case::{Case, Fill, Sample, case};
pub use convert::IntoTensor;
pub(crate) use convert::pair;
pub(crate) use door::host_value;
pub use door::{cached_entries, run, run_entry, run_one};
pub use engine::MIRROR_LIMIT;
pub use entry::{Entry, Vjp};
pub use op::{Adjoints, AttrSchema, DynHasher, DynOp, Info, IntoOutputs, Op, Place, Row, Truth, row};
pub(crate) use recorder::interested;
pub use recorder::{Call, CustomBackward, How, Recorder, add_recorder, remove_recorder, without_recorders};
pub use trace::{Capture, Traced, current_trace_name, emit, emit_constant, is_tracing, trace};
pub use variable::{Variable, VariableId};

use crate::dtype::{DType, Element};
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, Spec, Val};
use crate::shape::Shape;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A multi-dimensional array: a value on a device or on the host, or, while a function is traced, a symbol. Cheap to clone.
#[derive(Clone)]
pub struct Tensor(Arc<Inner>);

struct Inner {
    id: u64,
    spec: Spec,
    device: u32,
    data: Data,
}

#[derive(Clone)]
enum Data {
    Host(Arc<Literal>),
    Symbolic { trace: u64, val: Val },
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Tensor {
    fn new(spec: Spec, device: u32, data: Data) -> Self {
        Tensor(Arc::new(Inner { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), spec, device, data }))
    }

    /// A tensor from a host value.
    pub(crate) fn from_literal(l: Literal, device: u32) -> Result<Self> {
        l.check_storable("constant")?;
        Ok(Self::new(Spec::new(l.dtype, l.shape.clone()), device, Data::Host(Arc::new(l))))
    }

    fn symbolic(spec: Spec, trace: u64, val: Val) -> Self {
        Self::new(spec, 0, Data::Symbolic { trace, val })
    }

    /// The same value under an identity of its own, so that tapes tell the two apart.
    #[must_use]
    pub fn alias(&self) -> Self {
        Self::new(self.0.spec.clone(), self.0.device, self.0.data.clone())
    }

    /// A number that no other tensor of the process has.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// dtype and shape.
    pub fn spec(&self) -> &Spec {
        &self.0.spec
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.0.spec.dtype
    }

    /// Shape.
    pub fn shape(&self) -> &Shape {
        &self.0.spec.shape
    }

    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape().rank()
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape().size()
    }

    /// Whether it stands for a value of a function that is being traced.
    pub fn is_symbolic(&self) -> bool {
        matches!(self.0.data, Data::Symbolic { .. })
    }

    pub(crate) fn device_id(&self) -> u32 {
        self.0.device
    }

    /// The value where the host holds it.
    pub(crate) fn host_value(&self) -> Option<&Arc<Literal>> {
        match &self.0.data {
            Data::Host(l) => Some(l),
            Data::Symbolic { .. } => None,
        }
    }

    fn symbol_in(&self, id: u64) -> Option<Val> {
        match self.0.data {
            Data::Symbolic { trace, val } if trace == id => Some(val),
            _ => None,
        }
    }

    /// The value on the host; waits for the device.
    ///
    /// # Errors
    /// `FailedPrecondition` for a symbolic tensor; errors that the device met while computing it.
    pub fn to_literal(&self) -> Result<Literal> {
        match &self.0.data {
            Data::Host(l) => Ok((**l).clone()),
            Data::Symbolic { .. } => Err(Error::new(
                ErrorKind::FailedPrecondition,
                "Tensor",
                format!(
                    "{self:?} has no value while {} is traced; return it from the function and read the result",
                    current_trace_name().unwrap_or_else(|| "its function".into())
                ),
            )),
        }
    }

    /// The elements in row-major order (`Tensor.numpy()`); waits for the device.
    ///
    /// # Errors
    /// `InvalidArgument` when `T` is not of the tensor's class (floats, integers, bool); as [`Tensor::to_literal`].
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        let class = |d: DType| (d.is_float(), d.is_int(), d == DType::Bool);
        if class(T::DTYPE) != class(self.dtype()) {
            return Err(Error::invalid(
                "Tensor.to_vec",
                "T",
                format_args!("a type of {}'s class", self.dtype()),
                T::DTYPE,
            ));
        }
        Ok(self.to_literal()?.to_vec())
    }

    /// The one element of a tensor of size 1; waits for the device.
    ///
    /// # Errors
    /// `InvalidArgument` for other sizes; as [`Tensor::to_vec`].
    pub fn item<T: Element>(&self) -> Result<T> {
        if self.size() != 1 {
            return Err(Error::invalid(
                "Tensor.item",
                "self",
                "one element",
                format_args!("shape {}", self.shape()),
            ));
        }
        Ok(self.to_vec()?[0])
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<tf.Tensor: shape={}, dtype={}>", self.shape(), self.dtype())
    }
}
