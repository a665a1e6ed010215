//! Tensors, variables, and the one door through which every op on them goes.

mod attr;
mod case;
mod convert;
mod deferred;
mod door;
mod engine;
mod entry;
mod format;
mod op;
mod recorder;
mod scope;
mod strings;
mod trace;
mod variable;

pub use attr::{Args, Attr, AttrType};
pub use case::{Case, Fill, Sample, case};
pub(crate) use convert::pair;
pub use convert::{HostElement, IntoTensor};
pub(crate) use deferred::end_segment;
pub use deferred::{EagerStats, eager_stats};
pub(crate) use door::host_value;
pub use door::{cached_entries, run, run_entry, run_one};
pub(crate) use engine::MAX_SCALARS;
pub use engine::MIRROR_LIMIT;
pub use entry::{Entry, Vjp};
pub(crate) use format::array_str;
pub use op::{
    Adjoints, AttrSchema, DynHasher, DynOp, Info, IntoOutputs, Op, Place, Row, Strings, Truth, row,
};
pub use recorder::{Call, CustomBackward, How, Recorder, add_recorder, remove_recorder, without_recorders};
pub(crate) use recorder::{interested, is_recorded};
pub use scope::{name_scope, scoped};
pub use trace::{
    Capture, LastingTrace, Traced, current_trace_name, emit, emit_constant, init_scope, is_tracing, symbol,
    trace,
};
pub use variable::{Variable, VariableId};

use crate::compiler::checks::error_of;
use crate::compiler::plan::buffer_bytes;
use crate::dtype::DType;
use crate::error::{Error, ErrorKind, Result};
use crate::hlo::{Literal, Spec, Val};
use crate::runtime::{Buffer, Device, ReadOutput};
use crate::shape::Shape;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// A multi-dimensional array: a value on a device or on the host, or, while a function is traced, a symbol. Cheap to clone.
#[derive(Clone)]
pub struct Tensor(Arc<Inner>);

struct Inner {
    id: u64,
    spec: Spec,
    device: Device,
    data: Data,
}

#[derive(Clone)]
enum Data {
    /// Held by the host, and on the device once something there needed it.
    Host(HostValue),
    Device(Buffer),
    /// Not computed before it is needed.
    Deferred(Arc<deferred::Slot>),
    Symbolic {
        trace: u64,
        val: Val,
    },
}

#[derive(Clone)]
struct HostValue {
    literal: Arc<Literal>,
    uploaded: Arc<OnceLock<Buffer>>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

impl Tensor {
    fn new(spec: Spec, device: Device, data: Data) -> Self {
        Tensor(Arc::new(Inner { id: NEXT_ID.fetch_add(1, Ordering::Relaxed), spec, device, data }))
    }

    /// A tensor from a host value: mirrored where it is small and exact, else on the device.
    pub(crate) fn from_literal(l: Literal, device: &Device) -> Result<Self> {
        l.check_storable("constant")?;
        let spec = Spec::new(l.dtype, l.shape.clone());
        let data = if engine::is_mirrored(&l) {
            Data::Host(HostValue { literal: Arc::new(l), uploaded: Arc::default() })
        } else {
            Data::Device(upload(device, &spec, l.to_storage("constant")?)?)
        };
        Ok(Self::new(spec, device.clone(), data))
    }

    /// A tensor from elements in device storage format.
    pub(crate) fn from_storage(spec: Spec, bytes: Vec<u8>, device: &Device) -> Result<Self> {
        let buffer = upload(device, &spec, bytes)?;
        Ok(Self::new(spec, device.clone(), Data::Device(buffer)))
    }

    /// A tensor of the elements that `bytes` holds as [`Tensor::to_storage`] writes them, on the current device.
    ///
    /// ```
    /// # use wgflow::{DType, Tensor, hlo::Spec};
    /// let x = Tensor::from_bytes(Spec::new(DType::Float32, [2]), [1_f32, 2.5].map(f32::to_le_bytes).concat())?;
    /// assert_eq!(x.to_vec::<f32>()?, [1.0, 2.5]);
    /// # Ok::<(), wgflow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` when there are not as many bytes as elements of `spec` take; `Unimplemented` for strings.
    pub fn from_bytes(spec: Spec, bytes: Vec<u8>) -> Result<Self> {
        let wanted = spec.shape.size() * spec.dtype.storage()?.bytes();
        if bytes.len() != wanted {
            return Err(Error::invalid(
                "Tensor.from_bytes",
                "bytes",
                format_args!("{wanted} bytes for {spec}"),
                format_args!("{} bytes", bytes.len()),
            ));
        }
        let device = crate::config::current_device()?;
        if spec.dtype.is_exact() && spec.shape.size() <= engine::MIRROR_LIMIT {
            let literal = Literal::from_storage("Tensor.from_bytes", spec.dtype, spec.shape, &bytes)?;
            return Self::from_literal(literal, &device);
        }
        Self::from_storage(spec, bytes, &device)
    }

    fn symbolic(spec: Spec, trace: u64, val: Val) -> Result<Self> {
        Ok(Self::new(spec, crate::config::current_device()?, Data::Symbolic { trace, val }))
    }

    /// The value as a buffer of `device`.
    fn buffer_on(&self, device: &Device) -> Result<Buffer> {
        match &self.0.data {
            Data::Device(b) => Ok(b.clone()),
            Data::Deferred(slot) => slot.buffer(),
            Data::Host(h) => {
                if let Some(b) =
                    h.uploaded.get().filter(|b| device.owns(b) && device.id() == self.0.device.id())
                {
                    return Ok(b.clone());
                }
                let fresh = upload(device, &self.0.spec, h.literal.to_storage("constant")?)?;
                if device.id() == self.0.device.id() {
                    // Another thread may have been faster; both buffers hold the same.
                    let _ = h.uploaded.set(fresh.clone());
                }
                Ok(fresh)
            }
            Data::Symbolic { .. } => Err(self.no_value()),
        }
    }

    fn no_value(&self) -> Error {
        Error::new(
            ErrorKind::FailedPrecondition,
            "Tensor",
            format!(
                "{self:?} has no value while {} is traced: return it from the function and read the result; for a branch or loop that \
                 depends on it use cond, case, switch_case or while_loop in the place of the host's if, match and while; to see it use print",
                current_trace_name().unwrap_or_else(|| "its function".into())
            ),
        )
    }

    /// The same value under an identity of its own, so that tapes tell the two apart.
    #[must_use]
    pub fn alias(&self) -> Self {
        Self::new(self.0.spec.clone(), self.0.device.clone(), self.0.data.clone())
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

    /// The size of one dimension; negative axes count from the end.
    ///
    /// # Errors
    /// `InvalidArgument` for an axis out of range.
    pub fn dim(&self, axis: i64) -> Result<usize> {
        Ok(self.shape()[crate::shape::resolve_axis("Tensor.dim", "axis", axis, self.rank())?])
    }

    /// Number of elements.
    pub fn size(&self) -> usize {
        self.shape().size()
    }

    /// Whether it stands for a value of a function that is being traced.
    pub fn is_symbolic(&self) -> bool {
        matches!(self.0.data, Data::Symbolic { .. })
    }

    /// Whether it is one value that the host holds: a run-time scalar of what it goes into.
    pub(crate) fn is_host_scalar(&self) -> bool {
        matches!(self.0.data, Data::Host(_)) && self.rank() == 0
    }

    /// Where it is, as TensorFlow writes it: `/job:localhost/replica:0/task:0/device:GPU:0`.
    pub fn device(&self) -> String {
        self.0.device.full_name()
    }

    pub(crate) fn home(&self) -> &Device {
        &self.0.device
    }

    /// The same value on another device; the tensor itself where it is there already.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown device; as [`Tensor::to_literal`].
    pub fn to_device(&self, name: &str) -> Result<Tensor> {
        let device = crate::config::with_device(name, crate::config::current_device)??;
        if device.id() == self.0.device.id() {
            return Ok(self.clone());
        }
        Tensor::from_literal(self.to_literal()?, &device)
    }

    /// The value where the host holds it.
    pub(crate) fn host_value(&self) -> Option<&Arc<Literal>> {
        match &self.0.data {
            Data::Host(h) => Some(&h.literal),
            _ => None,
        }
    }

    fn symbol_in(&self, id: u64) -> Option<Val> {
        match self.0.data {
            Data::Symbolic { trace, val } if trace == id => Some(val),
            _ => None,
        }
    }

    /// Where the value is to be read.
    fn source(&self) -> Result<Source> {
        let buffer = match &self.0.data {
            Data::Host(h) => return Ok(Source::Host(h.literal.clone())),
            Data::Symbolic { .. } => return Err(self.no_value()),
            Data::Device(b) => b.clone(),
            Data::Deferred(slot) => slot.buffer()?,
        };
        deferred::run_checks(&self.0.device);
        let bytes = (self.size() * self.dtype().storage()?.bytes()) as u64;
        Ok(Source::Device(buffer, bytes))
    }

    /// The bytes of a buffer in storage format; waits for the device.
    fn bytes_now(&self, buffer: &Buffer, bytes: u64) -> Result<Vec<u8>> {
        bytes_of(self.0.device.read_now(&[(buffer, 0..bytes)])?)
    }

    fn finish(&self, bytes: &[u8]) -> Result<Literal> {
        Literal::from_storage("Tensor", self.dtype(), self.shape().clone(), bytes)
    }

    /// The value on the host; waits for the device.
    ///
    /// # Errors
    /// `FailedPrecondition` for a symbolic tensor; errors that the device met while computing it.
    pub fn to_literal(&self) -> Result<Literal> {
        match self.source()? {
            Source::Host(l) => Ok((*l).clone()),
            Source::Device(b, bytes) => self.finish(&self.bytes_now(&b, bytes)?),
        }
    }

    /// The elements in device storage format, row-major and little-endian: 4 bytes of a float32, int32, uint32 and of what devices narrow to
    /// them (float64, 64-bit integers), 2 of a half float, 1 of a byte and of bool. Waits for the device.
    ///
    /// # Errors
    /// As [`Tensor::to_literal`]; `OutOfRange` for integers of the host that do not fit in 32 bits.
    pub fn to_storage(&self) -> Result<Vec<u8>> {
        match self.source()? {
            Source::Host(l) => l.to_storage("Tensor"),
            Source::Device(b, bytes) => self.bytes_now(&b, bytes),
        }
    }

    /// As [`Tensor::to_storage`], without blocking. What the future brings is the value at the time of the call.
    ///
    /// # Errors
    /// As [`Tensor::to_storage`].
    pub fn storage(&self) -> Result<impl Future<Output = Result<Vec<u8>>> + 'static> {
        let source = match self.source()? {
            Source::Host(l) => Ok(l.to_storage("Tensor")?),
            Source::Device(b, bytes) => Err(self.0.device.read(&[(&b, 0..bytes)])?),
        };
        Ok(async move {
            match source {
                Ok(bytes) => Ok(bytes),
                Err(read) => bytes_of(read.await?),
            }
        })
    }

    /// The elements in row-major order (`Tensor.numpy()`): numbers, `Complex<f32>` of dtype complex64, or `String`
    /// (`Vec<u8>` for bytes that are no text) of dtype string; waits
    /// for the device.
    ///
    /// # Errors
    /// `InvalidArgument` when `T` is not of the tensor's class (floats, integers, bool, complex numbers, strings), and for `String`s that are not UTF-8; as
    /// [`Tensor::to_literal`].
    pub fn to_vec<T: HostElement>(&self) -> Result<Vec<T>> {
        self.check_class::<T>()?;
        T::of(self.to_literal()?)
    }

    /// As [`Tensor::to_vec`], without blocking: what a page has to use.
    ///
    /// # Errors
    /// As [`Tensor::to_vec`].
    pub async fn data<T: HostElement>(&self) -> Result<Vec<T>> {
        self.check_class::<T>()?;
        match self.source()? {
            Source::Host(l) => T::of((*l).clone()),
            Source::Device(b, bytes) => {
                let read = self.0.device.read(&[(&b, 0..bytes)])?;
                T::of(self.finish(&bytes_of(read.await?)?)?)
            }
        }
    }

    fn check_class<T: HostElement>(&self) -> Result<()> {
        let class = |d: DType| {
            (d.is_float(), d.is_int(), [DType::Bool, DType::String, DType::Complex64].map(|c| c == d))
        };
        if class(T::DTYPE) == class(self.dtype()) {
            return Ok(());
        }
        Err(Error::invalid(
            "Tensor.to_vec",
            "T",
            format_args!("a type of {}'s class", self.dtype()),
            T::DTYPE,
        ))
    }

    /// The one element of a tensor of size 1; waits for the device.
    ///
    /// # Errors
    /// `InvalidArgument` for other sizes; as [`Tensor::to_vec`].
    pub fn item<T: HostElement>(&self) -> Result<T> {
        if self.size() != 1 {
            return Err(Error::invalid(
                "Tensor.item",
                "self",
                "one element",
                format_args!("shape {}", self.shape()),
            ));
        }
        let one = self.to_vec()?.into_iter().next();
        one.ok_or_else(|| Error::internal("Tensor.item", "the value has no element"))
    }
}

/// Where a value is read from: the host's memory, or the first bytes of a buffer.
enum Source {
    Host(Arc<Literal>),
    Device(Buffer, u64),
}

/// What a read-back of one buffer brought, or the error that the device met before.
fn bytes_of(read: ReadOutput) -> Result<Vec<u8>> {
    match read.errors.as_ref().and_then(|words| error_of(words)) {
        Some(e) => Err(e),
        None => Ok(read.data.into_iter().next().unwrap_or_default()),
    }
}

/// Elements in storage format as a buffer, in whole groups of four.
fn upload(device: &Device, spec: &Spec, mut bytes: Vec<u8>) -> Result<Buffer> {
    bytes.resize(buffer_bytes(spec.dtype.storage()?, spec.shape.size()) as usize, 0);
    device.upload(&bytes)
}

/// As Python's `print(tensor)`: `tf.Tensor([1 2 4], shape=(3,), dtype=int32)`, with NumPy's layout. A symbolic tensor prints without values.
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spec { dtype, shape } = self.spec();
        if let Data::Symbolic { val, .. } = self.0.data {
            return write!(f, "Tensor(\"v{}:0\", shape={shape}, dtype={dtype})", val.index());
        }
        let text = self.to_literal().map_or_else(unreadable, |l| format::array_str(&l));
        write!(f, "tf.Tensor({}{text}, shape={shape}, dtype={dtype})", own_line(&text))
    }
}

/// As Python's `repr(tensor)`: `<tf.Tensor: shape=(3,), dtype=int32, numpy=array([1, 2, 4], dtype=int32)>`.
impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spec { dtype, shape } = self.spec();
        if let Data::Symbolic { val, .. } = self.0.data {
            return write!(f, "<tf.Tensor 'v{}:0' shape={shape} dtype={dtype}>", val.index());
        }
        write!(f, "<tf.Tensor: shape={shape}, dtype={dtype}, numpy={}>", self.numpy_repr())
    }
}

impl Tensor {
    /// `repr` of the value, on a line of its own if it has several.
    fn numpy_repr(&self) -> String {
        let text = self.to_literal().map_or_else(unreadable, |l| format::array_repr(&l));
        format!("{}{text}", own_line(&text))
    }
}

fn own_line(text: &str) -> &'static str {
    if text.contains('\n') { "\n" } else { "" }
}

/// What stands in the place of a value that cannot be had. Printing never fails.
fn unreadable(e: Error) -> String {
    format!("<unreadable: {}>", e.kind())
}
