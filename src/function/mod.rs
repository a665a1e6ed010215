//! `tf.function`: host functions traced once per signature into graphs that are compiled whole.

mod args;
mod concrete;
mod control;
mod module;
mod nest;
mod results;
mod tensor_array;
mod traces;

pub use args::{FunctionArg, FunctionArgs, IntoFunctionArg, TensorSpec};
pub use concrete::ConcreteFunction;
pub use control::{case, cond, foldl, foldr, map_fn, scan, switch_case, while_loop};
pub use module::Module;
pub use nest::Nest;
pub use results::FunctionResult;
pub use tensor_array::TensorArray;
pub use traces::{FunctionStats, MAX_TRACES};

use crate::error::{Error, Result};
use crate::tensor::Tensor;
use args::Key;
use std::fmt;
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use traces::Traces;

/// A host function that runs as a compiled graph (`tf.function`). Made by [`function`].
///
/// The first call with arguments of new dtypes and shapes traces the host function: it runs once on symbolic tensors, and what it does to
/// them is written into a graph. Later calls run the graph. Plain Rust numbers are part of the signature, each value a trace of its own;
/// tensors, and arrays that become tensors, share a trace by dtype and shape. Variables are read and updated in place, effects keep
/// program order. The [`MAX_TRACES`] graphs that were used last are kept. The host function may hold what cannot change threads, such as Keras models; the graphs
/// ([`get_concrete_function`](Function::get_concrete_function)) can go anywhere.
///
/// ```
/// # use wgflow::{Variable, function::function, ops::math};
/// let total = Variable::new([0.0])?;
/// let total_ = total.clone();
/// let add = function(move |x| {
///     total_.assign(math::add(&total_, &x[0])?)?;
///     total_.value()
/// });
/// add.call([1.5])?;
/// assert_eq!(add.call([2.0])?.to_vec::<f32>()?, [3.5]);
/// assert_eq!(add.traces(), 1);
/// # Ok::<(), wgflow::Error>(())
/// ```
pub struct Function<R> {
    name: String,
    host: Rc<HostFunction<R>>,
    signature: Option<Vec<TensorSpec>>,
    reduce_retracing: bool,
    traced: Mutex<Traces>,
    result: PhantomData<fn() -> R>,
}

/// What is traced.
type HostFunction<R> = dyn Fn(&[Tensor]) -> Result<R>;

/// Makes a [`Function`] of a host function over tensors.
pub fn function<R: FunctionResult>(host: impl Fn(&[Tensor]) -> Result<R> + 'static) -> Function<R> {
    Function {
        name: "function".into(),
        host: Rc::new(host),
        signature: None,
        reduce_retracing: false,
        traced: Mutex::default(),
        result: PhantomData,
    }
}

impl<R: FunctionResult> Function<R> {
    /// Gives it a name, for graphs, errors and profiles.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Says which dtypes and shapes it takes (`input_signature`); sizes that are `None` may differ from call to call. Arguments are
    /// converted to the dtype, and plain numbers are tensors.
    #[must_use]
    pub fn input_signature(mut self, specs: impl Into<Vec<TensorSpec>>) -> Self {
        self.signature = Some(specs.into());
        self
    }

    /// Says that sizes of dimensions will differ from call to call (`reduce_retracing`, once `experimental_relax_shapes`): graphs for other
    /// sizes are then what is expected, and no reason for a warning. Kernels are shared by graphs whatever their sizes, so that a new batch
    /// size costs a trace, not new shaders.
    #[must_use]
    pub fn reduce_retracing(mut self, reduce_retracing: bool) -> Self {
        self.reduce_retracing = reduce_retracing;
        self
    }

    /// The host function itself (`python_function`), run op by op.
    ///
    /// # Errors
    /// What it returns.
    pub fn host_function(&self, args: impl FunctionArgs) -> Result<R> {
        let tensors =
            args.into_args()?.into_iter().map(FunctionArg::into_tensor).collect::<Result<Vec<_>>>()?;
        (self.host)(&tensors)
    }

    /// Runs it.
    ///
    /// # Errors
    /// What the host function returns while it is traced; `InvalidArgument` for arguments that the input signature does not allow; what
    /// the graph meets when it runs.
    pub fn call(&self, args: impl FunctionArgs) -> Result<R> {
        let args = self.conform(args.into_args()?)?;
        let concrete = self.concrete(&args)?;
        let inputs: Vec<Tensor> = args.into_iter().filter_map(FunctionArg::tensor).collect();
        R::from_tensors(concrete.call(&inputs.iter().collect::<Vec<_>>())?)
    }

    /// The graph for arguments like these (`get_concrete_function`), traced if it is not yet.
    ///
    /// # Errors
    /// As [`Function::call`].
    pub fn get_concrete_function(&self, args: impl FunctionArgs) -> Result<Arc<ConcreteFunction>> {
        let args = self.conform(args.into_args()?)?;
        self.concrete(&args)
    }

    /// How often the host function was traced (`experimental_get_tracing_count`).
    pub fn traces(&self) -> usize {
        self.stats().traces as usize
    }

    /// What it has done so far.
    pub fn stats(&self) -> FunctionStats {
        crate::lock(&self.traced).stats()
    }

    /// Arguments as the input signature has them.
    fn conform(&self, args: Vec<FunctionArg>) -> Result<Vec<FunctionArg>> {
        let Some(signature) = &self.signature else { return Ok(args) };
        if signature.len() != args.len() {
            return Err(Error::invalid(
                &self.name,
                "arguments",
                format_args!("{signature:?}"),
                format_args!("{} arguments", args.len()),
            ));
        }
        args.into_iter().zip(signature).map(|(a, s)| a.conform(&self.name, s)).collect()
    }

    fn concrete(&self, args: &[FunctionArg]) -> Result<Arc<ConcreteFunction>> {
        let key = Key::of(args);
        if let Some(c) = crate::lock(&self.traced).get(&key) {
            return Ok(c);
        }
        // Traced without the lock: the host function may call this one.
        let host = self.host.clone();
        let concrete =
            Arc::new(ConcreteFunction::trace(&self.name, args, move |x| Ok((host)(x)?.into_tensors()))?);
        let mut traced = crate::lock(&self.traced);
        let expected = self.signature.is_some() || (self.reduce_retracing && traced.resizes(&key));
        let warning = traced.put(key, &concrete, expected);
        drop(traced);
        if let Some((traces, calls)) = warning {
            log::warn!(
                "{traces} out of the last {calls} calls to {self:?} triggered tf.function retracing. Tracing costs far more than running a \
                 graph. Is the function made anew in a loop? Make it once, outside. Are shapes different from call to call? Say \
                 reduce_retracing(true) or an input_signature. Are plain numbers arguments? Each value is a graph of its own; pass tensors."
            );
        }
        Ok(concrete)
    }
}

impl<R> fmt::Debug for Function<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<tf.function {}>", self.name)
    }
}
