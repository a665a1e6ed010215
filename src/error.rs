//! The one error type of the crate: TensorFlow's canonical codes, always naming the op.

use std::fmt;

/// What every fallible function of the crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// TensorFlow's canonical error codes (`tf.errors`).
///
/// ```
/// # use wgflow::ErrorKind;
/// assert_eq!(ErrorKind::InvalidArgument.to_string(), "InvalidArgumentError");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// `tf.errors.CancelledError`: the caller stopped the operation.
    Cancelled,
    /// `tf.errors.InvalidArgumentError`: an argument cannot be right whatever the state (Python's `ValueError`, `TypeError`).
    InvalidArgument,
    /// `tf.errors.NotFoundError`: a file, name or device does not exist.
    NotFound,
    /// `tf.errors.AlreadyExistsError`: what was to be made is there already.
    AlreadyExists,
    /// `tf.errors.PermissionDeniedError`: the system refused access.
    PermissionDenied,
    /// `tf.errors.ResourceExhaustedError`: memory, a limit of the adapter or a budget is used up.
    ResourceExhausted,
    /// `tf.errors.FailedPreconditionError`: the state is not the one the call needs.
    FailedPrecondition,
    /// `tf.errors.OutOfRangeError`: past the end of a sequence.
    OutOfRange,
    /// `tf.errors.UnimplementedError`: a valid request that is not supported.
    Unimplemented,
    /// `tf.errors.InternalError`: a broken invariant of this library or of a driver.
    Internal,
    /// `tf.errors.UnavailableError`: the device or service is gone.
    Unavailable,
    /// `tf.errors.DataLossError`: stored data is corrupt or truncated.
    DataLoss,
    /// `tf.errors.UnknownError`: what a function of another language threw.
    Unknown,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}Error")
    }
}

/// An error with its code, the op or function it arose in, and what was wanted and received.
///
/// Printed as `InvalidArgumentError: Softmax: axis: wanted a value in [-2, 2). Received: 5`, followed by one
/// `in ...` line for each place that added context.
///
/// ```
/// # use wgflow::{Error, ErrorKind};
/// let e = Error::invalid("Softmax", "axis", "a value in [-2, 2)", 5);
/// assert_eq!(e.kind(), ErrorKind::InvalidArgument);
/// assert_eq!(e.to_string(), "InvalidArgumentError: Softmax: axis: wanted a value in [-2, 2). Received: 5");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<Repr>);

#[derive(Clone, PartialEq, Eq)]
struct Repr {
    kind: ErrorKind,
    op: String,
    message: String,
    context: Vec<String>,
}

impl Error {
    /// An error of `kind` that arose in `op`, with a free message.
    pub fn new(kind: ErrorKind, op: impl Into<String>, message: impl Into<String>) -> Self {
        Error(Box::new(Repr { kind, op: op.into(), message: message.into(), context: vec![] }))
    }

    /// `InvalidArgument`: argument `arg` of `op`, what it should have been and what came.
    pub fn invalid(
        op: impl Into<String>,
        arg: &str,
        wanted: impl fmt::Display,
        received: impl fmt::Display,
    ) -> Self {
        Self::new(ErrorKind::InvalidArgument, op, format!("{arg}: wanted {wanted}. Received: {received}"))
    }

    /// `Unimplemented`: `op` knows what is asked and does not support it.
    pub fn unimplemented(op: impl Into<String>, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Unimplemented, op, what.to_string())
    }

    /// `Internal`: an invariant of the library does not hold. A report of it is a bug report.
    pub fn internal(op: impl Into<String>, what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, op, what.to_string())
    }

    /// Maps an operating-system error on `path` to the code TensorFlow gives it.
    pub fn io(op: impl Into<String>, path: &std::path::Path, e: &std::io::Error) -> Self {
        use std::io::ErrorKind as Io;
        let kind = match e.kind() {
            Io::NotFound => ErrorKind::NotFound,
            Io::PermissionDenied => ErrorKind::PermissionDenied,
            Io::AlreadyExists => ErrorKind::AlreadyExists,
            Io::UnexpectedEof | Io::InvalidData => ErrorKind::DataLoss,
            Io::StorageFull | Io::OutOfMemory => ErrorKind::ResourceExhausted,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, op, format!("{}: {e}", path.display()))
    }

    /// The canonical code.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The op or function that refused.
    pub fn op(&self) -> &str {
        &self.0.op
    }

    /// The message without code, op and context.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The same error seen from one level further out, such as a layer's name.
    #[must_use]
    pub fn context(mut self, place: impl Into<String>) -> Self {
        self.0.context.push(place.into());
        self
    }

    /// The same error under another op's name: what a composite says of an error of its parts.
    #[must_use]
    pub fn for_op(mut self, op: &str) -> Self {
        if self.0.op != op {
            self.0.op = op.to_string();
        }
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.0.kind, self.0.op, self.0.message)?;
        self.0.context.iter().try_for_each(|c| write!(f, "\n  in {c}"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
