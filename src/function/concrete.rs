//! A traced function: a graph and what it is bound to.

use super::args::FunctionArg;
use crate::error::{Error, Result};
use crate::exec::{Executable, Target};
use crate::hlo::{Graph, Input, Keep, Linear, Spec, linearize};
use crate::tensor::{
    Call, Capture, Entry, How, MAX_SCALARS, Tensor, Variable, interested, run_entry, trace, without_recorders,
};
use std::fmt;
use std::sync::{Arc, OnceLock};

/// A function traced for given dtypes and shapes (`tf.ConcreteFunction`).
pub struct ConcreteFunction {
    name: String,
    entry: Arc<Entry>,
    inputs: Vec<Spec>,
    captures: Vec<Capture>,
    assigned: Vec<Variable>,
    outputs: usize,
    differentiated: OnceLock<Option<Arc<Differentiated>>>,
}

/// The graph with residuals, and the way back over them.
struct Differentiated {
    forward: Arc<Entry>,
    backward: Arc<Entry>,
    given: Vec<bool>,
    connected: Vec<bool>,
}

impl ConcreteFunction {
    /// Traces `f` on symbolic tensors in the place of tensors; numbers are constants.
    pub(crate) fn trace(
        name: &str,
        args: &[FunctionArg],
        f: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
    ) -> Result<Self> {
        let inputs: Vec<Spec> = args
            .iter()
            .filter_map(|a| match a {
                FunctionArg::Tensor(t) => Some(t.spec().clone()),
                FunctionArg::Spec(s) => Some(s.clone()),
                FunctionArg::Number(_) => None,
            })
            .collect();
        // What the host function runs is differentiated as a whole, not op by op.
        let traced = without_recorders(|| {
            trace(name, &inputs, |symbols| {
                let mut symbols = symbols.iter();
                let x = args
                    .iter()
                    .map(|a| match a {
                        FunctionArg::Number(_) => a.clone().into_tensor(),
                        FunctionArg::Tensor(_) | FunctionArg::Spec(_) => symbols
                            .next()
                            .cloned()
                            .ok_or_else(|| Error::internal(name, "an argument without a symbol")),
                    })
                    .collect::<Result<Vec<Tensor>>>()?;
                let y = f(&x)?;
                let n = y.len();
                Ok((y, n))
            })
        });
        let (traced, outputs) = traced.map_err(|e| e.context(format!("function {name}")))?;
        Ok(ConcreteFunction {
            name: name.into(),
            entry: Entry::of_graph(name, traced.graph),
            inputs,
            captures: traced.captures,
            assigned: traced.assigned,
            outputs,
            differentiated: OnceLock::new(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Specs of the arguments that are tensors.
    pub fn inputs(&self) -> &[Spec] {
        &self.inputs
    }

    /// Specs of the results.
    pub fn outputs(&self) -> Vec<Spec> {
        let mut specs = self.entry.graph().output_specs();
        specs.truncate(self.outputs);
        specs
    }

    /// The graph: arguments, then captured tensors and variables, to results, then new values of variables.
    pub fn graph(&self) -> &Arc<Graph> {
        self.entry.graph()
    }

    /// Variables that it gives new values.
    pub fn assigned(&self) -> &[Variable] {
        &self.assigned
    }

    /// Variables that it reads.
    pub fn variables(&self) -> Vec<Variable> {
        let read = |c: &Capture| match c {
            Capture::Variable(v) => Some(v.clone()),
            Capture::Tensor(_) => None,
        };
        self.captures.iter().filter_map(read).collect()
    }

    /// Runs the graph on tensors of the traced specs.
    ///
    /// # Errors
    /// `InvalidArgument` for other dtypes or shapes; what the graph meets when it runs.
    pub fn call(&self, args: &[&Tensor]) -> Result<Vec<Tensor>> {
        let received: Vec<&Spec> = args.iter().map(|t| t.spec()).collect();
        if self.inputs.iter().ne(received.iter().copied()) {
            return Err(Error::invalid(
                &self.name,
                "arguments",
                format_args!("{:?}", self.inputs),
                format_args!("{received:?}"),
            ));
        }
        let captured = self
            .captures
            .iter()
            .map(|c| match c {
                Capture::Tensor(t) => Ok(t.clone()),
                Capture::Variable(v) => v.value(),
            })
            .collect::<Result<Vec<Tensor>>>()?;
        let inputs: Vec<&Tensor> = args.iter().copied().chain(&captured).collect();
        let mut outputs = self.run(&inputs)?;
        let values = outputs.split_off(self.outputs);
        for (v, value) in self.assigned.iter().zip(values) {
            v.assign(value)?;
        }
        Ok(outputs)
    }

    /// The graph compiled for a target, as a call on such a device compiles it when arguments and variables are on the device.
    ///
    /// # Errors
    /// As [`Executable::new`].
    pub fn executable(&self, target: &Target) -> Result<Executable> {
        let constant = |c: &Capture| matches!(c, Capture::Tensor(t) if t.is_host_scalar());
        let flags = self.inputs.iter().map(|_| false).chain(self.captures.iter().map(constant));
        let scalars: Vec<bool> = flags.enumerate().map(|(i, s)| s && i < MAX_SCALARS).collect();
        Executable::new(self.graph(), target, &scalars)
    }

    fn run(&self, inputs: &[&Tensor]) -> Result<Vec<Tensor>> {
        let recorders = interested(inputs);
        let symbolic = inputs.iter().any(|t| t.is_symbolic());
        let twin = if recorders.is_empty() || symbolic { None } else { self.differentiated() };
        let Some(twin) = twin else {
            return run_entry(&self.entry, inputs);
        };
        let mut outputs = without_recorders(|| run_entry(&twin.forward, inputs))?;
        let results = self.entry.graph().outputs().len();
        for r in recorders {
            let how = How::Residuals {
                forward: &twin.forward,
                backward: &twin.backward,
                results,
                given: &twin.given,
                connected: &twin.connected,
            };
            r.record(&Call { inputs, outputs: &outputs, how })?;
        }
        outputs.truncate(results);
        Ok(outputs)
    }

    /// The twin that keeps residuals, made at the first call under a tape; none where there is no derivative, which is an error when one is
    /// asked for.
    fn differentiated(&self) -> Option<&Arc<Differentiated>> {
        self.differentiated
            .get_or_init(|| {
                let g = self.entry.graph();
                let wrt: Vec<bool> = g.param_specs().iter().map(|s| s.dtype.is_differentiable()).collect();
                // New values of variables carry no gradient: reading the variable starts anew.
                let flows = |(i, s): (usize, Spec)| i < self.outputs && s.dtype.is_differentiable();
                let given: Vec<bool> = g.output_specs().into_iter().enumerate().map(flows).collect();
                let Linear { forward, backward, connected, .. } =
                    linearize(g, &wrt, &given, &vec![Input::Value; wrt.len()], Keep::All).ok()?;
                let connected = (0..wrt.len()).map(|i| connected.contains(&i)).collect();
                Some(Arc::new(Differentiated {
                    forward: Entry::of_graph(format!("{}.forward", self.name), forward),
                    backward: Entry::of_graph(format!("{}.backward", self.name), backward),
                    given,
                    connected,
                }))
            })
            .as_ref()
    }
}

impl fmt::Debug for ConcreteFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConcreteFunction {}({:?}) -> {:?}", self.name, self.inputs, self.outputs())
    }
}
